package school_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
)

// withTask is the short course with a practice task worth 7 points, 4 of them needed.
func withTask(required bool) courses.Version {
	v := version(0)
	text := courses.Text{Vi: "Việc", En: "Task"}
	v.Hash = fmt.Sprint("task", required)
	v.Practice = &courses.Practice{Title: text, Minutes: 45, Required: required, Pass: 4, Body: text,
		Rubric: []courses.Criterion{{ID: "so", Text: text, Points: 4}, {ID: "chao", Text: text, Points: 3}}}
	return v
}

func hand(id, text string) courses.Fact {
	return courses.Fact{ID: id, Kind: "submission", Course: "K", At: morning, Text: text}
}

// judged is a judgement of two criteria.
func judged(id string, seen, so, chao int) school.Judgement {
	return school.Judgement{ID: id, Seen: seen, Comment: "Xem lại cột ngày trả.", Findings: []courses.Finding{{Criterion: "chao", Points: chao}, {Criterion: "so", Points: so, Comment: "Đủ năm ô."}}}
}

func review(t testing.TB, s *class, person, submission string, j school.Judgement) (courses.Review, *courses.Certificate) {
	t.Helper()
	r, c, err := s.Review(context.Background(), learner(person), person+"/"+submission, "trainer", j)
	if err != nil {
		t.Fatal(err)
	}
	return r, c
}

// code is that of a problem, "" of any other error or none.
func code(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func task(t testing.TB, s *class, enrolment string) courses.Task {
	t.Helper()
	got, err := store.Get[courses.Task](context.Background(), s.Store, school.TaskKind, enrolment)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// sound fails the test when doctor would find something.
func sound(t testing.TB, s *class) {
	t.Helper()
	if _, err := s.Check(context.Background(), func(f school.Flaw) { t.Errorf("%+v", f) }, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Tasks(context.Background(), false, func(e string) { t.Errorf("the task of %s differs", e) }); err != nil {
		t.Fatal(err)
	}
}

func TestARequiredTaskHoldsTheCertificateBack(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(true))
	record(t, s, "mai", read("1"))
	if r := record(t, s, "mai", try("2", "true")); r.Certificate != "" {
		t.Fatalf("a certificate without the task: %+v", r)
	}
	st, err := s.Study(t.Context(), "mai", "K")
	if p := st.Progress; err != nil || p.Complete() || p.Done != 2 || p.Next != "" || p.Task != courses.TaskTodo || p.Percent() != 66 || p.MinutesLeft != 45 || !p.CompletedAt.IsZero() {
		t.Fatalf("%+v %v", p, err)
	}
	s.at(morning.Add(time.Hour))
	if r := record(t, s, "mai", hand("3", "Năm lượt mượn.")); r.State != courses.Received || r.Certificate != "" {
		t.Fatalf("%+v", r)
	}
	if st, _ := s.Study(t.Context(), "mai", "K"); st.Progress.Task != courses.TaskWaiting || st.Progress.MinutesLeft != 0 {
		t.Errorf("%+v", st.Progress)
	}
	s.at(morning.Add(2 * time.Hour))
	if r, c := review(t, s, "mai", "3", judged("r1", 0, 2, 1)); r.Passed || c != nil || r.ID != "mai/3/000001" || r.Points() != 3 || r.Findings[0].Criterion != "so" {
		t.Fatalf("three of seven points: %+v %+v", r, c)
	}
	if got := task(t, s, "mai/K/01"); got.State != courses.TaskAgain || !got.Since.IsZero() || got.Submission != "mai/3" {
		t.Errorf("%+v", got)
	}
	record(t, s, "mai", hand("4", "Mười lượt mượn."))
	s.at(morning.Add(3 * time.Hour))
	r, c := review(t, s, "mai", "4", judged("r2", 0, 4, 0))
	if !r.Passed || c == nil || !c.CompletedAt.Equal(r.RecordedAt) {
		t.Fatalf("four points pass, and the course is complete with them: %+v %+v", r, c)
	}
	// Pressed again, settled again: one review, one certificate.
	r2, c2 := review(t, s, "mai", "4", judged("r2", 0, 4, 0))
	if r2.ID != r.ID || c2 == nil || c2.Code != c.Code {
		t.Errorf("again %+v %+v", r2, c2)
	}
	all, err := s.Certificates(t.Context(), "mai")
	if err != nil || len(all) != 1 {
		t.Errorf("%d certificates, %v", len(all), err)
	}
	sound(t, s)
}

func TestATaskThatIsNotRequiredHoldsNothingBack(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(false))
	record(t, s, "mai", hand("1", "Trước cả bài đọc."))
	review(t, s, "mai", "1", judged("r1", 0, 0, 0))
	record(t, s, "mai", read("2"))
	r := record(t, s, "mai", try("3", "true"))
	if r.Certificate == "" {
		t.Fatalf("%+v", r)
	}
	// The reviews go on after it, in either direction.
	for i, points := range []int{4, 0} {
		if got, c := review(t, s, "mai", "1", judged(fmt.Sprint("r", i+2), i+1, points, 0)); got.Passed != (points == 4) || c == nil || c.Code != r.Certificate {
			t.Errorf("%+v %+v", got, c)
		}
	}
	sound(t, s)
}

func TestSubmissionsAreKeptOnceAndNeverEdited(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(false))
	for _, c := range []struct {
		fact          courses.Fact
		state, reason string
	}{
		{hand("1", "  Năm lượt.\r\n\x00Hết. "), courses.Received, ""},
		{hand("1", "Năm lượt.\nHết."), courses.Duplicate, ""}, // the same work
		{hand("1", "Sáu lượt."), courses.Refused, "id-reused"},
		{hand("2", " \n "), courses.Refused, "practice-empty"},
		{hand("3", strings.Repeat("ạ", courses.MaxLetters+1)), courses.Refused, "practice-long"},
		{hand("4", strings.Repeat("ạ", courses.MaxLetters)), courses.Received, ""},
		{hand("../5", "x"), courses.Refused, "fact-id"},
		{courses.Fact{ID: "6", Kind: "submission", Course: "K", At: morning, Photos: []courses.Picture{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}}}, courses.Refused, "photo-many"},
		{courses.Fact{ID: "7", Kind: "submission", Course: "NONE", At: morning, Text: "x"}, courses.Refused, "unknown-course"},
		{read("8"), courses.Received, ""},
		{hand("8", "x"), courses.Refused, "id-reused"},
	} {
		if r := record(t, s, "mai", c.fact); r.State != c.state || r.Reason != c.reason {
			t.Errorf("%s %.20q: %+v, want %s %s", c.fact.ID, c.fact.Text, r, c.state, c.reason)
		}
	}
	work, err := s.Submissions(t.Context(), "mai/K/01")
	if err != nil || len(work) != 2 || work[0].Text != "Năm lượt.\nHết." || work[0].Version != "K@1" {
		t.Errorf("%+v %v", work, err)
	}
	refused, err := store.All[courses.Refusal](t.Context(), s.Store, school.RefusalKind, store.Where(store.Is("person", "mai")))
	if err != nil || !slices.ContainsFunc(refused, func(r courses.Refusal) bool { return strings.Contains(r.Fact, "Sáu lượt.") }) {
		t.Errorf("what was refused is kept: %+v %v", refused, err)
	}
	if !slices.ContainsFunc(refused, func(r courses.Refusal) bool { return strings.Contains(r.Fact, `"photos":["a","b"`) }) {
		t.Errorf("the photos of what was refused are named: %+v", refused)
	}
	for i := range 18 {
		record(t, s, "mai", hand(fmt.Sprint("n", i), "Nữa."))
	}
	if r := record(t, s, "mai", hand("n18", "Nữa.")); r.Reason != "practice-often" {
		t.Errorf("the twenty-first: %+v", r)
	}
}

func TestACourseWithoutATaskTakesNoSubmission(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	if r := record(t, s, "mai", hand("1", "x")); r.Reason != "no-practice" {
		t.Errorf("%+v", r)
	}
	if st, _ := s.Study(t.Context(), "mai", "K"); st.Enrolment != nil {
		t.Error("a refused submission begins a course")
	}
	record(t, s, "mai", read("2"))
	if r := record(t, s, "mai", hand("3", "x")); r.Reason != "no-practice" {
		t.Errorf("%+v", r)
	}
}

func TestReviewsSayWhatIsWrongWithThem(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(false))
	record(t, s, "mai", hand("1", "Năm lượt."))
	with := func(change func(j *school.Judgement)) school.Judgement {
		j := judged("r", 0, 4, 3)
		change(&j)
		return j
	}
	for want, c := range map[string]struct {
		reviewer string
		j        school.Judgement
	}{
		"review-own":      {"mai", judged("r", 0, 4, 3)},
		"fact-id":         {"trainer", judged("", 0, 4, 3)},
		"review-points":   {"trainer", judged("r", 0, 5, 0)},
		"review-points ":  {"trainer", judged("r", 0, -1, 0)},
		"review-points  ": {"trainer", with(func(j *school.Judgement) { j.Findings = j.Findings[:1] })},
		"practice-long":   {"trainer", with(func(j *school.Judgement) { j.Comment = strings.Repeat("a", courses.MaxLetters+1) })},
		"practice-long ":  {"trainer", with(func(j *school.Judgement) { j.Findings[0].Comment = strings.Repeat("a", courses.MaxLetters+1) })},
		"review-comment": {"trainer", with(func(j *school.Judgement) {
			j.Comment = " "
			j.Findings = []courses.Finding{{Criterion: "so", Points: 0}, {Criterion: "chao", Points: 0}}
		})},
	} {
		_, _, err := s.Review(t.Context(), learner("mai"), "mai/1", c.reviewer, c.j)
		if code(err) != strings.TrimSpace(want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, _, err := s.Review(t.Context(), learner("mai"), "mai/2", "trainer", judged("r", 0, 4, 3)); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("a submission that is not there: %v", err)
	}
	if w, err := s.Submission(t.Context(), "mai/1"); err != nil || len(w.Reviews) != 0 {
		t.Errorf("%+v %v", w, err)
	}
}

// Two trainers have the same submission open. The second is told, sees the first one's review, and then both are kept.
func TestTheSecondReviewerSeesTheFirst(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(false))
	record(t, s, "mai", hand("1", "Năm lượt."))
	if _, _, err := s.Review(t.Context(), learner("mai"), "mai/1", "thu", judged("r1", 0, 4, 0)); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Review(t.Context(), learner("mai"), "mai/1", "lan", judged("r1", 0, 0, 0))
	if !errors.Is(err, problem.ErrExists) || code(err) != "review-meanwhile" {
		t.Fatalf("%v", err)
	}
	r, _, err := s.Review(t.Context(), learner("mai"), "mai/1", "lan", judged("r1", 1, 0, 0))
	if err != nil || r.ID != "mai/1/000002" {
		t.Fatalf("%+v %v", r, err)
	}
	w, err := s.Submission(t.Context(), "mai/1")
	if err != nil || len(w.Reviews) != 2 || w.Newest().Reviewer != "lan" || !w.Reviews[0].Passed || courses.StateOf([]courses.HandedIn{w}) != courses.TaskAgain {
		t.Errorf("%+v %v", w, err)
	}
	sound(t, s)
}

func TestAReviewCannotTakeBackACertificate(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(true))
	record(t, s, "mai", hand("1", "Năm lượt."))
	record(t, s, "mai", read("2"))
	record(t, s, "mai", try("3", "true"))
	_, c := review(t, s, "mai", "1", judged("r1", 0, 4, 0))
	if c == nil {
		t.Fatal("no certificate")
	}
	_, _, err := s.Review(t.Context(), learner("mai"), "mai/1", "lan", judged("r2", 1, 0, 0))
	if code(err) != "review-certified" {
		t.Fatalf("%v", err)
	}
	if r, again := review(t, s, "mai", "1", judged("r3", 1, 4, 3)); r.ID != "mai/1/000002" || again.Code != c.Code || !again.CompletedAt.Equal(c.CompletedAt) {
		t.Errorf("a better review: %+v %+v", r, again)
	}
	sound(t, s)
}

func TestWhoWaitsLongestComesFirst(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(false))
	for i, person := range []string{"an", "ba", "cu"} {
		s.at(morning.Add(time.Duration(i) * time.Hour))
		record(t, s, person, hand("1", "Năm lượt."))
	}
	s.at(morning.Add(5 * time.Hour))
	record(t, s, "an", hand("2", "Thêm nữa.")) // still waits since the first
	review(t, s, "ba", "1", judged("r", 0, 4, 3))
	waiting, err := s.Waiting(t.Context())
	if err != nil || len(waiting) != 2 || waiting[0].Submission != "an/2" || !waiting[0].Since.Equal(morning) || waiting[1].Person != "cu" {
		t.Errorf("%+v %v", waiting, err)
	}
}

// Whatever happened between a fact and what follows from it, settling puts right.
func TestSettleMakesTheTaskAndTheCertificate(t *testing.T) {
	s := newSchool(t)
	v := publish(t, s, withTask(true))
	record(t, s, "mai", read("1"))
	record(t, s, "mai", try("2", "true"))
	sub := courses.Submission{ID: "mai/3", Enrolment: "mai/K/01", Person: "mai", Course: "K", Version: v.ID, Text: "x", RecordedAt: morning}
	rev := courses.Review{ID: "mai/3/000001", Submission: "mai/3", Enrolment: "mai/K/01", Reviewer: "t", Client: "t/1", Passed: true, RecordedAt: morning.Add(time.Minute),
		Findings: []courses.Finding{{Criterion: "so", Points: 4}, {Criterion: "chao", Points: 0}}}
	if err := errors.Join(s.Store.Insert(t.Context(), school.SubmissionKind, &sub), s.Store.Insert(t.Context(), school.ReviewKind, &rev)); err != nil {
		t.Fatal(err)
	}
	wrong := 0
	if _, err := s.Tasks(t.Context(), false, func(string) { wrong++ }); err != nil || wrong != 1 {
		t.Errorf("%d tasks are wrong, %v", wrong, err)
	}
	issued := 0
	if err := s.Settle(t.Context(), morning, learner, func(context.Context, courses.Certificate) error { issued++; return nil }); err != nil || issued != 1 {
		t.Fatalf("%d certificates, %v", issued, err)
	}
	if got := task(t, s, "mai/K/01"); got.State != courses.TaskPassed || got.Facts != 2 {
		t.Errorf("%+v", got)
	}
	sound(t, s)
}

func TestDoctorFindsWhatIsMissingOfATask(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(false))
	record(t, s, "mai", courses.Fact{ID: "1", Kind: "submission", Course: "K", At: morning, Photos: []courses.Picture{{Name: "photo-gone.jpg"}}})
	if err := s.Store.DeleteBlob(t.Context(), "photo-gone.jpg"); err != nil {
		t.Fatal(err)
	}
	stray := courses.Review{ID: "mai/9/000001", Submission: "mai/9", Enrolment: "mai/K/01", Client: "t/1"}
	alone := courses.Submission{ID: "lan/1", Enrolment: "lan/K/01"}
	bad := courses.Task{ID: "mai/K/01", State: courses.TaskPassed}
	if err := errors.Join(s.Store.Insert(t.Context(), school.ReviewKind, &stray), s.Store.Insert(t.Context(), school.SubmissionKind, &alone),
		store.Save(t.Context(), s.Store, school.TaskKind, bad.ID, bad)); err != nil {
		t.Fatal(err)
	}
	var found []string
	if _, err := s.Check(t.Context(), func(f school.Flaw) { found = append(found, f.Kind+" "+f.ID+" "+f.What) }, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	if want := []string{"review mai/9/000001 " + school.NoSubmission, "submission lan/1 " + school.NoEnrolment, "submission mai/1 " + school.NoPhoto}; !slices.Equal(found, want) {
		t.Errorf("%q", found)
	}
	for _, mend := range []bool{true, false} {
		var differ []string
		if _, err := s.Tasks(t.Context(), mend, func(e string) { differ = append(differ, e) }); err != nil || len(differ) != map[bool]int{true: 2}[mend] {
			t.Errorf("mending %v: %v %v", mend, differ, err)
		}
	}
}

// Any order and repetition of facts leads to the same state, and a task that passed stays passed while nobody reviews
// it anew.
func TestTheStateOfATaskIsAFunctionOfItsFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var work []courses.HandedIn
		for i := range rapid.IntRange(0, 4).Draw(t, "submissions") {
			w := courses.HandedIn{Submission: courses.Submission{ID: fmt.Sprint("s", i), RecordedAt: morning.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "hour")) * time.Hour)}}
			for n := range rapid.IntRange(0, 3).Draw(t, "reviews") {
				w.Reviews = append(w.Reviews, courses.Review{ID: fmt.Sprintf("s%d/%06d", i, n+1), Passed: rapid.Bool().Draw(t, "passed"), RecordedAt: morning})
			}
			work = append(work, w)
		}
		v := withTask(true)
		want := courses.StateOf(work)
		passed := slices.ContainsFunc(work, func(w courses.HandedIn) bool { return w.Newest() != nil && w.Newest().Passed })
		if (want == courses.TaskPassed) != passed || (want == courses.TaskTodo) != (len(work) == 0) {
			t.Fatalf("%v: %+v", want, work)
		}
		mixed := rapid.Permutation(append(work, work...)).Draw(t, "mixed")
		for i := range mixed {
			mixed[i].Reviews = rapid.Permutation(mixed[i].Reviews).Draw(t, "reviews mixed")
		}
		if got := courses.StateOf(mixed); got != want {
			t.Fatalf("%v in another order, %v before", got, want)
		}
		if got := courses.Trace(&v, nil, nil, mixed...).Task; got != want {
			t.Fatalf("Trace says %v, want %v", got, want)
		}
		v.Practice.Required = false
		if got := courses.Trace(&v, nil, nil, mixed...); got.Task != "" || got.Percent() != 0 {
			t.Fatalf("a task that is not required counts: %+v", got)
		}
	})
}

// Fifty phones and ten trainers at once make one submission each, reviews with numbers that have no gap, and one
// certificate.
func TestManyReviewersAtOnce(t *testing.T) {
	s := newSchool(t)
	publish(t, s, withTask(true))
	record(t, s, "mai", read("1"))
	record(t, s, "mai", try("2", "true"))
	done := make(chan error, 60)
	for range 50 {
		go func() {
			_, err := s.Record(context.Background(), learner("mai"), hand("3", "Năm lượt."))
			done <- err
		}()
	}
	for range 50 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 {
		go func() {
			who := fmt.Sprint("trainer", i)
			for seen := 0; ; seen++ {
				_, _, err := s.Review(context.Background(), learner("mai"), "mai/3", who, judged("r", seen, 4, 3))
				if !errors.Is(err, problem.ErrExists) {
					done <- err
					return
				}
			}
		}()
	}
	for range 10 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	w, err := s.Submission(t.Context(), "mai/3")
	if err != nil || len(w.Reviews) != 10 || w.Newest().ID != "mai/3/000010" {
		t.Errorf("%d reviews, %v", len(w.Reviews), err)
	}
	if all, err := s.Certificates(t.Context(), "mai"); err != nil || len(all) != 1 {
		t.Errorf("%d certificates, %v", len(all), err)
	}
	sound(t, s)
}

// A task that came with a newer version is answered under it, whenever the work was done; one that was passed stays
// passed in every later version.
func TestATaskAcrossVersions(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	record(t, s, "mai", read("1"))
	publish(t, s, withTask(true))
	if r := record(t, s, "mai", hand("2", "Chưa chuyển lên.")); r.Reason != "no-practice" {
		t.Errorf("the version begun has no task: %+v", r)
	}
	s.at(morning.Add(time.Hour))
	if st, err := s.Advance(t.Context(), learner("mai"), "K"); err != nil || st.Progress.Task != courses.TaskTodo || st.Progress.Done != 1 {
		t.Fatalf("%+v %v", st.Progress, err)
	}
	// it happened before the move
	if r := record(t, s, "mai", hand("3", "Làm từ trước.")); r.State != courses.Received {
		t.Fatalf("%+v", r)
	}
	r, _ := review(t, s, "mai", "3", judged("r1", 0, 4, 3))
	next := withTask(true)
	next.Hash, next.Practice.Pass = "harder", 7
	next.Modules[0].Lessons = append(next.Modules[0].Lessons, courses.Lesson{ID: "them", Title: next.Title, Minutes: 5})
	publish(t, s, next)
	s.at(morning.Add(2 * time.Hour))
	if st, err := s.Advance(t.Context(), learner("mai"), "K"); err != nil || st.Version.Number != 3 || st.Progress.Task != courses.TaskPassed {
		t.Fatalf("%+v %v", st.Progress, err)
	}
	w, err := s.Submission(t.Context(), "mai/3")
	if err != nil || w.Version != "K@2" || w.Newest().ID != r.ID {
		t.Errorf("%+v %v", w, err)
	}
	sound(t, s)
}
