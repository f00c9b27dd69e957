package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/demo"
	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// Filling makes the people of a measurement: of five one is trained, with every fact that it takes, and one is half
// through a first course. Documents are made by the pure rules and inserted in bulk; only some thousand people are in
// memory at once. Ids, days and places go up with the number of a person: what is inserted together stands together in
// every index, where a million people in no order would move a page for each line of each.
type Filling struct {
	s        *programme.Programme
	st       store.Store
	Now      time.Time
	hash     string // of everybody's password
	versions map[courses.Strand][]*courses.Version
	Communes []roster.Commune
	tries    map[string][]try // by course/lesson

	mu      sync.Mutex
	numbers map[string]int // last line of each register
}

// try is a way to answer a quiz.
type try struct {
	answers map[string]courses.Answer
	score   int
	passed  bool
}

// Shares of the people: by their number modulo everyFifth.
const (
	everyFifth = 5
	trained    = 0
	underWay   = 1
)

const chunk = 1000 // people made together

// rising gives random bytes of which roster.NewID makes an id that is greater than those of the people before.
type rising struct {
	rand  *rand.Rand
	i, of int
}

func (r *rising) Read(p []byte) (int, error) {
	const ids = 22 << 45 // a letter, and nine characters of five bits
	share := uint64(ids / r.of)
	return copy(p, binary.BigEndian.AppendUint64(nil, uint64(r.i)*share+r.rand.Uint64N(share))), nil
}

// Phone is the phone number, and so the login, of a person.
func Phone(i int) string { return fmt.Sprintf("09%08d", 10_000_000+i*37) }

func NewFilling(ctx context.Context, s *programme.Programme, st store.Store, hash string) (*Filling, error) {
	f := &Filling{s: s, st: st, Now: console.Clock(), hash: hash, versions: map[courses.Strand][]*courses.Version{}, tries: map[string][]try{}, numbers: map[string]int{}}
	for _, p := range s.Places.Provinces(roster.Programme) {
		f.Communes = append(f.Communes, s.Places.Communes(roster.Programme, p.Code)...)
	}
	catalogue, err := s.School.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	random := &demo.Region{Rand: rand.New(rand.NewPCG(1687, 1))}
	for _, v := range catalogue {
		f.versions[v.Strand] = append(f.versions[v.Strand], v)
		for _, l := range v.Lessons() {
			f.tries[v.Course+"/"+l.ID] = tries(random, v, l)
		}
	}
	return f, nil
}

// tries are some ways to answer a quiz, from all wrong to all right.
func tries(random *demo.Region, v *courses.Version, l courses.Lesson) []try {
	var all []try
	for _, wrong := range []int{60, 20, 10, 0} {
		t := try{answers: map[string]courses.Answer{}}
		raw := random.Answers(l.Quiz, wrong)
		for i := range l.Quiz.Questions {
			if a, err := l.Quiz.Questions[i].Parse(raw[l.Quiz.Questions[i].ID]); err == nil {
				t.answers[l.Quiz.Questions[i].ID] = a
			}
		}
		t.score, _ = l.Quiz.Grade(t.answers)
		t.passed = t.score >= v.PassMark
		all = append(all, t)
	}
	return all
}

// Batch is documents on their way into the store. To the rules it is a store in which nobody is known yet.
type Batch struct {
	store.Store
	Docs map[*store.Kind][]any
}

// Insert keeps the documents for later.
func (b *Batch) Insert(_ context.Context, k *store.Kind, docs ...any) error {
	b.Keep(k, docs...)
	return nil
}

func (b *Batch) Keep(k *store.Kind, docs ...any) { b.Docs[k] = append(b.Docs[k], docs...) }

// Find finds nothing.
func (b *Batch) Find(context.Context, *store.Kind, store.Query, func(store.Row) error) error {
	return nil
}

func (b *Batch) Flush(ctx context.Context, st store.Store) error {
	for k, docs := range b.Docs {
		if err := st.Insert(ctx, k, docs...); err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
	}
	return nil
}

// people fills the store with n people and gives the ids of the first of them.
func (f *Filling) people(ctx context.Context, n int, progress *console.Bar) (ids []string, err error) {
	ids = make([]string, n)
	var mu sync.Mutex
	done := 0
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(3) // two make documents while one is written
	for first := 0; first < n; first += chunk {
		group.Go(func() error {
			last := min(first+chunk, n)
			if err := f.chunk(within, first, last, ids); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done += last - first
			progress.Show("people", done, n)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	_, err = f.s.Board.Recount(ctx) // they were written past the board
	return ids, err
}

func (f *Filling) chunk(ctx context.Context, first, last int, ids []string) error {
	var seed [32]byte
	copy(seed[:], fmt.Sprintf("lopban bench %d", first))
	source := rand.NewChaCha8(seed)
	w := &Worker{Filling: f, Batch: &Batch{Docs: map[*store.Kind][]any{}}, Source: source, Rand: rand.New(source)}
	w.ids = &rising{rand: w.Rand, of: len(ids)}
	w.Roll = &roster.Roll{Store: w.Batch, Places: f.s.Places, Now: func() time.Time { return f.Now }, Rand: w.ids}
	for i := first; i < last; i++ {
		id, err := w.person(ctx, i, len(ids))
		if err != nil {
			return err
		}
		ids[i] = id
	}
	return w.Flush(ctx, f.st)
}

// Worker makes the people of a chunk.
type Worker struct {
	*Filling
	*Batch
	Roll   *roster.Roll
	ids    *rising
	Source io.Reader
	Rand   *rand.Rand
}

// person makes the ith of n people.
func (w *Worker) person(ctx context.Context, i, n int) (string, error) {
	w.ids.i = i
	at := w.Communes[i*len(w.Communes)/n]
	kind := demo.Pick(w.Rand, roster.LibraryKinds)
	on := roster.Day(w.Now).AddDate(-1-w.Rand.IntN(9), -w.Rand.IntN(12), -w.Rand.IntN(28))
	p, err := w.Roll.Add(ctx, roster.Entry{Name: demo.Name(w.Rand, at.Programme), Phone: Phone(i), Post: demo.Pick(w.Rand, demo.Posts), Kind: kind, Library: demo.LibraryNames[kind] + at.Title(), Commune: at.Code, On: on}, "operator")
	if err != nil {
		return "", err
	}
	var held []courses.Certificate
	begun := w.Now.Add(-time.Duration((30 + 300*float64(n-i)/float64(n)) * float64(24*time.Hour)))
	switch i % everyFifth {
	case trained:
		for _, strand := range []courses.Strand{courses.LibraryService, courses.ReadingPromotion} {
			c, err := w.course(p, demo.Pick(w.Rand, w.versions[strand]), begun, true)
			if err != nil {
				return "", err
			}
			held = append(held, c)
		}
	case underWay:
		_, err = w.course(p, w.versions[courses.LibraryService][0], begun, false)
	}
	if err != nil {
		return "", err
	}
	if i%everyFifth == trained || i%everyFifth == underWay {
		w.Account(p, begun)
	}
	s := targets.Stand(w.s.Board.Programme, p, held, nil)
	w.Keep(targets.StandingKind, &s)
	return p.ID, nil
}

func (w *Worker) Account(p roster.Person, at time.Time) {
	at = store.Time(at)
	w.Keep(roster.LoginKind, &roster.Login{ID: p.Phone, Account: p.ID, At: at})
	w.Keep(roster.AccountKind, &roster.Account{ID: p.ID, Name: p.Name, Sort: p.Sort, Logins: []string{p.Phone}, Hash: w.hash, Roles: []roster.Role{roster.Learner}, Session: 1,
		ClaimsFrom: at, CreatedAt: at, ConsentedAt: at})
}

// enrolment is the fact that a person began a course.
func enrolment(person string, v *courses.Version, at time.Time) courses.Enrolment {
	return courses.Enrolment{ID: fmt.Sprintf("%s/%s/%02d", person, v.Course, 1), Person: person, Course: v.Course, Cycle: 1, Version: v.ID, HappenedAt: store.Time(at), RecordedAt: store.Time(at)}
}

// completion is the fact that a person finished the text of a lesson of a course they began.
func completion(e courses.Enrolment, lesson, fact string, at time.Time) courses.Completion {
	return courses.Completion{ID: e.ID + "/" + lesson, Enrolment: e.ID, Person: e.Person, Course: e.Course, Lesson: lesson, Client: e.Person + "/" + fact, HappenedAt: store.Time(at), RecordedAt: store.Time(at)}
}

// course is what a person leaves behind in a course, to its end or to its middle.
func (w *Worker) course(p roster.Person, v *courses.Version, begun time.Time, whole bool) (courses.Certificate, error) {
	e := enrolment(p.ID, v, begun)
	w.Keep(school.EnrolmentKind, &e)
	lessons := v.Lessons()
	if !whole {
		lessons = lessons[:len(lessons)/2]
	}
	at := begun
	for _, l := range lessons {
		at = at.Add(time.Duration(1+w.Rand.IntN(40)) * time.Minute)
		c := completion(e, l.ID, w.fact(), at)
		w.Keep(school.CompletionKind, &c)
		if len(l.Quiz.Questions) > 0 {
			w.attempts(e, l.ID, at)
		}
	}
	if !whole {
		return courses.Certificate{}, nil
	}
	at = store.Time(at.Add(time.Hour))
	return w.certificate(p, e, v, w.next(p.Province, at), at)
}

func (w *Worker) fact() string { return fmt.Sprintf("%016x%016x", w.Rand.Uint64(), w.Rand.Uint64()) }

// attempts hands in to a quiz until it is passed.
func (w *Worker) attempts(e courses.Enrolment, lesson string, at time.Time) {
	ways := w.tries[e.Course+"/"+lesson]
	for n := w.Rand.IntN(len(ways)); ; n = len(ways) - 1 {
		at = at.Add(10 * time.Minute)
		a := courses.Attempt{ID: e.Person + "/" + w.fact(), Enrolment: e.ID, Person: e.Person, Course: e.Course, Lesson: lesson, Answers: ways[n].answers, Score: ways[n].score, Passed: ways[n].passed,
			HappenedAt: store.Time(at), RecordedAt: store.Time(at)}
		w.Keep(school.AttemptKind, &a)
		if a.Passed || n == len(ways)-1 {
			return
		}
	}
}

func (w *Worker) certificate(p roster.Person, e courses.Enrolment, v *courses.Version, number int, at time.Time) (courses.Certificate, error) {
	province, _ := w.s.Places.Province(roster.Present, p.Province)
	commune, _ := w.s.Places.Commune(p.Commune)
	issuer := school.UsualIssuer(p.Province, province.Name)
	code, err := courses.NewCode(w.Source)
	if err != nil {
		return courses.Certificate{}, err
	}
	year := at.In(courses.Vietnam).Year()
	c := courses.Certificate{ID: e.ID, Code: code, Register: register(issuer.ID, at, number), Serial: fmt.Sprintf("%s.%d.%05d", issuer.ID, year, number), Number: number, Year: year, Enrolment: e.ID,
		Person: p.ID, Course: v.Course, Version: v.ID, Strand: v.Strand, Cycle: 1, Title: v.Title, Periods: v.Periods,
		Holder:   courses.Holder{Name: p.Name, Library: p.Library, Commune: p.Commune, Place: commune.Title() + ", tỉnh " + province.Name, Province: p.Province, Programme: p.Programme},
		Province: p.Province, Issuer: issuer, StartedAt: e.HappenedAt, CompletedAt: at, IssuedAt: at, ValidUntil: courses.Forever, VerifyURL: w.s.BaseURL + "/v/" + code}
	w.Keep(school.CertificateKind, &c)
	return c, nil
}

// train gives a person a certificate in each strand, with lines far behind those of the registers, the nth of such
// people.
func (f *Filling) train(ctx context.Context, p roster.Person, nth int) error {
	source := rand.NewChaCha8([32]byte(fmt.Appendf(nil, "lopban bench certificate %7d", nth)))
	w := &Worker{Filling: f, Batch: &Batch{Docs: map[*store.Kind][]any{}}, Source: source, Rand: rand.New(source)}
	at := store.Time(console.Clock())
	for i, strand := range []courses.Strand{courses.LibraryService, courses.ReadingPromotion} {
		v := w.versions[strand][0]
		if _, err := w.certificate(p, enrolment(p.ID, v, at), v, 900_000+2*nth+i, at); err != nil {
			return err
		}
	}
	if err := w.Flush(ctx, f.st); err != nil {
		return err
	}
	return f.s.Board.RefreshStanding(ctx, p.ID)
}

// next is the number of the next line in the register of an issuer.
func (f *Filling) next(issuer string, at time.Time) int {
	book := register(issuer, at, 0)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.numbers[book]++
	return f.numbers[book]
}

// Register fills the store with certificates alone, in the order of the list of completions, and gives the row of each
// in that list.
func (f *Filling) Register(ctx context.Context, n int, w targets.Words) (func(i int) []any, error) {
	codes := make([]string, n) // all that cannot be told from the number, so that little memory is held
	source := rand.NewChaCha8([32]byte{})
	for first := 0; first < n; first += chunk {
		worker := &Worker{Filling: f, Batch: &Batch{Docs: map[*store.Kind][]any{}}, Source: source, Rand: rand.New(source)}
		for i := first; i < min(first+chunk, n); i++ {
			p, v := f.holder(i, n)
			c, err := worker.certificate(p, enrolment(p.ID, v, f.Now.AddDate(0, 0, -40)), v, i+1, store.Time(f.Now.AddDate(0, 0, -30)))
			if err != nil {
				return nil, err
			}
			codes[i] = c.Code
		}
		if err := worker.Flush(ctx, f.st); err != nil {
			return nil, err
		}
	}
	return func(i int) []any { return f.row(i, n, codes[i], w) }, nil
}

// holder is who holds the ith of n certificates, and of which course.
func (f *Filling) holder(i, n int) (roster.Person, *courses.Version) {
	at := f.Communes[i*len(f.Communes)/n]
	p := roster.Person{ID: fmt.Sprintf("A%09d", i), Name: "Vàng Thị Mỷ", Library: "Thư viện " + at.Title(), Commune: at.Code, Province: at.Province, Programme: at.Programme}
	of := f.versions[courses.LibraryService]
	return p, of[i%len(of)]
}

// row is the ith of n certificates in the list of completions.
func (f *Filling) row(i, n int, code string, w targets.Words) []any {
	p, v := f.holder(i, n)
	province, _ := f.s.Places.Province(roster.Present, p.Province)
	commune, _ := f.s.Places.Commune(p.Commune)
	day := targets.DayOf(f.Now.AddDate(0, 0, -30))
	return []any{p.ID, p.Name, p.Library, p.Commune, commune.Title(), courses.Text{Vi: province.Name, En: province.NameEn}.In(w.Lang), v.Course, v.Title.In(w.Lang),
		w.Text("strand." + string(v.Strand)), day, day, nil, code, register(p.Province, f.Now.AddDate(0, 0, -30), i+1), w.Text("state.valid"), w.Text("source.here"),
		p.Province, string(v.Strand), "valid", "here"}
}

// register is a line in the register of an issuer.
func register(issuer string, at time.Time, number int) string {
	return fmt.Sprintf("%s/%d/%06d", issuer, at.In(courses.Vietnam).Year(), number)
}
