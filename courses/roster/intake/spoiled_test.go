package intake

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"lopban/courses/letters"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/workbook"
)

// human is somebody of the true roster: what an office knows, and which rows of its file are theirs.
type human struct {
	name, phone, post, library, commune string
	id                                  string // on the roster; "" for who is new
}

// spoiled draws a roster with its truth, and a file that an office would make of it a year later: people moved, have
// other numbers, left and came; names are typed in capitals, decomposed, without marks, with other marks, with the tone
// placed otherwise, with Ð or with a title; cells are empty, rows repeated; communes are those of before July 2025,
// also ones that were split, or stand in joined cells; the letters are of one of the old codes; days and months of
// dates are exchanged; a newcomer has the number of somebody of another province.
type spoiled struct {
	t   *rapid.T
	r   *roster.Roll
	old []human
	now []human // as it is true when the file is made
	of  []int   // the human of a row
	far []human // of another province

	since []time.Time // of rows, where the file says it

	book   *workbook.Book
	chosen Choices
}

var (
	givenNames  = []string{"Lan", "Lân", "Lận", "Hòa", "Hoa", "Hóa", "Thủy", "Thúy", "Dính", "Dình", "Páo", "Mai"}
	familyNames = []string{"Nguyễn Thị", "Vừ A", "Đặng Thị", "Giàng Seo"}
	someLibrary = []string{"Thư viện xã", "Trung tâm học tập cộng đồng", "Tủ sách pháp luật", "Điểm BĐVH xã"}
	someCommune = []string{"00700", "00691", "00694", "00715"}
)

func (s *spoiled) one(what string, of []string) string {
	return rapid.SampledFrom(of).Draw(s.t, what)
}

func (s *spoiled) now1in(n int, what string) bool { return rapid.IntRange(1, n).Draw(s.t, what) == 1 }

func (s *spoiled) person(i int) human {
	h := human{name: s.one("family", familyNames) + " " + s.one("given", givenNames), post: "Thủ thư", library: s.one("library", someLibrary), commune: s.one("commune", someCommune)}
	if !s.now1in(3, "no phone") {
		h.phone = fmt.Sprintf("09%08d", i)
	}
	return h
}

// distinct says whether the roster can tell somebody from all others: two people of one name in one library are one to
// any reader, once the number is left out.
func distinct(all []human, h human) bool {
	return !slices.ContainsFunc(all, func(o human) bool {
		return roster.SameName(o.name, h.name) && o.commune == h.commune && roster.Words(o.library) == roster.Words(h.library)
	})
}

func (s *spoiled) fill() {
	for i := range rapid.IntRange(2, 9).Draw(s.t, "people") {
		h := s.person(i)
		if !distinct(s.old, h) {
			continue
		}
		p, err := s.r.Add(s.t.Context(), roster.Entry{Name: h.name, Phone: h.phone, Post: h.post, Library: h.library, Commune: h.commune, On: day("2025-01-01")}, "staff")
		if err != nil {
			s.t.Fatal(err)
		}
		h.id = p.ID
		s.old = append(s.old, h)
	}
	for _, h := range s.old {
		switch rapid.IntRange(1, 6).Draw(s.t, "a year") {
		case 1: // left
			continue
		case 2:
			h.commune, h.library = s.one("commune", someCommune), s.one("library", someLibrary)
		case 3:
			h.phone = fmt.Sprintf("03%08d", len(s.now))
		case 4:
			h.post = "Phó chủ tịch"
		}
		s.join(h)
	}
	for i := range rapid.IntRange(0, 5).Draw(s.t, "newcomers") {
		h := s.person(100 + i)
		if s.now1in(4, "of another province") {
			h.phone = fmt.Sprintf("07%08d", i)
			name := h.name
			if s.now1in(2, "somebody else there") {
				name = "Lý Văn Thái"
			}
			p, err := s.r.Add(s.t.Context(), roster.Entry{Name: name, Phone: h.phone, Post: h.post, Library: "Thư viện phường", Commune: "01273", On: day("2025-01-01")}, "staff")
			if err != nil {
				s.t.Fatal(err)
			}
			s.far = append(s.far, human{name: name, phone: h.phone, post: h.post, library: p.Library, commune: p.Commune, id: p.ID})
		}
		s.join(h)
	}
}

// join adds somebody to those of whom the file speaks, if they can be told from them and from all others by what is
// true.
func (s *spoiled) join(h human) {
	others := slices.DeleteFunc(slices.Clone(s.old), func(o human) bool { return o.id == h.id })
	if distinct(s.now, h) && distinct(others, h) {
		s.now = append(s.now, h)
	}
}

// typed is a name as somebody types it; the person is the same.
func (s *spoiled) typed(name string) string {
	switch rapid.IntRange(1, 9).Draw(s.t, "typing") {
	case 8:
		return s.one("title", []string{"Bà ", "ThS. ", "Đ/c ", "2. "}) + name + s.one("behind", []string{"", " (Năm)", " - PCT", "*"})
	case 1:
		return strings.ToUpper(name)
	case 2:
		return norm.NFD.String(name)
	case 3:
		return roster.Fold(name)
	case 4:
		return strings.NewReplacer("Hòa", "Hoà", "Hóa", "Hoá", "Thủy", "Thuỷ", "Thúy", "Thuý").Replace(name)
	case 5:
		return strings.ReplaceAll(name, "Đ", "Ð")
	case 6:
		return "  " + strings.ReplaceAll(name, " ", "  ")
	case 7: // a mark is wrong
		return strings.NewReplacer("Dính", "Dình", "Lan", "Lân", "Thủy", "Thúy").Replace(name)
	}
	return name
}

// unitsBefore are units of before July 2025 that became the communes, with their districts.
var unitsBefore = map[string][][2]string{
	"00700": {{"xã Ngọc Đường", "thành phố Hà Giang"}}, "00691": {{"phường Trần Phú", "thành phố Hà Giang"}},
	"00694": {{"phường Quang Trung", "thành phố Hà Giang"}}, "00715": {{"xã Lũng Táo", "huyện Đồng Văn"}},
}

// table is what the office writes: titles, and a row for each of its people, some twice.
func (s *spoiled) table() [][]string {
	rows := [][]string{{"Họ và tên", "SĐT", "Chức vụ", "Đơn vị", "Xã", "Huyện", "Từ ngày"}}
	old := s.now1in(3, "communes of before")
	for _, h := range rapid.Permutation(s.now).Draw(s.t, "order") {
		for range 1 + rapid.SampledFrom([]int{0, 0, 0, 0, 1}).Draw(s.t, "again") {
			phone, library := h.phone, h.library
			if s.now1in(4, "phone left out") {
				phone = ""
			}
			if s.now1in(6, "library left out") {
				library = ""
			}
			name := s.typed(h.name)
			if slices.ContainsFunc(slices.Concat(s.old, s.now), func(o human) bool { return roster.SameName(o.name, name) && !roster.SameName(h.name, name) }) {
				name = h.name // a mistake that is another's name is nobody's to see
			}
			c, _ := places().Commune(h.commune)
			commune, district := c.Title(), ""
			if units := unitsBefore[h.commune]; old && len(units) > 0 {
				commune, district = units[0][0], units[0][1]
			}
			if old && s.now1in(8, "split") {
				commune, district = "Việt Lâm", "huyện Vị Xuyên" // of which nobody knows which part
			}
			rows = append(rows, []string{name, phone, h.post, library, commune, district, ""})
			s.of = append(s.of, slices.IndexFunc(s.now, func(o human) bool { return o == h }))
		}
	}
	return rows
}

// file writes the table as a text, in Unicode or in an old code, or as a workbook with joined cells.
func (s *spoiled) file() string {
	rows := s.table()
	switch rapid.IntRange(1, 6).Draw(s.t, "form") {
	case 1:
		return inTCVN3(asCSV(rows, ','))
	case 2:
		return s.joined(rows)
	case 3:
		return inVNI(asCSV(rows, ','))
	case 4:
		return inWindows(asCSV(rows, ','))
	case 5:
		return s.swapped(rows)
	}
	return asCSV(rows, ',')
}

// started is the day, of the year after that of the roster, that the file says of a row.
func started(i int) time.Time { return day("2025-03-01").AddDate(0, i%3, 4+9*(i%2)) }

// swapped is a workbook of whom all began anew, as a spreadsheet with American settings opened a text of days before
// months: it takes days up to the 12th for months, and leaves the later ones as texts.
func (s *spoiled) swapped(rows [][]string) string {
	x := excelize.NewFile()
	defer x.Close()
	for i, row := range rows {
		cells := make([]any, len(row))
		for column, text := range row {
			cells[column] = text
		}
		if i > 0 {
			on := started(i)
			if cells[6] = shown(on); on.Day() <= 12 {
				cells[6] = time.Date(on.Year(), time.Month(on.Day()), int(on.Month()), 0, 0, 0, 0, time.UTC)
			}
			s.since = append(s.since, on)
		}
		if err := x.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &cells); err != nil {
			s.t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

// joined is a workbook in which the commune of rows that follow each other stands once, in cells joined down.
func (s *spoiled) joined(rows [][]string) string {
	x := excelize.NewFile()
	defer x.Close()
	from := 1
	for i, row := range rows {
		for column, text := range row {
			cell := fmt.Sprint(workbook.Letter(column), i+1)
			merged := i > 1 && row[4] == rows[i-1][4] && row[5] == rows[i-1][5]
			if merged && (column == 4 || column == 5) {
				continue
			}
			if err := x.SetCellStr("Sheet1", cell, text); err != nil {
				s.t.Fatal(err)
			}
		}
		if i == 0 || i > 1 && row[4] == rows[i-1][4] && row[5] == rows[i-1][5] {
			continue
		}
		s.mergeDown(x, from, i)
		from = i + 1
	}
	s.mergeDown(x, from, len(rows))
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		s.t.Fatal(err)
	}
	return b.String()
}

func (s *spoiled) mergeDown(x *excelize.File, from, to int) {
	if from < 2 || to <= from {
		return
	}
	for _, column := range []string{"E", "F"} {
		if err := x.MergeCell("Sheet1", fmt.Sprint(column, from), fmt.Sprint(column, to)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// inTCVN3 writes a text as programs of the years of .VnTime did; of one with a letter that the code has not it gives
// the text back.
func inTCVN3(text string) string {
	code := map[rune]byte{}
	for b := 0xA1; b <= 0xFE; b++ {
		for _, r := range letters.Decode(letters.TCVN3, string(rune(b))) {
			if _, there := code[r]; !there && r > 0x7f {
				code[r] = byte(b)
			}
		}
	}
	var out []byte
	for _, r := range norm.NFC.String(text) {
		b, ok := code[r]
		switch {
		case r <= 0x7f:
			out = append(out, byte(r))
		case ok:
			out = append(out, b)
		default:
			return text
		}
	}
	return string(out)
}

// inVNI writes a text with the letters of VNI, a vowel and then its marks.
func inVNI(text string) string {
	const signs = "ùøûõïâáàåãäêéèúüë"
	code := map[string]string{}
	for _, vowel := range "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" {
		base := string([]rune(norm.NFD.String(string(vowel)))[0])
		if unicode.ToLower(vowel) == 'ơ' {
			base = map[bool]string{true: "ô", false: "Ô"}[unicode.IsLower(vowel)]
		} else if unicode.ToLower(vowel) == 'ư' {
			base = map[bool]string{true: "ö", false: "Ö"}[unicode.IsLower(vowel)]
		}
		for _, sign := range signs {
			if unicode.IsUpper(vowel) {
				sign = unicode.ToUpper(sign)
			}
			if read := letters.Decode(letters.VNI, base+string(sign)); utf8.RuneCountInString(read) == 1 {
				code[read] = base + string(sign)
			}
		}
	}
	for _, one := range "ñÑôÔöÖîÎæÆóÓòÒíÍìÌ" {
		code[letters.Decode(letters.VNI, string(one))] = string(one)
	}
	return inWindows1252(text, func(r rune) (string, bool) { s, ok := code[string(r)]; return s, ok })
}

// inWindows writes a text in Windows-1258, letters and then their tones.
func inWindows(text string) string {
	tones := map[rune]byte{'\u0300': 0xCC, '\u0309': 0xD2, '\u0303': 0xDE, '\u0301': 0xEC, '\u0323': 0xF2}
	own := map[rune]byte{'Ă': 0xC3, 'ă': 0xE3, 'Đ': 0xD0, 'đ': 0xF0, 'Ơ': 0xD5, 'ơ': 0xF5, 'Ư': 0xDD, 'ư': 0xFD}
	return inWindows1252(text, func(r rune) (string, bool) {
		tone, letter := byte(0), ""
		for _, part := range norm.NFD.String(string(r)) {
			if is, ok := tones[part]; ok {
				tone = is
			} else {
				letter += string(part)
			}
		}
		one := []rune(norm.NFC.String(letter))[0]
		if b, ok := own[one]; ok {
			one = rune(b)
		}
		if out := string(one); tone != 0 {
			return out + string(rune(tone)), true
		}
		return string(one), true
	})
}

// inWindows1252 writes a text in bytes, of which code knows the letters beyond ASCII; of one with a letter that the
// code has not it gives the text back.
func inWindows1252(text string, code func(rune) (string, bool)) string {
	var out strings.Builder
	for _, r := range norm.NFC.String(text) {
		if r <= unicode.MaxASCII {
			out.WriteRune(r)
		} else if s, ok := code(r); ok {
			out.WriteString(s)
		} else {
			return text
		}
	}
	data, err := charmap.Windows1252.NewEncoder().String(out.String())
	if err != nil {
		return text
	}
	return data
}

// TestTheOldCodesOfTheProperty, so that its files are what they are said to be.
func TestTheOldCodesOfTheProperty(t *testing.T) {
	const text = "Họ và tên: Giàng Thị Mỷ, Đặng Văn Dũng, ỪNG THỦY, Lý Quỵt, Nguyễn Ỷ Ơn"
	for code, in := range map[letters.Code]func(string) string{letters.TCVN3: inTCVN3, letters.VNI: inVNI, letters.Windows: inWindows} {
		written := text
		if code == letters.TCVN3 { // fonts draw its capitals
			written = strings.NewReplacer("ỪNG THỦY", "Ừng", "Ỷ", "Ý").Replace(text)
			written = strings.NewReplacer("Ừng", "ừng", "Ý", "ý").Replace(written)
		}
		data := in(written)
		if data == written {
			t.Errorf("%s cannot write it", code)
		}
		if got := letters.Decode(code, string(letters.Bytes([]byte(data)))); got != written {
			t.Errorf("%s: %q is read as %q", code, written, got)
		}
	}
}

// TestASpoiledRosterHarmsNobody, a property: whatever an office does to its list, nobody on the roster is overwritten
// with somebody else's row, nobody becomes two, and nobody is moved who did not move, unless it is asked. Asking is
// never wrong; and whoever answers by the truth has the truth on the roster.
func TestASpoiledRosterHarmsNobody(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRoll(t)
		s := &spoiled{t: rt, r: r}
		s.fill()
		if len(s.now) == 0 {
			return
		}
		file := s.file()
		var err error
		if s.book, err = lexicon().Read(strings.NewReader(file), "a.csv", workbook.DefaultLimits); err != nil {
			rt.Fatal(err)
		}
		im := s.look()
		for _, a := range im.Asks {
			if a.Code == "letters" {
				s.chosen.Read(letters.Code(a.Key), letters.Code(a.Args[0]))
			}
			if a.Code == "swapped" {
				s.chosen.Swapped = map[string]bool{a.Key: true}
			}
		}
		s.chosen.Start = day("2025-02-01")
		im = s.look()
		s.judge(im, file, false)
		im = s.answer(im)
		s.judge(im, file, true)
		if result, err := Apply(rt.Context(), r, im, "staff", nil); err != nil || len(result.Conflicts) > 0 {
			rt.Fatalf("applied %+v, %v\n%s", result, err, file)
		}
		s.compare(im, file)
		s.undo(im, file)
	})
}

func (s *spoiled) look() *Import {
	im, err := lexicon().Preview(s.t.Context(), s.r, "08", s.book, s.chosen, workbook.DefaultLimits)
	if err != nil {
		s.t.Fatal(err)
	}
	return im
}

// judge fails the test when a row is taken for the wrong person without a question.
func (s *spoiled) judge(im *Import, file string, answered bool) {
	seen := map[int]bool{}
	for i, row := range im.Rows {
		h := s.now[s.of[i]]
		if len(im.Rows) != len(s.of) {
			s.t.Fatalf("%d rows of %d are read\n%s", len(im.Rows), len(s.of), file)
		}
		fail := func(what string) {
			s.t.Fatalf("%s (answered %v): row %d of %+v\n%+v\n%s\nroster %+v", what, answered, row.Number, h, row, file, s.old)
		}
		if row.Cells[FieldDistrict] == "huyện Vị Xuyên" && row.Verdict != Faulty && !(row.Verdict == Same && row.Person == h.id) {
			fail("a unit that was split is guessed")
		}
		if i := slices.IndexFunc(s.far, func(o human) bool { return o.phone == row.Entry.Phone && roster.SameName(o.name, row.Entry.Name) }); i >= 0 && row.Verdict == New && row.Entry.Phone != "" {
			fail("somebody of another province is entered again")
		}
		if on := row.Entry.On; len(s.since) > 0 && !on.IsZero() && !on.Equal(s.since[i]) && s.told() {
			fail("day and month are exchanged, or the start is another")
		}
		switch row.Verdict {
		case New:
			if h.id != "" && !s.misread(h, row) {
				fail("somebody who is there becomes another")
			}
			if seen[s.of[i]] && !s.misread(h, row) {
				fail("two rows of one become two")
			}
			seen[s.of[i]] = true
		case Changed, Same:
			if row.Person != h.id {
				fail("the row is taken for another's")
			}
		}
	}
}

// told says whether the dates of the file tell that they are exchanged: some are date cells, and some are texts.
func (s *spoiled) told() bool {
	early := slices.ContainsFunc(s.since, func(on time.Time) bool { return on.Day() <= 12 && on.Day() != int(on.Month()) })
	return early && slices.ContainsFunc(s.since, func(on time.Time) bool { return on.Day() > 12 })
}

// misread says whether a row says so little, or so much that is wrong, of its person that nobody could see who it is:
// another letter of the name and no number beside it, in another place.
func (s *spoiled) misread(h human, row ImportRow) bool {
	sameName := roster.SameName(row.Entry.Name, h.name)
	i := slices.IndexFunc(s.old, func(o human) bool { return o.id != "" && o.id == h.id })
	if i < 0 {
		return !sameName || row.Cells[FieldPhone] == ""
	}
	old := s.old[i]
	samePhone := old.phone != "" && row.Entry.Phone == old.phone
	bearers := 0
	for _, o := range s.old {
		if roster.SameName(o.name, row.Entry.Name) {
			bearers++
		}
	}
	return !samePhone && old.commune != h.commune && (!sameName || bearers != 1)
}

// answer answers every question by the truth, until none is left that the truth can answer.
func (s *spoiled) answer(im *Import) *Import {
	for range im.Rows {
		open := false
		for i := range im.Rows {
			row := &im.Rows[i]
			if row.Question == nil || s.chosen.Answers[row.Ref()] != "" {
				continue
			}
			open = true
			answer := Other
			for _, m := range row.Question.Maybe {
				if id := s.now[s.of[i]].id; id != "" && m.Person == id {
					answer = m.Answer
				}
				if m.Row != "" {
					for k := range im.Rows {
						if im.Rows[k].Ref() == m.Row && s.of[k] == s.of[i] && answer == Other {
							answer = m.Answer
						}
					}
				}
			}
			if !s.chosen.Answer(im, row.Ref(), answer) {
				s.t.Fatalf("%s is no answer of %+v", answer, row)
			}
		}
		if !open {
			break
		}
		im = s.look()
	}
	return im
}

// compare fails the test when somebody of the roster who is not in the file changed, or somebody who is has what is
// another's.
func (s *spoiled) compare(im *Import, file string) {
	for _, old := range s.far {
		p, err := s.r.Person(s.t.Context(), old.id)
		if err != nil || p.Name != old.name || p.Phone != old.phone || p.Commune != old.commune || p.Library != old.library || !p.Active {
			s.t.Fatalf("somebody of another province changed: %+v, was %+v, %v\n%s", p, old, err, file)
		}
	}
	for _, old := range s.old {
		p, err := s.r.Person(s.t.Context(), old.id)
		if err != nil {
			s.t.Fatal(err)
		}
		i := slices.IndexFunc(s.now, func(h human) bool { return h.id == old.id })
		truth := old
		if i >= 0 {
			truth = s.now[i]
		}
		wrote := slices.ContainsFunc(im.Rows, func(row ImportRow) bool { return row.Person == old.id && row.Verdict == Changed })
		if !wrote && (p.Name != old.name || p.Phone != old.phone || p.Commune != old.commune || p.Library != old.library || !p.Active) {
			s.t.Fatalf("nobody asked for it: %+v, was %+v\n%s", p, old, file)
		}
		if p.Phone != old.phone && p.Phone != truth.phone || p.Commune != old.commune && p.Commune != truth.commune {
			s.t.Fatalf("another's number or place: %+v, is %+v, was %+v\n%s", p, truth, old, file)
		}
	}
}

// undo fails the test when undoing leaves anybody changed.
func (s *spoiled) undo(im *Import, file string) {
	plan, err := PlanUndo(s.t.Context(), s.r, im.ID, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := plan.Do(s.t.Context(), s.r, "staff", nil); err != nil {
		s.t.Fatal(err)
	}
	held := 0
	err = store.Each(s.t.Context(), s.r.Store, roster.PersonKind, store.Query{}, func(p roster.Person) error {
		if p.Active {
			held++
		}
		i := slices.IndexFunc(s.old, func(h human) bool { return h.id == p.ID })
		if slices.ContainsFunc(s.far, func(h human) bool { return h.id == p.ID }) {
			held--
			return nil
		}
		if i < 0 {
			if p.Active || p.Gone != roster.Undone {
				s.t.Fatalf("still there after undoing: %+v\n%s", p, file)
			}
			return nil
		}
		if old := s.old[i]; p.Name != old.name || p.Phone != old.phone || p.Post != old.post || p.Commune != old.commune || p.Library != old.library || !p.Since.Equal(day("2025-01-01")) {
			s.t.Fatalf("not as before: %+v, was %+v\n%s", p, old, file)
		}
		return nil
	})
	if err != nil || held != len(s.old) {
		s.t.Fatalf("%d hold a post, want %d, %v\n%s", held, len(s.old), err, file)
	}
	if n, err := s.r.Rebuild(s.t.Context(), nil); n != 0 || err != nil {
		s.t.Fatalf("a rebuild changed %d, %v", n, err)
	}
}
