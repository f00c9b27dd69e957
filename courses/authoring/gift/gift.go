// Package gift reads and writes quizzes as GIFT files, one a language.
package gift

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// The GIFT format as Moodle documents it (https://docs.moodle.org/en/GIFT_format) and reads it (question/format/gift).
// What Moodle reads as text although the author meant something else is named as a mistake here.

// question is one question of a GIFT file, in one language.
type question struct {
	Line     int
	id       string // of [id:…], "" where there is none
	title    string
	Section  int
	pool     string
	tags     []string
	spelling courses.Spelling
	whole    bool
	Kind     courses.QuestionKind // "" where it could not be told
	Prompt   string               // Markdown, as all texts but the accepted answers
	Tail     string
	Answers  []answer
	Feedback string
	Other    string // to a number in no range
	notes    string // lines of its comments
}

// answer is an option, an accepted text, a range or a pair.
type answer struct {
	Line     int
	Text     string // of a pair: the left side
	Right    string // of a pair
	weight   float64
	min, max float64
	Feedback string
}

// giftParser reads one file.
type giftParser struct {
	file     string
	mistakes *mistake.Mistakes
	moodle   bool // the file is read as Moodle reads it, see [Read]
	english  bool // a translation: what is not translated yet is a reminder
	ids      map[string]bool
	pool     string   // of the last $CATEGORY
	notes    []string // of comments that stand before the next question
}

// block is the text between two blank lines, its comment lines emptied.
type block struct {
	line     int    // of its first line
	text     string // without the spaces around each line
	lines    []string
	comments []comment
	notes    []string // of comments that stand by themselves before it
	pool     string
}

type comment struct {
	line int
	text string
}

// Parse reads all questions of a file. Those with mistakes are given as far as they could be read.
func Parse(file string, source []byte, m *mistake.Mistakes) []question {
	return (&giftParser{file: file, mistakes: m, ids: map[string]bool{}}).all(source)
}

// read cuts a file into the blocks of its questions.
func (p *giftParser) read(source []byte) []block {
	blocks := p.blocks(markdown.Newlines(string(source)))
	if n := len(blocks); n > 0 {
		blocks[n-1].notes = append(blocks[n-1].notes, p.notes...) // of the end of the file
	}
	return blocks
}

func (p *giftParser) all(source []byte) []question {
	var all []question
	for _, b := range p.read(source) {
		if q, ok := p.question(b); ok {
			all = append(all, q)
		}
	}
	return all
}

func (p *giftParser) blocks(source string) []block {
	lines := strings.Split(source, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	closes := closesNext(lines)
	var all []block
	b, open, category := block{line: 1}, false, false
	for i, line := range lines {
		if category && !IsComment(line) { // the line behind a category
			if line != "" {
				p.bad(i+1, "gift-category-blank")
			}
			category = false
		}
		switch {
		case IsComment(line):
			b.comments = append(b.comments, comment{i + 1, line})
			b.lines = append(b.lines, "")
		case isCategory(line) && b.empty():
			p.lonelyComments(b.comments)
			p.category(i+1, line)
			b, category = block{line: i + 2}, true
		case isCategory(line):
			p.bad(i+1, "gift-category-inside")
			b.lines = append(b.lines, "")
		case line != "":
			b.lines = append(b.lines, line)
			open = opens(line, open)
		case open && closes[i]:
			p.bad(i+1, "gift-blank-line")
			b.lines = append(b.lines, "")
		default:
			all = p.close(all, b)
			b, open = block{line: i + 2}, false
		}
	}
	return p.close(all, b)
}

func IsComment(line string) bool { return strings.HasPrefix(line, "//") }

func isCategory(line string) bool { return strings.HasPrefix(line, categoryMark) }

// categoryMark begins the only line that speaks of all questions behind it.
const categoryMark = "$CATEGORY:"

func (b block) empty() bool { return strings.Join(b.lines, "") == "" }

// close ends a block; one of comments alone is no question.
func (p *giftParser) close(all []block, b block) []block {
	if !b.empty() {
		b.text, b.pool = strings.Join(b.lines, "\n"), p.pool
		b.notes, p.notes = p.notes, nil
		return append(all, b)
	}
	p.lonelyComments(b.comments)
	return all
}

// category reads the pool of the questions that follow.
func (p *giftParser) category(line int, text string) {
	name := strings.TrimPrefix(text, categoryMark)
	p.pool = PoolName(name)
	switch {
	case strings.TrimSpace(name) == "":
		p.bad(line, "gift-category-empty")
	case utf8.RuneCountInString(p.pool) > MaxPool:
		p.bad(line, "gift-category-long", markdown.Short(p.pool), strconv.Itoa(MaxPool))
		if p.moodle {
			p.pool = strings.TrimSpace(string([]rune(p.pool)[:MaxPool]))
		}
	}
}

// MaxPool is how many letters the name of a pool has at most.
const MaxPool = 80

// PoolName is a category's path as Moodle writes it without its root ("$course$/top/…"), "" for the root itself. As in
// Moodle, nothing in it is escaped.
func PoolName(path string) string {
	name := strings.Join(strings.Fields(path), " ")
	for {
		rest := strings.TrimSpace(poolRoot.ReplaceAllString(name, ""))
		if rest == name {
			return name
		}
		name = rest
	}
}

var poolRoot = regexp.MustCompile(`^(\$[a-z]+\$|top)(/|$)`)

// opens tells whether a brace is open behind the line.
func opens(line string, open bool) bool {
	for i := find(line, 0, "{}"); i >= 0; i = find(line, i+1, "{}") {
		open = line[i] == '{'
	}
	return open
}

// closesNext tells for each line whether the next brace behind it closes: then a blank line there stands inside a
// question.
func closesNext(lines []string) []bool {
	closes := make([]bool, len(lines))
	next := false
	for i := len(lines) - 1; i >= 0; i-- {
		closes[i] = next
		if IsComment(lines[i]) || isCategory(lines[i]) {
			continue
		}
		if j := find(lines[i], 0, "{}"); j >= 0 {
			next = lines[i][j] == '}'
		}
	}
	return closes
}

func (p *giftParser) lonelyComments(all []comment) {
	for _, c := range all {
		if n := NoteIn(c.text); n != "" {
			p.notes = append(p.notes, n)
		}
		if idComment.MatchString(c.text) || tagComment.MatchString(c.text) {
			p.mistakes.Warn(p.file, c.line, "gift-comment-alone")
		}
	}
}

var (
	tagForm    = regexp.MustCompile(`^[^\[\]<>\\\x60\p{C}]{1,50}$`)
	idComment  = regexp.MustCompile(`\[id:((?:\\\]|[^\]])*)\]`)
	tagComment = regexp.MustCompile(`\[tag:((?:\\\]|[^\]])*)\]`)
	questionID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	sectionTag = regexp.MustCompile(`^section-([1-9][0-9]?)$`)
)

// NoteIn is what a comment line says besides an id and tags, on one line.
func NoteIn(line string) string {
	said := tagComment.ReplaceAllString(idComment.ReplaceAllString(line, ""), "")
	return strings.TrimLeft(noMark.Replace(strings.Join(strings.Fields(said), " ")), "/ ")
}

// noMark keeps what is left of a comment from being read as an id or a tag.
var noMark = strings.NewReplacer("[id:", "(id:", "[tag:", "(tag:")

func (p *giftParser) question(b block) (question, bool) {
	from := len(b.text) - len(strings.TrimLeft(b.text, "\n"))
	q := question{Line: b.at(from), pool: b.pool}
	p.comments(&q, b.comments)
	for _, c := range b.comments {
		if n := NoteIn(c.text); n != "" {
			b.notes = append(b.notes, n)
		}
	}
	q.notes = strings.Join(b.notes, "\n")
	at := from
	if strings.HasPrefix(b.text[at:], "::") {
		if end := findTitleEnd(b.text, at+2); end >= 0 {
			q.title = strings.Join(strings.Fields(unescape(b.text[at+2:end])), " ")
			at = end + 2
		} else {
			p.bad(q.Line, "gift-title-open")
			at += 2
		}
	}
	open, shut := find(b.text, at, "{"), find(b.text, at, "}")
	if open < 0 && shut < 0 {
		q.Kind = courses.Description
		q.Prompt = p.formatted(b.at(at), b.text[at:], "").text
		p.needPrompt(q)
		return q, true
	}
	if open < 0 || (shut >= 0 && shut < open) {
		p.mistakes.Add(p.file, b.at(shut), "gift-brace", "}")
		return q, q.id != ""
	}
	prompt := p.formatted(b.at(at), b.text[at:open], "")
	q.Prompt = prompt.text
	if shut < 0 {
		p.mistakes.Add(p.file, b.at(open), "gift-brace-open")
		return q, q.id != ""
	}
	if i := find(b.text, open+1, "{"); i >= 0 && i < shut {
		p.bad(b.at(i), "gift-brace", "{")
	}
	tail := b.text[shut+1:]
	if i := find(b.text, shut+1, "{}"); i >= 0 {
		if p.moodle {
			tail = p.laterGaps(b, shut+1)
		} else {
			p.mistakes.Add(p.file, b.at(i), "gift-brace", b.text[i:i+1])
		}
	}
	q.Tail = p.text(b.at(shut), tail, prompt.format)
	p.needPrompt(q)
	a := answerPart{giftParser: p, b: b, from: open + 1, to: shut, format: prompt.format}
	a.read(&q)
	return q, true
}

// laterGaps is the text behind the answers with a line to write on in place of every further gap: as in Moodle the
// first counts, and what the others would take is named instead of shown.
func (p *giftParser) laterGaps(b block, from int) string {
	var tail strings.Builder
	for {
		open := find(b.text, from, "{")
		shut := -1
		if open >= 0 {
			shut = find(b.text, open+1, "}")
		}
		if shut < 0 {
			if i := find(b.text, from, "{}"); i >= 0 {
				p.mistakes.Warn(p.file, b.at(i), "gift-brace", b.text[i:i+1])
			}
			tail.WriteString(b.text[from:])
			return tail.String()
		}
		tail.WriteString(b.text[from:open] + "_____")
		p.mistakes.Warn(p.file, b.at(open), "left-gap", markdown.Short(b.text[open:shut+1]))
		from = shut + 1
	}
}

func (p *giftParser) needPrompt(q question) {
	if q.Prompt == "" && q.Tail == "" {
		p.empty(q.Line, "gift-prompt-empty")
	}
}

// spellingTags are how a file says that tones, or tones and capitals, of a typed answer count.
var spellingTags = map[string]courses.Spelling{"spelling-tones": courses.SpellTones, "spelling-capitals": courses.SpellCapitals}

// wholeTag says that a question is worth nothing unless all of it is right.
const wholeTag = "only-whole"

// empty names a text that is missing; in a translation that is a reminder.
func (p *giftParser) empty(line int, code string) {
	if p.english {
		p.mistakes.Warn(p.file, line, code)
	} else {
		p.mistakes.Add(p.file, line, code)
	}
}

// bad names what Moodle reads in one way or another although it is hardly meant: a mistake in a course's file, a
// warning in a file of Moodle's.
func (p *giftParser) bad(line int, code string, args ...string) {
	if p.moodle {
		p.mistakes.Warn(p.file, line, code, args...)
	} else {
		p.mistakes.Add(p.file, line, code, args...)
	}
}

// maxTags is how many tags a question has at most, besides its section.
const maxTags = 10

// comments takes the id, the section and the tags out of the comment lines, as Moodle does.
func (p *giftParser) comments(q *question, all []comment) {
	for _, c := range all {
		for _, found := range idComment.FindAllStringSubmatch(c.text, -1) {
			id := strings.TrimSpace(found[1])
			switch {
			case p.moodle && (!questionID.MatchString(id) || p.ids[id]) && q.id == "" && id != "":
				q.id = p.freeID(id)
				p.mistakes.Warn(p.file, c.line, "left-id", markdown.Short(id), q.id)
			case !questionID.MatchString(id):
				p.bad(c.line, "gift-id", id)
			case p.ids[id] || q.id != "":
				p.bad(c.line, "gift-id-twice", id)
			default:
				q.id, p.ids[id] = id, true
			}
		}
		for _, found := range tagComment.FindAllStringSubmatch(c.text, -1) {
			tag := strings.Join(strings.Fields(found[1]), " ")
			m := sectionTag.FindStringSubmatch(tag)
			switch {
			case !tagForm.MatchString(tag) || m != nil && q.Section > 0 || len(q.tags) == maxTags:
				p.bad(c.line, "gift-tag", markdown.Short(found[1]))
			case m != nil:
				q.Section, _ = strconv.Atoi(m[1])
			case tag == wholeTag:
				q.whole = true
			case spellingTags[tag] != "":
				q.spelling = spellingTags[tag]
			case !slices.Contains(q.tags, tag):
				q.tags = append(q.tags, tag)
			}
		}
	}
}

var notID = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// freeID makes an id of a text that is none or is taken.
func (p *giftParser) freeID(text string) string {
	id := strings.Trim(notID.ReplaceAllString(text, "-"), "-_")
	id = cmp.Or(id[:min(len(id), 56)], "q")
	free := id
	for n := 2; p.ids[free]; n++ {
		free = id + "-" + strconv.Itoa(n)
	}
	p.ids[free] = true
	return free
}

// at is the line of a place in the block.
func (b block) at(i int) int {
	line := b.line
	for _, l := range b.lines {
		if i -= len(l) + 1; i < 0 {
			break
		}
		line++
	}
	return line
}

// escapable are the characters that a backslash turns into text, and n, which it turns into a newline.
const escapable = `~=#{}:\n`

// find is the place of the first unescaped byte of set in s at or behind from, or -1.
func find(s string, from int, set string) int {
	for i := from; i >= 0 && i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(escapable, s[i+1]) >= 0 {
			i++
		} else if strings.IndexByte(set, s[i]) >= 0 {
			return i
		}
	}
	return -1
}

func findTitleEnd(s string, from int) int {
	for i := find(s, from, ":"); i >= 0; i = find(s, i+1, ":") {
		if strings.HasPrefix(s[i:], "::") {
			return i
		}
	}
	return -1
}

// unescape reads the escapes of a piece of text. A newline of the file is a space, one written \n is a newline.
func unescape(s string) string { return unescaped(s, " ") }

// unescaped is unescape with another sign for a newline of the file.
func unescaped(s, newline string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == 'n':
			b.WriteByte('\n')
			i++
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(escapable, s[i+1]) >= 0:
			b.WriteByte(s[i+1])
			i++
		case s[i] == '\n':
			b.WriteString(newline)
		default:
			b.WriteByte(s[i])
		}
	}
	return strings.TrimSpace(b.String())
}

type formatted struct{ text, format string }

// formatted reads a text that may begin with its format. inherited is the format of the question's text, "" for that
// text itself.
func (p *giftParser) formatted(line int, raw, inherited string) formatted {
	raw = strings.TrimSpace(raw)
	if f, rest := cutFormat(raw); f != "" {
		return formatted{p.text(line, rest, f), f}
	}
	if meant := formatMeant.FindString(raw); meant != "" {
		p.mistakes.Warn(p.file, line, "gift-format", meant)
	}
	return formatted{p.text(line, raw, inherited), inherited}
}

// formatMeant is what looks like a format and is none to Moodle either.
var formatMeant = regexp.MustCompile(`^\[\s*(?i:html|moodle|plain|markdown)\s*\]`)

// cutFormat takes the format off a text that begins with one; f is "" where it does not.
func cutFormat(raw string) (f, rest string) {
	for _, f := range []string{"html", "moodle", "plain", "markdown"} {
		if rest, ok := strings.CutPrefix(raw, "["+f+"]"); ok {
			return f, rest
		}
	}
	return "", raw
}

// text is Markdown, whatever the format it was written in. Moodle's own format is taken for Markdown, which it
// resembles.
func (p *giftParser) text(line int, raw, format string) string {
	if p.moodle {
		return p.moodleText(line, raw, format)
	}
	t := unescape(raw)
	switch format {
	case "html":
		return p.html(line, t)
	case "plain":
		return p.html(line, strings.ReplaceAll(html.EscapeString(t), "\n", "<br>"))
	}
	return t
}

// html makes Markdown of HTML, and names by line what was left out of it.
func (p *giftParser) html(line int, source string) string {
	doc, err := markdown.ParseHTML([]byte(source))
	if err != nil {
		p.mistakes.Add(p.file, line, "gift-html")
		return ""
	}
	left := &markdown.LeftOut{}
	text := (&markdown.Writer{Left: left}).Line(doc)
	for _, m := range left.Mistakes(p.file) {
		p.mistakes.Warn(p.file, line, m.Code, m.Args...)
	}
	return strings.TrimSpace(text)
}

// answerPart reads what stands between the braces.
type answerPart struct {
	*giftParser
	b        block
	from, to int // of the block's text
	format   string
}

func (a *answerPart) read(q *question) {
	if i := a.generalFeedback(); i >= 0 {
		q.Feedback = a.formatted(a.b.at(i), a.b.text[i+4:a.to], a.format).text
		a.to = i
	}
	raw := strings.TrimSpace(a.b.text[a.from:a.to])
	a.from += strings.Index(a.b.text[a.from:a.to], raw)
	a.to = a.from + len(raw)
	switch {
	case raw == "":
		q.Kind = courses.Essay
		if q.Feedback == "" {
			a.mistakes.Warn(a.file, q.Line, "gift-essay-model")
		}
	case raw[0] == '#':
		q.Kind = courses.Numerical
		a.from++
		a.numbers(q)
	case find(raw, 0, "~") >= 0:
		a.choice(q)
	case find(raw, 0, "=") >= 0 && strings.Contains(raw, "->"):
		q.Kind = courses.Matching
		a.pairs(q)
	case trueFalse(raw) != "":
		q.Kind = courses.TrueFalse
		a.trueFalse(q, raw)
	default:
		q.Kind = courses.ShortAnswer
		a.short(q)
	}
}

// generalFeedback is the place of the last unescaped ####, or -1.
func (a *answerPart) generalFeedback() int {
	last := -1
	for i := find(a.b.text, a.from, "#"); i >= 0 && i+4 <= a.to; i = find(a.b.text, i+1, "#") {
		if a.b.text[i:i+4] == "####" {
			last = i
		}
	}
	return last
}

// piece is one answer: its marker, its text and its feedback, still escaped.
type piece struct {
	at       int // place of the text
	marker   byte
	text     string
	feedback string
	hasNote  bool // a # stood there
	weight   string
}

var (
	weightForm   = regexp.MustCompile(`^%(-?[0-9]{1,3}(?:\.[0-9]{1,5})?)%`)
	weightMeant  = regexp.MustCompile(`^%[^%\s]*%`)
	numberForm   = regexp.MustCompile(`^[-+]?(?:[0-9]{1,16}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(?:[eE][-+]?[0-9]{1,2})?$`)
	trueFalseKey = regexp.MustCompile(`^(T|TRUE|F|FALSE)$`)
)

// pieces cuts the answers at the markers. What stands before the first marker is an answer of Moodle's too, but hardly
// meant.
func (a *answerPart) pieces(markers string) []piece {
	start := find(a.b.text, a.from, markers)
	if start < 0 || start > a.to {
		start = a.to
	}
	var all []piece
	if s := strings.TrimSpace(a.b.text[a.from:start]); s != "" && a.moodle {
		all = append(all, a.unmarked(start))
	} else if s != "" {
		a.mistakes.Add(a.file, a.b.at(a.from), "gift-answer-unmarked", markdown.Short(s))
	}
	for start < a.to {
		if len(all) == maxPieces {
			a.mistakes.Add(a.file, a.b.at(start), "gift-answers-many", strconv.Itoa(maxPieces))
			break
		}
		end := find(a.b.text, start+1, markers)
		if end < 0 || end > a.to {
			end = a.to
		}
		all = append(all, a.piece(start, end))
		start = end
	}
	return all
}

// unmarked is the answer before the first marker, which Moodle reads like the others.
func (a *answerPart) unmarked(end int) piece {
	c := a.cut(a.from, end)
	c.at = a.from
	return c
}

func (a *answerPart) piece(start, end int) piece {
	text := a.b.text
	if before := text[start-1]; !(a.moodle && before == '~') && before != ' ' && before != '\n' && before != '\t' && before != '{' && before != '#' {
		a.mistakes.Warn(a.file, a.b.at(start), "gift-marker-in-text", text[start:start+1])
	}
	c := a.cut(start+1, end)
	c.marker = text[start]
	return c
}

// cut parts an answer into its weight, its text and its feedback.
func (a *answerPart) cut(from, end int) piece {
	c := piece{at: from, text: a.b.text[from:end]}
	if rest := strings.TrimLeft(c.text, " \n\t"); rest != "" {
		c.at += len(c.text) - len(rest)
	}
	if i := find(c.text, 0, "#"); i >= 0 {
		c.text, c.feedback, c.hasNote = c.text[:i], c.text[i+1:], true
	}
	c.text = strings.TrimSpace(c.text)
	if w := weightMeant.FindString(c.text); w != "" {
		c.weight, c.text = w, strings.TrimSpace(c.text[len(w):])
	}
	return c
}

// answer reads a piece whose text is Markdown.
func (a *answerPart) answer(c piece, weight float64) answer {
	line := a.b.at(c.at)
	made := answer{Line: line, weight: weight, Text: a.formatted(line, c.text, a.format).text}
	made.Feedback = a.formatted(line, c.feedback, a.format).text
	if made.Text == "" {
		a.empty(line, "gift-answer-empty")
	}
	return made
}

// weight reads %50% and gives otherwise when there is none. Weights have five decimals, as in Moodle.
func (a *answerPart) weight(c piece, otherwise, least float64) float64 {
	if c.weight == "" {
		return otherwise
	}
	m := weightForm.FindStringSubmatch(c.weight)
	if m == nil {
		a.mistakes.Add(a.file, a.b.at(c.at), "gift-weight", c.weight)
		return otherwise
	}
	percent, _ := strconv.ParseFloat(m[1], 64)
	w := math.Round(percent*1e5)/1e7 + 0 // + 0: no negative zero
	if w < least || w > 1 {
		a.mistakes.Add(a.file, a.b.at(c.at), "gift-weight", c.weight)
		return otherwise
	}
	return w
}

const (
	MaxAnswers = 26  // options are called a to z
	maxPieces  = 100 // spellings, ranges, pairs
)

// choice reads options. As in Moodle one = among them makes it a question with one right answer.
func (a *answerPart) choice(q *question) {
	q.Kind = courses.MultipleChoice
	all := a.pieces("~=")
	for _, c := range all {
		if c.marker == '=' {
			q.Kind = courses.SingleChoice
		}
	}
	if a.moodle {
		all = a.blanks(all)
	}
	for _, c := range all {
		w := 0.0
		if c.marker == '=' {
			w = 1
			if c.weight != "" && c.weight != "%100%" {
				a.bad(a.b.at(c.at), "gift-weight-here", c.weight)
			}
		} else {
			w = a.weight(c, 0, -1)
		}
		q.Answers = append(q.Answers, a.answer(c, w))
	}
	a.count(q, 2)
	a.distinct(q, func(x answer) string { return x.Text })
	a.grades(q)
	if q.Kind == courses.MultipleChoice {
		a.weigh(q)
	}
	if q.Feedback == "" {
		a.notes(q)
	}
}

// blanks leaves out answers without a text, as Moodle does; ~= makes one of them.
func (a *answerPart) blanks(all []piece) []piece {
	return slices.DeleteFunc(all, func(c piece) bool {
		if c.text != "" {
			return false
		}
		if c.feedback != "" {
			a.mistakes.Warn(a.file, a.b.at(c.at), "left-blank-answer", markdown.Short(c.feedback))
		}
		return true
	})
}

// moodleGrades are the shares that Moodle knows, with the five decimals of its files; it refuses others.
var moodleGrades = []float64{1, 0.9, 0.8333333, 0.8, 0.75, 0.7, 0.6666667, 0.6, 0.5, 0.4, 0.3333333, 0.3, 0.25, 0.2, 0.1666667, 0.1428571, 0.125, 0.1111111, 0.1, 0.05, 0}

// moodleGrade is the nearest share that Moodle knows.
func moodleGrade(w float64) float64 {
	best := 1.0
	for _, g := range moodleGrades {
		if math.Abs(math.Abs(w)-g) < math.Abs(math.Abs(w)-best) {
			best = g
		}
	}
	return math.Copysign(best, w) + 0
}

// grades warns of weights in a file of Moodle's that Moodle refuses; our own files have any. Weights that only their
// rounding keeps from being whole are taken for the shares that they are near to: 33 + 33 + 33.
func (a *answerPart) grades(q *question) {
	if !a.moodle {
		return
	}
	sum, near := 0.0, 0.0
	close := true
	for _, x := range q.Answers {
		g := moodleGrade(x.weight)
		sum, near = sum+max(x.weight, 0), near+max(g, 0)
		close = close && math.Abs(g-x.weight) < 0.01
		if math.Abs(g-x.weight) > 1.1e-5 {
			a.mistakes.Warn(a.file, x.Line, "gift-weight-moodle", strconv.FormatFloat(math.Round(x.weight*1e7)/1e5, 'f', -1, 64), strconv.FormatFloat(math.Round(g*1e7)/1e5, 'f', -1, 64))
		}
	}
	if close && q.Kind == courses.MultipleChoice && math.Abs(sum-1) >= 5e-5 && math.Abs(near-1) < 5e-5 {
		for i, x := range q.Answers {
			q.Answers[i].weight = math.Round(moodleGrade(x.weight)*1e7) / 1e7
		}
	}
}

// weigh checks the weights of a question with several right answers.
func (a *answerPart) weigh(q *question) {
	sum, negative, zero := 0.0, false, false
	for _, x := range q.Answers {
		sum += max(x.weight, 0)
		negative = negative || x.weight < 0
		zero = zero || x.weight == 0
	}
	switch {
	case sum == 0:
		a.mistakes.Add(a.file, q.Line, "gift-no-right")
	case math.Abs(sum-1) >= 5e-5: // thirds have five decimals: 99.99999 %
		a.mistakes.Add(a.file, q.Line, "gift-weights-sum", strconv.FormatFloat(math.Round(sum*1e5)/1e3, 'f', -1, 64))
	case zero && !negative:
		a.mistakes.Warn(a.file, q.Line, "gift-tick-all")
	}
}

func (a *answerPart) count(q *question, least int) {
	if len(q.Answers) < least {
		a.mistakes.Add(a.file, q.Line, "gift-answers-few", strconv.Itoa(least))
	}
	if len(q.Answers) > MaxAnswers {
		a.mistakes.Add(a.file, q.Line, "gift-answers-many", strconv.Itoa(MaxAnswers))
		q.Answers = q.Answers[:MaxAnswers]
	}
}

func (a *answerPart) distinct(q *question, key func(answer) string) {
	seen := map[string]bool{}
	for _, x := range q.Answers {
		if k := key(x); k != "" && seen[k] {
			a.mistakes.Add(a.file, x.Line, "gift-answer-twice", markdown.Short(k))
		} else {
			seen[k] = true
		}
	}
}

// notes warns of answers without feedback.
func (a *answerPart) notes(q *question) {
	for _, x := range q.Answers {
		switch {
		case x.Feedback != "" || x.Text == "": // an empty answer is named already
		case x.Text == "true":
			a.mistakes.Warn(a.file, x.Line, "gift-feedback-true")
		case x.Text == "false":
			a.mistakes.Warn(a.file, x.Line, "gift-feedback-false")
		default:
			a.mistakes.Warn(a.file, x.Line, "gift-feedback-missing", markdown.Short(x.Text))
		}
	}
}

// trueFalse is the part before the first feedback if it says true or false, else "".
func trueFalse(raw string) string {
	word := raw
	if i := find(raw, 0, "#"); i >= 0 {
		word = strings.TrimSpace(raw[:i])
	}
	if !trueFalseKey.MatchString(word) {
		return ""
	}
	return word
}

// trueFalse reads {T#feedback when wrong#feedback when right}.
func (a *answerPart) trueFalse(q *question, raw string) {
	isTrue := trueFalse(raw)[0] == 'T'
	notes := make([]string, 0, 2)
	for at := find(raw, 0, "#"); at >= 0; {
		end := find(raw, at+1, "#")
		note := raw[at+1:]
		if end >= 0 {
			note = raw[at+1 : end]
		}
		line := a.b.at(a.from + at)
		if a.moodle && len(notes) == 1 { // the rest is the second
			note, end = raw[at+1:], -1
		}
		if len(notes) == 2 {
			a.mistakes.Add(a.file, line, "gift-feedback-extra", markdown.Short(note))
			break
		}
		notes = append(notes, a.formatted(line, note, a.format).text)
		at = end
	}
	notes = append(notes, "", "")
	right, wrong := answer{Line: q.Line, weight: 1, Feedback: notes[1]}, answer{Line: q.Line, Feedback: notes[0]}
	q.Answers = []answer{wrong, right}
	if isTrue {
		q.Answers = []answer{right, wrong}
	}
	q.Answers[0].Text, q.Answers[1].Text = "true", "false"
	if q.Feedback == "" {
		a.notes(q)
	}
}

func (a *answerPart) short(q *question) {
	for _, c := range a.pieces("=") {
		_, word := cutFormat(c.text) // what is typed has no format
		x := answer{Line: a.b.at(c.at), Text: strings.Join(strings.Fields(unescape(word)), " "), weight: a.weight(c, 1, 0)}
		x.Feedback = a.formatted(x.Line, c.feedback, a.format).text
		if x.Text == "" {
			if a.moodle {
				continue
			}
			a.empty(x.Line, "gift-answer-empty")
		}
		if a.moodle && slices.ContainsFunc(q.Answers, func(y answer) bool { return y.Text == x.Text }) {
			a.mistakes.Warn(a.file, x.Line, "gift-answer-twice", markdown.Short(x.Text)) // the first counts
			continue
		}
		q.Answers = append(q.Answers, x)
	}
	a.distinct(q, func(x answer) string { return x.Text })
	if a.moodle {
		a.firstMatches(q)
	}
	a.grades(q)
	a.fullMark(q)
}

// firstMatches leaves out words behind one with stars that has taken them.
func (a *answerPart) firstMatches(q *question) {
	var all []courses.Accepted
	for _, x := range q.Answers {
		all = append(all, courses.Accepted{Text: x.Text})
	}
	kept := FirstMatches(all, courses.SpellTones)
	q.Answers = slices.DeleteFunc(q.Answers, func(x answer) bool {
		if slices.ContainsFunc(kept, func(k courses.Accepted) bool { return k.Text == x.Text }) {
			return false
		}
		a.mistakes.Warn(a.file, x.Line, "left-taken", markdown.Short(x.Text))
		return true
	})
}

// fullMark checks a question that is answered by writing.
func (a *answerPart) fullMark(q *question) {
	if !slices.ContainsFunc(q.Answers, func(x answer) bool { return x.weight == 1 }) {
		a.mistakes.Add(a.file, q.Line, "gift-no-right")
	}
	if q.Feedback == "" && q.Other == "" && !slices.ContainsFunc(q.Answers, func(x answer) bool { return x.Text == "*" && x.Feedback != "" }) {
		a.mistakes.Warn(a.file, q.Line, "gift-feedback-none")
	}
}

func (a *answerPart) numbers(q *question) {
	if i := find(a.b.text, a.from, "~"); i >= 0 && i < a.to {
		a.other(q, i)
		a.to = i
	}
	for _, c := range a.numberPieces() {
		x := answer{Line: a.b.at(c.at), weight: a.weight(c, 1, 0)}
		x.Feedback = a.formatted(x.Line, c.feedback, a.format).text
		a.numberRange(&x, c.text)
		q.Answers = append(q.Answers, x)
	}
	a.grades(q)
	a.fullMark(q)
}

// other reads the feedback to all other numbers: ~#… or ~*#…, the last of the answers. As in Moodle all that follows is
// its text.
func (a *answerPart) other(q *question, at int) {
	line := a.b.at(at)
	note := find(a.b.text[:a.to], at, "#")
	if note < 0 || strings.Trim(a.b.text[at+1:note], " \n\t*") != "" {
		a.mistakes.Add(a.file, line, "gift-other", markdown.Short(a.b.text[at:a.to]))
		return
	}
	if i := find(a.b.text[:a.to], note, "~="); i >= 0 {
		a.mistakes.Warn(a.file, a.b.at(i), "gift-other-last", a.b.text[i:i+1])
	}
	if q.Other = a.formatted(line, a.b.text[note+1:a.to], a.format).text; q.Other == "" && !a.moodle {
		a.empty(line, "gift-answer-empty")
	}
}

// numberPieces allows the first number to stand without =.
func (a *answerPart) numberPieces() []piece {
	for a.from < a.to && strings.IndexByte(" \n\t", a.b.text[a.from]) >= 0 {
		a.from++
	}
	if a.from == a.to || a.b.text[a.from] == '=' {
		return a.pieces("=")
	}
	end := find(a.b.text, a.from, "=")
	if end < 0 || end > a.to {
		end = a.to
	}
	first := a.piece(a.from-1, end)
	a.from = end
	return append([]piece{first}, a.pieces("=")...)
}

// numberRange reads 3, 3:0.5 and 1..5. Sums are rounded to twelve digits, so that 0.8:0.1 begins at 0.7.
func (a *answerPart) numberRange(x *answer, raw string) {
	bad := func() { a.mistakes.Add(a.file, x.Line, "gift-number", markdown.Short(raw)) }
	low, high, isRange := strings.Cut(raw, "..")
	if isRange {
		var ok1, ok2 bool
		x.min, ok1 = number(low)
		x.max, ok2 = number(high)
		if !ok1 || !ok2 {
			bad()
		} else if x.min > x.max {
			a.mistakes.Add(a.file, x.Line, "gift-number-order", raw)
		}
		return
	}
	middle, tolerance, _ := strings.Cut(raw, ":")
	n, ok1 := number(middle)
	t, ok2 := number(tolerance)
	if tolerance == "" && !strings.HasSuffix(raw, ":") {
		t, ok2 = 0, true
	}
	if !ok1 || !ok2 || t < 0 || math.Abs(n) > 1e15 || t > 1e15 {
		bad()
		return
	}
	x.min, x.max = n, n
	if t != 0 {
		x.min, x.max = Twelve(n-t), Twelve(n+t)
	}
}

// number reads a number as Moodle does: 12, +3, -0.5, .5 or 1e3. One that sixteen digits before the point and twelve
// behind it cannot hold is none.
func number(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if !numberForm.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	kept, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'f', 12, 64), 64)
	return n + 0, err == nil && kept == n && math.Abs(n) < 1e16
}

func Twelve(n float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 12, 64), 64)
	r, _ = strconv.ParseFloat(strconv.FormatFloat(r, 'f', 12, 64), 64)
	return r + 0
}

func (a *answerPart) pairs(q *question) {
	lefts := 0
	for _, c := range a.pieces("=") {
		line := a.b.at(c.at)
		if a.moodle { // neither weights nor feedback stand here
			c.text = c.weight + c.text
			if c.hasNote {
				c.text += "#" + c.feedback
			}
			c.weight, c.hasNote = "", false
			if strings.Trim(c.text, " ->\n") == "" {
				continue
			}
		}
		if c.weight != "" {
			a.mistakes.Add(a.file, line, "gift-weight-here", c.weight)
		}
		if c.hasNote {
			a.mistakes.Add(a.file, line, "gift-pair-feedback")
		}
		left, right, ok := strings.Cut(c.text, "->")
		format := a.format
		if format == "html" || a.moodle {
			format = "plain" // right sides are lists to choose from
		}
		x := answer{Line: line, Text: a.formatted(line, left, a.format).text, Right: a.formatted(line, right, format).text}
		if !ok {
			a.mistakes.Add(a.file, line, "gift-pair", markdown.Short(c.text))
		} else if x.Right == "" {
			a.empty(line, "gift-answer-empty")
		}
		if x.Text != "" {
			lefts++
		}
		q.Answers = append(q.Answers, x)
	}
	if lefts < 2 {
		a.mistakes.Add(a.file, q.Line, "gift-answers-few", "2")
	}
	a.distinct(q, func(x answer) string { return x.Text })
	if q.Feedback == "" {
		a.mistakes.Warn(a.file, q.Line, "gift-feedback-none")
	}
}
