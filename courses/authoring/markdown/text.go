package markdown

import (
	"strconv"
	"strings"
	"unicode"

	"lopban/courses/authoring/mistake"

	"golang.org/x/text/unicode/norm"
)

const (
	MaxText = 32 << 10 // bytes of one text file, and of a text that is shown
	MaxPath = 100      // letters of the longest path of a course's folder: that of a lesson with the longest id
)

// Newlines takes the byte order mark away and makes every line end with one \n.
func Newlines(s string) string {
	s = strings.TrimPrefix(s, "\ufeff")
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// Short cuts a quotation for a message.
func Short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

// CheckText names letters in pieces and control characters of one line; before is the number of lines before it.
func CheckText(m *mistake.Mistakes, file string, before int, line string) {
	if !norm.NFC.IsNormalString(line) {
		from := max(norm.NFC.QuickSpanString(line)-8, 0)
		m.Add(file, before+1, "text-not-nfc", Short(norm.NFC.String(strings.ToValidUTF8(line[from:], ""))))
	}
	for _, r := range line {
		if (unicode.IsControl(r) && r != '\t') || r == '\u2028' || r == '\u2029' || r == '\ufeff' || Bidi(r) {
			m.Add(file, before+1, "text-control", strconv.QuoteRuneToASCII(r))
			return
		}
	}
}

// Bidi tells whether a character turns the direction of writing: neither language uses one, and they can hide what a
// text says.
func Bidi(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }

// Slug is a title in a-z, 0-9 and hyphens, without tones, 40 letters at most.
func Slug(title string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(title)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			b.WriteByte(' ')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return strings.Join(strings.Fields(b.String()), "-")
}

func KiB(n int) string { return strconv.Itoa((n+1023)>>10) + " KiB" }
