package programme

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// The trail is a chain: each entry has a line, counted from 1 without a gap, and the digest of the entry on the line
// before. Whoever changes, removes or reorders entries breaks it; whoever removes the last ones is told by the head,
// which is kept beside the entries, in every backup and in every file of the trail. docs/formats.md says what is
// digested, so that anybody can do it again.

// unlined begins the lines of entries that releases up to 0.1.0 wrote. It sorts before all others.
const unlined = "-"

// begun is the action of the first entry in a store that had some of those: it says how many, and holds their digest.
const begun = "trail.begin"

func line(n int) string { return fmt.Sprintf("%012d", n) }

// Number is the entry's line as a number, 0 for none.
func (e *AuditEntry) Number() int {
	n, err := strconv.Atoi(e.Line)
	if err != nil || n < 1 || e.Line != line(n) {
		return 0
	}
	return n
}

// follow puts the entry on the line after another.
func (e *AuditEntry) follow(last AuditEntry) {
	e.Line, e.Before = line(last.Number()+1), last.Digest
	e.Digest = e.sum()
}

// sum is the digest that an entry must have.
func (e *AuditEntry) sum() string {
	h := sha256.New()
	e.write(h)
	return hex.EncodeToString(h.Sum(nil))
}

// write writes what is digested: each text with its length before it, so that no two entries read the same.
func (e *AuditEntry) write(h hash.Hash) {
	texts := []string{"lopban trail 1", e.Line, e.Before, e.ID, e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.By, e.Action, e.Subject, e.Province, e.Note}
	for _, c := range e.Changes {
		texts = append(texts, string(c.Field), c.Old, c.New)
	}
	if e.Salt != "" {
		texts = append(texts, e.Salt)
	}
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s\n", len(t), t)
	}
}

// lastLine is the entry that the next one follows. In a store with entries of earlier releases alone it first writes
// the one with which the chain begins; in an empty one it is zero. ErrExists is that another process was first with
// that.
func lastLine(ctx context.Context, st store.Store, now time.Time) (AuditEntry, error) {
	last, err := store.One[AuditEntry](ctx, st, AuditKind, store.Where(store.AtLeast("line", "0"), store.Less("line", ":")).By("-line"))
	if !errors.Is(err, problem.ErrNotFound) {
		return last, err
	}
	h, n := sha256.New(), 0
	err = store.Each(ctx, st, AuditKind, store.Where(store.Begins("line", unlined)).By("line"), func(e AuditEntry) error {
		e.write(h)
		n++
		return nil
	})
	if err != nil || n == 0 {
		return AuditEntry{}, err
	}
	first := AuditEntry{ID: begun, By: roster.Operator().ID, Action: begun, At: store.Time(now), Note: strconv.Itoa(n)}
	first.follow(AuditEntry{Digest: hex.EncodeToString(h.Sum(nil))})
	return first, st.Insert(ctx, AuditKind, &first)
}

// TrailHead is the last line of the trail and its digest: what somebody who keeps it elsewhere can compare later.
type TrailHead struct {
	ID     string `json:"id"` // the one document's
	Line   int    `json:"line"`
	Digest string `json:"digest"`
}

// TrailHeadKind is the kind of the one head that is kept beside the entries.
var TrailHeadKind = &store.Kind{Name: "trailhead", Schema: 1, Order: 60, Doc: TrailHead{}}

const theHead = "head"

func (h TrailHead) String() string { return fmt.Sprintf("%d:%s", h.Line, h.Digest) }

// ReadHead reads a head as String writes it.
func ReadHead(text string) (TrailHead, bool) {
	before, digest, ok := strings.Cut(text, ":")
	n, err := strconv.Atoi(before)
	return TrailHead{Line: n, Digest: digest}, ok && err == nil && n > 0 && len(digest) == 2*sha256.Size
}

// noteHead keeps that the trail reaches to this entry, unless somebody has gone on meanwhile.
func noteHead(ctx context.Context, st store.Store, e AuditEntry) error {
	head := TrailHead{theHead, e.Number(), e.Digest}
	newer := func(h *TrailHead) error {
		if h.Line < head.Line {
			*h = head
		}
		return nil
	}
	_, err := store.Update(ctx, st, TrailHeadKind, theHead, newer)
	if errors.Is(err, problem.ErrNotFound) {
		if err = st.Insert(ctx, TrailHeadKind, &head); errors.Is(err, problem.ErrExists) {
			_, err = store.Update(ctx, st, TrailHeadKind, theHead, newer)
		}
	}
	return err
}

// What a flaw of the trail says.
const (
	EntryChanged   = "is not as it was written"
	EntryMisplaced = "does not follow the entry on the line before it"
	EntriesMissing = "are missing from the trail"
	EntriesCut     = "are missing at the end of the trail"
	OldChanged     = "the entries of earlier releases are not those that the trail began with"
	Unlined        = "has no line, and the trail had begun"
	HeadUnlike     = "is not the line that the trail is said to have had"
)

// CheckTrail reads the whole trail in bounded memory, calls each with everything that is wrong in it, and gives its
// head. known are heads that somebody kept elsewhere.
func (s *Programme) CheckTrail(ctx context.Context, known []TrailHead, each func(school.Flaw)) (TrailHead, error) {
	c := trailCheck{each: each, old: sha256.New(), known: map[int]string{}, blots: map[int]blot{}}
	kept, err := store.Get[TrailHead](ctx, s.Store, TrailHeadKind, theHead)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return TrailHead{}, err
	}
	for _, h := range append(known, kept) {
		if h.Line > 0 {
			c.known[h.Line], c.furthest = h.Digest, max(c.furthest, h.Line)
		}
	}
	err = store.Each(ctx, s.Store, AuditKind, store.Query{}.By("line"), func(e AuditEntry) error {
		c.entry(e)
		return nil
	})
	if err != nil {
		return TrailHead{}, err
	}
	c.missing(c.last.Number()+1, c.furthest, EntriesCut)
	for _, n := range slices.Sorted(maps.Keys(c.blots)) {
		c.flaw(c.blots[n].id, EntryChanged)
	}
	return TrailHead{theHead, c.last.Number(), c.last.Digest}, nil
}

// trailCheck is a reading of the trail under way.
type trailCheck struct {
	each     func(school.Flaw)
	old      hash.Hash // of entries without a line
	olds     int
	known    map[int]string // digests by line
	furthest int
	last     AuditEntry
	blots    map[int]blot // that no entry has vouched for yet
}

func (c *trailCheck) flaw(id, what string) {
	c.each(school.Flaw{Kind: AuditKind.Name, ID: id, What: what})
}

func (c *trailCheck) entry(e AuditEntry) {
	n := e.Number()
	if n == 0 {
		if e.Line != unlined+e.ID {
			c.flaw(e.ID, EntryChanged)
		}
		e.write(c.old)
		c.olds++
		return
	}
	before := c.last.Digest
	if n == 1 {
		before = c.beginning(e)
	}
	c.missing(c.last.Number()+1, n-1, EntriesMissing)
	if e.Blotted {
		c.blots[n] = blot{e.ID, e.rest()}
	}
	if e.Action == Blotted {
		c.vouch(e.Note)
	}
	if e.sum() != e.Digest && !e.Blotted {
		c.flaw(e.ID, EntryChanged)
	} else if n == c.last.Number()+1 && e.Before != before {
		c.flaw(e.ID, EntryMisplaced)
	}
	if digest, ok := c.known[n]; ok && digest != e.Digest {
		c.flaw(e.ID, HeadUnlike)
	}
	c.last = e
}

// beginning looks at the entries of earlier releases, and is what the first line must hold as the digest before it.
func (c *trailCheck) beginning(e AuditEntry) string {
	if e.Action != begun {
		if c.olds > 0 {
			c.flaw(e.ID, Unlined)
		}
		return ""
	}
	if sum := hex.EncodeToString(c.old.Sum(nil)); sum != e.Before || strconv.Itoa(c.olds) != e.Note {
		c.flaw(e.ID, OldChanged)
	}
	return e.Before
}

// missing says that lines are not there.
func (c *trailCheck) missing(from, to int, what string) {
	switch {
	case from == to:
		c.flaw("line "+strconv.Itoa(from), what)
	case from < to:
		c.flaw(fmt.Sprintf("lines %d to %d", from, to), what)
	}
}
