package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lopban/cmd/lopban/bench"
	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/targets"
)

// tinyPace measures next to nothing: the shape is tested, not the speed.
var tinyPace = bench.Pace{Round: 20 * time.Millisecond, Rounds: 2, Crowd: 4, Learners: 8, ExportRows: 600, ImportRows: 60}

// benched runs the measurement of 200 people and gives its rows.
func benched(t *testing.T, c bench.Command) []bench.Row {
	t.Helper()
	path, err := programtest.Program()
	if err != nil {
		t.Fatal(err)
	}
	c.People, c.Json, c.Temp, c.Program = []int{200}, true, t.TempDir(), path
	if c.Pace == (bench.Pace{}) {
		c.Pace = tinyPace
	}
	var out, errs bytes.Buffer
	if err := c.Run(t.Context(), &console.Terminal{Out: &out, Err: &errs}); err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	left, err := os.ReadDir(c.Temp)
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v behind, %v", left, err)
	}
	var got struct {
		Rows []bench.Row `json:"rows"`
	}
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got.Rows
}

// Every work is a row with its number of people and clients, its times or its size, and says whether its goal was met.
func TestBenchMeasuresEveryWork(t *testing.T) {
	rows := benched(t, bench.Command{})
	for _, want := range []struct {
		work    string
		clients int
		has     string // which of time, pair and size
	}{
		{"start to first page", 1, "time"},
		{"memory of the process, idle", 0, "size"},
		{"memory of the process, busy", 4, "size"},
		{"sign-in (limit: Argon2id alone)", 1, "time pair"},
		{"sign-in, all at once", 4, "time"},
		{"first visit on the wire", 1, "size"},
		{"heaviest lesson on the wire", 1, "size"},
		{bench.WorkLesson, 1, "time pair"},
		{bench.WorkLesson, 4, "time pair"},
		{bench.WorkCompletion, 1, "time pair"},
		{bench.WorkCompletion, 4, "time pair"},
		{"lesson page in a sign-in storm", 4, "time"},
		{"board of a province", 1, "time size"},
		{"board of a province", 4, "time size"},
		{"board, right after a certificate", 1, "time"},
		{"certificate PDF, warm", 1, "time size"},
		{"certificate PDF, warm", 4, "time size"},
		{"roster import, 60 rows", 1, "time"},
		{"XLSX export, 600 rows (limit: excelize)", 1, "time pair"},
	} {
		t.Run(fmt.Sprint(want.work, " ", want.clients), func(t *testing.T) {
			if strings.HasPrefix(want.work, "memory") && bench.ResidentMemory("self") == 0 {
				t.Skip("the system does not say how much memory a process has")
			}
			for _, r := range rows {
				if r.Work == want.work && r.Clients == want.clients {
					wantShape(t, r, want.has)
					return
				}
			}
			t.Error("it was not measured")
		})
	}
}

func wantShape(t *testing.T, r bench.Row, has string) {
	t.Helper()
	if r.People != 200 || r.Engine != "embedded" {
		t.Errorf("%d people, engine %q", r.People, r.Engine)
	}
	if strings.Contains(has, "time") && (r.Median <= 0 || r.P99 < r.Median) {
		t.Errorf("median %v, p99 %v", r.Median, r.P99)
	}
	if strings.Contains(has, "pair") && (r.PerSecond <= 0 || r.Limit <= 0 || r.Ratio <= 0) {
		t.Errorf("%v per second of %v, ratio %v", r.PerSecond, r.Limit, r.Ratio)
	}
	if strings.Contains(has, "size") && r.Bytes <= 0 {
		t.Errorf("%d bytes", r.Bytes)
	}
	if (r.Goal == "") != (r.Met == nil) {
		t.Errorf("goal %q, met %v", r.Goal, r.Met)
	}
}

// Only what is asked for is measured.
func TestBenchOfOneWork(t *testing.T) {
	for _, r := range benched(t, bench.Command{Work: []string{"pdf"}}) {
		if r.Work != "certificate PDF, warm" && r.Work != "sign-in, all at once" {
			t.Errorf("%s was measured", r.Work)
		}
	}
}

// A measurement in MongoDB has a database of its own beside the one named, for the same user.
func TestOtherDatabase(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://localhost:27017":             "mongodb://localhost:27017/x",
		"mongodb://localhost/lopban?w=1":        "mongodb://localhost/x?w=1",
		"mongodb://u:p@localhost/lopban":        "mongodb://u:p@localhost/x?authSource=lopban",
		"mongodb://u:p@localhost":               "mongodb://u:p@localhost/x?authSource=admin",
		"mongodb://u:p@localhost/?authSource=a": "mongodb://u:p@localhost/x?authSource=a",
	} {
		if got, err := bench.OtherDatabase(uri, "x"); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", uri, got, err, want)
		}
	}
}

// A goal is met when every part of it is.
func TestGoals(t *testing.T) {
	all := bench.Goal{Ratio: 0.5, Median: time.Second, P99: 2 * time.Second, Bytes: 10}
	for _, c := range []struct {
		row bench.Row
		met bool
	}{
		{bench.Row{Ratio: 0.5, Median: 1, P99: 2, Bytes: 10}, true},
		{bench.Row{Ratio: 0.49, Median: 1, P99: 2, Bytes: 10}, false},
		{bench.Row{Ratio: 0.5, Median: 1.1, P99: 2, Bytes: 10}, false},
		{bench.Row{Ratio: 0.5, Median: 1, P99: 2.1, Bytes: 10}, false},
		{bench.Row{Ratio: 0.5, Median: 1, P99: 2, Bytes: 11}, false},
	} {
		if all.Judge(&c.row); *c.row.Met != c.met {
			t.Errorf("%+v: met %v, want %v", c.row, *c.row.Met, c.met)
		}
	}
	var none bench.Row
	if (bench.Goal{}).Judge(&none); none.Met != nil || none.Goal != "" {
		t.Errorf("without a goal: %+v", none)
	}
}

// What a request costs may grow by half from the fewest people to the most.
func TestGrowth(t *testing.T) {
	at := func(people, clients int, median float64) bench.Row {
		return bench.Row{Work: bench.WorkLesson, Engine: "embedded", People: people, Clients: clients, Median: median}
	}
	for _, c := range []struct {
		rows []bench.Row
		met  []bool
	}{
		{[]bench.Row{at(20, 1, 2)}, nil},
		{[]bench.Row{at(20, 1, 2), at(900, 1, 3)}, []bool{true}},
		{[]bench.Row{at(20, 1, 2), at(900, 1, 3.1)}, []bool{false}},
		{[]bench.Row{at(20, 64, 2), at(900, 64, 9)}, nil},
	} {
		var met []bool
		for _, r := range bench.Growth(c.rows) {
			met = append(met, *r.Met)
		}
		if !reflect.DeepEqual(met, c.met) {
			t.Errorf("%+v: met %v, want %v", c.rows, met, c.met)
		}
	}
	few, most := at(20, 1, 2), at(900, 1, 9)
	few.Engine, most.Engine = "mongodb", "mongodb"
	if rows := bench.Growth([]bench.Row{few, most}); len(rows) != 1 || rows[0].Met != nil {
		t.Errorf("a database somewhere else is judged: %+v", rows)
	}
}

// A line reads answers of any length, one after the other, and tells a wrong status.
func TestLine(t *testing.T) {
	for _, n := range []int{0, 1, 64 << 10, 200_000} {
		body := bytes.Repeat([]byte("x"), n)
		addr, stop, err := bench.BareSite(map[string]string{"X-Kind": "bare"}, body)
		if err != nil {
			t.Fatal(err)
		}
		l, err := bench.Dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			a, err := l.Want(200, bench.HTTPGet("/any", ""))
			if err != nil || !bytes.Equal(a.Body, body) || !bytes.Contains(a.Head, []byte("X-Kind: bare\r\n")) {
				t.Errorf("%d bytes: %d came, head %q, %v", n, len(a.Body), a.Head, err)
			}
		}
		if _, err := l.Want(404, bench.HTTPGet("/any", "")); err == nil {
			t.Error("a wrong status was not told")
		}
		l.Conn.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

// The limit of the export is the same cells: every row of the report, with days as days.
func TestBareSheetHasTheCellsOfTheReport(t *testing.T) {
	const n = 300
	at := console.Place{Data: t.TempDir()}
	st, err := at.OpenAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := console.NewProgramme(t.Context(), st, programtest.SiteURL, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := console.PublishAll(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	f, err := bench.NewFilling(t.Context(), s, st, "")
	if err != nil {
		t.Fatal(err)
	}
	words := programme.FileWords("vi", s.Words("vi"))
	row, err := f.Register(t.Context(), n, words)
	if err != nil {
		t.Fatal(err)
	}
	var bare, ours bytes.Buffer
	if err := bench.BareSheet(&bare, n, row); err != nil {
		t.Fatal(err)
	}
	r, err := s.Report(context.Background(), programme.Request{Report: "completions", Scope: targets.Scope{By: roster.Present}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Write(t.Context(), &ours, targets.XLSX, words); err != nil {
		t.Fatal(err)
	}
	want := rowsByFirst(t, &ours)
	for id, cells := range rowsByFirst(t, &bare) {
		if !reflect.DeepEqual(cells, want[id]) {
			t.Fatalf("%s: bare %q, the report has %q", id, cells, want[id])
		}
		delete(want, id)
	}
	if len(want) != 1 { // the headings
		t.Errorf("the report has %d rows more", len(want))
	}
}

func rowsByFirst(t *testing.T, file io.Reader) map[string][]string {
	t.Helper()
	x, err := excelize.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	rows, err := x.GetRows(x.GetSheetList()[0])
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, cells := range rows {
		if len(cells) > 3 && cells[0] != "" { // the title and the totals have fewer
			all[cells[0]] = cells
		}
	}
	return all
}

// What leans on the store is measured on MongoDB too. The import is left out: on FerretDB it takes longer than a test
// may.
func TestBenchOnMongoDB(t *testing.T) {
	slow := tinyPace
	slow.ExportRows = 60
	rows := benched(t, bench.Command{Mongodb: mongotest.Start(t), Work: []string{"completion", "board", "pdf", "export"}, Pace: slow})
	for _, want := range []string{bench.WorkCompletion, "board of a province", "certificate PDF, warm", "XLSX export, 60 rows (limit: excelize)"} {
		i := slices.IndexFunc(rows, func(r bench.Row) bool { return r.Work == want })
		if i < 0 || rows[i].Engine != "mongodb" || rows[i].Median <= 0 {
			t.Errorf("%s was not measured on MongoDB", want)
		} else if rows[i].Goal != "" || rows[i].Met != nil {
			t.Errorf("%s is judged by %q, which is promised for the embedded store", want, rows[i].Goal)
		}
	}
}
