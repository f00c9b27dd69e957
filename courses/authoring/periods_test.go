package authoring

import (
	"bytes"
	"testing"

	"lopban/courses/authoring/coursetest"
)

// What a certificate prints is reckoned from the minutes, whatever course.yaml says or leaves out; to say more is a
// mistake.
func TestPeriodsAreReckoned(t *testing.T) {
	for _, c := range []struct {
		say, task string // of course.yaml: periods, and whether the task of 45 minutes is required
		periods   int
		want      string
	}{
		{"", "true", 2, ""},
		{"periods: 1\n", "true", 2, ""},
		{"periods: 2\n", "true", 2, ""},
		{"periods: 3\n", "true", 2, "course.yaml:5 periods-high 3 95 2"},
		{"periods: 1\n", "false", 1, ""},
		{"periods: 2\n", "false", 1, "course.yaml:5 periods-high 2 50 1"},
	} {
		files := coursetest.Practice()
		y := files[CourseFile]
		for old, new := range map[string]string{"periods: 1\n": c.say, "required: true": "required: " + c.task, "minutes: 10\n": "minutes: 38\n"} {
			if !bytes.Contains(y, []byte(old)) {
				t.Fatalf("no %q", old)
			}
			y = bytes.Replace(y, []byte(old), []byte(new), 1)
		}
		files[CourseFile] = y
		p, m := LoadFiles(files)
		if told(m) != c.want || p.Version.Periods != c.periods {
			t.Errorf("%q, required %s: %d periods, %s", c.say, c.task, p.Version.Periods, told(m))
		}
		written, err := p.Files()
		if back, m := LoadFiles(written); err != nil || len(m) > 0 || back.Version.Hash != p.Version.Hash {
			t.Errorf("%q, required %s: %v %v\n%s", c.say, c.task, err, m, written[CourseFile])
		}
	}
}
