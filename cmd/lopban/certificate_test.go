package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/credential/credentialtest"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// registry is a data folder in which somebody of 08 has earned a certificate, held open as by a server.
type registry struct {
	data, pdf string
	st        store.Store
	s         *programme.Programme
	entry     school.Entry
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	o := &registry{data: t.TempDir(), pdf: filepath.Join(t.TempDir(), "giay.PDF")}
	var err error
	if o.st, err = (console.Place{Data: o.data}).Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o.s, err = console.NewProgramme(t.Context(), o.st, "http://lopban.test", io.Discard); err != nil {
		t.Fatal(err)
	}
	text := courses.Text{Vi: "Khóa", En: "Course"}
	v := courses.Version{Course: "K", Hash: "h", Strand: courses.LibraryService, Title: text, Periods: 2, PassMark: 60,
		Modules: []courses.Module{{ID: "m", Title: text, Lessons: []courses.Lesson{{ID: "doc", Title: text, Minutes: 90}}}}}
	if _, _, err := o.s.School.Publish(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	p, err := o.s.Roll.Add(t.Context(), roster.Entry{Name: "Vàng Thị Mỷ", Library: "Thư viện xã", Commune: "00715", On: roster.Day(o.s.Now()).AddDate(-1, 0, 0)}, "operator")
	if err != nil {
		t.Fatal(err)
	}
	r, err := o.s.Record(t.Context(), p.ID, courses.Fact{ID: "1", Kind: "completion", Course: "K", Lesson: "doc", At: console.Clock()})
	if err != nil || r.Certificate == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if o.entry, err = o.s.School.Look(t.Context(), r.Certificate); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"0912000001", "0912000002"} {
		a, _, err := o.s.Accounts.Create(t.Context(), roster.Operator(), "", "Cán Bộ", []roster.Role{roster.Staff}, "08")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Update(t.Context(), o.st, roster.AccountKind, a.ID, func(a *roster.Account) error { a.Logins = []string{login}; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := o.st.Insert(t.Context(), roster.LoginKind, &roster.Login{ID: login, Account: a.ID}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(o.close)
	return o
}

// close ends the server.
func (o *registry) close() {
	if o.st != nil {
		o.s.Background.Stop()
		o.st.Close()
		o.st = nil
	}
}

// verdict is the first word that verify prints, and the fields after it.
func (o *registry) verdict(t *testing.T, what string) []string {
	t.Helper()
	got := tells(t, "verify", what, "--data", o.data)
	fields := strings.Split(strings.TrimSuffix(got.out, "\n"), "\t")
	if want := map[bool]int{true: 0, false: 1}[fields[0] == "valid"]; got.code != want {
		t.Errorf("verify %s says %q and ends with %d: %s", what, got.out, got.code, got.err)
	}
	return fields
}

func TestVerifyBesideAServerSaysTheVerdictFirst(t *testing.T) {
	o := newRegistry(t)
	pdf, err := o.s.Papers.Keep(t.Context(), o.entry.Certificate)
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
	printed, err := o.s.Papers.AsPrinted(t.Context(), o.entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	bent := []byte(printed.VerifyURL)
	bent[len(bent)-9]++
	flipped := bytes.Clone(pdf)
	flipped[len(flipped)/2] ^= 1
	code := courses.ShowCode(o.entry.Code)
	for _, c := range []struct{ name, what, want string }{
		{"code", code, "valid"}, {"link", "http://lopban.test/v/" + o.entry.Code + "#x", "valid"}, {"serial", o.entry.Serial, "valid"}, {"register number", o.entry.Register, "valid"},
		{"link of the paper", printed.VerifyURL, "valid"}, {"link of another's facts", string(bent), "changed"},
		{"paper", file("a.pdf", pdf), "valid"}, {"capital ending", file("a.PDF", pdf), "valid"}, {"one bit", file("b.pdf", flipped), "changed"}, {"more at the end", file("c.pdf", append(bytes.Clone(pdf), "\n%"...)), "changed"},
		{"another program's", file("d.pdf", []byte("%PDF-1.7\n")), "unknown"}, {"no code of ours", swapped(o.entry.Code), "unknown"}, {"a code that nobody has", unknown(t), "unknown"}, {"a number that nobody has", "08.2026.09999", "unknown"},
	} {
		if got := o.verdict(t, c.what); got[0] != c.want || c.want != "unknown" && (len(got) != 6 || got[1] != code || got[3] != "Vàng Thị Mỷ") {
			t.Errorf("%s: %q, want %s", c.name, got, c.want)
		}
	}
	// What the server does meanwhile is known at once.
	staff := func(login string) roster.Account {
		a, err := o.s.Accounts.ByLogin(t.Context(), login)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	made, err := o.s.Reissue(t.Context(), staff("0912000001"), o.entry.Code, courses.Lost)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.verdict(t, o.entry.Code); got[0] != "replaced" {
		t.Errorf("replaced: %q", got)
	}
	if _, err := o.s.AskRegister(t.Context(), staff("0912000001"), made.Code, false, courses.Mistaken, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := o.s.AnswerRegister(t.Context(), staff("0912000002"), made.Code, true); err != nil {
		t.Fatal(err)
	}
	if got := o.verdict(t, made.Code); got[0] != "revoked" {
		t.Errorf("revoked: %q", got)
	}
}

func TestCertificatesAreReissuedAndRevokedFromTheCommandLine(t *testing.T) {
	o := newRegistry(t)
	code := courses.ShowCode(o.entry.Code)
	tells(t, "certificate", "reissue", code, "--reason", "lost", "--data", o.data).want(t, 1, "in use")
	o.close()
	tells(t, "certificate", "reissue", code, "--data", o.data).want(t, 2, "--reason")
	tells(t, "certificate", "reissue", code, "--reason", "thích", "--data", o.data).want(t, 2, "--reason")
	tells(t, "certificate", "reissue", unknown(t), "--reason", "lost", "--data", o.data).want(t, 1, "no certificate")
	tells(t, "certificate", "reissue", code, "--reason", "name", "--data", o.data).want(t, 1, "same name")
	got := tells(t, "certificate", "reissue", code, "--reason", "damaged", "--data", o.data).want(t, 0)
	fields := strings.Split(got.out, "\t")
	if len(fields) != 5 || fields[0] != "reissued" || !strings.Contains(fields[4], code) {
		t.Fatalf("reissued: %q", got.out)
	}
	made := fields[1]
	if got := o.verdict(t, code); got[0] != "replaced" {
		t.Errorf("the old one: %q", got)
	}
	if got := o.verdict(t, made); got[0] != "valid" {
		t.Errorf("the new one: %q", got)
	}
	revoke := func(more ...string) told {
		return tells(t, append([]string{"certificate", "revoke", made, "--data", o.data}, more...)...)
	}
	revoke("--reason", "thích").want(t, 2, "--reason")
	revoke("--reason", "other").want(t, 1, "reason")
	revoke("--reason", "mistake", "--asked-by", "0912000001").want(t, 1, "two people")
	revoke("--reason", "mistake", "--asked-by", "0912000001", "--approved-by", "0912000001").want(t, 1, "yourself")
	if got := revoke("--reason", "mistake").want(t, 0, "has to agree"); !strings.HasPrefix(got.out, "asked\t") {
		t.Errorf("asked: %q", got.out)
	}
	if got := o.verdict(t, made); got[0] != "valid" {
		t.Errorf("on one person's word: %q", got)
	}
	if got := revoke("--reason", "mistake", "--asked-by", "0912000001", "--approved-by", "0912000002").want(t, 0); !strings.HasPrefix(got.out, "revoked\t") {
		t.Errorf("revoked: %q", got.out)
	}
	if got := o.verdict(t, made); got[0] != "revoked" {
		t.Errorf("revoked: %q", got)
	}
}

// The issuer signs with its own token: what comes back is looked at, kept as it came, and served from then on.
func TestIssuerSignsWithItsOwnToken(t *testing.T) {
	o := newRegistry(t)
	pdf, err := o.s.Papers.Keep(t.Context(), o.entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	o.close()
	dir := filepath.Join(t.TempDir(), "to-sign")
	tells(t, "certificate", "download", "--province", "08", "--since", "hôm nay", dir, "--data", o.data).want(t, 1, "2026-12-05")
	got := tells(t, "certificate", "download", "--province", "08", dir, "--data", o.data).want(t, 0)
	name := filepath.Join(dir, courses.ShowCode(o.entry.Code)+".pdf")
	if data, err := os.ReadFile(name); err != nil || !bytes.Equal(data, pdf) || !strings.HasPrefix(got.out, name+"\t") {
		t.Fatalf("%v %q", err, got.out)
	}
	countersign := func(data []byte) told {
		t.Helper()
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return tells(t, "certificate", "countersign", name, "--data", o.data)
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
	if got := o.verdict(t, name); got[0] != "changed" {
		t.Errorf("the refused one: %q", got)
	}
	for what, data := range map[string][]byte{"as it was signed": signed, "as it was made": pdf} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := o.verdict(t, name); got[0] != "valid" {
			t.Errorf("%s: %q", what, got)
		}
	}
	opened(t, o.data, func(st store.Store) {
		s, err := console.NewProgramme(t.Context(), st, "http://lopban.test", io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if served, err := s.Papers.Keep(t.Context(), o.entry.Certificate); err != nil || !bytes.Equal(served, signed) {
			t.Errorf("another file is served: %v", err)
		}
	})
	if got := tells(t, "certificate", "download", "--province", "08", dir, "--data", o.data).want(t, 0); got.out != "" {
		t.Errorf("asked to sign again: %q", got.out)
	}
}
