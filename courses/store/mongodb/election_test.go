package mongodb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/courses/store/mongodb/mongotest"
)

// Writers insert documents through step-downs, crashes, lost answers and writes that no majority has. Each insert ends
// within five seconds, done or unavailable; what is sent again until it is there is there once.
func TestInsertsThroughElections(t *testing.T) {
	set, k := mongotest.StartSet(t), people()
	s := open(t, set.URI, k)
	const writers, elections = 8, 8
	calm := time.Now()
	must(t, s.Insert(t.Context(), k, somebody("before")))
	most := 5*time.Second + 20*time.Since(calm) // what else this machine does makes it slower
	done := make(chan struct{})                 // told of each document that is kept while somebody waits for one
	var over atomic.Bool
	var all sync.WaitGroup
	defer func() { over.Store(true); all.Wait() }()
	kept := make([]int, writers)
	for w := range writers {
		all.Go(func() {
			for n := 0; !over.Load(); {
				began := time.Now()
				err := s.Insert(context.Background(), k, somebody(fmt.Sprintf("%d-%d", w, n)))
				if took := time.Since(began); took > most {
					t.Errorf("an insert took %v: %v", took, err)
				}
				switch {
				case err == nil, errors.Is(err, problem.ErrExists): // a try before it arrived
					n++
					kept[w] = n
					select {
					case done <- struct{}{}:
					default:
					}
				case !errors.Is(err, problem.ErrUnavailable):
					t.Errorf("an insert ended with %v", err)
				}
			}
		})
	}
	more := func(what string) {
		t.Helper()
		for range 2 * writers {
			select {
			case <-done:
			case <-time.After(2 * time.Minute):
				t.Fatalf("%s: nothing is kept any more", what)
			}
		}
	}
	for n := range elections {
		switch n % 4 {
		case 0:
			set.StepDown()
		case 1:
			set.Crash()
			set.Elect()
		case 2:
			var lost atomic.Int64
			set.Meddle(func(command, _ string) mongotest.Fault {
				if command == "insert" && lost.Add(1)%3 == 0 {
					return mongotest.Lost
				}
				return mongotest.None
			})
			set.StepDown()
		case 3:
			var refused atomic.Int64
			set.Meddle(func(command, _ string) mongotest.Fault {
				if command == "insert" && refused.Add(1)%3 == 0 {
					return mongotest.Unconfirmed
				}
				return mongotest.None
			})
			set.Crash()
			set.Elect()
		}
		more(fmt.Sprint("election ", n))
		set.Meddle(nil)
	}
	over.Store(true)
	all.Wait()
	total := 0
	for _, n := range kept {
		total += n
	}
	groups, err := s.Count(t.Context(), k, store.Query{})
	must(t, err)
	if n := groups[0].N; n < total || n > total+writers { // one more of each may have arrived unanswered
		t.Errorf("%d documents are there, %d were acknowledged", n, total)
	}
	for w, n := range kept {
		for i := range n {
			must(t, s.Get(t.Context(), k, fmt.Sprintf("%d-%d", w, i), &person{}))
		}
	}
	t.Logf("%d documents through %d elections", total, elections)
}
