package targets

import (
	"context"
	"strings"
	"sync"

	"lopban/courses/roster"
	"lopban/courses/store"
)

// counts is the numbers of a day, by list and by "province/commune" in it, for a Board that alone writes standings:
// what one of its writes may have changed is counted again before it is next shown.
type counts struct {
	counting sync.Mutex // held while anything is counted, so that nobody is shown what somebody else is counting again
	day      Day
	numbers  map[roster.List]tally

	marks sync.Mutex
	stale map[roster.List]map[string]bool
}

// mark says that a standing is, or was until now, written thus. It comes after the write: a count that began before it
// is done again.
func (k *counts) mark(standings ...Standing) {
	k.marks.Lock()
	defer k.marks.Unlock()
	for _, s := range standings {
		if s.ID != "" {
			k.add(roster.Present, s.Province+"/"+s.Commune)
			k.add(roster.Programme, s.Programme+"/"+s.Commune)
		}
	}
}

func (k *counts) add(by roster.List, place string) {
	if k.stale == nil {
		k.stale = map[roster.List]map[string]bool{}
	}
	if k.stale[by] == nil {
		k.stale[by] = map[string]bool{}
	}
	k.stale[by][place] = true
}

// taken gives the marks of a list, and forgets them.
func (k *counts) taken(by roster.List) map[string]bool {
	k.marks.Lock()
	defer k.marks.Unlock()
	stale := k.stale[by]
	delete(k.stale, by)
	return stale
}

// today gives the numbers of a scope at this moment, after counting again what was marked.
func (b *Board) today(ctx context.Context, s Scope, m moment) (tally, error) {
	k := &b.numbers
	k.counting.Lock()
	defer k.counting.Unlock()
	if k.day != m.day {
		k.day, k.numbers = m.day, map[roster.List]tally{}
	}
	stale, err := k.taken(s.By), error(nil)
	if k.numbers[s.By] == nil {
		k.numbers[s.By], err = b.countAll(ctx, s.By, m)
	} else {
		err = b.countPlaces(ctx, s.By, stale, m)
	}
	if err != nil {
		delete(k.numbers, s.By) // the marks are gone
		return nil, err
	}
	t := tally{}
	for place, n := range k.numbers[s.By] {
		province, commune, _ := strings.Cut(place, "/")
		if s.Province != "" && province != s.Province || s.Commune != "" && commune != s.Commune {
			continue
		}
		key := province
		if s.Province != "" {
			key = commune
		}
		t[key] = t[key].plus(n)
	}
	return t, nil
}

// countAll counts everybody.
func (b *Board) countAll(ctx context.Context, by roster.List, m moment) (tally, error) {
	all := Scope{By: by}
	now, err := b.counted(ctx, all.where(), m.at, provinceField[by], "commune")
	if err != nil {
		return nil, err
	}
	later, err := b.counted(ctx, all.where(), m.day.last(), provinceField[by], "commune")
	for place, n := range now {
		b.numbers.lasts(by, place, n, later[place])
	}
	return now, err
}

// countPlaces counts the people of some places again.
func (b *Board) countPlaces(ctx context.Context, by roster.List, places map[string]bool, m moment) error {
	for place := range places {
		province, commune, _ := strings.Cut(place, "/")
		where := []store.Cond{store.Is("inBase", true), store.Is(provinceField[by], province), store.Is("commune", commune)}
		now, err := b.counted(ctx, where, m.at)
		if err != nil {
			return err
		}
		later, err := b.counted(ctx, where, m.day.last())
		if err != nil {
			return err
		}
		b.numbers.lasts(by, place, now[""], later[""])
		b.numbers.numbers[by][place] = now[""]
		if now[""].base == 0 {
			delete(b.numbers.numbers[by], place)
		}
	}
	return nil
}

// lasts marks a place again whose number will not be the same at the end of the day.
func (k *counts) lasts(by roster.List, place string, now, later number) {
	if now != later {
		k.marks.Lock()
		defer k.marks.Unlock()
		k.add(by, place)
	}
}
