package targets

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/problem"
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

// Write writes the report in one of the formats, in constant memory, and ends with the context's error soon after the
// context does. The three have the same rows, totals and checksum.
//
//   - csv: UTF-8 with a byte order mark, commas, CR LF. Columns of data hold data alone; after them an empty column and
//     two of their own explain the report, in lines after the rows (a roster, which is imported again, has none). Dates
//     are yyyy-mm-dd. A text that a spreadsheet could take for a formula begins with an apostrophe.
//   - xlsx: for people: a sheet with a title, the rows in typed cells, their totals as formulas and set up for paper,
//     and a sheet that explains it.
//   - json: an object of report, asOf, scope, base, trained, rows and checksum; of a board, the Figures.
//
// In a table, words of a closed list stand as words, and in columns at the end as codes.
//
// The checksum of a list is the SHA-256, in hexadecimal, of this text, each line ended by a line feed. See Verify.
//
//	lopban REPORT 2
//	by LIST
//	province CODE              "-" for all
//	commune CODE               where the scope has one
//	asOf YYYY-MM-DD
//	filter KEY=VALUE ...       where the list has one: course, strand, kind, from, to, state
//	base PEOPLE TRAINED
//	VALUE<tab>VALUE<tab>...    for each row: the values of the columns that are summed, as CSV has them; codes of
//	                           closed lists; a tab or line break inside is a space
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
	return problem.Invalid("format", "format.unknown", format)
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
	digest := checksum{sha256.New()}
	for _, line := range r.head() {
		digest.line(line)
	}
	var line []byte
	err = r.rows(ctx, func(cells []any) error {
		n++
		line = line[:0]
		for i, c := range cells {
			if !r.Columns[i].Aside {
				line = append(append(line, oneLine(summed(c))...), '\t')
			}
		}
		if len(line) > 0 {
			line[len(line)-1] = '\n'
		}
		_, _ = digest.Write(line) // a hash never fails
		return f(cells)
	})
	return n, cmp.Or(r.sum, digest.hex()), err
}

// head are the lines with which the text of the checksum begins.
func (r *Report) head() []string {
	f := &r.Figures
	version := "2"
	if r.Name == "board" {
		version = "1"
	}
	lines := headLines(r.Name+" "+version, f.Scope, f.AsOf)
	if filter := f.Filter.line(); filter != "" {
		lines = append(lines, "filter"+filter)
	}
	return append(lines, fmt.Sprintf("base %d %d", f.Base, f.Trained))
}

// summed is a cell as the checksum has it.
func summed(cell any) string {
	switch c := cell.(type) {
	case string:
		return Harmless(c)
	case int:
		return strconv.Itoa(c)
	case float64:
		return strconv.FormatFloat(c, 'f', 1, 64)
	case Day:
		return string(c)
	}
	return codeOf(cell)
}

// codeOf is the code of a word or words of a closed list, "" for another cell.
func codeOf(cell any) string {
	switch c := cell.(type) {
	case term:
		return c.word
	case named:
		return c.code
	case terms:
		var words []string
		for _, t := range c {
			words = append(words, t.word)
		}
		return strings.Join(words, ";")
	}
	return ""
}

// oneLine is a text without what ends a value or a line of the checksum.
func oneLine(s string) string {
	if strings.ContainsAny(s, "\t\r\n") {
		return lineless.Replace(s)
	}
	return s
}

var lineless = strings.NewReplacer("\r\n", " ", "\t", " ", "\r", " ", "\n", " ")

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
		name += ": " + f.Place.In(w.Lang)
	}
	return name
}

func (r *Report) writeCSV(ctx context.Context, out io.Writer, w Words) error {
	if _, err := io.WriteString(out, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(out)
	c.UseCRLF = true
	head := texts(w, r.title(w))
	width := len(head)
	if r.explained() {
		head = append(head, "", w.Text("about.sheet"), w.Text("about.value"))
	}
	if err := c.Write(head); err != nil {
		return err
	}
	line := make([]string, len(head))
	n, sum, err := r.each(ctx, func(cells []any) error {
		clear(line)
		copy(line, texts(w, r.coded(cells)))
		return c.Write(line)
	})
	if err != nil {
		return err
	}
	if r.explained() {
		err = r.writeTail(c, w, n, sum, width)
	}
	c.Flush()
	return cmp.Or(err, c.Error())
}

// explained says whether the file explains itself: a roster does not, for it is imported again.
func (r *Report) explained() bool { return r.Name != "roster" }

// writeTail writes what explains a report: behind an empty line, in two columns behind an empty one, so that a
// spreadsheet takes the rows alone for the table.
func (r *Report) writeTail(c *csv.Writer, w Words, n int, sum string, width int) error {
	line := make([]string, width+3)
	if err := c.Write(line); err != nil {
		return err
	}
	for _, about := range r.about(w, n, sum) {
		copy(line[width+1:], texts(w, []any{about[0], about[1]}))
		if err := c.Write(line); err != nil {
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
			all[i] = Harmless(c)
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

// Harmless puts an apostrophe before a text that a spreadsheet would calculate (CWE-1236), also one in the wide letters
// of East Asian keyboards, and behind each separator of lists in it: where that is a semicolon, as in Vietnam and most
// of Europe, a spreadsheet ends the cell there. The import of rosters takes them back.
func Harmless(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) && s != "" {
		s = "'" + s
	}
	if strings.ContainsAny(s, ";\t|") {
		s = calculated.ReplaceAllString(s, "$1'$2")
	}
	return s
}

var calculated = regexp.MustCompile(`([;\t|]\s*)([=+\-@＝＋－＠])`)

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
	fmt.Fprintf(buffered, `{"report":%q,"asOf":%q,"scope":%s,`, r.Name, r.Figures.AsOf, scope)
	if r.Figures.Filter != (Filter{}) || r.Name == "completions" {
		filter, err := compact(r.Figures.Filter)
		if err != nil {
			return err
		}
		fmt.Fprintf(buffered, `"filter":%s,`, filter)
	}
	fmt.Fprintf(buffered, `"base":%d,"trained":%d,"rows":[`, r.Figures.Base, r.Figures.Trained)
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
