package markdown

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// inlineWriter writes the runs of one paragraph.
type inlineWriter struct {
	strings.Builder
	newline string
	runs    []run
	open    []mark
	shown   rune // the last character that a reader sees; 0 at the beginning of a line
}

// mark is one of Markdown's pairs around text.
type mark struct {
	begin, end string
}

func (w *inlineWriter) write() string {
	for i, r := range w.runs {
		if r.line {
			w.close(0)
			w.WriteString(w.newline)
			w.shown = 0
			continue
		}
		w.marks(i)
		switch {
		case r.image != "":
			w.WriteString("![" + EscapeText(r.text, false, 'x', 'x') + "](../media/" + r.image + ")")
			w.shown = 'x'
		case r.code:
			w.WriteString(codeSpan(r.text))
			w.shown = 'x'
		default:
			w.text(r, i)
		}
	}
	w.close(0)
	return w.String()
}

// marks closes the marks that the run does not have and opens those it has, the longest lasting first.
func (w *inlineWriter) marks(i int) {
	want := w.wanted(i)
	keep := 0
	for keep < len(w.open) && slices.Contains(want, w.open[keep]) {
		keep++
	}
	w.close(keep)
	fresh := slices.DeleteFunc(slices.Clone(want), func(m mark) bool { return slices.Contains(w.open, m) })
	lasts := func(m mark) int {
		n := i
		for n < min(len(w.runs), i+8) && !w.runs[n].line && slices.Contains(w.wanted(n), m) {
			n++
		}
		return n
	}
	slices.SortStableFunc(fresh, func(a, b mark) int { return lasts(b) - lasts(a) })
	for _, m := range fresh {
		w.WriteString(m.begin)
		w.open = append(w.open, m)
	}
}

func (w *inlineWriter) wanted(i int) []mark {
	r := w.runs[i]
	if r.image != "" {
		return nil
	}
	var all []mark
	if r.href != "" {
		all = append(all, mark{"[", "](" + destination.Replace(r.href) + ")"})
	}
	if r.bold {
		all = append(all, mark{"**", "**"})
	}
	if r.italic {
		all = append(all, mark{"*", "*"})
	}
	if r.strike {
		all = append(all, mark{"~~", "~~"})
	}
	return all
}

var destination = strings.NewReplacer("(", "%28", ")", "%29", "[", "%5B", "]", "%5D")

func (w *inlineWriter) close(keep int) {
	for len(w.open) > keep {
		w.WriteString(w.open[len(w.open)-1].end)
		w.open = w.open[:len(w.open)-1]
	}
}

func (w *inlineWriter) text(r run, i int) {
	s := r.text
	if w.shown == ']' && s[0] == '[' { // two brackets side by side would be a link without its address
		s = " " + s
	}
	after := ' '
	if i+1 < len(w.runs) && !w.runs[i+1].line {
		after = 'x'
		if t := w.runs[i+1]; t.style == (style{}) && t.image == "" {
			after, _ = utf8.DecodeRuneInString(t.text)
		}
	}
	if r.href != "" {
		w.WriteString(EscapeText(s, w.shown == 0, w.shown, after))
	} else {
		w.linked(s, after)
	}
	w.shown, _ = utf8.DecodeLastRuneInString(s)
}

// bareLink is an address in a text that readers may want to follow.
var bareLink = regexp.MustCompile(`(?:https?://|\bwww\.)[^\s<>"'\\]*[^\s<>"'\\.,;:!?)\]*_~` + "`" + `]`)

// linked writes a text and makes links of the addresses in it.
func (w *inlineWriter) linked(s string, after rune) {
	for s != "" {
		at := bareLink.FindStringIndex(s)
		if at == nil || !outsideLink.MatchString(site(s[at[0]:at[1]])) {
			w.WriteString(EscapeText(s, w.shown == 0, w.shown, after))
			return
		}
		if at[0] > 0 {
			w.WriteString(EscapeText(s[:at[0]], w.shown == 0, w.shown, 'x'))
		}
		if address := s[at[0]:at[1]]; site(address) == address {
			w.WriteString("<" + address + ">")
		} else {
			w.WriteString("[" + EscapeText(address, false, 'x', 'x') + "](" + destination.Replace(site(address)) + ")")
		}
		s, w.shown = s[at[1]:], 'x'
	}
}

func site(address string) string {
	if strings.HasPrefix(address, "www.") {
		return "http://" + address
	}
	return address
}

// fence is a row of backticks that is longer than any in a text, and at least so long.
func fence(s string, least int) string {
	longest, row := least-1, 0
	for i := range len(s) {
		if s[i] != '`' {
			row = 0
			continue
		}
		row++
		longest = max(longest, row)
	}
	return strings.Repeat("`", longest+1)
}

func codeSpan(s string) string {
	fence := fence(s, 1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

var (
	lineStart = regexp.MustCompile(`^(?:[#>=+:-]|[0-9]{1,9}[.)])`)
	entity    = regexp.MustCompile(`^&(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]*;)`)
	tagStart  = regexp.MustCompile(`^<[A-Za-z/!?]`)
	doubled   = strings.NewReplacer("][", "] [")
)

// EscapeText writes a text so that it is read as nothing but itself. before and after are the characters around it, 0
// at the beginning of a line.
func EscapeText(s string, start bool, before, after rune) string {
	s = doubled.Replace(s)
	var b strings.Builder
	if start {
		if m := lineStart.FindString(s); m != "" {
			b.WriteString(m[:len(m)-1] + `\` + m[len(m)-1:])
			before = rune(m[len(m)-1])
			s = s[len(m):]
		}
	}
	for i, r := range s {
		follows, last := after, i+utf8.RuneLen(r) == len(s)
		if !last {
			follows, _ = utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		}
		if special(r, s[i:], last, before, follows) || r == '.' && strings.HasSuffix(strings.ToLower(b.String()), "www") {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// special tells whether a character would be read as a mark; rest begins with it.
func special(r rune, rest string, last bool, before, follows rune) bool {
	switch r {
	case '\\', '`', '*', '[', ']', '~', '|':
		return true
	case '_':
		return !letter(before) || !letter(follows)
	case '&':
		return last || entity.MatchString(rest)
	case '<':
		return last || tagStart.MatchString(rest)
	case '!':
		return last
	case ':':
		return strings.HasPrefix(rest, "://")
	}
	return false
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
