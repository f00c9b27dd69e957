package fault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lopban/cmd/lopban/bench"
	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/demo"
	"lopban/cmd/lopban/programtest"
	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// day is how a day is pressed into some time: everybody signs in at once at its beginning, and ends their course by its
// end.
type day struct {
	*hall
	lasts  time.Duration
	rows   int // of the roster that a province hands in meanwhile
	client *http.Client
	// sign-ins under way: more would be refused, since all come from one address
	signing  chan struct{}
	answers  map[string]map[string]json.RawMessage // right ones, by course/lesson
	versions []*courses.Version
	told     programtest.Record

	mu    sync.Mutex
	took  map[string][]time.Duration
	wrong []error
	sum   int // answers
	off   int // sign-ins that were told to come again
}

// memoryOfADay is the most that the program may hold: 254 MiB with two cores.
func memoryOfADay() int64 { return 216<<20 + 2*accounts.HashMemory() }

// A whole day on the embedded store: a storm of sign-ins, and then all learners read and finish lessons, and every
// third a course with its quizzes and certificate, while a province hands in its roster and another takes its list as a
// file. Nothing is answered with an error, but that in the storm some sign-ins are told to come again; nothing that was
// acknowledged is lost, and memory stays within bounds. LOPBAN_DAY=2m makes it the real one, for 2,000 learners or
// LOPBAN_DAY_LEARNERS.
func TestDay(t *testing.T) {
	d := &day{lasts: 12 * time.Second, rows: 1000, took: map[string][]time.Duration{}, signing: make(chan struct{}, 64), answers: map[string]map[string]json.RawMessage{}}
	learners := 300
	if text := os.Getenv("LOPBAN_DAY"); text != "" {
		var err error
		if d.lasts, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
		learners, d.rows = 2000, 10_000
	}
	if text := os.Getenv("LOPBAN_DAY_LEARNERS"); text != "" {
		var err error
		if learners, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	d.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: learners}, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer d.client.CloseIdleConnections()
	d.fill(t, learners)
	r := programtest.Launch(t, d.At)
	d.Office = bearerOfHall(t, r.Base)
	rest := rests(t, r)

	began := time.Now()
	var all sync.WaitGroup
	for i := range d.People {
		all.Go(func() { d.learner(r.Base, i, began) })
	}
	all.Go(func() { d.note(d.importRoster(r.Base)) })
	all.Go(func() { d.note(d.takeList(r.Base, began)) })
	all.Wait()
	lasted := time.Since(began)

	for i, err := range d.wrong {
		if i == 10 {
			t.Errorf("and %d more", len(d.wrong)-i)
			break
		}
		t.Error(err)
	}
	peak := memoryOf(t, r, "VmHWM:")
	t.Logf("%d learners in %v: %d answers, %.0f a second; %d facts; %d sign-ins put off; the program held %d MiB at most, %d MiB at rest", learners, lasted.Round(time.Second), d.sum, float64(d.sum)/lasted.Seconds(), len(d.told.All), d.off, peak>>20, rest>>20)
	for _, what := range []string{"sign-in", "page", "lesson", "fact", "paper", "roster", "list"} {
		times := d.took[what]
		slices.Sort(times)
		if len(times) == 0 {
			t.Errorf("nobody asked for a %s", what)
			continue
		}
		t.Logf("%-8s %6d  p50 %8v  p99 %8v  longest %8v", what, len(times), times[len(times)/2].Round(100*time.Microsecond), times[len(times)*99/100].Round(100*time.Microsecond), times[len(times)-1].Round(time.Millisecond))
	}
	if peak > memoryOfADay() {
		t.Errorf("the program held %d MiB", peak>>20)
	}
	if code := r.End(t, syscall.SIGTERM); code != 0 {
		t.Errorf("the program ended with %d:\n%s", code, r.Log.Tail())
	}
	is := readStore(t, d.At)
	is.wantAcknowledged(t, d.hall, d.told.All)
	is.wantSound(t, d.hall)
	if n, want := len(is.certificates), (learners+2)/3; n != want {
		t.Errorf("%d certificates, want %d", n, want)
	}
	if n := len(is.people); n != learners+d.rows {
		t.Errorf("%d people, want %d learners and %d of the roster", n, learners, d.rows)
	}
}

// bearerOfHall signs the administrator of a hall in.
func bearerOfHall(t *testing.T, base string) string {
	t.Helper()
	var got struct{ Access string }
	res, err := programtest.Call(t.Context(), http.DefaultClient, http.MethodPost, base+"/api/v1/session", "", map[string]string{"login": "quan.tri", "password": programtest.HallPassword}, &got)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%+v, %v", res, err)
	}
	return got.Access
}

// fill makes a store with the courses of the program and learners who can sign in.
func (d *day) fill(t *testing.T, learners int) {
	t.Helper()
	ctx := t.Context()
	d.hall = &hall{&programtest.Hall{At: console.Place{Data: filepath.Join(t.TempDir(), "data")}, Sent: map[string]bool{}, People: make([]programtest.Pupil, learners)}}
	st, err := d.At.OpenAny(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := console.NewProgramme(ctx, st, programtest.SiteURL, io.Discard)
	if err == nil {
		err = console.PublishAll(ctx, s)
	}
	if err != nil {
		t.Fatal(err)
	}
	admin, slip, err := s.Accounts.Create(ctx, roster.Operator(), "", "Phạm Minh Sơn", []roster.Role{roster.Admin}, "")
	if err == nil {
		_, err = s.Accounts.Use(ctx, slip.Code, programtest.HallPassword, "quan.tri", true, "")
	}
	if err == nil {
		admin, err = store.Get[roster.Account](ctx, st, roster.AccountKind, admin.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d.versions, err = s.School.Catalogue(ctx); err != nil {
		t.Fatal(err)
	}
	d.versions = slices.DeleteFunc(d.versions, func(v *courses.Version) bool { return v.Practice != nil && v.Practice.Required })
	random := &demo.Region{Rand: rand.New(rand.NewPCG(1687, 2))}
	for _, v := range d.versions {
		for _, l := range v.Lessons() {
			d.answers[v.Course+"/"+l.ID] = random.Answers(l.Quiz, 0)
		}
	}
	f, err := bench.NewFilling(ctx, s, st, admin.Hash) // a password is dear to hash: everybody has the same
	if err != nil {
		t.Fatal(err)
	}
	source := rand.NewChaCha8([32]byte{1})
	w := &bench.Worker{Filling: f, Batch: &bench.Batch{Docs: map[*store.Kind][]any{}}, Source: source, Rand: rand.New(source)}
	w.Roll = &roster.Roll{Store: w.Batch, Places: s.Places, Now: func() time.Time { return f.Now }, Rand: source}
	for i := range d.People {
		p, err := w.Roll.Add(ctx, roster.Entry{Name: "Sùng Thị Say", Phone: bench.Phone(i), Post: "Thủ thư", Library: "Thư viện xã", Commune: f.Communes[i%len(f.Communes)].Code, On: time.Date(2025, 1, 5, 0, 0, 0, 0, time.UTC)}, "operator")
		if err != nil {
			t.Fatal(err)
		}
		w.Account(p, f.Now.AddDate(0, -1, 0))
		standing := targets.Stand(s.Board.Programme, p, nil, nil)
		w.Keep(targets.StandingKind, &standing)
		d.People[i] = programtest.Pupil{ID: p.ID, Login: p.Phone}
	}
	if err := w.Flush(ctx, st); err != nil {
		t.Fatal(err)
	}
}

// note keeps an error that nobody should have seen.
func (d *day) note(err error) {
	if err == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrong = append(d.wrong, err)
}

// timed keeps how long something took.
func (d *day) timed(what string, began time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.took[what] = append(d.took[what], time.Since(began))
	d.sum++
}

// learner goes through a course, at steps that are spread over the day.
func (d *day) learner(base string, i int, began time.Time) {
	if err := d.signIn(base, i); err != nil {
		d.note(err)
		return
	}
	v := d.versions[i%len(d.versions)]
	steps := d.steps(base, i, v)
	chance := rand.New(rand.NewPCG(uint64(i), 3))
	first := time.Since(began)
	for n, step := range steps {
		due := first + time.Duration((float64(n)+chance.Float64())/float64(len(steps))*float64(d.lasts-first)*0.95)
		time.Sleep(due - time.Since(began)) // she reads
		if err := step(); err != nil {
			d.note(fmt.Errorf("learner %d, step %d: %w", i, n, err))
			return
		}
	}
}

// signIn is not the hall's: it is timed, and one of many.
func (d *day) signIn(base string, i int) error {
	d.signing <- struct{}{}
	defer func() { <-d.signing }()
	defer d.timed("sign-in", time.Now())
	for {
		var got struct{ Access string }
		res, err := programtest.Call(context.Background(), d.client, http.MethodPost, base+"/api/v1/session", "", map[string]string{"login": d.People[i].Login, "password": programtest.HallPassword}, &got)
		if err != nil {
			return err
		}
		if res.StatusCode == http.StatusOK {
			d.People[i].Token = got.Access
			return nil
		}
		if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
			return fmt.Errorf("%s signs in: %s", d.People[i].Login, res.Status)
		}
		d.mu.Lock()
		d.off++
		d.mu.Unlock()
		time.Sleep(time.Second)
	}
}

// steps are what a learner does in a course, most of them to read something. Two of three learners only finish the
// texts of some lessons.
func (d *day) steps(base string, i int, v *courses.Version) []func() error {
	page := func(what, path string) func() error { return func() error { return d.get(what, base+path, i) } }
	steps := []func() error{page("page", "/"), page("page", "/courses"), page("page", "/courses/"+v.Course)}
	at := "/courses/" + v.Course + "/"
	lessons := v.Lessons()
	if i%3 > 0 {
		lessons = lessons[:2]
	}
	for n, l := range lessons {
		steps = append(steps, page("lesson", at+l.ID), page("page", "/courses/"+v.Course), page("lesson", at+l.ID), page("lesson", "/api/v1/courses/"+v.Course+"/lessons/"+l.ID), page("lesson", at+l.ID))
		f := courses.Fact{ID: fmt.Sprintf("%d-%d-read", i, n), Kind: "completion", Course: v.Course, Lesson: l.ID}
		steps = append(steps, d.fact(base, i, f))
		if len(l.Quiz.Questions) == 0 || i%3 > 0 {
			continue
		}
		steps = append(steps, page("page", at+l.ID+"/quiz"))
		f.ID, f.Kind, f.Answers = fmt.Sprintf("%d-%d-quiz", i, n), "attempt", map[string]json.RawMessage{}
		for _, q := range l.Quiz.Drawn(courses.EnrolmentID(d.People[i].ID, v.Course, 1), l.ID, 0).Questions {
			if answer, ok := d.answers[v.Course+"/"+l.ID][q.ID]; ok {
				f.Answers[q.ID] = answer
			}
		}
		steps = append(steps, d.fact(base, i, f))
		if n%2 == 0 { // the reply was lost, and the phone sends it again
			steps = append(steps, d.fact(base, i, f))
		}
		steps = append(steps, page("page", "/"))
	}
	if i%3 > 0 {
		return steps
	}
	return append(steps, page("page", "/certificates"), func() error {
		held, err := d.certificate(base, i)
		if err != nil {
			return err
		}
		return d.get("paper", base+"/certificates/"+held+".pdf", i)
	})
}

func (d *day) fact(base string, i int, f courses.Fact) func() error {
	return func() error {
		f.At = console.Clock()
		began := time.Now()
		got, err := d.Send(context.Background(), d.client, base, i, []courses.Fact{f})
		if err != nil {
			return err
		}
		d.timed("fact", began)
		d.told.Add(got[0])
		return nil
	}
}

func (d *day) get(what, url string, i int) error {
	defer d.timed(what, time.Now())
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+d.People[i].Token)
	res, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("%s: %s", url, res.Status), err)
	}
	return nil
}

// certificate is the code of the only one that the learner holds.
func (d *day) certificate(base string, i int) (string, error) {
	d.told.Mu.Lock()
	defer d.told.Mu.Unlock()
	for _, r := range slices.Backward(d.told.All) {
		if r.Pupil == i && r.Receipt.Certificate != "" {
			return r.Receipt.Certificate, nil
		}
	}
	return "", errors.New("the course is finished, and no receipt names a certificate")
}

// importRoster hands in a roster, looks at the preview, writes it and waits until it is written.
func (d *day) importRoster(base string) error {
	defer d.timed("roster", time.Now())
	var file strings.Builder
	file.WriteString("Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Xã/phường,Ngày bắt đầu\n")
	for n := range d.rows {
		fmt.Fprintf(&file, "Vàng Thị %c%c%c,08%08d,Thủ thư,Thư viện xã Lũng Cú,Lũng Cú,01/03/2026\n", 'A'+n/676%26, 'a'+n/26%26, 'a'+n%26, 10_000_000+n)
	}
	preview, err := d.ask(uploadOf(base+"/roster/import?province=08", "danh-sach.csv", []byte(file.String())))
	if err != nil || preview.Get("Location") == "" {
		return errors.Join(err, errors.New("the roster has no preview"))
	}
	at := base + preview.Get("Location")
	if _, err := d.ask(http.NewRequest(http.MethodPost, at, nil)); err != nil {
		return err
	}
	for {
		page, err := d.ask(http.NewRequest(http.MethodGet, at, nil))
		if err != nil || page.Get("Refresh") == "" { // the page asks to be asked again while rows are written
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// takeList takes the list of certificates as a file, again and again until the day is over.
func (d *day) takeList(base string, began time.Time) error {
	for {
		asked := time.Now()
		if _, err := d.ask(http.NewRequest(http.MethodGet, base+"/api/v1/reports/completions.xlsx", nil)); err != nil {
			return err
		}
		d.timed("list", asked)
		if time.Since(began) > d.lasts {
			return nil
		}
		time.Sleep(d.lasts / 10)
	}
}

// ask sends a request of the office, reads the answer whole and gives its headers.
func (d *day) ask(req *http.Request, err error) (http.Header, error) {
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+d.Office)
	res, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode >= 400 {
		return nil, errors.Join(fmt.Errorf("%s: %s", req.URL, res.Status), err)
	}
	return res.Header, nil
}
