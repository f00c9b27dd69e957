package server

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
)

// decided is what a decision makes of communes from 15/11/2026 on: xã Ngọc Đường (00700) becomes part of phường Hà
// Giang 1 (00694).
func (s *visited) decided() *programme.PlacePlan {
	s.t.Helper()
	rows := []roster.ChangeRow{{Number: 2, OldCode: "00700", NewCode: "00694"}}
	on := time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)
	plan, err := s.PlanPlaces(s.t.Context(), &intake.Units{File: "qd.csv", Rows: rows}, "1/NQ-UBTVQH16", on, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return plan
}

// A commune that is no more keeps its name wherever somebody has worked in it.
func TestACommuneThatIsNoMoreKeepsItsName(t *testing.T) {
	s := newSite(t)
	ctx := t.Context()
	moved, stays := s.person("Giàng A Chứ", "00700"), s.person("Lò Thị Ưng", "00700")
	staff := s.as(s.account("", "Cán Bộ", "08", roster.Staff))
	to := roster.Entry{Library: "Thư viện D", Kind: roster.CommuneLibrary, Commune: "00715", On: roster.Day(begun).AddDate(0, -2, 0)}
	if _, err := s.Roll.Move(ctx, moved.ID, to, "staff"); err != nil {
		t.Fatal(err)
	}
	plan := s.decided()
	plan.Change.By, plan.Change.RecordedAt = "office", begun
	if err := s.Store.Insert(ctx, roster.PlaceChangeKind, &plan.Change); err != nil {
		t.Fatal(err)
	}
	if err := s.LearnPlaces(ctx); err != nil { // and nobody is brought in line yet
		t.Fatal(err)
	}
	for path, c := range map[string]*client{"/roster/" + moved.ID: staff, "/me": s.as(stays), "/api/v1/me": s.as(stays)} {
		if body := c.get(path).want(200).Body; !strings.Contains(body, "xã Ngọc Đường") {
			t.Errorf("%s does not name the commune", path)
		}
	}
	form := url.Values{"province": {"08"}, "token": {"a token of the form"}, "name": {"Lý A Páo"}, "library": {"Thư viện"}, "kind": {roster.CommuneLibrary}, "commune": {"00700"}, "on": {"2026-11-20"}}
	if got := staff.post("/roster", form).want(422).text(); strings.Contains(got, "Đã thêm") {
		t.Errorf("somebody was entered in it: %s", got)
	}
}

// The trail can be narrowed to changes of places.
func TestTheTrailIsNarrowedToPlaces(t *testing.T) {
	s := newSite(t)
	if err := s.ChangePlaces(t.Context(), s.decided(), "office", nil); err != nil {
		t.Fatal(err)
	}
	trail := s.as(s.account("", "Văn Phòng", "", roster.Office)).get("/admin/audit?about=places").want(200)
	if rows := trail.find("tbody tr"); len(rows) != 1 || !strings.Contains(trail.text(), "1/NQ-UBTVQH16") {
		t.Errorf("%d entries: %s", len(rows), trail.text())
	}
	if value := trail.attr(`select[name=about] option[selected]`, "value"); value != "places" {
		t.Errorf("narrowed to %q", value)
	}
}

// reform is an office with people of two communes, who looks at decisions and records them.
type reform struct {
	*visited
	office, staff *client
	chu, ung      roster.Account
}

func newReform(t *testing.T) reform {
	t.Helper()
	s := newSite(t)
	return reform{s, s.as(s.account("", "Văn Phòng", "", roster.Office)), s.as(s.account("", "Cán Bộ", "08", roster.Staff)), s.person("Giàng A Chứ", "00700"), s.person("Lò Thị Ưng", "00700")}
}

// sends uploads the file of a decision.
func (r reform) sends(decision, on, rows string) *reply {
	r.t.Helper()
	fields := url.Values{"decision": {decision}, "on": {on}}
	return r.office.sends("/places", fields, sentFile{"file", "quyet-dinh.csv", []byte("Mã cũ,Tên cũ,Mã mới,Tên mới,Loại\n" + rows)})
}

// records does what a preview offers, waits until everybody has moved, and gives the page of the decision.
func (r reform) records(draft *reply, address string) (path string, decision *reply) {
	r.t.Helper()
	path = r.office.post(address, url.Values{"do": {"record"}, "seen": {draft.attr("input[name=seen]", "value")}}).leads()
	path, _, _ = strings.Cut(path, "?")
	r.Background.Running.Wait()
	return path, r.office.get(path).want(200)
}

const joined = "00700,xã Ngọc Đường,00694,phường Hà Giang 1,\n"

// The file of a decision is looked at, recorded and undone; the board counts people where they are.
func TestTheOfficeRecordsADecisionAndUndoesIt(t *testing.T) {
	r := newReform(t)
	address := r.sends("1/NQ-UBTVQH16", "2026-11-15", joined).leads()
	draft := r.office.get(address).want(200)
	if got := draft.counts(); got != "1 2 0 0" {
		t.Errorf("the preview counts %s", got)
	}
	for _, said := range []string{"Giàng A Chứ", "Lò Thị Ưng", "xã Ngọc Đường", "phường Hà Giang 1", "15/11/2026"} {
		if !strings.Contains(draft.text(), said) {
			t.Errorf("the preview does not say %q", said)
		}
	}
	if p, err := r.Roll.Person(t.Context(), r.chu.ID); err != nil || p.Commune != "00700" {
		t.Errorf("a preview moved somebody to %s, %v", p.Commune, err)
	}
	path, decision := r.records(draft, address)
	if decision.Header.Get("Refresh") != "" || !strings.Contains(decision.text(), "Đang có hiệu lực") && !strings.Contains(decision.text(), "đang có hiệu lực") {
		t.Errorf("once everybody has moved: %s", decision.text())
	}
	for _, a := range []roster.Account{r.chu, r.ung} {
		if p, err := r.Roll.Person(t.Context(), a.ID); err != nil || p.Commune != "00694" {
			t.Errorf("%s is in %s, %v", a.Name, p.Commune, err)
		}
	}
	if board := r.staff.get("/board?by=present&province=08").want(200).text(); !strings.Contains(board, "phường Hà Giang 1") {
		t.Error("the board does not have the new commune")
	}
	r.office.get(address).want(404)
	if got := r.sends("1/NQ-UBTVQH16", "2026-11-15", joined).want(409).text(); !strings.Contains(got, "đã được ghi") {
		t.Errorf("the same file once more: %s", got)
	}
	r.staff.post(path+"/undo", nil).want(403)
	r.office.post(path+"/undo", nil).leads()
	r.Background.Running.Wait()
	r.office.post(path+"/undo", nil).want(200) // pressed twice
	if p, err := r.Roll.Person(t.Context(), r.chu.ID); err != nil || p.Commune != "00700" {
		t.Errorf("after undoing somebody is in %s, %v", p.Commune, err)
	}
	if got := r.office.get(path).want(200).text(); !strings.Contains(got, "Văn Phòng đã hoàn tác") {
		t.Errorf("the decision that was undone: %s", got)
	}
	if list := r.office.get("/places").want(200); len(list.find("tbody tr")) != 1 || !strings.Contains(list.text(), "Đã hoàn tác") {
		t.Errorf("the list: %s", list.text())
	}
	if got := r.told("places."); len(got) != 2 || got[0].Action != "places.change" || got[1].Action != "places.undo" || got[1].By == "" {
		t.Errorf("the trail has %+v", got)
	}
}

// Of a commune that is divided it is asked where each library is, and nothing is recorded before all are answered.
func TestTheOfficeIsAskedAboutDividedCommunes(t *testing.T) {
	r := newReform(t)
	address := r.sends("2/NQ", "2026-11-15", "00700,,00694,,\n00700,,00706,,\n").leads()
	draft := r.office.get(address).want(200)
	if len(draft.find("input[name=seen]")) != 0 || len(draft.find("select option")) != 3 {
		t.Fatalf("the question: %s", draft.text())
	}
	field := draft.attr("main select", "name")
	r.office.post(address, url.Values{"do": {"homes"}, field: {"00715"}}).want(422)
	r.office.post(address, url.Values{"do": {"homes"}, "home.00694/khac": {"00706"}}).want(422)
	r.office.post(address, url.Values{"do": {"homes"}, field: {"00706"}}).leads()
	r.records(r.office.get(address).want(200), address)
	if p, err := r.Roll.Person(t.Context(), r.chu.ID); err != nil || p.Commune != "00706" {
		t.Errorf("somebody is in %s, %v", p.Commune, err)
	}
}

// What is wrong with a decision is said beside its field or its row, and nothing of it is recorded.
func TestADecisionWithFaultsIsNotRecorded(t *testing.T) {
	r := newReform(t)
	for _, c := range []struct{ decision, on, field string }{{"", "2026-11-15", "places-decision"}, {"1/NQ", "", "places-on"}, {"1/NQ", "2025-06-30", "places-on"}} {
		shown := r.sends(c.decision, c.on, joined).want(422)
		if len(shown.find("#"+c.field+"[aria-invalid]")) != 1 || shown.one("[role=alert]") == "" {
			t.Errorf("%+v: %s", c, shown.text())
		}
	}
	untitled := sentFile{"file", "x.csv", []byte("a,b\n1,2\n")}
	r.office.sends("/places", url.Values{"decision": {"1"}, "on": {"2026-11-15"}}, untitled).want(422)
	address := r.sends("1/NQ", "2026-11-15", "12345,,00694,,\n").leads()
	draft := r.office.get(address).want(200)
	if len(draft.find("input[name=seen]")) != 0 || !strings.Contains(draft.text(), "12345") {
		t.Errorf("the preview: %s", draft.text())
	}
	r.office.post(address, url.Values{"do": {"record"}, "seen": {"x"}}).want(409)
	if got := r.office.get("/places").want(200); len(got.find("tbody tr")) != 0 {
		t.Errorf("recorded all the same: %s", got.text())
	}
}

// What was not seen is not recorded: somebody may have come to the commune since.
func TestADecisionIsRecordedAsItWasSeen(t *testing.T) {
	r := newReform(t)
	address := r.sends("1/NQ", "2026-11-15", joined).leads()
	seen := r.office.get(address).want(200).attr("input[name=seen]", "value")
	r.person("Hầu Seo Pao", "00700")
	shown := r.office.post(address, url.Values{"do": {"record"}, "seen": {seen}}).want(409)
	if !strings.Contains(shown.text(), "Hầu Seo Pao") || !strings.Contains(shown.one("[role=alert]"), "chưa có gì được ghi") {
		t.Errorf("%s", shown.text())
	}
	path, _ := r.records(shown, address)
	r.pass(time.Hour)
	r.person("Vừ Mí Pó", "00694") // in a commune that was there before: nothing stands on the decision
	later := r.sends("2/NQ", "2026-11-20", "00694,,00706,,\n").leads()
	r.records(r.office.get(later).want(200), later)
	decision := r.office.get(path).want(200)
	if len(decision.find("form[action$='/undo']")) != 0 || !strings.Contains(decision.text(), "2/NQ") {
		t.Errorf("what stands on it: %s", decision.text())
	}
	if got := r.office.post(path+"/undo", nil).want(422).one("[role=alert]"); !strings.Contains(got, "2/NQ") {
		t.Errorf("undone all the same: %s", got)
	}
}

// A file of a decision that nobody records goes after a day.
func TestADecisionThatIsOnlyLookedAtGoes(t *testing.T) {
	r := newReform(t)
	address := r.sends("1/NQ", "2027-01-01", joined).leads()
	if got := r.office.get(address).want(200).text(); !strings.Contains(got, "chuyển tự động vào ngày 01/01/2027") {
		t.Errorf("a later day: %s", got)
	}
	r.pass(25 * time.Hour)
	if err := r.SweepUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.office.get(address).want(404)
}
