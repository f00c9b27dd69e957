package paper

import (
	"fmt"
	"strings"

	"lopban/courses"
)

// words are the texts of a certificate as they are printed.
type words struct {
	parent, issuer, head, capacity, signer string
	name, unit, title                      string
	periods, span, placeAndDate            string
	serial, register, code, address, qr    string
	notes                                  []string
}

// Certificate is the certificate as a PDF: one page of A4 in landscape, in the block order of Decree 30/2020/NĐ-CP. Equal certificates give equal
// bytes, in any process. Problems are described at the package.
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
		s.AddPage()
		s.weave()
		s.certificateHead(w)
		s.certificateBody(w)
		s.certificateFoot(w)
	})
}

func read(c courses.Certificate) (words, error) {
	var r reader
	w := words{
		parent:       strings.ToUpper(r.may("issuer.parent", c.Issuer.Parent)),
		issuer:       strings.ToUpper(r.must("issuer.name", c.Issuer.Name)),
		head:         strings.ToUpper(r.must("issuer.head", c.Issuer.Head)),
		capacity:     strings.ToUpper(r.must("issuer.capacity", c.Issuer.Capacity)),
		signer:       r.must("issuer.signer", c.Issuer.Signer),
		name:         r.must("holder.name", c.Holder.Name),
		unit:         r.unit(c.Holder),
		title:        r.must("title", c.Title.In("vi")),
		periods:      fmt.Sprintf("%d tiết", c.Periods),
		span:         r.span(c),
		placeAndDate: r.must("issuer.town", c.Issuer.Town) + ", " + r.day("issuedAt", c.IssuedAt),
		serial:       r.must("serial", c.Serial),
		register:     r.must("register", c.Register),
		code:         r.must("code", c.Code),
		qr:           r.must("verifyUrl", c.VerifyURL),
	}
	w.address = address(strings.TrimSuffix(w.qr, w.code))
	if c.Periods <= 0 {
		r.must("periods", "")
	}
	if until := r.day("validUntil", c.ValidUntil); !c.ValidUntil.Equal(courses.Forever) {
		w.notes = append(w.notes, "Có giá trị đến "+until)
	}
	if c.Reissue > 0 {
		w.notes = append(w.notes, fmt.Sprintf("Cấp lại lần %d, thay giấy chứng nhận số %s", c.Reissue, w.serial))
	}
	return w, r.err
}

func (r *reader) unit(h courses.Holder) string {
	library, place := r.may("holder.library", h.Library), r.may("holder.place", h.Place)
	if library != "" && place != "" {
		return library + ", " + place
	}
	return r.must("holder.library", library+place)
}

// span says when the course was taken, as one day where it began and ended on the same.
func (r *reader) span(c courses.Certificate) string {
	from, to := r.day("startedAt", c.StartedAt), r.day("completedAt", c.CompletedAt)
	if from == to {
		return "N" + strings.TrimPrefix(to, "n")
	}
	return "Từ " + from + " đến " + to
}

// The columns of the page, in millimetres.
const (
	pageMiddle  = 297.0 / 2
	leftMiddle  = 84.0
	rightMiddle = 210.0
	column      = 104.0
	measure     = 232.0
)

func (s *sheet) certificateHead(w words) {
	const top = 33.0
	y := top
	if w.parent != "" {
		y = s.block(leftMiddle, y, s.fit("issuer.parent", span{w.parent, regular, 13, black}, column, 2, 8)) + 5.8
	}
	issuer := s.fit("issuer.name", span{w.issuer, bold, 13, black}, column, 2, 8)
	y = s.block(leftMiddle, y, issuer)
	if len(issuer) > 0 {
		s.rule(leftMiddle, y+2.2, s.width(issuer[len(issuer)-1])*0.4)
	}

	s.centre(rightMiddle, top, span{"CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold, 13, black})
	motto := span{"Độc lập - Tự do - Hạnh phúc", bold, 14, black}
	s.centre(rightMiddle, top+5.8, motto)
	s.rule(rightMiddle, top+8, s.width(motto))
}

func (s *sheet) certificateBody(w words) {
	s.centre(pageMiddle, 62, span{"GIẤY CHỨNG NHẬN", bold, 36, madder})
	s.block(pageMiddle, 72.5, s.fit("issuer.head", span{w.head, bold, 14, black}, measure, 1, 9))
	s.centre(pageMiddle, 79.5, span{"CHỨNG NHẬN", bold, 14, black})

	label := span{"Ông/Bà:  ", regular, 14, black}
	name := s.fit("holder.name", span{w.name, bold, 30, indigo}, measure-s.width(label), 1, 11)
	s.centre(pageMiddle, 94, append([]span{label}, name...)...)

	y := s.block(pageMiddle, 103, s.fit("holder.library", span{"Đơn vị công tác: " + w.unit, regular, 14, black}, measure, 2, 9))
	s.centre(pageMiddle, y+8, span{"Đã hoàn thành khóa bồi dưỡng:", regular, 14, black})
	y = s.block(pageMiddle, y+16, s.fit("title", span{"“" + w.title + "”", bold, 17, black}, measure, 2, 9))
	s.centre(pageMiddle, y+8, span{"Thời lượng: " + w.periods + ". " + w.span + ".", regular, 14, black})
	s.centre(pageMiddle, y+15, span{"Kết quả: ", regular, 14, black}, span{"Đạt", bold, 14, black})
}

func (s *sheet) certificateFoot(w words) {
	s.block(rightMiddle, 146, s.fit("issuer.town", span{w.placeAndDate, italic, 13, black}, column, 1, 9))
	s.block(rightMiddle, 152.5, s.fit("issuer.capacity", span{w.capacity, bold, 13, black}, column, 2, 8))
	s.block(rightMiddle, 182, s.fit("issuer.signer", span{w.signer, bold, 14, black}, column, 1, 9))

	const side, x, y = 24.0, 36.0, 146.0
	s.qr(x, y, side, w.qr)
	s.block(x+side/2, y+side+5, s.fit("code", span{fours(w.code), bold, 11, black}, 36, 1, 6))
	s.block(x+side/2, y+side+9, s.fit("verifyUrl", span{w.address, regular, 8.5, black}, 44, 1, 4))
	lines := append([]string{"Số hiệu: " + w.serial, "Số vào sổ: " + w.register}, w.notes...)
	for i, line := range lines {
		for _, p := range s.fit("serial", span{line, regular, 11, black}, 80, 1, 6) {
			s.left(x+side+8, y+4+float64(i)*5.5, p)
		}
	}
	s.left(x+side+8, y+side, span{"Giấy này không thay thế chứng chỉ mà pháp luật quy định phải có.", italic, 8.5, grey})
}
