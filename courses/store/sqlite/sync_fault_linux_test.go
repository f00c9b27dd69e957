package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lopban/courses/store/sqlite"
)

// stubborn writes one document after the other and prints + and its id when it was acknowledged, - and its id when it
// was not. It never gives up.
func stubborn(dir string) error {
	k := people()
	s, err := sqlite.Open(dir, k)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		verdict := "+"
		if err := s.Insert(context.Background(), k, somebody(fmt.Sprint(i))); err != nil {
			verdict = "-"
		}
		fmt.Printf("%s%d\n", verdict, i)
	}
}

// failSyncs lets every fsync of a process fail with EIO until the function it returns is called.
func failSyncs(t *testing.T, pid int) (heal func()) {
	t.Helper()
	tracer := exec.Command("strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO", "-p", strconv.Itoa(pid))
	said, err := tracer.StderrPipe()
	must(t, err)
	if err := tracer.Start(); err != nil {
		t.Skipf("system calls cannot be made to fail here (it takes strace): %v", err)
	}
	// A call may be told in two lines, its begin and its end, and only the end says that it was made to fail.
	told := make(chan string, 1)
	go func() {
		lines, all := bufio.NewReader(said), ""
		for line, err := "", error(nil); err == nil && !strings.Contains(all, "INJECTED"); all += line {
			line, err = lines.ReadString('\n')
		}
		told <- all
		io.Copy(io.Discard, lines)
	}()
	if all := <-told; !strings.Contains(all, "INJECTED") { // it has ended
		tracer.Wait()
		t.Skipf("system calls cannot be made to fail here: %s", all)
	}
	return func() {
		must(t, tracer.Process.Signal(syscall.SIGINT)) // it lets go of the process
		tracer.Wait()
	}
}

// A disk that answers every flush with an error: nothing is acknowledged. When it works again, so does the store,
// without a restart, and everything that was acknowledged is there.
func TestFailingFlush(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("system calls cannot be made to fail here: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	cmd := writer(dir, "stubborn")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	// Read at all times: a writer that waits for its reader makes no flush for strace to meet.
	verdicts := make(chan string, 1<<20)
	go func() {
		defer close(verdicts)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			verdicts <- lines.Text()
		}
	}()
	var acknowledged []string
	// next reads verdicts until so many in a row are of one sort, and gives how many were read.
	next := func(verdict string, row int) (n int) {
		for have := 0; have < row; n++ {
			line, ok := <-verdicts
			if !ok {
				return n
			}
			is, id := line[:1], line[1:]
			if is == "+" {
				acknowledged = append(acknowledged, id)
			}
			if have++; is != verdict {
				have = 0
			}
		}
		return n
	}
	next("+", 20)
	for range 3 {
		heal := failSyncs(t, cmd.Process.Pid)
		next("-", 1)
		if n := next("-", 50); n != 50 {
			t.Errorf("while every flush failed %d writes were acknowledged", n-50)
		}
		heal()
		next("+", 20)
	}
	must(t, cmd.Process.Kill())
	for line := range verdicts {
		if id, ok := strings.CutPrefix(line, "+"); ok {
			acknowledged = append(acknowledged, id)
		}
	}
	cmd.Wait()
	wantThere(t, dir, acknowledged)
}

// A flush that fails once, the first, the second and so on since the start: the process goes on or ends with an error;
// what was acknowledged is there, and the store opens.
func TestOneFailingFlush(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("system calls cannot be made to fail here: %v", err)
	}
	for n := 1; n <= 12; n++ {
		dir := filepath.Join(t.TempDir(), "data")
		w := writer(dir, "stubborn")
		cmd := exec.Command("strace", append([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=fsync,fdatasync", "-e", fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d", n)}, w.Args...)...)
		cmd.Env, cmd.SysProcAttr = w.Env, &syscall.SysProcAttr{Setpgid: true}
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		var acknowledged []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if id, ok := strings.CutPrefix(lines.Text(), "+"); ok {
				if acknowledged = append(acknowledged, id); len(acknowledged) == 30 {
					syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // strace and the writer
				}
			}
		}
		cmd.Wait()
		wantThere(t, dir, acknowledged)
	}
}

func wantThere(t *testing.T, dir string, ids []string) {
	t.Helper()
	s := open(t, dir, people())
	for _, id := range ids {
		if err := s.Get(t.Context(), people(), id, new(person)); err != nil {
			t.Errorf("acknowledged and lost: %v", err)
		}
	}
	must(t, s.Insert(t.Context(), people(), somebody("after")))
}
