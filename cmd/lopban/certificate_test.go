package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses"
	"lopban/courses/credential/credentialtest"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// verdict is the first word that verify prints, and the fields after it.
func verdict(t *testing.T, o *programtest.Registry, what string) []string {
	t.Helper()
	got := tells(t, "verify", what, "--data", o.Data)
	fields := strings.Split(strings.TrimSuffix(got.out, "\n"), "\t")
	if want := map[bool]int{true: 0, false: 1}[fields[0] == "valid"]; got.code != want {
		t.Errorf("verify %s says %q and ends with %d: %s", what, got.out, got.code, got.err)
	}
	return fields
}

func TestVerifyBesideAServerSaysTheVerdictFirst(t *testing.T) {
	o := programtest.NewRegistry(t)
	pdf, err := o.Programme.Papers.Keep(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, data []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	printed, err := o.Programme.Papers.AsPrinted(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	bent := []byte(printed.VerifyURL)
	bent[len(bent)-9]++
	flipped := bytes.Clone(pdf)
	flipped[len(flipped)/2] ^= 1
	code := courses.ShowCode(o.Entry.Code)
	for _, c := range []struct{ name, what, want string }{
		{"code", code, "valid"}, {"link", "http://lopban.test/v/" + o.Entry.Code + "#x", "valid"}, {"serial", o.Entry.Serial, "valid"}, {"register number", o.Entry.Register, "valid"},
		{"link of the paper", printed.VerifyURL, "valid"}, {"link of another's facts", string(bent), "changed"},
		{"paper", file("a.pdf", pdf), "valid"}, {"capital ending", file("a.PDF", pdf), "valid"}, {"one bit", file("b.pdf", flipped), "changed"}, {"more at the end", file("c.pdf", append(bytes.Clone(pdf), "\n%"...)), "changed"},
		{"another program's", file("d.pdf", []byte("%PDF-1.7\n")), "unknown"}, {"no code of ours", programtest.Swapped(o.Entry.Code), "unknown"}, {"a code that nobody has", programtest.Unknown(t), "unknown"}, {"a number that nobody has", "08.2026.09999", "unknown"},
	} {
		if got := verdict(t, o, c.what); got[0] != c.want || c.want != "unknown" && (len(got) != 6 || got[1] != code || got[3] != "Vàng Thị Mỷ") {
			t.Errorf("%s: %q, want %s", c.name, got, c.want)
		}
	}
	// What the server does meanwhile is known at once.
	staff := func(login string) roster.Account {
		a, err := o.Programme.Accounts.ByLogin(t.Context(), login)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	made, err := o.Programme.Reissue(t.Context(), staff("0912000001"), o.Entry.Code, courses.Lost)
	if err != nil {
		t.Fatal(err)
	}
	if got := verdict(t, o, o.Entry.Code); got[0] != "replaced" {
		t.Errorf("replaced: %q", got)
	}
	if _, err := o.Programme.AskRegister(t.Context(), staff("0912000001"), made.Code, false, courses.Mistaken, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Programme.AnswerRegister(t.Context(), staff("0912000002"), made.Code, true); err != nil {
		t.Fatal(err)
	}
	if got := verdict(t, o, made.Code); got[0] != "revoked" {
		t.Errorf("revoked: %q", got)
	}
}

func TestCertificatesAreReissuedAndRevokedFromTheCommandLine(t *testing.T) {
	o := programtest.NewRegistry(t)
	code := courses.ShowCode(o.Entry.Code)
	tells(t, "certificate", "reissue", code, "--reason", "lost", "--data", o.Data).want(t, 1, "in use")
	o.Close()
	tells(t, "certificate", "reissue", code, "--data", o.Data).want(t, 2, "--reason")
	tells(t, "certificate", "reissue", code, "--reason", "thích", "--data", o.Data).want(t, 2, "--reason")
	tells(t, "certificate", "reissue", programtest.Unknown(t), "--reason", "lost", "--data", o.Data).want(t, 1, "no certificate")
	tells(t, "certificate", "reissue", code, "--reason", "name", "--data", o.Data).want(t, 1, "same name")
	got := tells(t, "certificate", "reissue", code, "--reason", "damaged", "--data", o.Data).want(t, 0)
	fields := strings.Split(got.out, "\t")
	if len(fields) != 5 || fields[0] != "reissued" || !strings.Contains(fields[4], code) {
		t.Fatalf("reissued: %q", got.out)
	}
	made := fields[1]
	if got := verdict(t, o, code); got[0] != "replaced" {
		t.Errorf("the old one: %q", got)
	}
	if got := verdict(t, o, made); got[0] != "valid" {
		t.Errorf("the new one: %q", got)
	}
	revoke := func(more ...string) told {
		return tells(t, append([]string{"certificate", "revoke", made, "--data", o.Data}, more...)...)
	}
	revoke("--reason", "thích").want(t, 2, "--reason")
	revoke("--reason", "other").want(t, 1, "reason")
	revoke("--reason", "mistake", "--asked-by", "0912000001").want(t, 1, "two people")
	revoke("--reason", "mistake", "--asked-by", "0912000001", "--approved-by", "0912000001").want(t, 1, "yourself")
	if got := revoke("--reason", "mistake").want(t, 0, "has to agree"); !strings.HasPrefix(got.out, "asked\t") {
		t.Errorf("asked: %q", got.out)
	}
	if got := verdict(t, o, made); got[0] != "valid" {
		t.Errorf("on one person's word: %q", got)
	}
	if got := revoke("--reason", "mistake", "--asked-by", "0912000001", "--approved-by", "0912000002").want(t, 0); !strings.HasPrefix(got.out, "revoked\t") {
		t.Errorf("revoked: %q", got.out)
	}
	if got := verdict(t, o, made); got[0] != "revoked" {
		t.Errorf("revoked: %q", got)
	}
}

// The issuer signs with its own token: what comes back is looked at, kept as it came, and served from then on.
func TestIssuerSignsWithItsOwnToken(t *testing.T) {
	o := programtest.NewRegistry(t)
	pdf, err := o.Programme.Papers.Keep(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	o.Close()
	dir := filepath.Join(t.TempDir(), "to-sign")
	tells(t, "certificate", "download", "--province", "08", "--since", "hôm nay", dir, "--data", o.Data).want(t, 1, "2026-12-05")
	got := tells(t, "certificate", "download", "--province", "08", dir, "--data", o.Data).want(t, 0)
	name := filepath.Join(dir, courses.ShowCode(o.Entry.Code)+".pdf")
	if data, err := os.ReadFile(name); err != nil || !bytes.Equal(data, pdf) || !strings.HasPrefix(got.out, name+"\t") {
		t.Fatalf("%v %q", err, got.out)
	}
	countersign := func(data []byte) told {
		t.Helper()
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return tells(t, "certificate", "countersign", name, "--data", o.Data)
	}
	token := credentialtest.NewToken(t, "-newkey", "rsa:2048")
	signed := token.Sign(t, pdf, credentialtest.SamePage)
	countersign(pdf).want(t, 1, "no signature of the issuer")
	countersign(append(bytes.Clone(signed), "% more\n"...)).want(t, 1, "whole file")
	countersign([]byte("%PDF-1.7 something else")).want(t, 1, "")
	countersign(append(bytes.Clone(signed), make([]byte, 3<<20)...)).want(t, 1, "too large")
	if got := countersign(signed).want(t, 0); !strings.Contains(got.out, "Nguyễn Văn Sĩ, Thư viện tỉnh Tuyên Quang") {
		t.Errorf("%q", got.out)
	}
	countersign(signed).want(t, 0) // sent twice
	countersign(token.Sign(t, pdf, credentialtest.SamePage+" ")).want(t, 1, "already")
	if got := verdict(t, o, name); got[0] != "changed" {
		t.Errorf("the refused one: %q", got)
	}
	for what, data := range map[string][]byte{"as it was signed": signed, "as it was made": pdf} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := verdict(t, o, name); got[0] != "valid" {
			t.Errorf("%s: %q", what, got)
		}
	}
	opened(t, o.Data, func(st store.Store) {
		s, err := console.NewProgramme(t.Context(), st, "http://lopban.test", io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if served, err := s.Papers.Keep(t.Context(), o.Entry.Certificate); err != nil || !bytes.Equal(served, signed) {
			t.Errorf("another file is served: %v", err)
		}
	})
	if got := tells(t, "certificate", "download", "--province", "08", dir, "--data", o.Data).want(t, 0); got.out != "" {
		t.Errorf("asked to sign again: %q", got.out)
	}
}
