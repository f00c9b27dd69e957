package programtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/roster"
	"lopban/courses/school"
)

// Hall is a class whose learners send facts from several devices at once, through the network, to the program.
type Hall struct {
	At       console.Place
	Versions []*courses.Version // tiny courses, the two strands by turns
	People   []Pupil
	Office   string // bearer token of somebody who may see the board
	mu       sync.Mutex
	Sent     map[string]bool // person/id of every fact that was sent at least once
}

type Pupil struct{ ID, Login, Token string }

const HallPassword = "một mật khẩu dài"

// NewHall makes a store with pupils and courses. Nobody is signed in yet.
func NewHall(t testing.TB, at console.Place, pupils, versions int) *Hall {
	t.Helper()
	h := &Hall{At: at, Sent: map[string]bool{}}
	ctx := t.Context()
	st, err := at.OpenAny(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := console.NewProgramme(ctx, st, SiteURL, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i := range versions {
		h.Versions = append(h.Versions, tinyCourse(t, s.School, i))
	}
	account := func(id, login string, role roster.Role) (string, error) {
		a, slip, err := s.Accounts.Create(ctx, roster.Operator(), id, "Phạm Minh Sơn", []roster.Role{role}, "")
		if err == nil {
			_, err = s.Accounts.Use(ctx, slip.Code, HallPassword, login, true, "")
		}
		return a.ID, err
	}
	h.People = make([]Pupil, pupils)
	var g errgroup.Group
	for i := range h.People {
		g.Go(func() error {
			p, err := s.Roll.Add(ctx, roster.Entry{Name: "Sùng Mí " + string(rune('A'+i)), Post: "thư viện", Library: "Thư viện xã Lũng Cú", Commune: "00715", On: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}, "operator")
			if err != nil {
				return err
			}
			h.People[i] = Pupil{ID: p.ID, Login: fmt.Sprintf("hoc.vien.%d", i)}
			if err := s.Board.RefreshStanding(ctx, p.ID); err != nil {
				return err
			}
			_, err = account(p.ID, h.People[i].Login, roster.Learner)
			return err
		})
	}
	// with one there the program does not ask for one
	g.Go(func() error { _, err := account("", "quan.tri", roster.Admin); return err })
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return h
}

// tinyCourse publishes a course with one text and one question.
func tinyCourse(t testing.TB, rules *school.School, i int) *courses.Version {
	t.Helper()
	strand := []courses.Strand{courses.LibraryService, courses.ReadingPromotion}[i%2]
	quiz := "// [id:is]\n::is:: Is it? {T}\n"
	files := map[string]string{
		"course.yaml": fmt.Sprintf(`id: T%03d
strand: %s
title: {vi: "Khóa thử %d", en: "Trial %d"}
summary: {vi: "Thử.", en: "Try."}
periods: 1
pass_mark: 60
validity_months: 0
modules:
  - id: mot
    title: {vi: "Một", en: "One"}
    lessons:
      - {id: doc, title: {vi: "Đọc", en: "Read"}, objective: {vi: "Đọc", en: "Read"}, minutes: 5}
      - {id: thu, title: {vi: "Thử", en: "Try"}, objective: {vi: "Thử", en: "Try"}, minutes: 5}
`, i, strand, i, i),
		"lessons/doc.vi.md": "## Đọc\n\nĐọc.\n", "lessons/doc.en.md": "## Read\n\nRead.\n", "lessons/thu.vi.md": "## Thử\n\nThử.\n", "lessons/thu.en.md": "## Try\n\nTry.\n",
		"lessons/thu.vi.gift": quiz, "lessons/thu.en.gift": quiz,
	}
	bytes := map[string][]byte{}
	for name, text := range files {
		bytes[name] = []byte(text)
	}
	p, mistakes := authoring.LoadFiles(bytes)
	if mistakes.Errors() {
		t.Fatal(mistakes)
	}
	v, _, err := rules.Publish(t.Context(), p.Version)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// SignIn gives everybody a token, which outlives the process.
func (h *Hall) SignIn(t testing.TB, r *Running) {
	t.Helper()
	token := func(login string) (string, error) {
		var got struct{ Access string }
		res, err := Call(t.Context(), http.DefaultClient, http.MethodPost, r.Base+"/api/v1/session", "", map[string]string{"login": login, "password": HallPassword}, &got)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("signing in %s: %s", login, res.Status)
		}
		return got.Access, err
	}
	var g errgroup.Group
	g.SetLimit(2) // a password is dear to check
	for i := range h.People {
		g.Go(func() (err error) { h.People[i].Token, err = token(h.People[i].Login); return err })
	}
	g.Go(func() (err error) { h.Office, err = token("quan.tri"); return err })
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Receipted is a fact and what its sender was told of it.
type Receipted struct {
	Pupil   int
	Fact    courses.Fact
	Receipt courses.Receipt
}

// Together are the facts that all devices of a pupil have in common: they finish the course.
func (h *Hall) Together(pupil, course int) []courses.Fact {
	id := func(what string) string { return fmt.Sprintf("%d-%d-%s", pupil, course, what) }
	at := time.Now()
	c := h.Versions[course].Course
	answer := func(a string) map[string]json.RawMessage { return map[string]json.RawMessage{"is": json.RawMessage(a)} }
	return []courses.Fact{
		{ID: id("doc"), Kind: "completion", Course: c, Lesson: "doc", At: at},
		{ID: id("thu"), Kind: "completion", Course: c, Lesson: "thu", At: at},
		{ID: id("wrong"), Kind: "attempt", Course: c, Lesson: "thu", At: at, Answers: answer("false")},
		{ID: id("right"), Kind: "attempt", Course: c, Lesson: "thu", At: at, Answers: answer("true")},
	}
}

// device sends the facts that its pupil's devices have in common, each device in an order of its own, and then attempts
// of its own until the context ends or it has sent so many. It calls got with every receipt, and gives the error of the
// network that ended it, if one did.
func (h *Hall) device(ctx context.Context, base string, pupil, course, number, own int, got func(Receipted)) error {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	facts := h.Together(pupil, course)
	facts = append(facts[number%len(facts):], facts[:number%len(facts)]...)
	for i := range own {
		f := facts[0]
		if i >= len(facts) {
			f = h.Together(pupil, course)[3]
			f.ID = fmt.Sprintf("%d-%d-%d-%d", pupil, course, number, i)
		} else {
			f = facts[i]
		}
		r, err := h.Send(ctx, client, base, pupil, []courses.Fact{f})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, one := range r {
			got(one)
		}
	}
	return nil
}

// Refusal is an answer that is neither a receipt nor a broken line.
type Refusal struct {
	Status int
	After  string // the header Retry-After
}

func (r Refusal) Error() string {
	return fmt.Sprintf("facts were answered with status %d, Retry-After %q", r.Status, r.After)
}

// Send posts facts and gives their receipts.
func (h *Hall) Send(ctx context.Context, c *http.Client, base string, pupil int, facts []courses.Fact) ([]Receipted, error) {
	p := h.People[pupil]
	h.mu.Lock()
	for _, f := range facts {
		h.Sent[p.ID+"/"+f.ID] = true
	}
	h.mu.Unlock()
	var got struct{ Receipts []courses.Receipt }
	res, err := Call(ctx, c, http.MethodPost, base+"/api/v1/facts", p.Token, map[string]any{"facts": facts}, &got)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK || len(got.Receipts) != len(facts) {
		return nil, Refusal{res.StatusCode, res.Header.Get("Retry-After")}
	}
	var all []Receipted
	for i, r := range got.Receipts {
		if r.ID != facts[i].ID || r.State != courses.Received && r.State != courses.Duplicate {
			return nil, fmt.Errorf("fact %s was answered with %+v", facts[i].ID, r)
		}
		all = append(all, Receipted{pupil, facts[i], r})
	}
	return all, nil
}

// WasSent says whether a device sent the fact of this id.
func (h *Hall) WasSent(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.Sent[id]
}

// Record is what clients were told, and may be read while they go on.
type Record struct {
	Mu  sync.Mutex
	All []Receipted
	N   atomic.Int64
}

func (r *Record) Add(one Receipted) {
	r.Mu.Lock()
	defer r.Mu.Unlock()
	r.All = append(r.All, one)
	r.N.Add(1)
}

// until now gives what was received so far.
func (r *Record) UntilNow() []Receipted {
	r.Mu.Lock()
	defer r.Mu.Unlock()
	return r.All[:len(r.All):len(r.All)]
}

// Crowd lets every pupil send from some devices at once, and gives what ended each device.
func (h *Hall) Crowd(ctx context.Context, devices, course, own int, got func(Receipted), base func(device int) string) []error {
	errs := make([]error, devices*len(h.People))
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			errs[i] = h.device(ctx, base(i/len(h.People)), i%len(h.People), course, i/len(h.People), own, got)
		})
	}
	all.Wait()
	return errs
}

// Trained asks the board how many are trained.
func (h *Hall) Trained(t testing.TB, base string) int {
	t.Helper()
	var board struct{ Base, Trained int }
	res, err := Call(t.Context(), http.DefaultClient, http.MethodGet, base+"/api/v1/board", h.Office, nil, &board)
	if err != nil || res.StatusCode != http.StatusOK || board.Base != len(h.People) {
		t.Fatalf("the board: %+v, %v, a base of %d people", res, err, board.Base)
	}
	return board.Trained
}

// WantDuplicates sends facts that were acknowledged again: each must be known, with the same score and certificate.
func (h *Hall) WantDuplicates(t testing.TB, base string, acknowledged []Receipted) {
	t.Helper()
	byPupil := map[int][]Receipted{}
	for _, r := range acknowledged {
		byPupil[r.Pupil] = append(byPupil[r.Pupil], r)
	}
	for pupil, all := range byPupil {
		for len(all) > 0 {
			some := all[:min(len(all), 100)]
			all = all[len(some):]
			var facts []courses.Fact
			for _, r := range some {
				facts = append(facts, r.Fact)
			}
			again, err := h.Send(t.Context(), http.DefaultClient, base, pupil, facts)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range again {
				first := some[i].Receipt
				if r.Receipt.State != courses.Duplicate || first.Score != nil && *r.Receipt.Score != *first.Score || first.Certificate != "" && r.Receipt.Certificate != first.Certificate {
					t.Errorf("fact %s was answered with %+v, and later with %+v", r.Fact.ID, first, r.Receipt)
				}
			}
		}
	}
}
