package main

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

	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/server"
)

type benchCommand struct {
	Mongodb    string   `placeholder:"URI" help:"MongoDB to measure in place of the embedded store, in a database that is made and dropped; also MONGODB_URI."`
	People     []int    `default:"20000" placeholder:"N,..." help:"How many people are on the roster. Several numbers are measured one after the other; 1000000 takes some minutes more, and 10 GB."`
	Work       []string `placeholder:"NAME,..." help:"Measure only these: process, sign-in, lesson, completion, storm, board, pdf, wire, import, export."`
	Json       bool     `help:"Print JSON."`
	Temp       string   `type:"existingdir" placeholder:"DIR" help:"Folder for the temporary store. It should be on the disk that is to be measured; default: the system's."`
	Cpuprofile string   `placeholder:"FILE" help:"Write a CPU profile of what is measured after the sign-ins."`

	pace    pace   `kong:"-"`
	program string // path of lopban, "" for the one that runs
}

// pace is how long a measurement takes.
type pace struct {
	round      time.Duration
	rounds     int
	crowd      int // clients at once
	learners   int // who sign in
	exportRows int
	importRows int
}

var usualPace = pace{round: 500 * time.Millisecond, rounds: 7, crowd: 64, learners: 320, exportRows: 100_000, importRows: 10_000}

// benchRow is a line of the table. Times are in seconds; limit is what the bare libraries do of the same work in a second, and ratio the share of it that is reached. What is not measured is 0.
type benchRow struct {
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

// goal is a promise of speed. A part that is 0 is not promised.
type goal struct {
	ratio       float64       // at least
	median, p99 time.Duration // at most
	bytes       int64         // at most
}

func (g goal) String() string {
	var all []string
	if g.ratio > 0 {
		all = append(all, fmt.Sprintf("ratio ≥ %.2f", g.ratio))
	}
	if g.median > 0 {
		all = append(all, fmt.Sprintf("median ≤ %v", g.median))
	}
	if g.p99 > 0 {
		all = append(all, fmt.Sprintf("p99 ≤ %v", g.p99))
	}
	if g.bytes > 0 {
		all = append(all, "size ≤ "+size(g.bytes))
	}
	return strings.Join(all, ", ")
}

// alone is the promise to a client who is the only one.
func (g goal) alone(clients int) goal {
	if clients > 1 {
		return goal{}
	}
	return g
}

func (g goal) judge(r *benchRow) {
	r.Goal = g.String()
	if r.Goal == "" {
		return
	}
	met := (g.ratio == 0 || r.Ratio >= g.ratio) && (g.median == 0 || r.Median <= g.median.Seconds()) && (g.p99 == 0 || r.P99 <= g.p99.Seconds()) && (g.bytes == 0 || r.Bytes <= g.bytes)
	r.Met = &met
}

// Run measures and prints one table. A goal that is missed is no error: what was measured is the answer.
func (c *benchCommand) Run(ctx context.Context, term *terminal) error {
	if c.pace.rounds == 0 {
		c.pace = usualPace
	}
	var rows []benchRow
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
	rows = append(rows, growth(rows)...)
	if c.Json {
		enc := json.NewEncoder(term.out)
		enc.SetEscapeHTML(false)
		return errors.Join(enc.Encode(map[string]any{"rows": rows}), failed)
	}
	if err := errors.Join(printRows(term.out, rows), failed); err != nil {
		return err
	}
	if c.Mongodb != "" {
		fmt.Fprintln(term.out, "\nThe memory is the program's alone, without MongoDB's. There are goals for the embedded store only.")
	}
	_, err := fmt.Fprintln(term.out, "\nA lesson at 50 kbit/s is measured in a browser, with the source: go test ./cmd/lopban -run TestLessonReadableOnAThinNetwork -v")
	return err
}

// growth compares what a request costs with the most people and with the fewest: 1.5 times as much is allowed.
func growth(rows []benchRow) []benchRow {
	var all []benchRow
	for _, few := range rows {
		i := slices.IndexFunc(rows, func(r benchRow) bool { return r.Work == few.Work && r.Clients == few.Clients && r.People > few.People })
		if i < 0 || few.Clients != 1 || few.Work != workLesson && few.Work != workCompletion {
			continue
		}
		most := slices.MaxFunc(slices.DeleteFunc(slices.Clone(rows), func(r benchRow) bool { return r.Work != few.Work || r.Clients != 1 }), func(a, b benchRow) int { return a.People - b.People })
		r := benchRow{Work: fmt.Sprintf("%s, against %d people", few.Work, few.People), Engine: few.Engine, People: most.People, Clients: 1, Median: most.Median, P99: most.P99, PerSecond: 1 / most.Median,
			Limit: 1 / few.Median, Ratio: few.Median / most.Median}
		if few.Engine == "embedded" {
			goal{ratio: 1 / 1.5}.judge(&r)
		}
		all = append(all, r)
	}
	return all
}

func printRows(out io.Writer, rows []benchRow) error {
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
	*benchCommand
	term   *terminal
	people int
	engine string
	place  place
	st     store.Store
	s      *server.Server
	addr   string // of the server in this process
	ids    []string
	office *member
	all    []*member // learners who have signed in
	rows   []benchRow
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
	workLesson     = "lesson page, signed in"
	workCompletion = "durable completion"
)

// measure makes a store, fills it, measures, and takes it away again.
func (c *benchCommand) measure(ctx context.Context, term *terminal, people int) (_ []benchRow, err error) {
	b := &bench{benchCommand: c, term: term, people: people}
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

func (c *benchCommand) wants(work string) bool {
	return len(c.Work) == 0 || slices.Contains(c.Work, work)
}

// temporary names a store of its own, and how to take it away.
func (c *benchCommand) temporary(ctx context.Context) (place, func() error, error) {
	if c.Mongodb == "" {
		dir, err := os.MkdirTemp(c.Temp, "lopban-bench-")
		return place{Data: filepath.Join(dir, "data")}, func() error { return os.RemoveAll(dir) }, err
	}
	uri, err := otherDatabase(c.Mongodb, "lopban_bench_"+strings.ToLower(rand.Text()))
	at := place{Mongodb: uri}
	return at, func() error {
		st, err := mongodb.Open(context.WithoutCancel(ctx), uri)
		if err != nil {
			return err
		}
		return errors.Join(st.Drop(context.WithoutCancel(ctx)), st.Close())
	}, err
}

// otherDatabase is the address of another database on the same server, for the same user.
func otherDatabase(uri, name string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", errors.New("the address of MongoDB cannot be read")
	}
	if q := u.Query(); u.User != nil && !q.Has("authSource") { // by default the user belongs to the database in the path
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
	if b.st, err = b.place.open(ctx); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	b.addr = ln.Addr().String()
	if b.s, err = newServer(ctx, b.st, "http://"+b.addr, nil, io.Discard); err != nil {
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
	if err := publishAll(ctx, b.s); err != nil {
		return err
	}
	a, slip, err := b.s.Accounts().Create(ctx, roster.Operator(), "", "Người Đo", []roster.Role{roster.Admin}, "")
	if err != nil {
		return err
	}
	if a, err = b.s.Accounts().Use(ctx, slip.Code, benchPassword, officeLogin, true, ""); err != nil {
		return err
	}
	b.office = &member{id: a.ID, login: officeLogin}
	f, err := newFilling(ctx, b.s, b.st, a.Hash)
	if err != nil {
		return err
	}
	b.ids, err = f.people(ctx, b.people, &bar{out: b.term.err})
	return err
}

// inside measures everything that is measured with the server in this process.
func (b *bench) inside(ctx context.Context) (err error) {
	stop, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if file, ok := b.st.(interface{ Checked(context.Context) error }); ok { // a large file is checked beside, on a core of its own, which would be missed
		began := time.Now()
		if err := file.Checked(ctx); err != nil {
			return err
		}
		if took := time.Since(began); took > time.Second {
			b.addTimes(benchRow{Work: "check of the file, beside", Clients: 1}, []time.Duration{took}, goal{})
		}
	}
	progress := &bar{out: b.term.err}
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
		progress.show("measure", i, len(works))
		if !b.wants(w.name) {
			continue
		}
		if err := w.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	progress.show("measure", len(works), len(works))
	return nil
}

// add keeps a row.
func (b *bench) add(r benchRow, g goal) {
	r.Engine, r.People = b.engine, b.people
	if b.engine == "embedded" { // nothing is promised of a database that is somewhere else
		g.judge(&r)
	}
	b.rows = append(b.rows, r)
}

// addTimes keeps a row of calls.
func (b *bench) addTimes(r benchRow, times []time.Duration, g goal) {
	r.Median, r.P99 = quantile(times, 0.5).Seconds(), quantile(times, 0.99).Seconds()
	b.add(r, g)
}

// addPair keeps a row of a work beside its limit. One client alone is measured by the time of its calls, of which one that the disk held up says little; many by what they get done together.
func (b *bench) addPair(work string, clients int, p pair, g goal) {
	r := benchRow{Work: work, Clients: clients}
	r.PerSecond, r.Limit, r.Ratio = p.rates(clients == 1)
	b.addTimes(r, p.times(), g)
}
