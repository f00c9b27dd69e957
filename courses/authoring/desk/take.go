package desk

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/bring"
	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
)

// Aim is where what was brought goes: a new course, a module of a course at the desk (lessons become its last ones), a
// lesson of one (texts and questions go to its end), or, with neither, the whole draft of the course that a package is
// of. What there is no room for at an aim, [Lost] names.
type Aim struct {
	Course string
	New    bool
	Strand courses.Strand // of a new course
	Module string
	Lesson string
}

// Take puts what was brought into a draft and gives back how many files it wrote. What is there already is not written
// again. Where somebody else writes into the same lesson meanwhile, it begins again as long as nothing of it is in;
// later that is store.ErrExists, and the same call again brings the rest. A new course whose id is taken, a course
// that is not open, a module or lesson that is gone, and files that a draft cannot hold are a store.Problem, and then
// nothing of importance was written.
func (d *Desk) Take(ctx context.Context, b bring.Brought, aim Aim, by string) (int, error) {
	t, media := taking{Desk: d, ctx: ctx, course: aim.Course, by: by}, map[string]int{}
	for name, data := range b.Files {
		if m := fits(name, data); m.Errors() {
			return 0, problem.Invalid("file", "bring-broken", bundle.Said(m))
		}
		if !IsText(name) {
			media[authoring.Sum(data)+path.Ext(name)] = len(data)
		}
	}
	if err := d.roomFor(ctx, aim.Course, media); err != nil {
		return 0, err
	}
	switch {
	case aim.New:
		return t.anew(b, aim.Strand)
	case aim.Module != "":
		err := t.lessons(b, aim.Module)
		return t.n, err
	case aim.Lesson != "":
		err := t.append(b, aim.Lesson)
		var c *Conflict
		for range maxRetries {
			if !errors.As(err, &c) || t.n > 0 {
				break
			}
			err = t.append(b, aim.Lesson)
		}
		if errors.As(err, &c) {
			err = &problem.Problem{Kind: problem.ErrExists, Code: "bring-moved"}
		}
		return t.n, err
	}
	err := t.whole(b)
	return t.n, err
}

// maxRetries is how often a file is put into a lesson anew after somebody else was first.
const maxRetries = 3

// fits names what keeps a file from being one of a draft.
func fits(name string, data []byte) mistake.Mistakes {
	var m mistake.Mistakes
	file, ok := strings.CutPrefix(name, "media/")
	switch {
	case ok:
		return markdown.CheckMedia(name, file, data)
	case !IsText(name):
		m.Add(name, 0, "file-unknown")
	case len(data) > markdown.MaxText:
		m.Add(name, 0, "file-too-large", markdown.KiB(markdown.MaxText))
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
func (t *taking) anew(b bring.Brought, strand courses.Strand) (int, error) {
	switch {
	case !authoring.CourseID.MatchString(t.course) || len(t.course) > 20 || courses.CourseNameTaken(t.course):
		return 0, problem.Invalid("course", "course-id")
	case strand != courses.LibraryService && strand != courses.ReadingPromotion:
		return 0, problem.Invalid("strand", "strand-unknown")
	}
	if err := t.free(t.ctx, t.course); err != nil {
		return 0, err
	}
	v, m, ok := outlineOf(b)
	if !ok || slices.ContainsFunc(m, func(m mistake.Mistake) bool { return !m.Warning && !slices.Contains(rewritable, m.Code) }) {
		return 0, problem.Invalid("file", "bring-broken", bundle.Said(m))
	}
	files := maps.Clone(b.Files)
	if v.Course != t.course || v.Strand != strand {
		v.Course, v.Strand = t.course, strand
		text, err := authoring.CourseYAML(v)
		if err != nil {
			return 0, err
		}
		files[authoring.CourseFile] = text
	}
	edits := map[string]Edit{}
	for name, data := range files {
		e := Edit{Course: t.course, Path: name, By: t.by}
		if IsText(name) {
			e.Text = Clean(string(data))
		} else {
			e.Blob, e.Size = authoring.Sum(data)+path.Ext(name), len(data)
			if err := t.Store.PutBlob(t.ctx, e.Blob, data); err != nil && !errors.Is(err, problem.ErrExists) {
				return 0, err
			}
		}
		edits[name] = e
	}
	_, err := t.begin(t.ctx, t.course, edits, Editorial{Course: t.course, Kind: Opened, By: t.by})
	return len(edits), err
}

// outlineOf reads the course.yaml of what was brought.
func outlineOf(b bring.Brought) (courses.Version, mistake.Mistakes, bool) {
	var m mistake.Mistakes
	v, ok := authoring.ReadCourse(b.Files[authoring.CourseFile], &m)
	return v, m, ok
}

// put writes a file unless it is the same already.
func (t *taking) put(name string, data []byte) error {
	newest, err := t.Read(t.ctx, t.course, name)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return t.putAt(newest.Rev, name, data)
}

// putAt writes a file that was made from a revision of it.
func (t *taking) putAt(rev int, name string, data []byte) error {
	var e Edit
	var err error
	if file, ok := strings.CutPrefix(name, "media/"); ok {
		e, _, err = t.Put(t.ctx, t.course, file, rev, data, t.by)
	} else {
		e, err = t.Save(t.ctx, t.course, name, rev, string(data), t.by)
	}
	if err == nil && e.Rev != rev {
		t.n++
	}
	return err
}

// whole makes the draft what the package holds. A package of the same content, however its files are written, changes
// nothing.
func (t *taking) whole(b bring.Brought) error {
	now, err := t.Files(t.ctx, t.course)
	if err != nil {
		return err
	}
	theirs, m := authoring.LoadFiles(b.Files)
	if theirs.Version.Course != t.course || b.Form != bring.FormPackage {
		return problem.Invalid("into", "bring-other-course")
	}
	if ours, mistakes := authoring.LoadFiles(now); !m.Errors() && !mistakes.Errors() && ours.Version.Hash == theirs.Version.Hash {
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
func (t *taking) lessons(b bring.Brought, module string) error {
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
		return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
	}
	renamed, err := t.pictures(placesOf(b, draft))
	if err != nil {
		return err
	}
	var added []courses.Lesson
	for _, l := range brought.Written() {
		was := l.ID
		l.ID = freeID(strings.ReplaceAll(was, "-", " "), func(id string) bool {
			return lessonTaken(&v, draft, id) || slices.ContainsFunc(added, func(l courses.Lesson) bool { return l.ID == id })
		})
		for _, lang := range []string{"vi", "en"} {
			for from, to := range map[string]string{was: l.ID, courses.FormID(was): courses.FormID(l.ID)} {
				if text := b.Files[authoring.LessonFile(from, lang, "md")]; text != nil {
					if err := t.put(authoring.LessonFile(to, lang, "md"), []byte(renamed.Replace(string(text)))); err != nil {
						return err
					}
				}
			}
			if text := b.Files[authoring.LessonFile(was, lang, "gift")]; text != nil {
				if err := t.put(authoring.LessonFile(l.ID, lang, "gift"), text); err != nil {
					return err
				}
			}
		}
		l.Quiz = l.Quiz.Settings()
		added = append(added, l)
	}
	t.n++
	return t.rearrange(t.ctx, t.course, t.by, func(v *courses.Version) error {
		m := moduleOf(v, module)
		if m == nil || slices.ContainsFunc(added, func(l courses.Lesson) bool { i, _ := seatOf(v, l.ID); return i >= 0 }) {
			return &problem.Problem{Kind: problem.ErrNotFound, Code: "outline-gone"}
		}
		m.Lessons = append(m.Lessons, added...)
		return nil
	})
}

// picture is one that was brought, on its way to a name that no other has.
type picture struct {
	from, to string // paths
	data     []byte
}

// placesOf gives each picture a path: its own, or another where that is taken by another picture.
func placesOf(b bring.Brought, draft Draft) []picture {
	var all []picture
	for _, name := range slices.Sorted(maps.Keys(b.Files)) {
		if !strings.HasPrefix(name, "media/") {
			continue
		}
		data := b.Files[name]
		ext := path.Ext(name)
		free := name
		for i := 2; ; i++ {
			f, ok := draft.File(free)
			if !ok || f.Sum == authoring.Sum(data)+ext {
				break
			}
			free = strings.TrimSuffix(name, ext) + "-" + strconv.Itoa(i) + ext
		}
		all = append(all, picture{name, free, data})
	}
	return all
}

// pictures keeps the pictures and gives how their addresses change.
func (t *taking) pictures(all []picture) (*strings.Replacer, error) {
	for _, p := range all {
		if err := t.put(p.to, p.data); err != nil {
			return nil, err
		}
	}
	return addresses(all), nil
}

func addresses(all []picture) *strings.Replacer {
	var changes []string
	for _, p := range all {
		if p.from != p.to {
			changes = append(changes, "(../"+p.from+")", "(../"+p.to+")")
		}
	}
	return strings.NewReplacer(changes...)
}
