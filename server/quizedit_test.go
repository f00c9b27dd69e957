package server

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

// newDraft is a province whose trainer has the course K1 open.
func newDraft(t testing.TB) *province {
	p := newProvince(t)
	p.publish(shortCourse("K1", courses.LibraryService))
	if _, err := p.Desk.Open(t.Context(), "K1", "trainer"); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestACourseIsOpenedForWritingFromItsQuiz(t *testing.T) {
	p := newProvince(t)
	p.publish(shortCourse("K1", courses.LibraryService))
	shown := p.trainer.get(quizPath).want(200)
	if len(shown.find("form.quiz-edit")) != 0 || shown.attr(".note button", "value") != "begin" {
		t.Errorf("%s", shown.text())
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
func (p *province) press(shown *reply, button string, typed ...string) *reply {
	p.t.Helper()
	form := shown.fields()
	for i := 0; i+1 < len(typed); i += 2 {
		form.Set(typed[i], typed[i+1])
	}
	form.Set("do", button)
	return p.trainer.get(p.trainer.post(quizPath, form).leads()).want(200)
}

func (p *province) draftQuiz() courses.Quiz {
	p.t.Helper()
	q, err := p.Desk.Quiz(p.t.Context(), "K1", "thu")
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
		shown := p.press(p.trainer.get(quizPath).want(200), "add", "kind", string(c.kind))
		typed := append([]string{"prompt.vi", "Hỏi " + string(c.kind), "prompt.en", "Ask", "pool", "Nhóm", "tags", "một, hai", "section", "2", "title.vi", "Tên"}, c.typed...)
		if c.kind == courses.Description {
			typed = append(typed, "title.vi", "")
		}
		shown = p.press(shown, "save", typed...)
		if got := shown.one(".note.good p"); got != "Đã lưu vào bản nháp." {
			t.Errorf("%s: %s", c.kind, got)
		}
		last := p.draftQuiz().Questions
		q := last[len(last)-1]
		if q.Kind != c.kind || q.Prompt.Vi != "Hỏi "+string(c.kind) || q.Prompt.En != "Ask" || q.Pool != "Nhóm" || strings.Join(q.Tags, "|") != "một|hai" || (q.Section != 2) != (c.kind == courses.Description) {
			t.Errorf("%s: %+v", c.kind, q)
		}
		e, err := p.Desk.Read(t.Context(), "K1", "lessons/thu.vi.gift")
		if err != nil || !strings.Contains(e.Text, c.gift) {
			t.Errorf("%s: %v\n%s\nwithout %q", c.kind, err, e.Text, c.gift)
		}
		again := p.press(shown, "save") // what the form shows is what was saved
		if now, _ := p.Desk.Read(t.Context(), "K1", "lessons/thu.vi.gift"); now.Rev != e.Rev {
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
	shown := p.trainer.get(quizPath).want(200)
	want("one many true word number pair")
	shown = p.press(shown, "open.many")
	if got := shown.find(".note.good"); len(got) > 0 { // nothing was typed, nothing saved
		t.Errorf("a question that is opened says %q", textOf(got[0]))
	}
	shown = p.press(shown, "up.number", "prompt.vi", "Typed before another button was pressed")
	want("one many true number word pair")
	if got := p.draftQuiz().Questions[1].Prompt.Vi; got != "Typed before another button was pressed" {
		t.Errorf("what was typed is lost: %q", got)
	}
	shown = p.press(shown, "down.one")
	want("many one true number word pair")
	shown = p.press(shown, "copy.true")
	want("many one true q7 number word pair")
	shown = p.press(shown, "drop.many")
	want("one true q7 number word pair")
	if got := shown.one(".note.good p"); got != "Đã bỏ câu hỏi." {
		t.Error(got)
	}
	undo := url.Values{"vi": {shown.attr(".note.good input[name=vi]", "value")}, "en": {shown.attr(".note.good input[name=en]", "value")}, "do": {shown.attr(".note.good button", "value")}}
	shown = p.trainer.get(p.trainer.post(quizPath, undo).leads()).want(200)
	want("many one true q7 number word pair")
	shown = p.press(shown, "open.one")
	shown = p.press(shown, "row.add")
	shown = p.press(shown, "save", "row.2.text.vi", "ba", "row.2.text.en", "three")
	shown = p.press(shown, "row.up.2")
	if o := p.draftQuiz().Questions[1].Options; len(o) != 3 || o[1].Text.Vi != "ba" || o[1].ID != "b" {
		t.Errorf("%+v", o)
	}
	p.press(shown, "row.drop.2")
	if o := p.draftQuiz().Questions[1].Options; len(o) != 2 || o[1].Text.En != "three" {
		t.Errorf("%+v", o)
	}
}

func TestWhatCannotBeReadIsAskedAgainWithEverythingKept(t *testing.T) {
	p := newDraft(t)
	shown := p.press(p.trainer.get(quizPath).want(200), "open.number")
	form := shown.fields()
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
	shown := p.trainer.get(p.trainer.post(quizPath, post).leads()).want(200)
	if got := shown.find("textarea.gift"); len(got) != 2 || textOf(got[0]) != strings.Join(strings.Fields(text), " ") {
		t.Errorf("%s", shown.text())
	}
	if got := textOf(shown.find(".mistakes li")[0]); !strings.Contains(got, "dòng 3 ") || strings.Contains(got, "mistake.") {
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

// Going back takes both files back or neither.
func TestGoingBackIsNotDoneByHalves(t *testing.T) {
	p := newDraft(t)
	p.press(p.press(p.trainer.get(quizPath).want(200), "open.one"), "save", "prompt.vi", "Mới", "prompt.en", "New")
	before, err := p.Desk.Quiz(t.Context(), "K1", "thu")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Desk.Save(t.Context(), "K1", before.En.Path, before.En.Rev, before.En.Text+"\n// another's\n", "pao"); err != nil {
		t.Fatal(err)
	}
	r := p.trainer.post(quizPath, typed("do", "undo.1-1", "vi", strconv.Itoa(before.Vi.Rev), "en", strconv.Itoa(before.En.Rev))).want(409)
	if !strings.Contains(r.one(".note.bad"), "nên chưa hoàn tác gì") {
		t.Error(r.text())
	}
	if now, err := p.Desk.Quiz(t.Context(), "K1", "thu"); err != nil || now.Vi.Rev != before.Vi.Rev || now.Vi.Text != before.Vi.Text {
		t.Errorf("%v: the Vietnamese file is revision %d after %d", err, now.Vi.Rev, before.Vi.Rev)
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
	to := p.trainer.post(quizPath, form).leads() // different questions are put together without asking
	if q := p.draftQuiz().Questions; q[0].Prompt.Vi != "Mine" || q[5].Prompt.Vi != "Theirs" {
		t.Errorf("%+v", q)
	}
	shown := p.trainer.get(to).want(200)
	if got := shown.one(".note.good p"); !strings.Contains(got, "ghép cùng những câu người khác vừa sửa") {
		t.Error(got)
	}

	form.Set("prompt.vi", "Mine, later") // the same place
	form.Set("vi", "2")
	shown = p.trainer.post(quizPath+"?done=saved", form).want(409) // the address is that of the save before
	if got := shown.find(".note.good"); len(got) > 0 {
		t.Errorf("a refusal stands under %q", textOf(got[0]))
	}
	if got := textOf(shown.find("textarea.gift")[0]); !strings.Contains(got, "Mine, later") {
		t.Errorf("what was typed is lost: %s", got)
	}
	if theirs, yours := shown.find(".diff .minus"), shown.find(".diff .plus"); len(theirs) == 0 || len(yours) == 0 || !strings.Contains(textOf(yours[0]), "Mine, later") {
		t.Errorf("what is different is not shown: %s", shown.text())
	}

	old, _ := p.Desk.ReadRev(t.Context(), "K1", "lessons/thu.vi.gift", 2) // written as text, as browsers send it
	text := url.Values{"do": {"text"}, "vi": {"2"}, "en": {shown.attr("input[name=en]", "value")}, "text.en": {shown.find("textarea.gift")[1].FirstChild.Data}}
	text.Set("text.vi", strings.ReplaceAll(strings.TrimRight(old.Text, "\n")+"\n\nCuối.\n", "\n", "\r\n"))
	shown = p.trainer.post(quizPath, text).want(409)
	if got := textOf(shown.find("textarea.gift")[0]); len(shown.find(".diff .minus")) > 0 || !strings.Contains(got, "Mine") || !strings.Contains(got, "Cuối.") {
		t.Errorf("far apart they are put together: %s", shown.text())
	}
}

// What is wrong leads to its question, by its number: a form has no lines.
func TestMistakesLeadToTheirQuestion(t *testing.T) {
	p := newDraft(t)
	p.press(p.press(p.trainer.get(quizPath).want(200), "add", "kind", "description"), "close")
	shown := p.press(p.press(p.trainer.get(quizPath).want(200), "add", "kind", "single"), "save", "prompt.vi", "Hỏi?", "row.0.text.vi", "a")
	var got []string
	for _, n := range shown.find(".mistakes .bad") {
		got = append(got, strings.TrimSpace(textOf(n)))
	}
	if len(got) != 3 || !strings.HasPrefix(got[0], "Đoạn chữ giữa các câu ") || !strings.HasPrefix(got[1], "Câu 7. một câu trả lời còn trống") || shown.attr(".mistakes .bad:last-child a", "href") != "?q=q8#open" {
		t.Errorf("%q", got)
	}
	if strings.Contains(shown.text(), "chưa có lời nhắn cho: .") || strings.HasSuffix(shown.text(), "cho:") {
		t.Errorf("an empty answer wants feedback: %s", shown.text())
	}
	list := p.trainer.get("/author/K1/review").want(200)
	if open := p.trainer.get(list.attr("#mistakes + .mistakes .bad:nth-child(2) a", "href")).want(200); open.attr("input[name=q]", "value") != "q8" {
		t.Errorf("the review leads to %q", open.attr("input[name=q]", "value"))
	}
}

// Who adds a question while somebody else does gets it open under an id of its own, and takes back only that one.
func TestTwoWhoAddQuestionsHaveBoth(t *testing.T) {
	p := newDraft(t)
	mine := p.trainer.get(quizPath).want(200)
	p.press(p.press(mine, "add", "kind", "essay"), "save", "prompt.vi", "Theirs")
	open := p.press(mine, "add", "kind", "essay")
	if got := open.attr("input[name=q]", "value"); got != "q8" || order(p.draftQuiz()) != "one many true word number pair q7 q8" {
		t.Errorf("%q is open of %s", got, order(p.draftQuiz()))
	}
	undo := url.Values{"vi": {open.attr("input[name=vi]", "value")}, "en": {open.attr("input[name=en]", "value")}, "do": {open.attr(".note.good button", "value")}}
	p.trainer.post(quizPath, undo).want(303)
	if got := order(p.draftQuiz()); !strings.HasSuffix(got, " q7") {
		t.Error(got)
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
	shown := p.trainer.get(quizPath + "?view=try&draw=3").want(200)
	if n := len(shown.find("fieldset.question")); n != 2 {
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
	n, err := p.Server.Store.Count(t.Context(), school.AttemptKind, store.Query{})
	if err != nil || n[0].N != 0 {
		t.Errorf("%v attempts are kept, %v", n, err)
	}
}

func TestQuizEditorSavesForPrograms(t *testing.T) {
	p := newDraft(t)
	shown := p.press(p.trainer.get(quizPath).want(200), "open.one")
	form := shown.fields()
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
