package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"lopban/courses/rights"
	"lopban/courses/store"
)

// Erased is the command that prints whose data were erased.
type Erased struct{ Place }

// Help is printed by erased --help.
func (*Erased) Help() string {
	return "One line of JSON for each person: codes and times, no name. Keep it with the backups, but not in them: after an older backup was restored, restore --erased FILE erases these people again."
}

// erasedLine is what has to be known to erase somebody again.
type erasedLine struct {
	ID       string    `json:"id"`
	Entries  []string  `json:"entries,omitempty"`
	Province string    `json:"province"`
	Petition string    `json:"petition,omitempty"`
	Left     time.Time `json:"left,omitzero"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// Run prints them, beside a server that is at work.
func (c *Erased) Run(ctx context.Context, term *Terminal) error {
	st, err := c.Place.Beside(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	out := json.NewEncoder(term.Out)
	return store.Each(ctx, st, rights.ErasureKind, store.Query{}, func(e rights.Erasure) error {
		return out.Encode(erasedLine{e.ID, e.Entries, e.Province, e.Petition, e.Left, e.By, e.At})
	})
}

// readErased reads what the command printed.
func readErased(file string) (all []rights.Erasure, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var l erasedLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil || l.ID == "" || l.By == "" || l.At.IsZero() {
			return nil, fmt.Errorf("%s, line %d: is no line of lopban erased; nothing was written", file, n)
		}
		all = append(all, rights.Erasure{ID: l.ID, Entries: l.Entries, Province: l.Province, Petition: l.Petition, Left: l.Left, By: l.By, At: store.Time(l.At)})
	}
	return all, lines.Err()
}
