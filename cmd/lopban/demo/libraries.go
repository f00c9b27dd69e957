package demo

import (
	"context"
	"math/rand/v2"
	"time"

	"lopban/courses/libraries"
	"lopban/courses/roster"
)

// mostLibraries is how many get an entry of their own, however many people there are.
const mostLibraries = 1000

// shelves enters libraries of the roster with their figures of two years: most report, some are of the model.
func (r *Region) shelves(ctx context.Context) error {
	chance := rand.New(rand.NewPCG(r.seed, 1687)) // of its own, so that nothing else becomes another
	type shelf struct {
		libraries.Entry
		readers [2]int // zero: not reported
		ways    []string
		well    bool
		model   int // days ago, 0 for never
	}
	var all []shelf
	seen := map[string]bool{}
	for _, p := range r.all {
		id := libraries.ID(p.Commune, p.Library)
		if seen[id] || len(all) == mostLibraries {
			continue
		}
		seen[id] = true
		on := roster.Day(r.now).AddDate(-3-chance.IntN(8), -chance.IntN(12), 0)
		s := shelf{Entry: libraries.Entry{Name: p.Library, Kind: p.Kind, Commune: p.Commune, On: on}}
		if chance.IntN(10) < 7 {
			s.readers[0] = 60 + chance.IntN(600)
			s.readers[1] = s.readers[0] * (92 + chance.IntN(30)) / 100
			s.ways = []string{Pick(chance, libraries.Ways)}
			s.well = chance.IntN(4) == 0
		}
		if chance.IntN(7) == 0 {
			s.model = 10 + chance.IntN(200)
		}
		all = append(all, s)
	}
	return r.each(ctx, "libraries", len(all), func(ctx context.Context, i int) error {
		s, desk, by := all[i], r.s.Libraries, roster.Operator()
		l, err := desk.Open(ctx, by, s.Entry)
		for n, readers := range s.readers {
			if err == nil && readers > 0 {
				_, err = desk.Report(ctx, by, l.ID, libraries.Year{Year: roster.Day(r.now).Year() - 1 + n, Readers: readers, Ways: s.ways, Coordinating: s.well && n == 1, Evidence: "BC 12/BC-TV"})
			}
		}
		if err == nil && s.model > 0 {
			_, err = desk.Tell(ctx, by, l.ID, libraries.Models, roster.Day(r.now.Add(-time.Duration(s.model)*24*time.Hour)), "QĐ 45/QĐ-UBND")
		}
		return err
	})
}
