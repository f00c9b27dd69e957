// Package programtest drives the whole program from outside, for tests: it builds and starts it, and plays a class that
// sends facts to it. The tests of commands, the journeys and the faults share it.
package programtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
)

// root is the folder of the module, wherever in it a test runs.
var root = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	return strings.TrimSpace(string(out)), err
})

// Program is the path of the program as it is built for users, but for its clock, which is that of the tests. It lies
// beside the test binary and goes with it.
var Program = sync.OnceValues(func() (string, error) { return Build("lopban-under-test", console.Ahead) })

// Build links the program with a clock that runs so far ahead.
func Build(name, ahead string) (string, error) {
	path := filepath.Join(filepath.Dir(os.Args[0]), name)
	out, err := exec.Command("go", "build", "-ldflags", "-X lopban/cmd/lopban/console.Ahead="+ahead, "-o", path, "lopban/cmd/lopban").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
}

// Running is the program as a process of its own.
type Running struct {
	Cmd   *exec.Cmd
	Base  string    // "http://127.0.0.1:port"
	Ready time.Time // when it said so
	Log   *Output
	Out   *bufio.Reader
	mu    sync.Mutex
	ended bool
}

// SiteURL is where visitors of the tests' programs think they are: it is in every token, and must outlive a port.
const SiteURL = "http://lopban.test"

// Launch starts serve on a store and waits until it answers.
func Launch(t testing.TB, p console.Place, args ...string) *Running {
	t.Helper()
	return LaunchAs(t, built(t), p, args...)
}

// LaunchAs starts serve of a program that was built for the test.
func LaunchAs(t testing.TB, path string, p console.Place, args ...string) *Running {
	t.Helper()
	r := beginAs(t, path, append(append([]string{"serve", "--addr", "127.0.0.1:0", "--base-url", SiteURL}, FlagsOf(p)...), args...)...)
	if err := r.Await(); err != nil {
		t.Fatal(err)
	}
	return r
}

// Begin starts the program with these arguments.
func Begin(t testing.TB, args ...string) *Running {
	t.Helper()
	return beginAs(t, built(t), args...)
}

func built(t testing.TB) string {
	t.Helper()
	path, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// beginAs starts a program that was built for the test, and kills it after the test if it is still there.
func beginAs(t testing.TB, path string, args ...string) *Running {
	t.Helper()
	r, err := Start(path, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.End(t, syscall.SIGKILL) })
	return r
}

// Start starts a program that was built for the tests. Who starts it ends it.
func Start(path string, args ...string) (*Running, error) {
	r := &Running{Cmd: exec.Command(path, args...), Log: &Output{}}
	r.Cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "SSL_CERT_FILE=" + os.Getenv("SSL_CERT_FILE")}
	r.Cmd.Stderr = r.Log
	out, err := r.Cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.Out = bufio.NewReader(out)
	return r, r.Cmd.Start()
}

// Await waits until the program says that it answers.
func (r *Running) Await() error {
	line, err := r.Out.ReadString('\n')
	base, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ok {
		return fmt.Errorf("the program said %q (%v):\n%s", line, err, r.Log.Tail())
	}
	r.Base, r.Ready = base, time.Now()
	return nil
}

// End sends a signal, waits for the end, and gives the exit code: -1 after SIGKILL.
func (r *Running) End(t testing.TB, s syscall.Signal) int {
	t.Helper()
	code, err := r.Stop(s)
	if err != nil {
		t.Error(err)
	}
	return code
}

// Stop is End without a test.
func (r *Running) Stop(s syscall.Signal) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return r.Cmd.ProcessState.ExitCode(), nil
	}
	r.ended = true
	err := r.Cmd.Process.Signal(s)
	r.Cmd.Wait() // its error is the exit code
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return r.Cmd.ProcessState.ExitCode(), err
}

// Said is what a command ended with and printed.
type Said struct {
	Code     int
	Out, Err string
}

// Says runs a command of the program to its end.
func Says(t testing.TB, args ...string) Said {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), built(t), args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return Said{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// Want fails the test unless the command ended so, and said these things on its err.
func (got Said) Want(t testing.TB, code int, says ...string) Said {
	t.Helper()
	if got.Code != code {
		t.Errorf("code %d, want %d: %s", got.Code, code, got.Err)
	}
	for _, s := range says {
		if !strings.Contains(got.Err, s) {
			t.Errorf("does not say %q: %s", s, got.Err)
		}
	}
	return got
}

// FlagsOf names the store on a command line.
func FlagsOf(p console.Place) []string {
	if p.Mongodb != "" {
		return []string{"--mongodb", p.Mongodb}
	}
	return []string{"--data", p.Data}
}

// Call sends JSON and reads the JSON of an answer that is 2xx. The error is one of the network; the answer's body is
// read already.
func Call(ctx context.Context, c *http.Client, method, url, bearer string, body, into any) (*http.Response, error) {
	var text bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, url, &text)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 || into == nil {
		return res, err
	}
	return res, json.Unmarshal(data, into)
}

// Output is what the program says on its error channel.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// Lines are those that were written so far.
func (o *Output) Lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Split(strings.TrimSpace(o.text.String()), "\n")
}

// Tail is the last of them, for a test that fails.
func (o *Output) Tail() string {
	lines := o.Lines()
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// Errors are those that say that something went wrong.
func (o *Output) Errors() []string {
	return slices.DeleteFunc(o.Lines(), func(line string) bool { return !strings.Contains(line, `"level":"ERROR"`) })
}

// Main runs the tests of a package on the clock that they are asked to have, and gives the code to end with.
func Main(m *testing.M) int {
	far, err := ahead()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if far != 0 {
		console.Ahead = far.String()
	}
	return m.Run()
}

// Long is Main for a package whose tests take most of the time of all: they run where LOPBAN_LONG is set, as .ci/run
// does, or where they are asked for by name.
func Long(m *testing.M) int {
	flag.Parse()
	asked := os.Getenv("LOPBAN_LONG") != ""
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		asked = asked || flag.Lookup(name).Value.String() != ""
	}
	if !asked {
		fmt.Fprintln(os.Stderr, "left out; LOPBAN_LONG=1 runs them")
		return 0
	}
	return Main(m)
}

// ahead is how far ahead of today the whole suite is asked to run, so that no test depends on the day:
// LOPBAN_TEST_AHEAD=1y or 10y, or any duration that Go knows.
func ahead() (time.Duration, error) {
	text := os.Getenv("LOPBAN_TEST_AHEAD")
	if text == "" {
		return 0, nil
	}
	if years, ok := strings.CutSuffix(text, "y"); ok {
		n, err := strconv.Atoi(years)
		if err != nil {
			return 0, fmt.Errorf("LOPBAN_TEST_AHEAD=%s: want 10y or a duration", text)
		}
		now := time.Now()
		return now.AddDate(n, 0, 0).Sub(now), nil
	}
	return time.ParseDuration(text)
}
