package accounts

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"lopban/courses/problem"
)

func TestPasswordsRefused(t *testing.T) {
	for typed, code := range map[string]string{
		"":                          "password-short",
		"ngắn quá"[:9]:              "password-short",
		norm.NFD.String("ếếếế"):     "password-short", // 12 code points, 4 letters
		strings.Repeat("ế", 86):     "password-long",
		strings.Repeat("a b", 400):  "password-long",
		"rừng xanh\xff":             "password-text",
		"0912345678":                "password-login",
		"+84 912 345 678":           "password-login",
		"THU.VIEN.BAN":              "password-login",
		"Thư.Viện.Bản":              "password-login",
		"matkhau123":                "password-common",
		"MatKhau@123":               "password-common",
		"Mật khẩu 123":              "password-common",
		norm.NFD.String("mậtkhẩu1"): "password-common",
		"m@tkh@u2026":               "password-common",
		"anhyeuem":                  "password-common",
		"password":                  "password-common",
		"P@ssw0rd1":                 "password-common",
		"12345678":                  "password-common",
		"87654321":                  "password-common",
		"11111111":                  "password-common",
		"12121212":                  "password-common",
		"abcdabcdabcd":              "password-common",
		"abcdefghijk":               "password-common",
		"thuvien1687":               "password-common",
		"lopban@2026":               "password-common",
		"qwertyuiop":                "password-common",
		"1q2w3e4r":                  "password-common",
		"Tuyên Quang 08":            "password-common",
		"tuyenquang!":               "password-common",
		"30041975":                  "password-common",
		"administrator":             "password-common",
	} {
		_, err := Password(typed, "0912345678", "thu.vien.ban")
		wantProblem(t, typed, err, "password", code)
	}
}

func TestPasswordsTakenWhole(t *testing.T) {
	for _, typed := range []string{
		"tám chữ!", "        trống     ", "mèo con leo cây cau", strings.Repeat("ế", 84) + "êm", strings.Repeat("x0", 128)[:255] + "!", "0912345679", "bánh chưng xanh", "🙂🙃🙂🙃🙂🙂🙃x",
	} {
		got, err := Password(typed, "0912345678")
		if err != nil || got != typed {
			t.Errorf("Password(%q) = %q, %v", typed, got, err)
		}
	}
	if got, err := Password(norm.NFD.String("bánh chưng xanh")); err != nil || got != "bánh chưng xanh" {
		t.Errorf("decomposed: %q, %v", got, err)
	}
}

func TestEveryLetterOfALongPasswordCounts(t *testing.T) {
	long := strings.Repeat("ế", 84) + "abc"
	hash, err := UsualCost.hashed(long)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", hash)
	}
	for typed, want := range map[string]bool{long: true, norm.NFD.String(long): true, long[:len(long)-1]: false, long + "d": false, strings.Repeat(long, 10): false, "": false} {
		if got, err := UsualCost.matches(typed, hash); got != want || err != nil {
			t.Errorf("%d bytes: %v, %v", len(typed), got, err)
		}
	}
}

func TestNothingMatchesWhereThereIsNoHash(t *testing.T) {
	for _, typed := range []string{"", "nobody", strings.Repeat("x", 10_000)} {
		if got, err := UsualCost.matches(typed, ""); got || err != nil {
			t.Errorf("matches(%q) = %v, %v", typed[:min(len(typed), 10)], got, err)
		}
	}
}

// Whether somebody has a password is not told by how long the answer takes: what is compared where there is none costs
// what a hash of the program does.
func TestNobodysPasswordCostsTheSame(t *testing.T) {
	for _, cost := range []Cost{UsualCost, cheap} {
		hash, err := cost.hashed("bánh chưng xanh")
		if err != nil {
			t.Fatal(err)
		}
		params := func(hash string) argon2id.Params {
			p, salt, key, err := argon2id.DecodeHash(hash)
			if err != nil || len(salt) == 0 || len(key) == 0 {
				t.Fatalf("%s: %v", hash, err)
			}
			return *p
		}
		if params(cost.nobody()) != params(hash) || params(hash) != argon2id.Params(cost) {
			t.Errorf("%s and %s", cost.nobody(), hash)
		}
	}
	if s := NewAccounts(nil, nil, nil); s.Cost != UsualCost {
		t.Errorf("a program hashes at %+v", s.Cost)
	}
}

func FuzzPassword(f *testing.F) {
	for _, s := range []string{"", "matkhau123", "bánh chưng xanh", norm.NFD.String("ếếếếếếếế"), "\xff\xfe", "12121212", "\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		p, err := Password(typed)
		if err != nil {
			if !errors.Is(err, problem.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if !norm.NFC.IsNormalString(p) || utf8.RuneCountInString(p) < 8 || len(p) > 256 || p != norm.NFC.String(typed) {
			t.Errorf("Password(%q) = %q", typed, p)
		}
	})
}

func BenchmarkMatches(b *testing.B) {
	for b.Loop() {
		if _, err := UsualCost.matches("bánh chưng xanh", ""); err != nil {
			b.Fatal(err)
		}
	}
}
