package authoring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"gopkg.in/yaml.v3"

	"lopban/courses"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/letters"
)

// CourseFile is the file that tells what a course is made of.
const CourseFile = "course.yaml"

var (
	CourseID = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)
	PartID   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)
)

// ReadCourse reads course.yaml. Texts and quizzes are not in it. It is not ok if nothing of it could be read.
func ReadCourse(data []byte, m *mistake.Mistakes) (courses.Version, bool) {
	r := yamlReader{m}
	v := courses.Version{Shuffle: true} // unless the author says no
	root := r.root(data)
	if root == nil {
		return v, false
	}
	modules := []*yaml.Node{}
	var list, periods *yaml.Node
	r.mapping(root, CourseFile, fields{
		"id":              {func(n *yaml.Node, k string) { v.Course = r.courseID(n, k) }, true},
		"strand":          {func(n *yaml.Node, k string) { v.Strand = r.strand(n, k) }, true},
		"title":           {func(n *yaml.Node, k string) { v.Title = r.printed(n, k) }, true},
		"summary":         {func(n *yaml.Node, k string) { v.Summary = r.text(n, k) }, true},
		"periods":         {func(n *yaml.Node, k string) { periods, v.Periods = n, r.number(n, k, 1, 200) }, false},
		"pass_mark":       {func(n *yaml.Node, k string) { v.PassMark = r.passMark(n, k) }, true},
		"validity_months": {func(n *yaml.Node, k string) { v.ValidityMonths = r.number(n, k, 0, MaxValidity) }, true},
		"shuffle":         {func(n *yaml.Node, k string) { v.Shuffle = r.bool(n, k) }, false},
		"checked":         {func(n *yaml.Node, k string) { v.Checked = r.day(n, k) }, false},
		"sources":         {func(n *yaml.Node, k string) { v.Sources = r.sources(n, k) }, false},
		"key_after":       {func(n *yaml.Node, k string) { v.KeyAfter = r.number(n, k, 1, MaxAttempts) }, false},
		"final":           {func(n *yaml.Node, k string) { r.final(n, k, &v) }, false},
		"modules":         {func(n *yaml.Node, k string) { list, modules = n, r.list(n, k) }, true},
		"practice":        {func(n *yaml.Node, k string) { v.Practice = r.practice(n, k) }, false},
	})
	ids := map[string]bool{}
	for _, n := range modules {
		v.Modules = append(v.Modules, r.module(n, ids))
	}
	if list != nil && len(v.Lessons()) == 0 {
		m.Add(CourseFile, list.Line, "modules-none")
	}
	if v.Periods > v.TruePeriods() && list != nil {
		m.Add(CourseFile, periods.Line, "periods-high", strconv.Itoa(v.Periods), strconv.Itoa(v.RequiredMinutes()), strconv.Itoa(v.TruePeriods()))
	}
	v.Periods = v.TruePeriods()
	return v, list != nil
}

func (r yamlReader) module(n *yaml.Node, lessons map[string]bool) courses.Module {
	var mod courses.Module
	var list *yaml.Node
	r.mapping(n, "modules", fields{
		"id": {func(n *yaml.Node, k string) {
			if mod.ID = r.id(n, k, "lesson-id", PartID); mod.ID == courses.FinalID {
				r.m.Add(CourseFile, n.Line, "lesson-id-kept", mod.ID)
			}
		}, true},
		"title":   {func(n *yaml.Node, k string) { mod.Title = r.text(n, k) }, true},
		"lessons": {func(n *yaml.Node, k string) { list = n }, true},
	})
	if list == nil {
		return mod
	}
	items := r.list(list, "lessons")
	if len(items) == 0 {
		r.m.Add(CourseFile, list.Line, "module-empty", mod.ID)
	}
	for _, item := range items {
		l, ok := r.lesson(item)
		if ok && courses.LessonNameTaken(l.ID) {
			r.m.Add(CourseFile, item.Line, "lesson-id-kept", l.ID)
		} else if ok && lessons[l.ID] {
			r.m.Add(CourseFile, item.Line, "lesson-id-twice", l.ID)
		} else if ok {
			lessons[l.ID] = true
			mod.Lessons = append(mod.Lessons, l)
		}
	}
	return mod
}

func (r yamlReader) lesson(n *yaml.Node) (courses.Lesson, bool) {
	var l courses.Lesson
	r.mapping(n, "lessons", fields{
		"id":        {func(n *yaml.Node, k string) { l.ID = r.id(n, k, "lesson-id", PartID) }, true},
		"title":     {func(n *yaml.Node, k string) { l.Title = r.text(n, k) }, true},
		"objective": {func(n *yaml.Node, k string) { l.Objective = r.text(n, k) }, true},
		"minutes":   {func(n *yaml.Node, k string) { l.Minutes = r.number(n, k, 1, MaxLesson) }, true},
		"draw":      {func(n *yaml.Node, k string) { l.Quiz.Draw = r.draws(n, k) }, false},
		"attempts":  {func(n *yaml.Node, k string) { l.Quiz.Attempts = r.number(n, k, 1, MaxAttempts) }, false},

		"pause_minutes": {func(n *yaml.Node, k string) { l.Quiz.PauseMinutes = r.number(n, k, 1, MaxPause) }, false},
	})
	return l, l.ID != ""
}

// final reads how many questions the final test asks: a number, or beside it, with the keys of a lesson's quiz, how
// often and after which pause it may be tried.
func (r yamlReader) final(n *yaml.Node, key string, v *courses.Version) {
	if n.Kind != yaml.MappingNode {
		v.Final = r.number(n, key, 1, MaxDrawn)
		return
	}
	r.mapping(n, key, fields{
		"draw":     {func(n *yaml.Node, k string) { v.Final = r.number(n, k, 1, MaxDrawn) }, true},
		"attempts": {func(n *yaml.Node, k string) { v.FinalAttempts = r.number(n, k, 1, MaxAttempts) }, false},

		"pause_minutes": {func(n *yaml.Node, k string) { v.FinalPauseMinutes = r.number(n, k, 1, MaxPause) }, false},
	})
}

// Bounds of what course.yaml and the desk's forms say.
const (
	MaxValidity = 240         // months
	MaxAttempts = 100         // before the key is shown, or at all
	MaxPause    = 7 * 24 * 60 // minutes
	MaxTask     = 600         // minutes
	MaxLesson   = 120         // minutes
	MaxCriteria = 8
	MaxPoints   = 10 // of one criterion
)

// PracticeID is the name of the practice task beside the lessons: in addresses, files and reports.
const PracticeID = "practice"

// practice reads the task and its rubric. The assignment is not in it.
func (r yamlReader) practice(n *yaml.Node, key string) *courses.Practice {
	var p courses.Practice
	pass := n
	r.mapping(n, key, fields{
		"title":    {func(n *yaml.Node, k string) { p.Title = r.text(n, k) }, true},
		"minutes":  {func(n *yaml.Node, k string) { p.Minutes = r.number(n, k, 1, MaxTask) }, true},
		"required": {func(n *yaml.Node, k string) { p.Required = r.bool(n, k) }, true},
		"pass":     {func(n *yaml.Node, k string) { pass = n; p.Pass, _ = r.whole(n, k) }, true},
		"rubric":   {func(n *yaml.Node, k string) { p.Rubric = r.rubric(n, k) }, true},
	})
	if all := p.Points(); all > 0 && (p.Pass < 1 || p.Pass > all) {
		r.m.Add(CourseFile, pass.Line, "number-range", "pass", "1", strconv.Itoa(all))
	}
	return &p
}

func (r yamlReader) rubric(n *yaml.Node, key string) []courses.Criterion {
	items := r.list(n, key)
	if len(items) == 0 || len(items) > MaxCriteria {
		r.m.Add(CourseFile, n.Line, "rubric-count", strconv.Itoa(MaxCriteria))
	}
	var all []courses.Criterion
	seen := map[string]bool{}
	for _, item := range items {
		var c courses.Criterion
		var levels *yaml.Node
		r.mapping(item, key, fields{
			"id":     {func(n *yaml.Node, k string) { c.ID = r.id(n, k, "lesson-id", PartID) }, true},
			"text":   {func(n *yaml.Node, k string) { c.Text = r.text(n, k) }, true},
			"points": {func(n *yaml.Node, k string) { c.Points = r.number(n, k, 1, MaxPoints) }, true},
			"levels": {func(n *yaml.Node, _ string) { levels = n }, false},
		})
		if levels != nil {
			c.Levels = r.levels(levels, "levels", c.Points)
		}
		if c.ID != "" && seen[c.ID] {
			r.m.Add(CourseFile, item.Line, "lesson-id-twice", c.ID)
		}
		seen[c.ID] = true
		all = append(all, c)
	}
	return all
}

// draws reads how many questions of the quiz are asked: a number of all, or of each pool.
func (r yamlReader) draws(n *yaml.Node, key string) []courses.Draw {
	switch n.Kind {
	case yaml.ScalarNode:
		return []courses.Draw{{Count: r.number(n, key, 1, MaxDrawn)}}
	case yaml.SequenceNode:
		var all []courses.Draw
		for _, item := range n.Content {
			d := r.drawOf(item, key)
			if slices.ContainsFunc(all, func(other courses.Draw) bool { return other.Pool == d.Pool }) {
				r.m.Add(CourseFile, item.Line, "draw-twice", d.Pool)
			} else if d.Pool != "" {
				all = append(all, d)
			}
		}
		return all
	}
	r.m.Add(CourseFile, n.Line, "draw-form", key)
	return nil
}

// MaxDrawn is how many questions are drawn at most: more than a lesson of 15 minutes can ask.
const MaxDrawn = 100

func (r yamlReader) drawOf(n *yaml.Node, key string) courses.Draw {
	var d courses.Draw
	r.mapping(n, key, fields{
		"pool": {func(n *yaml.Node, k string) {
			if name, ok := r.line(n, k); ok {
				if d.Pool = gift.PoolName(name); d.Pool == "" || utf8.RuneCountInString(d.Pool) > gift.MaxPool {
					r.m.Add(CourseFile, n.Line, "draw-form", key)
				}
			}
		}, true},
		"count": {func(n *yaml.Node, k string) { d.Count = r.number(n, k, 1, MaxDrawn) }, true},
	})
	return d
}

// yamlReader reads nodes, because only they know their lines, and names every mistake instead of the first.
type yamlReader struct{ m *mistake.Mistakes }

type field struct {
	read     func(n *yaml.Node, key string)
	required bool
}

type fields map[string]field

func (r yamlReader) root(data []byte) *yaml.Node {
	var doc, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	err := d.Decode(&doc)
	if err == nil {
		if err = d.Decode(&second); errors.Is(err, io.EOF) {
			if len(doc.Content) == 1 && r.simple(doc.Content[0]) {
				return doc.Content[0]
			}
			return nil
		} else if err == nil {
			err = errors.New("yaml: line " + strconv.Itoa(second.Line) + ": a second document")
		}
	}
	line, text := 1, err.Error()
	if p := yamlLine.FindStringSubmatch(text); p != nil {
		text = p[2]
		line, _ = strconv.Atoi(p[1])
	}
	r.m.Add(CourseFile, max(line, 1), "yaml-broken", text)
	return nil
}

// simple tells whether the tree has none of YAML's anchors, aliases and own tags.
func (r yamlReader) simple(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		r.m.Add(CourseFile, n.Line, "yaml-alias")
		return false
	}
	ok := true
	for _, c := range n.Content {
		ok = r.simple(c) && ok
	}
	return ok
}

func (r yamlReader) mapping(n *yaml.Node, name string, known fields) {
	if n.Kind != yaml.MappingNode {
		r.m.Add(CourseFile, n.Line, "yaml-type", name, "key: value")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		f, ok := known[key]
		switch {
		case !ok || n.Content[i].Kind != yaml.ScalarNode:
			r.m.Add(CourseFile, n.Content[i].Line, "yaml-key-unknown", markdown.Short(key))
		case seen[key]:
			r.m.Add(CourseFile, n.Content[i].Line, "yaml-key-twice", key)
		default:
			seen[key] = true
			f.read(n.Content[i+1], key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(known)) {
		if known[key].required && !seen[key] {
			r.m.Add(CourseFile, n.Line, "yaml-key-missing", key)
		}
	}
}

func (r yamlReader) list(n *yaml.Node, key string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.m.Add(CourseFile, n.Line, "yaml-type", key, "- …")
		return nil
	}
	return n.Content
}

// line is a text of one line.
func (r yamlReader) line(n *yaml.Node, key string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		r.m.Add(CourseFile, n.Line, "yaml-type", key, "\"…\"")
		return "", false
	}
	s := strings.Join(strings.Fields(n.Value), " ")
	if s == "" {
		r.m.Add(CourseFile, n.Line, "yaml-empty", key)
	}
	markdown.CheckText(r.m, CourseFile, n.Line-1, s)
	return s, s != ""
}

func (r yamlReader) id(n *yaml.Node, key, code string, form *regexp.Regexp) string {
	s, ok := r.line(n, key)
	if ok && (!form.MatchString(s) || len(s) > 80) {
		r.m.Add(CourseFile, n.Line, code, markdown.Short(s))
		return ""
	}
	return s
}

func (r yamlReader) courseID(n *yaml.Node, key string) string {
	id := r.id(n, key, "course-id", CourseID)
	if courses.CourseNameTaken(id) {
		r.m.Add(CourseFile, n.Line, "course-id-kept", id)
	}
	return id
}

func (r yamlReader) strand(n *yaml.Node, key string) courses.Strand {
	s, ok := r.line(n, key)
	strand := courses.Strand(s)
	if ok && strand != courses.LibraryService && strand != courses.ReadingPromotion {
		r.m.Add(CourseFile, n.Line, "strand-unknown", markdown.Short(s))
	}
	return strand
}

// text reads {vi: …, en: …}. Vietnamese must be there; English may come later.
func (r yamlReader) text(n *yaml.Node, key string) courses.Text {
	var t courses.Text
	r.mapping(n, key, fields{
		"vi": {func(n *yaml.Node, _ string) { t.Vi, _ = r.line(n, key+".vi") }, false},
		"en": {func(n *yaml.Node, _ string) { t.En, _ = r.line(n, key+".en") }, false},
	})
	if t.Vi == "" {
		r.m.Add(CourseFile, n.Line, "yaml-key-missing", key+".vi")
	} else if t.En == "" {
		r.m.Warn(CourseFile, n.Line, "untranslated", key)
	}
	return t
}

// printed is text whose Vietnamese stands on certificates, and so is in letters that paper has.
func (r yamlReader) printed(n *yaml.Node, key string) courses.Text {
	t := r.text(n, key)
	for _, letter := range norm.NFC.String(t.Vi) {
		if !letters.Printable(letter) {
			r.m.Add(CourseFile, n.Line, "title-letters", fmt.Sprintf("%#U", letter))
			break
		}
	}
	return t
}

func (r yamlReader) whole(n *yaml.Node, key string) (int, bool) {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil {
		r.m.Add(CourseFile, n.Line, "yaml-type", key, "0, 1, 2, …")
		return 0, false
	}
	return i, true
}

func (r yamlReader) number(n *yaml.Node, key string, least, most int) int {
	i, ok := r.whole(n, key)
	if ok && (i < least || i > most) {
		r.m.Add(CourseFile, n.Line, "number-range", key, strconv.Itoa(least), strconv.Itoa(most))
	}
	return i
}

func (r yamlReader) passMark(n *yaml.Node, key string) int {
	i, ok := r.whole(n, key)
	if ok && (i < 50 || i > 100) {
		r.m.Add(CourseFile, n.Line, "pass-mark-low", strconv.Itoa(i))
	}
	return i
}

func (r yamlReader) bool(n *yaml.Node, key string) bool {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		r.m.Add(CourseFile, n.Line, "yaml-type", key, "true, false")
	}
	return n.Value == "true"
}

// The shapes that courseYAML writes.
type (
	yamlCourse struct {
		ID       string         `yaml:"id"`
		Strand   courses.Strand `yaml:"strand"`
		Title    yamlText       `yaml:"title"`
		Summary  yamlText       `yaml:"summary"`
		Periods  int            `yaml:"periods"`
		PassMark int            `yaml:"pass_mark"`
		Validity int            `yaml:"validity_months"`
		Shuffle  *bool          `yaml:"shuffle,omitempty"` // false, or left out
		Checked  yamlDay        `yaml:"checked,omitempty"`
		Sources  []yamlSource   `yaml:"sources,omitempty"`
		KeyAfter int            `yaml:"key_after,omitempty"`
		Final    any            `yaml:"final,omitempty"` // a number, or yamlFinal
		Modules  []yamlModule   `yaml:"modules"`
		Practice *yamlPractice  `yaml:"practice,omitempty"`
	}
	yamlPractice struct {
		Title    yamlText        `yaml:"title"`
		Minutes  int             `yaml:"minutes"`
		Required bool            `yaml:"required"`
		Pass     int             `yaml:"pass"`
		Rubric   []yamlCriterion `yaml:"rubric"`
	}
	yamlCriterion struct {
		ID     string      `yaml:"id"`
		Text   yamlText    `yaml:"text"`
		Points int         `yaml:"points"`
		Levels []yamlLevel `yaml:"levels,omitempty"`
	}
	yamlModule struct {
		ID      string       `yaml:"id"`
		Title   yamlText     `yaml:"title"`
		Lessons []yamlLesson `yaml:"lessons"`
	}
	yamlLesson struct {
		ID        string   `yaml:"id"`
		Title     yamlText `yaml:"title"`
		Objective yamlText `yaml:"objective"`
		Minutes   int      `yaml:"minutes"`
		Draw      any      `yaml:"draw,omitempty"` // a number, or a list of yamlDraw
		Attempts  int      `yaml:"attempts,omitempty"`
		Pause     int      `yaml:"pause_minutes,omitempty"`
	}
	yamlFinal struct {
		Draw     int `yaml:"draw"`
		Attempts int `yaml:"attempts,omitempty"`
		Pause    int `yaml:"pause_minutes,omitempty"`
	}
	yamlDraw struct {
		Pool  string `yaml:"pool"`
		Count int    `yaml:"count"`
	}
	yamlText struct {
		Vi string `yaml:"vi"`
		En string `yaml:"en,omitempty"`
	}
)

func drawYAML(draw []courses.Draw) any {
	if len(draw) == 0 {
		return nil
	}
	var list []yamlDraw
	for _, d := range draw {
		if d.Pool == "" {
			return d.Count
		}
		list = append(list, yamlDraw(d))
	}
	return list
}

func finalYAML(v courses.Version) any {
	switch {
	case v.Final == 0:
		return nil
	case v.FinalAttempts == 0 && v.FinalPauseMinutes == 0:
		return v.Final
	}
	return yamlFinal{v.Final, v.FinalAttempts, v.FinalPauseMinutes}
}

// CourseYAML writes what ReadCourse reads. The periods are those that the minutes make.
func CourseYAML(v courses.Version) ([]byte, error) {
	c := yamlCourse{ID: v.Course, Strand: v.Strand, Title: yamlText(v.Title), Summary: yamlText(v.Summary), Periods: v.TruePeriods(),
		PassMark: v.PassMark, Validity: v.ValidityMonths, KeyAfter: v.KeyAfter, Final: finalYAML(v),
		Checked: yamlDay(v.Checked), Sources: sourcesYAML(v.Sources)}
	if !v.Shuffle {
		c.Shuffle = &v.Shuffle
	}
	for _, m := range v.Modules {
		if m.ID == courses.FinalID {
			continue
		}
		mod := yamlModule{ID: m.ID, Title: yamlText(m.Title)}
		for _, l := range m.Lessons {
			mod.Lessons = append(mod.Lessons, yamlLesson{ID: l.ID, Title: yamlText(l.Title), Objective: yamlText(l.Objective), Minutes: l.Minutes, Draw: drawYAML(l.Quiz.Draw), Attempts: l.Quiz.Attempts, Pause: l.Quiz.PauseMinutes})
		}
		c.Modules = append(c.Modules, mod)
	}
	if p := v.Practice; p != nil {
		c.Practice = &yamlPractice{Title: yamlText(p.Title), Minutes: p.Minutes, Required: p.Required, Pass: p.Pass}
		for _, one := range p.Rubric {
			c.Practice.Rubric = append(c.Practice.Rubric, yamlCriterion{ID: one.ID, Text: yamlText(one.Text), Points: one.Points, Levels: levelsYAML(one.Levels)})
		}
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(c); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}
