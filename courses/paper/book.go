package paper

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
)

// Book is a register of certificates as it is printed for a year: every line that was ever written, in its order.
type Book struct {
	Issuer  string // name of the body
	Parent  string
	Title   string // "SỔ CẤP GIẤY CHỨNG NHẬN"
	Year    int
	Town    string
	Head    string // who signs for it: "GIÁM ĐỐC THƯ VIỆN TỈNH"
	Entries []BookEntry
	At      time.Time // of printing
}

// BookEntry is one line of a register.
type BookEntry struct {
	Register string // số vào sổ
	Issued   time.Time
	Name     string
	Unit     string
	Course   string
	Periods  int
	Serial   string
	Note     string // what became of it, and under which decision
}

// maxBook is how many lines a book has room for: a year of the largest province.
const maxBook = 20_000

// A page of the book, in millimetres.
const (
	bookLeft   = 12.0
	bookTop    = 46.0
	bookBottom = 190.0
	bookLine   = 4.4 // from a baseline to the next inside a row
	bookPad    = 2.2
)

var bookColumns = []struct {
	title string
	width float64
}{{"Số vào sổ", 27}, {"Ngày cấp", 20}, {"Họ và tên", 45}, {"Đơn vị công tác", 58}, {"Khóa bồi dưỡng", 52}, {"Số tiết", 11},
	{"Số hiệu", 25}, {"Ghi chú", 35}}

// Register writes a book as a PDF, A4 in landscape. Long texts take several lines of their row. What may be wrong is
// said at the package; the field of a line is named like "entries.0.name".
func Register(out io.Writer, b Book) error {
	var r reader
	b.Issuer, b.Parent, b.Title = r.must("issuer", strings.ToUpper(b.Issuer)), r.may("parent", strings.ToUpper(b.Parent)), r.must("title", b.Title)
	b.Town, b.Head = r.may("town", b.Town), r.may("head", strings.ToUpper(b.Head))
	if len(b.Entries) > maxBook {
		r.fail(problem.Invalid("entries", "book-size", maxBook))
	}
	for i := range b.Entries {
		e, field := &b.Entries[i], func(name string) string { return fmt.Sprintf("entries.%d.%s", i, name) }
		e.Register, e.Name, e.Serial = r.must(field("register"), e.Register), r.must(field("name"), r.row(field("name"), e.Name)), r.may(field("serial"), e.Serial)
		e.Unit, e.Course, e.Note = r.row(field("unit"), e.Unit), r.row(field("course"), e.Course), r.row(field("note"), e.Note)
	}
	if r.err != nil {
		return r.err
	}
	return write(out, "L", b.At, func(s *sheet) {
		s.SetTitle(fmt.Sprintf("%s, %d", b.Title, b.Year), true)
		s.SetAuthor(b.Issuer, true)
		s.book(b)
	})
}

// cell9 is a text in the type of the book's rows.
func cell9(text string) span { return span{text, regular, 9, black} }

func (s *sheet) book(b Book) {
	page, y := 0, bookBottom
	for _, e := range b.Entries {
		cells := s.bookCells(e)
		height := bookHeight(cells)
		if y+height > bookBottom {
			page++
			y = s.bookPage(b, page)
		}
		s.bookRow(y, height, cells)
		y += height
	}
	if page == 0 || y+42 > bookBottom+8 { // the signature is not parted
		page++
		y = s.bookPage(b, page)
	}
	s.bookEnd(b, y)
}

// bookCells are the texts of a line, each in the lines that its column needs.
func (s *sheet) bookCells(e BookEntry) [][]span {
	periods := ""
	if e.Periods > 0 {
		periods = fmt.Sprint(e.Periods)
	}
	texts := []string{e.Register, numeric(e.Issued), e.Name, e.Unit, e.Course, periods, e.Serial, e.Note}
	cells := make([][]span, len(texts))
	for i, text := range texts {
		cells[i] = s.wrapped(cell9(text), bookColumns[i].width-2*bookPad)
	}
	return cells
}

// numeric is a date as tables have it.
func numeric(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(courses.Vietnam).Format("02/01/2006")
}

func bookHeight(cells [][]span) float64 {
	lines := 1
	for _, c := range cells {
		lines = max(lines, len(c))
	}
	return float64(lines)*bookLine + bookPad
}

// wrapped breaks text at spaces into lines of a width, and a word that is wider at any letter.
func (s *sheet) wrapped(p span, width float64) []span {
	var lines []span
	line := p
	line.text = ""
	push := func() { lines, line.text = append(lines, line), "" }
	for word := range strings.FieldsSeq(p.text) {
		for _, part := range s.parts(word, p, width) {
			longer := line
			longer.text = strings.TrimSpace(line.text + " " + part)
			if line.text != "" && s.width(longer) > width {
				push()
				longer.text = part
			}
			line = longer
		}
	}
	push()
	return lines
}

// parts cuts a word that is wider than a line.
func (s *sheet) parts(word string, p span, width float64) []string {
	p.text = word
	if s.width(p) <= width {
		return []string{word}
	}
	letters := []rune(word)
	n := max(1, int(float64(len(letters))*width/s.width(p))-1)
	var all []string
	for part := range slices.Chunk(letters, n) {
		all = append(all, string(part))
	}
	return all
}

// bookPage begins a page with its head and gives where the rows begin.
func (s *sheet) bookPage(b Book, page int) float64 {
	s.page()
	if b.Parent != "" {
		s.left(bookLeft, 14, s.fit("parent", span{b.Parent, regular, 10, black}, 120, 1, 5)...)
	}
	s.left(bookLeft, 19, s.fit("issuer", span{b.Issuer, bold, 10.5, black}, 120, 1, 5)...)
	s.centre(middle, 30, span{fmt.Sprintf("%s NĂM %d", strings.ToUpper(b.Title), b.Year), bold, 15, black})
	s.left(bookLeft, 202, span{"In lúc " + numeric(b.At), italic, 8.5, grey})
	number := span{fmt.Sprintf("Trang %d", page), regular, 9, grey}
	s.left(297-bookLeft-s.width(number), 202, number)

	x := bookLeft
	s.SetDrawColor(0, 0, 0)
	s.SetLineWidth(0.2)
	const head = 9.0
	for _, c := range bookColumns {
		s.Rect(x, bookTop-head, c.width, head, "D")
		s.centre(x+c.width/2, bookTop-head/2+1.2, s.fit("title", span{c.title, bold, 9, black}, c.width-2, 1, 5)...)
		x += c.width
	}
	return bookTop
}

func (s *sheet) bookRow(y, height float64, cells [][]span) {
	x := bookLeft
	for i, lines := range cells {
		s.Rect(x, y, bookColumns[i].width, height, "D")
		for n, line := range lines {
			s.left(x+bookPad, y+bookLine*float64(n+1)-0.6, line)
		}
		x += bookColumns[i].width
	}
}

// bookEnd closes the book with the number of lines and the place of the signature.
func (s *sheet) bookEnd(b Book, y float64) {
	s.left(bookLeft, y+8, span{fmt.Sprintf("Sổ này có %d dòng.", len(b.Entries)), bold, 10.5, black})
	place := day(b.At)
	if b.Town != "" {
		place = b.Town + ", " + place
	}
	s.centre(rightMiddle+10, y+12, span{place, italic, 10.5, black})
	if b.Head != "" {
		s.centre(rightMiddle+10, y+18, s.fit("head", span{b.Head, bold, 10.5, black}, 110, 1, 6)...)
	}
}
