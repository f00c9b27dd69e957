package school_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
)

// class is the rules on a real store with a clock of the test's own.
type class struct {
	*school.School
	mu    sync.Mutex
	clock time.Time
}

var morning = time.Date(2026, 12, 5, 2, 0, 0, 0, time.UTC)

func newSchool(t testing.TB) *class {
	t.Helper()
	st := sqlitetest.Open(t, school.Kinds()...)
	s := &class{clock: morning}
	s.School = &school.School{Store: st, Now: s.now, Random: rand.Reader, BaseURL: "http://lopban.test"}
	return s
}

func (s *class) now() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.clock }
func (s *class) at(t time.Time) { s.mu.Lock(); defer s.mu.Unlock(); s.clock = t }

// version has a lesson to read, "doc", and one with a quiz, "thu".
func version(validity int) courses.Version {
	text := courses.Text{Vi: "Khóa", En: "Course"}
	return courses.Version{Course: "K", Hash: fmt.Sprint("h", validity), Strand: courses.LibraryService, Title: text, Periods: 2, PassMark: 60, ValidityMonths: validity,
		Modules: []courses.Module{{ID: "m", Title: text, Lessons: []courses.Lesson{
			{ID: "doc", Title: text, Minutes: 5},
			{ID: "thu", Title: text, Minutes: 10, Quiz: courses.Quiz{Questions: []courses.Question{
				{ID: "q", Kind: courses.TrueFalse, Options: []courses.Option{{ID: "true", Weight: 1}, {ID: "false"}}}}}},
		}}}}
}

func publish(t testing.TB, s *class, v courses.Version) *courses.Version {
	t.Helper()
	kept, _, err := s.Publish(context.Background(), v)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func learner(person string) school.Learner {
	return school.Learner{Person: person, Paper: func(context.Context) (courses.Holder, courses.Issuer, error) {
		return courses.Holder{Name: person, Province: "08"}, school.UsualIssuer("08", "Tuyên Quang"), nil
	}}
}

func read(id string) courses.Fact {
	return courses.Fact{ID: id, Kind: "completion", Course: "K", Lesson: "doc", At: morning}
}

func try(id, answer string) courses.Fact {
	return courses.Fact{ID: id, Kind: "attempt", Course: "K", Lesson: "thu", At: morning, Answers: map[string]json.RawMessage{"q": json.RawMessage(answer)}}
}

func record(t testing.TB, s *class, person string, f courses.Fact) courses.Receipt {
	t.Helper()
	r, err := s.Record(context.Background(), learner(person), f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestACourseEndsInACertificate(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	if r := record(t, s, "mai", read("1")); r.State != courses.Received || r.Certificate != "" {
		t.Errorf("after the text: %+v", r)
	}
	if r := record(t, s, "mai", try("2", "false")); r.State != courses.Received || *r.Passed || *r.Score != 0 {
		t.Errorf("after a failed attempt: %+v", r)
	}
	r := record(t, s, "mai", try("3", "true"))
	if r.State != courses.Received || !*r.Passed || *r.Score != 100 || r.Certificate == "" {
		t.Fatalf("after a passed attempt: %+v", r)
	}
	// Sent again, and with more attempts after it, nothing changes.
	if again := record(t, s, "mai", try("3", "true")); again.State != courses.Duplicate || again.Certificate != r.Certificate || *again.Score != 100 {
		t.Errorf("sent again: %+v", again)
	}
	if worse := record(t, s, "mai", try("4", "false")); worse.State != courses.Received || worse.Certificate != r.Certificate {
		t.Errorf("a worse attempt afterwards: %+v", worse)
	}
	e, err := s.Look(t.Context(), r.Certificate)
	if err != nil || e.State != courses.Valid || e.Register != "08/2026/000001" || e.Serial != "08.2026.00001" || !e.ValidUntil.Equal(courses.Forever) {
		t.Errorf("the register says %+v, %v", e, err)
	}
	st, err := s.Study(t.Context(), "mai", "K")
	if err != nil || st.Progress.Lessons["thu"].Attempts != 3 || st.Progress.Lessons["thu"].Best != 100 {
		t.Errorf("progress %+v, %v", st.Progress, err)
	}
}

func TestWhatCannotBeCountedIsRefusedAndKept(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	record(t, s, "mai", read("1"))
	record(t, s, "mai", try("2", "true"))
	for _, c := range []struct {
		fact   courses.Fact
		reason string
	}{
		{courses.Fact{ID: "9", Kind: "completion", Course: "X", Lesson: "doc"}, "unknown-course"},
		{courses.Fact{ID: "9", Kind: "completion", Course: "K", Lesson: "x"}, "unknown-lesson"},
		{courses.Fact{ID: "9", Kind: "gift", Course: "K", Lesson: "doc"}, "fact-kind"},
		{courses.Fact{ID: "", Kind: "completion", Course: "K", Lesson: "doc"}, "fact-id"},
		{courses.Fact{ID: "9", Kind: "attempt", Course: "K", Lesson: "doc"}, "no-quiz"},
		{try("9", `"maybe"`), "answer-shape"},
		{try("2", "false"), "id-reused"},
		{try("1", "true"), "id-reused"},
		{courses.Fact{ID: "2", Kind: "completion", Course: "K", Lesson: "doc"}, "id-reused"},
		{courses.Fact{ID: "1", Kind: "completion", Course: "K", Lesson: "thu"}, "id-reused"},
	} {
		for range 2 {
			if r := record(t, s, "mai", c.fact); r.State != courses.Refused || r.Reason != c.reason {
				t.Errorf("%+v: %+v, want %s", c.fact, r, c.reason)
			}
		}
	}
	kept, err := store.All[courses.Refusal](t.Context(), s.Store, school.RefusalKind, store.Where(store.Is("person", "mai")))
	if err != nil || len(kept) != 10 {
		t.Errorf("%d refusals are kept, %v", len(kept), err)
	}
}

// What is refused is kept, but nobody fills the store with it: the receipt says when it is not.
func TestRefusedFactsAreKeptUpToANumber(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	nonsense := func(i int) courses.Fact {
		return courses.Fact{ID: strconv.Itoa(i), Kind: "completion", Course: "K", Lesson: "none"}
	}
	for i := range 500 {
		if r := record(t, s, "mai", nonsense(i)); r.Reason != "unknown-lesson" {
			t.Fatalf("%d: %+v", i, r)
		}
	}
	if r := record(t, s, "mai", nonsense(500)); r.State != courses.Refused || r.Reason != "too-many-refused" {
		t.Errorf("one more: %+v", r)
	}
	if r := record(t, s, "mai", nonsense(7)); r.Reason != "unknown-lesson" {
		t.Errorf("one that is kept: %+v", r)
	}
	if r := record(t, s, "mai", try("good", "true")); r.State != courses.Received {
		t.Errorf("a good one: %+v", r)
	}
	if r := record(t, s, "pao", nonsense(500)); r.Reason != "unknown-lesson" {
		t.Errorf("another's: %+v", r)
	}
	kept, err := s.Store.Count(t.Context(), school.RefusalKind, store.Where(store.Is("person", "mai")))
	if err != nil || kept[0].N != 500 {
		t.Errorf("%v are kept, %v", kept, err)
	}
}

func TestAnotherPersonsIdsAreTheirOwn(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	record(t, s, "mai", try("same", "true"))
	if r := record(t, s, "pao", try("same", "false")); r.State != courses.Received || *r.Score != 0 {
		t.Errorf("%+v", r)
	}
}

// The same facts in any order, any number of times, from many senders at once, end in the same state and in one
// certificate.
func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	facts := []courses.Fact{read("1"), try("2", "false"), try("3", "true"), {ID: "4", Kind: "completion", Course: "K", Lesson: "thu", At: morning}}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		person := fmt.Sprint("p", n)
		history := append(rapid.SliceOfN(rapid.SampledFrom(facts), 0, 8).Draw(rt, "again"), rapid.Permutation(facts).Draw(rt, "order")...)
		var wait sync.WaitGroup
		for _, f := range history {
			if rapid.Bool().Draw(rt, "at once") {
				wait.Go(func() { record(t, s, person, f) })
			} else {
				record(t, s, person, f)
			}
		}
		wait.Wait()
		st, err := s.Study(context.Background(), person, "K")
		if err != nil || !st.Progress.Complete() || st.Progress.Lessons["thu"].Attempts != 2 || st.Certificate == nil || !st.Progress.CompletedAt.Equal(morning) {
			rt.Fatalf("%+v, %v", st.Progress, err)
		}
	})
	all, err := store.All[courses.Certificate](t.Context(), s.Store, school.CertificateKind, store.Query{Order: "register"})
	if err != nil || len(all) != n {
		t.Fatalf("%d certificates for %d people, %v", len(all), n, err)
	}
	for i, c := range all {
		if c.Number != i+1 {
			t.Fatalf("line %d of the register has number %d", i+1, c.Number)
		}
	}
}

func TestTheRegisterKeepsItsOrderWhenTheClockGoesBack(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	finish := func(person string) courses.Certificate {
		record(t, s, person, read("1"))
		r := record(t, s, person, try("2", "true"))
		e, err := s.Look(t.Context(), r.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		return e.Certificate
	}
	first := finish("mai")
	s.at(morning.Add(-48 * time.Hour))
	second := finish("pao")
	if second.Number != 2 || second.IssuedAt.Before(first.IssuedAt) || second.StartedAt.After(second.CompletedAt) {
		t.Errorf("first %v, second %+v", first.IssuedAt, second)
	}
	s.at(time.Date(2027, 1, 1, 0, 0, 0, 0, courses.Vietnam))
	if third := finish("say"); third.Register != "08/2027/000001" {
		t.Errorf("the register of the new year begins with %s", third.Register)
	}
}

func TestPhoneTimesAreCorrected(t *testing.T) {
	s := newSchool(t)
	s.at(morning.Add(-48 * time.Hour))
	publish(t, s, version(0))
	s.at(morning)
	for name, c := range map[string]struct{ at, sent, want time.Time }{
		"right":                {morning.Add(-time.Hour), morning, morning.Add(-time.Hour)},
		"a day behind":         {morning.Add(-25 * time.Hour), morning.Add(-24 * time.Hour), morning.Add(-time.Hour)},
		"in 1970":              {time.Unix(100, 0), time.Unix(3700, 0), morning.Add(-time.Hour)},
		"ahead":                {morning.Add(23 * time.Hour), morning.Add(24 * time.Hour), morning.Add(-time.Hour)},
		"after it was sent":    {morning.Add(time.Hour), morning, morning},
		"before the programme": {morning.AddDate(-10, 0, 0), morning, morning},
	} {
		f := read("1")
		f.At, f.SentAt = c.at, c.sent
		record(t, s, name, f)
		got, err := store.Get[courses.Completion](t.Context(), s.Store, school.CompletionKind, name+"/K/01/doc")
		if err != nil || !got.HappenedAt.Equal(c.want) || !got.RecordedAt.Equal(morning) {
			t.Errorf("%s: happened %v, want %v, %v", name, got.HappenedAt, c.want, err)
		}
	}
}

func TestAVersionIsFinishedAsItWasBegun(t *testing.T) {
	s := newSchool(t)
	first := publish(t, s, version(0))
	record(t, s, "mai", read("1"))
	changed := version(0)
	changed.Hash, changed.Modules[0].Lessons = "other", changed.Modules[0].Lessons[:1]
	second := publish(t, s, changed)
	if second.ID != "K@2" {
		t.Fatalf("published as %s", second.ID)
	}
	if again := publish(t, s, changed); again.ID != "K@2" {
		t.Errorf("published again as %s", again.ID)
	}
	st, err := s.Study(t.Context(), "mai", "K")
	if err != nil || st.Version.ID != first.ID || st.Progress.Complete() {
		t.Errorf("she now studies %s, %v", st.Version.ID, err)
	}
	if r := record(t, s, "pao", read("1")); r.Certificate == "" {
		t.Error("who begins now finishes the new version")
	}
}

func TestRevokeReissueExpireRenew(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(12))
	record(t, s, "mai", read("1"))
	code := record(t, s, "mai", try("2", "true")).Certificate
	state := func(code string) courses.State {
		e, err := s.Look(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		return e.State
	}
	corrected, err := s.Reissue(t.Context(), code, courses.NameCorrected, courses.Holder{Name: "Mai sửa tên"}, "canbo", school.UsualIssuer("08", "Tuyên Quang"))
	if err != nil || corrected.Reissue != 1 || corrected.Serial != "08.2026.00001" || corrected.Holder.Name != "Mai sửa tên" {
		t.Fatalf("reissued as %+v, %v", corrected, err)
	}
	if state(code) != courses.Replaced || state(corrected.Code) != courses.Valid {
		t.Errorf("states %s and %s", state(code), state(corrected.Code))
	}
	if _, err := s.Reissue(t.Context(), code, courses.Lost, courses.Holder{}, "canbo", corrected.Issuer); err == nil {
		t.Error("what is replaced was reissued")
	}
	if _, err := s.Renew(t.Context(), "mai", "K"); err == nil {
		t.Error("renewed a year early")
	}
	// The day that the paper names is the last.
	until := time.Date(2027, 12, 5, 23, 59, 59, 0, courses.Vietnam)
	s.at(until)
	if got := state(corrected.Code); got != courses.Valid {
		t.Errorf("on its last evening it is %s", got)
	}
	s.at(until.Add(time.Second))
	if got := state(corrected.Code); got != courses.Expired {
		t.Errorf("the next morning it is %s", got)
	}
	if _, err := s.Renew(t.Context(), "mai", "K"); err != nil {
		t.Fatal(err)
	}
	if r := record(t, s, "mai", read("5")); r.State != courses.Received || r.Certificate != "" {
		t.Errorf("the second cycle begins with %+v", r)
	}
	if r := record(t, s, "mai", try("6", "true")); r.Certificate == "" || r.Certificate == corrected.Code {
		t.Errorf("the second cycle ends with %+v", r)
	}
	revoke(t, s, corrected.Code)
	if got := state(corrected.Code); got != courses.Revoked {
		t.Errorf("revoked it is %s", got)
	}
}

// A process may stop between a fact and its certificate.
func TestSettleIssuesWhatIsDue(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	broken := school.Learner{Person: "mai", Paper: func(context.Context) (courses.Holder, courses.Issuer, error) {
		return courses.Holder{}, courses.Issuer{}, problem.ErrUnavailable
	}}
	record(t, s, "mai", read("1"))
	if _, err := s.Record(t.Context(), broken, try("2", "true")); err == nil {
		t.Fatal("the paper cannot be had and nobody is told")
	}
	var followed []string
	err := s.Settle(t.Context(), morning.Add(-24*time.Hour), learner, func(_ context.Context, c courses.Certificate) error {
		followed = append(followed, c.Person)
		return nil
	})
	if err != nil || !slices.Equal(followed, []string{"mai"}) {
		t.Errorf("settled %v, %v", followed, err)
	}
	list, err := s.Certificates(t.Context(), "mai")
	if err != nil || len(list) != 1 {
		t.Errorf("%d certificates, %v", len(list), err)
	}
}

// held is a store in which inserts of certificates are not answered.
type held struct {
	store.Store
}

func (h held) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if k != school.CertificateKind {
		return h.Store.Insert(ctx, k, docs...)
	}
	<-ctx.Done()
	return fmt.Errorf("%w: %w", problem.ErrUnavailable, ctx.Err())
}

// While a register takes nothing, a learner of the province who gives up is told so at once: nobody waits for the
// others.
func TestOneLearnersWaitIsNotTheNextOnes(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	if _, err := s.Record(t.Context(), learner("first"), read("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Record(t.Context(), learner("second"), read("1")); err != nil {
		t.Fatal(err)
	}
	s.Store = held{s.Store}
	first, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer leave()
	paper, waits := learner("first"), make(chan struct{})
	usual := paper.Paper
	paper.Paper = func(ctx context.Context) (courses.Holder, courses.Issuer, error) {
		defer close(waits)
		return usual(ctx)
	}
	all.Go(func() { s.Record(first, paper, try("2", "true")) })
	<-waits
	gone, stop := context.WithCancel(t.Context())
	told := make(chan error, 1)
	all.Go(func() {
		other := learner("second")
		usual := other.Paper
		other.Paper = func(ctx context.Context) (courses.Holder, courses.Issuer, error) {
			defer stop()
			return usual(ctx)
		}
		_, err := s.Record(gone, other, try("2", "true"))
		told <- err
	})
	select {
	case err := <-told:
		if !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("the second is told %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the second waits for the first")
	}
}

// While a try is not answered for, another device of the learner that gives up is told so.
func TestOneDevicesWaitIsNotTheOthers(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	if _, err := s.Record(t.Context(), learner("p"), read("1")); err != nil {
		t.Fatal(err)
	}
	st := stuck{s.Store, make(chan bool, 1)}
	s.Store = st
	first, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer leave()
	all.Go(func() { s.Record(first, learner("p"), try("2", "true")) })
	<-st.in
	gone, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	told := make(chan error, 1)
	all.Go(func() {
		_, err := s.Record(gone, learner("p"), try("3", "true"))
		told <- err
	})
	select {
	case err := <-told:
		if !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("the other device is told %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the other device waits")
	}
}

// stuck is a store in which inserts of attempts are not answered.
type stuck struct {
	store.Store
	in chan bool
}

func (s stuck) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if k != school.AttemptKind {
		return s.Store.Insert(ctx, k, docs...)
	}
	s.in <- true
	<-ctx.Done()
	return fmt.Errorf("%w: %w", problem.ErrUnavailable, ctx.Err())
}

// Many who finish at once take the numbers of one register without gaps.
func TestManyFinishAtOnce(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	var all sync.WaitGroup
	const learners = 40
	for i := range learners {
		all.Go(func() {
			for _, f := range []courses.Fact{read("1"), try("2", "true")} {
				if _, err := s.Record(t.Context(), learner(fmt.Sprint("p", i)), f); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for n := range learners {
		register := fmt.Sprintf("08/2026/%06d", n+1)
		if _, err := store.One[courses.Certificate](t.Context(), s.Store, school.CertificateKind, store.Where(store.Is("register", register))); err != nil {
			t.Errorf("%s: %v", register, err)
		}
	}
}
