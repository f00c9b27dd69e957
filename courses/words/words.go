// Package words has the messages by language and writes numbers, dates and mistakes in words.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/mistake"
)

// Messages holds the words of one language: key to text, in which %s, %d and %[2]s stand for arguments.
type Messages map[string]string

// Languages are the messages of both languages of the screens.
type Languages map[string]Messages

// In gives a language with its messages.
func (l Languages) In(lang string) Words { return Words{lang, l[lang]} }

// Read reads messages/vi.json and messages/en.json. Those that are compiled into the program do not change, and are
// read once.
func Read(fsys fs.FS) (Languages, error) {
	messages, ok := fsys.(embed.FS)
	if !ok {
		return read(fsys)
	}
	once, _ := compiled.LoadOrStore(messages, sync.OnceValues(func() (Languages, error) { return read(messages) }))
	return once.(func() (Languages, error))()
}

var compiled sync.Map // embed.FS to func() (Languages, error)

func read(fsys fs.FS) (Languages, error) {
	all := Languages{}
	for _, lang := range []string{"vi", "en"} {
		text, err := fs.ReadFile(fsys, "messages/"+lang+".json")
		if err != nil {
			return nil, err
		}
		var m Messages
		if err := json.Unmarshal(text, &m); err != nil {
			return nil, fmt.Errorf("messages/%s.json: %w", lang, err)
		}
		all[lang] = m
	}
	return all, nil
}

// Words is a language with its messages, and writes numbers and dates as that language does.
type Words struct {
	Lang     string
	Messages Messages
}

// T gives the message with this key. A key that is missing is shown as it is: a test finds it first.
func (w Words) T(key string, args ...any) string {
	text, ok := w.Messages[key]
	if !ok {
		return key
	}
	if len(args) == 0 || !strings.Contains(text, "%") { // a message may say nothing of what it is given
		return text
	}
	said := slices.Clone(args) // they are the caller's
	for i, a := range args {
		switch a := a.(type) {
		case int:
			said[i] = w.N(a)
		case time.Time:
			said[i] = w.Date(a)
		case mistake.Mistake:
			said[i] = w.Mistake(a)
		}
	}
	return fmt.Sprintf(text, said...)
}

// Sentence says what is wrong in a course.
func (w Words) Sentence(m mistake.Mistake) string {
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		args[i] = a
		if key := partKeys[a]; key != "" && m.Code == "untranslated" {
			args[i] = w.T(key)
		}
	}
	return w.T("mistake."+m.Code, args...)
}

// Terminal says what is wrong in a course as compilers do: "lessons/x.vi.gift:12: warning: …".
func (w Words) Terminal(m mistake.Mistake) string {
	where := m.Where()
	if m.Warning {
		where += w.T("terminal.warning") + ": "
	}
	return where + w.Sentence(m)
}

// Mistake says what is wrong in a course, and where.
func (w Words) Mistake(m mistake.Mistake) string {
	text := w.Sentence(m)
	switch {
	case m.File == "":
		return text
	case m.Line == 0:
		return m.File + ": " + text
	}
	return w.T("quiz.edit.line", m.File, m.Line) + ": " + text
}

// N writes a whole number: 1.234 in Vietnamese, 1,234 in English.
func (w Words) N(n int) string {
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
func (w Words) Percent(p float64) string {
	s := strconv.FormatFloat(p, 'f', 1, 64)
	if w.Lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0%"
}

// Date writes the day, in Vietnam, as dd/mm/yyyy.
func (w Words) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(courses.Vietnam).Format("02/01/2006")
}

// Clock writes the day and the time, in Vietnam.
func (w Words) Clock(t time.Time) string { return t.In(courses.Vietnam).Format("15:04 02/01/2006") }

// In gives the language's text of a Text.
func (w Words) In(t courses.Text) string { return t.In(w.Lang) }

// Weight says how large something is and how long it takes to load on a slow network.
func (w Words) Weight(bytes int) string {
	seconds := (bytes + slow - 1) / slow
	if seconds >= 120 {
		return w.T("media.weight.minutes", (bytes+1023)/1024, (seconds+59)/60)
	}
	return w.T("media.weight", (bytes+1023)/1024, seconds)
}

// slow is how many bytes a 2G network carries in a second: 50 kbit/s.
const slow = 50_000 / 8

// partKeys are the messages that name the parts of a course or lesson as its files do.
var partKeys = map[string]string{"title": "desk.title", "summary": "desk.summary", "objective": "desk.objective", "body": "desk.panel.text"}

// Mistakes are the mistakes as sentences.
func (w Words) Mistakes(all mistake.Mistakes) []string {
	said := []string{}
	for _, m := range all {
		said = append(said, w.Sentence(m))
	}
	return said
}

// Relation writes a correlation with two decimals.
func (w Words) Relation(r float64) string {
	s := strconv.FormatFloat(r, 'f', 2, 64)
	if w.Lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return strings.Replace(s, "-", "−", 1)
}

// Minutes writes a time in whole minutes, or with a decimal where it is short.
func (w Words) Minutes(m float64) string {
	if m >= 10 {
		return w.N(int(m + 0.5))
	}
	return Number(w.Lang, float64(int(m*10+0.5))/10)
}

// Number writes a number with the language's decimal sign.
func Number(lang string, n float64) string {
	s := strconv.FormatFloat(n, 'f', -1, 64)
	if lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}
