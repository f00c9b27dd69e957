package server

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/help"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
	"lopban/courses/words"
	"lopban/server/learn"
	"lopban/server/page"
)

type homePage struct {
	page.Frame
	Desk         []deskCard          // of those who do more than learn
	Learning     bool                // there is something for a learner to see
	Strands      []learn.StrandCards // every course
	Next         *nextCard           // the one step to take, nil for none
	Begun        []nextCard          // other studies that were begun, the latest first
	Standing     []strandStand       // of a person of the roster, by strand of the programme
	Trained      bool                // and counted so
	Missing      []strandStand       // of Standing, those in which a certificate is missing
	AllDone      bool                // every course that is offered is complete
	Certificates []school.Entry
	Commented    []*courses.Version // whose practice task the visitor should do again
	Praised      []praise           // practice tasks that passed lately
	Lapsed       []school.Study     // whose certificate is good no more, or not for long: it can be earned again
	Asked        []school.Waiting   // about the register, that wait for the visitor's answer
	Ask          *help.Contact      // for help
	Left         []*courses.Version // complete, with a practice task that nothing was sent for
}

// deskCard leads to a page of somebody's work, with what waits there.
type deskCard struct{ Href, Title, What string }

// nextCard is a study to go on with.
type nextCard struct {
	page.Card
	Step  school.Step
	Begun bool // a lesson of it was opened or done
}

// strandStand is where a person stands in a strand.
type strandStand struct {
	Strand courses.Strand
	Until  time.Time // of the certificate that counts
	Held   bool
	// training done elsewhere counts
	Elsewhere bool
	Courses   int // that would earn one, where none is held
	Shortest  int // minutes of the shortest of them
}

// Ends says whether the certificate that counts ends some day.
func (s strandStand) Ends() bool { return s.Until.Before(courses.Forever) }

// praise is a practice task that passed, with what was said of it.
type praise struct {
	Version *courses.Version
	Comment string
}

// praised is for how long home tells that a practice task passed.
const praised = 14 * 24 * time.Hour

// home is where a learner goes on, and where everyone else finds their work.
func (s *Server) home(c *fiber.Ctx) error {
	v := page.VisitorOf(c)
	if v.Account == nil {
		return s.Page(c, "welcome", struct{ page.Frame }{s.Frame(c, "")})
	}
	ctx, a := c.UserContext(), *v.Account
	shown := homePage{Frame: s.Frame(c, "")}
	studies, err := s.School.Studies(ctx, a.ID)
	if err != nil {
		return err
	}
	if shown.Desk, err = s.deskOf(c, a); err != nil {
		return err
	}
	if shown.Asked, err = s.office.AskedHere(c, a); err != nil {
		return err
	}
	shown.Learning = len(shown.Desk) == 0 || slices.ContainsFunc(studies, func(st school.Study) bool { return st.Enrolment != nil })
	if !shown.Learning {
		return s.Page(c, "home", shown)
	}
	shown.Strands = learn.ByStrand(studies)
	if err := s.stand(ctx, &shown, a.ID, studies); err != nil {
		return err
	}
	if err := s.steps(ctx, &shown, a.ID, studies); err != nil {
		return err
	}
	if err := s.news(ctx, &shown, a.ID, studies); err != nil {
		return err
	}
	if shown.Certificates, err = s.School.Certificates(ctx, a.ID); err != nil {
		return err
	}
	if shown.Ask, err = s.AskOf(c); err != nil {
		return err
	}
	return s.Page(c, "home", shown)
}

// deskOf are the pages of the account's work beside learning, with what waits there.
func (s *Server) deskOf(c *fiber.Ctx, a roster.Account) ([]deskCard, error) {
	w := s.WordsOf(c)
	var cards []deskCard
	add := func(href, title, what string, args ...any) {
		cards = append(cards, deskCard{href, w.T(title), w.T(what, args...)})
	}
	if roster.MayTeach(a, a.Province) {
		n, err := s.Waiting(c.UserContext(), a)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			add("/practice", "practice.queue", "practice.queue.see", n)
		} else {
			add("/practice", "practice.queue", "practice.queue.none")
		}
	}
	if roster.MayAuthor(a) {
		what, err := s.authorWork(c.UserContext(), a, w)
		if err != nil {
			return nil, err
		}
		cards = append(cards, deskCard{"/author", w.T("menu.author"), what})
	}
	if a.Has(roster.Staff, roster.Office, roster.Admin) {
		province := ""
		if a.Has(roster.Staff) && !a.Has(roster.Office, roster.Admin) {
			province = a.Province
		}
		f, err := s.Board.Read(c.UserContext(), roster.Present, province, time.Time{})
		if err != nil {
			return nil, err
		}
		if f.Next.Gap > 0 {
			add("/board", "board.title", "desk.board", w.Percent(f.Percent), f.Next.Gap, f.Next.Percent)
		} else {
			add("/board", "board.title", "desk.board.met", w.Percent(f.Percent), f.Next.Percent)
		}
		add("/indicators", "indicators.title", "desk.indicators")
		add("/completions", "report.completions", "desk.completions")
		periods := "desk.periods"
		if !roster.MaySetTargets(a) {
			periods = "desk.periods.read"
		}
		add("/periods", "periods.title", periods)
		add("/missing", "report.missing", "desk.missing.n", f.Base-f.Trained)
		add("/roster", "menu.roster", "desk.roster")
		if n, err := s.Roll.PendingOf(c.UserContext(), province); err != nil {
			return nil, err
		} else if n > 0 {
			add("/roster/transfers", "transfer.title", "desk.transfers", n)
		}
		if a.Has(roster.Staff) {
			if n, err := school.TrainingsWaiting(c.UserContext(), s.Store, a.Province); err != nil {
				return nil, err
			} else if n > 0 {
				add("/trainings", "trainings.title", "desk.trainings", n)
			}
		}
		add("/libraries", "libraries.title", "desk.libraries")
		n, err := s.rights.OpenRequests(c, province)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			add("/requests", "requests.title", "desk.requests", n)
		} else {
			add("/requests", "requests.title", "desk.requests.none")
		}
	}
	if roster.MayChangePlaces(a) {
		add("/places", "places.title", "desk.places")
	}
	if roster.MayGrant(a) {
		add("/admin", "menu.admin", "desk.admin")
	}
	return cards, nil
}

// authorWork says what waits for who writes courses, or what can be done there.
func (s *Server) authorWork(ctx context.Context, a roster.Account, w words.Words) (string, error) {
	var waits []string
	drafts, err := s.Desk.InReview(ctx, a.ID)
	if err != nil {
		return "", err
	}
	if drafts > 0 {
		waits = append(waits, w.T("desk.author.drafts", drafts))
	}
	remarks, err := s.Help.OpenRemarks(ctx)
	if err != nil {
		return "", err
	}
	open := 0
	for _, n := range remarks {
		open += n
	}
	if open > 0 {
		waits = append(waits, w.T("desk.author.remarks", open))
	}
	if len(waits) == 0 {
		return w.T("desk.author"), nil
	}
	return strings.Join(waits, " "), nil
}

// stand says where a person of the roster stands, and what a missing strand takes.
func (s *Server) stand(ctx context.Context, shown *homePage, person string, studies []school.Study) error {
	st, err := store.Get[targets.Standing](ctx, s.Store, targets.StandingKind, person)
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Now()
	shown.Trained = st.Trained(now)
	for _, u := range st.Strands {
		one := strandStand{Strand: u.Strand, Until: u.Time, Held: u.Time.After(now), Elsewhere: u.Elsewhere}
		for _, study := range studies {
			if v := study.Version; v.Strand == u.Strand && !study.Progress.Complete() {
				one.Courses++
				if left := study.Progress.MinutesLeft; one.Shortest == 0 || left < one.Shortest {
					one.Shortest = left
				}
			}
		}
		shown.Standing = append(shown.Standing, one)
		if !one.Held {
			shown.Missing = append(shown.Missing, one)
		}
	}
	return nil
}

// steps sorts the studies that can go on: first those of a missing strand, of these first those that were begun, the
// latest first. A study of a strand that is not missing is a next step only once it was begun.
func (s *Server) steps(ctx context.Context, shown *homePage, person string, studies []school.Study) error {
	readings, err := s.School.Readings(ctx, person)
	if err != nil {
		return err
	}
	type going struct {
		nextCard
		missing bool
		at      time.Time
	}
	var all []going
	shown.AllDone = len(studies) > 0
	for _, st := range studies {
		shown.AllDone = shown.AllDone && st.Progress.Complete()
		if st.Progress.Complete() || st.Progress.Total == 0 || st.Progress.Task == courses.TaskWaiting && st.Progress.Next == "" {
			continue
		}
		r := readings[st.Version.Course]
		g := going{nextCard{page.Card{Study: st}, st.Next(r), st.Enrolment != nil || !r.LeftAt.IsZero()}, len(shown.Standing) == 0, latest(st, r)}
		for _, m := range shown.Missing {
			g.missing = g.missing || m.Strand == st.Version.Strand
		}
		all = append(all, g)
	}
	slices.SortStableFunc(all, func(a, b going) int {
		if a.missing == b.missing {
			return b.at.Compare(a.at)
		}
		if a.missing {
			return -1
		}
		return 1
	})
	for i, g := range all {
		switch {
		case i == 0 && (g.missing || !g.at.IsZero()):
			shown.Next = &g.nextCard
		case !g.at.IsZero():
			shown.Begun = append(shown.Begun, g.nextCard)
		}
	}
	return nil
}

// latest is when something was last done or read in a study, zero before it began.
func latest(st school.Study, r school.Reading) time.Time {
	at := r.LeftAt
	if st.Enrolment == nil {
		return at
	}
	if st.Enrolment.HappenedAt.After(at) {
		at = st.Enrolment.HappenedAt
	}
	for _, l := range st.Progress.Lessons {
		if l.DoneAt.After(at) {
			at = l.DoneAt
		}
	}
	return at
}

// news is what reviewers said of the visitor's practice tasks, and the tasks that complete courses leave to do.
func (s *Server) news(ctx context.Context, shown *homePage, person string, studies []school.Study) error {
	free := func(st school.Study) bool {
		return st.Enrolment != nil && st.Version.Practice != nil && !st.Version.Practice.Required
	}
	var tasks map[string]courses.Task
	if slices.ContainsFunc(studies, free) { // of a task that the course needs the study has the work
		var err error
		if tasks, err = s.School.TasksOf(ctx, person); err != nil {
			return err
		}
	}
	for _, st := range studies {
		if st.Certificate != nil && st.Renewable(s.Now()) {
			shown.Lapsed = append(shown.Lapsed, st)
		}
		if st.Version.Practice == nil || st.Enrolment == nil {
			continue
		}
		t, sent := tasks[st.Enrolment.ID]
		if len(st.Works) > 0 {
			t, sent = courses.TaskOf(st.Works), true
		}
		switch {
		case !sent && st.Progress.Complete():
			shown.Left = append(shown.Left, st.Version)
		case t.State == courses.TaskAgain:
			shown.Commented = append(shown.Commented, st.Version)
		case t.State == courses.TaskPassed:
			work := st.Works
			if len(work) == 0 {
				var err error
				if work, err = s.School.Submissions(ctx, st.Enrolment.ID); err != nil {
					return err
				}
			}
			for _, w := range work {
				if r := w.Newest(); r != nil && r.Passed && s.Now().Sub(r.RecordedAt) < praised {
					shown.Praised = append(shown.Praised, praise{st.Version, r.Comment})
					break
				}
			}
		}
	}
	return nil
}
