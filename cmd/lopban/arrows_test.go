package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which of our packages a package may import. One that is not here may not be there.
var arrows = map[string][]string{
	"cmd/lopban": {"server", "courses", "courses/roster", "courses/targets", "courses/authoring", "courses/paper", "courses/store", "courses/store/sqlite", "courses/store/mongodb", "content", "assets"},
	"server":     {"courses", "courses/roster", "courses/targets", "courses/authoring", "courses/paper", "courses/store", "content", "assets"}, // no engine: that is the program's choice

	"courses/targets":   {"courses", "courses/roster", "courses/store"},
	"courses/authoring": {"courses", "courses/store"},
	"courses/paper":     {"courses", "courses/store"},
	"courses":           {"courses/store"},
	"courses/roster":    {"courses/store"},

	"courses/store/sqlite":            {"courses/store"},
	"courses/store/mongodb":           {"courses/store"},
	"courses/store/storetest":         {"courses/store"},
	"courses/store/mongodb/mongotest": nil,
	"courses/store":                   nil,
	"content":                         nil,
	"assets":                          nil,
}

// testArrows is what tests may import besides: a real store, what people wrote, and the contract of the engines.
var testArrows = []string{"content", "courses/store/sqlite", "courses/store/mongodb", "courses/store/mongodb/mongotest", "courses/store/storetest"}

// fences names the few packages that may know of a library, so that it can be changed there alone.
var fences = []struct {
	library  string
	packages []string
	tests    bool // the tests of every package may use it too
}{
	{"github.com/gofiber/fiber", []string{"server"}, false},
	{"github.com/valyala/fasthttp", []string{"server"}, false},
	{"github.com/golang-jwt/jwt", []string{"server"}, false},
	{"github.com/jung-kurt/gofpdf", []string{"courses/paper"}, false},
	{"github.com/xuri/excelize", []string{"courses/roster", "courses/targets"}, true},
	{"go.mongodb.org/mongo-driver", []string{"courses/store/mongodb", "courses/store/mongodb/mongotest"}, false},
	{"modernc.org/sqlite", []string{"courses/store/sqlite"}, false},
	{"github.com/alecthomas/kong", []string{"cmd/lopban"}, false},
	{"github.com/chromedp", nil, true},
}

// limits is the one file that meets the libraries bare, to measure ours beside them.
const limits = "cmd/lopban/bench_bare.go"

// imported is one import of one file.
type imported struct {
	file, from, what string
	test             bool
}

// A package knows only what the house's plan lets it know.
func TestArrows(t *testing.T) {
	seen := map[string]bool{}
	for _, i := range imports(t, filepath.Join("..", "..")) {
		seen[i.from] = true
		allowed, planned := arrows[i.from]
		if !planned {
			t.Errorf("%s: the plan has no package %s", i.file, i.from)
			continue
		}
		if ours, ok := strings.CutPrefix(i.what, "lopban/"); ok && ours != i.from && !slices.Contains(allowed, ours) && !(i.test && slices.Contains(testArrows, ours)) {
			t.Errorf("%s: %s may not import %s", i.file, i.from, ours)
		}
		for _, f := range fences {
			if (i.what == f.library || strings.HasPrefix(i.what, f.library+"/")) && !slices.Contains(f.packages, i.from) && !(i.test && f.tests) && i.file != limits {
				t.Errorf("%s: %s may not import %s", i.file, i.from, f.library)
			}
		}
	}
	for p := range arrows {
		if !seen[p] {
			t.Errorf("the plan has a package %s that is not there", p)
		}
	}
}

// imports lists what the module's files import; a folder with a module of its own is not part of it.
func imports(t *testing.T, root string) []imported {
	t.Helper()
	var all []imported
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, own := os.Stat(filepath.Join(file, "go.mod"))
			if name := d.Name(); file != root && (own == nil || name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		all = append(all, imported{file: rel, from: path.Dir(rel)}) // so that a file without imports counts
		for _, spec := range parsed.Imports {
			what, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			all = append(all, imported{rel, path.Dir(rel), what, strings.HasSuffix(file, "_test.go")})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Fiber is tested with the fasthttp that it names; a newer one breaks it, and another library could raise it without a word.
func TestFasthttpStaysWhereFiberHasIt(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "github.com/valyala/fasthttp" {
			if f[1] != "v1.51.0" {
				t.Errorf("go.mod has fasthttp %s, want v1.51.0", f[1])
			}
			return
		}
	}
	t.Error("go.mod does not name fasthttp")
}
