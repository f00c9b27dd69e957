package libraries_test

import (
	"fmt"
	"testing"

	"lopban/courses/libraries"
	"lopban/courses/roster"
	"lopban/courses/targets"
)

// BenchmarkPages reads what the pages of libraries and of indicators read, of 4,000 libraries in all provinces with a
// report each.
func BenchmarkPages(b *testing.B) {
	d := newBench(b)
	n := 0
	for n < 4000 {
		for _, p := range d.Places.Provinces(roster.Present) {
			for _, c := range d.Places.Communes(roster.Present, p.Code) {
				name := fmt.Sprintf("Tủ sách thôn %d", n)
				id := libraries.ID(c.Code, name)
				e := libraries.Event{ID: id + "/opens", Library: id, What: libraries.Opens, On: day("2025-03-01"), Name: name, Kind: roster.KindOf(name), Commune: c.Code, Province: p.Code, Programme: c.Programme, At: d.now}
				y := libraries.Year{ID: id + "/2026", Library: id, Year: 2026, Readers: n, Evidence: "BC", At: d.now}
				if err := d.Store.Insert(b.Context(), libraries.EventKind, &e); err != nil {
					b.Fatal(err)
				}
				if err := d.Store.Insert(b.Context(), libraries.YearKind, &y); err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
	}
	for name, read := range map[string]func() error{
		"list":   func() error { _, err := d.List(b.Context(), "08", ""); return err },
		"offers": func() error { _, err := d.Offers(b.Context(), "08"); return err },
		"indicators": func() error {
			_, err := d.Read(b.Context(), targets.Scope{By: roster.Present}, day("2026-12-05"), 2026)
			return err
		},
	} {
		if err := read(); err != nil { // the first page after an entry reads them all
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
