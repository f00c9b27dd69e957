package programme

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
)

// EnterTraining keeps that a person was trained elsewhere, on the word of themselves or of the staff of their province,
// with the files that show it. It counts once a second person accepts it.
func (s *Programme) EnterTraining(ctx context.Context, a roster.Account, person string, t courses.Training, files [][]byte) (courses.Training, error) {
	p, err := s.Roll.Kept(ctx, person)
	if err != nil {
		return t, err
	}
	if !roster.MayEnterTraining(a, p) {
		return t, problem.Denied("denied")
	}
	if len(files) > courses.MaxEvidence {
		return t, problem.Invalid("evidence", "training-files", courses.MaxEvidence)
	}
	if err := s.Quotas.ForPhotos(ctx, p.ID); err != nil {
		return t, err
	}
	var kept []courses.Picture
	for _, data := range files {
		f, err := s.School.ReadEvidence(data)
		if err != nil {
			return t, err
		}
		kept = append(kept, f)
	}
	t.By = a.ID
	return s.enterTraining(ctx, p, t, kept)
}

// enterTraining keeps a training of a person, with the place where they worked on its day.
func (s *Programme) enterTraining(ctx context.Context, p roster.Person, t courses.Training, files []courses.Picture) (courses.Training, error) {
	for field, text := range map[string]*string{"title": &t.Title, "organiser": &t.Organiser, "paper": &t.Paper} {
		var err error
		if *text, err = roster.Printed(field, *text); err != nil {
			return t, err
		}
	}
	holder, err := s.holderOn(ctx, p, t.On)
	if err != nil {
		return t, err
	}
	t.Person, t.Province, t.Holder = p.ID, cmp.Or(p.Province, holder.Province), holder
	return s.School.EnterTraining(ctx, t, files)
}

// holderOn is a person as a paper of a day would name them: at the post that they held then, or where they held none,
// at the one of today.
func (s *Programme) holderOn(ctx context.Context, p roster.Person, day time.Time) (courses.Holder, error) {
	h, _, err := s.paperOf(ctx, p.ID)
	if err != nil {
		return h, err
	}
	facts, err := s.Roll.Facts(ctx, p.ID)
	if err != nil {
		return h, err
	}
	held, active := s.Places.Held(p.Live(facts.Postings), day, time.Time{})
	if active && (held.Commune != p.Commune || held.Library != p.Library) {
		h.Library, h.Commune, h.Province, h.Programme = held.Library, held.Commune, held.Province, held.Programme
		if c, ok := s.Places.Ever(held.Commune); ok {
			h.Place = c.Title()
		}
	}
	return h, nil
}

// RuleTraining accepts a training, or declines it with a reason, brings the board in line and tells it, once. Who
// entered it may only decline it: that takes it back. Of what somebody else ruled before it gives their ruling.
func (s *Programme) RuleTraining(ctx context.Context, a roster.Account, id string, accept bool, reason string) (courses.Ruling, error) {
	t, err := s.School.Training(ctx, id)
	if err != nil {
		return courses.Ruling{}, err
	}
	r, err := s.ruleTraining(ctx, a, t, accept, reason)
	if err != nil || r.By != a.ID {
		return r, err
	}
	act := "training.decline"
	if r.Accepted {
		act = "training.accept"
	}
	return r, s.tellTraining(ctx, act, a, t.Training, r.Reason)
}

// tellTraining keeps that somebody did something with a training: pressed again it is told once.
func (s *Programme) tellTraining(ctx context.Context, act string, a roster.Account, t courses.Training, reason string) error {
	return s.Tell(ctx, AuditEntry{ID: act + "/" + t.ID, By: a.ID, Action: act, Subject: t.Person, Province: t.Province,
		Note: strings.TrimSuffix(t.Title+": "+reason, ": ")})
}

func (s *Programme) ruleTraining(ctx context.Context, a roster.Account, t school.Trained, accept bool, reason string) (courses.Ruling, error) {
	id := t.ID
	mine, err := s.School.IsOneOf(ctx, a.ID, t.By)
	if err != nil {
		return courses.Ruling{}, err
	}
	if !accept && mine && roster.MayLearn(a) {
		return s.School.DeclineTraining(ctx, id, a.ID, cmp.Or(roster.Clean(reason), s.Languages.In("vi").T("training.taken-back")))
	}
	if !roster.MayRuleTraining(a, t.Province) {
		return courses.Ruling{}, problem.Denied("denied")
	}
	if !accept {
		return s.School.DeclineTraining(ctx, id, a.ID, roster.Clean(reason))
	}
	r, err := s.School.Accept(ctx, id, a.ID)
	if err != nil {
		return r, err
	}
	return r, s.Board.RefreshStanding(ctx, t.Person)
}

// WithdrawTraining says that an accepted training counts no more, brings the board in line and tells it, once.
func (s *Programme) WithdrawTraining(ctx context.Context, a roster.Account, id, reason string) error {
	t, err := s.School.Training(ctx, id)
	if err != nil {
		return err
	}
	if !roster.MayRuleTraining(a, t.Province) {
		return problem.Denied("denied")
	}
	if err := s.School.WithdrawTraining(ctx, id, a.ID, roster.Clean(reason)); err != nil {
		return err
	}
	if err := s.Board.RefreshStanding(ctx, t.Person); err != nil {
		return err
	}
	if t, err = s.School.Training(ctx, id); err != nil || t.Revocation.By != a.ID { // somebody else was first
		return err
	}
	return s.tellTraining(ctx, "training.withdraw", a, t.Training, t.Revocation.Reason)
}

// TrainingList is a list of who was trained elsewhere, on its way: looked at, or entered. Its rows name people; it is
// removed after a day.
type TrainingList struct {
	ID        string           `json:"id"` // UUIDv7
	Province  string           `json:"province"`
	By        string           `json:"by"`
	CreatedAt time.Time        `json:"createdAt"`
	Common    courses.Training `json:"common"` // what counts for rows that say nothing else
	Files     []string         `json:"files"`  // blobs of what shows it, see courses.Evidence
	Bytes     []int            `json:"bytes"`
	Packed    []byte           `json:"packed"`  // the intake.Import, JSON, packed
	Entered   int              `json:"entered"` // trainings that it brought, not counting those that were there
	Done      bool             `json:"done"`
	Refused   []RefusedRow     `json:"refused,omitempty"`
}

// RefusedRow is a row of a TrainingList that was ready and could not be entered. Its Ref holds dots, which no key of
// a document may.
type RefusedRow struct {
	Ref     string            `json:"ref"` // as intake.ImportRow.Ref has it
	Problem intake.RowProblem `json:"problem"`
}

var TrainingListKind = &store.Kind{Name: "traininglist", Schema: 1, Order: 100, Doc: TrainingList{}, Indexes: [][]string{{"createdAt"}}}

// TrainingRows are how many rows a list may have: one evidence shows them all, and a person has to look at each.
const TrainingRows = 1000

// Rows are the rows of a list with what they mean, and say together with what is common to all.
func (l TrainingList) Rows() (*intake.Import, []intake.TrainingRow, error) {
	im := new(intake.Import)
	from, err := unpack(l.Packed)
	if err == nil {
		err = from.Decode(im)
	}
	if err != nil {
		return nil, nil, err
	}
	var rows []intake.TrainingRow
	for i := range im.Rows {
		row := im.Training(&im.Rows[i])
		row.Strand, row.Title = cmp.Or(row.Strand, string(l.Common.Strand)), cmp.Or(row.Title, l.Common.Title)
		row.Organiser, row.Periods = cmp.Or(row.Organiser, l.Common.Organiser), cmp.Or(row.Periods, l.Common.Periods)
		if row.On.IsZero() {
			row.On = l.Common.On
		}
		rows = append(rows, row)
	}
	return im, rows, nil
}

// ReadTrainingList reads a spreadsheet of who was trained elsewhere and keeps what it means, to be looked at. common is
// what counts for rows that say nothing else; one evidence shows them all.
func (s *Programme) ReadTrainingList(ctx context.Context, a roster.Account, province string, file io.Reader, name string,
	common courses.Training, evidence [][]byte) (TrainingList, error) {
	if !roster.MayEditRoster(a, province) {
		return TrainingList{}, problem.Denied("denied")
	}
	limits := UploadLimits
	limits.Rows = TrainingRows
	book, err := s.Trainings.Read(file, name, limits)
	if err != nil {
		return TrainingList{}, err
	}
	im, err := s.Trainings.Trainings(ctx, s.Roll, province, book, intake.Choices{}, limits)
	if err != nil {
		return TrainingList{}, err
	}
	if len(evidence) == 0 {
		return TrainingList{}, problem.Invalid("evidence", "training-evidence")
	}
	l := TrainingList{ID: uuid.Must(uuid.NewV7()).String(), Province: province, By: a.ID, CreatedAt: store.Time(s.Now()), Common: common}
	if l.Packed, err = pack(im); err != nil {
		return l, err
	}
	return l, s.keepList(ctx, l, evidence)
}

// keepList keeps a list and the files that show it.
func (s *Programme) keepList(ctx context.Context, l TrainingList, evidence [][]byte) error {
	write := func() error { return s.Store.Insert(ctx, TrainingListKind, &l) }
	for _, data := range evidence[:min(len(evidence), courses.MaxEvidence)] {
		f, err := s.School.ReadEvidence(data)
		if err != nil {
			return err
		}
		l.Files, l.Bytes = append(l.Files, f.Name), append(l.Bytes, len(f.Data))
		next := write
		write = func() error { return store.KeepBlob(ctx, s.Store, f.Name, f.Data, next) }
	}
	return write()
}

// TrainingListOf is a list that somebody may go on with.
func (s *Programme) TrainingListOf(ctx context.Context, a roster.Account, id string) (TrainingList, error) {
	l, err := store.Get[TrainingList](ctx, s.Store, TrainingListKind, id)
	if err == nil && !roster.MayEditRoster(a, l.Province) {
		err = store.NotFound(TrainingListKind, id)
	}
	return l, err
}

// AnswerTrainingList takes answers to who rows mean, by their number as intake.ImportRow.Ref has it.
func (s *Programme) AnswerTrainingList(ctx context.Context, l TrainingList, answers map[string]string) error {
	im, _, err := l.Rows()
	if err != nil {
		return err
	}
	chosen := intake.Choices{ID: im.ID, Answers: im.Answers, Part: true}
	for ref, answer := range answers {
		if !chosen.Answer(im, ref, answer) {
			return problem.Invalid("answer", "answer.unknown", ref)
		}
	}
	again, err := im.Again(ctx, s.Roll, chosen)
	if err != nil {
		return err
	}
	packed, err := pack(again)
	if err != nil {
		return err
	}
	_, err = store.Update(ctx, s.Store, TrainingListKind, l.ID, func(l *TrainingList) error {
		l.Packed, l.Done = packed, false // who is answered now is still to be entered
		return nil
	})
	return err
}

// EnterTrainingList enters the trainings of a list's rows that are certain, and gives the list with how many it
// brought, and the rows that could not be entered. It may be repeated.
func (s *Programme) EnterTrainingList(ctx context.Context, a roster.Account, l TrainingList) (TrainingList, error) {
	_, rows, err := l.Rows()
	if err != nil {
		return l, err
	}
	var files []courses.Picture
	for _, name := range l.Files {
		data, err := s.Store.Blob(ctx, name)
		if err != nil {
			return l, err
		}
		files = append(files, courses.Picture{Name: name, Data: data})
	}
	var refused []RefusedRow
	for _, row := range rows {
		t := ListedTraining(row, l.ID, a.ID)
		if row.Verdict != intake.Same || t.Check(roster.Day(s.Now()), len(files)) != nil {
			continue
		}
		err := s.enterRow(ctx, a, t, files)
		if wrong := (*problem.Problem)(nil); errors.As(err, &wrong) && !errors.Is(err, problem.ErrUnavailable) {
			refused = append(refused, RefusedRow{row.Ref(), inRow(wrong)})
		} else if err != nil {
			return l, err
		}
	}
	brought, err := s.Store.Count(ctx, school.TrainingKind, store.Where(store.Is("list", l.ID)))
	if err != nil {
		return l, err
	}
	return store.Update(ctx, s.Store, TrainingListKind, l.ID, func(l *TrainingList) error {
		l.Done, l.Entered, l.Refused = true, brought[0].N, refused
		return nil
	})
}

// enterRow enters the training of a row, when whoever enters it still may: people leave a province.
func (s *Programme) enterRow(ctx context.Context, a roster.Account, t courses.Training, files []courses.Picture) error {
	p, err := s.Roll.Kept(ctx, t.Person)
	if errors.Is(err, problem.ErrNotFound) || err == nil && !roster.MayEnterTraining(a, p) {
		return problem.Invalid("", "training-away")
	}
	if err == nil {
		_, err = s.enterTraining(ctx, p, t, files)
	}
	return err
}

func inRow(p *problem.Problem) intake.RowProblem {
	said := intake.RowProblem{Code: p.Code, Field: intake.Field(p.Field)}
	for _, arg := range p.Args {
		said.Args = append(said.Args, fmt.Sprint(arg))
	}
	return said
}

// ListedTraining is what a row of a list says.
func ListedTraining(row intake.TrainingRow, list, by string) courses.Training {
	return courses.Training{Person: row.Person, Strand: courses.Strand(row.Strand), Title: row.Title, Organiser: row.Organiser, Paper: row.Paper,
		Periods: row.Periods, On: row.On, List: list, By: by}
}

// AcceptTrainingList accepts every training of a list that waits, on the word of a second person, and gives how many of
// it they accepted, now and before.
func (s *Programme) AcceptTrainingList(ctx context.Context, a roster.Account, list string) (n int, err error) {
	all, err := store.All[courses.Training](ctx, s.Store, school.TrainingKind, store.Where(store.Is("list", list)))
	if err != nil {
		return 0, err
	}
	for _, t := range all {
		one, err := s.School.Training(ctx, t.ID)
		if err != nil {
			return n, err
		}
		own, err := s.School.IsOneOf(ctx, a.ID, t.Person)
		if err != nil {
			return n, err
		}
		r := one.Ruling
		if r == nil && !own {
			given, err := s.ruleTraining(ctx, a, one, true, "")
			if err != nil {
				return n, err
			}
			r = &given
		}
		if r != nil && r.Accepted && r.By == a.ID {
			n++
		}
	}
	return n, nil
}

// SweepTrainingLists removes lists that are a day old: what was entered of them is kept as facts.
func (s *Programme) SweepTrainingLists(ctx context.Context) error {
	old, err := store.All[TrainingList](ctx, s.Store, TrainingListKind, store.Where(store.Less("createdAt", store.Time(s.Now().Add(-24*time.Hour)))).By("createdAt"))
	for _, l := range old {
		if err == nil {
			err = s.Store.Delete(ctx, TrainingListKind, l.ID)
		}
	}
	return err
}
