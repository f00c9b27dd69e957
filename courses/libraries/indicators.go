package libraries

import (
	"cmp"
	"context"
	"slices"
	"time"

	"lopban/courses/roster"
	"lopban/courses/targets"
)

// Share is how many there are, of how many.
type Share struct {
	Done int `json:"done"`
	Of   int `json:"of"`
}

// Percent is rounded down, as everywhere.
func (s Share) Percent() float64 { return targets.Percent(s.Done, s.Of) }

func (s *Share) add(done bool) {
	s.Of++
	if done {
		s.Done++
	}
}

// Growth is the readers of a year beside those of the year before, over the libraries that report both: who reports for
// the first time is no growth.
type Growth struct {
	Before    int `json:"before"`
	Now       int `json:"now"`
	Libraries int `json:"libraries"` // that report both years
}

// Known says whether there is anything to compare.
func (g Growth) Known() bool { return g.Before > 0 }

// Percent is by how much they are more, rounded down with one decimal; less than none where they are fewer.
func (g Growth) Percent() float64 {
	if g.Before == 0 {
		return 0
	}
	part := (g.Now - g.Before) * 1000
	if part < 0 {
		part -= g.Before - 1
	}
	return float64(part/g.Before) / 10
}

// Gap is how many readers are missing to be more by this share.
func (g Growth) Gap(percent int) int {
	return max(0, (g.Before*(100+percent)+99)/100-g.Now)
}

// Count is what is counted of a place.
type Count struct {
	Model        Share  `json:"model"`        // communes with a library of the model, of all communes
	Coordinating Share  `json:"coordinating"` // libraries that work well with the provincial one, of all that are there
	Reported     int    `json:"reported"`     // libraries with figures of the year
	Readers      Growth `json:"readers"`
}

// Row is a province or a commune.
type Row struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	NameEn string `json:"nameEn,omitempty"`
	Count
}

// Figures are the indicators of a scope on a day, from the reports of a year.
type Figures struct {
	AsOf targets.Day `json:"asOf"`
	Year int         `json:"year"`
	targets.Scope
	Count
	Rows []Row `json:"rows"` // provinces in the order of their list, or communes
}

// Read counts a scope on a day, zero for today, from what was reported of a year. Libraries outside the programme count
// only where the base has people there too.
func (d *Desk) Read(ctx context.Context, s targets.Scope, day time.Time, year int) (Figures, error) {
	if day.IsZero() {
		day = roster.Day(d.Now())
	}
	f := Figures{AsOf: targets.Day(day.Format(time.DateOnly)), Year: year, Scope: s}
	rows, where := map[string]*Row{}, map[string]string{} // by code; of a commune that counts, whose row it is
	add := func(r Row) *Row {
		rows[r.Code] = &r
		return &r
	}
	var order []*Row
	communes := func(province string) []roster.Commune {
		return slices.DeleteFunc(slices.Clone(d.Places.CommunesOn(s.By, province, day, time.Time{})), func(c roster.Commune) bool { return !d.Programme.Counts(c) })
	}
	if s.Province == "" {
		for _, p := range d.Places.Provinces(s.By) {
			order = append(order, add(Row{Code: p.Code, Name: p.Name, NameEn: p.NameEn}))
			for _, c := range communes(p.Code) {
				where[c.Code] = p.Code
			}
		}
	} else {
		for _, c := range communes(s.Province) {
			order = append(order, add(Row{Code: c.Code, Name: c.Title()}))
			where[c.Code] = c.Code
		}
	}
	for _, row := range where {
		rows[row].Model.Of++
	}
	modelled := map[string]bool{}
	all, err := d.all(ctx)
	for _, l := range all {
		commune, _, _ := d.At(l, day)
		r := rows[where[commune]]
		if r == nil || !l.There(day) {
			continue
		}
		if l.IsModel(day) && !modelled[commune] {
			modelled[commune] = true
			r.Model.Done++
		}
		y, ok := l.Of(year)
		r.Coordinating.add(ok && y.Coordinating)
		if ok {
			r.Reported++
		}
		if before, both := l.Of(year - 1); ok && both {
			r.Readers.Before, r.Readers.Now, r.Readers.Libraries = r.Readers.Before+before.Readers, r.Readers.Now+y.Readers, r.Readers.Libraries+1
		}
	}
	for _, r := range order {
		f.Rows = append(f.Rows, *r)
		f.Count.plus(r.Count)
	}
	return f, err
}

func (c *Count) plus(o Count) {
	c.Model.Done, c.Model.Of = c.Model.Done+o.Model.Done, c.Model.Of+o.Model.Of
	c.Coordinating.Done, c.Coordinating.Of = c.Coordinating.Done+o.Coordinating.Done, c.Coordinating.Of+o.Coordinating.Of
	c.Reported += o.Reported
	c.Readers.Before, c.Readers.Now, c.Readers.Libraries = c.Readers.Before+o.Readers.Before, c.Readers.Now+o.Readers.Now, c.Readers.Libraries+o.Readers.Libraries
}

// List are the libraries of a present province that are, or were, there, by commune and name; of one commune where it
// is given.
func (d *Desk) List(ctx context.Context, province, commune string) ([]Listed, error) {
	today := roster.Day(d.Now())
	var listed []Listed
	keys := map[string][2]string{} // of commune and name
	all, err := d.all(ctx)
	for _, l := range all {
		at, of, _ := d.At(l, today)
		if of != province || commune != "" && at != commune {
			continue
		}
		title := at
		if c, ok := d.Places.Ever(at); ok {
			title = c.Title()
		}
		listed = append(listed, Listed{l, at, title})
		keys[l.ID] = [2]string{d.sortKey(title), d.sortKey(l.Name)}
	}
	slices.SortFunc(listed, func(a, b Listed) int {
		x, y := keys[a.ID], keys[b.ID]
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), cmp.Compare(a.ID, b.ID))
	})
	return listed, err
}

// Listed is a library and the commune that it is in today.
type Listed struct {
	Library
	Now   string // code
	Title string
}
