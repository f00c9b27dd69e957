package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// rooms are those of courses/ that pages and commands may enter: all but the engines.
var rooms = []string{
	"courses", "courses/school", "courses/roster", "courses/roster/intake", "courses/roster/cell", "courses/roster/form", "courses/roster/accounts", "courses/targets",
	"courses/authoring", "courses/authoring/mistake", "courses/authoring/markdown", "courses/authoring/gift",
	"courses/authoring/bundle", "courses/authoring/bring", "courses/authoring/desk", "courses/paper", "courses/credential",
	"courses/words", "courses/programme", "courses/programme/badges", "courses/programme/press", "courses/programme/signing", "courses/rights", "courses/rights/duty",
	"courses/help", "courses/libraries", "courses/quota", "courses/search",
	"courses/workbook", "courses/letters", "courses/store", "courses/problem", "content", "assets",
}

// siteRooms are the rooms of the server.
var siteRooms = []string{
	"server/edge", "server/page", "server/author", "server/board", "server/learn", "server/office", "server/people", "server/privacy",
}

// everything is what every command may use.
var everything = slices.Concat(rooms, []string{"server", "courses/store/sqlite", "courses/store/mongodb"})

// arrows says which of our packages a package may import. One that is not here may not be there.
var arrows = map[string][]string{
	"cmd/lopban":         append([]string{"cmd/lopban/console", "cmd/lopban/demo", "cmd/lopban/bench"}, everything...),
	"cmd/lopban/console": everything,
	"cmd/lopban/demo":    append([]string{"cmd/lopban/console"}, everything...),
	"cmd/lopban/bench":   append([]string{"cmd/lopban/console", "cmd/lopban/demo"}, everything...),

	// what drives the program from outside, for tests, and the long tests that do
	"cmd/lopban/programtest": append([]string{"cmd/lopban/console"}, everything...),
	"cmd/lopban/journey":     append([]string{"cmd/lopban/console", "cmd/lopban/demo", "cmd/lopban/programtest"}, everything...),
	"cmd/lopban/fault":       append([]string{"cmd/lopban/console", "cmd/lopban/demo", "cmd/lopban/bench", "cmd/lopban/programtest"}, everything...),

	"server":         append(siteRooms, rooms...), // no engine: that is the program's choice
	"server/edge":    {"courses/store", "courses/problem"},
	"server/page":    rooms,
	"server/author":  append([]string{"server/page"}, rooms...),
	"server/board":   append([]string{"server/page"}, rooms...),
	"server/learn":   append([]string{"server/page"}, rooms...),
	"server/office":  append([]string{"server/page"}, rooms...),
	"server/people":  append([]string{"server/page"}, rooms...),
	"server/privacy": append([]string{"server/page"}, rooms...),

	"courses/targets":                   {"courses", "courses/school", "courses/roster", "courses/roster/intake", "courses/store", "courses/problem"},
	"courses/paper":                     {"courses", "courses/letters", "courses/problem"},
	"courses/credential":                {"courses", "courses/problem"},
	"courses/credential/credentialtest": nil,
	"courses":                           {"courses/letters", "courses/problem"},
	"courses/school":                    {"courses", "courses/store", "courses/problem"},
	"courses/libraries":                 {"courses/roster", "courses/targets", "courses/store", "courses/problem"},
	"courses/quota":                     {"courses", "courses/authoring/desk", "courses/school", "courses/roster", "courses/store", "courses/problem"},
	"courses/help":                      {"courses", "courses/school", "courses/roster", "courses/store", "courses/problem"},
	"courses/search":                    {"courses", "courses/authoring/markdown", "courses/roster"},
	"courses/roster":                    {"courses/letters", "courses/store", "courses/problem"},
	"courses/rights":                    {"courses", "courses/store", "courses/problem"},
	"courses/rights/duty":               slices.DeleteFunc(slices.Clone(rooms), func(room string) bool { return room == "courses/rights/duty" || room == "assets" }),

	"courses/authoring/mistake":    nil,
	"courses/authoring/markdown":   {"courses/authoring/mistake", "courses/problem"},
	"courses/authoring/gift":       {"courses/authoring/markdown", "courses/authoring/mistake", "courses", "courses/problem"},
	"courses/authoring":            {"courses/letters", "courses/authoring/gift", "courses/authoring/markdown", "courses/authoring/mistake", "courses", "courses/problem"},
	"courses/authoring/bundle":     {"courses/letters", "courses/authoring", "courses/authoring/markdown", "courses/authoring/mistake", "courses/problem"},
	"courses/authoring/bring":      {"courses/letters", "courses/authoring/bundle", "courses/authoring", "courses/authoring/gift", "courses/authoring/markdown", "courses/authoring/mistake", "courses", "courses/problem"},
	"courses/authoring/desk":       {"courses/authoring/bring", "courses/authoring/bundle", "courses/authoring", "courses/authoring/gift", "courses/authoring/markdown", "courses/authoring/mistake", "courses", "courses/school", "courses/store", "courses/problem"},
	"courses/authoring/coursetest": {"courses/authoring/mistake"},

	"courses/programme": slices.DeleteFunc(slices.Clone(rooms), func(room string) bool {
		return room == "courses/programme" || strings.HasPrefix(room, "courses/programme/") || room == "courses/rights/duty" || room == "assets"
	}),
	"courses/programme/badges":  {"courses", "courses/credential", "courses/problem", "courses/programme", "courses/roster", "courses/school", "courses/store"},
	"courses/programme/press":   {"courses", "courses/paper", "courses/problem", "courses/programme", "courses/roster", "courses/school"},
	"courses/programme/signing": {"courses", "courses/credential", "courses/problem", "courses/programme", "courses/programme/press", "courses/roster", "courses/school", "courses/store"},
	"courses/words":             {"courses", "courses/authoring/mistake", "courses/targets", "courses/problem"},

	"courses/roster/cell":     {},
	"courses/roster/form":     {"courses/roster", "courses/workbook"},
	"courses/roster/intake":   {"courses/roster", "courses/roster/cell", "courses/roster/form", "courses/workbook", "courses/letters", "courses/store", "courses/problem"},
	"courses/workbook":        {"courses/letters", "courses/problem"},
	"courses/roster/accounts": {"courses/roster", "courses/store", "courses/problem", "content"},

	"courses/store/sqlite":            {"courses/store", "courses/problem"},
	"courses/store/mongodb":           {"courses/store", "courses/problem"},
	"courses/store/storetest":         {"courses/store", "courses/problem"},
	"courses/store/mongodb/mongotest": nil,
	"courses/store/sqlite/sqlitetest": {"courses/store", "courses/store/sqlite"},
	"courses/store":                   {"courses/problem"},
	"courses/problem":                 nil,
	// what is taken in and what is printed must agree on letters; so courses, roster, paper and who reads files know it
	"courses/letters": nil,
	"content":         nil,
	"assets":          nil,
}

// testArrows is what tests may import besides: a real store, what people wrote, and the contract of the engines.
var testArrows = []string{"cmd/lopban/programtest", "content", "courses/workbook", "courses/store/sqlite", "courses/store/sqlite/sqlitetest", "courses/store/mongodb", "courses/store/mongodb/mongotest", "courses/store/storetest", "courses/authoring/coursetest", "courses/paper", "courses/credential/credentialtest"}

// fences names the few packages that may know of a library, so that it can be changed there alone.
var fences = []struct {
	library  string
	packages []string
	tests    bool // the tests of every package may use it too
}{
	{"github.com/gofiber/fiber", append([]string{"server"}, siteRooms...), false},
	{"github.com/valyala/fasthttp", append([]string{"server"}, siteRooms...), false},
	{"github.com/golang-jwt/jwt", []string{"courses/roster/accounts"}, false},
	{"github.com/jung-kurt/gofpdf", []string{"courses/paper"}, false},
	{"github.com/xuri/excelize", []string{"courses/workbook", "courses/roster/form", "courses/targets"}, true},
	{"go.mongodb.org/mongo-driver", []string{"courses/store/mongodb", "courses/store/mongodb/mongotest"}, false},
	{"modernc.org/sqlite", []string{"courses/store/sqlite"}, false},
	{"github.com/alecthomas/kong", []string{"cmd/lopban", "cmd/lopban/console", "cmd/lopban/bench"}, false},
	{"github.com/chromedp", nil, true},
}

// limits is the one file that meets the libraries bare, to measure ours beside them.
const limits = "cmd/lopban/bench/bare.go"

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

// Fiber is tested with the fasthttp that it names; a newer one breaks it, and another library could raise it without a
// word.
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

// What one person can still hold in their head: no package has more lines of declarations than this, and no type more
// methods. A line of a comment or a template fits beside another window.
const (
	mostLines   = 4000
	mostMethods = 120
	mostColumns = 120
)

func TestRoomsStaySmall(t *testing.T) {
	lines, methods := map[string]int{}, map[string]int{}
	for file, text := range sources(t, ".go") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			lines[path.Dir(file)] += set.Position(d.End()).Line - set.Position(d.Pos()).Line + 1
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				on := f.Recv.List[0].Type
				if star, ok := on.(*ast.StarExpr); ok {
					on = star.X
				}
				if name, ok := on.(*ast.Ident); ok {
					methods[path.Dir(file)+"."+name.Name]++
				}
			}
		}
	}
	for room, n := range lines {
		if n > mostLines {
			t.Errorf("%s has %d lines of declarations", room, n)
		}
	}
	for name, n := range methods {
		if n > mostMethods {
			t.Errorf("%s has %d methods", name, n)
		}
	}
}

// Who measures how long something takes, or until when a connection is waited for. Everybody else is given the time of
// day, so that tests and the program can be on any day.
var stopwatches = []string{
	"cmd/lopban/bench/", "cmd/lopban/programtest/", "cmd/lopban/console/clock.go", "server/edge/", "server/guard.go", "server/watch.go", "server/bodies.go", "server/learn/learn.go",
	"courses/programme/programme.go", "courses/store/mongodb/",
}

// aDate is what a test would make of the machine's clock that the program's may not agree with.
var aDate = regexp.MustCompile(`time\.Now\(\)\.(AddDate|Format|Date|Year|Month|Day|In|UTC|Truncate)\b|Day\(time\.Now|At: +time\.Now`)

func TestNobodyAsksTheMachineForTheDay(t *testing.T) {
	for file, text := range sources(t, ".go") {
		tested := strings.HasSuffix(file, "_test.go")
		switch {
		case tested && file != "cmd/lopban/arrows_test.go" && aDate.Match(text):
			t.Errorf("%s: a date of the machine's clock: %s", file, aDate.Find(text))
		case !tested && bytes.Contains(text, []byte("time.Now")):
			if !slices.ContainsFunc(stopwatches, func(of string) bool { return strings.HasPrefix(file, of) }) {
				t.Errorf("%s asks the machine for the time", file)
			}
		}
	}
}

func TestLinesFit(t *testing.T) {
	for file, text := range sources(t, ".go") {
		for number, line := range comments(t, file, text) {
			if utf8.RuneCountInString(line) > mostColumns {
				t.Errorf("%s:%d: a comment goes beyond column %d", file, number, mostColumns)
			}
		}
	}
	for file, text := range sources(t, ".html") {
		for i, line := range strings.Split(string(text), "\n") {
			if utf8.RuneCountInString(line) > mostColumns {
				t.Errorf("%s:%d: %d columns", file, i+1, utf8.RuneCountInString(line))
			}
		}
	}
}

// comments are the lines of a Go file that hold a comment, by their number. Those that tools read, and tables, stand as
// they are.
func comments(t *testing.T, file string, text []byte) map[int]string {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all, lines := map[int]string{}, strings.Split(string(text), "\n")
	for _, group := range parsed.Comments {
		for _, c := range group.List {
			if n := set.Position(c.Pos()).Line; !strings.HasPrefix(c.Text, "//go:") && !strings.HasPrefix(c.Text, "//\t") && !strings.HasPrefix(c.Text, "/*") {
				all[n] = lines[n-1]
			}
		}
	}
	return all
}

// sources are the files of the module with an ending, by their path from its root.
func sources(t *testing.T, ending string) map[string][]byte {
	t.Helper()
	root := os.DirFS(filepath.Join("..", ".."))
	all := map[string][]byte{}
	for _, top := range []string{"assets", "cmd", "content", "courses", "server"} {
		err := fs.WalkDir(root, top, func(file string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() && path.Ext(file) != ending {
				return err
			}
			if d.IsDir() {
				if d.Name() == "testdata" {
					return fs.SkipDir
				}
				return nil
			}
			all[file], err = fs.ReadFile(root, file)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no file ends in %s", ending)
	}
	return all
}
