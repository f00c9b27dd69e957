package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/targets"
)

type reportCommand struct {
	console.Place
	What     string `arg:"" enum:"completions,missing,board,verify" help:"completions, missing or board; or verify, which makes the checksum of such a file again."`
	File     string `arg:"" optional:"" placeholder:"FILE" help:"The file to verify: CSV, XLSX or JSON."`
	By       string `default:"present" enum:"present,programme" help:"List of provinces: present (since 1 July 2025) or programme (the Decision's 14)."`
	Province string `placeholder:"CODE" help:"Province of that list; all of them without."`
	AsOf     string `placeholder:"YYYY-MM-DD" help:"At the end of this day; now without."`
	KnownOn  string `placeholder:"YYYY-MM-DD" help:"Without the postings that were entered after this day; not before --as-of."`
	Period   string `placeholder:"ID" help:"Of the board: the figures with which this period was closed, such as 2026-11, 2026-Q4 or 2026."`
	Format   string `enum:"csv,xlsx,json," default:"" help:"csv, xlsx or json. Default: by the name of the file, or csv."`
	Course   string `placeholder:"ID" help:"Of completions: only this course."`
	Strand   string `enum:"library-service,reading-promotion," default:"" help:"Of completions: library-service or reading-promotion."`
	Kind     string `placeholder:"KIND" help:"Of completions: only people of libraries of this kind, such as commune-library."`
	From     string `placeholder:"YYYY-MM-DD" help:"Of completions: completed on this day or later."`
	To       string `placeholder:"YYYY-MM-DD" help:"Of completions: completed on this day or earlier."`
	State    string `enum:"valid,expired,replaced,revoked," default:"" help:"Of completions: valid, expired, replaced or revoked."`
	Contacts bool   `help:"With post and phone number, of the missing: for who may call them."`
	Lang     string `default:"vi" enum:"vi,en" help:"Language of headings."`
	Output   string `short:"o" placeholder:"FILE" help:"File to write; standard output without."`
}

// Run writes the report: the same rows and checksum as the pages and the API have.
func (c *reportCommand) Run(ctx context.Context, term *console.Terminal) (err error) {
	if c.What == "verify" {
		return c.verify(term)
	}
	if c.File != "" {
		return fmt.Errorf("%q is one word too many: -o names the file to write", c.File)
	}
	var day targets.Day
	if c.AsOf != "" {
		if day, err = targets.ParseDay(c.AsOf); err != nil {
			return fmt.Errorf("--as-of %q is not a day: write YYYY-MM-DD", c.AsOf)
		}
	}
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	r, err := s.Report(ctx, programme.Request{Report: c.What, Scope: targets.Scope{By: roster.List(c.By), Province: c.Province, KnownOn: targets.Day(c.KnownOn)}, Period: c.Period, AsOf: day.Time(), Filter: c.filter(), Contacts: c.Contacts})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	n, err := r.Count(ctx)
	if err != nil {
		return err
	}
	e := programme.AuditEntry{By: roster.Operator().ID, Action: "export." + c.What, Subject: filepath.Base(c.Output), Note: s.Words("vi")("audit.export.note", n)}
	if c.By != string(roster.Programme) { // the trail knows present provinces
		e.Province = c.Province
	}
	if err := s.Tell(ctx, e); err != nil {
		return err
	}
	return c.write(ctx, term, r, programme.FileWords(c.Lang, s.Words(c.Lang)))
}

// verify says whether the rows of a file are the ones that its checksum was made of. The first word on standard output
// is the verdict: intact, changed or unknown. No store is needed.
func (c *reportCommand) verify(term *console.Terminal) error {
	if c.File == "" {
		return errors.New("report verify wants the name of a file")
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	format := cmp.Or(c.Format, strings.TrimPrefix(strings.ToLower(filepath.Ext(c.File)), "."))
	v, err := targets.Verify(f, format)
	switch {
	case err != nil:
		fmt.Fprintf(term.Out, "unknown\t%s\n", c.File)
		return fmt.Errorf("%s: %w", c.File, err)
	case !v.Intact():
		fmt.Fprintf(term.Out, "changed\t%s\t%d rows\t%s\n", v.Report, v.Rows, v.Sum)
		return fmt.Errorf("%s says %s, and its rows give %s: something in it was changed", c.File, v.Said, v.Sum)
	}
	fmt.Fprintf(term.Out, "intact\t%s\t%d rows\t%s\n", v.Report, v.Rows, v.Sum)
	return nil
}

func (c *reportCommand) filter() targets.Filter {
	return targets.Filter{Course: c.Course, Strand: courses.Strand(c.Strand), Kind: c.Kind, From: targets.Day(c.From), To: targets.Day(c.To), State: courses.State(c.State)}
}

// write writes to standard output, or to a file that is there whole or not at all.
func (c *reportCommand) write(ctx context.Context, term *console.Terminal, r *targets.Report, w targets.Words) error {
	format := cmp.Or(c.Format, strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Output)), "."), targets.CSV)
	if c.Output == "" {
		return r.Write(ctx, term.Out, format, w)
	}
	f, err := os.CreateTemp(filepath.Dir(c.Output), ".lopban-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	total, err := r.Count(ctx)
	if err != nil {
		return err
	}
	progress := &console.Bar{Out: term.Err}
	r.Watch(func(done int) { progress.Show("rows", done, total) })
	if err := r.Write(ctx, f, format, w); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), c.Output); err != nil {
		return err
	}
	fmt.Fprintln(term.Err, "lopban: wrote", c.Output)
	return nil
}
