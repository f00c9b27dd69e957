#!/bin/bash
# One would guess: text in a letter that the font lacks gives an error, or at least a box on the page; and a test that
# reads the PDF's text back would notice that something is missing.
# What happens: the letters are left blank, there is no error, and pdftotext reads them as if they were printed: the page
# looks the same, pixel for pixel, as one without them.
# Seen with: github.com/jung-kurt/gofpdf v1.16.2, Liberation Serif (github.com/go-fonts/liberation v0.3.3),
# poppler-utils of Debian; found by printing and comparing.
# Why it matters here: a certificate may carry a name or a library with a sign that the font lacks. Reading the text back
# is no proof; each letter has to be looked up in the font before anything is printed.
set -euo pipefail
command -v pdftotext >/dev/null || { echo "needs poppler-utils" >&2; exit 2; }
cd "$(mktemp -d)"
cat > go.mod <<'END'
module finding

go 1.26

require (
	github.com/go-fonts/liberation v0.3.3
	github.com/jung-kurt/gofpdf v1.16.2
)
END
cat > main.go <<'END'
package main

import (
	"bytes"
	"os"

	"github.com/go-fonts/liberation/liberationserifregular"
	"github.com/jung-kurt/gofpdf"
)

func main() {
	p := gofpdf.New("P", "mm", "A4", "")
	p.AddUTF8FontFromBytes("serif", "", bytes.Clone(liberationserifregular.TTF))
	p.AddPage()
	p.SetFont("serif", "", 40)
	p.Text(20, 40, os.Args[2])
	if err := p.OutputFileAndClose(os.Args[1]); err != nil {
		panic(err)
	}
}
END
go mod tidy 2>/dev/null
go list -m github.com/jung-kurt/gofpdf
version=$(pdftotext -v 2>&1)
echo "${version%%$'\n'*}"
go run . with.pdf 'Thư viện 漢字'
go run . without.pdf 'Thư viện'
read -r text < <(pdftotext with.pdf -)
echo "text read back: $text"
for f in with without; do pdftoppm -r 60 -gray "$f.pdf" "$f"; done
same=no
cmp -s with-1.pgm without-1.pgm && same=yes
echo "the pages look the same: $same"
[ "$text" = 'Thư viện 漢字' ] && [ "$same" = yes ] || { echo "this has changed" >&2; exit 1; }
