package bring

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lopban/courses"
	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// Questions in IMS QTI 2.1, 2.2 and 3.0. Version 3 writes qti-choice-interaction where version 2 writes
// choiceInteraction: both are read as choiceinteraction.

// qtiNames gives all elements and attributes of a tree the names that both versions share.
func qtiNames(n *html.Node) {
	for c := range n.Descendants() {
		if c.Type != html.ElementNode || c.Namespace != "" {
			continue
		}
		c.Data = qtiName(strings.TrimPrefix(c.Data, "qti-"))
		c.DataAtom = atom.Lookup([]byte(c.Data))
		for i, a := range c.Attr {
			c.Attr[i].Key = qtiName(a.Key)
		}
	}
}

func qtiName(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "")) }

// qtiRoot is the item of a document that is one, else nil.
func qtiRoot(doc *html.Node) *html.Node {
	for c := range doc.ChildNodes() {
		if c.Type == html.ElementNode && qtiName(strings.TrimPrefix(c.Data, "qti-")) == "assessmentitem" {
			return c
		}
	}
	return nil
}

func readQTIFile(doc *html.Node, g *gathering) error {
	qtiNames(doc)
	item := bundle.Child(doc, "assessmentitem")
	var quiz courses.Quiz
	g.question(&quiz, item, "")
	if len(quiz.Questions) == 0 {
		return bundle.Refused("bring-question", bundle.Said(g.left))
	}
	g.lesson(cmp.Or(markdown.Attr(item, "title"), g.title), "", quiz)
	return nil
}

// questions gathers the tests of a package, and its items that stand in no test.
func (r *imsReader) questions() error {
	var items []qtiRef
	tests := false
	for _, id := range r.order {
		res := r.resources[id]
		switch {
		case strings.Contains(res.kind, "imsqti_test"), strings.Contains(res.kind, "imsqti_assessment_"):
			tests = true
			if r.seen[res.href] {
				continue
			}
			r.seen[res.href] = true
			if err := r.test(res); err != nil {
				return err
			}
		case strings.Contains(res.kind, "imsqti_item"):
			items = append(items, qtiRef{file: res.href})
		case r.known(res):
		case strings.Contains(res.kind, "imsqti"), strings.Contains(res.kind, "x-bb-qti"):
			if err := r.oldResource(res); err != nil {
				return err
			}
		}
	}
	items = slices.DeleteFunc(items, func(i qtiRef) bool { return r.seen[i.file] })
	title := r.g.title
	if tests {
		title = looseTitle
	}
	return r.quiz(title, "", items)
}

// looseTitle is the title of a lesson of questions that stand in no test of their package.
const looseTitle = "Câu hỏi ngoài bài kiểm tra"

// qtiRef is a place in a test: an item, or the instructions of a section.
type qtiRef struct {
	file   string
	weight string
	text   string
}

// oldResource gathers the questions of a resource of version 1.2.
func (r *imsReader) oldResource(res imsResource) error {
	names := append([]string{res.href}, res.files...)
	for _, name := range names {
		ext := strings.ToLower(path.Ext(name))
		if name == "" || r.seen[name] || ext != ".xml" && ext != ".dat" && ext != ".qti" {
			continue
		}
		r.seen[name] = true
		doc, err := r.b.Xml(name, nil)
		if err != nil {
			return err
		}
		if doc != nil && r.g.oldFile(doc, name, res.title) {
			return nil
		}
	}
	r.g.left.Warn(res.href, 0, "left-file", cmp.Or(res.title, baseOf(res)))
	return nil
}

// baseOf is the name of a resource's file, for a word about it.
func baseOf(res imsResource) string {
	for _, name := range append([]string{res.href}, res.files...) {
		if name != "" {
			return path.Base(name)
		}
	}
	return "?"
}

// looseItems gathers the items of a zip without a manifest.
func looseItems(b *bundle.Bundle, g *gathering) (bool, error) {
	r := &imsReader{b: b, g: g, seen: map[string]bool{}}
	var items []qtiRef
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		if strings.ToLower(path.Ext(name)) != ".xml" {
			continue
		}
		doc, err := b.Xml(name, nil)
		switch {
		case err != nil:
		case qtiRoot(doc) != nil:
			items = append(items, qtiRef{file: name})
		case g.oldFile(doc, name, ""):
			r.seen[name] = true
		}
	}
	if len(items) == 0 && len(r.seen) == 0 {
		return false, nil
	}
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		if !r.seen[name] && !slices.ContainsFunc(items, func(i qtiRef) bool { return i.file == name }) {
			g.left.Warn(name, 0, "left-file", path.Base(name))
		}
	}
	return true, r.quiz(g.title, "", items)
}

// test makes a lesson of a test: what is said before its questions is the text, its items the quiz. Where several
// sections have instructions of their own, each stands before the section's questions.
func (r *imsReader) test(res imsResource) error {
	doc, err := r.b.Xml(res.href, nil)
	if err != nil {
		return err
	}
	if doc == nil {
		r.g.left.Warn(res.href, 0, "left-missing", path.Base(res.href))
		return nil
	}
	qtiNames(doc)
	test := bundle.Child(doc, "assessmenttest")
	if test == nil {
		r.g.left.Warn(res.href, 0, "left-file", path.Base(res.href))
		return nil
	}
	sections := map[*html.Node]bool{}
	for n := range test.Descendants() {
		if n.Data == "rubricblock" {
			sections[n.Parent] = true
		}
	}
	rubrics := bundle.Tag(atom.Body)
	left := &markdown.LeftOut{}
	var items []qtiRef
	var moved []*html.Node
	for n := range test.Descendants() {
		switch n.Data {
		case "assessmentitemref":
			ref := qtiRef{file: within(path.Dir(res.href), markdown.Attr(n, "href"))}
			for _, w := range children(n, "weight") {
				if v, err := strconv.ParseFloat(markdown.Attr(w, "value"), 64); err == nil && v != 1 {
					ref.weight = markdown.Attr(w, "value")
				}
			}
			if ref.file == "" {
				ref.file = markdown.Attr(n, "href")
			}
			items = append(items, ref)
		case "rubricblock":
			if len(sections) > 1 && n.Parent.Data == "assessmentsection" {
				items = append(items, qtiRef{text: (&markdown.Writer{Left: left}).Line(n)})
			} else {
				moved = append(moved, n)
			}
		case "selection":
			r.g.left.Warn(res.href, 0, "left-selection")
		case "timelimits", "precondition", "branchrule", "testfeedback", "templatedefault", "itemsessioncontrol":
			said := n.Data
			if n.Data == "testfeedback" {
				said = markdown.Short((&markdown.Writer{Left: left}).Line(n))
			}
			for _, a := range n.Attr {
				if n.Data == "timelimits" || n.Data == "itemsessioncontrol" {
					said += " " + a.Key + "=" + a.Val
				}
			}
			r.g.left.Warn(res.href, 0, "left-test-rule", said)
		}
	}
	for _, n := range moved {
		n.Parent.RemoveChild(n)
		rubrics.AppendChild(n)
	}
	body := (&markdown.Writer{Left: left, Shift: markdown.HeadingShift(rubrics)}).Markdown(rubrics)
	r.g.left = append(r.g.left, left.Mistakes(res.href)...)
	return r.quiz(cmp.Or(markdown.Attr(test, "title"), r.g.title), body, items)
}

// maxQuestions is how many questions of a package are looked at, and maxPerLesson how many a lesson gets.
const (
	maxQuestions = 5000
	maxPerLesson = 500
)

// quiz makes a lesson of items.
func (r *imsReader) quiz(title, body string, items []qtiRef) error {
	var quiz courses.Quiz
	for i, ref := range items {
		if i == maxQuestions {
			r.g.left.Warn("", 0, "left-questions", strconv.Itoa(len(items)-i))
			break
		}
		if ref.text != "" {
			r.g.keep(&quiz, courses.Question{Kind: courses.Description, Prompt: courses.Text{Vi: ref.text}}, mistake.Mistake{}, "", "", "huong-dan")
			continue
		}
		r.seen[ref.file] = true
		if !r.b.Has(ref.file) {
			r.g.left.Warn(ref.file, 0, "left-missing", ref.file)
			continue
		}
		doc, err := r.b.Xml(ref.file, nil)
		if err != nil {
			return err
		}
		qtiNames(doc)
		item := bundle.Child(doc, "assessmentitem")
		if item == nil {
			r.g.left.Warn(ref.file, 0, "left-file", path.Base(ref.file))
			continue
		}
		r.g.question(&quiz, item, ref.file)
		if ref.weight != "" {
			r.g.left.Warn(ref.file, 0, "left-weight", markdown.Short(cmp.Or(markdown.Attr(item, "title"), markdown.Attr(item, "identifier"))), ref.weight)
		}
	}
	r.g.quizLessons(title, body, quiz)
	return nil
}

// quizLessons makes lessons of a quiz, as few as may hold it.
func (g *gathering) quizLessons(title, body string, quiz courses.Quiz) {
	g.quizWith(title, body, quiz, nil)
}

// quizWith is quizLessons with the pictures of questions, by their ids: they stand in the text of the lesson, which its
// questions point to.
func (g *gathering) quizWith(title, body string, quiz courses.Quiz, pictures map[string][]shownPicture) {
	for part := 1; len(quiz.Questions) > 0; part++ {
		n, size := 0, 0
		for n < min(len(quiz.Questions), maxPerLesson) {
			var b bytes.Buffer
			_ = gift.WriteGIFT(&b, courses.Quiz{Questions: quiz.Questions[n : n+1]}, "vi") // memory takes it all
			if size += b.Len() + 120; n > 0 && size > markdown.MaxText {
				break
			}
			n++
		}
		name := title
		if part > 1 {
			name += " (" + strconv.Itoa(part) + ")"
			body = ""
		}
		for i := range quiz.Questions[:n] {
			q := &quiz.Questions[i]
			for _, p := range pictures[q.ID] {
				if body != "" {
					body += "\n"
				}
				body += "## " + markdown.EscapeText("Hình cho câu: "+line(q.Title.Vi, q.ID), false, ' ', 0) + "\n\n![" + markdown.EscapeText(markdown.Clean(p.alt), false, '[', ']') + "](../media/" + p.file + ")\n"
				if q.Section == 0 {
					q.Section = min(strings.Count("\n"+body, "\n## "), 99)
				}
			}
		}
		g.lesson(name, body, courses.Quiz{Questions: quiz.Questions[:n]})
		quiz.Questions = quiz.Questions[n:]
	}
}

// question adds an item to a quiz, or names it where no kind of question of ours says the same.
func (g *gathering) question(quiz *courses.Quiz, item *html.Node, file string) {
	left := &markdown.LeftOut{}
	name := cmp.Or(markdown.Attr(item, "title"), markdown.Attr(item, "identifier"))
	q := &qtiItem{w: &markdown.Writer{Left: left}, item: item, responses: map[string]qtiResponse{}}
	made, why := q.read()
	if g.keep(quiz, made, why, file, name, markdown.Attr(item, "identifier")) {
		for _, m := range q.said {
			g.left.Warn(file, 0, m.Code, append([]string{markdown.Short(name)}, m.Args...)...)
		}
		g.left = append(g.left, left.Mistakes(file)...)
	}
}

// keep adds a question to a quiz under an id of its own, or names it with what keeps it out: why, if it is known
// already, or a mistake that GIFT has with it.
func (g *gathering) keep(quiz *courses.Quiz, made courses.Question, why mistake.Mistake, file, name, id string) bool {
	if why.Code == "" {
		made.ID = g.questionID(id)
		made.Title.Vi = line(cmp.Or(made.Title.Vi, name), made.ID)
		for i, p := range made.Pairs {
			made.Pairs[i].Right = gift.RightID(made.ID, p.RightText.Vi)
		}
		said, bad := unwritable(made)
		if !bad {
			quiz.Questions = append(quiz.Questions, made)
			return true
		}
		why = mistake.Mistake{Code: "left-question", Args: []string{string(made.Kind)}}
		if said.Code != "" {
			defer g.left.Warn(file, 0, said.Code, said.Args...)
		}
	}
	g.left.Warn(file, 0, why.Code, append([]string{markdown.Short(name)}, why.Args...)...)
	return false
}

var notID = regexp.MustCompile(`[^A-Za-z0-9]+`)

// questionID is an id that no other question of the file has.
func (g *gathering) questionID(id string) string {
	id = strings.Trim(notID.ReplaceAllString(id, "-"), "-")
	return g.id("question", cmp.Or(strings.TrimRight(id[:min(len(id), 56)], "-"), "q"))
}

// unwritable says whether a question cannot be one of GIFT's, and which mistake it would be, if it is one.
func unwritable(q courses.Question) (mistake.Mistake, bool) {
	var b bytes.Buffer
	_ = gift.WriteGIFT(&b, courses.Quiz{Questions: []courses.Question{q}}, "vi") // memory takes it all
	back, m := gift.ParseQuiz(gift.Source{Data: b.Bytes()}, gift.Source{})
	for _, one := range m {
		if !one.Warning {
			return one, true
		}
	}
	if len(back.Questions) != 1 || back.Questions[0].Kind != q.Kind {
		return mistake.Mistake{}, true
	}
	var texts mistake.Mistakes
	check := func(all ...courses.Text) {
		for _, t := range all {
			markdown.CheckInline(&texts, "", 0, t.Vi, nil)
		}
	}
	check(q.Prompt, q.Tail, q.Feedback, q.Other)
	for _, o := range q.Options {
		check(o.Text, o.Feedback)
	}
	for _, a := range q.Accepted {
		check(a.Feedback)
	}
	for _, r := range q.Ranges {
		check(r.Feedback)
	}
	for _, p := range q.Pairs {
		check(p.LeftText, p.RightText)
	}
	for _, one := range texts {
		if !one.Warning {
			return one, true
		}
	}
	return mistake.Mistake{}, false
}

type qtiItem struct {
	w         *markdown.Writer
	item      *html.Node
	responses map[string]qtiResponse
	rule      *qtiRule
	unread    bool // the rule has something that is not read here
	notes     []qtiNote
	general   []string         // feedback whatever the answer
	said      mistake.Mistakes // what is not as it was, without the item's name
}

// qtiNote is feedback that an outcome shows or hides.
type qtiNote struct{ outcome, id, showHide, text string }

type qtiResponse struct {
	cardinality, kind  string
	correct            []string
	mapping            map[string]float64
	folds              map[string]bool // keys that take any case
	keys               []string        // of the mapping, in order
	otherwise          float64         // for a value that the mapping does not name
	lower, upper       float64
	hasLower, hasUpper bool
}

// because is why an item is no question of ours.
func because(code string, args ...string) mistake.Mistake {
	return mistake.Mistake{Code: code, Args: args}
}

// read makes a question of the item, or says why it cannot be one.
func (q *qtiItem) read() (courses.Question, mistake.Mistake) {
	body := bundle.Child(q.item, "itembody")
	if body == nil {
		return courses.Question{}, because("left-question-several", "0")
	}
	for n := range q.item.Descendants() {
		if n.Data == "templatedeclaration" || n.Data == "printedvariable" {
			return courses.Question{}, because("left-question-random")
		}
	}
	q.declarations()
	var found, aside []*html.Node
	for n := range body.Descendants() {
		switch {
		case n.Data == "rubricblock", n.Data == "endattemptinteraction", n.Data == "feedbackblock", n.Data == "feedbackinline" && !inChoice(n):
			aside = append(aside, n)
		case strings.HasSuffix(n.Data, "interaction"):
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		return courses.Question{}, because("left-question-several", strconv.Itoa(len(found)))
	}
	var notes []string
	for _, n := range aside {
		view := markdown.Attr(n, "view")
		switch {
		case n.Data == "rubricblock" && (view == "" || slices.Contains(strings.Fields(view), "candidate")):
			n.Data, n.DataAtom = "div", atom.Div
			continue
		case n.Data == "rubricblock":
			for l := range strings.Lines(q.w.Line(n)) {
				notes = append(notes, gift.NoteIn(l))
			}
		case n.Data == "endattemptinteraction":
			q.w.Left.Count("left-controls")
		case n.Parent != nil:
			q.note(n)
		}
		if n.Parent != nil {
			n.Parent.RemoveChild(n)
		}
	}
	made, why := q.interaction(body, found[0])
	made.Notes.Vi = strings.Join(slices.DeleteFunc(notes, func(s string) bool { return s == "" }), "\n")
	return made, why
}

// otherKind names a kind of interaction that no question of ours is.
func otherKind(kind string) mistake.Mistake {
	switch kind {
	case "order", "graphicorder":
		return because("left-question-order")
	case "gapmatch", "graphicgapmatch", "hottext":
		return because("left-question-gaps")
	case "hotspot", "selectpoint", "positionobject", "graphicassociate":
		return because("left-question-picture")
	case "match", "associate":
		return because("left-question-pairs")
	case "upload", "drawing", "media":
		return because("left-question-upload")
	}
	return because("left-question", kind)
}

func inChoice(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.Data == "simplechoice" || n.Data == "inlinechoice" {
			return true
		}
	}
	return false
}

func (q *qtiItem) note(n *html.Node) {
	if text := q.w.Line(n); text != "" {
		q.notes = append(q.notes, qtiNote{markdown.Attr(n, "outcomeidentifier"), markdown.Attr(n, "identifier"), markdown.Attr(n, "showhide"), text})
	}
}

func (q *qtiItem) declarations() {
	for n := range q.item.ChildNodes() {
		switch n.Data {
		case "responsedeclaration":
			r := qtiResponse{cardinality: markdown.Attr(n, "cardinality"), kind: markdown.Attr(n, "basetype"), mapping: map[string]float64{}, folds: map[string]bool{}}
			for c := range orNode(bundle.Child(n, "correctresponse")).ChildNodes() {
				if c.Data == "value" {
					r.correct = append(r.correct, strings.TrimSpace(textIn(c)))
				}
			}
			if m := bundle.Child(n, "mapping"); m != nil {
				r.readMapping(m)
			}
			q.responses[markdown.Attr(n, "identifier")] = r
		case "modalfeedback":
			q.note(n)
		}
	}
}

// readMapping reads a mapping.
func (r *qtiResponse) readMapping(n *html.Node) {
	number := func(s string) (float64, bool) {
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil && math.Abs(v) < 1e6
	}
	r.otherwise, _ = number(markdown.Attr(n, "defaultvalue"))
	r.lower, r.hasLower = number(markdown.Attr(n, "lowerbound"))
	r.upper, r.hasUpper = number(markdown.Attr(n, "upperbound"))
	for _, c := range children(n, "mapentry") {
		if v, ok := number(markdown.Attr(c, "mappedvalue")); ok {
			key := strings.TrimSpace(markdown.Attr(c, "mapkey"))
			r.mapping[key] = v
			r.folds[key] = markdown.Attr(c, "casesensitive") == "false"
			r.keys = append(r.keys, key)
		}
	}
}

// interaction makes the question of its one interaction; in the prompt a line to write on stands for one inside a
// sentence.
func (q *qtiItem) interaction(body, n *html.Node) (courses.Question, mistake.Mistake) {
	id := markdown.Attr(n, "responseidentifier")
	r := q.responses[id]
	if q.rule = newRule(q.item, q.responses, id); q.rule == nil {
		q.rule = looseRule(q.responses, id)
	}
	made := courses.Question{}
	var why mistake.Mistake
	switch n.Data {
	case "choiceinteraction", "inlinechoiceinteraction":
		why = q.choice(n, r, &made)
	case "textentryinteraction":
		why = q.entry(r, &made)
	case "matchinteraction", "associateinteraction":
		why = q.match(n, r, &made)
	case "extendedtextinteraction":
		made.Kind = courses.Essay
		for _, f := range q.notes {
			q.general = append(q.general, f.text)
		}
		q.general = append(q.general, r.correct...)
	default:
		return made, otherKind(strings.TrimSuffix(n.Data, "interaction"))
	}
	if why.Code != "" {
		return made, why
	}
	stand := bundle.TextNode(" ___ ")
	if n.Data != "textentryinteraction" && n.Data != "inlinechoiceinteraction" {
		stand = bundle.Tag(atom.Div)
		if prompt := bundle.Child(n, "prompt"); prompt != nil {
			n.RemoveChild(prompt)
			prompt.Data, prompt.DataAtom = "div", atom.Div
			stand = prompt
		}
	}
	n.Parent.InsertBefore(stand, n)
	n.Parent.RemoveChild(n)
	made.Prompt.Vi = strings.TrimSpace(q.w.Line(body))
	made.Feedback.Vi = strings.Join(slices.DeleteFunc(q.general, func(s string) bool { return s == "" }), "\n")
	return made, mistake.Mistake{}
}

// marked runs the rule of the item. A rule that cannot be read gives way to the key alone, and that is said.
func (q *qtiItem) marked(answer ...string) qtiMarked {
	if len(answer) == 1 && answer[0] == "" {
		answer = nil
	}
	m, ok := q.rule.mark(answer)
	if !ok {
		q.said.Warn("", 0, "left-rule")
		q.rule = looseRule(q.responses, q.rule.response)
		q.unread = true
	}
	return m
}

// settle weighs the answers, and once more where the rule turns out to be one that is not read here.
func (q *qtiItem) settle(weigh func() mistake.Mistake) mistake.Mistake {
	why := weigh()
	if q.unread {
		q.unread = false
		why = weigh()
	}
	return why
}

// qtiCase is an answer that somebody may give, and what it is worth.
type qtiCase struct {
	qtiMarked
	has   map[int]bool // options or pairs that it has
	share float64
}

// told says which of the cases show a piece of feedback; false where the file does not tell.
func (q *qtiItem) told(f qtiNote, cases []qtiCase, ids []string) ([]bool, bool) {
	shown := make([]bool, len(cases))
	right := slices.Contains([]string{"correct", "right", "true", "richtig", "dung"}, strings.ToLower(f.id))
	wrong := slices.Contains([]string{"incorrect", "wrong", "false", "falsch", "sai"}, strings.ToLower(f.id))
	option := slices.Index(ids, f.id)
	for i, c := range cases {
		switch {
		case q.rule.tells(f.outcome):
			shown[i] = c.shows(f)
		case option >= 0:
			shown[i] = c.has[option]
		case right || wrong:
			shown[i] = (c.share > 1-1e-4) == right
		default:
			return nil, false
		}
	}
	return shown, true
}

// untold names feedback that goes nowhere.
func (q *qtiItem) untold(f qtiNote) { q.said.Warn("", 0, "left-feedback", markdown.Short(f.text)) }

// assign gives each piece of feedback to the answers of a question of which one is given, -1 for any other answer; what
// all of them show is the question's.
func (q *qtiItem) assign(cases []qtiCase, ids []string, give func(i int, text string)) {
	for _, f := range q.notes {
		shown, ok := q.told(f, cases, ids)
		switch {
		case !ok || !slices.Contains(shown, true):
			q.untold(f)
		case !slices.Contains(shown, false):
			q.general = append(q.general, f.text)
		default:
			for i, s := range shown {
				if s {
					give(i, f.text)
				}
			}
		}
	}
}

func addLine(to *string, text string) {
	if *to != "" {
		*to += "\n"
	}
	*to += text
}

// choice reads options.
func (q *qtiItem) choice(n *html.Node, r qtiResponse, made *courses.Question) mistake.Mistake {
	made.Kind = courses.SingleChoice
	if r.cardinality == "multiple" {
		made.Kind = courses.MultipleChoice
	} else if r.cardinality != "single" {
		return because("left-question-order")
	}
	var ids []string
	for c := range n.ChildNodes() {
		if c.Data != "simplechoice" && c.Data != "inlinechoice" {
			continue
		}
		o := courses.Option{ID: string(rune('a' + len(made.Options)%gift.MaxAnswers))}
		for _, f := range inside(c, "feedbackinline", "feedbackblock") {
			if text := q.w.Line(f); text != "" {
				addLine(&o.Feedback.Vi, text)
			}
			f.Parent.RemoveChild(f)
		}
		o.Text.Vi = q.w.Line(c)
		made.Options = append(made.Options, o)
		ids = append(ids, markdown.Attr(c, "identifier"))
	}
	if len(made.Options) > gift.MaxAnswers || len(made.Options) == 0 {
		return because("left-question", "choice")
	}
	if made.Kind == courses.SingleChoice {
		return q.settle(func() mistake.Mistake { return q.one(ids, made) })
	}
	most, _ := strconv.Atoi(markdown.Attr(n, "maxchoices"))
	return q.settle(func() mistake.Mistake { return q.several(ids, most, r, made) })
}

// inside are the elements of either name inside one, outermost first and none inside another.
func inside(n *html.Node, names ...string) []*html.Node {
	var all []*html.Node
	for c := range n.ChildNodes() {
		if slices.Contains(names, c.Data) {
			all = append(all, c)
		} else if c.Type == html.ElementNode {
			all = append(all, inside(c, names...)...)
		}
	}
	return all
}

// one weighs options of which one is chosen.
func (q *qtiItem) one(ids []string, made *courses.Question) mistake.Mistake {
	var cases []qtiCase
	most := 0.0
	for i, id := range ids {
		c := qtiCase{qtiMarked: q.marked(id), has: map[int]bool{i: true}}
		most = max(most, c.score)
		cases = append(cases, c)
	}
	if most <= 0 || q.marked().score > 0 {
		return because("left-question-nokey")
	}
	for i := range cases {
		cases[i].share = cases[i].score / most
		made.Options[i].Weight = seven(max(cases[i].share, -1))
	}
	if q.unread {
		return mistake.Mistake{}
	}
	q.assign(cases, ids, func(i int, text string) { addLine(&made.Options[i].Feedback.Vi, text) })
	return mistake.Mistake{}
}

func seven(w float64) float64 { return math.Round(w*1e7)/1e7 + 0 }

// several weighs options of which any number is chosen: as weights that are added, or as a whole that is right or not,
// whichever the rule is.
func (q *qtiItem) several(ids []string, most int, r qtiResponse, made *courses.Question) mistake.Mistake {
	cases, best := q.subsets(ids, most, r)
	if q.unread {
		return mistake.Mistake{}
	}
	if best <= 0 || q.marked().score > 0 {
		return because("left-question-nokey")
	}
	below := false
	for i := range cases {
		cases[i].share = min(max(cases[i].score/best, 0), 1)
		below = below || cases[i].score < 0
	}
	if !q.weights(ids, cases, best, r, made) {
		return because("left-question-rule")
	}
	if below && !made.Whole {
		q.w.Left.Count("left-below-zero")
	}
	zero := slices.ContainsFunc(made.Options, func(o courses.Option) bool { return o.Weight == 0 })
	negative := slices.ContainsFunc(made.Options, func(o courses.Option) bool { return o.Weight < 0 })
	if most > 0 && most < len(ids) && zero && !negative {
		q.said.Warn("", 0, "left-max-choices", strconv.Itoa(most))
	}
	for _, f := range q.notes {
		shown, ok := q.told(f, cases, ids)
		option := -1
		for i := range ids {
			if ok && slices.EqualFunc(cases, shown, func(c qtiCase, shown bool) bool { return c.has[i] == shown }) {
				option = i
			}
		}
		switch {
		case ok && !slices.Contains(shown, false):
			q.general = append(q.general, f.text)
		case option >= 0:
			addLine(&made.Options[option].Feedback.Vi, f.text)
		default:
			q.untold(f)
		}
	}
	return mistake.Mistake{}
}

// maxSubsets is of how many options all choices are tried; of more each one, each two, all but one, and what the key
// names.
const maxSubsets = 8

func (q *qtiItem) subsets(ids []string, most int, r qtiResponse) ([]qtiCase, float64) {
	var sets []map[int]bool
	add := func(in func(i int) bool) {
		set := map[int]bool{}
		for i := range ids {
			if in(i) {
				set[i] = true
			}
		}
		if len(set) > 0 && (most <= 0 || len(set) <= most) {
			sets = append(sets, set)
		}
	}
	if len(ids) <= maxSubsets {
		for bits := range 1 << len(ids) {
			add(func(i int) bool { return bits>>i&1 == 1 })
		}
	} else {
		right := func(i int) bool { return slices.Contains(r.correct, ids[i]) }
		worth := func(i int) bool { return r.mapping[ids[i]] > 0 }
		for a := range ids {
			for b := range a + 1 {
				add(func(i int) bool { return i == a || i == b })
			}
			add(func(i int) bool { return i != a })
			add(func(i int) bool { return right(i) != (i == a) })
			add(func(i int) bool { return worth(i) != (i == a) })
		}
		add(right)
		add(worth)
		add(func(int) bool { return true })
	}
	var cases []qtiCase
	best := 0.0
	for _, set := range sets {
		var answer []string
		for i, id := range ids {
			if set[i] {
				answer = append(answer, id)
			}
		}
		c := qtiCase{qtiMarked: q.marked(answer...), has: set}
		if q.unread {
			return nil, 0
		}
		best = max(best, c.score)
		cases = append(cases, c)
	}
	return cases, best
}

// weights finds the weights with which each of the cases is worth what the rule says.
func (q *qtiItem) weights(ids []string, cases []qtiCase, best float64, r qtiResponse, made *courses.Question) bool {
	whole := map[int]bool{}
	n := 0
	for _, c := range cases {
		if c.score >= best-1e-9 {
			whole = c.has
			n++
		}
	}
	ways := []func(i int) float64{
		func(i int) float64 { return r.mapped([]string{ids[i]}) / best },
		func(i int) float64 {
			w, ok := r.mapping[ids[i]]
			if !ok {
				w = r.otherwise
			}
			return w / best
		},
		func(i int) float64 {
			for _, c := range cases {
				if len(c.has) == 1 && c.has[i] {
					return c.score / best
				}
			}
			return 0
		},
	}
	for _, way := range ways {
		made.Whole = false
		for i := range made.Options {
			made.Options[i].Weight = seven(max(min(way(i), 1), -1))
		}
		if asMarked(*made, cases) {
			return true
		}
	}
	for i := range made.Options {
		made.Options[i].Weight = -1
		if whole[i] {
			made.Options[i].Weight = seven(1 / float64(len(whole)))
		}
	}
	if made.Whole = !q.rule.loose; !made.Whole {
		return true // nothing says how it is marked: a part of the right ones is worth a part
	}
	return n == 1 && asMarked(*made, cases)
}

// asMarked says whether our marks of a question are the rule's.
func asMarked(made courses.Question, cases []qtiCase) bool {
	for _, c := range cases {
		a := courses.Answer{}
		for i, o := range made.Options {
			if c.has[i] {
				a.Options = append(a.Options, o.ID)
			}
		}
		_, marks := (&courses.Quiz{Questions: []courses.Question{made}}).Grade(map[string]courses.Answer{made.ID: a})
		if math.Abs(marks[made.ID].Share-c.share) > 1e-4 {
			return false
		}
	}
	return true
}

func children(n *html.Node, name string) []*html.Node {
	var all []*html.Node
	for c := range n.ChildNodes() {
		if c.Data == name {
			all = append(all, c)
		}
	}
	return all
}

// entry reads a text or a number.
func (q *qtiItem) entry(r qtiResponse, made *courses.Question) mistake.Mistake {
	if r.kind == "integer" || r.kind == "float" {
		made.Kind = courses.Numerical
		return q.settle(func() mistake.Mistake { return q.numbers(r, made) })
	}
	made.Kind = courses.ShortAnswer
	return q.settle(func() mistake.Mistake { return q.words(r, made) })
}

// constants are the texts that a rule compares with, besides the key.
func (q *qtiItem) constants(r qtiResponse) []string {
	var all []string
	add := func(s string) {
		if s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, s := range slices.Concat(r.correct, r.keys) {
		add(s)
	}
	if q.rule.root != nil && q.rule.template == "" {
		for n := range q.rule.root.Descendants() {
			if n.Data == "basevalue" && n.Parent.Data != "setoutcomevalue" {
				add(strings.TrimSpace(textIn(n)))
			}
		}
	}
	return all
}

// somethingElse is a text that no key has.
const somethingElse = "\u2603\u2603"

func (q *qtiItem) words(r qtiResponse, made *courses.Question) mistake.Mistake {
	made.Accepted, made.Spelling = nil, courses.SpellAny
	other := q.marked(somethingElse)
	most := max(other.score, 0)
	var cases []qtiCase
	exact, folded, letters := false, false, false
	for _, k := range q.constants(r) {
		c := qtiCase{qtiMarked: q.marked(k)}
		most = max(most, c.score)
		text := strings.ReplaceAll(strings.Join(strings.Fields(markdown.Clean(k)), " "), "*", `\*`)
		if c.score > other.score && q.marked(somethingElse+k+somethingElse).score == c.score {
			text = "*" + text + "*"
		}
		if swapped := swapCase(k); swapped != k && c.score > 0 {
			if q.marked(swapped).score == c.score {
				folded = true
			} else {
				exact = true
			}
		}
		letters = letters || strings.ContainsFunc(k, unicode.IsLetter)
		if slices.ContainsFunc(made.Accepted, func(a courses.Accepted) bool { return a.Text == text }) {
			continue
		}
		cases = append(cases, c)
		made.Accepted = append(made.Accepted, courses.Accepted{Text: text, Weight: c.score})
	}
	if most <= 0 || len(made.Accepted) == 0 || q.marked().score > 0 {
		return because("left-question-nokey")
	}
	switch {
	case exact:
		made.Spelling = courses.SpellCapitals
		if folded {
			q.said.Warn("", 0, "left-capitals")
		}
	case letters:
		made.Spelling = courses.SpellTones
	}
	cases = append(cases, qtiCase{qtiMarked: other})
	made.Accepted = append(made.Accepted, courses.Accepted{Text: "*", Weight: other.score})
	for i := range cases {
		cases[i].share = cases[i].score / most
		made.Accepted[i].Weight = seven(min(max(cases[i].share, 0), 1))
	}
	if q.unread {
		return mistake.Mistake{}
	}
	q.assign(cases, nil, func(i int, text string) { addLine(&made.Accepted[i].Feedback.Vi, text) })
	last := made.Accepted[len(made.Accepted)-1]
	made.Accepted = slices.DeleteFunc(made.Accepted, func(a courses.Accepted) bool {
		return a.Weight == 0 && a.Feedback == (courses.Text{}) && (a.Text == "*" || last.Weight == 0 && last.Feedback == courses.Text{})
	})
	return mistake.Mistake{}
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// farOff is where a range without an end ends.
const farOff = 1e15

// numbers finds the ranges of a rule: it is run at every number where it may change, and between them.
func (q *qtiItem) numbers(r qtiResponse, made *courses.Question) mistake.Mistake {
	made.Ranges, made.Other = nil, courses.Text{}
	var points []float64
	for _, s := range q.constants(r) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) >= farOff {
			return because("left-question", "number "+markdown.Short(s))
		}
		points = append(points, q.around(v)...)
	}
	slices.Sort(points)
	points = slices.CompactFunc(points, closeTo)
	if len(points) == 0 || len(points) > 400 {
		return because("left-question-nokey")
	}
	var cases []qtiCase
	var ends [][2]float64
	at := func(v, from, to float64) {
		cases = append(cases, qtiCase{qtiMarked: q.marked(strconv.FormatFloat(v, 'g', -1, 64))})
		ends = append(ends, [2]float64{from, to})
	}
	hair := func(v float64) float64 { return 1e-9 * max(1, math.Abs(v)) }
	first, last := points[0], points[len(points)-1]
	at(first-1-math.Abs(first), -farOff, gift.Twelve(first-hair(first)))
	for i, p := range points {
		at(p, p, p)
		if i+1 < len(points) {
			at((p+points[i+1])/2, gift.Twelve(p+hair(p)), gift.Twelve(points[i+1]-hair(points[i+1])))
		}
	}
	at(last+1+math.Abs(last), gift.Twelve(last+hair(last)), farOff)
	most := 0.0
	for _, c := range cases {
		most = max(most, c.score)
	}
	if most <= 0 || q.marked().score > 0 {
		return because("left-question-nokey")
	}
	if q.unread {
		return mistake.Mistake{}
	}
	notes := make([]string, len(cases))
	for i := range cases {
		cases[i].share = cases[i].score / most
	}
	q.assign(cases, nil, func(i int, text string) { addLine(&notes[i], text) })
	made.Other.Vi = notes[0]
	for i := 0; i < len(cases); i++ {
		from := i
		for i+1 < len(cases) && closeTo(cases[i+1].score, cases[from].score) && notes[i+1] == notes[from] {
			i++
		}
		w := seven(min(max(cases[from].share, 0), 1))
		if w == 0 && notes[from] == made.Other.Vi {
			continue
		}
		made.Ranges = append(made.Ranges, courses.Range{Min: ends[from][0], Max: ends[i][1], Weight: w, Feedback: courses.Text{Vi: notes[from]}})
	}
	return mistake.Mistake{}
}

// around are the numbers at which a rule that compares with v may change.
func (q *qtiItem) around(v float64) []float64 {
	points := []float64{v}
	if q.rule.root == nil || q.rule.template != "" {
		return points
	}
	for n := range q.rule.root.Descendants() {
		switch n.Data {
		case "equal":
			if low, high, ok := qtiTolerance(n, v); ok {
				points = append(points, gift.Twelve(low), gift.Twelve(high))
			}
		case "equalrounded":
			if step, ok := qtiStep(n, v); ok {
				middle, _ := qtiRounded(n, v)
				points = append(points, gift.Twelve(middle-step/2), gift.Twelve(middle+step/2))
			}
		}
	}
	return points
}

// match reads pairs: of two sets, or of one whose things belong together.
func (q *qtiItem) match(n *html.Node, r qtiResponse, made *courses.Question) mistake.Mistake {
	made.Kind = courses.Matching
	name := otherKind(strings.TrimSuffix(n.Data, "interaction"))
	text := map[string]string{}
	var lefts, rights []string
	if sets := children(n, "simplematchset"); len(sets) == 2 {
		lefts, rights = q.choices(sets[0], text), q.choices(sets[1], text)
	} else {
		q.choices(n, text)
	}
	pairs := r.correct
	if len(pairs) == 0 {
		for _, k := range r.keys {
			if r.mapping[k] > 0 {
				pairs = append(pairs, k)
			}
		}
	}
	used := map[string]bool{}
	for _, p := range pairs {
		ids := strings.Fields(p)
		if len(ids) != 2 || used[ids[0]] || text[ids[0]] == "" || text[ids[1]] == "" {
			return name
		}
		used[ids[0]], used[ids[1]] = true, true
		made.Pairs = append(made.Pairs, courses.Pair{Left: "l" + strconv.Itoa(len(made.Pairs)+1), LeftText: courses.Text{Vi: text[ids[0]]}, RightText: courses.Text{Vi: text[ids[1]]}})
	}
	for _, id := range lefts {
		if !used[id] {
			return name
		}
	}
	for _, id := range rights {
		if !used[id] {
			made.Pairs = append(made.Pairs, courses.Pair{RightText: courses.Text{Vi: text[id]}})
		}
	}
	return q.settle(func() mistake.Mistake { return q.pairs(pairs, made) })
}

// pairs finds out whether each pair is worth the same, or only all of them together.
func (q *qtiItem) pairs(pairs []string, made *courses.Question) mistake.Mistake {
	made.Whole = false
	n := len(pairs)
	best := q.marked(pairs...).score
	if best <= 0 || n == 0 {
		return because("left-question-nokey")
	}
	parts, whole := true, true
	var cases []qtiCase
	try := func(right int, answer []string) {
		c := qtiCase{qtiMarked: q.marked(answer...)}
		c.share = min(max(c.score/best, 0), 1)
		cases = append(cases, c)
		parts = parts && math.Abs(c.share-float64(right)/float64(n)) < 1e-4
		whole = whole && (right == n) == (c.share > 1-1e-4) && (right == n || c.share < 1e-4)
	}
	for i := range pairs {
		try(n-1, slices.Concat(pairs[:i], pairs[i+1:]))
		try(1, pairs[i:i+1])
		if j := (i + 1) % n; j != i { // two that are exchanged
			a, b := strings.Fields(pairs[i]), strings.Fields(pairs[j])
			wrong := slices.Clone(pairs)
			wrong[i], wrong[j] = a[0]+" "+b[1], b[0]+" "+a[1]
			if !slices.Contains(pairs, wrong[i]) {
				try(n-2, wrong)
			}
		}
	}
	try(n, pairs)
	if q.unread {
		return mistake.Mistake{}
	}
	switch {
	case parts || q.rule.loose && q.rule.template == "match":
	case whole:
		made.Whole = true
	default:
		q.said.Warn("", 0, "left-pair-weights")
	}
	for _, f := range q.notes {
		if shown, ok := q.told(f, cases, nil); ok && !slices.Contains(shown, false) {
			q.general = append(q.general, f.text)
		} else {
			q.untold(f)
		}
	}
	return mistake.Mistake{}
}

func (q *qtiItem) choices(n *html.Node, text map[string]string) []string {
	var ids []string
	for _, c := range children(n, "simpleassociablechoice") {
		id := markdown.Attr(c, "identifier")
		text[id] = q.w.Line(c)
		ids = append(ids, id)
	}
	return ids
}
