// Package courses is what is taught and what is earned. A [Version] of a course has modules and lessons, each with a
// text and perhaps a quiz. Learners leave facts: [Enrolment], [Advance], [Completion], [Attempt]; out of them come
// [Certificate] and, later, [Revocation]. Facts are inserted once and never edited; everything else here is a pure
// function of them, and school.School is the type that touches a store and a clock.
package courses

import (
	"fmt"
	"strings"
	"time"
)

// Text is a sentence or a document in the product's two languages. Vietnamese is the original.
type Text struct {
	Vi string `json:"vi" yaml:"vi"`
	En string `json:"en" yaml:"en"`
}

// In gives the text in the language "vi" or "en", or in the other where it is missing.
func (t Text) In(lang string) string {
	if (lang == "en" && t.En != "") || t.Vi == "" {
		return t.En
	}
	return t.Vi
}

// Strand is one of the two halves of the Decision's target: "provide library services and organise reading promotion"
// (Decision 1687/QĐ-TTg).
type Strand string

const (
	LibraryService   Strand = "library-service"
	ReadingPromotion Strand = "reading-promotion"
)

// Version is a course as it was published: immutable, and what a learner who began with it finishes.
type Version struct {
	ID          string    `json:"id"` // course@number
	Course      string    `json:"course"`
	Number      int       `json:"number"` // from 1
	Hash        string    `json:"hash"`   // SHA-256 of the content, so that publishing it again changes nothing
	PublishedAt time.Time `json:"publishedAt"`
	// account, "" where the program or a command did it; not in the hash
	PublishedBy string `json:"publishedBy,omitzero"`
	// what is new in it, for who may move up to it; not in the hash
	Notes   Text   `json:"notes,omitzero"`
	Strand  Strand `json:"strand"`
	Title   Text   `json:"title"`
	Summary Text   `json:"summary"`
	Periods int    `json:"periods"` // of 45 minutes, see [Version.TruePeriods]
	// percent, 50 to 100 (facts: at least 50 % of the marks, Circular 03/2023/TT-BNV)
	PassMark       int `json:"passMark"`
	ValidityMonths int `json:"validityMonths"` // 0: the certificate does not expire
	// show the options of questions in another order at each attempt; a course is read so unless it says no
	Shuffle bool `json:"shuffle"`
	// the day on which it was last checked against its sources, as 2026-11-30; "" where that is not known
	Checked string   `json:"checked,omitempty"`
	Sources []Source `json:"sources,omitempty"` // what it rests on
	// from which attempt on who has not passed a quiz sees its key; 0: UsualKeyAfter
	KeyAfter int `json:"keyAfter,omitzero"`
	Final    int `json:"final,omitzero"` // how many questions the final test asks; 0: there is none
	// as of any quiz, see [Quiz]
	FinalAttempts     int       `json:"finalAttempts,omitzero"`
	FinalPauseMinutes int       `json:"finalPauseMinutes,omitzero"`
	Modules           []Module  `json:"modules"`
	Media             []Media   `json:"media"`
	Practice          *Practice `json:"practice,omitempty"` // nil: the course has no practice task
	Guide             Text      `json:"guide,omitzero"`     // how to teach it to a group, Markdown; for trainers alone
}

// Media is a picture of a course.
type Media struct {
	Name string `json:"name"` // of the file in the course's media folder
	Blob string `json:"blob"` // name of its bytes in the store: SHA-256 in hexadecimal, and the ending
}

// Blob gives the name of a picture's bytes, "" where the version has no such picture.
func (v *Version) Blob(name string) string {
	for _, m := range v.Media {
		if m.Name == name {
			return m.Blob
		}
	}
	return ""
}

// Listing says which version of a course is the newest and whether the course is offered. It can be rebuilt from the
// versions and the desk's events.
type Listing struct {
	ID     string `json:"id"` // course
	Number int    `json:"number"`
	// since when who has not begun it is no longer offered it; zero: it is offered
	RetiredAt time.Time `json:"retiredAt"`
}

// Retired says whether the course is no longer offered to who has not begun it.
func (l Listing) Retired() bool { return !l.RetiredAt.IsZero() }

// VersionID names a version of a course.
func VersionID(course string, number int) string { return fmt.Sprintf("%s@%d", course, number) }

// Module is a part of a course.
type Module struct {
	ID      string   `json:"id"`
	Title   Text     `json:"title"`
	Lessons []Lesson `json:"lessons"`
}

// Lesson is about ten minutes of reading, with a quiz or without.
type Lesson struct {
	ID        string `json:"id"` // unique in the course, and the same in all its versions
	Title     Text   `json:"title"`
	Objective Text   `json:"objective"`
	Minutes   int    `json:"minutes"`
	Body      Text   `json:"body"`          // Markdown
	Form      Text   `json:"form,omitzero"` // to print and fill in, Markdown; empty where there is none
	Quiz      Quiz   `json:"quiz"`          // empty where there is none
}

// Sheet is the lesson's form as a text of its own.
func (l Lesson) Sheet() Lesson { return Lesson{ID: FormID(l.ID), Title: l.Title, Body: l.Form} }

// FormID is the name of a lesson's form beside the lessons. No lesson has a point in its id.
func FormID(lesson string) string { return lesson + ".form" }

// Lessons lists the lessons of all modules in order.
func (v *Version) Lessons() []Lesson {
	var all []Lesson
	for _, m := range v.Modules {
		all = append(all, m.Lessons...)
	}
	return all
}

// Lesson finds a lesson by its id.
func (v *Version) Lesson(id string) (Lesson, bool) {
	for _, m := range v.Modules {
		for _, l := range m.Lessons {
			if l.ID == id {
				return l, true
			}
		}
	}
	return Lesson{}, false
}

// Enrolment is the fact that a person began a course, and with which version.
type Enrolment struct {
	ID         string    `json:"id"` // person/course/cycle
	Person     string    `json:"person"`
	Course     string    `json:"course"`
	Cycle      int       `json:"cycle"` // from 1; a person whose certificate has expired begins the next
	Version    string    `json:"version"`
	HappenedAt time.Time `json:"happenedAt"`
	RecordedAt time.Time `json:"recordedAt"`
}

// Advance is the fact that a person moved up to a newer version of a course they had begun. From HappenedAt on the
// enrolment is of that version.
type Advance struct {
	ID         string    `json:"id"` // enrolment/0002, enrolment/0003, …: which of its versions this is
	Enrolment  string    `json:"enrolment"`
	Version    string    `json:"version"`
	HappenedAt time.Time `json:"happenedAt"`
	RecordedAt time.Time `json:"recordedAt"`
}

// EnrolmentID names a cycle of a person's work on a course; the first is 1.
func EnrolmentID(person, course string, cycle int) string {
	return fmt.Sprintf("%s/%s/%02d", person, course, cycle)
}

// Completion is the fact that a person finished a lesson's text.
type Completion struct {
	ID         string    `json:"id"` // person/course/cycle/lesson
	Enrolment  string    `json:"enrolment"`
	Person     string    `json:"person"`
	Course     string    `json:"course"`
	Lesson     string    `json:"lesson"`
	Client     string    `json:"client"`     // person/the id that the sender gave the fact
	HappenedAt time.Time `json:"happenedAt"` // the phone's time, corrected by its clock's offset
	RecordedAt time.Time `json:"recordedAt"` // the server's

	// ClaimedAt is the time that the sender gave where it cannot be true, and HappenedAt is that of arrival; else nil.
	ClaimedAt *time.Time `json:"claimedAt,omitempty"`
}

// Attempt is the fact that a person handed in answers to a lesson's quiz.
type Attempt struct {
	ID        string `json:"id"` // person/the id that the sender gave the fact
	Enrolment string `json:"enrolment"`
	Person    string `json:"person"`
	Course    string `json:"course"`
	Lesson    string `json:"lesson"`
	// whose quiz it was; "" on old ones: the enrolment's at HappenedAt
	Version string `json:"version"`
	// number of the draw, see [Quiz.Drawn]; nil where the whole quiz was asked
	Draw       *int              `json:"draw,omitempty"`
	Answers    map[string]Answer `json:"answers"` // by question id
	Score      int               `json:"score"`   // percent, 0 to 100, rounded down
	Passed     bool              `json:"passed"`
	HappenedAt time.Time         `json:"happenedAt"`
	RecordedAt time.Time         `json:"recordedAt"`
	ClaimedAt  *time.Time        `json:"claimedAt,omitempty"` // as of a Completion
}

// Said is when the sender says that it happened: between two attempts, the time that passed for the learner.
func (a Attempt) Said() time.Time {
	if a.ClaimedAt != nil {
		return *a.ClaimedAt
	}
	return a.HappenedAt
}

// Client is the id that the sender gave the attempt.
func (a Attempt) Client() string { return strings.TrimPrefix(a.ID, a.Person+"/") }

// Quiz is what this attempt was asked, of the quiz that its version has.
func (a *Attempt) Quiz(whole Quiz) Quiz {
	if a.Draw == nil {
		return Quiz{Questions: whole.Questions}
	}
	return whole.Drawn(a.Enrolment, a.Lesson, *a.Draw)
}

// Certificate is the register entry that a person completed a course. It holds every word and date that the paper
// shows, as they were on the day.
type Certificate struct {
	ID          string    `json:"id"`       // person/course/cycle, and /n for the nth reissue
	Code        string    `json:"code"`     // checks the certificate; 12 letters and digits, see NewCode
	Register    string    `json:"register"` // issuer/year/number: the line in the issuer's register (số vào sổ)
	Serial      string    `json:"serial"`   // printed number (số hiệu)
	Number      int       `json:"number"`   // of the register line, from 1 each year
	Year        int       `json:"year"`
	Enrolment   string    `json:"enrolment"`
	Person      string    `json:"person"`
	Course      string    `json:"course"`
	Version     string    `json:"version"`
	Strand      Strand    `json:"strand"`
	Cycle       int       `json:"cycle"`
	Title       Text      `json:"title"`
	Periods     int       `json:"periods"`
	Holder      Holder    `json:"holder"`
	Province    string    `json:"province"` // the holder's present province on the day
	Issuer      Issuer    `json:"issuer"`
	StartedAt   time.Time `json:"startedAt"`
	CompletedAt time.Time `json:"completedAt"`
	IssuedAt    time.Time `json:"issuedAt"`
	ValidUntil  time.Time `json:"validUntil"` // Forever where it does not expire
	VerifyURL   string    `json:"verifyUrl"`  // what the QR says
	Replaces    string    `json:"replaces"`   // id of the certificate that this one corrects, "" for none
	Reissue     int       `json:"reissue"`    // 0, or which reissue this is (cấp lại lần n)
	Reissued    Reissued  `json:"reissued,omitzero"`
	Decision    Decision  `json:"decision,omitzero"` // under which it was issued in a batch
}

// Forever is the end of what does not end.
var Forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Holder is the person on the paper, as known on the day.
type Holder struct {
	Name      string `json:"name"`
	Library   string `json:"library"`   // đơn vị công tác
	Commune   string `json:"commune"`   // code, "" for people outside the communes
	Place     string `json:"place"`     // "xã Lũng Cú, tỉnh Tuyên Quang"
	Province  string `json:"province"`  // present province, code
	Programme string `json:"programme"` // programme province, code in that list; "" outside the programme
}

// Issuer is the body that signs, as the setting of its province says. It is never the program.
type Issuer struct {
	ID       string `json:"id"`             // code of the present province
	Parent   string `json:"parent"`         // cơ quan chủ quản
	Name     string `json:"name"`           // tên cơ quan cấp
	Head     string `json:"head"`           // who certifies, in capitals on the paper: "GIÁM ĐỐC THƯ VIỆN TỈNH"
	Capacity string `json:"capacity"`       // quyền hạn, chức vụ above the signature: "GIÁM ĐỐC"
	Signer   string `json:"signer"`         // full name
	Town     string `json:"town"`           // place line: "Tuyên Quang"
	Hold     bool   `json:"hold,omitempty"` // certificates wait for a decision and are issued in batches
}

// State is what a check of a certificate finds.
type State string

const (
	Valid    State = "valid"
	Expired  State = "expired"
	Replaced State = "replaced"
	Revoked  State = "revoked"
)

// StateAt says what the certificate is worth at a time, given its revocation (nil for none) and whether another
// replaces it. Who replaces a certificate and then withdraws it has withdrawn it.
func (c *Certificate) StateAt(at time.Time, r *Revocation, replaced bool) State {
	switch {
	case r != nil && !r.At.After(at):
		return Revoked
	case replaced:
		return Replaced
	case !at.Before(c.ValidUntil):
		return Expired
	}
	return Valid
}

// Refusal keeps a fact that could not be counted, as it came, so that nothing a learner did is thrown away and somebody
// can look at it.
type Refusal struct {
	ID         string    `json:"id"` // person/SHA-256 of the rest
	Person     string    `json:"person"`
	Reason     string    `json:"reason"`
	Args       []any     `json:"args,omitempty"` // what fills the places of the reason's message
	Fact       string    `json:"fact"`           // JSON, as it was read
	RecordedAt time.Time `json:"recordedAt"`
}

// Vietnam is the time zone in which dates are printed and years begin.
var Vietnam = time.FixedZone("ICT", 7*60*60)
