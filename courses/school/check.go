package school

import (
	"context"
	"errors"
	"fmt"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Flaw is a document that does not agree with the others. The program writes none: one comes of a damaged or edited
// store.
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
	OtherScore   = "has a higher score than its answers come to"
	NoLine       = "is missing from the register"
	NoFile       = "names a file that is not there"
	NoTraining   = "is of a training that is not there"
)

// Check looks at every completion, attempt, submission, review, certificate, training done elsewhere and ruling on one,
// in bounded memory, calls each with what is wrong and progress after every document, and gives their number. A
// certificate needs no paper: that is printed when somebody first asks for it.
func (s *School) Check(ctx context.Context, each func(Flaw), progress func(done, all int)) (int, error) {
	c := checker{School: s, each: each, progress: progress, versions: map[string]*courses.Version{}}
	for _, k := range []*store.Kind{CompletionKind, AttemptKind, SubmissionKind, ReviewKind, CertificateKind, TrainingKind, RulingKind} {
		groups, err := s.Store.Count(ctx, k, store.Query{})
		if err != nil {
			return 0, err
		}
		c.all += groups[0].N
	}
	err := store.Each(ctx, s.Store, CompletionKind, store.Query{}, func(d courses.Completion) error { return c.belongs(ctx, CompletionKind, d.ID, d.Enrolment) })
	if err == nil {
		err = store.Each(ctx, s.Store, AttemptKind, store.Query{}.By("enrolment"), func(d courses.Attempt) error {
			return errors.Join(c.belongs(ctx, AttemptKind, d.ID, d.Enrolment), c.graded(ctx, d))
		})
	}
	if err == nil {
		err = store.Each(ctx, s.Store, SubmissionKind, store.Query{}.By("enrolment"), func(d courses.Submission) error {
			return errors.Join(c.belongs(ctx, SubmissionKind, d.ID, d.Enrolment), c.shown(ctx, d))
		})
	}
	if err == nil {
		err = store.Each(ctx, s.Store, ReviewKind, store.Query{}.By("enrolment"), func(d courses.Review) error {
			return errors.Join(c.belongs(ctx, ReviewKind, d.ID, d.Enrolment), c.sent(ctx, d))
		})
	}
	if err == nil {
		err = store.Each(ctx, s.Store, CertificateKind, store.Query{}.By("register"), func(d courses.Certificate) error {
			c.inLine(CertificateKind, fmt.Sprintf("%s/%d/", d.Issuer.ID, d.Year), d.Number)
			return c.earned(ctx, d)
		})
	}
	if err == nil {
		err = store.Each(ctx, s.Store, TrainingKind, store.Query{}, func(d courses.Training) error { return c.evident(ctx, d) })
	}
	if err == nil {
		err = store.Each(ctx, s.Store, RulingKind, store.Query{}.By("register"), func(d courses.Ruling) error { return c.ruled(ctx, d) })
	}
	return c.done, err
}

// checker is a check under way. Documents of one enrolment follow one another, so that each enrolment is asked for
// once.
type checker struct {
	*School
	each      func(Flaw)
	progress  func(done, all int)
	done, all int
	last      string // enrolment
	there     bool
	versions  map[string]*courses.Version // those that are not there are nil
	book      string                      // of a register: kind, issuer and year
	number    int                         // last line of it
}

func (c *checker) flaw(k *store.Kind, id, what string) { c.each(Flaw{k.Name, id, what}) }

// step counts a document.
func (c *checker) step() {
	c.done++
	c.progress(c.done, c.all)
}

func (c *checker) belongs(ctx context.Context, k *store.Kind, id, enrolment string) error {
	c.step()
	if c.last != enrolment {
		_, err := store.Get[courses.Enrolment](ctx, c.Store, EnrolmentKind, enrolment)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		c.last, c.there = enrolment, err == nil
	}
	if !c.there {
		c.flaw(k, id, NoEnrolment)
	}
	return nil
}

// graded looks whether an attempt's score is not above what its answers come to.
func (c *checker) graded(ctx context.Context, d courses.Attempt) error {
	if d.Version == "" { // old ones do not say whose quiz it was
		return nil
	}
	v, ok := c.versions[d.Version]
	if !ok {
		found, err := store.Get[courses.Version](ctx, c.Store, VersionKind, d.Version)
		if err == nil {
			v = &found
		} else if !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		c.versions[d.Version] = v
	}
	if v == nil {
		c.flaw(AttemptKind, d.ID, NoVersion)
		return nil
	}
	lesson, ok := v.Lesson(d.Lesson)
	quiz := d.Quiz(lesson.Quiz)
	if score, _ := quiz.Grade(d.Answers); !ok || d.Score > score || d.Passed && d.Score < v.PassMark {
		c.flaw(AttemptKind, d.ID, OtherScore)
	}
	return nil
}

// inLine looks whether a book of a register has every line before this one; they come in their order, reissues behind
// what they replace.
func (c *checker) inLine(k *store.Kind, book string, number int) {
	if c.book != k.Name+book {
		c.book, c.number = k.Name+book, 0
	}
	for n := c.number + 1; n < number && n <= c.number+mostLines; n++ {
		c.flaw(k, fmt.Sprintf("%s%06d", book, n), NoLine)
	}
	c.number = number
}

// mostLines is how many missing lines in a row are named: a damaged number is not a million of them.
const mostLines = 1000

// holds looks whether a file that a fact names is there.
func (c *checker) holds(ctx context.Context, k *store.Kind, id, name, what string) error {
	_, err := c.Store.Blob(ctx, name)
	if errors.Is(err, problem.ErrNotFound) {
		c.flaw(k, id, what)
		return nil
	}
	return err
}

// shown looks whether a submission's photos are there.
func (c *checker) shown(ctx context.Context, d courses.Submission) (err error) {
	for _, name := range d.Photos {
		err = errors.Join(err, c.holds(ctx, SubmissionKind, d.ID, name, NoPhoto))
	}
	return err
}

// evident looks whether the files that show a training are there.
func (c *checker) evident(ctx context.Context, d courses.Training) (err error) {
	c.step()
	for _, e := range d.Evidence {
		err = errors.Join(err, c.holds(ctx, TrainingKind, d.ID, e.Name, NoFile))
	}
	return err
}

// ruled looks whether a ruling has its training, and its line in the row of numbers.
func (c *checker) ruled(ctx context.Context, d courses.Ruling) error {
	c.step()
	if d.Accepted {
		c.inLine(RulingKind, trainingBook(d.Province, d.Year), d.Number)
	}
	_, err := store.Get[courses.Training](ctx, c.Store, TrainingKind, d.ID)
	if errors.Is(err, problem.ErrNotFound) {
		c.flaw(RulingKind, d.ID, NoTraining)
		return nil
	}
	return err
}

// sent looks whether a review's submission is there.
func (c *checker) sent(ctx context.Context, d courses.Review) error {
	_, err := store.Get[courses.Submission](ctx, c.Store, SubmissionKind, d.Submission)
	if errors.Is(err, problem.ErrNotFound) {
		c.flaw(ReviewKind, d.ID, NoSubmission)
		return nil
	}
	return err
}

// earned looks whether the facts of a certificate's enrolment complete the course.
func (c *checker) earned(ctx context.Context, d courses.Certificate) error {
	c.step()
	e, err := store.Get[courses.Enrolment](ctx, c.Store, EnrolmentKind, d.Enrolment)
	if errors.Is(err, problem.ErrNotFound) {
		if c.Erased != nil {
			if erased, err := c.Erased(ctx, d.Person); err != nil || erased {
				return err
			}
		}
		c.flaw(CertificateKind, d.ID, NoEnrolment)
		return nil
	}
	if err != nil {
		return err
	}
	st, err := c.study(ctx, e)
	switch {
	case errors.Is(err, problem.ErrNotFound):
		c.flaw(CertificateKind, d.ID, NoVersion)
		return nil
	case err == nil && !st.Progress.Complete():
		c.flaw(CertificateKind, d.ID, LessonsOpen)
	}
	return err
}
