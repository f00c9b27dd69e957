package roster

import (
	"encoding/base64"
	"encoding/binary"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"lopban/courses/store"
)

// Fold is the form in which Vietnamese text is matched and searched, everywhere in the product: no marks, đ as d, lower case, invisible letters dropped,
// words apart by one space. Fold("Đặng  Thị HÒA") and Fold("dang thi hoà") are both "dang thi hoa".
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range norm.NFD.String(strings.ToValidUTF8(s, "\uFFFD")) { // NFD leaves the letter after a byte that is no UTF-8 as it is
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case unicode.Is(unicode.M, r) || invisible(r):
			continue
		case r == 'đ' || r == 'Đ':
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

// invisible says whether a letter prints nothing: zero-width spaces and joiners, soft hyphens, byte order marks, control characters.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.IsControl(r)
}

// Clean is s in NFC, without invisible letters, and with single spaces.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case invisible(r) || r == utf8.RuneError:
			return -1
		}
		return r
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

// SortKey is a string whose order, byte by byte, is the order of Vietnamese name lists: by given name, the last word, and then by the words before it, both in
// Vietnamese collation (CLDR: a ă â, and level, grave, hook, tilde, acute, dot). Names that differ only in capitals have the same key.
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

// Name is a person's name as the roster keeps it: NFC, without stray spaces and invisible letters, every word beginning with a capital and words in capitals
// set in lower case after it. A text that is no name (empty, longer than 80 letters, or with digits, an e-mail address or other signs) is a *store.Problem of the field "name".
func Name(s string) (string, error) {
	s = Clean(s)
	if code := nameFault(s); code != "" {
		return "", store.Invalid("name", code, s)
	}
	words := strings.Split(s, " ")
	for i, w := range words {
		words[i] = capitalise(w)
	}
	return norm.NFC.String(strings.Join(words, " ")), nil
}

func nameFault(s string) string {
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r) || r == '@':
			return "name.digits"
		case !unicode.IsMark(r) && !strings.ContainsRune(" '’ʼ-.", r):
			return "name.letters"
		}
	}
	switch {
	case letters == 0 && s != "":
		return "name.letters"
	case letters < 2:
		return "name.empty"
	case utf8.RuneCountInString(s) > nameLetters:
		return "name.long"
	}
	return ""
}

// capitalise keeps a word with both cases after its first letter ("H'Hen"), and gives any other a capital at its beginning and after hyphens and apostrophes.
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

// Phone is a Vietnamese number as 0 and digits: 10 for a mobile, 11 for a landline (numbering plan of Circular 22/2014/TT-BTTTT, as changed in 2017 and 2018). It accepts +84, 0084 and
// 84, spaces, dots, hyphens and brackets, and the forms that spreadsheets make of numbers: a lost leading 0, ".0" or an exponent. Anything else is a *store.Problem of the field "phone".
func Phone(s string) (string, error) {
	typed := Clean(s)
	digits, ok := phoneDigits(typed)
	if ok {
		for _, n := range []string{digits, trunk(digits)} {
			if mobile.MatchString(n) || landline.MatchString(n) {
				return n, nil
			}
		}
	}
	return "", store.Invalid("phone", "phone.form", typed)
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

// IsMobile says whether a number that Phone gave is a mobile's, and so one person's.
func IsMobile(phone string) bool { return mobile.MatchString(phone) }

const (
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	idLength  = 10
)

// NewID makes the id of a person: ten characters of Crockford's base 32 (no I, L, O, U), about 2^49 of them. The first is a letter, so that no
// spreadsheet takes an id for a number. It panics when random fails.
func NewID(random io.Reader) string {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		panic("roster: no random bytes: " + err.Error())
	}
	n := binary.BigEndian.Uint64(b[:])
	id := make([]byte, idLength)
	for i := idLength - 1; i > 0; i-- {
		id[i] = crockford[n%32]
		n /= 32
	}
	id[0] = crockford[10+n%22]
	return string(id)
}

// misread takes the letters and signs of an id as typed for those that were meant.
var misread = strings.NewReplacer(" ", "", "-", "", "I", "1", "L", "1", "O", "0")

// ParseID reads an id as people type it: small letters, spaces and hyphens between, i and l for 1, o for 0. It says false for what cannot be an id.
func ParseID(s string) (string, bool) {
	s = misread.Replace(strings.ToUpper(Clean(s)))
	if len(s) != idLength || s[0] < 'A' {
		return "", false
	}
	for _, r := range s {
		if !strings.ContainsRune(crockford, r) {
			return "", false
		}
	}
	return s, true
}

// The kinds of grassroots library (Decision 1687/QĐ-TTg names the models). Their names are the messages "kind." and the id.
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

// kindWords are folded words of which all in a group tell the kind, in Vietnamese or English. The first group that fits decides.
var kindWords = []struct {
	words string
	kind  string
}{
	{"phap luat", LegalBookcase}, {"legal", LegalBookcase}, {"law bookcase", LegalBookcase}, {"tspl", LegalBookcase},
	{"buu dien", PostOfficePoint}, {"post office", PostOfficePoint}, {"bdvhx", PostOfficePoint}, {"bd vhx", PostOfficePoint},
	{"hoc tap cong dong", LearningCentre}, {"htcd", LearningCentre}, {"learning", LearningCentre},
	{"trung tam van hoa", CultureCentre}, {"ttvh", CultureCentre}, {"van hoa the thao", CultureCentre}, {"culture sport", CultureCentre}, {"cultural and sports", CultureCentre}, {"culture and sport", CultureCentre}, {"nha van hoa xa", CultureCentre},
	{"trung tam dich vu tong hop", CultureCentre},
	{"thu vien xa", CommuneLibrary}, {"thu vien phuong", CommuneLibrary}, {"thu vien cap xa", CommuneLibrary}, {"thu vien cong cong cap xa", CommuneLibrary}, {"commune library", CommuneLibrary}, {"commune public library", CommuneLibrary},
	{"ward library", CommuneLibrary},
}

var otherKinds = map[string]bool{"khac": true, "other": true, "loai khac": true, "thiet che khac": true,
	"tu sach cong dong": true, "community bookcase": true, "thu vien cong dong": true, "community library": true, "nha van hoa thon ban": true, "village culture house": true}

// LibraryKind recognises a kind of library by its id or by a Vietnamese or English spelling.
func LibraryKind(text string) (string, bool) {
	t := words(text)
	for _, k := range LibraryKinds {
		if t == words(k) {
			return k, true
		}
	}
	if otherKinds[t] {
		return OtherLibraryKind, true
	}
	if kind := kindIn(t); kind != "" {
		return kind, true
	}
	if t == "thu vien" || t == "library" {
		return CommuneLibrary, true
	}
	return "", false
}

// kindIn finds the kind that folded words speak of, "" for none.
func kindIn(t string) string {
	for _, k := range kindWords {
		if strings.Contains(" "+t+" ", " "+k.words+" ") {
			return k.kind
		}
	}
	return ""
}

// words is a folded text with a space for every sign that is neither letter nor digit.
func words(s string) string {
	return strings.Join(strings.FieldsFunc(Fold(s), sign), " ")
}

func sign(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
