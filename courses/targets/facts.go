package targets

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Restate makes the standing of people from the facts again and keeps it, and removes it where a person is gone. Who inserts a certificate, a revocation or a posting, or changes a name,
// calls it before answering; from then on the board counts the fact. It may be called at any time and as often as one likes.
func (b *Board) Restate(ctx context.Context, people ...string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32) // writes that wait together are committed together
	for _, id := range people {
		g.Go(func() error { return b.restate(ctx, id) })
	}
	return g.Wait()
}

// restate does so for one. Two calls for one person may come at once, and the slower one write what it read earlier: so each looks again after it wrote, and ends only when what is kept
// follows from the facts.
func (b *Board) restate(ctx context.Context, person string) error {
	for {
		want, err := b.stand(ctx, person)
		gone := errors.Is(err, store.ErrNotFound)
		if err != nil && !gone {
			return err
		}
		have, err := store.Get[Standing](ctx, b.Store, StandingKind, person)
		none := errors.Is(err, store.ErrNotFound)
		switch {
		case err != nil && !none:
			return err
		case gone && none, !gone && !none && have.equal(&want):
			return nil
		case gone:
			err = b.remove(ctx, person)
		default:
			err = b.write(ctx, want)
		}
		if err != nil {
			return err
		}
	}
}

// write keeps a standing.
func (b *Board) write(ctx context.Context, want Standing) error {
	for {
		var old Standing
		_, err := store.Update(ctx, b.Store, StandingKind, want.ID, func(s *Standing) error { old, *s = *s, want; return nil })
		if errors.Is(err, store.ErrNotFound) {
			err = b.Store.Insert(ctx, StandingKind, &want)
		}
		b.memory.mark(old, want) // whatever the error: it may be written
		if !errors.Is(err, store.ErrExists) {
			return err
		}
	}
}

// remove takes away the standing of nobody.
func (b *Board) remove(ctx context.Context, person string) error {
	var old Standing
	_, err := store.Update(ctx, b.Store, StandingKind, person, func(s *Standing) error { old = *s; s.InBase = false; return nil })
	if err == nil {
		err = b.Store.Delete(ctx, StandingKind, person)
	}
	b.memory.mark(old)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return err
}

// stand makes a standing from the facts of one person.
func (b *Board) stand(ctx context.Context, id string) (Standing, error) {
	person, err := store.Get[roster.Person](ctx, b.Store, roster.PersonKind, id)
	if err != nil {
		return Standing{}, err
	}
	certificates, err := store.All[courses.Certificate](ctx, b.Store, courses.CertificateKind, store.Where(store.Is("person", id)))
	if err != nil {
		return Standing{}, err
	}
	revocations, err := store.All[courses.Revocation](ctx, b.Store, courses.RevocationKind, store.Where(store.Begins("id", id+"/")))
	return Stand(b.Programme, person, certificates, revocations), err
}

// pagePeople is how many people's facts are in memory at once.
const pagePeople = 500

// page is some people, in the order of their ids, and their facts.
type page struct {
	people       []roster.Person
	certificates map[string][]courses.Certificate // by person
	revocations  map[string][]courses.Revocation
}

// pages calls each with all people of the roster, some at a time.
func (b *Board) pages(ctx context.Context, each func(page) error) error {
	last := ""
	for {
		people, err := store.All[roster.Person](ctx, b.Store, roster.PersonKind, store.Query{}.From(&store.Cursor{ID: last}).First(pagePeople))
		if err != nil || len(people) == 0 {
			return err
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

// page reads the facts of people that follow one another in the order of ids: one query for each sort of fact. Ids of certificates and revocations begin with the person's and "/".
func (b *Board) page(ctx context.Context, people []roster.Person) (page, error) {
	p := page{people, map[string][]courses.Certificate{}, map[string][]courses.Revocation{}}
	first, last := people[0].ID, people[len(people)-1].ID
	err := store.Each(ctx, b.Store, courses.CertificateKind, between("person", first, last), func(c courses.Certificate) error {
		p.certificates[c.Person] = append(p.certificates[c.Person], c)
		return nil
	})
	if err != nil {
		return p, err
	}
	q := store.Where(store.AtLeast("id", first+"/"), store.Less("id", last+"0")) // "0" follows "/"
	return p, store.Each(ctx, b.Store, courses.RevocationKind, q, func(r courses.Revocation) error {
		if person, ok := holder(r.ID); ok {
			p.revocations[person] = append(p.revocations[person], r)
		}
		return nil
	})
}

func between(field, first, last string) store.Query {
	return store.Where(store.AtLeast(field, first), store.AtMost(field, last)).By(field)
}

// postings reads the postings of the people of a page, by person.
func (b *Board) postings(ctx context.Context, p page) (map[string][]roster.Posting, error) {
	all := map[string][]roster.Posting{}
	q := between("person", p.people[0].ID, p.people[len(p.people)-1].ID)
	return all, store.Each(ctx, b.Store, roster.PostingKind, q, func(f roster.Posting) error {
		all[f.Person] = append(all[f.Person], f)
		return nil
	})
}

// people calls each with the standing of everyone in the base of the scope: as kept, for this moment; for an earlier day made from the facts there were at its end.
func (b *Board) people(ctx context.Context, s Scope, m moment, each func(Standing) error) error {
	if !m.past {
		return b.kept(ctx, s, each)
	}
	return b.pages(ctx, func(p page) error {
		postings, err := b.postings(ctx, p)
		if err != nil {
			return err
		}
		for _, person := range p.people {
			st := Stand(b.Programme, placed(person, postings[person.ID], m.day), issued(p.certificates[person.ID], m), revoked(p.revocations[person.ID], m))
			if !st.InBase || !s.has(st.Province, st.Programme, st.Commune) {
				continue
			}
			if err := each(st); err != nil {
				return err
			}
		}
		return nil
	})
}

// kept calls each with the standings of the base in the scope, province after province and in the order of an index, so that no engine has to sort them.
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

// placed is the person at the post held at the end of a day.
func placed(p roster.Person, postings []roster.Posting, day Day) roster.Person {
	held, active := roster.Held(postings, day.Time())
	p.Library, p.Commune, p.Province, p.Programme, p.Active = held.Library, held.Commune, held.Province, held.Programme, active
	return p
}

func issued(all []courses.Certificate, m moment) []courses.Certificate {
	return slices.DeleteFunc(slices.Clone(all), func(c courses.Certificate) bool { return c.IssuedAt.After(m.at) })
}

func revoked(all []courses.Revocation, m moment) []courses.Revocation {
	return slices.DeleteFunc(slices.Clone(all), func(r courses.Revocation) bool { return r.At.After(m.at) })
}

// Rebuilt says what a rebuild or a check found. Each difference is a standing that did not follow from the facts; a rebuild has put it right.
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

// Rebuild makes the standing of everybody from the facts again, some people at a time, and puts right what differs. It may run beside everything else. progress is called now and then with what was found
// so far, and may be nil.
func (b *Board) Rebuild(ctx context.Context, progress func(Rebuilt)) (Rebuilt, error) {
	return b.compare(ctx, true, progress)
}

// Check is Rebuild that changes nothing. Beside a server that is at work it may find a standing whose fact came a moment ago.
func (b *Board) Check(ctx context.Context, progress func(Rebuilt)) (Rebuilt, error) {
	return b.compare(ctx, false, progress)
}

func (b *Board) compare(ctx context.Context, mend bool, progress func(Rebuilt)) (Rebuilt, error) {
	var r Rebuilt
	last := ""
	err := b.pages(ctx, func(p page) error {
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

// rebuild compares the standings that the query finds, those of the people of a page and of nobody, and puts them right if it is to mend.
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
		want := Stand(b.Programme, person, p.certificates[person.ID], p.revocations[person.ID])
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
		err := b.Store.Insert(ctx, StandingKind, missing...)
		for _, m := range missing {
			b.memory.mark(*m.(*Standing))
		}
		if taken := (*store.TakenError)(nil); errors.As(err, &taken) { // somebody came between
			for _, i := range taken.Taken {
				wrong = append(wrong, missing[i].(*Standing).ID)
			}
		} else if err != nil {
			return err
		}
	}
	return b.Restate(ctx, wrong...)
}

// holder is the person of a certificate, told by its id.
func holder(certificate string) (string, bool) {
	person, _, ok := strings.Cut(certificate, "/")
	return person, ok
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
