package fault

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
)

// visitor is a client of its own at an address of the loopback network.
func visitor(addr string) *http.Client {
	from := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
			return from.DialContext(ctx, network, at)
		}}}
}

// The program may have 256 files open, which is below what it has for visitors alone elsewhere. One address holds all
// the connections it can get, first saying nothing and then after a page each, and asks for more without end: the
// program says at its start that it may have few, goes on, and answers everybody else. Nothing is lost, and it stops as
// it should.
func TestFilesRunOut(t *testing.T) {
	path, err := programtest.Program()
	if err != nil {
		t.Fatal(err)
	}
	for _, hard := range []string{"-S", "-H"} { // Go raises the one to the other
		t.Run(hard, func(t *testing.T) {
			few := filepath.Join(t.TempDir(), "few")
			if err := os.WriteFile(few, fmt.Appendf(nil, "#!/bin/bash\nulimit -S -n 256\nulimit %s -n 256\nexec %s \"$@\"\n", hard, path), 0o700); err != nil {
				t.Fatal(err)
			}
			h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 1, 1)
			r := programtest.LaunchAs(t, few, h.At)
			for _, ask := range []bool{false, true} {
				crowd := hold(t, strings.TrimPrefix(r.Base, "http://"), 600, ask)
				res, err := visitor("127.0.0.9").Get(r.Base + "/courses")
				if err != nil {
					t.Fatalf("another address: %v\n%s", err, r.Log.Tail())
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if res.StatusCode != http.StatusOK {
					t.Errorf("another address has %s", res.Status)
				}
				for _, c := range crowd {
					c.Close()
				}
			}
			h.SignIn(t, r)
			if code := r.End(t, syscall.SIGTERM); code != 0 {
				t.Errorf("the program ended with %d:\n%s", code, r.Log.Tail())
			}
			if said := strings.Contains(strings.Join(r.Log.Lines(), "\n"), "few files may be open"); said != (hard == "-H") {
				t.Errorf("at its start it said:\n%s", r.Log.Tail())
			}
		})
	}
}

// hold opens so many connections from one address, asks for a page on each where it is told to, and leaves them open.
func hold(t *testing.T, addr string, n int, ask bool) (all []net.Conn) {
	t.Helper()
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 5)}, Timeout: 5 * time.Second}
	for range n {
		c, err := from.Dial("tcp", addr)
		if err != nil {
			break // what the system puts off is held as well
		}
		all = append(all, c)
		t.Cleanup(func() { c.Close() })
		if ask {
			fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
		}
	}
	if len(all) < 300 {
		t.Fatalf("only %d connections were opened", len(all))
	}
	return all
}
