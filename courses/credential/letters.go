package credential

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Texts in signed facts take one byte for each Vietnamese letter and two for each phrase that papers repeat, so that
// the QR code stays coarse enough for a cheap camera. The tables belong to version 1 of the facts: papers that were
// printed are read with them for ever, so an entry may never be changed or moved. assets/js/verify.js has the same
// tables.
const (
	end    = 0x00 // of a text
	escape = 0x1e // then the code point as a varint
	phrase = 0x1f // then its place in phrases
)

// viet are the 134 letters that ASCII lacks: the first 128 are bytes 0x80 to 0xff, the rest 0x01 to 0x06.
var viet = []rune("àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ" +
	"ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴĐ")

var phrases = strings.Split("SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH TỈNH |Sở Văn hóa, Thể thao và Du lịch tỉnh |THƯ VIỆN TỈNH |Thư viện tỉnh |GIÁM ĐỐC|Giám đốc|PHÓ |Phó |KT. |"+
	"TỈNH |tỉnh | tỉnh |, tỉnh |xã |Xã |phường |, xã |, phường |Thư viện xã |Thư viện phường |Tủ sách pháp luật xã |Trung tâm học tập cộng đồng xã |Điểm bưu điện - văn hóa xã |"+
	"Trung tâm Văn hóa, Thông tin và Thể thao xã |Trung tâm Văn hóa - Thể thao xã |Trung tâm |TRUNG TÂM |VĂN HÓA |Văn hóa |văn hóa |Thư viện |thư viện |THƯ VIỆN |Thông tin |Thể thao |ỦY BAN NHÂN DÂN |"+
	"Ủy ban nhân dân |Cao Bằng|CAO BẰNG|Tuyên Quang|TUYÊN QUANG|Điện Biên|ĐIỆN BIÊN|Lai Châu|LAI CHÂU|Sơn La|SƠN LA|Lào Cai|LÀO CAI|Thái Nguyên|THÁI NGUYÊN|Lạng Sơn|LẠNG SƠN|"+
	"Bắc Ninh|BẮC NINH|Phú Thọ|PHÚ THỌ|cơ sở|khuyến đọc|người sử dụng|người đọc|phục vụ |Phục vụ |tổ chức |Tổ chức |hoạt động |luân chuyển |lưu động|sách |báo |đọc sách|bạn đọc|"+
	"thiếu nhi|trẻ em|cộng đồng|kĩ năng |kỹ năng |nghiệp vụ |vùng cao|và |cho |trong |của |với |Nguyễn |Trần |Phạm |Hoàng |Thị |Văn |Nông |Giàng |Vàng |Triệu |Đặng |Lò |Lý |Bùi |Lê |ng |nh|ch|th|Th|Tr|tr|ph|kh|"+
	"bản |thôn |công nghệ |máy tính|tài liệu |tài nguyên |dịch vụ |quản lí |quản lý |bảo quản |tuần đầu tiên|Bắt đầu |thôn bản|mọi người|gia đình|trường học|nhà trường|chuyển đổi số|số hóa|internet", "|")

// letterCodes are the bytes of the letters that ASCII lacks.
var letterCodes = func() map[rune]byte {
	codes := map[rune]byte{}
	for i, r := range viet {
		codes[r] = byte(0x80 + i)
		if i >= 128 {
			codes[r] = byte(i - 127)
		}
	}
	return codes
}()

// longestFirst are the places of the phrases in the order in which they are tried.
var longestFirst = func() []int {
	order := make([]int, len(phrases))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(phrases[b]) - len(phrases[a]) })
	return order
}()

// appendText adds a text and its end.
func appendText(b []byte, text string) []byte {
next:
	for text != "" {
		for _, i := range longestFirst {
			if rest, ok := strings.CutPrefix(text, phrases[i]); ok {
				b, text = append(b, phrase, byte(i)), rest
				continue next
			}
		}
		r, n := utf8.DecodeRuneInString(text)
		code, ours := letterCodes[r]
		switch {
		case ours:
			b = append(b, code)
		case r >= ' ' && r <= '~' || r == '\n':
			b = append(b, byte(r))
		default:
			b = binary.AppendUvarint(append(b, escape), uint64(r))
		}
		text = text[n:]
	}
	return append(b, end)
}

// errFacts says that bytes are no facts of ours.
var errFacts = errors.New("these are not signed facts of ours")

// longestText bounds what a text may grow to, in bytes.
const longestText = 4 << 10

// readText takes a text and its end off the front.
func readText(b []byte) (text string, rest []byte, err error) {
	var out strings.Builder
	for len(b) > 0 && out.Len() <= longestText {
		c := b[0]
		b = b[1:]
		switch {
		case c == end:
			return out.String(), b, nil
		case c == phrase:
			if len(b) == 0 || int(b[0]) >= len(phrases) {
				return "", nil, errFacts
			}
			out.WriteString(phrases[b[0]])
			b = b[1:]
		case c == escape:
			r, n := binary.Uvarint(b)
			if n <= 0 || r < ' ' || r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
				return "", nil, errFacts
			}
			out.WriteRune(rune(r))
			b = b[n:]
		case c >= ' ' && c <= '~' || c == '\n':
			out.WriteByte(c)
		case c >= 0x80:
			out.WriteRune(viet[c-0x80])
		case int(c) <= len(viet)-128:
			out.WriteRune(viet[127+int(c)])
		default:
			return "", nil, errFacts
		}
	}
	return "", nil, errFacts
}
