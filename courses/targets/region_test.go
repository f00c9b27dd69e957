package targets

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/sqlite/sqlitetest"
)

// region is a store with the real places and programme, and a clock that a test sets.
type region struct {
	*Board
	t     fataler
	ctx   context.Context
	clock time.Time
	roll  *roster.Roll
	lines int // of the register
}

type fataler interface {
	Helper()
	Fatal(...any)
}

func newRegion(t testing.TB) *region {
	t.Helper()
	r, closed := openRegion(t)
	t.Cleanup(closed)
	return r
}

func openRegion(t testing.TB) (r *region, closed func()) {
	t.Helper()
	s, err := sqlite.Open(sqlitetest.Folder(t, regionKinds()...), regionKinds()...)
	if err != nil {
		t.Fatal(err)
	}
	return regionOn(t, s), func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func regionKinds() []*store.Kind {
	return append(append(school.Kinds(), Kinds()...), roster.PersonKind, roster.PostingKind, roster.DetailKind, roster.IntakeKind, roster.HandoverKind, roster.PendingKind)
}

func regionOn(t testing.TB, s store.Store) *region {
	t.Helper()
	r := &region{t: t, ctx: t.Context(), clock: day(1)}
	r.Board = &Board{Store: s, Programme: realProgramme(t), Places: realPlaces(t), Now: r.now, Temp: t.TempDir(), Alone: true}
	r.roll = &roster.Roll{Store: s, Places: r.Places, Now: r.now, Rand: rand.NewChaCha8([32]byte{16, 87})}
	return r
}

func (r *region) now() time.Time { return r.clock }

func realProgramme(t testing.TB) *Programme {
	t.Helper()
	p, err := ReadProgramme(os.DirFS("../../content"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// places are read once for all tests.
var places = sync.OnceValues(func() (*roster.Places, error) { return roster.ReadPlaces(os.DirFS("../../content")) })

func realPlaces(t testing.TB) *roster.Places {
	t.Helper()
	p, err := places()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// check stops the test on an error.
func (r *region) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// today is the clock's date as the roster has it.
func (r *region) today() time.Time { return DayOf(r.clock).Time() }

func (r *region) hires(name, commune string) string {
	r.t.Helper()
	p, err := r.roll.Add(r.ctx, roster.Entry{Name: name, Library: "Thư viện", Commune: commune, On: r.today()}, "staff")
	r.check(err)
	r.refreshes(p.ID)
	return p.ID
}

func (r *region) moves(person, commune string) {
	r.t.Helper()
	_, err := r.roll.Move(r.ctx, person, roster.Entry{Library: "Thư viện", Commune: commune, On: r.today()}, "staff")
	r.check(err)
	r.refreshes(person)
}

func (r *region) leaves(person string) {
	r.t.Helper()
	_, err := r.roll.Leave(r.ctx, person, r.today(), "staff")
	r.check(err)
	r.refreshes(person)
}

// earns gives a person a certificate of a strand that is good for some days from now.
func (r *region) earns(person string, strand courses.Strand, days int) courses.Certificate {
	r.t.Helper()
	p, err := store.Get[roster.Person](r.ctx, r.Store, roster.PersonKind, person)
	r.check(err)
	r.lines++
	course := map[courses.Strand]string{svc: "LS1", prm: "RP1"}[strand]
	c := courses.Certificate{ID: fmt.Sprintf("%s/%s/%d", person, course, r.lines), Code: fmt.Sprintf("C%011d", r.lines), Register: fmt.Sprintf("%s/2026/%06d", p.Province, r.lines),
		Person: person, Course: course, Strand: strand, Cycle: r.lines, Title: courses.Text{Vi: "Dịch vụ thư viện", En: "Library services"}, Province: p.Province,
		Holder:      courses.Holder{Name: p.Name, Library: p.Library, Commune: p.Commune, Province: p.Province, Programme: p.Programme},
		CompletedAt: r.clock, IssuedAt: r.clock, ValidUntil: r.clock.AddDate(0, 0, days)}
	r.check(r.Store.Insert(r.ctx, school.CertificateKind, &c))
	r.refreshes(person)
	return c
}

// trains gives a person a certificate in both strands.
func (r *region) trains(person string, days int) {
	r.t.Helper()
	r.earns(person, svc, days)
	r.earns(person, prm, days)
}

func (r *region) reissues(c courses.Certificate) courses.Certificate {
	r.t.Helper()
	r.lines++
	c.Replaces, c.Reissue, c.IssuedAt = c.ID, c.Reissue+1, r.clock
	c.ID, c.Code, c.Register = fmt.Sprintf("%s/r%02d", c.ID, c.Reissue), fmt.Sprintf("C%011d", r.lines), fmt.Sprintf("%s/%d", c.Register, c.Reissue)
	r.check(r.Store.Insert(r.ctx, school.CertificateKind, &c))
	r.refreshes(c.Person)
	return c
}

func (r *region) revokes(c courses.Certificate) {
	r.t.Helper()
	r.check(r.Store.Insert(r.ctx, school.RevocationKind, &courses.Revocation{ID: c.ID, Reason: "sai", By: "staff", At: r.clock}))
	r.refreshes(c.Person)
}

// school is the rules of training done elsewhere on the store of the region.
func (r *region) school() *school.School { return &school.School{Store: r.Store, Now: r.now} }

// entered is a training done elsewhere that staff entered for a person; ok says whether it waits for a ruling.
func (r *region) entered(person string, strand courses.Strand, on time.Time) (id string, ok bool) {
	r.t.Helper()
	p, err := store.Get[roster.Person](r.ctx, r.Store, roster.PersonKind, person)
	r.check(err)
	t, err := r.school().EnterTraining(r.ctx, courses.Training{Person: person, Province: p.Province, Strand: strand, Title: "Nghiệp vụ thư viện",
		Organiser: "Thư viện Quốc gia", On: on, By: "canbo",
		Holder: courses.Holder{Name: p.Name, Library: p.Library, Commune: p.Commune, Province: p.Province, Programme: p.Programme}},
		[]courses.Picture{{Name: "paper-1.jpg", Data: []byte("giấy")}})
	r.check(err)
	trained, err := r.school().Training(r.ctx, t.ID)
	r.check(err)
	return t.ID, trained.State() == school.TrainingWaits
}

func (r *region) accepts(training string) {
	r.t.Helper()
	v, err := r.school().Accept(r.ctx, training, "truongphong")
	r.check(err)
	r.refreshes(v.Person)
}

func (r *region) withdraws(training string) {
	r.t.Helper()
	r.check(r.school().WithdrawTraining(r.ctx, training, "truongphong", "nhập nhầm người"))
	t, err := r.school().Training(r.ctx, training)
	r.check(err)
	r.refreshes(t.Person)
}

func (r *region) refreshes(person string) {
	r.t.Helper()
	r.check(r.RefreshStanding(r.ctx, person))
}

func (r *region) reads(by roster.List, province string, asOf time.Time) Figures {
	r.t.Helper()
	f, err := r.Read(r.ctx, by, province, asOf)
	r.check(err)
	return f
}
