package courses

import (
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lopban/courses/problem"
)

// Training is the fact that somebody says a person was trained elsewhere: at a course of another body, or before this
// system. By itself it counts for nothing: a second person accepts it, see [Ruling].
type Training struct {
	ID         string     `json:"id"` // person/x-, and what makes it the same when it is said twice
	Person     string     `json:"person"`
	Province   string     `json:"province"` // present, code: whose staff rule on it
	Strand     Strand     `json:"strand"`
	Title      string     `json:"title"`     // of the course, as its paper says
	Organiser  string     `json:"organiser"` // who held it
	Paper      string     `json:"paper"`     // number of its paper, "" for none
	Periods    int        `json:"periods"`   // of 45 minutes, 0 where it is not known
	On         time.Time  `json:"on"`        // the day on which it was completed, midnight UTC of the date
	Holder     Holder     `json:"holder"`    // as the roster had them on the day
	Evidence   []Evidence `json:"evidence"`
	List       string     `json:"list"` // the list that it came with, "" for alone
	By         string     `json:"by"`   // account that entered it
	RecordedAt time.Time  `json:"recordedAt"`
}

// Evidence is a photo or a PDF that shows a training. Its bytes are a blob.
type Evidence struct {
	Name  string `json:"name"` // of the blob: paper-, SHA-256 in hexadecimal, and .jpg or .pdf
	Bytes int    `json:"bytes"`
}

// Ruling is the fact that a second person accepted or declined a training. From an accepted one's day on it counts for
// its strand as a certificate does, until a [Revocation] of its id withdraws it.
type Ruling struct {
	ID       string `json:"id"` // the training's
	Accepted bool   `json:"accepted"`
	// province/year/number, a row of numbers of its own; of a declined one "declined/" and the id
	Register  string    `json:"register"`
	Number    int       `json:"number"`
	Year      int       `json:"year"`
	Reason    string    `json:"reason"` // why it was declined
	Person    string    `json:"person"`
	Province  string    `json:"province"`
	Programme string    `json:"programme"`
	Strand    Strand    `json:"strand"`
	On        time.Time `json:"on"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
}

// Shown is the number of an accepted training as lists print it: ĐTK (đào tạo ở nơi khác), and the line.
func (r Ruling) Shown() string {
	if !r.Accepted {
		return ""
	}
	return "ĐTK " + r.Register
}

// From is the first instant at which the training counts: its day begins in Việt Nam.
func (r Ruling) From() time.Time {
	y, m, d := r.On.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Vietnam).UTC()
}

const (
	// TrainingLetters is the length of the longest title, organiser or number of a paper.
	TrainingLetters = 200
	// MaxEvidence is how many files show a training.
	MaxEvidence = 4
	// MaxEvidenceBytes is the size of the largest PDF. Photos are made smaller.
	MaxEvidenceBytes = 3 << 20
	// MaxTrainings is how many trainings a person may have entered: more than anybody attended.
	MaxTrainings = 60
	// maxTrainingPeriods is the length of the longest training that is believed: a year of full days.
	maxTrainingPeriods = 2000
)

// firstTraining is the earliest day of a training that is believed.
var firstTraining = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// Tidy brings the texts of a training into the form in which they are kept.
func (t *Training) Tidy() {
	for _, text := range []*string{&t.Title, &t.Organiser, &t.Paper} {
		*text = strings.Join(strings.Fields(norm.NFC.String(*text)), " ")
	}
}

// Check finds what is wrong with a training that so many files show, as a Problem of its field. today is the date in
// Việt Nam, midnight UTC.
func (t *Training) Check(today time.Time, files int) error {
	switch {
	case t.Strand != LibraryService && t.Strand != ReadingPromotion:
		return problem.Invalid("strand", "training-strand")
	case t.Title == "":
		return problem.Invalid("title", "training-title")
	case t.Organiser == "":
		return problem.Invalid("organiser", "training-organiser")
	case t.On.IsZero():
		return problem.Invalid("on", "training-day")
	case t.On.After(today):
		return problem.Invalid("on", "training-future", t.On.Format("02/01/2006"))
	case t.On.Before(firstTraining):
		return problem.Invalid("on", "training-early", t.On.Format("02/01/2006"))
	case t.Periods < 0 || t.Periods > maxTrainingPeriods:
		return problem.Invalid("periods", "training-periods", maxTrainingPeriods)
	case files == 0:
		return problem.Invalid("evidence", "training-evidence")
	case files > MaxEvidence:
		return problem.Invalid("evidence", "training-files", MaxEvidence)
	}
	for field, text := range map[string]string{"title": t.Title, "organiser": t.Organiser, "paper": t.Paper} {
		if utf8.RuneCountInString(text) > TrainingLetters {
			return problem.Invalid(field, "text.long", TrainingLetters)
		}
	}
	return nil
}
