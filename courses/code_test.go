package courses

import (
	"crypto/rand"
	"strings"
	"testing"
)

func newCode(t testing.TB) string {
	t.Helper()
	code, err := NewCode(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestCodeIsReadAsPeopleTypeIt(t *testing.T) {
	for range 200 {
		code := newCode(t)
		loose := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(code))
		for _, typed := range []string{code, ShowCode(code), loose, " " + loose[:4] + " " + loose[4:8] + " - " + loose[8:]} {
			if got, ok := ReadCode(typed); !ok || got != code {
				t.Fatalf("%q is read as %q, %v", typed, got, ok)
			}
		}
	}
}

func TestEveryWrongCharacterIsNoticed(t *testing.T) {
	code := newCode(t)
	for i := range code {
		for _, r := range alphabet {
			if wrong := code[:i] + string(r) + code[i+1:]; wrong != code {
				if _, ok := ReadCode(wrong); ok {
					t.Errorf("%s for %s", wrong, code)
				}
			}
		}
	}
	for _, typed := range []string{"", "U", code[:11], code + "0", "AAAA-AAAA-AAAU", "日本"} {
		if _, ok := ReadCode(typed); ok {
			t.Errorf("%q is taken for a code", typed)
		}
	}
}

// Of the swaps of two neighbours only that of the first and the last letter of the alphabet goes unnoticed by the Luhn
// algorithm.
func TestSwappedNeighboursAreNoticed(t *testing.T) {
	for range 300 {
		code := newCode(t)
		for i := range codeLength - 1 {
			a, b := code[i], code[i+1]
			if a == b || a == '0' && b == 'Z' || a == 'Z' && b == '0' {
				continue
			}
			if wrong := code[:i] + string(b) + string(a) + code[i+2:]; len(wrong) == codeLength {
				if _, ok := ReadCode(wrong); ok {
					t.Fatalf("%s for %s", wrong, code)
				}
			}
		}
	}
}

func FuzzReadCode(f *testing.F) {
	f.Add("0123-4567-89AB")
	f.Add("oooo ILIL")
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := ReadCode(typed)
		if !ok {
			return
		}
		if again, ok := ReadCode(ShowCode(code)); !ok || again != code {
			t.Fatalf("%q is read as %q and that as %q", typed, code, again)
		}
	})
}
