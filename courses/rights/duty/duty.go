// Package duty does what the law asks of who keeps data about people: it tells, asks, gives out, corrects and erases
// what all rooms of the house keep about one person. Which kinds of document there are, and what each is for, stands
// in [Record].
package duty

import (
	"context"
	"errors"
	"slices"
	"strings"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/words"
)

// Desk does it on a programme.
type Desk struct{ *programme.Programme }

// New is a desk that also finishes, with Settle, what was cut off, and removes what has had its term.
func New(p *programme.Programme) *Desk {
	d := &Desk{p}
	p.Unfinished = append(p.Unfinished, d.Finish, d.finishAnswers, d.Rights.SettleWaiting, d.forgetRefusals)
	return d
}

// Subject is somebody about whom data are kept: on the roster, with an account, or both.
type Subject struct {
	ID       string
	IDs      []string        // their own and those of entries that were joined to theirs
	Person   *roster.Person  // nil for who is on no roster
	Holds    *roster.Account // nil for who has no account
	Province string          // present, code: whose staff answer; "" for people of none
}

// Of finds somebody by the id of a person or an account. The id of an entry that was joined to another leads to that.
func (d *Desk) Of(ctx context.Context, id string) (Subject, error) {
	s := Subject{ID: id, IDs: []string{id}}
	p, err := d.Roll.Kept(ctx, id)
	if err == nil {
		s.Person, s.ID, s.IDs, s.Province = &p, p.ID, p.IDs(), p.Province
	} else if !errors.Is(err, problem.ErrNotFound) {
		return s, err
	}
	a, err := store.Get[roster.Account](ctx, d.Store, roster.AccountKind, s.ID)
	if err == nil {
		s.Holds = &a
		if s.Person == nil {
			s.Province = a.Province
		}
	} else if !errors.Is(err, problem.ErrNotFound) {
		return s, err
	}
	if s.Person == nil && s.Holds == nil {
		return s, store.NotFound(roster.PersonKind, id)
	}
	return s, nil
}

// Name is what somebody is called.
func (s Subject) Name() string {
	if s.Person != nil {
		return s.Person.Name
	}
	return s.Holds.Name
}

// Controller is the body that answers for the data of a province's people, as its certificates name it.
func (d *Desk) Controller(ctx context.Context, province string, w words.Words) (string, error) {
	p, ok := d.Places.Province(roster.Present, province)
	if !ok {
		return w.T("privacy.controller.office"), nil
	}
	i, err := d.School.Issuer(ctx, p.Code, p.Name)
	return i.Name, err
}

// Wording is the text under which somebody says something about a purpose: who answers, for what, how long, and that
// it can be taken back.
func (d *Desk) Wording(ctx context.Context, province string, p rights.Purpose, w words.Words) (string, error) {
	controller, err := d.Controller(ctx, province, w)
	if p == rights.Notice {
		return w.T("claim.notice", controller) + "\n" + w.T("claim.consent"), err
	}
	return w.T("consent."+string(p)+".text", controller), err
}

// Say keeps what somebody says about a purpose, and does what follows: photos are removed when they may not be kept
// any more, and nobody is called who does not want it. Saying it again does what was not finished. On paper it is
// for who keeps the roster of the province.
func (d *Desk) Say(ctx context.Context, by roster.Account, id string, p rights.Purpose, given bool, way rights.Way, reason string, w words.Words) error {
	s, err := d.Of(ctx, id)
	if err != nil {
		return err
	}
	if err := d.notErased(ctx, s); err != nil {
		return err
	}
	own := by.ID == s.ID
	if own == (way == rights.Paper) || !own && !roster.MayAnswerRights(by, s.Province) {
		return problem.Denied("denied")
	}
	text, err := d.Wording(ctx, s.Province, p, w)
	if err != nil {
		return err
	}
	said, _, err := d.Rights.Say(ctx, rights.Said{Person: s.ID, Purpose: p, Given: given, Lang: w.Lang, Text: text, Way: way, Reason: reason, By: by.ID})
	if err != nil {
		return err
	}
	switch {
	case p == rights.Photos && !given:
		err = d.removePhotos(ctx, s.IDs)
	case p == rights.Contact && s.Person != nil:
		_, err = store.Update(ctx, d.Store, roster.PersonKind, s.ID, func(p *roster.Person) error { p.Quiet = !given; return nil })
	}
	if err != nil || said.Way != rights.Paper { // people themselves said it before
		return err
	}
	action := "rights.consent"
	if !given {
		action = "rights.withdraw"
	}
	return d.Tell(ctx, programme.AuditEntry{ID: "said-" + said.ID, By: said.By, Action: action, Subject: s.ID, Province: s.Province})
}

// removePhotos takes the photos away that somebody sent with practice tasks; what they wrote and what was said of it
// stays.
func (d *Desk) removePhotos(ctx context.Context, ids []string) error {
	var names []string
	for _, id := range ids {
		ahead, err := d.aheadOf(ctx, id)
		if err != nil {
			return err
		}
		names = append(names, ahead...)
		docs, err := store.About(ctx, d.Store, school.SubmissionKind, id)
		if err != nil {
			return err
		}
		for _, doc := range docs {
			sub := doc.(*courses.Submission)
			names = append(names, sub.Photos...)
			err := store.Blank(ctx, d.Store, school.SubmissionKind, sub.ID, func(doc any) bool {
				s := doc.(*courses.Submission)
				some := len(s.Photos) > 0
				s.Photos, s.Bytes = nil, 0
				return some
			})
			if err != nil {
				return err
			}
		}
		if err := d.removeAll(ctx, school.AheadKind, id); err != nil {
			return err
		}
	}
	return programme.DropFiles(ctx, d.Programme, names)
}

// aheadOf lists the photos that a phone brought before the fact that names them.
func (d *Desk) aheadOf(ctx context.Context, id string) (names []string, err error) {
	docs, err := store.About(ctx, d.Store, school.AheadKind, id)
	for _, doc := range docs {
		names = append(names, strings.TrimPrefix(doc.(*courses.Ahead).ID, id+"/"))
	}
	return names, err
}

// removeAll removes the documents of a kind about somebody.
func (d *Desk) removeAll(ctx context.Context, k *store.Kind, id string) error {
	docs, err := store.About(ctx, d.Store, k, id)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		if err := d.remove(ctx, k, doc); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) remove(ctx context.Context, k *store.Kind, doc any) error {
	id, err := k.ID(doc)
	if err == nil {
		err = d.Store.Delete(ctx, k, id)
	}
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	return err
}

// notErased refuses what would enter something new about somebody whose data were erased: nothing would erase it again.
func (d *Desk) notErased(ctx context.Context, s Subject) error {
	is, err := d.Rights.Erased(ctx, s.ID)
	if err == nil && is {
		err = problem.Invalid("", "person.erased")
	}
	return err
}

// MayKeepPhotos refuses photos of who said no to that.
func (d *Desk) MayKeepPhotos(ctx context.Context, id string) error {
	s, err := d.Of(ctx, id)
	if err != nil {
		return err
	}
	no, err := d.Rights.Withdrew(ctx, rights.Photos, s.IDs...)
	if err == nil && no {
		err = problem.Invalid("photo", "photo-consent")
	}
	return err
}

// Consented keeps, at the first photo that somebody sends, that they agreed to what stands beside the field.
func (d *Desk) Consented(ctx context.Context, a roster.Account, w words.Words) error {
	s, err := d.Of(ctx, a.ID)
	if err != nil {
		return err
	}
	for _, id := range s.IDs {
		if said, err := d.Rights.Said(ctx, id, rights.Photos); err != nil || len(said) > 0 {
			return err
		}
	}
	return d.Say(ctx, a, a.ID, rights.Photos, true, rights.Act, "", w)
}

// Told keeps what somebody agreed to when they opened their account: that they read the notice, and the purposes that
// they ticked. What they did not tick was not said.
func (d *Desk) Told(ctx context.Context, a roster.Account, ticked []rights.Purpose, w words.Words) error {
	for _, p := range append([]rights.Purpose{rights.Notice}, ticked...) {
		if err := d.Say(ctx, a, a.ID, p, true, rights.Box, "", w); err != nil {
			return err
		}
	}
	return nil
}

// Ask keeps a request of somebody, or of who told it to staff, and where staff did so writes it down in the trail.
func (d *Desk) Ask(ctx context.Context, by roster.Account, id string, p rights.Petition) (rights.Asking, error) {
	s, err := d.Of(ctx, id)
	if err != nil {
		return rights.Asking{}, err
	}
	own := by.ID == s.ID
	if !own && !roster.MayAnswerRights(by, s.Province) {
		return rights.Asking{}, problem.Denied("denied")
	}
	if err := d.notErased(ctx, s); err != nil {
		return rights.Asking{}, err
	}
	if p.What == rights.Correct {
		if p.Change, err = change(p.Change, s); err != nil {
			return rights.Asking{}, err
		}
	}
	p.Person, p.Province, p.By = s.ID, s.Province, by.ID
	asking, _, err := d.Rights.Ask(ctx, p)
	if err == nil && asking.By != s.ID { // told again it is one entry
		err = d.Tell(ctx, programme.AuditEntry{ID: "asked-" + asking.ID, By: asking.By, Action: "rights.ask", Subject: s.ID, Province: asking.Province})
	}
	return asking, err
}

// change is what should change of what is known, in the form in which the roster keeps it.
func change(c rights.Change, s Subject) (rights.Change, error) {
	var err error
	if c.Name != "" {
		if c.Name, err = roster.Name(c.Name); err != nil {
			return c, err
		}
	}
	if c.Phone, err = roster.PhoneOrNone(c.Phone); err != nil {
		return c, err
	}
	if c.Post, err = roster.Printed("post", c.Post); err != nil {
		return c, err
	}
	if len([]rune(c.Post)) > roster.TextLetters {
		return c, problem.Invalid("post", "text.long", roster.TextLetters)
	}
	is := rights.Change{Name: s.Name(), Phone: c.Phone, Post: c.Post} // who is on no roster has neither
	if s.Person != nil {
		is.Phone, is.Post = s.Person.Phone, s.Person.Post
	}
	for _, f := range []struct {
		field *string
		is    string
	}{{&c.Name, is.Name}, {&c.Phone, is.Phone}, {&c.Post, is.Post}} {
		if *f.field == f.is {
			*f.field = ""
		}
	}
	return c, nil
}

// Asking is a request that somebody may answer.
func (d *Desk) Asking(ctx context.Context, by roster.Account, id string) (rights.Asking, error) {
	a, err := d.Rights.Petition(ctx, id)
	if err == nil {
		a, err = d.whereNow(ctx, a)
	}
	if err == nil && !roster.MayReadRights(by, a.Province) {
		err = store.NotFound(rights.PetitionKind, id)
	}
	return a, err
}

// whereNow is a request with the province that answers it while it is open: the one in which somebody works by now.
func (d *Desk) whereNow(ctx context.Context, a rights.Asking) (rights.Asking, error) {
	if a.Ended() {
		return a, nil
	}
	s, err := d.Of(ctx, a.Person)
	if errors.Is(err, problem.ErrNotFound) {
		return a, nil
	}
	a.Province = s.Province
	return a, err
}

// mostEnded is of how many requests that came last a list shows those that ended; of those that wait it shows all.
const mostEnded = 1000

// Requests are those that a province answers, or with "" all: first those that wait, then those that ended.
func (d *Desk) Requests(ctx context.Context, province string) ([]rights.Asking, error) {
	waiting, err := d.OpenRequests(ctx, province)
	if err != nil {
		return nil, err
	}
	ended, err := d.Rights.Ended(ctx, province, mostEnded)
	return append(waiting, ended...), err
}

// OpenRequests are those that wait for an answer of a province, or with "" of any, the one that is due first at the
// top.
func (d *Desk) OpenRequests(ctx context.Context, province string) ([]rights.Asking, error) {
	all, err := d.Rights.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, a := range all {
		people = append(people, a.Person)
	}
	kept, err := d.Roll.KeptOf(ctx, people)
	if err != nil {
		return nil, err
	}
	var some []rights.Asking
	for _, a := range all {
		if p, ok := kept[a.Person]; ok {
			a.Province = p.Province
		} else if a, err = d.whereNow(ctx, a); err != nil { // who has an account alone
			return nil, err
		}
		if province == "" || a.Province == province {
			some = append(some, a)
		}
	}
	return some, nil
}

// Asked is what somebody has asked under any of their entries, the oldest first.
func (d *Desk) Asked(ctx context.Context, s Subject) ([]rights.Asking, error) {
	var all []rights.Asking
	for _, id := range s.IDs {
		some, err := d.Rights.Of(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b rights.Asking) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return all, nil
}

// known are the words by which somebody can be found in texts.
type known struct {
	ids, names, numbers []string
	provinces           []string
}

// knownBy gathers what somebody was ever called.
func (d *Desk) knownBy(ctx context.Context, ids []string) (k known, err error) {
	k.ids = ids
	name := func(s string) {
		if s = roster.Words(s); strings.Contains(s, " ") && !slices.Contains(k.names, s) && s != roster.Words(roster.ErasedName) {
			k.names = append(k.names, s)
		}
	}
	number := func(s string) {
		if s = roster.Words(s); len(s) >= 6 && !slices.Contains(k.numbers, s) {
			k.numbers = append(k.numbers, s)
		}
	}
	for _, id := range ids {
		for _, kind := range []*store.Kind{roster.PersonKind, roster.DetailKind, roster.PostingKind, roster.HandoverKind, roster.AccountKind, roster.LoginKind, rights.PetitionKind} {
			docs, err := store.About(ctx, d.Store, kind, id)
			if err != nil {
				return k, err
			}
			for _, doc := range docs {
				switch doc := doc.(type) {
				case *roster.Person:
					name(doc.Name)
					number(doc.Phone)
				case *roster.Detail:
					for _, said := range []struct {
						text *string
						add  func(string)
					}{{doc.Name, name}, {doc.Phone, number}} {
						if said.text != nil {
							said.add(*said.text)
						}
					}
				case *roster.Posting:
					k.provinces = append(k.provinces, doc.Province)
				case *roster.Handover:
					name(doc.Post.Name)
					number(doc.Post.Phone)
					k.provinces = append(k.provinces, doc.From, doc.To)
				case *roster.Account:
					name(doc.Name)
				case *roster.Login:
					number(doc.ID)
				case *rights.Petition:
					name(doc.Change.Name)
					number(doc.Change.Phone)
				}
			}
		}
	}
	return k, nil
}

// in says whether a text holds a number of theirs, and whether it holds a name.
func (k known) in(text string) (number, name bool) {
	text = " " + roster.Words(text) + " "
	has := func(s string) bool { return strings.Contains(text, " "+s+" ") }
	return slices.ContainsFunc(k.numbers, has), slices.ContainsFunc(k.names, has)
}

// anyIn says whether a text holds a name or a number of theirs.
func (k known) anyIn(text string) bool {
	number, name := k.in(text)
	return number || name
}
