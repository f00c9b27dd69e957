package letters

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Code is a way in which Vietnamese was written before Unicode. A text in such a code reaches us as the letters of
// Windows-1252 that its bytes stand for: so a font such as .VnTime shows them, and so do spreadsheets store them.
type Code string

const (
	Unicode Code = "unicode"
	TCVN3   Code = "tcvn3"        // TCVN 5712:1993, fonts .Vn…
	VNI     Code = "vni"          // fonts VNI-…
	Windows Code = "windows-1258" // letters and combining tones
	// UTF-8 that a program took for Windows-1252 or 1258, as Excel does with a CSV without its mark
	Garbled Code = "utf-8"
)

// Codes are the old codes, the most usual first.
var Codes = []Code{TCVN3, VNI, Windows, Garbled}

// OfFont is the code of a font by its name, "" for a font of Unicode.
func OfFont(name string) Code {
	name = strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, ".vn"):
		return TCVN3
	case strings.HasPrefix(name, "vni-") || strings.HasPrefix(name, "vni "):
		return VNI
	}
	return ""
}

// tcvn3 are the letters of TCVN 5712:1993 (VN3) from byte A1 on; a space where it has none. Capitals with tones are
// missing: fonts such as .VnTimeH draw them from the small ones.
const tcvn3 = "ĂÂÊÔƠƯĐăâêôơưđ      àảãáạ ằẳẵắ       ặầẩẫấậè ẻẽéẹềểễếệìỉ   ĩíịò ỏõóọồổỗốộờởỡớợù ủũúụừửữứựỳỷỹýỵ"

// vniMarks are the combining marks that VNI writes as a letter of its own after a vowel (ơ and ư typed as ô and ö).
var vniMarks = map[rune]string{
	'ù': "\u0301", 'ø': "\u0300", 'û': "\u0309", 'õ': "\u0303", 'ï': "\u0323",
	'â': "\u0302", 'á': "\u0302\u0301", 'à': "\u0302\u0300", 'å': "\u0302\u0309", 'ã': "\u0302\u0303", 'ä': "\u0302\u0323",
	'ê': "\u0306", 'é': "\u0306\u0301", 'è': "\u0306\u0300", 'ú': "\u0306\u0309", 'ü': "\u0306\u0303", 'ë': "\u0306\u0323",
}

// vniLetters are the letters that VNI writes with one sign.
var vniLetters = map[rune]rune{'ñ': 'đ', 'ô': 'ơ', 'ö': 'ư', 'î': 'ỵ', 'æ': 'ỉ', 'ó': 'ĩ', 'ò': 'ị', 'í': 'í', 'ì': 'ì'}

// Decode writes a text of an old code in Unicode, NFC. Letters that the code does not have stay.
func Decode(code Code, s string) string {
	switch code {
	case TCVN3:
		s = fromTCVN3(s)
	case VNI:
		s = fromVNI(s)
	case Windows:
		s = fromWindows(s)
	case Garbled:
		s = fromGarbled(s)
	}
	return norm.NFC.String(s)
}

var tcvn3Letters = []rune(tcvn3)

func fromTCVN3(s string) string {
	read := strings.Map(func(r rune) rune {
		if i := int(r) - 0xA1; i >= 0 && i < len(tcvn3Letters) && tcvn3Letters[i] != ' ' {
			return tcvn3Letters[i]
		}
		return r
	}, s)
	if inCapitals(s) { // of a font that draws them from the small ones
		return strings.ToUpper(read)
	}
	return read
}

// inCapitals says whether the letters of a text that are in ASCII are capitals throughout, and not at the beginnings of
// words alone.
func inCapitals(s string) bool {
	within := false
	for i, r := range s {
		switch {
		case 'a' <= r && r <= 'z':
			return false
		case 'A' <= r && r <= 'Z' && i > 0 && s[i-1] != ' ':
			within = true
		}
	}
	return within
}

func fromVNI(s string) string {
	var b strings.Builder
	var before rune // the vowel that a mark may stand after, small
	for _, r := range norm.NFC.String(s) {
		small := unicode.ToLower(r)
		if marks, ok := vniMarks[small]; ok && strings.ContainsRune("aeouyôö", before) && before != 0 && fits(before, small) {
			b.WriteString(marks)
			before = 0
			continue
		}
		before = small
		if letter, ok := vniLetters[small]; ok {
			if r != small {
				letter = unicode.ToUpper(letter)
			}
			r = letter
		}
		b.WriteRune(r)
	}
	return b.String()
}

// fits says whether a mark stands after the vowel: circumflexes after a, e, o; breves after a; tones after all.
func fits(vowel, mark rune) bool {
	switch {
	case strings.ContainsRune("âáàåãä", mark):
		return strings.ContainsRune("aeo", vowel)
	case strings.ContainsRune("êéèúüë", mark):
		return vowel == 'a'
	}
	return true
}

func fromWindows(s string) string {
	var b bytes.Buffer
	for _, r := range s {
		if c, ok := charmap.Windows1252.EncodeRune(r); ok {
			b.WriteRune(charmap.Windows1258.DecodeByte(c))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fromGarbled reads the bytes that letters stand for as UTF-8; a text that is none stays. The byte A0 stands for a
// space without a break, which programs make a space of, or leave out at the end.
func fromGarbled(s string) string {
	var b []byte
	open := 0 // bytes that the letter begun still needs
	add := func(c byte) {
		switch {
		case open > 0 && c&0xC0 == 0x80:
			open--
		case c&0xE0 == 0xC0:
			open = 1
		case c&0xF0 == 0xE0:
			open = 2
		}
		b = append(b, c)
	}
	for _, r := range s {
		c, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			c, ok = charmap.Windows1258.EncodeRune(r)
		}
		switch {
		case r == ' ' && open > 0:
			add(0xA0)
		case ok:
			add(c)
		case r >= 0x80 && r <= 0x9F:
			add(byte(r))
		default:
			return s
		}
	}
	if open > 0 {
		add(0xA0)
	}
	if !utf8.Valid(b) {
		return s
	}
	return string(b)
}

// Bytes is the text of bytes that are no UTF-8, as Decode takes it.
func Bytes(data []byte) []byte {
	text, _ := charmap.Windows1252.NewDecoder().Bytes(data) // has a letter for every byte
	return text
}

// Better says by how many words a text reads better in the code than as it is: words outside ASCII that are Vietnamese
// syllables (or Latin words without one), less those that are so already. It is 0 for a text that tells nothing, and
// negative for one that is Unicode.
func Better(code Code, s string) int { return reader{}.better(code, s) }

// reader remembers which words may be Vietnamese: tables repeat them.
type reader map[string]bool

func (r reader) better(code Code, s string) int {
	if ascii(s) {
		return 0
	}
	return r.syllables(Decode(code, s)) - r.syllables(strings.Map(Vietnamese, norm.NFC.String(s)))
}

func (r reader) syllable(w string) bool {
	is, known := r[w]
	if !known {
		is = Syllable(w)
		r[w] = is
	}
	return is
}

// Told are the codes in which texts are written, the one of most words first, and how many words tell that one; none
// where they read best as they are. ASCII texts tell nothing. A second code is told by texts that do not read better in
// the first.
func Told(texts []string) (codes []Code, words int) {
	read := reader{}
	texts = slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return ascii(s) || beyond(s) || !lettered(s) })
	for range Codes {
		var best Code
		most := 0
		for _, code := range Codes {
			n := 0
			for _, s := range texts {
				n += max(0, read.better(code, s))
			}
			if n > most && !slices.Contains(codes, code) {
				best, most = code, n
			}
		}
		if best == "" || len(codes) > 0 && most < secondWords {
			return codes, words
		}
		if codes = append(codes, best); len(codes) == 1 {
			words = most
		}
		texts = slices.DeleteFunc(texts, func(s string) bool { return read.better(best, s) > 0 })
	}
	return codes, words
}

// secondWords is how many words tell that there is another code beside the first.
const secondWords = 2

// lettered says whether a text has words: a number with dots of another kind between its digits has none.
func lettered(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }) >= 0
}

// syllables counts the words with a letter outside ASCII that may be Vietnamese, less those that may not.
func (r reader) syllables(s string) int {
	n := 0
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r < 0x80 }) {
		switch {
		case ascii(w):
		case r.syllable(w):
			n++
		default:
			n--
		}
	}
	return n
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// rhymes are the endings of Vietnamese syllables, without tones.
const rhymes = `a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ich im in inh ip it iu ia iêc iêm iên iêng iêp iêt iêu o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet ooc oong
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u uc ui um un ung up ut ua uân uâng uât uây uê uêch uênh uôc uôi uôm uôn uông uôt uơ uy uya uych uyên uyêt uynh uyt uyu
ư ưc ưi ưm ưn ưng ưt ưu ưa ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng yêt yêu`

var (
	onset = regexp.MustCompile(`^(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|b|c|d|đ|g|h|k|l|m|n|p|r|s|t|v|x)`)
	// ends in a vowel that is not its main one, which bears no tone; "uy" may have it on either
	gliding = regexp.MustCompile(`^(?:[^u].*|u.+)[iouy]$`)
	rhyme   = sync.OnceValue(func() map[string]bool {
		all := map[string]bool{}
		for _, r := range strings.Fields(rhymes) {
			all[r] = true
		}
		return all
	})
)

// Syllable says whether a word can be a Vietnamese syllable: a beginning and an ending of the language, at most one
// tone and that not on the glide at its end, capitals only at its beginning or throughout.
func Syllable(w string) bool {
	capitals, small, tones, toneAt := 0, 0, 0, 0
	var bare strings.Builder
	for i, r := range norm.NFD.String(w) {
		switch {
		case unicode.IsUpper(r):
			capitals++
			if i > 0 && small > 0 {
				return false
			}
		case unicode.IsLower(r):
			small++
		}
		switch r {
		case '\u0300', '\u0301', '\u0303', '\u0309', '\u0323':
			tones++
			toneAt = bare.Len()
		default:
			bare.WriteRune(unicode.ToLower(r))
		}
	}
	if tones > 1 || capitals > 1 && small > 0 {
		return false
	}
	word := norm.NFC.String(bare.String())
	head := onset.FindString(word)
	if tones == 1 && toneAt == bare.Len() && gliding.MatchString(word[len(head):]) {
		return false
	}
	known := rhyme()
	return known[word] || known[word[len(head):]] || head == "gi" && known["i"+word[len(head):]] || head == "qu" && known["u"+word[len(head):]] ||
		head == "gi" && word == "gi"
}

// Conversion is how texts of a table in old codes become Unicode: text by text, as rows come from several offices; and
// column by column, because titles are often typed again and names are not.
type Conversion struct {
	codes []As
	main  map[int]As // of columns of which every text is in a code; of the others only texts that read better
	read  reader
}

// As is a code that texts of a table are told to be in, and the one in which they are read: the same, or what somebody
// said instead.
type As struct {
	Told Code `json:"told"`
	Read Code `json:"read"`
}

const titleTexts = 3 // of a column in an old code that were typed again

// Convert finds how the columns of a table become Unicode. columns are texts of each; codes are those that are in it.
func Convert(codes []As, columns map[int][]string) Conversion {
	c := Conversion{codes, map[int]As{}, reader{}}
	for i, texts := range columns {
		own, old := 0, map[As]int{}
		for _, s := range texts {
			switch as, better := c.best(s); {
			case better < 0 || beyond(s):
				own++
			case better > 0:
				old[as]++
			}
		}
		var main As
		for _, as := range codes {
			if old[as] > old[main] || main.Told == "" && own == 0 {
				main = as
			}
		}
		if own == 0 || own <= titleTexts && own <= old[main] {
			c.main[i] = main
		}
	}
	return c
}

// best is the code in which a text reads best, and how much better than as it is; 0 or less for one that is in none.
func (c Conversion) best(s string) (best As, better int) {
	if ascii(s) || !lettered(s) {
		return As{}, 0
	}
	outside := beyond(s)
	for _, as := range c.codes {
		if outside && as.Told != Windows && as.Told != Garbled {
			continue
		}
		if n := c.read.better(as.Told, s); best.Told == "" || n > better {
			best, better = as, n
		}
	}
	return best, better
}

// Text is a text of a column in Unicode.
func (c Conversion) Text(column int, s string) string {
	as := c.In(column, s)
	return Decode(as.Read, s)
}

// In is the code in which a text of a column is, none for Unicode.
func (c Conversion) In(column int, s string) As {
	if len(c.codes) == 0 || ascii(s) {
		return As{}
	}
	as, better := c.best(s)
	switch main := c.main[column]; {
	case better > 0:
		return as
	case better == 0 && (!beyond(s) || main.Told == Windows):
		return main
	}
	return As{}
}

// Title is a text that may have been typed again: in Unicode unless it reads better in a code.
func (c Conversion) Title(s string) string {
	if as, better := c.best(s); better > 0 && !beyond(s) {
		return Decode(as.Read, s)
	}
	return s
}

// beyond says whether a text has a letter that no old code can be shown by.
func beyond(s string) bool {
	return strings.IndexFunc(norm.NFC.String(s), func(r rune) bool {
		_, ok := charmap.Windows1252.EncodeRune(r)
		return unicode.IsLetter(r) && !ok
	}) >= 0
}

// Known says whether the code is one of ours; Unicode is.
func Known(code string) (Code, bool) {
	c := Code(cmp.Or(code, string(Unicode)))
	return c, c == Unicode || slices.Contains(Codes, c)
}

// modernWords is how many words, not one word often, tell that texts are in an old code, where neither a font nor
// anybody says it.
const modernWords = 3

// Modern writes texts that are in an old code in Unicode, those that are in Unicode as they are, and counts the ones
// that changed. Signs between words tell nothing: "·" is ã in one code.
func Modern(texts []string) (read []string, changed int) {
	worded := make([]string, len(texts))
	for i, s := range texts {
		worded[i] = strings.Join(slices.DeleteFunc(inWords(s), func(w string) bool { return !lettered(w) }), " ")
	}
	codes, _ := Told(worded)
	if !certain(codes, worded) {
		return texts, 0
	}
	c := Convert(asTold(codes), map[int][]string{0: worded})
	mixed := slices.ContainsFunc(texts, beyond) // a word that is one in both stays
	if mixed {
		c.main = nil
	}
	for i, s := range texts {
		as := c.In(0, s)
		if mixed {
			as = c.In(0, worded[i])
		}
		now := Decode(as.Read, s)
		if as.Read == "" {
			now = s
		}
		if now != s {
			changed++
		}
		read = append(read, now)
	}
	return read, changed
}

// certain says whether enough words of texts are Vietnamese in one of the codes and not as they are, and hardly any in
// neither.
func certain(codes []Code, texts []string) bool {
	good, bad := map[string]bool{}, map[string]bool{}
	for _, s := range texts {
		if beyond(s) {
			continue
		}
		for _, w := range inWords(s) {
			if ascii(w) || Syllable(w) {
				continue
			}
			if slices.ContainsFunc(codes, func(code Code) bool { return Syllable(Decode(code, w)) }) {
				good[w] = true
			} else {
				bad[w] = true
			}
		}
	}
	return len(good) >= modernWords && len(good) >= 4*len(bad)
}

// inWords parts a text at the signs of ASCII.
func inWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r < utf8.RuneSelf && !unicode.IsLetter(r) })
}

func asTold(codes []Code) []As {
	var all []As
	for _, code := range codes {
		all = append(all, As{code, code})
	}
	return all
}
