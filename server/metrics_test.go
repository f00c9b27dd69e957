package server

import (
	"context"
	"errors"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
)

func TestMetricsCountRoutesAndFactsAndNameNobody(t *testing.T) {
	s := newSite(t)
	if _, ok := s.Store.(*watched).Store.(grouping); !ok {
		t.Skip("this engine commits no groups")
	}
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
		`lopban_store_seconds_count{kind="completion",verb="insert"} 1`,
		`lopban_store_seconds_bucket{kind="session",verb="get",le="+Inf"}`,
		`lopban_store_queue 0`,
		`lopban_store_group_bucket{le="256"}`,
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

// Twenty writes wait while one is being made: they are then committed together, and Prometheus sees both.
func TestMetricsTellHowWritesAreCommittedTogether(t *testing.T) {
	s := newSite(t)
	if _, ok := s.Store.(*watched).Store.(grouping); !ok {
		t.Skip("this engine commits no groups")
	}
	insert := func(id string) {
		if err := s.Store.Insert(t.Context(), programme.LeaseKind, &programme.Lease{ID: id}); err != nil {
			t.Error(err)
		}
	}
	insert("slow")
	before := s.scrape("lopban_store_group_sum")
	inside, onward := make(chan bool), make(chan bool)
	var all sync.WaitGroup
	all.Go(func() {
		var l programme.Lease
		s.Store.Update(t.Context(), programme.LeaseKind, "slow", &l, func() error { close(inside); <-onward; return nil })
	})
	<-inside
	for i := range 20 {
		all.Go(func() { insert(strconv.Itoa(i)) })
	}
	for s.scrape("lopban_store_queue") < 20 { // ends with the test's time
		runtime.Gosched()
	}
	close(onward)
	all.Wait()
	if n := s.scrape("lopban_store_group_sum") - before; n != 21 {
		t.Errorf("%v writes", n)
	}
	if n := s.scrape(`lopban_store_group_bucket{le="32"}`) - s.scrape(`lopban_store_group_bucket{le="16"}`); n != 1 {
		t.Errorf("%v commits of 17 to 32 writes", n)
	}
	if n := s.scrape("lopban_store_queue"); n != 0 {
		t.Errorf("%v writes wait", n)
	}
}

func TestMetricsCountWhatTheStoreCouldNotDo(t *testing.T) {
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Store.Insert(ctx, programme.LeaseKind, &programme.Lease{ID: "x"}); !errors.Is(err, problem.ErrUnavailable) {
		t.Fatal(err)
	}
	if n := s.scrape(`lopban_store_unavailable_total{kind="lease",verb="insert"}`); n != 1 {
		t.Errorf("%v", n)
	}
}

// scrape reads one number as Prometheus would; 0 where there is none.
func (s *visited) scrape(name string) float64 {
	w := httptest.NewRecorder()
	s.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return n
		}
	}
	return 0
}
