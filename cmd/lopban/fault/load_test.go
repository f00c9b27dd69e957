package fault

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses"
	"lopban/courses/store/mongodb/mongotest"
)

// untilTold lets the crowd send until it is stopped, and gives a function that waits until so many more facts were
// acknowledged and gives all of them.
func (h *hall) untilTold(t *testing.T, devices, course int, base func(device int) string) (told func(more int) []programtest.Receipted, stop func()) {
	t.Helper()
	var all programtest.Record
	ctx, cancel := context.WithCancel(t.Context())
	news, ended := make(chan struct{}, 1), make(chan []error, 1)
	go func() {
		ended <- h.Crowd(ctx, devices, course, 1_000_000, func(one programtest.Receipted) {
			all.Add(one)
			select {
			case news <- struct{}{}:
			default:
			}
		}, base)
	}()
	told = func(more int) []programtest.Receipted {
		t.Helper()
		for want := all.N.Load() + int64(more); all.N.Load() < want; {
			select {
			case <-news:
			case errs := <-ended:
				ended <- errs
				t.Fatalf("the devices stopped: %v", errors.Join(errs...))
			}
		}
		return all.UntilNow()
	}
	return told, func() {
		t.Helper()
		cancel()
		if err := errors.Join(<-ended...); err != nil {
			t.Errorf("devices were told: %v", err)
		}
	}
}

// A backup that is made while 32 devices send facts has everything that was acknowledged before it began. Restored and
// served, it is as sound as the store it comes from.
func TestBackupUnderLoad(t *testing.T) {
	for name, at := range map[string]console.Place{"sqlite": {Data: filepath.Join(t.TempDir(), "data")}, "mongodb": {}} {
		t.Run(name, func(t *testing.T) {
			pupils, devices, facts := 8, 4, 100
			if name == "mongodb" {
				at.Mongodb = mongotest.Start(t)
				pupils, devices, facts = 4, 2, 20 // FerretDB is slow
			}
			h := newHall(t, at, pupils, 2)
			r := programtest.Launch(t, h.At)
			h.SignIn(t, r)
			dir := t.TempDir()
			type copied struct {
				file   string
				before []programtest.Receipted
			}
			var copies []copied
			var before []programtest.Receipted
			for course := range h.Versions { // each backup falls among certificates
				told, stop := h.untilTold(t, devices, course, func(int) string { return r.Base })
				before = append(before, told(facts)...)
				c := copied{filepath.Join(dir, fmt.Sprint("backup", course)), slices.Clone(before)}
				programtest.Says(t, append([]string{"backup", c.file}, programtest.FlagsOf(at)...)...).Want(t, 0)
				copies = append(copies, c)
				stop()
			}
			for i, c := range copies {
				into := console.Place{Data: filepath.Join(dir, fmt.Sprint("restored", i))}
				programtest.Says(t, "restore", c.file, "--data", into.Data).Want(t, 0)
				restored := readStore(t, into)
				restored.wantAcknowledged(t, h, c.before)
				t.Logf("copy %d: %d facts acknowledged before it, %d in it", i, len(c.before), len(restored.completions)+len(restored.attempts))
				again := programtest.Launch(t, into)
				restored = readStore(t, into)
				restored.wantSound(t, h)
				restored.wantPapers(t)
				if code := again.End(t, syscall.SIGTERM); code != 0 {
					t.Errorf("the restored store was served until %d:\n%s", code, again.Log.Tail())
				}
				programtest.Says(t, "doctor", "--data", into.Data).Want(t, 0)
			}
		})
	}
}

// Two programs on one database are given the same facts by the same people at once: nothing is there twice, and each
// course has one certificate.
//
// FerretDB, which stands in for MongoDB here, changes documents without atomicity. Facts and the register do not depend
// on it: they are inserts, and of two with one id or one register number one fails there too. That a majority holds a
// write, and what happens when the primary changes, takes a real replica set: LOPBAN_TEST_MONGODB.
func TestTwoProgramsOnOneDatabase(t *testing.T) {
	h := newHall(t, console.Place{Mongodb: mongotest.Start(t)}, 8, 2)
	programs := []*programtest.Running{programtest.Launch(t, h.At), programtest.Launch(t, h.At)}
	h.SignIn(t, programs[0])
	const own = 6 // facts a device: those that all have in common, and two of its own
	var told programtest.Record
	for course := range h.Versions {
		errs := h.Crowd(t.Context(), 2, course, own, told.Add, func(device int) string { return programs[device].Base })
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	devices := 2 * len(h.People) * len(h.Versions)
	if len(told.All) != devices*own {
		t.Errorf("%d facts acknowledged, want %d", len(told.All), devices*own)
	}
	received := map[string]int{} // by fact: how often it was new
	for _, r := range told.All {
		if r.Receipt.State == courses.Received {
			received[h.People[r.Pupil].ID+"/"+r.Fact.ID]++
		}
	}
	if want := len(h.People) * len(h.Versions) * (4 + 2*(own-4)); len(received) != want {
		t.Errorf("%d facts were new, want %d", len(received), want)
	}
	for fact, n := range received {
		if n != 1 {
			t.Errorf("fact %s was new %d times", fact, n)
		}
	}
	is := readStore(t, h.At)
	is.wantAcknowledged(t, h, told.All)
	is.wantSound(t, h)
	if n := len(is.certificates); n != len(h.People)*len(h.Versions) {
		t.Errorf("%d certificates", n)
	}
	for _, r := range programs {
		if got := h.Trained(t, r.Base); got != len(h.People) {
			t.Errorf("the board of one program says %d trained", got)
		}
	}
	h.WantDuplicates(t, programs[1].Base, told.All)
	for _, r := range programs {
		if code := r.End(t, syscall.SIGTERM); code != 0 {
			t.Errorf("a program ended with %d:\n%s", code, r.Log.Tail())
		}
	}
}

// thief stands between client and server. It passes requests on, and of the answers steals as many as it likes: it lets
// none of the bytes through, or the first few, and breaks the line.
type thief struct {
	ln      net.Listener
	to      string
	passed  atomic.Int64 // requests whose answer it had in its hands
	allowed func(n int64) (bytes int)
	conns   sync.WaitGroup
}

// whole lets all of an answer through.
const whole = -1

func newThief(t *testing.T, to string, allowed func(n int64) int) *thief {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &thief{ln: ln, to: to, allowed: allowed}
	p.conns.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			p.conns.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() { ln.Close(); p.conns.Wait() })
	return p
}

func (p *thief) base() string { return "http://" + p.ln.Addr().String() }

// serve takes one request on each line.
func (p *thief) serve(conn net.Conn) {
	defer conn.Close()
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	out, err := http.NewRequest(req.Method, p.to+req.URL.Path, req.Body)
	if err != nil {
		return
	}
	out.Header, out.ContentLength = req.Header, req.ContentLength
	res, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		return
	}
	defer res.Body.Close()
	res.Close = true
	var answer bytes.Buffer
	if err := res.Write(&answer); err != nil {
		return
	}
	bytes := answer.Bytes()
	if n := p.allowed(p.passed.Add(1)); n != whole {
		bytes = bytes[:min(n, len(bytes)-1)]
	}
	conn.Write(bytes)
}

// The answer to a fact is lost after the fact was written down; the client sends it again until it has an answer. There
// is one result, and the answer that comes at last is that of the first.
func TestLostReplies(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 4, 2)
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	p := newThief(t, r.Base, func(n int64) int {
		if n%4 == 0 {
			return whole
		}
		return []int{1: 0, 2: 200, 3: 1 << 20}[n%4] // nothing, a part of the head, all but the last byte
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var told programtest.Record
	lost := 0
	for course := range h.Versions {
		for pupil := range h.People {
			for _, f := range h.Together(pupil, course) {
				for {
					got, err := h.Send(t.Context(), client, p.base(), pupil, []courses.Fact{f})
					if err == nil {
						told.Add(got[0])
						break
					}
					if lost++; !errors.As(err, new(*url.Error)) && !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Fatal(err)
					}
				}
			}
		}
	}
	if facts := len(told.All); lost != 3*facts {
		t.Fatalf("%d answers lost for %d facts: the thief did not steal three of four", lost, facts)
	}
	for _, one := range told.All {
		if one.Receipt.State != courses.Duplicate {
			t.Errorf("fact %s, sent for the fourth time, was answered with %+v", one.Fact.ID, one.Receipt)
		}
	}
	is := readStore(t, h.At)
	is.wantAcknowledged(t, h, told.All)
	is.wantSound(t, h)
	n := len(h.People) * len(h.Versions)
	if len(is.completions) != 2*n || len(is.attempts) != 2*n || len(is.certificates) != n {
		t.Errorf("%d completions, %d attempts, %d certificates of %d people who sent 2, 2 and earned 1", len(is.completions), len(is.attempts), len(is.certificates), n)
	}
	if got := h.Trained(t, r.Base); got != len(h.People) {
		t.Errorf("the board says %d trained", got)
	}
}
