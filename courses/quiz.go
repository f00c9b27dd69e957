package courses

// Quiz is a set of questions, with their key.
type Quiz struct {
	Questions []Question `json:"questions"`
	// how many of them an attempt sees, see [Quiz.Drawn]; none: all of them
	Draw []Draw `json:"draw,omitempty"`

	// how many may be handed in in one cycle of the course until one passes; 0: any number
	Attempts     int `json:"attempts,omitzero"`
	PauseMinutes int `json:"pauseMinutes,omitzero"` // between the one and the next
}

// Draw says how many scored questions of a pool an attempt sees. With Pool "" it is of the whole quiz, and then it is
// the only one.
type Draw struct {
	Pool  string `json:"pool"`
	Count int    `json:"count"` // from 1
}

// QuestionKind is a kind of question, one for each of GIFT's.
type QuestionKind string

const (
	SingleChoice   QuestionKind = "single"    // one option; also GIFT's missing word, which has text after the blank
	MultipleChoice QuestionKind = "multiple"  // any number of options, weighted
	TrueFalse      QuestionKind = "truefalse" // the options are "true" and "false"
	ShortAnswer    QuestionKind = "short"     // a word or a few
	Numerical      QuestionKind = "numerical" // a number
	Matching       QuestionKind = "matching"  // each left thing with its right thing
	// a text of one's own; never scored, the question's feedback is shown beside it as a model
	Essay       QuestionKind = "essay"
	Description QuestionKind = "description" // a text between questions
)

// Scored says whether answers to questions of this kind are worth something.
func (k QuestionKind) Scored() bool { return k != Essay && k != Description }

// Question is one question in both languages, with its key.
type Question struct {
	ID     string       `json:"id"`
	Kind   QuestionKind `json:"kind"`
	Title  Text         `json:"title"`  // a few words for lists of questions; may be empty
	Prompt Text         `json:"prompt"` // Markdown
	Tail   Text         `json:"tail"`   // the text behind the blank of a missing-word question
	// section of the lesson to read again, counted from 1; 0 where none is named
	Section  int        `json:"section"`
	Options  []Option   `json:"options,omitempty"`  // single, multiple, truefalse
	Accepted []Accepted `json:"accepted,omitempty"` // short
	Spelling Spelling   `json:"spelling,omitempty"` // short: what of a typed answer must be as accepted
	Ranges   []Range    `json:"ranges,omitempty"`   // numerical
	Pairs    []Pair     `json:"pairs,omitempty"`    // matching
	Whole    bool       `json:"whole,omitempty"`    // multiple, matching: worth nothing unless all of it is right
	Feedback Text       `json:"feedback"`           // shown whatever the answer; of an essay the model answer
	Other    Text       `json:"other,omitzero"`     // numerical: shown for a number in none of the ranges
	Pool     string     `json:"pool,omitempty"`     // name of the pool it is drawn from, GIFT's category
	Tags     []string   `json:"tags,omitempty"`     // for authors, in the order of the file
	Notes    Text       `json:"notes,omitzero"`     // for authors: lines of comment, each language in its own file
}

// Option is something to choose.
type Option struct {
	ID   string `json:"id"`   // "a", "b", … in the order of the file; "true" and "false"
	Text Text   `json:"text"` // Markdown
	// share of the question's mark: 1 right, 0 wrong, between and below as the author says; from -1 to 1
	Weight   float64 `json:"weight"`
	Feedback Text    `json:"feedback"`
}

// Spelling says how exactly a typed answer is compared.
type Spelling string

const (
	// case, tones and đ are left out, though an answer that has them as typed goes before one that has not
	SpellAny      Spelling = ""
	SpellTones    Spelling = "tones"    // tones and đ count
	SpellCapitals Spelling = "capitals" // so do capitals
)

// Accepted is an answer to a short-answer question, compared as the question's spelling says. As in Moodle * stands for
// any letters or none, and \* for a star.
type Accepted struct {
	Text     string  `json:"text"`
	Weight   float64 `json:"weight"` // 0 to 1; what is worth nothing is there for its feedback
	Feedback Text    `json:"feedback"`
}

// Range is what is taken as a right number: Min <= answer <= Max.
type Range struct {
	Min      float64 `json:"min"`
	Max      float64 `json:"max"`
	Weight   float64 `json:"weight"` // 0 to 1
	Feedback Text    `json:"feedback"`
}

// Pair is a left thing and the right thing that belongs to it. The right ids say nothing of the left ones.
type Pair struct {
	Left string `json:"left"` // id
	// id; two pairs with the same right text share it. A pair without a left id is a distractor
	Right     string `json:"right"`
	LeftText  Text   `json:"leftText"`
	RightText Text   `json:"rightText"`
}

// Answer is what a person answered to one question, in the field of the question's kind. [Question.Parse] reads it from
// the API's JSON.
type Answer struct {
	Options []string `json:"options,omitempty"` // single, multiple
	Bool    *bool    `json:"bool,omitempty"`    // truefalse
	Text    string   `json:"text,omitempty"`    // short, essay
	Number  *float64 `json:"number,omitempty"`  // numerical
	// numerical: what was typed, where a page would write the number in another way
	Typed string            `json:"typed,omitempty"`
	Pairs map[string]string `json:"pairs,omitempty"` // matching: left id to right id
}
