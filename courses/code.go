package courses

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// alphabet is Crockford's base 32: no I, L, O or U, so that a code read aloud or from a bad print survives.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength is eleven random characters (55 bits) and one that checks them.
const codeLength = 12

// NewCode makes a certificate's code from random bytes.
func NewCode(random io.Reader) (string, error) {
	b := make([]byte, codeLength-1)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = alphabet[b[i]%32]
	}
	return string(b) + string(alphabet[luhn(string(b), 2)]), nil
}

// ReadCode reads a code as a person types it: in any case, with spaces or hyphens, O for 0, I or L for 1. ok says
// whether the last character fits the others; what does not fit was mistyped and is never looked up.
func ReadCode(typed string) (code string, ok bool) {
	var b strings.Builder
	for _, r := range strings.ToUpper(typed) {
		switch r {
		case ' ', '-', '.', '\u00a0', '–':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		if !strings.ContainsRune(alphabet, r) || b.Len() == codeLength {
			return "", false
		}
		b.WriteRune(r)
	}
	code = b.String()
	return code, len(code) == codeLength && luhn(code, 1) == 0
}

// ShowCode writes a code in groups of four.
func ShowCode(code string) string {
	var groups []string
	for len(code) > 4 {
		groups, code = append(groups, code[:4]), code[4:]
	}
	return strings.Join(append(groups, code), "-")
}

// luhn is the Luhn algorithm modulo 32 (ISO/IEC 7812-1, annex B, on another alphabet). With factor 2 it gives the check
// character of the digits, with factor 1 it is 0 when the last of them is right. It finds every single wrong character
// and nearly every swap of neighbours.
func luhn(digits string, factor int) int {
	sum := 0
	for i := len(digits) - 1; i >= 0; i-- {
		n := factor * strings.IndexByte(alphabet, digits[i])
		sum += n/32 + n%32
		factor = 3 - factor
	}
	return (32 - sum%32) % 32
}

// printedNumber is a serial (08.2026.00205) or the line in a register (08/2026/000205, with /n for the nth reissue).
var printedNumber = regexp.MustCompile(`^([0-9]{2})[./-]([0-9]{4})[./-]([0-9]{1,6})(?:/([0-9]{1,2}))?$`)

// ReadLink takes the code out of a link to a check page, and leaves anything else as it is.
func ReadLink(typed string) string {
	typed = strings.TrimSpace(typed)
	if _, after, ok := strings.Cut(typed, "/v/"); ok {
		if i := strings.IndexAny(after, "/?#"); i >= 0 {
			after = after[:i]
		}
		return after
	}
	if _, after, ok := strings.Cut(typed, "/v?code="); ok {
		after, _, _ = strings.Cut(after, "&")
		return after
	}
	return typed
}

// ReadTyped says whether what a person typed or pasted can be a code, a link, a serial or a register number.
func ReadTyped(typed string) bool {
	typed = ReadLink(typed)
	_, byNumber := ReadNumber(typed)
	_, code := ReadCode(typed)
	return byNumber || code
}

// ReadNumber reads a serial or a register number as it is printed, and gives how the ids of the register's line begin.
func ReadNumber(typed string) (register string, ok bool) {
	m := printedNumber.FindStringSubmatch(strings.Join(strings.Fields(typed), ""))
	if m == nil {
		return "", false
	}
	n, _ := strconv.Atoi(m[3])
	register = fmt.Sprintf("%s/%s/%06d", m[1], m[2], n)
	if m[4] != "" {
		register += "/" + m[4]
	}
	return register, n > 0
}
