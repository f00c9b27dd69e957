package school_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/school"
)

// deferred is a learner of an issuer who gives certificates out by decision.
func deferred(person string) school.Learner {
	l := learner(person)
	paper := l.Paper
	l.Paper = func(ctx context.Context) (courses.Holder, courses.Issuer, error) {
		h, i, err := paper(ctx)
		i.Hold = true
		return h, i, err
	}
	return l
}

// deferredIn is deferred for somebody who works in another province than 08.
func deferredIn(province string) func(person string) school.Learner {
	return func(person string) school.Learner {
		l := deferred(person)
		l.Paper = func(context.Context) (courses.Holder, courses.Issuer, error) {
			i := school.UsualIssuer(province, "Cao Bằng")
			i.Hold = true
			return courses.Holder{Name: person, Library: "Thư viện mới", Province: province}, i, nil
		}
		return l
	}
}

func ignored(context.Context, courses.Certificate) error { return nil }

func decide(t testing.TB, s *class, province, form string, enrolments ...string) courses.Batch {
	t.Helper()
	b, err := s.Decide(t.Context(), province, form, form+"/QĐ", decided, enrolments, "canbo")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// waiting is who waits in a province.
func waiting(t testing.TB, s *class, province string) (people []string) {
	t.Helper()
	all, err := s.Waits(t.Context(), province)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		people = append(people, d.Person)
	}
	return people
}

func finishes(t testing.TB, s *class, person string) {
	t.Helper()
	for _, f := range []courses.Fact{read("r"), try("t", "true")} {
		r, err := s.Record(t.Context(), deferred(person), f)
		if err != nil || r.Certificate != "" {
			t.Fatalf("%+v, %v", r, err)
		}
	}
}

var decided = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func TestCertificatesWaitForADecision(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	for _, person := range []string{"an", "binh", "chi"} {
		finishes(t, s, person)
	}
	st, err := s.Study(t.Context(), "an", "K")
	if err != nil || !st.Due || st.Certificate != nil {
		t.Fatalf("what is due: %+v, %v", st, err)
	}
	waits, err := s.Waits(t.Context(), "08")
	if err != nil || len(waits) != 3 {
		t.Fatalf("%d wait, %v", len(waits), err)
	}
	all := []string{waits[0].ID, waits[1].ID, waits[2].ID}
	for name, c := range map[string]struct {
		number string
		on     time.Time
		chosen []string
		want   string
	}{
		"no number": {" ", decided, all, "batch-decision"},
		"no day":    {"12/QĐ", time.Time{}, all, "batch-day"},
		"tomorrow":  {"12/QĐ", decided.AddDate(0, 0, 5), all, "batch-future"},
		"nobody":    {"12/QĐ", decided, nil, "batch-none"},
		"strangers": {"12/QĐ", decided, []string{"x/K/01"}, "batch-none"},
	} {
		if _, err := s.Decide(t.Context(), "08", "f1", c.number, c.on, c.chosen, "canbo"); problemOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	// who decides gives none to themselves
	b, err := s.Decide(t.Context(), "08", "f1", " 125/QĐ-TVT ", decided, all, "chi")
	if err != nil || len(b.Enrolments) != 2 || b.Decision != "125/QĐ-TVT" {
		t.Fatalf("%+v, %v", b, err)
	}
	if again, err := s.Decide(t.Context(), "08", "f1", "125/QĐ-TVT", decided, all, "chi"); err != nil || again.ID != b.ID {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	for name, c := range map[string]struct {
		number, by string
		on         time.Time
		chosen     []string
	}{"another number": {"999", "chi", decided, all}, "another day": {"125/QĐ-TVT", "chi", decided.AddDate(0, 0, -1), all},
		"fewer": {"125/QĐ-TVT", "chi", decided, all[:1]}, "chi too": {"125/QĐ-TVT", "canbo", decided, all}} {
		if _, err := s.Decide(t.Context(), "08", "f1", c.number, c.on, c.chosen, c.by); problemOf(err) != "batch-sent" {
			t.Errorf("sent again with %s: %v", name, err)
		}
	}
	followed := 0
	follow := func(context.Context, courses.Certificate) error { followed++; return nil }
	for range 2 {
		if err := s.CarryOut(t.Context(), b, deferred, follow); err != nil {
			t.Fatal(err)
		}
	}
	given, err := s.Batch(t.Context(), b.ID)
	made := given.Certificates
	if err != nil || len(made) != 2 || made[0].Number != 1 || made[1].Number != 2 || made[0].Decision.Number != "125/QĐ-TVT" || followed != 4 {
		t.Errorf("issued %+v, %v, %d", made, err, followed)
	}
	if waits, _ = s.Waits(t.Context(), "08"); len(waits) != 1 || waits[0].Person != "chi" {
		t.Errorf("still wait: %+v", waits)
	}
}

// A process that stopped between the decision and the certificates is made good at the next start.
func TestABatchIsFinishedAfterAStop(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	var all []string
	for n := range 5 {
		finishes(t, s, fmt.Sprint("p", n))
		all = append(all, fmt.Sprintf("p%d/K/01", n))
	}
	b, err := s.Decide(t.Context(), "08", "f1", "1/QĐ", decided, all, "canbo")
	if err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	made := 0
	_ = s.CarryOut(stopped, b, deferred, func(context.Context, courses.Certificate) error {
		if made++; made == 2 {
			stop()
		}
		return nil
	})
	if err := s.Settle(t.Context(), morning.Add(-time.Hour), deferred, func(context.Context, courses.Certificate) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if given, err := s.Batch(t.Context(), b.ID); err != nil || len(given.Certificates) != 5 {
		t.Errorf("%d certificates, %v", len(given.Certificates), err)
	}
}

// The register has neither gaps nor doubles while batches and single certificates are issued at once.
func TestTheRegisterHasNoGapsBesideBatches(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	const each = 12
	var all [2][]string
	for i := range all {
		for n := range each {
			person := fmt.Sprintf("b%d-%d", i, n)
			finishes(t, s, person)
			all[i] = append(all[i], person+"/K/01")
		}
	}
	var wg sync.WaitGroup
	for i, some := range all {
		b, err := s.Decide(t.Context(), "08", fmt.Sprint("f", i), "1/QĐ", decided, some, "canbo")
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if err := s.CarryOut(t.Context(), b, deferred, func(context.Context, courses.Certificate) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	for n := range each {
		wg.Go(func() { earn(t, s, fmt.Sprint("single", n)) })
	}
	wg.Wait()
	var numbers []int
	err := s.Book(t.Context(), "08", "2026", func(e school.Entry) error { numbers = append(numbers, e.Number); return nil })
	if err != nil || len(numbers) != 3*each || !slices.IsSorted(numbers) || numbers[0] != 1 || numbers[len(numbers)-1] != 3*each {
		t.Errorf("numbers %v, %v", numbers, err)
	}
	if err := s.Book(t.Context(), "08", "2026", func(school.Entry) error { return context.Canceled }); !errors.Is(err, context.Canceled) {
		t.Error("a book is read on after its reader has gone")
	}
}

// Who has moved to another province since is issued nothing under the old one's decision: they wait in the new one.
func TestWhoHasMovedWaitsInTheNewProvince(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	finishes(t, s, "an")
	b := decide(t, s, "08", "f1", "an/K/01")
	for range 2 {
		if err := s.CarryOut(t.Context(), b, deferredIn("04"), ignored); err != nil {
			t.Fatal(err)
		}
	}
	given, err := s.Batch(t.Context(), b.ID)
	if err != nil || len(given.Certificates) != 0 || len(given.Passed) != 1 || given.Passed[0].Province != "04" || given.Passed[0].Unit != "Thư viện mới" {
		t.Errorf("the batch says %+v, %v", given, err)
	}
	if here, there := waiting(t, s, "08"), waiting(t, s, "04"); here != nil || !slices.Equal(there, []string{"an"}) {
		t.Errorf("%q wait in the old province, %q in the new one", here, there)
	}
	// who comes back is given it under another decision
	if r, err := s.Record(t.Context(), deferred("an"), read("again")); err != nil || r.Certificate != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := s.CarryOut(t.Context(), b, deferred, ignored); err != nil {
		t.Fatal(err)
	}
	if here, there := waiting(t, s, "08"), waiting(t, s, "04"); !slices.Equal(here, []string{"an"}) || there != nil {
		t.Errorf("back again, %q wait in the old province, %q in the new one", here, there)
	}
	second := decide(t, s, "08", "f2", "an/K/01")
	if err := s.CarryOut(t.Context(), second, deferred, ignored); err != nil {
		t.Fatal(err)
	}
	if given, err = s.Batch(t.Context(), second.ID); err != nil || len(given.Certificates) != 1 || given.Certificates[0].Register != "08/2026/000001" {
		t.Errorf("the second batch says %+v, %v", given, err)
	}
}

// What stands in one decision, or is issued, is not given out under another.
func TestADueStandsInOneDecision(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	for _, person := range []string{"an", "binh", "chi"} {
		finishes(t, s, person)
	}
	first := decide(t, s, "08", "f1", "an/K/01")
	if got := waiting(t, s, "08"); !slices.Equal(got, []string{"binh", "chi"}) {
		t.Errorf("%q wait beside the first batch", got)
	}
	if _, err := s.Decide(t.Context(), "08", "f2", "2/QĐ", decided, []string{"an/K/01"}, "canbo"); problemOf(err) != "batch-none" {
		t.Errorf("what stands in a batch is decided again: %v", err)
	}
	// the issuer gives certificates out at once again, and chi sends something
	if r, err := s.Record(t.Context(), learner("chi"), read("again")); err != nil || r.Certificate == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := waiting(t, s, "08"); !slices.Equal(got, []string{"binh"}) {
		t.Errorf("%q wait after one was issued", got)
	}
	second := decide(t, s, "08", "f3", "an/K/01", "binh/K/01", "chi/K/01")
	if !slices.Equal(second.Enrolments, []string{"binh/K/01"}) {
		t.Errorf("the second batch has %q", second.Enrolments)
	}
	// two who pressed at once wrote the same person down
	second.Enrolments = append(second.Enrolments, "an/K/01")
	second.ID = "08/f4"
	if err := s.Store.Insert(t.Context(), school.BatchKind, &second); err != nil {
		t.Fatal(err)
	}
	for _, b := range []courses.Batch{first, second} {
		if err := s.CarryOut(t.Context(), b, deferred, ignored); err != nil {
			t.Fatal(err)
		}
	}
	given, err := s.Batch(t.Context(), second.ID)
	if err != nil || len(given.Certificates) != 1 || given.Certificates[0].Person != "binh" || len(given.Passed) != 1 || given.Passed[0].Person != "an" {
		t.Errorf("the second batch says %+v, %v", given, err)
	}
}
