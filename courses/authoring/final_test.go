package authoring

import (
	"bytes"
	"strings"
	"testing"

	"lopban/courses"
)

// twoQuizzes is a course with a quiz in each of two lessons, and an essay, which is never scored.
func twoQuizzes(final string) map[string][]byte {
	files := map[string]string{
		"course.yaml": `id: K1
strand: library-service
title: {vi: "Khóa", en: "Course"}
summary: {vi: "Thử.", en: "Try."}
periods: 1
pass_mark: 60
validity_months: 0
` + final + `modules:
  - id: mot
    title: {vi: "Một", en: "One"}
    lessons:
      - {id: doc, title: {vi: "Đọc", en: "Read"}, objective: {vi: "Đọc", en: "Read"}, minutes: 20}
      - {id: doc-sau, title: {vi: "Sau", en: "Then"}, objective: {vi: "Sau", en: "Then"}, minutes: 21}
`,
		"lessons/doc.vi.md": "## Mở đầu\n\nĐọc.\n", "lessons/doc.en.md": "## Start\n\nRead.\n",
		"lessons/doc-sau.vi.md": "## Mở đầu\n\nSau.\n", "lessons/doc-sau.en.md": "## Start\n\nThen.\n",
		"lessons/doc.vi.gift":     "// [id:mot] [tag:section-1]\n::m:: Một? {=a ~b}\n\n// [id:hai]\n::h:: Hai? {T}\n",
		"lessons/doc.en.gift":     "// [id:mot] [tag:section-1]\n::m:: One? {=a ~b}\n\n// [id:hai]\n::h:: Two? {T}\n",
		"lessons/doc-sau.vi.gift": "// [id:mot]\n::m:: Ba? {=a ~b}\n\n// [id:viet]\n::v:: Viết {}\n",
		"lessons/doc-sau.en.gift": "// [id:mot]\n::m:: Three? {=a ~b}\n\n// [id:viet]\n::v:: Write {}\n",
	}
	all := map[string][]byte{}
	for name, text := range files {
		all[name] = []byte(text)
	}
	return all
}

func TestTheFinalTestDrawsOverTheWholeCourse(t *testing.T) {
	p, mistakes := LoadFiles(twoQuizzes("final: 2\n"))
	if mistakes.Errors() {
		t.Fatal(mistakes)
	}
	all := p.Version.Lessons()
	test := all[len(all)-1]
	if len(all) != 3 || test.ID != courses.FinalID || test.Title.En != "Final test" || test.Minutes != 2 {
		t.Fatalf("%d lessons, the last is %+v", len(all), test)
	}
	var ids []string
	for _, q := range test.Quiz.Questions {
		ids = append(ids, q.ID)
		if q.Section != 0 {
			t.Errorf("%s sends to section %d of another lesson", q.ID, q.Section)
		}
	}
	if got := strings.Join(ids, " "); got != "doc--mot doc--hai doc-sau--mot" {
		t.Errorf("it draws over %s", got)
	}
	if n := len(test.Quiz.Drawn("e", test.ID, 0).Questions); n != 2 {
		t.Errorf("it asks %d", n)
	}
	for _, text := range []string{test.Body.Vi, test.Body.En} {
		if !strings.Contains(text, "2") || !strings.Contains(text, "60") || strings.Contains(text, "%!") {
			t.Errorf("it says %q", text)
		}
	}
	// 43 minutes are no period of 45, and with four more they would be one
	if n := p.Version.RequiredMinutes(); n != 43 {
		t.Errorf("it takes %d minutes", n)
	}
}

// The folder of a course says how many questions there are and nothing else of the test, so that it follows the
// lessons for ever.
func TestTheFinalTestIsNotWrittenTwice(t *testing.T) {
	p, _ := LoadFiles(twoQuizzes("final: 2\n"))
	files, err := p.Files()
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		if strings.Contains(name, courses.FinalID) {
			t.Errorf("%s is written", name)
		}
	}
	if text := files[CourseFile]; !bytes.Contains(text, []byte("final: 2\n")) || bytes.Contains(text, []byte(courses.FinalID)) {
		t.Errorf("%s", text)
	}
	again, mistakes := LoadFiles(files)
	if mistakes.Errors() || again.Version.Hash != p.Version.Hash {
		t.Errorf("it comes back as another course: %v", mistakes)
	}
	without, _ := LoadFiles(twoQuizzes(""))
	if without.Version.Hash == p.Version.Hash || len(without.Version.Lessons()) != 2 {
		t.Error("a course without a test has one")
	}
}

// How often it may be tried, and after which pause, is said with the keys of a lesson's quiz, is told before the first
// attempt, and comes back from the folder as it was.
func TestAFinalTestMayLimitItsAttempts(t *testing.T) {
	for written, want := range map[string]struct {
		attempts, pause int
		vi, en          string
	}{
		"final: 2\n":         {0, 0, "Chưa đạt thì làm lại được.", "If they are not, you can try again."},
		"final: {draw: 2}\n": {0, 0, "Chưa đạt thì làm lại được.", "If they are not, you can try again."},
		"final:\n  draw: 2\n  attempts: 1\n  pause_minutes: 60\n": {1, 60, "Chỉ được làm một lượt.", "You have one attempt."},
		"final:\n  draw: 2\n  attempts: 3\n  pause_minutes: 60\n": {3, 60, "Được làm nhiều nhất 3 lượt. Lượt sau cách lượt trước ít nhất 60 phút.",
			"You have 3 attempts at most. The next attempt is at least 60 minutes after the one before."},
		"final:\n  draw: 2\n  pause_minutes: 5\n": {0, 5, "Chưa đạt thì làm lại được. Lượt sau cách lượt trước ít nhất 5 phút.",
			"If they are not, you can try again. The next attempt is at least 5 minutes after the one before."},
	} {
		p, mistakes := LoadFiles(twoQuizzes(written))
		test, _ := p.Version.Lesson(courses.FinalID)
		if mistakes.Errors() || p.Version.Final != 2 || test.Quiz.Attempts != want.attempts || test.Quiz.PauseMinutes != want.pause ||
			!strings.HasSuffix(test.Body.Vi, want.vi+"\n") || !strings.HasSuffix(test.Body.En, " "+want.en+"\n") {
			t.Errorf("%q: %v, %d attempts, %d minutes, %q", written, mistakes, test.Quiz.Attempts, test.Quiz.PauseMinutes, test.Body)
		}
		files, err := p.Files()
		if err != nil {
			t.Fatal(err)
		}
		if want.attempts+want.pause > 0 && !bytes.Contains(files[CourseFile], []byte(written)) {
			t.Errorf("%q is written as %s", written, files[CourseFile])
		}
		if again, mistakes := LoadFiles(files); mistakes.Errors() || again.Version.Hash != p.Version.Hash {
			t.Errorf("%q comes back as another course: %v", written, mistakes)
		}
	}
}

func TestWhatIsWrongWithAFinalTestIsNamed(t *testing.T) {
	for final, want := range map[string]string{
		"final: 4\n":   "course.yaml:8: final-few 4 3",
		"final: 0\n":   "course.yaml:8: number-range final 1 100",
		"final: two\n": "course.yaml:8: yaml-type final",
		"final: [2]\n": "course.yaml:8: yaml-type final",

		"final: {draw: 4, attempts: 2}\n":             "course.yaml:8: final-few 4 3",
		"final: {attempts: 2}\n":                      "course.yaml:8: yaml-key-missing draw",
		"final: {draw: 2, tries: 2}\n":                "course.yaml:8: yaml-key-unknown tries",
		"final:\n  draw: 2\n  attempts: 0\n":          "course.yaml:10: number-range attempts 1 100",
		"final:\n  draw: 2\n  pause_minutes: 10081\n": "course.yaml:10: number-range pause_minutes 1 10080",
	} {
		_, mistakes := LoadFiles(twoQuizzes(final))
		if found := mistakes[0].String(); !mistakes.Errors() || !strings.HasPrefix(found, want) {
			t.Errorf("%q: %v, want %s", final, found, want)
		}
	}
	files := twoQuizzes("")
	files["course.yaml"] = bytes.Replace(files["course.yaml"], []byte("{id: doc,"), []byte("{id: final-test,"), 1)
	if _, mistakes := LoadFiles(files); !strings.Contains(mistakes[0].String(), "lesson-id-kept final-test") {
		t.Error(mistakes)
	}
}
