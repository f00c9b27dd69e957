package intake

import (
	"io"
	"slices"
	"strings"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// Units is a file of what a decision makes of communes.
type Units struct {
	File, Key string // see Book
	Rows      []roster.ChangeRow
}

// UnitTitles are titles of a file of units that ReadUnits reads.
var UnitTitles = []string{"Mã cũ", "Tên cũ", "Mã mới", "Tên mới", "Loại", "Tỉnh"}

// unitLimits bound a file of units: the change of July 2025 had 10,035 of them in the whole country.
var unitLimits = workbook.Limits{Bytes: 8 << 20, Rows: 12_000, Columns: 60, Letters: 200}

// unitColumns are where a sheet holds what; -1 for nowhere.
type unitColumns struct{ oldCode, oldName, newCode, newName, kind, province int }

// ReadUnits reads a table of units of before and of after, of the first sheet that has one: XLSX, OpenDocument or CSV,
// as Read does. Its titles say "cũ" or "trước" of the units of before and "mới" or "sau" of the others, and "mã" of a
// code.
func (l *Lexicon) ReadUnits(file io.Reader, name string) (*Units, error) {
	b, err := l.open(file, name, unitLimits)
	if err != nil {
		return nil, err
	}
	for _, s := range b.Sheets {
		if s.Hidden {
			continue
		}
		v := seen(s, asTold(told(b.Sheets, b.Code)))
		for i, row := range s.Rows[:min(len(s.Rows), workbook.TitleRows)] {
			if c, ok := unitTitles(v.titles(row)); ok {
				return &Units{File: b.File, Key: b.Key, Rows: c.read(v, s.Rows[i+1:])}, nil
			}
		}
	}
	return nil, problem.Invalid("file", "places.titles")
}

// unitTitles says what the columns under titles hold, and whether they name both units.
func unitTitles(titles []string) (unitColumns, bool) {
	c := unitColumns{-1, -1, -1, -1, -1, -1}
	set := func(at *int, i int) {
		if *at < 0 {
			*at = i
		}
	}
	for i, title := range titles {
		words := strings.Fields(roster.Words(title))
		has := func(any ...string) bool {
			return slices.ContainsFunc(any, func(w string) bool { return slices.Contains(words, w) })
		}
		code := has("ma", "code")
		switch {
		case code && has("cu", "truoc", "old"):
			set(&c.oldCode, i)
		case code && has("moi", "sau", "new"):
			set(&c.newCode, i)
		case has("loai", "kind"):
			set(&c.kind, i)
		case has("tinh", "province"):
			if !has("cu", "truoc", "old") {
				set(&c.province, i)
			}
		case has("cu", "truoc", "old"):
			set(&c.oldName, i)
		case has("moi", "sau", "new"):
			set(&c.newName, i)
		}
	}
	return c, (c.oldCode >= 0 || c.oldName >= 0) && (c.newCode >= 0 || c.newName >= 0)
}

// read takes the rows under the titles. What cells that are joined downwards say holds for each of their rows; rows
// that name no unit of before are headings and notes.
func (c unitColumns) read(v *view, rows []workbook.Row) []roster.ChangeRow {
	var all []roster.ChangeRow
	for _, row := range rows {
		cells := v.texts(row)
		at := func(i int) string {
			switch {
			case i < 0:
				return ""
			case i < len(cells) && cells[i] != "":
				return cells[i]
			}
			return v.joined[row.Number][i]
		}
		r := roster.ChangeRow{Number: row.Number, OldCode: at(c.oldCode), OldName: at(c.oldName), NewCode: at(c.newCode), NewName: at(c.newName), Kind: at(c.kind), Province: at(c.province)}
		if (r.OldCode != "" || r.OldName != "") && (r.NewCode != "" || r.NewName != "") && !numbering(cells) {
			all = append(all, r)
		}
	}
	return all
}
