package server

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/words"
	"lopban/server/author"
)

func TestFiguresSayHowQuestionsDo(t *testing.T) {
	p := newBoard(t) // K1 done by two, K2 by one
	lesson, _ := p.publish(shortCourse("K1", courses.LibraryService)).Lesson("thu")
	answers := rightAnswers(lesson.Quiz)
	answers["word"] = "=Sơn La"
	delete(answers, "number")
	sent := form("far", answers)
	sent.Set("sure", "1") // one is left blank
	p.as(p.far).post("/courses/K1/thu/quiz", sent).want(303)

	shown := p.trainer.get(p.trainer.get("/author").attr(`a[href$="/K1/figures"]`, "href")).want(200)
	if got := shown.one("h1"); got != "Khóa ngắn K1: kết quả dạy học" {
		t.Errorf("%q", got)
	}
	rows := map[string]string{}
	for _, row := range shown.find("table.figures tbody tr") {
		text := textOf(row)
		rows[strings.Fields(text)[2]] = text
	}
	for question, want := range map[string]string{"word": "Câu 4. word 66,7 % trên 3 người – – –", "one": "Câu 1. one 100,0 % trên 3 người – – –", "number": "Câu 5. number 66,7 % trên 3 người – – –"} {
		if rows[question] != want {
			t.Errorf("%q, want %q", rows[question], want)
		}
	}
	if strings.Contains(shown.Body, "Thịnh") || strings.Contains(shown.Body, p.far.ID) || strings.Contains(shown.Body, "Sơn La") {
		t.Error("the page names who failed, or what one alone typed")
	}
	if got := shown.one(".note"); !strings.Contains(got, "20 học viên") {
		t.Errorf("three learners are taken for many: %s", got)
	}
}

func TestFiguresShowAnswersWithoutMarks(t *testing.T) {
	vi := func(s string) courses.Text { return courses.Text{Vi: s} }
	for want, wrong := range map[string]courses.Wrong{
		"đỏ x":    {N: 1, Option: courses.Option{ID: "a", Text: vi("**đỏ** `x`")}},
		"một → 1": {N: 1, Left: vi("*một*"), Text: vi("~~1~~")},
		"2*3*4":   {N: 1, Text: vi("2*3*4")}, // typed
	} {
		if got := author.WrongText(words.Words{Lang: "vi"}, courses.QuestionStatistics{Wrong: wrong}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// crowd lets many learners hand in to a course's quiz: those with even numbers choose wrongly.
func (p *province) crowd(course string, from, to int, wrong map[string]any) {
	p.t.Helper()
	lesson, _ := must(p.School.Course(p.t.Context(), course)).Lesson("thu")
	for i := from; i < to; i++ {
		c := p.as(p.person("Nông Văn "+string(rune(0x41+i))+"a", "00715"))
		answers := rightAnswers(lesson.Quiz)
		for id, a := range wrong {
			if i%2 == 0 {
				answers[id] = a
			}
		}
		c.post("/courses/"+course+"/thu/quiz", form(fmt.Sprint("crowd", i), answers)).want(303)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestFiguresOfTwoVersionsStandSideBySide(t *testing.T) {
	p := newBoard(t)
	p.crowd("K1", 0, 22, map[string]any{"word": "=1+1", "one": "b"})
	files := shortCourse("K1", courses.LibraryService)
	for _, name := range []string{"lessons/thu.vi.gift", "lessons/thu.en.gift"} {
		files[name] = strings.ReplaceAll(quizText, "=Điện Biên", "=Sơn La")
	}
	if v := p.publish(files); v.Number != 2 {
		t.Fatalf("%+v", v)
	}
	p.crowd("K1", 22, 26, nil)
	shown := p.trainer.get("/author/K1/figures").want(200)
	if got := shown.one(`nav.tabs [aria-current]`); got != "Bản 2" {
		t.Errorf("the newest is not shown first: %q", got)
	}
	row := func(shown *reply, id string) string { return textOf(shown.find(`tr[id="q-thu-` + id + `"]`)[0]) }
	if got := row(shown, "word"); !strings.HasPrefix(got, "Câu 4. word 100,0 % trên 4 người bản trước 54,2 % – bản trước ") {
		t.Errorf("%q", got)
	}
	first := p.trainer.get("/author/K1/figures?version=1").want(200)
	if got := row(first, "word"); !strings.HasPrefix(got, "Câu 4. word") || !strings.Contains(got, "54,2 % trên 24 người") || !strings.Contains(got, "=1+1 11 lần") {
		t.Errorf("%q", got)
	}
	if got := row(first, "many"); !strings.HasSuffix(got, " c") || !strings.Contains(got, "Gần như ai cũng đúng câu 2") {
		t.Errorf("an easy question with an answer nobody chooses: %q", got)
	}
	p.trainer.get("/author/K1/figures?version=3").want(404)

	file := p.trainer.get("/author/K1/figures.csv").want(200)
	if !strings.HasPrefix(file.Body, "\ufeff") || !strings.Contains(file.Header.Get("Content-Disposition"), "so-lieu-khoa-hoc-K1-2.csv") {
		t.Errorf("%v %.20q", file.Header, file.Body)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 1+2*(2+6) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows[1:] {
		if r[0] == "K1@1" && r[4] == "word" && (r[6] != "24" || r[7] != "54.2" || r[9] != "'=1+1" || r[10] != "11") {
			t.Errorf("%q", r)
		}
	}
	for _, r := range rows {
		for _, cell := range r {
			if cell != "" && strings.ContainsAny(cell[:1], "=+@") {
				t.Errorf("a spreadsheet would calculate %q", cell)
			}
		}
	}
}
