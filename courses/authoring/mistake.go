package authoring

import (
	"cmp"
	"fmt"
	"slices"
)

// Mistake is one thing that is wrong in the source of a course. Code is the key of its message (content/messages, "mistake." and the code) and
// Args fill the message's places.
type Mistake struct {
	File    string   `json:"file"` // path inside the course's folder; "" where a whole package is meant
	Line    int      `json:"line"` // from 1; 0 where the whole file is meant
	Code    string   `json:"code"`
	Args    []string `json:"args,omitempty"`
	Warning bool     `json:"warning"` // the course can be published as it is
}

// String is the mistake in English for a terminal: "lessons/x.vi.gift:12: warning: …".
func (m Mistake) String() string {
	where := ""
	if m.File != "" {
		where = m.File + ": "
	}
	if m.Line > 0 {
		where = fmt.Sprintf("%s:%d: ", m.File, m.Line)
	}
	if m.Warning {
		where += "warning: "
	}
	return where + m.sentence()
}

func (m Mistake) sentence() string {
	text := sentences[m.Code]
	if text == "" {
		text = m.Code
	}
	if len(m.Args) == 0 {
		return text
	}
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		args[i] = a
	}
	return fmt.Sprintf(text, args...)
}

// Mistakes are in order of file and line.
type Mistakes []Mistake

// Errors tells whether one of them keeps the course from being published.
func (m Mistakes) Errors() bool {
	return slices.ContainsFunc(m, func(one Mistake) bool { return !one.Warning })
}

func (m *Mistakes) add(file string, line int, code string, args ...string) {
	*m = append(*m, Mistake{File: file, Line: line, Code: code, Args: args})
}

func (m *Mistakes) warn(file string, line int, code string, args ...string) {
	*m = append(*m, Mistake{File: file, Line: line, Code: code, Args: args, Warning: true})
}

func (m Mistakes) sort() {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

// sentences are the messages of a terminal, by code.
var sentences = map[string]string{
	// any file
	"file-missing":       "this file is missing",
	"file-unknown":       "no lesson of course.yaml uses this file",
	"file-not-regular":   "links and special files are not taken",
	"file-too-large":     "the file has more than %[1]s",
	"too-many-files":     "more than %[1]s files in one course",
	"course-too-large":   "the course has more than %[1]s in all",
	"text-not-utf8":      "the text is not UTF-8",
	"text-not-nfc":       "letters are written in pieces (not Unicode NFC): %[1]s",
	"text-control":       "a control character (%[1]s) is in the text",
	"language-missing":   "the Vietnamese text is missing",
	"untranslated":       "not translated into English: %[1]s",
	"lesson-media-heavy": "the files that readers of this lesson may open have %[1]s, more than %[2]s",
	"lesson-heavy":       "the lesson and its pictures take %[1]s when compressed, more than %[2]s; heaviest: %[3]s",
	"package-broken":     "this is not a course package: %[1]s",
	"package-path":       "the package has a file with a forbidden name: %[1]s",
	"package-duplicate":  "the package has this file twice: %[1]s",
	"package-ratio":      "the package unpacks to more than %[1]s times its size, or to more than %[2]s",
	"package-manifest":   "the package's list of files is missing or cannot be read",
	"package-changed":    "the file is not the one in the package's list",
	"package-unlisted":   "the file is not in the package's list",

	// course.yaml
	"yaml-broken":       "not readable as YAML: %[1]s",
	"yaml-alias":        "anchors, aliases and tags are not used here",
	"yaml-type":         "%[1]s must be %[2]s",
	"yaml-key-unknown":  "unknown key %[1]s",
	"yaml-key-missing":  "%[1]s is missing",
	"yaml-key-twice":    "%[1]s is given twice",
	"yaml-empty":        "%[1]s is empty",
	"course-id":         "the course id %[1]s is not made of letters, digits and hyphens",
	"lesson-id":         "the id %[1]s is not made of a-z, 0-9 and hyphens",
	"lesson-id-twice":   "the id %[1]s is used twice",
	"lesson-id-kept":    "a lesson cannot be called %[1]s: the course has a page of this name",
	"rubric-count":      "a rubric has 1 to %[1]s things to look at",
	"draw-form":         "%[1]s is a number of questions, or a list of {pool: …, count: …}",
	"draw-twice":        "the pool %[1]s is drawn from twice",
	"draw-pool":         "the quiz of %[1]s has no pool %[2]s to draw from",
	"draw-few":          "%[3]s questions are to be drawn in %[1]s, but there are %[4]s in its pool %[2]s",
	"draw-all":          "all %[3]s questions of the pool %[2]s in %[1]s are drawn, so that nothing is left to chance",
	"strand-unknown":    "the strand %[1]s is neither library-service nor reading-promotion",
	"number-range":      "%[1]s must be from %[2]s to %[3]s",
	"pass-mark-low":     "the pass mark %[1]s is not from 50 to 100 percent",
	"modules-none":      "the course has no lesson",
	"module-empty":      "the module %[1]s has no lesson",
	"sections-differ":   "%[1]s sections here, %[2]s in the Vietnamese text",
	"sections-none":     "the text has no section (##)",
	"body-empty":        "the lesson has no text",
	"md-raw-html":       "HTML is not used in lessons: %[1]s",
	"md-heading-1":      "the title of the lesson is its only first heading; begin with ##",
	"md-image-outside":  "a picture must be in the course's media folder: %[1]s",
	"md-image-missing":  "there is no picture %[1]s",
	"md-image-alt":      "the picture %[1]s has no description",
	"md-image-here":     "pictures are for lessons, not for quizzes",
	"md-link":           "this link leads nowhere: %[1]s",
	"md-link-undefined": "the link %[1]s is not defined",

	// media
	"media-unused":          "no lesson shows this file",
	"media-name":            "a file is called by a-z, 0-9 and hyphens and is .svg, .png, .jpg, .mp3, .m4a, .mp4, .webm or .vtt",
	"media-too-large":       "the file has %[1]s, more than %[2]s",
	"media-too-many-pixels": "the picture is wider or higher than %[1]s pixels",
	"media-not-as-named":    "the file is not what its name says",
	"media-alone":           "%[1]s stands in a paragraph of its own",
	"captions-missing":      "who cannot hear needs %[1]s: what is said, with its times",
	"captions-broken":       "the captions cannot be read: %[1]s",
	"captions-empty":        "the captions say nothing",
	"svg-broken":            "the drawing cannot be read: %[1]s",
	"svg-viewbox":           "the drawing has no usable viewBox",
	"svg-forbidden":         "%[1]s is not allowed in a drawing",
	"svg-external":          "the drawing refers to something outside itself: %[1]s",

	// left out of what was brought from elsewhere
	"left-alts":          "pictures without a description, called by their names: %[1]s",
	"left-columns":       "table rows with more than 40 cells, cut: %[1]s",
	"left-comments":      "comments left out: %[1]s",
	"left-contents":      "tables of contents left out: %[1]s",
	"left-controls":      "boxes to fill in, lists and buttons left out: %[1]s",
	"left-deletions":     "deletions under revision, carried out: %[1]s",
	"left-drawings":      "drawings, charts and shapes left out: %[1]s",
	"left-file":          "not a page or a question that is read here: %[1]s",
	"left-formulas":      "formulas left out: %[1]s",
	"left-frames":        "embedded pages and programs left out: %[1]s",
	"left-links":         "links to places that a lesson cannot lead to, now text: %[1]s",
	"left-merged-cells":  "tables with merged cells, now single: %[1]s",
	"left-notes":         "footnotes and endnotes left out: %[1]s",
	"left-page":          "the page has no text: %[1]s",
	"left-picture":       "the picture is not a PNG, JPEG or plain SVG: %[1]s",
	"left-picture-large": "the picture is too large: %[1]s",
	"left-pictures":      "pictures left out: %[1]s",
	"left-question":      "no kind of question here says the same: %[1]s (%[2]s)",
	"left-questions":     "more questions than one quiz can have, left out: %[1]s",
	"left-quiz":          "a quiz written as a program cannot be read: %[1]s",
	"left-recordings":    "sound and film left out: %[1]s",
	"left-rows":          "tables with too many rows, cut: %[1]s",
	"left-scripts":       "programs in the page left out: %[1]s",
	"left-selection":     "the test draws some of its questions; all of them are taken",
	"left-text-boxes":    "text boxes left out: %[1]s",

	// quizzes, one language
	"gift-title-open":       "the title's closing :: is missing",
	"gift-brace":            "%[1]s without its partner; write \\%[1]s where it is text",
	"gift-brace-open":       "the answers are not closed with }",
	"gift-blank-line":       "a blank line inside a question",
	"gift-essay-model":      "no model answer (####) to compare with",
	"gift-format":           "%[1]s is text; the formats are written [html], [moodle], [plain] and [markdown]",
	"gift-html":             "this HTML is too large to be read",
	"gift-category-blank":   "a blank line must stand behind $CATEGORY",
	"gift-category-inside":  "$CATEGORY stands inside a question; put blank lines around it",
	"gift-category-empty":   "$CATEGORY names no pool",
	"gift-category-long":    "the name of the pool %[1]s has more than %[2]s letters",
	"gift-id":               "the id %[1]s is not made of letters, digits, points and hyphens",
	"gift-id-twice":         "the id %[1]s is used twice",
	"gift-comment-alone":    "a blank line cuts this id or tag off from its question",
	"gift-tag":              "the tag %[1]s is not taken: ten at most, 50 letters without []<>, and one section-1, section-2, …",
	"gift-section":          "the lesson has no section %[1]s",
	"gift-prompt-empty":     "the question has no text",
	"gift-answer-unmarked":  "an answer begins with = or ~: %[1]s",
	"gift-answer-empty":     "an answer is empty",
	"gift-answer-twice":     "the answer %[1]s is given twice",
	"gift-answers-few":      "%[1]s answers or more are needed",
	"gift-answers-many":     "no more than %[1]s answers can be given",
	"gift-marker-in-text":   "%[1]s in the middle of a word begins a new answer; write \\%[1]s where it is text",
	"gift-weight":           "%[1]s is not a weight from -100 to 100 percent",
	"gift-weight-here":      "a weight cannot stand here: %[1]s",
	"gift-weights-sum":      "the right answers add up to %[1]s %%, not 100 %%",
	"gift-no-right":         "no answer is worth the full mark",
	"gift-tick-all":         "whoever ticks every answer gets the full mark; give wrong ones a negative weight",
	"gift-number":           "%[1]s is not a number such as 12, 3.5, 3:0.5 or 1..5",
	"gift-number-order":     "the range %[1]s ends before it begins",
	"gift-other":            "behind ~ stands # and the feedback to all other numbers, and nothing else: %[1]s",
	"gift-other-last":       "%[1]s stands in the feedback to all other numbers; write \\%[1]s where it is text, else put it before ~",
	"gift-pair":             "not a pair of the form left -> right: %[1]s",
	"gift-pair-feedback":    "a pair cannot have its own feedback; put it after ####",
	"gift-feedback-extra":   "more feedback than answers: %[1]s",
	"gift-feedback-missing": "no feedback for: %[1]s",
	"gift-feedback-none":    "the question has no feedback",

	// quizzes, both languages
	"quiz-question-missing": "the question %[1]s is in %[2]s but not here",
	"quiz-order":            "the question %[1]s stands in another place than in %[2]s",
	"quiz-kind":             "the question %[1]s is %[2]s here and %[3]s in %[4]s",
	"quiz-count":            "the question %[1]s has %[2]s answers here and %[3]s in %[4]s",
	"quiz-key":              "answer %[2]s of the question %[1]s has another weight or value than in %[3]s",
	"quiz-pool":             "the question %[1]s is in another pool ($CATEGORY) than in %[2]s",
	"quiz-tags":             "the question %[1]s has other tags than in %[2]s",
	"quiz-section":          "the question %[1]s names another section than in %[2]s",
	"quiz-left-missing":     "a pair of the question %[1]s has no left side here",
	"quiz-pairs":            "the pairs of the question %[1]s share right sides differently than in %[2]s",
}
