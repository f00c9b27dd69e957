package server

import (
	"context"
	"strings"
	"testing"
	"time"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/store/sqlite/sqlitetest"
	"lopban/courses/store/storetest"
	"lopban/courses/targets"
)

// TestEveryQueryIsAnsweredByAnIndex visits every page as everybody, does every job, and looks at every query that comes
// of it: no engine reads a whole collection to answer it or sorts what it found. A rule judges each for both engines;
// SQLite is asked for its plan too, and so is a real MongoDB (LOPBAN_TEST_MONGODB). FerretDB has none to give.
func TestEveryQueryIsAnsweredByAnIndex(t *testing.T) {
	t.Run("embedded store", func(t *testing.T) {
		st := sqlitetest.Open(t, programme.Kinds()...)
		explainAll(t, asks(t, st), st, func(plan string) bool { return plan == "" || sortsOrScans(plan) })
	})
	t.Run("MongoDB", func(t *testing.T) {
		if !mongotest.Real() {
			t.Skip("no MongoDB that gives its plan; the rule has judged the same queries above")
		}
		st, err := mongodb.Open(t.Context(), mongotest.Start(t), programme.Kinds()...)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		explainAll(t, asks(t, st), st, func(plan string) bool {
			return plan == "" || strings.Contains(plan, "COLLSCAN") || strings.Contains(" "+plan, " SORT ")
		})
	})
}

// asks gives the shapes of what the product asks of a store.
func asks(t *testing.T, st store.Store) map[string]storetest.Shape {
	t.Helper()
	r := &storetest.Recorder{Store: st}
	g := newGuardedOn(t, newSiteOn(t, r))
	for _, row := range matrix {
		for _, who := range visitors {
			g.ask(g.asWho(who), row, who)
		}
		g.Background.Running.Wait()
	}
	ctx := t.Context()
	for _, job := range programme.Timetable {
		if err := job.Do(ctx, g.Programme); err != nil {
			t.Error(job.Name, err)
		}
	}
	for _, by := range []roster.List{roster.Present, roster.Programme} {
		for _, province := range []string{"", g.Places.Provinces(by)[0].Code} {
			scope := targets.Scope{By: by, Province: province}
			for _, day := range []time.Time{{}, begun.AddDate(0, 0, -1)} {
				_, err := g.Board.ReadScope(ctx, scope, day)
				done(t, err)
				missing, err := g.Board.Missing(ctx, scope, day, nil, true)
				done(t, err)
				done(t, missing.Close())
				completions, err := g.Board.Completions(ctx, scope, day, targets.Filter{})
				done(t, err)
				done(t, completions.Close())
			}
		}
	}
	_, err := g.School.Check(ctx, func(school.Flaw) {}, func(int, int) {})
	done(t, err)
	_, err = g.Board.Check(ctx, nil)
	done(t, err)
	return r.Shapes()
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// explainer is an engine that says how it would answer.
type explainer interface {
	Explain(context.Context, *store.Kind, store.Query) (string, error)
	ExplainCount(context.Context, *store.Kind, store.Query, ...string) (string, error)
}

func explainAll(t *testing.T, shapes map[string]storetest.Shape, st explainer, bad func(plan string) bool) {
	t.Helper()
	if len(shapes) < 100 {
		t.Errorf("only %d queries were seen", len(shapes))
	}
	for text, s := range shapes {
		why := s.Judge()
		var plan string
		var err error
		if s.Count {
			plan, err = st.ExplainCount(t.Context(), s.Kind, s.Query, s.By...)
		} else {
			plan, err = st.Explain(t.Context(), s.Kind, s.Query)
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if why != "" || bad(plan) {
			t.Errorf("%s\n\t%s\n\t%s", text, why, plan)
		}
	}
	t.Logf("%d shapes of queries", len(shapes))
}

// sortsOrScans says whether a plan of SQLite's reads a table without an index, or sorts what it found. Groups of a
// count may be put in order: they are few.
func sortsOrScans(plan string) bool {
	for line := range strings.SplitSeq(plan, "; ") {
		table := strings.HasPrefix(line, "SCAN ") && !strings.Contains(line, " USING ") && !strings.Contains(line, "json_each") && !strings.Contains(line, "(subquery")
		if table || strings.Contains(line, "TEMP B-TREE FOR ORDER BY") || strings.Contains(line, "TEMP B-TREE FOR LAST") || strings.Contains(line, "TEMP B-TREE FOR RIGHT") {
			return true
		}
	}
	return false
}
