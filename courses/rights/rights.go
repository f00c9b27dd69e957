// Package rights is what the law gives people over the data kept about them (Law 91/2025/QH15, Decree
// 356/2025/NĐ-CP): consent that is a fact and can be withdrawn, requests with their deadlines, and erasures. What each
// of them brings about in the other rooms is joined in rights/duty.
package rights

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Purpose is something that data of a person are used for only with their consent. What the roster, the courses and
// the register need is a duty of the post and is not among them: it is told, not asked.
type Purpose string

const (
	Photos  Purpose = "photos"  // of practice tasks: kept, and seen by the trainers of the province
	Contact Purpose = "contact" // to be called or written to about courses that are still missing
)

// Notice is no purpose: under it stands that a person was told what is kept without consent, and under which words.
const Notice Purpose = "notice"

// Purposes are all of them, in the order in which they are asked.
var Purposes = []Purpose{Photos, Contact}

// Consent is the fact that a person gave or withdrew consent for a purpose. Of several the newest counts.
type Consent struct {
	ID      string    `json:"id"` // person/purpose/number, six digits, from 1
	Person  string    `json:"person"`
	Purpose Purpose   `json:"purpose"`
	Given   bool      `json:"given"`
	Wording string    `json:"wording"` // that they were shown, see Wording
	Lang    string    `json:"lang"`    // in which they read it
	Way     Way       `json:"way"`
	Reason  string    `json:"reason,omitempty"` // of one on paper: where the paper is
	By      string    `json:"by"`               // the person's own account, or who entered it from paper
	At      time.Time `json:"at"`
}

// Way is how somebody said it.
type Way string

const (
	Box   Way = "box"   // ticked, or a button pressed, by the person
	Act   Way = "act"   // sent something under a sentence that says what this means
	Paper Way = "paper" // signed; entered by staff
)

// Wording is a text as it was shown, kept once so that it can be shown again. It is about nobody.
type Wording struct {
	ID    string    `json:"id"` // the first 16 letters of the SHA-256 of language, line feed and text, hexadecimal
	Lang  string    `json:"lang"`
	Text  string    `json:"text"`
	Since time.Time `json:"since"` // when it was first agreed to
}

// The kinds of document that this package owns.
var (
	ConsentKind = &store.Kind{Name: "consent", Schema: 1, Order: 436, Fact: true, Person: "person", Doc: Consent{}, Indexes: [][]string{{"person"}}}
	WordingKind = &store.Kind{Name: "wording", Schema: 1, Order: 438, Fact: true, Doc: Wording{}}

	PetitionKind = &store.Kind{Name: "petition", Schema: 1, Order: 434, Fact: true, Person: "person", Doc: Petition{},
		Indexes: [][]string{{"person"}, {"province", "receivedAt"}, {"receivedAt"}}}
	WaitingKind = &store.Kind{Name: "waiting", Schema: 1, Secret: true, Under: "id", Doc: Waiting{}} // see SettleWaiting
	ReplyKind   = &store.Kind{Name: "reply", Schema: 1, Order: 432, Fact: true, Person: "person", Doc: Reply{}, Indexes: [][]string{{"person"}, {"at"}}}

	ErasureKind = &store.Kind{Name: "erasure", Schema: 1, Order: 431, Person: "person", Doc: Erasure{}, Indexes: [][]string{{"person"}, {"done"}}}
)

// Kinds lists the kinds of this package, for who opens a store.
func Kinds() []*store.Kind {
	return []*store.Kind{ConsentKind, WordingKind, PetitionKind, WaitingKind, ReplyKind, ErasureKind}
}

// Desk keeps consents, requests and erasures.
type Desk struct {
	Store store.Store
	Now   func() time.Time
}

// WordingID names a text in a language.
func WordingID(lang, text string) string {
	sum := sha256.Sum256([]byte(lang + "\n" + text))
	return hex.EncodeToString(sum[:])[:16]
}

// Said is what somebody says about a purpose, and under which words.
type Said struct {
	Person  string
	Purpose Purpose
	Given   bool
	Lang    string
	Text    string
	Way     Way
	Reason  string
	By      string
}

// reasonLetters is the length of the longest reason.
const reasonLetters = 500

// tidy is a reason on one line.
func tidy(reason string) string { return strings.Join(strings.Fields(courses.TidyText(reason)), " ") }

// mostGiven is how often somebody may agree to one purpose within a day. Withdrawing is never refused.
const mostGiven = 10

// Say keeps a consent or its withdrawal, with the words that it was said under. Saying what holds already changes
// nothing, unless consent is given under other words than before; changed tells whether it did.
func (d *Desk) Say(ctx context.Context, s Said) (c Consent, changed bool, err error) {
	s.Reason = tidy(s.Reason)
	switch {
	case !slices.Contains(Purposes, s.Purpose) && (s.Purpose != Notice || !s.Given):
		return c, false, problem.Invalid("purpose", "consent-purpose")
	case s.Way == Paper && s.Reason == "":
		return c, false, problem.Invalid("reason", "consent-paper")
	case len([]rune(s.Reason)) > reasonLetters:
		return c, false, problem.Invalid("reason", "text.long", reasonLetters)
	}
	w := Wording{WordingID(s.Lang, s.Text), s.Lang, s.Text, store.Time(d.Now())}
	if err := d.Store.Insert(ctx, WordingKind, &w); err != nil && !errors.Is(err, problem.ErrExists) {
		return c, false, err
	}
	for try := 0; ; try++ {
		all, err := d.Said(ctx, s.Person, s.Purpose)
		if err != nil {
			return c, false, err
		}
		if n := len(all); n > 0 && all[n-1].Given == s.Given && (!s.Given || all[n-1].Wording == w.ID) {
			return all[n-1], false, nil
		}
		lately := 0
		for _, old := range all {
			if old.Given && d.Now().Sub(old.At) < 24*time.Hour {
				lately++
			}
		}
		if s.Given && lately >= mostGiven {
			return c, false, problem.Invalid("", "consent-often", mostGiven)
		}
		c = Consent{ID: fmt.Sprintf("%s/%s/%06d", s.Person, s.Purpose, len(all)+1), Person: s.Person, Purpose: s.Purpose, Given: s.Given, Wording: w.ID,
			Lang: s.Lang, Way: s.Way, Reason: s.Reason, By: s.By, At: store.Time(d.Now())}
		if err = d.Store.Insert(ctx, ConsentKind, &c); !errors.Is(err, problem.ErrExists) {
			return c, err == nil, err
		}
		if err := store.GiveWay(ctx, try); err != nil {
			return c, false, err
		}
	}
}

// Said lists what a person said about a purpose, the oldest first.
func (d *Desk) Said(ctx context.Context, person string, p Purpose) ([]Consent, error) {
	return store.All[Consent](ctx, d.Store, ConsentKind, store.Where(store.Begins("id", person+"/"+string(p)+"/")))
}

// Consents is what counts of a person, by purpose; what they never spoke of is not in it. Entries that were joined to
// theirs count too: of all that was said the newest.
func (d *Desk) Consents(ctx context.Context, ids ...string) (map[Purpose]Consent, error) {
	newest := map[Purpose]Consent{}
	for _, id := range ids {
		err := store.Each(ctx, d.Store, ConsentKind, store.Where(store.Is("person", id)), func(c Consent) error {
			if old, ok := newest[c.Purpose]; !ok || c.At.After(old.At) || c.At.Equal(old.At) && c.ID > old.ID {
				newest[c.Purpose] = c
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return newest, nil
}

// Withdrew says whether a person said no to a purpose, after a yes or without one.
func (d *Desk) Withdrew(ctx context.Context, p Purpose, ids ...string) (bool, error) {
	all, err := d.Consents(ctx, ids...)
	c, spoke := all[p]
	return spoke && !c.Given, err
}
