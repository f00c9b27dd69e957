package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// Handover is the fact that a province said something of a transfer: of somebody who leaves it for another one, or
// comes from there. Nobody moves before both have agreed.
type Handover struct {
	// the transfer's, "/", and "opens" of the first, "ends" of the last, else the event: so that of two that come at
	// once one counts. Of release 0.1.0 and before the first is called by its event too.
	ID       string        `json:"id"`
	Transfer string        `json:"transfer"` // the person's id, "/", and which of their transfers it is
	Event    HandoverEvent `json:"event"`
	Person   string        `json:"person"`
	From     string        `json:"from"` // present province, code
	To       string        `json:"to"`   // present province, code
	// of Offers: from this day on the person works there no more; midnight UTC
	On time.Time `json:"on,omitzero"`
	// of Asks and Accepts: the new post, its day the first; and of Asks the name as it was written there
	Post       Entry     `json:"post"`
	Reason     string    `json:"reason,omitempty"`
	By         string    `json:"by"`
	RecordedAt time.Time `json:"recordedAt"`
}

// HandoverEvent is what a province says of a transfer.
type HandoverEvent string

const (
	Asks      HandoverEvent = "asks"      // the new province asks for somebody
	Offers    HandoverEvent = "offers"    // the old one hands them over
	Accepts   HandoverEvent = "accepts"   // the new one takes them: the transfer is done
	Declines  HandoverEvent = "declines"  // whoever was asked says no, with a reason
	Withdraws HandoverEvent = "withdraws" // whoever said something last takes it back
)

// HandoverKind holds what is said of transfers.
var HandoverKind = &store.Kind{Name: "handover", Schema: 1, Order: 500, Fact: true, Person: "person", Doc: Handover{},
	Indexes: [][]string{{"person"}, {"from", "recordedAt"}, {"to", "recordedAt"}, {"event", "recordedAt"}}}

// The steps that a transfer has once, whatever is said in them.
const opens, ends = "opens", "ends"

// rank puts the first word of a transfer before all others, and the last behind them.
func (h Handover) rank() int {
	switch h.ID {
	case h.Transfer + "/" + opens:
		return -1
	case h.Transfer + "/" + ends:
		return 1
	}
	return 0
}

// Transfer is what two provinces have said of somebody, as it was recorded.
type Transfer struct {
	ID, Person, From, To string
	Steps                []Handover
}

// Last is what was said last: nothing comes after the end.
func (t Transfer) Last() Handover { return t.Steps[len(t.Steps)-1] }

// Open says whether the transfer waits for a province.
func (t Transfer) Open() bool { return t.Last().Event == Asks || t.Last().Event == Offers }

// Turn is the province that an open transfer waits for.
func (t Transfer) Turn() string {
	switch t.Last().Event {
	case Asks:
		return t.From
	case Offers:
		return t.To
	}
	return ""
}

// Other is the province that is not this one.
func (t Transfer) Other(province string) string {
	if province == t.From {
		return t.To
	}
	return t.From
}

// Said finds what was said of one sort; false where it was not.
func (t Transfer) Said(e HandoverEvent) (Handover, bool) {
	i := slices.IndexFunc(t.Steps, func(h Handover) bool { return h.Event == e })
	if i < 0 {
		return Handover{}, false
	}
	return t.Steps[i], true
}

// Wanted is the post for which the new province asked, zero where it did not.
func (t Transfer) Wanted() Entry { h, _ := t.Said(Asks); return h.Post }

// HandedOver is the first day on which the person does not work in the old province, zero before it is said.
func (t Transfer) HandedOver() time.Time { h, _ := t.Said(Offers); return h.On }

// transfers puts together what was said, the newest transfer first. Said must be whole transfers. What was said of
// other provinces than the first time is no part of one.
func transfers(said []Handover) []Transfer {
	all := map[string]*Transfer{}
	slices.SortFunc(said, func(a, b Handover) int {
		return cmp.Or(a.rank()-b.rank(), a.RecordedAt.Compare(b.RecordedAt), cmp.Compare(a.ID, b.ID))
	})
	var list []*Transfer
	for _, h := range said {
		t := all[h.Transfer]
		if t == nil {
			t = &Transfer{ID: h.Transfer, Person: h.Person, From: h.From, To: h.To}
			all[h.Transfer], list = t, append(list, t)
		}
		if t.From == h.From && t.To == h.To {
			t.Steps = append(t.Steps, h)
		}
	}
	slices.SortStableFunc(list, func(a, b *Transfer) int { return b.Last().RecordedAt.Compare(a.Last().RecordedAt) })
	var out []Transfer
	for _, t := range list {
		out = append(out, *t)
	}
	return out
}

// TransfersOf lists the transfers of a person, the newest first.
func (r *Roll) TransfersOf(ctx context.Context, person string) ([]Transfer, error) {
	said, err := store.All[Handover](ctx, r.Store, HandoverKind, store.Where(store.Is("person", person)))
	return transfers(said), err
}

// said reads what was said of the transfers of people, with a query for some hundred.
func (r *Roll) said(ctx context.Context, people []string) ([]Handover, error) {
	people = slices.Compact(slices.Sorted(slices.Values(people)))
	var all []Handover
	for some := range slices.Chunk(people, store.MostTexts) {
		said, err := store.All[Handover](ctx, r.Store, HandoverKind, store.Where(store.Among("person", some)).By("person"))
		if err != nil {
			return nil, err
		}
		all = append(all, said...)
	}
	return all, nil
}

// CheckTransfers calls each with the id of every step that is no part of its transfer, as it speaks of other provinces
// than the first, and gives the number of steps.
func (r *Roll) CheckTransfers(ctx context.Context, each func(id string)) (int, error) {
	said, err := store.All[Handover](ctx, r.Store, HandoverKind, store.Query{})
	if err != nil {
		return 0, err
	}
	parts := map[string]bool{}
	for _, t := range transfers(said) {
		for _, h := range t.Steps {
			parts[h.ID] = true
		}
	}
	for _, h := range said {
		if !parts[h.ID] {
			each(h.ID)
		}
	}
	return len(said), nil
}

// Transfer reads one; ErrNotFound for none.
func (r *Roll) Transfer(ctx context.Context, id string) (Transfer, error) {
	person, _ := EntryOf(id)
	all, err := r.TransfersOf(ctx, person)
	if err != nil {
		return Transfer{}, err
	}
	i := slices.IndexFunc(all, func(t Transfer) bool { return t.ID == id })
	if i < 0 {
		return Transfer{}, store.NotFound(HandoverKind, id)
	}
	return all[i], nil
}

// EntryOf is the entry that a fact is about, as its id says before the first "/"; false for an id without one.
func EntryOf(id string) (string, bool) {
	entry, _, ok := strings.Cut(id, "/")
	return entry, ok
}

// OpenTransfer is the one of a person that waits, and how many there were before; false where none does.
func (r *Roll) OpenTransfer(ctx context.Context, person string) (t Transfer, before int, open bool, err error) {
	all, err := r.TransfersOf(ctx, person)
	if err == nil && len(all) > 0 && all[0].Open() {
		return all[0], len(all) - 1, true, nil
	}
	return Transfer{}, len(all), false, err
}

// elsewhere says that a commune is in another province than the one that is meant.
func (r *Roll) elsewhere(c Commune) error {
	in, _ := r.Places.Province(Present, c.Province)
	return problem.Invalid("commune", "commune.elsewhere", c.Title(), in.Name)
}

// Ask asks the province where somebody holds a post to hand them over. post is what they will be here: commune and
// library may be missing. Asking twice changes nothing; another transfer that waits is ErrExists, a *problem.Problem.
func (r *Roll) Ask(ctx context.Context, person, to string, post Entry, by string) (Transfer, error) {
	p, err := r.transferable(ctx, person, to)
	if err != nil {
		return Transfer{}, err
	}
	if c, ok := r.Places.Commune(post.Commune); ok && c.Province != to {
		return Transfer{}, r.elsewhere(c)
	}
	post.Phone = ""
	open, before, is, err := r.OpenTransfer(ctx, person)
	if err == nil && !is {
		asked := Handover{Transfer: fmt.Sprintf("%s/%d", person, before+1), Event: Asks, From: p.Province, To: to, Post: post, By: by}
		open, err = r.say(ctx, p, asked, opens)
		if errors.Is(err, problem.ErrExists) { // something was said at the same time
			if open, _, is, err = r.OpenTransfer(ctx, person); err == nil && !is { // and ended since
				err = transferOpen(p)
			}
		}
	}
	if err == nil && is && !open.between(p.Province, to) {
		err = transferOpen(p)
	}
	if err != nil {
		return Transfer{}, err
	}
	return open, nil
}

// between says whether the transfer is from one province to another.
func (t Transfer) between(from, to string) bool { return t.From == from && t.To == to }

// Offer hands somebody over to another province, from a day on which they no longer hold their post here. They are
// this province's until the other accepts. Saying it twice changes nothing.
func (r *Roll) Offer(ctx context.Context, person, to string, on time.Time, by string) (Transfer, error) {
	p, err := r.transferable(ctx, person, to)
	if err != nil {
		return Transfer{}, err
	}
	if err := r.checkedDay("on", on); err != nil {
		return Transfer{}, err
	}
	if on.Before(p.Since) {
		return Transfer{}, problem.Invalid("on", "date.before-start", on.Format(time.DateOnly), p.Since.Format(time.DateOnly))
	}
	t, before, is, err := r.OpenTransfer(ctx, person)
	offer := Handover{Event: Offers, From: p.Province, To: to, On: on, By: by}
	if err == nil && !is {
		offer.Transfer = fmt.Sprintf("%s/%d", person, before+1)
		next, said := r.say(ctx, p, offer, opens)
		if !errors.Is(said, problem.ErrExists) {
			return next, said
		}
		t, _, is, err = r.OpenTransfer(ctx, person) // something was said at the same time
	}
	switch {
	case err != nil:
		return t, err
	case is && t.between(p.Province, to) && t.Last().Event == Offers && t.HandedOver().Equal(on):
		return t, nil
	case !is || !t.between(p.Province, to) || t.Last().Event == Offers:
		return t, transferOpen(p)
	}
	offer.Transfer = t.ID
	return r.say(ctx, p, offer, string(Offers))
}

func transferOpen(p Person) error {
	return &problem.Problem{Kind: problem.ErrExists, Code: "transfer.open", Args: []any{p.Name}}
}

// transferable is somebody who holds a post, and who can come to a province from another one.
func (r *Roll) transferable(ctx context.Context, person, to string) (Person, error) {
	p, err := r.somebody(ctx, person)
	if err != nil {
		return p, err
	}
	if _, ok := r.Places.Province(Present, to); !ok {
		return p, problem.Invalid("to", "province.unknown", to)
	}
	if to == p.Province {
		return p, problem.Invalid("to", "transfer.here", p.Name)
	}
	if !p.Active {
		return p, problem.Invalid("", "post.none", p.Name)
	}
	return p, nil
}

// say inserts what is said as a step of a transfer. Where another was said first, it is what it is, and this is
// ErrExists.
func (r *Roll) say(ctx context.Context, p Person, h Handover, step string) (Transfer, error) {
	h.ID, h.Person, h.RecordedAt = h.Transfer+"/"+step, p.ID, store.Time(r.Now())
	// the clock has not moved
	if t, err := r.Transfer(ctx, h.Transfer); err == nil && !h.RecordedAt.After(t.Last().RecordedAt) {
		h.RecordedAt = t.Last().RecordedAt.Add(time.Millisecond)
	}
	err := r.Store.Insert(ctx, HandoverKind, &h)
	if errors.Is(err, problem.ErrExists) {
		err = transferOpen(p)
	}
	if err != nil {
		return Transfer{}, err
	}
	t, err := r.Transfer(ctx, h.Transfer)
	if err == nil {
		err = r.pend(ctx, t)
	}
	return t, err
}

// Decline says no to what a transfer waits for, with a reason.
func (r *Roll) Decline(ctx context.Context, id, reason, by string) (Transfer, error) {
	reason, err := Printed("reason", reason)
	if err != nil {
		return Transfer{}, err
	}
	switch {
	case reason == "":
		return Transfer{}, problem.Invalid("reason", "reason-missing")
	case len([]rune(reason)) > TextLetters:
		return Transfer{}, problem.Invalid("reason", "text.long", TextLetters)
	}
	return r.end(ctx, id, Handover{Event: Declines, Reason: reason, By: by})
}

// Withdraw takes back what was said last.
func (r *Roll) Withdraw(ctx context.Context, id, by string) (Transfer, error) {
	return r.end(ctx, id, Handover{Event: Withdraws, By: by})
}

// end says the last word of a transfer, once. Saying it again changes nothing; another one is a *problem.Problem.
func (r *Roll) end(ctx context.Context, id string, h Handover) (Transfer, error) {
	t, err := r.Transfer(ctx, id)
	if err != nil {
		return t, err
	}
	if t.Open() {
		h.Transfer, h.From, h.To = t.ID, t.From, t.To
		next, err := r.say(ctx, Person{ID: t.Person}, h, ends)
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, problem.ErrExists) {
			return t, err
		}
		if t, err = r.Transfer(ctx, id); err != nil {
			return t, err
		}
	}
	if t.Last().Event != h.Event {
		return t, problem.Invalid("", "transfer.ended")
	}
	return t, nil
}

// Accept takes somebody who was handed over, to a post that begins on that day or later. It may be repeated, and goes
// on where it was cut off. Who was taken to another post already stays there: that is ErrExists, a *problem.Problem.
func (r *Roll) Accept(ctx context.Context, id string, post Entry, by string) (Person, error) {
	t, err := r.Transfer(ctx, id)
	if err != nil {
		return Person{}, err
	}
	if t.Open() {
		if post, err = r.acceptable(ctx, t, post); err != nil {
			return Person{}, err
		}
	}
	post.Name, post.Phone = "", ""
	if t, err = r.end(ctx, id, Handover{Event: Accepts, Post: post, By: by}); err != nil {
		return Person{}, err
	}
	p, err := r.Finish(ctx, t)
	if err == nil {
		err = r.asTaken(t, post, p)
	}
	return p, err
}

// asTaken is a problem where somebody was taken to another post than this one.
func (r *Roll) asTaken(t Transfer, post Entry, p Person) error {
	stands := t.Last().Post
	if said, _, err := r.checkedPost(post); err == nil && said.On.Equal(stands.On) {
		if said.On = stands.On; said == stands {
			return nil
		}
	}
	c, _ := r.Places.Ever(stands.Commune)
	return &problem.Problem{Kind: problem.ErrExists, Code: "transfer.taken",
		Args: []any{p.Name, stands.Library, c.Title(), stands.On.Format(time.DateOnly)}}
}

// acceptable is the new post as the roster keeps it, when everything is still as it was handed over.
func (r *Roll) acceptable(ctx context.Context, t Transfer, post Entry) (Entry, error) {
	if t.Last().Event != Offers {
		return post, problem.Invalid("", "transfer.not-offered")
	}
	post, c, err := r.checkedPost(post)
	if err != nil {
		return post, err
	}
	on := t.HandedOver()
	switch {
	case c.Province != t.To:
		return post, r.elsewhere(c)
	case post.On.Before(on):
		return post, problem.Invalid("on", "transfer.early", on.Format(time.DateOnly))
	}
	p, err := r.somebody(ctx, t.Person)
	if err == nil && (!p.Active || p.Province != t.From || p.Since.After(on)) {
		err = problem.Invalid("", "transfer.changed", p.Name)
	}
	return post, err
}

// Finish writes what an accepted transfer says: that the old post ends, and the new one begins. It may be repeated.
func (r *Roll) Finish(ctx context.Context, t Transfer) (Person, error) {
	taken, ok := t.Said(Accepts)
	if !ok {
		return Person{}, problem.Invalid("", "transfer.ended")
	}
	p, err := r.Person(ctx, t.Person)
	if err != nil {
		return p, err
	}
	postings, err := r.Postings(ctx, p.ID)
	if err != nil {
		return p, err
	}
	if !slices.ContainsFunc(postings, func(f Posting) bool { return f.Transfer == t.ID && f.Event == Leaves }) {
		last := t.HandedOver()
		if last.IsZero() { // its offer is of other provinces, see CheckTransfers
			last = taken.Post.On
		}
		leaves := r.Leaving(p, last, taken.By)
		leaves.ID, leaves.Transfer = leaves.ID+"/"+t.ID, t.ID
		if p, err = r.record(ctx, p, leaves); err != nil {
			return p, err
		}
	}
	c, _ := r.Places.Commune(taken.Post.Commune)
	starts := r.NewPosting(p.ID, Starts, taken.Post, c, taken.By)
	starts.ID, starts.Transfer = starts.ID+"/"+t.ID, t.ID
	if slices.ContainsFunc(postings, func(f Posting) bool { return f.ID == starts.ID }) {
		return r.Refresh(ctx, p.ID)
	}
	said, some := r.NewDetail(p, Details{p.Name, p.Phone, taken.Post.Post, taken.Post.Kind}, "transfer-"+strings.ReplaceAll(t.ID, "/", "-"), "", taken.By)
	if some {
		return r.record(ctx, p, starts, said)
	}
	return r.record(ctx, p, starts)
}

// Wish is what a province wants to change of somebody.
type Wish struct {
	Person string
	Post   bool      // where they work; else what they are called and the like
	On     time.Time // of Post: from this day on, zero for its end
}

// unpromised is somebody whose post may change from a day on, zero for its end: not one whom an accepted transfer has
// taken from the province, "" for any, and not one who is handed over from before the day: whoever accepts relies on
// it.
func (r *Roll) unpromised(ctx context.Context, province, id string, on time.Time) (Person, error) {
	p, err := r.somebody(ctx, id)
	if err != nil {
		return p, err
	}
	all, err := r.TransfersOf(ctx, id) // after the person: who is accepted later was handed over now
	if err != nil {
		return p, err
	}
	if len(all) > 0 {
		if p, err = r.finished(ctx, p, all[0]); err == nil {
			err = all[0].Bars(p, Wish{id, true, on})
		}
	}
	if err == nil && province != "" && p.Province != province {
		err = taken(p)
	}
	return p, err
}

// Unpromised asks of many people, and of each once, whether a province may change what it wishes to. It reads the
// people and what is said of their transfers with a query each for some hundred. Refused says of those whom it may not
// change why: another province has taken them, or was promised the post, or they are nobody any more. Who is not there
// is in neither.
func (r *Roll) Unpromised(ctx context.Context, province string, wishes []Wish) (people map[string]Person, refused map[string]error, err error) {
	var ids []string
	for _, w := range wishes {
		ids = append(ids, w.Person)
	}
	if people, err = r.PeopleOf(ctx, ids); err != nil {
		return nil, nil, err
	}
	last, err := r.LastTransfers(ctx, ids) // after the people, as above
	if err != nil {
		return nil, nil, err
	}
	refused = map[string]error{}
	for _, w := range wishes {
		p, ok := people[w.Person]
		if !ok {
			continue
		}
		if t, some := last[w.Person]; some {
			if p, err = r.finished(ctx, p, t); err != nil {
				return nil, nil, err
			}
			people[w.Person] = p
			if no := t.Bars(p, w); no != nil {
				refused[w.Person] = no
			}
		}
		switch {
		case p.Gone != "":
			refused[w.Person] = problem.Invalid("", "person.gone", p.Name)
		case p.Active && p.Province != province:
			refused[w.Person] = taken(p)
		}
	}
	return people, refused, nil
}

// LastTransfers gives of people the transfer that began last, where there was one.
func (r *Roll) LastTransfers(ctx context.Context, people []string) (map[string]Transfer, error) {
	said, err := r.said(ctx, people)
	if err != nil {
		return nil, err
	}
	last := map[string]Transfer{}
	for _, t := range transfers(said) { // the newest first
		if _, newer := last[t.Person]; !newer {
			last[t.Person] = t
		}
	}
	return last, nil
}

// finished is somebody once what was agreed of them is written: they were read before, or a stop came between.
func (r *Roll) finished(ctx context.Context, p Person, last Transfer) (Person, error) {
	if h := last.Last(); h.Event == Accepts && p.Province == h.From {
		return r.Finish(ctx, last)
	}
	return p, nil
}

// Bars says why a change is not made: the person's post is promised to another province from before it.
func (t Transfer) Bars(p Person, w Wish) error {
	h := t.Last()
	if h.Event == Offers && w.Post && (w.On.IsZero() || w.On.After(h.On)) {
		return &problem.Problem{Kind: problem.ErrExists, Code: "transfer.offered", Args: []any{p.Name, h.On.Format(time.DateOnly)}}
	}
	return nil
}

func taken(p Person) error {
	return &problem.Problem{Kind: problem.ErrExists, Code: "transfer.gone", Args: []any{p.Name}}
}

// Unfinished calls each with the transfers that were accepted since an instant: a stop may have left one without its
// postings.
func (r *Roll) Unfinished(ctx context.Context, since time.Time, each func(Transfer) error) error {
	q := store.Where(store.Is("event", string(Accepts)), store.AtLeast("recordedAt", since)).By("recordedAt")
	all, err := store.All[Handover](ctx, r.Store, HandoverKind, q)
	for _, h := range all {
		var t Transfer
		if t, err = r.Transfer(ctx, h.Transfer); err == nil {
			err = each(t)
		}
		if err != nil {
			return err
		}
	}
	return err
}
