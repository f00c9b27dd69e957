package office

import (
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/server/page"
)

type accountPage struct {
	page.Frame
	Holder     accountRow
	OnRoster   bool // the name is the roster's
	Granted    []roster.Role
	Provinces  []roster.Province
	Name       string // as typed
	Roles      []roster.Role
	InProvince string
	History    []chargeRow
	Open       string
	Fault      *page.FormFault
}

// chargeRow is what an account was from a day on.
type chargeRow struct {
	roster.Charge
	Place string
	Who   string
	Now   bool
}

// Chosen says whether a role is ticked.
func (p accountPage) Chosen(r roster.Role) bool { return slices.Contains(p.Roles, r) }

// AccountPage shows what an account is called and may do, and what it was before.
func (s *Pages) AccountPage(c *fiber.Ctx) error { return s.showAccount(c, nil) }

func (s *Pages) showAccount(c *fiber.Ctx, fault *page.FormFault) error {
	a, err := store.Get[roster.Account](c.UserContext(), s.Store, roster.AccountKind, c.Params("account"))
	if err == nil && !a.Keeper {
		err = store.NotFound(roster.AccountKind, a.ID)
	}
	if err != nil {
		return err
	}
	shown := accountPage{Frame: s.Frame(c, a.Name), Granted: programme.Granted, Provinces: s.Places.Provinces(roster.Present), Name: a.Name, Roles: a.Roles, InProvince: a.Province, Open: "charge", Fault: fault}
	if fault != nil {
		if shown.Name, shown.Roles, shown.InProvince, err = readCharge(c); err != nil {
			return err
		}
	}
	if shown.Holder, err = s.accountRow(c.UserContext(), shown.Words, a); err != nil {
		return err
	}
	shown.Holder.Self = a.ID == page.VisitorID(c)
	_, err = s.Roll.Person(c.UserContext(), a.ID)
	shown.OnRoster = err == nil
	all, err := s.Accounts.Charges(c.UserContext(), a.ID)
	if err != nil {
		return err
	}
	names := s.Namer(c.UserContext())
	for i, charge := range all {
		p, _ := s.Places.Province(roster.Present, charge.Province)
		row := chargeRow{Charge: charge, Who: names(charge.By), Now: i == 0}
		if charge.By == roster.Operator().ID {
			row.Who = shown.T("audit.operator")
		}
		if p.Code != "" {
			row.Place = shown.ProvinceName(p)
		}
		shown.History = append(shown.History, row)
	}
	return s.Page(c, "account", shown)
}

// readCharge reads what an account is to be.
func readCharge(c *fiber.Ctx) (name string, roles []roster.Role, province string, err error) {
	form, err := url.ParseQuery(string(c.Body()))
	if err != nil {
		return "", nil, "", fiber.ErrBadRequest
	}
	for _, r := range form["role"] {
		roles = append(roles, roster.Role(r))
	}
	return form.Get("name"), roles, form.Get("province"), nil
}

// ChangeAccountOf gives an account another name, other roles or another province; what it was before is said the same
// way.
func (s *Pages) ChangeAccountOf(c *fiber.Ctx) error {
	name, roles, province, err := readCharge(c)
	if err == nil && name == "" { // the rules take it for "as it is"
		err = problem.Invalid("name", "name.empty")
	}
	if err == nil {
		_, err = store.Get[roster.Account](c.UserContext(), s.Store, roster.AccountKind, c.Params("account"))
	}
	if err == nil {
		err = s.ChangeAccount(c.UserContext(), *page.VisitorOf(c).Account, c.Params("account"), name, roles, province)
	}
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showAccount(c, fault)
	}
	return page.SeeOther(c, "/admin/"+c.Params("account")+"?done=account-change")
}
