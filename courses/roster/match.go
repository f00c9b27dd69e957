package roster

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Who is whom is decided here and nowhere else, for the form and for the import: the same code; the same mobile number
// and name; the same name in the same commune and library. Anything less is asked. What is asked never changes anybody
// by itself.

// Sought is what a row of a file or a form says of somebody.
type Sought struct {
	Province string // present, code: where it is said
	Name     string // as Name gives it
	Phone    string // as Phone gives it; "" for none
	Commune  string // code, "" where it is not said
	Library  string
}

// Match is who of the roster may be meant.
type Match struct {
	Sure  *Person    // certainly
	Maybe []Likeness // of the province, the likeliest first; there is no Sure then
	// with the number and the name, of other provinces: who asks learns the province and nothing else
	Away     []Person
	Namesake *Person // the only other person of the name who holds a post, in another province; said, not asked
	Others   int     // people of the name elsewhere in the province, where they are a few; said, not asked
	Holder   *Person // somebody else who holds a post and has this mobile number, in any province
}

// Elsewhere is who of another province may be meant and holds a post there, so that the province can be asked for
// them; false where there is none, or more than one.
func (m Match) Elsewhere() (Person, bool) {
	switch {
	case m.Sure != nil || len(m.Maybe) > 0 || len(m.Away) > 1:
	case len(m.Away) == 1:
		return m.Away[0], m.Away[0].Active
	case m.Namesake != nil:
		return *m.Namesake, true
	}
	return Person{}, false
}

// Likeness is somebody who may be meant, and what speaks against it.
type Likeness struct {
	Person  Person
	Against []Difference
}

// Difference is why somebody is not certainly the one who is meant.
type Difference string

const (
	MarksDiffer   Difference = "marks"   // the name has other marks
	NameDiffers   Difference = "name"    // some letters
	NumberDiffers Difference = "phone"   // another mobile number
	OtherCommune  Difference = "commune" // another commune, or it is not said
	OtherLibrary  Difference = "library" // another library, or it is not said
	HasLeft       Difference = "left"    // holds no post
	Several       Difference = "several" // nothing, but there are two
)

// bearers is how many people with the letters of a name are looked at in a province, to see whether its spelling is
// that of one only.
const bearers = 64

// few is how many people of one name are still worth a word: a common name is that of many.
const few = 5

// Find looks for somebody. Entries that are nobody any more are not found.
func (r *Roll) Find(ctx context.Context, s Sought) (Match, error) { return s.in(ctx, r) }

// byNumber decides by the people who have the number; false where the name has to be looked for.
func (s Sought) byNumber(same []Person) (Match, bool) {
	m := s.among(same)
	return m, m.Sure != nil || s.Name == ""
}

// in looks for somebody in a crowd.
func (s Sought) in(ctx context.Context, c crowd) (Match, error) {
	var people []Person
	if IsMobile(s.Phone) {
		same, err := c.ByPhone(ctx, s.Phone)
		if err != nil {
			return Match{}, err
		}
		people = same
	}
	if m, done := s.byNumber(people); done {
		return m, nil
	}
	fold := Fold(s.Name)
	if s.Commune != "" {
		near, err := c.inCommune(ctx, fold, s.Commune)
		if err != nil {
			return Match{}, err
		}
		people = append(slices.Clip(people), near...)
		if m := s.among(people); m.Sure != nil {
			return m, nil
		}
	}
	found, err := c.inProvince(ctx, fold, s.Province)
	if err != nil {
		return Match{}, err
	}
	here := slices.DeleteFunc(slices.Clone(found), func(p Person) bool { return !SameName(s.Name, p.Name) })
	if len(here) == 1 && len(found) < bearers {
		people = append(people, here...)
	}
	m := s.among(people)
	if len(m.Maybe) > 0 || len(m.Away) > 0 {
		return m, nil
	}
	if len(here) > 1 && len(here) <= few {
		m.Others = len(here)
	}
	everywhere, err := c.anywhere(ctx, fold)
	if err != nil || len(everywhere) == bearers {
		return m, err
	}
	everywhere = slices.DeleteFunc(everywhere, func(p Person) bool { return !p.Active || !SameName(s.Name, p.Name) })
	if len(everywhere) == 1 && everywhere[0].Province != s.Province {
		m.Namesake = &everywhere[0]
	}
	return m, nil
}

// ByCode finds a person of the province by code, or one who holds no post in another; ErrNotFound for anybody else. The
// code of an entry that was joined to another finds the one that was kept.
func (r *Roll) ByCode(ctx context.Context, id, province string) (p Person, elsewhere bool, err error) {
	p, err = r.Kept(ctx, id)
	if err == nil && p.Gone != "" {
		err = store.NotFound(PersonKind, id)
	}
	return p, err == nil && p.Active && p.Province != province, err
}

// Kept is the person of an id: of an entry that was joined to another, the one that was kept.
func (r *Roll) Kept(ctx context.Context, id string) (Person, error) {
	p, err := r.Person(ctx, id)
	for n := 0; err == nil && p.Into != "" && n < 10; n++ {
		p, err = r.Person(ctx, p.Into)
	}
	return p, err
}

// KeptOf is Kept for some ids, by id, read together. Of an id that nobody has there is nobody.
func (r *Roll) KeptOf(ctx context.Context, ids []string) (map[string]Person, error) {
	people, err := store.Many(ctx, r.Store, PersonKind, ids, func(p Person) string { return p.ID })
	for id, p := range people {
		for n := 0; err == nil && p.Into != "" && n < 10; n++ { // few were joined
			p, err = r.Person(ctx, p.Into)
		}
		if people[id] = p; errors.Is(err, problem.ErrNotFound) {
			delete(people, id)
			err = nil
		}
	}
	return people, err
}

// among decides among people who were found by number or name.
func (s Sought) among(people []Person) Match {
	var m Match
	people = slices.Clone(people)
	slices.SortFunc(people, func(a, b Person) int { return cmp.Compare(a.ID, b.ID) })
	people = slices.CompactFunc(people, func(a, b Person) bool { return a.ID == b.ID })
	var byPhone, byName []Likeness
	for _, p := range people {
		l := s.like(p)
		switch {
		case p.Province != s.Province:
			if s.sameNumber(p) && l.named() {
				m.Away = append(m.Away, p)
			}
		case !l.meant(s):
		case s.sameNumber(p) && !l.has(MarksDiffer, NameDiffers):
			byPhone = append(byPhone, l)
		case !l.has(MarksDiffer, NameDiffers, NumberDiffers, OtherCommune, OtherLibrary, HasLeft):
			byName = append(byName, l)
		default:
			m.Maybe = append(m.Maybe, l)
		}
	}
	sure := byPhone
	if len(sure) == 0 {
		sure = byName
	} else {
		m.Maybe = append(m.Maybe, byName...)
	}
	if len(sure) == 1 {
		m.Sure, m.Maybe = &sure[0].Person, nil
	} else {
		for i := range sure {
			sure[i].Against = append(sure[i].Against, Several)
		}
		m.Maybe = append(sure, m.Maybe...)
	}
	slices.SortStableFunc(m.Maybe, func(a, b Likeness) int { return len(a.Against) - len(b.Against) })
	for _, p := range people {
		if s.sameNumber(p) && p.Active && m.Sure == nil && !slices.ContainsFunc(m.Maybe, func(l Likeness) bool { return l.Person.ID == p.ID }) {
			m.Holder = &p
		}
	}
	return m
}

func (s Sought) sameNumber(p Person) bool { return IsMobile(s.Phone) && s.Phone == p.Phone }

// like compares somebody with what is sought.
func (s Sought) like(p Person) Likeness {
	l := Likeness{Person: p}
	add := func(d Difference, differs bool) {
		if differs {
			l.Against = append(l.Against, d)
		}
	}
	same := SameName(s.Name, p.Name) || s.sameNumber(p) && unmarked(s.Name) && Fold(s.Name) == p.Fold
	add(MarksDiffer, !same && Fold(s.Name) == p.Fold)
	add(NameDiffers, Fold(s.Name) != p.Fold)
	add(NumberDiffers, IsMobile(s.Phone) && IsMobile(p.Phone) && s.Phone != p.Phone)
	add(OtherCommune, s.Commune != p.Commune)
	add(OtherLibrary, !SameLibrary(s.Library, p.Library) || s.Library == "")
	add(HasLeft, !p.Active)
	return l
}

func (l Likeness) has(any ...Difference) bool {
	return slices.ContainsFunc(any, func(d Difference) bool { return slices.Contains(l.Against, d) })
}

// named says whether the names may be one name typed twice.
func (l Likeness) named() bool { return !l.has(NameDiffers) }

// meant says whether somebody of the province is worth asking for: the number under a name that may be the same, or the
// name in the commune; or the very name somewhere else, which is looked for only where one person has it.
func (l Likeness) meant(s Sought) bool {
	switch {
	case s.sameNumber(l.Person):
		return l.named() || Alike(Fold(s.Name), l.Person.Fold)
	case l.has(OtherCommune):
		return !l.has(MarksDiffer, NameDiffers)
	}
	return l.named()
}

// SameName says whether two names are spelt alike: apart from capitals, and from where the tone of a word is placed.
func SameName(a, b string) bool { return a == b || Spelling(a) == Spelling(b) }

// unmarked says whether a name was typed without any mark, so that its marks say nothing.
func unmarked(name string) bool { return Fold(name) == strings.ToLower(Clean(name)) }

// Alike says whether two folded names may be one name typed twice: few letters differ, of the given name one at most;
// or the words are the same.
func Alike(a, b string) bool {
	as, bs := strings.Fields(a), strings.Fields(b)
	if len(as) == 0 || len(bs) == 0 {
		return false
	}
	_, given := Distance(as[len(as)-1], bs[len(bs)-1], 1)
	_, whole := Distance(a, b, max(1, max(len(a), len(b))/5))
	slices.Sort(as)
	slices.Sort(bs)
	return given && whole || slices.Equal(as, bs)
}
