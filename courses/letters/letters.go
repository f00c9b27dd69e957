// Package letters knows which letters paper can print, and how Vietnamese was written before Unicode. It imports
// nothing of ours: what is taken in and what is printed must agree on letters.
package letters

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Paper are the ranges of runes that certificates and slips print: Latin with the letters of Vietnamese and of the
// languages spoken beside it, and the punctuation of both. Letters of scripts that need shaping, marks that have no
// composed letter, and invisible characters are left out on purpose: the PDF library would set them wrongly or not at
// all.
var Paper = [][2]rune{
	{0x0020, 0x007E}, {0x00A0, 0x00AC}, {0x00AE, 0x017F}, // Latin, without the soft hyphen
	{0x01A0, 0x01A1}, {0x01AF, 0x01B0}, // Ơ Ư
	{0x1E00, 0x1E9B}, {0x1E9E, 0x1E9E}, {0x1EA0, 0x1EF9}, // the rest of Vietnamese and its neighbours
	{0x2010, 0x2010}, {0x2012, 0x2015}, {0x2018, 0x201E}, {0x2026, 0x2026}, // dashes, quotation marks, ellipsis
	{0x20AB, 0x20AB}, {0x2116, 0x2116}, // đồng, numero
}

// Printable says whether paper prints the letter.
func Printable(letter rune) bool {
	for _, r := range Paper {
		if r[0] <= letter && letter <= r[1] {
			return true
		}
	}
	return false
}

// Invisible says whether a letter prints nothing: zero-width spaces and joiners, soft hyphens, byte order marks, what
// turns the direction of a text around, control characters.
func Invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.IsControl(r)
}

// meant are signs that Word and Excel put in by themselves, and what is printed for them.
var meant = map[rune]string{
	'•': "-", '‣': "-", '⁃': "-", '●': "-", '○': "-", '◦': "-", '▪': "-", '■': "-", '□': "-", '►': "-", '∙': "-", '♦': "-", '❖': "-", '➢': "-", '−': "-",
	'‑': "-", '→': "-", '⇒': "-", '✓': "", '✔': "", '☑': "", '★': "", '☆': "", '\uFFFC': "", 'ʼ': "’", 'ʻ': "‘", 'ʹ': "’", '′': "’",
}

// Mend writes text, in NFC, with letters that paper prints where it is plain which are meant: bullets, which Word keeps
// as letters of its own symbol fonts, become hyphens, or nothing at the beginning; full-width and compatibility forms
// ("：", "Ⅲ", "ﬁ") the letters that they stand for. It gives back the letters that it can print in no way, each once.
func Mend(s string) (mended string, bad []rune) {
	s = norm.NFC.String(s)
	if plain(s) {
		return s, nil
	}
	var b strings.Builder
	for _, r := range s {
		switch instead, ok := meant[r]; {
		case Printable(r):
			b.WriteRune(r)
		case ok:
			b.WriteString(instead)
		case r >= 0xE000 && r <= 0xF8FF: // private use: Symbol and Wingdings
			b.WriteString("-")
		default:
			if instead := norm.NFKC.String(string(r)); plain(instead) {
				b.WriteString(instead)
				continue
			}
			if !strings.ContainsRune(string(bad), r) {
				bad = append(bad, r)
			}
			b.WriteRune(r)
		}
	}
	return strings.TrimLeft(strings.Join(strings.Fields(b.String()), " "), "- "), bad
}

func plain(s string) bool {
	for _, r := range s {
		if !Printable(r) {
			return false
		}
	}
	return true
}

// Vietnamese puts Đ and đ where a letter of another alphabet that looks the same was typed: Ð (U+00D0, of Icelandic
// keyboards and old converters), Ɖ (U+0189) and their small letters. Unicode calls them different letters, so that no
// normalisation does it.
func Vietnamese(r rune) rune {
	switch r {
	case 'Ð', 'Ɖ':
		return 'Đ'
	case 'ð', 'ɖ':
		return 'đ'
	}
	return r
}

// Unmarked says whether a text has letters, and none outside ASCII.
func Unmarked(s string) bool {
	found := false
	for _, r := range s {
		if unicode.IsLetter(r) {
			if r > unicode.MaxASCII {
				return false
			}
			found = true
		}
	}
	return found
}
