package authoring

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"lopban/courses"
	"lopban/courses/store"
)

// Aim is where what was brought goes: a new course, a module of a course at the desk (lessons become its last ones), a lesson of one (questions go to the end of its quiz), or, with neither, the
// whole draft of the course that a package is of.
type Aim struct {
	Course string
	New    bool
	Strand courses.Strand // of a new course
	Module string
	Lesson string
}

// Take puts what was brought into a draft and gives back how many files it wrote. What is there already is not written again. A new course whose id is taken, a course that is not open, a module or lesson that
// is gone, and files that a draft cannot hold are a store.Problem, and then nothing of importance was written.
func (d *Desk) Take(ctx context.Context, b Brought, aim Aim, by string) (int, error) {
	t := taking{Desk: d, ctx: ctx, course: aim.Course, by: by}
	for name, data := range b.Files {
		if m := fits(name, data); m.Errors() {
			return 0, store.Invalid("file", "bring-broken", said(m))
		}
	}
	switch {
	case aim.New:
		return t.anew(b, aim.Strand)
	case aim.Module != "":
		err := t.lessons(b, aim.Module)
		return t.n, err
	case aim.Lesson != "":
		err := t.questions(b, aim.Lesson)
		return t.n, err
	}
	err := t.whole(b)
	return t.n, err
}

// fits names what keeps a file from being one of a draft.
func fits(name string, data []byte) Mistakes {
	var m Mistakes
	file, ok := strings.CutPrefix(name, "media/")
	switch {
	case ok:
		return checkMedia(name, file, data)
	case !IsText(name):
		m.add(name, 0, "file-unknown")
	case len(data) > maxText:
		m.add(name, 0, "file-too-large", kib(maxText))
	}
	return m
}

type taking struct {
	*Desk
	ctx        context.Context
	course, by string
	n          int // files written
}

// anew begins a course.
func (t *taking) anew(b Brought, strand courses.Strand) (int, error) {
	switch {
	case !courseID.MatchString(t.course) || len(t.course) > 20:
		return 0, store.Invalid("course", "course-id")
	case strand != courses.LibraryService && strand != courses.ReadingPromotion:
		return 0, store.Invalid("strand", "strand-unknown")
	}
	if err := t.free(t.ctx, t.course); err != nil {
		return 0, err
	}
	v, m, ok := outlineOf(b)
	if !ok || slices.ContainsFunc(m, func(m Mistake) bool { return !m.Warning && !slices.Contains(rewritable, m.Code) }) {
		return 0, store.Invalid("file", "bring-broken", said(m))
	}
	files := maps.Clone(b.Files)
	if v.Course != t.course || v.Strand != strand {
		v.Course, v.Strand = t.course, strand
		text, err := courseYAML(v)
		if err != nil {
			return 0, err
		}
		files[courseFile] = text
	}
	edits := map[string]Edit{}
	for name, data := range files {
		e := Edit{Course: t.course, Path: name, By: t.by}
		if IsText(name) {
			e.Text = Clean(string(data))
		} else {
			e.Blob = sum(data) + path.Ext(name)
			if err := t.Store.PutBlob(t.ctx, e.Blob, data); err != nil && !errors.Is(err, store.ErrExists) {
				return 0, err
			}
		}
		edits[name] = e
	}
	_, err := t.begin(t.ctx, t.course, edits, Editorial{Course: t.course, Kind: Opened, By: t.by})
	return len(edits), err
}

// outlineOf reads the course.yaml of what was brought.
func outlineOf(b Brought) (courses.Version, Mistakes, bool) {
	var m Mistakes
	v, ok := readCourse(b.Files[courseFile], &m)
	return v, m, ok
}

// put writes a file unless it is the same already.
func (t *taking) put(name string, data []byte) error {
	newest, err := t.Read(t.ctx, t.course, name)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	var e Edit
	if file, ok := strings.CutPrefix(name, "media/"); ok {
		e, _, err = t.Put(t.ctx, t.course, file, newest.Rev, data, t.by)
	} else {
		e, err = t.Save(t.ctx, t.course, name, newest.Rev, string(data), t.by)
	}
	if err == nil && e.Rev != newest.Rev {
		t.n++
	}
	return err
}

// whole makes the draft what the package holds. A package of the same content, however its files are written, changes nothing.
func (t *taking) whole(b Brought) error {
	now, err := t.Files(t.ctx, t.course)
	if err != nil {
		return err
	}
	theirs, m := LoadFiles(b.Files)
	if theirs.Version.Course != t.course || b.Form != FormPackage {
		return store.Invalid("into", "bring-other-course")
	}
	if ours, mistakes := LoadFiles(now); !m.Errors() && !mistakes.Errors() && ours.Version.Hash == theirs.Version.Hash {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		if err := t.put(name, b.Files[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if b.Files[name] != nil {
			continue
		}
		newest, err := t.Read(t.ctx, t.course, name)
		if err == nil {
			_, err = t.Remove(t.ctx, t.course, name, newest.Rev, t.by)
		}
		if err != nil {
			return err
		}
		t.n++
	}
	return nil
}

// lessons adds the lessons at the end of a module, under ids and with pictures under names that no other has.
func (t *taking) lessons(b Brought, module string) error {
	brought, _, _ := outlineOf(b)
	draft, err := t.draft(t.ctx, t.course)
	if err != nil {
		return err
	}
	v, _, _, err := t.Outline(t.ctx, t.course)
	if err != nil {
		return err
	}
	if moduleOf(&v, module) == nil {
		return &store.Problem{Kind: store.ErrNotFound, Code: "outline-gone"}
	}
	renamed, err := t.pictures(b, draft)
	if err != nil {
		return err
	}
	var added []courses.Lesson
	for _, l := range brought.Lessons() {
		was := l.ID
		l.ID = freeID(strings.ReplaceAll(was, "-", " "), func(id string) bool {
			return lessonTaken(&v, draft, id) || slices.ContainsFunc(added, func(l courses.Lesson) bool { return l.ID == id })
		})
		for _, lang := range []string{"vi", "en"} {
			if text := b.Files[lessonFile(was, lang, "md")]; text != nil {
				if err := t.put(lessonFile(l.ID, lang, "md"), []byte(renamed.Replace(string(text)))); err != nil {
					return err
				}
			}
			if text := b.Files[lessonFile(was, lang, "gift")]; text != nil {
				if err := t.put(lessonFile(l.ID, lang, "gift"), text); err != nil {
					return err
				}
			}
		}
		l.Quiz = courses.Quiz{Draw: l.Quiz.Draw}
		added = append(added, l)
	}
	t.n++
	return t.rearrange(t.ctx, t.course, t.by, func(v *courses.Version) error {
		m := moduleOf(v, module)
		if m == nil || slices.ContainsFunc(added, func(l courses.Lesson) bool { i, _ := seatOf(v, l.ID); return i >= 0 }) {
			return &store.Problem{Kind: store.ErrNotFound, Code: "outline-gone"}
		}
		m.Lessons = append(m.Lessons, added...)
		return nil
	})
}

// pictures keeps the pictures, under other names where theirs are taken by others, and gives how their addresses change.
func (t *taking) pictures(b Brought, draft Draft) (*strings.Replacer, error) {
	var changes []string
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		if !strings.HasPrefix(name, "media/") {
			continue
		}
		data := b.Files[name]
		ext := path.Ext(name)
		free := name
		for i := 2; ; i++ {
			f, ok := draft.File(free)
			if !ok || f.Sum == sum(data)+ext {
				break
			}
			free = strings.TrimSuffix(name, ext) + "-" + strconv.Itoa(i) + ext
		}
		if err := t.put(free, data); err != nil {
			return nil, err
		}
		if free != name {
			changes = append(changes, "(../"+name+")", "(../"+free+")")
		}
	}
	return strings.NewReplacer(changes...), nil
}

// questions adds the questions at the end of a lesson's quiz, in each language that they are in.
func (t *taking) questions(b Brought, lesson string) error {
	brought, _, _ := outlineOf(b)
	v, _, _, err := t.Outline(t.ctx, t.course)
	if err != nil {
		return err
	}
	if m, _ := seatOf(&v, lesson); m < 0 {
		return &store.Problem{Kind: store.ErrNotFound, Code: "outline-gone"}
	}
	for _, lang := range []string{"vi", "en"} {
		var more []byte
		for _, l := range brought.Lessons() {
			if text := b.Files[lessonFile(l.ID, lang, "gift")]; text != nil {
				more = append(append(more, bytes.TrimSpace(text)...), "\n\n"...)
			}
		}
		more = bytes.TrimSpace(more)
		if len(more) == 0 {
			continue
		}
		file := lessonFile(lesson, lang, "gift")
		newest, err := t.Read(t.ctx, t.course, file)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		text := string(more) + "\n"
		if before := strings.TrimSpace(newest.Text); before != "" && !newest.Gone {
			if strings.HasSuffix(before, strings.TrimSpace(text)) {
				continue
			}
			text = before + "\n\n" + text
		}
		if err := t.put(file, []byte(text)); err != nil {
			return err
		}
	}
	return nil
}
