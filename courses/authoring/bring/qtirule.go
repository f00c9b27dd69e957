package bring

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
)

// The rule of marking of a QTI item (responseProcessing) is run here on answers that a learner may give. So the weights
// and the feedback of what is made of the item are what the rule says, and where they cannot be, that is known.

// qtiRule runs the rule of one item.
type qtiRule struct {
	responses map[string]qtiResponse
	outcomes  map[string][]string // what they begin with
	root      *html.Node
	score     string   // the outcome that is the score
	template  string   // "match", "map", "" for a rule of its own
	loose     bool     // the item has no rule, only a key
	old       *oldItem // of an item of version 1.2, whose conditions are the rule
	response  string   // identifier of the response that the question asks for
}

// qtiMarked is what an answer was worth, and the outcomes that say which feedback is shown.
type qtiMarked struct {
	score    float64
	outcomes map[string][]string
}

// shows says whether feedback that depends on an outcome is shown.
func (m qtiMarked) shows(f qtiNote) bool {
	return slices.Contains(m.outcomes[f.outcome], f.id) == (f.showHide != "hide")
}

func newRule(item *html.Node, responses map[string]qtiResponse, response string) *qtiRule {
	r := &qtiRule{responses: responses, outcomes: map[string][]string{}, root: bundle.Child(item, "responseprocessing"), response: response, score: "SCORE"}
	for _, n := range children(item, "outcomedeclaration") {
		var values []string
		for _, v := range children(orNode(bundle.Child(n, "defaultvalue")), "value") {
			values = append(values, strings.TrimSpace(textIn(v)))
		}
		if kind := markdown.Attr(n, "basetype"); len(values) == 0 && (kind == "float" || kind == "integer") {
			values = []string{"0"} // as the specification has it
		}
		r.outcomes[markdown.Attr(n, "identifier")] = values
	}
	if r.root == nil {
		return nil
	}
	name := strings.ToLower(markdown.Attr(r.root, "template") + " " + markdown.Attr(r.root, "templatelocation"))
	switch {
	case strings.Contains(name, "map_response") && !strings.Contains(name, "map_response_point"):
		r.template = "map"
	case strings.Contains(name, "match"):
		r.template = "match"
	default:
		if r.score = scoreOf(item, r.root); r.score == "" {
			return nil
		}
	}
	return r
}

// looseRule marks by the key alone.
func looseRule(responses map[string]qtiResponse, response string) *qtiRule {
	r := &qtiRule{responses: responses, outcomes: map[string][]string{}, score: "SCORE", template: "match", loose: true, response: response}
	if len(responses[response].keys) > 0 {
		r.template = "map"
	}
	return r
}

// scoreOf is the outcome that the rule of an item scores with: SCORE, or the only number that it sets; "" where people
// or other programs mark the item.
func scoreOf(item, root *html.Node) string {
	number := map[string]bool{}
	for _, n := range children(item, "outcomedeclaration") {
		number[markdown.Attr(n, "identifier")] = markdown.Attr(n, "basetype") == "float" || markdown.Attr(n, "basetype") == "integer"
	}
	set := map[string]bool{}
	for n := range root.Descendants() {
		if id := markdown.Attr(n, "identifier"); n.Data == "setoutcomevalue" && (id == "SCORE" || number[id]) {
			set[id] = true
		}
	}
	if set["SCORE"] {
		return "SCORE"
	}
	for id := range set {
		if len(set) == 1 {
			return id
		}
	}
	return ""
}

// tells says whether the rule sets an outcome, so that feedback that depends on it can be told.
func (r *qtiRule) tells(outcome string) bool {
	if r == nil || r.old != nil {
		return r != nil && outcome == oldFeedback
	}
	if r.template != "" || r.root == nil {
		return !r.loose && outcome == "FEEDBACKBASIC"
	}
	for n := range r.root.Descendants() {
		if (n.Data == "setoutcomevalue" || n.Data == "lookupoutcomevalue") && markdown.Attr(n, "identifier") == outcome {
			return true
		}
	}
	return false
}

// mark runs the rule; false is a rule with something that is not read here.
func (r *qtiRule) mark(answer []string) (qtiMarked, bool) {
	if r.old != nil {
		return r.old.markOld(answer)
	}
	run := &qtiRun{qtiRule: r, answer: answer, set: map[string][]string{}}
	for id, v := range r.outcomes {
		run.set[id] = v
	}
	switch r.template {
	case "match":
		run.set["SCORE"], run.set["FEEDBACKBASIC"] = []string{"0"}, []string{"incorrect"}
		if len(answer) > 0 && run.matches(answer, r.responses[r.response].correct) {
			run.set["SCORE"], run.set["FEEDBACKBASIC"] = []string{"1"}, []string{"correct"}
		}
	case "map":
		run.set["SCORE"] = []string{"0"}
		if len(answer) > 0 {
			run.set["SCORE"] = []string{qtiFloat(r.responses[r.response].mapped(answer))}
		}
	default:
		run.rules(r.root.FirstChild)
	}
	if run.unknown {
		return qtiMarked{}, false
	}
	m := qtiMarked{outcomes: run.set}
	if v := run.set[r.score]; len(v) == 1 {
		m.score, _ = strconv.ParseFloat(v[0], 64)
	}
	return m, !math.IsNaN(m.score) && math.Abs(m.score) < 1e12
}

func qtiFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// mapped is what a mapping makes of an answer: each of its values has its own worth or the default one, within the
// bounds.
func (r qtiResponse) mapped(answer []string) float64 {
	sum := 0.0
	seen := map[string]bool{}
	for _, a := range answer {
		if seen[a] && r.cardinality != "single" {
			continue
		}
		seen[a] = true
		worth := r.otherwise
		for _, k := range r.keys {
			if r.same(k, a) || r.folds[k] && strings.EqualFold(k, a) {
				worth = r.mapping[k]
				break
			}
		}
		sum += worth
	}
	if r.hasLower {
		sum = max(sum, r.lower)
	}
	if r.hasUpper {
		sum = min(sum, r.upper)
	}
	return sum
}

// same tells whether two values of the response's type are equal: pairs without an order in any, numbers as such.
func (r qtiResponse) same(a, b string) bool {
	switch r.kind {
	case "integer", "float":
		x, err1 := strconv.ParseFloat(a, 64)
		y, err2 := strconv.ParseFloat(b, 64)
		if err1 == nil && err2 == nil {
			return closeTo(x, y)
		}
	case "pair":
		x, y := strings.Fields(a), strings.Fields(b)
		if len(x) == 2 && len(y) == 2 {
			return x[0] == y[0] && x[1] == y[1] || x[0] == y[1] && x[1] == y[0]
		}
	case "directedPair":
		return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
	}
	return a == b
}

func closeTo(x, y float64) bool { return math.Abs(x-y) <= 1e-12*max(1, math.Abs(x), math.Abs(y)) }

// qtiRun is one run of a rule.
type qtiRun struct {
	*qtiRule
	answer  []string
	set     map[string][]string
	unknown bool // something was met that is not read here
	ended   bool
	steps   int
}

const maxRuleSteps = 20_000

func (q *qtiRun) giveUp() []string {
	q.unknown = true
	return nil
}

// rules runs the rules from n to its last brother.
func (q *qtiRun) rules(n *html.Node) {
	for ; n != nil && !q.unknown && !q.ended; n = n.NextSibling {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "responsecondition":
			q.condition(n)
		case n.Data == "setoutcomevalue" && len(elements(n)) == 1:
			q.set[markdown.Attr(n, "identifier")] = q.value(elements(n)[0])
		case n.Data == "responseprocessingfragment":
			q.rules(n.FirstChild)
		case n.Data == "exitresponse":
			q.ended = true
		default:
			q.giveUp()
		}
	}
}

func (q *qtiRun) condition(n *html.Node) {
	for _, c := range elements(n) {
		if c.Data == "responseelse" {
			q.rules(c.FirstChild)
			return
		}
		e := elements(c)
		if len(e) == 0 {
			q.giveUp()
			return
		}
		if is(q.value(e[0])) {
			q.rules(e[0].NextSibling)
			return
		}
	}
}

func elements(n *html.Node) []*html.Node {
	var all []*html.Node
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode {
			all = append(all, c)
		}
	}
	return all
}

func is(v []string) bool { return len(v) == 1 && v[0] == "true" }

func truth(b bool) []string { return []string{strconv.FormatBool(b)} }

// value is what an expression makes; nil is QTI's NULL.
func (q *qtiRun) value(n *html.Node) []string {
	if q.steps++; q.steps > maxRuleSteps {
		return q.giveUp()
	}
	id := markdown.Attr(n, "identifier")
	switch n.Data {
	case "null":
		return nil
	case "basevalue":
		return []string{strings.TrimSpace(textIn(n))}
	case "variable":
		if id == q.response {
			return q.answer
		}
		if _, ok := q.set[id]; !ok {
			return q.giveUp()
		}
		return q.set[id]
	case "correct", "mapresponse":
		r, ok := q.responses[id]
		switch {
		case !ok || id != q.response:
			return q.giveUp()
		case n.Data == "correct":
			return r.correct
		case len(q.answer) == 0:
			return []string{"0"}
		}
		return []string{qtiFloat(r.mapped(q.answer))}
	case "default":
		return q.outcomes[id]
	}
	var args [][]string
	for _, e := range elements(n) {
		args = append(args, q.value(e))
	}
	if q.unknown {
		return nil
	}
	if v, ok := q.logic(n, args); ok {
		return v
	}
	return q.number(n, args)
}

// logic makes the values of expressions about truth and text.
func (q *qtiRun) logic(n *html.Node, args [][]string) ([]string, bool) {
	two := len(args) == 2
	null := slices.ContainsFunc(args, func(v []string) bool { return len(v) == 0 })
	switch n.Data {
	case "isnull":
		return truth(len(args) == 1 && (len(args[0]) == 0 || len(args[0]) == 1 && args[0][0] == "")), true
	case "not":
		if null {
			return nil, true
		}
		return truth(!is(args[0])), true
	case "and":
		return truth(!slices.ContainsFunc(args, func(v []string) bool { return !is(v) })), true
	case "or":
		return truth(slices.ContainsFunc(args, is)), true
	case "multiple", "ordered":
		return slices.Concat(args...), true
	case "containersize":
		return []string{strconv.Itoa(len(slices.Concat(args...)))}, true
	}
	if !two {
		return nil, false
	}
	switch n.Data {
	case "match":
		if null {
			return nil, true
		}
		return truth(q.matches(args[0], args[1])), true
	case "member", "contains":
		if null {
			return nil, true
		}
		r := q.responses[q.response]
		return truth(!slices.ContainsFunc(args[map[string]int{"member": 0, "contains": 1}[n.Data]], func(a string) bool {
			return !slices.ContainsFunc(args[map[string]int{"member": 1, "contains": 0}[n.Data]], func(b string) bool { return r.same(a, b) })
		})), true
	case "stringmatch", "substring":
		if null || len(args[0]) != 1 || len(args[1]) != 1 {
			return nil, true
		}
		a, b := args[0][0], args[1][0]
		if n.Data == "substring" {
			a, b = b, a // whether the first is in the second
		}
		if markdown.Attr(n, "casesensitive") == "false" {
			a, b = strings.ToLower(a), strings.ToLower(b)
		}
		if n.Data == "substring" || markdown.Attr(n, "substring") == "true" {
			return truth(strings.Contains(a, b)), true
		}
		return truth(a == b), true
	}
	return nil, false
}

// matches compares whole values: of several, each with one of the other side.
func (q *qtiRun) matches(a, b []string) bool {
	r := q.responses[q.response]
	if len(a) != len(b) {
		return false
	}
	if r.cardinality == "ordered" {
		return slices.EqualFunc(a, b, r.same)
	}
	left := slices.Clone(b)
	for _, x := range a {
		i := slices.IndexFunc(left, func(y string) bool { return r.same(x, y) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// number makes the values of expressions about numbers.
func (q *qtiRun) number(n *html.Node, args [][]string) []string {
	switch n.Data {
	case "sum", "product", "min", "max", "subtract", "divide", "gt", "gte", "lt", "lte", "equal", "equalrounded":
	default:
		return q.giveUp()
	}
	var f []float64
	for _, s := range slices.Concat(args...) {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(x) {
			return nil // a word where a number is wanted is none
		}
		f = append(f, x)
	}
	if slices.ContainsFunc(args, func(v []string) bool { return len(v) == 0 }) || len(f) == 0 {
		return nil
	}
	switch n.Data {
	case "sum", "product", "min", "max":
		x := f[0]
		for _, y := range f[1:] {
			switch n.Data {
			case "sum":
				x += y
			case "product":
				x *= y
			case "min":
				x = min(x, y)
			case "max":
				x = max(x, y)
			}
		}
		return []string{qtiFloat(x)}
	}
	if len(f) != 2 {
		return q.giveUp()
	}
	x, y := f[0], f[1]
	switch n.Data {
	case "subtract":
		return []string{qtiFloat(x - y)}
	case "divide":
		if y == 0 {
			return nil
		}
		return []string{qtiFloat(x / y)}
	case "gt":
		return truth(x > y && !closeTo(x, y))
	case "gte":
		return truth(x > y || closeTo(x, y))
	case "lt":
		return truth(x < y && !closeTo(x, y))
	case "lte":
		return truth(x < y || closeTo(x, y))
	case "equal":
		low, high, ok := qtiTolerance(n, x)
		if !ok {
			return q.giveUp()
		}
		return truth((y > low || closeTo(y, low) && markdown.Attr(n, "includelowerbound") != "false") && (y < high || closeTo(y, high) && markdown.Attr(n, "includeupperbound") != "false") || low == high && closeTo(x, y))
	case "equalrounded":
		a, ok1 := qtiRounded(n, x)
		b, ok2 := qtiRounded(n, y)
		if !ok1 || !ok2 {
			return q.giveUp()
		}
		return truth(closeTo(a, b))
	}
	return q.giveUp()
}

// qtiTolerance is the range around the first value of an equal that the second may lie in.
func qtiTolerance(n *html.Node, x float64) (low, high float64, ok bool) {
	mode := markdown.Attr(n, "tolerancemode")
	if mode == "" || mode == "exact" {
		return x, x, true
	}
	var by []float64
	for _, s := range strings.Fields(markdown.Attr(n, "tolerance")) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || v < 0 || v > 1e15 {
			return 0, 0, false
		}
		by = append(by, v)
	}
	if len(by) == 0 || len(by) > 2 {
		return 0, 0, false
	}
	l, h := by[0], by[len(by)-1]
	switch mode {
	case "absolute":
		return x - l, x + h, true
	case "relative":
		a, b := x*(1-l/100), x*(1+h/100)
		return min(a, b), max(a, b), true
	}
	return 0, 0, false
}

// qtiRounded rounds as an equalRounded says.
func qtiRounded(n *html.Node, x float64) (float64, bool) {
	step, ok := qtiStep(n, x)
	if !ok || step == 0 {
		return x, ok
	}
	return gift.Twelve(math.Floor(x/step+0.5+1e-9) * step), true
}

// qtiStep is the worth of the last figure that is kept.
func qtiStep(n *html.Node, x float64) (float64, bool) {
	figures, err := strconv.Atoi(markdown.Attr(n, "figures"))
	if err != nil || figures < 0 || figures > 15 {
		return 0, false
	}
	if markdown.Attr(n, "roundingmode") == "decimalPlaces" {
		return math.Pow10(-figures), true
	}
	if x == 0 || figures == 0 {
		return 0, figures > 0
	}
	return math.Pow10(int(math.Floor(math.Log10(math.Abs(x)))) - figures + 1), true
}
