package programme

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
)

type AccountForm struct{ Name, Role, Province string }

// NewAccount refuses a form that is sent a second time: an account with the same name, role and province that waits for
// its password.
func (s *Programme) NewAccount(ctx context.Context, by roster.Account, form AccountForm) (roster.Account, accounts.Slip, error) {
	role := roster.Role(form.Role)
	if !slices.Contains(Granted, role) {
		return roster.Account{}, accounts.Slip{}, problem.Invalid("role", "roles-unknown")
	}
	if _, ok := s.Places.Province(roster.Present, form.Province); form.Province != "" && !ok {
		return roster.Account{}, accounts.Slip{}, problem.Invalid("province", "province-needed")
	}
	name, err := roster.Name(form.Name)
	if err != nil {
		return roster.Account{}, accounts.Slip{}, err
	}
	waiting := &problem.Problem{Kind: problem.ErrExists, Code: "account-waiting", Field: "name", Args: []any{name}}
	form.Name = name
	if _, twice := s.creating.LoadOrStore(form, true); twice { // the same form is on its way
		return roster.Account{}, accounts.Slip{}, waiting
	}
	defer s.creating.Delete(form)
	cut := "" // an account that the same form made, and that may not have its code yet
	err = store.Each(ctx, s.Store, roster.AccountKind, store.Where(store.Is("keeper", true)).By("sort"), func(a roster.Account) error {
		if a.Name == name && a.Hash == "" && slices.Contains(a.Roles, role) && (a.Province == form.Province || a.Province == "") {
			cut = a.ID
			return store.Stop
		}
		return nil
	})
	if err != nil {
		return roster.Account{}, accounts.Slip{}, err
	}
	a, slip, err := s.Accounts.Create(ctx, by, cut, name, []roster.Role{role}, form.Province)
	if cut != "" && errors.Is(err, problem.ErrExists) {
		err = waiting
	}
	return a, slip, err
}

// ChangeAccount gives an account another name, other roles or another province. It holds on every page of this
// process at once, and on those of others within two seconds; the audit trail shows both provinces what was and what
// is.
func (s *Programme) ChangeAccount(ctx context.Context, by roster.Account, id, name string, roles []roster.Role, province string) error {
	if by.ID == id {
		own, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id)
		if err != nil {
			return err
		}
		if !slices.Equal(own.Roles, slices.Sorted(slices.Values(roles))) || own.Province != province {
			return problem.Denied("not-yourself")
		}
	}
	if _, ok := s.Places.Province(roster.Present, province); province != "" && !ok {
		return problem.Invalid("province", "province-needed")
	}
	if _, _, err := s.Accounts.Charge(ctx, by, id, name, roles, province); err != nil {
		return err
	}
	s.Sessions.ForgetAccount(id)
	return TellCharges(ctx, s, id)
}

// TellCharges tells the trail what the history of an account has and it was not told: a stop may have come between.
func TellCharges(ctx context.Context, s *Programme, id string) error {
	all, err := s.Accounts.Charges(ctx, id)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(all); i++ { // the newest first
		is, was := all[i], all[i+1]
		changes := s.chargeChanges(was, is)
		if len(changes) == 0 {
			continue
		}
		provinces := []string{is.Province}
		if was.Province != is.Province {
			provinces = append(provinces, was.Province)
		}
		for n, of := range provinces {
			e := AuditEntry{ID: "charge-" + is.ID + "-" + strconv.Itoa(n), By: is.By, Action: "account.change", Subject: id, Province: of, At: is.RecordedAt, Changes: changes}
			_, err := store.Get[AuditEntry](ctx, s.Store, AuditKind, e.ID)
			if err == nil && n == len(provinces)-1 { // so those before it were told too
				return nil
			}
			if errors.Is(err, problem.ErrNotFound) {
				err = s.Tell(ctx, e)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// chargeChanges are what differs of an account, in words.
func (s *Programme) chargeChanges(was, is roster.Charge) []intake.Change {
	w := s.Languages.In("vi")
	roles := func(a roster.Charge) string {
		var all []string
		for _, r := range a.Roles {
			all = append(all, w.T("role."+string(r)))
		}
		return strings.Join(all, ", ")
	}
	var changes []intake.Change
	for _, c := range []intake.Change{{Field: intake.FieldName, Old: was.Name, New: is.Name}, {Field: "roles", Old: roles(was), New: roles(is)}, {Field: intake.FieldProvince, Old: s.ProvinceName(was.Province), New: s.ProvinceName(is.Province)}} {
		if c.Old != c.New {
			changes = append(changes, c)
		}
	}
	return changes
}

// FollowNumber makes a person's mobile number the login of their account; the one before is taken for thirty days more.
func (s *Programme) FollowNumber(ctx context.Context, by roster.Account, id string) error {
	p, err := s.Roll.Person(ctx, id)
	if err != nil {
		return err
	}
	old, _, err := s.Accounts.FollowNumber(ctx, by, id)
	if err != nil || len(old) == 0 {
		return err
	}
	s.Sessions.ForgetAccount(id)
	return s.Tell(ctx, AuditEntry{By: by.ID, Action: "account.login", Subject: id, Province: p.Province, Changes: []intake.Change{{Field: intake.FieldPhone, Old: strings.Join(old, ", "), New: p.Phone}}})
}

// Granted are the roles that an administrator gives. Learners come from the roster.
var Granted = []roster.Role{roster.Trainer, roster.Staff, roster.Office, roster.Admin}
