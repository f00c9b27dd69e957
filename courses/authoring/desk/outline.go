package desk

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
)

// Heading is what stands over a part of the outline: of a course its title and summary, of a module its title, of a
// lesson its title, objective and minutes.
type Heading struct {
	Title   courses.Text
	About   courses.Text // summary or objective
	Minutes int
}

func (h Heading) clean() Heading {
	for _, t := range []*courses.Text{&h.Title, &h.About} {
		t.Vi, t.En = singleLine(t.Vi), singleLine(t.En)
	}
	return h
}

// checkAs says whether a title is there, and no text longer than a form takes.
func (h Heading) checkAs(field string) error {
	if h.Title.Vi == "" {
		return problem.Invalid(field, "title-missing")
	}
	for _, one := range []struct{ field, code, text string }{
		{field, "title-long", h.Title.Vi}, {field, "title-long", h.Title.En},
		{"about", "about-long", h.About.Vi}, {"about", "about-long", h.About.En},
	} {
		if utf8.RuneCountInString(one.text) > maxHeading {
			return problem.Invalid(one.field, one.code, strconv.Itoa(maxHeading))
		}
	}
	return nil
}

// checkLesson is checkAs of a lesson, which has minutes too.
func (h Heading) checkLesson() error {
	return cmp.Or(h.checkAs("title"), within(h.Minutes, 1, authoring.MaxLesson, "minutes", "lesson-minutes"))
}

func singleLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

func heading(title courses.Text) courses.Text {
	var body courses.Text
	if title.Vi != "" {
		body.Vi = "## " + title.Vi + "\n"
	}
	if title.En != "" {
		body.En = "## " + title.En + "\n"
	}
	return body
}

// Outline reads course.yaml of the draft: titles, modules and lessons without their texts, with its revision. What is
// wrong in it is in the mistakes.
func (d *Desk) Outline(ctx context.Context, course string) (courses.Version, int, mistake.Mistakes, error) {
	e, err := d.Read(ctx, course, authoring.CourseFile)
	if err != nil {
		return courses.Version{}, 0, nil, err
	}
	var m mistake.Mistakes
	v, _ := authoring.ReadCourse([]byte(e.Text), &m)
	return v, e.Rev, m, nil
}

// rewritable are the mistakes of a course.yaml that can be written anew without losing anything in it.
var rewritable = []string{"module-empty", "modules-none", "yaml-key-missing", "yaml-empty", "number-range", "pass-mark-low", "periods-high"}

// rearrange changes course.yaml. The change is made anew where somebody else saved meanwhile.
func (d *Desk) rearrange(ctx context.Context, course, by string, change func(v *courses.Version) error) error {
	for {
		v, rev, mistakes, err := d.Outline(ctx, course)
		if err != nil {
			return err
		}
		for _, m := range mistakes {
			if !m.Warning && !slices.Contains(rewritable, m.Code) {
				return problem.Invalid("", "outline-broken", strconv.Itoa(m.Line))
			}
		}
		if err := change(&v); err != nil {
			return err
		}
		text, err := authoring.CourseYAML(v)
		if err != nil {
			return err
		}
		_, err = d.Save(ctx, course, authoring.CourseFile, rev, string(text), by)
		var c *Conflict
		if !errors.As(err, &c) {
			return err
		}
	}
}

// set changes a part of course.yaml, unless the part is no longer what it was at the revision that the writer saw. A
// part that is already as it is wanted is left alone: the answer to a form may have been lost on its way.
func (d *Desk) set(ctx context.Context, course string, base int, by string, part func(v *courses.Version) (any, bool), change func(v *courses.Version)) error {
	var before any // nil of a revision that never was
	e, err := d.ReadRev(ctx, course, authoring.CourseFile, base)
	if err == nil {
		was, _ := authoring.ReadCourse([]byte(e.Text), &mistake.Mistakes{})
		before, _ = part(&was)
	} else if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return d.rearrange(ctx, course, by, func(v *courses.Version) error {
		now, ok := part(v)
		if !ok {
			return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
		}
		change(v)
		if wanted, _ := part(v); !reflect.DeepEqual(now, before) && !reflect.DeepEqual(now, wanted) {
			return &problem.Problem{Kind: problem.ErrExists, Code: "draft-moved"}
		}
		return nil
	})
}

// SetCourse changes the title and summary of the course; base is the revision of course.yaml that the writer saw.
func (d *Desk) SetCourse(ctx context.Context, course string, base int, h Heading, by string) error {
	h = h.clean()
	if err := h.checkAs("title"); err != nil {
		return err
	}
	part := func(v *courses.Version) (any, bool) { return Heading{Title: v.Title, About: v.Summary}, true }
	return d.set(ctx, course, base, by, part, func(v *courses.Version) { v.Title, v.Summary = h.Title, h.About })
}

// SetModule changes the title of a module.
func (d *Desk) SetModule(ctx context.Context, course, module string, base int, h Heading, by string) error {
	h = h.clean()
	if err := h.checkAs("title"); err != nil {
		return err
	}
	part := func(v *courses.Version) (any, bool) {
		if m := moduleOf(v, module); m != nil {
			return Heading{Title: m.Title}, true
		}
		return Heading{}, false
	}
	return d.set(ctx, course, base, by, part, func(v *courses.Version) { moduleOf(v, module).Title = h.Title })
}

// SetLesson changes the title, objective and minutes of a lesson. Its id stays: completions are known by it.
func (d *Desk) SetLesson(ctx context.Context, course, lesson string, base int, h Heading, by string) error {
	h = h.clean()
	if err := h.checkLesson(); err != nil {
		return err
	}
	part := func(v *courses.Version) (any, bool) {
		l, ok := v.Lesson(lesson)
		return Heading{l.Title, l.Objective, l.Minutes}, ok
	}
	return d.set(ctx, course, base, by, part, func(v *courses.Version) {
		m, i := seatOf(v, lesson)
		l := &v.Modules[m].Lessons[i]
		l.Title, l.Objective, l.Minutes = h.Title, h.About, h.Minutes
	})
}

// AddModule adds an empty module at the end and gives its id.
func (d *Desk) AddModule(ctx context.Context, course string, title courses.Text, by string) (string, error) {
	h := Heading{Title: title}.clean()
	if err := h.checkAs("title"); err != nil {
		return "", err
	}
	title = h.Title
	id := ""
	return id, d.rearrange(ctx, course, by, func(v *courses.Version) error {
		id = freeID(title.Vi, func(id string) bool { return moduleOf(v, id) != nil })
		v.Modules = append(v.Modules, courses.Module{ID: id, Title: title})
		return nil
	})
}

// AddLesson adds a lesson at the end of a module, with a text that is its title, and gives its id. No lesson that ever
// was in the course has the same.
func (d *Desk) AddLesson(ctx context.Context, course, module string, h Heading, by string) (string, error) {
	h = h.clean()
	if err := h.checkLesson(); err != nil {
		return "", err
	}
	if h.About.Vi == "" {
		h.About = h.Title
	}
	draft, err := d.draft(ctx, course)
	if err != nil {
		return "", err
	}
	id := ""
	err = d.rearrange(ctx, course, by, func(v *courses.Version) error {
		m := moduleOf(v, module)
		if m == nil {
			return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
		}
		id = freeID(h.Title.Vi, func(id string) bool { return lessonTaken(v, draft, id) })
		m.Lessons = append(m.Lessons, courses.Lesson{ID: id, Title: h.Title, Objective: h.About, Minutes: h.Minutes})
		return nil
	})
	if err != nil {
		return "", err
	}
	body := heading(h.Title)
	for lang, text := range map[string]string{"vi": body.Vi, "en": body.En} {
		if text == "" {
			continue
		}
		if _, err := d.Save(ctx, course, authoring.LessonFile(id, lang, "md"), 0, text, by); err != nil {
			return id, err
		}
	}
	return id, nil
}

// CopyLesson puts a lesson behind one that it is a copy of, with its texts and questions, and gives its id.
func (d *Desk) CopyLesson(ctx context.Context, course, lesson, by string) (string, error) {
	draft, err := d.draft(ctx, course)
	if err != nil {
		return "", err
	}
	id := ""
	err = d.rearrange(ctx, course, by, func(v *courses.Version) error {
		for i := range v.Modules {
			m := &v.Modules[i]
			at := slices.IndexFunc(m.Lessons, func(l courses.Lesson) bool { return l.ID == lesson })
			if at < 0 {
				continue
			}
			id = freeID(m.Lessons[at].Title.Vi, func(id string) bool { return lessonTaken(v, draft, id) })
			l := m.Lessons[at]
			l.ID = id
			m.Lessons = slices.Insert(m.Lessons, at+1, l)
			return nil
		}
		return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
	})
	if err != nil {
		return "", err
	}
	copies := authoring.LessonFiles(id)
	for i, path := range authoring.LessonFiles(lesson) {
		f, there := draft.File(path)
		if !there {
			continue
		}
		e, err := d.ReadRev(ctx, course, path, f.Rev)
		if err == nil {
			_, err = d.Save(ctx, course, copies[i], 0, e.Text, by)
		}
		if err != nil {
			return id, err
		}
	}
	return id, nil
}

func lessonTaken(v *courses.Version, draft Draft, id string) bool {
	if _, ok := v.Lesson(id); ok || courses.LessonNameTaken(id) {
		return true
	}
	files := authoring.LessonFiles(id)
	return slices.ContainsFunc(draft.Files, func(f DraftFile) bool { return slices.Contains(files, f.Path) })
}

// MoveModule puts a module at a place among the modules, counted from 0.
func (d *Desk) MoveModule(ctx context.Context, course, module string, to int, by string) error {
	return d.rearrange(ctx, course, by, func(v *courses.Version) error {
		from := slices.IndexFunc(v.Modules, func(m courses.Module) bool { return m.ID == module })
		if from < 0 {
			return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
		}
		m := v.Modules[from]
		v.Modules = slices.Delete(v.Modules, from, from+1)
		v.Modules = slices.Insert(v.Modules, min(max(to, 0), len(v.Modules)), m)
		return nil
	})
}

// MoveLesson puts a lesson into a module, at a place among its lessons counted from 0.
func (d *Desk) MoveLesson(ctx context.Context, course, lesson, module string, to int, by string) error {
	return d.rearrange(ctx, course, by, func(v *courses.Version) error {
		m, i := seatOf(v, lesson)
		if m < 0 || moduleOf(v, module) == nil {
			return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
		}
		l := v.Modules[m].Lessons[i]
		v.Modules[m].Lessons = slices.Delete(v.Modules[m].Lessons, i, i+1)
		target := moduleOf(v, module)
		target.Lessons = slices.Insert(target.Lessons, min(max(to, 0), len(target.Lessons)), l)
		return nil
	})
}

// RemoveModule removes a module without lessons. One that has some is a problem: they are to be moved or removed first.
func (d *Desk) RemoveModule(ctx context.Context, course, module, by string) error {
	return d.rearrange(ctx, course, by, func(v *courses.Version) error {
		if m := moduleOf(v, module); m != nil && len(m.Lessons) > 0 {
			return problem.Invalid("module", "module-full")
		}
		v.Modules = slices.DeleteFunc(v.Modules, func(m courses.Module) bool { return m.ID == module })
		return nil
	})
}

// RemoveLesson takes a lesson and its files out of the draft. They stay in the history, and in the versions that have
// them.
func (d *Desk) RemoveLesson(ctx context.Context, course, lesson, by string) error {
	err := d.rearrange(ctx, course, by, func(v *courses.Version) error {
		if m, i := seatOf(v, lesson); m >= 0 {
			v.Modules[m].Lessons = slices.Delete(v.Modules[m].Lessons, i, i+1)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, path := range authoring.LessonFiles(lesson) {
		e, err := d.Read(ctx, course, path)
		if errors.Is(err, problem.ErrNotFound) {
			continue
		}
		if err == nil {
			_, err = d.Remove(ctx, course, path, e.Rev, by)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func moduleOf(v *courses.Version, id string) *courses.Module {
	for i := range v.Modules {
		if v.Modules[i].ID == id {
			return &v.Modules[i]
		}
	}
	return nil
}

// seatOf is where a lesson stands, -1 for one that is not there.
func seatOf(v *courses.Version, lesson string) (module, place int) {
	for m := range v.Modules {
		if i := slices.IndexFunc(v.Modules[m].Lessons, func(l courses.Lesson) bool { return l.ID == lesson }); i >= 0 {
			return m, i
		}
	}
	return -1, -1
}

// freeID makes an id of a title that is not taken.
func freeID(title string, taken func(id string) bool) string {
	id := markdown.Slug(title)
	if id == "" {
		id = "muc"
	}
	if !taken(id) {
		return id
	}
	for n := 2; ; n++ {
		if next := id + "-" + strconv.Itoa(n); !taken(next) {
			return next
		}
	}
}
