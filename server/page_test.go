package server

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"lopban/content"
	"lopban/courses/words"
	"lopban/server/page"
)

// folders lists the folders at and below some.
func folders(t *testing.T, roots ...string) (all []string) {
	t.Helper()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				all = append(all, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// literals are the texts that stand in a package's source, tests left out: a message key is used if it is one of them,
// or if one of them, ending in a dot or a hyphen, begins it.
func literals(t *testing.T, folders ...string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil {
						found[text] = true
					}
				}
				return true
			})
		}
	}
	return found
}

func TestEveryMessageIsThereInBothLanguagesAndUsed(t *testing.T) {
	all, err := words.Read(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	vi, en := all["vi"], all["en"]
	places, verbs := regexp.MustCompile(`%(\[\d\])?s`), regexp.MustCompile(`%(\[\d\])?.?`)
	for key, text := range vi {
		if text == "" || en[key] == "" {
			t.Errorf("%s is empty or missing in a language", key)
		}
		if strings.Contains(text+en[key], "%d") || strings.Contains(text+en[key], "]d") {
			t.Errorf("%s has %%d: numbers come written as the language does, for %%s", key)
		}
		for _, verb := range verbs.FindAllString(text+"\n"+en[key], -1) {
			// scripts fill in theirs themselves; where nothing is filled in, % is a letter
			if places.MatchString(text) && !places.MatchString(verb) && verb != "%%" && !strings.HasPrefix(key, "phone.") {
				t.Errorf("%s has %q, which is no place for an argument", key, verb)
			}
		}
		if a, b := len(places.FindAllString(text, -1)), len(places.FindAllString(en[key], -1)); a != b {
			t.Errorf("%s takes %d arguments in Vietnamese and %d in English", key, a, b)
		}
	}
	for key := range en {
		if vi[key] == "" {
			t.Errorf("%s is not there in Vietnamese", key)
		}
	}

	used := literals(t, folders(t, ".", "../courses", "../cmd")...)
	templates, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	named, composed := regexp.MustCompile(`\.T "([^"]+)"`), regexp.MustCompile(`printf "([^"%]+)%s`)
	for _, file := range templates {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
			if vi[m[1]] == "" {
				t.Errorf("%s shows %q, which no language has", file, m[1])
			}
		}
		for _, m := range composed.FindAllStringSubmatch(string(text), -1) {
			used[m[1]] = true
		}
	}
	begins := func(key string) bool {
		for text := range used {
			if strings.HasSuffix(text, ".") && len(text) > 1 && strings.HasPrefix(key, text) && text != "error." {
				return true
			}
		}
		return false
	}
	for key := range vi {
		bare := strings.TrimPrefix(key, "error.")
		if !used[key] && !used[bare] && !begins(key) && !begins(bare) && !strings.HasPrefix(key, "done.") && !reissueCode(key) {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

// reissueCode is a code made of a state.
func reissueCode(key string) bool { return strings.HasPrefix(key, "error.reissue-") }

func TestEveryAssetThatAPageNamesIsThere(t *testing.T) {
	named := regexp.MustCompile(`\.Asset "([^"]+)"`)
	templates, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	for _, file := range templates {
		text, err := files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if r := s.anyone().get(page.Frame{}.Asset(m[1])); r.Status != 200 || r.Header.Get("Cache-Control") != page.Forever {
				t.Errorf("%s names %s: %d", file, m[1], r.Status)
			}
		}
	}
}

// The templates are one set, in which a second definition would take the place of the first.
func TestEveryTemplateHasOneName(t *testing.T) {
	defined := regexp.MustCompile(`\{\{-? *(?:define|block) "([^"]+)"`)
	templates, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	where := map[string]string{}
	for _, file := range templates {
		text, err := files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range defined.FindAllStringSubmatch(string(text), -1) {
			if first, ok := where[m[1]]; ok {
				t.Errorf("%s defines %q, which %s does too", file, m[1], first)
			}
			where[m[1]] = file
		}
	}
	if where["top"] != "pages/layout.html" {
		t.Error("the layout was not found")
	}
}

func TestNumbersAndDatesAreWrittenAsTheLanguageDoes(t *testing.T) {
	vi, en := words.Words{Lang: "vi"}, words.Words{Lang: "en"}
	for _, c := range []struct{ got, want string }{
		{vi.N(1234567), "1.234.567"}, {en.N(1234567), "1,234,567"}, {vi.N(999), "999"}, {vi.N(-1000), "-1.000"}, {vi.N(0), "0"},
		{vi.Percent(41.5), "41,5\u00a0%"}, {en.Percent(40), "40.0\u00a0%"}, {vi.Date(begun), "05/12/2026"}, {vi.Clock(begun), "09:00 05/12/2026"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
