package roster

import (
	"encoding/base64"
	"encoding/binary"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"lopban/courses/letters"
	"lopban/courses/problem"
)

// Fold is the form in which Vietnamese text is matched and searched, everywhere in the product: no marks, đ as d, lower
// case, invisible letters dropped, words apart by one space. Fold("Đặng Thị HÒA") and Fold("dang thi hoà") are both
// "dang thi hoa".
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		plain := r
		switch {
		case r == ' ':
			space = b.Len() > 0
			continue
		case 'A' <= r && r <= 'Z':
			plain += 'a' - 'A'
		case r > ' ' && r < utf8.RuneSelf-1:
		case 0x300 <= r && r <= 0x36f: // marks
			continue
		case r < utf8.RuneSelf || int(r) >= len(folded) || folded[r] == 0:
			return foldAny(s)
		default:
			plain = folded[r]
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(plain)
	}
	return b.String()
}

// folded is the letter that each letter of Latin script becomes when it is folded, 0 for what needs foldAny: a list of
// a province is folded a hundred thousand times.
var folded = func() (table [0x1f00]rune) {
	for _, of := range [][2]rune{{0xa1, 0x250}, {0x1e00, 0x1f00}} {
		for r := of[0]; r < of[1]; r++ {
			if plain := []rune(foldAny(string(r))); len(plain) == 1 {
				table[r] = plain[0]
			}
		}
	}
	return table
}()

// foldAny is Fold of any text.
func foldAny(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	// NFD leaves the letter after a byte that is no UTF-8 as it is
	for _, r := range norm.NFD.String(strings.ToValidUTF8(s, "\uFFFD")) {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case unicode.Is(unicode.M, r) || letters.Invisible(r):
			continue
		case letters.Vietnamese(r) == 'đ' || letters.Vietnamese(r) == 'Đ':
			r = 'd'
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Clean is s in NFC, without invisible letters, with single spaces, and with the Đ of Vietnamese for the letters that
// look like it.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case letters.Invisible(r) || r == utf8.RuneError:
			return -1
		}
		return letters.Vietnamese(r)
	}, s)
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}

// keyed makes collation keys; a collator must not be shared by goroutines.
type keyed struct {
	collator *collate.Collator
	buffer   collate.Buffer
}

var keyers = sync.Pool{New: func() any {
	return &keyed{collator: collate.New(language.Vietnamese, collate.IgnoreCase)}
}}

// ordered writes bytes as URL-safe letters that sort as the bytes do; '.' sorts before them all.
var ordered = base64.NewEncoding("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~").WithPadding(base64.NoPadding)

// SortKey is a string whose order, byte by byte, is the order of Vietnamese name lists: by given name, the last word,
// and then by the words before it, both in Vietnamese collation (CLDR: a ă â, and level, grave, hook, tilde, acute,
// dot). Names that differ only in capitals have the same key.
func SortKey(name string) string {
	name = Clean(name)
	given, rest := name, ""
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		given, rest = name[i+1:], name[:i]
	}
	return collation(given) + "." + collation(rest)
}

// collation is a string that sorts, byte by byte, as s does in Vietnamese.
func collation(s string) string {
	k := keyers.Get().(*keyed)
	defer keyers.Put(k)
	k.buffer.Reset()
	return ordered.EncodeToString(k.collator.KeyFromString(&k.buffer, s))
}

const nameLetters = 80 // the longest name accepted

// Name is a person's name as the roster keeps it: NFC, without stray spaces and invisible letters, every word beginning
// with a capital and words in capitals set in lower case after it. A text that is no name (empty, longer than 80
// letters, with digits, an e-mail address or other signs, or in letters that paper cannot print) is a *problem.Problem
// of the field "name".
func Name(s string) (string, error) {
	s, _ = letters.Mend(Clean(s))
	s = unpunctuated(s)
	if code := nameFault(s); code != "" {
		return "", problem.Invalid("name", code, s)
	}
	words := strings.Split(s, " ")
	for i, w := range words {
		words[i] = capitalise(w)
	}
	return norm.NFC.String(strings.Join(words, " ")), nil
}

var (
	dotted = regexp.MustCompile(`^\pL\pM*\pL[\pL\pM]*(\.\pL\pM*\pL[\pL\pM]*)+$`)
	listed = regexp.MustCompile(`(^|\s)[-.]+(\pL)`)
)

// unpunctuated is a name without the hyphens and dots that a list has before or after it: certificates would print
// them. Words with dots between them are words; the dots of initials stay.
func unpunctuated(s string) string {
	if !strings.ContainsAny(s, "-.") || !strings.ContainsFunc(s, unicode.IsLetter) { // most
		return s
	}
	if dotted.MatchString(s) {
		s = strings.ReplaceAll(s, ".", " ")
	}
	return listed.ReplaceAllString(strings.Trim(s, "-. "), "$1$2")
}

func nameFault(s string) string {
	found := 0
	for _, r := range s {
		switch {
		case (unicode.IsLetter(r) || unicode.IsMark(r)) && !letters.Printable(r):
			return "name.script"
		case unicode.IsLetter(r):
			found++
		case unicode.IsDigit(r) || r == '@':
			return "name.digits"
		case !unicode.IsMark(r) && !strings.ContainsRune(" '’ʼ-.", r):
			return "name.letters"
		}
	}
	switch {
	case found == 0 && s != "":
		return "name.letters"
	case found < 2:
		return "name.empty"
	case utf8.RuneCountInString(s) > nameLetters:
		return "name.long"
	}
	return ""
}

// capitalise keeps a word with both cases after its first letter ("H'Hen"), and gives any other a capital at its
// beginning and after hyphens and apostrophes.
func capitalise(w string) string {
	first, n := utf8.DecodeRuneInString(w)
	if strings.IndexFunc(w[n:], unicode.IsUpper) >= 0 && strings.IndexFunc(w[n:], unicode.IsLower) >= 0 {
		return string(unicode.ToUpper(first)) + w[n:]
	}
	begins := true
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			begins = begins || !unicode.IsMark(r)
			return r
		}
		if begins {
			begins = false
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, w)
}

var (
	mobile   = regexp.MustCompile(`^0[35789][0-9]{8}$`)
	landline = regexp.MustCompile(`^02[0-9]{9}$`)
	exponent = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}$`)
)

// Phone is a Vietnamese number as 0 and digits: 10 for a mobile, 11 for a landline (numbering plan of Circular
// 22/2014/TT-BTTTT, as changed in 2017 and 2018). It accepts +84, 0084 and 84, spaces, dots, hyphens and brackets, the
// forms that spreadsheets make of numbers (a lost leading 0, ".0" or an exponent), and mobile numbers of 11 digits,
// which ended in 2018, as what they became. Anything else is a *problem.Problem of the field "phone".
func Phone(s string) (string, error) {
	typed := Clean(s)
	digits, ok := phoneDigits(typed)
	if ok {
		for _, n := range []string{digits, trunk(digits), renumbered(trunk(digits))} {
			if mobile.MatchString(n) || landline.MatchString(n) {
				return n, nil
			}
		}
	}
	return "", problem.Invalid("phone", "phone.form", typed)
}

// phoneDigits drops what people write between the digits of a number.
func phoneDigits(s string) (string, bool) {
	s = strings.TrimPrefix(s, "'")
	if exponent.MatchString(s) {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			s = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	s = strings.TrimPrefix(strings.TrimSuffix(s, ".0"), "+")
	digits := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case !strings.ContainsRune(" .-–()", r):
			return "", false
		}
	}
	return string(digits), len(digits) <= 16
}

// trunk replaces the country code, or nothing, by the leading 0.
func trunk(digits string) string {
	digits = strings.TrimPrefix(digits, "00")
	if len(digits) > 10 {
		digits = strings.TrimPrefix(digits, "84")
	}
	return "0" + strings.TrimPrefix(digits, "0")
}

// renewed are the prefixes of mobile numbers of 11 digits and what they became in September and October 2018 (decisions
// of the Ministry of Information and Communications for Viettel, MobiFone, VinaPhone, Vietnamobile and Gmobile).
var renewed = map[string]string{
	"0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038", "0169": "039",
	"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
	"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
	"0186": "056", "0188": "058", "0199": "059",
}

// renumbered is a mobile number of 11 digits as it is since 2018, "" for another.
func renumbered(digits string) string {
	if len(digits) != 11 {
		return ""
	}
	prefix, ok := renewed[digits[:4]]
	if !ok {
		return ""
	}
	return prefix + digits[4:]
}

// IsMobile says whether a number that Phone gave is a mobile's, and so one person's.
func IsMobile(phone string) bool { return mobile.MatchString(phone) }

const (
	Crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	idLength  = 10
)

// NewID makes the id of a person: ten characters of Crockford's base 32 (no I, L, O, U), about 2^49 of them. The first
// is a letter, so that no spreadsheet takes an id for a number. It panics when random fails.
func NewID(random io.Reader) string {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		panic("roster: no random bytes: " + err.Error())
	}
	n := binary.BigEndian.Uint64(b[:])
	id := make([]byte, idLength)
	for i := idLength - 1; i > 0; i-- {
		id[i] = Crockford[n%32]
		n /= 32
	}
	id[0] = Crockford[10+n%22]
	return string(id)
}

// misread takes the letters and signs of an id as typed for those that were meant.
var misread = strings.NewReplacer(" ", "", "-", "", "I", "1", "L", "1", "O", "0")

// ParseID reads an id as people type it: small letters, spaces and hyphens between, i and l for 1, o for 0. It says
// false for what cannot be an id.
func ParseID(s string) (string, bool) {
	s = misread.Replace(strings.ToUpper(Clean(s)))
	if len(s) != idLength || s[0] < 'A' {
		return "", false
	}
	for _, r := range s {
		if !strings.ContainsRune(Crockford, r) {
			return "", false
		}
	}
	return s, true
}

// The kinds of grassroots library (Decision 1687/QĐ-TTg names the models). Their names are the messages "kind." and the
// id.
const (
	CommuneLibrary   = "commune-library"           // thư viện xã
	LearningCentre   = "community-learning-centre" // trung tâm học tập cộng đồng
	CultureCentre    = "culture-sport-centre"      // trung tâm văn hóa - thể thao xã
	PostOfficePoint  = "post-office-point"         // điểm bưu điện - văn hóa xã
	LegalBookcase    = "legal-bookcase"            // tủ sách pháp luật
	OtherLibraryKind = "other"
)

// LibraryKinds lists the kinds in the order in which they are shown.
var LibraryKinds = []string{CommuneLibrary, LearningCentre, CultureCentre, PostOfficePoint, LegalBookcase, OtherLibraryKind}

// kindWords are folded words, with abbreviations written out, of which all in a group tell the kind, in Vietnamese or
// English. The first group that fits decides.
var kindWords = []struct {
	words string
	kind  string
}{
	{"phap luat", LegalBookcase}, {"legal", LegalBookcase}, {"law bookcase", LegalBookcase},
	{"buu dien", PostOfficePoint}, {"post office", PostOfficePoint},
	{"hoc tap cong dong", LearningCentre}, {"learning", LearningCentre},
	{"trung tam van hoa", CultureCentre}, {"van hoa the thao", CultureCentre}, {"van hoa va the thao", CultureCentre}, {"van hoa thong tin", CultureCentre}, {"culture sport", CultureCentre}, {"cultural and sports", CultureCentre},
	{"culture and sport", CultureCentre}, {"nha van hoa xa", CultureCentre}, {"nha van hoa phuong", CultureCentre}, {"nha van hoa trung tam", CultureCentre}, {"trung tam dich vu tong hop", CultureCentre},
	{"trung tam cung ung dich vu", CultureCentre}, {"trung tam dich vu cong", CultureCentre}, {"trung tam dich vu su nghiep cong", CultureCentre}, {"thiet che van hoa the thao", CultureCentre},
	{"thu vien xa", CommuneLibrary}, {"thu vien phuong", CommuneLibrary}, {"thu vien thi tran", CommuneLibrary}, {"thu vien tt", CommuneLibrary}, {"thu vien p", CommuneLibrary}, {"thu vien cap xa", CommuneLibrary}, {"thu vien cong cong cap xa", CommuneLibrary}, {"thu vien cong cong xa", CommuneLibrary},
	{"phong doc xa", CommuneLibrary}, {"phong doc sach xa", CommuneLibrary}, {"commune library", CommuneLibrary}, {"commune public library", CommuneLibrary}, {"ward library", CommuneLibrary},
}

// abbreviated are the words of offices for the kinds; "tt" is a trung tâm only before one of the words that follow it.
var abbreviated = strings.NewReplacer(
	" tthtcd ", " trung tam hoc tap cong dong ", " hoc tap cd ", " hoc tap cong dong ", " nha shcd ", " nha sinh hoat cong dong ", " htcd ", " hoc tap cong dong ", " tt htcd ", " trung tam hoc tap cong dong ", " ttht cd ", " trung tam hoc tap cong dong ", " tt hoc tap ", " trung tam hoc tap ",
	" tv ", " thu vien ", " tvx ", " thu vien xa ", " tvcc ", " thu vien cong cong ", " tspl ", " tu sach phap luat ", " ts pl ", " tu sach phap luat ", " tu sach pl ", " tu sach phap luat ",
	" bdvhx ", " buu dien van hoa xa ", " bd vhx ", " buu dien van hoa xa ", " bdvh ", " buu dien van hoa ", " bd vh ", " buu dien van hoa ", " buu dien vhx ", " buu dien van hoa xa ", " diem bd ", " diem buu dien ",
	" ttvhtt ", " trung tam van hoa the thao ", " ttvh tt ", " trung tam van hoa the thao ", " tt vhtt ", " trung tam van hoa the thao ", " tt vh tt ", " trung tam van hoa the thao ", " ttvh ", " trung tam van hoa ",
	" tt vh ", " trung tam van hoa ", " tt van hoa ", " trung tam van hoa ", " trung tam vh ", " trung tam van hoa ", " trung tam vhtt ", " trung tam van hoa the thao ", " ttvhttdl ", " trung tam van hoa the thao du lich ",
	" tt vhttdl ", " trung tam van hoa the thao du lich ", " ttvhtttt ", " trung tam van hoa thong tin the thao ", " ttvhtttdl ", " trung tam van hoa the thao du lich ", " ttvhttx ", " trung tam van hoa the thao xa ",
	" nvh ", " nha van hoa ", " nha vh ", " nha van hoa ", " ttdvth ", " trung tam dich vu tong hop ", " tt dvth ", " trung tam dich vu tong hop ", " ttcudvsnc ", " trung tam cung ung dich vu ", " tt cung ung ", " trung tam cung ung ",
	" tt dich vu ", " trung tam dich vu ",
)

// otherKinds are words of which a text speaks that is of none of the kinds that the Decision names.
var otherKinds = []string{"khac", "other", "tu sach cong dong", "community bookcase", "thu vien cong dong", "community library", "village culture house",
	"nha van hoa thon", "nha van hoa ban", "nha van hoa to dan pho", "nha van hoa xom", "nha van hoa khu", "nha sinh hoat cong dong", "thu vien tu nhan", "thu vien gia dinh", "thu vien truong", "tu sach thon", "tu sach gia dinh", "tu sach dong ho",
	"khong gian doc", "thu vien dong ho", "tu sach khuyen hoc", "tu sach bien phong", "tu sach don bien phong", "tram doc", "ca phe sach"}

// SameLibrary says whether two names are of one library, also where one is abbreviated: "Điểm BĐVH xã Hòa An".
func SameLibrary(a, b string) bool {
	return SameWords(a, b) || strings.Join(strings.Fields(written(Words(a))), " ") == strings.Join(strings.Fields(written(Words(b))), " ")
}

// LibraryKind recognises a kind of library by its id or by a Vietnamese or English spelling.
func LibraryKind(text string) (string, bool) {
	t := Words(text)
	for _, k := range LibraryKinds {
		if t == Words(k) {
			return k, true
		}
	}
	if kind := kindIn(t); kind != "" {
		return kind, true
	}
	t = strings.TrimSpace(written(t))
	if slices.ContainsFunc(otherKinds, func(k string) bool { return strings.Contains(" "+t+" ", " "+k+" ") }) {
		return OtherLibraryKind, true
	}
	switch t {
	case "thu vien", "library", "thu vien cong cong", "thu vien co so", "phong doc":
		return CommuneLibrary, true
	case "nha van hoa":
		return CultureCentre, true
	case "tu sach":
		return OtherLibraryKind, true
	}
	return "", false
}

// written has the abbreviations of a folded text written out, with a space around it.
func written(t string) string {
	t = " " + t + " "
	for range 3 { // one space serves one word at a time, and one abbreviation may stand in another
		t = abbreviated.Replace(t)
	}
	return t
}

// kindIn finds the kind that folded words speak of, "" for none.
func kindIn(t string) string {
	t = written(t)
	for _, k := range kindWords {
		if strings.Contains(t, " "+k.words+" ") {
			return k.kind
		}
	}
	return ""
}

// Words is a folded text with a space for every sign that is neither letter nor digit.
func Words(s string) string {
	s = Fold(s)
	if strings.IndexFunc(s, func(r rune) bool { return r != ' ' && sign(r) }) < 0 { // most
		return s
	}
	return strings.Join(strings.FieldsFunc(s, sign), " ")
}

// SameWords says whether two texts are the same words.
func SameWords(a, b string) bool { return a == b || Words(a) == Words(b) }

func sign(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
