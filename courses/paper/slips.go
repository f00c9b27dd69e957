package paper

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"lopban/courses"
)

// Slip is what a person needs to claim an account: a printed code that works once.
type Slip struct {
	Name    string
	Library string
	// with its province, "xã Sà Phìn, tỉnh Tuyên Quang"; slips of one commune are printed together. "" for people
	// outside the communes
	Commune string
	Code    string    // the activation code: in groups as here, or in groups of four where it has no hyphen
	Site    string    // where to type the code, "https://…/claim"
	URL     string    // the same with the code in it: what the QR code says
	Until   time.Time // when the code stops working; the last whole day before it is printed
}

// Slips are the slips as a PDF, A4 upright, eight to a page with lines to cut along; each commune begins a new page
// under its own heading, in the order in which communes first come up. The title stands on every page. What may be
// wrong is said at the package; a field is named like "slips.0.name".
func Slips(title string, slips []Slip) ([]byte, error) {
	var r reader
	title = r.must("title", title)
	if len(slips) == 0 {
		r.must("slips", "")
	}
	communes := r.communes(slips)
	if r.err != nil {
		return nil, r.err
	}
	// the file has no date of its own; equal slips give equal bytes
	return render("P", time.Unix(0, 0), func(s *sheet) {
		s.SetTitle(title, true)
		for _, commune := range communes {
			s.commune(title, commune)
		}
	})
}

// communes groups slips and makes their words ready for drawing.
func (r *reader) communes(slips []Slip) [][]slip {
	var communes [][]slip
	at := map[string]int{}
	for i, given := range slips {
		field := func(name string) string { return fmt.Sprintf("slips.%d.%s", i, name) }
		p := slip{number: i, Slip: Slip{
			Name: r.must(field("name"), given.Name), Library: r.may(field("library"), given.Library),
			Commune: r.may(field("commune"), given.Commune), Code: r.code(field("code"), given.Code),
			Site: r.must(field("site"), given.Site), URL: r.must(field("url"), given.URL),
		}, until: r.day(field("until"), lastDay(given.Until))}
		n, ok := at[p.Commune]
		if !ok {
			n = len(communes)
			at[p.Commune], communes = n, append(communes, nil)
		}
		communes[n] = append(communes[n], p)
	}
	return communes
}

// lastDay is the last day in Vietnam that is over before t.
func lastDay(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(courses.Vietnam).AddDate(0, 0, -1)
}

// slip is a Slip whose words are ready for drawing.
type slip struct {
	Slip
	number int // in the list given
	until  string
}

// A page of slips, in millimetres.
const (
	slipWidth  = 95.0
	slipHeight = 65.0
	slipLeft   = 10.0
	slipTop    = 24.0
	slipRows   = 4
	slipsAPage = 2 * slipRows
)

func (s *sheet) commune(title string, slips []slip) {
	pages := (len(slips) + slipsAPage - 1) / slipsAPage
	heading := capital(slips[0].Commune)
	if heading == "" {
		heading = title
	}
	for page := range pages {
		s.page()
		field := fmt.Sprintf("slips.%d.commune", slips[0].number)
		s.left(slipLeft, 13, s.fit(field, span{heading, bold, 16, indigo}, 190, 1, 7)...)
		about := fmt.Sprintf("%d người, trang %d trên %d. ", len(slips), page+1, pages)
		s.left(slipLeft, 19, s.fit("title", span{about + title, regular, 10, grey}, 190, 1, 5)...)
		shown := slips[page*slipsAPage : min(len(slips), (page+1)*slipsAPage)]
		s.cuts((len(shown) + 1) / 2)
		for i, p := range shown {
			s.slip(slipLeft+float64(i%2)*slipWidth, slipTop+float64(i/2)*slipHeight, p)
		}
	}
}

// cuts draws the lines to cut along, around so many rows of slips.
func (s *sheet) cuts(rows int) {
	s.SetDrawColor(grey[0], grey[1], grey[2])
	s.SetLineWidth(0.2)
	s.SetDashPattern([]float64{1.5, 1.5}, 0)
	height := float64(rows) * slipHeight
	for i := range 3 {
		x := slipLeft + float64(i)*slipWidth
		s.Line(x, slipTop, x, slipTop+height)
	}
	for i := range rows + 1 {
		y := slipTop + float64(i)*slipHeight
		s.Line(slipLeft, y, slipLeft+2*slipWidth, y)
	}
	s.SetDashPattern(nil, 0)
}

func (s *sheet) slip(x, y float64, p slip) {
	const pad, side = 6.0, 25.0
	field := func(name string) string { return fmt.Sprintf("slips.%d.%s", p.number, name) }
	x += pad
	full, beside := slipWidth-2*pad, slipWidth-3*pad-side
	s.qr(x+full-side, y+pad, side, p.URL)

	down := y + 10
	write := func(name string, text span) {
		if text.text == "" {
			return
		}
		for _, line := range s.fit(field(name), text, beside, 2, 5) {
			s.left(x, down, line)
			down += line.leading()
		}
	}
	write("name", span{p.Name, bold, 14, black})
	write("library", span{p.Library, regular, 9.5, black})
	write("commune", span{p.Commune, regular, 9.5, black})

	s.left(x, y+40.5, s.fit(field("code"), span{shown(p.Code), mono, 19, indigo}, full, 1, 8)...)
	steps := s.fit(field("site"), span{"1. Quét mã QR, hoặc mở " + address(p.Site), regular, 9.5, black}, full, 1, 5)[0]
	for i, text := range []string{steps.text, "2. Nhập mã, kiểm tra họ tên, rồi tự đặt mật khẩu.", "3. Mã dùng một lần. Không đưa mã cho người khác."} {
		steps.text = text
		s.left(x, y+47+4.2*float64(i), steps)
	}
	s.left(x, y+60.5, span{"Dùng được đến hết " + p.until, bold, 9.5, black})
}

// capital makes the first letter a capital.
func capital(text string) string {
	_, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:n]) + text[n:]
}
