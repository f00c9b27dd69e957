package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	code := run(t.Context(), args, func(string) (string, bool) { return "", false }, &terminal{out: &out, err: &err})
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
	good := write("good.csv", "Họ và tên,Đơn vị công tác,Xã/phường\nSùng Mí Pó,Thư viện xã,Lũng Cú\nGiàng Thị Mai,Thư viện xã,Đồng Văn\n")
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
	part := tells(t, "roster", "import", mixed, "--data", data, "--province", "08").want(t, 1, `row 3: B3 "123"`, "Did you mean: xã Lũng Cú (00715)?", "1 changed", "1 left out")
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
