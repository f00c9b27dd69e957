package desk

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/gift"
	"lopban/courses/problem"
)

// quizDesk is a desk with the good course open.
func quizDesk(t *testing.T) *Desk {
	d, _ := newDesk(t)
	published(t, d, nil)
	if _, err := d.Open(t.Context(), "LS9", "lan"); err != nil {
		t.Fatal(err)
	}
	return d
}

func quizOf(t *testing.T, d *Desk, lesson string) QuizDraft {
	t.Helper()
	q, err := d.Quiz(t.Context(), "LS9", lesson)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestAQuizIsSavedAsItsTwoFiles(t *testing.T) {
	d := quizDesk(t)
	q := quizOf(t, d, "don-tiep")
	if !q.Editable || len(q.Quiz.Questions) == 0 || q.Vi.Rev != 1 || q.En.Rev != 1 {
		t.Fatalf("%+v", q)
	}
	rich, m := gift.ParseQuiz(gift.Source{File: "v", Data: []byte(coursetest.ViQuiz)}, gift.Source{File: "e", Data: []byte(coursetest.EnQuiz)})
	if m.Errors() {
		t.Fatal(m)
	}
	if _, err := d.SaveQuiz(t.Context(), "LS9", "don-tiep", rich, 1, 1, "lan"); err != nil {
		t.Fatal(err)
	}
	if got := quizOf(t, d, "don-tiep"); !reflect.DeepEqual(got.Quiz, rich) || got.Vi.Rev != 2 || got.En.Rev != 2 || got.Vi.By != "lan" {
		t.Errorf("\n got %+v\nwant %+v", got.Quiz, rich)
	}
	if _, err := d.SaveQuiz(t.Context(), "LS9", "don-tiep", rich, 2, 2, "lan"); err != nil {
		t.Fatal(err)
	}
	if got := quizOf(t, d, "don-tiep"); got.Vi.Rev != 2 || got.En.Rev != 2 {
		t.Errorf("saving what is there makes revisions %d and %d", got.Vi.Rev, got.En.Rev)
	}
	if err := d.UndoQuiz(t.Context(), "LS9", "don-tiep", 1, 1, 2, 2, "lan"); err != nil {
		t.Fatal(err)
	}
	if got := quizOf(t, d, "don-tiep"); !reflect.DeepEqual(got.Quiz, q.Quiz) || got.Vi.Rev != 3 {
		t.Errorf("undone: %+v", got)
	}
}

func TestALessonWithoutAQuizGetsOne(t *testing.T) {
	d := quizDesk(t)
	q := quizOf(t, d, "cho-muon")
	if !q.Editable || len(q.Quiz.Questions) != 0 || q.Vi.Rev != 0 || len(q.Mistakes) != 0 {
		t.Fatalf("%+v", q)
	}
	quiz := courses.Quiz{Questions: []courses.Question{{ID: "q1", Kind: courses.Essay, Prompt: courses.Text{Vi: " Kể lại.\r\n"}}}}
	if _, err := d.SaveQuiz(t.Context(), "LS9", "cho-muon", quiz, 0, 0, "lan"); err != nil {
		t.Fatal(err)
	}
	if q = quizOf(t, d, "cho-muon"); q.Vi.Rev != 1 || q.En.Rev != 0 || q.Quiz.Questions[0].Prompt.Vi != "Kể lại." {
		t.Errorf("%+v", q)
	}
	quiz.Questions[0].Prompt.En = "Tell."
	if _, err := d.SaveQuiz(t.Context(), "LS9", "cho-muon", quiz, 1, 0, "lan"); err != nil {
		t.Fatal(err)
	}
	if q = quizOf(t, d, "cho-muon"); q.Vi.Rev != 1 || q.En.Rev != 1 || q.Quiz.Questions[0].Prompt.En != "Tell." {
		t.Errorf("%+v", q)
	}
	if err := d.UndoQuiz(t.Context(), "LS9", "cho-muon", 0, 0, 1, 1, "lan"); err != nil {
		t.Fatal(err)
	}
	if q = quizOf(t, d, "cho-muon"); len(q.Quiz.Questions) != 0 || !q.Vi.Gone || !q.En.Gone {
		t.Errorf("%+v", q)
	}
	if _, err := d.Quiz(t.Context(), "LS9", "nowhere"); !errors.Is(err, problem.ErrNotFound) {
		t.Error(err)
	}
}

func TestNoHalfOfAQuizIsSavedOverSomebodyElses(t *testing.T) {
	for _, file := range []string{"vi", "en"} {
		d := quizDesk(t)
		q := quizOf(t, d, "don-tiep")
		other := strings.ReplaceAll(q.Vi.Text, "Chào ai?", "Đón ai?")
		path := q.Vi.Path
		if file == "en" {
			path, other = q.En.Path, q.En.Text+"\n// a note\n"
		}
		if _, err := d.Save(t.Context(), "LS9", path, 1, other, "mai"); err != nil {
			t.Fatal(err)
		}
		quiz := q.Quiz
		quiz.Questions[0].Title = courses.Text{Vi: "Khác", En: "Other"}
		_, err := d.SaveQuiz(t.Context(), "LS9", "don-tiep", quiz, 1, 1, "lan")
		var c *Conflict
		if !errors.As(err, &c) || c.Path != path || c.Theirs.By != "mai" || c.Theirs.Text != other || !strings.Contains(c.Yours, "[id:") {
			t.Fatalf("%s: %v", file, err)
		}
		after := quizOf(t, d, "don-tiep")
		if after.Vi.Rev+after.En.Rev != 3 {
			t.Errorf("%s: revisions %d and %d", file, after.Vi.Rev, after.En.Rev)
		}
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	d := quizDesk(t)
	pair := func(left string) courses.Quiz {
		x := courses.Text{Vi: "x", En: "x"}
		return courses.Quiz{Questions: []courses.Question{{ID: "q", Kind: courses.Matching, Prompt: x, Pairs: []courses.Pair{{LeftText: courses.Text{Vi: left, En: left}, RightText: x}, {LeftText: x, RightText: x}}}}}
	}
	if _, err := d.SaveQuiz(t.Context(), "LS9", "don-tiep", pair("a -> b"), 1, 1, "lan"); !errors.Is(err, problem.ErrInvalid) {
		t.Errorf("an arrow on the left side: %v", err)
	}
	if _, err := d.SaveQuiz(t.Context(), "LS9", "don-tiep", pair("a"), 1, 1, "lan"); err != nil {
		t.Error(err)
	}
}

func TestFilesThatAFormWouldSpoilAreForTheHand(t *testing.T) {
	for text, want := range map[string]bool{
		"// [id:a]\nA {T#a#b}\n":               true,
		"A {\n=\n~b\n}\n":                      true, // an answer not written yet
		"A {}\n":                               true,
		"A {b\n=c}\n":                          false, // b would be lost
		"A {=a\n\nB {T}\n":                     false,
		"A {#3:0\n~#no}\n":                     true,
		"A {#3:0\n~5#no}\n":                    false,
		"[html]A <img src\\=\"x\">{T}\n":       false, // the picture would be lost
		"[html]A<br>b {T}\n":                   true,
		"// hỏi Lan\n":                         false, // nothing to keep it with
		"$CATEGORY: x\nA {T}\n":                false,
		"A {T####a\n}\n\n// [id:a]\n\nB {F}\n": true,
	} {
		d := quizDesk(t)
		if err := d.SaveQuizText(t.Context(), "LS9", "don-tiep", text, text, 1, 1, "lan"); err != nil {
			t.Fatal(err)
		}
		if q := quizOf(t, d, "don-tiep"); q.Editable != want {
			t.Errorf("%q: %v %v", text, q.Editable, q.Mistakes)
		}
	}
	d := quizDesk(t)
	text := "// question: 10\n// [id:a] [tag:x]\nA {T#a#b}\n"
	if err := d.SaveQuizText(t.Context(), "LS9", "don-tiep", text, text, 1, 1, "lan"); err != nil {
		t.Fatal(err)
	}
	q := quizOf(t, d, "don-tiep")
	if _, err := d.SaveQuiz(t.Context(), "LS9", "don-tiep", q.Quiz, q.Vi.Rev, q.En.Rev, "lan"); err != nil {
		t.Fatal(err)
	}
	if q = quizOf(t, d, "don-tiep"); !strings.Contains(q.Vi.Text, "// question: 10\n") || !strings.Contains(q.En.Text, "// question: 10\n") {
		t.Errorf("the comment is gone: %q %q", q.Vi.Text, q.En.Text)
	}
}

func TestDrawsAreWrittenIntoTheCourse(t *testing.T) {
	d := quizDesk(t)
	var was []courses.Draw
	for _, draw := range [][]courses.Draw{{{Count: 1}}, {{Pool: "A", Count: 2}}, nil} {
		if err := d.SetDraw(t.Context(), "LS9", "don-tiep", was, draw, "lan"); err != nil {
			t.Fatal(err)
		}
		if err := d.SetDraw(t.Context(), "LS9", "don-tiep", was, draw, "lan"); err != nil {
			t.Errorf("pressed twice: %v", err)
		}
		if err := d.SetDraw(t.Context(), "LS9", "don-tiep", []courses.Draw{{Count: 9}}, []courses.Draw{{Count: 8}}, "pao"); !errors.Is(err, problem.ErrExists) {
			t.Errorf("somebody who saw something else: %v", err)
		}
		was = draw
		if got := quizOf(t, d, "don-tiep").Quiz.Draw; !reflect.DeepEqual(got, draw) {
			t.Errorf("%+v, want %+v", got, draw)
		}
	}
	for _, count := range []int{0, 101} {
		if err := d.SetDraw(t.Context(), "LS9", "don-tiep", nil, []courses.Draw{{Count: count}}, "lan"); !errors.Is(err, problem.ErrInvalid) {
			t.Error(err)
		}
	}
	if err := d.SetDraw(t.Context(), "LS9", "nowhere", nil, nil, "lan"); !errors.Is(err, problem.ErrNotFound) {
		t.Error(err)
	}
}

// Every quiz that was read is the same once its draft is saved: a form changes only what was changed in it.
func TestSettlingAQuizThatWasReadChangesNothing(t *testing.T) {
	read := map[string][2]string{"of every kind": {coursetest.ViQuiz, coursetest.EnQuiz}}
	files, err := filepath.Glob("../../../content/courses/*/lessons/*.vi.gift")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		vi, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		en, err := os.ReadFile(strings.TrimSuffix(file, ".vi.gift") + ".en.gift")
		if err != nil {
			t.Fatal(err)
		}
		read[filepath.Base(file)] = [2]string{string(vi), string(en)}
	}
	for name, source := range read {
		quiz, m := gift.ParseQuiz(gift.Source{File: "x.vi.gift", Data: []byte(source[0])}, gift.Source{File: "x.en.gift", Data: []byte(source[1])})
		if got := settled(quiz); m.Errors() || !reflect.DeepEqual(got, quiz) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, m, got, quiz)
		}
	}
}

func TestTwoQuizzesArePutTogether(t *testing.T) {
	quiz := func(all string) courses.Quiz {
		var q courses.Quiz
		for _, one := range strings.Fields(all) {
			id, text, _ := strings.Cut(one, "=")
			q.Questions = append(q.Questions, courses.Question{ID: id, Kind: courses.Essay, Prompt: courses.Text{Vi: text}})
		}
		return q
	}
	for _, c := range []struct{ what, theirs, mine, want string }{
		{"different questions", "a=1 b=9 c=1", "a=8 b=1 c=1", "a=8 b=9 c=1"},
		{"the same in the same way", "a=2 b=1 c=1", "a=2 b=1 c=1", "a=2 b=1 c=1"},
		{"the same in two ways", "a=2 b=1 c=1", "a=3 b=1 c=1", ""},
		{"one changed what another removed", "b=1 c=1", "a=3 b=1 c=1", ""},
		{"one removed what another changed", "a=3 b=1 c=1", "b=1 c=1", ""},
		{"one removed, another changed elsewhere", "a=1 b=1 c=5", "b=1 c=1", "b=1 c=5"},
		{"both added at the end", "a=1 b=1 c=1 q4=t", "a=1 b=1 c=1 q4=m", "a=1 b=1 c=1 q4=t q5=m"},
		{"both added in the middle", "a=1 x=t b=1 c=1", "a=1 b=1 y=m c=1", "a=1 x=t b=1 y=m c=1"},
		{"one moved", "c=1 a=1 b=1", "a=1 b=7 c=1", "c=1 a=1 b=7"},
		{"the other moved", "a=1 b=7 c=1 d=t", "c=1 a=1 b=1", "c=1 d=t a=1 b=7"},
		{"both moved in two ways", "c=1 a=1 b=1", "b=1 a=1 c=1", ""},
		{"nothing was there", "a=1 b=1 c=1", "a=1 b=1 c=1 d=m", "a=1 b=1 c=1 d=m"},
	} {
		joined, _, ok := JoinQuiz(quiz("a=1 b=1 c=1"), quiz(c.theirs), quiz(c.mine))
		var got []string
		for _, q := range joined.Questions {
			got = append(got, q.ID+"="+q.Prompt.Vi)
		}
		if s := strings.Join(got, " "); ok != (c.want != "") || ok && s != c.want {
			t.Errorf("%s: %s %v, want %s", c.what, s, ok, c.want)
		}
	}
}
