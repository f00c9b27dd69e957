package server

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/roster"
)

// withPassword opens the account with a password, as its owner does with a printed code.
func (s *visited) withPassword(a roster.Account, login, password string) {
	s.t.Helper()
	slip, err := s.Accounts.Reset(s.t.Context(), roster.Operator(), a.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.Accounts.Use(s.t.Context(), slip.Code, password, login, true, "test"); err != nil {
		s.t.Fatal(err)
	}
}

func TestAProgramLearnsThroughTheAPI(t *testing.T) {
	s := newSite(t)
	v := s.publish(shortCourse("K1", courses.LibraryService))
	s.withPassword(s.person("Sùng A Páo", "00715"), "0912345678", "một câu dài dễ nhớ")
	c := s.anyone()

	var tokens struct {
		Access, Refresh string
		ExpiresIn       int
	}
	c.send("POST", "/api/v1/session", map[string]string{"login": "+84 912 345 678", "password": "một câu dài dễ nhớ"}).want(200).json(&tokens)
	if tokens.ExpiresIn != 900 || tokens.Refresh == "" {
		t.Errorf("tokens %+v", tokens)
	}
	c.bearer = tokens.Access
	var me apiAccount
	c.get("/api/v1/me").want(200).json(&me)
	if me.Name != "Sùng A Páo" || me.Place == nil || me.Place.Name != "xã Lũng Cú" || me.Place.Province != "08" || me.Place.Programme != "02" {
		t.Errorf("me: %+v", me)
	}
	var list struct{ Courses []apiCourseBody }
	c.get("/api/v1/courses").want(200).json(&list)
	if len(list.Courses) != 1 || list.Courses[0].Minutes != 15 || list.Courses[0].Progress.Next != "doc" {
		t.Errorf("courses %+v", list)
	}
	lesson, _ := v.Lesson("thu")
	at := begun.Format("2006-01-02T15:04:05Z07:00")
	facts := []map[string]any{
		{"id": "01", "kind": "completion", "course": "K1", "lesson": "doc", "at": at, "sentAt": at},
		{"id": "02", "kind": "attempt", "course": "K1", "lesson": "thu", "at": at, "sentAt": at, "answers": rightAnswers(lesson.Quiz)},
		{"id": "03", "kind": "attempt", "course": "K1", "lesson": "thu", "at": at, "answers": map[string]any{"one": 7}},
		{"id": "01", "kind": "completion", "course": "K1", "lesson": "doc", "at": at},
	}
	var answer struct{ Receipts []courses.Receipt }
	c.send("POST", "/api/v1/facts", map[string]any{"facts": facts}).want(200).json(&answer)
	states := ""
	for _, r := range answer.Receipts {
		states += r.ID + " " + r.State + " " + r.Reason + ";"
	}
	if states != "01 received ;02 received ;03 refused answer-shape;01 duplicate ;" {
		t.Errorf("receipts %s", states)
	}
	code := answer.Receipts[1].Certificate
	if code == "" || *answer.Receipts[1].Score != 100 || !*answer.Receipts[1].Passed {
		t.Fatalf("the last fact ends the course: %+v", answer.Receipts[1])
	}
	var mine struct{ Certificates []apiCertificate }
	c.get("/api/v1/certificates").want(200).json(&mine)
	var public apiCertificate
	s.anyone().get("/api/v1/certificates/" + strings.ToLower(courses.ShowCode(code))).want(200).json(&public)
	if len(mine.Certificates) != 1 || mine.Certificates[0] != public && mine.Certificates[0].Code != public.Code || public.State != courses.Valid || public.Holder != "Sùng A Páo" {
		t.Errorf("mine %+v, public %+v", mine, public)
	}

	// The refresh token gives the next pair; signing out ends both.
	old := tokens.Access
	c.bearer = ""
	c.send("POST", "/api/v1/session/refresh", map[string]string{"refresh": tokens.Refresh}).want(200).json(&tokens)
	c.bearer = tokens.Access
	c.do(http.MethodDelete, "/api/v1/session", "", nil).want(204)
	for _, token := range []string{old, tokens.Access} {
		c.bearer = token
		c.get("/api/v1/me").want(401)
	}
}

func TestTheAPISaysWhatIsWrong(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	learner := s.as(s.person("Sùng A Páo", "00715"))
	for _, c := range []struct {
		who          *client
		method, path string
		contentType  string
		body         string
		status       int
		code         string
	}{
		{s.anyone(), "GET", "/api/v1/me", "", "", 401, "sign-in-needed"},
		{s.anyone(), "POST", "/api/v1/facts", "application/json", `{"facts":[]}`, 401, "sign-in-needed"},
		{s.anyone(), "POST", "/api/v1/session", "application/json", `{"login":{"$gt":""},"password":"x"}`, 400, "bad-request"},
		{s.anyone(), "POST", "/api/v1/session", "application/json", `{"login":"nobody","password":"x"}`, 401, "sign-in-wrong"},
		{s.anyone(), "POST", "/api/v1/session", "text/plain", `{}`, 415, "http"},
		{s.anyone(), "POST", "/api/v1/session/refresh", "application/json", `{"refresh":"zzz"}`, 401, "session"},
		{s.anyone(), "GET", "/api/v1/courses/NONE", "", "", 404, "not-found"},
		{s.anyone(), "GET", "/api/v1/nothing", "", "", 404, "not-found"},
		{s.anyone(), "GET", "/api/v1/certificates/ABC", "", "", 404, "code-mistyped"},
		{learner, "POST", "/api/v1/facts", "application/json", `{"facts":`, 400, "bad-request"},
		{learner, "POST", "/api/v1/facts", "application/json", `{"facts":[` + strings.Repeat(`{},`, 200) + `{}]}`, 422, "too-many-facts"},
	} {
		r := c.who.do(c.method, c.path, c.contentType, strings.NewReader(c.body))
		var problem struct {
			Code, Title, Instance string
			Status                int
		}
		r.json(&problem)
		if r.Status != c.status || problem.Code != c.code || problem.Status != c.status || problem.Title == "" || problem.Title == "error."+c.code || problem.Instance == "" ||
			r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %+v %s", c.method, c.path, r.Status, problem, r.Header.Get("Content-Type"))
		}
	}
}

// Every route of the API stands in openapi.json, and nothing else does.
func TestTheDescriptionIsWhole(t *testing.T) {
	s := newSite(t)
	var spec struct {
		Paths map[string]map[string]json.RawMessage
	}
	s.anyone().get("/api/v1/openapi.json").want(200).json(&spec)
	described := map[string]bool{}
	for path, methods := range spec.Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	param := regexp.MustCompile(`:(\w+)`)
	for _, r := range s.app.GetRoutes(true) {
		path, ok := strings.CutPrefix(r.Path, "/api/v1")
		if !ok || r.Method == http.MethodHead {
			continue
		}
		name := r.Method + " " + param.ReplaceAllString(path, "{$1}")
		if !described[name] {
			t.Errorf("%s is not described", name)
		}
		delete(described, name)
	}
	for name := range described {
		t.Errorf("%s is described and does not exist", name)
	}
}
