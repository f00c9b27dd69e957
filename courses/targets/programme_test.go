package targets

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"lopban/courses"
	"lopban/courses/problem"
)

const programmeFile = "../../content/programme/programme.yaml"

func TestReadProgramme(t *testing.T) {
	p := realProgramme(t)
	if p.Decision != "1687/QĐ-TTg" || p.DecidedOn != "2024-12-30" || !p.Base.ProgrammeCommunesOnly || p.Base.Source.In("en") == p.Base.Source.In("vi") {
		t.Errorf("%+v", p)
	}
	want := []Milestone{{40, "2026-12-31"}, {60, "2030-12-31"}, {90, "2045-12-31"}}
	for i, m := range p.Milestones {
		if m != want[i] {
			t.Errorf("milestone %+v, want %+v", m, want[i])
		}
	}
	i := p.Indicators
	if len(i.Model) != 3 || len(i.Coordinating) != 3 || i.Model[1] != (Milestone{50, "2030-12-31"}) || i.Coordinating[2] != (Milestone{90, "2045-12-31"}) || i.Readers[0] != (Milestone{10, "2026-12-31"}) {
		t.Errorf("indicators %+v", i)
	}
	if len(p.Strands) != 2 || p.Strands[0] != courses.LibraryService || p.Strands[1] != courses.ReadingPromotion {
		t.Errorf("strands %v", p.Strands)
	}
}

func TestReadProgrammeRefuses(t *testing.T) {
	good, err := os.ReadFile(programmeFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func(string) string{
		"a field that is not known":         func(s string) string { return s + "\nextra: 1\n" },
		"two documents":                     func(s string) string { return s + "\n---\ndecision: x\n" },
		"not YAML":                          func(s string) string { return s + "\n\t[" },
		"nothing":                           func(string) string { return "" },
		"no decision":                       func(s string) string { return strings.Replace(s, "decision: 1687/QĐ-TTg", "decision: ''", 1) },
		"a day that is none":                func(s string) string { return strings.Replace(s, "2030-12-31", "2030-02-31", 1) },
		"a date of the Decision that isn't": func(s string) string { return strings.Replace(s, "2024-12-30", "30/12/2024", 1) },
		"milestones that fall":              func(s string) string { return strings.Replace(s, "percent: 60", "percent: 30", 1) },
		"milestones out of order":           func(s string) string { return strings.Replace(s, "2030-12-31", "2046-12-31", 1) },
		"readers that fall":                 func(s string) string { return strings.Replace(s, "percent: 30", "percent: 3", 1) },
		"more than everybody":               func(s string) string { return strings.Replace(s, "percent: 90", "percent: 101", 1) },
		"a milestone before the Decision":   func(s string) string { return strings.Replace(s, "2026-12-31", "2024-12-30", 1) },
		"a strand that is not known":        func(s string) string { return strings.Replace(s, "- reading-promotion", "- reading", 1) },
		"a strand twice":                    func(s string) string { return strings.Replace(s, "- reading-promotion", "- library-service", 1) },
		"a base without a source":           func(s string) string { return strings.Replace(s, "    en: ", "    # ", 1) },
	} {
		bad := edit(string(good))
		if bad == string(good) {
			t.Errorf("%s: the test changes nothing", name)
		}
		_, err := ReadProgramme(fstest.MapFS{"programme/programme.yaml": {Data: []byte(bad)}})
		if !errors.Is(err, problem.ErrInvalid) {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
	if _, err := ReadProgramme(fstest.MapFS{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
}

func FuzzProgramme(f *testing.F) {
	good, err := os.ReadFile(programmeFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("decision: x\nmilestones: [{percent: 1, by: 2026-01-01}]\n"))
	f.Add(bytes.ReplaceAll(good, []byte("percent"), []byte("&a percent")))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProgramme(data)
		if err != nil {
			return
		}
		for _, d := range []Day{"0001-01-01", "2026-11-22", "9999-12-31"} {
			if m := p.next(d); m.Percent < 1 || m.Percent > 100 || m.By.Time().IsZero() {
				t.Errorf("%s: next is %+v", d, m)
			}
		}
		if len(p.Strands) == 0 || p.Base.Source.Vi == "" {
			t.Errorf("taken: %+v", p)
		}
	})
}

func FuzzDay(f *testing.F) {
	for _, s := range []string{"2026-11-22", "", "2026-02-29", "9999-12-31", "0001-01-01", "2026-1-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDay(s)
		if err == nil && (DayOf(d.Time()) != d || DayOf(d.last()) != d || !d.last().After(d.Time())) {
			t.Errorf("%q is %v, until %v", s, d.Time(), d.last())
		}
	})
}
