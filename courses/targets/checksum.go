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

// newChecksum begins with the lines that every text has: what it is and the number of its form, list, province, commune where there is one, and day.
func newChecksum(what string, s Scope, day Day) checksum {
	sum := checksum{sha256.New()}
	sum.line("lopban " + what + " 1")
	sum.line("by " + string(s.By))
	province := s.Province
	if province == "" {
		province = "-"
	}
	sum.line("province " + province)
	if s.Commune != "" {
		sum.line("commune " + s.Commune)
	}
	sum.line("asOf " + string(day))
	return sum
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
