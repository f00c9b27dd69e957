package programme

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lopban/courses/store"
)

// The trail stays when a person's data are erased: that something was done, by which account, to which id, when. What
// an entry says besides, its note and the texts before and after, is taken out, and with it the salt of its digest. The
// entry keeps the digest that it had, so the chain stays whole; and first an entry is told that names the lines and
// holds a digest of what stays of each. So whoever takes something out by themselves is noticed, as anybody is who
// changes an entry.

// Blotted is the action of an entry that vouches for lines from which something was taken out.
const Blotted = "trail.erase"

// blot is an entry from which something was taken out.
type blot struct{ id, rest string }

// rest is a digest of what stays of an entry, and of the digest that it had.
func (e AuditEntry) rest() string {
	e.Note, e.Changes, e.Salt = "", nil, ""
	h := sha256.New()
	e.write(h)
	fmt.Fprintf(h, "%d:%s\n", len(e.Digest), e.Digest)
	return hex.EncodeToString(h.Sum(nil))
}

// vouch reads what an entry vouches for: lines and their digests, as Blot writes them.
func (c *trailCheck) vouch(note string) {
	for _, f := range strings.Fields(note) {
		text, digest, _ := strings.Cut(f, ":")
		if n, err := strconv.Atoi(text); err == nil && c.blots[n].rest == digest {
			delete(c.blots, n)
		}
	}
}

// BlottedLines are the lines that such an entry names.
func BlottedLines(note string) (lines []string) {
	for _, f := range strings.Fields(note) {
		n, _, _ := strings.Cut(f, ":")
		lines = append(lines, n)
	}
	return lines
}

// Blot takes note and changes out of every entry that is about somebody, as about says, and tells of it in the entry
// that is given. It may be repeated. Entries of release 0.1.0, which have no line, say nothing that could be taken out.
func Blot(ctx context.Context, st store.Store, now time.Time, tell AuditEntry, about func(AuditEntry) bool) error {
	var ids, lines []string
	q := store.Where(store.AtLeast("line", "0"), store.Less("line", ":")).By("line")
	err := store.Each(ctx, st, AuditKind, q, func(e AuditEntry) error {
		if !e.Blotted && e.Action != Blotted && (e.Note != "" || len(e.Changes) > 0) && about(e) {
			ids, lines = append(ids, e.ID), append(lines, strconv.Itoa(e.Number())+":"+e.rest())
		}
		return nil
	})
	if err != nil || len(ids) == 0 {
		return err
	}
	tell.Action, tell.Note = Blotted, strings.Join(lines, " ")
	sum := sha256.Sum256([]byte(tell.Note)) // cut off and done again with the same lines it is the same entry
	tell.ID = "erase-" + hex.EncodeToString(sum[:16])
	if err := Tell(ctx, st, now, tell); err != nil {
		return err
	}
	for _, id := range ids {
		err := store.Blank(ctx, st, AuditKind, id, func(doc any) bool {
			e := doc.(*AuditEntry)
			some := !e.Blotted
			e.Blotted, e.Note, e.Changes, e.Salt = true, "", nil, ""
			return some
		})
		if err != nil {
			return err
		}
	}
	return nil
}
