package edge

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"
)

const (
	MostConnections = 10_000 // of some 20 KB each
	FewFiles        = MostConnections + mostKept
	mostKept        = 512 // file descriptors that are not for visitors: the store, its readers, the log, uploads
)

// Connections is how many visitors may be connected at once to a process that may have so many files open; 0 is a
// system that sets no bound.
func Connections(files uint64) int {
	if files == 0 || files >= FewFiles {
		return MostConnections
	}
	return int(files - max(files/4, 1))
}

// Crowd counts connections, so that one address never keeps the others out: each may have as many as are still free,
// which is half of them when it is alone, and leaves some free however many there are. Trusted proxies speak for many
// and have no such bound.
type Crowd struct {
	Most    int
	Proxies []netip.Prefix
	Log     *slog.Logger

	mu     sync.Mutex
	all    int
	of     map[netip.Addr]int
	warned time.Time
}

// enter counts a connection, or says that it may not stay.
func (c *Crowd) enter(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[netip.Addr]int{}
	}
	free := c.Most - c.all
	if free > 0 && (c.of[from] < free || c.trusts(from)) {
		c.all++
		c.of[from]++
		return true
	}
	if now := time.Now(); now.Sub(c.warned) > time.Minute {
		c.warned = now
		c.Log.Warn("connections are refused", "address", from.String(), "of it", c.of[from], "of all", c.all, "most", c.Most)
	}
	return false
}

func (c *Crowd) leave(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.of[from]--; c.of[from] == 0 {
		delete(c.of, from)
	}
}

func (c *Crowd) trusts(from netip.Addr) bool {
	return slices.ContainsFunc(c.Proxies, func(p netip.Prefix) bool { return p.Contains(from) })
}

// household is who is at the other end: an IPv4 address, or the network of one customer, of which each has 2^64
// addresses in IPv6.
func household(conn net.Conn) netip.Addr {
	at, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	addr := at.AddrPort().Addr().Unmap().WithZone("")
	if addr.Is6() {
		if net, err := addr.Prefix(64); err == nil {
			return net.Addr()
		}
	}
	return addr
}

// away is what is said to who may not stay, where it can be: a handshake is not begun for that.
var away = []byte("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: " + RetryAfter + "\r\nContent-Length: 0\r\n\r\n")

// patient accepts connections, and waits a little where the system has none to give just now.
type patient struct {
	net.Listener
	log  *slog.Logger
	said time.Time
}

// Accept is described at [net.Listener].
func (l *patient) Accept() (net.Conn, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		conn, err := l.Listener.Accept()
		if err == nil || !passing(err) {
			return conn, err
		}
		if now := time.Now(); now.Sub(l.said) > time.Minute {
			l.said = now
			l.log.Warn("no connection can be accepted for a moment", "error", err.Error())
		}
		time.Sleep(pause)
	}
}

// passing says whether an error of accepting may be over in a moment: files or memory have run out, or the other end
// was gone already.
func passing(err error) bool {
	var no syscall.Errno
	return errors.As(err, &no) && (no.Temporary() || slices.Contains([]syscall.Errno{syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.ECONNRESET}, no))
}

// RetryAfter is how many seconds a client should wait when the store cannot be reached.
const RetryAfter = "5"
