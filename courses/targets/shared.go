package targets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Counts is the numbers of all communes for processes that share a store, so that a board costs a few calls however
// many people there are. They follow from the standings: a commune in which a standing was changed (see Change), or in
// which somebody's training ended since, is counted again when the board is next read. Nothing of it is in a backup.
type Counts struct {
	ID string `json:"id"`
	// of changes of this document: what was counted upon an older one is not kept, because who kept the newer one may
	// have counted later
	Seq   int    `json:"seq"`
	Lines string `json:"lines"` // see counted.line
}

// Change says in which communes the numbers may change. It is inserted before the first standing is written, and done
// once all are; then the next reader counts these communes again, keeps the numbers, and only then removes it. One that
// is not done has its communes counted at each reading; of one whose process ended so, until it is an hour old, when
// nothing of it can be on its way any more.
type Change struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Done   bool      `json:"done"`
	Places []string  `json:"places"` // of spot.String
}

var (
	CountsKind = &store.Kind{Name: "counts", Schema: 1, Secret: true, Doc: Counts{}}
	ChangeKind = &store.Kind{Name: "change", Schema: 1, Secret: true, Doc: Change{}}
)

const (
	countsID   = "board"
	changeLife = time.Hour
)

// spot is a commune in a province of a list.
type spot struct {
	by                roster.List
	province, commune string
}

func (p spot) String() string { return string(p.by) + "/" + p.province + "/" + p.commune }

func readSpot(text string) spot {
	by, rest, _ := strings.Cut(text, "/")
	province, commune, _ := strings.Cut(rest, "/")
	return spot{roster.List(by), province, commune}
}

// places are where a standing counts.
func (s *Standing) places() []spot {
	if !s.InBase {
		return nil
	}
	return []spot{{roster.Present, s.Province, s.Commune}, {roster.Programme, s.Programme, s.Commune}}
}

// countsAs says whether two standings of a person count alike.
func (s *Standing) countsAs(t *Standing) bool {
	if !s.InBase || !t.InBase {
		return s.InBase == t.InBase
	}
	return s.Commune == t.Commune && s.Province == t.Province && s.Programme == t.Programme && s.Library == t.Library &&
		s.TrainedUntil.Equal(t.TrainedUntil) && s.ElsewhereFrom.Equal(t.ElsewhereFrom)
}

// notice is the places of a Change that is under way; nil for a Board that is alone, to which nothing need be told.
type notice map[string]bool

// covers says whether a standing may become another one: a Change tells of every place whose numbers that changes.
func (t notice) covers(old, next *Standing) bool {
	if t == nil || old.countsAs(next) {
		return true
	}
	for _, p := range append(old.places(), next.places()...) {
		if !t[p.String()] {
			return false
		}
	}
	return true
}

// tell adds the places whose numbers change with a standing.
func (t notice) tell(old, next *Standing) {
	if t.covers(old, next) {
		return
	}
	for _, p := range append(old.places(), next.places()...) {
		t[p.String()] = true
	}
}

// changing keeps a Change of the places, does the writes, and says that they are done. When a write fails nobody knows
// whether it comes yet: then the change stays.
func (b *Board) changing(ctx context.Context, t notice, write func() error) error {
	if len(t) == 0 {
		return write()
	}
	c := Change{ID: uuid.Must(uuid.NewV7()).String(), At: store.Time(b.Now()), Places: sortedKeys(t)}
	if err := b.Store.Insert(ctx, ChangeKind, &c); err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	_, err := store.Update(ctx, b.Store, ChangeKind, c.ID, func(c *Change) error { c.Done = true; return nil })
	if errors.Is(err, problem.ErrNotFound) { // it took more than an hour
		c.Done = true
		err = b.Store.Insert(ctx, ChangeKind, &c)
	}
	return err
}

// notice is an empty one.
func (b *Board) notice() notice {
	if b.Alone {
		return nil
	}
	return notice{}
}

// counted is the numbers of a place, and from when until when they hold if nothing is written: people's training ends.
type counted struct {
	number
	since, until time.Time // zero: always
}

func (c counted) holds(at time.Time) bool {
	return !at.Before(c.since) && (c.until.IsZero() || at.Before(c.until))
}

// passes notes an instant at which the numbers change.
func (c *counted) passes(change, at time.Time) {
	switch {
	case change.IsZero():
	case change.After(at):
		if c.until.IsZero() || change.Before(c.until) {
			c.until = change
		}
	case change.After(c.since):
		c.since = change
	}
}

// line is a place and its numbers: base, trained, libraries, elsewhere, and the instants in Unix milliseconds.
func (c counted) line(p string) string {
	return fmt.Sprintf("%s %d %d %d %d %d %d\n", p, c.base, c.trained, c.libraries, c.elsewhere, millis(c.since), millis(c.until))
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// lines are the numbers of all places as one text, which is read ten times as fast as a list of documents.
func lines(all map[string]counted) string {
	var text strings.Builder
	for _, p := range sortedKeys(all) {
		text.WriteString(all[p].line(p))
	}
	return text.String()
}

func readLines(text string) (map[string]counted, error) {
	all := map[string]counted{}
	for line := range strings.Lines(text) {
		place, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		var n [6]int64
		for i := range n {
			var one string
			var err error
			one, rest, _ = strings.Cut(rest, " ")
			if n[i], err = strconv.ParseInt(one, 10, 64); err != nil {
				return nil, fmt.Errorf("numbers of %s: %w", place, err)
			}
		}
		c := counted{number: number{base: int(n[0]), trained: int(n[1]), communes: 1, libraries: int(n[2]), elsewhere: int(n[3])}}
		if n[4] != 0 {
			c.since = time.UnixMilli(n[4]).UTC()
		}
		if n[5] != 0 {
			c.until = time.UnixMilli(n[5]).UTC()
		}
		all[place] = c
	}
	return all, nil
}

// read is lines and what they say, which must not be changed.
type read struct {
	text string
	all  map[string]counted
}

// parsed is readLines, remembering the last.
func (b *Board) parsed(text string) (map[string]counted, error) {
	if r := b.lines.Load(); r != nil && r.text == text {
		return r.all, nil
	}
	all, err := readLines(text)
	if err == nil {
		b.lines.Store(&read{text, all})
	}
	return all, err
}

// shared gives the numbers of a scope at a moment from the Counts.
func (b *Board) shared(ctx context.Context, s Scope, m moment) (tally, error) {
	all, err := b.sharedCounts(ctx, m.at)
	if err != nil {
		return nil, err
	}
	t := tally{}
	for text, n := range all {
		p := readSpot(text)
		if p.by != s.By || s.Province != "" && p.province != s.Province || s.Commune != "" && p.commune != s.Commune {
			continue
		}
		key := p.province
		if s.Province != "" {
			key = p.commune
		}
		t[key] = t[key].plus(n.number)
	}
	return t, nil
}

// sharedCounts gives the numbers of all places as they are at a moment, and keeps what had to be counted. What is kept
// of a place was counted after every Change of it was read that is removed for it: the Counts are read before the
// Changes, those before anything is counted, and the numbers are kept only while the Counts are as they were read. So a
// standing that is written later than it was counted has a Change that this reader did not see done.
func (b *Board) sharedCounts(ctx context.Context, at time.Time) (map[string]counted, error) {
	kept, err := store.Get[Counts](ctx, b.Store, CountsKind, countsID)
	none := errors.Is(err, problem.ErrNotFound)
	if err != nil && !none {
		return nil, err
	}
	changes, err := store.All[Change](ctx, b.Store, ChangeKind, store.Query{})
	if err != nil {
		return nil, err
	}
	var all map[string]counted
	again := map[string]bool{}
	if none {
		all, err = b.countEverybody(ctx, at)
	} else if all, err = b.parsed(kept.Lines); err == nil {
		for p, n := range all {
			if !n.holds(at) {
				again[p] = true
			}
		}
		for _, c := range changes {
			for _, p := range c.Places {
				again[p] = true
			}
		}
		if len(again) == 0 {
			return all, nil
		}
		all = maps.Clone(all)
		err = b.countAgain(ctx, again, at, all)
	}
	if err != nil {
		return nil, err
	}
	over := slices.DeleteFunc(changes, func(c Change) bool { return !c.Done && at.Sub(c.At) < changeLife })
	if text := lines(all); len(over) > 0 || text != kept.Lines {
		// who cannot keep the numbers shows them all the same, and leaves the changes to the next
		if b.keep(ctx, kept.Seq, text) == nil {
			b.forget(ctx, over)
		}
	}
	return all, nil
}

var errKeptMeanwhile = errors.New("somebody else kept numbers meanwhile")

// keep keeps numbers that were counted upon the Counts of that seq; zero where there were none.
func (b *Board) keep(ctx context.Context, seq int, text string) error {
	if seq == 0 {
		return b.Store.Insert(ctx, CountsKind, &Counts{ID: countsID, Seq: 1, Lines: text})
	}
	_, err := store.Update(ctx, b.Store, CountsKind, countsID, func(c *Counts) error {
		if c.Seq != seq {
			return errKeptMeanwhile
		}
		c.Seq, c.Lines = seq+1, text
		return nil
	})
	return err
}

// forget removes changes that are counted. What stays is counted once more.
func (b *Board) forget(ctx context.Context, changes []Change) {
	var g errgroup.Group
	g.SetLimit(writers)
	for _, c := range changes {
		g.Go(func() error { return b.Store.Delete(ctx, ChangeKind, c.ID) })
	}
	_ = g.Wait()
}

// counter counts people by place.
type counter struct {
	at      time.Time
	all     map[string]counted
	shelves map[[2]string]bool // place, library
}

func newCounter(at time.Time) *counter {
	return &counter{at, map[string]counted{}, map[[2]string]bool{}}
}

// posted is what counts of a standing.
type posted struct {
	Library       string    `json:"library"`
	Commune       string    `json:"commune"`
	TrainedUntil  time.Time `json:"trainedUntil"`
	ElsewhereFrom time.Time `json:"elsewhereFrom"`
}

func (k *counter) add(p string, s posted) {
	c := k.all[p]
	c.base, c.communes = c.base+1, 1
	st := Standing{TrainedUntil: s.TrainedUntil, ElsewhereFrom: s.ElsewhereFrom}
	if st.Trained(k.at) {
		c.trained++
	}
	if st.Elsewhere(k.at) {
		c.elsewhere++
	}
	c.passes(s.TrainedUntil, k.at)
	c.passes(s.ElsewhereFrom, k.at)
	if at := [2]string{p, roster.Words(s.Library)}; !k.shelves[at] {
		k.shelves[at] = true
		c.libraries++
	}
	k.all[p] = c
}

// countEverybody counts all places, province after province.
func (b *Board) countEverybody(ctx context.Context, at time.Time) (map[string]counted, error) {
	all := map[string]counted{}
	for _, by := range []roster.List{roster.Present, roster.Programme} {
		provinces, err := b.Store.Count(ctx, StandingKind, store.Where(store.Is("inBase", true)), provinceField[by])
		if err != nil {
			return nil, err
		}
		for _, g := range provinces {
			if err := b.countIn(ctx, by, g.Key[0], nil, at, all); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// countAgain counts some places again, those of a province together.
func (b *Board) countAgain(ctx context.Context, again map[string]bool, at time.Time, all map[string]counted) error {
	type of struct {
		by       roster.List
		province string
	}
	some := map[of]map[string]bool{}
	for text := range again {
		p := readSpot(text)
		if some[of{p.by, p.province}] == nil {
			some[of{p.by, p.province}] = map[string]bool{}
		}
		some[of{p.by, p.province}][p.commune] = true
		delete(all, text)
	}
	order := slices.SortedFunc(maps.Keys(some), func(x, y of) int { return cmp.Or(cmp.Compare(x.by, y.by), cmp.Compare(x.province, y.province)) })
	parts := make([]map[string]counted, len(order))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, o := range order {
		parts[i] = map[string]counted{}
		g.Go(func() error { return b.countIn(ctx, o.by, o.province, some[o], at, parts[i]) })
	}
	err := g.Wait()
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return err
}

// countIn counts the people of a province, or of some of its communes, by the order of an index.
func (b *Board) countIn(ctx context.Context, by roster.List, province string, communes map[string]bool, at time.Time, all map[string]counted) error {
	k := newCounter(at)
	where := []store.Cond{store.Is("inBase", true), store.Is(provinceField[by], province)}
	if n := len(communes); n > 0 && n <= store.MostTexts && !communes[""] {
		where = append(where, store.Among("commune", sortedKeys(communes)))
	}
	err := store.Each(ctx, b.Store, StandingKind, store.Where(where...).By("commune"), func(s posted) error {
		if communes == nil || communes[s.Commune] {
			k.add(spot{by, province, s.Commune}.String(), s)
		}
		return nil
	})
	maps.Copy(all, k.all)
	return err
}

// Recount counts everybody again and has the places counted whose numbers were kept wrongly, which does not happen but
// for what wrote standings past a Board. It says how many these are.
func (b *Board) Recount(ctx context.Context) (int, error) {
	if b.Alone {
		return 0, nil
	}
	at := store.Time(b.Now())
	kept, err := b.sharedCounts(ctx, at)
	if err != nil {
		return 0, err
	}
	anew, err := b.countEverybody(ctx, at)
	if err != nil {
		return 0, err
	}
	wrong := notice{}
	for _, all := range []map[string]counted{kept, anew} {
		for p := range all {
			if kept[p].number != anew[p].number {
				wrong[p] = true
			}
		}
	}
	if len(wrong) == 0 {
		return 0, nil
	}
	return len(wrong), b.changing(ctx, wrong, func() error { return nil })
}
