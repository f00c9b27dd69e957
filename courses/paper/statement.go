package paper

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses"
)

// Statement is the figures of a board as a body sends them upwards: one page in the layout of Decree 30/2020/NĐ-CP, to
// be numbered, dated, signed and stamped. Number and date are left to be written by hand, as the body's clerk does when
// it leaves; so is whatever of the issuer is not known.
type Statement struct {
	Issuer    courses.Issuer
	Decision  string    // number of the Decision
	DecidedOn time.Time // and its date
	Decided   bool      // the scope is of the Decision's provinces, and not of those of today
	Present   []string  // the provinces of the scope in today's list
	Programme []string  // and in the Decision's
	Source    string    // of the base
	Strands   []string  // in each of which somebody holds a certificate who is trained
	AsOf      time.Time // the last day that is counted
	Known     time.Time // what was entered later is left out; zero for nothing
	Period    string    // name of the closed period whose figures these are; "" for none

	Base, Trained, Elsewhere        int
	Percent                         float64
	Provinces, OfProvinces          int // with a list; zero of a single province
	Communes, OfCommunes, Libraries int
	Marks                           []StatementMark
	Rows                            []StatementRow // provinces, or the communes of one
	ByCommune                       bool
	Code                            string // the checksum
	At                              time.Time
}

// StatementMark is a milestone: of how many people it asks, and how many are missing.
type StatementMark struct {
	Percent    int
	By         time.Time
	Asked, Gap int
}

// StatementRow is a place. Gap is how many people it lacks to reach the milestone that is due next.
type StatementRow struct {
	Name                      string
	Base, Trained             int
	Percent                   float64
	Gap, Communes, OfCommunes int
}

// A page of a statement, in millimetres.
const (
	statementLeft   = 30.0
	statementWidth  = 210 - statementLeft - 18
	statementTop    = 23.0
	statementBottom = 277.0
	statementIndent = 10.0
)

// dots are what is written by hand.
const dots = "…………"

// PrintStatement writes it as a PDF of one A4 page. What may be wrong is said at the package; the field of a row of the
// table is named like "rows.3".
func PrintStatement(out io.Writer, t Statement) error {
	var r reader
	t.Issuer.Parent, t.Issuer.Name = r.may("issuer.parent", strings.ToUpper(t.Issuer.Parent)), r.may("issuer.name", strings.ToUpper(t.Issuer.Name))
	t.Issuer.Town, t.Issuer.Signer = r.may("issuer.town", t.Issuer.Town), r.may("issuer.signer", t.Issuer.Signer)
	t.Decision, t.Source, t.Code = r.must("decision", t.Decision), r.must("source", t.Source), r.must("code", t.Code)
	t.Period = r.row("period", t.Period)
	for _, names := range [][]string{t.Present, t.Programme, t.Strands} {
		for i := range names {
			names[i] = r.row("scope", names[i])
		}
	}
	for i := range t.Rows {
		t.Rows[i].Name = r.must(fmt.Sprintf("rows.%d", i), r.row("rows", t.Rows[i].Name))
	}
	if r.err != nil {
		return r.err
	}
	return write(out, "P", t.At, func(s *sheet) {
		s.SetTitle(statementTitle, true)
		s.SetAuthor(t.Issuer.Name, true)
		s.page()
		d := &statementSheet{sheet: s, t: t}
		for d.size = 13.0; d.size > 8; d.size -= 0.5 { // the page is one, whatever the scope
			d.parts = nil
			if d.compose() <= statementBottom {
				break
			}
		}
		y := statementTop
		for _, p := range d.parts {
			p.draw(y)
			y += p.height
		}
		d.foot()
	})
}

const statementTitle = "Báo cáo tỷ lệ người làm công tác thư viện cơ sở được đào tạo, bồi dưỡng"

// statementSheet is a statement while it is put together: parts from top to bottom.
type statementSheet struct {
	*sheet
	t     Statement
	size  float64 // of running text
	parts []statementPart
}

type statementPart struct {
	height float64
	draw   func(y float64) // from this line down
}

func (s *statementSheet) add(height float64, draw func(y float64)) {
	s.parts = append(s.parts, statementPart{height, draw})
}

// compose puts the page together in the type of this size, and says how far down it goes.
func (s *statementSheet) compose() float64 {
	s.heading()
	s.says("Thực hiện Quyết định số " + s.t.Decision + " " + day(s.t.DecidedOn) + " của Thủ tướng Chính phủ, số liệu như sau:")
	s.item("1. Phạm vi và cách tính")
	s.says(s.scope())
	s.says("Tổng số người: " + s.t.Source + ".")
	s.says("Người đã được đào tạo, bồi dưỡng: người có giấy chứng nhận còn giá trị trong từng nội dung (" + strings.Join(s.t.Strands, "; ") + ").")
	s.item("2. Kết quả")
	s.says(s.result())
	s.says(s.reach())
	marks := Table{Columns: []Column{{"Mốc của Quyết định", 0.34}, {"Số người cần đạt", 0.22}, {"Đã đạt", 0.22}, {"Còn thiếu", 0.22}}}
	for _, m := range s.t.Marks {
		marks.Rows = append(marks.Rows, []string{fmt.Sprintf("%d %% đến %s", m.Percent, numeric(m.By)), grouped(m.Asked), grouped(s.t.Trained), grouped(m.Gap)})
	}
	s.table(marks, nil)
	s.places()
	s.signature()
	y := statementTop
	for _, p := range s.parts {
		y += p.height
	}
	return y
}

// heading is the issuing body with the number on the left, the motto with place and date on the right, and the title.
func (s *statementSheet) heading() {
	const left, right, column = statementLeft + 33, 143.0, 70.0
	i := s.t.Issuer
	s.add(27, func(y float64) {
		motto := span{"Độc lập - Tự do - Hạnh phúc", bold, 13, black}
		s.centre(right, y, span{"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold, 12, black})
		s.centre(right, y+5.4, motto)
		s.rule(right, y+7.4, s.width(motto))
		s.block(right, y+17.5, s.fit("issuer.town", span{cmp.Or(i.Town, dots) + ", ngày ….. tháng ….. năm …..", italic, 13, black}, 92, 1, 7))

		at := y
		if i.Parent != "" {
			at = s.block(left, y, s.fit("issuer.parent", span{i.Parent, regular, 12, black}, column, 2, 6)) + 5.2
		}
		name := s.fit("issuer.name", span{cmp.Or(i.Name, strings.Repeat(dots, 3)), bold, 12, black}, column, 2, 6)
		at = s.block(left, at, name)
		s.rule(left, at+2, 26)
		s.centre(left, y+17.5, span{"Số: ……… /BC-………", regular, 13, black})
	})
	s.add(6.5, func(y float64) { s.centre(statementLeft+statementWidth/2, y, span{"BÁO CÁO", bold, 14, black}) })
	s.add(6, func(y float64) {
		s.centre(statementLeft+statementWidth/2, y, span{"Tỷ lệ người làm công tác thư viện cơ sở được đào tạo, bồi dưỡng", bold, 13, black})
	})
	about := "Số liệu đến " + day(s.t.AsOf)
	if s.t.Period != "" {
		about = s.t.Period + ", s" + strings.TrimPrefix(about, "S") + ", đã chốt"
	}
	if !s.t.Known.IsZero() {
		about += ", theo dữ liệu đã nhập đến " + day(s.t.Known)
	}
	s.add(9, func(y float64) {
		s.centre(statementLeft+statementWidth/2, y, s.fit("period", span{"(" + about + ")", italic, 12, black}, statementWidth, 1, 7)...)
		s.rule(statementLeft+statementWidth/2, y+2.4, 50)
	})
}

// scope names the provinces in both lists.
func (s *statementSheet) scope() string {
	named := func(names []string) string {
		if len(names) == 1 {
			return "tỉnh " + names[0]
		}
		return fmt.Sprintf("%d tỉnh (%s)", len(names), strings.Join(names, ", "))
	}
	if s.t.Decided {
		return "Phạm vi: " + named(s.t.Programme) + " nêu tại Quyết định, nay thuộc " + named(s.t.Present) + "."
	}
	return "Phạm vi: " + named(s.t.Present) + " hiện nay, gồm địa bàn " + named(s.t.Programme) + " nêu tại Quyết định."
}

func (s *statementSheet) result() string {
	if s.t.Base == 0 {
		return "Chưa có ai trong danh sách người làm công tác thư viện."
	}
	text := fmt.Sprintf("%s trên %s người làm công tác thư viện đã được đào tạo, bồi dưỡng, đạt tỷ lệ %s %%", grouped(s.t.Trained), grouped(s.t.Base), decimal(s.t.Percent))
	if s.t.Elsewhere > 0 {
		text += fmt.Sprintf("; trong đó %s người nhờ bồi dưỡng ở nơi khác đã được công nhận", grouped(s.t.Elsewhere))
	}
	return text + "."
}

// reach is how far the list goes over which the share is taken.
func (s *statementSheet) reach() string {
	text := fmt.Sprintf("%s trên %s xã, phường, với %s thư viện.", grouped(s.t.Communes), grouped(s.t.OfCommunes), grouped(s.t.Libraries))
	if s.t.OfProvinces > 0 {
		text = fmt.Sprintf("%d trên %d tỉnh, ", s.t.Provinces, s.t.OfProvinces) + text
	}
	return "Danh sách đã lập ở " + text
}

// statementRows is how many places the page has room for.
const statementRows = 16

// places are the places of the scope. Of more than the page has room for they are those that lack the most people, and
// what the others come to.
func (s *statementSheet) places() {
	rows, title := s.t.Rows, "3. Theo tỉnh"
	if s.t.ByCommune {
		title = "3. Theo xã, phường"
	}
	if len(rows) == 0 {
		return
	}
	rest := ""
	if len(rows) > statementRows {
		rows = slices.SortedStableFunc(slices.Values(rows), func(a, b StatementRow) int { return cmp.Or(b.Gap-a.Gap, b.Base-a.Base) })
		n := statementRows - 7
		if bare := slices.IndexFunc(rows, func(r StatementRow) bool { return r.Base == 0 }); bare >= 0 {
			n = min(n, bare)
		}
		var reached, behind, bare int
		for _, r := range rows[n:] {
			switch {
			case r.Base == 0:
				bare++
			case r.Gap == 0:
				reached++
			default:
				behind++
			}
		}
		title += ": những nơi còn thiếu nhiều người nhất"
		rest = fmt.Sprintf("Trong %s nơi khác: %s đã đạt, %s chưa đạt, %s chưa có danh sách. Bảng đầy đủ kèm theo.", grouped(len(rows)-n), grouped(reached), grouped(behind), grouped(bare))
		rows = rows[:n]
	}
	t := Table{Columns: []Column{{"Đơn vị", 0.32}, {"Tổng số", 0.13}, {"Đã được đào tạo, bồi dưỡng", 0.21}, {"Tỷ lệ (%)", 0.16}, {"Còn thiếu", 0.18}}}
	if !s.t.ByCommune {
		t.Columns = []Column{{"Tỉnh", 0.22}, {"Số xã có danh sách", 0.18}, {"Tổng số", 0.12}, {"Đã được đào tạo, bồi dưỡng", 0.19}, {"Tỷ lệ (%)", 0.13}, {"Còn thiếu", 0.16}}
	}
	if len(s.t.Marks) > 0 {
		t.Columns[len(t.Columns)-1].Title += fmt.Sprintf(" (mốc %d %%)", s.next().Percent)
	}
	cells := func(r StatementRow) []string {
		all := []string{r.Name, grouped(r.Base), grouped(r.Trained), decimal(r.Percent), grouped(r.Gap)}
		if r.Base == 0 { // nobody is not 0 %
			all[3], all[4] = "–", "–"
		}
		if !s.t.ByCommune {
			all = slices.Insert(all, 1, fmt.Sprintf("%s / %s", grouped(r.Communes), grouped(r.OfCommunes)))
		}
		return all
	}
	for _, r := range rows {
		t.Rows = append(t.Rows, cells(r))
	}
	s.item(title)
	s.table(t, cells(StatementRow{"Tổng cộng", s.t.Base, s.t.Trained, s.t.Percent, s.next().Gap, s.t.Communes, s.t.OfCommunes}))
	if rest != "" {
		s.lines(span{rest, italic, s.size - 1.5, black}, 0)
	}
}

// next is the milestone that is due next, or the last one.
func (s *statementSheet) next() StatementMark {
	for _, m := range s.t.Marks {
		if !s.t.AsOf.After(m.By) {
			return m
		}
	}
	if n := len(s.t.Marks); n > 0 {
		return s.t.Marks[n-1]
	}
	return StatementMark{}
}

// item is a heading of the text.
func (s *statementSheet) item(text string) {
	s.gap(1)
	s.lines(span{text, bold, s.size, black}, statementIndent)
}

func (s *statementSheet) gap(height float64) { s.add(height, func(float64) {}) }

// says is a paragraph.
func (s *statementSheet) says(text string) {
	s.lines(span{text, regular, s.size, black}, statementIndent)
	s.gap(0.8)
}

// lines is a text whose first line stands in from the edge.
func (s *statementSheet) lines(p span, indent float64) {
	words := strings.Fields(p.text)
	for first := true; len(words) > 0; first = false {
		in := 0.0
		if first {
			in = indent
		}
		line := p
		line.text = words[0]
		n := 1
		for ; n < len(words); n++ {
			longer := line
			longer.text += " " + words[n]
			if s.width(longer) > statementWidth-in {
				break
			}
			line = longer
		}
		words = words[n:]
		s.add(p.leading(), func(y float64) { s.left(statementLeft+in, y, line) })
	}
}

// table is a table with lines around its cells: the first column holds names, the others numbers.
func (s *statementSheet) table(t Table, total []string) {
	size := s.size - 1
	line := size * 1.25 * mmPerPoint
	row := func(texts []string, f face, head bool) {
		cells, lines := make([][]span, len(texts)), 1
		for i, text := range texts {
			cells[i] = s.wrapped(span{text, f, size, black}, t.Columns[i].Share*statementWidth-3)
			lines = max(lines, len(cells[i]))
		}
		height := float64(lines)*line + 0.9
		s.add(height, func(y float64) {
			top, x := y-line*0.8, statementLeft
			s.SetDrawColor(0, 0, 0)
			s.SetLineWidth(0.2)
			for i, c := range t.Columns {
				width := c.Share * statementWidth
				s.Rect(x, top, width, height, "D")
				for n, text := range cells[i] {
					at := top + 0.45 + line*(float64(n)+0.8)
					switch {
					case head:
						s.centre(x+width/2, at, text)
					case i > 0:
						s.left(x+width-1.5-s.width(text), at, text)
					default:
						s.left(x+1.5, at, text)
					}
				}
				x += width
			}
		})
	}
	titles := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		titles[i] = c.Title
	}
	s.gap(0.8)
	row(titles, bold, true)
	for _, texts := range t.Rows {
		row(texts, regular, false)
	}
	if total != nil {
		row(total, bold, false)
	}
	s.gap(2)
}

// signature is who it goes to on the left, and room for signature and stamp on the right.
func (s *statementSheet) signature() {
	const right = 150.0
	s.gap(2.5)
	var capacity []string
	for line := range strings.Lines(strings.TrimSpace(s.t.Issuer.Capacity)) {
		capacity = append(capacity, strings.ToUpper(strings.TrimSpace(line)))
	}
	if len(capacity) == 0 {
		capacity = []string{strings.Repeat(dots, 2)}
	}
	high := 5.4 * float64(len(capacity))
	s.add(high+27, func(y float64) {
		s.left(statementLeft, y, span{"Nơi nhận:", boldItalic, 12, black})
		for i, text := range []string{"- " + strings.Repeat(dots, 3) + ";", "- " + strings.Repeat(dots, 3) + ";", "- Lưu: VT."} {
			s.left(statementLeft, y+5*float64(i+1), span{text, regular, 11, black})
		}
		for i, text := range capacity {
			s.block(right, y+5.4*float64(i), s.fit("issuer.capacity", span{text, bold, 13, black}, 80, 1, 7))
		}
		if s.t.Issuer.Signer != "" {
			s.block(right, y+high+22, s.fit("issuer.signer", span{s.t.Issuer.Signer, bold, 13, black}, 80, 1, 7))
		}
	})
}

// foot is what the figures are checked by.
func (s *statementSheet) foot() {
	s.left(statementLeft, 285, s.fit("code", span{"Mã kiểm tra toàn vẹn (SHA-256): " + s.t.Code, regular, 8, grey}, statementWidth, 1, 5)...)
	made := s.t.At.In(courses.Vietnam).Format("15:04, 02/01/2006")
	s.left(statementLeft, 289, span{"Lập lúc " + made + " (giờ Việt Nam). Từng dòng số liệu có trong tệp Excel, CSV cùng mã kiểm tra.", regular, 8, grey})
}

// grouped is a number as Vietnamese write it: 1.234.567.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "." + text[at:]
	}
	return text
}

// decimal is a number with one decimal.
func decimal(f float64) string {
	return strings.Replace(strconv.FormatFloat(f, 'f', 1, 64), ".", ",", 1)
}
