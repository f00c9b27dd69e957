package letters

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

func TestPaperPrintsWhatIsMeant(t *testing.T) {
	for in, want := range map[string]string{
		"Thư viện xã": "Thư viện xã", "• Thư viện": "Thư viện", "\uF0B7 Thư viện \uF0B7 xã": "Thư viện - xã", "Thư viện： xã": "Thư viện: xã", "Khu Ⅲ": "Khu III", "Thư viện ★": "Thư viện",
		"A → B": "A - B", "Thư vie\u0323\u0302n": "Thư viện",
	} {
		if got, bad := Mend(in); got != want || bad != nil {
			t.Errorf("Mend(%q) is %q, %q; want %q", in, got, string(bad), want)
		}
	}
	for in, want := range map[string]string{"Thư viện 📚": "📚", "Библиотека": "Библотека", "ไทย": "ไทย", "ꪀ": "ꪀ", "图书": "图书"} {
		if _, bad := Mend(in); string(bad) != want {
			t.Errorf("Mend(%q) refuses %q, want %q", in, string(bad), want)
		}
	}
}

// The same sentence in each code, as its bytes look in Windows-1252. TCVN3 is as glibc's iconv writes it, VNI as its
// typing rules do.
var written = map[Code]map[string]string{
	TCVN3: {"NguyÔn ThÞ Hång": "Nguyễn Thị Hồng", "§Æng V¨n Dòng": "Đặng Văn Dũng", "Hä vµ tªn": "Họ và tên", "Th\u00ad viÖn x· Lòng Có": "Thư viện xã Lũng Cú", "Hoµng Thuý Ph\u00adîng": "Hoàng Thuý Phượng", "C«ng chøc": "Công chức"},
	VNI: {"Nguyeãn Thò Hoàng": "Nguyễn Thị Hồng", "Ñaëng Vaên Duõng": "Đặng Văn Dũng", "Hoï vaø teân": "Họ và tên", "Thö vieän xaõ Luõng Cuù": "Thư viện xã Lũng Cú", "NGUYEÃN THÒ HOÀNG": "NGUYỄN THỊ HỒNG",
		"Phöôïng": "Phượng", "Kyø Myõ": "Kỳ Mỹ", "Xaõ": "Xã", "Maõ": "Mã"},
	Windows: {"NguyêÞn Thiò HôÌng": "Nguyễn Thị Hồng", "Ðãòng Vãn DuÞng": "Đặng Văn Dũng", "Hoò vaÌ tên": "Họ và tên", "Thý viêòn xaÞ LuÞng Cuì": "Thư viện xã Lũng Cú"},
}

func TestOldCodesAreReadAndRecognised(t *testing.T) {
	for code, texts := range written {
		var all []string
		for old, want := range texts {
			if got := Decode(code, old); got != want {
				t.Errorf("%s: %q is %q, want %q", code, old, got, want)
			}
			all = append(all, old)
		}
		if got, n := Told(all); !slices.Equal(got, []Code{code}) || n < len(all) {
			t.Errorf("%s is taken for %q by %d words", code, got, n)
		}
		if got, n := Told([]string{"Lò Thị Ơn", "Giàng A Páo", "Hà Thị Vui", "Trần Văn Quý", "Xã Lũng Cú", "H'Hen Niê", "Đặng Thị Hòa", "Hoàng Thúy Hằng", "Ngô Bá Khá", "Y Bliơ Êban", "0912·700·106"}); got != nil {
			t.Errorf("Unicode is taken for %s by %d words", got, n)
		}
	}
}

func TestEveryLetterOfTheOldCodes(t *testing.T) {
	for _, r := range tcvn3Letters {
		if r != ' ' && norm.NFC.String(string(r)) != string(r) {
			t.Errorf("%c is not one letter", r)
		}
	}
	if n := len(strings.ReplaceAll(tcvn3, " ", "")); len(tcvn3Letters) != 94 || n == 0 {
		t.Errorf("the table has %d places", len(tcvn3Letters))
	}
	for at, want := range map[rune]rune{0xB5: 'à', 0xB6: 'ả', 0xBB: 'ằ', 0xC6: 'ặ', 0xD4: 'ễ', 0xDE: 'ị', 0xA7: 'Đ', 0xAD: 'ư', 0xAC: 'ơ', 0xFE: 'ỵ', 0xDF: 'ò', 0xEE: 'ợ', 0xF9: 'ự'} {
		if got := []rune(fromTCVN3(string(at)))[0]; got != want {
			t.Errorf("%X is %c, want %c", at, got, want)
		}
	}
}

func TestSyllables(t *testing.T) {
	for _, w := range strings.Fields("Nguyễn Thị Phượng giếng gì quý Quyên khuỷu nghiêng ĐẶNG Ơn ý yếu Hoà Hòa thuý thúy thuở giú xoong") {
		if !Syllable(w) {
			t.Errorf("%s is a syllable", w)
		}
	}
	for _, w := range strings.Fields("NguyÔn Thß Hång Nguyeãn hoïc Niê Bliơ vµ ChƯ Xaõ Giaù Maãu") {
		if Syllable(w) {
			t.Errorf("%s is no syllable", w)
		}
	}
}

// Titles are often typed again, names are not: each text of a table is read in its own way.
func TestAColumnMayBeInTwoCodes(t *testing.T) {
	c := Convert([]As{{TCVN3, TCVN3}}, map[int][]string{0: {"NguyÔn ThÞ Hång", "Lª V¨n Cã"}, 1: {"Lòng Có"}, 2: {"Thư viện", "Thủ thư", "x· A"}})
	for _, x := range []struct {
		column     int
		text, want string
	}{{0, "NguyÔn ThÞ Hång", "Nguyễn Thị Hồng"}, {1, "Lòng Có", "Lũng Cú"}, {2, "Thư viện", "Thư viện"}, {2, "x· A", "xã A"}, {2, "Tên", "Tên"}, {0, "Họ và tên", "Họ và tên"}} {
		if got := c.Text(x.column, x.text); got != x.want {
			t.Errorf("%q of column %d is %q, want %q", x.text, x.column, got, x.want)
		}
	}
}

// Rows of several offices come in several codes: each text is read in its own, and one that nobody agreed to stays.
func TestATableMayBeInTwoOldCodes(t *testing.T) {
	texts := []string{"NguyÔn ThÞ Hång", "TrÇn V¨n Tó", "Nguyeãn Thò Hoàng", "Traàn Vaên Tuù", "Lò Thị Ưng"}
	codes, _ := Told(texts)
	if !slices.Equal(codes, []Code{TCVN3, VNI}) && !slices.Equal(codes, []Code{VNI, TCVN3}) {
		t.Fatalf("told %q", codes)
	}
	read := func(as ...As) []string {
		c := Convert(as, map[int][]string{0: texts})
		var all []string
		for _, s := range texts {
			all = append(all, c.Text(0, s))
		}
		return all
	}
	if got := read(As{TCVN3, TCVN3}, As{VNI, VNI}); !slices.Equal(got, []string{"Nguyễn Thị Hồng", "Trần Văn Tú", "Nguyễn Thị Hồng", "Trần Văn Tú", "Lò Thị Ưng"}) {
		t.Errorf("read %q", got)
	}
	if got := read(As{TCVN3, TCVN3}, As{VNI, Unicode}); !slices.Equal(got, []string{"Nguyễn Thị Hồng", "Trần Văn Tú", "Nguyeãn Thò Hoàng", "Traàn Vaên Tuù", "Lò Thị Ưng"}) {
		t.Errorf("without VNI read %q", got)
	}
}

// Fonts such as .VnTimeH draw capitals with tones from the small letters.
func TestCapitalsOfTCVN3(t *testing.T) {
	for old, want := range map[string]string{"NGUYÔN THÞ HåNG": "NGUYỄN THỊ HỒNG", "Lß ThÞ Hµ": "Lò Thị Hà", "Hµ": "Hà", "§ÆNG V¡N Tó": "ĐẶNG VĂN TÚ"} {
		if got := Decode(TCVN3, old); got != want {
			t.Errorf("%q is %q, want %q", old, got, want)
		}
	}
	if codes, n := Told([]string{"NGUYÔN THÞ HåNG"}); !slices.Equal(codes, []Code{TCVN3}) || n < 3 {
		t.Errorf("told %q by %d words", codes, n)
	}
}

func TestFontsTellTheCode(t *testing.T) {
	for font, want := range map[string]Code{".VnTime": TCVN3, ".VnTimeH": TCVN3, "VNI-Times": VNI, "Times New Roman": "", "VNtimes new roman": ""} {
		if got := OfFont(font); got != want {
			t.Errorf("%s is %q, want %q", font, got, want)
		}
	}
}

// A CSV in UTF-8 without its mark, opened by Excel and saved again: with the code page of Windows in English, and in
// Vietnamese.
func TestUTF8ThatWasMisread(t *testing.T) {
	want := []string{"Nguyễn Thị Tuyết Nhung", "Đàm Văn Ước", "Thư viện xã Trùng Khánh", "Số điện thoại", "Họ và tên", "Hoàng Thị Hà"}
	for _, page := range []*charmap.Charmap{charmap.Windows1252, charmap.Windows1258} {
		var texts []string
		for _, s := range want {
			seen := ""
			for i := range len(s) {
				if r := page.DecodeByte(s[i]); r != utf8.RuneError {
					seen += string(r)
				} else {
					seen += string(rune(s[i]))
				}
			}
			texts = append(texts, strings.TrimSpace(strings.ReplaceAll(seen, "\u00a0", " ")))
		}
		codes, words := Told(texts)
		if !slices.Equal(codes, []Code{Garbled}) || words < len(want) {
			t.Fatalf("%s: told %v by %d words: %q", page, codes, words, texts)
		}
		c := Convert([]As{{Garbled, Garbled}}, map[int][]string{0: texts})
		for i, s := range texts {
			if got := c.Text(0, s); got != want[i] {
				t.Errorf("%s: %q is read %q, want %q", page, s, got, want[i])
			}
		}
	}
}

func TestSignsBetweenWordsTellNoCode(t *testing.T) {
	for _, s := range []string{"The library · the reader\nbooks · papers\na · b · c · d", "5 µm, 7 µm, 9 µm, 11 µm", "Un été à la plage, où sont les élèves ?"} {
		texts := strings.Split(s, "\n")
		if got, changed := Modern(texts); changed != 0 || !slices.Equal(got, texts) {
			t.Errorf("%q became %q", texts, got)
		}
	}
}
