package fault

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses/store/mongodb/mongotest"
)

// Twenty elections while phones send facts: planned ones, crashes with a primary soon and crashes without one until
// everybody has been put off, answers that are lost, reads that no majority can promise yet, writes that reach no
// majority. Every fact is answered within five seconds, with a receipt or with 503 and when to come again. Everything
// acknowledged is there, once, and each pupil holds one certificate a course.
func TestElectionsUnderLoad(t *testing.T) {
	set := mongotest.StartSet(t)
	h := newHall(t, console.Place{Mongodb: set.URI + "&timeoutMS=60000"}, 4, 2)
	r := programtest.Launch(t, console.Place{Mongodb: set.URI})
	h.SignIn(t, r)
	p := newPhones(t, h)
	const devices = 2
	base := func() string { return r.Base }
	p.enter(devices, 0, base)
	calm := p.acknowledges(devices*len(h.People), time.Minute) // how slow this machine is now

	// one in three of some commands has a fault
	third := func(f mongotest.Fault, commands ...string) func(string, string) mongotest.Fault {
		var n atomic.Int64
		return func(command, _ string) mongotest.Fault {
			for _, c := range commands {
				if c == command && n.Add(1)%3 == 0 {
					return f
				}
			}
			return mongotest.None
		}
	}
	putOff := func(what string) {
		t.Helper()
		before := len(p.troubles())
		p.until(what+": facts are put off", 15*time.Second+5*calm, func() bool { return len(p.troubles()) >= before+devices*len(h.People) })
	}
	for n := range 20 {
		switch n % 10 {
		case 0, 5:
			set.StepDown()
		case 1, 6:
			set.Crash()
			set.Elect()
		case 2:
			set.Crash()
			putOff("no primary")
			set.Elect()
		case 3, 7:
			set.Meddle(third(mongotest.Lost, "insert", "update"))
			set.StepDown()
		case 4:
			set.Meddle(third(mongotest.NotYet, "find", "aggregate"))
			set.Crash()
			set.Elect()
		case 8:
			set.Meddle(third(mongotest.Unconfirmed, "insert", "update"))
			set.StepDown()
		case 9:
			set.Meddle(func(command, collection string) mongotest.Fault {
				if command == "insert" && (collection == "completion" || collection == "attempt" || collection == "certificate") {
					return mongotest.Unanswered
				}
				return mongotest.None
			})
			putOff("no majority")
			set.StepDown()
		}
		if n == 10 {
			p.enter(devices, 1, base)
		}
		set.Meddle(nil)
		took := p.acknowledges(devices*len(h.People), 15*time.Second+5*calm)
		t.Logf("election %d: %d facts in %v", n, devices*len(h.People), took.Round(time.Millisecond))
	}
	p.until("everybody is certified twice", time.Minute, func() bool { return h.certified(p.told.UntilNow()) == 2*len(h.People) })
	told := p.stop()
	wantPutOff(t, p.troubles())
	if took := p.slowest(); took > 5*time.Second+5*calm {
		t.Errorf("a fact was put off only after %v", took)
	}
	var again []programtest.Receipted
	for i := 0; i < len(told); i += 5 { // each costs FerretDB a tenth of a second
		again = append(again, told[i])
	}
	h.WantDuplicates(t, r.Base, again)
	is := readStore(t, h.At)
	is.wantAcknowledged(t, h, told)
	is.wantSound(t, h)
	if n := len(is.certificates); n != 2*len(h.People) {
		t.Errorf("%d certificates, want %d", n, 2*len(h.People))
	}
	t.Log(fmt.Sprint(len(told), " facts acknowledged, ", len(p.troubles()), " put off, the last after ", p.slowest().Round(time.Millisecond)))
}
