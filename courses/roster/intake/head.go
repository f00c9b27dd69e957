package intake

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lopban/courses/letters"
	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// head is the titles of a sheet.
type head struct {
	row     int // number of the first row of titles, 0 where there is none
	below   int // index of the first row under the titles
	columns []Column
}

// view is a sheet with its texts in Unicode and cleaned.
type view struct {
	*workbook.Sheet
	conv   letters.Conversion
	joined map[int]map[int]string // rows to columns to the value of the joined cells that they are part of
}

// seen prepares a sheet to be read.
func seen(s *workbook.Sheet, codes []letters.As) *view {
	v := &view{Sheet: s, joined: map[int]map[int]string{}}
	if len(codes) > 0 {
		columns := map[int][]string{}
		for _, row := range s.Rows {
			for i, c := range row.Cells {
				columns[i] = append(columns[i], c)
			}
		}
		v.conv = letters.Convert(codes, columns)
	}
	first := map[[2]int]string{}
	for _, m := range s.Merges {
		first[[2]int{m.Top, m.Left}] = ""
	}
	for _, row := range s.Rows {
		for i, c := range row.Cells {
			if _, ok := first[[2]int{row.Number, i}]; ok {
				first[[2]int{row.Number, i}] = v.text(i, c)
			}
		}
	}
	cells := 0
	for _, m := range s.Merges {
		value := first[[2]int{m.Top, m.Left}]
		for row := m.Top; value != "" && row <= m.Bottom && cells < 1_000_000; row++ {
			if v.joined[row] == nil {
				v.joined[row] = map[int]string{}
			}
			for column := m.Left; column <= m.Right; column++ {
				v.joined[row][column] = value
				cells++
			}
		}
	}
	return v
}

// text is a cell as it is meant: in Unicode, without stray spaces and the apostrophe that keeps a cell from being a
// formula.
func (v *view) text(column int, typed string) string {
	return roster.Clean(workbook.Unguard(v.conv.Text(column, typed)))
}

func (v *view) texts(row workbook.Row) []string {
	cells := make([]string, len(row.Cells))
	for i, c := range row.Cells {
		cells[i] = v.text(i, c)
	}
	return cells
}

// heads are the cells of a row that may be one of titles.
func (v *view) heads(row workbook.Row) []string {
	cells := make([]string, len(row.Cells))
	for i, c := range row.Cells {
		cells[i] = roster.Clean(workbook.Unguard(v.conv.Title(c)))
	}
	return cells
}

// titles are the cells of a row of titles, each part of joined cells with what they say.
func (v *view) titles(row workbook.Row) []string {
	cells := v.heads(row)
	for column, value := range v.joined[row.Number] {
		for len(cells) <= column {
			cells = append(cells, "")
		}
		if cells[column] == "" {
			cells[column] = value
		}
	}
	return cells
}

var dateOrNumber = regexp.MustCompile(`^[(]?[0-9][0-9 .,/:()+-]*$`)

// titled says whether a row may hold titles: none of its cells is a number or a date.
func titled(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return dateOrNumber.MatchString(c) })
}

// findHeader reads the first rows for the one whose titles are known best; of equals the first. Where none is known it
// is the first with three or more cells of words and rows under it, so that somebody can say what the columns are.
func (l *Lexicon) findHeader(v *view, chosen map[string]Field) head {
	var best head
	most, guess := 0, -1
	rows := v.Rows[:min(len(v.Rows), workbook.TitleRows)]
	for i, row := range rows {
		cells := v.heads(row)
		if !titled(cells) {
			continue
		}
		if h := l.headAt(v, i, chosen); recognised(h.columns) > most {
			best, most = h, recognised(h.columns)
		}
		if guess < 0 && i+1 < len(v.Rows) && filled(cells) >= 3 && filled(cells) == len(cells) {
			guess = i
		}
	}
	if most == 0 && guess >= 0 {
		best = l.headAt(v, guess, chosen)
	}
	return best
}

func filled(cells []string) int {
	n := 0
	for _, c := range cells {
		if c != "" {
			n++
		}
	}
	return n
}

// headAt takes a row for the first of the titles, and the rows under it that are part of them.
func (l *Lexicon) headAt(v *view, i int, chosen map[string]Field) head {
	row := v.Rows[i]
	top := v.titles(row)
	h := head{row: row.Number, below: i + 1, columns: l.header(v.heads(row), chosen)}
	levels := [][]string{top}
	for h.below < len(v.Rows) && len(levels) < 4 && l.under(v, levels, v.Rows[h.below]) {
		levels = append(levels, v.titles(v.Rows[h.below]))
		h.below++
	}
	if len(levels) > 1 || len(v.joined[row.Number]) > 0 {
		h.columns = l.stack(levels, chosen)
	}
	joinGivenName(h.columns)
	for i := range h.columns {
		h.columns[i].Hidden = slices.Contains(v.Columns, i)
	}
	return h
}

// under says whether a row is part of the titles above it: cells of the titles reach down into it; or all its cells are
// titles; or it stands under titles that have none below them, such as a name.
func (l *Lexicon) under(v *view, levels [][]string, row workbook.Row) bool {
	above := v.Rows[slices.IndexFunc(v.Rows, func(r workbook.Row) bool { return r.Number == row.Number })-1].Number
	cells := v.heads(row)
	if !titled(cells) || filled(cells) == 0 || row.Number != above+1 {
		return false
	}
	for _, m := range v.Merges {
		if m.Top <= above && m.Bottom >= row.Number && m.Top > above-3 {
			return m.Bottom-m.Top < 4
		}
	}
	if len(levels) == 1 && v.heading(above) {
		return false
	}
	top := levels[len(levels)-1]
	known, whole := 0, 0 // titles, and those that are nothing but one: a row with "Thư viện xã Lũng Cú" is none
	for i, c := range cells {
		f, _ := l.field(c)
		if _, is := l.is[roster.Words(c)]; is {
			whole++
		}
		switch {
		case c == "":
		case f != "":
			known++
		case i < len(top) && top[i] != "" && (i+1 >= len(top) || top[i+1] != ""): // under a title of its own
			return false
		case len([]rune(c)) > 40:
			return false
		}
	}
	name := slices.IndexFunc(top, func(c string) bool { f, _ := l.field(c); return f == FieldName })
	if known == filled(cells) && (known > 2 || whole == known) {
		return true
	}
	return known > 0 && whole > 0 && name >= 0 && (name >= len(cells) || cells[name] == "")
}

var listName = regexp.MustCompile(`^(danh sach|bieu|phu luc|bang|thong ke|bao cao|kem theo|huyen|thanh pho|thi xa|xa|phuong|thi tran) `)

// heading says whether a row is what stands over a list, and no row of titles: one text, at its beginning or with the
// name of a list.
func (v *view) heading(number int) bool {
	i := slices.IndexFunc(v.Rows, func(r workbook.Row) bool { return r.Number == number })
	if i < 0 {
		return false
	}
	cells := v.heads(v.Rows[i])
	return filled(cells) == 1 && (cells[0] != "" || listName.MatchString(roster.Words(strings.Join(cells, ""))))
}

// split makes a sheet of each of the lists with titles of their own that stand in one under the other.
func (l *Lexicon) split(s *workbook.Sheet) []*workbook.Sheet {
	v := seen(s, asTold(told([]*workbook.Sheet{s}, "")))
	h := l.findHeader(v, nil)
	if h.row == 0 {
		return []*workbook.Sheet{s}
	}
	for i := h.below + 1; i < len(v.Rows); i++ {
		if !l.another(v, h, i) {
			continue
		}
		at := i
		if v.heading(v.Rows[i-1].Number) {
			at--
		}
		below := *s
		below.Name = strings.TrimSpace(s.Name + " [" + strconv.Itoa(s.Rows[i].Number) + "]")
		below.Rows = s.Rows[at:]
		s.Rows = s.Rows[:at:at]
		return append([]*workbook.Sheet{s}, l.split(&below)...)
	}
	return []*workbook.Sheet{s}
}

// another says whether a row is one of titles, and of others than those above.
func (l *Lexicon) another(v *view, above head, i int) bool {
	cells := v.heads(v.Rows[i])
	if filled(cells) < 3 || !titled(cells) {
		return false
	}
	for _, c := range cells {
		if _, is := l.is[roster.Words(c)]; c != "" && !is {
			return false
		}
	}
	columns := l.header(cells, nil)
	if recognised(columns) < 3 {
		return false
	}
	differ := 0
	for i, c := range columns {
		if c.Field != "" && (i >= len(above.columns) || above.columns[i].Field != c.Field) {
			differ++
		}
	}
	return differ > 0
}

// stack makes one row of titles of several. The lowest title of a column says what it holds, else the one above it,
// else both together; a column under a private title is private.
func (l *Lexicon) stack(levels [][]string, chosen map[string]Field) []Column {
	wide := 0
	for _, level := range levels {
		wide = max(wide, len(level))
	}
	at := func(level, column int) string {
		if column < len(levels[level]) {
			return levels[level][column]
		}
		return ""
	}
	columns := make([]Column, wide)
	for i := range columns {
		var own []string // from the top down, without repeats
		for level := range levels {
			title := at(level, i)
			// a title over several columns, not joined
			if title == "" && level+1 < len(levels) && at(level+1, i) != "" {
				for j := i - 1; j >= 0 && title == ""; j-- {
					if title = at(level, j); title == "" && at(level+1, j) == "" {
						break
					}
				}
			}
			if title != "" && (len(own) == 0 || own[len(own)-1] != title) {
				own = append(own, title)
			}
		}
		columns[i] = l.stacked(own, chosen)
		columns[i].Letter = workbook.Letter(i)
	}
	for i := 1; i < len(columns); i++ { // one title over two columns is the first one's
		if columns[i].Title == columns[i-1].Title && columns[i].Title != "" {
			columns[i].Title, columns[i].Field, columns[i].sure = "", "", 0
		}
	}
	settle(columns)
	return columns
}

func (l *Lexicon) stacked(own []string, chosen map[string]Field) Column {
	c := Column{Title: shorten(strings.Join(own, " – "))}
	for _, title := range own {
		if f, _ := l.field(title); f == fieldPrivate {
			c.Private = true
			return c
		}
	}
	for i := len(own) - 1; i >= 0 && c.Field == ""; i-- {
		c.Field, c.sure = l.field(own[i])
		if c.Field == "" && i > 0 {
			c.Field, c.sure = l.field(own[i-1] + " " + own[i])
		}
		if i > 0 {
			c.Field = l.ofWhat(own[i-1], c.Field)
		}
	}
	if f, ok := chosen[roster.Words(c.Title)]; ok && len(own) > 0 {
		c.Field, c.sure, c.Chosen = f, sureChosen, true
	}
	return c
}

// ofWhat is the field of a title that says only "Tên" or "Mã", under one that says of what: of people it stays.
func (l *Lexicon) ofWhat(above string, f Field) Field {
	if f != FieldGiven && f != FieldCode {
		return f
	}
	switch of, _ := l.field(above); {
	case !slices.Contains([]Field{FieldUnit, FieldLibrary, FieldCommune, FieldDistrict, FieldProvince}, of):
		return f
	case f == FieldGiven:
		return of
	case of == FieldCommune:
		return FieldCommuneCode
	}
	return fieldNumber
}

// joinGivenName gives a column without a title to the right of the name's to the given name: "Họ và tên" is often one
// title over two columns.
func joinGivenName(columns []Column) {
	i := slices.IndexFunc(columns, func(c Column) bool { return c.Field == FieldName })
	if i >= 0 && i+1 < len(columns) && columns[i+1].Title == "" && !hasField(columns, FieldGiven) {
		columns[i].Field, columns[i+1].Field = FieldFamily, FieldGiven
	}
}

// told are the old codes in which the texts of sheets are written, none for Unicode. One word does not tell a code, but
// where a font of it is in the file.
func told(sheets []*workbook.Sheet, font letters.Code) []letters.Code {
	var texts []string
	for _, s := range sheets {
		for _, row := range s.Rows[:min(len(s.Rows), 500)] {
			for _, c := range row.Cells {
				if !letters.Unmarked(c) {
					texts = append(texts, c)
				}
			}
		}
	}
	codes, words := letters.Told(texts)
	if words < 2 && (len(codes) == 0 || codes[0] != font) {
		return nil
	}
	return codes
}

// asTold reads texts in the codes that they are told to be in.
func asTold(codes []letters.Code) []letters.As {
	var all []letters.As
	for _, code := range codes {
		all = append(all, letters.As{Told: code, Read: code})
	}
	return all
}

// forget takes the cells of private columns out of a book, and the rows of sheets in which nobody can be.
func (l *Lexicon) forget(b *workbook.Book) {
	b.Codes = told(b.Sheets, b.Code)
	for _, s := range b.Sheets {
		h := l.findHeader(seen(s, asTold(b.Codes)), nil)
		if h.row == 0 {
			s.More, s.Rows, s.Merges = len(s.Rows), nil, nil
			continue
		}
		for column, c := range h.columns {
			if !c.Private {
				continue
			}
			for i := h.below; i < len(s.Rows); i++ {
				if column < len(s.Rows[i].Cells) {
					s.Rows[i].Cells[column] = ""
				}
			}
		}
	}
}
