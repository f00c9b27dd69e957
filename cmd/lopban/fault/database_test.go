package fault

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses/store/mongodb/mongotest"
)

// wire stands between the program and its database, and can be cut.
type wire struct {
	t    *testing.T
	addr string // where the program finds it
	to   string // the database

	mu    sync.Mutex
	ln    net.Listener // nil: nobody listens
	state string       // one of those below
	turn  chan struct{}
	conns map[net.Conn]bool
	all   sync.WaitGroup
}

// The states of a wire. A held one keeps what is sent until it is sound again, as a network does that loses packets; at
// a broken one every connection is broken; at a dead one nobody listens besides.
const (
	intact = "intact"
	slow   = "slow"
	held   = "held"
	broken = "broken"
	dead   = "dead"
)

// slowness is how much later each part of a message arrives.
const slowness = 100 * time.Millisecond

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	w := &wire{t: t, to: to, addr: "127.0.0.1:0", state: dead, turn: make(chan struct{}), conns: map[net.Conn]bool{}}
	w.set(intact)
	t.Cleanup(func() { w.set(dead); w.all.Wait() })
	return w
}

// set changes the state.
func (w *wire) set(state string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if state == broken || state == dead {
		for c := range w.conns {
			c.(*net.TCPConn).SetLinger(0) // a reset, and not an orderly end
			c.Close()
		}
	}
	if state == dead && w.ln != nil {
		w.ln.Close()
		w.ln = nil
	}
	if state != dead && w.ln == nil {
		ln, err := net.Listen("tcp", w.addr)
		if err != nil {
			w.t.Fatal(err)
		}
		w.ln, w.addr = ln, ln.Addr().String()
		w.all.Go(func() { w.accept(ln) })
	}
	w.state = state
	close(w.turn)
	w.turn = make(chan struct{})
}

func (w *wire) now() (state string, turn chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state, w.turn
}

func (w *wire) accept(ln net.Listener) {
	for {
		from, err := ln.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", w.to)
		if err != nil {
			from.Close()
			continue
		}
		w.mu.Lock()
		w.conns[from], w.conns[to] = true, true
		cut := w.state == broken || w.state == dead
		w.mu.Unlock()
		if cut {
			from.(*net.TCPConn).SetLinger(0)
			from.Close()
			to.Close()
			continue
		}
		w.all.Go(func() { w.carry(from, to) })
		w.all.Go(func() { w.carry(to, from) })
	}
}

// carry hands on what comes, as the state of the wire allows, until either end is closed.
func (w *wire) carry(from, to net.Conn) {
	defer func() {
		from.Close()
		to.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.conns, from)
		delete(w.conns, to)
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		for {
			state, turn := w.now()
			if state == held {
				<-turn
				continue
			}
			if state == slow {
				time.Sleep(slowness) // it is the fault
			}
			break
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// freePort is an address that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// goroutines asks the program's metrics how many there are.
func goroutines(t *testing.T, metrics string) int {
	t.Helper()
	res, err := http.Get("http://" + metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("the metrics do not count goroutines")
	return 0
}

// The database is slow, out of reach without a sign, cut off again and again, stopped and started; and the program is
// killed and started. Who sends facts is told within five seconds to come again; five seconds after the database is
// back facts are taken, by the same process, which keeps nothing of the trouble. Everything acknowledged is there,
// once.
func TestDatabaseLostUnderLoad(t *testing.T) {
	direct := mongotest.Start(t)
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	u.Host = w.addr
	q := u.Query()
	q.Del("timeoutMS") // the program's own limits
	u.RawQuery = q.Encode()
	h := newHall(t, console.Place{Mongodb: direct}, 4, 2)
	metrics := freePort(t)
	r := programtest.Launch(t, console.Place{Mongodb: u.String()}, "--metrics-addr", metrics)
	h.SignIn(t, r)
	var base atomic.Value
	base.Store(r.Base)
	at := func() string { return base.Load().(string) }
	p := newPhones(t, h)
	p.enter(1, 0, at)
	p.acknowledges(8, time.Minute)
	rest := goroutines(t, metrics)

	w.set(slow)
	t.Logf("slow: 4 facts in %v", p.acknowledges(4, time.Minute).Round(time.Millisecond))
	w.set(intact)
	p.acknowledges(2*len(h.People), time.Minute) // what was begun slowly has ended
	calm := p.acknowledges(4, time.Minute)       // how slow this machine is now
	for _, state := range []string{held, broken, dead} {
		before := len(p.troubles())
		w.set(state)
		if state == held {
			p.enter(1, 1, at)
		}
		began := time.Now()
		res, err := programtest.Call(t.Context(), http.DefaultClient, http.MethodGet, at()+"/api/v1/board", h.Office, nil, nil)
		if took := time.Since(began); err != nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" || took > 5*time.Second+5*calm {
			t.Errorf("%s: the board is answered with %+v, %v after %v", state, res, err, took)
		}
		p.until("facts are put off", 15*time.Second+5*calm, func() bool { return len(p.troubles()) >= before+len(h.People) })
		w.set(intact)
		t.Logf("%s: %d facts were put off, the last after %v; then 4 facts in %v", state, len(p.troubles())-before, p.slowest().Round(time.Millisecond), p.acknowledges(4, 5*time.Second+5*calm).Round(time.Millisecond))
	}
	wantPutOff(t, p.troubles())
	if took := p.slowest(); took > 5*time.Second+5*calm {
		t.Errorf("a fact was put off only after %v", took)
	}
	p.until("the goroutines of the trouble are gone", 15*time.Second, func() bool { return goroutines(t, metrics) <= rest+2*len(h.People)+8 })

	r.End(t, syscall.SIGKILL)
	r = programtest.Launch(t, console.Place{Mongodb: u.String()})
	base.Store(r.Base)
	p.acknowledges(4, 15*time.Second)
	p.until("everybody is certified twice", time.Minute, func() bool { return h.certified(p.told.UntilNow()) == 2*len(h.People) })
	told := p.stop()
	is := readStore(t, h.At)
	is.wantAcknowledged(t, h, told)
	is.wantSound(t, h)
	h.WantDuplicates(t, r.Base, told)
	if got := h.Trained(t, r.Base); got != len(h.People) {
		t.Errorf("the board says %d trained", got)
	}
	for _, err := range p.troubles() {
		var put programtest.Refusal
		if !cutOff(err) && !errors.As(err, &put) {
			t.Errorf("a phone was told %v", err)
		}
	}
	t.Log(fmt.Sprint(len(told), " facts acknowledged, ", len(p.troubles()), " put off"))
}

// The process of the database is killed while 16 phones send facts, and started again where it was with what is on its
// disk. Until then they are put off within five seconds, and five seconds after it is back facts are taken by the same
// program. Everything acknowledged is there, once, and each pupil holds one certificate.
func TestDatabaseKilledUnderLoad(t *testing.T) {
	db := mongotest.StartServer(t)
	u, err := url.Parse(db.URI)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = "" // the program's own limits
	h := newHall(t, console.Place{Mongodb: db.URI}, 4, 1)
	r := programtest.Launch(t, console.Place{Mongodb: u.String()})
	h.SignIn(t, r)
	p := newPhones(t, h)
	const devices = 4
	p.enter(devices, 0, func() string { return r.Base })
	p.acknowledges(devices*len(h.People), time.Minute)

	calm := p.acknowledges(devices*len(h.People), time.Minute) // how slow this machine is now

	before := len(p.troubles())
	db.Kill()
	p.until("facts are put off", 15*time.Second+5*calm, func() bool { return len(p.troubles()) >= before+devices*len(h.People) })
	db.Start()
	back := p.acknowledges(devices*len(h.People), 5*time.Second+5*calm)
	p.until("everybody is certified", time.Minute, func() bool { return h.certified(p.told.UntilNow()) == len(h.People) })
	told := p.stop()
	wantPutOff(t, p.troubles())
	if took := p.slowest(); took > 5*time.Second+5*calm {
		t.Errorf("a fact was put off only after %v", took)
	}
	h.WantDuplicates(t, r.Base, told)
	is := readStore(t, h.At)
	is.wantAcknowledged(t, h, told)
	is.wantSound(t, h)
	if n := len(is.certificates); n != len(h.People) {
		t.Errorf("%d certificates, want %d", n, len(h.People))
	}
	t.Logf("%d facts acknowledged, %d put off, the last after %v; after the return %d facts in %v", len(told), len(p.troubles()), p.slowest().Round(time.Millisecond), devices*len(h.People), back.Round(time.Millisecond))
}
