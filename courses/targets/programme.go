// Package targets is the number: how many of the people who work at grassroots libraries are trained, against the
// milestones of Decision 1687/QĐ-TTg. [Programme] is what is asked for and of whom, [Standing] is where one person
// stands, [Board] counts, and [Report] lists the people and certificates behind the count.
//
// Everything here is a pure function of facts: postings, certificates and revocations. A Standing is kept for speed and
// can be rebuilt at any time. A figure has a date: figures of today stand at this moment, figures of an earlier day at
// the end of that day in Việt Nam.
package targets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"gopkg.in/yaml.v3"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
)

// Programme is the numbers of the Decision and the rules by which people are counted.
type Programme struct {
	Decision   string           `yaml:"decision"`   // "1687/QĐ-TTg"
	DecidedOn  Day              `yaml:"decided_on"` // the Decision's date
	Milestones []Milestone      `yaml:"milestones"` // by date, each higher than the one before
	Strands    []courses.Strand `yaml:"strands"`    // a person is trained who holds a valid certificate in each
	Base       Base             `yaml:"base"`
	Indicators Indicators       `yaml:"indicators"`
}

// Indicators are the targets of the Decision that are not about people, each by milestones: the share of communes with
// a library of the model, the share of libraries that work well with the provincial library, and by how much the
// readers of a year are to be more than those of the year before. One without milestones is not asked for.
type Indicators struct {
	Model        []Milestone `yaml:"model"`
	Coordinating []Milestone `yaml:"coordinating"`
	Readers      []Milestone `yaml:"readers"`
}

// Milestone is a share of the base that is to be trained by the end of a day.
type Milestone struct {
	Percent int `yaml:"percent" json:"percent"` // 1 to 100
	By      Day `yaml:"by" json:"by"`
}

// Base says over whom the percentage is taken.
type Base struct {
	// leave out people in communes outside the programme's provinces
	ProgrammeCommunesOnly bool         `yaml:"programme_communes_only"`
	Source                courses.Text `yaml:"source"` // printed beside the figures
}

// ReadProgramme reads and checks programme/programme.yaml. What is wrong in it is ErrInvalid.
func ReadProgramme(fsys fs.FS) (*Programme, error) {
	data, err := fs.ReadFile(fsys, "programme/programme.yaml")
	if err != nil {
		return nil, err
	}
	p, err := parseProgramme(data)
	if err != nil {
		return nil, fmt.Errorf("programme.yaml: %v: %w", err, problem.ErrInvalid)
	}
	return p, nil
}

func parseProgramme(data []byte) (*Programme, error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	p := new(Programme)
	if err := d.Decode(p); err != nil {
		return nil, err
	}
	if err := d.Decode(new(any)); err != io.EOF {
		return nil, errors.New("one document is wanted")
	}
	return p, p.check()
}

func (p *Programme) check() error {
	if p.Decision == "" || p.Base.Source.Vi == "" || p.Base.Source.En == "" {
		return errors.New("decision and base.source (vi, en) are wanted")
	}
	if _, err := ParseDay(string(p.DecidedOn)); err != nil {
		return fmt.Errorf("decided_on %q is not YYYY-MM-DD", p.DecidedOn)
	}
	if len(p.Milestones) == 0 || len(p.Strands) == 0 {
		return errors.New("milestones and strands are wanted")
	}
	for _, all := range [][]Milestone{p.Milestones, p.Indicators.Model, p.Indicators.Coordinating, p.Indicators.Readers} {
		if err := p.rise(all); err != nil {
			return err
		}
	}
	for i, s := range p.Strands {
		if s != courses.LibraryService && s != courses.ReadingPromotion {
			return fmt.Errorf("strand %q is unknown", s)
		}
		if slices.Contains(p.Strands[:i], s) {
			return fmt.Errorf("strand %q stands twice", s)
		}
	}
	return nil
}

// rise checks that milestones do.
func (p *Programme) rise(all []Milestone) error {
	before := Milestone{By: p.DecidedOn}
	for _, m := range all {
		if _, err := ParseDay(string(m.By)); err != nil {
			return fmt.Errorf("milestone by %q is not YYYY-MM-DD", m.By)
		}
		if m.Percent <= before.Percent || m.Percent > 100 || m.By <= before.By {
			return fmt.Errorf("milestone %d %% by %s does not rise from %d %% by %s", m.Percent, m.By, before.Percent, before.By)
		}
		before = m
	}
	return nil
}

func (p *Programme) next(day Day) Milestone { return Next(p.Milestones, day) }

// Next is the milestone that is due on or after the day, or the last one where all are past.
func Next(all []Milestone, day Day) Milestone {
	for _, m := range all {
		if day <= m.By {
			return m
		}
	}
	return all[len(all)-1]
}

// Counts says whether people and libraries of a commune are in the base.
func (p *Programme) Counts(c roster.Commune) bool {
	return c.Programme != "" || !p.Base.ProgrammeCommunesOnly
}

// Gap is how many people of the base are still missing to reach the milestone, never less than 0.
func (m Milestone) Gap(trained, base int) int {
	return max(0, (base*m.Percent+99)/100-trained)
}

// Percent is the share of the base that is trained, with one decimal, rounded down so that a milestone never looks
// reached when it is not. It is 0 where the base is empty.
func Percent(trained, base int) float64 {
	if base == 0 {
		return 0
	}
	return float64(trained*1000/base) / 10
}
