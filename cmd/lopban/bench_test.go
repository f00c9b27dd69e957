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

	"lopban/courses/roster"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/targets"
	"lopban/server"
)

// tinyPace measures next to nothing: the shape is tested, not the speed.
var tinyPace = pace{round: 20 * time.Millisecond, rounds: 2, crowd: 4, learners: 8, exportRows: 600, importRows: 60}

// benched runs the measurement of 200 people and gives its rows.
func benched(t *testing.T, c benchCommand) []benchRow {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	c.People, c.Json, c.Temp, c.pace, c.program = []int{200}, true, t.TempDir(), tinyPace, path
	var out, errs bytes.Buffer
	if err := c.Run(t.Context(), &terminal{out: &out, err: &errs}); err != nil {
		t.Fatalf("%v\n%s", err, &errs)
	}
	left, err := os.ReadDir(c.Temp)
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v behind, %v", left, err)
	}
	var got struct {
		Rows []benchRow `json:"rows"`
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
	rows := benched(t, benchCommand{})
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
		{workLesson, 1, "time pair"},
		{workLesson, 4, "time pair"},
		{workCompletion, 1, "time pair"},
		{workCompletion, 4, "time pair"},
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
			if strings.HasPrefix(want.work, "memory") && residentMemory("self") == 0 {
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

func wantShape(t *testing.T, r benchRow, has string) {
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
	for _, r := range benched(t, benchCommand{Work: []string{"pdf"}}) {
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
		if got, err := otherDatabase(uri, "x"); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", uri, got, err, want)
		}
	}
}

// A goal is met when every part of it is.
func TestGoals(t *testing.T) {
	all := goal{ratio: 0.5, median: time.Second, p99: 2 * time.Second, bytes: 10}
	for _, c := range []struct {
		row benchRow
		met bool
	}{
		{benchRow{Ratio: 0.5, Median: 1, P99: 2, Bytes: 10}, true},
		{benchRow{Ratio: 0.49, Median: 1, P99: 2, Bytes: 10}, false},
		{benchRow{Ratio: 0.5, Median: 1.1, P99: 2, Bytes: 10}, false},
		{benchRow{Ratio: 0.5, Median: 1, P99: 2.1, Bytes: 10}, false},
		{benchRow{Ratio: 0.5, Median: 1, P99: 2, Bytes: 11}, false},
	} {
		if all.judge(&c.row); *c.row.Met != c.met {
			t.Errorf("%+v: met %v, want %v", c.row, *c.row.Met, c.met)
		}
	}
	var none benchRow
	if (goal{}).judge(&none); none.Met != nil || none.Goal != "" {
		t.Errorf("without a goal: %+v", none)
	}
}

// What a request costs may grow by half from the fewest people to the most.
func TestGrowth(t *testing.T) {
	at := func(people, clients int, median float64) benchRow {
		return benchRow{Work: workLesson, Engine: "embedded", People: people, Clients: clients, Median: median}
	}
	for _, c := range []struct {
		rows []benchRow
		met  []bool
	}{
		{[]benchRow{at(20, 1, 2)}, nil},
		{[]benchRow{at(20, 1, 2), at(900, 1, 3)}, []bool{true}},
		{[]benchRow{at(20, 1, 2), at(900, 1, 3.1)}, []bool{false}},
		{[]benchRow{at(20, 64, 2), at(900, 64, 9)}, nil},
	} {
		var met []bool
		for _, r := range growth(c.rows) {
			met = append(met, *r.Met)
		}
		if !reflect.DeepEqual(met, c.met) {
			t.Errorf("%+v: met %v, want %v", c.rows, met, c.met)
		}
	}
	few, most := at(20, 1, 2), at(900, 1, 9)
	few.Engine, most.Engine = "mongodb", "mongodb"
	if rows := growth([]benchRow{few, most}); len(rows) != 1 || rows[0].Met != nil {
		t.Errorf("a database somewhere else is judged: %+v", rows)
	}
}

// A line reads answers of any length, one after the other, and tells a wrong status.
func TestLine(t *testing.T) {
	for _, n := range []int{0, 1, 64 << 10, 200_000} {
		body := bytes.Repeat([]byte("x"), n)
		addr, stop, err := bareSite(map[string]string{"X-Kind": "bare"}, body)
		if err != nil {
			t.Fatal(err)
		}
		l, err := dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			a, err := l.want(200, httpGet("/any", ""))
			if err != nil || !bytes.Equal(a.body, body) || !bytes.Contains(a.head, []byte("X-Kind: bare\r\n")) {
				t.Errorf("%d bytes: %d came, head %q, %v", n, len(a.body), a.head, err)
			}
		}
		if _, err := l.want(404, httpGet("/any", "")); err == nil {
			t.Error("a wrong status was not told")
		}
		l.conn.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

// The limit of the export is the same cells: every row of the report, with days as days.
func TestBareSheetHasTheCellsOfTheReport(t *testing.T) {
	const n = 300
	at := place{Data: t.TempDir()}
	st, err := at.openAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := newServer(t.Context(), st, siteURL, nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := publishAll(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	f, err := newFilling(t.Context(), s, st, "")
	if err != nil {
		t.Fatal(err)
	}
	words := server.FileWords("vi", s.Words("vi"))
	row, err := f.register(t.Context(), n, words)
	if err != nil {
		t.Fatal(err)
	}
	var bare, ours bytes.Buffer
	if err := bareSheet(&bare, n, row); err != nil {
		t.Fatal(err)
	}
	r, err := s.Report(context.Background(), "completions", targets.Scope{By: roster.Present}, time.Time{})
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
		all[cells[0]] = cells
	}
	return all
}

// What leans on the store is measured on MongoDB too. The import is left out: on FerretDB it takes longer than a test may.
func TestBenchOnMongoDB(t *testing.T) {
	rows := benched(t, benchCommand{Mongodb: mongotest.Start(t), Work: []string{"completion", "board", "pdf", "export"}})
	for _, want := range []string{workCompletion, "board of a province", "certificate PDF, warm", "XLSX export, 600 rows (limit: excelize)"} {
		i := slices.IndexFunc(rows, func(r benchRow) bool { return r.Work == want })
		if i < 0 || rows[i].Engine != "mongodb" || rows[i].Median <= 0 {
			t.Errorf("%s was not measured on MongoDB", want)
		} else if rows[i].Goal != "" || rows[i].Met != nil {
			t.Errorf("%s is judged by %q, which is promised for the embedded store", want, rows[i].Goal)
		}
	}
}
