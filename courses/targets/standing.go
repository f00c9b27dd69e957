package targets

import (
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Standing is where a person of the roster stands: the place they count for and until when they are trained. It is
// state, kept so that the board is two counts; [Stand] makes it from facts, and it does not depend on the time at which
// it is made.
type Standing struct {
	ID        string `json:"id"` // the person's
	Name      string `json:"name"`
	Sort      string `json:"sort"`
	Library   string `json:"library"`
	Commune   string `json:"commune"`
	Province  string `json:"province"`
	Programme string `json:"programme"`
	InBase    bool   `json:"inBase"` // counts in the denominator
	// the last period in which the person was trained without a gap; zero for never
	TrainedFrom  time.Time `json:"trainedFrom"`
	TrainedUntil time.Time `json:"trainedUntil"` // and its end, the first instant at which they are not
	Strands      []Until   `json:"strands"`      // of the programme, in its order

	// ElsewhereFrom is since when the person counts as trained only because of training done elsewhere; zero for never.
	ElsewhereFrom time.Time `json:"elsewhereFrom,omitzero"`
}

// Until is until when a person's certificates in a strand are good, zero for never.
type Until struct {
	Strand    courses.Strand `json:"strand"`
	Time      time.Time      `json:"time"`
	Elsewhere bool           `json:"elsewhere,omitempty"` // it would end earlier without training done elsewhere
}

// StandingKind holds one Standing for each person of the roster. The first two indexes cover the counts of the board
// and give lists the order of communes, of one place and of all; the last finds the few who are trained because of
// training done elsewhere.
var StandingKind = &store.Kind{Name: "standing", Schema: 1, Order: 160, Person: "id", Doc: Standing{}, Indexes: [][]string{
	{"inBase", "province", "commune", "id", "trainedUntil", "library"},
	{"inBase", "programme", "commune", "id", "trainedUntil", "library"},
	{"elsewhereFrom"},
}}

// Kinds lists the kinds of this package, for who opens a store.
func Kinds() []*store.Kind {
	return []*store.Kind{StandingKind, CountsKind, ChangeKind, PeriodKind, FrozenKind}
}

// Stand puts together where a person stands from every certificate of theirs, every revocation, and every training done
// elsewhere that was accepted. The order of the facts does not matter.
//
// A certificate is good from its issue to the first of: its end, its revocation, the issue of the one that replaces it.
// A training done elsewhere is good from its day to its revocation. A person is trained while something in each strand
// of the programme is good. Facts are never of the future, so a person is trained at any time t not before the newest
// fact exactly when TrainedUntil is after t; for an earlier t give the facts up to t.
func Stand(p *Programme, person roster.Person, certificates []courses.Certificate, revocations []courses.Revocation,
	elsewhere ...courses.Ruling) Standing {
	s := Standing{ID: person.ID, Name: person.Name, Sort: person.Sort, Library: person.Library, Commune: person.Commune, Province: person.Province,
		Programme: person.Programme, InBase: person.Active && (person.Programme != "" || !p.Base.ProgrammeCommunesOnly)}
	own := periods(certificates, revocations)
	good := own
	if len(elsewhere) > 0 {
		good = periods(append(slices.Clone(certificates), asCertificates(elsewhere)...), revocations)
	}
	for _, strand := range p.Strands {
		h := Until{Strand: strand, Time: end(good[strand])}
		h.Elsewhere = h.Time.After(end(own[strand]))
		s.Strands = append(s.Strands, h)
	}
	trained := inAll(p.Strands, good)
	if n := len(trained); n > 0 {
		s.TrainedFrom, s.TrainedUntil = trained[n-1].start, trained[n-1].end
		s.ElsewhereFrom = leans(trained[n-1], inAll(p.Strands, own))
	}
	return s
}

// asCertificates are accepted trainings as what they count for.
func asCertificates(elsewhere []courses.Ruling) []courses.Certificate {
	var all []courses.Certificate
	for _, r := range elsewhere {
		if r.Accepted {
			all = append(all, courses.Certificate{ID: r.ID, Strand: r.Strand, IssuedAt: r.From(), ValidUntil: courses.Forever})
		}
	}
	return all
}

// inAll are when something was good in each of the strands.
func inAll(strands []courses.Strand, good map[courses.Strand][]period) []period {
	trained := good[strands[0]]
	for _, strand := range strands[1:] {
		trained = both(trained, good[strand])
	}
	return trained
}

// end is the end of the last of periods, zero for none.
func end(all []period) time.Time {
	if len(all) == 0 {
		return time.Time{}
	}
	return all[len(all)-1].end
}

// leans is since when a period is none of the own periods any more; zero where it is one to its end.
func leans(p period, own []period) time.Time {
	switch last := end(own); {
	case !last.Before(p.end):
		return time.Time{}
	case last.After(p.start):
		return last
	}
	return p.start
}

// Trained says whether the person is trained at a time not before the newest fact.
func (s *Standing) Trained(at time.Time) bool { return s.TrainedUntil.After(at) }

// Elsewhere says whether a person who is trained at a time not before the newest fact is so only because of training
// done elsewhere.
func (s *Standing) Elsewhere(at time.Time) bool {
	return s.Trained(at) && !s.ElsewhereFrom.IsZero() && !s.ElsewhereFrom.After(at)
}

// ElsewhereIn lists the strands that are good at a time not before the newest fact, and for which training done
// elsewhere counts.
func (s *Standing) ElsewhereIn(at time.Time) []courses.Strand {
	var all []courses.Strand
	for _, h := range s.Strands {
		if h.Elsewhere && h.Time.After(at) {
			all = append(all, h.Strand)
		}
	}
	return all
}

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
		s.ElsewhereFrom.Equal(t.ElsewhereFrom) && slices.EqualFunc(s.Strands, t.Strands, func(a, b Until) bool {
		return a.Strand == b.Strand && a.Time.Equal(b.Time) && a.Elsewhere == b.Elsewhere
	})
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
