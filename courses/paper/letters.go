package paper

import (
	"bytes"
	"strings"
	"sync"

	"github.com/go-fonts/liberation/liberationmonobold"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
	"github.com/jung-kurt/gofpdf"
)

// face is one of the fonts on paper.
type face string

const (
	regular face = "regular"
	bold    face = "bold"
	italic  face = "italic"
	mono    face = "mono" // bold; for codes
)

// letters are the ranges of runes that can be printed: Latin with the letters of Vietnamese and of the languages spoken beside it, and the
// punctuation of both. All are in each face, which a test proves. Letters of scripts that need shaping, marks that have no composed
// letter, and invisible characters are left out on purpose: gofpdf would set them wrongly or not at all.
var letters = [][2]rune{
	{0x0020, 0x007E}, {0x00A0, 0x00AC}, {0x00AE, 0x017F}, // Latin, without the soft hyphen
	{0x01A0, 0x01A1}, {0x01AF, 0x01B0}, // Ơ Ư
	{0x1E00, 0x1E9B}, {0x1E9E, 0x1E9E}, {0x1EA0, 0x1EF9}, // the rest of Vietnamese and its neighbours
	{0x2010, 0x2010}, {0x2012, 0x2015}, {0x2018, 0x201E}, {0x2026, 0x2026}, // dashes, quotation marks, ellipsis
	{0x20AB, 0x20AB}, {0x2116, 0x2116}, // đồng, numero
}

func printable(letter rune) bool {
	for _, r := range letters {
		if r[0] <= letter && letter <= r[1] {
			return true
		}
	}
	return false
}

// faces are the fonts cut down to letters. gofpdf reads the whole font for every document: cutting them once per process makes a
// certificate three times as fast.
var faces = sync.OnceValue(func() map[face][]byte {
	var all strings.Builder
	for _, r := range letters {
		for letter := r[0]; letter <= r[1]; letter++ {
			all.WriteRune(letter)
		}
	}
	cut := map[face][]byte{}
	for name, font := range map[face][]byte{
		regular: liberationserifregular.TTF, bold: liberationserifbold.TTF, italic: liberationserifitalic.TTF, mono: liberationmonobold.TTF,
	} {
		cut[name] = gofpdf.UTF8CutFont(bytes.Clone(font), all.String()) // gofpdf may write behind the end of a font
	}
	return cut
})
