package paper

import (
	"fmt"
	"io"
	"time"
)

// Transcript is everything that a person has learnt, as they print it for themselves. It proves nothing by itself: what
// stands in it is checked by the codes of the certificates.
type Transcript struct {
	Title  string // at its head
	Name   string
	Lines  []string // about the person, and what it all comes to
	Tables []Table
	Note   string             // at the end
	Page   func(n int) string // the foot of a page: "Trang 1"
	At     time.Time
}

// Table is one of its tables. The shares of its columns come to one.
type Table struct {
	Title   string
	Columns []Column
	Rows    [][]string
}

// Column is the head of a column and its share of the width.
type Column struct {
	Title string
	Share float64
}

// A page of the transcript, in millimetres.
const (
	transcriptLeft   = 18.0
	transcriptWidth  = 210 - 2*transcriptLeft
	transcriptTop    = 20.0
	transcriptBottom = 276.0
)

// PrintTranscript writes it as a PDF, A4. Long texts take several lines of their row, and a table that goes on has its
// head on each page. What may be wrong is said at the package; the field of a row is named like "tables.0.3".
func PrintTranscript(out io.Writer, t Transcript) error {
	var r reader
	t.Title, t.Name, t.Note = r.must("title", t.Title), r.must("name", t.Name), r.may("note", t.Note)
	for i := range t.Lines {
		t.Lines[i] = r.row(fmt.Sprintf("lines.%d", i), t.Lines[i])
	}
	for i := range t.Tables {
		table := &t.Tables[i]
		table.Title = r.must(fmt.Sprintf("tables.%d.title", i), table.Title)
		for n, row := range table.Rows {
			for k := range row {
				row[k] = r.row(fmt.Sprintf("tables.%d.%d", i, n), row[k])
			}
		}
	}
	if r.err != nil {
		return r.err
	}
	return write(out, "P", t.At, func(s *sheet) {
		s.SetTitle(t.Title+", "+t.Name, true)
		d := &transcriptSheet{sheet: s, t: t}
		d.draw()
	})
}

// transcriptSheet is a transcript while it is drawn.
type transcriptSheet struct {
	*sheet
	t    Transcript
	page int
	y    float64
}

func (s *transcriptSheet) turn() {
	s.page++
	s.sheet.page()
	number := span{s.t.Page(s.page), regular, 9, grey}
	s.left(210-transcriptLeft-s.width(number), 288, number)
	s.left(transcriptLeft, 288, span{s.t.Name + ", " + numeric(s.t.At), regular, 9, grey})
	s.y = transcriptTop
}

// room begins a page where this much does not fit any more.
func (s *transcriptSheet) room(height float64) bool {
	if s.y+height <= transcriptBottom {
		return false
	}
	s.turn()
	return true
}

func (s *transcriptSheet) lines(p span, after float64) {
	for _, line := range s.wrapped(p, transcriptWidth) {
		s.room(p.leading())
		s.y += p.leading()
		s.left(transcriptLeft, s.y, line)
	}
	s.y += after
}

func (s *transcriptSheet) draw() {
	s.turn()
	s.lines(span{s.t.Title, bold, 16, indigo}, 3)
	s.lines(span{s.t.Name, bold, 13, black}, 1)
	for _, line := range s.t.Lines {
		s.lines(span{line, regular, 10.5, black}, 0.6)
	}
	for _, table := range s.t.Tables {
		s.y += 5
		s.table(table)
	}
	s.y += 6
	s.lines(span{s.t.Note, italic, 9.5, grey}, 0)
}

func (s *transcriptSheet) table(t Table) {
	cells := func(texts []string, p span) (all [][]span) {
		for i, text := range texts {
			one := p
			one.text = text
			all = append(all, s.wrapped(one, t.Columns[i].Share*transcriptWidth-2*bookPad))
		}
		return all
	}
	row := func(cells [][]span) {
		height, x := bookHeight(cells), transcriptLeft
		for i, lines := range cells {
			for n, line := range lines {
				s.left(x+bookPad, s.y+bookLine*float64(n+1)-0.6, line)
			}
			x += t.Columns[i].Share * transcriptWidth
		}
		s.y += height
		s.SetDrawColor(0x8a, 0x81, 0x72)
		s.SetLineWidth(0.15)
		s.Line(transcriptLeft, s.y, transcriptLeft+transcriptWidth, s.y)
	}
	titles := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		titles[i] = c.Title
	}
	head := cells(titles, span{face: bold, size: 9, ink: grey})
	// a heading is not parted from its first row
	least := 12 + bookHeight(head)
	if len(t.Rows) > 0 {
		least += bookHeight(cells(t.Rows[0], cell9("")))
	}
	s.room(least)
	s.lines(span{t.Title, bold, 12, indigo}, 1.5)
	row(head)
	for _, texts := range t.Rows {
		drawn := cells(texts, cell9(""))
		if s.room(bookHeight(drawn)) {
			row(head)
		}
		row(drawn)
	}
}
