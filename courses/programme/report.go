package programme

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/targets"
)

// Request says which report is wanted: "board", "completions" or "missing", of which people, on which day; a zero AsOf
// is this moment.
type Request struct {
	Report string
	targets.Scope
	AsOf     time.Time
	Period   string         // of the board: a closed period instead of a day
	Filter   targets.Filter // of completions
	Contacts bool           // with phone and post, of the missing: for who may call them
}

// Report makes a report. The caller closes it. Who may read it is not asked here.
func (s *Programme) Report(ctx context.Context, r Request) (*targets.Report, error) {
	switch r.Report {
	case "board":
		f, err := s.figures(ctx, r)
		if err != nil {
			return nil, err
		}
		return f.Report(), nil
	case "completions":
		return s.Board.Completions(ctx, r.Scope, r.AsOf, r.Filter)
	case "missing":
		return s.Board.Missing(ctx, r.Scope, r.AsOf, s.progress, r.Contacts)
	}
	return nil, fmt.Errorf("report %q: %w", r.Report, problem.ErrNotFound)
}

// figures are those of a day, or those that a period was closed with.
func (s *Programme) figures(ctx context.Context, r Request) (targets.Figures, error) {
	if r.Period == "" {
		return s.Board.ReadScope(ctx, r.Scope, r.AsOf)
	}
	p, err := s.Board.Period(ctx, r.Period)
	if errors.Is(err, problem.ErrNotFound) {
		err = problem.Invalid("period", "period.open", r.Period)
	}
	if err != nil {
		return targets.Figures{}, err
	}
	return s.Board.Frozen(ctx, p, r.By, r.Province)
}

// progress is targets.Progress: of the courses of each strand, the one of which the fewest lessons are left.
func (s *Programme) progress(ctx context.Context, people []targets.Lacking, at time.Time) ([]targets.Lessons, error) {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.Person
	}
	all := make([]targets.Lessons, 0, len(people))
	err := s.School.StudiesOf(ctx, ids, at, func(_ string, studies []school.Study) error {
		all = append(all, lessonsOf(studies, people[len(all)].Strands))
		return nil
	})
	return all, err
}

func lessonsOf(studies []school.Study, strands []courses.Strand) (l targets.Lessons) {
	for _, strand := range strands {
		var best courses.Progress
		for _, st := range studies {
			if p := st.Progress; st.Version.Strand == strand && (best.Total == 0 || p.Total-p.Done < best.Total-best.Done) {
				best = p
			}
		}
		l.Done, l.All = l.Done+best.Done, l.All+best.Total
	}
	return l
}

// FileWords are the words of files in a language.
func FileWords(lang string, text func(key string, args ...any) string) targets.Words {
	return targets.Words{Lang: lang, Text: func(key string) string { return text(key) }}
}
