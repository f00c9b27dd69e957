package roster

import "slices"

// Who may see and do what is decided in this file and nowhere else: pure functions of the account as it is stored now.
// A province is always a present one, by its code; "" means all of them together. The zero account, and a disabled one,
// may do nothing.
//
// A learner and a trainer see totals and never a list of names; staff see and change what belongs to their own
// province; the programme office reads every province and sets the targets; an administrator does that too, and alone
// decides who holds which role.

// Operator acts for a person at the server's console: a command, or the start of the program. Nobody can sign in as it.
func Operator() Account { return Account{ID: "operator", Roles: []Role{Admin}} }

// Has says whether the account holds one of the roles and is not disabled.
func (a Account) Has(roles ...Role) bool {
	return a.ID != "" && !a.Disabled && slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(a.Roles, r) })
}

// holdsAt says whether the account holds the role for this one province.
func (a Account) holdsAt(role Role, province string) bool {
	return a.Has(role) && province != "" && a.Province == province
}

// BeyondLearning says whether one of the roles is more than a learner's.
func BeyondLearning(roles []Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return r != Learner })
}

// MayLearn says whether the account may take courses, send facts of its own and read its own certificates: everyone who
// is signed in.
func MayLearn(a Account) bool { return a.Has(Learner, Trainer, Staff, Office, Admin) }

// MayReadPeople says whether the account may read the people of a province, one by one: the roster, who is missing,
// completions, and their exports.
func MayReadPeople(a Account, province string) bool {
	return a.Has(Office, Admin) || a.holdsAt(Staff, province)
}

// MayCall says whether the account may have a list of phone numbers of people of a province: only the staff of that
// province, whose people they are.
func MayCall(a Account, province string) bool { return a.holdsAt(Staff, province) }

// MayReadPerson says whether the account may read this person: itself, or one of the people it may read. A person who
// moved is read by the province they are in now.
func MayReadPerson(a Account, p Person) bool {
	return MayLearn(a) && a.ID == p.ID || MayReadPeople(a, p.Province)
}

// MayEditRoster says whether the account may enter postings and import the roster of a province. An administrator may,
// so that a province can begin before it has staff; the office only reads.
func MayEditRoster(a Account, province string) bool {
	return a.Has(Admin) || a.holdsAt(Staff, province)
}

// MayReadBoard says whether the account may read the target board: totals of the region and of each province, without a
// name.
func MayReadBoard(a Account) bool { return MayLearn(a) }

// MayReadPast says whether the account may read the board of an earlier day, which is counted again from every fact:
// who answers for figures.
func MayReadPast(a Account) bool { return a.Has(Staff, Office, Admin) }

// MayReadCommunes says whether the account may read the board of a province by commune. A commune has one or two
// library workers, so that its total is almost a name.
func MayReadCommunes(a Account, province string) bool { return MayReadPeople(a, province) }

// MayAuthor says whether the account may write courses, see the answers of their quizzes and how the questions do
// (figures, no names).
func MayAuthor(a Account) bool { return a.Has(Trainer, Admin) }

// MayPublish says whether the account may publish a version of a course.
func MayPublish(a Account) bool { return MayAuthor(a) }

// MayRetire says whether the account may end the offer of a course, offer it again, or throw away a draft that others
// wrote in: courses are everybody's, in every province.
func MayRetire(a Account) bool { return a.Has(Office, Admin) }

// MayTeach says whether the account may review practice tasks and hold class days for people of a province, whose names
// it sees there: a trainer of that province.
func MayTeach(a Account, province string) bool { return a.holdsAt(Trainer, province) }

// MayRevoke says whether the account may revoke or reissue a certificate that counts for a province.
func MayRevoke(a Account, province string) bool {
	return a.Has(Admin) || a.holdsAt(Staff, province)
}

// MayAgree says whether the account may agree to what somebody else asked about the register of a province: one of its
// own staff, so that at least one of the two people belongs to the issuer.
func MayAgree(a Account, province, asked string) bool {
	return a.ID != asked && a.holdsAt(Staff, province)
}

// MayEnterTraining says whether the account may enter that this person was trained elsewhere: the person, and whoever
// keeps the roster of the province.
func MayEnterTraining(a Account, p Person) bool {
	return MayLearn(a) && a.ID == p.ID || MayEditRoster(a, p.Province)
}

// MayRuleTraining says whether the account may accept, decline or withdraw trainings done elsewhere of people of a
// province: its own staff. That it is a second person, and not the learner, is a rule of the school.
func MayRuleTraining(a Account, province string) bool { return a.holdsAt(Staff, province) }

// MaySetIssuer says whether the account may change who issues and signs the certificates of a province.
func MaySetIssuer(a Account, province string) bool { return MayRevoke(a, province) }

// MaySetTargets says whether the account may change the programme's targets, base and other settings, and close a
// reporting period.
func MaySetTargets(a Account) bool { return a.Has(Office, Admin) }

// MayChangePlaces says whether the account may record what a decision makes of communes: it concerns every province.
func MayChangePlaces(a Account) bool { return a.Has(Office, Admin) }

// MayReadRights says whether the account may read what people of a province ask about their data.
func MayReadRights(a Account, province string) bool { return MayReadPeople(a, province) }

// MayAnswerRights says whether the account may answer them: correct, give out, erase. People of no province are the
// administrators'.
func MayAnswerRights(a Account, province string) bool {
	return a.Has(Admin) || a.holdsAt(Staff, province)
}

// MayReadAudit says whether the account may read what the audit trail has of a province; "" is all of it.
func MayReadAudit(a Account, province string) bool {
	return a.Has(Office, Admin) || a.holdsAt(Staff, province)
}

// MayGrant says whether the account may list the accounts, create them and change their roles.
func MayGrant(a Account) bool { return a.Has(Admin) }

// MayIssueClaims says whether the account may print first codes for the people of a province.
func MayIssueClaims(a Account, province string) bool { return MayEditRoster(a, province) }

// MayManageAccount says whether the account may reset, disable and enable another one. The province is where the
// target's person holds a post, "" when it is not on the roster. Staff manage learners of their province and nobody who
// is more than a learner: otherwise a reset would be a way up.
func MayManageAccount(a, target Account, province string) bool {
	return a.Has(Admin) || a.holdsAt(Staff, province) && !BeyondLearning(target.Roles)
}
