package fault

import (
	"errors"
	"io"
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

// smallDisk is a folder that is a file system of its own, of so many MiB.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("lopban", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small disk cannot be mounted here (it takes root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillUp takes every byte of a disk that is left, and gives back what frees it.
func fillUp(t *testing.T, dir string) (free func()) {
	t.Helper()
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 64<<10))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Error(err)
		}
	}
}

// wantReads asks for pages and lists that need no writing.
func (h *hall) wantReads(t *testing.T, base string) {
	t.Helper()
	for _, path := range []string{"/healthz", "/courses", "/courses/T000", "/courses/T000/doc", "/certificates", "/api/v1/courses", "/api/v1/certificates", "/api/v1/me"} {
		req, err := http.NewRequest(http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+h.People[0].Token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", path, res.Status, err)
		}
	}
	h.Trained(t, base)
}

// The disk fills up while facts come in: who sends one is told to come again, and who reads goes on reading. Once there
// is room, facts are taken within five seconds, by the same process; everything that was acknowledged is there, and the
// store is sound. A program that is started on a full disk says so and ends, and loses nothing by that.
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t, "32m")
	h := newHall(t, console.Place{Data: filepath.Join(disk, "data")}, 4, 2)
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	p, base := newPhones(t, h), func() string { return r.Base }
	p.enter(1, 0, base)
	p.acknowledges(50, 20*time.Second)
	for course := range 2 { // the second time nobody has begun the second course
		before := len(p.troubles())
		free := fillUp(t, disk)
		if course > 0 {
			p.enter(1, course, base)
		}
		p.until("facts are refused", 20*time.Second, func() bool { return len(p.troubles()) >= before+20 })
		for range 5 {
			h.wantReads(t, r.Base)
		}
		free()
		took := p.acknowledges(50, 5*time.Second)
		t.Logf("%d facts were put off; with room again 50 were taken in %v", len(p.troubles())-before, took.Round(time.Millisecond))
	}
	p.until("everybody is certified twice", 20*time.Second, func() bool { return h.certified(p.told.UntilNow()) == 2*len(h.People) })
	told := p.stop()
	wantPutOff(t, p.troubles())
	is := readStore(t, h.At)
	is.wantAcknowledged(t, h, told)
	is.wantSound(t, h)

	for _, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		free := fillUp(t, disk)
		r.End(t, end) // what it ends with is the disk's
		for _, command := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"doctor"}} {
			second := programtest.Begin(t, append(command, "--data", h.At.Data)...)
			io.Copy(io.Discard, second.Out)
			if code := second.End(t, syscall.Signal(0)); code != 1 || !strings.Contains(second.Log.Tail(), "cannot be written") {
				t.Errorf("on a full disk %s ended with %d:\n%s", command[0], code, second.Log.Tail())
			}
		}
		free()
		r = programtest.Launch(t, h.At)
		h.wantKept(t, r, told)
	}
	if code := r.End(t, syscall.SIGTERM); code != 0 {
		t.Errorf("the program ended with %d:\n%s", code, r.Log.Tail())
	}
	programtest.Says(t, "doctor", "--data", h.At.Data).Want(t, 0)
}

// certified counts the certificates that receipts name.
func (h *hall) certified(told []programtest.Receipted) int {
	codes := map[string]bool{}
	for _, r := range told {
		if r.Receipt.Certificate != "" {
			codes[r.Receipt.Certificate] = true
		}
	}
	return len(codes)
}
