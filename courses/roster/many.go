package roster

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"lopban/courses/store"
)

// Many are read with one query and in bounded memory: an import of a whole province asks for each of its people.

// Together is how many people are best asked for at once.
const Together = 250

// rare is how many people in all provinces have a name that is looked up together with others; those of a commoner name
// are asked for by the place.
const rare = 16

// crowd is where people are looked for.
type crowd interface {
	ByPhone(ctx context.Context, phone string) ([]Person, error)
	inCommune(ctx context.Context, fold, commune string) ([]Person, error)
	inProvince(ctx context.Context, fold, province string) ([]Person, error) // bearers at most
	anywhere(ctx context.Context, fold string) ([]Person, error)             // bearers at most
}

func (r *Roll) inCommune(ctx context.Context, fold, commune string) ([]Person, error) {
	return r.real(ctx, store.Where(store.Is("commune", commune), store.Is("fold", fold)).By("sort"))
}

func (r *Roll) inProvince(ctx context.Context, fold, province string) ([]Person, error) {
	return r.real(ctx, store.Where(store.Is("fold", fold), store.Is("province", province)).First(bearers))
}

func (r *Roll) anywhere(ctx context.Context, fold string) ([]Person, error) {
	return r.real(ctx, store.Where(store.Is("fold", fold)).By("province").First(bearers))
}

// gathered is the people whom some may mean, read together.
type gathered struct {
	*Roll
	phones map[string][]Person
	names  map[string][]Person    // by Fold, of those who are rare
	asked  map[[2]string][]Person // of a commoner name, by Fold and province
}

func (g *gathered) ByPhone(_ context.Context, phone string) ([]Person, error) {
	return g.phones[phone], nil
}

func (g *gathered) inCommune(ctx context.Context, fold, commune string) ([]Person, error) {
	if named, ok := g.names[fold]; ok {
		return those(named, func(p Person) bool { return p.Commune == commune }), nil
	}
	return g.Roll.inCommune(ctx, fold, commune)
}

func (g *gathered) inProvince(ctx context.Context, fold, province string) ([]Person, error) {
	if named, ok := g.names[fold]; ok {
		return those(named, func(p Person) bool { return p.Province == province }), nil
	}
	return g.remember([2]string{fold, province}, func() ([]Person, error) { return g.Roll.inProvince(ctx, fold, province) })
}

func (g *gathered) anywhere(ctx context.Context, fold string) ([]Person, error) {
	if named, ok := g.names[fold]; ok {
		return slices.Clone(named), nil
	}
	return g.remember([2]string{fold}, func() ([]Person, error) { return g.Roll.anywhere(ctx, fold) })
}

func (g *gathered) remember(key [2]string, ask func() ([]Person, error)) ([]Person, error) {
	people, ok := g.asked[key]
	if !ok {
		var err error
		if people, err = ask(); err != nil {
			return nil, err
		}
		g.asked[key] = people
	}
	return slices.Clone(people), nil
}

func those(people []Person, are func(Person) bool) []Person {
	var some []Person
	for _, p := range people {
		if are(p) {
			some = append(some, p)
		}
	}
	return some
}

// searches is how many queries for many are under way at once.
const searches = 4

// FindAll is Find of each of many.
func (r *Roll) FindAll(ctx context.Context, sought []Sought) ([]Match, error) {
	found := make([]Match, len(sought))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(searches)
	for from := 0; from < len(sought); from += Together {
		to := min(from+Together, len(sought))
		g.Go(func() error { return r.findSome(ctx, sought[from:to], found[from:to]) })
	}
	return found, g.Wait()
}

func (r *Roll) findSome(ctx context.Context, sought []Sought, found []Match) error {
	g := &gathered{Roll: r, asked: map[[2]string][]Person{}}
	if err := g.gatherPhones(ctx, sought); err != nil {
		return err
	}
	var names []string
	for _, s := range sought {
		if _, done := s.byNumber(g.phones[s.Phone]); !done {
			names = append(names, Fold(s.Name))
		}
	}
	if err := g.gatherNames(ctx, names); err != nil {
		return err
	}
	for i, s := range sought {
		var err error
		if found[i], err = s.in(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

func (g *gathered) gatherPhones(ctx context.Context, sought []Sought) error {
	var phones []string
	for _, s := range sought {
		if IsMobile(s.Phone) {
			phones = append(phones, s.Phone)
		}
	}
	g.phones = map[string][]Person{}
	return g.gather(ctx, store.Among("phone", distinct(phones)), func(p Person) { g.phones[p.Phone] = append(g.phones[p.Phone], p) })
}

// gatherNames reads the people of the names that are rare.
func (g *gathered) gatherNames(ctx context.Context, names []string) error {
	g.names = map[string][]Person{}
	names = slices.DeleteFunc(distinct(names), func(name string) bool { return name == "" })
	if len(names) == 0 {
		return nil
	}
	for _, name := range names {
		g.names[name] = nil
	}
	groups, err := g.Store.Count(ctx, PersonKind, store.Where(store.Among("fold", names)), "fold")
	if err != nil {
		return err
	}
	var some []string
	for _, n := range groups {
		if n.N <= rare {
			some = append(some, n.Key[0])
		} else {
			delete(g.names, n.Key[0])
		}
	}
	return g.gather(ctx, store.Among("fold", some), func(p Person) { g.names[p.Fold] = append(g.names[p.Fold], p) })
}

// gather reads people, without the entries that are nobody any more.
func (g *gathered) gather(ctx context.Context, of store.Cond, add func(Person)) error {
	if len(of.Value.([]string)) == 0 {
		return nil
	}
	return store.Each(ctx, g.Store, PersonKind, store.Where(of).By(of.Field), func(p Person) error {
		if p.Gone == "" {
			add(p)
		}
		return nil
	})
}

func distinct(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

// PeopleOf reads people by their ids. Who is not there is not in it.
func (r *Roll) PeopleOf(ctx context.Context, ids []string) (map[string]Person, error) {
	people := map[string]Person{}
	for some := range slices.Chunk(ids, Together) {
		err := store.Each(ctx, r.Store, PersonKind, store.Where(store.Among("id", some)), func(p Person) error { people[p.ID] = p; return nil })
		if err != nil {
			return nil, err
		}
	}
	return people, nil
}

// FactsOf is Facts of each of many.
func (r *Roll) FactsOf(ctx context.Context, ids []string) (map[string]Facts, error) {
	facts := map[string]Facts{}
	for some := range slices.Chunk(ids, Together) {
		if err := r.factsOf(ctx, some, facts); err != nil {
			return nil, err
		}
	}
	return facts, nil
}

func (r *Roll) factsOf(ctx context.Context, ids []string, facts map[string]Facts) error {
	var joined []string
	err := store.Each(ctx, r.Store, PostingKind, store.Where(store.Among("person", ids)).By("person"), func(p Posting) error {
		f := facts[p.Person]
		f.Postings = append(f.Postings, p)
		facts[p.Person] = f
		return nil
	})
	if err == nil {
		err = store.Each(ctx, r.Store, DetailKind, store.Where(store.Among("person", ids)).By("person"), func(d Detail) error {
			f := facts[d.Person]
			f.Details = append(f.Details, d)
			facts[d.Person] = f
			return nil
		})
	}
	if err == nil {
		err = store.Each(ctx, r.Store, DetailKind, store.Where(store.Among("other", ids)).By("other"), func(d Detail) error { joined = append(joined, d.Other); return nil })
	}
	for _, id := range distinct(joined) { // few
		if err == nil {
			facts[id], err = r.Facts(ctx, id)
		}
	}
	return err
}

// Untold are the details that say what is known of people of whom nothing is said: see Begun.
func (r *Roll) Untold(ctx context.Context, people []Person) ([]Detail, error) {
	var all []Detail
	for some := range slices.Chunk(people, Together) {
		var ids []string
		for _, p := range some {
			ids = append(ids, first(p, "", p.UpdatedAt).ID)
		}
		said := map[string]bool{}
		err := store.Each(ctx, r.Store, DetailKind, store.Where(store.Among("id", ids)), func(d Detail) error { said[d.ID] = true; return nil })
		if err != nil {
			return nil, err
		}
		for i, p := range some {
			if !said[ids[i]] {
				all = append(all, Known(p))
			}
		}
	}
	return all, nil
}

// writers is how many people are written at once: writes that wait together are committed together.
const writers = 128

// RefreshAll is Refresh of each of many.
func (r *Roll) RefreshAll(ctx context.Context, ids []string) error {
	for some := range slices.Chunk(ids, Together) {
		if err := r.refreshSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (r *Roll) refreshSome(ctx context.Context, ids []string) error {
	facts, err := r.FactsOf(ctx, ids)
	if err != nil {
		return err
	}
	g, until := errgroup.WithContext(ctx)
	g.SetLimit(writers)
	for _, id := range ids {
		g.Go(func() error { return r.write(until, id, facts[id]) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	again, err := r.FactsOf(ctx, ids)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return again[id].size() == facts[id].size() })
	if len(ids) == 0 {
		return nil
	}
	return r.refreshSome(ctx, ids)
}

// errAsSaid ends the change of a person who is as the facts say.
var errAsSaid = errors.New("as said")

// write writes into a person what the facts say.
func (r *Roll) write(ctx context.Context, id string, facts Facts) error {
	_, err := store.Update(ctx, r.Store, PersonKind, id, func(p *Person) error {
		next := r.Replay(*p, facts)
		if same(*p, next) {
			return errAsSaid
		}
		*p = next
		return nil
	})
	if errors.Is(err, errAsSaid) {
		return nil
	}
	return err
}
