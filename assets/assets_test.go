package assets

import (
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
