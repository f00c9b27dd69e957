package page

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/targets"
)

// ReportTypes are the media types of the formats.
var ReportTypes = map[string]string{
	targets.CSV:  "text/csv; charset=utf-8",
	targets.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	targets.JSON: fiber.MIMEApplicationJSONCharsetUTF8,
}

// FileName says what a file holds: "lopban-missing-08-2026-11-22.xlsx".
func FileName(r *targets.Report, format string) string {
	f := r.Figures
	parts := []string{"lopban", r.Name}
	if f.By == roster.Programme {
		parts = append(parts, "programme")
	}
	parts = append(parts, cmp.Or(f.Province, "all"), f.Commune, cmp.Or(f.Period, string(f.AsOf)))
	if f.KnownOn != "" {
		parts = append(parts, "known", string(f.KnownOn))
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "-") + "." + format
}

// Export is Stream, and tells of it.
func (s *Site) Export(c *fiber.Ctx, r *targets.Report, format string) error {
	n, err := r.Count(c.UserContext())
	if err == nil {
		f, province := r.Figures, ""
		if f.By != roster.Programme { // the trail knows present provinces
			province = f.Province
		}
		err = s.TellExport(c, r.Name, province, FileName(r, format), n)
	}
	if err != nil {
		return errors.Join(err, r.Close())
	}
	s.Stream(c, r, format)
	return nil
}

// Stream sends the report as it is written, and closes it. When writing fails the connection is broken, so that half a
// file never looks whole; when the visitor goes away, writing stops. It packs text itself: the site's packer would end
// a broken file as if it were whole.
func (s *Site) Stream(c *fiber.Ctx, r *targets.Report, format string) {
	// who says nothing may not know it
	pack := format != targets.XLSX && strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip")
	if format != targets.XLSX {
		c.Vary(fiber.HeaderAcceptEncoding)
	}
	if pack {
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	ctx, cancel := context.WithCancel(c.UserContext())
	out, in := io.Pipe()
	w, id := s.wordsFor(c), RequestID(c)
	go func() {
		err := WriteReport(ctx, in, r, format, pack, w)
		in.CloseWithError(err) // nil is the end
		if err != nil && ctx.Err() == nil {
			s.Log.Error("report broken off", "id", id, "report", r.Name, "format", format, "error", err.Error())
		}
		if err := r.Close(); err != nil {
			s.Log.Error("report not removed", "id", id, "error", err.Error())
		}
	}()
	c.Context().SetBodyStream(&Download{out, cancel}, -1)
}

// WriteReport writes a report and turns a panic into an error: nobody else would catch it.
func WriteReport(ctx context.Context, out io.Writer, r *targets.Report, format string, pack bool, w targets.Words) (err error) {
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

// Download is the reading end of a report under way. Whoever closes it stops the writing.
type Download struct {
	*io.PipeReader
	Cancel context.CancelFunc
}

func (d *Download) Close() error {
	d.Cancel()
	return d.PipeReader.Close()
}

// wordsFor is the language of a file: the one that the address asks for, or the visitor's.
func (s *Site) wordsFor(c *fiber.Ctx) targets.Words {
	w := s.WordsOf(c)
	if lang := c.Query("lang"); lang == "vi" || lang == "en" {
		w = s.Languages.In(lang)
	}
	return programme.FileWords(w.Lang, w.T)
}
