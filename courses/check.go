package courses

import (
	"context"
	"errors"

	"lopban/courses/store"
)

// Flaw is a document that does not agree with the others. The program writes none: one comes of a damaged or edited store.
type Flaw struct {
	Kind string // of the document
	ID   string
	What string
}

// What a Flaw says.
const (
	NoEnrolment  = "belongs to no enrolment"
	NoVersion    = "is of a version that is not there"
	LessonsOpen  = "stands for a course with lessons that are not done"
	NoSubmission = "is of a submission that is not there"
	NoPhoto      = "names a photo that is not there"
)

// Check looks at every completion, attempt, submission, review and certificate, in bounded memory, calls each with what is wrong and progress after every document, and gives their number. A certificate needs no paper: that is printed when
// somebody first asks for it.
func (s *School) Check(ctx context.Context, each func(Flaw), progress func(done, all int)) (int, error) {
	c := checker{School: s, each: each, progress: progress}
	for _, k := range []*store.Kind{CompletionKind, AttemptKind, SubmissionKind, ReviewKind, CertificateKind} {
		groups, err := s.Store.Count(ctx, k, store.Query{})
		if err != nil {
			return 0, err
		}
		c.all += groups[0].N
	}
	err := store.Each(ctx, s.Store, CompletionKind, store.Query{}, func(d Completion) error { return c.belongs(ctx, CompletionKind, d.ID, d.Enrolment) })
	if err == nil {
		err = store.Each(ctx, s.Store, AttemptKind, store.Query{}.By("enrolment"), func(d Attempt) error { return c.belongs(ctx, AttemptKind, d.ID, d.Enrolment) })
	}
	if err == nil {
		err = store.Each(ctx, s.Store, SubmissionKind, store.Query{}.By("enrolment"), func(d Submission) error {
			return errors.Join(c.belongs(ctx, SubmissionKind, d.ID, d.Enrolment), c.shown(ctx, d))
		})
	}
	if err == nil {
		err = store.Each(ctx, s.Store, ReviewKind, store.Query{}.By("enrolment"), func(d Review) error {
			return errors.Join(c.belongs(ctx, ReviewKind, d.ID, d.Enrolment), c.sent(ctx, d))
		})
	}
	if err == nil {
		err = store.Each(ctx, s.Store, CertificateKind, store.Query{}, func(d Certificate) error { return c.earned(ctx, d) })
	}
	return c.done, err
}

// checker is a check under way. Documents of one enrolment follow one another, so that each enrolment is asked for once.
type checker struct {
	*School
	each      func(Flaw)
	progress  func(done, all int)
	done, all int
	last      string // enrolment
	there     bool
}

func (c *checker) flaw(k *store.Kind, id, what string) { c.each(Flaw{k.Name, id, what}) }

func (c *checker) belongs(ctx context.Context, k *store.Kind, id, enrolment string) error {
	c.done++
	c.progress(c.done, c.all)
	if c.last != enrolment {
		_, err := store.Get[Enrolment](ctx, c.Store, EnrolmentKind, enrolment)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		c.last, c.there = enrolment, err == nil
	}
	if !c.there {
		c.flaw(k, id, NoEnrolment)
	}
	return nil
}

// shown looks whether a submission's photos are there.
func (c *checker) shown(ctx context.Context, d Submission) error {
	for _, name := range d.Photos {
		if _, err := c.Store.Blob(ctx, name); errors.Is(err, store.ErrNotFound) {
			c.flaw(SubmissionKind, d.ID, NoPhoto)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// sent looks whether a review's submission is there.
func (c *checker) sent(ctx context.Context, d Review) error {
	_, err := store.Get[Submission](ctx, c.Store, SubmissionKind, d.Submission)
	if errors.Is(err, store.ErrNotFound) {
		c.flaw(ReviewKind, d.ID, NoSubmission)
		return nil
	}
	return err
}

// earned looks whether the facts of a certificate's enrolment complete the course.
func (c *checker) earned(ctx context.Context, d Certificate) error {
	c.done++
	c.progress(c.done, c.all)
	e, err := store.Get[Enrolment](ctx, c.Store, EnrolmentKind, d.Enrolment)
	if errors.Is(err, store.ErrNotFound) {
		c.flaw(CertificateKind, d.ID, NoEnrolment)
		return nil
	}
	if err != nil {
		return err
	}
	st, err := c.study(ctx, e)
	switch {
	case errors.Is(err, store.ErrNotFound):
		c.flaw(CertificateKind, d.ID, NoVersion)
		return nil
	case err == nil && !st.Progress.Complete():
		c.flaw(CertificateKind, d.ID, LessonsOpen)
	}
	return err
}
