package paper

import (
	"fmt"
	"strings"

	"lopban/courses"
	"lopban/courses/problem"
)

// words are the texts of a certificate as they are printed.
type words struct {
	parent, issuer, head, signer string
	capacity                     []string
	name, unit, title            string
	time                         string
	placeAndDate                 string
	numbers                      []labelled
	code, address, url           string
}

// labelled is a line with the field that it comes from.
type labelled struct{ field, text string }

// Certificate is the certificate as a PDF of one page, A4 in landscape, in the block order of Decree 30/2020/NĐ-CP.
// Equal certificates give equal bytes, in any process. A signer may be missing: the name is then written by hand. Up to
// three lines of the capacity are kept, for "KT. GIÁM ĐỐC" over "PHÓ GIÁM ĐỐC". What may be wrong is said at the
// package.
func Certificate(c courses.Certificate) ([]byte, error) {
	w, err := read(c)
	if err != nil {
		return nil, err
	}
	return render("L", c.IssuedAt, func(s *sheet) {
		s.SetTitle("Giấy chứng nhận: "+w.title, true)
		s.SetAuthor(w.issuer, true)
		s.SetSubject(w.name+", "+w.unit, true)
		s.SetKeywords(keyword+w.code, false)
		s.certificate(w)
	})
}

func read(c courses.Certificate) (words, error) {
	var r reader
	w := words{
		parent:       r.may("issuer.parent", strings.ToUpper(c.Issuer.Parent)),
		issuer:       r.must("issuer.name", strings.ToUpper(c.Issuer.Name)),
		head:         r.must("issuer.head", strings.ToUpper(c.Issuer.Head)),
		signer:       r.may("issuer.signer", c.Issuer.Signer),
		name:         r.must("holder.name", c.Holder.Name),
		unit:         r.unit(c.Holder),
		title:        r.must("title", c.Title.In("vi")),
		time:         r.time(c),
		placeAndDate: r.must("issuer.town", c.Issuer.Town) + ", " + r.day("issuedAt", c.IssuedAt),
		numbers:      r.numbers(c),
		code:         r.code("code", c.Code),
	}
	for line := range strings.Lines(strings.TrimSpace(c.Issuer.Capacity)) {
		w.capacity = append(w.capacity, r.must("issuer.capacity", strings.ToUpper(line)))
	}
	switch {
	case len(w.capacity) == 0:
		r.must("issuer.capacity", "")
	case len(w.capacity) > 3: // the signature needs the rest
		r.fail(problem.Invalid("issuer.capacity", "paper-long"))
	}
	link, facts, signed := strings.Cut(c.VerifyURL, "#")
	w.url = r.must("verifyUrl", link)
	w.address = address(strings.TrimSuffix(w.url, w.code))
	if signed { // for machines alone, and longer than what people read
		w.url += "#" + facts
	}
	return w, r.err
}

// unit is the library and where it is; people outside the communes may have only one of the two.
func (r *reader) unit(h courses.Holder) string {
	library, place := r.may("holder.library", h.Library), r.may("holder.place", h.Place)
	if library != "" && place != "" {
		return library + ", " + place
	}
	return r.must("holder.library", library+place)
}

// time says how long the course is and when it was taken, in short where it began and ended on one day.
func (r *reader) time(c courses.Certificate) string {
	if c.Periods <= 0 {
		r.must("periods", "")
	}
	from, to := r.day("startedAt", c.StartedAt), r.day("completedAt", c.CompletedAt)
	if from == to {
		return fmt.Sprintf("Thời lượng: %d tiết, %s", c.Periods, to)
	}
	return fmt.Sprintf("Thời lượng: %d tiết. Từ %s đến %s", c.Periods, from, to)
}

// numbers are the lines beside the QR code.
func (r *reader) numbers(c courses.Certificate) []labelled {
	serial := r.must("serial", c.Serial)
	lines := []labelled{{"serial", "Số hiệu: " + serial}, {"register", "Số vào sổ: " + r.must("register", c.Register)}}
	if d := c.Decision; d.Number != "" {
		lines = append(lines, labelled{"decision", "Theo Quyết định số " + r.must("decision", d.Number) + " " + r.day("decision", d.On)})
	}
	if until := r.day("validUntil", c.ValidUntil); !c.ValidUntil.Equal(courses.Forever) {
		lines = append(lines, labelled{"validUntil", "Có giá trị đến " + until})
	}
	if c.Reissue > 0 { // a reissue keeps the number
		lines = append(lines, labelled{"serial", fmt.Sprintf("Cấp lại lần %d, thay giấy chứng nhận số %s", c.Reissue, serial)})
	}
	return lines
}

// The columns of the page, in millimetres.
const (
	middle      = 297.0 / 2
	leftMiddle  = 84.0
	rightMiddle = 210.0
	column      = 104.0
	measure     = 232.0
)

func (s *sheet) head(w words) {
	const top = 31.5
	motto := span{"Độc lập - Tự do - Hạnh phúc", bold, 14, black}
	s.centre(rightMiddle, top, span{"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold, 13, black})
	s.centre(rightMiddle, top+5.8, motto)
	s.rule(rightMiddle, top+8, s.width(motto))

	y, lines := top, 2
	if w.parent != "" {
		parent := s.fit("issuer.parent", span{w.parent, regular, 13, black}, column, 2, 8)
		y = s.block(leftMiddle, y, parent) + 5.8
		lines = 3 - len(parent) // more would touch the title
	}
	issuer := s.fit("issuer.name", span{w.issuer, bold, 13, black}, column, lines, 7)
	y = s.block(leftMiddle, y, issuer)
	s.rule(leftMiddle, y+2.2, s.width(issuer[len(issuer)-1])*0.4)
}

// row is a block of the body.
type row struct {
	gap   float64 // from the last baseline above to the first of this one, where there is room
	label span    // hangs to the left of the line, which stays in the middle
	lines []span
}

// tight is the least gap above a row.
func (r row) tight() float64 { return min(r.gap, max(r.gap*0.75, r.lines[0].leading())) }

func (s *sheet) body(w words) {
	const title, end = 63.0, 138.0
	s.centre(middle, title, span{"GIẤY CHỨNG NHẬN", bold, 36, madder})
	text := func(text string) span { return span{text, regular, 14, black} }
	label := text("Ông/Bà:  ")
	name := s.fit("holder.name", span{w.name, bold, 30, indigo}, measure-s.width(label), 1, 11)
	s.flow(title, end, []row{
		{gap: 12, lines: s.fit("issuer.head", span{w.head, bold, 14, black}, measure, 1, 8)},
		{gap: 6.5, lines: []span{{"CHỨNG NHẬN", bold, 14, black}}},
		{gap: 9 + name[0].size*0.18, label: label, lines: name},
		{gap: 10, lines: s.fit("holder.library", text("Đơn vị công tác: "+w.unit), measure, 2, 9)},
		{gap: 9, lines: []span{text("Đã hoàn thành khóa bồi dưỡng:")}},
		{gap: 8, lines: s.fit("title", span{"“" + w.title + "”", bold, 17, black}, measure, 2, 9)},
		{gap: 9, lines: []span{text(w.time)}},
		{gap: 6.8, lines: []span{text("Kết quả: Đạt")}},
	})
}

// flow draws rows around the middle of the page from y down. Where they would pass the end, the gaps between them
// shrink.
func (s *sheet) flow(y, end float64, rows []row) {
	room, wanted := end-y, 0.0
	for _, r := range rows {
		room -= r.tight() + float64(len(r.lines)-1)*r.lines[0].leading()
		wanted += r.gap - r.tight()
	}
	share := max(0, min(1, room/wanted))
	for _, r := range rows {
		y += r.tight() + (r.gap-r.tight())*share
		if r.label.text == "" {
			y = s.block(middle, y, r.lines)
			continue
		}
		hanging := s.width(r.label)
		x := max(middle-s.width(r.lines[0])/2, middle-measure/2+hanging)
		s.left(x-hanging, y, r.label, r.lines[0])
	}
}

func (s *sheet) foot(w words) {
	const top, bottom, edge, side = 147.0, 181.5, 32.0, 24.0
	s.block(rightMiddle, top, s.fit("issuer.town", span{w.placeAndDate, italic, 13, black}, column, 1, 8))
	for i, line := range w.capacity {
		s.block(rightMiddle, top+6.5+5.8*float64(i), s.fit("issuer.capacity", span{line, bold, 13, black}, column, 1, 8))
	}
	s.block(rightMiddle, bottom, s.fit("issuer.signer", span{w.signer, bold, 14, black}, column, 1, 8))

	s.qr(edge, top-3, side, w.url)
	s.LinkString(edge, top-3, side, side, w.url)
	for i, line := range w.numbers {
		s.left(edge+side+6, top+5.5*float64(i), s.fit(line.field, span{line.text, regular, 11, black}, 84, 1, 7)...)
	}
	where := s.fit("verifyUrl", span{"Kiểm tra tại " + w.address, regular, 9.5, black}, 82, 1, 5)
	s.left(edge, top+26.5, append([]span{{shown(w.code) + "    ", bold, 10.5, black}}, where...)...)
	s.left(edge, bottom, span{"Giấy chứng nhận này không thay thế chứng chỉ mà pháp luật quy định phải có.", italic, 8.5, grey})
}
