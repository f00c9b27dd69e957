package courses

import "time"

// Cause is why an entry of the register is changed, from the lists below: a message key ("cause." and the cause) says
// it to everyone who checks the certificate.
type Cause string

// Why a certificate is issued again. What it says of the course and the result never changes.
const (
	NameCorrected Cause = "name"     // the holder's name was wrong on it
	Damaged       Cause = "damaged"  // the paper is spoilt
	Lost          Cause = "lost"     // the paper is gone
	Restored      Cause = "restored" // it was revoked wrongly
)

// Reissues are the causes for which a certificate is issued again on the word of one person.
var Reissues = []Cause{NameCorrected, Damaged, Lost}

// Why a certificate is withdrawn.
const (
	Mistaken    Cause = "mistake"     // it was issued by mistake
	NotOwnWork  Cause = "not-own"     // the work was not the holder's own
	WrongPerson Cause = "person"      // it names somebody else than the one who learnt
	CourseVoid  Cause = "course-void" // the results of the course were set aside
	OtherCause  Cause = "other"       // as the note says
)

// Revocations are the causes for which a certificate is withdrawn.
var Revocations = []Cause{Mistaken, NotOwnWork, WrongPerson, CourseVoid, OtherCause}

// Reissued says why and by whom a certificate was issued again.
type Reissued struct {
	Cause Cause  `json:"cause"`
	By    string `json:"by"`              // account
	Asked string `json:"asked,omitempty"` // id of the [Request], where a second person had to agree
}

// Request is the fact that somebody who looks after an issuer's register asks to withdraw a certificate, or to undo
// that. It counts once a second person of the issuer agrees: then there is the [Revocation], or the new entry.
type Request struct {
	ID          string    `json:"id"` // the certificate's, /q and a number
	Certificate string    `json:"certificate"`
	Code        string    `json:"code"`     // of the certificate
	Province    string    `json:"province"` // of the certificate
	Undo        bool      `json:"undo"`     // asks to undo a revocation
	Cause       Cause     `json:"cause"`
	Note        string    `json:"note"` // everyone who checks the certificate reads it
	By          string    `json:"by"`   // account
	At          time.Time `json:"at"`
}

// Declined is the fact that a second person did not agree to a request.
type Declined struct {
	ID string    `json:"id"` // the request's
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Revocation is the fact that a certificate, or a training done elsewhere that was accepted, was withdrawn.
type Revocation struct {
	ID      string    `json:"id"` // the certificate's, or the training's
	Cause   Cause     `json:"cause,omitempty"`
	Reason  string    `json:"reason"` // more about the cause, or all there is of it where there was no list yet
	AskedBy string    `json:"askedBy,omitempty"`
	Request string    `json:"request,omitempty"`
	By      string    `json:"by"` // account that agreed
	At      time.Time `json:"at"`
}

// Decision is the decision under which an issuer gives certificates out together.
type Decision struct {
	Number string    `json:"number"` // as it is written: "125/QĐ-TVT"
	On     time.Time `json:"on"`     // its date, midnight UTC
	Batch  string    `json:"batch"`  // id of the [Batch]
}

// Due says that somebody has completed a course whose issuer gives certificates out by decision, and waits. It is
// state.
type Due struct {
	ID          string    `json:"id"`       // the enrolment's, as of its certificate
	Province    string    `json:"province"` // whose decision it waits for
	Person      string    `json:"person"`
	Name        string    `json:"name"` // as the roster had it
	Unit        string    `json:"unit"`
	Course      string    `json:"course"`
	Title       Text      `json:"title"`
	CompletedAt time.Time `json:"completedAt"`
	Batch       string    `json:"batch"`            // in which the certificate was issued; "-" for none
	Passed      []string  `json:"passed,omitempty"` // batches that left it out, because its person had moved
}

// Batch is the fact that an issuer decided to give certificates out.
type Batch struct {
	ID         string    `json:"id"` // province/ and the id of the form, so that pressing twice is one batch
	Province   string    `json:"province"`
	Decision   string    `json:"decision"`
	On         time.Time `json:"on"`
	Enrolments []string  `json:"enrolments"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
}
