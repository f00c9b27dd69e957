package journey

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/demo"
	"lopban/cmd/lopban/programtest"
	"lopban/content"
	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
)

// The journeys go through one region, filled once by the command demo and served by it on the embedded store.

// demoRegion is a demo that answers at base.
type demoRegion struct {
	base      string
	passwords map[string]string   // by login
	earned    courses.Certificate // of the learner "earner"
	neighbour roster.Person       // of another province than the staff's
	program   *programtest.Running
	data      string
	words     map[string]map[string]string
}

// Accounts of the region: those that demo prints, and learners of Tuyên Quang who have begun nothing, one for each
// journey. The earner holds a certificate.
const (
	learner, trainer, staff, office, admin = "hocvien", "giangvien", "canbo", "vanphong", "quantri"
	scriptless, keyboarder, reader, earner = "khong.js", "ban.phim", "doc.bai", "co.giay"
	traveller, sharer, guest, walker       = "di.xa", "dung.chung", "muon.may", "di.bo"
)

var theRegion struct {
	once sync.Once
	*demoRegion
	err error
}

// enter gives the region, filling it for the first test that asks.
func enter(t testing.TB) *demoRegion {
	t.Helper()
	theRegion.once.Do(func() { theRegion.demoRegion, theRegion.err = newRegion() })
	if theRegion.err != nil {
		t.Fatal(theRegion.err)
	}
	return theRegion.demoRegion
}

// TestMain ends what the tests share, and fails when the program did not end well or logged an error.
func TestMain(m *testing.M) {
	code := programtest.Long(m)
	closeBrowser()
	if r := theRegion.demoRegion; r != nil {
		if end, err := r.program.Stop(syscall.SIGTERM); end != 0 || err != nil {
			fmt.Fprintln(os.Stderr, "the program ended with", end, err)
			code = 1
		}
		if bad := r.program.Log.Errors(); len(bad) > 0 {
			fmt.Fprintf(os.Stderr, "the program logged errors:\n%s\n", strings.Join(bad, "\n"))
			code = 1
		}
		os.RemoveAll(r.data)
	}
	os.Exit(code)
}

func newRegion() (*demoRegion, error) {
	data, err := os.MkdirTemp("", "lopban-region-")
	if err != nil {
		return nil, err
	}
	r := &demoRegion{data: data, passwords: map[string]string{}, words: map[string]map[string]string{}}
	for _, lang := range []string{"vi", "en"} {
		text, err := fs.ReadFile(content.FS, "messages/"+lang+".json")
		if err != nil {
			return nil, err
		}
		words := map[string]string{}
		if err := json.Unmarshal(text, &words); err != nil {
			return nil, err
		}
		r.words[lang] = words
	}
	// Filled, stopped, given the accounts that the journeys need, and started again at the same address, which the
	// certificates name.
	if err := r.serve("127.0.0.1:0"); err != nil {
		return nil, err
	}
	if code, err := r.program.Stop(syscall.SIGTERM); code != 0 || err != nil {
		return nil, fmt.Errorf("demo ended with %d, %v:\n%s", code, err, r.program.Log.Tail())
	}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	return r, r.serve(strings.TrimPrefix(r.base, "http://"))
}

// serve starts the demo and waits until it answers.
func (r *demoRegion) serve(addr string) error {
	path, err := programtest.Program()
	if err != nil {
		return err
	}
	began := time.Now()
	if r.program, err = programtest.Start(path, "demo", "--people", "764", "--seed", "1687", "--data", r.data, "--addr", addr); err != nil {
		return err
	}
	if err := r.program.Await(); err != nil {
		r.program.Stop(syscall.SIGKILL)
		return err
	}
	r.base = r.program.Base
	for range demo.Accounts { // one line each
		line, err := r.program.Out.ReadString('\n')
		f := strings.Fields(line)
		if err != nil || len(f) != 4 || f[0] != "sign-in" {
			r.program.Stop(syscall.SIGKILL)
			return fmt.Errorf("demo said %q (%v), want a sign-in", line, err)
		}
		r.passwords[f[2]] = f[3]
	}
	fmt.Fprintf(os.Stderr, "demo answers after %v\n", time.Since(began).Round(time.Millisecond))
	return nil
}

// prepare gives accounts to people on the roster.
func (r *demoRegion) prepare() error {
	ctx := context.Background()
	st, err := sqlite.Open(r.data, programme.Kinds()...)
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := console.NewProgramme(ctx, st, r.base, io.Discard)
	if err != nil {
		return err
	}
	people, err := store.All[roster.Person](ctx, st, roster.PersonKind, store.Query{})
	if err != nil {
		return err
	}
	given, err := store.All[courses.Certificate](ctx, st, school.CertificateKind, store.Query{})
	if err != nil {
		return err
	}
	begun, err := store.All[courses.Enrolment](ctx, st, school.EnrolmentKind, store.Query{})
	if err != nil {
		return err
	}
	busy := map[string]bool{}
	for _, e := range begun {
		busy[e.Person] = true
	}
	logins := []string{scriptless, keyboarder, reader, traveller, sharer, guest, walker}
	for _, p := range people {
		_, err := store.Get[roster.Account](ctx, st, roster.AccountKind, p.ID)
		switch {
		case p.Province != "08":
			r.neighbour = p
			continue
		case err == nil: // the learner whom demo prints
			continue
		case r.earned.ID == "":
			if i := slices.IndexFunc(given, func(c courses.Certificate) bool { return c.Person == p.ID && c.Province == "08" }); i >= 0 {
				r.earned = given[i]
				if err := r.account(ctx, s, p, earner); err != nil {
					return err
				}
			}
		case len(logins) > 0 && !busy[p.ID]:
			if err := r.account(ctx, s, p, logins[0]); err != nil {
				return err
			}
			logins = logins[1:]
		}
	}
	for ; len(logins) > 0; logins = logins[1:] { // fewer than that have begun no course
		p, err := s.Roll.Add(ctx, roster.Entry{
			Name: "Người Mới " + logins[0], Library: "Thư viện xã", Commune: s.Places.Communes(roster.Present, "08")[0].Code,
			On: roster.Day(s.Now()),
		}, "operator")
		if err != nil {
			return err
		}
		if err := s.RefreshPerson(ctx, p); err != nil {
			return err
		}
		if err := r.account(ctx, s, p, logins[0]); err != nil {
			return err
		}
	}
	if r.earned.ID == "" || r.neighbour.ID == "" {
		return fmt.Errorf("the region lacks people: certificate %q, neighbour %q", r.earned.ID, r.neighbour.ID)
	}
	return nil
}

func (r *demoRegion) account(ctx context.Context, s *programme.Programme, p roster.Person, login string) error {
	_, slip, err := s.Accounts.Create(ctx, roster.Operator(), p.ID, p.Name, []roster.Role{roster.Learner}, "")
	if err != nil {
		return err
	}
	r.passwords[login] = rand.Text()
	_, err = s.Accounts.Use(ctx, slip.Code, r.passwords[login], login, true, "")
	return err
}

// say is a message as a page shows it.
func (r *demoRegion) say(lang, key string, args ...any) string {
	text, ok := r.words[lang][key]
	if !ok {
		panic("no message " + key)
	}
	for i := range args {
		args[i] = fmt.Sprint(args[i])
	}
	return fmt.Sprintf(text, args...)
}

// shipped gives the courses that the program brings, by id, with the keys of their quizzes.
var shipped = sync.OnceValue(func() map[string]*courses.Version {
	all := map[string]*courses.Version{}
	folders, err := fs.ReadDir(content.FS, "courses")
	if err != nil {
		panic(err)
	}
	for _, folder := range folders {
		sub, err := fs.Sub(content.FS, "courses/"+folder.Name())
		if err != nil {
			panic(err)
		}
		p, mistakes, err := authoring.Load(sub)
		if err != nil || mistakes.Errors() {
			panic(fmt.Sprint(folder.Name(), err, mistakes))
		}
		all[p.Version.Course] = &p.Version
	}
	return all
})

// rightAnswers are the answers of a quiz as its form sends them: by field.
func rightAnswers(q courses.Quiz) map[string][]string {
	answers := map[string][]string{}
	for _, question := range q.Questions {
		field := "q." + question.ID
		switch question.Kind {
		case courses.SingleChoice, courses.TrueFalse:
			best := slices.MaxFunc(question.Options, func(a, b courses.Option) int { return cmp.Compare(a.Weight, b.Weight) })
			answers[field] = []string{best.ID}
		case courses.MultipleChoice:
			for _, o := range question.Options {
				if o.Weight > 0 {
					answers[field] = append(answers[field], o.ID)
				}
			}
		case courses.ShortAnswer:
			answers[field] = []string{question.Accepted[0].Text}
		case courses.Numerical:
			answers[field] = []string{strconv.FormatFloat(question.Ranges[0].Min, 'f', -1, 64)}
		case courses.Essay:
			answers[field] = []string{"Tôi sẽ hỏi người ấy trước."}
		case courses.Matching:
			for _, p := range question.Pairs {
				if p.Left != "" {
					answers[field+"."+p.Left] = []string{p.Right}
				}
			}
		}
	}
	return answers
}

// visitor is one without a browser: it keeps cookies and follows redirects.
func (r *demoRegion) visitor(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{}}
}

// signedIn is such a visitor who has signed in.
func (r *demoRegion) signedIn(t testing.TB, login string) *http.Client {
	t.Helper()
	c := r.visitor(t)
	r.signIn(t, c, login)
	return c
}

func (r *demoRegion) signIn(t testing.TB, c *http.Client, login string) {
	t.Helper()
	res, err := c.PostForm(r.base+"/sign-in", url.Values{"login": {login}, "password": {r.passwords[login]}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/" {
		t.Fatalf("%s cannot sign in: %s at %s", login, res.Status, res.Request.URL)
	}
}

// minutes is how long the lessons of a course take together.
func minutes(v *courses.Version) int {
	n := 0
	for _, l := range v.Lessons() {
		n += l.Minutes
	}
	return n
}
