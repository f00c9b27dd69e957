package school

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// The kinds of documents about training done elsewhere.
var (
	TrainingKind = &store.Kind{Name: "training", Schema: 1, Order: 210, Fact: true, Person: "person", Doc: courses.Training{},
		Indexes: [][]string{{"person"}, {"province", "recordedAt"}, {"list"}}}

	RulingKind = &store.Kind{Name: "ruling", Schema: 1, Order: 200, Fact: true, Person: "person", Doc: courses.Ruling{}, Unique: []string{"register"},
		Indexes: [][]string{{"person"}, {"province", "at"}, {"at"}}}
)

// Trained is a training done elsewhere, and what became of it.
type Trained struct {
	courses.Training
	Ruling     *courses.Ruling     // nil while it waits
	Revocation *courses.Revocation // nil where it was not withdrawn
}

// TrainingState is what became of a training done elsewhere.
type TrainingState string

const (
	TrainingWaits     TrainingState = "waits"
	TrainingAccepted  TrainingState = "accepted"
	TrainingDeclined  TrainingState = "declined"
	TrainingWithdrawn TrainingState = "withdrawn"
)

// State says what became of it.
func (t Trained) State() TrainingState {
	switch {
	case t.Ruling == nil:
		return TrainingWaits
	case !t.Ruling.Accepted:
		return TrainingDeclined
	case t.Revocation != nil:
		return TrainingWithdrawn
	}
	return TrainingAccepted
}

// ReadEvidence is courses.ReadEvidence, one file at a time: a large photo takes a hundred megabytes.
func (s *School) ReadEvidence(data []byte) (courses.Picture, error) {
	s.photos.Lock()
	defer s.photos.Unlock()
	return courses.ReadEvidence(data)
}

// EnterTraining keeps the fact that somebody says a person was trained elsewhere, with what shows it. Saying the same
// again changes nothing, and gives back what there is; saying something else of the same day, strand and course is
// ErrExists. What was declined or withdrawn is said anew, but not by the list that it came with.
func (s *School) EnterTraining(ctx context.Context, t courses.Training, files []courses.Picture) (courses.Training, error) {
	t.Tidy()
	t.RecordedAt, t.On = store.Time(s.Now()), store.Time(t.On)
	t.Evidence = nil
	for _, f := range files {
		if !slices.ContainsFunc(t.Evidence, func(e courses.Evidence) bool { return e.Name == f.Name }) {
			t.Evidence = append(t.Evidence, courses.Evidence{Name: f.Name, Bytes: len(f.Data)})
		}
	}
	if err := t.Check(today(s.Now()), len(t.Evidence)); err != nil {
		return t, err
	}
	said, err := s.TrainingsOf(ctx, t.Person)
	if err != nil {
		return t, err
	}
	if old, err := entered(said, t); old != nil || err != nil {
		return *cmp.Or(old, &t), err
	}
	if len(said) >= courses.MaxTrainings {
		return t, problem.Invalid("", "training-many", courses.MaxTrainings)
	}
	size := 0
	for _, f := range files {
		size += len(f.Data)
	}
	turn := 0
	for _, old := range said {
		if old.List == "" {
			for _, e := range old.Evidence {
				size += e.Bytes
			}
		}
		if same(old.Training, t) {
			turn++
		}
	}
	if t.List == "" && size > courses.MaxPhotoBytes {
		return t, problem.Invalid("evidence", "photo-room", courses.MaxPhotoBytes>>20)
	}
	t.ID = trainingID(t, turn)
	err = s.keepPhotos(ctx, files, func() error { return s.Store.Insert(ctx, TrainingKind, &t) })
	if errors.Is(err, problem.ErrExists) { // said twice at once
		if said, err = s.TrainingsOf(ctx, t.Person); err != nil {
			return t, err
		}
		if old, err := entered(said, t); old != nil || err != nil {
			return *cmp.Or(old, &t), err
		}
	}
	return t, err
}

// entered is what there is of a training already, nil where it is to be entered: all the same, or what its list
// brought. A problem says why it can be neither.
func entered(said []Trained, t courses.Training) (*courses.Training, error) {
	var there *Trained
	for i, old := range said {
		if !same(old.Training, t) {
			continue
		}
		state := old.State()
		switch counts := state == TrainingWaits || state == TrainingAccepted; {
		case t.List != "" && old.List == t.List && counts:
			return &old.Training, nil
		case t.List != "" && old.List == t.List && state == TrainingDeclined:
			return nil, problem.Invalid("", "training-row-declined", old.Ruling.Reason)
		case t.List != "" && old.List == t.List:
			return nil, problem.Invalid("", "training-row-withdrawn", old.Revocation.Reason)
		case counts:
			there = &said[i]
		}
	}
	switch {
	case there == nil:
		return nil, nil
	case alike(there.Training, t):
		return &there.Training, nil
	case there.State() == TrainingWaits:
		return nil, &problem.Problem{Kind: problem.ErrExists, Code: "training-there-waits"}
	}
	return nil, &problem.Problem{Kind: problem.ErrExists, Code: "training-there"}
}

// today is the date in Việt Nam, midnight UTC.
func today(now time.Time) time.Time {
	y, m, d := now.In(courses.Vietnam).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// same says whether two trainings are the same course on the same day.
func same(a, b courses.Training) bool {
	return a.Strand == b.Strand && a.On.Equal(b.On) && strings.EqualFold(a.Title, b.Title)
}

// alike says whether two trainings that are the same say the same of it, and are shown by the same files.
func alike(a, b courses.Training) bool {
	files := func(t courses.Training) (names []string) {
		for _, e := range t.Evidence {
			names = append(names, e.Name)
		}
		slices.Sort(names)
		return names
	}
	return a.Organiser == b.Organiser && a.Paper == b.Paper && a.Periods == b.Periods && slices.Equal(files(a), files(b))
}

func trainingID(t courses.Training, turn int) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(t.Strand), t.On.Format(time.DateOnly),
		strings.ToLower(t.Title), strconv.Itoa(turn)}, "\n")))
	return t.Person + "/x-" + hex.EncodeToString(sum[:10])
}

// Accept says, on the word of a second person, that a training counts, and gives it the next line of the province's own
// row of numbers. Accepting what was accepted changes nothing.
func (s *School) Accept(ctx context.Context, id, by string) (courses.Ruling, error) {
	return s.rule(ctx, id, by, true, "")
}

// DeclineTraining says with a reason that a training does not count. Who entered it may do so too: that takes it back.
func (s *School) DeclineTraining(ctx context.Context, id, by, reason string) (courses.Ruling, error) {
	reason = courses.TidyText(reason)
	if reason == "" {
		return courses.Ruling{}, problem.Invalid("reason", "training-reason")
	}
	if utf8.RuneCountInString(reason) > maxNote {
		return courses.Ruling{}, problem.Invalid("reason", "text.long", maxNote)
	}
	return s.rule(ctx, id, by, false, reason)
}

// rule inserts the ruling. Of two that come at once one is kept, and whoever wanted the other is told.
func (s *School) rule(ctx context.Context, id, by string, accept bool, reason string) (courses.Ruling, error) {
	t, err := store.Get[courses.Training](ctx, s.Store, TrainingKind, id)
	if err != nil {
		return courses.Ruling{}, err
	}
	own, err := s.IsOneOf(ctx, by, t.By, t.Person)
	if err == nil && accept && own {
		err = problem.Denied("training-own")
	}
	if err != nil {
		return courses.Ruling{}, err
	}
	r := courses.Ruling{ID: id, Accepted: accept, Reason: reason, Person: t.Person, Province: t.Province,
		Programme: t.Holder.Programme, Strand: t.Strand, On: t.On, By: by, At: store.Time(s.Now()), Register: "declined/" + id}
	for try := 0; ; try++ {
		if accept {
			if err := nextLine(ctx, s.Store, &r); err != nil {
				return r, err
			}
		}
		err := s.Store.Insert(ctx, RulingKind, &r)
		if !errors.Is(err, problem.ErrExists) {
			return r, err
		}
		there, err := store.Get[courses.Ruling](ctx, s.Store, RulingKind, id)
		if err == nil && there.Accepted != accept {
			return there, &problem.Problem{Kind: problem.ErrExists, Code: "training-ruled"}
		}
		if err == nil && accept {
			return there, notWithdrawn(ctx, s.Store, id)
		}
		if !errors.Is(err, problem.ErrNotFound) {
			return there, err
		}
		if err := store.GiveWay(ctx, try); err != nil { // somebody took the number
			return r, err
		}
	}
}

// notWithdrawn is a problem when what was accepted counts no more: it is entered anew, and not accepted twice.
func notWithdrawn(ctx context.Context, st store.Store, id string) error {
	_, err := store.Get[courses.Revocation](ctx, st, RevocationKind, id)
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return &problem.Problem{Kind: problem.ErrExists, Code: "training-withdrawn"}
}

// trainingBook begins the lines of accepted trainings of a province and year.
func trainingBook(province string, year int) string {
	return fmt.Sprintf("%s/%d/", cmp.Or(province, "-"), year)
}

// nextLine gives an accepted training the line after the last of its province and year.
func nextLine(ctx context.Context, st store.Store, r *courses.Ruling) error {
	r.Year = r.At.In(courses.Vietnam).Year()
	book := trainingBook(r.Province, r.Year)
	last, err := store.One[courses.Ruling](ctx, st, RulingKind, store.Where(store.Begins("register", book)).By("-register"))
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	r.Number = last.Number + 1
	r.Register = fmt.Sprintf("%s%06d", book, r.Number)
	if last.At.After(r.At) { // the clock was put back
		r.At = last.At
	}
	return nil
}

// WithdrawTraining says that an accepted training counts no more from now on. Doing so again changes nothing.
func (s *School) WithdrawTraining(ctx context.Context, id, by, reason string) error {
	reason = courses.TidyText(reason)
	if reason == "" {
		return problem.Invalid("reason", "training-reason")
	}
	if utf8.RuneCountInString(reason) > maxNote {
		return problem.Invalid("reason", "text.long", maxNote)
	}
	t, err := s.Training(ctx, id)
	own := false
	if err == nil {
		own, err = s.IsOneOf(ctx, by, t.Person)
	}
	switch {
	case err != nil:
		return err
	case own:
		return problem.Denied("training-own")
	case t.State() == TrainingWithdrawn:
		return nil
	case t.State() != TrainingAccepted:
		return problem.Invalid("", "training-not-accepted")
	}
	err = s.Store.Insert(ctx, RevocationKind, &courses.Revocation{ID: id, Cause: courses.OtherCause, Reason: reason, By: by, At: store.Time(s.Now())})
	if errors.Is(err, problem.ErrExists) {
		err = nil
	}
	return err
}

// Training is one training done elsewhere.
func (s *School) Training(ctx context.Context, id string) (Trained, error) {
	t, err := store.Get[courses.Training](ctx, s.Store, TrainingKind, id)
	if err != nil {
		return Trained{}, err
	}
	all, err := s.ruled(ctx, []courses.Training{t}, store.Where(store.Is("id", id)))
	if err != nil {
		return Trained{}, err
	}
	return all[0], nil
}

// TrainingsOf lists the trainings that were entered for a person under any of their entries, the oldest day first.
func (s *School) TrainingsOf(ctx context.Context, person string) ([]Trained, error) {
	ids, err := s.entries(ctx, person)
	if err != nil {
		return nil, err
	}
	var all []Trained
	for _, id := range ids {
		own, err := store.All[courses.Training](ctx, s.Store, TrainingKind, store.Where(store.Is("person", id)))
		if err != nil {
			return nil, err
		}
		ruled, err := s.ruled(ctx, own, store.Where(store.Is("person", id)))
		if err != nil {
			return nil, err
		}
		all = append(all, ruled...)
	}
	slices.SortStableFunc(all, func(a, b Trained) int { return cmp.Or(a.On.Compare(b.On), strings.Compare(a.ID, b.ID)) })
	return all, nil
}

// Trainings lists the trainings entered in a province, the newest first.
func (s *School) Trainings(ctx context.Context, province string) ([]Trained, error) {
	all, err := store.All[courses.Training](ctx, s.Store, TrainingKind, store.Where(store.Is("province", province)).By("-recordedAt"))
	if err != nil {
		return nil, err
	}
	return s.ruled(ctx, all, store.Where(store.Is("province", province)).By("at"))
}

// TrainingsWaiting is how many trainings of a province wait for a second person: each has one ruling at most.
func TrainingsWaiting(ctx context.Context, st store.Store, province string) (int, error) {
	n := 0
	for kind, sign := range map[*store.Kind]int{TrainingKind: 1, RulingKind: -1} {
		groups, err := st.Count(ctx, kind, store.Where(store.Is("province", province)))
		if err != nil {
			return 0, err
		}
		n += sign * groups[0].N
	}
	return n, nil
}

// ruled puts rulings, which the query finds, and revocations to trainings.
func (s *School) ruled(ctx context.Context, all []courses.Training, q store.Query) ([]Trained, error) {
	if len(all) == 0 {
		return nil, nil
	}
	rulings := map[string]*courses.Ruling{}
	err := store.Each(ctx, s.Store, RulingKind, q, func(r courses.Ruling) error { rulings[r.ID] = &r; return nil })
	if err != nil {
		return nil, err
	}
	withdrawn, err := withdrawn(ctx, s.Store, rulings)
	if err != nil {
		return nil, err
	}
	var trained []Trained
	for _, t := range all {
		trained = append(trained, Trained{Training: t, Ruling: rulings[t.ID], Revocation: withdrawn[t.ID]})
	}
	return trained, nil
}

// withdrawn are the revocations since the first of the rulings: there are few, of certificates too.
func withdrawn(ctx context.Context, st store.Store, rulings map[string]*courses.Ruling) (map[string]*courses.Revocation, error) {
	first := courses.Forever
	for _, r := range rulings {
		if r.Accepted {
			first = earlier(first, r.At)
		}
	}
	if first.Equal(courses.Forever) {
		return nil, nil
	}
	all := map[string]*courses.Revocation{}
	q := store.Where(store.AtLeast("at", first)).By("at")
	return all, store.Each(ctx, st, RevocationKind, q, func(r courses.Revocation) error { all[r.ID] = &r; return nil })
}
