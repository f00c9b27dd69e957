package targets

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/store"
)

// Words are the language of a file: "vi" or "en", and the message of a key in it.
type Words struct {
	Lang string
	Text func(key string) string
}

// Formats of a report.
const (
	CSV  = "csv"
	XLSX = "xlsx"
	JSON = "json"
)

// Write writes the report in one of the formats, in constant memory, and ends with the context's error soon after the context does. The three have the same rows, totals and checksum.
//
//   - csv: UTF-8 with a byte order mark, commas, CR LF; after the rows an empty line and the lines that explain the report, each beginning with "#" (a roster, which is imported again, has none).
//     Dates are yyyy-mm-dd. A text that a spreadsheet could take for a formula begins with an apostrophe.
//   - xlsx: a sheet of the rows with typed cells, and one that explains it.
//   - json: an object of asOf, scope, base, trained, rows and checksum; of a board, the Figures.
//
// The checksum of a list is the SHA-256, in hexadecimal, of this text, each line ended by a line feed:
//
//	lopban REPORT 1
//	by LIST
//	province CODE              "-" for all
//	commune CODE               where the scope has one
//	asOf YYYY-MM-DD
//	base PEOPLE TRAINED
//	[VALUE,VALUE,...]          for each row: its values in JSON, in their order there
func (r *Report) Write(ctx context.Context, out io.Writer, format string, w Words) error {
	out = &guarded{ctx, out}
	switch format {
	case CSV:
		return r.writeCSV(ctx, out, w)
	case XLSX:
		return r.writeXLSX(ctx, out, w)
	case JSON:
		return r.writeJSON(ctx, out)
	}
	return store.Invalid("format", "format.unknown", format)
}

// guarded refuses to write when the context has ended.
type guarded struct {
	ctx context.Context
	w   io.Writer
}

func (g *guarded) Write(p []byte) (int, error) {
	if err := g.ctx.Err(); err != nil {
		return 0, err
	}
	return g.w.Write(p)
}

// each calls f with every row, and gives their number and checksum.
func (r *Report) each(ctx context.Context, f func(cells []any) error) (n int, sum string, err error) {
	digest := newChecksum(r.Name, r.Figures.Scope, r.Figures.AsOf)
	digest.line(fmt.Sprintf("base %d %d", r.Figures.Base, r.Figures.Trained))
	enc := json.NewEncoder(digest) // it ends each value with a line feed
	enc.SetEscapeHTML(false)
	values := make([]any, len(r.Columns))
	err = r.rows(ctx, func(cells []any) error {
		n++
		for i, c := range cells {
			values[i] = plain(c)
		}
		if err := enc.Encode(values); err != nil {
			return err
		}
		return f(cells)
	})
	return n, cmp.Or(r.sum, digest.hex()), err
}

// plain is a cell in JSON.
func plain(cell any) any {
	switch c := cell.(type) {
	case term:
		return c.word
	case named:
		return c.code
	case terms:
		words := []string{}
		for _, t := range c {
			words = append(words, t.word)
		}
		return words
	}
	return cell
}

// compact is v as JSON without spaces, with letters as they are.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// shown is a cell in a table: a string, int, float64, Day or nil.
func (w Words) shown(cell any) any {
	switch c := cell.(type) {
	case term:
		return w.Text(c.group + "." + c.word)
	case terms:
		var all []string
		for _, t := range c {
			all = append(all, w.Text(t.group+"."+t.word))
		}
		return strings.Join(all, "; ")
	case named:
		return c.name.In(w.Lang)
	case courses.Text:
		return c.In(w.Lang)
	}
	return cell
}

// scopeName is the scope in words: the list, and the province or commune.
func (f *Figures) scopeName(w Words) string {
	name := w.Text("scope." + string(f.By))
	if f.Province != "" {
		name += ": " + f.place.In(w.Lang)
	}
	return name
}

func (r *Report) writeCSV(ctx context.Context, out io.Writer, w Words) error {
	if _, err := io.WriteString(out, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(out)
	c.UseCRLF = true
	if err := c.Write(texts(w, r.title(w))); err != nil {
		return err
	}
	n, sum, err := r.each(ctx, func(cells []any) error { return c.Write(texts(w, cells)) })
	if err != nil {
		return err
	}
	if r.Name != "roster" {
		err = r.writeTail(c, w, n, sum)
	}
	c.Flush()
	return cmp.Or(err, c.Error())
}

// writeTail writes what explains a report, in lines with as many cells as a row has.
func (r *Report) writeTail(c *csv.Writer, w Words, n int, sum string) error {
	line := make([]any, len(r.Columns))
	if err := c.Write(texts(w, line)); err != nil {
		return err
	}
	for _, about := range r.about(w, n, sum) {
		line[0], line[1] = "# "+about[0].(string), about[1]
		if err := c.Write(texts(w, line)); err != nil {
			return err
		}
	}
	return nil
}

// texts are cells as CSV has them.
func texts[T any](w Words, cells []T) []string {
	all := make([]string, len(cells))
	for i, cell := range cells {
		switch c := w.shown(cell).(type) {
		case string:
			all[i] = harmless(c)
		case int:
			all[i] = strconv.Itoa(c)
		case float64:
			all[i] = strconv.FormatFloat(c, 'f', 1, 64)
		case Day:
			all[i] = string(c)
		}
	}
	return all
}

// harmless puts an apostrophe before a text that a spreadsheet would calculate (CWE-1236), also one in the wide letters of East Asian keyboards. The import of rosters takes it back.
func harmless(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && s != "" {
		return "'" + s
	}
	return s
}

func (r *Report) writeJSON(ctx context.Context, out io.Writer) error {
	if r.Name == "board" {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(r.Figures)
	}
	scope, err := compact(r.Figures.Scope)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(out)
	fmt.Fprintf(buffered, `{"asOf":%q,"scope":%s,"base":%d,"trained":%d,"rows":[`, r.Figures.AsOf, scope, r.Figures.Base, r.Figures.Trained)
	before := "\n"
	_, sum, err := r.each(ctx, func(cells []any) error {
		_, err := buffered.WriteString(before)
		if err == nil {
			err = r.object(buffered, cells)
		}
		before = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(buffered, "\n],\"checksum\":%q}\n", sum)
	return buffered.Flush()
}

// object writes a row as an object.
func (r *Report) object(w io.Writer, cells []any) error {
	for i, c := range cells {
		value, err := compact(plain(c))
		if err != nil {
			return err
		}
		before := ","
		if i == 0 {
			before = "{"
		}
		if _, err := fmt.Fprintf(w, "%s%q:%s", before, r.Columns[i].Key, value); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "}")
	return err
}
