package targets

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// RefreshStanding makes the standing of people from the facts again and keeps it, and removes it where a person is
// gone. Who inserts a certificate, a revocation, a ruling or a posting, or changes a name, calls it before answering;
// from then on the board counts the fact. It may be called at any time and as often as one likes.
func (b *Board) RefreshStanding(ctx context.Context, people ...string) error {
	known := slices.DeleteFunc(slices.Clone(people), func(id string) bool { return id == "" }) // nobody has none
	for some := range slices.Chunk(known, roster.Together) {
		if err := b.refreshStandings(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// Enter keeps the standing of people who were entered a moment ago and have no facts but postings, many at once. Of
// whom there is one already, RefreshStanding makes it.
func (b *Board) Enter(ctx context.Context, people []roster.Person) error {
	if len(people) == 0 {
		return nil
	}
	var all []any
	for _, p := range people {
		st := Stand(b.Programme, p, nil, nil)
		all = append(all, &st)
	}
	taken, err := b.insert(ctx, all)
	if err != nil {
		return err
	}
	return b.RefreshStanding(ctx, taken...)
}

// insert keeps standings where there are none, and gives the ids of people who have one already.
func (b *Board) insert(ctx context.Context, all []any) (taken []string, err error) {
	tells := b.notice()
	for _, st := range all {
		tells.tell(&Standing{}, st.(*Standing))
	}
	err = b.changing(ctx, tells, func() error {
		err := b.Store.Insert(ctx, StandingKind, all...)
		for _, st := range all {
			b.numbers.mark(*st.(*Standing))
		}
		if some := (*store.TakenError)(nil); errors.As(err, &some) {
			for _, i := range some.Taken {
				taken = append(taken, all[i].(*Standing).ID)
			}
			return nil
		}
		return err
	})
	return taken, err
}

// refreshStandings does so for some. Two calls for one person may come at once, and the slower one write what it read
// earlier: so each looks again after it wrote, and ends only when what is kept follows from the facts.
func (b *Board) refreshStandings(ctx context.Context, people []string) error {
	for len(people) > 0 {
		want, into, err := b.stand(ctx, people)
		if err != nil {
			return err
		}
		have := map[string]Standing{}
		err = store.Each(ctx, b.Store, StandingKind, store.Where(store.Among("id", people)), func(s Standing) error { have[s.ID] = s; return nil })
		if err != nil {
			return err
		}
		var again, changed []string
		tells := b.notice()
		for _, id := range people {
			next, there := want[id]
			old, kept := have[id]
			if there == kept && (!there || old.equal(&next)) {
				if into[id] != "" { // their facts are those of the entry that is kept
					again = append(again, into[id])
				}
				continue
			}
			tells.tell(&old, &next)
			changed = append(changed, id)
		}
		err = b.changing(ctx, tells, func() error {
			g, ctx := errgroup.WithContext(ctx)
			g.SetLimit(writers)
			for _, id := range changed {
				g.Go(func() error {
					if next, there := want[id]; there {
						return b.write(ctx, next, tells)
					}
					return b.remove(ctx, id, tells)
				})
			}
			return g.Wait()
		})
		if err != nil {
			return err
		}
		people = append(again, changed...)
	}
	return nil
}

// writers is how many standings are written at once: writes that wait together are committed together.
const writers = 128

// errMoved says that somebody else wrote a standing meanwhile, and that its numbers change elsewhere than was told.
var errMoved = errors.New("the standing is another one now")

// write keeps a standing, if no other numbers change than was told; whoever looks again finds what is left to do.
func (b *Board) write(ctx context.Context, want Standing, tells notice) error {
	for {
		var old Standing
		_, err := store.Update(ctx, b.Store, StandingKind, want.ID, func(s *Standing) error {
			if !tells.covers(s, &want) {
				return errMoved
			}
			old, *s = *s, want
			return nil
		})
		if errors.Is(err, problem.ErrNotFound) && tells.covers(&Standing{}, &want) {
			err = b.Store.Insert(ctx, StandingKind, &want)
		}
		b.numbers.mark(old, want) // whatever the error: it may be written
		if errors.Is(err, errMoved) || errors.Is(err, problem.ErrNotFound) {
			return nil
		}
		if !errors.Is(err, problem.ErrExists) {
			return err
		}
	}
}

// remove takes away the standing of nobody, if no other numbers change than was told.
func (b *Board) remove(ctx context.Context, person string, tells notice) error {
	var old Standing
	_, err := store.Update(ctx, b.Store, StandingKind, person, func(s *Standing) error {
		if !tells.covers(s, &Standing{}) {
			return errMoved
		}
		old = *s
		s.InBase = false
		return nil
	})
	if err == nil {
		err = b.Store.Delete(ctx, StandingKind, person)
	}
	b.numbers.mark(old)
	if errors.Is(err, problem.ErrNotFound) || errors.Is(err, errMoved) {
		err = nil
	}
	return err
}

// stand makes the standings of people from their facts, without those who are nobody's; into are the entries that
// theirs were joined to, of the few that were.
func (b *Board) stand(ctx context.Context, ids []string) (standings map[string]Standing, into map[string]string, err error) {
	var people []roster.Person
	err = store.Each(ctx, b.Store, roster.PersonKind, store.Where(store.Among("id", ids)), func(p roster.Person) error { people = append(people, p); return nil })
	if err != nil {
		return nil, nil, err
	}
	earned, err := b.earned(ctx, people)
	standings, into = map[string]Standing{}, map[string]string{}
	for _, p := range people {
		standings[p.ID] = b.standing(p, earned[p.ID])
		if p.Into != "" {
			into[p.ID] = p.Into
		}
	}
	return standings, into, err
}

// earnings are the facts that somebody is trained by.
type earnings struct {
	certificates []courses.Certificate
	revocations  []courses.Revocation
	elsewhere    []courses.Ruling
}

// earned reads the earnings of some people, by the ids under which each has any.
func (b *Board) earned(ctx context.Context, people []roster.Person) (map[string]earnings, error) {
	owners := map[string][]string{} // of an entry that was joined to another, both
	for _, p := range people {
		for _, id := range p.IDs() {
			owners[id] = append(owners[id], p.ID)
		}
	}
	all, holders := map[string]earnings{}, map[string]string{} // by what may be revoked
	add := func(person string, change func(*earnings)) error {
		for _, owner := range owners[person] {
			e := all[owner]
			change(&e)
			all[owner] = e
		}
		return nil
	}
	var err error
	for some := range slices.Chunk(slices.Collect(maps.Keys(owners)), roster.Together) {
		of := store.Where(store.Among("person", some)).By("person")
		if err == nil {
			err = store.Each(ctx, b.Store, school.CertificateKind, of, func(c courses.Certificate) error {
				holders[c.ID] = c.Person
				return add(c.Person, func(e *earnings) { e.certificates = append(e.certificates, c) })
			})
		}
		if err == nil {
			err = store.Each(ctx, b.Store, school.RulingKind, of, func(r courses.Ruling) error {
				holders[r.ID] = r.Person
				return add(r.Person, func(e *earnings) { e.elsewhere = append(e.elsewhere, r) })
			})
		}
	}
	for some := range slices.Chunk(slices.Collect(maps.Keys(holders)), roster.Together) {
		if err == nil {
			err = store.Each(ctx, b.Store, school.RevocationKind, store.Where(store.Among("id", some)), func(r courses.Revocation) error {
				return add(holders[r.ID], func(e *earnings) { e.revocations = append(e.revocations, r) })
			})
		}
	}
	return all, err
}

// until leaves of earnings what counts at a moment.
func (e earnings) until(m moment) earnings {
	return earnings{issued(e.certificates, m), revoked(e.revocations, m), ruled(e.elsewhere, m)}
}

// standing is Stand for earnings.
func (b *Board) standing(person roster.Person, e earnings) Standing {
	return Stand(b.Programme, person, e.certificates, e.revocations, e.elsewhere...)
}

// pagePeople is how many people's facts are in memory at once.
const pagePeople = 500

// page is some people, in the order of their ids, and their facts.
type page struct {
	people []roster.Person
	earned map[string]earnings // by person
}

// pages calls each with all people of the roster, some at a time, as it was known at an instant who they are; zero
// for now.
func (b *Board) pages(ctx context.Context, known time.Time, each func(page) error) error {
	who, err := b.who(ctx, known)
	if err != nil {
		return err
	}
	last := ""
	for {
		people, err := store.All[roster.Person](ctx, b.Store, roster.PersonKind, store.Query{}.From(&store.Cursor{ID: last}).First(pagePeople))
		if err != nil || len(people) == 0 {
			return err
		}
		for i := range people {
			people[i] = who.Person(people[i])
		}
		p, err := b.page(ctx, people)
		if err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
		last = people[len(people)-1].ID
	}
}

// who tells who was whom as it was known at an instant; zero for now.
func (b *Board) who(ctx context.Context, known time.Time) (roster.Past, error) {
	if known.IsZero() {
		return nil, nil
	}
	return roster.PastAt(ctx, b.Store, known)
}

// page reads the facts of people that follow one another in the order of ids: one query for each sort of fact. Ids of
// certificates and revocations begin with the person's and "/".
func (b *Board) page(ctx context.Context, people []roster.Person) (page, error) {
	p := page{people, map[string]earnings{}}
	first, last := people[0].ID, people[len(people)-1].ID
	err := store.Each(ctx, b.Store, school.CertificateKind, between("person", first, last), func(c courses.Certificate) error {
		e := p.earned[c.Person]
		e.certificates = append(e.certificates, c)
		p.earned[c.Person] = e
		return nil
	})
	if err != nil {
		return p, err
	}
	err = store.Each(ctx, b.Store, school.RulingKind, between("person", first, last), func(r courses.Ruling) error {
		e := p.earned[r.Person]
		e.elsewhere = append(e.elsewhere, r)
		p.earned[r.Person] = e
		return nil
	})
	if err != nil {
		return p, err
	}
	q := store.Where(store.AtLeast("id", first+"/"), store.Less("id", last+"0")) // "0" follows "/"
	err = store.Each(ctx, b.Store, school.RevocationKind, q, func(r courses.Revocation) error {
		if person, ok := roster.EntryOf(r.ID); ok {
			e := p.earned[person]
			e.revocations = append(e.revocations, r)
			p.earned[person] = e
		}
		return nil
	})
	for _, person := range people {
		if err == nil && person.Also != "" { // few, and their ids lie anywhere
			var own map[string]earnings
			own, err = b.earned(ctx, []roster.Person{person})
			p.earned[person.ID] = own[person.ID]
		}
	}
	return p, err
}

func between(field, first, last string) store.Query {
	return store.Where(store.AtLeast(field, first), store.AtMost(field, last)).By(field)
}

// postings reads the postings of the people of a page, by person.
func (b *Board) postings(ctx context.Context, p page) (map[string][]roster.Posting, error) {
	all := map[string][]roster.Posting{}
	q := between("person", p.people[0].ID, p.people[len(p.people)-1].ID)
	err := store.Each(ctx, b.Store, roster.PostingKind, q, func(f roster.Posting) error {
		all[f.Person] = append(all[f.Person], f)
		return nil
	})
	for _, person := range p.people {
		for _, id := range person.IDs()[1:] {
			if err != nil {
				return nil, err
			}
			var own []roster.Posting
			own, err = store.All[roster.Posting](ctx, b.Store, roster.PostingKind, store.Where(store.Is("person", id)))
			all[person.ID] = append(all[person.ID], own...)
		}
	}
	return all, err
}

// people calls each with the standing of everyone in the base of the scope: as kept, for this moment; for an earlier
// day made from the facts there were at its end.
func (b *Board) people(ctx context.Context, s Scope, m moment, each func(Standing) error) error {
	if !m.past {
		return b.kept(ctx, s, each)
	}
	return b.facts(ctx, m, func(person roster.Person, p page) error {
		st := b.standing(person, p.earned[person.ID].until(m))
		if !st.InBase || !s.has(st.Province, st.Programme, st.Commune) {
			return nil
		}
		return each(st)
	})
}

// facts calls each with everybody on the roster, at the post that they held at the end of the day, and the page on
// which all their earnings are.
func (b *Board) facts(ctx context.Context, m moment, each func(roster.Person, page) error) error {
	return b.pages(ctx, m.known, func(p page) error {
		var postings map[string][]roster.Posting
		if m.past {
			var err error
			if postings, err = b.postings(ctx, p); err != nil {
				return err
			}
		}
		for _, person := range p.people {
			if m.past {
				person = b.placed(person, postings[person.ID], m)
			}
			if err := each(person, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// kept calls each with the standings of the base in the scope, province after province and in the order of an index, so
// that no engine has to sort them.
func (b *Board) kept(ctx context.Context, s Scope, each func(Standing) error) error {
	if s.Province != "" {
		return store.Each(ctx, b.Store, StandingKind, store.Where(s.where()...).By("commune"), each)
	}
	provinces, err := b.Store.Count(ctx, StandingKind, store.Where(s.where()...), s.groups())
	for _, g := range provinces {
		if err == nil {
			err = store.Each(ctx, b.Store, StandingKind, store.Where(append(s.where(), store.Is(s.groups(), g.Key[0]))...).By("commune"), each)
		}
	}
	return err
}

// placed is the person at the post held at the end of the day, as it was known then. Who is entered twice, or by
// mistake, held none.
func (b *Board) placed(p roster.Person, postings []roster.Posting, m moment) roster.Person {
	if !m.known.IsZero() {
		postings = slices.DeleteFunc(slices.Clone(postings), func(f roster.Posting) bool { return f.RecordedAt.After(m.known) })
	}
	held, active := b.Places.Held(p.Live(postings), m.day.Time(), m.known)
	active = active && p.Gone == ""
	p.Library, p.Commune, p.Province, p.Programme, p.Active = held.Library, held.Commune, held.Province, held.Programme, active
	return p
}

func issued(all []courses.Certificate, m moment) []courses.Certificate {
	return slices.DeleteFunc(slices.Clone(all), func(c courses.Certificate) bool { return c.IssuedAt.After(m.at) })
}

func revoked(all []courses.Revocation, m moment) []courses.Revocation {
	return slices.DeleteFunc(slices.Clone(all), func(r courses.Revocation) bool { return r.At.After(m.at) })
}

// ruled are the rulings that count on a day, by its date and not by when they came: training done elsewhere is entered
// late, as postings are.
func ruled(all []courses.Ruling, m moment) []courses.Ruling {
	return slices.DeleteFunc(slices.Clone(all), func(r courses.Ruling) bool {
		return r.From().After(m.at) || !m.known.IsZero() && r.At.After(m.known)
	})
}

// Rebuilt says what a rebuild or a check found. Each difference is a standing that did not follow from the facts; a
// rebuild has put it right.
type Rebuilt struct {
	People      int      // looked at
	Missing     int      // had no standing
	Wrong       int      // had another one
	Orphans     int      // standings of nobody
	Differences []string // ids of the first hundred of them
}

func (r *Rebuilt) differs(n *int, id string) {
	*n++
	if len(r.Differences) < 100 {
		r.Differences = append(r.Differences, id)
	}
}

// Rebuild makes the standing of everybody from the facts again, some people at a time, and puts right what differs. It
// may run beside everything else. progress is called now and then with what was found so far, and may be nil.
func (b *Board) Rebuild(ctx context.Context, progress func(Rebuilt)) (Rebuilt, error) {
	r, err := b.compare(ctx, true, progress)
	if err == nil {
		_, err = b.Recount(ctx)
	}
	return r, err
}

// Check is Rebuild that changes nothing. Beside a server that is at work it may find a standing whose fact came a
// moment ago.
func (b *Board) Check(ctx context.Context, progress func(Rebuilt)) (Rebuilt, error) {
	return b.compare(ctx, false, progress)
}

func (b *Board) compare(ctx context.Context, mend bool, progress func(Rebuilt)) (Rebuilt, error) {
	var r Rebuilt
	last := ""
	err := b.pages(ctx, time.Time{}, func(p page) error {
		until := p.people[len(p.people)-1].ID
		if err := b.rebuild(ctx, p, store.Where(store.More("id", last), store.AtMost("id", until)), mend, &r); err != nil {
			return err
		}
		last = until
		if progress != nil {
			progress(r)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	return r, b.rebuild(ctx, page{}, store.Where(store.More("id", last)), mend, &r)
}

// rebuild compares the standings that the query finds, those of the people of a page and of nobody, and puts them right
// if it is to mend.
func (b *Board) rebuild(ctx context.Context, p page, q store.Query, mend bool, r *Rebuilt) error {
	have := map[string]Standing{}
	err := store.Each(ctx, b.Store, StandingKind, q, func(s Standing) error { have[s.ID] = s; return nil })
	if err != nil {
		return err
	}
	var missing []any
	var wrong []string
	for _, person := range p.people {
		r.People++
		want := b.standing(person, p.earned[person.ID])
		if old, ok := have[person.ID]; !ok {
			r.differs(&r.Missing, person.ID)
			missing = append(missing, &want)
		} else if !old.equal(&want) {
			r.differs(&r.Wrong, person.ID)
			wrong = append(wrong, person.ID)
		}
		delete(have, person.ID)
	}
	for _, id := range sortedKeys(have) {
		r.differs(&r.Orphans, id)
		wrong = append(wrong, id)
	}
	if !mend {
		return nil
	}
	if len(missing) > 0 {
		taken, err := b.insert(ctx, missing)
		if err != nil {
			return err
		}
		wrong = append(wrong, taken...) // somebody came between
	}
	return b.RefreshStanding(ctx, wrong...)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
