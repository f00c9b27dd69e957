package fault

import (
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
)

var rounds = flag.Int("rounds", 50, "how often TestKill kills the program")

// perHall is how many rounds one store goes through: the oracle reads all of it after each.
const perHall = 50

// Killed at any moment while 32 devices send facts, and started again, the program has everything it acknowledged,
// once; nothing half; and when it says that it is ready, certificates and board are those that the facts make.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	left := *rounds
	if testing.Short() {
		left = min(left, 5)
	}
	killed, acknowledged, certified := 0, 0, 0
	for ; left > 0; left -= perHall {
		n := min(left, perHall)
		h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 8, n)
		r := programtest.Launch(t, h.At)
		h.SignIn(t, r)
		for course := range n {
			var told programtest.Record
			life := time.Duration(1+chance.IntN(150)) * time.Millisecond
			r = h.killed(t, r, course, life, &told)
			killed++
			acknowledged += len(told.All)
			certified = max(certified, h.wantKept(t, r, told.All))
			if t.Failed() {
				t.Fatalf("round %d, killed after %v", killed, life)
			}
		}
		if code := r.End(t, syscall.SIGTERM); code != 0 {
			t.Errorf("the program ended with %d:\n%s", code, r.Log.Tail())
		}
		programtest.Says(t, "doctor", "--data", h.At.Data).Want(t, 0)
	}
	t.Logf("killed %d times: %d facts acknowledged, none lost; %d certificates", killed, acknowledged, certified)
	if acknowledged < killed || certified == 0 {
		t.Errorf("%d facts and %d certificates in %d rounds: the test saw too little", acknowledged, certified, killed)
	}
}

// killed lets the crowd in, kills the program some time after its first answer, and starts it again.
func (h *hall) killed(t *testing.T, r *programtest.Running, course int, life time.Duration, told *programtest.Record) *programtest.Running {
	t.Helper()
	var first sync.Once
	got := func(one programtest.Receipted) {
		told.Add(one)
		first.Do(func() { time.AfterFunc(life, func() { r.End(t, syscall.SIGKILL) }) })
	}
	errs := h.Crowd(t.Context(), 32/len(h.People), course, 1_000_000, got, func(int) string { return r.Base })
	for _, err := range errs {
		if !cutOff(err) {
			t.Errorf("before the program was killed: %v", err)
		}
	}
	r.End(t, syscall.SIGKILL)
	return programtest.Launch(t, h.At)
}

// cutOff says whether an error is that of a connection that broke or could not be made, and not an answer.
func cutOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE)
}

// wantKept compares a program that has just started with what clients were told before, and gives the number of
// certificates.
func (h *hall) wantKept(t *testing.T, r *programtest.Running, told []programtest.Receipted) int {
	t.Helper()
	is := readStore(t, h.At)
	if late := time.Since(r.Ready); late > time.Second {
		t.Logf("the store was read only %v after the program was ready", late)
	}
	is.wantAcknowledged(t, h, told)
	is.wantSound(t, h)
	is.wantPapers(t)
	if got, want := h.Trained(t, r.Base), is.trained(); got != want {
		t.Errorf("the board says %d trained, by the certificates it is %d", got, want)
	}
	h.WantDuplicates(t, r.Base, told)
	return len(is.certificates)
}

// A second program on the same folder says so and ends, and the first goes on.
func TestFolderHasOneProgram(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 1, 1)
	r := programtest.Launch(t, h.At)
	second := programtest.Begin(t, "serve", "--addr", "127.0.0.1:0", "--data", h.At.Data)
	said, err := io.ReadAll(second.Out)
	if err != nil {
		t.Fatal(err)
	}
	if code := second.End(t, syscall.Signal(0)); code != 1 || len(said) > 0 {
		t.Errorf("the second program ended with %d and printed %q", code, said)
	}
	if text := second.Log.Tail(); !strings.Contains(text, "is in use by another program") || !strings.Contains(text, h.At.Data) {
		t.Errorf("it says %s", text)
	}
	h.SignIn(t, r)
	if code := r.End(t, syscall.SIGTERM); code != 0 {
		t.Errorf("the first ended with %d", code)
	}
}

// Asked to stop while 32 devices send facts, the program answers what it has begun and ends with 0 (with 1 if it has
// not done so in 10 seconds):
// every request that it worked on has had its answer.
func TestStopUnderLoad(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 8, 1)
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	var told programtest.Record
	enough := make(chan struct{})
	var once sync.Once
	got := func(one programtest.Receipted) {
		told.Add(one)
		if told.N.Load() >= 200 {
			once.Do(func() { close(enough) })
		}
	}
	var errs []error
	left := make(chan struct{})
	go func() {
		defer close(left)
		errs = h.Crowd(t.Context(), 4, 0, 1_000_000, got, func(int) string { return r.Base })
	}()
	<-enough
	asked := time.Now()
	code := r.End(t, syscall.SIGTERM)
	took := time.Since(asked)
	<-left
	if code != 0 {
		t.Errorf("the program ended with %d after %v:\n%s", code, took, r.Log.Tail())
	}
	for _, err := range errs {
		if !cutOff(err) {
			t.Errorf("a device was told: %v", err)
		}
	}
	worked := 0
	for _, line := range r.Log.Lines() {
		if strings.Contains(line, `"route":"/api/v1/facts","status":200`) {
			worked++
		}
	}
	if answered := len(told.All); worked != answered {
		t.Errorf("the program worked on %d requests, and %d had an answer", worked, answered)
	}
	t.Logf("stopped in %v, after %d facts", took.Round(time.Millisecond), worked)
	h.wantKept(t, programtest.Launch(t, h.At), told.All)
}
