package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/server"
)

type reportCommand struct {
	place
	What     string `arg:"" enum:"completions,missing,board" help:"completions, missing or board."`
	By       string `default:"present" enum:"present,programme" help:"List of provinces: present (since 1 July 2025) or programme (the Decision's 14)."`
	Province string `placeholder:"CODE" help:"Province of that list; all of them without."`
	AsOf     string `placeholder:"YYYY-MM-DD" help:"At the end of this day; now without."`
	Format   string `enum:"csv,xlsx,json," default:"" help:"csv, xlsx or json. Default: by the name of the file, or csv."`
	Lang     string `default:"vi" enum:"vi,en" help:"Language of headings."`
	Output   string `short:"o" placeholder:"FILE" help:"File to write; standard output without."`
}

// Run writes the report: the same rows and checksum as the pages and the API have.
func (c *reportCommand) Run(ctx context.Context, term *terminal) (err error) {
	var day targets.Day
	if c.AsOf != "" {
		if day, err = targets.ParseDay(c.AsOf); err != nil {
			return fmt.Errorf("--as-of %q is not a day: write YYYY-MM-DD", c.AsOf)
		}
	}
	st, err := c.place.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := newServer(ctx, st, "", nil, term.err)
	if err != nil {
		return err
	}
	r, err := s.Report(ctx, c.What, targets.Scope{By: roster.List(c.By), Province: c.Province}, day.Time())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return c.write(ctx, term, r, server.FileWords(c.Lang, s.Words(c.Lang)))
}

// write writes to standard output, or to a file that is there whole or not at all.
func (c *reportCommand) write(ctx context.Context, term *terminal, r *targets.Report, w targets.Words) error {
	format := cmp.Or(c.Format, strings.TrimPrefix(strings.ToLower(filepath.Ext(c.Output)), "."), targets.CSV)
	if c.Output == "" {
		return r.Write(ctx, term.out, format, w)
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
	progress := &bar{out: term.err}
	r.Watch(func(done int) { progress.show("rows", done, total) })
	if err := r.Write(ctx, f, format, w); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), c.Output); err != nil {
		return err
	}
	fmt.Fprintln(term.err, "lopban: wrote", c.Output)
	return nil
}
