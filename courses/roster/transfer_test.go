package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

const tuyenQuang, caoBang = "08", "04"

// there is a commune of the province to which people come.
const there = "01273" // phường Thục Phán, Cao Bằng

func code(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return fmt.Sprint(err)
}

func library(on string) Entry {
	return Entry{Post: "Thủ thư", Library: "Thư viện phường", Kind: CommuneLibrary, Commune: there, On: day(on)}
}

// at tells the province where somebody works at the end of each day, by the facts alone.
func at(t *testing.T, r *Roll, person string, days ...string) []string {
	t.Helper()
	postings, err := r.Postings(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range days {
		held, active := places().Held(postings, day(d), time.Time{})
		if !active {
			held.Province = ""
		}
		all = append(all, held.Province)
	}
	return all
}

func TestATransferMovesNobodyBeforeBothAgree(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
	asked, err := r.Ask(t.Context(), p.ID, caoBang, library("2026-03-01"), "staff of 04")
	if err != nil || !asked.Open() || asked.Turn() != tuyenQuang || asked.Wanted().Library != "Thư viện phường" {
		t.Fatalf("asked: %+v, %v", asked, err)
	}
	if again, err := r.Ask(t.Context(), p.ID, caoBang, library("2026-03-01"), "staff of 04"); err != nil || len(again.Steps) != 1 || again.ID != asked.ID {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	if _, err := r.Ask(t.Context(), p.ID, "12", Entry{}, "staff of 12"); code(err) != "transfer.open" {
		t.Errorf("a third province asks: %v", err)
	}
	if _, err := r.Accept(t.Context(), asked.ID, library("2026-03-01"), "staff of 04"); code(err) != "transfer.not-offered" {
		t.Errorf("taken before it was handed over: %v", err)
	}
	offered, err := r.Offer(t.Context(), p.ID, caoBang, day("2026-03-01"), "staff of 08")
	if err != nil || offered.ID != asked.ID || offered.Turn() != caoBang || !offered.HandedOver().Equal(day("2026-03-01")) {
		t.Fatalf("offered: %+v, %v", offered, err)
	}
	if now, _ := r.Person(t.Context(), p.ID); now.Province != tuyenQuang || !now.Active {
		t.Errorf("moved before it was accepted: %+v", now)
	}

	for _, bad := range []struct {
		post Entry
		want string
	}{{library("2026-02-28"), "transfer.early"}, {library("2026-03-12"), "date.future"}, {Entry{Library: "Thư viện", Commune: "00691", On: day("2026-03-04")}, "commune.elsewhere"},
		{Entry{Commune: there, On: day("2026-03-04")}, "library.empty"}} {
		if _, err := r.Accept(t.Context(), asked.ID, bad.post, "staff of 04"); code(err) != bad.want {
			t.Errorf("%+v: %v, want %s", bad.post, err, bad.want)
		}
	}
	for n := range 2 { // twice says nothing new
		moved, err := r.Accept(t.Context(), asked.ID, library("2026-03-04"), "staff of 04")
		if err != nil || moved.Province != caoBang || moved.Commune != there || !moved.Active || !moved.Since.Equal(day("2026-03-04")) || moved.Post != "Thủ thư" || moved.Name != p.Name {
			t.Fatalf("try %d: accepted %+v, %v", n, moved, err)
		}
	}
	other := library("2026-03-04")
	other.Library = "Thư viện khác"
	if _, err := r.Accept(t.Context(), asked.ID, other, "staff of 04"); code(err) != "transfer.taken" {
		t.Errorf("accepted for another library: %v", err)
	}
	got := at(t, r, p.ID, "2026-01-04", "2026-01-05", "2026-02-28", "2026-03-01", "2026-03-03", "2026-03-04", "2026-03-10")
	if want := []string{"", "08", "08", "", "", "04", "04"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("worked in %q, want %q", got, want)
	}
	if postings, _ := r.Postings(t.Context(), p.ID); len(postings) != 3 {
		t.Errorf("%d postings", len(postings))
	}
	for _, province := range []string{tuyenQuang, caoBang} {
		if all, err := r.Transfers(t.Context(), province); err != nil || len(all) != 1 || all[0].Open() || all[0].Turn() != "" {
			t.Errorf("%s has %+v, %v", province, all, err)
		}
	}
	if _, err := r.Withdraw(t.Context(), asked.ID, "staff of 08"); code(err) != "transfer.ended" {
		t.Errorf("withdrawn after it was accepted: %v", err)
	}

	back, err := r.Offer(t.Context(), p.ID, tuyenQuang, day("2026-03-10"), "staff of 04") // and back again, on the day
	if err != nil || back.ID == asked.ID {
		t.Fatalf("back: %+v, %v", back, err)
	}
	home := Entry{Library: "Thư viện xã", Commune: "00700", On: day("2026-03-10")}
	if p, err = r.Accept(t.Context(), back.ID, home, "staff of 08"); err != nil || p.Province != tuyenQuang || !p.Active {
		t.Errorf("back: %+v, %v", p, err)
	}
}

func TestATransferIsDeclinedWithAReasonOrWithdrawn(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
	asked, err := r.Ask(t.Context(), p.ID, caoBang, Entry{}, "staff of 04")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Decline(t.Context(), asked.ID, "  ", "staff of 08"); code(err) != "reason-missing" {
		t.Errorf("declined without a reason: %v", err)
	}
	for range 2 {
		no, err := r.Decline(t.Context(), asked.ID, "Vẫn làm ở xã cũ", "staff of 08")
		if err != nil || no.Open() || no.Last().Reason != "Vẫn làm ở xã cũ" {
			t.Fatalf("declined: %+v, %v", no, err)
		}
	}
	offered, err := r.Offer(t.Context(), p.ID, caoBang, day("2026-03-01"), "staff of 08")
	if err != nil || offered.ID == asked.ID {
		t.Fatalf("offered after that: %+v, %v", offered, err)
	}
	if _, err := r.Offer(t.Context(), p.ID, caoBang, day("2026-03-02"), "staff of 08"); code(err) != "transfer.open" {
		t.Errorf("offered for another day: %v", err)
	}
	if gone, err := r.Withdraw(t.Context(), offered.ID, "staff of 08"); err != nil || gone.Open() {
		t.Errorf("withdrawn: %+v, %v", gone, err)
	}
	if _, err := r.Accept(t.Context(), offered.ID, library("2026-03-04"), "staff of 04"); code(err) != "transfer.ended" {
		t.Errorf("taken after that: %v", err)
	}
	if now, _ := r.Person(t.Context(), p.ID); now.Province != tuyenQuang || !now.Active || len(at(t, r, p.ID, "2026-03-10")) != 1 {
		t.Errorf("nothing has changed, and the person is %+v", now)
	}
}

func TestWhoCannotBeTransferred(t *testing.T) {
	r := passing(t)
	p, left := add(t, r, "Vừ Thị Ca", "0912000001", "00700"), add(t, r, "Lò Thị Ơn", "0912000002", "00700")
	if _, err := r.Leave(t.Context(), left.ID, day("2026-02-01"), "staff"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct {
		who, to, on, want string
	}{{p.ID, tuyenQuang, "2026-03-01", "transfer.here"}, {p.ID, "99", "2026-03-01", "province.unknown"}, {p.ID, caoBang, "2026-03-12", "date.future"},
		{p.ID, caoBang, "2026-01-04", "date.before-start"}, {left.ID, caoBang, "2026-03-01", "post.none"}} {
		if _, err := r.Offer(t.Context(), bad.who, bad.to, day(bad.on), "staff"); code(err) != bad.want {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	offered, err := r.Offer(t.Context(), p.ID, caoBang, day("2026-03-01"), "staff of 08")
	if err != nil {
		t.Fatal(err)
	}
	post := Entry{Library: "Tủ sách", Commune: "00691", On: day("2026-03-05")}
	c, _ := r.Places.Commune(post.Commune)
	// as an import does
	if _, err = r.record(t.Context(), p, r.NewPosting(p.ID, Starts, post, c, "staff of 08")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Accept(t.Context(), offered.ID, library("2026-03-06"), "staff of 04"); code(err) != "transfer.changed" {
		t.Errorf("taken from a post that they have left: %v", err)
	}
}

// A stop between the last word and the postings leaves a transfer that is accepted and not done; it is gone on with.
func TestAnAcceptedTransferIsFinished(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
	since := r.Now()
	offered, err := r.Offer(t.Context(), p.ID, caoBang, day("2026-03-01"), "staff of 08")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.end(t.Context(), offered.ID, Handover{Event: Accepts, Post: library("2026-03-01"), By: "staff of 04"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n, ctx := 0, t.Context()
		err = r.Unfinished(t.Context(), since, func(t Transfer) error { n++; _, err := r.Finish(ctx, t); return err })
		if now, _ := r.Person(t.Context(), p.ID); err != nil || n != 1 || now.Province != caoBang || !now.Since.Equal(day("2026-03-01")) {
			t.Errorf("finished %d: %+v, %v", n, now, err)
		}
	}
	if err = r.Unfinished(t.Context(), r.Now().Add(time.Hour), func(Transfer) error { return errors.New("looked at") }); err != nil {
		t.Error(err)
	}
}

// meanwhile is a store in which somebody else does something once, just before a document of a kind is kept.
type meanwhile struct {
	store.Store
	kind *store.Kind
	do   func()
}

func (m *meanwhile) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if do := m.do; k == m.kind && do != nil {
		m.do = nil
		do()
	}
	return m.Store.Insert(ctx, k, docs...)
}

// beside is a roll of the same people whose next document of a kind is kept only after somebody else did something.
func beside(r *Roll, k *store.Kind, do func()) *Roll {
	other := *r
	other.Store = &meanwhile{r.Store, k, do}
	return &other
}

// Two provinces begin a transfer of one person at once, to different ones: one of them is told that it has to wait.
func TestATransferHasOneBeginning(t *testing.T) {
	for name, c := range map[string]struct {
		first, second func(*Roll, string) (Transfer, error)
		to            string
		events        []HandoverEvent
	}{
		"asked, then handed to another":  {asks(caoBang), offers("12"), caoBang, []HandoverEvent{Asks}},
		"handed over, then another asks": {offers("12"), asks(caoBang), "12", []HandoverEvent{Offers}},
		"asked, then handed to them":     {asks(caoBang), offers(caoBang), "", []HandoverEvent{Asks, Offers}},
		"handed over to who then asks":   {offers(caoBang), asks(caoBang), "", []HandoverEvent{Offers}},
		"asked twice":                    {asks(caoBang), asks(caoBang), "", []HandoverEvent{Asks}},
		"two ask":                        {asks(caoBang), asks("12"), caoBang, []HandoverEvent{Asks}},
	} {
		t.Run(name, func(t *testing.T) {
			r := passing(t)
			p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
			var first error
			late := beside(r, HandoverKind, func() { _, first = c.first(r, p.ID) })
			_, err := c.second(late, p.ID)
			if first != nil || c.to == "" && err != nil || c.to != "" && code(err) != "transfer.open" {
				t.Errorf("the first %v, the second %v", first, err)
			}
			all, err := r.TransfersOf(t.Context(), p.ID)
			if err != nil || len(all) != 1 || !all[0].Open() || c.to != "" && all[0].To != c.to {
				t.Fatalf("transfers %+v, %v", all, err)
			}
			var events []HandoverEvent
			for _, h := range all[0].Steps {
				events = append(events, h.Event)
			}
			if !slices.Equal(events, c.events) {
				t.Errorf("it has %v", events)
			}
		})
	}
}

// What another began and ended meanwhile is no request of one's own: it is said, and asked again.
func TestARequestBesideOneThatEndedIsSaid(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
	late := beside(r, HandoverKind, func() {
		first, err := asks("12")(r, p.ID)
		if err == nil {
			_, err = r.Withdraw(t.Context(), first.ID, "staff of 12")
		}
		if err != nil {
			t.Error(err)
		}
	})
	if got, err := asks(caoBang)(late, p.ID); code(err) != "transfer.open" {
		t.Errorf("asked %+v, %v", got, err)
	}
	if got, err := asks(caoBang)(r, p.ID); err != nil || got.To != caoBang || !got.Open() {
		t.Errorf("asked again %+v, %v", got, err)
	}
}

func asks(to string) func(*Roll, string) (Transfer, error) {
	return func(r *Roll, person string) (Transfer, error) {
		return r.Ask(context.Background(), person, to, Entry{Name: "Vừ Thị Ca"}, "staff of "+to)
	}
}

func offers(to string) func(*Roll, string) (Transfer, error) {
	return func(r *Roll, person string) (Transfer, error) {
		return r.Offer(context.Background(), person, to, day("2026-03-01"), "staff of 08")
	}
}

// Before transfers had one beginning, a step of other provinces could come into one: it counts for nothing and is
// named.
func TestAStepOfOtherProvincesIsNoPartOfATransfer(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
	for _, h := range []Handover{{ID: p.ID + "/1/asks", Event: Asks, To: caoBang}, {ID: p.ID + "/1/offers", Event: Offers, To: "12", On: day("2026-03-01")}} {
		h.Transfer, h.Person, h.From, h.RecordedAt = p.ID+"/1", p.ID, tuyenQuang, store.Time(r.Now())
		if err := r.Store.Insert(t.Context(), HandoverKind, &h); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.SettleTransfers(t.Context(), time.Time{}, true, nil); err != nil {
		t.Fatal(err)
	}
	for province, want := range map[string]int{tuyenQuang: 1, caoBang: 1, "12": 0} {
		all, err := r.Transfers(t.Context(), province)
		if err != nil || len(all) != want || want == 1 && (len(all[0].Steps) != 1 || all[0].To != caoBang || all[0].Turn() != tuyenQuang) {
			t.Errorf("%s reads %+v, %v", province, all, err)
		}
	}
	if _, err := r.Accept(t.Context(), p.ID+"/1", library("2026-03-01"), "staff of 04"); code(err) != "transfer.not-offered" {
		t.Errorf("who was handed to another is taken: %v", err)
	}
	var named []string
	n, err := r.CheckTransfers(t.Context(), func(id string) { named = append(named, id) })
	if err != nil || n != 2 || !slices.Equal(named, []string{p.ID + "/1/offers"}) {
		t.Errorf("of %d steps %v are named, %v", n, named, err)
	}
	// of a release before, which took them, and stopped before the postings
	taken := add(t, r, "Lò Thị Ơn", "0912000002", "00700")
	old := Handover{Transfer: taken.ID + "/1", From: tuyenQuang, To: caoBang, Event: Asks}
	for step, event := range map[string]HandoverEvent{"asks": Asks, ends: Accepts} {
		old.Event, old.Post = event, library("2026-03-04")
		if _, err := r.say(t.Context(), taken, old, step); err != nil {
			t.Fatal(err)
		}
	}
	first := func(h Transfer, err error) Transfer { return h }
	if _, err := r.Finish(t.Context(), first(r.Transfer(t.Context(), taken.ID+"/1"))); err != nil {
		t.Fatal(err)
	}
	if got := at(t, r, taken.ID, "2026-03-03", "2026-03-04"); !slices.Equal(got, []string{"08", "04"}) {
		t.Errorf("who was never handed over worked in %q", got)
	}
	postings, err := r.Postings(t.Context(), taken.ID)
	if err != nil || slices.ContainsFunc(postings, func(f Posting) bool { return f.On.IsZero() }) {
		t.Errorf("postings %+v, %v", postings, err)
	}
	if _, err := r.Decline(t.Context(), p.ID+"/1", "Nhầm.", "staff of 08"); err != nil {
		t.Fatal(err)
	}
	if next, err := offers("12")(r, p.ID); err != nil || next.ID != p.ID+"/2" {
		t.Errorf("begun anew: %+v, %v", next, err)
	}
}

// Who is handed over keeps the post that the other province relies on; what is said of an earlier day changes nothing.
func TestThePostOfWhoIsHandedOverDoesNotChange(t *testing.T) {
	r := passing(t)
	p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
	offered, err := offers(caoBang)(r, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	post := Entry{Library: "Tủ sách", Commune: "00691", On: day("2026-03-05")}
	if _, err := r.MoveIn(t.Context(), tuyenQuang, p.ID, post, "staff of 08"); code(err) != "transfer.offered" {
		t.Errorf("moved: %v", err)
	}
	if _, err := r.LeaveIn(t.Context(), tuyenQuang, p.ID, day("2026-03-05"), "staff of 08"); code(err) != "transfer.offered" {
		t.Errorf("left: %v", err)
	}
	post.On = day("2026-02-01")
	if _, err := r.MoveIn(t.Context(), tuyenQuang, p.ID, post, "staff of 08"); err != nil {
		t.Errorf("moved before: %v", err)
	}
	if _, err := r.Withdraw(t.Context(), offered.ID, "staff of 08"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.LeaveIn(t.Context(), tuyenQuang, p.ID, day("2026-03-05"), "staff of 08"); err != nil {
		t.Errorf("left after it was taken back: %v", err)
	}
}

// looking is a store in which somebody else does something once, just after a document of a kind was read.
type looking struct {
	store.Store
	kind *store.Kind
	do   func()
}

func (l *looking) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	err := l.Store.Get(ctx, k, id, doc)
	if do := l.do; k == l.kind && do != nil {
		l.do = nil
		do()
	}
	return err
}

// The other province takes somebody while the old one changes their post: whoever comes second changes nothing.
func TestWhoIsTakenIsNotChangedByTheOldProvince(t *testing.T) {
	for name, change := range map[string]func(*Roll, string) error{
		"moved": func(r *Roll, person string) error {
			_, err := r.MoveIn(context.Background(), tuyenQuang, person, Entry{Library: "Tủ sách", Commune: "00691", On: day("2026-03-08")}, "staff of 08")
			return err
		},
		"left": func(r *Roll, person string) error {
			_, err := r.LeaveIn(context.Background(), tuyenQuang, person, day("2026-03-08"), "staff of 08")
			return err
		},
	} {
		for _, when := range []string{"before the person is read", "after", "and stopped before the postings"} {
			t.Run(name+" "+when, func(t *testing.T) {
				r := passing(t)
				p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
				offered, err := offers(caoBang)(r, p.ID)
				if err != nil {
					t.Fatal(err)
				}
				take := func() {
					if _, err := r.Accept(t.Context(), offered.ID, library("2026-03-04"), "staff of 04"); err != nil {
						t.Error(err)
					}
				}
				late := *r
				switch when {
				case "after":
					late.Store = &looking{r.Store, PersonKind, take}
				case "and stopped before the postings":
					h := Handover{Transfer: offered.ID, Event: Accepts, From: tuyenQuang, To: caoBang, Post: library("2026-03-04"), By: "staff of 04"}
					if _, err := r.say(t.Context(), p, h, ends); err != nil {
						t.Fatal(err)
					}
				default:
					take()
				}
				if err := change(&late, p.ID); code(err) != "transfer.gone" {
					t.Errorf("the old province is told %v", err)
				}
				got := at(t, r, p.ID, "2026-03-03", "2026-03-04", "2026-03-10")
				if want := []string{"", "04", "04"}; !slices.Equal(got, want) {
					t.Errorf("worked in %q", got)
				}
			})
		}
	}
}
