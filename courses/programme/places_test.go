package programme

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/content"
	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/targets"
)

// office is a programme with people of Tuyên Quang in it, and a clock.
type office struct {
	*Programme
	t     testing.TB
	clock time.Time
}

func newOffice(t testing.TB) *office {
	t.Helper()
	st := sqlitetest.Open(t, Kinds()...)
	o := &office{t: t, clock: time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC)}
	var err error
	o.Programme, err = New(t.Context(), Config{Store: st, Content: content.FS, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return o.clock }, BaseURL: "http://x", Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func date(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func (o *office) add(name, library, commune, on string) roster.Person {
	o.t.Helper()
	p, err := o.Roll.Add(o.t.Context(), roster.Entry{Name: name, Library: library, Commune: commune, On: date(on)}, "staff")
	if err == nil {
		err = o.Board.RefreshStanding(o.t.Context(), p.ID)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (o *office) plan(file, on string, homes map[string]string) *PlacePlan {
	o.t.Helper()
	units, err := o.Lexicon.ReadUnits(strings.NewReader("Mã cũ,Tên cũ,Mã mới,Tên mới,Loại\n"+file), "qd.csv")
	if err != nil {
		o.t.Fatal(err)
	}
	p, err := o.PlanPlaces(o.t.Context(), units, "1/NQ-UBTVQH16", date(on), homes)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (o *office) change(p *PlacePlan) {
	o.t.Helper()
	if err := o.ChangePlaces(o.t.Context(), p, "office", nil); err != nil {
		o.t.Fatal(err, p.Faults)
	}
}

// board is the people of each commune that has any, on a day; "" for now.
func (o *office) board(on string) (string, string) {
	o.t.Helper()
	day := time.Time{}
	if on != "" {
		day = date(on)
	}
	f, err := o.Board.Read(o.t.Context(), roster.Present, "08", day)
	if err != nil {
		o.t.Fatal(err)
	}
	var rows []string
	for _, r := range f.Rows {
		if r.Base > 0 {
			rows = append(rows, r.Code+" "+r.Name+" "+string(rune('0'+r.Base)))
		}
	}
	return strings.Join(rows, ", "), f.Checksum
}

// sound says where somebody is by the roster, by what is rebuilt from the facts, and by the board's own check.
func (o *office) sound() {
	o.t.Helper()
	if n, err := o.Roll.Rebuild(o.t.Context(), nil); err != nil || n != 0 {
		o.t.Errorf("%d people were not as the facts say, %v", n, err)
	}
	if r, err := o.Board.Check(o.t.Context(), nil); err != nil || r.Missing+r.Wrong+r.Orphans > 0 {
		o.t.Errorf("standings: %+v, %v", r, err)
	}
}

// xã Ngọc Đường (00700) becomes part of phường Hà Giang 1 (00694), xã Phú Linh (00706) of a new phường Phú Linh
// (99001).
const merger = "00700,xã Ngọc Đường,00694,phường Hà Giang 1,\n00706,,99001,Phú Linh,phường\n"

func TestAMergerCountsPeopleWhereTheyWereAndWhereTheyAre(t *testing.T) {
	o := newOffice(t)
	a, b := o.add("Giàng A Chứ", "Thư viện xã Ngọc Đường", "00700", "2026-01-05"), o.add("Lò Thị Ưng", "Thư viện xã Phú Linh", "00706", "2026-02-05")
	o.add("Hầu Seo Pao", "Thư viện phường", "00694", "2026-01-05")
	_, october := o.board("2026-10-31")
	p := o.plan(merger, "2026-11-15", nil)
	if len(p.Faults) > 0 || len(p.Moves) != 2 || len(p.New) != 1 || len(p.Renamed) != 0 || p.Moves[0].Person.ID != a.ID || p.Moves[0].To.Code != "00694" {
		t.Fatalf("%+v", p)
	}
	if got, _ := o.board(""); got != "00694 phường Hà Giang 1 1, 00700 xã Ngọc Đường 1, 00706 xã Phú Linh 1" {
		t.Errorf("a plan changed the board: %s", got)
	}
	o.change(p)
	o.change(p) // once more changes nothing
	for day, want := range map[string]string{
		"":           "00694 phường Hà Giang 1 2, 99001 phường Phú Linh 1",
		"2026-11-15": "00694 phường Hà Giang 1 2, 99001 phường Phú Linh 1",
		"2026-11-14": "00694 phường Hà Giang 1 1, 00700 xã Ngọc Đường 1, 00706 xã Phú Linh 1",
	} {
		if got, _ := o.board(day); got != want {
			t.Errorf("on %q: %s, want %s", day, got, want)
		}
	}
	if _, sum := o.board("2026-10-31"); sum != october {
		t.Error("the board of October is another one")
	}
	is, err := o.Roll.Person(t.Context(), b.ID)
	if err != nil || is.Commune != "99001" || is.Province != "08" || is.Programme != "02" || !is.Since.Equal(b.Since) {
		t.Errorf("%+v, %v", is, err)
	}
	if found := o.Places.Find(roster.Address{Name: "xã Ngọc Đường"}, "08", roster.Era{}); found.Commune.Code != "00694" || found.Former.Name != "Ngọc Đường" {
		t.Errorf("the old name means %+v", found)
	}
	if found := o.Places.Find(roster.Address{Name: "xã Ngọc Đường", District: "TP Hà Giang"}, "08", roster.Era{}); found.Commune.Code != "00694" {
		t.Errorf("the old name with its district means %+v", found)
	}
	if _, err := o.Roll.Add(t.Context(), roster.Entry{Name: "Lý A", Library: "Thư viện", Commune: "00700", On: date("2026-11-20")}, "staff"); err == nil {
		t.Error("somebody was entered in a commune that is no more")
	}
	o.sound()
}

func TestWhoMovesLeavesOrIsPutRightAfterAMerger(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	a, b, c := o.add("Giàng A Chứ", "Thư viện A", "00700", "2026-01-05"), o.add("Lò Thị Ưng", "Thư viện B", "00700", "2026-01-05"), o.add("Hầu Seo Pao", "Thư viện C", "00700", "2026-01-05")
	o.change(o.plan(merger, "2026-11-15", nil))
	if _, err := o.Roll.Leave(ctx, a.ID, date("2026-11-10"), "staff"); err != nil { // before the day, said after it
		t.Fatal(err)
	}
	// the same post, begun later
	if _, err := o.Roll.Move(ctx, b.ID, roster.Entry{Library: "Thư viện B", Kind: roster.CommuneLibrary, Commune: "00694", On: date("2026-03-01")}, "staff"); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Roll.Move(ctx, c.ID, roster.Entry{Library: "Thư viện D", Kind: roster.CommuneLibrary, Commune: "00715", On: date("2026-11-20")}, "staff"); err != nil {
		t.Fatal(err)
	}
	if err := o.Board.RefreshStanding(ctx, a.ID, b.ID, c.ID); err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]string{
		"":           "00694 phường Hà Giang 1 1, 00715 xã Lũng Cú 1",
		"2026-11-18": "00694 phường Hà Giang 1 2",
		"2026-11-12": "00694 phường Hà Giang 1 1, 00700 xã Ngọc Đường 1",
		"2026-11-05": "00694 phường Hà Giang 1 1, 00700 xã Ngọc Đường 2",
	} {
		if got, _ := o.board(day); got != want {
			t.Errorf("on %q: %s, want %s", day, got, want)
		}
	}
	o.sound()
}

func TestADividedCommuneIsAskedByLibrary(t *testing.T) {
	o := newOffice(t)
	o.add("Giàng A Chứ", "Thư viện xã Ngọc Đường", "00700", "2026-01-05")
	o.add("Lò Thị Ưng", "Tủ sách Bản Cưởm", "00700", "2026-01-05")
	const file = "00700,,00694,,\n00700,,00706,,\n"
	p := o.plan(file, "2026-11-15", nil)
	if p.Open() != 2 || len(p.Divided[0].Choices) != 2 {
		t.Fatalf("%+v", p.Divided)
	}
	var wrong *problem.Problem
	if err := o.ChangePlaces(t.Context(), p, "office", nil); !errors.As(err, &wrong) || wrong.Code != "places.open" {
		t.Errorf("an open question was passed over: %v", err)
	}
	units := &intake.Units{Rows: []roster.ChangeRow{{OldCode: "00700", NewCode: "00694"}, {OldCode: "00700", NewCode: "00706"}}}
	if _, err := o.PlanPlaces(t.Context(), units, "1", date("2026-11-15"), map[string]string{p.Divided[0].Home: "00715"}); !errors.As(err, &wrong) || wrong.Code != "places.home" {
		t.Errorf("a library was put into a commune that has no land of it: %v", err)
	}
	p = o.plan(file, "2026-11-15", map[string]string{p.Divided[0].Home: "00694", p.Divided[1].Home: "00706"})
	o.change(p)
	if got, _ := o.board(""); got != "00694 phường Hà Giang 1 1, 00706 xã Phú Linh 1" {
		t.Error(got)
	}
	if found := o.Places.Find(roster.Address{Name: "xã Ngọc Đường"}, "08", roster.Era{}); !found.Split || len(found.Maybe) != 2 {
		t.Errorf("the old name means %+v", found)
	}
	o.sound()
}

func TestADecisionOfALaterDayWaitsForIt(t *testing.T) {
	o := newOffice(t)
	o.add("Giàng A Chứ", "Thư viện xã Ngọc Đường", "00700", "2026-01-05")
	o.change(o.plan(merger, "2027-01-01", nil))
	if got, _ := o.board(""); got != "00700 xã Ngọc Đường 1" {
		t.Errorf("a month before: %s", got)
	}
	o.clock = time.Date(2026, 12, 31, 17, 5, 0, 0, time.UTC) // five past midnight in Việt Nam
	if err := o.SettlePlaces(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := o.board(""); got != "00694 phường Hà Giang 1 1" {
		t.Errorf("on the day: %s", got)
	}
	o.sound()
}

// A store may stand still over the day of a decision, for however long.
func TestADecisionOfADayOnWhichNothingRanIsSettledLater(t *testing.T) {
	o := newOffice(t)
	o.add("Giàng A Chứ", "Thư viện xã Ngọc Đường", "00700", "2026-01-05")
	o.change(o.plan(merger, "2027-01-01", nil))
	if err := o.Job(t.Context(), Job{Name: "places", Every: 10 * time.Minute, Do: func(ctx context.Context, s *Programme) error { return s.SettlePlaces(ctx) }}); err != nil {
		t.Fatal(err)
	}
	o.clock = time.Date(2027, 3, 1, 2, 0, 0, 0, time.UTC)
	if err := o.SettlePlaces(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _ := o.board(""); got != "00694 phường Hà Giang 1 1" {
		t.Errorf("two months later: %s", got)
	}
	o.sound()
}

func TestAChangeIsUndoneWhileNothingStandsOnIt(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	p := o.add("Giàng A Chứ", "Thư viện xã Ngọc Đường", "00700", "2026-01-05")
	before, sum := o.board("")
	plan := o.plan(merger, "2026-11-15", nil)
	o.change(plan)
	if err := o.UndoPlaces(ctx, plan.Change.ID, "office", nil); err != nil {
		t.Fatal(err)
	}
	if got, is := o.board(""); got != before || is != sum {
		t.Errorf("after undoing: %s, want %s", got, before)
	}
	o.sound()
	if _, _, err := o.PlanUndoPlaces(ctx, plan.Change.ID); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("undone twice: %v", err)
	}
	plan = o.plan(merger, "2026-11-15", nil) // the same file, once more
	o.change(plan)
	o.clock = o.clock.Add(time.Hour)
	newcomer := o.add("Lò Thị Ưng", "Thư viện phường Phú Linh", "99001", "2026-11-20")
	c := courses.Certificate{ID: p.ID + "/c", Person: p.ID, Code: "A", Register: "1", IssuedAt: store.Time(o.clock), ValidUntil: o.clock.AddDate(3, 0, 0)}
	if err := o.Store.Insert(ctx, school.CertificateKind, &c); err != nil {
		t.Fatal(err)
	}
	units := &intake.Units{Key: "2", Rows: []roster.ChangeRow{{OldCode: "99001", NewCode: "00694"}}}
	later, err := o.PlanPlaces(ctx, units, "2/NQ", date("2026-11-25"), nil)
	if err != nil {
		t.Fatal(err)
	}
	o.change(later)
	_, stands, err := o.PlanUndoPlaces(ctx, plan.Change.ID)
	want := []PlaceStands{{"change", "2/NQ"}, {"posting", newcomer.Name}, {"certificate", p.Name}}
	if err != nil || !slices.Equal(stands, want) {
		t.Errorf("%v, %v, want %v", stands, err, want)
	}
	var wrong *problem.Problem
	if err := o.UndoPlaces(ctx, plan.Change.ID, "office", nil); !errors.As(err, &wrong) || wrong.Code != "places.stands" {
		t.Errorf("undone all the same: %v", err)
	}
	if got, _ := o.board(""); got != "00694 phường Hà Giang 1 2" {
		t.Errorf("after two changes: %s", got)
	}
}

func TestAClosedPeriodKnowsNothingOfALaterDecision(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	o.add("Giàng A Chứ", "Thư viện xã Ngọc Đường", "00700", "2026-01-05")
	o.clock = time.Date(2026, 12, 5, 5, 0, 0, 0, time.UTC)
	period, err := o.Board.Close(ctx, "2026-11", "Tháng 11", "office", "Văn phòng")
	if err != nil {
		t.Fatal(err)
	}
	o.clock = o.clock.Add(time.Hour)
	o.change(o.plan(merger, "2026-11-15", nil))
	frozen, err := o.Board.Frozen(ctx, period, roster.Present, "08")
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.Board.ReadScope(ctx, targets.Scope{By: roster.Present, Province: "08", KnownOn: "2026-12-04"}, date("2026-11-30"))
	if err != nil || again.Checksum == "" || len(again.Rows) != len(frozen.Rows) {
		t.Fatalf("%v: %d rows, %d were frozen", err, len(again.Rows), len(frozen.Rows))
	}
	for i, r := range again.Rows {
		if r.Code != frozen.Rows[i].Code || r.Name != frozen.Rows[i].Name {
			t.Errorf("row %d is %s, %s was frozen", i, r.Name, frozen.Rows[i].Name)
		}
	}
}

func TestFilesOfDecisionsThatAreWrong(t *testing.T) {
	o := newOffice(t)
	for file, want := range map[string]string{
		"12345,,00694,,\n":                              "places.old",
		"00700,xã Phú Linh,00694,,\n":                   "places.disagree",
		"00700,,99001,,\n":                              "places.nameless",
		"00700,,99001,Mới,\n":                           "places.nameless",
		"00700,,991,xã Mới Toanh,\n":                    "",
		"00700,,9900123,xã Mới,\n":                      "places.code",
		"00700,,,xã Không Đâu,\n":                       "places.new",
		",xã Không Đâu,00694,,\n":                       "places.old",
		"00700,,00700,,\n":                              "places.nothing",
		"00700,,00694,,\n00700,,00694,,\n":              "places.twice",
		"00700,,99001,xã Mới,\n00706,,99001,xã Khác,\n": "places.differ",
	} {
		p := o.plan(file, "2026-11-15", nil)
		got := ""
		if len(p.Faults) > 0 {
			got = p.Faults[0].Code
		}
		if got != want {
			t.Errorf("%q: %q, want %q; %+v", file, got, want, p.Faults)
		}
		if want == "" {
			continue
		}
		if err := o.ChangePlaces(t.Context(), p, "office", nil); err == nil {
			t.Errorf("%q was written", file)
		}
	}
}

// A renamed commune keeps its people; its name of before is understood, and stands on boards of before.
func TestACommuneIsCalledOtherwise(t *testing.T) {
	o := newOffice(t)
	o.add("Giàng A Chứ", "Thư viện", "00700", "2026-01-05")
	p := o.plan("00700,xã Ngọc Đường,00700,phường Ngọc Hà,\n", "2026-11-15", nil)
	if len(p.Moves) != 0 || len(p.Renamed) != 1 {
		t.Fatalf("%+v", p)
	}
	o.change(p)
	for day, want := range map[string]string{"": "00700 phường Ngọc Hà 1", "2026-11-14": "00700 xã Ngọc Đường 1"} {
		if got, _ := o.board(day); got != want {
			t.Errorf("on %q: %s, want %s", day, got, want)
		}
	}
	if found := o.Places.Find(roster.Address{Name: "xã Ngọc Đường"}, "08", roster.Era{}); found.Commune.Code != "00700" {
		t.Errorf("the old name means %+v", found)
	}
}
