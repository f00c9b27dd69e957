package programme

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"lopban/courses/problem"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
)

// AuditEntry is the fact that somebody did something to others: who, what, to which code or person, for which province.
// Each stands on a line of the trail and holds the digest of the one before it: see trail.go.
type AuditEntry struct {
	ID       string    `json:"id"` // UUIDv7, or the name of an act that may be told again
	By       string    `json:"by"` // an account, or at the console the operator
	Action   string    `json:"action"`
	Subject  string    `json:"subject"`
	Province string    `json:"province"`
	At       time.Time `json:"at"`

	Note    string          `json:"note"`              // what the action was of: a file and how many people, a reason
	Changes []intake.Change `json:"changes,omitempty"` // before and after
	// of an entry with note or changes 16 random bytes, hexadecimal, that are digested too and taken out with them:
	// without it whoever guesses what was taken out cannot tell by the digest whether the guess is right
	Salt string `json:"salt,omitempty"`
	// note, changes and salt were taken out when a person's data were erased; a later entry vouches for it, see Blot
	Blotted bool `json:"blotted,omitempty"`

	// twelve digits, from 1 on; of releases up to 0.1.0, which had no lines, "-" and the id
	Line string `json:"line"`
	// digest of the entry on the line before; on the first that of the entries without a line
	Before string `json:"before"`
	Digest string `json:"digest"` // of all the above
}

// AuditKind is the trail. Of two processes that write the same line one finds it taken, and writes the next.
var AuditKind = &store.Kind{Name: "audit", Schema: 2, Order: 70, Fact: true, Doc: AuditEntry{}, Unique: []string{"line"}, Indexes: [][]string{{"at"}, {"province", "at"}},
	Upgrade: func(doc any, _ int) error {
		e := doc.(*AuditEntry)
		e.Line = unlined + e.ID
		return nil
	}}

// Audit keeps that somebody did something.
func (s *Programme) Audit(ctx context.Context, by, action, subject, province string) error {
	return s.Tell(ctx, AuditEntry{By: by, Action: action, Subject: subject, Province: province})
}

// Tell keeps that somebody did something, with what there is to say of it. An act that may be sent again names its
// entry by an id, and then has one; what it does not say of id and time is made here.
func (s *Programme) Tell(ctx context.Context, e AuditEntry) error {
	return Tell(ctx, s.Store, s.Now(), e)
}

// Tell is Programme.Tell for who has a store and no programme.
func Tell(ctx context.Context, st store.Store, now time.Time, e AuditEntry) error {
	if e.ID == "" {
		e.ID = uuid.Must(uuid.NewV7()).String()
	}
	if e.At.IsZero() { // else it was told to somebody who could not write it down
		e.At = now
	}
	e.At = store.Time(e.At)
	e.clean()
	if e.Note != "" || len(e.Changes) > 0 {
		var salt [16]byte
		rand.Read(salt[:])
		e.Salt = hex.EncodeToString(salt[:])
	}
	for try := 0; ; try++ {
		last, err := lastLine(ctx, st, now)
		if err == nil {
			e.follow(last)
			err = st.Insert(ctx, AuditKind, &e)
		}
		if err == nil {
			return noteHead(ctx, st, e)
		}
		if !errors.Is(err, problem.ErrExists) {
			return err
		}
		if _, err := store.Get[AuditEntry](ctx, st, AuditKind, e.ID); !errors.Is(err, problem.ErrNotFound) {
			return err // it was told before
		}
		if err := store.GiveWay(ctx, try); err != nil {
			return err
		}
	}
}

// clean takes out what no engine would give back as it was: the digest is of what can be read again.
func (e *AuditEntry) clean() {
	for _, text := range []*string{&e.ID, &e.By, &e.Action, &e.Subject, &e.Province, &e.Note} {
		*text = strings.ToValidUTF8(*text, "\ufffd")
	}
	for i := range e.Changes {
		c := &e.Changes[i]
		c.Old, c.New = strings.ToValidUTF8(c.Old, "\ufffd"), strings.ToValidUTF8(c.New, "\ufffd")
	}
}
