// Package programme joins the rooms of the house for pages, API and commands alike.
package programme

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/desk"
	"lopban/courses/credential"
	"lopban/courses/help"
	"lopban/courses/libraries"
	"lopban/courses/problem"
	"lopban/courses/quota"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
	"lopban/courses/words"
)

// Config is what a programme is made of. Content holds messages/ and programme/.
type Config struct {
	Store   store.Store
	Content fs.FS
	Log     *slog.Logger
	Now     func() time.Time
	BaseURL string // "https://lopban.example", no slash at the end: printed on certificates
	Alone   bool   // no other process writes to the store

	KeySecret string // seals the keys that sign certificates; "" where the store keeps what does

	SecondGrace time.Duration // how long an administrator or the office may go without a second factor

	KeepRefusals time.Duration // how long refusals are kept; 0 for ever

	FactTime time.Duration // how long a fact may take, with all that follows from it; 0 for as long as it takes
}

// Programme joins the rooms of the house, for pages, API and commands alike: what a fact, an import, a code or a
// report brings about in each of them.
type Programme struct {
	Store      store.Store
	Log        *slog.Logger
	Now        func() time.Time
	BaseURL    string
	School     *school.School
	Desk       *desk.Desk
	Places     *roster.Places
	Roll       *roster.Roll
	Lexicon    *intake.Lexicon
	Trainings  *intake.Lexicon // of lists of who was trained elsewhere
	Accounts   *accounts.Accounts
	Sessions   *accounts.Sessions
	Entries    *roster.Entries
	Rights     *rights.Desk
	Board      *targets.Board
	Targets    *targets.Programme
	Languages  words.Languages
	Keys       *Keys
	Papers     papers
	Help       *help.Help
	Quotas     *quota.Quotas
	Libraries  *libraries.Desk
	Grace      time.Duration // see Config.SecondGrace
	Background Background
	factTime   time.Duration
	Unfinished []func(ctx context.Context) error // what other rooms have Settle finish

	KeepRefusals time.Duration // see Config

	creating sync.Map // AccountForm: forms that are being answered
}

// New joins the rooms on a store. It makes the keys of sessions at the first start.
func New(ctx context.Context, cfg Config) (*Programme, error) {
	s := &Programme{Store: cfg.Store, Log: cfg.Log, Now: cfg.Now, BaseURL: cfg.BaseURL, Grace: cfg.SecondGrace, factTime: cfg.FactTime, KeepRefusals: cfg.KeepRefusals}
	var err error
	if s.Languages, err = words.Read(cfg.Content); err != nil {
		return nil, err
	}
	if s.Places, err = roster.ReadPlaces(cfg.Content); err != nil {
		return nil, err
	}
	if s.Lexicon, err = intake.ReadLexicon(cfg.Content); err != nil {
		return nil, err
	}
	if s.Trainings, err = intake.ReadTrainings(cfg.Content); err != nil {
		return nil, err
	}
	if s.Targets, err = targets.ReadProgramme(cfg.Content); err != nil {
		return nil, err
	}
	s.School = &school.School{Store: cfg.Store, Now: cfg.Now, Random: rand.Reader, BaseURL: cfg.BaseURL}
	s.Desk = &desk.Desk{Store: cfg.Store, School: s.School, Now: cfg.Now}
	s.Entries = &roster.Entries{Store: cfg.Store, Now: cfg.Now}
	s.Rights = &rights.Desk{Store: cfg.Store, Now: cfg.Now}
	s.School.Entries = s.Entries.Of
	s.School.Erased = s.Rights.Erased
	s.School.Begun = s.begun
	s.Roll = &roster.Roll{Store: cfg.Store, Places: s.Places, Now: cfg.Now, Rand: rand.Reader}
	s.Quotas = &quota.Quotas{Store: cfg.Store, Roll: s.Roll, Now: cfg.Now}
	s.Desk.Room = s.Quotas.ForMedia
	s.Help = &help.Help{Store: cfg.Store, Now: cfg.Now, School: s.School, Roll: s.Roll, Places: s.Places}
	s.Accounts = accounts.NewAccounts(cfg.Store, cfg.Now, rand.Reader)
	s.Accounts.OnLock, s.Accounts.OnFlood = s.tellLock, s.tellFlood
	s.Board = &targets.Board{Store: cfg.Store, Programme: s.Targets, Places: s.Places, Now: cfg.Now, Alone: cfg.Alone}
	s.Libraries = &libraries.Desk{Store: cfg.Store, Places: s.Places, Programme: s.Targets, Now: cfg.Now}
	s.Keys = &Keys{store: cfg.Store, now: cfg.Now, site: cfg.BaseURL}
	if cfg.KeySecret != "" {
		s.Keys.given = credential.Secret(cfg.KeySecret)
	}
	s.Papers = newPapers(cfg.Store, cfg.Now, s.Keys)
	if s.Sessions, err = accounts.NewSessions(ctx, cfg.Store, cfg.Now, rand.Reader, cfg.BaseURL); err != nil {
		return s, err
	}
	return s, s.LearnPlaces(ctx)
}

// Record keeps a fact of a person and, when a certificate comes of it, everything that follows.
func (s *Programme) Record(ctx context.Context, person string, f courses.Fact) (courses.Receipt, error) {
	ctx, cancel := s.Within(ctx, time.Now())
	defer cancel()
	if f.Kind == help.RemarkFact {
		return s.Help.Record(ctx, person, f)
	}
	r, err := s.School.Record(ctx, s.Learner(person), f)
	if err != nil || r.Certificate == "" {
		return r, err
	}
	e, err := s.School.Look(ctx, r.Certificate)
	if err != nil {
		return r, err
	}
	return r, s.Follow(ctx, e.Certificate)
}

// Within ends a fact's calls of the store together, when the time that a fact may take is over: each of them may
// take a while, and whoever sent the fact is told in time to come again.
func (s *Programme) Within(ctx context.Context, since time.Time) (context.Context, context.CancelFunc) {
	if s.factTime == 0 {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, since.Add(s.factTime))
}

// Review keeps what a reviewer says of a submission and, when a certificate comes of it, everything that follows.
func (s *Programme) Review(ctx context.Context, person, submission, reviewer string, j school.Judgement) error {
	ctx, cancel := s.Within(ctx, time.Now())
	defer cancel()
	_, certificate, err := s.School.Review(ctx, s.Learner(person), submission, reviewer, j)
	if err != nil || certificate == nil {
		return err
	}
	return s.Follow(ctx, *certificate)
}

// Kinds lists the documents of the whole product, for who opens a store.
func Kinds() []*store.Kind {
	kinds := append(school.Kinds(), desk.Kinds()...)
	kinds = append(kinds, accounts.Kinds...)
	kinds = append(kinds, targets.Kinds()...)
	kinds = append(kinds, rights.Kinds()...)
	kinds = append(kinds, help.Kinds()...)
	kinds = append(kinds, libraries.Kinds()...)
	return append(kinds, PrintedKind, CountersignedKind, IssuerKeyKind, IssuerSecretKind, AuditKind, TrailHeadKind,
		accounts.SessionKind, accounts.KeyKind, LeaseKind, UploadKind, SheetKind, intake.HeadingKind, CourseImportKind,
		StrayKind, quota.Kind, TrainingListKind, PlaceDraftKind)
}

// Settle finishes what an earlier process may have left undone: facts whose certificate, paper or standing is missing,
// of the day before now or before this was last done, whichever was earlier: a store may have stood still since, or
// come from a backup.
func (s *Programme) Settle(ctx context.Context) error {
	since := s.Now()
	last, err := doneAt(ctx, s.Store, "settle")
	if err != nil {
		return err
	}
	if !last.IsZero() && last.Before(since) {
		since = last
	}
	since = since.Add(-24 * time.Hour)
	if err := s.finishTransfers(ctx, since); err != nil {
		return err
	}
	if _, err := s.Roll.SettleTransfers(ctx, since, true, nil); err != nil {
		return err
	}
	err = s.School.Settle(ctx, since, s.Learner, s.settled)
	for _, finish := range s.Unfinished { // what fails in one room holds up no other
		err = errors.Join(err, finish(ctx))
	}
	return err
}

// Learner is a person as School needs them: what stands on a certificate is looked up only when one is due.
func (s *Programme) Learner(person string) school.Learner {
	return school.Learner{Person: person, Paper: func(ctx context.Context) (courses.Holder, courses.Issuer, error) {
		return s.paperOf(ctx, person)
	}}
}

// Follow does what a certificate brings about: the standing of its holder is made anew, and then, while nobody waits
// for it, the paper. All of it may be done again; Settle does what a stop left undone.
func (s *Programme) Follow(ctx context.Context, earned courses.Certificate) error {
	if err := s.Board.RefreshStanding(ctx, earned.Person); err != nil {
		return err
	}
	s.Background.Start(func(ctx context.Context) {
		if err := s.paperLater(ctx, earned); err != nil && ctx.Err() == nil {
			s.Log.Error("a certificate's paper was not made", "certificate", earned.Serial, "error", err.Error())
		}
	})
	return nil
}

// paperOf says what stands on a person's certificate: their post on the roster today, and who signs in their province.
func (s *Programme) paperOf(ctx context.Context, person string) (courses.Holder, courses.Issuer, error) {
	var h courses.Holder
	p, err := s.Roll.Kept(ctx, person)
	switch {
	case err == nil:
		h = courses.Holder{Name: p.Name, Library: p.Library, Commune: p.Commune, Province: p.Province, Programme: p.Programme}
		commune, ok := s.Places.Ever(p.Commune)
		// "Thư viện xã Lũng Cú" says it already
		if ok && !strings.Contains(roster.Fold(p.Library), roster.Fold(commune.Title())) {
			h.Place = commune.Title()
		}
	case errors.Is(err, problem.ErrNotFound): // a trainer or an officer who takes a course
		a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, person)
		if err != nil {
			return h, courses.Issuer{}, err
		}
		h = courses.Holder{Name: a.Name, Province: a.Province}
	default:
		return h, courses.Issuer{}, err
	}
	province, ok := s.Places.Province(roster.Present, h.Province)
	if ok {
		h.Place = strings.TrimPrefix(h.Place+", tỉnh "+province.Name, ", ")
	}
	i, err := s.School.Issuer(ctx, h.Province, province.Name)
	return h, i, err
}

// Words gives the messages of a language, by key.
func (s *Programme) Words(lang string) func(key string, args ...any) string {
	return s.Languages.In(lang).T
}
