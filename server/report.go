package server

import (
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// Report makes the report "board", "completions" or "missing" of a scope on a day; zero is this moment. The caller closes it. Who may read it is not asked here.
func (s *Server) Report(ctx context.Context, name string, scope targets.Scope, asOf time.Time) (*targets.Report, error) {
	switch name {
	case "board":
		f, err := s.board.Read(ctx, scope.By, scope.Province, asOf)
		if err != nil {
			return nil, err
		}
		return f.Report(), nil
	case "completions":
		return s.board.Completions(ctx, scope, asOf)
	case "missing":
		return s.board.Missing(ctx, scope, asOf, s.progress)
	}
	return nil, fmt.Errorf("report %q: %w", name, store.ErrNotFound)
}

// progress is targets.Progress: of the courses of each strand, the one of which the fewest lessons are left.
func (s *Server) progress(ctx context.Context, person string, strands []courses.Strand, at time.Time) (done, all int, err error) {
	studies, err := s.school.StudiesAt(ctx, person, at)
	if err != nil {
		return 0, 0, err
	}
	for _, strand := range strands {
		var best courses.Progress
		for _, st := range studies {
			if p := st.Progress; st.Version.Strand == strand && (best.Total == 0 || p.Total-p.Done < best.Total-best.Done) {
				best = p
			}
		}
		done, all = done+best.Done, all+best.Total
	}
	return done, all, nil
}

// reportTypes are the media types of the formats.
var reportTypes = map[string]string{
	targets.CSV:  "text/csv; charset=utf-8",
	targets.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	targets.JSON: fiber.MIMEApplicationJSONCharsetUTF8,
}

// apiReport sends a report as a file.
func (s *Server) apiReport(c *fiber.Ctx) error {
	name, format := c.Params("report"), c.Params("format")
	kind, ok := reportTypes[format]
	if !ok || !slices.Contains([]string{"board", "completions", "missing"}, name) {
		return fmt.Errorf("report %s.%s: %w", name, format, store.ErrNotFound)
	}
	q := queryOf(c)
	var err error
	if name == "board" {
		q.Commune = ""
		err = s.mayReadBoard(c, q)
	} else {
		q = s.listQuery(c)
		err = s.within(c, q.Scope, roster.MayReadPeople)
	}
	if err != nil {
		return err
	}
	day, err := q.day()
	if err != nil {
		return err
	}
	r, err := s.Report(c.UserContext(), name, q.Scope, day)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+fileName(r, format)+`"`)
	s.stream(c, r, format)
	return nil
}

// fileName says what a file holds: "lopban-missing-08-2026-11-22.xlsx".
func fileName(r *targets.Report, format string) string {
	f := r.Figures
	parts := []string{"lopban", r.Name}
	if f.By == roster.Programme {
		parts = append(parts, "programme")
	}
	parts = append(parts, cmp.Or(f.Province, "all"), f.Commune, string(f.AsOf))
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "-") + "." + format
}

// stream sends the report as it is written, and closes it. When writing fails the connection is broken, so that half a file never looks whole; when the visitor goes away, writing stops. It packs text itself: the
// site's packer would end a broken file as if it were whole.
func (s *Server) stream(c *fiber.Ctx, r *targets.Report, format string) {
	pack := format != targets.XLSX && strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") // who says nothing may not know it
	if format != targets.XLSX {
		c.Vary(fiber.HeaderAcceptEncoding)
	}
	if pack {
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	ctx, cancel := context.WithCancel(c.UserContext())
	out, in := io.Pipe()
	w, id := s.wordsFor(c), requestID(c)
	go func() {
		err := writeReport(ctx, in, r, format, pack, w)
		in.CloseWithError(err) // nil is the end
		if err != nil && ctx.Err() == nil {
			s.log.Error("report broken off", "id", id, "report", r.Name, "format", format, "error", err.Error())
		}
		if err := r.Close(); err != nil {
			s.log.Error("report not removed", "id", id, "error", err.Error())
		}
	}()
	c.Context().SetBodyStream(&download{out, cancel}, -1)
}

// writeReport writes a report and turns a panic into an error: nobody else would catch it.
func writeReport(ctx context.Context, out io.Writer, r *targets.Report, format string, pack bool, w targets.Words) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if !pack {
		return r.Write(ctx, out, format, w)
	}
	z := gzip.NewWriter(out)
	if err := r.Write(ctx, z, format, w); err != nil {
		return err
	}
	return z.Close()
}

// download is the reading end of a report under way. Whoever closes it stops the writing.
type download struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (d *download) Close() error {
	d.cancel()
	return d.PipeReader.Close()
}

// wordsFor is the language of a file: the one that the address asks for, or the visitor's.
func (s *Server) wordsFor(c *fiber.Ctx) targets.Words {
	w := s.wordsOf(c)
	if lang := c.Query("lang"); lang == "vi" || lang == "en" {
		w = words{lang, s.words[lang]}
	}
	return FileWords(w.Lang, w.T)
}

// FileWords are the words of files in a language.
func FileWords(lang string, text func(key string, args ...any) string) targets.Words {
	return targets.Words{Lang: lang, Text: func(key string) string { return text(key) }}
}
