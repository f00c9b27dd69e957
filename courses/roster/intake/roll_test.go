package intake

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/workbook"
)

var noon = time.Date(2026, 3, 10, 5, 0, 0, 0, time.UTC) // in Vietnam

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

var places = sync.OnceValue(func() *roster.Places {
	p, err := roster.ReadPlaces(os.DirFS("../../../content"))
	if err != nil {
		panic(err)
	}
	return p
})

var lexicon = sync.OnceValue(func() *Lexicon {
	l, err := ReadLexicon(os.DirFS("../../../content"))
	if err != nil {
		panic(err)
	}
	return l
})

// look reads a file and previews it, with nothing chosen.
func look(ctx context.Context, r *roster.Roll, province string, file io.Reader, name string, limits workbook.Limits) (*Import, error) {
	b, err := lexicon().Read(file, name, limits)
	if err != nil {
		return nil, err
	}
	return lexicon().Preview(ctx, r, province, b, Choices{}, limits)
}

// newRoll is an empty roster on a real store, on a day that does not pass.
func newRoll(t testing.TB) *roster.Roll {
	t.Helper()
	s := sqlitetest.Open(t, roster.PersonKind, roster.PostingKind, roster.DetailKind, roster.HandoverKind, roster.PendingKind, roster.IntakeKind, HeadingKind)
	return &roster.Roll{Store: s, Places: places(), Now: func() time.Time { return noon }, Rand: rand.Reader}
}

func add(t *testing.T, r *roster.Roll, name, phone, commune string) roster.Person {
	t.Helper()
	p, err := r.Add(t.Context(), roster.Entry{Name: name, Phone: phone, Post: "Công chức văn hóa", Library: "Thư viện xã", Commune: commune, On: day("2026-01-05")}, "staff")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantProblem(t *testing.T, what string, err error, field, code string) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != code || p.Field != field {
		t.Errorf("%s: error %v, want %s of %s", what, err, code, field)
	}
}
