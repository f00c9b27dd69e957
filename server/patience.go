package server

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// patience says how slow the other end of a connection may be. That is slower than any network: who is slower holds a connection for its own sake.
type patience struct {
	grace time.Duration // within which nothing is asked, from the first byte on
	floor int           // bytes a second on average, after the grace
	stall time.Duration // without reading anything; it is no shorter than a connection may be idle
	piece time.Duration // for taking 16 KB of an answer
}

var usualPatience = patience{grace: 20 * time.Second, floor: 256, stall: idleTime, piece: 30 * time.Second}

// paced gives connections that end when they try it.
type paced struct {
	net.Listener
	patience patience
	unused   *unused
	secret   bool // what comes first is no request
}

func (l paced) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &pacedConn{Conn: conn, patience: l.patience, unused: l.unused, secret: l.secret}
	l.unused.add(c)
	return c, nil
}

// unused are the connections on which nobody has asked anything: browsers open some in advance. fasthttp takes them for busy ones, and would wait for them when it stops.
type unused struct {
	mu      sync.Mutex
	all     map[*pacedConn]bool
	stopped bool
}

func (u *unused) add(c *pacedConn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.stopped {
		c.Conn.Close()
		return
	}
	if u.all == nil {
		u.all = map[*pacedConn]bool{}
	}
	u.all[c] = true
}

func (u *unused) remove(c *pacedConn) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.all, c)
}

// stop ends them, and those that are still accepted.
func (u *unused) stop() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.stopped = true
	for c := range u.all {
		c.Conn.Close()
	}
}

type pacedConn struct {
	net.Conn
	patience patience
	unused   *unused
	secret   bool
	used     atomic.Bool

	mu      sync.Mutex
	reading time.Time // deadline
	writing time.Time // deadline
	began   time.Time // of what is now being read: its first byte
	got     int       // bytes of it
	linger  bool
}

func (c *pacedConn) SetDeadline(t time.Time) error {
	return firstError(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline begins a new stretch of reading.
func (c *pacedConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading, c.began, c.got = t, time.Time{}, 0
	return c.Conn.SetReadDeadline(t)
}

func (c *pacedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = t
	return c.Conn.SetWriteDeadline(t)
}

func (c *pacedConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	until := c.reading
	c.mu.Unlock()
	if err := c.Conn.SetReadDeadline(sooner(until, c.patience.stall)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		return n, err
	}
	if !c.secret {
		c.use()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.began.IsZero() {
		c.began = now
	}
	c.got += n
	if took := now.Sub(c.began); took > c.patience.grace && float64(c.got) < took.Seconds()*float64(c.patience.floor) {
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
	}
	return n, nil
}

// Write gives each piece of an answer its own time.
func (c *pacedConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	until := c.writing
	c.mu.Unlock()
	sent := 0
	for {
		if err := c.Conn.SetWriteDeadline(sooner(until, c.patience.piece)); err != nil {
			return sent, err
		}
		n, err := c.Conn.Write(b[sent:min(sent+16<<10, len(b))])
		if sent += n; err != nil || sent == len(b) {
			return sent, err
		}
	}
}

// Close ends the connection. After linger it first reads on for a little: a connection that is closed before all was read is reset, and takes the answer that was just written with it.
func (c *pacedConn) Close() error {
	c.use()
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

// use says that something was asked on the connection.
func (c *pacedConn) use() {
	if c.unused != nil && !c.used.Swap(true) {
		c.unused.remove(c)
	}
}

// pacedOf is the paced connection of a request, by itself or with TLS around it; nil in a test without a listener.
func pacedOf(conn net.Conn) *pacedConn {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	c, _ := conn.(*pacedConn)
	return c
}

// linger lets a connection read on when it is closed.
func linger(conn net.Conn) {
	if c := pacedOf(conn); c != nil {
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
