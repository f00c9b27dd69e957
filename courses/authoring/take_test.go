package authoring

import (
	"errors"
	"os"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/store"
)

func edits(t testing.TB, d *Desk, course string) int {
	t.Helper()
	all, err := d.Recent(t.Context(), course, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// taken puts a file into a draft and gives the draft's content.
func taken(t testing.TB, d *Desk, b Brought, aim Aim) (int, Package, Mistakes) {
	t.Helper()
	n, err := d.Take(t.Context(), b, aim, "trainer")
	if err != nil {
		t.Fatal(err)
	}
	p, m, err := d.Load(t.Context(), aim.Course)
	if err != nil {
		t.Fatal(err)
	}
	return n, p, m
}

func exported(t testing.TB, p Package) Brought {
	t.Helper()
	b, err := Bring("LS9.zip", packed(t, p), false)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnExportThatIsTakenChangesNothing(t *testing.T) {
	d, _ := newDesk(t)
	published(t, d, nil)
	if _, err := d.Open(t.Context(), "LS9", "trainer"); err != nil {
		t.Fatal(err)
	}
	p, _, err := d.Load(t.Context(), "LS9")
	if err != nil {
		t.Fatal(err)
	}
	before := edits(t, d, "LS9")
	if n, back, _ := taken(t, d, exported(t, p), Aim{Course: "LS9"}); n != 0 || edits(t, d, "LS9") != before || back.Version.Hash != p.Version.Hash {
		t.Errorf("%d files, %d edits more", n, edits(t, d, "LS9")-before)
	}

	// One that says something else is taken whole, and back again.
	other := goodCourse()
	other["lessons/cho-muon.vi.md"] = []byte("## Khác\n\nChữ khác.\n")
	delete(other, "lessons/cho-muon.en.md")
	q, _ := LoadFiles(other)
	if n, back, _ := taken(t, d, exported(t, q), Aim{Course: "LS9"}); n != 2 || back.Version.Hash != q.Version.Hash {
		t.Errorf("%d files", n)
	}
	if n, back, _ := taken(t, d, exported(t, p), Aim{Course: "LS9"}); n != 2 || back.Version.Hash != p.Version.Hash {
		t.Errorf("%d files on the way back", n)
	}
}

func TestWhatIsBroughtBecomesANewCourse(t *testing.T) {
	d, _ := newDesk(t)
	data, err := os.ReadFile("testdata/kho.docx")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := brought(t, "kho.docx", data, true)
	for _, c := range []struct {
		aim  Aim
		code string
	}{
		{Aim{New: true, Course: "a b", Strand: courses.LibraryService}, "course-id"},
		{Aim{New: true, Course: "KHO"}, "strand-unknown"},
	} {
		var p *store.Problem
		if _, err := d.Take(t.Context(), b, c.aim, "trainer"); !errors.As(err, &p) || p.Code != c.code {
			t.Errorf("%+v: %v", c.aim, err)
		}
	}
	n, p, m := taken(t, d, b, Aim{New: true, Course: "KHO", Strand: courses.ReadingPromotion})
	if n != 4 || p.Version.Course != "KHO" || p.Version.Strand != courses.ReadingPromotion || len(p.Version.Lessons()) != 2 || len(p.Media) != 1 {
		t.Errorf("%d %+v", n, p.Version)
	}
	for _, one := range m { // what the author is yet to write
		if !one.Warning && one.Code != "yaml-empty" && one.Code != "yaml-key-missing" {
			t.Error(one)
		}
	}
	if w, err := d.Work(t.Context(), "KHO"); err != nil || w.Stage != Writing || w.Base != 0 {
		t.Errorf("%+v %v", w, err)
	}
	if _, err := d.Take(t.Context(), b, Aim{New: true, Course: "kho", Strand: courses.ReadingPromotion}, "trainer"); !errors.Is(err, store.ErrExists) {
		t.Errorf("a course that is there: %v", err)
	}
}

func TestWhatIsBroughtBecomesLessonsOfAModule(t *testing.T) {
	d, _ := newDesk(t)
	v := published(t, d, nil)
	if _, err := d.Open(t.Context(), "LS9", "trainer"); err != nil {
		t.Fatal(err)
	}
	module := v.Modules[0].ID
	page := func(text string) Brought {
		b, _ := brought(t, "Đón tiếp.md", []byte(text), false)
		return b
	}
	first := page("# Đón tiếp\n\n## Một\n\nHai\n") // the course has a lesson of this id
	n, p, _ := taken(t, d, first, Aim{Course: "LS9", Module: module})
	if got := p.Version.Modules[0].Lessons; n != 2 || got[len(got)-1].ID != "don-tiep-2" || got[len(got)-1].Body.Vi != "## Một\n\nHai\n" || len(p.Version.Lessons()) != len(v.Lessons())+1 {
		t.Errorf("%d %+v", n, got)
	}
	was, _ := v.Lesson("don-tiep")
	if now, _ := p.Version.Lesson("don-tiep"); now.Body != was.Body {
		t.Error("a lesson that was there has changed")
	}

	// Pictures of the same name stay apart, equal ones are one.
	twice := first
	twice.Files = map[string][]byte{}
	for name, data := range first.Files {
		twice.Files[name] = data
	}
	var mine string
	for name := range goodCourse() {
		if strings.HasPrefix(name, "media/") {
			mine = name
		}
	}
	twice.Files[mine] = []byte(strings.Replace(goodSVG, "<svg ", "<svg  ", 1))
	twice.Files["lessons/don-tiep.vi.md"] = []byte("## Hình\n\n![a](../" + mine + ")\n")
	_, p, m := taken(t, d, twice, Aim{Course: "LS9", Module: module})
	l, _ := p.Version.Lesson("don-tiep-3")
	if other := strings.TrimSuffix(mine, ".svg") + "-2.svg"; l.Body.Vi != "## Hình\n\n![a](../"+other+")\n" || len(p.Version.Media) != len(v.Media)+1 {
		t.Errorf("%q %v %v", l.Body.Vi, p.Version.Media, m)
	}
	for _, aim := range []Aim{{Course: "LS9", Module: "khong-co"}, {Course: "LS9", Lesson: "khong-co"}, {Course: "K0", Module: module}} {
		if _, err := d.Take(t.Context(), first, aim, "trainer"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%+v: %v", aim, err)
		}
	}
	if _, err := d.Take(t.Context(), first, Aim{Course: "LS9"}, "trainer"); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a lesson in the place of a course: %v", err)
	}
}

func TestQuestionsGoToTheEndOfAQuiz(t *testing.T) {
	d, _ := newDesk(t)
	v := published(t, d, nil)
	if _, err := d.Open(t.Context(), "LS9", "trainer"); err != nil {
		t.Fatal(err)
	}
	b, _ := brought(t, "x.gift", []byte("// [id:moi]\nMàu gì? {=đỏ ####thế}\n"), false)
	for _, lesson := range []string{"don-tiep", "cho-muon"} {
		before, _ := v.Lesson(lesson)
		aim := Aim{Course: "LS9", Lesson: lesson}
		n, p, _ := taken(t, d, b, aim)
		after, _ := p.Version.Lesson(lesson)
		if k := len(after.Quiz.Questions); n != 1 || k != len(before.Quiz.Questions)+1 || after.Quiz.Questions[k-1].ID != "moi" {
			t.Errorf("%s: %d files, %+v", lesson, n, after.Quiz)
		}
		if n, _, _ := taken(t, d, b, aim); n != 0 {
			t.Errorf("%s: the same again writes %d files", lesson, n)
		}
	}
}
