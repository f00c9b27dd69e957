package desk

import (
	"context"
	"errors"
	"maps"
	"slices"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/problem"
	"lopban/courses/store"
)

// Authors are those whose work a draft is: who submitted it, and who wrote any revision since its base. Whoever wrote
// the words of such a revision before is one of them too, when somebody else put them back from the history. In order,
// each once.
func (d *Desk) Authors(ctx context.Context, w Editing) ([]string, error) {
	base, err := d.baseSums(ctx, w)
	if err != nil {
		return nil, err
	}
	authors := map[string]bool{}
	if by := w.Submitter(); by != "" {
		authors[by] = true
	}
	for _, f := range w.Draft.Files {
		var revs []Edit
		err := store.Each(ctx, d.Store, EditKind, store.Where(store.Begins("id", w.Draft.ID+"/"+f.Path+"/")), func(e Edit) error {
			revs = append(revs, Edit{By: e.By, Text: sumOf(e)}) // the texts themselves may be long
			return nil
		})
		if err != nil {
			return nil, err
		}
		since := map[string]bool{}
		for _, e := range slices.Backward(revs) {
			if e.Text == base[f.Path] {
				break
			}
			since[e.Text] = true
		}
		for _, e := range revs {
			if since[e.Text] {
				authors[e.By] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(authors)), nil
}

// sumOf is what a revision holds, as DraftFile.Sum has it; "" where the file was removed.
func sumOf(e Edit) string {
	switch {
	case e.Gone:
		return ""
	case e.Blob != "":
		return e.Blob
	}
	return authoring.Sum([]byte(e.Text))
}

// baseSums are the files of the version that a draft goes on from, by path.
func (d *Desk) baseSums(ctx context.Context, w Editing) (map[string]string, error) {
	sums := map[string]string{}
	if w.Base == 0 {
		return sums, nil
	}
	v, err := d.School.Version(ctx, courses.VersionID(w.Draft.ID, w.Base))
	if errors.Is(err, problem.ErrNotFound) {
		return sums, nil
	}
	if err != nil {
		return nil, err
	}
	texts, err := authoring.Texts(*v)
	if err != nil {
		return nil, err
	}
	for path, text := range texts {
		sums[path] = authoring.Sum(text)
	}
	for _, m := range v.Media {
		sums["media/"+m.Name] = m.Blob
	}
	return sums, nil
}
