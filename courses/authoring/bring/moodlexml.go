package bring

import (
	"cmp"
	"encoding/base64"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"lopban/courses"
	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// Questions in Moodle's XML (question/format/xml/format.php): a quiz of question elements, each with its texts in one
// of Moodle's formats and its files inside.

// moodleFormats are Moodle's names for formats in XML, beside those of GIFT.
var moodleFormats = map[string]string{"html": "html", "plain_text": "plain", "markdown": "markdown", "moodle_auto_format": "moodle", "wiki_like": "plain"}

// moodleQuestion is one question on its way.
type moodleQuestion struct {
	g        *gathering
	n        *html.Node
	left     *markdown.LeftOut
	pictures *[]shownPicture
	said     mistake.Mistakes
}

// shownPicture is a picture of a question. Questions have none here, so it stands in the lesson.
type shownPicture struct{ file, alt string }

// moodleXML gathers the questions of a file.
func (g *gathering) moodleXML(data []byte, file string) error {
	var quiz courses.Quiz
	pool := ""
	pictures := map[string][]shownPicture{}
	err := bundle.EachXML(data, "question", func(n *html.Node) {
		kind := markdown.Attr(n, "type")
		if kind == "category" {
			pool = gift.PoolName(textIn(orNode(bundle.Child(bundle.Child(n, "category"), "text"))))
			if r := []rune(pool); len(r) > gift.MaxPool {
				g.left.Warn(file, 0, "gift-category-long", markdown.Short(pool), strconv.Itoa(gift.MaxPool))
				pool = strings.TrimSpace(string(r[:gift.MaxPool]))
			}
			return
		}
		var mine []shownPicture
		q := moodleQuestion{g: g, n: n, left: &markdown.LeftOut{}, pictures: &mine}
		made, why := q.read(kind)
		made.Pool = pool
		name := strings.Join(strings.Fields(textIn(orNode(bundle.Child(bundle.Child(n, "name"), "text")))), " ")
		name = cmp.Or(name, markdown.Short(made.Prompt.Vi))
		id := cmp.Or(strings.TrimSpace(textIn(orNode(bundle.Child(n, "idnumber")))), markdown.Slug(name))
		if !g.keep(&quiz, made, why, file, name, id) {
			return
		}
		for _, m := range q.said {
			g.left.Warn(file, 0, m.Code, append([]string{markdown.Short(name)}, m.Args...)...)
		}
		g.left = append(g.left, q.left.Mistakes(file)...)
		pictures[quiz.Questions[len(quiz.Questions)-1].ID] = mine
	})
	if err != nil {
		return bundle.Refused("bring-xml", file)
	}
	g.quizWith(g.title, "", quiz, pictures)
	return nil
}

// text is the Markdown of a text element and its files.
func (q *moodleQuestion) text(n *html.Node) string {
	t := bundle.Child(n, "text")
	if t == nil {
		return ""
	}
	format, ok := moodleFormats[cmp.Or(markdown.Attr(n, "format"), "html")]
	if !ok {
		format = "html"
	}
	source, asIs := gift.MoodleHTML(textIn(t), format)
	if asIs {
		return strings.TrimSpace(source)
	}
	doc, err := markdown.ParseHTML([]byte(source))
	if err != nil {
		q.left.Count("left-frames")
		return ""
	}
	q.files(doc, n)
	return strings.TrimSpace((&markdown.Writer{Left: q.left}).Line(doc))
}

// files moves the pictures of a text into the lesson; a word says where they are.
func (q *moodleQuestion) files(doc, n *html.Node) {
	data := map[string]*html.Node{}
	for _, f := range children(n, "file") {
		data[markdown.Attr(f, "name")] = f
	}
	var images []*html.Node
	for i := range doc.Descendants() {
		if i.Type == html.ElementNode && i.Data == "img" {
			images = append(images, i)
		}
	}
	for _, i := range images {
		name, _ := strings.CutPrefix(markdown.Attr(i, "src"), "@@PLUGINFILE@@")
		f := data[path.Base(unescapedPath(name))]
		var bytes []byte
		if f != nil {
			bytes, _ = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(textIn(f)), ""))
		} else if _, inside, ok := strings.Cut(markdown.Attr(i, "src"), ";base64,"); ok {
			bytes, _ = base64.StdEncoding.DecodeString(inside)
			name = "hinh"
		}
		if len(bytes) == 0 {
			continue // the writer counts it
		}
		kept, ok := q.g.picture(path.Base(unescapedPath(name)), bytes)
		if !ok {
			continue
		}
		alt := cmp.Or(strings.Join(strings.Fields(markdown.Attr(i, "alt")), " "), strings.TrimSuffix(kept, path.Ext(kept)))
		*q.pictures = append(*q.pictures, shownPicture{file: kept, alt: alt})
		i.Parent.InsertBefore(bundle.TextNode(" (xem hình “"+alt+"” trong bài) "), i)
		i.Parent.RemoveChild(i)
	}
}

// read makes a question, or says why there is no such kind here.
func (q *moodleQuestion) read(kind string) (courses.Question, mistake.Mistake) {
	made := courses.Question{}
	made.Title.Vi = strings.Join(strings.Fields(textIn(orNode(bundle.Child(bundle.Child(q.n, "name"), "text")))), " ")
	made.Prompt.Vi = q.text(bundle.Child(q.n, "questiontext"))
	made.Feedback.Vi = q.text(bundle.Child(q.n, "generalfeedback"))
	q.tags(&made)
	q.asides(kind)
	var why mistake.Mistake
	switch kind {
	case "multichoice", "multichoiceset":
		why = q.choice(kind, &made)
	case "truefalse":
		why = q.truefalse(&made)
	case "shortanswer":
		q.short(&made)
	case "numerical":
		why = q.numerical(&made)
	case "matching":
		q.matching(&made)
	case "essay":
		made.Kind = courses.Essay
		made.Notes.Vi = notesOf(q.text(bundle.Child(q.n, "graderinfo")))
		if t := q.text(bundle.Child(q.n, "responsetemplate")); t != "" {
			q.said.Warn("", 0, "left-feedback", markdown.Short(t))
		}
	case "description":
		made.Kind = courses.Description
		if made.Feedback.Vi != "" {
			q.said.Warn("", 0, "left-feedback", markdown.Short(made.Feedback.Vi))
			made.Feedback.Vi = ""
		}
	case "cloze", "multianswer", "gapselect", "ddwtos":
		why = because("left-question-gaps")
	case "ordering":
		why = because("left-question-order")
	case "ddimageortext", "ddmarker":
		why = because("left-question-picture")
	case "calculated", "calculatedsimple", "calculatedmulti":
		why = because("left-question-random")
	default:
		why = because("left-question", cmp.Or(kind, "?"))
	}
	return made, why
}

// notesOf are lines as a comment of GIFT has them.
func notesOf(text string) string {
	var lines []string
	for l := range strings.Lines(text) {
		if l = gift.NoteIn(l); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

func (q *moodleQuestion) tags(made *courses.Question) {
	for _, n := range children(orNode(bundle.Child(q.n, "tags")), "tag") {
		tag := strings.Join(strings.Fields(textIn(orNode(bundle.Child(n, "text")))), " ")
		switch {
		case tag == "" || slices.Contains(made.Tags, tag):
		case len(made.Tags) == 10 || !gift.IsTag(tag):
			q.said.Warn("", 0, "left-tag", markdown.Short(tag))
		default:
			made.Tags = append(made.Tags, tag)
		}
	}
}

// asides names what a question of Moodle has and one of ours has not.
func (q *moodleQuestion) asides(kind string) {
	if grade, err := strconv.ParseFloat(strings.TrimSpace(textIn(orNode(bundle.Child(q.n, "defaultgrade")))), 64); err == nil && grade != 1 && kind != "description" {
		q.said.Warn("", 0, "left-weight", strconv.FormatFloat(grade, 'f', -1, 64))
	}
	for _, n := range children(q.n, "hint") {
		if t := q.text(n); t != "" {
			q.said.Warn("", 0, "left-feedback", markdown.Short(t))
		}
	}
	for _, n := range children(orNode(bundle.Child(q.n, "units")), "unit") {
		q.said.Warn("", 0, "left-unit", markdown.Short(textIn(orNode(bundle.Child(n, "unit_name")))))
	}
}

// combined is feedback for right, half right and wrong answers.
func (q *moodleQuestion) combined() (right, partly, wrong string) {
	return q.text(bundle.Child(q.n, "correctfeedback")), q.text(bundle.Child(q.n, "partiallycorrectfeedback")), q.text(bundle.Child(q.n, "incorrectfeedback"))
}

func fraction(n *html.Node) float64 {
	f, err := strconv.ParseFloat(markdown.Attr(n, "fraction"), 64)
	if err != nil || math.IsNaN(f) {
		return 0
	}
	return seven(min(max(f/100, -1), 1))
}

func yesNode(n *html.Node) bool {
	v := strings.TrimSpace(textIn(orNode(n)))
	return v == "true" || v == "1"
}

func (q *moodleQuestion) choice(kind string, made *courses.Question) mistake.Mistake {
	made.Kind = courses.MultipleChoice
	if single := bundle.Child(q.n, "single"); kind == "multichoice" && (single == nil || yesNode(single)) {
		made.Kind = courses.SingleChoice
	}
	for _, n := range children(q.n, "answer") {
		o := courses.Option{Weight: fraction(n)}
		o.Text.Vi, o.Feedback.Vi = q.text(n), q.text(bundle.Child(n, "feedback"))
		if o.Text.Vi == "" {
			if o.Feedback.Vi != "" {
				q.said.Warn("", 0, "left-feedback", markdown.Short(o.Feedback.Vi))
			}
			continue // Moodle keeps no blank answers
		}
		made.Options = append(made.Options, o)
	}
	if len(made.Options) > gift.MaxAnswers {
		return because("left-question", "multichoice")
	}
	right, partly, wrong := q.combined()
	if kind == "multichoiceset" {
		n := 0
		for _, o := range made.Options {
			if o.Weight > 0 {
				n++
			}
		}
		for i, o := range made.Options {
			made.Options[i].Weight = -1
			if o.Weight > 0 {
				made.Options[i].Weight = seven(1 / float64(n))
			}
		}
		made.Whole = true
	}
	for i := range made.Options {
		o := &made.Options[i]
		o.ID = string(rune('a' + i))
		if made.Kind == courses.SingleChoice {
			t := partly
			if o.Weight == 1 {
				t = right
			} else if o.Weight <= 0 {
				t = wrong
			}
			if t != "" {
				addLine(&o.Feedback.Vi, t)
			}
		}
	}
	if made.Kind == courses.MultipleChoice {
		q.nowhere(right, partly, wrong)
	}
	return mistake.Mistake{}
}

// nowhere names feedback that no answer alone has.
func (q *moodleQuestion) nowhere(all ...string) {
	for _, t := range all {
		if t != "" {
			q.said.Warn("", 0, "left-feedback", markdown.Short(t))
		}
	}
}

func (q *moodleQuestion) truefalse(made *courses.Question) mistake.Mistake {
	made.Kind = courses.TrueFalse
	for _, id := range []string{"true", "false"} {
		o := courses.Option{ID: id}
		for _, n := range children(q.n, "answer") {
			if strings.EqualFold(strings.TrimSpace(textIn(orNode(bundle.Child(n, "text")))), id) {
				o.Feedback.Vi = q.text(bundle.Child(n, "feedback"))
				if fraction(n) == 1 {
					o.Weight = 1
				}
			}
		}
		made.Options = append(made.Options, o)
	}
	if made.Options[0].Weight+made.Options[1].Weight != 1 {
		return because("left-question-nokey")
	}
	return mistake.Mistake{}
}

// short reads accepted words. Moodle compares tones always, and capitals where the question says so; its first answer
// that fits is the one.
func (q *moodleQuestion) short(made *courses.Question) {
	made.Kind = courses.ShortAnswer
	letters := false
	for _, n := range children(q.n, "answer") {
		a := courses.Accepted{Text: strings.Join(strings.Fields(markdown.Clean(textIn(orNode(bundle.Child(n, "text"))))), " "), Weight: max(fraction(n), 0)}
		a.Feedback.Vi = q.text(bundle.Child(n, "feedback"))
		letters = letters || strings.ContainsFunc(a.Text, unicode.IsLetter)
		if a.Text != "" {
			made.Accepted = append(made.Accepted, a)
		}
	}
	if letters {
		made.Spelling = courses.SpellTones
		if yesNode(bundle.Child(q.n, "usecase")) {
			made.Spelling = courses.SpellCapitals
		}
	}
	made.Accepted = gift.FirstMatches(made.Accepted, made.Spelling)
}

func (q *moodleQuestion) numerical(made *courses.Question) mistake.Mistake {
	made.Kind = courses.Numerical
	for _, n := range children(q.n, "answer") {
		text, note := strings.TrimSpace(textIn(orNode(bundle.Child(n, "text")))), q.text(bundle.Child(n, "feedback"))
		if text == "*" && fraction(n) <= 0 {
			made.Other.Vi = note
			continue
		}
		v, err1 := strconv.ParseFloat(text, 64)
		by, err2 := strconv.ParseFloat(cmp.Or(strings.TrimSpace(textIn(orNode(bundle.Child(n, "tolerance")))), "0"), 64)
		switch {
		case text == "*":
			made.Ranges = append(made.Ranges, courses.Range{Min: -farOff, Max: farOff, Weight: fraction(n), Feedback: courses.Text{Vi: note}})
		case err1 != nil || err2 != nil || math.Abs(v) >= farOff || by < 0 || by >= farOff:
			return because("left-question", "number "+markdown.Short(text))
		default:
			made.Ranges = append(made.Ranges, courses.Range{Min: gift.Twelve(v - by), Max: gift.Twelve(v + by), Weight: max(fraction(n), 0), Feedback: courses.Text{Vi: note}})
		}
	}
	return mistake.Mistake{}
}

func (q *moodleQuestion) matching(made *courses.Question) {
	made.Kind = courses.Matching
	for _, n := range children(q.n, "subquestion") {
		p := courses.Pair{LeftText: courses.Text{Vi: q.text(n)}}
		p.RightText.Vi = markdown.EscapeText(strings.Join(strings.Fields(markdown.Clean(textIn(orNode(bundle.Child(bundle.Child(n, "answer"), "text"))))), " "), false, 0, 0)
		if p.LeftText.Vi != "" {
			p.Left = "l" + strconv.Itoa(len(made.Pairs)+1)
		}
		if p.RightText.Vi != "" {
			made.Pairs = append(made.Pairs, p)
		} else if p.LeftText.Vi != "" {
			q.said.Warn("", 0, "left-feedback", markdown.Short(p.LeftText.Vi))
		}
	}
	q.nowhere(q.combined())
}
