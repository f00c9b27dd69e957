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
	"testing"
	"time"

	"lopban/cmd/lopban/bench"
	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses/programme"
)

// exportRows is how long a list is: with LOPBAN_DAY, as long as the longest.
func exportRows() int {
	if os.Getenv("LOPBAN_DAY") != "" {
		return 100_000
	}
	return 40_000
}

// sorting counts the files that a process has open in which a report is sorted.
func sorting(t *testing.T, r *programtest.Running) (n int) {
	t.Helper()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", r.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, filepath.Join(os.TempDir(), "lopban-")) {
			n++
		}
	}
	return n
}

// A visitor who goes away in the middle of a list of 40,000 people, or 100,000, ends the work on it long before its
// end: the files in which it was sorted are gone. Memory stays as it is with one who takes all of it.
func TestExportWithoutAReader(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 1, 1)
	h.fillRegister(t, exportRows())
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	if n := sorting(t, r); n > 0 {
		t.Fatalf("%d files are open before anything was asked", n)
	}
	rest := rests(t, r)
	began := time.Now()
	res := h.export(t, r.Base, "csv")
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	most := max(time.Second, time.Since(began)/2) // half of what all of it takes here
	if rows := strings.Count(string(data), "\n"); rows < exportRows() {
		t.Errorf("the whole list has %d lines", rows)
	}
	if peak := memoryOf(t, r, "VmHWM:"); peak-rest > mostMemory {
		t.Errorf("for the whole list the program held %d MiB, before %d MiB", peak>>20, rest>>20)
	}
	for _, format := range []string{"csv", "json", "xlsx"} {
		rest := rests(t, r)
		res := h.export(t, r.Base, format)
		if format == "xlsx" { // its first bytes come when its last row is written
			res.Body.Close()
		} else {
			if _, err := io.CopyN(io.Discard, res.Body, 64<<10); err != nil {
				t.Fatal(err)
			}
			if sorting(t, r) == 0 {
				t.Errorf("%s: nothing is under way", format)
			}
			res.Body.Close()
		}
		gone := time.Now()
		for sorting(t, r) > 0 {
			if time.Since(gone) > time.Minute {
				t.Fatalf("%s: files are open %v after the visitor left", format, time.Since(gone))
			}
			time.Sleep(5 * time.Millisecond) // the system tells nobody
		}
		took := time.Since(gone)
		t.Logf("%s: ended %v after the visitor left, %d MiB more than at rest", format, took.Round(time.Millisecond), (memoryOf(t, r, "VmHWM:")-rest)>>20)
		if took > most {
			t.Errorf("%s: it took %v to end", format, took)
		}
	}
}

// fillRegister issues certificates to people who are known to the register alone.
func (h *hall) fillRegister(t *testing.T, n int) {
	t.Helper()
	st, err := h.At.OpenAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := console.NewProgramme(t.Context(), st, programtest.SiteURL, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	f, err := bench.NewFilling(t.Context(), s, st, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Register(t.Context(), n, programme.FileWords("vi", s.Words("vi"))); err != nil {
		t.Fatal(err)
	}
}

// export asks for the list of completions and gives the answer with its body unread.
func (h *hall) export(t *testing.T, base, format string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, base+"/api/v1/reports/completions."+format, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.Office)
	res, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true, DialContext: narrow}).RoundTrip(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %+v, %v", format, res, err)
	}
	return res
}

// narrow is a line that holds little, so that a list is not all on its way when its reader leaves.
func narrow(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		err = conn.(*net.TCPConn).SetReadBuffer(32 << 10)
	}
	return conn, err
}
