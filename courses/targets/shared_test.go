package targets

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/store/storetest"
)

// pair is a region that two processes serve.
type pair struct {
	*region
	boards [2]*Board
	joined []string // entries that were joined to another
}

func newPair(r *region) *pair {
	p := &pair{region: r}
	for i := range p.boards {
		p.boards[i] = &Board{Store: r.Store, Programme: r.Programme, Places: r.Places, Now: r.now, Temp: r.Temp}
	}
	r.Board = p.boards[0]
	return p
}

// sameEverywhere compares what each process shows with the standings counted again, and with the facts.
func (p *pair) sameEverywhere(t fataler, facts bool) {
	for _, b := range p.boards {
		p.Board = b
		p.sameCounted(t, facts)
	}
}

// Two processes show what is counted anew after any history of people who come, go, move between provinces, are merged
// and parted, and of certificates that end, whichever process wrote what.
func TestProcessesCountAlike(t *testing.T) {
	history := func(r *region, rt fataler, steps int, choose func(n int) int, hours func() int) {
		p, h := newPair(r), newHistory(r)
		for range steps {
			r.clock = r.clock.Add(time.Duration(hours()) * time.Hour)
			p.Board = p.boards[choose(2)]
			switch choose(7) {
			case 0:
				p.joins(h, choose)
			case 1:
				p.changesLibrary(h.people[choose(len(h.people))], fmt.Sprint("Thư viện ", choose(3)))
			default:
				h.step(choose)
			}
			if choose(3) > 0 { // changes of several steps may be counted together
				p.sameEverywhere(rt, false)
			}
		}
		p.sameEverywhere(rt, true)
		if n, err := p.Recount(r.ctx); n != 0 || err != nil {
			rt.Fatal(n, "places were counted wrongly", err)
		}
	}
	t.Run("embedded store", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			r, closed := openRegion(t)
			defer closed()
			r.t = rt
			history(r, rt, rapid.IntRange(1, 12).Draw(rt, "steps"), func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "choice") },
				func() int { return rapid.IntRange(0, 50).Draw(rt, "hours") })
		})
	})
	t.Run("MongoDB", func(t *testing.T) {
		st, err := mongodb.Open(t.Context(), mongotest.Start(t), regionKinds()...)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		r := regionOn(t, st)
		choose := sequence(1687)
		history(r, t, 30, choose, func() int { return choose(50) })
	})
}

// joins makes one entry of two, or parts two that were joined.
func (p *pair) joins(h *history, choose func(n int) int) {
	p.t.Helper()
	if n := len(p.joined); n > 0 && choose(2) == 0 {
		gone := p.joined[n-1]
		from, kept, err := p.roll.Part(p.ctx, gone, "staff")
		p.check(err)
		p.joined, h.people = p.joined[:n-1], append(h.people, gone)
		p.check(p.RefreshStanding(p.ctx, from.ID, kept.ID))
		return
	}
	i, j := choose(len(h.people)), choose(len(h.people))
	if i == j {
		return
	}
	gone, kept := h.people[i], h.people[j]
	one, err := p.roll.Person(p.ctx, kept)
	p.check(err)
	if _, err := p.roll.Merge(p.ctx, gone, kept, roster.Details{Name: one.Name, Kind: one.Kind}, "staff"); err != nil {
		return // of two whose posts do not go together
	}
	p.joined, h.people = append(p.joined, gone), slices.Delete(h.people, i, i+1)
	p.check(p.RefreshStanding(p.ctx, gone, kept))
}

// changesLibrary has somebody work at another library of their commune.
func (p *pair) changesLibrary(person, library string) {
	p.t.Helper()
	one, err := p.roll.Person(p.ctx, person)
	p.check(err)
	if !one.Active {
		return
	}
	_, err = p.roll.Move(p.ctx, person, roster.Entry{Library: library, Commune: one.Commune, On: p.today()}, "staff")
	if err != nil && !errors.Is(err, problem.ErrExists) { // they work there
		p.check(err)
	}
	p.refreshes(person)
}

// Whatever write a process ends at, the other one shows what is kept; and what has to be done again is done then.
func TestACutBetweenTwoWritesCountsNobodyWrongly(t *testing.T) {
	for after := 0; ; after++ {
		r := newRegion(t)
		p := newPair(r)
		cut := storetest.NewCut(r.Store)
		p.boards[0].Store = cut
		who := r.hires("Lò Văn Nam", ngocDuong)
		gone := r.hires("Lò Thị Mai", ngocDuong)
		rapidly(t, p)
		r.trainsPast(who)
		r.check(r.Store.Delete(r.ctx, roster.PersonKind, gone))
		cut.After(after)
		err := p.boards[0].RefreshStanding(r.ctx, who, gone)
		was := cut.Was()
		if was != errors.Is(err, problem.ErrUnavailable) {
			t.Fatalf("cut after %d: %v", after, err)
		}
		rapidly(t, p)
		cut.Mend()
		r.check(p.boards[0].RefreshStanding(r.ctx, who, gone))
		rapidly(t, p)
		r.clock = r.clock.Add(2 * changeLife)
		rapidly(t, p)
		if left, err := store.All[Change](r.ctx, r.Store, ChangeKind, store.Query{}); err != nil || len(left) != 0 {
			t.Errorf("cut after %d: changes stay for ever: %+v, %v", after, left, err)
		}
		if !was {
			if after < 5 {
				t.Errorf("only %d writes", after)
			}
			return
		}
	}
}

// trainsPast gives somebody certificates of which no Board knows.
func (r *region) trainsPast(person string) {
	r.t.Helper()
	for i, strand := range both2.Strands {
		c := cert(fmt.Sprintf("c%d", i), strand, 1, 300)
		c.ID, c.Person, c.Code, c.Register = person+"/"+c.ID, person, person+c.ID, person+c.ID
		r.check(r.Store.Insert(r.ctx, school.CertificateKind, &c))
	}
}

// rapidly is sameEverywhere for a test that is no property.
func rapidly(t *testing.T, p *pair) {
	t.Helper()
	for _, b := range p.boards {
		for _, s := range []Scope{{By: roster.Present}, {By: roster.Programme, Province: "02"}, {By: roster.Present, Province: "08", Commune: ngocDuong}} {
			m, err := b.moment(s, time.Time{})
			p.check(err)
			got, err := b.read(p.ctx, s, m)
			p.check(err)
			anew, err := b.counted(p.ctx, s.where(), m.at, s.groups())
			p.check(err)
			if want := b.figures(s, m, anew); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%+v: shown %+v\ncounted %+v", s, got, want)
			}
		}
	}
}

// While many write and many look, through both processes, each certificate is counted from the moment at which
// RefreshStanding has returned, and at the end nobody is counted wrongly.
func TestManyProcessesCountAtOnce(t *testing.T) {
	r := newRegion(t)
	p := newPair(r)
	const people = 24
	ids := make([]string, people)
	for i := range ids {
		ids[i] = r.hires("Lò Văn Nam", []string{ngocDuong, phuLinh}[i%2])
	}
	var writers, readers sync.WaitGroup
	var trained atomic.Int64
	stop := make(chan struct{})
	for i := range 4 {
		readers.Go(func() {
			for b := p.boards[i%2]; ; {
				before := int(trained.Load())
				f, err := b.Read(r.ctx, roster.Present, "08", time.Time{})
				if err != nil || f.Base != people || f.Trained < before {
					t.Errorf("%d of %d are trained after %d: %v", f.Trained, f.Base, before, err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for w := range 4 {
		writers.Go(func() {
			for i := w; i < people; i += 4 {
				r.trainsPast(ids[i])
				if err := p.boards[rand.N(2)].RefreshStanding(r.ctx, ids[i]); err != nil {
					t.Error(err)
				}
				trained.Add(1)
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	rapidly(t, p)
	if n, err := p.Recount(r.ctx); n != 0 || err != nil {
		t.Errorf("%d places are counted wrongly, %v", n, err)
	}
}

// interrupted is a store that does something else before its next change of a kind.
type interrupted struct {
	store.Store
	kind *store.Kind
	do   func()
}

func (s *interrupted) Update(ctx context.Context, k *store.Kind, id string, doc any, change func() error) error {
	if do := s.do; k == s.kind && do != nil {
		s.do = nil
		do()
	}
	return s.Store.Update(ctx, k, id, doc, change)
}

// A reader that was slow does not keep what it counted before somebody else counted later.
func TestASlowReaderKeepsNothingOld(t *testing.T) {
	r := newRegion(t)
	p := newPair(r)
	first, second := r.hires("Lò Văn Nam", ngocDuong), r.hires("Lò Thị Mai", ngocDuong)
	rapidly(t, p)
	r.trains(first, 100)
	came := false
	p.boards[1].Store = &interrupted{r.Store, CountsKind, func() {
		came = true
		r.trains(second, 100)
		if f := r.reads(roster.Present, "08", time.Time{}); f.Trained != 2 {
			t.Errorf("%d are trained", f.Trained)
		}
	}}
	if f, err := p.boards[1].Read(r.ctx, roster.Present, "08", time.Time{}); !came || err != nil || f.Trained != 1 {
		t.Errorf("%d were trained when it was counted, %v", f.Trained, err)
	}
	rapidly(t, p)
}

// A certificate that ends is counted until then by every process, also by one whose clock is behind.
func TestProcessesCountWithinADay(t *testing.T) {
	r := newRegion(t)
	p := newPair(r)
	r.trains(r.hires("Lò Văn Nam", ngocDuong), 100)
	end := r.trainedUntil(t)
	for _, c := range []struct {
		at   time.Time
		want int
	}{{end.Add(-time.Minute), 1}, {end.Add(-time.Millisecond), 1}, {end, 0}, {end.Add(-time.Second), 1}, {end.Add(time.Minute), 0}} {
		r.clock = c.at
		for i, b := range p.boards {
			if f, err := b.Read(r.ctx, roster.Present, "08", time.Time{}); f.Trained != c.want || err != nil {
				t.Errorf("process %d, %v from the end: %d are trained, want %d; %v", i, c.at.Sub(end), f.Trained, c.want, err)
			}
		}
	}
}

// calls counts what is asked of a store.
type calls struct {
	store.Store
	n atomic.Int64
}

func (c *calls) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	c.n.Add(1)
	return c.Store.Get(ctx, k, id, doc)
}

func (c *calls) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	c.n.Add(1)
	return c.Store.Find(ctx, k, q, func(row store.Row) error { c.n.Add(1); return each(row) })
}

func (c *calls) Count(ctx context.Context, k *store.Kind, q store.Query, by ...string) ([]store.Group, error) {
	c.n.Add(1)
	return c.Store.Count(ctx, k, q, by...)
}

func (c *calls) Update(ctx context.Context, k *store.Kind, id string, doc any, change func() error) error {
	c.n.Add(1)
	return c.Store.Update(ctx, k, id, doc, change)
}

// However many people there are, a board asks for two documents at most; and after a change for the people of a
// commune.
func TestABoardCostsNoMoreForMorePeople(t *testing.T) {
	r := newRegion(t)
	p := newPair(r)
	c := &calls{Store: r.Store}
	p.boards[1].Store = c
	communes := r.Places.Communes(roster.Programme, "02")
	var all []roster.Person
	for i := range 1000 {
		of := communes[i%len(communes)]
		all = append(all, roster.Person{ID: fmt.Sprintf("%04d", i), Name: "Vàng Thị Mai", Library: "Thư viện", Commune: of.Code, Province: of.Province, Programme: of.Programme, Active: true, Since: r.today()})
	}
	r.check(p.boards[0].Enter(r.ctx, all))
	who := r.hires("Lò Văn Nam", ngocDuong)
	ask := func() int64 {
		before := c.n.Load()
		for _, s := range []Scope{{By: roster.Present}, {By: roster.Programme, Province: "02"}} {
			if f, err := p.boards[1].ReadScope(r.ctx, s, time.Time{}); err != nil || f.Base != len(all)+1 {
				t.Fatalf("%d people, %v", f.Base, err)
			}
		}
		return c.n.Load() - before
	}
	ask()
	if n := ask(); n != 4 {
		t.Errorf("two boards asked for %d documents", n)
	}
	r.trains(who, 100)
	if n, commune := ask(), int64(2*(1+len(all)/len(communes)+1)); n > 12+commune {
		t.Errorf("after a certificate two boards asked for %d documents", n)
	}
}

// A standing that something else wrote is counted by the next Recount.
func TestRecountFindsWhatWasWrittenPastABoard(t *testing.T) {
	r := newRegion(t)
	p := newPair(r)
	who := r.hires("Lò Văn Nam", ngocDuong)
	rapidly(t, p)
	_, err := store.Update(r.ctx, r.Store, StandingKind, who, func(s *Standing) error { s.TrainedUntil = courses.Forever; return nil })
	r.check(err)
	for _, want := range []int{2, 0} { // the commune in both lists
		if n, err := p.Recount(r.ctx); n != want || err != nil {
			t.Errorf("%d places were wrong, %v; want %d", n, err, want)
		}
		rapidly(t, p)
	}
}
