package server

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/mongodb/mongotest"
)

// TestBudgets holds every route that has a budget to it, with few people and courses and with many.
func TestBudgets(t *testing.T) {
	t.Run("embedded store", func(t *testing.T) { keepBudgets(t, newSite(t), 3, 40) })
	t.Run("MongoDB", func(t *testing.T) {
		st, err := mongodb.Open(t.Context(), mongotest.Start(t), programme.Kinds()...)
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		keepBudgets(t, newSiteOn(t, st), 2) // the calls are the same, but for what one process alone may remember
	})
}

func keepBudgets(t *testing.T, s *visited, sizes ...int) {
	p := provinceOn(s)
	v := p.publish(practiceCourse("K3", true))
	service := p.publish(shortCourse("K1", courses.LibraryService))
	p.publish(shortCourse("K2", courses.ReadingPromotion))
	w, err := s.Desk.Open(t.Context(), "K1", "operator") // a draft that the trainer's home tells of
	if err == nil {
		err = s.Desk.Submit(t.Context(), "K1", w.Draft.Hash, "", "operator")
	}
	if err != nil {
		t.Fatal(err)
	}
	begun := []string{"K1", "K2"}
	for i, size := range sizes {
		if i == 1 {
			begun = []string{"N1", "N2", "N3", "N4"}
			for _, id := range begun {
				p.publish(shortCourse(id, courses.LibraryService))
			}
		}
		p.busy(v, size)
		for n := range size/3 + 1 {
			name := fmt.Sprintf("Nông Thị %c%c", 'A'+i, 'a'+n)
			p.certified(p.person(name, lungCu), service)
			p.as(p.account("", name, "08", roster.Trainer)).get("/").want(200)
		}
		if err := p.learn(t.Context(), p.my.ID, v, begun...); err != nil {
			t.Fatal(err)
		}
		s.Background.Running.Wait() // papers of the certificates are made beside
		spent := p.spend(t, fmt.Sprint("P", i))
		for route := range budgets {
			if !spent[route] {
				t.Errorf("nobody visited %s", route)
			}
		}
	}
}

// busy brings so many people of the province into the middle of their courses.
func (p *province) busy(v *courses.Version, n int) {
	p.t.Helper()
	g, ctx := errgroup.WithContext(p.t.Context())
	g.SetLimit(8)
	for i := range n {
		g.Go(func() error {
			e := roster.Entry{Name: fmt.Sprintf("Nông Văn %c%c%c", 'A'+i%26, 'a'+i/26, 'a'+n%26), Post: "Thủ thư", Library: "Thư viện xã", Commune: lungCu,
				On: roster.Day(begun).AddDate(-1, 0, 0)}
			person, err := p.Roll.Add(ctx, e, "operator")
			if err == nil {
				err = p.Board.RefreshStanding(ctx, person.ID)
			}
			if err == nil {
				_, _, err = p.Accounts.Create(ctx, roster.Operator(), person.ID, person.Name, []roster.Role{roster.Learner}, "")
			}
			if err == nil {
				err = p.learn(ctx, person.ID, v, "K1", "K2")
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		p.t.Fatal(err)
	}
}

// learn brings a person into the middle of some courses, with work that waits for a review and a fact that is refused.
func (p *province) learn(ctx context.Context, person string, v *courses.Version, ids ...string) error {
	lesson, _ := v.Lesson("thu")
	answers := map[string]json.RawMessage{}
	for id, a := range rightAnswers(lesson.Quiz) {
		answers[id] = json.RawMessage(must(json.Marshal(a)))
	}
	facts := []courses.Fact{{Kind: "submission", Course: v.Course, Text: "Đã mời ba người."}}
	for _, id := range ids {
		facts = append(facts, courses.Fact{Kind: "completion", Course: id, Lesson: "thu"}, courses.Fact{Kind: "attempt", Course: id, Lesson: "thu", Answers: answers},
			courses.Fact{Kind: "completion", Course: id, Lesson: "none"})
	}
	for _, f := range facts {
		f.ID, f.At = f.Kind+"-"+f.Course+"-"+f.Lesson, p.now()
		if _, err := p.Record(ctx, person, f); err != nil {
			return err
		}
	}
	return nil
}

// spend visits the routes that have a budget, and says which needs more of the store than that. What the first visit
// fills, because it never changes, is not counted.
func (p *province) spend(t *testing.T, course string) map[string]bool {
	t.Helper()
	hers := p.as(p.dua)
	for n := range 4 {
		id := fmt.Sprint(course, n)
		p.publish(shortCourse(id, courses.LibraryService))
		hers.post("/courses/"+id+"/doc", nil).want(303)
	}
	lesson := func(n int) string { return fmt.Sprint("/courses/", course, n, "/thu") }
	spent := map[string]bool{}
	for _, c := range []struct {
		who         *client
		route, path string // the route's own where empty
	}{
		{who: p.staff, route: "GET /roster"}, {who: p.staff, route: "GET /roster", path: "/roster?status=missing"},
		{who: p.staff, route: "GET /api/v1/people"},
		{who: p.staff, route: "GET /missing"},
		{who: p.staff, route: "GET /api/v1/reports/missing.:format", path: "/api/v1/reports/missing.csv"},
		{who: p.staff, route: "GET /board"}, {who: p.staff, route: "GET /completions"}, {who: p.adm, route: "GET /admin"},
		{who: p.staff, route: "GET /"}, {who: p.trainer, route: "GET /"}, {who: p.learner, route: "GET /"},
		{who: p.trainer, route: "GET /author/:course/figures", path: "/author/K1/figures"},
		{who: p.trainer, route: "GET /practice"},
		{who: p.learner, route: "GET /courses"},
		{who: p.learner, route: "GET /courses/:id", path: "/courses/K1"},
		{who: p.learner, route: "GET /courses/:id/:lesson", path: "/courses/K1/doc"},
		{who: p.learner, route: "GET /courses/:id/:lesson/quiz", path: "/courses/K1/thu/quiz"},
		{who: hers, route: "POST /courses/:id/:lesson"}, {who: hers, route: "POST /api/v1/facts"},
	} {
		method, path, _ := strings.Cut(c.route, " ")
		path = cmp.Or(c.path, path)
		visit := func(n int) {
			switch {
			case method == "GET":
				c.who.get(path).want(200)
			case path == "/api/v1/facts":
				f := courses.Fact{ID: fmt.Sprint(course, n), Kind: "completion", Course: fmt.Sprint(course, 2+n), Lesson: "thu", At: p.now()}
				if r := c.who.send(method, path, map[string]any{"facts": []courses.Fact{f}}).want(200); !strings.Contains(r.Body, courses.Received) {
					t.Errorf("%s", r.Body)
				}
			default:
				c.who.post(lesson(n), nil).want(303)
			}
		}
		if strings.HasPrefix(c.route, "POST /courses") { // who reads a lesson opened it
			c.who.get(lesson(1)).want(200)
		}
		visit(0)
		before := p.storeCalls()
		visit(1)
		if n := p.storeCalls() - before; n > budgets[c.route] {
			t.Errorf("%s, %s: %d calls of the store, %d are allowed", c.route, path, n, budgets[c.route])
		} else {
			t.Logf("%s, %s: %d of %d", c.route, path, n, budgets[c.route])
		}
		spent[c.route] = true
	}
	return spent
}

// storeCalls is how many calls of the store there have been, by its own counters.
func (s *visited) storeCalls() (n int) {
	s.t.Helper()
	families, err := s.metrics.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "lopban_store_seconds" {
			for _, m := range f.GetMetric() {
				n += int(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return n
}
