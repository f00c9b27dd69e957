// Package bench measures how fast the program is, beside the limit of the machine itself.
package bench

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/server"
)

type Command struct {
	Mongodb    string   `placeholder:"URI" help:"MongoDB to measure in place of the embedded store, in a database that is made and dropped; also MONGODB_URI."`
	People     []int    `default:"20000" placeholder:"N,..." help:"How many people are on the roster. Several numbers are measured one after the other; 1000000 takes some minutes more, and 10 GB."`
	Work       []string `placeholder:"NAME,..." help:"Measure only these: process, sign-in, lesson, completion, storm, board, pdf, wire, import, export."`
	Json       bool     `help:"Print JSON."`
	Temp       string   `type:"existingdir" placeholder:"DIR" help:"Folder for the temporary store. It should be on the disk that is to be measured; default: the system's."`
	Cpuprofile string   `placeholder:"FILE" help:"Write a CPU profile of what is measured after the sign-ins."`

	Pace    Pace   `kong:"-"`
	Program string // path of lopban, "" for the one that runs
}

// Pace is how long a measurement takes.
type Pace struct {
	Round      time.Duration
	Rounds     int
	Crowd      int // clients at once
	Learners   int // who sign in
	ExportRows int
	ImportRows int
}

var usualPace = Pace{Round: 500 * time.Millisecond, Rounds: 7, Crowd: 64, Learners: 320, ExportRows: 100_000, ImportRows: 10_000}

// Row is a line of the table. Times are in seconds; limit is what the bare libraries do of the same work in a
// second, and ratio the share of it that is reached. What is not measured is 0.
type Row struct {
	Work      string  `json:"work"`
	Engine    string  `json:"engine"`
	People    int     `json:"people"`
	Clients   int     `json:"clients"`
	Median    float64 `json:"median"`
	P99       float64 `json:"p99"`
	PerSecond float64 `json:"perSecond"`
	Limit     float64 `json:"limit"`
	Ratio     float64 `json:"ratio"`
	Bytes     int64   `json:"bytes"` // of an answer, or of memory
	Goal      string  `json:"goal"`
	Met       *bool   `json:"met"` // null where there is no goal
}

// Goal is a promise of speed. A part that is 0 is not promised.
type Goal struct {
	Ratio       float64       // at least
	Median, P99 time.Duration // at most
	Bytes       int64         // at most
}

func (g Goal) String() string {
	var all []string
	if g.Ratio > 0 {
		all = append(all, fmt.Sprintf("ratio ≥ %.2f", g.Ratio))
	}
	if g.Median > 0 {
		all = append(all, fmt.Sprintf("median ≤ %v", g.Median))
	}
	if g.P99 > 0 {
		all = append(all, fmt.Sprintf("p99 ≤ %v", g.P99))
	}
	if g.Bytes > 0 {
		all = append(all, "size ≤ "+size(g.Bytes))
	}
	return strings.Join(all, ", ")
}

// alone is the promise to a client who is the only one.
func (g Goal) alone(clients int) Goal {
	if clients > 1 {
		return Goal{}
	}
	return g
}

func (g Goal) Judge(r *Row) {
	r.Goal = g.String()
	if r.Goal == "" {
		return
	}
	met := (g.Ratio == 0 || r.Ratio >= g.Ratio) && (g.Median == 0 || r.Median <= g.Median.Seconds()) && (g.P99 == 0 || r.P99 <= g.P99.Seconds()) && (g.Bytes == 0 || r.Bytes <= g.Bytes)
	r.Met = &met
}

// Run measures and prints one table. A goal that is missed is no error: what was measured is the answer.
func (c *Command) Run(ctx context.Context, term *console.Terminal) error {
	if c.Pace.Rounds == 0 {
		c.Pace = usualPace
	}
	var rows []Row
	var failed error
	for _, n := range c.People {
		if n < 5*everyFifth {
			return fmt.Errorf("--people must be at least %d", 5*everyFifth)
		}
	}
	for _, n := range c.People {
		measured, err := c.measure(ctx, term, n)
		rows = append(rows, measured...) // what was measured before it failed, too
		if err != nil {
			failed = fmt.Errorf("with %d people: %w", n, err)
			break
		}
	}
	rows = append(rows, Growth(rows)...)
	if c.Json {
		enc := json.NewEncoder(term.Out)
		enc.SetEscapeHTML(false)
		return errors.Join(enc.Encode(map[string]any{"rows": rows}), failed)
	}
	if err := errors.Join(printRows(term.Out, rows), failed); err != nil {
		return err
	}
	if c.Mongodb != "" {
		fmt.Fprintln(term.Out, "\nThe memory is the program's alone, without MongoDB's. There are goals for the embedded store only.")
	}
	_, err := fmt.Fprintln(term.Out, "\nA lesson at 50 kbit/s is measured in a browser, with the source: go test ./cmd/lopban -run TestLessonReadableOnAThinNetwork -v")
	return err
}

// Growth compares what a request costs with the most people and with the fewest: 1.5 times as much is allowed.
func Growth(rows []Row) []Row {
	var all []Row
	for _, few := range rows {
		i := slices.IndexFunc(rows, func(r Row) bool { return r.Work == few.Work && r.Clients == few.Clients && r.People > few.People })
		if i < 0 || few.Clients != 1 || few.Work != WorkLesson && few.Work != WorkCompletion {
			continue
		}
		most := slices.MaxFunc(slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Work != few.Work || r.Clients != 1 }), func(a, b Row) int { return a.People - b.People })
		r := Row{Work: fmt.Sprintf("%s, against %d people", few.Work, few.People), Engine: few.Engine, People: most.People, Clients: 1, Median: most.Median, P99: most.P99, PerSecond: 1 / most.Median,
			Limit: 1 / few.Median, Ratio: few.Median / most.Median}
		if few.Engine == "embedded" {
			Goal{Ratio: 1 / 1.5}.Judge(&r)
		}
		all = append(all, r)
	}
	return all
}

func printRows(out io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "work\tstore\tpeople\tclients\tmedian\tp99\tper second\tlimit\tratio\tsize\tgoal\tmet")
	for _, r := range rows {
		met := ""
		if r.Met != nil {
			met = map[bool]string{true: "yes", false: "no"}[*r.Met]
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Work, r.Engine, r.People, r.Clients, shortTime(r.Median), shortTime(r.P99), number(r.PerSecond), number(r.Limit), number(r.Ratio),
			size(r.Bytes), r.Goal, met)
	}
	return t.Flush()
}

func shortTime(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	d := time.Duration(seconds * float64(time.Second))
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}

func number(v float64) string {
	switch {
	case v == 0:
		return ""
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func size(n int64) string {
	switch {
	case n == 0:
		return ""
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// bench is a measurement with one number of people.
type bench struct {
	*Command
	term   *console.Terminal
	people int
	engine string
	place  console.Place
	st     store.Store
	s      *server.Server
	addr   string // of the server in this process
	ids    []string
	office *member
	all    []*member // learners who have signed in
	rows   []Row
}

// member is somebody who measures: signed in, or about to be.
type member struct {
	id, login string
	cookie    string // header line
	bearer    string // header line
}

const (
	benchPassword  = "thước đo và đồng hồ"
	officeLogin    = "do.toc.do"
	WorkLesson     = "lesson page, signed in"
	WorkCompletion = "durable completion"
)

// measure makes a store, fills it, measures, and takes it away again.
func (c *Command) measure(ctx context.Context, term *console.Terminal, people int) (_ []Row, err error) {
	b := &bench{Command: c, term: term, people: people}
	at, drop, err := c.temporary(ctx)
	if err != nil {
		return nil, err
	}
	b.place, b.engine = at, "embedded"
	if at.Mongodb != "" {
		b.engine = "mongodb"
	}
	defer func() { err = errors.Join(err, drop()) }()
	if err := b.fill(ctx); err != nil {
		return nil, err
	}
	if c.wants("process") {
		if err := b.process(ctx); err != nil {
			return b.rows, fmt.Errorf("the program as a process: %w", err)
		}
	}
	err = b.inside(ctx)
	return b.rows, err
}

func (c *Command) wants(work string) bool {
	return len(c.Work) == 0 || slices.Contains(c.Work, work)
}

// temporary names a store of its own, and how to take it away.
func (c *Command) temporary(ctx context.Context) (console.Place, func() error, error) {
	if c.Mongodb == "" {
		dir, err := os.MkdirTemp(c.Temp, "lopban-bench-")
		return console.Place{Data: filepath.Join(dir, "data")}, func() error { return os.RemoveAll(dir) }, err
	}
	uri, err := OtherDatabase(c.Mongodb, "lopban_bench_"+strings.ToLower(rand.Text()))
	at := console.Place{Mongodb: uri}
	return at, func() error {
		st, err := mongodb.Open(context.WithoutCancel(ctx), uri)
		if err != nil {
			return err
		}
		return errors.Join(st.Drop(context.WithoutCancel(ctx)), st.Close())
	}, err
}

// OtherDatabase is the address of another database on the same server, for the same user.
func OtherDatabase(uri, name string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", errors.New("the address of MongoDB cannot be read")
	}
	// by default the user belongs to the database in the path
	if q := u.Query(); u.User != nil && !q.Has("authSource") {
		q.Set("authSource", strings.Trim(u.Path, "/"))
		if q.Get("authSource") == "" {
			q.Set("authSource", "admin")
		}
		u.RawQuery = q.Encode()
	}
	u.Path = "/" + name
	return u.String(), nil
}

// open opens the store and begins to serve it in this process.
func (b *bench) open(ctx context.Context) (stop func() error, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if b.st, err = b.place.Open(ctx); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	b.addr = ln.Addr().String()
	if b.s, err = server.New(ctx, server.Config{Config: console.Settings(b.st, "http://"+b.addr, io.Discard)}); err != nil {
		return nil, errors.Join(err, b.st.Close(), ln.Close())
	}
	go b.s.Serve(ln, nil)
	return func() error { return errors.Join(b.s.Shutdown(time.Second), b.st.Close()) }, nil
}

// fill puts courses, people and an account that sees everything into the store.
func (b *bench) fill(ctx context.Context) (err error) {
	stop, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := console.PublishAll(ctx, b.s.Programme); err != nil {
		return err
	}
	a, slip, err := b.s.Accounts.Create(ctx, roster.Operator(), "", "Người Đo", []roster.Role{roster.Admin}, "")
	if err != nil {
		return err
	}
	if a, err = b.s.Accounts.Use(ctx, slip.Code, benchPassword, officeLogin, true, ""); err != nil {
		return err
	}
	b.office = &member{id: a.ID, login: officeLogin}
	f, err := NewFilling(ctx, b.s.Programme, b.st, a.Hash)
	if err != nil {
		return err
	}
	b.ids, err = f.people(ctx, b.people, &console.Bar{Out: b.term.Err})
	return err
}

// inside measures everything that is measured with the server in this process.
func (b *bench) inside(ctx context.Context) (err error) {
	stop, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	// a large file is checked beside, on a core of its own, which would be missed
	if file, ok := b.st.(interface{ Checked(context.Context) error }); ok {
		began := time.Now()
		if err := file.Checked(ctx); err != nil {
			return err
		}
		if took := time.Since(began); took > time.Second {
			b.addTimes(Row{Work: "check of the file, beside", Clients: 1}, []time.Duration{took}, Goal{})
		}
	}
	progress := &console.Bar{Out: b.term.Err}
	works := []struct {
		name string
		do   func(context.Context) error
	}{{"wire", b.wire}, {"lesson", b.lesson}, {"completion", b.completion}, {"storm", b.storm}, {"board", b.board}, {"pdf", b.pdf}, {"import", b.roster}, {"export", b.export}}
	if err := b.signIn(ctx); err != nil { // everything else needs it
		return fmt.Errorf("sign-in: %w", err)
	}
	if b.Cpuprofile != "" {
		f, err := os.Create(b.Cpuprofile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	for i, w := range works {
		progress.Show("measure", i, len(works))
		if !b.wants(w.name) {
			continue
		}
		if err := w.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	progress.Show("measure", len(works), len(works))
	return nil
}

// add keeps a row.
func (b *bench) add(r Row, g Goal) {
	r.Engine, r.People = b.engine, b.people
	if b.engine == "embedded" { // nothing is promised of a database that is somewhere else
		g.Judge(&r)
	}
	b.rows = append(b.rows, r)
}

// addTimes keeps a row of calls.
func (b *bench) addTimes(r Row, times []time.Duration, g Goal) {
	r.Median, r.P99 = quantile(times, 0.5).Seconds(), quantile(times, 0.99).Seconds()
	b.add(r, g)
}

// addPair keeps a row of a work beside its limit. One client alone is measured by the time of its calls, of which one
// that the disk held up says little; many by what they get done together.
func (b *bench) addPair(work string, clients int, p pair, g Goal) {
	r := Row{Work: work, Clients: clients}
	r.PerSecond, r.Limit, r.Ratio = p.rates(clients == 1)
	b.addTimes(r, p.times(), g)
}
