package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/roster"
	"lopban/courses/school"
)

// The fault tests harm the real program from outside: they kill it, stop it, cut its connections, start it twice. What
// it promised before is then looked for. All that may go wrong, and the tests that show what happens then; those
// without a path are in this folder:
//
//	 1  killed during acknowledged writes     TestKill, TestDatabaseLostUnderLoad
//	 2  power lost                            TestPowerCut (courses/store/sqlite), with a control that must lose
//	 3  a disk that answers with errors       TestFailingFlush, TestOneFailingFlush (courses/store/sqlite)
//	 4  a full disk                           TestFullDisk, and in courses/store/sqlite
//	 5  torn files                            TestCutLogLosesItsEndOnly, TestDamageIsRefused (courses/store/sqlite), TestBrokenFolder
//	 6  a backup while facts come in          TestBackupUnderLoad, TestSnapshotIsOneMoment (courses/store/sqlite)
//	 7  a clock that jumps                    TestTheClockMayDoAnything (courses), TestTheClockMovesDuringAQuiz, TestALeaseOfAWrongClockDoesNotHold (server)
//	 8  any order, any repetition             TestOrderAndRepetitionDoNotMatter (courses), TestBoardFollowsFromTheFacts (courses/targets)
//	 9  an answer that is lost                TestLostReplies
//	10  two programs on one database          TestTwoProgramsOnOneDatabase, TestTwoProcessesHaveOneWinner (courses/store/mongodb)
//	11  a slow or lost database               TestDatabaseLostUnderLoad, TestDatabaseKilledUnderLoad, TestLostDatabase (courses/store/mongodb)
//	12  the load of a day                     TestDay; lopban bench
//	13  everybody signs in at once            TestDay; lopban bench
//	14  a reader who leaves                   TestExportWithoutAReader, TestWritingStops, TestConstantMemory (courses/targets)
//	16  hostile archives and spreadsheets     TestHostileUploads, TestHostileWorkbooks (courses/roster), TestUnpackBelievesNothing (courses/authoring/bring)
//	17  hostile text                          TestHostileWordsStayWordsOnEveryPage, TestHostileJSON (server), TestNothingHostileSurvives (courses/authoring/bring)
//	18  giant and endless bodies              TestGiantBodies, TestSlowClientsKeepNobodyWaiting, TestFormBombs, TestSlowClientsAreLetGo (server)
//	19  whatever a parser may be given        every Fuzz function; .ci/run runs each for a while
//	20  stores of earlier and later releases  TestStoresOfReleases, TestKilledUpgrade, TestBackupsOfReleases, TestStoreOfALaterRelease, and TestKilledUpgrade in courses/store/sqlite
//	21  asked to stop under load              TestStopUnderLoad
//	22  a start after one that failed         TestFullDisk, TestLostLog, TestStartsAgainOnceTheCauseIsGone, TestLogThatSomebodyMovedIntoTheFile (courses/store/sqlite)
//	23  files run out, one address crowds     TestFilesRunOut, TestAcceptWaitsForFiles, TestNoAddressKeepsOthersOut (server)
//	24  elections of a replica set            TestElectionsUnderLoad, TestInsertsThroughElections (courses/store/mongodb)
//	28  any day                               .ci/ahead runs tests years ahead; TestNobodyAsksTheMachineForTheDay

// program is the path of the program as it is built for users, but for its clock, which is that of the tests. It lies
// beside the test binary and goes with it.
var program = sync.OnceValues(func() (string, error) { return build("lopban-under-test", console.Ahead) })

// build links the program with a clock that runs so far ahead.
func build(name, ahead string) (string, error) {
	path := filepath.Join(filepath.Dir(os.Args[0]), name)
	out, err := exec.Command("go", "build", "-ldflags", "-X lopban/cmd/lopban/console.Ahead="+ahead, "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
}

// running is the program as a process of its own.
type running struct {
	cmd   *exec.Cmd
	base  string    // "http://127.0.0.1:port"
	ready time.Time // when it said so
	log   *output
	out   io.Reader
	mu    sync.Mutex
	ended bool
}

// siteURL is where visitors of the tests' programs think they are: it is in every token, and must outlive a port.
const siteURL = "http://lopban.test"

// launch starts serve on a store and waits until it answers.
func launch(t testing.TB, p console.Place, args ...string) *running {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return launchAs(t, path, p, args...)
}

// launchAs starts serve of a program that was built for the test.
func launchAs(t testing.TB, path string, p console.Place, args ...string) *running {
	t.Helper()
	r := beginAs(t, path, append(append([]string{"serve", "--addr", "127.0.0.1:0", "--base-url", siteURL}, flagsOf(p)...), args...)...)
	line, err := bufio.NewReader(r.out).ReadString('\n')
	base, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ok {
		t.Fatalf("the program said %q (%v):\n%s", line, err, r.log.tail())
	}
	r.base, r.ready = base, time.Now()
	return r
}

// begin starts the program with these arguments.
func begin(t testing.TB, args ...string) *running {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return beginAs(t, path, args...)
}

// beginAs starts a program that was built for the test.
func beginAs(t testing.TB, path string, args ...string) *running {
	t.Helper()
	var err error
	r := &running{cmd: exec.Command(path, args...), log: &output{}}
	r.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "SSL_CERT_FILE=" + os.Getenv("SSL_CERT_FILE")}
	r.cmd.Stderr = r.log
	if r.out, err = r.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.end(t, syscall.SIGKILL) })
	return r
}

// end sends a signal, waits for the end, and gives the exit code: -1 after SIGKILL.
func (r *running) end(t testing.TB, s syscall.Signal) int {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.ended = true
		if err := r.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		r.cmd.Wait() // its error is the exit code
	}
	return r.cmd.ProcessState.ExitCode()
}

// flagsOf names the store on a command line.
func flagsOf(p console.Place) []string {
	if p.Mongodb != "" {
		return []string{"--mongodb", p.Mongodb}
	}
	return []string{"--data", p.Data}
}

// hall is a class whose learners send facts from several devices at once, through the network, to the program.
type hall struct {
	at       console.Place
	versions []*courses.Version // tiny courses, the two strands by turns
	people   []pupil
	office   string // bearer token of somebody who may see the board
	mu       sync.Mutex
	sent     map[string]bool // person/id of every fact that was sent at least once
}

type pupil struct{ id, login, token string }

const hallPassword = "một mật khẩu dài"

// newHall makes a store with pupils and courses. Nobody is signed in yet.
func newHall(t testing.TB, at console.Place, pupils, versions int) *hall {
	t.Helper()
	h := &hall{at: at, sent: map[string]bool{}}
	ctx := t.Context()
	st, err := at.OpenAny(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := console.NewProgramme(ctx, st, siteURL, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for i := range versions {
		h.versions = append(h.versions, tinyCourse(t, s.School, i))
	}
	account := func(id, login string, role roster.Role) (string, error) {
		a, slip, err := s.Accounts.Create(ctx, roster.Operator(), id, "Phạm Minh Sơn", []roster.Role{role}, "")
		if err == nil {
			_, err = s.Accounts.Use(ctx, slip.Code, hallPassword, login, true, "")
		}
		return a.ID, err
	}
	h.people = make([]pupil, pupils)
	var g errgroup.Group
	for i := range h.people {
		g.Go(func() error {
			p, err := s.Roll.Add(ctx, roster.Entry{Name: "Sùng Mí " + string(rune('A'+i)), Post: "thư viện", Library: "Thư viện xã Lũng Cú", Commune: "00715", On: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}, "operator")
			if err != nil {
				return err
			}
			h.people[i] = pupil{id: p.ID, login: fmt.Sprintf("hoc.vien.%d", i)}
			if err := s.Board.RefreshStanding(ctx, p.ID); err != nil {
				return err
			}
			_, err = account(p.ID, h.people[i].login, roster.Learner)
			return err
		})
	}
	// with one there the program does not ask for one
	g.Go(func() error { _, err := account("", "quan.tri", roster.Admin); return err })
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return h
}

// tinyCourse publishes a course with one text and one question.
func tinyCourse(t testing.TB, rules *school.School, i int) *courses.Version {
	t.Helper()
	strand := []courses.Strand{courses.LibraryService, courses.ReadingPromotion}[i%2]
	quiz := "// [id:is]\n::is:: Is it? {T}\n"
	files := map[string]string{
		"course.yaml": fmt.Sprintf(`id: T%03d
strand: %s
title: {vi: "Khóa thử %d", en: "Trial %d"}
summary: {vi: "Thử.", en: "Try."}
periods: 1
pass_mark: 60
validity_months: 0
modules:
  - id: mot
    title: {vi: "Một", en: "One"}
    lessons:
      - {id: doc, title: {vi: "Đọc", en: "Read"}, objective: {vi: "Đọc", en: "Read"}, minutes: 5}
      - {id: thu, title: {vi: "Thử", en: "Try"}, objective: {vi: "Thử", en: "Try"}, minutes: 5}
`, i, strand, i, i),
		"lessons/doc.vi.md": "## Đọc\n\nĐọc.\n", "lessons/doc.en.md": "## Read\n\nRead.\n", "lessons/thu.vi.md": "## Thử\n\nThử.\n", "lessons/thu.en.md": "## Try\n\nTry.\n",
		"lessons/thu.vi.gift": quiz, "lessons/thu.en.gift": quiz,
	}
	bytes := map[string][]byte{}
	for name, text := range files {
		bytes[name] = []byte(text)
	}
	p, mistakes := authoring.LoadFiles(bytes)
	if mistakes.Errors() {
		t.Fatal(mistakes)
	}
	v, _, err := publish(t.Context(), rules, p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// signIn gives everybody a token, which outlives the process.
func (h *hall) signIn(t testing.TB, r *running) {
	t.Helper()
	token := func(login string) (string, error) {
		var got struct{ Access string }
		res, err := call(t.Context(), http.DefaultClient, http.MethodPost, r.base+"/api/v1/session", "", map[string]string{"login": login, "password": hallPassword}, &got)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("signing in %s: %s", login, res.Status)
		}
		return got.Access, err
	}
	var g errgroup.Group
	g.SetLimit(2) // a password is dear to check
	for i := range h.people {
		g.Go(func() (err error) { h.people[i].token, err = token(h.people[i].login); return err })
	}
	g.Go(func() (err error) { h.office, err = token("quan.tri"); return err })
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// call sends JSON and reads the JSON of an answer that is 2xx. The error is one of the network; the answer's body is
// read already.
func call(ctx context.Context, c *http.Client, method, url, bearer string, body, into any) (*http.Response, error) {
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

// receipted is a fact and what its sender was told of it.
type receipted struct {
	pupil   int
	fact    courses.Fact
	receipt courses.Receipt
}

// together are the facts that all devices of a pupil have in common: they finish the course.
func (h *hall) together(pupil, course int) []courses.Fact {
	id := func(what string) string { return fmt.Sprintf("%d-%d-%s", pupil, course, what) }
	at := time.Now()
	c := h.versions[course].Course
	answer := func(a string) map[string]json.RawMessage { return map[string]json.RawMessage{"is": json.RawMessage(a)} }
	return []courses.Fact{
		{ID: id("doc"), Kind: "completion", Course: c, Lesson: "doc", At: at},
		{ID: id("thu"), Kind: "completion", Course: c, Lesson: "thu", At: at},
		{ID: id("wrong"), Kind: "attempt", Course: c, Lesson: "thu", At: at, Answers: answer("false")},
		{ID: id("right"), Kind: "attempt", Course: c, Lesson: "thu", At: at, Answers: answer("true")},
	}
}

// device sends the facts that its pupil's devices have in common, each device in an order of its own, and then attempts
// of its own until the context ends or it has sent so many. It calls got with every receipt, and gives the error of the
// network that ended it, if one did.
func (h *hall) device(ctx context.Context, base string, pupil, course, number, own int, got func(receipted)) error {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	facts := h.together(pupil, course)
	facts = append(facts[number%len(facts):], facts[:number%len(facts)]...)
	for i := range own {
		f := facts[0]
		if i >= len(facts) {
			f = h.together(pupil, course)[3]
			f.ID = fmt.Sprintf("%d-%d-%d-%d", pupil, course, number, i)
		} else {
			f = facts[i]
		}
		r, err := h.send(ctx, client, base, pupil, []courses.Fact{f})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, one := range r {
			got(one)
		}
	}
	return nil
}

// refusal is an answer that is neither a receipt nor a broken line.
type refusal struct {
	status int
	after  string // the header Retry-After
}

func (r refusal) Error() string {
	return fmt.Sprintf("facts were answered with status %d, Retry-After %q", r.status, r.after)
}

// send posts facts and gives their receipts.
func (h *hall) send(ctx context.Context, c *http.Client, base string, pupil int, facts []courses.Fact) ([]receipted, error) {
	p := h.people[pupil]
	h.mu.Lock()
	for _, f := range facts {
		h.sent[p.id+"/"+f.ID] = true
	}
	h.mu.Unlock()
	var got struct{ Receipts []courses.Receipt }
	res, err := call(ctx, c, http.MethodPost, base+"/api/v1/facts", p.token, map[string]any{"facts": facts}, &got)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK || len(got.Receipts) != len(facts) {
		return nil, refusal{res.StatusCode, res.Header.Get("Retry-After")}
	}
	var all []receipted
	for i, r := range got.Receipts {
		if r.ID != facts[i].ID || r.State != courses.Received && r.State != courses.Duplicate {
			return nil, fmt.Errorf("fact %s was answered with %+v", facts[i].ID, r)
		}
		all = append(all, receipted{pupil, facts[i], r})
	}
	return all, nil
}

// record is what clients were told, and may be read while they go on.
type record struct {
	mu  sync.Mutex
	all []receipted
	n   atomic.Int64
}

func (r *record) add(one receipted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
	r.n.Add(1)
}

// until now gives what was received so far.
func (r *record) untilNow() []receipted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[:len(r.all):len(r.all)]
}

// crowd lets every pupil send from some devices at once, and gives what ended each device.
func (h *hall) crowd(ctx context.Context, devices, course, own int, got func(receipted), base func(device int) string) []error {
	errs := make([]error, devices*len(h.people))
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			errs[i] = h.device(ctx, base(i/len(h.people)), i%len(h.people), course, i/len(h.people), own, got)
		})
	}
	all.Wait()
	return errs
}

// trained asks the board how many are trained.
func (h *hall) trained(t testing.TB, base string) int {
	t.Helper()
	var board struct{ Base, Trained int }
	res, err := call(t.Context(), http.DefaultClient, http.MethodGet, base+"/api/v1/board", h.office, nil, &board)
	if err != nil || res.StatusCode != http.StatusOK || board.Base != len(h.people) {
		t.Fatalf("the board: %+v, %v, a base of %d people", res, err, board.Base)
	}
	return board.Trained
}

// wantDuplicates sends facts that were acknowledged again: each must be known, with the same score and certificate.
func (h *hall) wantDuplicates(t testing.TB, base string, acknowledged []receipted) {
	t.Helper()
	byPupil := map[int][]receipted{}
	for _, r := range acknowledged {
		byPupil[r.pupil] = append(byPupil[r.pupil], r)
	}
	for pupil, all := range byPupil {
		for len(all) > 0 {
			some := all[:min(len(all), 100)]
			all = all[len(some):]
			var facts []courses.Fact
			for _, r := range some {
				facts = append(facts, r.fact)
			}
			again, err := h.send(t.Context(), http.DefaultClient, base, pupil, facts)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range again {
				first := some[i].receipt
				if r.receipt.State != courses.Duplicate || first.Score != nil && *r.receipt.Score != *first.Score || first.Certificate != "" && r.receipt.Certificate != first.Certificate {
					t.Errorf("fact %s was answered with %+v, and later with %+v", r.fact.ID, first, r.receipt)
				}
			}
		}
	}
}
