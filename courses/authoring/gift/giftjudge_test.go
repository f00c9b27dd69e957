package gift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
)

// pegjs reads GIFT with gift-pegjs, and answers what it found as JSON.
func pegjs(t *testing.T) func(gift string) []heardQuestion {
	module := os.Getenv("LOPBAN_GIFT")
	if module == "" {
		module = filepath.Join("..", "..", "..", ".ci", "node_modules", "gift-pegjs", "pegjs-gift.js")
	}
	module, err := filepath.Abs(module)
	if _, gone := os.Stat(module); err != nil || gone != nil {
		const sentence = "No gift-pegjs: run npm ci in .ci, or name pegjs-gift.js in LOPBAN_GIFT, to have GIFT read by another program."
		if os.Getenv("LOPBAN_REQUIRE_BROWSER") != "" {
			t.Fatal(sentence)
		}
		t.Skip(sentence)
	}
	return func(gift string) []heardQuestion {
		t.Helper()
		var out, complaint bytes.Buffer
		c := exec.CommandContext(t.Context(), "node", "-e", `process.stdout.write(JSON.stringify(require(process.argv[1]).parse(require("fs").readFileSync(0, "utf8"))))`, module)
		c.Stdin, c.Stdout, c.Stderr = strings.NewReader(gift), &out, &complaint
		if err := c.Run(); err != nil {
			t.Fatalf("%v: %s\n%s", err, complaint.String(), gift)
		}
		var all []heardQuestion
		if err := json.Unmarshal(out.Bytes(), &all); err != nil {
			t.Fatal(err, out.String())
		}
		return all
	}
}

// heardQuestion is a question as gift-pegjs answers it.
type heardQuestion struct {
	Type, ID, Title string
	Tags            []string
	IsTrue          bool
	Stem            heardText
	TrueFeedback    heardText // whichever stands first; in Moodle that is what is said to the wrong answer
	FalseFeedback   heardText
	GlobalFeedback  heardText
	Choices         []struct {
		IsCorrect bool
		Weight    *float64
		Text      struct {
			Text                  string
			NumberLow, NumberHigh float64
		}
		Feedback heardText
	}
	MatchPairs []struct {
		Subquestion heardText
		Subanswer   string
	}
}

type heardText struct{ Text string }

// told is what matters of a question, on one line.
func (h heardQuestion) told() string {
	line := []string{h.Type, h.ID, strings.Join(h.Tags, ","), h.Title, h.Stem.Text, h.GlobalFeedback.Text}
	switch h.Type {
	case "TF":
		line = append(line, fmt.Sprint(h.IsTrue), h.TrueFeedback.Text, h.FalseFeedback.Text)
	case "Matching":
		for _, p := range h.MatchPairs {
			line = append(line, p.Subquestion.Text+">"+p.Subanswer)
		}
	}
	for _, c := range h.Choices {
		weight := 0.0
		if c.Weight != nil {
			weight = *c.Weight
		} else if c.IsCorrect {
			weight = 100
		}
		text := c.Text.Text
		if h.Type == "Numerical" && c.IsCorrect {
			text = fmt.Sprintf("%g..%g", c.Text.NumberLow, c.Text.NumberHigh)
		}
		line = append(line, fmt.Sprintf("%g%%%s#%s", weight, text, c.Feedback.Text))
	}
	return strings.Join(line, "|")
}

// toldOf is the line of a question of ours in one language.
func toldOf(q courses.Question, in func(courses.Text) string) string {
	kind := map[courses.QuestionKind]string{courses.SingleChoice: "MC", courses.MultipleChoice: "MC", courses.TrueFalse: "TF", courses.ShortAnswer: "Short",
		courses.Numerical: "Numerical", courses.Matching: "Matching", courses.Essay: "Essay", courses.Description: "Description"}[q.Kind]
	var tags []string
	if q.Section > 0 {
		tags = append(tags, fmt.Sprintf("section-%d", q.Section))
	}
	stem := in(q.Prompt)
	if tail := in(q.Tail); tail != "" {
		stem += " _____ " + tail
	}
	line := []string{kind, q.ID, strings.Join(append(tags, q.Tags...), ","), in(q.Title), stem, in(q.Feedback)}
	choice := func(weight float64, text string, note courses.Text) {
		line = append(line, fmt.Sprintf("%g%%%s#%s", Twelve(weight*100), text, in(note)))
	}
	if q.Kind == courses.TrueFalse {
		right, wrong := q.Options[0], q.Options[1]
		if right.Weight != 1 {
			right, wrong = wrong, right
		}
		line = append(line, right.ID, in(wrong.Feedback), in(right.Feedback))
	} else {
		for _, o := range q.Options {
			choice(o.Weight, in(o.Text), o.Feedback)
		}
	}
	for _, a := range q.Accepted {
		choice(a.Weight, a.Text, a.Feedback)
	}
	for _, r := range q.Ranges {
		choice(r.Weight, fmt.Sprintf("%g..%g", r.Min, r.Max), r.Feedback)
	}
	if in(q.Other) != "" {
		choice(0, "*", q.Other)
	}
	for _, p := range q.Pairs {
		line = append(line, in(p.LeftText)+">"+in(p.RightText))
	}
	return strings.Join(line, "|")
}

const everyKind = coursetest.ViQuiz + `
// [id:k1]
// ghi chú
::T\:ên::[html]<p>Chọn \{<b>một</b>\}\:</p> {~%33.33333%a\=b#<i>c</i> ~%33.33333%\~b ~%33.33333%c\\d ~%-100%e\nf ####\#g}

// [id:k2]
[plain]*Ai* đó? {=*bìa* =%50%a\*b#gần =%0%*#Xem lại =[plain]%5}

// [id:k3]
Mấy? {#=1.5:0.5#đúng =%50%-3..4 =%0%9 ~#Đếm lại}
`

// Another program that reads GIFT finds the same in what is written here: of every kind of question, and of the quizzes
// of all courses.
func TestAnotherProgramReadsTheSameGIFT(t *testing.T) {
	read := pegjs(t)
	quizzes := []courses.Quiz{}
	quiz, m := ParseQuiz(Source{"x.vi.gift", []byte(everyKind)}, Source{})
	if m.Errors() {
		t.Fatal(m)
	}
	quizzes = append(quizzes, quiz)
	courseFolders, err := filepath.Glob("../../../content/courses/*/lessons")
	if err != nil || len(courseFolders) == 0 {
		t.Fatal("no courses", err)
	}
	for _, folder := range courseFolders {
		var all courses.Quiz // of a whole course: another process for each quiz would take long
		files, err := filepath.Glob(filepath.Join(folder, "*.vi.gift"))
		if err != nil {
			t.Fatal(err)
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
			quiz, m := ParseQuiz(Source{file, vi}, Source{file, en})
			if m.Errors() {
				t.Fatal(m)
			}
			all.Questions = append(all.Questions, quiz.Questions...)
		}
		quizzes = append(quizzes, all)
	}
	for _, quiz := range quizzes {
		for _, lang := range []string{"vi", "en"} {
			var b bytes.Buffer
			if err := WriteGIFT(&b, quiz, lang); err != nil {
				t.Fatal(err)
			}
			in := (&Writer{Lang: lang}).In
			if lang == "en" && in(quiz.Questions[0].Prompt) == "" {
				continue // not translated
			}
			heard := read(b.String())
			for i := 0; i < len(heard); i++ {
				if heard[i].Type == "Category" {
					heard = append(heard[:i], heard[i+1:]...)
					i--
				}
			}
			if len(heard) != len(quiz.Questions) {
				t.Fatalf("%d questions, want %d\n%s", len(heard), len(quiz.Questions), b.String())
			}
			for i, q := range quiz.Questions {
				if got, want := heard[i].told(), toldOf(q, in); got != want {
					t.Errorf("\n got %s\nwant %s", got, want)
				}
			}
		}
	}
}
