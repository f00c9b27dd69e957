package server

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/authoring"
)

// messages holds the words of one language: key to text, in which %s, %d and %[2]s stand for arguments.
type messages map[string]string

// readMessages reads messages/vi.json and messages/en.json.
func readMessages(fsys fs.FS) (map[string]messages, error) {
	all := map[string]messages{}
	for _, lang := range []string{"vi", "en"} {
		text, err := fs.ReadFile(fsys, "messages/"+lang+".json")
		if err != nil {
			return nil, err
		}
		var m messages
		if err := json.Unmarshal(text, &m); err != nil {
			return nil, fmt.Errorf("messages/%s.json: %w", lang, err)
		}
		all[lang] = m
	}
	return all, nil
}

// words is a language with its messages, and writes numbers and dates as that language does.
type words struct {
	Lang     string
	messages messages
}

// T gives the message with this key. A key that is missing is shown as it is: a test finds it first.
func (w words) T(key string, args ...any) string {
	text, ok := w.messages[key]
	if !ok {
		return key
	}
	if len(args) == 0 || !strings.Contains(text, "%") { // a message may say nothing of what it is given
		return text
	}
	for i, a := range args {
		switch a := a.(type) {
		case int:
			args[i] = w.N(a)
		case time.Time:
			args[i] = w.Date(a)
		case authoring.Mistake:
			args[i] = w.mistake(a)
		}
	}
	return fmt.Sprintf(text, args...)
}

// sentence says what is wrong in a course.
func (w words) sentence(m authoring.Mistake) string {
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		args[i] = a
		if key := partKeys[a]; key != "" && m.Code == "untranslated" {
			args[i] = w.T(key)
		}
	}
	return w.T("mistake."+m.Code, args...)
}

// mistake says what is wrong in a course, and where.
func (w words) mistake(m authoring.Mistake) string {
	text := w.sentence(m)
	switch {
	case m.File == "":
		return text
	case m.Line == 0:
		return m.File + ": " + text
	}
	return w.T("quiz.edit.line", m.File, m.Line) + ": " + text
}

// N writes a whole number: 1.234 in Vietnamese, 1,234 in English.
func (w words) N(n int) string {
	s := strconv.Itoa(n)
	mark := "."
	if w.Lang == "en" {
		mark = ","
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return s
}

// Percent writes a share with one decimal: 41,5 % in Vietnamese, 41.5 % in English.
func (w words) Percent(p float64) string {
	s := strconv.FormatFloat(p, 'f', 1, 64)
	if w.Lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0%"
}

// Date writes the day, in Vietnam, as dd/mm/yyyy.
func (w words) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(courses.Vietnam).Format("02/01/2006")
}

// Clock writes the day and the time, in Vietnam.
func (w words) Clock(t time.Time) string { return t.In(courses.Vietnam).Format("15:04 02/01/2006") }

// In gives the language's text of a Text.
func (w words) In(t courses.Text) string { return t.In(w.Lang) }
