package paper

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"lopban/courses/problem"
)

// keyword stands before the code in the metadata of a certificate's PDF.
const keyword = "lopban "

// Inspect finds the certificate's code in a PDF made by Certificate, also after somebody signed it (signing appends),
// and gives the SHA-256 of the bytes in hexadecimal, to compare with the register. The code alone proves nothing:
// anybody can copy it. It is a problem of code "paper-foreign" when the file is no PDF of ours.
func Inspect(pdf []byte) (code string, sha256Hex string, err error) {
	_, after, found := bytes.Cut(pdf, []byte("/Keywords ("+keyword))
	word, _, closed := bytes.Cut(after, []byte(")"))
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !found || !closed || !isCode(word) {
		return "", "", problem.Invalid("file", "paper-foreign")
	}
	sum := sha256.Sum256(pdf)
	return string(word), hex.EncodeToString(sum[:]), nil
}

func isCode(word []byte) bool {
	for _, b := range word {
		if (b < '0' || b > '9') && (b < 'A' || b > 'Z') {
			return false
		}
	}
	return len(word) > 0 && len(word) <= 64
}
