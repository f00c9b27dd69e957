package fault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"lopban/cmd/lopban/programtest"
	"lopban/courses"
)

// phones is a crowd whose devices send each fact until it is acknowledged, as a phone does, whatever happens to the
// program meanwhile.
type phones struct {
	t    *testing.T
	h    *hall
	told programtest.Record

	mu      sync.Mutex
	trouble []error       // what kept a fact from being acknowledged, in the order in which it came
	longest time.Duration // that a fact took to be put off
	news    chan struct{} // something was told or went wrong
	stopped chan struct{}
	devices sync.WaitGroup
}

func newPhones(t *testing.T, h *hall) *phones {
	p := &phones{t: t, h: h, news: make(chan struct{}, 1), stopped: make(chan struct{})}
	t.Cleanup(func() {
		select {
		case <-p.stopped:
		default:
			close(p.stopped)
		}
	})
	return p
}

// enter lets every pupil begin a course on so many devices. base says where the program is, each time that a fact is
// sent.
func (p *phones) enter(devices, course int, base func() string) {
	for i := range devices * len(p.h.People) {
		p.devices.Go(func() { p.device(i%len(p.h.People), course, i/len(p.h.People), base) })
	}
}

// device sends the facts that finish the course, and then attempts of its own, one after the other until the crowd is
// told to stop.
func (p *phones) device(pupil, course, number int, base func() string) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	facts := p.h.Together(pupil, course)
	for i := 0; ; i++ {
		f := p.h.Together(pupil, course)[3]
		f.ID = fmt.Sprintf("%d-%d-%d-%d", pupil, course, number, i)
		if i < len(facts) {
			f = facts[i]
		}
		if !p.insist(client, base, pupil, f) {
			return
		}
	}
}

// insist sends a fact until it is acknowledged. It is false when the crowd has been told to stop.
func (p *phones) insist(client *http.Client, base func() string, pupil int, f courses.Fact) bool {
	for {
		select {
		case <-p.stopped:
			return false
		default:
		}
		began := time.Now()
		got, err := p.h.Send(context.Background(), client, base(), pupil, []courses.Fact{f})
		if err == nil {
			p.told.Add(got[0])
		} else {
			p.mu.Lock()
			p.trouble, p.longest = append(p.trouble, err), max(p.longest, time.Since(began))
			p.mu.Unlock()
		}
		select {
		case p.news <- struct{}{}:
		default:
		}
		if err == nil {
			return true
		}
		select { // as a phone would, only sooner
		case <-p.stopped:
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// until waits until something is so, and looks again whenever a device was told something.
func (p *phones) until(what string, longest time.Duration, is func() bool) {
	p.t.Helper()
	end := time.After(longest)
	for !is() {
		select {
		case <-p.news:
		case <-end:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("not within %v: %s; %d facts acknowledged; last troubles %v", longest, what, p.told.N.Load(), p.trouble[max(0, len(p.trouble)-3):])
		}
	}
}

// acknowledges waits until so many more facts are acknowledged, and says how long that took.
func (p *phones) acknowledges(more int, longest time.Duration) time.Duration {
	p.t.Helper()
	began, want := time.Now(), p.told.N.Load()+int64(more)
	p.until(fmt.Sprintf("%d more facts", more), longest, func() bool { return p.told.N.Load() >= want })
	return time.Since(began)
}

// troubles are what went wrong so far.
func (p *phones) troubles() []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.trouble)
}

// slowest is how long it took at most to put a fact off.
func (p *phones) slowest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.longest
}

// stop waits until every device has the answer to what it has sent.
func (p *phones) stop() []programtest.Receipted {
	close(p.stopped)
	p.devices.Wait()
	return p.told.UntilNow()
}

// wantPutOff fails the test unless each of these is a 503 that says when to come again.
func wantPutOff(t *testing.T, troubles []error) {
	t.Helper()
	for _, err := range troubles {
		var r programtest.Refusal
		if !errors.As(err, &r) || r.Status != http.StatusServiceUnavailable || r.After == "" {
			t.Errorf("a fact that could not be kept was answered with %v", err)
			return
		}
	}
}
