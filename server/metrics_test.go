package server

import (
	"net/http/httptest"
	"strings"
	"testing"

	"lopban/courses"
)

func TestMetricsCountRoutesAndFactsAndNameNobody(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	c := s.as(s.person("Vàng Thị Mỷ", "00715"))
	c.post("/courses/K1/doc", nil).want(303)
	s.anyone().get("/v/ABCD-EFGH-JKMN").want(404)
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text := w.Body.String()
	for _, line := range []string{
		`lopban_facts_total{kind="completion",state="received"} 1`,
		`lopban_request_seconds_count{method="GET",route="/v/:code",status="404"} 1`,
		`lopban_store_queue 0`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s", line)
		}
	}
	for _, secret := range []string{"ABCD", "K1", "Vàng"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics name %s", secret)
		}
	}
}
