package roster

import "testing"

// The matrix of who may do what: for each action and role, in the own province and in another. "." is no, "o" is own
// province only, "A" is anywhere.
func TestWhoMayDoWhat(t *testing.T) {
	target := Account{ID: "B000000001", Roles: []Role{Learner}}
	keeper := Account{ID: "B000000002", Roles: []Role{Learner, Staff}, Province: "08"}
	actions := []struct {
		name                                   string
		may                                    func(a Account, province string) bool
		learner, trainer, staff, office, admin byte
	}{
		{"learn", func(a Account, _ string) bool { return MayLearn(a) }, 'A', 'A', 'A', 'A', 'A'},
		{"read people", MayReadPeople, '.', '.', 'o', 'A', 'A'},
		{"read a person", func(a Account, p string) bool { return MayReadPerson(a, Person{ID: "B000000001", Province: p}) }, '.', '.', 'o', 'A', 'A'},
		{"read oneself", func(a Account, p string) bool { return MayReadPerson(a, Person{ID: a.ID, Province: p}) }, 'A', 'A', 'A', 'A', 'A'},
		{"call", MayCall, '.', '.', 'o', '.', '.'},
		{"edit the roster", MayEditRoster, '.', '.', 'o', '.', 'A'},
		{"issue claims", MayIssueClaims, '.', '.', 'o', '.', 'A'},
		{"read the board", func(a Account, _ string) bool { return MayReadBoard(a) }, 'A', 'A', 'A', 'A', 'A'},
		{"read the board of an earlier day", func(a Account, _ string) bool { return MayReadPast(a) }, '.', '.', 'A', 'A', 'A'},
		{"read communes", MayReadCommunes, '.', '.', 'o', 'A', 'A'},
		{"author", func(a Account, _ string) bool { return MayAuthor(a) }, '.', 'A', '.', '.', 'A'},
		{"publish", func(a Account, _ string) bool { return MayPublish(a) }, '.', 'A', '.', '.', 'A'},
		{"retire a course", func(a Account, _ string) bool { return MayRetire(a) }, '.', '.', '.', 'A', 'A'},
		{"teach", MayTeach, '.', 'o', '.', '.', '.'},
		{"revoke", MayRevoke, '.', '.', 'o', '.', 'A'},
		{"agree", func(a Account, p string) bool { return MayAgree(a, p, "A000000002") }, '.', '.', 'o', '.', '.'},
		{"agree to what one asked", func(a Account, p string) bool { return MayAgree(a, p, a.ID) }, '.', '.', '.', '.', '.'},
		{"set the issuer", MaySetIssuer, '.', '.', 'o', '.', 'A'},
		{"set targets", func(a Account, _ string) bool { return MaySetTargets(a) }, '.', '.', '.', 'A', 'A'},
		{"read the audit trail", MayReadAudit, '.', '.', 'o', 'A', 'A'},
		{"grant roles", func(a Account, _ string) bool { return MayGrant(a) }, '.', '.', '.', '.', 'A'},
		{"manage a learner", func(a Account, p string) bool { return MayManageAccount(a, target, p) }, '.', '.', 'o', '.', 'A'},
		{"manage a keeper", func(a Account, p string) bool { return MayManageAccount(a, keeper, p) }, '.', '.', '.', '.', 'A'},
	}
	for _, act := range actions {
		for role, mark := range map[Role]byte{Learner: act.learner, Trainer: act.trainer, Staff: act.staff, Office: act.office, Admin: act.admin} {
			a := Account{ID: "A000000001", Roles: []Role{role}, Province: "08"}
			for province, want := range map[string]bool{"08": mark != '.', "15": mark == 'A', "": mark == 'A'} {
				if got := act.may(a, province); got != want {
					t.Errorf("%s may %s in %q: %v", role, act.name, province, got)
				}
				disabled := a
				disabled.Disabled = true
				nowhere := a
				nowhere.Province = ""
				switch {
				case act.may(disabled, province):
					t.Errorf("disabled %s may %s in %q", role, act.name, province)
				case act.may(nowhere, province) && mark != 'A':
					t.Errorf("%s without a province may %s in %q", role, act.name, province)
				case act.may(Account{}, province), act.may(Account{Roles: []Role{role}, Province: province}, province), act.may(Account{ID: "A000000001"}, province):
					t.Errorf("the zero account, or one without id or roles, may %s in %q", act.name, province)
				}
			}
		}
	}
}

func TestRolesAddUp(t *testing.T) {
	a := Account{ID: "A000000001", Roles: []Role{Trainer, Staff}, Province: "08"}
	if !MayTeach(a, "08") || !MayReadPeople(a, "08") || MayReadPeople(a, "15") || MayGrant(a) {
		t.Error("a trainer who is staff may do what either may, and no more")
	}
}

func TestTheOperatorIsAnAdministrator(t *testing.T) {
	if !MayGrant(Operator()) || !MayIssueClaims(Operator(), "08") {
		t.Error("the operator may not do what an administrator may")
	}
}
