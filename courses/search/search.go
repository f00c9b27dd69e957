// Package search finds words in courses: in titles, in what a lesson is to teach, and in its text.
package search

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
	"lopban/courses/roster"
)

const (
	MostLetters = 100 // of what is asked; the rest is not looked at
	MostFound   = 30
	mostWords   = 8
	whole       = 3 // letters of a word that must stand there as it is: most syllables
)

// Courses finds words in versions of courses. A version never changes, so its words are gathered once.
type Courses struct {
	mu   sync.Mutex
	read map[string][]entry // by the version's id
}

// entry is a lesson, or with nil a course itself, in both languages.
type entry struct {
	lesson *courses.Lesson
	in     map[string]said
}

// said is what an entry says in one language: as it is shown, and folded, a space before and behind each word.
type said struct {
	title, text       string
	titleWords, words string
	of                []int32 // the word of the text, as it is shown, that each folded one is of
	lower             string  // of both, in lower case with its marks
}

// Found is a lesson, or with nil a course, in which all the words are that were asked.
type Found struct {
	Course *courses.Version
	Lesson *courses.Lesson
	Lang   string // in which it says so
	// from its text, around the first of the words; "" where the title alone has them
	Before, Match, After string

	rank int
	said said
}

// Find looks for words in some versions. Marks and tones may be left out, and the end of a long word; all words must be
// in one lesson. What is in a title comes first, then what is written just as it was asked. The language is looked
// through before the other one. It gives MostFound at most, and says how many there are.
func (s *Courses) Find(versions []*courses.Version, asked, lang string) (found []Found, all int) {
	if letters := []rune(asked); len(letters) > MostLetters {
		asked = string(letters[:MostLetters])
	}
	words := strings.Fields(roster.Words(asked))
	if len(words) == 0 {
		return nil, 0
	}
	words = words[:min(len(words), mostWords)]
	wanted := make([]string, len(words)) // as they stand among folded words
	for i, w := range words {
		if wanted[i] = " " + w; len(w) <= whole {
			wanted[i] += " "
		}
	}
	exact := strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(asked), " ")))
	together := " " + strings.Join(words, " ")
	other := map[string]string{"vi": "en", "en": "vi"}[lang]
	for _, v := range versions {
		for _, e := range s.entries(v, len(versions)) {
			for _, l := range [2]string{lang, other} {
				if rank := e.in[l].rank(wanted, exact, together); rank > 0 {
					found = append(found, Found{Course: v, Lesson: e.lesson, Lang: l, rank: rank, said: e.in[l]})
					break
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Found) int { return b.rank - a.rank })
	all = len(found)
	found = found[:min(all, MostFound)]
	for i := range found {
		f := &found[i]
		f.Before, f.Match, f.After = f.said.around(words)
	}
	return found, all
}

// entries are what a version says, gathered at the first time. Versions that are not offered any more are forgotten.
func (s *Courses) entries(v *courses.Version, offered int) []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if all, ok := s.read[v.ID]; ok {
		return all
	}
	if s.read == nil || len(s.read) > 2*offered {
		s.read = map[string][]entry{}
	}
	all := []entry{{nil, inBoth(v.Title, v.Summary, courses.Text{})}}
	for _, l := range v.Lessons() {
		all = append(all, entry{&l, inBoth(l.Title, l.Objective, l.Body)})
	}
	s.read[v.ID] = all
	return all
}

func inBoth(title, about, body courses.Text) map[string]said {
	return map[string]said{"vi": says(title.Vi, about.Vi, body.Vi), "en": says(title.En, about.En, body.En)}
}

func says(title, about, body string) said {
	text := strings.TrimSpace(markdown.Plain(about) + " " + markdown.PlainLesson(body))
	s := said{title: title, text: text, titleWords: " " + roster.Words(title) + " ", lower: strings.ToLower(title + " " + text)}
	folded := strings.Fields(s.titleWords)
	for i, part := range strings.Fields(text) {
		for _, w := range strings.Fields(roster.Words(part)) {
			folded, s.of = append(folded, w), append(s.of, int32(i))
		}
	}
	s.words = " " + strings.Join(folded, " ") + " "
	return s
}

// rank says how well words are met, 0 where one of them is missing.
func (s said) rank(wanted []string, exact, together string) int {
	inTitle := true
	for _, w := range wanted {
		if !strings.Contains(s.words, w) {
			return 0
		}
		inTitle = inTitle && strings.Contains(s.titleWords, w)
	}
	rank := 1
	if inTitle {
		rank += 8
	}
	if strings.Contains(s.lower, exact) {
		rank += 2
	}
	if strings.Contains(s.words, together) {
		rank += 2
	}
	return rank
}

// around gives some words of the text before and behind the first place where the words stand together, or else where
// the first of them stands.
func (s said) around(words []string) (before, match, after string) {
	const some = 14
	parts, folded := strings.Fields(s.text), strings.Fields(s.words)
	folded = folded[len(folded)-len(s.of):] // without the title
	from, n := at(folded, words), len(words)
	for i := 0; from < 0 && i < len(words); i++ {
		from, n = at(folded, words[i:i+1]), 1
	}
	if from < 0 {
		return "", "", ""
	}
	first, last := int(s.of[from]), int(s.of[from+n-1])+1
	before = strings.Join(parts[max(0, first-some):first], " ")
	if first > some {
		before = "… " + before
	}
	after = strings.Join(parts[last:min(len(parts), last+2*some)], " ")
	if last+2*some < len(parts) {
		after += " …"
	}
	return before, strings.Join(parts[first:last], " "), after
}

// at is where words follow one another in a text, -1 for nowhere.
func at(text, words []string) int {
	for i := 0; i+len(words) <= len(text); i++ {
		n := 0
		for n < len(words) && (text[i+n] == words[n] || len(words[n]) > whole && strings.HasPrefix(text[i+n], words[n])) {
			n++
		}
		if n == len(words) {
			return i
		}
	}
	return -1
}
