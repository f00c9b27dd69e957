package intake

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/workbook"
)

// beginning is a store in which somebody else does something once, just before an import writes its first fact: it has
// judged its rows by then. It counts how often it is asked about transfers.
type beginning struct {
	store.Store
	do    func()
	asked int
}

func (b *beginning) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if do := b.do; k == roster.IntakeKind && do != nil {
		b.do = nil
		do()
		b.asked = 0
	}
	return b.Store.Insert(ctx, k, docs...)
}

func (b *beginning) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	if k == roster.HandoverKind {
		b.asked++
	}
	return b.Store.Find(ctx, k, q, each)
}

// handed says that a person goes to Cao Bằng from 2 March.
func handed(t *testing.T, r *roster.Roll, p roster.Person) roster.Transfer {
	t.Helper()
	offered, err := r.Offer(t.Context(), p.ID, "04", day("2026-03-02"), "staff of 08")
	if err != nil {
		t.Fatal(err)
	}
	return offered
}

func takes(t *testing.T, r *roster.Roll, offered roster.Transfer) {
	t.Helper()
	post := roster.Entry{Library: "Thư viện phường", Commune: "01273", Kind: roster.CommuneLibrary, On: day("2026-03-04")}
	if _, err := r.Accept(t.Context(), offered.ID, post, "staff of 04"); err != nil {
		t.Fatal(err)
	}
}

// agrees is takes that stops before anything is written but the agreement.
func agrees(t *testing.T, r *roster.Roll, offered roster.Transfer) {
	t.Helper()
	post := roster.Entry{Library: "Thư viện phường", Commune: "01273", Kind: roster.CommuneLibrary, On: day("2026-03-04")}
	h := roster.Handover{ID: offered.ID + "/ends", Transfer: offered.ID, Event: roster.Accepts, Person: offered.Person, From: "08", To: "04", Post: post, By: "staff of 04", RecordedAt: noon.Add(time.Second)}
	if err := r.Store.Insert(t.Context(), roster.HandoverKind, &h); err != nil {
		t.Fatal(err)
	}
}

// Another province takes somebody while an import of the old one changes them: whoever comes second changes nothing,
// and the row says so.
func TestWhoIsTakenMeanwhileIsNotChangedByAnImport(t *testing.T) {
	const titles = "Mã,Họ và tên,SĐT,Chức vụ,Đơn vị,Mã xã,Ngày bắt đầu,Ngày nghỉ\n"
	for what, row := range map[string]string{
		"moved":     ",,,Tủ sách,00691,08/03/2026,",
		"left":      ",,,,,,09/03/2026",
		"corrected": ",0912000777,Thủ thư,,,,",
	} {
		for when, during := range map[string]func(*testing.T, *roster.Roll, roster.Transfer){"taken": takes, "and stopped before the postings": agrees} {
			t.Run(what+" "+when, func(t *testing.T) {
				r := newRoll(t)
				p, other := add(t, r, "Vừ Thị Ca", "0912000001", "00700"), add(t, r, "Lò Thị Mai", "0912000002", "00700")
				offered := roster.Transfer{}
				b := &beginning{Store: r.Store}
				late := *r
				late.Store = b
				im := preview(t, &late, titles+p.ID+",Vừ Thị Ca"+row+"\n"+other.ID+",Lò Thị Mai,,Thủ thư,,,,\n")
				if im.Rows[0].Verdict != Changed {
					t.Fatalf("previewed %+v", im.Rows[0])
				}
				b.do = func() {
					offered = handed(t, r, p)
					during(t, r, offered)
				}
				result := apply(t, &late, im)
				if want := (Result{Changed: 1, Conflicts: []int{0}, Written: []int{1}}); !reflect.DeepEqual(result, want) {
					t.Errorf("applied %+v, want %+v", result, want)
				}
				if b.asked > 2 {
					t.Errorf("asked about transfers %d times for two people", b.asked)
				}
				if said := im.Rows[0].Problems; len(said) != 1 || said[0].Code != "transfer.gone" || !slices.Equal(said[0].Args, []string{"Vừ Thị Ca"}) {
					t.Errorf("the row says %+v", said)
				}
				got, err := r.Person(t.Context(), p.ID)
				if err != nil || got.Province != "04" || got.Phone != "0912000001" || !got.Since.Equal(day("2026-03-04")) || !got.Active {
					t.Errorf("is %+v, %v", got, err)
				}
				if mai, _ := r.Person(t.Context(), other.ID); mai.Post != "Thủ thư" {
					t.Errorf("the other row was not written: %+v", mai)
				}
			})
		}
	}
}

// Who is handed over keeps the post that the other province relies on: the preview says so, and an import that was
// previewed before leaves them as they are. What they are called may be corrected, and what was before the day.
func TestThePostOfWhoIsHandedOverIsNotChangedByAnImport(t *testing.T) {
	const titles = "Mã,Họ và tên,SĐT,Chức vụ,Đơn vị,Mã xã,Ngày bắt đầu,Ngày nghỉ\n"
	for what, c := range map[string]struct {
		row     string
		verdict Verdict
	}{
		"moved":        {",,,Tủ sách,00691,08/03/2026,", Faulty},
		"left":         {",,,,,,09/03/2026", Faulty},
		"moved before": {",,,Tủ sách,00691,01/03/2026,", Changed},
		"corrected":    {",0912000777,,,,,", Changed},
	} {
		t.Run(what, func(t *testing.T) {
			r := newRoll(t)
			p := add(t, r, "Vừ Thị Ca", "0912000001", "00700")
			file := titles + p.ID + ",Vừ Thị Ca" + c.row + "\n"
			early := preview(t, r, file)
			handed(t, r, p)
			im := preview(t, r, file)
			row := im.Rows[0]
			if row.Verdict != c.verdict {
				t.Errorf("verdict %s: %+v", row.Verdict, row.Problems)
			}
			if c.verdict != Faulty {
				return
			}
			if len(row.Problems) != 1 || row.Problems[0].Code != "transfer.offered" || !slices.Equal(row.Problems[0].Args, []string{"Vừ Thị Ca", "02/03/2026"}) {
				t.Errorf("the row says %+v", row.Problems)
			}
			if result := apply(t, r, early); !slices.Equal(result.Conflicts, []int{0}) || early.Rows[0].Problems[0].Code != "transfer.offered" {
				t.Errorf("applied %+v, says %+v", result, early.Rows[0].Problems)
			}
			if now, _ := r.Person(t.Context(), p.ID); now != p {
				t.Errorf("is %+v, was %+v", now, p)
			}
		})
	}
}

// Of people who were said to have left, only those count who did: not one who was handed over or taken meanwhile, and
// not one who moved. Doing it again counts the same.
func TestOnlyThoseWhoLeftAreCounted(t *testing.T) {
	r := newRoll(t)
	var people []roster.Person
	for i, name := range []string{"Vừ Thị Ca", "Lò Thị Mai", "Giàng A Páo", "Hầu Seo Dìn"} {
		people = append(people, add(t, r, name, fmt.Sprintf("091200000%d", i), "00700"))
	}
	add(t, r, "Sùng Thị Dở", "0912000009", "00700")
	b := &beginning{Store: r.Store}
	late := *r
	late.Store = b
	book, err := lexicon().Read(strings.NewReader("Họ và tên,SĐT,Đơn vị,Mã xã\nSùng Thị Dở,0912000009,Thư viện xã,00700\n"), "a.csv", workbook.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	chosen := Choices{Left: map[string]time.Time{}}
	for _, p := range people {
		chosen.Left[p.ID] = day("2026-03-09")
	}
	im, err := lexicon().Preview(t.Context(), &late, "08", book, chosen, workbook.DefaultLimits)
	if err != nil || len(im.Left) != 4 {
		t.Fatalf("%d are said to have left: %v", len(im.Left), err)
	}
	b.do = func() {
		takes(t, r, handed(t, r, people[0]))
		handed(t, r, people[1])
		if _, err := r.Move(t.Context(), people[2].ID, roster.Entry{Library: "Tủ sách", Commune: "00691", On: day("2026-03-10")}, "staff"); err != nil {
			t.Error(err)
		}
	}
	result := apply(t, &late, im)
	if result.Left != 1 || !slices.Equal(result.Gone, []string{people[3].ID}) || len(result.Stay) != 3 {
		t.Errorf("applied %+v", result)
	}
	if b.asked > 1 {
		t.Errorf("asked about transfers %d times", b.asked)
	}
	for i, want := range []string{"04", "08", "08", ""} {
		p, _ := r.Person(t.Context(), people[i].ID)
		if got := p.Province; p.Active != (want != "") || p.Active && got != want {
			t.Errorf("%s: active %v in %s, want %q", p.Name, p.Active, got, want)
		}
	}
	if again := apply(t, r, im); again.Left != 1 || len(again.Stay) != 3 {
		t.Errorf("done again %+v", again)
	}
}

// A few people of a name elsewhere in the province are none of them asked about, but it is said; of a common name
// nothing is.
func TestAFewNamesakesAreSaid(t *testing.T) {
	r := newRoll(t)
	communes := r.Places.Communes(roster.Present, "08")
	said := func() []string {
		row := preview(t, r, "Họ và tên,Thư viện,Mã xã\nVàng Thị Dí,Thư viện xã,00700\n").Rows[0]
		for _, w := range row.Warnings {
			if w.Code == "name.others" && row.Verdict == New {
				return w.Args
			}
		}
		return nil
	}
	for n, want := range [][]string{nil, nil, {"2"}, {"3"}, {"4"}, {"5"}, nil} { // one alone is asked about
		if got := said(); !slices.Equal(got, want) {
			t.Errorf("with %d in other communes: %q", n, got)
		}
		add(t, r, "Vàng Thị Dí", fmt.Sprintf("091234500%d", n), communes[10+n].Code)
	}
}
