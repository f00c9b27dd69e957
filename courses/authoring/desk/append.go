package desk

import (
	"cmp"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/bring"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
)

// appending is what was brought, on its way to the end of a lesson. Nothing is written before all of it is known to
// fit.
type appending struct {
	*taking
	lesson  string
	renamed *strings.Replacer // addresses of pictures
	taken   map[string]bool   // ids of questions
	ids     map[string]string // new ones by those in the file
	files   []Edit            // to be written; Rev is that from which each was made
}

// append adds texts and questions at the end of a lesson, in each language that they are in. Questions get ids that no
// other has, and lead to the sections of the text that came with them. A language that they are not in is a reminder
// for who translates. The same file again adds nothing.
func (t *taking) append(b bring.Brought, lesson string) error {
	brought, _, _ := outlineOf(b)
	v, _, _, err := t.Outline(t.ctx, t.course)
	if err != nil {
		return err
	}
	if m, _ := seatOf(&v, lesson); m < 0 {
		return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
	}
	draft, err := t.draft(t.ctx, t.course)
	if err != nil {
		return err
	}
	pictures := placesOf(b, draft)
	a := &appending{taking: t, lesson: lesson, renamed: addresses(pictures), taken: map[string]bool{}, ids: map[string]string{}}
	sections, err := a.texts(b, brought)
	if err == nil {
		err = a.questions(b, brought, sections)
	}
	if err != nil {
		return err
	}
	if _, err := t.pictures(pictures); err != nil {
		return err
	}
	for _, e := range a.files {
		if err := t.putAt(e.Rev, e.Path, []byte(e.Text)); err != nil {
			return err
		}
	}
	return nil
}

// now is the newest text of a file of the lesson, "" where there is none, and its revision.
func (a *appending) now(lang, ext string) (string, int, error) {
	e, err := a.Read(a.ctx, a.course, authoring.LessonFile(a.lesson, lang, ext))
	if errors.Is(err, problem.ErrNotFound) || e.Gone {
		return "", e.Rev, nil
	}
	return strings.TrimSpace(e.Text), e.Rev, err
}

// keep notes a file that is to be written, if it may be as long as that.
func (a *appending) keep(lang, ext string, rev int, text string) error {
	if err := Fits(text); err != nil {
		return err
	}
	a.files = append(a.files, Edit{Path: authoring.LessonFile(a.lesson, lang, ext), Rev: rev, Text: text})
	return nil
}

// texts adds the texts, and gives how many sections stand before those of each lesson that was brought.
func (a *appending) texts(b bring.Brought, brought courses.Version) ([]int, error) {
	var before []int
	for _, lang := range []string{"vi", "en"} {
		now, rev, err := a.now(lang, "md")
		if err != nil {
			return nil, err
		}
		var more []string
		var sections []int
		n := 0
		for _, l := range brought.Written() {
			text, headed := textOf(b, l, lang)
			if headed {
				n++
			}
			sections = append(sections, n)
			if text == "" {
				continue
			}
			text = a.renamed.Replace(text)
			more = append(more, text)
			n += sectionsOf(text)
			if headed {
				n-- // the title's, counted before
			}
		}
		added := strings.Join(more, "\n\n")
		there := sectionsOf(now)
		if added != "" && strings.HasSuffix(now, added) {
			there -= sectionsOf(added)
		} else if added != "" {
			if err := a.keep(lang, "md", rev, strings.TrimSpace(now+"\n\n"+added)+"\n"); err != nil {
				return nil, err
			}
		}
		if lang == "vi" { // the original, whose sections count
			for i := range sections {
				sections[i] += there
			}
			before = sections
		}
	}
	return before, nil
}

// textOf is the text of a lesson that was brought, with its title over it where no heading begins it; "" where there is
// only the title that a file of questions got.
func textOf(b bring.Brought, l courses.Lesson, lang string) (text string, headed bool) {
	text = strings.TrimSpace(string(b.Files[authoring.LessonFile(l.ID, lang, "md")]))
	title := l.Title.Vi
	if lang == "en" {
		title = l.Title.En
	}
	switch {
	case strings.HasPrefix(text, "## ") && !strings.Contains(text, "\n"):
		return "", false
	case text == "" || title == "" || strings.HasPrefix(text, "## "):
		return text, false
	}
	return "## " + markdown.EscapeText(title, false, 'x', 'x') + "\n\n" + text, true
}

func sectionsOf(text string) int {
	_, sections := markdown.Render(text, func(string) (markdown.Picture, bool) { return markdown.Picture{}, false })
	return len(sections)
}

// questions adds the questions.
func (a *appending) questions(b bring.Brought, brought courses.Version, sections []int) error {
	var now [2]string
	var revs [2]int
	for i, lang := range []string{"vi", "en"} {
		var err error
		if now[i], revs[i], err = a.now(lang, "gift"); err != nil {
			return err
		}
		for _, found := range idInComment.FindAllStringSubmatch(now[i], -1) {
			a.taken[found[1]] = true
		}
	}
	for i, lang := range []string{"vi", "en"} {
		text, plain := now[i], ""
		for j, l := range brought.Written() {
			more := strings.TrimSpace(string(b.Files[authoring.LessonFile(l.ID, lang, "gift")]))
			if more == "" {
				continue
			}
			plain = strings.TrimSpace(plain + "\n\n" + more)
			if poolAtEnd(text) && !strings.HasPrefix(more, categoryMark) {
				more = categoryMark + " top\n\n" + more // or the last pool would take them
			}
			text = strings.TrimSpace(text + "\n\n" + a.numbered(more, sections[j]))
		}
		if plain == "" || strings.HasSuffix(bare(now[i]), bare(plain)) {
			continue
		}
		if err := a.keep(lang, "gift", revs[i], text+"\n"); err != nil {
			return err
		}
	}
	return nil
}

const categoryMark = "$CATEGORY:"

var (
	// idInComment is how GIFT names a question, and sectionInComment the section that it is about.
	idInComment      = regexp.MustCompile(`\[id:([^\]\n]*)\]`)
	sectionInComment = regexp.MustCompile(`\[tag:section-([1-9][0-9]?)\]`)
	lineOfPool       = regexp.MustCompile(`(?m)^\$CATEGORY:[ \t]*(.*)$`)
)

// poolAtEnd says whether a question behind a text would be in a pool.
func poolAtEnd(text string) bool {
	all := lineOfPool.FindAllStringSubmatch(text, -1)
	return len(all) > 0 && strings.TrimSpace(all[len(all)-1][1]) != "top"
}

// numbered gives the questions ids that are free, and sections that are so many further down.
func (a *appending) numbered(text string, further int) string {
	return comments(text, func(line string) string {
		line = idInComment.ReplaceAllStringFunc(line, func(s string) string {
			return "[id:" + a.freeID(idInComment.FindStringSubmatch(s)[1]) + "]"
		})
		return sectionInComment.ReplaceAllStringFunc(line, func(s string) string {
			n, _ := strconv.Atoi(sectionInComment.FindStringSubmatch(s)[1])
			if n+further > 99 {
				return "" // a tag has two digits
			}
			return "[tag:section-" + strconv.Itoa(n+further) + "]"
		})
	})
}

func (a *appending) freeID(id string) string {
	if _, ok := a.ids[id]; !ok {
		a.ids[id] = id
		for n := 2; a.taken[a.ids[id]]; n++ {
			a.ids[id] = id + "-" + strconv.Itoa(n)
		}
		a.taken[a.ids[id]] = true
	}
	return a.ids[id]
}

// comments changes the lines of comment of a text.
func comments(text string, change func(line string) string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(strings.TrimSpace(l), "//") {
			lines[i] = change(l)
		}
	}
	return strings.Join(lines, "\n")
}

// bare is a text of questions without what changes on the way to a lesson.
func bare(text string) string {
	text = comments(text, func(line string) string {
		return strings.TrimRight(sectionInComment.ReplaceAllString(idInComment.ReplaceAllString(line, ""), ""), " ")
	})
	return strings.Join(strings.Fields(strings.ReplaceAll(text, categoryMark+" top\n", "")), " ")
}

// Lost names what a file has and the course will not have, once it is taken to an aim. What no aim has room for is in
// LeftOut of what was brought.
func Lost(b bring.Brought, aim Aim) mistake.Mistakes {
	l := lost{named: b.Named}
	if aim.New || aim.Module == "" && aim.Lesson == "" {
		return nil
	}
	p, _ := authoring.LoadFiles(b.Files)
	v := p.Version
	l.add("lost-course", v.Title)
	l.add("lost-summary", v.Summary)
	if b.Form == bring.FormPackage {
		l.Warn("", 0, "lost-settings")
	}
	for _, s := range v.Sources {
		l.add("lost-source", s.Title)
	}
	if v.Practice != nil {
		l.add("lost-practice", v.Practice.Title)
	}
	if v.Guide != (courses.Text{}) {
		l.Warn("", 0, "lost-guide")
	}
	for _, part := range v.Modules {
		if part.Title != v.Title {
			l.add("lost-module", part.Title)
		}
	}
	for _, one := range v.Written() {
		if aim.Lesson != "" {
			l.lesson(b, one)
		}
	}
	return l.Mistakes
}

type lost struct {
	mistake.Mistakes
	named string // a title that is not in the file
}

func (l *lost) add(code string, t courses.Text) {
	if said := cmp.Or(t.Vi, t.En); said != "" && said != l.named {
		l.Warn("", 0, code, markdown.Short(said))
	}
}

// lesson names what of a lesson has no room in another.
func (l *lost) lesson(b bring.Brought, one courses.Lesson) {
	if _, headed := textOf(b, one, "vi"); !headed {
		l.add("lost-title", one.Title)
	}
	l.add("lost-objective", one.Objective)
	if one.Form != (courses.Text{}) {
		l.add("lost-form", one.Title)
	}
	if q := one.Quiz; len(q.Draw) > 0 || q.Attempts > 0 || q.PauseMinutes > 0 {
		l.add("lost-turns", one.Title)
	}
}
