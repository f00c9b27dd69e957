package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/bring"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
	"lopban/courses/school"
)

type coursesCommand struct {
	Check   checkCommand   `cmd:"" help:"Name every mistake in a course's folder, and say how long and heavy its lessons are."`
	Publish publishCommand `cmd:"" help:"Publish a course's folder as a new version."`
	Export  exportCommand  `cmd:"" help:"Write a course as one file."`
	Import  importCommand  `cmd:"" help:"Publish a course from one file."`
}

type checkCommand struct {
	Dir string `arg:"" type:"existingdir" help:"Folder with course.yaml, or a folder of such folders."`
}

// Run fails when there is an error in a course; warnings are only said.
func (c *checkCommand) Run(term *console.Terminal) error {
	dirs, err := courseFolders(c.Dir)
	if err != nil {
		return err
	}
	failed := false
	for _, dir := range dirs {
		under := ""
		if len(dirs) > 1 || dir != c.Dir {
			under = filepath.Base(dir)
			fmt.Fprintf(term.Out, "%s\n", under)
		}
		sound, err := checkIn(term, dir, under)
		if err != nil {
			return err
		}
		failed = failed || !sound
	}
	if failed {
		return console.ErrFailed
	}
	return nil
}

// courseFolders are the folders of courses in a folder, or the folder itself where it holds none.
func courseFolders(dir string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, authoring.CourseFile)); err == nil {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(dir, e.Name(), authoring.CourseFile)); err == nil {
			dirs = append(dirs, filepath.Join(dir, e.Name()))
		}
	}
	if dirs == nil {
		return []string{dir}, nil
	}
	return dirs, nil
}

// checkIn names the mistakes of one course, its files by their paths under the folder that was asked about.
func checkIn(term *console.Terminal, dir, under string) (sound bool, err error) {
	p, mistakes, err := authoring.Load(os.DirFS(dir))
	if err != nil {
		return false, err
	}
	for _, m := range append(mistakes, authoring.CheckAge(p.Version, console.Clock())...) {
		m.File = path.Join(under, m.File)
		fmt.Fprintln(term.Err, console.English.Terminal(m))
	}
	table := tabwriter.NewWriter(term.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "lesson\twords vi/en\twords a sentence\tsections\tKB vi/en\tpictures\tquestions\tuntranslated")
	for _, r := range p.Sizes() {
		n := 0
		for _, count := range r.Questions {
			n += count
		}
		fmt.Fprintf(table, "%s\t%d/%d\t%d/%d\t%d/%d\t%.1f/%.1f\t%d/%d\t%d\t%s\n", r.ID, r.Words.Vi, r.Words.En, r.SentenceWords.Vi, r.SentenceWords.En, r.Sections.Vi, r.Sections.En,
			float64(r.Compressed.Vi)/1024, float64(r.Compressed.En)/1024, r.Pictures.Vi, r.Pictures.En, n, strings.Join(r.Untranslated, " "))
	}
	if err := table.Flush(); err != nil {
		return false, err
	}
	fmt.Fprintf(term.Out, "%d required minutes: %d periods\n", p.Version.RequiredMinutes(), p.Version.Periods)
	return !mistakes.Errors(), nil
}

type publishCommand struct {
	console.Place
	Dir string `arg:"" type:"existingdir" help:"Folder with course.yaml."`
}

// Run publishes nothing while there is an error in the folder.
func (c *publishCommand) Run(ctx context.Context, term *console.Terminal) error {
	p, mistakes, err := authoring.Load(os.DirFS(c.Dir))
	if err != nil {
		return err
	}
	return publishIn(ctx, c.Place, term, p, mistakes)
}

type importCommand struct {
	console.Place
	File string `arg:"" type:"path" help:"File that courses export wrote. With --to also a Word document, a SCORM package, questions in QTI or GIFT, Markdown or a page."`
	To   string `help:"New folder to write the course into, to be finished by hand and published, instead of publishing it."`
	Part bool   `help:"Headings of the first level part a Word document into lessons."`
}

// Run publishes the course in the file; what is the newest version already stays so. With a folder to write to, it
// writes the course there.
func (c *importCommand) Run(ctx context.Context, term *console.Terminal) error {
	data, err := console.ReadFile(c.File)
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
	return publishIn(ctx, c.Place, term, p, mistakes)
}

// write makes a folder of the file and says what was left out and what is to be written yet.
func (c *importCommand) write(data []byte, term *console.Terminal) error {
	brought, err := bring.Bring(filepath.Base(c.File), data, c.Part)
	if p := (*problem.Problem)(nil); errors.As(err, &p) {
		return errors.New(sentence(err))
	}
	if err != nil {
		return err
	}
	if err := os.Mkdir(c.To, 0o755); err != nil {
		return err
	}
	for name, data := range brought.Files {
		file := filepath.Join(c.To, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	_, mistakes := authoring.LoadFiles(brought.Files)
	for _, m := range append(brought.LeftOut, mistakes...) {
		fmt.Fprintln(term.Err, console.English.Terminal(m))
	}
	fmt.Fprintf(term.Out, "%s: %d files in %s\n", brought.Form, len(brought.Files), c.To)
	return nil
}

func publishIn(ctx context.Context, p console.Place, term *console.Terminal, course authoring.Package, mistakes mistake.Mistakes) error {
	if mistakes.Errors() {
		for _, m := range mistakes {
			fmt.Fprintln(term.Err, console.English.Terminal(m))
		}
		return console.ErrFailed
	}
	st, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	v, again, err := publish(ctx, console.NewSchool(st), course)
	if err != nil {
		return err
	}
	if again {
		fmt.Fprintf(term.Out, "%s is published already\n", v.ID)
		return nil
	}
	fmt.Fprintf(term.Out, "published %s\n", v.ID)
	return nil
}

type exportCommand struct {
	console.Place
	ID   string `arg:"" help:"Course, such as LS3."`
	File string `arg:"" help:"File to write."`
}

// Run writes the newest version.
func (c *exportCommand) Run(ctx context.Context) (err error) {
	st, err := c.Place.Open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	v, err := console.NewSchool(st).Course(ctx, c.ID)
	if errors.Is(err, problem.ErrNotFound) {
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
func publish(ctx context.Context, school *school.School, p authoring.Package) (*courses.Version, bool, error) {
	if err := console.KeepMedia(ctx, school.Store, p); err != nil {
		return nil, false, err
	}
	return school.Publish(ctx, p.Version)
}
