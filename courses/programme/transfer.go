package programme

import (
	"context"
	"errors"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
)

// AskAway asks another province for somebody who was found to work there, by a code or by what a file or a form says.
// Whoever asks learns the province and nothing else. post is what they will be here. Who was handed over before anybody
// asked is given back as such: nothing is asked then.
func (s *Programme) AskAway(ctx context.Context, code string, sought roster.Sought, post roster.Entry, by string) (roster.Transfer, error) {
	p, err := s.away(ctx, code, sought)
	if err != nil {
		return roster.Transfer{}, err
	}
	post.Name = sought.Name
	t, err := s.Roll.Ask(ctx, p.ID, sought.Province, post, by)
	if err != nil {
		if errors.Is(err, problem.ErrExists) { // whose name stands in it is not for whoever asks
			err = &problem.Problem{Kind: problem.ErrExists, Code: "transfer.open", Args: []any{sought.Name}}
		}
		return t, err
	}
	asked, ok := t.Said(roster.Asks)
	if !ok {
		return t, nil
	}
	return t, s.Tell(ctx, AuditEntry{ID: "asks/" + t.ID, By: asked.By, Action: "transfer.ask", Province: t.To, Note: asked.Post.Name + ": " + s.between(t)})
}

// AskRow asks for the person of a row of an import.
func (s *Programme) AskRow(ctx context.Context, im *intake.Import, row *intake.ImportRow, by string) (roster.Transfer, error) {
	e := row.Entry
	if e.Name == "" { // of a row that is left out only what was typed is known
		var err error
		if e.Name, err = roster.Name(TypedName(row)); err != nil {
			return roster.Transfer{}, err
		}
		e.Phone, _ = roster.PhoneOrNone(row.Cells[intake.FieldPhone])
	}
	sought := roster.Sought{Province: im.Province, Name: e.Name, Phone: e.Phone, Commune: e.Commune, Library: e.Library}
	return s.AskAway(ctx, row.Cells[intake.FieldCode], sought, e, by)
}

// away is somebody who holds a post in another province.
func (s *Programme) away(ctx context.Context, code string, sought roster.Sought) (roster.Person, error) {
	none := problem.Invalid("", "transfer.none")
	if id, ok := roster.ParseID(code); ok {
		p, elsewhere, err := s.Roll.ByCode(ctx, id, sought.Province)
		if errors.Is(err, problem.ErrNotFound) || err == nil && (!elsewhere || !roster.Alike(roster.Fold(sought.Name), p.Fold)) {
			err = none
		}
		return p, err
	}
	m, err := s.Roll.Find(ctx, sought)
	if err != nil {
		return roster.Person{}, err
	}
	if p, ok := m.Elsewhere(); ok {
		return p, nil
	}
	return roster.Person{}, none
}

// OfferTransfer hands somebody over to another province.
func (s *Programme) OfferTransfer(ctx context.Context, person, to string, on time.Time, by string) (roster.Transfer, error) {
	t, err := s.Roll.Offer(ctx, person, to, on, by)
	if err != nil {
		return t, err
	}
	return t, s.Tell(ctx, AuditEntry{ID: "offers/" + t.ID, By: by, Action: "transfer.offer", Subject: person, Province: t.From, Note: s.between(t)})
}

// AcceptTransfer takes somebody who was handed over; account, certificates and what was learnt come with them. It may
// be repeated. Both provinces read of it.
func (s *Programme) AcceptTransfer(ctx context.Context, id string, post roster.Entry, by string) (roster.Person, error) {
	p, err := s.Roll.Accept(ctx, id, post, by)
	if err != nil {
		return p, err
	}
	t, err := s.Roll.Transfer(ctx, id)
	if err != nil {
		return p, err
	}
	return p, s.taken(ctx, t, p)
}

// taken does what an accepted transfer brings about for the board, the sessions and the trail. It may be repeated.
func (s *Programme) taken(ctx context.Context, t roster.Transfer, p roster.Person) error {
	if err := s.RefreshPerson(ctx, p); err != nil {
		return err
	}
	changes, err := s.transferred(ctx, t)
	if err != nil {
		return err
	}
	accepted := t.Last()
	for _, province := range []string{t.From, t.To} {
		e := AuditEntry{ID: "accepts/" + province + "/" + t.ID, By: accepted.By, At: accepted.RecordedAt, Action: "transfer.accept",
			Subject: t.Person, Province: province, Note: s.between(t), Changes: changes}
		if err := s.Tell(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// transferred are the posts that a person left and took with a transfer, as the audit trail shows them.
func (s *Programme) transferred(ctx context.Context, t roster.Transfer) ([]intake.Change, error) {
	postings, err := s.Roll.Postings(ctx, t.Person)
	var was, is roster.Person
	for _, f := range postings {
		post := roster.Person{Post: f.Post, Kind: f.Kind, Library: f.Library, Commune: f.Commune, Province: f.Province}
		switch {
		case f.Transfer != t.ID:
		case f.Event == roster.Leaves:
			was = post
		default:
			is = post
		}
	}
	changes := ChangesOf(was, is)
	for i, c := range changes {
		if c.Field == intake.FieldCommune {
			changes[i].Old, changes[i].New = communeTitled(s.Places, c.Old)+", "+s.ProvinceName(was.Province), communeTitled(s.Places, c.New)+", "+s.ProvinceName(is.Province)
		}
	}
	return changes, err
}

// EndTransfer declines what a transfer waits for, with a reason, or takes back what was said last. It is told to the
// province that says it.
func (s *Programme) EndTransfer(ctx context.Context, t roster.Transfer, decline bool, reason, by string) (roster.Transfer, error) {
	before := t
	if e := t.Last().Event; e == roster.Declines || e == roster.Withdraws { // pressed again
		before.Steps = t.Steps[:len(t.Steps)-1]
	}
	province, action := before.Turn(), "transfer.decline"
	end := func() (roster.Transfer, error) { return s.Roll.Decline(ctx, t.ID, reason, by) }
	if !decline {
		province, action = t.Other(before.Turn()), "transfer.withdraw"
		end = func() (roster.Transfer, error) { return s.Roll.Withdraw(ctx, t.ID, by) }
	}
	ended, err := end()
	if err != nil {
		return ended, err
	}
	subject, note := t.Person, s.between(t)
	if t.HandedOver().IsZero() && province == t.To { // whoever only asked knows the name that they wrote
		subject, note = "", t.Wanted().Name+": "+note
	}
	if ended.Last().Reason != "" {
		note += ": " + ended.Last().Reason
	}
	return ended, s.Tell(ctx, AuditEntry{ID: "ends/" + t.ID, By: by, Action: action, Subject: subject, Province: province, Note: note})
}

// between says from where to where somebody is transferred, and from when on.
func (s *Programme) between(t roster.Transfer) string {
	text := s.ProvinceName(t.From) + " → " + s.ProvinceName(t.To)
	if on := t.HandedOver(); !on.IsZero() {
		text += ", " + on.Format("02/01/2006")
	}
	return text
}

// finishTransfers writes and tells what a stop left undone of transfers that were accepted since an instant.
func (s *Programme) finishTransfers(ctx context.Context, since time.Time) error {
	return s.Roll.Unfinished(ctx, since, func(t roster.Transfer) error {
		p, err := s.Roll.Finish(ctx, t)
		if errors.Is(err, problem.ErrNotFound) { // erased since
			return nil
		}
		if err == nil {
			err = s.taken(ctx, t, p)
		}
		return err
	})
}
