// Package courses is what is taught and what is earned. A [Version] of a course has modules and lessons, each with a text and perhaps a quiz.
// Learners leave facts: [Enrolment], [Advance], [Completion], [Attempt]; out of them come [Certificate] and, later, [Revocation]. Facts are inserted once and never
// edited; everything else here is a pure function of them, and [School] is the only type that touches a store and a clock.
package courses

import (
	"fmt"
	"time"

	"lopban/courses/store"
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

// Strand is one of the two halves of the Decision's target: "provide library services and organise reading promotion" (Decision 1687/QĐ-TTg).
type Strand string

const (
	LibraryService   Strand = "library-service"
	ReadingPromotion Strand = "reading-promotion"
)

// Version is a course as it was published: immutable, and what a learner who began with it finishes.
type Version struct {
	ID             string    `json:"id"` // course@number
	Course         string    `json:"course"`
	Number         int       `json:"number"` // from 1
	Hash           string    `json:"hash"`   // SHA-256 of the content, so that publishing it again changes nothing
	PublishedAt    time.Time `json:"publishedAt"`
	PublishedBy    string    `json:"publishedBy,omitzero"` // account, "" where the program or a command did it; not in the hash
	Notes          Text      `json:"notes,omitzero"`       // what is new in it, for who may move up to it; not in the hash
	Strand         Strand    `json:"strand"`
	Title          Text      `json:"title"`
	Summary        Text      `json:"summary"`
	Periods        int       `json:"periods"`        // of 45 minutes
	PassMark       int       `json:"passMark"`       // percent, 50 to 100 (facts: at least 50 % of the marks, Circular 03/2023/TT-BNV)
	ValidityMonths int       `json:"validityMonths"` // 0: the certificate does not expire
	Shuffle        bool      `json:"shuffle"`        // show the options of questions in another order at each attempt
	Modules        []Module  `json:"modules"`
	Media          []Media   `json:"media"`
	Practice       *Practice `json:"practice,omitempty"` // nil: the course has no practice task
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

// Listing says which version of a course is the newest and whether the course is offered. It can be rebuilt from the versions and the desk's events.
type Listing struct {
	ID        string    `json:"id"` // course
	Number    int       `json:"number"`
	RetiredAt time.Time `json:"retiredAt"` // since when who has not begun it is no longer offered it; zero: it is offered
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

// Lesson is 10 to 15 minutes of reading, with a quiz or without.
type Lesson struct {
	ID        string `json:"id"` // unique in the course, and the same in all its versions
	Title     Text   `json:"title"`
	Objective Text   `json:"objective"`
	Minutes   int    `json:"minutes"`
	Body      Text   `json:"body"` // Markdown
	Quiz      Quiz   `json:"quiz"` // empty where there is none
}

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

// Advance is the fact that a person moved up to a newer version of a course they had begun. From HappenedAt on the enrolment is of that version.
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
}

// Attempt is the fact that a person handed in answers to a lesson's quiz.
type Attempt struct {
	ID         string            `json:"id"` // person/the id that the sender gave the fact
	Enrolment  string            `json:"enrolment"`
	Person     string            `json:"person"`
	Course     string            `json:"course"`
	Lesson     string            `json:"lesson"`
	Version    string            `json:"version"`        // whose quiz it was; "" on old ones: the enrolment's at HappenedAt
	Draw       *int              `json:"draw,omitempty"` // number of the draw, see [Quiz.Drawn]; nil where the whole quiz was asked
	Answers    map[string]Answer `json:"answers"`        // by question id
	Score      int               `json:"score"`          // percent, 0 to 100, rounded down
	Passed     bool              `json:"passed"`
	HappenedAt time.Time         `json:"happenedAt"`
	RecordedAt time.Time         `json:"recordedAt"`
}

// Quiz is what this attempt was asked, of the quiz that its version has.
func (a *Attempt) Quiz(whole Quiz) Quiz {
	if a.Draw == nil {
		return Quiz{Questions: whole.Questions}
	}
	return whole.Drawn(a.Enrolment, a.Lesson, *a.Draw)
}

// Certificate is the register entry that a person completed a course. It holds every word and date that the paper shows, as they were on the day.
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
	ID       string `json:"id"`       // code of the present province
	Parent   string `json:"parent"`   // cơ quan chủ quản
	Name     string `json:"name"`     // tên cơ quan cấp
	Head     string `json:"head"`     // who certifies, in capitals on the paper: "GIÁM ĐỐC THƯ VIỆN TỈNH"
	Capacity string `json:"capacity"` // quyền hạn, chức vụ above the signature: "GIÁM ĐỐC"
	Signer   string `json:"signer"`   // full name
	Town     string `json:"town"`     // place line: "Tuyên Quang"
}

// State is what a check of a certificate finds.
type State string

const (
	Valid    State = "valid"
	Expired  State = "expired"
	Replaced State = "replaced"
	Revoked  State = "revoked"
)

// StateAt says what the certificate is worth at a time, given its revocation (nil for none) and whether another replaces it. Who replaces a certificate and then
// withdraws it has withdrawn it.
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

// Revocation is the fact that a certificate was withdrawn.
type Revocation struct {
	ID     string    `json:"id"` // the certificate's
	Reason string    `json:"reason"`
	By     string    `json:"by"` // person
	At     time.Time `json:"at"`
}

// Refusal keeps a fact that could not be counted, as it came, so that nothing a learner did is thrown away and somebody can look at it.
type Refusal struct {
	ID         string    `json:"id"` // person/SHA-256 of the rest
	Person     string    `json:"person"`
	Reason     string    `json:"reason"`
	Fact       string    `json:"fact"` // JSON, as it was read
	RecordedAt time.Time `json:"recordedAt"`
}

// The kinds of document that this package owns.
var (
	VersionKind = &store.Kind{Name: "version", Schema: 1, Doc: Version{}, Indexes: [][]string{{"course", "number"}}}

	ListingKind = &store.Kind{Name: "course", Schema: 1, Doc: Listing{}}

	EnrolmentKind = &store.Kind{Name: "enrolment", Schema: 1, Doc: Enrolment{}, Indexes: [][]string{{"person"}, {"course"}, {"version", "recordedAt"}}}

	AdvanceKind = &store.Kind{Name: "advance", Schema: 1, Doc: Advance{}, Indexes: [][]string{{"recordedAt"}}}

	CompletionKind = &store.Kind{Name: "completion", Schema: 1, Doc: Completion{}, Unique: []string{"client"},
		Indexes: [][]string{{"recordedAt"}}}

	AttemptKind = &store.Kind{Name: "attempt", Schema: 1, Doc: Attempt{},
		Indexes: [][]string{{"enrolment"}, {"recordedAt"}}}

	CertificateKind = &store.Kind{Name: "certificate", Schema: 1, Doc: Certificate{}, Unique: []string{"code", "register"},
		Indexes: [][]string{{"person"}, {"province", "issuedAt"}, {"issuedAt"}, {"replaces", "course"}}}

	RevocationKind = &store.Kind{Name: "revocation", Schema: 1, Doc: Revocation{}, Indexes: [][]string{{"at"}}}

	IssuerKind = &store.Kind{Name: "issuer", Schema: 1, Doc: Issuer{}}

	RefusalKind = &store.Kind{Name: "refusal", Schema: 1, Doc: Refusal{}, Indexes: [][]string{{"person"}, {"recordedAt"}}}
)

// Kinds lists the kinds of this package, for who opens a store.
func Kinds() []*store.Kind {
	return []*store.Kind{VersionKind, ListingKind, EnrolmentKind, AdvanceKind, CompletionKind, AttemptKind, CertificateKind, RevocationKind, IssuerKind, RefusalKind, ShipmentKind,
		SubmissionKind, ReviewKind, TaskKind}
}
