// Package edge is where connections come in: how many, how slow, how large, and how a request says where it ends.
package edge

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	IdleTime  = 2 * time.Minute  // of a connection between two requests
	WriteTime = 20 * time.Minute // a file of 100,000 rows on a slow line; see SlowLimits
)

// SlowLimits says how slow the other end of a connection may be. That is slower than any network: who is slower holds a
// connection for its own sake.
type SlowLimits struct {
	Grace time.Duration // within which nothing is asked, from the first byte on
	Floor int           // bytes a second on average, after the grace
	Stall time.Duration // without reading anything; it is no shorter than a connection may be idle
	Piece time.Duration // for taking 16 KB of an answer
}

// UsualSlowLimits is what visitors meet.
var UsualSlowLimits = SlowLimits{Grace: 20 * time.Second, Floor: 256, Stall: IdleTime, Piece: 30 * time.Second}

// Pace makes of a listener one whose connections end when they are too slow, and which takes no more of them than
// the crowd has room for. Secret says that what comes first is no request.
func Pace(ln net.Listener, p SlowLimits, u *Unused, c *Crowd, secret bool) net.Listener {
	return paced{&patient{Listener: ln, log: c.Log}, p, u, c, secret}
}

// paced gives connections that end when they try it.
type paced struct {
	net.Listener
	slow   SlowLimits
	unused *Unused
	crowd  *Crowd
	secret bool // what comes first is no request
}

// Accept is described at [net.Listener]. A connection too many is closed at once.
func (l paced) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := household(conn)
		if !l.crowd.enter(from) {
			if !l.secret {
				conn.SetWriteDeadline(time.Now().Add(time.Second)) // it fits into the system's buffer
				conn.Write(away)
			}
			conn.Close()
			continue
		}
		c := &PacedConn{Conn: conn, Limits: l.slow, unused: l.unused, secret: l.secret, left: sync.OnceFunc(func() { l.crowd.leave(from) })}
		l.unused.add(c)
		return c, nil
	}
}

// Unused are the connections on which nobody has asked anything: browsers open some in advance. fasthttp takes them for
// busy ones, and would wait for them when it stops.
type Unused struct {
	mu      sync.Mutex
	all     map[*PacedConn]bool
	stopped bool
}

func (u *Unused) add(c *PacedConn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.stopped {
		c.Conn.Close() // fasthttp closes it as well, when it reads
		return
	}
	if u.all == nil {
		u.all = map[*PacedConn]bool{}
	}
	u.all[c] = true
}

func (u *Unused) remove(c *PacedConn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.all, c)
}

// Stop ends them, and those that are still accepted.
func (u *Unused) Stop() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.stopped = true
	for c := range u.all {
		c.Conn.Close()
	}
}

type PacedConn struct {
	net.Conn
	Limits SlowLimits
	unused *Unused
	secret bool
	left   func() // called when it ends
	used   atomic.Bool

	mu      sync.Mutex
	reading time.Time // deadline
	writing time.Time // deadline
	began   time.Time // of what is now being read: its first byte
	got     int       // bytes of it
	linger  bool
}

func (c *PacedConn) SetDeadline(t time.Time) error {
	return firstError(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline begins a new stretch of reading.
func (c *PacedConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading, c.began, c.got = t, time.Time{}, 0
	return c.Conn.SetReadDeadline(t)
}

func (c *PacedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = t
	return c.Conn.SetWriteDeadline(t)
}

func (c *PacedConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	until := c.reading
	c.mu.Unlock()
	if err := c.Conn.SetReadDeadline(sooner(until, c.Limits.Stall)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		return n, err
	}
	if !c.secret {
		c.Use()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.began.IsZero() {
		c.began = now
	}
	c.got += n
	if took := now.Sub(c.began); took > c.Limits.Grace && float64(c.got) < took.Seconds()*float64(c.Limits.Floor) {
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
	}
	return n, nil
}

// Write gives each piece of an answer its own time.
func (c *PacedConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	until := c.writing
	c.mu.Unlock()
	sent := 0
	for {
		if err := c.Conn.SetWriteDeadline(sooner(until, c.Limits.Piece)); err != nil {
			return sent, err
		}
		n, err := c.Conn.Write(b[sent:min(sent+16<<10, len(b))])
		if sent += n; err != nil || sent == len(b) {
			return sent, err
		}
	}
}

// Close ends the connection. After linger it first reads on for a little: a connection that is closed before all was
// read is reset, and takes the answer that was just written with it.
func (c *PacedConn) Close() error {
	c.Use()
	if c.left != nil {
		defer c.left()
	}
	c.mu.Lock()
	wait := c.linger
	c.linger = false
	c.mu.Unlock()
	if half, ok := c.Conn.(interface{ CloseWrite() error }); wait && ok && half.CloseWrite() == nil {
		c.Conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		io.Copy(io.Discard, io.LimitReader(c.Conn, 64<<20))
	}
	return c.Conn.Close()
}

// Use says that something was asked on the connection.
func (c *PacedConn) Use() {
	if c.unused != nil && !c.used.Swap(true) {
		c.unused.remove(c)
	}
}

// PacedOf is the paced connection of a request, by itself or with TLS around it; nil in a test without a listener.
func PacedOf(conn net.Conn) *PacedConn {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	c, _ := conn.(*PacedConn)
	return c
}

// Linger lets a connection read on when it is closed.
func Linger(conn net.Conn) {
	if c := PacedOf(conn); c != nil {
		c.mu.Lock()
		c.linger = true
		c.mu.Unlock()
	}
}

// sooner is the deadline, or the end of the time from now; zero is no deadline.
func sooner(deadline time.Time, d time.Duration) time.Time {
	end := time.Now().Add(d)
	if deadline.IsZero() || end.Before(deadline) {
		return end
	}
	return deadline
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
