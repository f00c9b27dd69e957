package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A document of another program becomes a folder that an author finishes; a package that was exported becomes the
// folder it was.
func TestImportIntoAFolder(t *testing.T) {
	dir := t.TempDir()
	doc := "../../courses/authoring/bring/testdata/kho.docx"
	to := filepath.Join(dir, "kho")
	done := lopban(t, nil, "courses", "import", doc, "--to", to, "--part")
	if done.code != 0 || done.out != "word: 4 files in "+to+"\n" || !strings.Contains(done.err, "warning: Comments left out: 1") || !strings.Contains(done.err, "course.yaml:") {
		t.Errorf("%+v", done)
	}
	if text, err := os.ReadFile(filepath.Join(to, "lessons", "nhan-mau.vi.md")); err != nil || !strings.Contains(string(text), "| Đỏ | Pháp luật | Giá 1 |") {
		t.Errorf("%s %v", text, err)
	}
	if again := lopban(t, nil, "courses", "import", doc, "--to", to); again.code != 1 || !strings.Contains(again.err, "exists") {
		t.Errorf("a folder that is there is written into: %+v", again)
	}
	if bare := lopban(t, nil, "courses", "import", doc, "--data", filepath.Join(dir, "data")); bare.code != 1 || bare.out != "" {
		t.Errorf("a document is published: %+v", bare)
	}
	strange := filepath.Join(dir, "x.bin")
	if err := os.WriteFile(strange, []byte("\x7fELF\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := lopban(t, nil, "courses", "import", strange, "--to", filepath.Join(dir, "x")); r.code != 1 || !strings.Contains(r.err, "Word .docx") {
		t.Errorf("%+v", r)
	}

	data, pack, back, second := filepath.Join(dir, "data"), filepath.Join(dir, "LS1.zip"), filepath.Join(dir, "LS1"), filepath.Join(dir, "again.zip")
	for _, args := range [][]string{
		{"courses", "publish", "../../content/courses/LS1", "--data", data},
		{"courses", "export", "LS1", pack, "--data", data},
		{"courses", "import", pack, "--to", back},
		{"courses", "publish", back, "--data", data},
		{"courses", "import", pack, "--data", data},
		{"courses", "export", "LS1", second, "--data", data},
	} {
		r := lopban(t, nil, args...)
		if r.code != 0 || r.err != "" {
			t.Fatalf("%v: %+v", args, r)
		}
		if args[1] != "export" && args[2] != "../../content/courses/LS1" && !strings.Contains(r.out, "published already") && !strings.Contains(r.out, "package: ") {
			t.Errorf("%v: an export that is imported changes something: %s", args, r.out)
		}
	}
	one, _ := os.ReadFile(pack)
	two, err := os.ReadFile(second)
	if err != nil || string(one) != string(two) {
		t.Error("the second export is another", err)
	}
}
