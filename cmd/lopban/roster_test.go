package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/courses/workbook"
)

// told is what a command answered.
type told struct {
	code     int
	out, err string
}

// tells runs a command in an environment without variables.
func tells(t *testing.T, args ...string) told {
	t.Helper()
	var out, err bytes.Buffer
	code := run(t.Context(), args, func(string) (string, bool) { return "", false }, &console.Terminal{Out: &out, Err: &err})
	return told{code, out.String(), err.String()}
}

// want fails the test unless the command ended so, and said these things on its err.
func (got told) want(t *testing.T, code int, says ...string) told {
	t.Helper()
	if got.code != code {
		t.Errorf("code %d, want %d: %s", got.code, code, got.err)
	}
	for _, s := range says {
		if !strings.Contains(got.err, s) {
			t.Errorf("does not say %q: %s", s, got.err)
		}
	}
	return got
}

func TestRosterImportAndSlips(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.csv", "Họ và tên,Đơn vị công tác,Xã/phường,Từ ngày\nSùng Mí Pó,Thư viện xã,Lũng Cú,01/02/2024\nGiàng Thị Mai,Thư viện xã,Đồng Văn,01/02/2024\n")
	mixed := write("mixed.csv", "Họ và tên,Số điện thoại,Đơn vị công tác,Xã/phường\nSùng Mí Pó,0912000001,Thư viện xã,Lũng Cú\nLý Thị Dợ,123,Thư viện xã,Lũng Cúu\n")
	nowhere := write("nowhere.csv", "Họ và tên,Đơn vị công tác,Xã/phường\nSùng Mí Pó,Thư viện xã,Không Đâu\n")

	// Looking writes nothing, and the province is the one of the communes.
	looked := tells(t, "roster", "import", good, "--data", data, "--dry-run").want(t, 0, "province 08 Tuyên Quang")
	if lines := strings.Split(strings.TrimSpace(looked.out), "\n"); len(lines) != 2 || !strings.HasPrefix(lines[0], "2\tnew\t") || !strings.HasSuffix(lines[0], "\tSùng Mí Pó\t") {
		t.Errorf("verdicts %q", looked.out)
	}
	tells(t, "roster", "slips", "--province", "08", "-o", filepath.Join(dir, "none.pdf"), "--data", data).want(t, 1, "nobody there needs a slip")
	if imported := tells(t, "roster", "import", good, "--data", data).want(t, 0, "2 added, 0 changed, 0 moved, 0 the same, 0 left out"); imported.out != looked.out {
		t.Errorf("verdicts %q after looking %q", imported.out, looked.out)
	}
	tells(t, "roster", "import", good, "--data", data, "--province", "08").want(t, 0, "0 added, 0 changed, 0 moved, 2 the same, 0 left out")

	// A row with problems is left out and named; the rest is written, and the command fails.
	part := tells(t, "roster", "import", mixed, "--data", data, "--province", "08").want(t, 1, `row 3: note: B3 "123"`, "Did you mean: xã Lũng Cú (00715)?", "1 changed", "1 left out")
	if !strings.Contains(part.out, "2\tchanged\t") || !strings.Contains(part.out, "phone:  -> 0912000001") || !strings.Contains(part.out, "3\tproblem\t\tLý Thị Dợ\t") {
		t.Errorf("verdicts %q", part.out)
	}

	tells(t, "roster", "import", nowhere, "--data", data).want(t, 1, "name it with --province")
	tells(t, "roster", "import", good, "--data", data, "--province", "99").want(t, 1, "99")
	tells(t, "roster", "import", filepath.Join(dir, "no.csv"), "--data", data).want(t, 2, "no.csv")
	tells(t, "roster", "import").want(t, 2)
	tells(t, "roster", "slips", "--data", data).want(t, 2, "province")

	slips := filepath.Join(dir, "slips.pdf")
	tells(t, "roster", "slips", "--province", "08", "-o", slips, "--base-url", "https://lop.example/", "--data", data).want(t, 0, "wrote 2 slips for https://lop.example to")
	pdf, err := os.ReadFile(slips)
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("%.10q, %v", pdf, err)
	}
	if info, err := os.Stat(slips); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	tells(t, "roster", "slips", "--province", "98", "-o", slips, "--data", data).want(t, 1, "no present province 98")
	tells(t, "roster", "slips", "--province", "08", "--commune", "01273", "-o", slips, "--data", data).want(t, 1, "no commune 01273")
}

// What the page asks and lets choose, flags answer.
func TestRosterImportAnswersByFlags(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	file := filepath.Join(dir, "list.csv")
	text := "Đồng chí,Gọi,Ở đâu,Thuộc\nSùng Mí Pó,0912000001 / 0912000002,Thư viện xã,Lũng Cú\nLý Thị Dợ,0912000003,Thư viện xã,Lũng Cúu\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	columns := []string{"--column", "A=name", "--column", "B=phone", "--column", "C=library", "--column", "D=commune"}
	with := func(more ...string) []string {
		return append(append([]string{"roster", "import", file, "--data", data, "--province", "08"}, columns...), more...)
	}
	asked := tells(t, with()...).want(t, 3, "Since when do the new people work?", "--start yyyy-mm-dd", "nothing was written", "left out: 0912000002")
	if !strings.Contains(asked.out, "2\tnew\t") {
		t.Errorf("verdicts %q", asked.out)
	}
	tells(t, with("--start", "2099-01-01")...).want(t, 1, "--start 2099-01-01")
	tells(t, with("--column", "A=shoe")...).want(t, 1, "shoe")
	tells(t, with("--letters", "morse")...).want(t, 1, "morse")
	tells(t, with("--sheet", "2")...).want(t, 1, "the file has 1 sheets")
	tells(t, with("--start", "2024-05-01", "--dry-run")...).want(t, 1)
	tells(t, with("--start", "2024-05-01", "--accept")...).want(t, 0, "2 added", "You chose: xã Lũng Cú (00715).")
	// The titles are remembered for the province.
	tells(t, "roster", "import", file, "--data", data, "--province", "08", "--accept").want(t, 0, "0 added, 0 changed, 0 moved, 2 the same, 0 left out")

	old := filepath.Join(dir, "old.csv")
	if err := os.WriteFile(old, []byte("Hä vµ tªn,§¬n vÞ,X·,Tõ ngµy\nNguyÔn ThÞ Hång,Th\u00ad viÖn x·,Lòng Có,01/02/2024\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tells(t, "roster", "import", old, "--data", data, "--province", "08").want(t, 3, "TCVN3", `"NguyÔn ThÞ Hång" -> "Nguyễn Thị Hồng"`, "--letters CODE")
	if got := tells(t, "roster", "import", old, "--data", data, "--province", "08", "--letters", "tcvn3").want(t, 0, "1 added"); !strings.Contains(got.out, "Nguyễn Thị Hồng") {
		t.Errorf("%q", got.out)
	}
}

func TestRosterImportAsksUndoesAndMerges(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const titles = "Họ và tên,Số điện thoại,Đơn vị công tác,Xã/phường,Từ ngày\n"
	first := write("first.csv", titles+"Sùng Mí Pó,0912000001,Thư viện xã,Lũng Cú,01/02/2024\nGiàng Thị Lan,,Thư viện xã,Đồng Văn,01/02/2024\n")
	again := write("again.csv", titles+"Sùng Mí Pó,0912000009,Thư viện xã,Đồng Văn,01/03/2026\nGiàng Thị Lân,,Thư viện xã,Đồng Văn,01/03/2026\nVừ A Dính,,Thư viện xã,Lũng Cú,01/03/2026\n")
	tells(t, "roster", "import", first, "--data", data).want(t, 0, "2 added")

	// Rows that may be somebody who is there are printed with the answers, and are not written.
	asked := tells(t, "roster", "import", again, "--data", data).want(t, 3, "2 rows wait for an answer", "1 added", "row 2: who is it? same:", "another commune", "row 3: who is it? same:", "the marks of the name differ")
	if !strings.Contains(asked.out, "2\task\t\tSùng Mí Pó\t") {
		t.Errorf("verdicts %q", asked.out)
	}
	codes := map[string]string{}
	for _, line := range strings.Split(asked.err, "\n") {
		if _, rest, ok := strings.Cut(line, "who is it? same:"); ok {
			code, name, _ := strings.Cut(rest, ": ")
			name, _, _ = strings.Cut(name, ",")
			codes[name] = code
		}
	}
	tells(t, "roster", "import", again, "--data", data, "--province", "08", "--answers", write("bad.tsv", "2\tsame:ZZZZZZZZZZ\n")).want(t, 1, "line 1")
	answers := write("answers.tsv", "# who they are\n2\tsame:"+codes["Sùng Mí Pó"]+"\n3\tother\n")
	done := tells(t, "roster", "import", again, "--data", data, "--answers", answers).want(t, 0, "1 added, 0 changed, 1 moved, 1 the same")
	_, id, ok := strings.Cut(done.err, "lopban roster undo ")
	if !ok {
		t.Fatalf("no way to undo: %s", done.err)
	}
	id = strings.TrimSpace(strings.SplitN(id, "\n", 2)[0])
	plan := tells(t, "roster", "undo", id, "--data", data, "--dry-run").want(t, 0, "2 removed, 1 changed, 0 kept")
	if !strings.Contains(plan.out, "changed\t"+codes["Sùng Mí Pó"]+"\tSùng Mí Pó\t") || !strings.Contains(plan.out, "0912000009 -> 0912000001") {
		t.Errorf("the plan %q", plan.out)
	}
	tells(t, "roster", "undo", id, "--data", data).want(t, 0, "2 removed, 1 changed, 0 kept")
	tells(t, "roster", "undo", id, "--data", data).want(t, 0, "0 removed, 0 changed, 0 kept")
	tells(t, "roster", "undo", "no-such", "--data", data).want(t, 1, "no import no-such")

	// Entered twice after all, and merged.
	write("answers.tsv", "2\tother\n3\tother\n")
	tells(t, "roster", "import", again, "--data", data, "--answers", answers).want(t, 0, "3 added")
	looked := tells(t, "roster", "import", again, "--data", data, "--dry-run").want(t, 0, "not in the file")
	var gone string
	for _, line := range strings.Split(looked.out, "\n") {
		if cells := strings.Split(line, "\t"); len(cells) > 3 && cells[3] == "Sùng Mí Pó" {
			gone = cells[2]
		}
	}
	merged := tells(t, "roster", "merge", gone, codes["Sùng Mí Pó"], "--data", data).want(t, 0)
	if !strings.HasPrefix(merged.out, codes["Sùng Mí Pó"]+"\tSùng Mí Pó\t") {
		t.Errorf("merged %q", merged.out)
	}
	board := tells(t, "report", "board", "--province", "08", "--format", "json", "--data", data)
	if !strings.Contains(board.out, `"base": 4`) && !strings.Contains(board.out, `"base":4`) {
		t.Errorf("the board %.200s", board.out)
	}
	tells(t, "roster", "merge", gone, "--part", "--data", data).want(t, 0)
	tells(t, "roster", "merge", gone, "--data", data).want(t, 1, "name the entry that goes")
	tells(t, "roster", "merge", gone, "ZZZZZZZZZZ", "--data", data).want(t, 1, "no such person")
}

// The answers of a file name rows as they are printed.
func TestRosterImportNamesRowsOfSheets(t *testing.T) {
	dir := t.TempDir()
	sheet := func(name string, rows ...[]string) workbook.Table {
		return workbook.Table{Name: name, Head: [][]string{{"Họ và tên", "Số điện thoại", "Đơn vị công tác", "Xã", "Từ ngày"}}, Rows: slices.Values(rows)}
	}
	var b bytes.Buffer
	if err := workbook.Write(&b, sheet("A", []string{"Thào Thị Dợ", "0912000002", "Thư viện xã", "Lũng Cú", "01/02/2024"}), sheet("B", []string{"Thào Thị Dợ", "0912000003", "Thư viện xã", "Lũng Cú", "01/02/2024"})); err != nil {
		t.Fatal(err)
	}
	file, answers := filepath.Join(dir, "a.xlsx"), filepath.Join(dir, "answers.tsv")
	for path, data := range map[string][]byte{file: b.Bytes(), answers: []byte("B · 2\trow:A · 2\n")} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with := []string{"roster", "import", file, "--data", filepath.Join(dir, "data"), "--province", "08", "--dry-run"}
	asked := tells(t, with...).want(t, 3, "row B · 2: who is it? row:A · 2: Thào Thị Dợ")
	if !strings.Contains(asked.out, "B · 2\task\t") {
		t.Errorf("verdicts %q", asked.out)
	}
	tells(t, append(with, "--answers", answers)...).want(t, 1, "row B · 2:", "The same person as in row A · 2 (Thào Thị Dợ)")
}

// interrupts ends a context as Ctrl-C does, once a text was said.
type interrupts struct {
	bytes.Buffer
	at  string
	now func()
}

func (i *interrupts) Write(p []byte) (int, error) {
	if strings.Contains(string(p), i.at) {
		i.now()
	}
	return i.Buffer.Write(p)
}

// Ctrl-C stops an import after the batch under way; it says how many were entered, and it can be gone on with or
// undone.
func TestRosterImportIsInterrupted(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "many.csv")
	var text strings.Builder
	text.WriteString("Họ và tên,Số điện thoại,Đơn vị công tác,Mã xã,Từ ngày\n")
	for i := range 600 {
		fmt.Fprintf(&text, "Lý Thị %c%c,09%08d,Thư viện xã,00715,01/02/2024\n", 'A'+i%26, 'a'+i/26, i)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"roster", "import", file, "--province", "08", "--data", data}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	errs := &interrupts{at: "import 500 of", now: cancel}
	code := run(ctx, args, func(string) (string, bool) { return "", false }, &console.Terminal{Out: &out, Err: errs})
	told{code, out.String(), errs.String()}.want(t, 1, "stopped: 500 of 600 people entered", "lopban roster undo ")
	tells(t, args...).want(t, 0, "100 added, 0 changed, 0 moved, 500 the same")
	_, id, _ := strings.Cut(errs.String(), "lopban roster undo ")
	tells(t, "roster", "undo", strings.TrimSpace(id), "--data", data).want(t, 0)
}

// A file that is not there, is a folder or has nothing in it is said in words, before anything is made.
// A list whose titles are not known is not imported as one of nobody.
func TestRosterImportSaysThatNoColumnHoldsNames(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "la.csv")
	if err := os.WriteFile(file, []byte("Cot 1,Cot 2,Cot 3\nThào Seo Mí,Thư viện xã Bản Hồ,Bản Hồ\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := lopban(t, nil, "roster", "import", file, "--province", "15", "--data", filepath.Join(dir, "data"))
	if r.code != 1 || !strings.Contains(r.err, "--column B=name") {
		t.Errorf("%+v", r)
	}
}

func TestAFileToImportThatIsNone(t *testing.T) {
	dir := t.TempDir()
	data, empty, missing := filepath.Join(dir, "data"), filepath.Join(dir, "empty.csv"), filepath.Join(dir, "missing.csv")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"roster", "import", "--data", data}, {"courses", "import", "--data", data}, {"courses", "import", "--to", filepath.Join(dir, "new")}} {
		for file, says := range map[string]string{
			missing: missing + ": there is no such file; check its name and its folder\n",
			empty:   empty + " is empty: nothing was read from it",
			dir:     dir + " is a folder: name the file in it\n",
		} {
			code := 2
			if file == empty {
				code = 1
			}
			tells(t, append(command, file)...).want(t, code, "lopban: "+says)
		}
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("a folder of data was made")
	}
}
