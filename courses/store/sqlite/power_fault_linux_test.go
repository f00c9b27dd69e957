package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lopban/courses/store/sqlite"
)

var cuts = flag.Int("cuts", 8, "how often TestPowerCut cuts the power")

// A process that is killed loses nothing that it handed to the system. When the power goes, what the system had not
// handed to the disk is lost as well: these tests look at what reached the disk, by a copy of the image of a file
// system that by itself writes back once a minute. What the copy holds at the moment at which the writer is stopped is
// what a power cut would have left.

// init makes this binary the writer, in the folder that the variable names.
func init() {
	if dir := os.Getenv("LOPBAN_TEST_WRITER"); dir != "" {
		how := map[string]func(string) error{"careful": careful, "careless": careless, "stubborn": stubborn, "upgrader": upgrader}
		if err := how[os.Getenv("LOPBAN_TEST_HOW")](dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1) // it ends only when it is killed
	}
}

// careful writes documents from some goroutines and prints the id of each that was acknowledged.
func careful(dir string) error {
	k := people()
	s, err := sqlite.Open(dir, k)
	if err != nil {
		return err
	}
	return each(func(id string) error { return s.Insert(context.Background(), k, somebody(id)) })
}

// careless is the control: the same with synchronous=NORMAL, with which SQLite does not wait for the disk.
func careless(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "careless.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE person (id TEXT PRIMARY KEY)"); err != nil {
		return err
	}
	return each(func(id string) error { _, err := db.Exec("INSERT INTO person VALUES (?)", id); return err })
}

func each(insert func(id string) error) error {
	var mu sync.Mutex
	errs := make(chan error)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", w, i)
				if err := insert(id); err != nil {
					errs <- err
					return
				}
				mu.Lock()
				os.Stdout.WriteString(id + "\n") // unbuffered: one write
				mu.Unlock()
			}
		}()
	}
	return <-errs
}

// writer is a process that writes to a folder.
func writer(dir, how string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOPBAN_TEST_WRITER="+dir, "LOPBAN_TEST_HOW="+how)
	cmd.Stderr = os.Stderr
	return cmd
}

// disk is a file system in an image.
type disk struct{ image, dir string }

func newDisk(t *testing.T) disk {
	t.Helper()
	d := disk{filepath.Join(t.TempDir(), "image"), t.TempDir()}
	must(t, os.WriteFile(d.image, nil, 0o600))
	must(t, os.Truncate(d.image, 32<<20))
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("no file system can be made here: %v %s", err, out)
	}
	if err := d.mount(t); err != nil {
		t.Skipf("images cannot be mounted here (it takes root and loop devices): %v", err)
	}
	return d
}

func (d disk) mount(t *testing.T) error {
	out, err := exec.Command("mount", "-o", "loop,commit=60", d.image, d.dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	t.Cleanup(func() { d.unmount(t) })
	return nil
}

func (d disk) unmount(t *testing.T) {
	if err := syscall.Unmount(d.dir, 0); err != nil && !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
}

// copy is the disk as a power cut would leave it now, mounted: the file system repairs itself by its journal.
func (d disk) copy(t *testing.T) disk {
	t.Helper()
	c := disk{filepath.Join(t.TempDir(), "copy"), t.TempDir()}
	if out, err := exec.Command("cp", "--sparse=always", d.image, c.image).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	must(t, c.mount(t))
	return c
}

// powerCut lets a writer work for a while on a disk of its own, cuts the power, and gives the ids that were
// acknowledged and the disk.
func powerCut(t *testing.T, life time.Duration, how string) ([]string, disk) {
	t.Helper()
	d := newDisk(t)
	cmd := writer(filepath.Join(d.dir, "data"), how)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var ids []string
	first, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if ids = append(ids, lines.Text()); len(ids) == 1 {
				close(first)
			}
		}
	}()
	<-first
	time.Sleep(life) // the moment of the cut is the fault
	must(t, cmd.Process.Signal(syscall.SIGSTOP))
	waitStopped(t, cmd.Process.Pid)
	c := d.copy(t)
	must(t, cmd.Process.Kill())
	<-read
	cmd.Wait()
	d.unmount(t)
	return ids, c
}

// waitStopped waits until every thread of a process stands still.
func waitStopped(t *testing.T, pid int) {
	t.Helper()
	for {
		stopped := true
		tasks, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
		must(t, err)
		for _, task := range tasks {
			stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + task.Name() + "/stat")
			if err != nil {
				continue // the thread has ended
			}
			_, state, _ := strings.Cut(string(stat), ") ")
			stopped = stopped && strings.HasPrefix(state, "T")
		}
		if stopped {
			return
		}
	}
}

func TestPowerCut(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 2))
	life := func() time.Duration { return time.Duration(20+chance.IntN(150)) * time.Millisecond }
	total := 0
	for range *cuts {
		acknowledged, disk := powerCut(t, life(), "careful")
		total += len(acknowledged)
		s := open(t, filepath.Join(disk.dir, "data"), people())
		for _, id := range acknowledged {
			if err := s.Get(t.Context(), people(), id, new(person)); err != nil {
				t.Errorf("acknowledged and lost in a power cut: %v", err)
			}
		}
		must(t, s.Close())
		disk.unmount(t)
		if t.Failed() {
			return
		}
	}
	t.Logf("%d power cuts: %d documents acknowledged, none lost", *cuts, total)
	for n := range 2 * *cuts {
		if lost := carelessLoses(t, life()); lost > 0 {
			t.Logf("the control lost %d documents in its cut %d", lost, n+1)
			return
		}
	}
	t.Error("the control lost nothing either: the test is blind here")
}

// carelessLoses cuts the power of the control and counts what it had acknowledged and lost.
func carelessLoses(t *testing.T, life time.Duration) (lost int) {
	t.Helper()
	acknowledged, disk := powerCut(t, life, "careless")
	defer disk.unmount(t)
	file := filepath.Join(disk.dir, "data", "careless.db")
	if _, err := os.Stat(file); err != nil {
		return len(acknowledged)
	}
	db, err := sql.Open("sqlite", "file:"+file)
	must(t, err)
	defer db.Close()
	for _, id := range acknowledged {
		var n int
		if err := db.QueryRow("SELECT count(*) FROM person WHERE id = ?", id).Scan(&n); err != nil || n == 0 {
			lost++
		}
	}
	return lost
}
