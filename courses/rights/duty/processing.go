package duty

import (
	"reflect"

	"lopban/courses"
	"lopban/courses/authoring/desk"
	"lopban/courses/help"
	"lopban/courses/libraries"
	"lopban/courses/programme"
	"lopban/courses/quota"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// Use is what documents about people are kept for. Each has its words on the page about personal data.
type Use string

const (
	ForRoster   Use = "roster"   // who works where: duty of the post
	ForAccount  Use = "account"  // to sign in
	ForLearning Use = "learning" // what was learnt, to issue certificates
	ForRegister Use = "register" // certificates: what the law of records keeps
	ForNumber   Use = "number"   // the programme's figures
	ForSafety   Use = "safety"   // who did what to others, and tries to break in
	ForRights   Use = "rights"   // consent and requests: proof that the law was kept
	ForIntake   Use = "intake"   // files on their way into the roster
	ForNobody   Use = "nobody"   // about nobody, or about those who work with the program as its staff
)

// Uses are all that name people, in the order in which they are told.
var Uses = []Use{ForRoster, ForAccount, ForLearning, ForRegister, ForNumber, ForIntake, ForSafety, ForRights}

// Processing is why documents of a kind are kept, and what erasing a person does with those about them.
type Processing struct {
	Kind *store.Kind
	Use  Use
	// Blank takes out what names the person and says whether there was any; nil: the document is removed.
	Blank func(doc any) bool
}

// stays is the Blank of documents that stay as they are: they name nobody but by an id, or are the register.
func stays(any) bool { return false }

// nameless and swept are the Blanks of documents that are looked at by what they say and not by whose they are: those
// lose the names in them, these are removed when somebody is in them.
func nameless(any) bool { return false }
func swept(any) bool    { return false }

// blank makes a Blank of a function that takes out what names the person: empty fields of a document.
func blank[T any](fields func(*T) []*string) func(any) bool {
	return func(doc any) bool {
		some := false
		for _, f := range fields(doc.(*T)) {
			if *f != "" {
				*f, some = "", true
			}
		}
		return some
	}
}

// Record is the record of processing: one line for each kind of document of the product. A kind that is not in it is
// erased whole, and a test fails.
var Record = []Processing{
	{roster.PersonKind, ForRoster, roster.BlankPerson},
	{roster.PostingKind, ForRoster, blank(func(p *roster.Posting) []*string { return []*string{&p.Post} })},
	{roster.DetailKind, ForRoster, roster.BlankDetail},
	{roster.HandoverKind, ForRoster, blank(func(h *roster.Handover) []*string {
		return []*string{&h.Post.Name, &h.Post.Phone, &h.Post.Post, &h.Reason}
	})},
	{roster.PendingKind, ForRoster, stays},
	{roster.AccountKind, ForAccount, nil},
	{roster.ChargeKind, ForAccount, nil},
	{roster.LoginKind, ForAccount, nil},
	{roster.ClaimKind, ForAccount, nil},
	{accounts.SessionKind, ForAccount, nil},

	{school.EnrolmentKind, ForLearning, nil},
	{school.AdvanceKind, ForLearning, nil},
	{school.CompletionKind, ForLearning, nil},
	{school.AttemptKind, ForLearning, nil},
	{school.SubmissionKind, ForLearning, nil},
	{school.ReviewKind, ForLearning, nil},
	{school.TaskKind, ForLearning, nil},
	{school.ReadingKind, ForLearning, nil},
	{school.RefusalKind, ForLearning, nil},
	{help.RemarkKind, ForLearning, nil},
	{help.AnswerKind, ForLearning, nil},
	{school.PhoneLogKind, ForLearning, nil},
	{school.AheadKind, ForLearning, nil},
	{school.DueKind, ForLearning, nil},

	{school.CertificateKind, ForRegister, stays},
	{school.RevocationKind, ForRegister, stays},
	{school.RequestKind, ForRegister, stays},
	{school.DeclinedKind, ForRegister, stays},
	{programme.PrintedKind, ForRegister, stays},
	{programme.CountersignedKind, ForRegister, stays},
	// of an accepted training the line stays, and what shows it goes; others go, see eraseTrainings
	{school.TrainingKind, ForRegister, func(doc any) bool {
		t := doc.(*courses.Training)
		some := len(t.Evidence) > 0
		t.Evidence = nil
		return some
	}},
	{school.RulingKind, ForRegister, stays},
	{school.BatchKind, ForRegister, stays},

	{targets.StandingKind, ForNumber, nameless}, // made anew from what is left
	{targets.PeriodKind, ForNumber, stays},
	{targets.FrozenKind, ForNumber, stays},
	{targets.CountsKind, ForNumber, stays},
	{targets.ChangeKind, ForNumber, stays},
	{school.UptakeKind, ForNumber, stays},
	{libraries.EventKind, ForNumber, stays},
	{libraries.YearKind, ForNumber, stays},

	{roster.IntakeKind, ForIntake, nameless}, // the name of a file, see eraseFileNames
	{programme.UploadKind, ForIntake, nameless},
	{programme.SheetKind, ForIntake, swept}, // removed whole where somebody is in it
	{programme.TrainingListKind, ForIntake, swept},

	{programme.AuditKind, ForSafety, nameless}, // see eraseTrail
	{programme.TrailHeadKind, ForSafety, stays},
	{accounts.TallyKind, ForSafety, stays}, // keyed digests, for a day

	{rights.ConsentKind, ForRights, blank(func(c *rights.Consent) []*string { return []*string{&c.Reason} })},
	{rights.PetitionKind, ForRights, blank(func(p *rights.Petition) []*string {
		return []*string{&p.Change.Name, &p.Change.Phone, &p.Change.Post, &p.Words}
	})},
	{rights.WaitingKind, ForRights, nil},
	{rights.ReplyKind, ForRights, blank(func(r *rights.Reply) []*string { return []*string{&r.Reason} })},
	{rights.ErasureKind, ForRights, stays},
	{rights.WordingKind, ForNobody, stays},

	{school.VersionKind, ForNobody, stays},
	{school.ListingKind, ForNobody, stays},
	{school.ShipmentKind, ForNobody, stays},
	{school.IssuerKind, ForNobody, stays},
	{desk.EditKind, ForNobody, stays},
	{desk.DraftKind, ForNobody, stays},
	{desk.EditorialKind, ForNobody, stays},
	{programme.CourseImportKind, ForNobody, stays},
	{roster.DecoyKind, ForNobody, stays},
	{roster.PlaceChangeKind, ForNobody, stays},
	{programme.PlaceDraftKind, ForNobody, stays},
	{help.ContactKind, ForNobody, swept}, // of a province; who is named in it goes
	{intake.HeadingKind, ForNobody, stays},
	{programme.IssuerKeyKind, ForNobody, stays},
	{programme.IssuerSecretKind, ForNobody, stays},
	{accounts.KeyKind, ForNobody, stays},
	{accounts.CodeKeyKind, ForNobody, stays},
	{programme.LeaseKind, ForNobody, stays},
	{programme.StrayKind, ForNobody, stays},
	{quota.Kind, ForNobody, stays},
}

// Processed is the line of a kind.
func Processed(k *store.Kind) Processing {
	for _, p := range Record {
		if p.Kind == k {
			return p
		}
	}
	return Processing{Kind: k, Use: ForLearning}
}

// Goes says whether a document of a kind may be gone when the person was erased.
func Goes(k *store.Kind) bool {
	return Processed(k).Blank == nil || k == school.TrainingKind || k == school.RulingKind // see eraseTrainings
}

// Fate says in a word what erasing a person does: "goes", "nameless" or "stays".
func (p Processing) Fate() string {
	is := func(f func(any) bool) bool { return reflect.ValueOf(p.Blank).Pointer() == reflect.ValueOf(f).Pointer() }
	switch {
	case p.Blank == nil, is(swept):
		return "goes"
	case is(stays):
		return "stays"
	}
	return "nameless"
}
