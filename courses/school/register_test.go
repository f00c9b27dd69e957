package school_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
)

var office = school.UsualIssuer("08", "Tuyên Quang")

// revoke withdraws a certificate as two people do.
func revoke(t testing.TB, s *class, code string) {
	t.Helper()
	if _, err := s.Ask(t.Context(), code, false, courses.Mistaken, "", "canbo"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Agree(t.Context(), code, "truongphong", office); err != nil {
		t.Fatal(err)
	}
}

func entry(t testing.TB, s *class, code string) school.Entry {
	t.Helper()
	e, err := s.Look(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// earn ends the course for somebody and gives the code.
func earn(t testing.TB, s *class, person string) string {
	t.Helper()
	record(t, s, person, read("r"))
	return record(t, s, person, try("t", "true")).Certificate
}

func problemOf(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func TestARevocationNeedsAReasonAndASecondPerson(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	code := earn(t, s, "mai")
	for _, c := range []struct {
		cause    courses.Cause
		note, by string
		undo     bool
		want     string
	}{
		{"", "", "canbo", false, "reason-missing"}, {"vì thích", "", "canbo", false, "reason-missing"}, {courses.Damaged, "", "canbo", false, "reason-missing"},
		{courses.OtherCause, " ", "canbo", false, "register-note"}, {courses.Mistaken, "", "mai", false, "register-own"}, {"", "Nhầm", "canbo", true, "undo-none"},
	} {
		if _, err := s.Ask(t.Context(), code, c.undo, c.cause, c.note, c.by); problemOf(err) != c.want {
			t.Errorf("%q %q by %s: %v, want %s", c.cause, c.note, c.by, err, c.want)
		}
	}
	if _, err := s.Agree(t.Context(), code, "truongphong", office); problemOf(err) != "request-none" {
		t.Errorf("agreed to nothing: %v", err)
	}
	r, err := s.Ask(t.Context(), code, false, courses.NotOwnWork, "Hai người nộp cùng một bài.", "canbo")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Ask(t.Context(), code, false, courses.Mistaken, "", "khac"); err != nil || again != r {
		t.Errorf("asked while it is asked: %+v, %v", again, err)
	}
	if open, err := s.Open(t.Context(), "08"); err != nil || len(open) != 1 || open[0].Request != r || open[0].Entry.Code != code {
		t.Errorf("open: %+v, %v", open, err)
	}
	if got := entry(t, s, code).State; got != courses.Valid {
		t.Errorf("asked it is %s", got)
	}
	if _, err := s.Agree(t.Context(), code, "canbo", office); problemOf(err) != "request-own" {
		t.Errorf("the one who asked agreed: %v", err)
	}
	for range 2 {
		if _, err := s.Agree(t.Context(), code, "truongphong", office); err != nil {
			t.Fatal(err)
		}
	}
	e := entry(t, s, code)
	if e.State != courses.Revoked || e.Revocation.Cause != courses.NotOwnWork || e.Revocation.AskedBy != "canbo" || e.Revocation.By != "truongphong" || e.Revocation.Reason != "Hai người nộp cùng một bài." {
		t.Errorf("%+v", e.Revocation)
	}
	if open, err := s.Open(t.Context(), "08"); err != nil || len(open) != 0 {
		t.Errorf("still open: %+v, %v", open, err)
	}
}

func TestADeclinedRequestChangesNothingAndMayComeAgain(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	code := earn(t, s, "mai")
	for range 2 {
		if _, err := s.Ask(t.Context(), code, false, courses.Mistaken, "", "canbo"); err != nil {
			t.Fatal(err)
		}
		if err := s.Decline(t.Context(), code, "truongphong"); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := s.Asked(t.Context(), entry(t, s, code)); r != nil || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := s.Agree(t.Context(), code, "truongphong", office); problemOf(err) != "request-none" {
		t.Errorf("agreed to what was declined: %v", err)
	}
}

func TestARevocationIsUndoneOnlyByANewEntry(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	code := earn(t, s, "mai")
	revoke(t, s, code)
	if _, err := s.Ask(t.Context(), code, true, "", "", "canbo"); problemOf(err) != "register-note" {
		t.Errorf("undone without a word: %v", err)
	}
	if _, err := s.Ask(t.Context(), code, true, "", "Thu hồi nhầm người.", "canbo"); err != nil {
		t.Fatal(err)
	}
	s.at(morning.Add(time.Hour))
	c, err := s.Agree(t.Context(), code, "truongphong", office)
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	again, err := s.Agree(t.Context(), code, "truongphong", office)
	if err != nil || again == nil || again.ID != c.ID {
		t.Errorf("agreed twice: %+v, %v", again, err)
	}
	old, e := entry(t, s, code), entry(t, s, c.Code)
	if old.State != courses.Revoked || old.ReplacedBy == nil || e.State != courses.Valid || e.Serial != old.Serial || e.Reissue != 1 || e.Reissued.Cause != courses.Restored {
		t.Errorf("the old is %s, the new %s: %+v", old.State, e.State, e.Certificate)
	}
	if st, err := s.Study(t.Context(), "mai", "K"); err != nil || st.Worth != courses.Valid || st.Renewable(s.Now()) {
		t.Errorf("the study is %s, %v", st.Worth, err)
	}
	if _, err := s.Ask(t.Context(), code, true, "", "Lần nữa.", "canbo"); problemOf(err) != "undo-replaced" {
		t.Errorf("undone twice: %v", err)
	}
}

func TestWhatWasRevokedCanBeEarnedAgain(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	code := earn(t, s, "mai")
	if _, err := s.Renew(t.Context(), "mai", "K"); problemOf(err) != "renew-early" {
		t.Fatalf("renewed while it is valid: %v", err)
	}
	revoke(t, s, code)
	st, err := s.Study(t.Context(), "mai", "K")
	if err != nil || st.Worth != courses.Revoked || st.Revocation == nil || !st.Renewable(s.Now()) {
		t.Fatalf("%s, %+v, %v", st.Worth, st.Revocation, err)
	}
	if e, err := s.Renew(t.Context(), "mai", "K"); err != nil || e.Cycle != 2 {
		t.Fatalf("%+v, %v", e, err)
	}
	record(t, s, "mai", read("r2"))
	won := record(t, s, "mai", try("t2", "true")).Certificate
	if won == "" || won == code {
		t.Fatalf("the second time it is %q", won)
	}
	if e := entry(t, s, won); e.State != courses.Valid || e.Number != 2 || e.Replaces != "" {
		t.Errorf("%+v", e.Certificate)
	}
	if e := entry(t, s, code); e.State != courses.Revoked {
		t.Errorf("the first is %s", e.State)
	}
}

func TestAReissueKeepsWhatWasEarned(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	code := earn(t, s, "mai")
	issue := func(code string, cause courses.Cause, name, by string) (*courses.Certificate, error) {
		return s.Reissue(t.Context(), code, cause, courses.Holder{Name: name}, by, office)
	}
	for _, c := range []struct {
		cause    courses.Cause
		name, by string
		want     string
	}{
		{"", "", "canbo", "reason-missing"}, {courses.Restored, "", "canbo", "reason-missing"}, {courses.NameCorrected, "mai", "canbo", "reissue-same-name"}, {courses.Lost, "", "mai", "register-own"},
	} {
		if _, err := issue(code, c.cause, c.name, c.by); problemOf(err) != c.want {
			t.Errorf("%q to %q by %s: %v, want %s", c.cause, c.name, c.by, err, c.want)
		}
	}
	var codes []string
	for i, cause := range []courses.Cause{courses.NameCorrected, courses.Damaged, courses.Lost} {
		c, err := issue(code, cause, "Mai sửa tên", "canbo")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := issue(code, cause, "Mai sửa tên", "canbo"); err != nil || again.ID != c.ID {
			t.Errorf("pressed twice: %+v, %v", again, err)
		}
		old := entry(t, s, code)
		if old.State != courses.Replaced || old.ReplacedBy.ID != c.ID || c.Replaces != old.ID || c.Reissue != i+1 || c.Serial != old.Serial || c.Number != old.Number ||
			c.Holder.Name != "Mai sửa tên" || c.Holder.Province != "08" || c.Reissued != (courses.Reissued{Cause: cause, By: "canbo"}) || !c.CompletedAt.Equal(old.CompletedAt) {
			t.Errorf("%s: %+v", cause, c)
		}
		codes, code = append(codes, code), c.Code
	}
	if _, err := issue(codes[0], courses.Lost, "", "canbo"); problemOf(err) != "reissue-replaced" {
		t.Errorf("what is replaced was issued again: %v", err)
	}
	revoke(t, s, code)
	if _, err := issue(code, courses.Lost, "", "canbo"); problemOf(err) != "reissue-revoked" {
		t.Errorf("what is revoked was issued again: %v", err)
	}
}

func TestEvidenceSaysWhyACertificateWasIssued(t *testing.T) {
	s := newSchool(t)
	v := drawing()
	v.Practice = &courses.Practice{Required: true, Pass: 1, Rubric: []courses.Criterion{{ID: "so", Points: 2}}}
	quiz := publish(t, s, v).Modules[0].Lessons[1].Quiz
	record(t, s, "mai", read("r"))
	for n, right := range []int{0, 2} {
		f := try([]string{"a", "b"}[n], "")
		f.Answers = answered(quiz.Drawn("mai/K/01", "thu", n), right)
		record(t, s, "mai", f)
		s.at(s.now().Add(time.Minute))
	}
	work := courses.Fact{ID: "01890000-0000-7000-8000-000000000001", Kind: "submission", Course: "K", Text: "Tôi đã mở một buổi đọc.", At: morning}
	if r := record(t, s, "mai", work); r.State != courses.Received || r.Certificate != "" {
		t.Fatalf("%+v", r)
	}
	_, c, err := s.Review(t.Context(), learner("mai"), "mai/"+work.ID, "cogiao", school.Judgement{ID: "01890000-0000-7000-8000-000000000002", Findings: []courses.Finding{{Criterion: "so", Points: 2}}, Comment: "Tốt."})
	if err != nil || c == nil {
		t.Fatalf("the review that passes issues nothing: %+v, %v", c, err)
	}
	ev, err := s.Evidence(t.Context(), *c)
	if err != nil {
		t.Fatal(err)
	}
	if len(ev.Terms) != 1 || ev.Terms[0].Version.ID != "K@1" || len(ev.Lessons) != 2 || ev.Lessons[0].ReadAt == nil || ev.Lessons[1].ReadAt != nil {
		t.Errorf("%+v", ev)
	}
	tries := ev.Lessons[1].Attempts
	if len(tries) != 2 || tries[0].Score != 0 || tries[1].Score != 100 || *tries[1].Draw != 1 || !slices.Equal(tries[1].Asked, ids(quiz.Drawn("mai/K/01", "thu", 1))) {
		t.Errorf("%+v", tries)
	}
	if len(ev.Works) != 1 || ev.Works[0].Newest().Reviewer != "cogiao" || len(ev.Entries) != 1 || ev.Entries[0].Code != c.Code {
		t.Errorf("%+v, %+v", ev.Works, ev.Entries)
	}
}
