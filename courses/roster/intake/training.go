package intake

import (
	"cmp"
	"context"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// The fields of a list of who was trained elsewhere, besides those that say who.
const (
	FieldStrand    Field = "strand"
	FieldTraining  Field = "training" // title of the course
	FieldOrganiser Field = "organiser"
	FieldOn        Field = "on" // the day on which it was completed
	FieldPaper     Field = "paper"
	FieldPeriods   Field = "periods"
)

const trainingsFile = "programme/trainings.csv"

// ReadTrainings reads the lexicon of lists of who was trained elsewhere: titles that say who, as those of a roster, and
// programme/trainings.csv. What a roster says of posts is not read.
func ReadTrainings(fsys fs.FS) (*Lexicon, error) {
	l := &Lexicon{is: map[string]Field{}}
	own := []Field{FieldStrand, FieldTraining, FieldOrganiser, FieldOn, FieldPaper, FieldPeriods}
	if err := l.learn(fsys, trainingsFile, own, nil); err != nil {
		return nil, err
	}
	people := &Lexicon{is: map[string]Field{}}
	known := append(append([]Field{}, Fields...), fieldNumber, fieldPrivate)
	if err := people.learn(fsys, titlesFile, known, []Field{FieldStart, FieldEnd, FieldKind, FieldPost}); err != nil {
		return nil, err
	}
	for words, field := range people.is {
		if _, said := l.is[words]; !said { // what a list of trainings calls so, it means so
			l.is[words] = field
			l.has = append(l.has, people.phrases(words)...)
		}
	}
	return l, nil
}

// phrases are what is known of a title as a part of others.
func (l *Lexicon) phrases(words string) []phrase {
	for _, p := range l.has {
		if p.words == " "+words+" " {
			return []phrase{p}
		}
	}
	return nil
}

// TrainingRow is a row of a list of who was trained elsewhere: whom it means and what it says.
type TrainingRow struct {
	*ImportRow
	Strand    string // code, "" where it is not said
	Title     string
	Organiser string
	On        time.Time // midnight UTC, zero where it is not said
	Paper     string
	Periods   int
}

// Trainings finds who is meant by each row of a list, as a roster's import does: who is not certain is asked, and who
// is not on the roster is a problem of the row. Nothing of the roster is changed by it.
func (l *Lexicon) Trainings(ctx context.Context, r *roster.Roll, province string, b *workbook.Book, chosen Choices, limits workbook.Limits) (*Import, error) {
	if _, ok := r.Places.Province(roster.Present, province); !ok {
		return nil, problem.Invalid("province", "province.unknown", province)
	}
	im := &Import{Province: province, File: b.File, Key: b.Key, Day: roster.Day(r.Now()), Trainings: true}
	u := &understanding{lexicon: l, places: r.Places, book: b, chosen: chosen, limits: limits, im: im, said: map[nameAt][]saying{}}
	if err := u.all(); err != nil {
		return nil, err
	}
	im.ID = cmp.Or(chosen.ID, im.source())
	chosen.Part = true // who is not in it says nothing
	return im, im.settle(ctx, r, chosen)
}

// only says whom a row means, and nothing more.
func (j *judge) only(row *ImportRow, m *meaning) {
	switch {
	case m.person != nil:
		row.Person, row.Verdict = m.person.ID, Same
		row.Entry.Name, row.Entry.Library, row.Entry.Commune = m.person.Name, m.person.Library, m.person.Commune
	case j.ask(row, m) && row.Verdict == Asked:
	case len(row.Problems) == 0:
		j.problem(row, "row.nobody", FieldName, nil)
	}
}

// Training reads what a row of a list says of the training. What cannot be read is put among its problems; what is
// empty is left to the list as a whole.
func (im *Import) Training(row *ImportRow) TrainingRow {
	t := TrainingRow{ImportRow: row, Title: row.Cells[FieldTraining], Organiser: row.Cells[FieldOrganiser], Paper: row.Cells[FieldPaper]}
	bad := func(f Field, code string) {
		row.Problems = append(row.Problems, RowProblem{Code: code, Field: f, Column: im.column(row, f), Value: shorten(row.Cells[f])})
		row.Verdict = Faulty
	}
	if text := row.Cells[FieldStrand]; text != "" {
		if t.Strand = strandOf(text); t.Strand == "" {
			bad(FieldStrand, "row.strand")
		}
	}
	if text := row.Cells[FieldOn]; text != "" {
		on, ok, _ := readDate(text)
		if !ok {
			bad(FieldOn, "row.on")
		}
		t.On = on
	}
	if text := strings.TrimSpace(row.Cells[FieldPeriods]); text != "" {
		digits, _, _ := strings.Cut(text, " ") // "16 tiết"
		n, err := strconv.Atoi(strings.TrimSuffix(digits, ".0"))
		if err != nil {
			bad(FieldPeriods, "row.periods")
		}
		t.Periods = n
	}
	return t
}

// strandOf reads the strand that a cell names: its code, or words of it.
func strandOf(text string) string {
	words := roster.Words(strings.ReplaceAll(text, "-", " "))
	switch {
	case strings.Contains(words, "khuyen doc"), strings.Contains(words, "van hoa doc"), strings.Contains(words, "reading promotion"):
		return "reading-promotion"
	case strings.Contains(words, "dich vu thu vien"), strings.Contains(words, "nghiep vu thu vien"), strings.Contains(words, "library service"):
		return "library-service"
	}
	return ""
}
