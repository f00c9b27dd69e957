package targets

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"lopban/courses/roster"
)

// populated fills a region with standings: as many people as asked for, a tenth of them in the first present province, two in five trained.
func populated(b *testing.B, people int) *region {
	b.Helper()
	r := newRegion(b)
	provinces := r.Places.Provinces(roster.Present)
	docs := make([]any, 0, 2000)
	for i := range people {
		p := provinces[i%len(provinces)]
		communes := slices.DeleteFunc(r.Places.Communes(roster.Present, p.Code), func(c roster.Commune) bool { return c.Programme == "" })
		c := communes[i/len(provinces)%len(communes)]
		s := Standing{ID: fmt.Sprintf("%010d", i), Name: "Vàng Thị Mai", Sort: fmt.Sprint(i % 997), Library: "Thư viện " + c.Title(), Commune: c.Code, Province: c.Province,
			Programme: c.Programme, InBase: true, Strands: []Until{{Strand: svc, Time: day(400)}, {Strand: prm}}}
		if i%5 < 2 {
			s.TrainedFrom, s.TrainedUntil = day(1), day(400)
			s.Strands[1].Time = day(400)
		}
		if docs = append(docs, &s); len(docs) == cap(docs) || i == people-1 {
			r.check(r.Store.Insert(r.ctx, StandingKind, docs...))
			docs = docs[:0]
		}
	}
	r.clock = day(31)
	return r
}

// people of the benchmarks; LOPBAN_BENCH_PEOPLE sets another number.
func benchPeople(b *testing.B, usual int) int {
	n, err := strconv.Atoi(os.Getenv("LOPBAN_BENCH_PEOPLE"))
	if err != nil {
		return usual
	}
	return n
}

func BenchmarkBoard(b *testing.B) {
	r := populated(b, benchPeople(b, 1_000_000))
	for name, province := range map[string]string{"province": "04", "region": ""} {
		b.Run(name, func(b *testing.B) {
			times := make([]time.Duration, 0, b.N)
			for b.Loop() {
				start := time.Now()
				if f := r.reads(roster.Present, province, time.Time{}); f.Base == 0 || f.Trained == 0 {
					b.Fatalf("%+v", f)
				}
				times = append(times, time.Since(start))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
