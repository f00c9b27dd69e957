package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the README and the list of faults say is tested is tested: each test that they name is in the folder that they
// name, and each test of the faults stands in the list.
func TestPromisesNameTheirTests(t *testing.T) {
	list, err := os.ReadFile(filepath.Join("fault", "fault_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	const here = "cmd/lopban/fault"
	named := map[string][]string{} // tests by folder
	name, folder := regexp.MustCompile(`Test\w+`), regexp.MustCompile(`\(([a-z/]+)\)`)
	for line := range strings.Lines(string(list)) {
		row, ok := strings.CutPrefix(line, "//\t")
		if !ok {
			continue
		}
		for group := range strings.SplitSeq(row, ";") {
			in := here
			if found := folder.FindStringSubmatch(group); found != nil {
				in = found[1]
			}
			named[in] = append(named[in], name.FindAllString(group, -1)...)
		}
	}
	for folder, tests := range named {
		there := testsIn(t, folder)
		for _, test := range tests {
			if !slices.Contains(there, test) {
				t.Errorf("the list of faults names %s, which is not in %s", test, folder)
			}
		}
	}
	for _, test := range testsIn(t, here) {
		if !slices.Contains(named[here], test) {
			t.Errorf("%s is not in the list of faults", test)
		}
	}

	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| promise | tested by |")
	table, _, _ = strings.Cut(table, "\n\n")
	places := regexp.MustCompile("`([a-z]+/[a-z_/.]+)`").FindAllStringSubmatch(table, -1)
	if len(places) < 10 {
		t.Errorf("only %d places are named in the README's table of promises", len(places))
	}
	for _, place := range places {
		if _, err := os.Stat(filepath.Join("../..", place[1])); err != nil {
			t.Errorf("the README says that a promise is tested in %s: %v", place[1], err)
		}
	}
}

// testsIn are the tests of a folder.
func testsIn(t *testing.T, folder string) (all []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no tests, %v", folder, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(t `).FindAllSubmatch(text, -1) {
			all = append(all, string(found[1]))
		}
	}
	return all
}
