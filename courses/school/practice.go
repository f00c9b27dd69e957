package school

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// submit keeps a submission and fills in the receipt.
func (s *School) submit(ctx context.Context, e *courses.Enrolment, v *courses.Version, f courses.Fact, r *courses.Receipt) error {
	sub := courses.Submission{ID: e.Person + "/" + f.ID, Enrolment: e.ID, Person: e.Person, Course: e.Course, Version: v.ID, Text: courses.TidyText(f.Text),
		ClaimedAt: f.ClaimedAt, HappenedAt: s.happened(f), RecordedAt: store.Time(s.Now())}
	sub.Photos = names(f.Photos)
	for _, p := range f.Photos {
		sub.Bytes += len(p.Data)
	}
	switch {
	case v.Practice == nil:
		return problem.Invalid("course", "no-practice")
	case !courses.SubmissionID.MatchString(f.ID):
		return problem.Invalid("id", "fact-id")
	case sub.Text == "" && len(sub.Photos) == 0:
		return problem.Invalid("text", "practice-empty")
	case utf8.RuneCountInString(sub.Text) > courses.MaxLetters:
		return problem.Invalid("text", "practice-long")
	case len(sub.Photos) > courses.MaxPhotos:
		return problem.Invalid("photo", "photo-many", courses.MaxPhotos)
	}
	old, err := store.Get[courses.Submission](ctx, s.Store, SubmissionKind, sub.ID)
	if errors.Is(err, problem.ErrNotFound) {
		if err = s.mayInsert(ctx, e, sub.ID); err == nil {
			err = s.room(ctx, e.Person, f.Photos)
		}
		if err == nil {
			err = s.keepPhotos(ctx, f.Photos, func() error { return s.Store.Insert(ctx, SubmissionKind, &sub) })
		}
		r.State = courses.Received
		if !errors.Is(err, problem.ErrExists) {
			return err
		}
		old, err = store.Get[courses.Submission](ctx, s.Store, SubmissionKind, sub.ID)
	}
	if err == nil && (old.Course != sub.Course || old.Text != sub.Text || !slices.Equal(old.Photos, sub.Photos)) {
		return problem.Invalid("id", "id-reused")
	}
	r.State = courses.Duplicate
	return err
}

// mayInsert refuses an id that another fact of the person has, and more submissions than anybody needs.
func (s *School) mayInsert(ctx context.Context, e *courses.Enrolment, id string) error {
	_, err := store.Get[courses.Attempt](ctx, s.Store, AttemptKind, id)
	if errors.Is(err, problem.ErrNotFound) {
		_, err = store.One[courses.Completion](ctx, s.Store, CompletionKind, store.Where(store.Is("client", id)))
	}
	if err == nil {
		return problem.Invalid("id", "id-reused")
	}
	if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	sent, err := s.Store.Count(ctx, SubmissionKind, store.Where(store.Is("enrolment", e.ID)))
	if err == nil && sent[0].N >= courses.MaxSubmissions {
		err = problem.Invalid("text", "practice-often")
	}
	return err
}

// Submissions lists what was sent under an enrolment, the newest last, each with its reviews.
func (s *School) Submissions(ctx context.Context, enrolment string) ([]courses.HandedIn, error) {
	var all []courses.HandedIn
	of := store.Where(store.Is("enrolment", enrolment))
	err := store.Each(ctx, s.Store, SubmissionKind, of, func(sub courses.Submission) error {
		all = append(all, courses.HandedIn{Submission: sub})
		return nil
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	err = store.Each(ctx, s.Store, ReviewKind, of, func(r courses.Review) error {
		if i := slices.IndexFunc(all, func(w courses.HandedIn) bool { return w.ID == r.Submission }); i >= 0 {
			all[i].Reviews = append(all[i].Reviews, r)
		}
		return nil
	})
	return courses.InOrder(all), err
}

// Submission is one with its reviews.
func (s *School) Submission(ctx context.Context, submission string) (courses.HandedIn, error) {
	sub, err := store.Get[courses.Submission](ctx, s.Store, SubmissionKind, submission)
	if err != nil {
		return courses.HandedIn{}, err
	}
	reviews, err := store.All[courses.Review](ctx, s.Store, ReviewKind, store.Where(store.Begins("id", submission+"/")))
	return courses.HandedIn{Submission: sub, Reviews: reviews}, err
}

// TasksOf are how far a person is with the practice tasks they sent something for, by enrolment.
func (s *School) TasksOf(ctx context.Context, person string) (map[string]courses.Task, error) {
	all, err := store.All[courses.Task](ctx, s.Store, TaskKind, store.Where(store.Begins("id", person+"/")))
	if err != nil {
		return nil, err
	}
	tasks := map[string]courses.Task{}
	for _, t := range all {
		tasks[t.ID] = t
	}
	return tasks, nil
}

// Waiting lists the tasks that wait for a review, those that wait longest first.
func (s *School) Waiting(ctx context.Context) ([]courses.Task, error) {
	return store.All[courses.Task](ctx, s.Store, TaskKind, store.Where(store.Is("state", string(courses.TaskWaiting))).By("since"))
}

// refreshTask makes an enrolment's Task anew. Who inserted the newest fact saw them all, so what is made of fewer is
// left behind.
func (s *School) refreshTask(ctx context.Context, enrolment string) error {
	work, err := s.Submissions(ctx, enrolment)
	if err != nil || len(work) == 0 {
		return err
	}
	t := courses.TaskOf(work)
	newer := func(old *courses.Task) error {
		if old.Facts < t.Facts {
			*old = t
		}
		return nil
	}
	_, err = store.Update(ctx, s.Store, TaskKind, t.ID, newer)
	if errors.Is(err, problem.ErrNotFound) {
		if err = s.Store.Insert(ctx, TaskKind, &t); errors.Is(err, problem.ErrExists) {
			_, err = store.Update(ctx, s.Store, TaskKind, t.ID, newer)
		}
	}
	return err
}

// Judgement is what a reviewer hands in.
type Judgement struct {
	ID       string // made by the form: the same judgement sent again changes nothing
	Seen     int    // reviews of the submission that the reviewer had before them
	Findings []courses.Finding
	Comment  string
}

// Review keeps what a reviewer says of a submission, and when the course is complete with it, issues the learner's
// certificate, which is nil before. It may be called again with the same judgement. When somebody else has reviewed the
// submission meanwhile it is ErrExists: the reviewer sees that review before their own counts. What is missing or out
// of range is a Problem.
func (s *School) Review(ctx context.Context, l Learner, submission, reviewer string, j Judgement) (courses.Review, *courses.Certificate, error) {
	w, err := s.Submission(ctx, submission)
	if err != nil {
		return courses.Review{}, nil, err
	}
	e, err := store.Get[courses.Enrolment](ctx, s.Store, EnrolmentKind, w.Enrolment)
	if err != nil {
		return courses.Review{}, nil, err
	}
	r, err := s.keepReview(ctx, l, e, w, reviewer, j)
	if err != nil {
		return courses.Review{}, nil, err
	}
	if err := s.refreshTask(ctx, e.ID); err != nil {
		return r, nil, err
	}
	st, err := s.study(ctx, e)
	if err != nil {
		return r, nil, err
	}
	c, err := s.issue(ctx, l, st)
	return r, c, err
}

func (s *School) keepReview(ctx context.Context, l Learner, e courses.Enrolment, w courses.HandedIn, reviewer string, j Judgement) (courses.Review, error) {
	if reviewer == w.Person {
		return courses.Review{}, problem.Denied("review-own")
	}
	if !courses.SubmissionID.MatchString(j.ID) {
		return courses.Review{}, problem.Invalid("id", "fact-id")
	}
	client := reviewer + "/" + j.ID
	old, err := store.One[courses.Review](ctx, s.Store, ReviewKind, store.Where(store.Is("client", client)))
	if err == nil && old.Submission != w.ID {
		return courses.Review{}, problem.Invalid("id", "id-reused")
	}
	if !errors.Is(err, problem.ErrNotFound) {
		return old, err
	}
	if len(w.Reviews) != j.Seen {
		return courses.Review{}, &problem.Problem{Kind: problem.ErrExists, Code: "review-meanwhile"}
	}
	v, err := s.Version(ctx, w.Version)
	if err != nil {
		return courses.Review{}, err
	}
	r := courses.Review{ID: fmt.Sprintf("%s/%06d", w.ID, len(w.Reviews)+1), Submission: w.ID, Enrolment: w.Enrolment, Reviewer: reviewer, Client: client, Comment: courses.TidyText(j.Comment),
		RecordedAt: store.Time(s.Now())}
	if r.Findings, err = v.Practice.Judge(j.Findings); err != nil {
		return courses.Review{}, err
	}
	r.Passed = r.Points() >= v.Practice.Pass
	if err := r.Check(); err != nil {
		return courses.Review{}, err
	}
	if err := s.mayTakeBack(ctx, l, e, w, r); err != nil {
		return courses.Review{}, err
	}
	err = s.Store.Insert(ctx, ReviewKind, &r)
	if errors.Is(err, problem.ErrExists) {
		if old, err := store.One[courses.Review](ctx, s.Store, ReviewKind, store.Where(store.Is("client", client))); !errors.Is(err, problem.ErrNotFound) {
			return old, err // pressed twice
		}
		return courses.Review{}, &problem.Problem{Kind: problem.ErrExists, Code: "review-meanwhile"}
	}
	return r, err
}

// mayTakeBack refuses a review that would take away what a certificate was issued for: a certificate that is wrong is
// revoked, with its reason. What the reviews before this one have earned is issued first.
func (s *School) mayTakeBack(ctx context.Context, l Learner, e courses.Enrolment, w courses.HandedIn, r courses.Review) error {
	if r.Passed {
		return nil
	}
	st, err := s.study(ctx, e)
	if err != nil {
		return err
	}
	c, err := s.issue(ctx, l, st)
	if err != nil || c == nil || st.Progress.Task == "" {
		return err
	}
	work, err := s.Submissions(ctx, e.ID)
	if err != nil {
		return err
	}
	for i := range work {
		if work[i].ID == w.ID {
			work[i].Reviews = append(work[i].Reviews, r)
		}
	}
	if courses.StateOf(work) != courses.TaskPassed {
		return &problem.Problem{Kind: problem.ErrInvalid, Code: "review-certified"}
	}
	return nil
}

// Tasks compares every Task with the submissions and reviews it stands for, calls each with the enrolment of one that
// differs, puts it right when asked, and gives their number.
func (s *School) Tasks(ctx context.Context, mend bool, each func(enrolment string)) (n int, err error) {
	var enrolments []string
	err = store.Each(ctx, s.Store, SubmissionKind, store.Query{}.By("enrolment"), func(sub courses.Submission) error {
		if n := len(enrolments); n == 0 || enrolments[n-1] != sub.Enrolment {
			enrolments = append(enrolments, sub.Enrolment)
		}
		return nil
	})
	for _, id := range enrolments {
		if err != nil {
			return 0, err
		}
		err = s.compareTask(ctx, id, mend, each)
	}
	return len(enrolments), err
}

func (s *School) compareTask(ctx context.Context, enrolment string, mend bool, each func(enrolment string)) error {
	work, err := s.Submissions(ctx, enrolment)
	if err != nil {
		return err
	}
	there, err := store.Get[courses.Task](ctx, s.Store, TaskKind, enrolment)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	want := courses.TaskOf(work)
	if there.Facts > want.Facts { // facts came between the two readings
		return nil
	}
	if there.Since.Equal(want.Since) {
		there.Since = want.Since
	}
	if err == nil && there == want {
		return nil
	}
	each(enrolment)
	if mend {
		return store.Save(ctx, s.Store, TaskKind, enrolment, want)
	}
	return nil
}
