package targets

import (
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Standing is where a person of the roster stands: the place they count for and until when they are trained. It is state, kept so that the board is two counts;
// [Stand] makes it from facts, and it does not depend on the time at which it is made.
type Standing struct {
	ID           string    `json:"id"` // the person's
	Name         string    `json:"name"`
	Sort         string    `json:"sort"`
	Library      string    `json:"library"`
	Commune      string    `json:"commune"`
	Province     string    `json:"province"`
	Programme    string    `json:"programme"`
	InBase       bool      `json:"inBase"`       // counts in the denominator
	TrainedFrom  time.Time `json:"trainedFrom"`  // the last period in which the person was trained without a gap; zero for never
	TrainedUntil time.Time `json:"trainedUntil"` // and its end, the first instant at which they are not
	Strands      []Until   `json:"strands"`      // of the programme, in its order
}

// Until is until when a person's certificates in a strand are good, zero for never.
type Until struct {
	Strand courses.Strand `json:"strand"`
	Time   time.Time      `json:"time"`
}

// StandingKind holds one Standing for each person of the roster. Both indexes cover both counts of the board.
var StandingKind = &store.Kind{Name: "standing", Schema: 1, Doc: Standing{}, Indexes: [][]string{
	{"province", "inBase", "commune", "trainedUntil"},
	{"programme", "inBase", "commune", "trainedUntil"},
}}

// Kinds lists the kinds of this package, for who opens a store.
func Kinds() []*store.Kind { return []*store.Kind{StandingKind} }

// Stand puts together where a person stands from every certificate of theirs and every revocation of those. The order of the facts does not matter.
//
// A certificate is good from its issue to the first of: its end, its revocation, the issue of the one that replaces it. A person is trained while a certificate in each strand of the programme
// is good. Facts are never of the future, so a person is trained at any time t not before the newest fact exactly when TrainedUntil is after t; for an earlier t give the facts up to t.
func Stand(p *Programme, person roster.Person, certificates []courses.Certificate, revocations []courses.Revocation) Standing {
	s := Standing{ID: person.ID, Name: person.Name, Sort: person.Sort, Library: person.Library, Commune: person.Commune, Province: person.Province,
		Programme: person.Programme, InBase: person.Active && (person.Programme != "" || !p.Base.ProgrammeCommunesOnly)}
	good := periods(certificates, revocations)
	trained := good[p.Strands[0]]
	for i, strand := range p.Strands {
		h := Until{Strand: strand}
		if all := good[strand]; len(all) > 0 {
			h.Time = all[len(all)-1].end
		}
		s.Strands = append(s.Strands, h)
		if i > 0 {
			trained = both(trained, good[strand])
		}
	}
	if n := len(trained); n > 0 {
		s.TrainedFrom, s.TrainedUntil = trained[n-1].start, trained[n-1].end
	}
	return s
}

// Trained says whether the person is trained at a time not before the newest fact.
func (s *Standing) Trained(at time.Time) bool { return s.TrainedUntil.After(at) }

// Missing lists the strands in which no certificate is good at a time not before the newest fact.
func (s *Standing) Missing(at time.Time) []courses.Strand {
	var missing []courses.Strand
	for _, h := range s.Strands {
		if !h.Time.After(at) {
			missing = append(missing, h.Strand)
		}
	}
	return missing
}

func (s *Standing) equal(t *Standing) bool {
	return s.ID == t.ID && s.Name == t.Name && s.Sort == t.Sort && s.Library == t.Library && s.Commune == t.Commune && s.Province == t.Province &&
		s.Programme == t.Programme && s.InBase == t.InBase && s.TrainedFrom.Equal(t.TrainedFrom) && s.TrainedUntil.Equal(t.TrainedUntil) &&
		slices.EqualFunc(s.Strands, t.Strands, func(a, b Until) bool { return a.Strand == b.Strand && a.Time.Equal(b.Time) })
}

// period is the time from start to before end.
type period struct{ start, end time.Time }

// periods are when certificates in each strand were good: in order, apart from one another.
func periods(certificates []courses.Certificate, revocations []courses.Revocation) map[courses.Strand][]period {
	ends := map[string]time.Time{} // of certificates that were withdrawn or replaced
	end := func(id string, at time.Time) {
		if before, ok := ends[id]; !ok || at.Before(before) {
			ends[id] = at
		}
	}
	for _, r := range revocations {
		end(r.ID, r.At)
	}
	for _, c := range certificates {
		if c.Replaces != "" {
			end(c.Replaces, c.IssuedAt)
		}
	}
	all := map[courses.Strand][]period{}
	for _, c := range certificates {
		end(c.ID, c.ValidUntil)
		if p := (period{c.IssuedAt, ends[c.ID]}); p.start.Before(p.end) {
			all[c.Strand] = append(all[c.Strand], p)
		}
	}
	for strand, list := range all {
		all[strand] = joined(list)
	}
	return all
}

// joined sorts periods and makes one of those that touch.
func joined(list []period) []period {
	slices.SortFunc(list, func(a, b period) int { return a.start.Compare(b.start) })
	out := list[:1]
	for _, p := range list[1:] {
		last := &out[len(out)-1]
		switch {
		case p.start.After(last.end):
			out = append(out, p)
		case p.end.After(last.end):
			last.end = p.end
		}
	}
	return out
}

// both are the periods that lie in one of a and in one of b.
func both(a, b []period) []period {
	var out []period
	for len(a) > 0 && len(b) > 0 {
		p := period{a[0].start, a[0].end}
		if b[0].start.After(p.start) {
			p.start = b[0].start
		}
		if b[0].end.Before(p.end) {
			p.end = b[0].end
		}
		if p.start.Before(p.end) {
			out = append(out, p)
		}
		if a[0].end.Before(b[0].end) {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}
