package edge

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
)

// short is a listener to which the system gives no connection for a while.
type short struct {
	net.Listener
	errs []error
}

func (l *short) Accept() (net.Conn, error) {
	if len(l.errs) == 0 {
		return l.Listener.Accept()
	}
	err := l.errs[0]
	l.errs = l.errs[1:]
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
}

// What passes by itself ends nothing; a listener that is closed or broken is said so.
func TestAcceptWaitsForFiles(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var said bytes.Buffer
	l := &patient{Listener: &short{ln, []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EMFILE}}, log: slog.New(slog.NewTextHandler(&said, nil))}
	go net.Dial("tcp", ln.Addr().String())
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if n := strings.Count(said.String(), "too many open files"); n != 1 {
		t.Errorf("%d lines of files that ran out, of one minute:\n%s", n, &said)
	}
	l.Listener = &short{ln, []error{syscall.EINVAL}}
	if _, err := l.Accept(); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("of a broken listener: %v", err)
	}
	ln.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("of a closed listener: %v", err)
	}
}

func TestConnectionsByFiles(t *testing.T) {
	for files, want := range map[uint64]int{0: 10_000, 1 << 20: 10_000, 10_512: 10_000, 10_511: 7_884, 1024: 768, 256: 192, 4: 3, 1: 0} {
		if got := Connections(files); got != want {
			t.Errorf("with %d files %d connections, want %d", files, got, want)
		}
	}
}

// However many connections some addresses ask for, another one gets in; a proxy that is trusted has as many as there
// are.
func TestNoAddressKeepsOthersOut(t *testing.T) {
	c := Crowd{Most: 100, Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	enter := func(addr string, tries int) (got int) {
		for range tries {
			if c.enter(netip.MustParseAddr(addr)) {
				got++
			}
		}
		return got
	}
	for i, addr := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"} {
		if got := enter(addr, 1000); got == 0 || i == 0 && got != 50 {
			t.Errorf("%s has %d connections", addr, got)
		}
	}
	had := c.all
	if got := enter("192.0.2.9", 1); got != 1 {
		t.Errorf("a sixth has none, of %d", had)
	}
	for range 50 {
		c.leave(netip.MustParseAddr("192.0.2.1"))
	}
	if got := enter("10.0.0.7", 1000); got != 100-had-1+50 || c.all != 100 {
		t.Errorf("a trusted proxy has %d, all together %d", got, c.all)
	}
	if enter("10.0.0.7", 1) != 0 {
		t.Error("there are more connections than the most")
	}
}

func TestHouseholds(t *testing.T) {
	for addr, want := range map[string]string{"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "fe80::1%eth0": "fe80::"} {
		a := netip.MustParseAddr(addr)
		if got := household(from{addr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 1))}); got.String() != want {
			t.Errorf("%s is of %v, want %s", addr, got, want)
		}
	}
}

// from is a connection of which only its other end is asked.
type from struct {
	net.Conn
	addr net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.addr }
