package paper

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"lopban/courses/problem"
)

func TestInspect(t *testing.T) {
	pdf := paperOf(t, sample())
	signed := append(append([]byte{}, pdf...), "\n% a signature is appended\n"...)
	for name, file := range map[string][]byte{"as it was made": pdf, "with a signature": signed} {
		code, hash, err := Inspect(file)
		sum := sha256.Sum256(file)
		if err != nil || code != "7KQM4XW2HRTP" || hash != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: %q %s %v", name, code, hash, err)
		}
	}
}

func TestInspectRefusesOtherFiles(t *testing.T) {
	for name, file := range map[string]string{
		"nothing":         "",
		"a text":          "/Keywords (lopban 7KQM4XW2HRTP)",
		"another PDF":     "%PDF-1.7 /Keywords (annual report)",
		"cut off":         "%PDF-1.4 /Keywords (lopban 7KQM",
		"no code":         "%PDF-1.4 /Keywords (lopban )",
		"not a code":      "%PDF-1.4 /Keywords (lopban <script>)",
		"an endless code": "%PDF-1.4 /Keywords (lopban 77777777777777777777777777777777777777777777777777777777777777777)",
	} {
		if _, _, err := Inspect([]byte(file)); !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add([]byte("%PDF-1.4 /Keywords (lopban 7KQM4XW2HRTP)"))
	f.Add([]byte("%PDF-/Keywords (lopban )"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		code, hash, err := Inspect(file)
		if (err == nil) != (isCode([]byte(code)) && len(hash) == 64) {
			t.Errorf("code %q, hash %q, error %v", code, hash, err)
		}
	})
}
