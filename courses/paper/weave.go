package paper

import (
	"fmt"
	"strings"
	"sync"
)

// The border is woven: a grid of square stitches, as in the brocade (thổ cẩm) of the highlands. The ink of a stitch
// depends only on its distance, in steps, from the centre of the nearest diamond, so the pattern turns the corners by
// itself. Rows are drawn as dashed lines, which keeps the whole border at some hundred operators.
const (
	stitch  = 87.0 / 160                // mm; makes both sides of A4 whole numbers of diamonds
	band    = 17                        // stitches across the border: 9.2 mm
	diamond = 16                        // stitches from one centre to the next
	across  = 32*diamond + 1            // stitches along the long side
	down    = 22*diamond + 1            // and along the short one
	margin  = (297 - across*stitch) / 2 // mm from the edge of the paper
	inner   = margin + band*stitch      // mm from the edge of the paper to what is inside
)

// woven tells the ink at each distance from a diamond's centre: i indigo, r madder, y maize, a space for none.
const woven = "yyrr ii rr iiiiii"

// stitchAt is the ink at a place in the pattern.
func stitchAt(x, y int) byte {
	off := func(n int) int { return max(n%diamond-diamond/2, diamond/2-n%diamond) }
	return woven[off(x)+off(y)]
}

// threads are the inks of the border and the letters of their stitches, in the order in which they are drawn.
var threads = []struct {
	code byte
	ink  ink
}{{'y', maize}, {'r', madder}, {'i', indigo}}

// cloth is the border as PDF operators: the same on every page.
var cloth = sync.OnceValue(func() string {
	var out strings.Builder
	out.WriteString("0 J 1.04 w\n")
	for _, thread := range threads {
		fmt.Fprintf(&out, "%.3f %.3f %.3f RG\n", float64(thread.ink[0])/255, float64(thread.ink[1])/255, float64(thread.ink[2])/255)
		for row := range band/2 + 1 {
			writeRow(&out, thread.code, row)
		}
	}
	out.WriteString("[] 0 d\n")
	return out.String()
})

// weave draws the border around an A4 page in landscape.
func (s *sheet) weave() {
	for _, thread := range threads {
		s.showWeave(thread.code, thread.ink)
	}
	s.raw(margin, margin, stitch, cloth())
}

// writeRow draws a row of one ink on all four sides, and its mirror image on the other side of the band's middle.
func writeRow(out *strings.Builder, code byte, row int) {
	dash, phase := dashes(code, row)
	if dash == "" {
		return
	}
	rows := []int{row}
	if mirror := band - 1 - row; mirror != row {
		rows = append(rows, mirror)
	}
	fmt.Fprintf(out, "[%s] %d d\n", dash, phase)
	for _, r := range rows {
		for _, y := range []int{r, down - band + r} {
			fmt.Fprintf(out, "0 %d.5 m %d %d.5 l\n", y, across, y)
		}
	}
	out.WriteString("S\n")
	fmt.Fprintf(out, "[%s] %d d\n", dash, (phase+band)%diamond)
	for _, r := range rows {
		for _, x := range []int{r, across - band + r} {
			fmt.Fprintf(out, "%d.5 %d m %d.5 %d l\n", x, band, x, down-band)
		}
	}
	out.WriteString("S\n")
}

// dashes is the PDF dash pattern of one ink along a row: lengths on and off in turn, and how far into the pattern the
// row begins. It is empty where the row has none of the ink. No row is of one ink alone.
func dashes(code byte, row int) (pattern string, phase int) {
	on := func(x int) bool { return stitchAt(x, row) == code }
	start := 0
	for start < diamond && (!on(start) || on(start+diamond-1)) {
		start++
	}
	if start == diamond {
		return "", 0
	}
	var lengths []string
	for x, end := start, start; x < start+diamond; x = end {
		for end < start+diamond && on(end) == on(x) {
			end++
		}
		lengths = append(lengths, fmt.Sprint(end-x))
	}
	return strings.Join(lengths, " "), (diamond - start) % diamond
}
