package duty_test

import (
	"context"
	"slices"
	"testing"

	"lopban/courses/help"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/storetest"
)

// rival is a store on which somebody else answers just before an answer is written.
type rival struct {
	store.Store
	first func()
}

func (r *rival) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if first := r.first; first != nil && k == rights.ReplyKind {
		r.first = nil
		first()
	}
	return r.Store.Insert(ctx, k, docs...)
}

// Of two who answer a request at once one decides, and what was refused is not done.
func TestOfTwoAnswersAtOnceOneDecides(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	p := o.enter("Vàng Thị Mai", "0912345671")
	for what, change := range map[rights.What]rights.Change{rights.Correct: {Name: "Vàng Thị Mây"}, rights.Erase: {}} {
		asked, err := o.Ask(ctx, o.staff, p.ID, rights.Petition{What: what, Change: change})
		o.must(err)
		if what == rights.Erase {
			_, err = o.Roll.Leave(ctx, p.ID, roster.Day(o.clock), o.staff.ID)
			o.must(err)
		}
		between := &rival{Store: st}
		one := newTownOn(o, between)
		between.first = func() {
			_, err := o.Answer(ctx, o.staff, asked.ID, rights.Refused, "Chưa có giấy.")
			o.must(err)
		}
		if what == rights.Erase {
			_, err = one.Erase(ctx, o.staff, p.ID, asked.ID)
		} else {
			_, err = one.Answer(ctx, o.staff, asked.ID, rights.Done, "")
		}
		if code(err) != "petition-ended" {
			t.Errorf("%s: who came second is told %v", what, err)
		}
		for range 2 { // nor does what settles
			if now, err := o.Roll.Person(ctx, p.ID); err != nil || now.Name != p.Name || now.Erased {
				t.Errorf("%s: refused, and yet done: %+v %v", what, now, err)
			}
			o.must(one.Settle(ctx))
		}
	}
}

// What was answered and then cut off is finished by whoever presses again, or by what settles at the next start; the
// trail tells it once.
func TestAnAnswerThatIsCutOff(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	cut := storetest.NewCut(st)
	one := newTownOn(o, cut)
	for n, done := 0, false; !done; n++ {
		p := o.enter("Vàng Thị Mai "+string(rune('A'+n)), "")
		asked, err := o.Ask(ctx, o.staff, p.ID, rights.Petition{What: rights.Correct, Change: rights.Change{Post: "Thủ thư chính"}})
		o.must(err)
		cut.After(n)
		_, err = one.Answer(ctx, o.staff, asked.ID, rights.Done, "")
		if done = !cut.Was(); !done && err == nil {
			t.Fatalf("cut after %d writes, and nobody was told", n)
		}
		cut.Mend()
		if answered, err := one.Asking(ctx, o.staff, asked.ID); err != nil || n%2 == 0 || !answered.Ended() {
			_, err = one.Answer(ctx, o.staff, asked.ID, rights.Done, "")
			o.must(err)
		}
		o.must(one.Settle(ctx))
		if now, err := o.Roll.Person(ctx, p.ID); err != nil || now.Post != "Thủ thư chính" {
			t.Errorf("cut after %d: %+v %v", n, now, err)
		}
		if got := o.trailOf(p.ID); !slices.Equal(got, []string{"rights.ask", "person.correct", "rights.done"}) {
			t.Errorf("cut after %d: the trail has %q", n, got)
		}
		if n > 20 {
			t.Fatal("it never ends")
		}
	}
}

func (o *town) trailOf(id string) (actions []string) {
	o.t.Helper()
	entries, err := store.All[programme.AuditEntry](o.t.Context(), o.st, programme.AuditKind, store.Query{}.By("line"))
	o.must(err)
	for _, e := range entries {
		if e.Subject == id {
			actions = append(actions, e.Action)
		}
	}
	return actions
}

// Who is on no roster has their name corrected too: that of their account.
func TestACorrectionOfWhoIsOnNoRoster(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	admin := roster.Operator()
	a, _, err := o.Accounts.Create(ctx, admin, "", "Bế Thị Nga", []roster.Role{roster.Trainer}, "08")
	o.must(err)
	if _, err := o.Ask(ctx, a, a.ID, rights.Petition{What: rights.Correct, Change: rights.Change{Name: "Bế Thị Nga", Phone: "0912345671", Post: "Thủ thư"}}); code(err) != "petition-empty" {
		t.Errorf("number and post of who has neither: %v", err)
	}
	asked, err := o.Ask(ctx, a, a.ID, rights.Petition{What: rights.Correct, Change: rights.Change{Name: "Bế Thị Ngà"}})
	o.must(err)
	for range 2 {
		_, err = o.Answer(ctx, o.staff, asked.ID, rights.Done, "")
		o.must(err)
	}
	now, err := store.Get[roster.Account](ctx, st, roster.AccountKind, a.ID)
	if err != nil || now.Name != "Bế Thị Ngà" || now.Session != a.Session || now.Province != "08" {
		t.Errorf("%+v %v", now, err)
	}
	charges, err := o.Accounts.Charges(ctx, a.ID)
	if err != nil || len(charges) != 2 || charges[0].Name != "Bế Thị Ngà" || charges[1].Name != "Bế Thị Nga" {
		t.Errorf("its history is %+v, %v", charges, err)
	}
	if got := o.trailOf(a.ID); !slices.Equal(got, []string{"account.change", "rights.done"}) {
		t.Errorf("the trail has %q", got)
	}
}

func untold(help.Contact) error { return nil }

// What staff write down of somebody and change of accounts is in the trail once, cut off after whatever write and
// done again.
func TestTheTrailIsToldAfterAnyCut(t *testing.T) {
	for what, c := range map[string]struct {
		do   func(o *town, p roster.Person, a roster.Account) error
		want string
	}{
		"a consent": {func(o *town, p roster.Person, _ roster.Account) error {
			return o.Say(o.t.Context(), o.staff, p.ID, rights.Contact, true, rights.Paper, "Giấy số 5", o.words())
		}, "rights.consent"},
		"a withdrawal": {func(o *town, p roster.Person, _ roster.Account) error {
			return o.Say(o.t.Context(), o.staff, p.ID, rights.Photos, false, rights.Paper, "Giấy số 6", o.words())
		}, "rights.withdraw"},
		"a request": {func(o *town, p roster.Person, _ roster.Account) error {
			_, err := o.Ask(o.t.Context(), o.staff, p.ID, rights.Petition{What: rights.Access})
			return err
		}, "rights.ask"},
		"an account": {func(o *town, _ roster.Person, a roster.Account) error {
			return o.ChangeAccount(o.t.Context(), roster.Operator(), a.ID, "Bế Thị Ngà", []roster.Role{roster.Staff}, "08")
		}, "account.change"},
	} {
		for n, done := 0, false; !done; n++ {
			st, _ := openSQLite(t)
			o := newTown(t, st)
			p := o.enter("Vàng Thị Mai", "0912345671")
			a, _, err := o.Accounts.Create(t.Context(), roster.Operator(), "", "Bế Thị Nga", []roster.Role{roster.Trainer}, "08")
			o.must(err)
			cut := storetest.NewCut(st)
			one := newTownOn(o, cut)
			cut.After(n)
			err = c.do(one, p, a)
			if done = !cut.Was(); !done && err == nil {
				t.Fatalf("%s, cut after %d writes, and nobody was told", what, n)
			}
			cut.Mend()
			for range 2 {
				o.must(c.do(one, p, a))
			}
			told := 0
			for _, action := range append(o.trailOf(p.ID), o.trailOf(a.ID)...) {
				if action == c.want {
					told++
				}
			}
			if told != 1 {
				t.Errorf("%s, cut after %d writes: the trail tells it %d times", what, n, told)
			}
		}
	}
}

// Whom learners may ask is nobody any more whose data were erased; a namesake in another province stays.
func TestWhoIsErasedIsNoContact(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	ctx := t.Context()
	p := o.enter("Vàng Thị Mai", "0912345671")
	for province, name := range map[string]string{"08": "Chị Vàng Thị Mai", "04": "Vàng Thị Mai"} {
		o.must(o.Help.SaveContact(ctx, help.Contact{ID: province, Name: name, Phone: "0206384561" + province[1:]}, untold))
	}
	o.must(o.Help.SaveContact(ctx, help.Contact{ID: "11", Name: "Bộ phận giúp đỡ", Phone: p.Phone}, untold))
	_, err := o.Roll.Leave(ctx, p.ID, roster.Day(o.clock), o.staff.ID)
	o.must(err)
	_, err = o.Erase(ctx, o.staff, p.ID, "")
	o.must(err)
	left, err := store.All[help.Contact](ctx, st, help.ContactKind, store.Query{})
	if err != nil || len(left) != 1 || left[0].ID != "04" {
		t.Errorf("%+v %v", left, err)
	}
}
