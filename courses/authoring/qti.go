package authoring

import (
	"bytes"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lopban/courses"
)

// Questions in IMS QTI 2.1, 2.2 and 3.0. Version 3 writes qti-choice-interaction where version 2 writes choiceInteraction: both are read as choiceinteraction.

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
	item := child(doc, "assessmentitem")
	var quiz courses.Quiz
	g.question(&quiz, item, "")
	if len(quiz.Questions) == 0 {
		return refused("bring-question", said(g.left))
	}
	g.lesson(orElse(attr(item, "title"), g.title), "", quiz)
	return nil
}

// questions gathers the tests of a package, or its items where it has no test.
func (r *imsReader) questions() error {
	var items []string
	tests := false
	for _, id := range r.order {
		res := r.resources[id]
		switch {
		case strings.Contains(res.kind, "imsqti_test"), strings.Contains(res.kind, "imsqti_assessment_"):
			tests = true
			if err := r.test(res); err != nil {
				return err
			}
		case strings.Contains(res.kind, "imsqti_item"):
			items = append(items, res.href)
		case strings.Contains(res.kind, "imsqti"):
			r.g.left.warn(res.href, 0, "left-file", path.Base(res.href))
		}
	}
	if tests || len(items) == 0 {
		return nil
	}
	return r.quiz(r.g.title, "", items)
}

// test makes a lesson of a test: its rubrics are the text, its items the quiz.
func (r *imsReader) test(res imsResource) error {
	doc, err := r.b.xml(res.href, nil)
	if err != nil || doc == nil {
		return err
	}
	qtiNames(doc)
	test := child(doc, "assessmenttest")
	if test == nil {
		r.g.left.warn(res.href, 0, "left-file", path.Base(res.href))
		return nil
	}
	rubrics := tag(atom.Body)
	var items []string
	var found []*html.Node
	for n := range test.Descendants() {
		switch n.Data {
		case "assessmentitemref":
			items = append(items, within(path.Dir(res.href), attr(n, "href")))
		case "rubricblock":
			found = append(found, n)
		case "selection":
			r.g.left.warn(res.href, 0, "left-selection")
		}
	}
	for _, n := range found {
		n.Parent.RemoveChild(n)
		rubrics.AppendChild(n)
	}
	left := &leftOut{}
	body := (&mdWriter{left: left, shift: headingShift(rubrics)}).markdown(rubrics)
	r.g.left = append(r.g.left, left.mistakes(res.href)...)
	return r.quiz(orElse(attr(test, "title"), r.g.title), body, items)
}

const maxQuestions = 500

func (r *imsReader) quiz(title, body string, items []string) error {
	var quiz courses.Quiz
	for i, href := range items {
		if i == maxQuestions {
			r.g.left.warn("", 0, "left-questions", strconv.Itoa(len(items)-i))
			break
		}
		doc, err := r.b.xml(href, nil)
		if err != nil {
			return err
		}
		var item *html.Node
		if doc != nil {
			qtiNames(doc)
			item = child(doc, "assessmentitem")
		}
		if item == nil {
			r.g.left.warn(href, 0, "left-file", path.Base(href))
			continue
		}
		r.g.question(&quiz, item, href)
	}
	if len(quiz.Questions) > 0 {
		r.g.lesson(title, body, quiz)
	}
	return nil
}

// question adds an item to a quiz, or names it where no kind of question of ours says the same.
func (g *gathering) question(quiz *courses.Quiz, item *html.Node, file string) {
	left := &leftOut{}
	q := &qtiItem{w: &mdWriter{left: left}, item: item, responses: map[string]qtiResponse{}, notes: map[string]string{}}
	made, kind := q.read()
	name := orElse(attr(item, "title"), attr(item, "identifier"))
	var why Mistake
	if kind == "" {
		made.ID = freeQuestionID(*quiz, attr(item, "identifier"))
		made.Title.Vi = line(attr(item, "title"), made.ID)
		for i, p := range made.Pairs {
			made.Pairs[i].Right = rightID(made.ID, p.RightText.Vi)
		}
		var bad bool
		if why, bad = unwritable(made); bad {
			kind = string(made.Kind)
		}
	}
	if kind != "" {
		g.left.warn(file, 0, "left-question", short(name), kind)
		if why.Code != "" {
			g.left.warn(file, 0, why.Code, why.Args...)
		}
		return
	}
	g.left = append(g.left, left.mistakes(file)...)
	quiz.Questions = append(quiz.Questions, made)
}

var notID = regexp.MustCompile(`[^A-Za-z0-9]+`)

func freeQuestionID(quiz courses.Quiz, id string) string {
	id = strings.Trim(notID.ReplaceAllString(id, "-"), "-")
	id = orElse(strings.TrimRight(id[:min(len(id), 60)], "-"), "q")
	free := id
	for n := 2; slices.ContainsFunc(quiz.Questions, func(q courses.Question) bool { return q.ID == free }); n++ {
		free = id + "-" + strconv.Itoa(n)
	}
	return free
}

// unwritable says whether a question cannot be one of GIFT's, and which mistake it would be, if it is one.
func unwritable(q courses.Question) (Mistake, bool) {
	var b bytes.Buffer
	_ = WriteGIFT(&b, courses.Quiz{Questions: []courses.Question{q}}, "vi") // memory takes it all
	back, m := ParseQuiz(Source{Data: b.Bytes()}, Source{})
	for _, one := range m {
		if !one.Warning {
			return one, true
		}
	}
	if len(back.Questions) != 1 || back.Questions[0].Kind != q.Kind {
		return Mistake{}, true
	}
	return Mistake{}, false
}

type qtiItem struct {
	w         *mdWriter
	item      *html.Node
	responses map[string]qtiResponse
	notes     map[string]string // modal feedback by identifier
	all       []string          // the same, in order
}

type qtiResponse struct {
	cardinality, kind string
	correct           []string
	mapping           map[string]float64
	keys              []string // of the mapping, in order
}

// read makes a question of the item, or says which kind it is that cannot be one.
func (q *qtiItem) read() (courses.Question, string) {
	if child(q.item, "templatedeclaration") != nil {
		return courses.Question{}, "template"
	}
	body := child(q.item, "itembody")
	if body == nil {
		return courses.Question{}, "no itemBody"
	}
	q.declarations()
	var found, notes []*html.Node
	for n := range body.Descendants() {
		switch {
		case n.Data == "rubricblock" || n.Data == "feedbackblock" || n.Data == "endattemptinteraction":
			notes = append(notes, n)
		case strings.HasSuffix(n.Data, "interaction"):
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		return courses.Question{}, strconv.Itoa(len(found)) + " × interaction"
	}
	for _, n := range notes {
		if n.Data == "feedbackblock" {
			q.all = append(q.all, q.w.line(n))
		}
		n.Parent.RemoveChild(n)
	}
	return q.interaction(body, found[0])
}

func (q *qtiItem) declarations() {
	for n := range q.item.ChildNodes() {
		switch n.Data {
		case "responsedeclaration":
			r := qtiResponse{cardinality: attr(n, "cardinality"), kind: attr(n, "basetype"), mapping: map[string]float64{}}
			for c := range orNode(child(n, "correctresponse")).ChildNodes() {
				if c.Data == "value" {
					r.correct = append(r.correct, strings.TrimSpace(textIn(c)))
				}
			}
			for c := range orNode(child(n, "mapping")).ChildNodes() {
				if v, err := strconv.ParseFloat(attr(c, "mappedvalue"), 64); c.Data == "mapentry" && err == nil && math.Abs(v) < 1e6 {
					key := strings.TrimSpace(attr(c, "mapkey"))
					r.mapping[key] = v
					r.keys = append(r.keys, key)
				}
			}
			q.responses[attr(n, "identifier")] = r
		case "modalfeedback":
			text := q.w.line(n)
			q.notes[attr(n, "identifier")] = text
			q.all = append(q.all, text)
		}
	}
}

// interaction makes the question of its one interaction; in the prompt a line to write on stands for one inside a sentence.
func (q *qtiItem) interaction(body, n *html.Node) (courses.Question, string) {
	r := q.responses[attr(n, "responseidentifier")]
	made := courses.Question{}
	var kind string
	switch n.Data {
	case "choiceinteraction", "inlinechoiceinteraction":
		kind = q.choice(n, r, &made)
	case "textentryinteraction":
		kind = q.entry(r, &made)
	case "matchinteraction", "associateinteraction":
		kind = q.match(n, r, &made)
	case "extendedtextinteraction":
		made.Kind = courses.Essay
		q.all = append(q.all, r.correct...)
	default:
		return made, strings.TrimSuffix(n.Data, "interaction")
	}
	if kind != "" {
		return made, kind
	}
	stand := textNode(" ___ ")
	if n.Data != "textentryinteraction" && n.Data != "inlinechoiceinteraction" {
		stand = tag(atom.Div)
		if prompt := child(n, "prompt"); prompt != nil {
			n.RemoveChild(prompt)
			prompt.Data, prompt.DataAtom = "div", atom.Div
			stand = prompt
		}
	}
	n.Parent.InsertBefore(stand, n)
	n.Parent.RemoveChild(n)
	made.Prompt.Vi = strings.TrimSpace(q.w.line(body))
	if made.Feedback.Vi == "" {
		made.Feedback.Vi = strings.Join(slices.DeleteFunc(q.all, func(s string) bool { return s == "" }), "\n")
	}
	return made, ""
}

// choice reads options. A question whose key is a list without weights counts only as a whole in QTI; here a wrong tick takes the mark away, and an incomplete answer is worth a part.
func (q *qtiItem) choice(n *html.Node, r qtiResponse, made *courses.Question) string {
	made.Kind = courses.SingleChoice
	if r.cardinality == "multiple" {
		made.Kind = courses.MultipleChoice
	} else if r.cardinality != "single" {
		return "choice, " + r.cardinality
	}
	sum, most := 0.0, 0.0
	for _, v := range r.mapping {
		sum, most = sum+max(v, 0), max(most, v)
	}
	for c := range n.ChildNodes() {
		if c.Data != "simplechoice" && c.Data != "inlinechoice" {
			continue
		}
		id := attr(c, "identifier")
		o := courses.Option{ID: string(rune('a' + len(made.Options)))}
		for _, f := range children(c, "feedbackinline") {
			o.Feedback.Vi = q.w.line(f)
			c.RemoveChild(f)
		}
		o.Feedback.Vi = orElse(o.Feedback.Vi, q.notes[id])
		o.Text.Vi = q.w.line(c)
		right := slices.Contains(r.correct, id)
		switch {
		case most > 0 && made.Kind == courses.SingleChoice:
			o.Weight = max(r.mapping[id]/most, -1)
		case most > 0:
			o.Weight = max(r.mapping[id]/sum, -1)
		case right && made.Kind == courses.SingleChoice:
			o.Weight = 1
		case right:
			o.Weight = 1 / float64(len(r.correct))
		case made.Kind == courses.MultipleChoice:
			o.Weight = -1
		}
		o.Weight = math.Round(o.Weight*1e7) / 1e7
		made.Options = append(made.Options, o)
	}
	if len(made.Options) > maxAnswers {
		return "choice"
	}
	q.perOption(made)
	return ""
}

// perOption takes feedback that options have for themselves out of the general one.
func (q *qtiItem) perOption(made *courses.Question) {
	for _, o := range made.Options {
		if i := slices.Index(q.all, o.Feedback.Vi); i >= 0 && o.Feedback.Vi != "" {
			q.all = slices.Delete(q.all, i, i+1)
		}
	}
	right, wrong := orElse(q.notes["correct"], q.notes["CORRECT"]), orElse(q.notes["incorrect"], q.notes["INCORRECT"])
	if right == "" && wrong == "" {
		return
	}
	q.all = slices.DeleteFunc(q.all, func(s string) bool { return s == right || s == wrong })
	for i := range made.Options {
		o := &made.Options[i]
		if o.Feedback.Vi == "" && o.Weight > 0 {
			o.Feedback.Vi = right
		} else if o.Feedback.Vi == "" {
			o.Feedback.Vi = wrong
		}
	}
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
func (q *qtiItem) entry(r qtiResponse, made *courses.Question) string {
	weights, most := map[string]float64{}, 0.0
	keys := slices.Clone(r.correct)
	for _, k := range r.keys {
		most = max(most, r.mapping[k])
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		weights[k] = 1
		if most > 0 {
			weights[k] = math.Round(r.mapping[k]/most*1e7) / 1e7
		}
	}
	made.Kind = courses.ShortAnswer
	if r.kind == "integer" || r.kind == "float" {
		made.Kind = courses.Numerical
	}
	low, high := q.tolerance()
	for _, k := range keys {
		if weights[k] <= 0 {
			continue
		}
		if made.Kind == courses.ShortAnswer {
			made.Accepted = append(made.Accepted, courses.Accepted{Text: strings.ReplaceAll(strings.Join(strings.Fields(clean(k)), " "), "*", `\*`), Weight: weights[k]})
			continue
		}
		v, err := strconv.ParseFloat(k, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return "number " + short(k)
		}
		made.Ranges = append(made.Ranges, courses.Range{Min: twelve(v - low(v)), Max: twelve(v + high(v)), Weight: weights[k]})
	}
	if len(made.Accepted)+len(made.Ranges) == 0 {
		return "textEntry, no key"
	}
	return ""
}

// tolerance is how far a number may be off, below and above, as the item's rule of marking says.
func (q *qtiItem) tolerance() (low, high func(float64) float64) {
	low, high = func(float64) float64 { return 0 }, func(float64) float64 { return 0 }
	for n := range orNode(child(q.item, "responseprocessing")).Descendants() {
		if n.Data != "equal" {
			continue
		}
		var by []float64
		for _, s := range strings.Fields(attr(n, "tolerance")) {
			if v, err := strconv.ParseFloat(s, 64); err == nil && v >= 0 && v < 1e15 {
				by = append(by, v)
			}
		}
		if len(by) == 0 {
			return low, high
		}
		of := func(by float64) func(float64) float64 { return func(float64) float64 { return by } }
		if attr(n, "tolerancemode") == "relative" {
			of = func(by float64) func(float64) float64 {
				return func(v float64) float64 { return math.Abs(v) * by / 100 }
			}
		}
		return of(by[0]), of(by[len(by)-1])
	}
	return low, high
}

// match reads pairs: of two sets, or of one whose things belong together.
func (q *qtiItem) match(n *html.Node, r qtiResponse, made *courses.Question) string {
	made.Kind = courses.Matching
	name := strings.TrimSuffix(n.Data, "interaction")
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
	return ""
}

func (q *qtiItem) choices(n *html.Node, text map[string]string) []string {
	var ids []string
	for _, c := range children(n, "simpleassociablechoice") {
		id := attr(c, "identifier")
		text[id] = q.w.line(c)
		ids = append(ids, id)
	}
	return ids
}
