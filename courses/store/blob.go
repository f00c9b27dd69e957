package store

import (
	"context"
	"errors"
	"slices"

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

// DropBlobs removes blobs that nothing names and lists them; what is gone already is no error. named says which have a
// name by now; it is asked again when the bytes are gone, and what has one then is kept again. See [KeepBlob].
func DropBlobs(ctx context.Context, s Store, names []string, named func() (has func(string) bool, err error)) (dropped []string, err error) {
	for some := range slices.Chunk(names, 16) {
		gone, err := dropSome(ctx, s, some, named)
		if dropped = append(dropped, gone...); err != nil {
			return dropped, err
		}
	}
	return dropped, nil
}

func dropSome(ctx context.Context, s Store, names []string, named func() (func(string) bool, error)) (dropped []string, err error) {
	has, err := named()
	if err != nil {
		return nil, err
	}
	bytes := map[string][]byte{}
	for _, name := range names {
		if has(name) || err != nil {
			continue
		}
		data, read := s.Blob(ctx, name)
		if errors.Is(read, problem.ErrNotFound) {
			continue
		}
		if err = read; err == nil {
			bytes[name] = data
			err = s.DeleteBlob(ctx, name)
		}
		if errors.Is(err, problem.ErrNotFound) {
			err = nil
		}
	}
	has, asked := named()
	err = errors.Join(err, asked)
	for name, data := range bytes {
		if asked == nil && !has(name) {
			dropped = append(dropped, name)
			continue
		}
		if put := s.PutBlob(context.WithoutCancel(ctx), name, data); put != nil && !errors.Is(put, problem.ErrExists) {
			err = errors.Join(err, put)
		}
	}
	return dropped, err
}
