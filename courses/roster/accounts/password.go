package accounts

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"lopban/content"
	"lopban/courses/problem"
	"lopban/courses/roster"
)

// The length of a password: at least 8 letters (ASVS 5.0, 6.2.1), and up to so many bytes taken whole, some 85
// Vietnamese letters with tones.
const (
	passwordLetters = 8
	passwordBytes   = 256
)

// Password is a new password as it is hashed: NFC, nothing trimmed or cut. It is a *problem.Problem of the field
// "password" when it is shorter than 8 letters, longer than 256 bytes, not text, one of the passwords that everyone
// tries first, or one of the logins. There are no rules on what letters it holds.
func Password(typed string, logins ...string) (string, error) {
	if len(typed) > 3*passwordBytes { // even decomposed, it would be too long
		return "", problem.Invalid("password", "password-long", passwordBytes)
	}
	p := norm.NFC.String(typed)
	switch {
	case !utf8.ValidString(p):
		return "", problem.Invalid("password", "password-text")
	case utf8.RuneCountInString(p) < passwordLetters:
		return "", problem.Invalid("password", "password-short", passwordLetters)
	case len(p) > passwordBytes:
		return "", problem.Invalid("password", "password-long", passwordBytes)
	case isLogin(p, logins):
		return "", problem.Invalid("password", "password-login")
	case isCommon(p):
		return "", problem.Invalid("password", "password-common")
	}
	return p, nil
}

func isLogin(p string, logins []string) bool {
	login, err := NormaliseLogin(p)
	return slices.Contains(logins, roster.Fold(p)) || err == nil && slices.Contains(logins, login)
}

// isCommon says whether a password is on the list, is a word of the list with a tail of up to five digits and signs, or
// goes on by one rule (one letter, a row of neighbours, a short piece over and over). Capitals, tones, spaces and the
// usual signs for letters make no difference.
func isCommon(p string) bool {
	p = strings.ReplaceAll(roster.Fold(p), " ", "")
	if monotonous(p) || listed(p) {
		return true
	}
	word := strings.TrimRightFunc(p, func(r rune) bool { return !unicode.IsLetter(r) })
	return word != "" && utf8.RuneCountInString(p[len(word):]) <= 5 && listed(word)
}

// commonPasswords are the passwords, and the words passwords are made of, that are tried first: folded, without spaces.
// With isCommon's tails they stand for some thousands of passwords (ASVS 5.0, 6.2.4 and 6.2.11: also the words of this
// product).
var commonPasswords = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(content.Passwords) {
		set[w] = true
	}
	return set
}()

// signsForLetters are what people write for letters, to seem clever.
var signsForLetters = strings.NewReplacer("@", "a", "0", "o", "1", "i", "3", "e", "$", "s", "5", "s", "!", "i")

func listed(p string) bool { return commonPasswords[p] || commonPasswords[signsForLetters.Replace(p)] }

// monotonous says whether the letters go up or down by a constant step of at most one, or repeat a piece of at most
// four.
func monotonous(p string) bool {
	r := []rune(p)
	if len(r) < 2 {
		return true
	}
	step, steady := r[1]-r[0], true
	for i := 1; i < len(r); i++ {
		steady = steady && r[i]-r[i-1] == step
	}
	if steady && step >= -1 && step <= 1 {
		return true
	}
	for n := 1; n <= 4 && n < len(r); n++ {
		if slices.Equal(r[n:], r[:len(r)-n]) {
			return true
		}
	}
	return false
}

// Cost is what hashing a password takes.
type Cost argon2id.Params

// UsualCost is Argon2id as OWASP's password storage sheet sets its least: 19 MiB, two passes, one lane. A guess costs
// 25 ms of one core, and a sign-in storm 19 MiB for each core.
var UsualCost = Cost{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobody is a hash of this cost that no password has been found for: it is compared where there is none.
func (c Cost) nobody() string {
	none := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", c.Memory, c.Iterations, c.Parallelism, none(make([]byte, c.SaltLength)), none(make([]byte, c.KeyLength)))
}

// matches compares a password as typed, at the same cost whatever the hash and the password are.
func (c Cost) matches(typed, hash string) (bool, error) {
	if len(typed) > 3*passwordBytes {
		typed, hash = "", ""
	}
	if hash == "" {
		hash = c.nobody()
	}
	return argon2id.ComparePasswordAndHash(norm.NFC.String(typed), hash)
}

// hashed is the hash of a password that Password gave.
func (c Cost) hashed(password string) (string, error) {
	return argon2id.CreateHash(password, (*argon2id.Params)(&c))
}
