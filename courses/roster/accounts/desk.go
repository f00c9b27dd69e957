package accounts

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"lopban/courses/problem"
)

// desks are the places at which passwords are hashed: one for each core but one, so that everybody else is still
// answered while many sign in. More at once would take memory and make nobody faster.
//
// Who waits for one is served by turns: first somebody who is known (signed in, or on a device of theirs), then a
// stranger; among the known each account has its turn, among strangers each network. However many tries one account
// or one network sends, the next of anybody else is at most one turn away.
type desks struct {
	mu     sync.Mutex
	free   int
	queues [2]queue // of the known, of strangers
	next   int      // the queue whose turn it is
}

// guest is who waits for a desk.
type guest struct {
	known bool
	name  string // the account when known, else the network
}

// queue is who waits, by name, in the order of their turns.
type queue struct {
	turns   []string
	waiting map[string][]chan struct{} // a closed channel has a desk
}

// How many tries of one account, and of one network, wait at once: a hall of people behind one address is served within
// deskWait, and more would not be.
const (
	mostKnown     = 4
	mostStrangers = 100
)

// deskWait is how long anybody waits for a desk: by then it is better to say so than to let the queue grow.
const deskWait = 5 * time.Second

var errBusy error = &problem.Problem{Kind: problem.ErrUnavailable, Code: "sign-in-busy"}

func newDesks(n int) *desks {
	return &desks{free: n, queues: [2]queue{{waiting: map[string][]chan struct{}{}}, {waiting: map[string][]chan struct{}{}}}}
}

// deskCount is how many desks this machine has.
func deskCount() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// HashMemory is what hashing takes while every desk is taken, in bytes.
func HashMemory() int64 { return int64(deskCount()) * int64(UsualCost.Memory) << 10 }

// enter waits for a desk until the context ends, or for five seconds; then, and where too many of the same guest wait
// already, it is the *problem.Problem "sign-in-busy" (ErrUnavailable).
func (d *desks) enter(ctx context.Context, g guest) (leave func(), err error) {
	turn, err := d.join(g)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, deskWait)
	defer cancel()
	select {
	case <-turn:
		return d.leave, nil
	default:
	}
	select {
	case <-turn:
		return d.leave, nil
	case <-ctx.Done():
		if !d.drop(g, turn) { // the desk was given a moment ago
			d.leave()
		}
		return nil, errBusy
	}
}

// join gives a channel that is closed once there is a desk.
func (d *desks) join(g guest) (chan struct{}, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	turn := make(chan struct{})
	if d.free > 0 { // then nobody waits
		d.free--
		close(turn)
		return turn, nil
	}
	l, most := d.queueOf(g), mostStrangers
	if g.known {
		most = mostKnown
	}
	if len(l.waiting[g.name]) >= most {
		return nil, errBusy
	}
	if len(l.waiting[g.name]) == 0 {
		l.turns = append(l.turns, g.name)
	}
	l.waiting[g.name] = append(l.waiting[g.name], turn)
	return turn, nil
}

func (d *desks) queueOf(g guest) *queue {
	if g.known {
		return &d.queues[0]
	}
	return &d.queues[1]
}

// leave gives the desk to whoever is next.
func (d *desks) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range d.queues {
		l := &d.queues[d.next]
		d.next = (d.next + 1) % len(d.queues)
		if turn := l.pop(); turn != nil {
			close(turn)
			return
		}
	}
	d.free++
}

// pop takes the first of the name whose turn it is, which then comes last; nil when nobody waits.
func (l *queue) pop() chan struct{} {
	if len(l.turns) == 0 {
		return nil
	}
	name := l.turns[0]
	l.turns = l.turns[1:]
	turn := l.waiting[name][0]
	if rest := l.waiting[name][1:]; len(rest) > 0 {
		l.waiting[name], l.turns = rest, append(l.turns, name)
	} else {
		delete(l.waiting, name)
	}
	return turn
}

// drop takes somebody who gave up out of the queue; false when they are in it no more.
func (d *desks) drop(g guest, turn chan struct{}) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.queueOf(g)
	i := slices.Index(l.waiting[g.name], turn)
	if i < 0 {
		return false
	}
	if l.waiting[g.name] = slices.Delete(l.waiting[g.name], i, i+1); len(l.waiting[g.name]) == 0 {
		delete(l.waiting, g.name)
		l.turns = slices.DeleteFunc(l.turns, func(name string) bool { return name == g.name })
	}
	return true
}
