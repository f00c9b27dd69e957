package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"lopban/content"
	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/store"
	"lopban/server"
)

type coursesCommand struct {
	Check   checkCommand   `cmd:"" help:"Name every mistake in a course's folder, and say how long and heavy its lessons are."`
	Publish publishCommand `cmd:"" help:"Publish a course's folder as a new version."`
	Export  exportCommand  `cmd:"" help:"Write a course as one file."`
	Import  importCommand  `cmd:"" help:"Publish a course from one file."`
}

type checkCommand struct {
	Dir string `arg:"" type:"existingdir" help:"Folder with course.yaml."`
}

// Run fails when there is an error; warnings are only said.
func (c *checkCommand) Run(term *terminal) error {
	p, mistakes, err := authoring.Load(os.DirFS(c.Dir))
	if err != nil {
		return err
	}
	for _, m := range mistakes {
		fmt.Fprintln(term.err, m)
	}
	table := tabwriter.NewWriter(term.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "lesson\twords vi/en\twords a sentence\tsections\tKB vi/en\tpictures\tquestions\tuntranslated")
	for _, r := range p.Report() {
		n := 0
		for _, count := range r.Questions {
			n += count
		}
		fmt.Fprintf(table, "%s\t%d/%d\t%d/%d\t%d/%d\t%.1f/%.1f\t%d/%d\t%d\t%s\n", r.ID, r.Words.Vi, r.Words.En, r.SentenceWords.Vi, r.SentenceWords.En, r.Sections.Vi, r.Sections.En,
			float64(r.Compressed.Vi)/1024, float64(r.Compressed.En)/1024, r.Pictures.Vi, r.Pictures.En, n, strings.Join(r.Untranslated, " "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if mistakes.Errors() {
		return errFailed
	}
	return nil
}

type publishCommand struct {
	place
	Dir string `arg:"" type:"existingdir" help:"Folder with course.yaml."`
}

// Run publishes nothing while there is an error in the folder.
func (c *publishCommand) Run(ctx context.Context, term *terminal) error {
	p, mistakes, err := authoring.Load(os.DirFS(c.Dir))
	if err != nil {
		return err
	}
	return c.place.publish(ctx, term, p, mistakes)
}

type importCommand struct {
	place
	File string `arg:"" type:"existingfile" help:"File that courses export wrote. With --to also a Word document, a SCORM package, questions in QTI or GIFT, Markdown or a page."`
	To   string `help:"New folder to write the course into, to be finished by hand and published, instead of publishing it."`
	Part bool   `help:"Headings of the first level part a Word document into lessons."`
}

// Run publishes the course in the file; what is the newest version already stays so. With a folder to write to, it writes the course there.
func (c *importCommand) Run(ctx context.Context, term *terminal) error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	if c.To != "" {
		return c.write(data, term)
	}
	p, mistakes, err := authoring.Unpack(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	return c.place.publish(ctx, term, p, mistakes)
}

// write makes a folder of the file and says what was left out and what is to be written yet.
func (c *importCommand) write(data []byte, term *terminal) error {
	brought, err := authoring.Bring(filepath.Base(c.File), data, c.Part)
	if p := (*store.Problem)(nil); errors.As(err, &p) {
		return errors.New(server.Sentence(content.FS, "en", p))
	}
	if err != nil {
		return err
	}
	if err := os.Mkdir(c.To, 0o755); err != nil {
		return err
	}
	for name, data := range brought.Files {
		path := filepath.Join(c.To, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	_, mistakes := authoring.LoadFiles(brought.Files)
	for _, m := range append(brought.LeftOut, mistakes...) {
		fmt.Fprintln(term.err, m)
	}
	fmt.Fprintf(term.out, "%s: %d files in %s\n", brought.Form, len(brought.Files), c.To)
	return nil
}

func (p place) publish(ctx context.Context, term *terminal, course authoring.Package, mistakes authoring.Mistakes) error {
	if mistakes.Errors() {
		for _, m := range mistakes {
			fmt.Fprintln(term.err, m)
		}
		return errFailed
	}
	st, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	v, again, err := publish(ctx, newSchool(st), course)
	if err != nil {
		return err
	}
	if again {
		fmt.Fprintf(term.out, "%s is published already\n", v.ID)
		return nil
	}
	fmt.Fprintf(term.out, "published %s\n", v.ID)
	return nil
}

type exportCommand struct {
	place
	ID   string `arg:"" help:"Course, such as LS3."`
	File string `arg:"" help:"File to write."`
}

// Run writes the newest version.
func (c *exportCommand) Run(ctx context.Context) (err error) {
	st, err := c.place.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	v, err := newSchool(st).Course(ctx, c.ID)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no course %s", c.ID)
	}
	if err != nil {
		return err
	}
	p := authoring.Package{Version: *v, Media: map[string][]byte{}}
	for _, m := range v.Media {
		if p.Media[m.Blob], err = st.Blob(ctx, m.Blob); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := authoring.Pack(&b, p); err != nil {
		return err
	}
	return os.WriteFile(c.File, b.Bytes(), 0o644)
}

// publish keeps the pictures of a course and makes it the newest version.
func publish(ctx context.Context, school *courses.School, p authoring.Package) (*courses.Version, bool, error) {
	if err := keepMedia(ctx, school.Store, p); err != nil {
		return nil, false, err
	}
	return school.Publish(ctx, p.Version)
}

func keepMedia(ctx context.Context, st store.Store, p authoring.Package) error {
	for name, data := range p.Media {
		if err := st.PutBlob(ctx, name, data); err != nil && !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	return nil
}

// publishAll publishes the courses that the program brings with it. One that a trainer has published in another version since is left alone.
func publishAll(ctx context.Context, s *server.Server) error {
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
		err = s.School().Ship(ctx, folder.Name(), sum, func() (courses.Version, error) { return loadShipped(ctx, s.School().Store, sub) })
		if err != nil {
			return fmt.Errorf("course %s, which the program brings with it: %w", folder.Name(), err)
		}
	}
	return nil
}

// sumFiles is the SHA-256 of the program's version and of every file with its name: another program may read the same files in another way.
func sumFiles(folder fs.FS) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, version())
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
		return courses.Version{}, fmt.Errorf("it has a mistake: %v", mistakes[0])
	}
	return p.Version, keepMedia(ctx, st, p)
}
