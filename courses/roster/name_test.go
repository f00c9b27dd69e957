package roster

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"lopban/courses/problem"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Đặng  Thị HÒA":                 "dang thi hoa",
		norm.NFD.String("Đặng Thị Hoà"): "dang thi hoa",
		"\ufeffVừ\u200b A\u00a0Dính ":   "vu a dinh",
		"H'Hen Niê":                     "h'hen nie",
		"":                              "",
		" \t\n":                         "",
		"Ư Ơ Ê Ô Â Ă ằ ẳ ẵ ắ ặ":         "u o e o a a a a a a a",
		"TRUNG TÂM VĂN HÓA - THỂ THAO XÃ 123": "trung tam van hoa - the thao xa 123",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSortKeyOrdersByGivenNameThenFamilyName(t *testing.T) {
	want := []string{
		"", "A", "Giàng A", "Nguyễn Văn An", "Trần Văn An", "Lê Văn Ánh", "Bùi Ân", "Nguyễn Văn Bình", "Lò Thị Dung", "Lò Thị Đào", "Bùi Thị Hà", "Vàng Thị Hà", "Bùi Thị Hả",
		"Bùi Thị Hạ", "Lý Thị Hoa", "Lý Thị Hòa", "Ma", "Mà", "Mả", "Mã", "Má", "Mạ", "Nguyễn Thị Vừ", "Vừ Y",
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, func(a, b string) int { return strings.Compare(SortKey(a), SortKey(b)) })
	if !slices.Equal(got, want) {
		t.Errorf("sorted:\n%q\nwant\n%q", got, want)
	}
}

func TestSortKeyIsOneForAllWaysOfTyping(t *testing.T) {
	want := SortKey("Nguyễn Thị Hà")
	for _, name := range []string{norm.NFD.String("Nguyễn Thị Hà"), " Nguyễn  Thị Hà ", "NGUYỄN THỊ HÀ"} {
		if got := SortKey(name); got != want {
			t.Errorf("SortKey(%q) = %q, want %q", name, got, want)
		}
	}
	if strings.Contains(want, "!") || len(want) > 120 {
		t.Errorf("SortKey = %q, %d bytes: not fit for a page's address", want, len(want))
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"Vừ A Dính":                       "Vừ A Dính",
		"  NGUYỄN\u00a0THỊ   HÒA ":        "Nguyễn Thị Hòa",
		"nguyễn văn a":                    "Nguyễn Văn A",
		"GIÀNG A PÁO":                     "Giàng A Páo",
		"NGUYỄN thị Lan":                  "Nguyễn Thị Lan",
		norm.NFD.String("Đặng Thị Hường"): "Đặng Thị Hường",
		"H'Hen Niê":                       "H'Hen Niê",
		"H'HEN NIÊ":                       "H'Hen Niê",
		"Y-BHIN ÊBAN":                     "Y-Bhin Êban",
		"vŨ dÍNH":                         "Vũ Dính",
		"Lò\u200bVăn\ufeff Minh":          "LòVăn Minh",
		"- Lò Văn Phon -":                 "Lò Văn Phon",
		"Lò Văn Ngoan.":                   "Lò Văn Ngoan",
		"Lò Văn •Nuôi":                    "Lò Văn Nuôi",
		"LÒ.VĂN.PIÊNG":                    "Lò Văn Piêng",
		"H'Hen - Niê":                     "H'Hen - Niê",
		"Đ. T. Hoa":                       "Đ. T. Hoa",
	} {
		got, err := Name(in)
		if got != want || err != nil {
			t.Errorf("Name(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for in, code := range map[string]string{
		"": "name.empty", " \u200b": "name.empty", "A": "name.empty", "...": "name.letters", "Nguyễn Văn A1": "name.digits", "a@b.vn": "name.digits", "Lan (kiêm nhiệm)": "name.letters",
		"=cmd": "name.letters", strings.Repeat("Lan ", 30): "name.long",
	} {
		wantProblem(t, "Name("+in+")", func() error { _, err := Name(in); return err }(), "name", code)
	}
}

func wantProblem(t *testing.T, what string, err error, field, code string) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != code || p.Field != field {
		t.Errorf("%s: error %v, want %s of %s", what, err, code, field)
	}
}

func TestPhone(t *testing.T) {
	for in, want := range map[string]string{
		"0912345678": "0912345678", "0912 345 678": "0912345678", "091.234.5678": "0912345678", "+84 912 345 678": "0912345678", "0084912345678": "0912345678", "84912345678": "0912345678",
		"+84 (0) 912-345-678": "0912345678", "912345678": "0912345678", "'0912345678": "0912345678", "912345678.0": "0912345678", "9.12345678E+08": "0912345678", "9.12345678e8": "0912345678",
		"841234567": "0841234567", "02193866123": "02193866123", "0219 3866 123": "02193866123", "2193866123": "02193866123", "+84 219 3866123": "02193866123", "024 3822 1234": "02438221234",
	} {
		got, err := Phone(in)
		if got != want || err != nil {
			t.Errorf("Phone(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "0", "113", "0112345678", "01114567890", "01724567890", "0912345678 / 0987654321", "09123456", "09123456789", "abc", "+1 202 555 0100", "9E99", "0912345678x"} {
		got, err := Phone(in)
		if got != "" {
			t.Errorf("Phone(%q) = %q", in, got)
		}
		wantProblem(t, "Phone("+in+")", err, "phone", "phone.form")
	}
}

func TestNewIDIsReadAsItIsTyped(t *testing.T) {
	id := NewID(bytes.NewReader([]byte{0xff, 1, 2, 3, 4, 5, 6, 7}))
	if id != NewID(bytes.NewReader([]byte{0xff, 1, 2, 3, 4, 5, 6, 7})) {
		t.Error("the same bytes made two ids")
	}
	seen := map[string]bool{}
	for range 2000 {
		id := NewID(rand.Reader)
		if len(id) != 10 || strings.Trim(id, Crockford) != "" || !unicode.IsLetter(rune(id[0])) || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
		typed := strings.ToLower(id[:5]) + "-" + strings.NewReplacer("0", "o", "1", "l").Replace(id[5:])
		if got, ok := ParseID(typed); got != id || !ok {
			t.Errorf("ParseID(%q) = %q, %v", typed, got, ok)
		}
	}
	for _, bad := range []string{"", "ABC", "1234567890", "ABCDEFGHU0", "ABCDEFGHJKM", "Ả234567890"} {
		if got, ok := ParseID(bad); ok {
			t.Errorf("ParseID(%q) = %q", bad, got)
		}
	}
}

func TestLibraryKind(t *testing.T) {
	for in, want := range map[string]string{
		"commune-library": CommuneLibrary, "Thư viện xã": CommuneLibrary, "THƯ VIỆN PHƯỜNG": CommuneLibrary, "Thư viện TT Yên Phú": CommuneLibrary, "TV P. Sa Pa": CommuneLibrary, "Thư viện TT HTCĐ": LearningCentre, "Thư viện công cộng cấp xã": CommuneLibrary, "Commune library": CommuneLibrary, "Thư viện": CommuneLibrary,
		"Trung tâm học tập cộng đồng": LearningCentre, "TTHTCĐ": LearningCentre, "TT HTCĐ": LearningCentre, "Community learning centre": LearningCentre, "Community Learning Center": LearningCentre,
		"Trung tâm văn hóa - thể thao xã": CultureCentre, "Trung tâm Văn hoá, Thể thao": CultureCentre, "Commune culture-sport centre": CultureCentre,
		"Trung tâm văn hóa, thể thao và học tập cộng đồng": LearningCentre,
		"Điểm bưu điện - văn hóa xã":                       PostOfficePoint, "Bưu điện văn hóa xã": PostOfficePoint, "Commune post office and cultural point": PostOfficePoint,
		"Tủ sách pháp luật": LegalBookcase, "Legal bookcase": LegalBookcase, "Khác": OtherLibraryKind, "Other": OtherLibraryKind, "Tủ sách cộng đồng": OtherLibraryKind, "other": OtherLibraryKind,
		"": "", "trường học": "",
	} {
		got, ok := LibraryKind(in)
		if got != want || ok != (want != "") {
			t.Errorf("LibraryKind(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

// Kinds as offices abbreviate them.
func TestLibraryKindsOfOffices(t *testing.T) {
	for in, want := range map[string]string{
		"TTHTCĐ xã": LearningCentre, "TT. HTCĐ": LearningCentre, "Trung tâm HTCĐ": LearningCentre, "TT học tập CĐ": LearningCentre, "TT học tập cộng đồng": LearningCentre,
		"TV xã": CommuneLibrary, "TVX": CommuneLibrary, "TV phường": CommuneLibrary, "Thư viện cơ sở": CommuneLibrary, "TVCC cấp xã": CommuneLibrary, "Phòng đọc sách xã": CommuneLibrary,
		"Tủ sách PL": LegalBookcase, "TSPL": LegalBookcase, "TS PL xã": LegalBookcase, "Tủ sách pháp luật cấp xã": LegalBookcase,
		"Điểm BĐ-VHX": PostOfficePoint, "BĐVHX": PostOfficePoint, "Điểm BĐVH xã": PostOfficePoint, "Bưu điện VHX": PostOfficePoint, "Điểm BĐ": PostOfficePoint,
		"Trung tâm VH-TT&DL": CultureCentre, "TTVH-TT": CultureCentre, "TT VHTT xã": CultureCentre, "Trung tâm VHTT": CultureCentre, "TTVH": CultureCentre, "NVH xã": CultureCentre, "Trung tâm dịch vụ tổng hợp": CultureCentre,
		"Trung tâm Văn hóa, Thông tin và Thể thao": CultureCentre, "Trung tâm cung ứng dịch vụ sự nghiệp công": CultureCentre,
		"Nhà văn hóa thôn": OtherLibraryKind, "NVH thôn bản": OtherLibraryKind, "Nhà SHCĐ": OtherLibraryKind, "Thư viện tư nhân": OtherLibraryKind, "Tủ sách khuyến học": OtherLibraryKind, "Không gian đọc": OtherLibraryKind,
		"Trạm y tế": "", "x": "",
	} {
		if got, ok := LibraryKind(in); got != want || ok != (want != "") {
			t.Errorf("LibraryKind(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

// Mobile numbers of 11 digits ended in 2018; each prefix became one of 10 digits.
func TestMobileNumbersOfBefore2018(t *testing.T) {
	for in, want := range map[string]string{
		"01623300108": "0323300108", "01633300108": "0333300108", "01643300108": "0343300108", "01653300108": "0353300108", "01663300108": "0363300108", "01673300108": "0373300108", "01683300108": "0383300108", "01693300108": "0393300108",
		"01203300108": "0703300108", "01213300108": "0793300108", "01223300108": "0773300108", "01263300108": "0763300108", "01283300108": "0783300108",
		"01233300108": "0833300108", "01243300108": "0843300108", "01253300108": "0853300108", "01273300108": "0813300108", "01293300108": "0823300108",
		"01863300108": "0563300108", "01883300108": "0583300108", "01993300108": "0593300108",
		"1653300108": "0353300108", "+84 165 330 0108": "0353300108", "841653300108": "0353300108", "1.653300108E+09": "0353300108",
	} {
		if got, err := Phone(in); got != want || err != nil {
			t.Errorf("Phone(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

// Letters that look like Đ are Đ: else one person would be two, and a search would not find the first.
func TestLettersThatLookAlike(t *testing.T) {
	for _, in := range []string{"Ðặng Thị Hoa", "Ɖặng Thị Hoa", "ðặng thị hoa", "ɖặng thị hoa"} {
		name, err := Name(in)
		if name != "Đặng Thị Hoa" || err != nil || Fold(in) != "dang thi hoa" || Spelling(in) != Spelling("Đặng Thị Hoa") {
			t.Errorf("%q is %q, %v, folded %q", in, name, err, Fold(in))
		}
	}
}

// What stands on the roster is printed on certificates and slips one day.
func TestTheRosterTakesOnlyWhatPaperPrints(t *testing.T) {
	for _, in := range []string{"Библиотека", "สมชาย", "山田", "ꪀꪁ", "Λάος"} {
		wantProblem(t, in, func() error { _, err := Name("Lò " + in); return err }(), "name", "name.script")
	}
	r := newRoll(t)
	e := Entry{Name: "• Lò Thị Mai", Post: "\uF0B7 Công chức", Library: "•\tThư viện： xã Ⅲ", Commune: "00700", On: day("2026-01-05")}
	p, err := r.Add(t.Context(), e, "staff")
	if err != nil || p.Name != "Lò Thị Mai" || p.Post != "Công chức" || p.Library != "Thư viện: xã III" {
		t.Errorf("%+v, %v", p, err)
	}
	e.Name, e.Library = "Lò Thị Na", "Thư viện 📚"
	_, err = r.Add(t.Context(), e, "staff")
	wantProblem(t, "a library", err, "library", "text.letters")
	_, err = r.Correct(t.Context(), p.ID, Details{Name: "Lò Thị Mai", Post: "Công chức ไ", Kind: CommuneLibrary}, "staff")
	wantProblem(t, "a post", err, "post", "text.letters")
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"Vừ A Dính", "NGUYỄN THỊ HÒA", "H'Hen Niê", "a\u0300\u0301", "\xff", "ǅ ß İ", "aAA", "\xf5Ȫ", "\U0001D16E\u200D\U0001D165"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := Fold(Fold(s)); got != Fold(s) {
			t.Errorf("Fold(Fold(%q)) = %q, not %q", s, got, Fold(s))
		}
		SortKey(s)
		name, err := Name(s)
		if err != nil {
			return
		}
		again, err := Name(name)
		if again != name || err != nil || !norm.NFC.IsNormalString(name) {
			t.Errorf("Name(%q) = %q, and of that %q, %v", s, name, again, err)
		}
	})
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"0912345678", "+84 912 345 678", "9.12345678E+08", "2193866123", "840912345678"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		phone, err := Phone(s)
		if err != nil {
			return
		}
		if again, err := Phone(phone); again != phone || err != nil || phone[0] != '0' {
			t.Errorf("Phone(%q) = %q, and of that %q, %v", s, phone, again, err)
		}
	})
}

// The quick way of folding the letters of Latin script is the one of any text: of each letter that there is, and of
// texts with marks apart, signs and letters of other scripts.
func TestFoldIsOfAnyText(t *testing.T) {
	for r := range rune(0x2100) {
		for _, text := range []string{string(r), "A" + string(r) + " b", string(r) + "\u0323\u0302"} {
			if got, want := Fold(text), foldAny(text); got != want {
				t.Errorf("%q (%U) is folded to %q, not %q", text, r, got, want)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if got, want := Fold(text), foldAny(text); got != want {
			t.Errorf("%q is folded to %q, not %q", text, got, want)
		}
		if got, want := Words(text), strings.Join(strings.FieldsFunc(foldAny(text), sign), " "); got != want {
			t.Errorf("the words of %q are %q, not %q", text, got, want)
		}
	})
}
