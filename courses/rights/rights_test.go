package rights_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/rights"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
)

func newDesk(t *testing.T) (*rights.Desk, *time.Time) {
	t.Helper()
	st := sqlitetest.Open(t, rights.Kinds()...)
	now := time.Date(2026, 12, 3, 3, 0, 0, 0, time.UTC) // a Thursday
	return &rights.Desk{Store: st, Now: func() time.Time { return now }}, &now
}

// A request is answered in two working days, and done in 10, 15 or 20 days by what it asks. A day begins at midnight in
// Vietnam.
func TestTheClocks(t *testing.T) {
	for _, c := range []struct {
		what                  rights.What
		received, heard, done string
	}{
		{rights.Access, "2026-11-30T03:00:00Z", "2026-12-02", "2026-12-10"},   // Monday
		{rights.Correct, "2026-12-03T03:00:00Z", "2026-12-07", "2026-12-13"},  // Thursday
		{rights.Erase, "2026-12-04T03:00:00Z", "2026-12-08", "2026-12-24"},    // Friday
		{rights.Object, "2026-12-05T03:00:00Z", "2026-12-08", "2026-12-20"},   // Saturday
		{rights.Restrict, "2026-12-06T18:00:00Z", "2026-12-09", "2026-12-22"}, // Monday there already
	} {
		at, err := time.Parse(time.RFC3339, c.received)
		if err != nil {
			t.Fatal(err)
		}
		p := rights.Petition{What: c.what, ReceivedAt: at}
		if h, d := p.HeardBy().Format(time.DateOnly), p.DoneBy().Format(time.DateOnly); h != c.heard || d != c.done {
			t.Errorf("%s of %s: heard by %s and done by %s, want %s and %s", c.what, c.received, h, d, c.heard, c.done)
		}
	}
}

func TestARequest(t *testing.T) {
	d, now := newDesk(t)
	ctx := t.Context()
	a, isNew, err := d.Ask(ctx, rights.Petition{Person: "MAI", Province: "08", What: rights.Erase, By: "MAI"})
	if err != nil || !isNew || a.How() != rights.Open {
		t.Fatalf("%+v %v %v", a, isNew, err)
	}
	if again, isNew, err := d.Ask(ctx, rights.Petition{Person: "MAI", Province: "08", What: rights.Erase, By: "MAI"}); err != nil || isNew || again.ID != a.ID {
		t.Errorf("asked twice: %+v %v %v", again, isNew, err)
	}
	if other, isNew, err := d.Ask(ctx, rights.Petition{Person: "MAI", Province: "08", What: rights.Object, Words: "Đừng gọi.", By: "MAI"}); err != nil || !isNew || other.ID == a.ID {
		t.Errorf("something else: %+v %v %v", other, isNew, err)
	}
	for name, p := range map[string]rights.Petition{
		"of nothing":      {Person: "DUA", What: "fly"},
		"without a word":  {Person: "DUA", What: rights.Object},
		"without changes": {Person: "DUA", What: rights.Correct},
	} {
		if _, _, err := d.Ask(ctx, p); !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Reply(ctx, a.ID, rights.Done, "", "MAI"); !errors.Is(err, problem.ErrDenied) {
		t.Errorf("answered by herself: %v", err)
	}
	if _, err := d.Reply(ctx, a.ID, rights.Refused, " ", "SEN"); !errors.Is(err, problem.ErrInvalid) {
		t.Errorf("refused without a reason: %v", err)
	}
	if a.Late(a.HeardBy()) || !a.Late(a.HeardBy().AddDate(0, 0, 1)) {
		t.Error("late on the wrong day")
	}
	if a, err = d.Reply(ctx, a.ID, rights.Heard, "", "SEN"); err != nil || a.How() != rights.Heard || !a.DueOn().Equal(a.DoneBy()) {
		t.Errorf("heard: %+v %v", a, err)
	}
	if a, err = d.Reply(ctx, a.ID, rights.Refused, "Chị còn giữ vị trí.", "SEN"); err != nil || a.How() != rights.Refused || a.Last().Reason == "" {
		t.Errorf("refused: %+v %v", a, err)
	}
	if _, err := d.Reply(ctx, a.ID, rights.Done, "", "SEN"); !errors.Is(err, problem.ErrExists) {
		t.Errorf("done after it was refused: %v", err)
	}
	if again, err := d.Reply(ctx, a.ID, rights.Refused, "Chị còn giữ vị trí.", "SEN"); err != nil || len(again.Replies) != 2 {
		t.Errorf("refused again: %+v %v", again, err)
	}
	*now = now.Add(time.Hour)
	b, _, err := d.Ask(ctx, rights.Petition{Person: "DUA", Province: "08", What: rights.Access, By: "DUA"})
	if err != nil {
		t.Fatal(err)
	}
	if waiting, err := d.Waiting(ctx); err != nil || len(waiting) != 2 || waiting[0].What != rights.Object || waiting[1].ID != b.ID {
		t.Errorf("waiting: %+v %v", waiting, err)
	}
	for province, n := range map[string]int{"": 1, "08": 1, "04": 0} {
		if ended, err := d.Ended(ctx, province, 10); err != nil || len(ended) != n || n == 1 && ended[0].ID != a.ID {
			t.Errorf("ended in %q: %+v %v", province, ended, err)
		}
	}
}

// The home of staff says how many requests wait: what ended is not read again for it, however much there is.
func TestWhatEndedIsNotReadForWhatWaits(t *testing.T) {
	d, _ := newDesk(t)
	ctx := t.Context()
	read := map[int]string{}
	for n := 1; n <= 100; n++ {
		person := fmt.Sprintf("MAI%03d", n)
		a, _, err := d.Ask(ctx, rights.Petition{Person: person, Province: "08", What: rights.Access, By: person})
		if err != nil {
			t.Fatal(err)
		}
		if n > 1 {
			_, err = d.Reply(ctx, a.ID, rights.Done, "", "SEN")
		}
		if err != nil {
			t.Fatal(err)
		}
		m := &storetest.Meter{Store: d.Store}
		all, err := (&rights.Desk{Store: m, Now: d.Now}).Waiting(ctx)
		if err != nil || len(all) != 1 || all[0].Person != "MAI001" {
			t.Fatalf("%+v %v", all, err)
		}
		read[n] = fmt.Sprint(m.Read())
	}
	if read[1] != read[100] {
		t.Errorf("calls and documents with one request %s, with a hundred %s", read[1], read[100])
	}
}

// Wherever a stop comes, a request that is kept is on the list until it has ended, and not after; and so is one of a
// store that came from a backup, which does not hold what waits.
func TestWhatWaitsIsKnownAfterAStop(t *testing.T) {
	d, _ := newDesk(t)
	ctx := t.Context()
	cut := storetest.NewCut(d.Store)
	one := &rights.Desk{Store: cut, Now: d.Now}
	wait := func(want int) {
		t.Helper()
		if all, err := d.Waiting(ctx); err != nil || len(all) != want {
			t.Errorf("%d wait, want %d: %v", len(all), want, err)
		}
	}
	for n := range 3 {
		person := fmt.Sprint("MAI", n)
		ask := func() (rights.Asking, error) {
			a, _, err := one.Ask(ctx, rights.Petition{Person: person, Province: "08", What: rights.Access, By: person})
			return a, err
		}
		cut.After(n)
		if _, err := ask(); (err == nil) != (n == 2) {
			t.Errorf("cut after %d writes: %v", n, err)
		}
		kept, err := d.Of(ctx, person)
		if err != nil {
			t.Fatal(err)
		}
		wait(len(kept))
		cut.Mend()
		a, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		wait(1)
		if n == 1 { // as after a restore
			if err := d.Store.Delete(ctx, rights.WaitingKind, a.ID); err != nil {
				t.Fatal(err)
			}
			wait(0)
			if err := d.SettleWaiting(ctx); err != nil {
				t.Fatal(err)
			}
			wait(1)
		}
		cut.After(n)
		if _, err := one.Reply(ctx, a.ID, rights.Done, "", "SEN"); (err == nil) != (n == 2) {
			t.Errorf("answered and cut after %d writes: %v", n, err)
		}
		cut.Mend()
		if n == 0 {
			wait(1)
			_, err = d.Reply(ctx, a.ID, rights.Done, "", "SEN")
		} else {
			err = d.SettleWaiting(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		wait(0)
		if left, err := store.All[rights.Waiting](ctx, d.Store, rights.WaitingKind, store.Query{}); err != nil || len(left) != 0 {
			t.Errorf("%v are still said to wait: %v", left, err)
		}
	}
}

// What was said last counts; each is kept with the words that it was said under.
func TestConsent(t *testing.T) {
	d, now := newDesk(t)
	ctx := t.Context()
	yes := rights.Said{Person: "MAI", Purpose: rights.Photos, Given: true, Lang: "vi", Text: "Tôi đồng ý để giữ ảnh.", Way: rights.Box, By: "MAI"}
	if no, err := d.Withdrew(ctx, rights.Photos, "MAI"); err != nil || no {
		t.Errorf("before she spoke: %v %v", no, err)
	}
	for n, c := range []struct{ given, changed bool }{{true, true}, {true, false}, {false, true}, {false, false}, {true, true}} {
		*now = now.Add(time.Minute)
		said := yes
		said.Given = c.given
		got, changed, err := d.Say(ctx, said)
		if err != nil || changed != c.changed || got.Given != c.given || got.Wording != rights.WordingID("vi", yes.Text) {
			t.Errorf("%d: %+v %v %v", n, got, changed, err)
		}
		if no, err := d.Withdrew(ctx, rights.Photos, "MAI", "OLD"); err != nil || no == c.given {
			t.Errorf("%d: withdrew %v %v", n, no, err)
		}
	}
	if all, err := d.Said(ctx, "MAI", rights.Photos); err != nil || len(all) != 3 {
		t.Errorf("%+v %v", all, err)
	}
	anew := yes
	anew.Text = "Tôi đồng ý, theo lời văn mới."
	if got, changed, err := d.Say(ctx, anew); err != nil || !changed || got.Wording == rights.WordingID("vi", yes.Text) {
		t.Errorf("under other words: %+v %v %v", got, changed, err)
	}
	for name, s := range map[string]rights.Said{
		"for nothing":              {Person: "MAI", Purpose: "fame", Way: rights.Box},
		"on paper that is nowhere": {Person: "MAI", Purpose: rights.Photos, Way: rights.Paper},
	} {
		if _, _, err := d.Say(ctx, s); !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A box that is ticked and cleared all day does not fill the store; taking consent back is never refused.
func TestConsentIsNotToggledWithoutEnd(t *testing.T) {
	d, now := newDesk(t)
	ctx := t.Context()
	say := func(given bool) error {
		*now = now.Add(time.Second)
		_, _, err := d.Say(ctx, rights.Said{Person: "MAI", Purpose: rights.Photos, Given: given, Lang: "vi", Text: "Tôi đồng ý.", Way: rights.Box, By: "MAI"})
		return err
	}
	refused := 0
	for range 100 {
		if err := say(true); errors.Is(err, problem.ErrInvalid) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
		if err := say(false); err != nil {
			t.Fatalf("withdrawing: %v", err)
		}
		if no, err := d.Withdrew(ctx, rights.Photos, "MAI"); err != nil || !no {
			t.Fatalf("withdrew: %v %v", no, err)
		}
	}
	if all, err := d.Said(ctx, "MAI", rights.Photos); err != nil || len(all) != 20 || refused != 90 {
		t.Errorf("%d facts and %d refusals, %v", len(all), refused, err)
	}
	*now = now.Add(24 * time.Hour)
	if err := say(true); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// What cannot be seen is not in what somebody asks: with it words read otherwise than they are written.
func TestWordsOfARequestCanBeSeen(t *testing.T) {
	d, _ := newDesk(t)
	a, _, err := d.Ask(t.Context(), rights.Petition{Person: "MAI", What: rights.Object, Words: "Xin \u202eđừng\u202c gọi\u200b tôi.\nCảm ơn.", By: "MAI"})
	if err != nil || a.Words != "Xin đừng gọi tôi.\nCảm ơn." {
		t.Errorf("%q %v", a.Words, err)
	}
	if a, err = d.Reply(t.Context(), a.ID, rights.Refused, "Chưa\u2066 rõ.", "SEN"); err != nil || a.Last().Reason != "Chưa rõ." {
		t.Errorf("%q %v", a.Last().Reason, err)
	}
}
