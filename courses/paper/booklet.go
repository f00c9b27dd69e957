package paper

import (
	"fmt"
	"html"
	"slices"
	"strconv"
	"strings"

	"lopban/courses"
)

// Booklet is a whole course on paper, for who has no phone: every lesson with its drawings, forms and questions. Its
// words are those of the reader's language.
type Booklet struct {
	Version *courses.Version
	Lang    string                               // "vi" or "en"
	Say     func(key string, args ...any) string // a message in that language
	Text    func(courses.Lesson) string          // a lesson as safe HTML, as authoring.Render makes it
	Task    string                               // the practice task as safe HTML, "" where the course has none
	Model   string                               // an answer to it as safe HTML, printed with the key; "" for none
	Inline  func(markdown string) string         // a prompt, an option or a feedback as safe HTML
	Picture func(src string) []byte              // the SVG, PNG or JPEG that the HTML names; nil where there is none
	Key     bool                                 // with the right answers at the end: for trainers alone
}

// PDF is the booklet on A4 upright, with a cover, a list of lessons with their pages, and the pages numbered. Equal
// booklets give equal bytes. A letter that no font has is a box; a picture that cannot be drawn is its words.
func (b Booklet) PDF() ([]byte, error) {
	pages := map[string]int{} // of each lesson; they are known when it has been set once
	set := func(s *sheet) { b.set(s, pages) }
	if _, err := render("P", b.Version.PublishedAt, set); err != nil {
		return nil, err
	}
	return render("P", b.Version.PublishedAt, set)
}

func (b Booklet) in(t courses.Text) string { return t.In(b.Lang) }

func (b Booklet) set(s *sheet, pages map[string]int) {
	v := b.Version
	f := &flow{sheet: s, picture: b.Picture}
	s.SetTitle(b.in(v.Title), true)
	b.cover(f)
	f.foot = legible(v.Course + " · " + b.in(v.Title))
	b.contents(f, pages)
	number := 0
	for _, m := range v.Modules {
		for i, l := range m.Lessons {
			number++
			f.newPage()
			pages[l.ID] = f.page
			if i == 0 {
				f.say(areaLeft, areaWidth, span{b.in(m.Title), text, 11, grey})
				f.gap(3)
			}
			b.lesson(f, l, number)
		}
	}
	if v.Practice != nil {
		f.newPage()
		b.practice(f, v.Practice)
	}
	if len(v.Sources) > 0 || v.Checked != "" {
		b.sources(f)
	}
	if b.Key {
		b.answers(f)
		b.model(f)
	}
}

// practice is the assignment, and what the trainer looks at.
func (b Booklet) practice(f *flow, p *courses.Practice) {
	f.say(areaLeft, areaWidth, span{b.Say("booklet.practice", p.Minutes), text, 11, madder})
	f.say(areaLeft, areaWidth, span{b.in(p.Title), textBold, 19, indigo})
	f.gap(3)
	f.html(b.Task, areaLeft, areaWidth, body)
	f.gap(4)
	f.need(30)
	f.say(areaLeft, areaWidth, span{b.Say("booklet.rubric"), textBold, 14, indigo})
	f.gap(1)
	for _, c := range p.Rubric {
		b.choice(f, "", fmt.Sprintf("%s (%s)", b.Inline(b.in(c.Text)), b.Say("booklet.points", c.Points)), areaLeft, areaWidth)
		b.levels(f, c.Levels)
	}
}

func (b Booklet) cover(f *flow) {
	v := b.Version
	f.newPage()
	f.gap(45)
	f.say(areaLeft, areaWidth, span{b.Say("booklet.title"), text, 14, madder})
	f.gap(3)
	f.say(areaLeft, areaWidth, span{b.in(v.Title), textBold, 28, indigo})
	f.gap(4)
	f.SetDrawColor(madder[0], madder[1], madder[2])
	f.SetLineWidth(1)
	f.Line(areaLeft, f.y, areaLeft+40, f.y)
	f.gap(8)
	f.say(areaLeft, areaWidth, span{b.in(v.Summary), text, 13, black})
	f.gap(6)
	f.say(areaLeft, areaWidth, span{b.Say("booklet.edition", v.Course, v.Number, v.PublishedAt, v.Periods), text, 11, grey})
	if b.Key {
		f.gap(4)
		f.say(areaLeft, areaWidth, span{b.Say("booklet.key.edition"), textBold, 12, madder})
		return
	}
	f.y = 205
	f.say(areaLeft, areaWidth, span{b.Say("booklet.how"), text, 12, black})
	f.gap(8)
	for _, key := range []string{"booklet.name", "booklet.library"} {
		f.gap(7)
		label := span{b.Say(key), text, 12, black}
		f.left(areaLeft, f.y, label)
		f.SetDrawColor(grey[0], grey[1], grey[2])
		f.SetLineWidth(0.25)
		f.Line(areaLeft+f.width(label)+2, f.y+0.5, areaLeft+areaWidth, f.y+0.5)
		f.gap(5)
	}
}

func (b Booklet) contents(f *flow, pages map[string]int) {
	f.newPage()
	f.say(areaLeft, areaWidth, span{b.Say("booklet.contents"), textBold, 20, indigo})
	f.gap(4)
	number := 0
	for _, m := range b.Version.Modules {
		f.gap(3)
		f.need(20)
		f.say(areaLeft, areaWidth, span{b.in(m.Title), textBold, 12, black})
		f.gap(1)
		for _, l := range m.Lessons {
			number++
			f.need(body.row() * 2)
			page := span{strconv.Itoa(pages[l.ID]), text, body.size, black}
			top := f.y
			f.say(areaLeft+4, areaWidth-24, span{fmt.Sprintf("%d. %s", number, b.in(l.Title)), text, body.size, black})
			f.left(areaLeft+areaWidth-f.width(page), top+body.row()*0.77, page)
			f.gap(1)
		}
	}
}

func (b Booklet) lesson(f *flow, l courses.Lesson, number int) {
	f.say(areaLeft, areaWidth, span{b.Say("booklet.lesson", number, l.Minutes), text, 11, madder})
	f.say(areaLeft, areaWidth, span{b.in(l.Title), textBold, 19, indigo})
	f.gap(2)
	if goal := b.in(l.Objective); goal != "" {
		f.say(areaLeft, areaWidth, span{goal, textItalic, 11.5, grey})
		f.gap(3)
	}
	f.html(b.Text(l), areaLeft, areaWidth, body)
	b.questions(f, l)
	b.form(f, l)
}

func (b Booklet) questions(f *flow, l courses.Lesson) {
	if len(l.Quiz.Questions) == 0 {
		return
	}
	f.gap(5)
	f.need(60)
	f.say(areaLeft, areaWidth, span{b.Say("booklet.questions"), textBold, 14, indigo})
	f.gap(2)
	asked := 0
	for _, q := range l.Quiz.Questions {
		if q.Kind != courses.Description {
			asked++
		}
		set := func() { b.question(f, q, asked) }
		if h := f.height(set); h < areaBottom-areaTop {
			f.need(h)
		}
		set()
	}
}

const questionIndent = 8.0

func (b Booklet) question(f *flow, q courses.Question, number int) {
	x, width := areaLeft+questionIndent, areaWidth-questionIndent
	if q.Kind == courses.Description {
		f.html(b.Inline(b.in(q.Prompt)), areaLeft, areaWidth, body)
		f.gap(3)
		return
	}
	if !f.dry {
		f.left(areaLeft, f.y+body.row()*0.77, span{strconv.Itoa(number) + ".", textBold, body.size, black})
	}
	prompt := b.Inline(b.in(q.Prompt))
	if tail := b.in(q.Tail); tail != "" {
		prompt += " …………… " + b.Inline(tail)
	}
	f.html(prompt, x, width, body)
	f.gap(0.8)
	soft := span{b.Say("booklet.do." + string(q.Kind)), textItalic, 10, grey}
	f.say(x, width, soft)
	f.gap(0.8)
	switch q.Kind {
	case courses.SingleChoice, courses.MultipleChoice:
		for i, o := range q.Options {
			b.choice(f, letter(i), b.Inline(b.in(o.Text)), x, width)
		}
	case courses.TrueFalse:
		b.choice(f, "", b.Say("quiz.true"), x, width)
		b.choice(f, "", b.Say("quiz.false"), x, width)
	case courses.Matching:
		b.pairs(f, q, x, width)
	default:
		f.gap(8)
		if !f.dry {
			f.SetDrawColor(grey[0], grey[1], grey[2])
			f.SetLineWidth(0.25)
			long := width
			if q.Kind == courses.Numerical {
				long = 40
			}
			f.Line(x, f.y, x+long, f.y)
		}
	}
	f.gap(5)
}

// choice is a box to tick, its letter and its text.
func (b Booklet) choice(f *flow, letter, html string, x, width float64) {
	f.need(body.row())
	if !f.dry {
		f.SetDrawColor(0, 0, 0)
		f.SetLineWidth(0.3)
		f.Rect(x, f.y+1, 3.6, 3.6, "D")
		f.left(x+6, f.y+body.row()*0.77, span{letter, text, body.size, black})
	}
	indent := 12.0
	if letter == "" {
		indent = 6
	}
	f.html(html, x+indent, width-indent, body)
	f.gap(1)
}

// pairs are the left things, each with a blank for the letter of its right thing, and the right things in an order that
// gives nothing away.
func (b Booklet) pairs(f *flow, q courses.Question, x, width float64) {
	for _, p := range q.Pairs {
		if p.Left != "" {
			f.html("______ "+b.Inline(b.in(p.LeftText)), x, width, body)
			f.gap(0.6)
		}
	}
	f.gap(1.5)
	for i, right := range b.rights(q) {
		if !f.dry {
			f.left(x+2, f.y+body.row()*0.77, span{letter(i) + ".", text, body.size, black})
		}
		f.html(b.Inline(b.in(right.RightText)), x+9, width-9, body)
		f.gap(0.6)
	}
}

// rights are the right things of a matching, each once, in the order of their words.
func (b Booklet) rights(q courses.Question) []courses.Pair {
	seen := map[string]bool{}
	var all []courses.Pair
	for _, p := range q.Pairs {
		if !seen[p.Right] {
			seen[p.Right] = true
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(p, q courses.Pair) int { return strings.Compare(b.in(p.RightText), b.in(q.RightText)) })
	return all
}

// letter names the nth option as exams do: A, B, … Z, and numbers behind that.
func letter(n int) string {
	if n < 26 {
		return string(rune('A' + n))
	}
	return strconv.Itoa(n + 1)
}

// answers are the right answers of all lessons with what there is to say about them.
func (b Booklet) answers(f *flow) {
	f.newPage()
	f.say(areaLeft, areaWidth, span{b.Say("booklet.key"), textBold, 20, indigo})
	for i, l := range b.Version.Lessons() {
		if len(l.Quiz.Questions) == 0 {
			continue
		}
		f.gap(4)
		f.need(25)
		f.say(areaLeft, areaWidth, span{fmt.Sprintf("%d. %s", i+1, b.in(l.Title)), textBold, 12, black})
		f.gap(1)
		asked := 0
		for _, q := range l.Quiz.Questions {
			if q.Kind == courses.Description {
				continue
			}
			asked++
			right, why := b.answer(q)
			f.need(2 * body.row())
			if !f.dry {
				f.left(areaLeft, f.y+body.row()*0.77, span{strconv.Itoa(asked) + ".", textBold, body.size, black})
			}
			x, width := areaLeft+questionIndent, areaWidth-questionIndent
			f.html("<strong>"+right+"</strong>", x, width, body)
			for _, t := range why {
				small := body
				small.size, small.ink = 10, grey
				f.html(b.Inline(t), x, width, small)
			}
			f.gap(1.5)
		}
	}
}

// answer is what is right, as HTML, and the feedback to it.
func (b Booklet) answer(q courses.Question) (right string, why []string) {
	var parts []string
	tell := func(t courses.Text) {
		if t := b.in(t); t != "" {
			why = append(why, t)
		}
	}
	for i, o := range q.Options {
		if o.Weight <= 0 {
			continue
		}
		switch {
		case q.Kind == courses.TrueFalse:
			parts = append(parts, b.Say("quiz."+o.ID))
		default:
			parts = append(parts, letter(i)+". "+b.Inline(b.in(o.Text)))
		}
		tell(o.Feedback)
	}
	for _, a := range q.Accepted {
		if a.Weight <= 0 {
			continue
		}
		parts = append(parts, html.EscapeString(a.Shown()))
		tell(a.Feedback)
	}
	for _, r := range q.Ranges {
		if r.Weight <= 0 {
			continue
		}
		n := number(r.Min)
		if r.Max != r.Min {
			n += "–" + number(r.Max)
		}
		parts = append(parts, n)
		tell(r.Feedback)
	}
	rights := b.rights(q)
	for _, p := range q.Pairs {
		if p.Left != "" {
			i := slices.IndexFunc(rights, func(r courses.Pair) bool { return r.Right == p.Right })
			parts = append(parts, b.Inline(b.in(p.LeftText))+" → "+letter(i))
		}
	}
	tell(q.Feedback)
	return strings.Join(parts, "; "), why
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
