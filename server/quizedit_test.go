package server

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lopban/courses"
	"lopban/courses/store"
)

// newDraft is a province whose trainer has the course K1 open.
func newDraft(t testing.TB) *province {
	p := newProvince(t)
	p.publish(shortCourse("K1", courses.LibraryService))
	if _, err := p.desk.Open(t.Context(), "K1", "trainer"); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestACourseIsOpenedForWritingFromItsQuiz(t *testing.T) {
	p := newProvince(t)
	p.publish(shortCourse("K1", courses.LibraryService))
	page := p.trainer.get(quizPath).want(200)
	if len(page.find("form.quiz-edit")) != 0 || page.attr(".note button", "value") != "begin" {
		t.Errorf("%s", page.text())
	}
	p.trainer.post(quizPath, url.Values{"do": {"save"}}).want(422)
	open := p.trainer.get(p.trainer.post(quizPath, url.Values{"do": {"begin"}}).leads()).want(200)
	if got := len(open.find(".questions > li")); got != 6 {
		t.Errorf("%d questions", got)
	}
	p.trainer.get("/author/K1/nowhere/quiz").want(404)
	p.trainer.get("/author/K9/thu/quiz").want(404)
}

const quizPath = "/author/K1/thu/quiz"

// fields are what a browser would send of the page's editor.
func (r *reply) fields() url.Values {
	values := url.Values{}
	attr := func(n *html.Node, name string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val, true
			}
		}
		return "", false
	}
	for _, n := range r.find("form.quiz-edit input") {
		name, _ := attr(n, "name")
		value, _ := attr(n, "value")
		kind, _ := attr(n, "type")
		if _, on := attr(n, "checked"); kind != "radio" || on {
			values.Set(name, value)
		}
	}
	for _, n := range r.find("form.quiz-edit textarea") {
		name, _ := attr(n, "name")
		text := ""
		if n.FirstChild != nil {
			text = n.FirstChild.Data
		}
		values.Set(name, text)
	}
	for _, n := range r.find("form.quiz-edit select option[selected]") {
		name, _ := attr(n.Parent, "name")
		value, _ := attr(n, "value")
		values.Set(name, value)
	}
	return values
}

// press sends the page's editor with a button, and with what was typed into it.
func (p *province) press(page *reply, button string, typed ...string) *reply {
	p.t.Helper()
	form := page.fields()
	for i := 0; i+1 < len(typed); i += 2 {
		form.Set(typed[i], typed[i+1])
	}
	form.Set("do", button)
	return p.trainer.get(p.trainer.post(quizPath, form).leads()).want(200)
}

func (p *province) draftQuiz() courses.Quiz {
	p.t.Helper()
	q, err := p.desk.Quiz(p.t.Context(), "K1", "thu")
	if err != nil {
		p.t.Fatal(err)
	}
	return q.Quiz
}

func order(q courses.Quiz) string {
	var ids []string
	for _, question := range q.Questions {
		ids = append(ids, question.ID)
	}
	return strings.Join(ids, " ")
}

func TestEveryKindOfQuestionIsWrittenWithForms(t *testing.T) {
	p := newDraft(t)
	for _, c := range []struct {
		kind  courses.QuestionKind
		typed []string
		gift  string
	}{
		{courses.SingleChoice, []string{"row.0.text.vi", "Đúng", "row.0.note.vi", "vì = ~", "row.1.text.vi", "Sai", "row.1.weight", "12,5", "row.2.text.vi", "Khác"}, "\t=Đúng#vì \\= \\~\n\t~%12.5%Sai\n\t~Khác\n"},
		{courses.MultipleChoice, []string{"row.0.text.vi", "a", "row.1.text.vi", "b", "row.2.text.vi", "c", "row.2.weight", "-100"}, "\t~%50%a\n\t~%50%b\n\t~%-100%c\n"},
		{courses.TrueFalse, []string{"right", "false", "row.0.note.vi", "không", "row.1.note.vi", "phải"}, "{FALSE#không#phải\n"},
		{courses.ShortAnswer, []string{"row.0.word", " Điện * Biên "}, "\t=Điện * Biên\n"},
		{courses.Numerical, []string{"row.0.min", "1,5", "row.0.max", "2", "other.vi", "Đếm lại."}, "{#\n\t=1.5..2\n\t~#Đếm lại.\n"},
		{courses.Matching, []string{"row.0.left.vi", "a", "row.0.right.vi", "một", "row.1.left.vi", "b", "row.1.right.vi", "hai", "row.2.right.vi", "ba"}, "\t=a -> một\n\t=b -> hai\n\t= -> ba\n"},
		{courses.Essay, []string{"feedback.vi", "Mẫu.", "notes.vi", "hỏi Lan\r\n\r\n// rồi sửa"}, "]\n// hỏi Lan\n// rồi sửa\n::Tên::[markdown]Hỏi essay {\t####Mẫu.\n}"},
		{courses.Description, nil, "[markdown]Hỏi description\n"},
	} {
		page := p.press(p.trainer.get(quizPath).want(200), "add", "kind", string(c.kind))
		typed := append([]string{"prompt.vi", "Hỏi " + string(c.kind), "prompt.en", "Ask", "pool", "Nhóm", "tags", "một, hai", "section", "2", "title.vi", "Tên"}, c.typed...)
		if c.kind == courses.Description {
			typed = append(typed, "title.vi", "")
		}
		page = p.press(page, "save", typed...)
		if got := page.one(".note.good p"); got != "Đã lưu vào bản nháp." {
			t.Errorf("%s: %s", c.kind, got)
		}
		last := p.draftQuiz().Questions
		q := last[len(last)-1]
		if q.Kind != c.kind || q.Prompt.Vi != "Hỏi "+string(c.kind) || q.Prompt.En != "Ask" || q.Pool != "Nhóm" || strings.Join(q.Tags, "|") != "một|hai" || (q.Section != 2) != (c.kind == courses.Description) {
			t.Errorf("%s: %+v", c.kind, q)
		}
		e, err := p.desk.Read(t.Context(), "K1", "lessons/thu.vi.gift")
		if err != nil || !strings.Contains(e.Text, c.gift) {
			t.Errorf("%s: %v\n%s\nwithout %q", c.kind, err, e.Text, c.gift)
		}
		again := p.press(page, "save") // what the form shows is what was saved
		if now, _ := p.desk.Read(t.Context(), "K1", "lessons/thu.vi.gift"); now.Rev != e.Rev {
			t.Errorf("%s: saving the form as it stands changes the file to\n%s\n%s", c.kind, now.Text, again.text())
		}
	}
}

func TestQuestionsAreOrderedCopiedDeletedAndBroughtBack(t *testing.T) {
	p := newDraft(t)
	want := func(ids string) {
		t.Helper()
		if got := order(p.draftQuiz()); got != ids {
			t.Errorf("%s, want %s", got, ids)
		}
	}
	page := p.trainer.get(quizPath).want(200)
	want("one many true word number pair")
	page = p.press(page, "open.many")
	page = p.press(page, "up.number", "prompt.vi", "Typed before another button was pressed")
	want("one many true number word pair")
	if got := p.draftQuiz().Questions[1].Prompt.Vi; got != "Typed before another button was pressed" {
		t.Errorf("what was typed is lost: %q", got)
	}
	page = p.press(page, "down.one")
	want("many one true number word pair")
	page = p.press(page, "copy.true")
	want("many one true q7 number word pair")
	page = p.press(page, "drop.many")
	want("one true q7 number word pair")
	if got := page.one(".note.good p"); got != "Đã bỏ câu hỏi." {
		t.Error(got)
	}
	undo := url.Values{"vi": {page.attr(".note.good input[name=vi]", "value")}, "en": {page.attr(".note.good input[name=en]", "value")}, "do": {page.attr(".note.good button", "value")}}
	page = p.trainer.get(p.trainer.post(quizPath, undo).leads()).want(200)
	want("many one true q7 number word pair")
	page = p.press(page, "open.one")
	page = p.press(page, "row.add")
	page = p.press(page, "save", "row.2.text.vi", "ba", "row.2.text.en", "three")
	page = p.press(page, "row.up.2")
	if o := p.draftQuiz().Questions[1].Options; len(o) != 3 || o[1].Text.Vi != "ba" || o[1].ID != "b" {
		t.Errorf("%+v", o)
	}
	p.press(page, "row.drop.2")
	if o := p.draftQuiz().Questions[1].Options; len(o) != 2 || o[1].Text.En != "three" {
		t.Errorf("%+v", o)
	}
}

func TestWhatCannotBeReadIsAskedAgainWithEverythingKept(t *testing.T) {
	p := newDraft(t)
	page := p.press(p.trainer.get(quizPath).want(200), "open.number")
	form := page.fields()
	form.Set("row.0.min", "about a dozen")
	form.Set("prompt.vi", "Kept?")
	form.Set("do", "save")
	again := p.trainer.post(quizPath, form).want(422)
	if got := again.one(".note.bad"); !strings.Contains(got, "about a dozen") || !strings.Contains(again.Body, "Kept?") {
		t.Errorf("%s", again.text())
	}
	pair := p.press(p.trainer.get(quizPath).want(200), "open.pair")
	form = pair.fields()
	form.Set("row.0.left.vi", "a -> b")
	form.Set("do", "save")
	if got := p.trainer.post(quizPath, form).want(422).one(".note.bad"); !strings.Contains(got, "->") {
		t.Error(got)
	}
	single := p.press(p.trainer.get(quizPath).want(200), "open.one")
	form = single.fields()
	form.Set("row.0.weight", "50")
	form.Set("do", "save")
	if got := p.trainer.post(quizPath, form).want(422).one(".note.bad"); !strings.Contains(got, "100") {
		t.Error(got)
	}
	if order(p.draftQuiz()) != "one many true word number pair" || p.draftQuiz().Questions[5].Pairs[0].LeftText.Vi != "first" {
		t.Error("something was saved")
	}
	for _, do := range []string{"add", "row.add", "up.one", "drop.nobody", "nonsense", "undo.x", "row.drop.x"} {
		if got := p.trainer.post(quizPath, url.Values{"do": {do}, "vi": {"1"}, "en": {"1"}}); got.Status != 400 {
			t.Errorf("%s: %d", do, got.Status)
		}
	}
}

func TestGIFTTextIsTakenInWithMistakesNamedByLine(t *testing.T) {
	p := newDraft(t)
	text := "// said by Lan\n// [id:a]\nA {b\n=c####d}\n"
	post := url.Values{"do": {"text"}, "vi": {"1"}, "en": {"1"}, "text.vi": {text}, "text.en": {text}}
	page := p.trainer.get(p.trainer.post(quizPath, post).leads()).want(200)
	if got := page.find("textarea.gift"); len(got) != 2 || textOf(got[0]) != strings.Join(strings.Fields(text), " ") {
		t.Errorf("%s", page.text())
	}
	if got := textOf(page.find(".mistakes li")[0]); !strings.Contains(got, "dòng 3 ") || strings.Contains(got, "mistake.") {
		t.Error(got)
	}
	form := p.trainer.get(quizPath).want(200) // the form would lose "b"
	if len(form.find("form.quiz-edit")) != 0 || len(form.find("textarea.gift")) != 2 {
		t.Errorf("%s", form.text())
	}
	if got := p.trainer.post(quizPath, url.Values{"do": {"save"}, "vi": {"2"}, "en": {"2"}}); got.Status != 422 {
		t.Errorf("a form over what it would spoil: %d", got.Status)
	}
	post = url.Values{"do": {"text"}, "vi": {"2"}, "en": {"2"}, "text.vi": {strings.Replace(text, "{b\n", "{\n", 1)}, "text.en": {strings.Replace(text, "{b\n", "{\n", 1)}}
	p.trainer.post(quizPath, post).want(303)
	p.press(p.trainer.get(quizPath).want(200), "open.a")
	if got := p.trainer.get(quizPath + "?q=a").want(200); got.one("textarea[name='notes.vi']") != "said by Lan" {
		t.Errorf("%s", got.text())
	}
}

func TestTwoWhoWriteOneQuizLoseNothing(t *testing.T) {
	p := newDraft(t)
	mine := p.press(p.trainer.get(quizPath).want(200), "open.one")
	theirs := p.press(p.trainer.get(quizPath).want(200), "open.pair")
	p.press(theirs, "save", "prompt.vi", "Theirs")

	form := mine.fields()
	form.Set("prompt.vi", "Mine")
	form.Set("do", "save")
	page := p.trainer.post(quizPath, form).want(409)
	yours, their := textOf(page.find("textarea.gift")[0]), page.find("pre")
	if !strings.Contains(yours, "Mine") || !strings.Contains(yours, "Theirs") || len(their) != 1 || strings.Contains(textOf(their[0]), "Mine") {
		t.Errorf("far apart they are put together: %s", page.text())
	}
	if strings.Contains(p.draftQuiz().Questions[0].Prompt.Vi, "Mine") {
		t.Error("it was saved without asking")
	}
	put := url.Values{"do": {"text"}, "vi": {page.attr("input[name=vi]", "value")}, "en": {page.attr("input[name=en]", "value")}}
	for i, lang := range []string{"vi", "en"} {
		put.Set("text."+lang, page.find("textarea.gift")[i].FirstChild.Data)
	}
	p.trainer.post(quizPath, put).want(303)
	if q := p.draftQuiz().Questions; q[0].Prompt.Vi != "Mine" || q[5].Prompt.Vi != "Theirs" {
		t.Errorf("%+v", q)
	}

	form.Set("prompt.vi", "Mine, later") // the same place
	form.Set("vi", "2")
	page = p.trainer.post(quizPath, form).want(409)
	if got := textOf(page.find("textarea.gift")[0]); !strings.Contains(got, "Mine, later") {
		t.Errorf("what was typed is lost: %s", got)
	}
	if theirs, yours := page.find(".diff .minus"), page.find(".diff .plus"); len(theirs) == 0 || len(yours) == 0 || !strings.Contains(textOf(yours[0]), "Mine, later") {
		t.Errorf("what is different is not shown: %s", page.text())
	}

	old, _ := p.desk.ReadRev(t.Context(), "K1", "lessons/thu.vi.gift", 2) // written as text, as browsers send it
	text := url.Values{"do": {"text"}, "vi": {"2"}, "en": {page.attr("input[name=en]", "value")}, "text.en": {page.find("textarea.gift")[1].FirstChild.Data}}
	text.Set("text.vi", strings.ReplaceAll(strings.TrimRight(old.Text, "\n")+"\n\nCuối.\n", "\n", "\r\n"))
	page = p.trainer.post(quizPath, text).want(409)
	if got := textOf(page.find("textarea.gift")[0]); len(page.find(".diff .minus")) > 0 || !strings.Contains(got, "Mine") || !strings.Contains(got, "Cuối.") {
		t.Errorf("far apart they are put together: %s", page.text())
	}
}

func TestADrawIsSetAndTheQuizTriedWithoutATrace(t *testing.T) {
	p := newDraft(t)
	p.trainer.post(quizPath, url.Values{"do": {"draw"}, "vi": {"1"}, "en": {"1"}, "all": {"many"}}).want(422)
	p.trainer.post(quizPath, url.Values{"do": {"draw"}, "vi": {"1"}, "en": {"1"}, "all": {"2"}}).want(303)
	if stale := p.trainer.post(quizPath, url.Values{"do": {"draw"}, "vi": {"1"}, "en": {"1"}, "was": {"null"}, "all": {"3"}}).want(409); !strings.Contains(stale.text(), "Có người vừa sửa") {
		t.Errorf("whoever saw no draw is not told of the new one: %s", stale.text())
	}
	seen := p.trainer.get(quizPath).want(200).attr("input[name=was]", "value")
	p.trainer.post(quizPath, url.Values{"do": {"draw"}, "vi": {"1"}, "en": {"1"}, "was": {seen}, "all": {"2"}}).want(303)
	page := p.trainer.get(quizPath + "?view=try&draw=3").want(200)
	if n := len(page.find("fieldset.question")); n != 2 {
		t.Fatalf("%d questions are asked", n)
	}
	asked := p.draftQuiz().Drawn("", "thu", 3)
	answers := form("x", rightAnswers(asked))
	answers.Set("do", "try")
	answers.Set("draw", "3")
	result := p.trainer.post(quizPath, answers).want(200)
	if got := result.one(".note.good[role=status]"); !strings.HasPrefix(got, "Đạt 100 %") || len(result.find("section.question")) != 2 {
		t.Errorf("%s", result.text())
	}
	n, err := p.Server.store.Count(t.Context(), courses.AttemptKind, store.Query{})
	if err != nil || n[0].N != 0 {
		t.Errorf("%v attempts are kept, %v", n, err)
	}
}

func TestQuizEditorSavesForPrograms(t *testing.T) {
	p := newDraft(t)
	page := p.press(p.trainer.get(quizPath).want(200), "open.one")
	form := page.fields()
	form.Set("prompt.vi", "Tự lưu")
	form.Set("do", "save")
	send := func() *reply { return p.trainer.takes("application/json").post(quizPath, form) }
	var kept struct{ Vi, En int }
	send().want(200).json(&kept)
	if kept.Vi != 2 || kept.En != 2 && kept.En != 1 {
		t.Errorf("%+v", kept)
	}
	form.Set("prompt.vi", "Từ bản cũ")
	send().want(409)
}
