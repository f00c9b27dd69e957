package intake

import (
	"cmp"
	"slices"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Absent is the people who hold a post in the communes that a file names and are not in it. A list is compared with the
// communes that it is of: what it does not speak of, it says nothing about.
type Absent struct {
	Communes int    `json:"communes"` // that the file names
	All      int    `json:"all"`      // of the province
	People   []Gone `json:"people,omitempty"`
	More     int    `json:"more"` // so many that the file is taken for a part of the list: nobody is named then
}

// Gone is somebody who may have left.
type Gone struct {
	Person  string    `json:"person"` // code
	Name    string    `json:"name"`
	Sort    string    `json:"sort"`
	Post    string    `json:"post"`
	Library string    `json:"library"`
	Commune string    `json:"commune"`
	Since   time.Time `json:"since"`
}

// mostAbsent is how many people are named who are not in a file.
const mostAbsent = 1000

// absent finds who is not in the file. People whom a row may mean are not absent before the row's question is answered.
func (j *judge) absent() (Absent, error) {
	in := map[string]bool{}
	for id := range j.claims {
		in[id] = true
	}
	for _, row := range j.im.Rows {
		if row.Question != nil {
			for _, m := range row.Question.Maybe {
				in[m.Person] = true
			}
		}
	}
	counts, err := j.roll.CountByCommune(j.ctx, j.im.Province)
	if err != nil {
		return Absent{}, err
	}
	a := Absent{Communes: len(j.named), All: len(j.roll.Places.Communes(roster.Present, j.im.Province))}
	held := 0
	for commune := range j.named {
		held += counts[commune]
	}
	if held-len(in) > mostAbsent {
		a.More = held - len(in)
		return a, nil
	}
	for _, commune := range sortedKeys(j.named) {
		q := store.Where(store.Is("province", j.im.Province), store.Is("active", true), store.Is("commune", commune))
		err := store.Each(j.ctx, j.roll.Store, roster.PersonKind, q, func(p roster.Person) error {
			if !in[p.ID] {
				a.People = append(a.People, Gone{p.ID, p.Name, p.Sort, p.Post, p.Library, p.Commune, p.Since})
			}
			return nil
		})
		if err != nil {
			return a, err
		}
	}
	slices.SortStableFunc(a.People, func(x, y Gone) int {
		return cmp.Or(cmp.Compare(x.Commune, y.Commune), cmp.Compare(x.Sort, y.Sort))
	})
	return a, nil
}

// Leave says of people who are not in the file that they left, and on which day; of all others that they did not.
func (c *Choices) Leave(im *Import, r *roster.Roll, people []string, on time.Time) error {
	left := map[string]time.Time{}
	for _, id := range people {
		i := slices.IndexFunc(im.Absent.People, func(g Gone) bool { return g.Person == id })
		if i < 0 {
			continue
		}
		g := im.Absent.People[i]
		switch {
		case on.Before(g.Since):
			return problem.Invalid("on", "absent.before-start", g.Name, g.Since.Format(time.DateOnly))
		case on.After(roster.Day(r.Now())):
			return problem.Invalid("on", "date.future", on.Format(time.DateOnly))
		}
		left[id] = on
	}
	c.Left = left
	return nil
}

// Base is by how many people the import changes the base, if the people of these communes count.
func (im *Import) Base(counts func(commune string) bool) int {
	change := 0
	add := func(commune string, n int) {
		if commune != "" && counts(commune) {
			change += n
		}
	}
	for i := range im.Rows {
		row := &im.Rows[i]
		if row.Verdict != New && row.Verdict != Changed {
			continue
		}
		add(row.Held, -1)
		if row.End.IsZero() {
			add(row.Entry.Commune, 1)
		}
	}
	for _, g := range im.Absent.People {
		if !im.Left[g.Person].IsZero() {
			add(g.Commune, -1)
		}
	}
	return change
}

// Since is the first day whose figures the import changes, zero where none of a day before the import does: people who
// began, moved or left earlier are counted so from then on.
func (im *Import) Since() time.Time {
	var first time.Time
	from := func(day time.Time) {
		if !day.IsZero() && day.Before(im.Day) && (first.IsZero() || day.Before(first)) {
			first = day
		}
	}
	for i := range im.Rows {
		if row := &im.Rows[i]; row.Verdict == New || row.Verdict == Changed {
			from(row.Entry.On)
			from(row.End)
		}
	}
	for _, on := range im.Left {
		from(on)
	}
	return first
}
