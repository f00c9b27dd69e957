package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"time"

	"lopban/content"
	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/sqlite"
)

// PublishAll publishes the courses that the program brings with it. One that a trainer has published in another version
// since is left alone.
func PublishAll(ctx context.Context, s *programme.Programme) error {
	folders, err := fs.ReadDir(content.FS, "courses")
	if err != nil {
		return err
	}
	for _, folder := range folders {
		sub, err := fs.Sub(content.FS, "courses/"+folder.Name())
		if err != nil {
			return err
		}
		sum, err := sumFiles(sub)
		if err != nil {
			return err
		}
		err = s.School.Ship(ctx, folder.Name(), sum, func() (courses.Version, error) { return loadShipped(ctx, s.School.Store, sub) })
		if err != nil {
			return fmt.Errorf("course %s, which the program brings with it: %w", folder.Name(), err)
		}
	}
	return nil
}

// sumFiles is the SHA-256 of the program's version and of every file with its name: another program may read the same
// files in another way.
func sumFiles(folder fs.FS) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, Version())
	err := fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(folder, path)
		fmt.Fprintf(h, "%s\n%d\n%s", path, len(data), data)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// loadShipped reads a course's folder and keeps its pictures.
func loadShipped(ctx context.Context, st store.Store, folder fs.FS) (courses.Version, error) {
	p, mistakes, err := authoring.Load(folder)
	if err != nil {
		return courses.Version{}, err
	}
	if mistakes.Errors() {
		return courses.Version{}, fmt.Errorf("it has a mistake: %s", English.Terminal(mistakes[0]))
	}
	return p.Version, KeepMedia(ctx, st, p)
}

func NewProgramme(ctx context.Context, st store.Store, base string, log io.Writer) (*programme.Programme, error) {
	return programme.New(ctx, Settings(st, base, log))
}

// Programme opens the store that the flags name and joins the rooms on it, for a command that ends with done.
func (p Place) Programme(ctx context.Context, base string, log io.Writer) (s *programme.Programme, done func() error, err error) {
	st, err := p.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s, err = NewProgramme(ctx, st, base, log); err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return s, st.Close, nil
}

// SecondGrace is how long administrators and the office go without a second factor where nobody says otherwise.
const SecondGrace = 14 * 24 * time.Hour

func Settings(st store.Store, base string, log io.Writer) programme.Config {
	_, embedded := st.(*sqlite.Store) // its folder belongs to one process
	cfg := programme.Config{Store: st, Content: content.FS, Log: LogTo(log), Now: Clock, BaseURL: base, Alone: embedded, SecondGrace: SecondGrace}
	if db, ok := st.(*mongodb.Store); ok {
		cfg.FactTime = db.WorkTime()
	}
	return cfg
}

func LogTo(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, nil)) }

// NewSchool is the rules of courses for a command that answers no requests and issues nothing.
func NewSchool(st store.Store) *school.School {
	return &school.School{Store: st, Now: Clock, Random: rand.Reader}
}

func KeepMedia(ctx context.Context, st store.Store, p authoring.Package) error {
	for name, data := range p.Media {
		if err := st.PutBlob(ctx, name, data); err != nil && !errors.Is(err, problem.ErrExists) {
			return err
		}
	}
	return nil
}
