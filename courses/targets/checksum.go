package targets

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"
)

// checksum is the SHA-256 of lines, by which whoever has the rows can prove that they are the ones that were counted.
type checksum struct{ hash.Hash }

// newChecksum begins with the lines that every text has.
func newChecksum(what string, s Scope, day Day) checksum {
	sum := checksum{sha256.New()}
	for _, line := range headLines(what, s, day) {
		sum.line(line)
	}
	return sum
}

// headLines are what a text is and the number of its form, list, province, commune where there is one, and day.
func headLines(what string, s Scope, day Day) []string {
	province := s.Province
	if province == "" {
		province = "-"
	}
	lines := []string{"lopban " + what, "by " + string(s.By), "province " + province}
	if s.Commune != "" {
		lines = append(lines, "commune "+s.Commune)
	}
	lines = append(lines, "asOf "+string(day))
	if s.KnownOn != "" {
		lines = append(lines, "knownOn "+string(s.KnownOn))
	}
	return lines
}

func (c checksum) line(text string) { _, _ = io.WriteString(c, text+"\n") } // a hash never fails

// sorted adds the lines in the order of their bytes, and ends.
func (c checksum) sorted(lines []string) string {
	slices.Sort(lines)
	for _, l := range lines {
		c.line(l)
	}
	return c.hex()
}

func (c checksum) hex() string { return hex.EncodeToString(c.Sum(nil)) }
