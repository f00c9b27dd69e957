package school

import (
	"lopban/courses"
	"lopban/courses/store"
)

// The kinds of document that this package owns.
var (
	VersionKind = &store.Kind{Name: "version", Schema: 1, Order: 400, Fact: true, Doc: courses.Version{}, Indexes: [][]string{{"course", "number"}}}

	ListingKind = &store.Kind{Name: "course", Schema: 1, Order: 390, Doc: courses.Listing{}}

	EnrolmentKind = &store.Kind{Name: "enrolment", Schema: 1, Order: 340, Fact: true, Person: "person", Doc: courses.Enrolment{}, Indexes: [][]string{{"person"}, {"recordedAt"}, {"version", "recordedAt"}}}

	AdvanceKind = &store.Kind{Name: "advance", Schema: 1, Order: 330, Fact: true, Under: "id", Doc: courses.Advance{}, Indexes: [][]string{{"recordedAt"}}}

	CompletionKind = &store.Kind{Name: "completion", Schema: 1, Order: 260, Fact: true, Person: "person", Under: "id", Doc: courses.Completion{}, Unique: []string{"client"},
		Indexes: [][]string{{"recordedAt"}}}

	AttemptKind = &store.Kind{Name: "attempt", Schema: 1, Order: 270, Fact: true, Person: "person", Under: "enrolment", Doc: courses.Attempt{},
		Indexes: [][]string{{"enrolment"}, {"recordedAt"}}}

	CertificateKind = &store.Kind{Name: "certificate", Schema: 1, Order: 240, Fact: true, Person: "person", Doc: courses.Certificate{}, Unique: []string{"code", "register"},
		Indexes: [][]string{{"person"}, {"province", "issuedAt"}, {"issuedAt"}, {"replaces"}}}

	RevocationKind = &store.Kind{Name: "revocation", Schema: 1, Order: 190, Fact: true, Under: "id", Doc: courses.Revocation{}, Indexes: [][]string{{"at"}}}

	IssuerKind = &store.Kind{Name: "issuer", Schema: 1, Order: 410, Doc: courses.Issuer{}}

	RefusalKind = &store.Kind{Name: "refusal", Schema: 1, Order: 320, Fact: true, Person: "person", Doc: courses.Refusal{}, Indexes: [][]string{{"person"}, {"recordedAt"}}}
)

// Kinds lists the kinds of this package, for who opens a store.
func Kinds() []*store.Kind {
	return []*store.Kind{VersionKind, ListingKind, EnrolmentKind, AdvanceKind, CompletionKind, AttemptKind, CertificateKind, RevocationKind, RequestKind, DeclinedKind, IssuerKind, RefusalKind, ShipmentKind,
		SubmissionKind, ReviewKind, TaskKind, ReadingKind, PhoneLogKind, AheadKind,
		TrainingKind, RulingKind, DueKind, BatchKind, UptakeKind}
}

// The kinds of documents about practice tasks.
var (
	SubmissionKind = &store.Kind{Name: "submission", Schema: 1, Order: 300, Fact: true, Person: "person", Under: "enrolment", Doc: courses.Submission{}, Indexes: [][]string{{"enrolment"}, {"recordedAt"}}}

	ReviewKind = &store.Kind{Name: "review", Schema: 1, Order: 290, Fact: true, Under: "enrolment", Doc: courses.Review{}, Unique: []string{"client"}, Indexes: [][]string{{"enrolment"}, {"recordedAt"}}}

	TaskKind = &store.Kind{Name: "task", Schema: 1, Order: 280, Person: "person", Under: "id", Doc: courses.Task{}, Indexes: [][]string{{"state", "since"}}}
)
