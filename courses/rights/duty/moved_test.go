package duty_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
)

const caoBang = "01273" // a commune of Cao Bằng (04)

func (o *town) enter(name, phone string) roster.Person {
	o.t.Helper()
	p, err := o.Roll.Add(o.t.Context(), roster.Entry{Name: name, Phone: phone, Post: "Thủ thư", Library: "Thư viện xã", Commune: lungCu, On: roster.Day(o.clock).AddDate(-1, 0, 0)}, o.staff.ID)
	o.must(err)
	return p
}

// What somebody asked is answered by the province in which they work when it is answered, and by no other.
func TestARequestFollowsWhoMoves(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	p := o.enter("Lò Thị Mẩy", "0912345681")
	asked, err := o.Ask(ctx, o.staff, p.ID, rights.Petition{What: rights.Correct, Words: "Tên tôi là Mấy.", Change: rights.Change{Name: "Lò Thị Mấy"}})
	o.must(err)
	offered, err := o.OfferTransfer(ctx, p.ID, "04", roster.Day(o.clock), o.staff.ID)
	o.must(err)
	_, err = o.AcceptTransfer(ctx, offered.ID, roster.Entry{Library: "Thư viện xã", Commune: caoBang, On: roster.Day(o.clock)}, "far")
	o.must(err)
	if _, err := o.Answer(ctx, o.staff, asked.ID, rights.Done, ""); err == nil {
		t.Error("the old province has changed somebody of another")
	}
	if now, err := o.Roll.Person(ctx, p.ID); err != nil || now.Name != p.Name {
		t.Errorf("%q, %v", now.Name, err)
	}
	if old, err := o.Requests(ctx, "08"); err != nil || len(old) != 0 {
		t.Errorf("the old province lists %+v, %v", old, err)
	}
	there := roster.Account{ID: "far", Roles: []roster.Role{roster.Staff}, Province: "04"}
	if waits, err := o.Requests(ctx, "04"); err != nil || len(waits) != 1 || waits[0].ID != asked.ID {
		t.Errorf("the new province lists %+v, %v", waits, err)
	}
	_, err = o.Answer(ctx, there, asked.ID, rights.Done, "")
	o.must(err)
	if now, err := o.Roll.Person(ctx, p.ID); err != nil || now.Name != "Lò Thị Mấy" {
		t.Errorf("%q, %v", now.Name, err)
	}
}

// However many requests ended since, one that waits is on the list.
func TestWhatWaitsIsNeverPushedOffTheList(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	asked, err := o.Ask(ctx, o.staff, o.enter("Lò Thị Mẩy", "0912345681").ID, rights.Petition{What: rights.Access, Words: "Xin bản sao."})
	o.must(err)
	var petitions, replies []any
	for n := range 1001 {
		at := o.clock.Add(time.Duration(n+1) * time.Minute)
		p := rights.Petition{ID: fmt.Sprintf("OLD/%04d", n+1), Person: "OLD", Province: "08", What: rights.Access, ReceivedAt: at}
		petitions = append(petitions, &p)
		replies = append(replies, &rights.Reply{ID: p.ID + "/end", Petition: p.ID, Person: p.Person, How: rights.Done, At: at})
	}
	o.must(st.Insert(ctx, rights.PetitionKind, petitions...))
	o.must(st.Insert(ctx, rights.ReplyKind, replies...))
	all, err := o.Requests(ctx, "08")
	if err != nil || len(all) != 1001 || all[0].ID != asked.ID || all[1].ID != "OLD/1001" {
		t.Errorf("%d requests, %v", len(all), err)
	}
}

// Erasing somebody ends what they asked under an entry that was joined to theirs.
func TestErasingAnswersWhatWasAskedUnderAnotherEntry(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	gone, kept := o.enter("Vàng T. Mai", "0912345691"), o.enter("Vàng Thị Mai", "0912345692")
	var waits []string
	for _, p := range []roster.Person{gone, kept} {
		asked, err := o.Ask(ctx, o.staff, p.ID, rights.Petition{What: rights.Erase, Words: "Xin xóa."})
		o.must(err)
		waits = append(waits, asked.ID)
	}
	copied, err := o.Ask(ctx, o.staff, kept.ID, rights.Petition{What: rights.Access, Words: "Xin bản sao."})
	o.must(err)
	_, err = o.Merge(ctx, gone.ID, kept.ID, nil, o.staff.ID)
	o.must(err)
	_, err = o.Roll.Leave(ctx, kept.ID, roster.Day(o.clock), o.staff.ID)
	o.must(err)
	_, err = o.Answer(ctx, o.staff, waits[1], rights.Done, "")
	o.must(err)
	for _, id := range waits {
		if a, err := o.Rights.Petition(ctx, id); err != nil || a.How() != rights.Done {
			t.Errorf("%s: %s %v", id, a.How(), err)
		}
	}
	if a, err := o.Rights.Petition(ctx, copied.ID); err != nil || a.How() != rights.Refused || a.Last().Reason != roster.ErasedName {
		t.Errorf("what cannot be done any more: %+v %v", a.Last(), err)
	}
}

// Whose data were erased is in no post again: not by bringing a struck entry back, nor by a backup of before they left.
func TestWhoIsErasedHoldsNoPostAgain(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	struck := o.enter("Vàng T. Mai", "0912345691")
	_, err := o.Roll.Strike(ctx, struck.ID, "Nhập nhầm", o.staff.ID)
	o.must(err)
	_, err = o.Erase(ctx, o.staff, struck.ID, "")
	o.must(err)
	if _, err := o.Roll.Restore(ctx, struck.ID, o.staff.ID); code(err) != "person.erased" {
		t.Errorf("brought back: %v", err)
	}
	p := o.enter("Vàng Thị Mai", "0912345692") // as an older backup has her: in her post
	left := roster.Day(o.clock).AddDate(0, -1, 0)
	begun, err := o.Rights.Again(ctx, rights.Erasure{ID: p.ID, Province: "08", Left: left, By: o.staff.ID, At: o.clock})
	if err != nil || !begun {
		t.Fatalf("%v %v", begun, err)
	}
	o.must(o.Settle(ctx))
	if now, err := o.Roll.Person(ctx, p.ID); err != nil || now.Active || !now.Erased {
		t.Errorf("%+v %v", now, err)
	}
	postings, err := store.All[roster.Posting](ctx, st, roster.PostingKind, store.Where(store.Is("person", p.ID)))
	if err != nil || !slices.ContainsFunc(postings, func(at roster.Posting) bool { return at.Event == roster.Leaves && at.On.Equal(left) }) {
		t.Errorf("%+v %v", postings, err)
	}
	if begun, err := o.Rights.Again(ctx, rights.Erasure{ID: p.ID, Entries: []string{"LATER"}, Province: "08", By: o.staff.ID, At: o.clock}); err != nil || !begun {
		t.Errorf("an entry that was joined since the backup is passed over: %v", err)
	}
}

// What one room cannot finish holds up no other.
func TestSettlingGoesOnAfterAFault(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	broken, asked := errors.New("broken"), 0
	o.Unfinished = append([]func(context.Context) error{func(context.Context) error { return broken }}, o.Unfinished...)
	o.Unfinished = append(o.Unfinished, func(context.Context) error { asked++; return nil })
	if err := o.Settle(t.Context()); !errors.Is(err, broken) || asked != 1 {
		t.Errorf("%v, the next was asked %d times", err, asked)
	}
}

// Who said no under one of two entries has said no.
func TestAMergeKeepsWhatWasWithdrawn(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	gone, kept := o.enter("Vàng T. Mai", "0912345691"), o.enter("Vàng Thị Mai", "0912345692")
	for _, purpose := range []rights.Purpose{rights.Photos, rights.Contact} {
		o.must(o.Say(ctx, o.staff, gone.ID, purpose, false, rights.Paper, "Giấy số 5", o.words()))
	}
	_, err := o.Merge(ctx, gone.ID, kept.ID, nil, o.staff.ID)
	o.must(err)
	if err := o.MayKeepPhotos(ctx, kept.ID); code(err) != "photo-consent" {
		t.Errorf("photos are kept: %v", err)
	}
	if p, err := o.Roll.Person(ctx, kept.ID); err != nil || !p.Quiet {
		t.Errorf("they are called: %+v, %v", p, err)
	}
}

// The file of who keeps a roster says what they did, and nothing of those to whom they did it.
func TestOnesOwnFileSaysNothingOfOthers(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	o.must(o.Tell(ctx, programme.AuditEntry{By: o.staff.ID, Action: "person.correct", Subject: "MAI1", Province: "08", Note: "Vàng Thị Mai",
		Changes: []intake.Change{{Field: intake.FieldPhone, Old: "0912345693", New: "0912345694"}}}))
	s, err := o.Of(ctx, o.staff.ID)
	o.must(err)
	kept, err := o.Gather(ctx, s, o.words())
	o.must(err)
	i := len(kept.Trail) - 1
	if i < 0 || kept.Trail[i].Action != "person.correct" || kept.Trail[i].Subject != "" || kept.Trail[i].Note != "" || len(kept.Trail[i].Changes) != 0 {
		t.Errorf("%+v", kept.Trail)
	}
}

func TestNothingNewIsEnteredAboutWhoWasErased(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	gone, p := o.enter("Vàng T. Mai", "0912345695"), o.enter("Vàng Thị Mai", "0912345696")
	_, err := o.Merge(ctx, gone.ID, p.ID, nil, o.staff.ID)
	o.must(err)
	_, err = o.Roll.Leave(ctx, p.ID, roster.Day(o.clock), o.staff.ID)
	o.must(err)
	_, err = o.Erase(ctx, o.staff, p.ID, "")
	o.must(err)
	_, err = o.Ask(ctx, o.staff, p.ID, rights.Petition{What: rights.Access, Words: "Chị Mai hỏi."})
	said := o.Say(ctx, o.staff, p.ID, rights.Contact, true, rights.Paper, "Giấy của Mai", o.words())
	_, parted := o.Part(ctx, gone.ID, o.staff.ID)
	for what, err := range map[string]error{"a request": err, "a consent": said, "a merge undone": parted} {
		if code(err) != "person.erased" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if all := o.everything(); strings.Contains(all, "Mai") {
		t.Error("her name is in the store again")
	}
}

func code(err error) string {
	if p, ok := err.(*problem.Problem); ok {
		return p.Code
	}
	return ""
}
