package assets

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What one file of ours names by another is there under the name with its hash, so that no browser joins an old half
// and a new one.
func TestFilesNameEachOtherByTheirHashes(t *testing.T) {
	named := regexp.MustCompile(`from "\./([^"]+)"|import\("\./([^"]+)"\)|"/assets/([^"]+)"|url\("?/assets/([^")]+)`)
	n := 0
	for name, a := range compiled.byName {
		if !strings.HasSuffix(name, ".js") && !strings.HasSuffix(name, ".css") {
			continue
		}
		for _, m := range named.FindAllStringSubmatch(string(a.Data), -1) {
			n++
			if _, ok := Find(strings.Join(m[1:], "")); !ok {
				t.Errorf("%s names %s, which no browser finds", name, m[0])
			}
		}
	}
	if n < 6 {
		t.Errorf("only %d names were found", n)
	}
}

// Every script's types are checked: .ci/run runs tsc over those that ask for it.
func TestEveryScriptIsTypeChecked(t *testing.T) {
	files, err := filepath.Glob("js/*.js")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "// @ts-check\n") {
			t.Errorf("%s does not begin with // @ts-check", file)
		}
	}
}
