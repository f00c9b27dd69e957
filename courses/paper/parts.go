package paper

import (
	"html"

	"lopban/courses"
)

// levels are what earns how many points of a criterion.
func (b Booklet) levels(f *flow, levels []courses.Level) {
	small := body
	small.size = 10
	for _, l := range levels {
		f.html(html.EscapeString(b.Say("booklet.points", l.Points)+": "+b.in(l.Text)), areaLeft+questionIndent, areaWidth-questionIndent, small)
	}
}

// model is the model answer to the practice task.
func (b Booklet) model(f *flow) {
	if b.Model == "" {
		return
	}
	f.newPage()
	f.say(areaLeft, areaWidth, span{b.Say("desk.model"), textBold, 20, indigo})
	f.gap(3)
	f.html(b.Model, areaLeft, areaWidth, body)
}

// sources are what the course rests on, and when it was last checked against it.
func (b Booklet) sources(f *flow) {
	v := b.Version
	f.gap(8)
	f.need(30)
	f.say(areaLeft, areaWidth, span{b.Say("course.sources"), textBold, 14, indigo})
	f.gap(1)
	small := body
	small.size = 10
	for _, s := range v.Sources {
		line := b.in(s.Title)
		if since := s.Since(); since != "" {
			line += ", " + b.Say("course.in-force", since)
		}
		f.html("<ul><li>"+html.EscapeString(line+" ("+s.Where+")")+"</li></ul>", areaLeft, areaWidth, small)
	}
	if day := v.CheckedOn(); day != "" {
		f.gap(1)
		f.say(areaLeft, areaWidth, span{b.Say("course.checked", day), textItalic, 10, grey})
	}
}

// form is the form of a lesson on a page of its own, to be copied.
func (b Booklet) form(f *flow, l courses.Lesson) {
	if l.Form == (courses.Text{}) {
		return
	}
	f.newPage()
	f.say(areaLeft, areaWidth, span{b.in(l.Title), text, 9, grey})
	f.gap(2)
	f.html(b.Text(l.Sheet()), areaLeft, areaWidth, body)
}
