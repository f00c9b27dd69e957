package bring

import (
	"cmp"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lopban/courses"
	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// Questions in IMS QTI 1.2, as Canvas, Blackboard and Common Cartridges have them. An item is made into the parts of
// one of version 2 (choices, a rule that is run on answers, feedback by what shows it), and then both are read alike.

// oldFeedback is the outcome that the feedback of version 1.2 is linked to.
const oldFeedback = "displayfeedback"

type oldItem struct {
	*qtiItem
	item      *html.Node
	meta      map[string]string
	questions []*html.Node // response_lid, response_str, …
}

// oldNames gives elements and attributes names in lower case.
func oldNames(n *html.Node) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode {
			c.Data = strings.ToLower(c.Data)
			for i, a := range c.Attr {
				c.Attr[i].Key = strings.ToLower(a.Key)
			}
		}
	}
}

// oldQuestions gathers the items below a node, wherever their sections put them, into a lesson.
func (g *gathering) oldQuestions(root *html.Node, file, title string) {
	var quiz courses.Quiz
	for n := range root.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "item":
			g.oldQuestion(&quiz, n, file)
		case n.Data == "selection_number":
			g.left.Warn(file, 0, "left-selection")
		case n.Data == "assessment" && title == "":
			title = markdown.Attr(n, "title")
		case n.Data == "itemref":
			g.left.Warn(file, 0, "left-missing", markdown.Attr(n, "linkrefid"))
		}
	}
	g.quizLessons(cmp.Or(strings.TrimSpace(title), g.title), "", quiz)
}

func (g *gathering) oldQuestion(quiz *courses.Quiz, n *html.Node, file string) {
	left := &markdown.LeftOut{}
	q := &oldItem{qtiItem: &qtiItem{w: &markdown.Writer{Left: left}, item: n, responses: map[string]qtiResponse{}}, item: n, meta: map[string]string{}}
	made, why := q.readOld()
	name := cmp.Or(strings.TrimSpace(markdown.Attr(n, "title")), markdown.Short(made.Prompt.Vi), markdown.Attr(n, "ident"))
	if !g.keep(quiz, made, why, file, name, cmp.Or(markdown.Attr(n, "ident"), markdown.Slug(name))) {
		return
	}
	for _, m := range q.said {
		g.left.Warn(file, 0, m.Code, append([]string{markdown.Short(name)}, m.Args...)...)
	}
	g.left = append(g.left, left.Mistakes(file)...)
}

func (q *oldItem) readOld() (courses.Question, mistake.Mistake) {
	for n := range q.item.Descendants() {
		switch n.Data {
		case "qtimetadatafield":
			q.meta[strings.TrimSpace(textIn(orNode(bundle.Child(n, "fieldlabel"))))] = strings.TrimSpace(textIn(orNode(bundle.Child(n, "fieldentry"))))
		case "bbmd_questiontype":
			q.meta["question_type"] = strings.TrimSpace(textIn(n))
		case "response_lid", "response_str", "response_num", "response_xy", "response_grp":
			q.questions = append(q.questions, n)
		case "itemfeedback":
			if text := q.w.Line(q.material(n)); text != "" {
				q.notes = append(q.notes, qtiNote{oldFeedback, markdown.Attr(n, "ident"), "show", text})
			}
		}
	}
	made := courses.Question{}
	presentation := bundle.Child(q.item, "presentation")
	if presentation == nil {
		return made, because("left-question-several", "0")
	}
	made.Prompt.Vi = q.w.Line(q.material(presentation))
	if points, err := strconv.ParseFloat(q.meta["points_possible"], 64); err == nil && points != 1 {
		q.said.Warn("", 0, "left-weight", q.meta["points_possible"])
	}
	var why mistake.Mistake
	kind := strings.ToLower(cmp.Or(q.meta["question_type"], q.meta["cc_profile"]))
	switch {
	case kind == "file_upload_question":
		why = because("left-question-upload")
	case len(q.questions) == 0 && strings.Contains(kind, "essay"):
		made.Kind = courses.Essay
	case len(q.questions) == 0:
		made.Kind = courses.Description
	case strings.Contains(kind, "essay") || len(q.questions) == 1 && strings.HasPrefix(q.questions[0].Data, "response_str") && !q.marks():
		made.Kind = courses.Essay
		for _, f := range q.notes {
			q.general = append(q.general, f.text)
		}
	case strings.Contains(kind, "match") || len(q.questions) > 1 && q.sameLabels():
		why = q.oldMatch(&made)
	case len(q.questions) > 1:
		why = because("left-question-several", strconv.Itoa(len(q.questions)))
	case q.questions[0].Data == "response_xy":
		why = because("left-question-picture")
	case q.questions[0].Data == "response_grp":
		why = because("left-question-pairs")
	case descendant(q.questions[0], "render_fib") != nil:
		why = q.oldEntry(&made)
	default:
		why = q.oldChoice(&made)
	}
	made.Feedback.Vi = strings.Join(slices.DeleteFunc(q.general, func(s string) bool { return s == "" }), "\n")
	return made, why
}

func descendant(n *html.Node, name string) *html.Node {
	for c := range n.Descendants() {
		if c.Data == name {
			return c
		}
	}
	return nil
}

// marks tells whether anything of an answer is marked.
func (q *oldItem) marks() bool {
	for n := range q.item.Descendants() {
		switch n.Data {
		case "varequal", "varsubset", "varsubstring", "vargt", "vargte", "varlt", "varlte", "varinside":
			return true
		}
	}
	return false
}

// material is the HTML of what a node shows, without its choices.
func (q *oldItem) material(n *html.Node) *html.Node {
	body := bundle.Tag(atom.Body)
	var gather func(n *html.Node)
	gather = func(n *html.Node) {
		for c := range n.ChildNodes() {
			switch c.Data {
			case "mattext", "mat_formattedtext", "matemtext":
				body.AppendChild(oldText(c))
			case "matbreak":
				body.AppendChild(bundle.Tag(atom.Br))
			case "matimage":
				img := bundle.Tag(atom.Img, html.Attribute{Key: "src", Val: cmp.Or(markdown.Attr(c, "uri"), "?")}, html.Attribute{Key: "alt", Val: markdown.Attr(c, "label")})
				body.AppendChild(img)
			case "mataudio", "matvideo":
				q.w.Left.Count("left-recordings")
			case "matapplet", "matapplication":
				q.w.Left.Count("left-frames")
			case "render_fib":
				body.AppendChild(bundle.TextNode(" ___ "))
			case "render_choice", "render_hotspot", "render_slider", "response_label", "itemfeedback", "resprocessing":
			case "hint", "solution":
				gather(c)
			default:
				if c.Type == html.ElementNode {
					gather(c)
				}
			}
		}
	}
	gather(n)
	return body
}

// oldText is one text, which may be HTML.
func oldText(n *html.Node) *html.Node {
	p := bundle.Tag(atom.Div)
	kind := strings.ToLower(cmp.Or(markdown.Attr(n, "texttype"), markdown.Attr(n, "type"), "text/plain"))
	format := "plain"
	if strings.Contains(kind, "html") || strings.Contains(kind, "smart_text") {
		format = "html"
	}
	source, _ := gift.MoodleHTML(textIn(n), format)
	doc, err := markdown.ParseHTML([]byte(source))
	if err != nil {
		p.AppendChild(bundle.TextNode(textIn(n)))
		return p
	}
	for c := range doc.Descendants() {
		if c.DataAtom == atom.Body {
			for first := c.FirstChild; first != nil; first = c.FirstChild {
				c.RemoveChild(first)
				p.AppendChild(first)
			}
			break
		}
	}
	return p
}

// labels are the choices of a response, in order.
func (q *oldItem) labels(n *html.Node) (ids []string, texts []string) {
	for c := range n.Descendants() {
		if c.Data == "response_label" {
			ids = append(ids, markdown.Attr(c, "ident"))
			texts = append(texts, q.w.Line(q.material(c)))
		}
	}
	return ids, texts
}

func (q *oldItem) sameLabels() bool {
	_, first := q.labels(q.questions[0])
	for _, n := range q.questions {
		if _, texts := q.labels(n); n.Data != "response_lid" || len(texts) < 2 || !slices.Equal(texts, first) {
			return false
		}
	}
	return true
}

func (q *oldItem) oldRule(r qtiResponse) {
	id := markdown.Attr(q.questions[0], "ident")
	q.responses[id] = r
	q.rule = &qtiRule{responses: q.responses, outcomes: map[string][]string{}, score: "SCORE", response: id, old: q}
}

func (q *oldItem) oldChoice(made *courses.Question) mistake.Mistake {
	ids, texts := q.labels(q.questions[0])
	if len(ids) == 0 || len(ids) > gift.MaxAnswers {
		return because("left-question", "choice")
	}
	for i, t := range texts {
		made.Options = append(made.Options, courses.Option{ID: string(rune('a' + i)), Text: courses.Text{Vi: t}})
	}
	made.Kind = courses.SingleChoice
	r := qtiResponse{cardinality: "single", kind: "identifier"}
	if strings.EqualFold(markdown.Attr(q.questions[0], "rcardinality"), "multiple") {
		made.Kind, r.cardinality = courses.MultipleChoice, "multiple"
	}
	for n := range q.item.Descendants() { // so that of many options those are tried that the key names
		if n.Data == "varequal" && !stands(n, "not") {
			r.correct = append(r.correct, strings.TrimSpace(textIn(n)))
		}
	}
	q.oldRule(r)
	if made.Kind == courses.SingleChoice {
		return q.settle(func() mistake.Mistake { return q.one(ids, made) })
	}
	return q.settle(func() mistake.Mistake { return q.several(ids, 0, r, made) })
}

func stands(n *html.Node, name string) bool {
	for ; n != nil; n = n.Parent {
		if n.Data == name {
			return true
		}
	}
	return false
}

func (q *oldItem) oldEntry(made *courses.Question) mistake.Mistake {
	fib := strings.ToLower(markdown.Attr(descendant(q.questions[0], "render_fib"), "fibtype"))
	r := qtiResponse{cardinality: "single", kind: "string"}
	number := fib == "decimal" || fib == "integer" || fib == "scientific" || q.questions[0].Data == "response_num" || strings.Contains(strings.ToLower(q.meta["question_type"]), "numer")
	for n := range q.item.Descendants() {
		switch n.Data {
		case "vargt", "vargte", "varlt", "varlte":
			number = true
		}
	}
	if number {
		r.kind = "float"
	}
	for n := range q.item.Descendants() {
		switch n.Data {
		case "varequal", "vargt", "vargte", "varlt", "varlte", "varsubstring":
			if text := strings.TrimSpace(textIn(n)); text != "" && !slices.Contains(r.correct, text) {
				r.correct = append(r.correct, text)
			}
		}
	}
	q.oldRule(r)
	if number {
		made.Kind = courses.Numerical
		return q.settle(func() mistake.Mistake { return q.numbers(r, made) })
	}
	made.Kind = courses.ShortAnswer
	return q.settle(func() mistake.Mistake { return q.words(r, made) })
}

// oldMatch reads pairs: each left thing is a response of its own, and all have the same choices.
func (q *oldItem) oldMatch(made *courses.Question) mistake.Mistake {
	made.Kind = courses.Matching
	right := map[string]string{} // the right choice of each left thing
	for n := range q.item.Descendants() {
		if n.Data == "varequal" && !stands(n, "not") {
			if id := markdown.Attr(n, "respident"); right[id] == "" {
				right[id] = strings.TrimSpace(textIn(n))
			}
		}
	}
	var pairs, others []string
	used := map[string]bool{}
	for i, n := range q.questions {
		ids, texts := q.labels(n)
		lid := markdown.Attr(n, "ident")
		at := slices.Index(ids, right[lid])
		left := q.w.Line(q.material(n))
		if at < 0 || left == "" || n.Data != "response_lid" {
			return because("left-question-pairs")
		}
		pairs = append(pairs, lid+" "+ids[at])
		used[texts[at]] = true
		made.Pairs = append(made.Pairs, courses.Pair{Left: "l" + strconv.Itoa(i+1), LeftText: courses.Text{Vi: left}, RightText: courses.Text{Vi: texts[at]}})
		others = append(others, texts...)
	}
	for _, t := range others {
		if !used[t] {
			used[t] = true
			made.Pairs = append(made.Pairs, courses.Pair{RightText: courses.Text{Vi: t}})
		}
	}
	for _, n := range q.questions { // what was said of the left things stands in the pairs
		n.Parent.RemoveChild(n)
	}
	made.Prompt.Vi = q.w.Line(q.material(bundle.Child(q.item, "presentation")))
	q.oldRule(qtiResponse{cardinality: "multiple", kind: "directedPair", correct: pairs})
	return q.settle(func() mistake.Mistake { return q.pairs(pairs, made) })
}

// markOld runs the conditions of an item of version 1.2 on an answer.
func (q *oldItem) markOld(answer []string) (qtiMarked, bool) {
	processing := bundle.Child(q.item, "resprocessing")
	if processing == nil {
		return qtiMarked{}, false
	}
	score, most, found := 0.0, 1.0, false
	for n := range processing.Descendants() {
		if n.Data != "decvar" || found {
			continue
		}
		found = true
		if v, err := strconv.ParseFloat(markdown.Attr(n, "defaultval"), 64); err == nil {
			score = v
		}
		if v, err := strconv.ParseFloat(markdown.Attr(n, "maxvalue"), 64); err == nil && v > 0 {
			most = v
		}
	}
	m := qtiMarked{outcomes: map[string][]string{}}
	ok, done := true, false
	for _, c := range children(processing, "respcondition") {
		if done || !ok {
			break
		}
		var met bool
		if met, ok = q.holds(bundle.Child(c, "conditionvar"), answer); !met {
			continue
		}
		for _, set := range children(c, "setvar") {
			text := strings.TrimSpace(textIn(set))
			v, err := strconv.ParseFloat(text, 64)
			if strings.EqualFold(text, "SCORE.max") {
				v, err = most, nil
			}
			if err != nil {
				continue
			}
			switch strings.ToLower(markdown.Attr(set, "action")) {
			case "add":
				score += v
			case "subtract":
				score -= v
			case "multiply":
				score *= v
			case "divide":
				score /= v
			default:
				score = v
			}
		}
		for _, f := range children(c, "displayfeedback") {
			m.outcomes[oldFeedback] = append(m.outcomes[oldFeedback], markdown.Attr(f, "linkrefid"))
		}
		done = !strings.EqualFold(markdown.Attr(c, "continue"), "yes")
	}
	m.score = score
	return m, ok && !math.IsNaN(m.score) && math.Abs(m.score) < 1e12
}

// holds says whether all conditions below a node hold, and whether they can be read.
func (q *oldItem) holds(n *html.Node, answer []string) (holds, ok bool) {
	if n == nil {
		return false, true
	}
	for _, c := range elements(n) {
		one, ok := q.condition(c, answer)
		if !ok || !one {
			return false, ok
		}
	}
	return true, true
}

func (q *oldItem) condition(c *html.Node, answer []string) (holds, ok bool) {
	switch c.Data {
	case "and":
		return q.holds(c, answer)
	case "or":
		for _, one := range elements(c) {
			if holds, ok = q.condition(one, answer); holds || !ok {
				return holds, ok
			}
		}
		return false, true
	case "not":
		holds, ok = q.holds(c, answer)
		return !holds, ok
	case "other":
		return true, true
	case "unanswered":
		return len(answer) == 0, true
	}
	key, respident := strings.TrimSpace(textIn(c)), markdown.Attr(c, "respident")
	folds := strings.EqualFold(markdown.Attr(c, "case"), "no") || q.folded()
	values := answer
	if len(q.questions) > 1 || q.responses[q.rule.response].kind == "directedPair" {
		values = nil
		for _, a := range answer {
			if left, right, _ := strings.Cut(a, " "); left == respident {
				values = append(values, right)
			}
		}
	}
	number := q.responses[q.rule.response].kind == "float"
	for _, v := range values {
		x, err1 := strconv.ParseFloat(v, 64)
		y, err2 := strconv.ParseFloat(key, 64)
		numbers := err1 == nil && err2 == nil
		switch c.Data {
		case "varequal":
			// as Blackboard names the choice
			holds = v == key || folds && strings.EqualFold(v, key) || number && numbers && closeTo(x, y) || key == "" && v == respident
		case "varsubstring":
			holds = strings.Contains(v, key) || folds && strings.Contains(strings.ToLower(v), strings.ToLower(key))
		case "vargt":
			holds = numbers && x > y && !closeTo(x, y)
		case "vargte":
			holds = numbers && (x > y || closeTo(x, y))
		case "varlt":
			holds = numbers && x < y && !closeTo(x, y)
		case "varlte":
			holds = numbers && (x < y || closeTo(x, y))
		default:
			return false, false
		}
		if holds {
			return true, true
		}
	}
	switch c.Data {
	case "varequal", "varsubstring", "vargt", "vargte", "varlt", "varlte":
		return false, true
	}
	return false, false
}

// folded says whether the program that the item is of compares words in any case: Canvas and Blackboard do, whatever
// the file says.
func (q *oldItem) folded() bool {
	return q.meta["question_type"] != "" && q.responses[q.rule.response].kind == "string"
}

// oldFile gathers a file that is one of version 1.2, and says whether it was.
func (g *gathering) oldFile(doc *html.Node, file, title string) bool {
	oldNames(doc)
	root := bundle.Child(doc, "questestinterop")
	if root == nil {
		return false
	}
	before := len(g.v.Lessons()) + len(g.left)
	g.oldQuestions(root, file, title)
	if len(g.v.Lessons())+len(g.left) == before {
		g.left.Warn(file, 0, "left-file", path.Base(file))
	}
	return true
}
