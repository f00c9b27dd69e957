package targets

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// populated fills a region with standings: as many people as asked for, a tenth of them in the first present province,
// two in five trained.
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

// BenchmarkBoard reads boards as one process does, as one of several, and as both would that counted everybody.
func BenchmarkBoard(b *testing.B) {
	r := populated(b, benchPeople(b, 1_000_000))
	several := &Board{Store: r.Store, Programme: r.Programme, Places: r.Places, Now: r.now, Temp: r.Temp}
	counted := func(ctx context.Context, s Scope, at time.Time) (Figures, error) {
		m, err := several.moment(s, at)
		r.check(err)
		t, err := several.counted(ctx, s.where(), m.at, s.groups())
		return several.figures(s, m, t), err
	}
	for name, read := range map[string]func(context.Context, Scope, time.Time) (Figures, error){"alone": r.ReadScope, "several": several.ReadScope, "counted": counted} {
		for where, province := range map[string]string{"province": "04", "region": ""} {
			b.Run(where+"/"+name, func(b *testing.B) {
				times := make([]time.Duration, 0, b.N)
				for b.Loop() {
					start := time.Now()
					if f, err := read(b.Context(), Scope{By: roster.Present, Province: province}, time.Time{}); err != nil || f.Base == 0 || f.Trained == 0 {
						b.Fatalf("%+v, %v", f, err)
					}
					times = append(times, time.Since(start))
				}
				slices.Sort(times)
				b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
			})
		}
	}
}

// BenchmarkExport writes 100,000 rows in each format, and beside them the same cells straight into excelize.
func BenchmarkExport(b *testing.B) {
	r := many(b, benchPeople(b, 100_000))
	w := words(b, "vi")
	for _, format := range []string{CSV, JSON, XLSX} {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				if err := r.Write(b.Context(), io.Discard, format, w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("excelize", func(b *testing.B) {
		for b.Loop() {
			if err := raw(b.Context(), r, w); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func raw(ctx context.Context, r *Report, w Words) error {
	x := excelize.NewFile()
	defer x.Close()
	date := "dd/mm/yyyy"
	style, err := x.NewStyle(&excelize.Style{CustomNumFmt: &date})
	if err != nil {
		return err
	}
	s, err := x.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	line := 0
	err = r.rows(ctx, func(cells []any) error {
		line++
		row := make([]any, len(cells))
		for i, c := range cells {
			switch v := w.shown(c).(type) {
			case Day:
				row[i] = excelize.Cell{StyleID: style, Value: v.Time()}
			default:
				row[i] = v
			}
		}
		return s.SetRow("A"+strconv.Itoa(line), row)
	})
	if err != nil {
		return err
	}
	if err := s.Flush(); err != nil {
		return err
	}
	return x.Write(io.Discard)
}

// BenchmarkFacts counts an earlier day again, and rebuilds, over people with two certificates each.
func BenchmarkFacts(b *testing.B) {
	r := newRegion(b)
	people := benchPeople(b, 20_000)
	communes := r.Places.Communes(roster.Programme, "02")
	batches := map[*store.Kind][]any{}
	flush := func() {
		for k, docs := range batches {
			r.check(r.Store.Insert(r.ctx, k, docs...))
			batches[k] = nil
		}
	}
	for i := range people {
		c := communes[i%len(communes)]
		p := roster.Person{ID: fmt.Sprintf("%010d", i), Name: "Vàng Thị Mai", Library: "Thư viện", Commune: c.Code, Province: c.Province, Programme: c.Programme, Active: true, Since: r.today()}
		f := roster.Posting{ID: p.ID + "/starts", Person: p.ID, Event: roster.Starts, On: p.Since, Library: p.Library, Commune: p.Commune, Province: p.Province, Programme: p.Programme}
		batches[roster.PersonKind] = append(batches[roster.PersonKind], &p)
		batches[roster.PostingKind] = append(batches[roster.PostingKind], &f)
		for j, strand := range both2.Strands {
			id := fmt.Sprintf("%s/C/%d", p.ID, j)
			batches[school.CertificateKind] = append(batches[school.CertificateKind],
				&courses.Certificate{ID: id, Code: id, Register: id, Person: p.ID, Strand: strand, Province: c.Province, IssuedAt: day(2), ValidUntil: courses.Forever})
		}
		if i%1000 == 999 || i == people-1 {
			flush()
		}
	}
	r.clock = day(31)
	start := time.Now()
	found, err := r.Rebuild(r.ctx, nil)
	r.check(err)
	b.Logf("%d standings made in %v", found.Missing, time.Since(start))
	b.Run("rebuild", func(b *testing.B) {
		for b.Loop() {
			_, err := r.Rebuild(r.ctx, nil)
			r.check(err)
		}
	})
	b.Run("earlier day", func(b *testing.B) {
		for b.Loop() {
			if f := r.reads(roster.Programme, "02", day(3)); f.Trained != people {
				b.Fatalf("%d trained", f.Trained)
			}
		}
	})
	b.Run("missing now", func(b *testing.B) {
		for b.Loop() {
			report, err := r.Missing(r.ctx, Scope{By: roster.Programme, Province: "02"}, time.Time{}, nil, false)
			r.check(err)
			r.check(report.Close())
		}
	})
	b.Run("completions", func(b *testing.B) {
		for b.Loop() {
			report, err := r.Completions(r.ctx, Scope{By: roster.Programme, Province: "02"}, time.Time{}, Filter{})
			r.check(err)
			r.check(report.Close())
		}
	})
	b.Run("refresh", func(b *testing.B) {
		for b.Loop() {
			r.refreshes("0000000007")
		}
	})
}
