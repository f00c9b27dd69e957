package main

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
	"lopban/courses"
	"lopban/courses/store/mongodb/mongotest"
)

// untilTold lets the crowd send until it is stopped, and gives a function that waits until so many more facts were
// acknowledged and gives all of them.
func (h *hall) untilTold(t *testing.T, devices, course int, base func(device int) string) (told func(more int) []receipted, stop func()) {
	t.Helper()
	var all record
	ctx, cancel := context.WithCancel(t.Context())
	news, ended := make(chan struct{}, 1), make(chan []error, 1)
	go func() {
		ended <- h.crowd(ctx, devices, course, 1_000_000, func(one receipted) {
			all.add(one)
			select {
			case news <- struct{}{}:
			default:
			}
		}, base)
	}()
	told = func(more int) []receipted {
		t.Helper()
		for want := all.n.Load() + int64(more); all.n.Load() < want; {
			select {
			case <-news:
			case errs := <-ended:
				ended <- errs
				t.Fatalf("the devices stopped: %v", errors.Join(errs...))
			}
		}
		return all.untilNow()
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
			r := launch(t, h.at)
			h.signIn(t, r)
			dir := t.TempDir()
			type copied struct {
				file   string
				before []receipted
			}
			var copies []copied
			var before []receipted
			for course := range h.versions { // each backup falls among certificates
				told, stop := h.untilTold(t, devices, course, func(int) string { return r.base })
				before = append(before, told(facts)...)
				c := copied{filepath.Join(dir, fmt.Sprint("backup", course)), slices.Clone(before)}
				tells(t, append([]string{"backup", c.file}, flagsOf(at)...)...).want(t, 0)
				copies = append(copies, c)
				stop()
			}
			for i, c := range copies {
				into := console.Place{Data: filepath.Join(dir, fmt.Sprint("restored", i))}
				tells(t, "restore", c.file, "--data", into.Data).want(t, 0)
				restored := readStore(t, into)
				restored.wantAcknowledged(t, h, c.before)
				t.Logf("copy %d: %d facts acknowledged before it, %d in it", i, len(c.before), len(restored.completions)+len(restored.attempts))
				again := launch(t, into)
				restored = readStore(t, into)
				restored.wantSound(t, h)
				restored.wantPapers(t)
				if code := again.end(t, syscall.SIGTERM); code != 0 {
					t.Errorf("the restored store was served until %d:\n%s", code, again.log.tail())
				}
				tells(t, "doctor", "--data", into.Data).want(t, 0)
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
	programs := []*running{launch(t, h.at), launch(t, h.at)}
	h.signIn(t, programs[0])
	const own = 6 // facts a device: those that all have in common, and two of its own
	var told record
	for course := range h.versions {
		errs := h.crowd(t.Context(), 2, course, own, told.add, func(device int) string { return programs[device].base })
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	devices := 2 * len(h.people) * len(h.versions)
	if len(told.all) != devices*own {
		t.Errorf("%d facts acknowledged, want %d", len(told.all), devices*own)
	}
	received := map[string]int{} // by fact: how often it was new
	for _, r := range told.all {
		if r.receipt.State == courses.Received {
			received[h.people[r.pupil].id+"/"+r.fact.ID]++
		}
	}
	if want := len(h.people) * len(h.versions) * (4 + 2*(own-4)); len(received) != want {
		t.Errorf("%d facts were new, want %d", len(received), want)
	}
	for fact, n := range received {
		if n != 1 {
			t.Errorf("fact %s was new %d times", fact, n)
		}
	}
	is := readStore(t, h.at)
	is.wantAcknowledged(t, h, told.all)
	is.wantSound(t, h)
	if n := len(is.certificates); n != len(h.people)*len(h.versions) {
		t.Errorf("%d certificates", n)
	}
	for _, r := range programs {
		if got := h.trained(t, r.base); got != len(h.people) {
			t.Errorf("the board of one program says %d trained", got)
		}
	}
	h.wantDuplicates(t, programs[1].base, told.all)
	for _, r := range programs {
		if code := r.end(t, syscall.SIGTERM); code != 0 {
			t.Errorf("a program ended with %d:\n%s", code, r.log.tail())
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
	r := launch(t, h.at)
	h.signIn(t, r)
	p := newThief(t, r.base, func(n int64) int {
		if n%4 == 0 {
			return whole
		}
		return []int{1: 0, 2: 200, 3: 1 << 20}[n%4] // nothing, a part of the head, all but the last byte
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var told record
	lost := 0
	for course := range h.versions {
		for pupil := range h.people {
			for _, f := range h.together(pupil, course) {
				for {
					got, err := h.send(t.Context(), client, p.base(), pupil, []courses.Fact{f})
					if err == nil {
						told.add(got[0])
						break
					}
					if lost++; !errors.As(err, new(*url.Error)) && !errors.Is(err, io.ErrUnexpectedEOF) {
						t.Fatal(err)
					}
				}
			}
		}
	}
	if facts := len(told.all); lost != 3*facts {
		t.Fatalf("%d answers lost for %d facts: the thief did not steal three of four", lost, facts)
	}
	for _, one := range told.all {
		if one.receipt.State != courses.Duplicate {
			t.Errorf("fact %s, sent for the fourth time, was answered with %+v", one.fact.ID, one.receipt)
		}
	}
	is := readStore(t, h.at)
	is.wantAcknowledged(t, h, told.all)
	is.wantSound(t, h)
	n := len(h.people) * len(h.versions)
	if len(is.completions) != 2*n || len(is.attempts) != 2*n || len(is.certificates) != n {
		t.Errorf("%d completions, %d attempts, %d certificates of %d people who sent 2, 2 and earned 1", len(is.completions), len(is.attempts), len(is.certificates), n)
	}
	if got := h.trained(t, r.base); got != len(h.people) {
		t.Errorf("the board says %d trained", got)
	}
}
