package courses

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"lopban/courses/problem"
)

// Fact is what a learner's phone or form sends: a lesson's text finished, answers handed in to its quiz, work on the
// course's practice task, or a mistake that was found in a lesson.
type Fact struct {
	// made by the sender, UUIDv7; the same fact sent again has the same
	ID     string    `json:"id"`
	Kind   string    `json:"kind"` // "completion", "attempt", "submission" or "remark"
	Course string    `json:"course"`
	Lesson string    `json:"lesson"` // "" of a submission
	At     time.Time `json:"at"`     // when it happened, by the sender's clock
	// when it was sent, by the same clock; zero when the clock is the server's own
	SentAt time.Time `json:"sentAt"`
	// whose it is, as the sender knows; "" where the sender does not say
	Person string `json:"person,omitempty"`
	// its number in the sender's log, from 1; 0 where it keeps none
	N int `json:"n,omitempty"`
	// milliseconds that the sender's clock lacked, as it knew by then; nil: it had not heard the server
	Clock *int64 `json:"clock,omitempty"`
	// that the sender took along; "" where it does not say
	Version string                     `json:"version,omitempty"`
	Answers map[string]json.RawMessage `json:"answers,omitempty"`
	// instead of Answers: what a form had, by question or question.part
	Form map[string][]string `json:"form,omitempty"`
	Lang string              `json:"lang,omitempty"` // in which Form was filled in
	// of an attempt, the number of the draw that the learner saw; nil: the first that none has answered
	Draw *int   `json:"draw,omitempty"`
	Text string `json:"text,omitempty"` // of a submission or a remark
	// of a remark, the question that it is about; "" for the lesson's text
	Question string `json:"question,omitempty"`
	// of a submission, see School.ReadPhoto; they are kept when it has been judged
	Photos []Picture `json:"-"`

	Fresh bool `json:"-"` // its id was made by the server a moment ago: no other fact can have it

	ClaimedAt *time.Time `json:"-"` // what the sender gave for At where that cannot be true; set by the school
}

// Receipt tells the sender what became of a fact. "received" and "duplicate" mean that it is on disk; what is "refused"
// is kept for somebody to look at, but for another person's: that waits for its owner.
type Receipt struct {
	ID          string `json:"id"`
	State       string `json:"state"`            // received, duplicate or refused
	Reason      string `json:"reason,omitempty"` // of a refusal, a message key
	Score       *int   `json:"score,omitempty"`  // of an attempt, percent
	Passed      *bool  `json:"passed,omitempty"`
	Certificate string `json:"certificate,omitempty"` // its code, once the course is complete
	// of an attempt at a quiz that draws its questions: what the next ones ask
	Draws []Coming `json:"draws,omitempty"`
	Args  []any    `json:"-"`             // of a refusal, what fills its message's places
	Say   string   `json:"say,omitempty"` // of a refusal, the reason in the sender's language
}

// PhoneLog is how far the server has a person's log of one phone. Both sides compare it: it is made of the bytes that
// came, and may lag behind the facts that are kept, never run ahead of them.
type PhoneLog struct {
	ID      string    `json:"id"` // person/phone
	Person  string    `json:"person"`
	Count   int       `json:"count"` // entries, without a gap
	Hash    string    `json:"hash"`  // see [PhoneLog.Add]; "" for no entries
	HeardAt time.Time `json:"heardAt"`
}

// Ahead is that a phone brought a photo before the fact that names it.
type Ahead struct {
	ID     string    `json:"id"` // person/name of the photo
	Person string    `json:"person"`
	Bytes  int       `json:"bytes"`
	At     time.Time `json:"at"`
}

// LogEntry is one entry of a phone's log, letter by letter.
type LogEntry struct {
	N    int
	Text []byte
}

// Add goes on with the entries that come next, in their order. What is known already or leaves a gap is passed over.
func (l *PhoneLog) Add(entries []LogEntry) {
	for _, e := range entries {
		if e.N != l.Count+1 {
			continue
		}
		sum := sha256.Sum256(append([]byte(l.Hash+"\n"), e.Text...))
		l.Count, l.Hash = e.N, base64.RawURLEncoding.EncodeToString(sum[:])
	}
}

// Answered reads the answers of an attempt, however they came.
func (q *Quiz) Answered(f Fact) (map[string]Answer, error) {
	if f.Form != nil {
		return q.readForm(f.Lang, f.Form)
	}
	return q.Read(f.Answers)
}

// readForm parses what a phone's form had. A number that cannot be read is an answer that is not right: nobody is there
// to type it again.
func (q *Quiz) readForm(lang string, form map[string][]string) (map[string]Answer, error) {
	if len(q.Questions) == 0 {
		return nil, problem.Invalid("lesson", "no-quiz")
	}
	answers, used := map[string]Answer{}, 0
	for i := range q.Questions {
		question := &q.Questions[i]
		a, given, err := question.ParseForm(lang, func(part string) []string {
			values, there := form[strings.TrimSuffix(question.ID+"."+part, ".")]
			if there {
				used++
			}
			return values
		})
		if err != nil && (a.Typed == "" || utf8.RuneCountInString(a.Typed) > maxTypedNumber) {
			return nil, err
		}
		if given {
			answers[question.ID] = a
		}
	}
	if used < len(form) { // of another version, perhaps
		return nil, problem.Invalid("lesson", "unknown-question")
	}
	return answers, nil
}

// Read parses the answers of an attempt. A lesson without a quiz has none.
func (q *Quiz) Read(raw map[string]json.RawMessage) (map[string]Answer, error) {
	if len(q.Questions) == 0 {
		return nil, problem.Invalid("lesson", "no-quiz")
	}
	answers := map[string]Answer{}
	for _, question := range q.Questions {
		if text, ok := raw[question.ID]; ok && string(text) != "null" {
			a, err := question.Parse(text)
			if err != nil {
				return nil, err
			}
			answers[question.ID] = a
		}
	}
	for id := range raw {
		if !q.has(id) {
			return nil, problem.Invalid(id, "unknown-question")
		}
	}
	return answers, nil
}

func (q *Quiz) has(id string) bool {
	for i := range q.Questions {
		if q.Questions[i].ID == id {
			return true
		}
	}
	return false
}

// SameAnswers says whether two sets of answers are equal.
func SameAnswers(a, b map[string]Answer) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// The states of a Receipt.
const (
	Received  = "received"
	Duplicate = "duplicate"
	Refused   = "refused"
)
