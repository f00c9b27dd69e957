package rights

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Petition is the fact that somebody asks for what the law lets them ask.
type Petition struct {
	ID         string    `json:"id"` // person/number, four digits, from 1
	Person     string    `json:"person"`
	Province   string    `json:"province"` // present, code: whose staff answer; "" for people of none
	What       What      `json:"what"`
	Change     Change    `json:"change,omitzero"` // of Correct: what it should say
	Words      string    `json:"words"`           // the person's own
	By         string    `json:"by"`              // the person's account, or staff to whom they said it
	ReceivedAt time.Time `json:"receivedAt"`
}

// Waiting is that a petition may wait for an answer: state that is there from before the petition until after its end,
// so that those which wait are found without reading all that ever were.
type Waiting struct {
	ID string `json:"id"` // the petition's
}

// What is asked.
type What string

const (
	Access   What = "access"   // a copy of everything
	Correct  What = "correct"  // of name, number or post
	Erase    What = "erase"    // everything that need not be kept
	Restrict What = "restrict" // nothing is done with it until something is settled
	Object   What = "object"   // to a use of it
)

// Asked is everything that may be asked.
var Asked = []What{Access, Correct, Erase, Restrict, Object}

// Change is what a person says their details should be; what is "" stays.
type Change struct {
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
	Post  string `json:"post,omitempty"`
}

// Reply is the fact that a petition was answered: that it was heard, or how it ended. It ends once.
type Reply struct {
	ID       string    `json:"id"` // the petition's, "/", and "heard" or "end"
	Petition string    `json:"petition"`
	Person   string    `json:"person"`
	How      How       `json:"how"`
	Reason   string    `json:"reason,omitempty"` // of Refused
	By       string    `json:"by"`
	At       time.Time `json:"at"`
}

// How a petition stands.
type How string

const (
	Open    How = "open"
	Heard   How = "heard" // the person was told that it was received
	Done    How = "done"
	Refused How = "refused"
)

// Asking is a petition with where it stands.
type Asking struct {
	Petition
	Replies []Reply // as they came
}

// How the petition stands.
func (a Asking) How() How {
	if n := len(a.Replies); n > 0 {
		return a.Replies[n-1].How
	}
	return Open
}

// Ended says whether nothing is left to be done.
func (a Asking) Ended() bool { return a.How() == Done || a.How() == Refused }

// Last is the last reply, zero for none.
func (a Asking) Last() (last Reply) {
	if n := len(a.Replies); n > 0 {
		last = a.Replies[n-1]
	}
	return last
}

// DueOn is the day by which the next step is due: the person hears of it, and then it is done.
func (a Asking) DueOn() time.Time {
	if a.How() == Open {
		return a.HeardBy()
	}
	return a.DoneBy()
}

// Late says whether the next step is overdue on a day, midnight UTC of the date.
func (a Asking) Late(today time.Time) bool { return !a.Ended() && today.After(a.DueOn()) }

// wordLetters is the length of the longest words of a petition.
const wordLetters = 1000

// Ask keeps a petition. One of the same sort that is still open is that one: asking twice changes nothing, and new is
// false.
func (d *Desk) Ask(ctx context.Context, p Petition) (asking Asking, new bool, err error) {
	p.Words = courses.TidyText(p.Words)
	switch {
	case !slices.Contains(Asked, p.What):
		return Asking{}, false, problem.Invalid("what", "petition-what")
	case len([]rune(p.Words)) > wordLetters:
		return Asking{}, false, problem.Invalid("words", "text.long", wordLetters)
	case p.What == Correct && p.Change == Change{} && p.Words == "":
		return Asking{}, false, problem.Invalid("name", "petition-empty")
	case (p.What == Restrict || p.What == Object) && p.Words == "":
		return Asking{}, false, problem.Invalid("words", "petition-words")
	}
	if p.What != Correct {
		p.Change = Change{}
	}
	for try := 0; ; try++ {
		all, err := d.Of(ctx, p.Person)
		if err != nil {
			return Asking{}, false, err
		}
		for _, a := range all {
			if a.What == p.What && !a.Ended() {
				return a, false, nil
			}
		}
		p.ID, p.ReceivedAt = fmt.Sprintf("%s/%04d", p.Person, len(all)+1), store.Time(d.Now())
		if err := d.Store.Insert(ctx, WaitingKind, &Waiting{p.ID}); err != nil && !errors.Is(err, problem.ErrExists) {
			return Asking{}, false, err
		}
		if err = d.Store.Insert(ctx, PetitionKind, &p); !errors.Is(err, problem.ErrExists) {
			return Asking{Petition: p}, err == nil, err
		}
		if err := store.GiveWay(ctx, try); err != nil {
			return Asking{}, false, err
		}
	}
}

// Reply keeps an answer. The same answer again changes nothing; another one to a petition that ended is ErrExists, a
// *problem.Problem. Who asked does not answer.
func (d *Desk) Reply(ctx context.Context, id string, how How, reason, by string) (Asking, error) {
	a, err := d.Petition(ctx, id)
	if err != nil {
		return a, err
	}
	reason = tidy(reason)
	switch {
	case by == a.Person:
		return a, problem.Denied("petition-own")
	case how == Refused && reason == "":
		return a, problem.Invalid("reason", "reason-missing")
	case len([]rune(reason)) > reasonLetters:
		return a, problem.Invalid("reason", "text.long", reasonLetters)
	case a.Ended() && how != Heard:
		if a.How() == how {
			return a, d.waitsNoMore(ctx, id)
		}
		return a, errEnded
	case how == Heard && a.How() != Open:
		return a, nil
	}
	r := Reply{ID: id + "/end", Petition: id, Person: a.Person, How: how, Reason: reason, By: by, At: store.Time(d.Now())}
	if how == Heard {
		r.ID = id + "/heard"
	}
	if err := d.Store.Insert(ctx, ReplyKind, &r); errors.Is(err, problem.ErrExists) {
		return d.Reply(ctx, id, how, reason, by) // somebody else was first
	} else if err != nil {
		return a, err
	}
	if a, err = d.Petition(ctx, id); err == nil && a.Ended() {
		err = d.waitsNoMore(ctx, id)
	}
	return a, err
}

// waitsNoMore forgets that a petition which ended may wait.
func (d *Desk) waitsNoMore(ctx context.Context, id string) error {
	err := d.Store.Delete(ctx, WaitingKind, id)
	if errors.Is(err, problem.ErrNotFound) {
		err = nil
	}
	return err
}

var errEnded error = &problem.Problem{Kind: problem.ErrExists, Code: "petition-ended"}

// EndedSince lists the petitions that ended since an instant.
func (d *Desk) EndedSince(ctx context.Context, since time.Time) (all []Asking, err error) {
	replies, err := store.All[Reply](ctx, d.Store, ReplyKind, store.Where(store.AtLeast("at", store.Time(since))).By("at"))
	for _, r := range replies {
		if err == nil && r.How != Heard {
			var a Asking
			if a, err = d.Petition(ctx, r.Petition); err == nil {
				all = append(all, a)
			} else if errors.Is(err, problem.ErrNotFound) {
				err = nil
			}
		}
	}
	return all, err
}

// Petition reads one petition.
func (d *Desk) Petition(ctx context.Context, id string) (Asking, error) {
	p, err := store.Get[Petition](ctx, d.Store, PetitionKind, id)
	if err != nil {
		return Asking{}, err
	}
	all, err := d.answered(ctx, []Petition{p})
	if err != nil {
		return Asking{}, err
	}
	return all[0], nil
}

// Of lists what somebody has asked, the oldest first.
func (d *Desk) Of(ctx context.Context, person string) ([]Asking, error) {
	all, err := store.All[Petition](ctx, d.Store, PetitionKind, store.Where(store.Is("person", person)))
	if err != nil {
		return nil, err
	}
	return d.answered(ctx, all)
}

// Waiting lists the petitions of all that wait for an answer, the one that is due first at the top.
func (d *Desk) Waiting(ctx context.Context) ([]Asking, error) {
	var ids []string
	err := store.Each(ctx, d.Store, WaitingKind, store.Query{}, func(w Waiting) error { ids = append(ids, w.ID); return nil })
	if err != nil {
		return nil, err
	}
	petitions, err := store.Many(ctx, d.Store, PetitionKind, ids, func(p Petition) string { return p.ID })
	if err != nil {
		return nil, err
	}
	all, err := d.answered(ctx, slices.Collect(maps.Values(petitions)))
	all = slices.DeleteFunc(all, Asking.Ended)
	slices.SortFunc(all, func(a, b Asking) int {
		return cmp.Or(a.DueOn().Compare(b.DueOn()), a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// Ended lists, of so many petitions that a province received last, or with "" all provinces, those that ended, the one
// that ended last at the top.
func (d *Desk) Ended(ctx context.Context, province string, most int) ([]Asking, error) {
	q := store.Query{}.By("-receivedAt").First(most)
	if province != "" {
		q.Where = []store.Cond{store.Is("province", province)}
	}
	last, err := store.All[Petition](ctx, d.Store, PetitionKind, q)
	if err != nil {
		return nil, err
	}
	all, err := d.answered(ctx, last)
	all = slices.DeleteFunc(all, func(a Asking) bool { return !a.Ended() })
	slices.SortStableFunc(all, func(a, b Asking) int { return b.Last().At.Compare(a.Last().At) })
	return all, err
}

// SettleWaiting looks at every petition and puts right which of them wait: a stop may have come after the end of one,
// and a store that came from a backup does not know.
func (d *Desk) SettleWaiting(ctx context.Context) error {
	known, err := store.All[Waiting](ctx, d.Store, WaitingKind, store.Query{})
	if err != nil {
		return err
	}
	petitions, err := store.All[Petition](ctx, d.Store, PetitionKind, store.Query{})
	if err != nil {
		return err
	}
	all, err := d.answered(ctx, petitions)
	for _, a := range all {
		waits := slices.Contains(known, Waiting{a.ID})
		switch {
		case err != nil:
		case waits && a.Ended():
			err = d.waitsNoMore(ctx, a.ID)
		case !waits && !a.Ended():
			err = d.Store.Insert(ctx, WaitingKind, &Waiting{a.ID})
			if errors.Is(err, problem.ErrExists) {
				err = nil
			}
		}
	}
	return err
}

// answered puts the replies to petitions.
func (d *Desk) answered(ctx context.Context, all []Petition) ([]Asking, error) {
	var ids []string
	for _, p := range all {
		ids = append(ids, p.ID+"/heard", p.ID+"/end")
	}
	replies, err := store.Many(ctx, d.Store, ReplyKind, ids, func(r Reply) string { return r.ID })
	if err != nil {
		return nil, err
	}
	list := make([]Asking, len(all))
	for i, p := range all {
		list[i].Petition = p
		for _, id := range []string{p.ID + "/heard", p.ID + "/end"} {
			if r, ok := replies[id]; ok {
				list[i].Replies = append(list[i].Replies, r)
			}
		}
	}
	return list, nil
}
