package paper

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/go-fonts/liberation/liberationmonobold"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
	"github.com/jung-kurt/gofpdf"

	"lopban/courses/letters"
)

// face is one of the fonts on paper.
type face string

const (
	regular    face = "regular"
	bold       face = "bold"
	italic     face = "italic"
	boldItalic face = "bold-italic"
	mono       face = "mono" // bold; for codes

	// The faces of booklets hold more signs than those of papers, whose bytes must not change.
	text       face = "text"
	textBold   face = "text-bold"
	textItalic face = "text-italic"
	sans       face = "sans" // for the words in drawings
	sansBold   face = "sans-bold"
	signs      face = "ZapfDingbats" // every reader of PDF has it
)

// wide are the signs that booklets have besides letters: arrows, mathematics and shapes of Windows Glyph List 4, which
// all the fonts have.
var wide = [][2]rune{
	{0x2022, 0x2022}, {0x2032, 0x2033}, {0x2190, 0x2193}, {0x2212, 0x2212}, {0x2248, 0x2248}, {0x2260, 0x2260}, {0x2264, 0x2265},
	{0x25A0, 0x25A1}, {0x25B2, 0x25B2}, {0x25BA, 0x25BA}, {0x25BC, 0x25BC}, {0x25CB, 0x25CB}, {0x25CF, 0x25CF},
}

// faces are the fonts of papers cut down to letters, books those of booklets. gofpdf reads the whole font for every
// document: cutting them once per process makes a certificate three times as fast.
var (
	faces = sync.OnceValue(func() map[face][]byte {
		return cut(letters.Paper, map[face][]byte{
			regular: liberationserifregular.TTF, bold: liberationserifbold.TTF, italic: liberationserifitalic.TTF, boldItalic: liberationserifbolditalic.TTF, mono: liberationmonobold.TTF,
		})
	})
	books = sync.OnceValue(func() map[face][]byte {
		return cut(slices.Concat(letters.Paper, wide), map[face][]byte{
			text: liberationserifregular.TTF, textBold: liberationserifbold.TTF, textItalic: liberationserifitalic.TTF,
			sans: liberationsansregular.TTF, sansBold: liberationsansbold.TTF,
		})
	})
)

func cut(ranges [][2]rune, fonts map[face][]byte) map[face][]byte {
	var all strings.Builder
	for _, r := range ranges {
		for letter := r[0]; letter <= r[1]; letter++ {
			all.WriteRune(letter)
		}
	}
	cut := map[face][]byte{}
	for name, font := range fonts {
		cut[name] = gofpdf.UTF8CutFont(bytes.Clone(font), all.String()) // gofpdf may write behind the end of a font
	}
	return cut
}

// font is the bytes of a face, nil for one that gofpdf has itself.
func (f face) font() []byte {
	if b, ok := faces()[f]; ok {
		return b
	}
	return books()[f]
}
