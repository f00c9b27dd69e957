package authoring

import (
	"time"

	"gopkg.in/yaml.v3"

	"lopban/courses"
	"lopban/courses/authoring/mistake"
)

// day reads a day, 2026-11-30.
func (r yamlReader) day(n *yaml.Node, key string) string {
	if _, err := time.Parse(time.DateOnly, n.Value); n.Kind != yaml.ScalarNode || err != nil {
		r.m.Add(CourseFile, n.Line, "yaml-day", key)
		return ""
	}
	return n.Value
}

// sources reads what the course rests on.
func (r yamlReader) sources(n *yaml.Node, key string) []courses.Source {
	var all []courses.Source
	for _, item := range r.list(n, key) {
		var s courses.Source
		r.mapping(item, key, fields{
			"vi":       {func(n *yaml.Node, _ string) { s.Title.Vi, _ = r.line(n, key+".vi") }, true},
			"en":       {func(n *yaml.Node, _ string) { s.Title.En, _ = r.line(n, key+".en") }, false},
			"in_force": {func(n *yaml.Node, k string) { s.InForce = r.day(n, k) }, false},
			"where":    {func(n *yaml.Node, k string) { s.Where, _ = r.line(n, k) }, true},
		})
		if s.Title.Vi != "" && s.Title.En == "" {
			r.m.Warn(CourseFile, item.Line, "untranslated", key)
		}
		all = append(all, s)
	}
	return all
}

type yamlSource struct {
	Vi      string  `yaml:"vi"`
	En      string  `yaml:"en,omitempty"`
	InForce yamlDay `yaml:"in_force,omitempty"`
	Where   string  `yaml:"where"`
}

func sourcesYAML(all []courses.Source) []yamlSource {
	var list []yamlSource
	for _, s := range all {
		list = append(list, yamlSource{s.Title.Vi, s.Title.En, yamlDay(s.InForce), s.Where})
	}
	return list
}

// yamlDay is written as people write a day, without the quotation marks of a text.
type yamlDay string

// MarshalYAML writes the day.
func (d yamlDay) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!timestamp", Value: string(d)}, nil
}

// CheckAge warns of a course that was last checked against its sources more than a year before now, or on a day that is
// yet to come.
func CheckAge(v courses.Version, now time.Time) mistake.Mistakes {
	var m mistake.Mistakes
	checked, err := time.ParseInLocation(time.DateOnly, v.Checked, courses.Vietnam)
	switch {
	case err != nil:
	case checked.After(now):
		m.Warn(CourseFile, 0, "checked-ahead", v.CheckedOn())
	case checked.AddDate(1, 0, 1).Before(now):
		m.Warn(CourseFile, 0, "checked-old", v.CheckedOn())
	}
	return m
}
