package intake

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lopban/courses/letters"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/workbook"
)

// Choices are what somebody said of a file after a first look at it.
type Choices struct {
	Columns map[string]Field `json:"columns,omitempty"` // "0.C", the third column of the first sheet, to what it holds
	// folded titles to what they hold: chosen for the province before
	Titles map[string]Field `json:"titles,omitempty"`
	// by index, whether it is read; visible sheets are unless this says no, hidden ones if this says yes
	Sheets  map[int]bool `json:"sheets,omitempty"`
	Letters letters.Code `json:"letters,omitempty"` // the code of all texts, Unicode for none
	// the codes that are told in a file, and what texts of each are read in: the same, another, or Unicode
	Codes map[letters.Code]letters.Code `json:"codes,omitempty"`
	// "0.start": whether days and months of the date cells are to be exchanged
	Swapped map[string]bool   `json:"swapped,omitempty"`
	Start   time.Time         `json:"start,omitzero"`   // the start of posts for which the file has no date
	Values  map[string]string `json:"values,omitempty"` // cells, see ImportRow.Cell, and what is read instead

	// of the import, see roster.Intake; "" for one made of the file
	ID      string            `json:"id,omitempty"`
	Answers map[string]string `json:"answers,omitempty"` // who rows are, by ImportRow.Ref
	// people who are not in the file and left, by code, and their last day
	Left map[string]time.Time `json:"left,omitempty"`
	// the file is what was left out of an import: who is not in it is not known
	Part bool `json:"part,omitempty"`
}

// Part is what was understood of a sheet.
type Part struct {
	Name    string   `json:"name"`
	Hidden  bool     `json:"hidden,omitempty"`
	Read    bool     `json:"read"`             // its rows are in the import
	Header  int      `json:"header,omitempty"` // row of the titles, 0 where none was found
	Columns []Column `json:"columns,omitempty"`
	People  int      `json:"people"`         // rows with somebody in them, read or not
	Rows    []int    `json:"rows,omitempty"` // hidden ones with somebody in them
	// rows that are sections, totals, numbers of columns or signatures; of a sheet without titles all
	Others int `json:"others,omitempty"`
	Again  int `json:"again,omitempty"` // rows that say again what an earlier sheet says
}

// HiddenColumns are the letters of the hidden columns that are read.
func (p Part) HiddenColumns() []Column {
	return slices.DeleteFunc(slices.Clone(p.Columns), func(c Column) bool { return !c.Hidden || c.Field == "" || c.Field == fieldNumber })
}

// Ask is a question about the whole file, that must be answered before it is written. Codes: "letters" (Key of
// Choices.Codes, "" where no code is told; Args: the code, and the letters of the columns that have it), "swapped" (Key
// of Choices.Swapped, Args: the title, a date as typed and as meant), "start".
type Ask struct {
	Code    string      `json:"code"`
	Chosen  string      `json:"chosen,omitempty"` // of Import.Settled: the code, or "yes" or "no"
	Key     string      `json:"key,omitempty"`
	Args    []string    `json:"args,omitempty"`
	Samples [][2]string `json:"samples,omitempty"` // as in the file, and as understood
}

// Preview compares a file with the roster of a province. Every sheet in which people are found is read. People who are
// not in the file are left as they are. What is wrong with the whole file is a *problem.Problem of the field "file"; a
// file whose titles are not known has no rows until its columns are chosen.
func (l *Lexicon) Preview(ctx context.Context, r *roster.Roll, province string, b *workbook.Book, chosen Choices, limits workbook.Limits) (*Import, error) {
	if _, ok := r.Places.Province(roster.Present, province); !ok {
		return nil, problem.Invalid("province", "province.unknown", province)
	}
	im := &Import{Province: province, File: b.File, Key: b.Key, Day: roster.Day(r.Now()), Start: chosen.Start}
	u := &understanding{lexicon: l, places: r.Places, book: b, chosen: chosen, limits: limits, im: im, said: map[nameAt][]saying{}, inCode: map[letters.Code]*coded{}}
	if err := u.all(); err != nil {
		return nil, err
	}
	var err error
	if im.Turn, err = undone(ctx, r, province, im.Key); err != nil {
		return nil, err
	}
	im.ID = cmp.Or(chosen.ID, im.source())
	if err := im.settle(ctx, r, chosen); err != nil {
		return nil, err
	}
	im.askStart()
	return im, nil
}

// ask asks about the whole file, or says what was answered.
func (im *Import) ask(ask Ask, answered bool) {
	if answered {
		im.Settled = append(im.Settled, ask)
		return
	}
	ask.Chosen = ""
	im.Asks = append(im.Asks, ask)
}

// askStart asks for the start of new people when no row of the file says one.
func (im *Import) askStart() {
	if !im.Start.IsZero() {
		return
	}
	lacking := false
	for i := range im.Rows {
		row := &im.Rows[i]
		if row.dated {
			return
		}
		lacking = lacking || row.Verdict == New
	}
	if lacking {
		im.Asks = append(im.Asks, Ask{Code: "start"})
	}
}

// understanding finds the people in the sheets of a file.
type understanding struct {
	lexicon *Lexicon
	places  *roster.Places
	book    *workbook.Book
	chosen  Choices
	limits  workbook.Limits
	im      *Import

	said   map[nameAt][]saying // rows of earlier sheets, by folded name and commune as written
	inCode map[letters.Code]*coded
}

// coded is what is seen of a code in a file.
type coded struct {
	samples [][2]string
	columns []string // letters, with the sheet's name before them where there are several
}

type saying struct {
	sheet          int
	phone, library string
}

func (u *understanding) all() error {
	u.im.Codes = u.codes()
	headed := false
	for i, s := range u.book.Sheets {
		part := Part{Name: s.Name, Hidden: s.Hidden, Others: len(s.Rows) + s.More}
		v := seen(s, u.im.Codes)
		h := u.lexicon.findHeader(v, u.chosen.Titles)
		if h.row > 0 {
			headed = true
			u.choose(i, h.columns)
			part.Header, part.Columns, part.Others = h.row, h.columns, 0
			u.sample(v, h)
			w := &walk{understanding: u, view: v, index: i, head: h, part: &part}
			w.all()
		}
		u.im.Sheets = append(u.im.Sheets, part)
		u.gatherSamples(v, h)
	}
	if !headed && u.book.Bytes {
		return problem.Invalid("file", "file.encoding")
	}
	if !headed {
		return problem.Invalid("file", "file.header")
	}
	if len(u.im.Rows) > u.limits.Rows {
		return problem.Invalid("file", "file.rows", strconv.Itoa(u.limits.Rows))
	}
	people, unknown := 0, false
	for _, p := range u.im.Sheets {
		people += p.People + p.Again
		unknown = unknown || p.Header > 0 && recognised(p.Columns) == 0
	}
	if people == 0 && !unknown {
		return problem.Invalid("file", "file.norows")
	}
	u.askLetters()
	return nil
}

// Read says that texts which are told to be in a code are in one, Unicode for leaving them; "" for all texts.
func (c *Choices) Read(told, as letters.Code) {
	if _, ok := letters.Known(string(told)); !ok || told == "" {
		c.Letters = as
		return
	}
	codes := maps.Clone(c.Codes)
	if codes == nil {
		codes = map[letters.Code]letters.Code{}
	}
	codes[told] = as
	c.Codes = codes
}

// codes are the old codes in which the file is read.
func (u *understanding) codes() []letters.As {
	if u.chosen.Letters == letters.Unicode {
		return nil
	}
	if u.chosen.Letters != "" {
		return asTold([]letters.Code{u.chosen.Letters})
	}
	told := u.book.Codes
	if len(told) == 0 && u.book.Code != "" { // of a file that was kept by an earlier release
		told = []letters.Code{u.book.Code}
	}
	all := asTold(told)
	for i := range all {
		all[i].Read = cmp.Or(u.chosen.Codes[all[i].Told], all[i].Told)
	}
	return all
}

// askLetters asks of each code in the file whether it is read rightly, with texts in it.
func (u *understanding) askLetters() {
	if u.chosen.Letters != "" {
		return
	}
	if len(u.im.Codes) == 0 && u.book.Bytes {
		u.im.Asks = append(u.im.Asks, Ask{Code: "letters", Args: []string{string(letters.Unicode), ""}})
	}
	for _, as := range u.im.Codes {
		seen := cmp.Or(u.inCode[as.Told], &coded{})
		if slices.Sort(seen.columns); len(seen.columns) > 0 {
			ask := Ask{Code: "letters", Key: string(as.Told), Args: []string{string(as.Told), strings.Join(seen.columns, ", ")}, Samples: seen.samples}
			read, answered := u.chosen.Codes[as.Told]
			ask.Chosen = string(read)
			u.im.ask(ask, answered)
		}
	}
}

// choose gives columns what was chosen for them by hand. A private column stays unread.
func (u *understanding) choose(sheet int, columns []Column) {
	for i := range columns {
		f, ok := u.chosen.Columns[strconv.Itoa(sheet)+"."+columns[i].Letter]
		if !ok || columns[i].Private || f != FieldNone && !slices.Contains(Fields, f) {
			continue
		}
		for j := range columns {
			if columns[j].Field == f && f != FieldNone {
				columns[j].Field = ""
			}
		}
		columns[i].Field, columns[i].sure, columns[i].Chosen = f, sureChosen, true
	}
}

// sample gives each column that is not private the first cell under its title.
func (u *understanding) sample(v *view, h head) {
	for i := range h.columns {
		for _, row := range v.Rows[h.below:min(h.below+20, len(v.Rows))] {
			if i < len(row.Cells) && !h.columns[i].Private && h.columns[i].Sample == "" && !numberCell.MatchString(row.Cells[i]) {
				h.columns[i].Sample = shorten(v.text(i, row.Cells[i]))
			}
		}
	}
}

// gatherSamples keeps some texts as they are in the file and as they are understood, of each code, and the columns that
// have them.
func (u *understanding) gatherSamples(v *view, h head) {
	for _, row := range v.Rows {
		for i, c := range row.Cells {
			code := v.conv.In(i, c).Told
			if code == "" {
				continue
			}
			seen := u.inCode[code]
			if seen == nil {
				seen = &coded{}
				u.inCode[code] = seen
			}
			letter := workbook.Letter(i)
			if len(u.book.Sheets) > 1 {
				letter = v.Name + between + letter
			}
			if row.Number > h.row && !slices.Contains(seen.columns, letter) {
				seen.columns = append(seen.columns, letter)
			}
			read := v.text(i, c)
			if row.Number <= h.row || len(seen.samples) >= 6 || roster.Clean(c) == read || slices.ContainsFunc(seen.samples, func(s [2]string) bool { return s[1] == shorten(read) }) {
				continue
			}
			seen.samples = append(seen.samples, [2]string{shorten(c), shorten(read)})
		}
	}
}

// walk goes down the rows of a sheet.
type walk struct {
	*understanding
	*view
	index int
	head  head
	part  *Part

	district string // of the sheet, or of the group of rows that are being read
	commune  string // of the group
	library  string
	here     string   // commune that the sheet's name or a heading tells, of people of whom nothing else does
	last     []string // cells of the last person
	foot     bool     // below the last of the people: signatures
	dates    map[Field]*mixed
	first    int // of the sheet's rows in the import
}

func (w *walk) all() {
	w.first = len(w.im.Rows)
	if w.places.IsDistrict(w.Name) {
		w.district = w.Name
	}
	w.dates = map[Field]*mixed{}
	w.near(w.Name)
	w.above()
	w.part.Read = !w.Hidden
	if read, ok := w.chosen.Sheets[w.index]; ok {
		w.part.Read = read
	}
	for i, row := range w.Rows[w.head.below:] {
		cells := w.texts(row)
		switch {
		case i == 0 && numbering(cells), w.titlesAgain(cells), filled(cells) == 1 && pageLine.MatchString(roster.Words(strings.Join(cells, ""))):
			w.part.Others++
		case w.person(row, cells):
			w.foot = false
			w.add(row, cells)
		case filled(cells) > 0 && !w.onlyNumbered(cells):
			w.part.Others++
		}
	}
	w.askSwapped()
	if !w.part.Read && !w.Hidden { // left out by hand
		w.im.Rows = w.im.Rows[:w.first]
	}
}

// near takes the commune that a text names, for people of whom nothing else says one.
func (w *walk) near(text string) {
	if placeName.MatchString(roster.Words(text)) || strings.HasPrefix(strings.ToLower(text), "p. ") {
		found := w.places.Find(roster.Address{Name: unoffice(text), Under: w.district}, w.im.Province, roster.Era{})
		switch {
		case found.Commune.Code != "":
			w.here = found.Commune.Title()
		case found.Named && w.here == "":
			w.here = unoffice(text) // is asked
		}
	}
}

// above reads what stands over the titles: the district, or the commune whose list it is.
func (w *walk) above() {
	for _, row := range w.Rows {
		if row.Number >= w.head.row {
			return
		}
		if cells := w.texts(row); filled(cells) == 1 {
			text := strings.Join(cells, "")
			if w.places.IsDistrict(text) {
				w.district = text
			}
			w.near(text)
			w.listOf(text)
		}
	}
}

// listOf takes the commune whose list it is of what is written over it, where that is no name alone: "Danh sách cán bộ
// thư viện xã Bản Hồ".
func (w *walk) listOf(text string) {
	found := placeIn(w.places, text, roster.Address{Under: w.district}, w.im.Province, roster.Era{})
	if w.here == "" && found.Commune.Code != "" {
		w.here = found.Commune.Title()
	}
}

var pageLine = regexp.MustCompile(`^(trang|to|page)( so)? [0-9]+( [0-9]+)?$`)

var numberCell = regexp.MustCompile(`^(\(?[0-9]{1,2}\)?|\(?[A-N]\)?)$`)

// numbering says whether a row only numbers the columns, as official lists do: (1), (2), (3).
func numbering(cells []string) bool {
	n := 0
	for _, c := range cells {
		if c != "" && !numberCell.MatchString(c) {
			return false
		}
		if c != "" {
			n++
		}
	}
	return n > 2
}

// titlesAgain says whether a row repeats the titles, as lists do at the top of each page.
func (w *walk) titlesAgain(cells []string) bool {
	same := 0
	for i, c := range cells {
		if i < len(w.head.columns) && c != "" && (c == w.head.columns[i].Title || strings.HasSuffix(w.head.columns[i].Title, " – "+c)) {
			same++
		}
	}
	return same >= 2
}

// onlyNumbered says whether a row has a running number and nothing else.
func (w *walk) onlyNumbered(cells []string) bool {
	for i, c := range cells {
		if c != "" && !(i < len(w.head.columns) && w.head.columns[i].Field == fieldNumber) {
			return false
		}
	}
	return true
}

var (
	roman     = regexp.MustCompile(`^[IVXL]{1,5}$`)
	leading   = regexp.MustCompile(`^([IVXL]{1,5}|[A-H]|[0-9]{1,3})\s*[.)/:-]\s*`)
	countCell = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?( (người|cán bộ|thư viện|đơn vị|xã))?$`)
	// Tống is a family name, Tổng and Cộng are none
	total     = regexp.MustCompile(`^((tổng|cộng|total)([^\pL].*)?|(tong cong|tong so)([^\pL].*)?|cong)$`)
	footWords = regexp.MustCompile(`^\(?(nguoi (lap|tong hop|bao cao|ky)|giam doc|pho giam doc|chu tich|pho chu tich|ky ten|ky ghi ro|ky va ghi|ky dong dau|noi nhan|ghi chu|luu y|xac nhan|thu truong|tm\b|kt\b|tl\b|can bo tong hop|truong phong|pho truong phong|danh sach (nay )?(co|gom)|an dinh danh sach|lap bieu|nguoi lap bieu|phu trach ke toan|.*ngay .* thang .* nam)`)
	example   = regexp.MustCompile(`^(vi du|example)( |$)`) // of the form
	placeName = regexp.MustCompile(`^(ubnd |uy ban nhan dan )?(xa|phuong|thi tran|tt|p) `)
	district  = regexp.MustCompile(`^(huyen|thanh pho|tp|thi xa|quan|khu vuc|cum|khoi|tinh|dia ban) `)
)

// person says whether a row is of somebody. A row that names a place for the rows below it is remembered for them;
// totals, notes and signatures are none.
func (w *walk) person(row workbook.Row, cells []string) bool {
	var texts []string // that are no count and no number of a section
	section, facts := false, 0
	for i, c := range cells {
		f := w.fieldAt(i)
		switch {
		case c == "":
		case roman.MatchString(c) && (f == fieldNumber || f == "" || i == 0):
			section = true
		case numberCell.MatchString(c) && (f == fieldNumber || i == 0), countCell.MatchString(strings.ToLower(c)) && f != FieldPhone && f != FieldStart && f != FieldCode && f != FieldCommuneCode:
		default:
			texts = append(texts, c)
			if (f == FieldPhone || f == FieldStart || f == FieldCode || f == FieldCommuneCode) && strings.ContainsAny(c, "0123456789") && !footWords.MatchString(roster.Words(c)) {
				facts++
			}
		}
	}
	if len(texts) == 0 {
		return false
	}
	if total.MatchString(strings.ToLower(texts[0])) || total.MatchString(strings.ToLower(w.named(cells))) {
		return false
	}
	if w.within(row) || example.MatchString(roster.Words(w.named(cells))) {
		return false
	}
	if facts == 0 && len(texts) <= 4 && !w.somewhere(w.down(row, cells)) && (slices.ContainsFunc(texts, func(t string) bool { return footWords.MatchString(roster.Words(t)) && !w.full(cells) }) || w.foot && !w.numbered(cells)) {
		w.foot = true
		return false
	}
	if len(texts) == 1 {
		return !w.group(leading.ReplaceAllString(texts[0], ""), section || leading.MatchString(texts[0]) && !numberOnly(texts[0]), facts > 0)
	}
	return !w.empty(cells)
}

func numberOnly(s string) bool { return s[0] >= '0' && s[0] <= '9' }

func (w *walk) fieldAt(i int) Field {
	if i < len(w.head.columns) {
		return w.head.columns[i].Field
	}
	return ""
}

// named is the name in the row, "" for none.
func (w *walk) named(cells []string) string {
	known := w.known(cells)
	return cmp.Or(known[FieldName], strings.TrimSpace(known[FieldFamily]+" "+known[FieldGiven]))
}

// somewhere says whether a row has a name and, in the columns for it, a place or a library that is known: somebody
// whose post is "Phó chủ tịch" is no signature.
func (w *walk) somewhere(cells []string) bool {
	known, name := w.known(cells), w.named(cells)
	if name == "" || footWords.MatchString(roster.Words(name)) {
		return false
	}
	return known[FieldCommune] != "" && w.isCommune(unoffice(known[FieldCommune])) || known[FieldLibrary] != "" && w.speaksOfLibrary(known[FieldLibrary])
}

// full says whether a row has a name and says where that person works.
func (w *walk) full(cells []string) bool {
	known := w.known(cells)
	return w.named(cells) != "" && (known[FieldLibrary] != "" && (known[FieldCommune] != "" || known[FieldPost] != "") || w.numbered(cells))
}

// numbered says whether a row has a running number.
func (w *walk) numbered(cells []string) bool {
	for i, c := range cells {
		if w.fieldAt(i) == fieldNumber && dateOrNumber.MatchString(c) {
			return true
		}
	}
	return false
}

// empty says whether a row has only what forms are filled with beforehand: no name, number or code of anybody.
func (w *walk) empty(cells []string) bool {
	known := w.known(cells)
	for f := range known {
		if !slices.Contains([]Field{FieldProvince, FieldDistrict, FieldKind, FieldCommune, FieldCommuneCode, FieldUnit}, f) {
			return false
		}
	}
	return true
}

// within says whether a row is part of the one above it: its name is of cells joined down.
func (w *walk) within(row workbook.Row) bool {
	for _, m := range w.Merges {
		f := w.fieldAt(m.Left)
		if (f == FieldName || f == FieldFamily) && m.Top < row.Number && row.Number <= m.Bottom && m.Top >= w.head.row {
			return m.Left == m.Right || m.Bottom-m.Top < 10
		}
	}
	return false
}

// group takes a row with one text for the name of what follows: a commune, a library in one, or a section. It says
// false for a row of somebody of whom there is only a name.
func (w *walk) group(text string, section, fact bool) bool {
	if bare := counted.ReplaceAllString(text, ""); bare != "" {
		text = bare
	}
	words := roster.Words(text)
	switch {
	case fact:
		return false
	case placeName.MatchString(words) || w.isCommune(text):
		w.commune, w.library, w.here = text, "", ""
	case district.MatchString(words):
		w.district, w.commune, w.library, w.here = "", "", "", ""
		if w.places.IsDistrict(text) {
			w.district = text
		}
	case w.speaksOfLibrary(text):
		w.library = text
		if found := placeIn(w.places, text, roster.Address{Under: w.district}, w.im.Province, roster.Era{}); found.Named {
			w.commune, w.here = "", ""
			if found.Commune.Code != "" {
				w.here = found.Commune.Title()
			}
		}
	case section, utf8.RuneCountInString(text) > 60, strings.HasPrefix(text, "("):
	default:
		return false
	}
	return true
}

func (w *walk) isCommune(text string) bool {
	return w.places.Find(roster.Address{Name: text, Under: w.district}, w.im.Province, roster.Era{}).Named
}

func (w *walk) speaksOfLibrary(text string) bool {
	_, ok := roster.LibraryKind(text)
	return ok
}

// known picks the cells of the columns that are read.
func (w *walk) known(cells []string) map[Field]string {
	known := map[Field]string{}
	for i, c := range cells {
		if f := w.fieldAt(i); c != "" && f != "" && f != fieldNumber && f != FieldNone {
			known[f] = c
		}
	}
	return known
}

// down are the cells of a row with what cells that are joined down say of it.
func (w *walk) down(row workbook.Row, cells []string) []string {
	down := slices.Clone(cells)
	for column, value := range w.joined[row.Number] {
		for len(down) <= column {
			down = append(down, "")
		}
		if f := w.fieldAt(column); down[column] == "" && f != FieldName && f != FieldFamily && f != FieldGiven && f != FieldCode {
			down[column] = value
		}
	}
	return down
}

// add puts a row of somebody among those of the import, with what joined cells and the rows above say of it.
func (w *walk) add(row workbook.Row, cells []string) {
	down := w.down(row, cells)
	notes := w.asAbove(down)
	w.last = down
	r := ImportRow{Sheet: w.index, Number: row.Number, Hidden: row.Hidden, Cells: w.known(down), Under: w.district, Waits: w.Hidden && !w.part.Read}
	if w.commune != "" && r.Cells[FieldCommune] == "" && r.Cells[FieldCommuneCode] == "" {
		r.Cells[FieldCommune] = w.commune
	}
	if w.library != "" && r.Cells[FieldLibrary] == "" {
		r.Cells[FieldLibrary] = w.library
	}
	if w.here != "" && r.Cells[FieldCommune] == "" && r.Cells[FieldCommuneCode] == "" && !w.placed(&r) {
		r.Cells[FieldCommune] = w.here
	}
	r.Notes = notes
	if !w.im.Trainings && w.again(&r) { // somebody may have been trained twice
		w.part.Again++
		return
	}
	w.part.People++
	if row.Hidden {
		w.part.Rows = append(w.part.Rows, row.Number)
	}
	for f, text := range r.Cells {
		w.cell(&r, row, f, text)
	}
	// of a row whose library alone names it
	if _, chosen := w.chosen.Values[r.Cell(FieldCommune)]; chosen && r.Cells[FieldCommune] == "" {
		w.cell(&r, row, FieldCommune, "")
	}
	for _, column := range row.Formulas {
		if f := w.fieldAt(column); f != "" && f != fieldNumber && f != FieldNone {
			r.Notes = append(r.Notes, RowProblem{Code: "cell.formula", Field: f, Column: workbook.Letter(column)})
		}
	}
	slices.SortFunc(r.Notes, func(a, b RowProblem) int { return strings.Compare(a.Column+a.Code, b.Column+b.Code) })
	w.im.Rows = append(w.im.Rows, r)
}

// placed says whether the library, the unit or the post of a row names a place.
func (w *walk) placed(r *ImportRow) bool {
	for _, f := range []Field{FieldLibrary, FieldUnit, FieldPost} {
		if placeIn(w.places, r.Cells[f], roster.Address{District: r.Cells[FieldDistrict], Under: w.district}, w.im.Province, roster.Era{}).Named {
			return true
		}
	}
	return false
}

// counted is how many people there are, behind the name of a group.
var counted = regexp.MustCompile(`(?i)\s*[:(,–-]?\s*[0-9]+\s*(người|cán bộ|đồng chí|đ/c|thư viện|nhân viên)[).]*\s*$`)

// ditto is what people write for "as above".
var ditto = regexp.MustCompile(`(?i)^(["“”″〃'‘’´]{1,2}|-?\s*(nt|n/t|như trên|như\s?t|//)\s*[.-]?)$`)

// asAbove puts into cells that say so what stands above them, with a word.
func (w *walk) asAbove(cells []string) []RowProblem {
	var notes []RowProblem
	for i, c := range cells {
		f := w.fieldAt(i)
		if !ditto.MatchString(c) || i >= len(w.last) || w.last[i] == "" || f == "" || f == fieldNumber || f == FieldNone || f == FieldName || f == FieldFamily || f == FieldGiven || f == FieldCode || f == FieldPhone {
			continue
		}
		cells[i] = w.last[i]
		notes = append(notes, RowProblem{Code: "cell.ditto", Field: f, Column: workbook.Letter(i), Value: shorten(c), Args: []string{shorten(w.last[i])}})
	}
	return notes
}

// cell brings a cell into the form in which it is judged: not too long, serial days as dates, and what was chosen
// instead of it.
func (w *walk) cell(r *ImportRow, row workbook.Row, f Field, text string) {
	if utf8.RuneCountInString(text) > w.limits.Letters {
		text = string([]rune(text)[:w.limits.Letters])
	}
	if f == FieldStart || f == FieldEnd || f == FieldOn {
		text = w.date(row, f, text)
	}
	r.Cells[f] = text
	if value, ok := w.chosen.Values[r.Cell(f)]; ok {
		r.Notes = append(r.Notes, RowProblem{Code: "cell.chosen", Field: f, Column: column(w.head.columns, f), Value: shorten(text), Args: []string{value}})
		r.Cells[f] = value
	}
}

// again says whether an earlier sheet has the row already: a summary beside the lists of districts. Where both have a
// phone number or a library they are the same.
func (w *walk) again(r *ImportRow) bool {
	at := nameAt{roster.Words(r.typedName()), roster.Words(r.Cells[FieldCommune] + " " + r.Cells[FieldCommuneCode])}
	if at.fold == "" {
		return false
	}
	own := saying{w.index, roster.Words(r.Cells[FieldPhone]), roster.Words(r.Cells[FieldLibrary])}
	for _, s := range w.said[at] {
		if s.sheet != w.index && !differ(s.phone, own.phone) && !differ(s.library, own.library) {
			return true
		}
	}
	if !w.part.Read && !w.Hidden {
		return false
	}
	w.said[at] = append(w.said[at], own)
	return false
}

// mixed is what a column of dates has: date cells and texts.
type mixed struct {
	late  int    // date cells of days after the 12th
	early int    // date cells of days up to the 12th, not of the month's own number
	text  int    // texts of days after the 12th, the day first
	typed string // one of the date cells, as it stands and
	meant string // with day and month exchanged
}

// date is a cell of a date as text. Serial days become dates; where their days and months are to be exchanged, that is
// done.
func (w *walk) date(row workbook.Row, f Field, text string) string {
	m := w.dates[f]
	if m == nil {
		m = &mixed{}
		w.dates[f] = m
	}
	day, ok := time.Time{}, false
	isCell := workbook.Serial.MatchString(text)
	if isCell {
		days, err := strconv.ParseFloat(text, 64)
		day, ok = workbook.SerialDate(days, false), err == nil
	} else if d, _, k := isoDay(text); k && slices.ContainsFunc(row.Numbers, func(i int) bool { return w.fieldAt(i) == f }) {
		day, ok, isCell = d, true, true
	}
	switch {
	case !isCell:
		if d, ok, _ := readDate(text); ok && d.Day() > 12 {
			m.text++
		}
		return text
	case !ok:
		return text
	case day.Day() > 12:
		m.late++
	case day.Day() != int(day.Month()):
		m.early++
		other := time.Date(day.Year(), time.Month(day.Day()), int(day.Month()), 0, 0, 0, 0, time.UTC)
		if m.typed == "" {
			m.typed, m.meant = shown(day), shown(other)
		}
		if w.chosen.Swapped[w.key(f)] {
			day = other
		}
	}
	return shown(day)
}

func (w *walk) key(f Field) string { return strconv.Itoa(w.index) + "." + string(f) }

// askSwapped asks of a column whose date cells are all of days up to the 12th while its texts are of later ones: a
// spreadsheet that reads the month first has taken the days that it could.
func (w *walk) askSwapped() {
	for _, f := range []Field{FieldStart, FieldEnd} {
		m := w.dates[f]
		if m == nil || m.late > 0 || m.early == 0 || m.text == 0 {
			continue
		}
		ask := Ask{Code: "swapped", Key: w.key(f), Args: []string{strconv.Itoa(m.early), w.titleOf(f)}, Samples: [][2]string{{m.typed, m.meant}}}
		exchanged, answered := w.chosen.Swapped[w.key(f)]
		if ask.Chosen = "no"; exchanged {
			ask.Chosen = "yes"
		}
		w.im.ask(ask, answered)
	}
}

func (w *walk) titleOf(f Field) string {
	for _, c := range w.head.columns {
		if c.Field == f {
			return c.Title
		}
	}
	return ""
}

// column is the letter of the column that holds the field.
func column(columns []Column, f Field) string {
	for _, c := range columns {
		if c.Field == f {
			return c.Letter
		}
	}
	return ""
}

// Accept takes a suggestion of a cell, or with alike that of every cell with the same text and the same fault, into the
// choices. It says how many cells that are.
func (c *Choices) Accept(im *Import, cell, value string, alike bool) int {
	var model *RowProblem
	for i := range im.Rows {
		for _, p := range im.Rows[i].said() {
			if p.Field != "" && im.Rows[i].Cell(p.Field) == cell && slices.Contains(p.Suggestions, value) && p.Acceptable() {
				model = &p
			}
		}
	}
	if model == nil {
		return 0
	}
	n := 0
	for i := range im.Rows {
		row := &im.Rows[i]
		for _, p := range row.said() {
			if row.Cell(p.Field) == cell || alike && p.Code == model.Code && p.Field == model.Field && p.Value == model.Value && slices.Equal(p.Suggestions, model.Suggestions) {
				if p.Acceptable() && slices.Contains(p.Suggestions, value) {
					c.set(row.Cell(p.Field), value)
					n++
				}
			}
		}
	}
	return n
}

// AcceptAll takes every suggestion that is the only one of its cell.
func (c *Choices) AcceptAll(im *Import) int {
	n := 0
	for i := range im.Rows {
		for _, p := range im.Rows[i].said() {
			if p.Sole() {
				c.set(im.Rows[i].Cell(p.Field), p.Suggestions[0])
				n++
			}
		}
	}
	return n
}

func (c *Choices) set(cell, value string) {
	if c.Values == nil {
		c.Values = map[string]string{}
	}
	c.Values[cell] = value
}

// Sole says whether the one suggestion can be taken without choosing.
func (p RowProblem) Sole() bool {
	return len(p.Suggestions) == 1 && p.Acceptable() && p.Code != "phone.first" && p.Code != "commune.empty"
}

// Acceptable says whether a suggestion can be read instead of the cell; others are names and codes of people, which the
// cell's column does not hold.
func (p RowProblem) Acceptable() bool {
	return len(p.Suggestions) > 0 && (p.Field == FieldStart || p.Field == FieldEnd || p.Field == FieldCommune || p.Field == FieldCommuneCode || p.Field == FieldPhone && p.Code != "phone.other" || p.Code == "name.coded")
}

// said are the problems and warnings of a row.
func (row *ImportRow) said() []RowProblem { return slices.Concat(row.Problems, row.Warnings) }
