package desk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/bring"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
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
func taken(t testing.TB, d *Desk, b bring.Brought, aim Aim) (int, authoring.Package, mistake.Mistakes) {
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

func exported(t testing.TB, p authoring.Package) bring.Brought {
	t.Helper()
	b, err := bring.Bring("LS9.zip", coursePack(t, p), false)
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
	other := coursetest.Good()
	other["lessons/cho-muon.vi.md"] = []byte("## Khác\n\nChữ khác.\n")
	delete(other, "lessons/cho-muon.en.md")
	q, _ := authoring.LoadFiles(other)
	if n, back, _ := taken(t, d, exported(t, q), Aim{Course: "LS9"}); n != 2 || back.Version.Hash != q.Version.Hash {
		t.Errorf("%d files", n)
	}
	if n, back, _ := taken(t, d, exported(t, p), Aim{Course: "LS9"}); n != 2 || back.Version.Hash != p.Version.Hash {
		t.Errorf("%d files on the way back", n)
	}
}

func TestWhatIsBroughtBecomesANewCourse(t *testing.T) {
	d, _ := newDesk(t)
	data, err := os.ReadFile("../bring/testdata/kho.docx")
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
		var p *problem.Problem
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
	if w, err := d.Editing(t.Context(), "KHO"); err != nil || w.Stage != Writing || w.Base != 0 {
		t.Errorf("%+v %v", w, err)
	}
	if _, err := d.Take(t.Context(), b, Aim{New: true, Course: "kho", Strand: courses.ReadingPromotion}, "trainer"); !errors.Is(err, problem.ErrExists) {
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
	page := func(text string) bring.Brought {
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
	for name := range coursetest.Good() {
		if strings.HasPrefix(name, "media/") {
			mine = name
		}
	}
	twice.Files[mine] = []byte(strings.Replace(coursetest.SVG, "<svg ", "<svg  ", 1))
	twice.Files["lessons/don-tiep.vi.md"] = []byte("## Hình\n\n![a](../" + mine + ")\n")
	_, p, m := taken(t, d, twice, Aim{Course: "LS9", Module: module})
	l, _ := p.Version.Lesson("don-tiep-3")
	if other := strings.TrimSuffix(mine, ".svg") + "-2.svg"; l.Body.Vi != "## Hình\n\n![a](../"+other+")\n" || len(p.Version.Media) != len(v.Media)+1 {
		t.Errorf("%q %v %v", l.Body.Vi, p.Version.Media, m)
	}
	for _, aim := range []Aim{{Course: "LS9", Module: "khong-co"}, {Course: "LS9", Lesson: "khong-co"}, {Course: "K0", Module: module}} {
		if _, err := d.Take(t.Context(), first, aim, "trainer"); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("%+v: %v", aim, err)
		}
	}
	if _, err := d.Take(t.Context(), first, Aim{Course: "LS9"}, "trainer"); !errors.Is(err, problem.ErrInvalid) {
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

// A Vietnamese file goes into a quiz of both languages: the English that is missing is a reminder, the form stays open,
// and ids that are taken are made new.
func TestVietnameseQuestionsGoIntoAQuizOfBothLanguages(t *testing.T) {
	d, _ := newDesk(t)
	v := published(t, d, nil)
	if _, err := d.Open(t.Context(), "LS9", "trainer"); err != nil {
		t.Fatal(err)
	}
	before, _ := v.Lesson("don-tiep")
	taught := before.Quiz.Questions[0].ID
	b, _ := brought(t, "g.gift", []byte("// [id:"+taught+"]\n::Thêm::Sách tặng ghi vào sổ nào?{=Sổ tổng quát#Đúng ~Sổ mượn#Sai}\n\n::Ghép::Ghép{=a -> b =c -> d}\n"), false)
	n, p, m := taken(t, d, b, Aim{Course: "LS9", Lesson: "don-tiep"})
	after, _ := p.Version.Lesson("don-tiep")
	if k := len(after.Quiz.Questions); n != 1 || k != len(before.Quiz.Questions)+2 || after.Quiz.Questions[k-2].ID != taught+"-2" || m.Errors() {
		t.Errorf("%d files, %+v, %v", n, after.Quiz, m)
	}
	if again, _, _ := taken(t, d, b, Aim{Course: "LS9", Lesson: "don-tiep"}); again != 0 {
		t.Errorf("the same again writes %d files", again)
	}
	q, err := d.Quiz(t.Context(), "LS9", "don-tiep")
	if err != nil || !q.Editable || q.Mistakes.Errors() {
		t.Fatalf("%v %v %v", err, q.Editable, q.Mistakes)
	}
	// The form saves it, and half a translation too.
	quiz := q.Quiz
	last := &quiz.Questions[len(quiz.Questions)-2]
	last.Prompt.En = "Where is a gift entered?"
	if m, err := d.SaveQuiz(t.Context(), "LS9", "don-tiep", quiz, q.Vi.Rev, q.En.Rev, "trainer"); err != nil || m.Errors() {
		t.Errorf("%v %v", err, m)
	}
	if q, err = d.Quiz(t.Context(), "LS9", "don-tiep"); err != nil || !q.Editable || q.Mistakes.Errors() || q.Quiz.Questions[len(quiz.Questions)-2].Prompt.En != last.Prompt.En {
		t.Errorf("%v %v %v", err, q.Editable, q.Mistakes)
	}
}

// What a file has beside questions is not lost on the way into a lesson: its text stands behind the lesson's, its
// questions lead to their own sections, and what has no room there is named.
func TestAFileIsAppendedToALessonWhole(t *testing.T) {
	d, _ := newDesk(t)
	published(t, d, nil)
	if _, err := d.Open(t.Context(), "LS9", "trainer"); err != nil {
		t.Fatal(err)
	}
	save(t, d, "LS9", "lessons/cho-muon.vi.gift", 0, "$CATEGORY: Nhóm\n\n// [id:q1]\nAi? {=a ~b}\n", "trainer")
	p, m := authoring.LoadFiles(coursetest.Whole())
	if m.Errors() {
		t.Fatal(m)
	}
	p.Version.Modules[0].Lessons[0].Quiz.Attempts = 3
	b := exported(t, p)
	aim := Aim{Course: "LS9", Lesson: "cho-muon"}
	n, now, mistakes := taken(t, d, b, aim)
	l, _ := now.Version.Lesson("cho-muon")
	want := "Chiều.\n\n## Ghi\n\nGhi ngay.\n\n## Đón tiếp\n\nMột buổi sáng.\n\n## Chào\n\nXem [bài sau](cho-muon) và [mục này](#muc-1).\n\n![Giá sách](../media/gia.svg)\n\n## Cho mượn\n\nChiều.\n\n## Ghi\n\nGhi ngay.\n"
	if n != 4 || l.Body.Vi != want || mistakes.Errors() {
		t.Errorf("%d files\n%s\n%v", n, l.Body.Vi, mistakes)
	}
	if q := l.Quiz.Questions; len(q) != 2 || q[1].ID != "q1-2" || q[1].Section != 3 || q[1].Pool != "" || q[1].Prompt.En != "Greet whom?" {
		t.Errorf("%+v", q)
	}
	if again, _, _ := taken(t, d, b, aim); again != 0 {
		t.Errorf("the same again writes %d files", again)
	}
	got := strings.Join(coursetest.Said(Lost(b, aim)), ", ")
	if want := "lost-course Phục vụ, lost-summary Bạn đón tiếp được., lost-settings, lost-source Luật Thư viện số 46/2019/QH14, lost-source Sổ tay thư viện xã, lost-practice Một buổi đón bạn đọc, lost-guide, lost-module Phần một, lost-objective Đón được, lost-form Đón tiếp, lost-turns Đón tiếp, lost-objective Ghi được"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got := coursetest.Said(Lost(b, Aim{Course: "LS9", Module: "mot"})); len(got) != 8 || got[7] != "lost-module Phần một" {
		t.Error(got)
	}
	if got := Lost(b, Aim{New: true}); got != nil {
		t.Error(got)
	}
	questions, _ := brought(t, "g.gift", []byte("Ai? {=a ~b}\n"), false)
	if got := Lost(questions, aim); got != nil { // its title is its file's name
		t.Error(got)
	}
}

// What would not fit is refused before anything is written.
func TestNothingOfAFileThatDoesNotFitIsWritten(t *testing.T) {
	d, _ := newDesk(t)
	published(t, d, nil)
	if _, err := d.Open(t.Context(), "LS9", "trainer"); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("chữ ", markdown.MaxText/6-50)
	save(t, d, "LS9", "lessons/don-tiep.vi.md", 1, "## Dài\n\n"+long+"\n", "trainer")
	before := edits(t, d, "LS9")
	whole := coursetest.Good()
	whole["lessons/cho-muon.vi.md"] = []byte("## Dài\n\n" + long + "\n")
	p, _ := authoring.LoadFiles(whole)
	var fault *problem.Problem
	if _, err := d.Take(t.Context(), exported(t, p), Aim{Course: "LS9", Lesson: "don-tiep"}, "trainer"); !errors.As(err, &fault) || fault.Code != "text-too-long" || edits(t, d, "LS9") != before {
		t.Errorf("%v, %d edits more", err, edits(t, d, "LS9")-before)
	}
}

// coursePack is the file of a course.
func coursePack(t testing.TB, p authoring.Package) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := authoring.Pack(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func brought(t testing.TB, name string, data []byte, part bool) (bring.Brought, authoring.Package) {
	t.Helper()
	b, err := bring.Bring(name, data, part)
	if err != nil {
		t.Fatal(err)
	}
	p, m := authoring.LoadFiles(b.Files)
	for _, one := range m {
		if !one.Warning && (one.Code != "yaml-empty" && one.Code != "yaml-key-missing" || one.File != authoring.CourseFile) {
			t.Errorf("%s: %v", name, one)
		}
	}
	return b, p
}

// overtaken is a store into which somebody else writes a file just before the first of ours with that path.
type overtaken struct {
	store.Store
	path  string
	first func()
}

func (o *overtaken) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if e, ok := docs[0].(*Edit); ok && e.Path == o.path && o.first != nil {
		first := o.first
		o.first = nil
		first()
	}
	return o.Store.Insert(ctx, k, docs...)
}

func TestTwoWhoTakeIntoOneLessonLoseNothing(t *testing.T) {
	d, _ := newDesk(t)
	published(t, d, nil)
	if _, err := d.Open(t.Context(), "LS9", "trainer"); err != nil {
		t.Fatal(err)
	}
	questions := func(id string) bring.Brought {
		b, _ := brought(t, id+".gift", []byte("// [id:"+id+"]\n"+id+"? {=a ~b}\n"), false)
		return b
	}
	aim, path := Aim{Course: "LS9", Lesson: "don-tiep"}, "lessons/don-tiep.vi.gift"
	ids := func() (ids []string) {
		for _, q := range quizOf(t, d, "don-tiep").Quiz.Questions {
			ids = append(ids, q.ID)
		}
		return ids
	}
	before := ids()
	before = before[:len(before):len(before)]
	late := &Desk{School: d.School, Now: d.Now}
	late.Store = &overtaken{Store: d.Store, path: path, first: func() { taken(t, d, questions("lan"), aim) }}
	if n, err := late.Take(t.Context(), questions("pao"), aim, "pao"); err != nil || n != 1 {
		t.Fatalf("nothing of it was in yet: %d files, %v", n, err)
	}
	if got := ids(); !slices.Equal(got, append(before, "lan", "pao")) {
		t.Errorf("%v", got)
	}

	// Half of it is in: who was second is told, and the same again brings the rest once.
	b := questions("seo")
	v, _, _ := outlineOf(b)
	lesson := v.Lessons()[0].ID
	b.Files["lessons/"+lesson+".vi.md"] = []byte("## Thêm\n\nĐoạn thêm.\n")
	late.Store = &overtaken{Store: d.Store, path: path, first: func() { taken(t, d, questions("mai"), aim) }}
	_, err := late.Take(t.Context(), b, aim, "seo")
	wants(t, "a file that another was in before", "bring-moved", err)
	_, p, _ := taken(t, d, b, aim)
	if got := ids(); !slices.Equal(got, append(before, "lan", "pao", "mai", "seo")) {
		t.Errorf("%v", got)
	}
	if l, _ := p.Version.Lesson("don-tiep"); strings.Count(l.Body.Vi, "Đoạn thêm.") != 1 {
		t.Error(l.Body.Vi)
	}
}
