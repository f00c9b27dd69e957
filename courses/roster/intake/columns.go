package intake

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// Field is what a column of a spreadsheet holds.
type Field string

const (
	FieldCode        Field = "code" // of the person
	FieldName        Field = "name"
	FieldFamily      Field = "family" // family and middle names, where the given name has its own column
	FieldGiven       Field = "given"
	FieldPhone       Field = "phone"
	FieldPost        Field = "post"
	FieldLibrary     Field = "library"
	FieldKind        Field = "kind"
	FieldCommuneCode Field = "communeCode"
	FieldCommune     Field = "commune"
	FieldDistrict    Field = "district" // of before July 2025: it tells which unit an old name means
	FieldProvince    Field = "province"
	FieldStart       Field = "start"
	FieldEnd         Field = "end"
	FieldUnit        Field = "unit"    // where the person works, in a list that also names the library
	FieldNone        Field = "none"    // chosen by hand: the column is not read
	fieldNumber      Field = "number"  // running numbers, which say nothing
	fieldPrivate     Field = "private" // what the roster does not keep
)

// Fields are what a column can be chosen to hold, in the order in which they are offered.
var Fields = []Field{FieldName, FieldFamily, FieldGiven, FieldPhone, FieldPost, FieldLibrary, FieldUnit, FieldKind, FieldCommune, FieldCommuneCode, FieldDistrict, FieldProvince, FieldStart, FieldEnd, FieldCode}

// Lexicon is the words by which offices name the columns of their lists, read of programme/titles.csv.
type Lexicon struct {
	is  map[string]Field // whole titles
	has []phrase         // what a title may contain
}

type phrase struct {
	words string // folded, a space on both sides
	field Field
	weak  bool // counts only where no other title has the field
}

const titlesFile = "programme/titles.csv"

// ReadLexicon reads programme/titles.csv: a line for each title, with its field and how it is matched: "is" the whole
// title, the title "has" the words, or has them but is a "weak" sign.
func ReadLexicon(fsys fs.FS) (*Lexicon, error) {
	l := &Lexicon{is: map[string]Field{}}
	return l, l.learn(fsys, titlesFile, slices.Concat(Fields, []Field{fieldNumber, fieldPrivate}), nil)
}

// learn takes the titles of a file whose fields are among the known ones; those of fields that are left out are not
// learnt.
func (l *Lexicon) learn(fsys fs.FS, file string, fields, without []Field) error {
	f, err := fsys.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 || !slices.Equal(rows[0], []string{"field", "match", "words"}) {
		return fmt.Errorf("%s: not the columns field, match, words: %w", file, err)
	}
	for i, row := range rows[1:] {
		field, how, words := Field(row[0]), row[1], roster.Words(row[2])
		_, twice := l.is[words]
		if words == "" || twice || !slices.Contains(fields, field) || !slices.Contains([]string{"is", "has", "weak"}, how) {
			return fmt.Errorf("%s: line %d: %q is bad or given twice", file, i+2, row)
		}
		if slices.Contains(without, field) {
			continue
		}
		l.is[words] = field
		if how != "is" {
			l.has = append(l.has, phrase{" " + words + " ", field, how == "weak"})
		}
	}
	return nil
}

// How sure a title is of its field; of two columns with one field the surer is read.
const (
	sureChosen = 100 // by hand
	sureIs     = 50
	sureBegins = 40
	sureHas    = 30
	sureWeak   = 10
)

const titleLetters = 200

// field recognises a column's title and says how sure that is; "" and 0 for an unknown one. Vietnamese begins with what
// a thing is ("Số điện thoại của cán bộ thư viện"): of the words that are known the first decide, of those the longest.
func (l *Lexicon) field(title string) (Field, int) {
	if len(title) > titleLetters {
		return "", 0
	}
	whole := roster.Words(title)
	if f, ok := l.is[whole]; ok {
		return f, l.sure(whole, sureIs)
	}
	short, _, _ := strings.Cut(title, "(")
	if f, sure := l.inWords(roster.Words(short)); f != "" {
		return f, sure
	}
	return l.inWords(whole)
}

// sure is how sure a whole title is.
func (l *Lexicon) sure(words string, most int) int {
	if slices.ContainsFunc(l.has, func(p phrase) bool { return p.weak && p.words == " "+words+" " }) {
		return sureWeak + 1
	}
	return most
}

func (l *Lexicon) inWords(words string) (Field, int) {
	if f, ok := l.is[words]; ok {
		return f, l.sure(words, sureIs-1)
	}
	padded := " " + words + " "
	var best phrase
	at := -1
	for _, p := range l.has {
		if i := strings.Index(padded, p.words); i >= 0 && (at < 0 || i < at || i == at && len(p.words) > len(best.words)) {
			best, at = p, i
		}
	}
	switch {
	case at < 0:
		return "", 0
	case best.weak:
		return best.field, sureWeak
	case at == 0:
		return best.field, sureBegins
	}
	return best.field, sureHas
}

// Column is a column of the file that is being imported.
type Column struct {
	Letter string `json:"letter"` // as spreadsheets call it
	Title  string `json:"title"`
	Field  Field  `json:"field"` // "" where the column is not read
	// not read because the roster keeps no such data: identity numbers, dates of birth, ethnicity and the like
	Private bool   `json:"private"`
	Hidden  bool   `json:"hidden,omitempty"`
	Chosen  bool   `json:"chosen,omitempty"` // somebody said what it holds, now or for an earlier file
	Sample  string `json:"sample,omitempty"` // the first cell below, "" of a private column

	sure int
}

// header is a row of titles: the columns, of which those that are read have a field, each field once. chosen says by
// hand what a title holds.
func (l *Lexicon) header(cells []string, chosen map[string]Field) []Column {
	columns := make([]Column, len(cells))
	for i, title := range cells {
		c := Column{Letter: workbook.Letter(i), Title: shorten(title)}
		c.Field, c.sure = l.field(title)
		if c.Private = c.Field == fieldPrivate; c.Private {
			c.Field, c.sure = "", 0
		} else if f, ok := chosen[roster.Words(title)]; ok && title != "" {
			c.Field, c.sure, c.Chosen = f, sureChosen, true
		}
		columns[i] = c
	}
	settle(columns)
	return columns
}

// settle leaves each field to the column that is surest of it, the first of several. Where nothing else names the
// library, the unit does; where nothing else names the person, "Tên" does.
func settle(columns []Column) {
	best := map[Field]int{}
	for i, c := range columns {
		if j, ok := best[c.Field]; !ok || c.sure > columns[j].sure {
			best[c.Field] = i
		}
	}
	for i := range columns {
		if f := columns[i].Field; f != "" && best[f] != i {
			columns[i].Field = ""
		}
	}
	alone := func(a, b Field) { // a column of a is one of b where there is none
		if i, ok := best[a]; ok && !hasField(columns, b) {
			columns[i].Field = b
		}
	}
	alone(FieldUnit, FieldLibrary)
	if !hasField(columns, FieldFamily) {
		alone(FieldGiven, FieldName)
	}
}

// shorten keeps what is shown of a text that is not kept.
func shorten(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// recognised counts the fields of a header, or says 0 for a row that cannot be one: without a name, or with nothing
// else.
func recognised(columns []Column) int {
	n := 0
	for _, c := range columns {
		if c.Field != "" && c.Field != fieldNumber && c.Field != FieldNone {
			n++
		}
	}
	named := hasField(columns, FieldName) || hasField(columns, FieldFamily) && hasField(columns, FieldGiven)
	if !named && !hasField(columns, FieldCode) || n < 2 {
		return 0
	}
	return n
}

func hasField(columns []Column, f Field) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Field == f })
}

// ignored lists the columns with a title that are not read.
func ignored(columns []Column) []Column {
	var list []Column
	for _, c := range columns {
		if (c.Field == "" || c.Field == FieldNone) && c.Title != "" {
			list = append(list, c)
		}
	}
	return list
}

var exportColumns = map[string][]string{
	"vi": {"Mã", "Họ và tên", "Số điện thoại", "Chức vụ", "Đơn vị công tác", "Loại thiết chế", "Mã xã", "Xã/phường", "Ngày bắt đầu"},
	"en": {"Code", "Full name", "Phone", "Position", "Library", "Library kind", "Commune code", "Commune", "Start date"},
}

// ExportColumns are the titles of the columns of an exported roster, in Vietnamese or, for "en", in English. An export
// can be imported again and changes nothing.
func ExportColumns(lang string) []string {
	if lang != "en" {
		lang = "vi"
	}
	return slices.Clone(exportColumns[lang])
}

// ExportRow is a person in the columns of ExportColumns. kind gives a library kind's name in the language of the
// export. Dates are dd/mm/yyyy. The cells are as they are: to guard those that begin with "=", "+", "-" or "@" is for
// the writer of the file, and the import takes back a leading apostrophe.
func ExportRow(r *roster.Roll, p roster.Person, kind func(id string) string) []string {
	c, _ := r.Places.Ever(p.Commune)
	return []string{p.ID, p.Name, p.Phone, p.Post, p.Library, kind(p.Kind), p.Commune, c.Title(), shown(p.Since)}
}

const shownDate = "02/01/2006"

// shown is a date as it is written in Vietnam, "" for none.
func shown(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(shownDate)
}
