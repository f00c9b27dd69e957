package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lopban/cmd/lopban/console"
)

// A course that was checked against its sources long ago is named, and is no mistake.
func TestCheckNamesACourseCheckedLongAgo(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../content/courses/LS1")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "course.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`(?m)^checked:.*\n`).ReplaceAll(text, nil)
	for day, want := range map[string]string{"2020-01-31": "warning: the course was last checked against its sources on 31/01/2020", console.Clock().Format("2006-01-02"): ""} {
		if err := os.WriteFile(file, append([]byte("checked: "+day+"\n"), text...), 0o600); err != nil {
			t.Fatal(err)
		}
		got := lopban(t, nil, "courses", "check", dir)
		if got.code != 0 || !strings.Contains(got.err, want) || strings.Contains(got.err, "against its sources") != (want != "") {
			t.Errorf("%s: code %d, said %q", day, got.code, got.err)
		}
	}
}

// A folder of courses is checked course by course, and each mistake says in whose folder it is.
func TestCheckGoesThroughAFolderOfCourses(t *testing.T) {
	dir := t.TempDir()
	for _, id := range []string{"LS0", "LS1"} {
		if err := os.CopyFS(filepath.Join(dir, id), os.DirFS(filepath.Join("../../content/courses", id))); err != nil {
			t.Fatal(err)
		}
	}
	got := lopban(t, nil, "courses", "check", dir)
	if got.code != 0 || got.err != "" || strings.Count(got.out, "required minutes") != 2 || !strings.HasPrefix(got.out, "LS0\n") {
		t.Errorf("two sound courses: code %d, said %q, wrote %q", got.code, got.err, got.out)
	}
	quiz := filepath.Join(dir, "LS1", "lessons", "noi-quy-va-noi-tra-van-ban.vi.gift")
	if err := os.WriteFile(quiz, []byte("Ai?{=một"), 0o600); err != nil {
		t.Fatal(err)
	}
	got = lopban(t, nil, "courses", "check", dir)
	if got.code != 1 || !strings.Contains(got.err, "LS1/lessons/noi-quy-va-noi-tra-van-ban.vi.gift:1") || strings.Contains(got.err, "LS0/") {
		t.Errorf("a quiz that does not end: code %d, said %q", got.code, got.err)
	}
}
