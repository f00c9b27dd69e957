package authoring

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/store"
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
	rich, m := ParseQuiz(Source{"v", []byte(viQuiz)}, Source{"e", []byte(enQuiz)})
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
	if _, err := d.Quiz(t.Context(), "LS9", "nowhere"); !errors.Is(err, store.ErrNotFound) {
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
	if _, err := d.SaveQuiz(t.Context(), "LS9", "don-tiep", pair("a -> b"), 1, 1, "lan"); !errors.Is(err, store.ErrInvalid) {
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
		if err := d.SetDraw(t.Context(), "LS9", "don-tiep", []courses.Draw{{Count: 9}}, []courses.Draw{{Count: 8}}, "pao"); !errors.Is(err, store.ErrExists) {
			t.Errorf("somebody who saw something else: %v", err)
		}
		was = draw
		if got := quizOf(t, d, "don-tiep").Quiz.Draw; !reflect.DeepEqual(got, draw) {
			t.Errorf("%+v, want %+v", got, draw)
		}
	}
	for _, count := range []int{0, 101} {
		if err := d.SetDraw(t.Context(), "LS9", "don-tiep", nil, []courses.Draw{{Count: count}}, "lan"); !errors.Is(err, store.ErrInvalid) {
			t.Error(err)
		}
	}
	if err := d.SetDraw(t.Context(), "LS9", "nowhere", nil, nil, "lan"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

// Any quiz that was ever read is the same once its draft is saved: a form changes only what was changed in it.
func TestSettlingAQuizThatWasReadChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quiz, _, _ := rewrite(t, anyQuiz(t))
		if got := settled(quiz); !reflect.DeepEqual(got, quiz) {
			t.Fatalf("\n got %+v\nwant %+v", got, quiz)
		}
	})
}
