package server

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"sync"
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
}

func (l paced) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &pacedConn{Conn: c, patience: l.patience}, nil
}

type pacedConn struct {
	net.Conn
	patience patience

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

// linger lets a connection, the paced one or one of TLS around it, read on when it is closed.
func linger(conn net.Conn) {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if c, ok := conn.(*pacedConn); ok {
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
