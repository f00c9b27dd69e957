package page

import (
	"html/template"
	"math"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
	"lopban/courses/words"
)

// KeyView is a question with its key, for who writes or reviews it.
type KeyView struct {
	ID       string
	Number   int // 0 of a text between questions
	Kind     courses.QuestionKind
	Pool     string
	Prompt   template.HTML
	Tail     template.HTML
	Rows     []KeyRow
	Other    template.HTML // feedback to all other numbers
	Feedback template.HTML
	Whole    bool
	Spelling courses.Spelling
}

// KeyRow is an option, an accepted text, a range or a pair.
type KeyRow struct {
	Text  template.HTML
	To    template.HTML // of a pair: the right side
	Worth string        // a share that is neither all nor nothing, in percent
	Right bool          // worth all
	Note  template.HTML
}

// KeyViews is questions in their own order in the language of w, and in Vietnamese where it is missing.
func KeyViews(all []courses.Question, w words.Words) []KeyView {
	inline := func(t courses.Text) template.HTML { return template.HTML(markdown.RenderInline(w.In(t))) }
	plain := func(s string) template.HTML { return template.HTML(template.HTMLEscapeString(s)) }
	views := make([]KeyView, 0, len(all))
	n := 0
	for _, q := range all {
		v := KeyView{ID: q.ID, Kind: q.Kind, Pool: q.Pool, Prompt: inline(q.Prompt), Tail: inline(q.Tail), Other: inline(q.Other),
			Feedback: inline(q.Feedback), Whole: q.Whole, Spelling: q.Spelling}
		if q.Kind != courses.Description {
			n++
			v.Number = n
		}
		row := func(text template.HTML, weight float64, note courses.Text) {
			r := KeyRow{Text: text, Right: weight == 1, Note: inline(note)}
			if weight != 0 && weight != 1 {
				r.Worth = words.Number(w.Lang, math.Round(weight*1e5)/1e3)
			}
			v.Rows = append(v.Rows, r)
		}
		for _, o := range q.Options {
			text := inline(o.Text)
			if q.Kind == courses.TrueFalse {
				text = plain(w.T("quiz." + o.ID))
			}
			row(text, o.Weight, o.Feedback)
		}
		for _, a := range q.Accepted {
			row(plain(a.Text), a.Weight, a.Feedback)
		}
		for _, r := range q.Ranges {
			text := words.Number(w.Lang, r.Min)
			if r.Max != r.Min {
				text += " – " + words.Number(w.Lang, r.Max)
			}
			row(plain(text), r.Weight, r.Feedback)
		}
		for _, p := range q.Pairs {
			v.Rows = append(v.Rows, KeyRow{Text: inline(p.LeftText), To: inline(p.RightText)})
		}
		views = append(views, v)
	}
	return views
}
