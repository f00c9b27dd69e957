package page

import (
	"hash/fnv"
	"html/template"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
	"lopban/courses/words"
)

// QuestionView is a question as a page shows it: without its key before an attempt is recorded, with marks and feedback
// after.
type QuestionView struct {
	ID      string
	Remark  string // where a mistake in it is reported, "" where nobody does
	Number  int
	Kind    courses.QuestionKind
	Prompt  template.HTML
	Tail    template.HTML
	Options []OptionView
	Lefts   []matchView
	Rights  []OptionView
	Value   string // typed answer
	Read    string // how a number was read that this page would write in another way
	Fault   string // what is wrong with what was typed

	Marked   bool
	Right    bool
	Partly   bool
	Feedback []template.HTML
	Again    string // address of the section to read again
	AgainOf  string // its title
	Expected string // the right words or number
}

type OptionView struct {
	ID     string
	Text   template.HTML
	Chosen bool
	Right  bool
}

type matchView struct {
	Wrong  bool // marked, and something else or nothing was chosen
	ID     string
	Text   template.HTML
	Chosen string
	Right  template.HTML // the text that belongs to it, shown once marked
}

// prompts keeps what prompts and options become, by their texts: half of what a quiz cost was to render them again.
var prompts = Cache[template.HTML]{Most: 4000}

// rendered is a text within a line as HTML. It was sanitised by authoring.
func rendered(text string) template.HTML {
	if html, ok := prompts.known(text); ok {
		return html
	}
	html := template.HTML(markdown.RenderInline(text))
	prompts.keep(text, html)
	return html
}

// QuestionViews is questions of a lesson with these sections at this address.
func QuestionViews(asked courses.Quiz, w words.Words, seed string, given map[string]courses.Answer, marks map[string]courses.Mark, sections []markdown.Section, lesson string) []QuestionView {
	inline := func(t courses.Text) template.HTML { return rendered(w.In(t)) }
	var views []QuestionView
	n := 0
	for _, q := range asked.Questions {
		v := QuestionView{ID: q.ID, Kind: q.Kind, Prompt: inline(q.Prompt), Tail: inline(q.Tail)}
		if q.Kind != courses.Description {
			n++
			v.Number = n
		}
		a := given[q.ID]
		m, marked := marks[q.ID]
		if a.Bool != nil {
			a.Options = []string{map[bool]string{true: "true", false: "false"}[*a.Bool]}
		}
		for _, o := range q.Options {
			text := inline(o.Text)
			if q.Kind == courses.TrueFalse {
				text = template.HTML(template.HTMLEscapeString(w.T("quiz." + o.ID)))
			}
			v.Options = append(v.Options, OptionView{ID: o.ID, Text: text, Chosen: slices.Contains(a.Options, o.ID), Right: marked && o.Weight > 0})
		}
		if q.Kind != courses.TrueFalse {
			shuffle(v.Options, seed, q.ID)
		}
		v.Value = a.Text
		if v.Value == "" {
			v.Value = a.Typed
		}
		if a.Number != nil {
			if read := words.Number(w.Lang, *a.Number); v.Value == "" {
				v.Value = read
			} else if v.Value != read {
				v.Read = read
			}
		}
		v.matches(q, a, inline, marked)
		if marked {
			v.mark(q, m, w)
			for _, t := range m.Feedback {
				v.Feedback = append(v.Feedback, inline(t))
			}
			if i := q.Section - 1; !m.Right && i >= 0 && i < len(sections) {
				v.Again = lesson + "#" + sections[i].ID
				v.AgainOf = sections[i].Title
			}
		}
		views = append(views, v)
	}
	return views
}

// matches fills in the two sides of a matching. The right side goes by its ids, which say nothing of the left.
func (v *QuestionView) matches(q courses.Question, a courses.Answer, inline func(courses.Text) template.HTML, marked bool) {
	for _, p := range q.Pairs {
		if p.Left != "" {
			m := matchView{ID: p.Left, Text: inline(p.LeftText), Chosen: a.Pairs[p.Left]}
			if marked {
				m.Right, m.Wrong = inline(p.RightText), m.Chosen != p.Right
			}
			v.Lefts = append(v.Lefts, m)
		}
		if !slices.ContainsFunc(v.Rights, func(o OptionView) bool { return o.ID == p.Right }) {
			v.Rights = append(v.Rights, OptionView{ID: p.Right, Text: inline(p.RightText)})
		}
	}
	slices.SortFunc(v.Rights, func(a, b OptionView) int { return strings.Compare(a.ID, b.ID) })
}

// Answered says whether an option was chosen.
func (v QuestionView) Answered() bool {
	return slices.ContainsFunc(v.Options, func(o OptionView) bool { return o.Chosen })
}

func (v *QuestionView) mark(q courses.Question, m courses.Mark, w words.Words) {
	v.Marked, v.Right, v.Partly = true, m.Right, !m.Right && m.Share > 0
	if m.Right {
		return
	}
	mine := false
	for _, a := range q.Accepted { // the first in the reader's language
		if a.Weight < 1 || mine {
			continue
		}
		mine = a.Feedback == courses.Text{} || w.Lang == "en" && a.Feedback.En != "" || w.Lang != "en" && a.Feedback.Vi != ""
		if mine || v.Expected == "" {
			v.Expected = a.Shown()
		}
	}
	if i := slices.IndexFunc(q.Ranges, func(r courses.Range) bool { return r.Weight == 1 }); i >= 0 {
		r := q.Ranges[i]
		v.Expected = words.Number(w.Lang, r.Min)
		if r.Max != r.Min {
			v.Expected += " – " + words.Number(w.Lang, r.Max)
		}
	}
}

// shuffle puts the options of a question into an order that depends on the seed alone; no seed, no change.
func shuffle(options []OptionView, seed, question string) {
	if seed == "" {
		return
	}
	h := fnv.New64a()
	h.Write([]byte(seed + "/" + question))
	r := rand.New(rand.NewPCG(h.Sum64(), 1687))
	r.Shuffle(len(options), func(i, j int) { options[i], options[j] = options[j], options[i] })
}

// AnswersOf reads the answers of a quiz's form, and names those that cannot be read.
func AnswersOf(c *fiber.Ctx, asked courses.Quiz, lang string) (map[string]courses.Answer, map[string]string) {
	answers := map[string]courses.Answer{}
	faults := map[string]string{}
	form := c.Request().PostArgs()
	for i := range asked.Questions {
		q := &asked.Questions[i]
		a, given, err := q.ParseForm(lang, func(part string) []string {
			name := "q." + q.ID
			if part != "" {
				name += "." + part
			}
			var values []string
			for _, v := range form.PeekMulti(name) {
				values = append(values, string(v))
			}
			return values
		})
		if err != nil {
			faults[q.ID] = Explain(err).Code
		}
		if given {
			answers[q.ID] = a
		}
	}
	return answers, faults
}
