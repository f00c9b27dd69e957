package store

import (
	"context"
	"errors"

	"lopban/courses/problem"
)

// KeepBlob keeps bytes whose name says what they are, and calls write, which writes the document that names them. When
// they were kept already nothing may have named them for long, and they may have been removed while the document was
// written: so they are kept once more after it.
func KeepBlob(ctx context.Context, s Store, name string, data []byte, write func() error) error {
	err := s.PutBlob(ctx, name, data)
	kept := errors.Is(err, problem.ErrExists)
	if err != nil && !kept {
		return err
	}
	if err := write(); err != nil || !kept {
		return err
	}
	if err := s.PutBlob(ctx, name, data); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	return nil
}

// DropBlob removes a blob that nothing names. named says whether something does by now; it is asked again when the
// bytes are gone, and then they are kept again. See [KeepBlob].
func DropBlob(ctx context.Context, s Store, name string, named func() (bool, error)) (dropped bool, err error) {
	data, err := s.Blob(ctx, name)
	if errors.Is(err, problem.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if is, err := named(); is || err != nil {
		return false, err
	}
	if err := s.DeleteBlob(ctx, name); err != nil && !errors.Is(err, problem.ErrNotFound) {
		return false, err
	}
	is, err := named()
	if is || err != nil {
		if put := s.PutBlob(context.WithoutCancel(ctx), name, data); put != nil && !errors.Is(put, problem.ErrExists) {
			err = errors.Join(err, put)
		}
		return false, err
	}
	return true, nil
}
