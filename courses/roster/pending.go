package roster

import (
	"context"
	"errors"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Pending is how a transfer stands: state, made of what was said, so that those which wait for a province are found
// without reading all that ever were.
type Pending struct {
	ID     string    `json:"id"` // the transfer's
	Person string    `json:"person"`
	From   string    `json:"from"`  // present province, code
	To     string    `json:"to"`    // present province, code
	Turn   string    `json:"turn"`  // the province that it waits for, "" once it has ended
	Asker  string    `json:"asker"` // the other one, "" once it has ended
	Steps  int       `json:"steps"` // so many were said: who knows more is right
	At     time.Time `json:"at"`    // of the last
}

// PendingKind holds how transfers stand.
var PendingKind = &store.Kind{Name: "pending", Schema: 1, Order: 495, Person: "person", Under: "id", Doc: Pending{},
	Indexes: [][]string{{"person"}, {"turn"}, {"asker"}, {"from", "at"}, {"to", "at"}}}

// standing is how a transfer stands.
func (t Transfer) standing() Pending {
	p := Pending{ID: t.ID, Person: t.Person, From: t.From, To: t.To, Turn: t.Turn(), Steps: len(t.Steps), At: t.Last().RecordedAt}
	if p.Turn != "" {
		p.Asker = t.Other(p.Turn)
	}
	return p
}

// pend keeps how a transfer stands, unless more is known by now.
func (r *Roll) pend(ctx context.Context, t Transfer) error {
	next := t.standing()
	err := r.Store.Insert(ctx, PendingKind, &next)
	if !errors.Is(err, problem.ErrExists) {
		return err
	}
	_, err = store.Update(ctx, r.Store, PendingKind, t.ID, func(p *Pending) error {
		if p.Steps < next.Steps {
			*p = next
		}
		return nil
	})
	return err
}

// PendingOf counts the transfers that wait for a province, "" for all.
func (r *Roll) PendingOf(ctx context.Context, province string) (int, error) {
	turn := store.Is("turn", province)
	if province == "" {
		turn = store.More("turn", "")
	}
	groups, err := r.Store.Count(ctx, PendingKind, store.Where(turn))
	if err != nil {
		return 0, err
	}
	return groups[0].N, nil
}

// PastTransfers is how many of those that have ended are shown of a province.
const PastTransfers = 100

// Transfers lists those of a province that wait, and of those to it and from it that have ended the newest; the newest
// first.
func (r *Roll) Transfers(ctx context.Context, province string) ([]Transfer, error) {
	var people []string
	known := map[string]bool{}
	take := func(p Pending) error {
		if !known[p.ID] {
			known[p.ID] = true
			people = append(people, p.Person)
		}
		return nil
	}
	newest := func(side string) store.Query {
		return store.Where(store.Is(side, province)).By("-at").First(PastTransfers)
	}
	for _, q := range []store.Query{
		store.Where(store.Is("turn", province)), store.Where(store.Is("asker", province)), newest("from"), newest("to"),
	} {
		if err := store.Each(ctx, r.Store, PendingKind, q, take); err != nil {
			return nil, err
		}
	}
	said, err := r.said(ctx, people)
	if err != nil {
		return nil, err
	}
	all := transfers(said)
	kept := all[:0]
	for _, t := range all {
		if known[t.ID] {
			kept = append(kept, t)
		}
	}
	return kept, nil
}

// SettleTransfers puts right how transfers stand of which something was said since an instant: a stop may have come
// between. Where nothing is known of any, it is a store of before, and all are looked at. It calls differs, if given,
// with each that stood otherwise, and says how many did.
func (r *Roll) SettleTransfers(ctx context.Context, since time.Time, mend bool, differs func(id string)) (int, error) {
	some, err := r.Store.Count(ctx, PendingKind, store.Query{})
	if err != nil {
		return 0, err
	}
	if some[0].N == 0 {
		since = time.Time{}
	}
	seen := map[string]bool{}
	var people []string
	for _, event := range []HandoverEvent{Asks, Offers, Accepts, Declines, Withdraws} {
		q := store.Where(store.Is("event", string(event)), store.AtLeast("recordedAt", since)).By("recordedAt")
		err := store.Each(ctx, r.Store, HandoverKind, q, func(h Handover) error {
			if !seen[h.Person] {
				seen[h.Person] = true
				people = append(people, h.Person)
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	said, err := r.said(ctx, people)
	if err != nil {
		return 0, err
	}
	all, changed := transfers(said), 0
	var ids []string
	for _, t := range all {
		ids = append(ids, t.ID)
	}
	stand, err := store.Many(ctx, r.Store, PendingKind, ids, func(p Pending) string { return p.ID })
	if err != nil {
		return 0, err
	}
	for _, t := range all {
		if stand[t.ID].Steps >= len(t.Steps) {
			continue
		}
		if changed++; differs != nil {
			differs(t.ID)
		}
		if !mend {
			continue
		}
		if err := r.pend(ctx, t); err != nil {
			return changed, err
		}
	}
	return changed, nil
}
