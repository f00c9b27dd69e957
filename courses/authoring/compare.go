package authoring

import (
	"maps"
	"slices"

	"github.com/aymanbagabas/go-udiff"

	"lopban/courses"
)

// Line is one line of a comparison of two texts.
type Line struct {
	// "+" is only in the new text, "-" only in the old, " " in both, "…" stands for lines in both that are left out
	Op       string
	Text     string
	Old, New int // line numbers from 1, 0 where the line is not in that text
}

// Diff compares two texts by line, with three lines around each change. Equal texts give nothing.
func Diff(old, new string) []Line {
	u, err := udiff.ToUnifiedDiff("", "", old, udiff.Lines(old, new), udiff.DefaultContextLines)
	if err != nil {
		panic(err) // edits that the library made of this very text
	}
	var all []Line
	next := 1
	for _, h := range u.Hunks {
		if h.FromLine > next {
			all = append(all, Line{Op: "…"})
		}
		from, to := h.FromLine, h.ToLine
		for _, l := range h.Lines {
			line := Line{Op: " ", Text: chomp(l.Content), Old: from, New: to}
			switch l.Kind {
			case udiff.Delete:
				line.Op, line.New = "-", 0
			case udiff.Insert:
				line.Op, line.Old = "+", 0
			}
			if line.Old > 0 {
				from++
			}
			if line.New > 0 {
				to++
			}
			all = append(all, line)
		}
		next = from
	}
	return all
}

func chomp(line string) string {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		return line[:n-1]
	}
	return line
}

// Merge puts the changes of two people into one text. It is not ok where they touch the same or neighbouring lines:
// then somebody must choose.
func Merge(base, theirs, yours string) (string, bool) {
	a, b := udiff.Lines(base, theirs), udiff.Lines(base, yours)
	for _, x := range a {
		for _, y := range b {
			if x != y && x.Start <= y.End && y.Start <= x.End {
				return "", false
			}
		}
	}
	all := slices.Clone(a)
	for _, y := range b {
		if !slices.Contains(all, y) {
			all = append(all, y)
		}
	}
	udiff.SortEdits(all)
	merged, err := udiff.Apply(base, all)
	return merged, err == nil
}

// Comparison says what is different in the second of two versions.
type Comparison struct {
	Course  []Line // of course.yaml: titles, order, pass mark
	Lessons []LessonChange
	Media   []MediaChange
}

// LessonChange is a lesson that is not the same in both versions. Added and removed lessons have no Files.
type LessonChange struct {
	ID      string
	Title   courses.Text
	Added   bool
	Removed bool
	Moved   bool // it stands in another module or place
	Files   []FileChange
}

// FileChange is a text that differs.
type FileChange struct {
	Path  string
	Lines []Line
}

// MediaChange is a picture that differs. Old and New are the names of blobs, "" where there is none.
type MediaChange struct{ Name, Old, New string }

// Compare says what is different in b, lesson by lesson in b's order; removed lessons come last.
func Compare(a, b *courses.Version) (Comparison, error) {
	var c Comparison
	old, err := Texts(*a)
	if err != nil {
		return c, err
	}
	new, err := Texts(*b)
	if err != nil {
		return c, err
	}
	c.Course = Diff(string(old[CourseFile]), string(new[CourseFile]))
	moved := movedLessons(a, b)
	for _, l := range b.Lessons() {
		change := LessonChange{ID: l.ID, Title: l.Title, Moved: moved[l.ID]}
		if _, there := a.Lesson(l.ID); !there {
			change.Added = true
		} else {
			change.Files = fileChanges(l.ID, old, new)
		}
		if change.Added || change.Moved || len(change.Files) > 0 {
			c.Lessons = append(c.Lessons, change)
		}
	}
	for _, l := range a.Lessons() {
		if _, there := b.Lesson(l.ID); !there {
			c.Lessons = append(c.Lessons, LessonChange{ID: l.ID, Title: l.Title, Removed: true})
		}
	}
	c.Media = mediaChanges(a, b)
	if files := append(fileChanges(PracticeID, old, new), fileChanges(ModelID, old, new)...); len(files) > 0 {
		c.Lessons = append(c.Lessons, LessonChange{ID: PracticeID, Title: practiceTitle(a, b), Files: files})
	}
	if files := fileChanges(GuideID, old, new); len(files) > 0 {
		c.Lessons = append(c.Lessons, LessonChange{ID: GuideID, Files: files})
	}
	return c, nil
}

func practiceTitle(a, b *courses.Version) courses.Text {
	if b.Practice != nil {
		return b.Practice.Title
	}
	return a.Practice.Title
}

func fileChanges(lesson string, old, new map[string][]byte) []FileChange {
	var all []FileChange
	for _, path := range LessonFiles(lesson) {
		if lines := Diff(string(old[path]), string(new[path])); len(lines) > 0 {
			all = append(all, FileChange{path, lines})
		}
	}
	return all
}

// LessonFiles lists the files that a lesson may have.
func LessonFiles(id string) []string {
	form := courses.FormID(id)
	return []string{LessonFile(id, "vi", "md"), LessonFile(id, "en", "md"), LessonFile(form, "vi", "md"), LessonFile(form, "en", "md"), LessonFile(id, "vi", "gift"), LessonFile(id, "en", "gift")}
}

func mediaChanges(a, b *courses.Version) []MediaChange {
	names := map[string]MediaChange{}
	for _, m := range a.Media {
		names[m.Name] = MediaChange{Name: m.Name, Old: m.Blob, New: b.Blob(m.Name)}
	}
	for _, m := range b.Media {
		names[m.Name] = MediaChange{Name: m.Name, Old: a.Blob(m.Name), New: m.Blob}
	}
	var all []MediaChange
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if m := names[name]; m.Old != m.New {
			all = append(all, m)
		}
	}
	return all
}

// movedLessons are those of both versions that changed their module, or do not keep their order: the fewest that must
// be moved to get from one order to the other.
func movedLessons(a, b *courses.Version) map[string]bool {
	type seat struct {
		module string
		at     int
	}
	seats := map[string]seat{}
	n := 0
	for _, m := range a.Modules {
		for _, l := range m.Lessons {
			seats[l.ID] = seat{m.ID, n}
			n++
		}
	}
	moved := map[string]bool{}
	var ids []string
	var places []int
	for _, m := range b.Modules {
		for _, l := range m.Lessons {
			if s, ok := seats[l.ID]; ok && s.module == m.ID {
				ids, places = append(ids, l.ID), append(places, s.at)
			} else if ok {
				moved[l.ID] = true
			}
		}
	}
	kept := rising(places)
	for i, id := range ids {
		moved[id] = !kept[i]
	}
	return moved
}

// rising marks a longest rising row among numbers, none of which is there twice.
func rising(numbers []int) map[int]bool {
	length, before := make([]int, len(numbers)), make([]int, len(numbers))
	best := -1
	for i, n := range numbers {
		length[i], before[i] = 1, -1
		for j := range i {
			if numbers[j] < n && length[j] >= length[i] {
				length[i], before[i] = length[j]+1, j
			}
		}
		if best < 0 || length[i] > length[best] {
			best = i
		}
	}
	kept := map[int]bool{}
	for i := best; i >= 0; i = before[i] {
		kept[i] = true
	}
	return kept
}
