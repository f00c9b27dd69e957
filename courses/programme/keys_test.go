package programme_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lopban/content"
	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/sqlite/sqlitetest"
)

// office is a store and the processes on it, at a time that stands still unless it is moved.
type office struct {
	t   *testing.T
	st  store.Store
	now time.Time
}

func newOffice(t *testing.T) *office {
	st := sqlitetest.Open(t, programme.Kinds()...)
	return &office{t, st, time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)}
}

// process is a program that starts on the store.
func (o *office) process(secret string) *programme.Programme {
	o.t.Helper()
	s, err := programme.New(o.t.Context(), programme.Config{Store: o.st, Content: content.FS, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: func() time.Time { return o.now }, BaseURL: "https://lopban.test", KeySecret: secret})
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func (o *office) signer(s *programme.Programme) *credential.Signer {
	o.t.Helper()
	signer, err := s.Keys.Signer(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return signer
}

func (o *office) keys(s *programme.Programme) credential.Keys {
	o.t.Helper()
	all, err := s.Keys.All(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

func entry() courses.Certificate {
	now := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	return courses.Certificate{ID: "p/K/1", Code: "7KQM4XW2HRTP", Register: "08/2026/000017", Serial: "08.2026.00017", Periods: 2,
		Title:     courses.Text{Vi: "Kĩ năng phục vụ người đọc"},
		Holder:    courses.Holder{Name: "Vàng Thị Mỷ", Library: "Thư viện xã Lũng Cú", Place: "tỉnh Tuyên Quang"},
		Issuer:    courses.Issuer{ID: "08", Name: "THƯ VIỆN TỈNH TUYÊN QUANG", Head: "GIÁM ĐỐC THƯ VIỆN", Capacity: "GIÁM ĐỐC", Signer: "Nguyễn Văn Sĩ", Town: "Tuyên Quang"},
		StartedAt: now, CompletedAt: now, IssuedAt: now, ValidUntil: courses.Forever, VerifyURL: "https://lopban.test/v/7KQM4XW2HRTP"}
}

const ownSecret = "0123456789abcdef0123456789abcdef"

func TestKeyIsMadeOnceAndKept(t *testing.T) {
	o := newOffice(t)
	a, b := o.process(""), o.process("")
	if o.signer(a).ID != "0001" || o.signer(b).Thumbprint != o.signer(a).Thumbprint || len(o.keys(b)) != 1 {
		t.Errorf("%+v", o.keys(b))
	}
}

func TestKeysRotateAndOldOnesGoOnChecking(t *testing.T) {
	o := newOffice(t)
	a, b := o.process(""), o.process("")
	facts := credential.FactsOf(entry())
	fragment, err := o.signer(a).Fragment(facts)
	if err != nil {
		t.Fatal(err)
	}
	o.signer(b)
	if err := a.Keys.RotateAfter(t.Context(), time.Hour); err != nil || len(o.keys(a)) != 1 {
		t.Fatalf("%v: a young key was changed", err)
	}
	o.now = o.now.Add(2 * time.Hour)
	if err := a.Keys.RotateAfter(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if o.signer(a).ID != "0002" || o.signer(b).ID != "0002" {
		t.Errorf("signs with %s and %s", o.signer(a).ID, o.signer(b).ID)
	}
	if old := o.keys(b)[0]; len(old.Sealed) != 0 || old.RetiredAt.IsZero() {
		t.Error("the private half of the old key is still there")
	}
	if got, err := o.keys(b).Check(facts.Code, fragment); err != nil || got != facts {
		t.Errorf("%v %+v", err, got)
	}
}

func TestRevokedKeyProvesNothing(t *testing.T) {
	o := newOffice(t)
	s := o.process("")
	fragment, err := o.signer(s).Fragment(credential.FactsOf(entry()))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Keys.Revoke(t.Context(), "0001"); err != nil {
		t.Fatal(err)
	}
	if _, err := o.keys(s).Check("7KQM4XW2HRTP", fragment); !errors.Is(err, credential.ErrRevoked) {
		t.Error(err)
	}
	if o.signer(s).ID != "0002" {
		t.Error("it still signs")
	}
	if err := s.Keys.Revoke(t.Context(), "0009"); !errors.Is(err, problem.ErrNotFound) {
		t.Error(err)
	}
}

// A backup does not hold what opens the keys: the restored store makes another, and checks with the old.
func TestStoreFromABackupMakesAnotherKey(t *testing.T) {
	o := newOffice(t)
	old := o.signer(o.process(""))
	if err := o.st.Delete(t.Context(), programme.IssuerSecretKind, "issuer"); err != nil {
		t.Fatal(err)
	}
	s := o.process("")
	if next := o.signer(s); next.ID != "0002" || next.Thumbprint == old.Thumbprint {
		t.Errorf("signs with %s", next.ID)
	}
	if k, ok := o.keys(s).Find(old.Thumbprint); !ok || k.RetiredAt.IsZero() {
		t.Error("the old key is gone, or still counts as the one that signs")
	}
}

func TestOperatorsSecretTakesOver(t *testing.T) {
	o := newOffice(t)
	first := o.signer(o.process(""))
	s := o.process(ownSecret)
	if o.signer(s).Thumbprint != first.Thumbprint {
		t.Error("another key was made")
	}
	if k := o.keys(s)[0]; !k.Given || k.Lock != credential.Secret(ownSecret).Lock() {
		t.Errorf("%+v", k)
	}
	for _, other := range []string{"", strings.ToUpper(ownSecret)} {
		var p *problem.Problem
		if _, err := o.process(other).Keys.Signer(t.Context()); !errors.As(err, &p) || p.Code != "keys-closed" || len(o.keys(s)) != 1 {
			t.Errorf("with %q: %v", other, err)
		}
	}
	lost := o.process("")
	if err := lost.Keys.Rotate(t.Context()); err != nil || o.signer(lost).ID != "0002" {
		t.Errorf("the way out of a lost secret: %v", err)
	}
}

func TestPaperIsSealedAndStaysAsItIs(t *testing.T) {
	o := newOffice(t)
	s := o.process("")
	c := entry()
	first, err := s.Papers.Keep(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := o.keys(s).Sealed(first); !ok || k.ID != "0001" {
		t.Error("the paper is not sealed")
	}
	if err := s.Keys.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.AddDate(10, 0, 0)
	again, err := o.process("").Papers.Keep(t.Context(), c)
	if err != nil || string(again) != string(first) {
		t.Errorf("ten years on and after a rotation: %v, other bytes", err)
	}
	shown, err := s.Papers.AsPrinted(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	link, fragment, _ := strings.Cut(shown.VerifyURL, "#")
	if f, err := o.keys(s).Check(c.Code, fragment); link != c.VerifyURL || err != nil || f.Holder != c.Holder.Name {
		t.Errorf("%s: %v %+v", shown.VerifyURL, err, f)
	}
	if !strings.Contains(string(first), "("+shown.VerifyURL+")") {
		t.Error("the paper has another link than the picture")
	}
}

// What an earlier release printed stays as it was: no signature, a plain link.
func TestPaperOfAnEarlierReleaseStays(t *testing.T) {
	o := newOffice(t)
	s := o.process("")
	c := entry()
	if err := store.KeepBlob(t.Context(), o.st, "old.pdf", []byte("%PDF-1.4 as it was"), func() error {
		return o.st.Insert(t.Context(), programme.PrintedKind, &programme.Printed{ID: c.ID, Hash: "old"})
	}); err != nil {
		t.Fatal(err)
	}
	if pdf, err := s.Papers.Keep(t.Context(), c); err != nil || string(pdf) != "%PDF-1.4 as it was" {
		t.Errorf("%v %s", err, pdf)
	}
	if shown, err := s.Papers.AsPrinted(t.Context(), c); err != nil || shown.VerifyURL != c.VerifyURL {
		t.Errorf("%v %s", err, shown.VerifyURL)
	}
}

func BenchmarkPaper(b *testing.B) {
	st, err := sqlite.Open(b.TempDir(), programme.Kinds()...)
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	s, err := programme.New(context.Background(), programme.Config{Store: st, Content: content.FS, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: time.Now, BaseURL: "https://lopban.test"})
	if err != nil {
		b.Fatal(err)
	}
	c := entry()
	for b.Loop() {
		c.ID += "x"
		pdf, err := s.Papers.Keep(context.Background(), c)
		if err != nil || len(pdf) > 100_000 {
			b.Fatal(err, len(pdf))
		}
		c.ID = entry().ID + time.Now().String()
	}
}
