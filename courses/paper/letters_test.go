package paper

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-fonts/liberation/liberationmonobold"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
	"github.com/jung-kurt/gofpdf"
	"golang.org/x/text/unicode/norm"

	"lopban/courses/letters"
)

// vietnamese are the 134 letters of Vietnamese outside ASCII.
const vietnamese = "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬĐÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ" +
	"àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"

func TestVietnameseLettersRoundTrip(t *testing.T) {
	all := []rune(vietnamese)
	if len(all) != 134 {
		t.Fatalf("%d letters, want 134", len(all))
	}
	for name, form := range map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD} {
		t.Run(name, func(t *testing.T) {
			c := sample()
			c.Holder.Name = form.String(string(all[:45]))      // bold
			c.Holder.Library = form.String(string(all[45:90])) // regular
			c.Issuer.Town = form.String(string(all[90:]))      // italic
			pdf := paperOf(t, c)
			words := drawn(t, pdf)
			for _, want := range []string{string(all[:45]), "Đơn vị công tác: " + string(all[45:90]) + ", xã Sà Phìn, tỉnh Tuyên Quang",
				string(all[90:]) + ", ngày 05 tháng 12 năm 2026"} {
				if !slices.Contains(words, want) {
					t.Errorf("not drawn: %s", want)
				}
			}
			file := filepath.Join(t.TempDir(), "letters.pdf")
			if err := os.WriteFile(file, pdf, 0o600); err != nil {
				t.Fatal(err)
			}
			text := run(t, "pdftotext", "-layout", file, "-")
			for _, want := range []string{string(all[:45]), string(all[45:90]), string(all[90:])} {
				if !strings.Contains(text, want) {
					t.Errorf("pdftotext does not find %s in\n%s", want, text)
				}
			}
		})
	}
}

func TestEveryFaceHasEveryLetter(t *testing.T) {
	whole := map[face][]byte{
		regular: liberationserifregular.TTF, bold: liberationserifbold.TTF, italic: liberationserifitalic.TTF, boldItalic: liberationserifbolditalic.TTF, mono: liberationmonobold.TTF,
		text: liberationserifregular.TTF, textBold: liberationserifbold.TTF, textItalic: liberationserifitalic.TTF, sans: liberationsansregular.TTF, sansBold: liberationsansbold.TTF,
	}
	for name, font := range whole {
		before, after := glyphs(t, font), glyphs(t, name.font())
		ranges := letters.Paper
		if books()[name] != nil {
			ranges = slices.Concat(letters.Paper, wide)
		}
		for _, r := range ranges {
			for letter := r[0]; letter <= r[1]; letter++ {
				if before[uint16(letter)] == 0 {
					t.Errorf("%s has no %U", name, letter)
				} else if after[uint16(letter)] == 0 {
					t.Errorf("%s lost %U when it was cut", name, letter)
				}
			}
		}
	}
	for _, letter := range vietnamese {
		if !letters.Printable(letter) {
			t.Errorf("%c is not printable", letter)
		}
	}
}

// glyphs reads which letters a font has, with gofpdf's other parser.
func glyphs(t *testing.T, font []byte) map[uint16]uint16 {
	t.Helper()
	file := filepath.Join(t.TempDir(), "font.ttf")
	if err := os.WriteFile(file, font, 0o600); err != nil {
		t.Fatal(err)
	}
	parsed, err := gofpdf.TtfParse(file)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Chars
}
