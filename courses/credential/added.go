package credential

import (
	"bytes"
	"encoding/hex"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lopban/courses/problem"
)

// added says whether what stands behind the kept bytes leaves the page as it was. It may add objects, give the page
// annotations that are signatures, and give the catalogue what signatures need. It may not give an object of the kept
// file another content, lead to another page by its trailer or tables, or be packed where this cannot be seen. No byte
// is read more than a few times, whatever stands there.
func added(kept, whole []byte) error {
	u := addition{kept: kept, whole: whole, rest: whole[len(kept):], old: heads(kept)}
	if !u.objects() || !u.tables() || !u.trailers() {
		return problem.Invalid("file", "signed-page")
	}
	return nil
}

type addition struct {
	kept, whole, rest []byte
	old               map[string]int // where the last object with a number begins in the kept bytes, behind its head
}

// mostAdded is how many objects may be added: a signature with proof for many years takes some fifty.
const mostAdded = 300

// LargestStamp is how much of the page the pictures of signatures may cover, in square points: a fifth of A4.
const LargestStamp = 100_000

// objects looks at every object that was added, wherever it stands. What cannot be read is refused, and so is an object
// within what was read of another.
func (u addition) objects() bool {
	covered := 0.0
	for at, end, n := 0, 0, 0; ; {
		i := bytes.Index(u.rest[at:], []byte("obj"))
		if i < 0 {
			return covered <= LargestStamp
		}
		id, is := headBefore(u.rest[:at+i])
		at += i + len("obj")
		if !is {
			continue
		}
		if n++; n > mostAdded || at < end {
			return false
		}
		body := skip(u.rest[at:])
		dict, behind, ok := readDict(body)
		end = len(u.rest) - len(behind)
		if old := u.newest(id); old != nil {
			was, _, readable := readDict(old)
			if !ok || !readable || !mayBecome(was, dict) {
				return false
			}
		}
		switch {
		case ok:
			area, harmless := judged(dict)
			if covered += area; !harmless {
				return false
			}
		case bytes.HasPrefix(body, []byte("<<")):
			return false
		case bytes.HasPrefix(body, []byte("[")):
			list, behind, ok := valueAt(body, 0)
			if !ok || !u.annotations(list) {
				return false
			}
			end = len(u.rest) - len(behind)
		}
	}
}

// free are the entries that an object of a sort may get or change.
var free = map[string][]string{
	"/Catalog": {"/AcroForm", "/Perms", "/DSS", "/Extensions", "/Version", "/Metadata"},
	"/Page":    {"/Annots", "/Tabs"},
}

// mayBecome says whether an object of the kept file may be replaced by this one.
func mayBecome(old, dict map[string]string) bool {
	kind := old["/Type"]
	switch {
	case kind == "/Catalog" || kind == "/Page":
	case old["/Producer"] != "" || old["/SigFlags"] != "": // the information, and the form
		return true
	default:
		return false
	}
	for key, value := range dict {
		if !slices.Contains(free[kind], key) && old[key] != value {
			return false
		}
	}
	for _, key := range []string{"/Type", "/Pages", "/Parent", "/Contents", "/Resources"} {
		if dict[key] != old[key] {
			return false
		}
	}
	return leadsOrStays(dict["/Annots"], old["/Annots"])
}

var aReference = regexp.MustCompile(`^\d+ \d+ R$`)

// leadsOrStays says whether annotations are objects of their own, which are judged, or were there before.
func leadsOrStays(list, old string) bool {
	if list == "" || aReference.MatchString(list) {
		return true
	}
	all, ok := items(list)
	before, _ := items(old)
	return ok && !slices.ContainsFunc(all, func(one string) bool { return !aReference.MatchString(one) && !slices.Contains(before, one) })
}

// annotations is leadsOrStays for a list that is an object. A list without dictionaries is none of annotations.
func (u addition) annotations(list string) bool {
	if !strings.Contains(list, "<<") {
		return true
	}
	page, _, ok := readDict(u.newest(pageOf(u.kept)))
	return ok && leadsOrStays(list, page["/Annots"])
}

// pageOf is the number of the one page of a file that was printed here.
func pageOf(pdf []byte) string {
	m := kids.FindSubmatch(pdf)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// judged refuses objects in which others hide, annotations that are no signature, and forms of another sort. area is
// how much of the page the object covers.
func judged(dict map[string]string) (area float64, harmless bool) {
	packs := dict["/W"] != "" && dict["/Size"] != "" || dict["/N"] != "" && dict["/First"] != ""
	if packs || dict["/Type"] == "/ObjStm" || dict["/Type"] == "/XRef" || dict["/XFA"] != "" {
		return 0, false
	}
	for _, value := range dict {
		if strings.Contains(value, "/XFA ") {
			return 0, false
		}
	}
	if dict["/Rect"] == "" {
		return 0, true
	}
	if dict["/Subtype"] != "/Widget" || dict["/FT"] != "/Sig" || dict["/A"] != "" || dict["/AA"] != "" {
		return 0, false
	}
	sides, ok := items(dict["/Rect"])
	if !ok || len(sides) != 4 {
		return 0, false
	}
	var n [4]float64
	for i, side := range sides {
		var err error
		if n[i], err = strconv.ParseFloat(side, 64); err != nil {
			return 0, false
		}
	}
	return math.Abs((n[2] - n[0]) * (n[3] - n[1])), true
}

// heads finds the objects of a file that was printed here: by number, where what the last one holds begins.
func heads(pdf []byte) map[string]int {
	all := map[string]int{}
	for at := 0; ; {
		i := bytes.Index(pdf[at:], []byte(" 0 obj"))
		if i < 0 {
			return all
		}
		end := at + i
		begin := end
		for begin > 0 && pdf[begin-1] >= '0' && pdf[begin-1] <= '9' {
			begin--
		}
		at = end + len(" 0 obj")
		if begin > 0 && begin < end && pdf[begin-1] == '\n' {
			all[string(pdf[begin:end])] = at
		}
	}
}

// newest gives what the last object with this number holds in the kept bytes, nil where there is none.
func (u addition) newest(id string) []byte {
	at, there := u.old[id]
	if !there {
		return nil
	}
	dict, _, _ := bytes.Cut(u.kept[at:min(len(u.kept), at+64<<10)], []byte("endobj"))
	return dict
}

const white = "\x00\t\n\f\r "

// headBefore gives the number of the object whose head these bytes end with, before the word obj.
func headBefore(b []byte) (id string, ok bool) {
	digits := func() string {
		from := len(b)
		for from > 0 && b[from-1] >= '0' && b[from-1] <= '9' {
			from--
		}
		n := string(b[from:])
		b = b[:from]
		return n
	}
	space := func() bool {
		n := len(b)
		b = bytes.TrimRight(b, white)
		return len(b) < n
	}
	if !space() || digits() == "" || !space() {
		return "", false
	}
	id = strings.TrimLeft(digits(), "0")
	return id, id != ""
}

// tables looks at where the tables of what was added lead.
func (u addition) tables() bool {
	last := bytes.LastIndex(u.rest, []byte("startxref"))
	if last < 0 {
		return false
	}
	at, ok := number(u.rest[last+len("startxref"):])
	if !ok || at < len(u.kept) || at >= len(u.whole) || !bytes.HasPrefix(u.whole[at:], []byte("xref")) {
		return false
	}
	for at := 0; ; {
		i := bytes.Index(u.rest[at:], []byte("xref"))
		if i < 0 {
			return true
		}
		begins := at + i
		at = begins + len("xref")
		if bytes.HasSuffix(u.rest[:begins], []byte("start")) {
			continue
		}
		table, _, found := bytes.Cut(u.rest[at:], []byte("trailer"))
		if !found || !u.table(strings.Fields(string(table))) {
			return false
		}
	}
}

// table looks at the words of one table: the first number and how many, and then an offset, a generation and a letter
// for each.
func (u addition) table(words []string) bool {
	for len(words) > 0 {
		if len(words) < 2 {
			return false
		}
		first, err1 := strconv.Atoi(words[0])
		count, err2 := strconv.Atoi(words[1])
		words = words[2:]
		if err1 != nil || err2 != nil || first < 0 || count < 0 || count > len(words)/3 {
			return false
		}
		for id := first; id < first+count; id++ {
			offset, err := strconv.Atoi(words[0])
			used := words[2] == "n"
			words = words[3:]
			switch {
			case err != nil || used && !u.leads(offset, id):
				return false
			case !used && id > 0:
				if _, taken := u.old[strconv.Itoa(id)]; taken { // an object of the kept file
					return false
				}
			}
		}
	}
	return true
}

// leads says whether the object with this number stands at an offset.
func (u addition) leads(offset, id int) bool {
	if offset <= 0 || offset >= len(u.whole) || u.whole[offset-1] >= '0' && u.whole[offset-1] <= '9' {
		return false
	}
	head := u.whole[offset:min(len(u.whole), offset+40)]
	i := bytes.Index(head, []byte("obj"))
	if i < 0 {
		return false
	}
	found, ok := headBefore(head[:i])
	return ok && found == strconv.Itoa(id) && bytes.HasPrefix(bytes.TrimLeft(head, "0"), []byte(found))
}

// trailers looks at what the ends of the file call its root.
func (u addition) trailers() bool {
	at := bytes.LastIndex(u.kept, []byte("trailer"))
	if at < 0 {
		return false
	}
	kept, _, ok := readDict(u.kept[at+len("trailer"):])
	if !ok {
		return false
	}
	_, behind, found := bytes.Cut(u.kept[at:], []byte("startxref"))
	end, ends := number(behind)
	if !found || !ends {
		return false
	}
	n := 0
	for rest := u.rest; ; n++ {
		_, after, more := bytes.Cut(rest, []byte("trailer"))
		if !more {
			return n > 0
		}
		dict, behind, ok := readDict(after)
		if bytes.Contains(after[:len(after)-len(behind)], []byte("trailer")) { // one in another
			return false
		}
		rest = behind
		if !ok || dict["/Root"] != kept["/Root"] || dict["/XRefStm"] != "" || dict["/Encrypt"] != "" {
			return false
		}
		prev, err := strconv.Atoi(dict["/Prev"])
		if err != nil || prev != end && (prev < len(u.kept) || prev >= len(u.whole) || !bytes.HasPrefix(u.whole[prev:], []byte("xref"))) {
			return false
		}
	}
}

func number(b []byte) (int, bool) {
	words := bytes.Fields(b[:min(len(b), 40)])
	if len(words) == 0 {
		return 0, false
	}
	n, err := strconv.Atoi(string(words[0]))
	return n, err == nil
}

// mostDeep is how deep values are nested that are read.
const mostDeep = 30

// readDict reads a dictionary with its values as they are written, their words divided by one space. It is not ok
// where something else stands there, or a key stands twice.
func readDict(b []byte) (dict map[string]string, rest []byte, ok bool) {
	return dictAt(skip(b), 0)
}

func dictAt(b []byte, deep int) (dict map[string]string, rest []byte, ok bool) {
	if deep > mostDeep || !bytes.HasPrefix(b, []byte("<<")) {
		return nil, b, false
	}
	b, dict = skip(b[2:]), map[string]string{}
	for !bytes.HasPrefix(b, []byte(">>")) {
		if len(b) == 0 || b[0] != '/' {
			return nil, b, false
		}
		var key, value string
		if key, b, ok = name(b); !ok {
			return nil, b, false
		}
		if value, b, ok = valueAt(skip(b), deep+1); !ok {
			return nil, b, false
		}
		if _, twice := dict[key]; twice {
			return nil, b, false
		}
		dict[key] = value
		b = skip(b)
	}
	return dict, b[2:], true
}

var reference = regexp.MustCompile("^([0-9]+)[\x00\t\n\f\r ]+([0-9]+)[\x00\t\n\f\r ]+R(?:[^A-Za-z0-9]|$)")

// valueAt reads one value.
func valueAt(b []byte, deep int) (value string, rest []byte, ok bool) {
	switch {
	case len(b) == 0 || deep > mostDeep:
		return "", b, false
	case bytes.HasPrefix(b, []byte("<<")):
		dict, rest, ok := dictAt(b, deep)
		var all []string
		for _, key := range slices.Sorted(maps.Keys(dict)) {
			all = append(all, key+" "+dict[key])
		}
		return "<<" + strings.Join(all, " ") + ">>", rest, ok
	case b[0] == '<':
		inside, rest, ok := bytes.Cut(b[1:], []byte(">"))
		digits := bytes.Join(bytes.FieldsFunc(inside, func(r rune) bool { return strings.ContainsRune(white, r) }), nil)
		if len(digits)%2 == 1 {
			digits = append(digits, '0')
		}
		return "<" + strings.ToLower(string(digits)) + ">", rest, ok
	case b[0] == '(':
		return literal(b)
	case b[0] == '[':
		var list strings.Builder
		list.WriteByte('[')
		b = skip(b[1:])
		for len(b) > 0 && b[0] != ']' {
			var one string
			if one, b, ok = valueAt(b, deep+1); !ok {
				return "", b, false
			}
			list.WriteString(" " + one)
			b = skip(b)
		}
		if len(b) == 0 {
			return "", b, false
		}
		return list.String() + " ]", b[1:], true
	case b[0] == '/':
		return name(b)
	}
	if m := reference.FindSubmatch(b[:min(len(b), 64)]); m != nil {
		end := bytes.IndexByte(b, 'R') + 1
		return string(m[1]) + " " + string(m[2]) + " R", b[end:], true
	}
	word := regular(b)
	if n, err := strconv.ParseFloat(string(word), 64); err == nil {
		return strconv.FormatFloat(n, 'f', -1, 64), b[len(word):], true
	}
	return string(word), b[len(word):], len(word) > 0
}

// items are the values of a list.
func items(list string) (all []string, ok bool) {
	if !strings.HasPrefix(list, "[") {
		return nil, false
	}
	b := skip([]byte(list)[1:])
	for len(b) > 0 && b[0] != ']' {
		var one string
		if one, b, ok = valueAt(b, 0); !ok {
			return nil, false
		}
		all = append(all, one)
		b = skip(b)
	}
	return all, len(b) > 0
}

// name reads a name and writes it without escapes.
func name(b []byte) (string, []byte, bool) {
	word := regular(b[1:])
	rest := b[1+len(word):]
	plain := []byte("/")
	for len(word) > 0 {
		if word[0] == '#' && len(word) > 2 {
			if c, err := hex.DecodeString(string(word[1:3])); err == nil {
				plain, word = append(plain, c...), word[3:]
				continue
			}
		}
		plain, word = append(plain, word[0]), word[1:]
	}
	return string(plain), rest, true
}

// literal reads a text between brackets, and writes it in hexadecimal: programs write the same text in other ways.
func literal(b []byte) (string, []byte, bool) {
	var text []byte
	open := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			if i++; i == len(b) {
				return "", nil, false
			}
			if plain, is := escapes[b[i]]; is {
				text = append(text, plain...)
				continue
			}
			if b[i] < '0' || b[i] > '7' {
				text = append(text, b[i])
				continue
			}
			n := 0
			for digits := 0; digits < 3 && i < len(b) && b[i] >= '0' && b[i] <= '7'; digits++ {
				n = n*8 + int(b[i]-'0')
				i++
			}
			i--
			text = append(text, byte(n))
		case '(':
			if open++; open > 1 {
				text = append(text, b[i])
			}
		case ')':
			if open--; open == 0 {
				return "<" + hex.EncodeToString(text) + ">", b[i+1:], true
			}
			text = append(text, b[i])
		default:
			text = append(text, b[i])
		}
	}
	return "", nil, false
}

var escapes = map[byte]string{'n': "\n", 'r': "\r", 't': "\t", 'b': "\b", 'f': "\f", '\n': "", '\r': ""}

func regular(b []byte) []byte {
	if i := bytes.IndexAny(b, white+"()<>[]{}/%"); i >= 0 {
		return b[:i]
	}
	return b
}

// skip leaves out white space and comments.
func skip(b []byte) []byte {
	for {
		b = bytes.TrimLeft(b, white)
		if len(b) == 0 || b[0] != '%' {
			return b
		}
		end := bytes.IndexAny(b, "\r\n")
		if end < 0 {
			return nil
		}
		b = b[end:]
	}
}
