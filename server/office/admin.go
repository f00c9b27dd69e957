package office

import (
	"context"
	"errors"
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/help"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/quota"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
	"lopban/courses/words"
	"lopban/server/page"
)

// Granter lets in who looks after accounts.
func (s *Pages) Granter(c *fiber.Ctx) error {
	if !roster.MayGrant(*page.VisitorOf(c).Account) {
		return problem.Denied("denied")
	}
	return c.Next()
}

// AdminPageSize is how many accounts, or entries of the audit trail, a page has.
const (
	AdminPageSize = 100
	AuditPageSize = 200
)

type adminPage struct {
	page.Frame
	Accounts  []accountRow
	More      string // address of the next page, "" on the last
	Roles     []roster.Role
	Provinces []issuerRow
	Room      []page.RoomRow // of photos
	Media     []page.RoomRow // of courses
	Disk      page.Disk
	Form      programme.AccountForm
	Open      string // the form that has a fault
	Fault     *page.FormFault

	Free, All, OwnRoom, ProvinceRoom, CourseRoom, CoursesRoom, MediaSum string // sizes
}

// accountRow is an account as the list shows it.
type accountRow struct {
	roster.Account
	Place    string    // name of the province it looks after
	Access   string    // waiting (for its password), open or disabled
	Locked   bool      // by wrong passwords, for a while
	LastUsed time.Time // zero where no session is known
	Self     bool
}

// issuerRow is a present province and what is known of who signs there.
type issuerRow struct {
	roster.Province
	Signer string
	Set    bool // the province said it
}

// Admin lists the accounts of everyone who is more than a learner.
func (s *Pages) Admin(c *fiber.Ctx) error { return s.showAdmin(c, programme.AccountForm{}, nil) }

func (s *Pages) showAdmin(c *fiber.Ctx, form programme.AccountForm, fault *page.FormFault) error {
	shown := adminPage{Frame: s.Frame(c, s.WordsOf(c).T("admin.title")), Roles: programme.Granted, Form: form, Open: "account", Fault: fault}
	if err := s.fillAccounts(c, &shown); err != nil {
		return err
	}
	var err error
	shown.Provinces, err = s.issuerRows(c.UserContext())
	if err != nil {
		return err
	}
	if shown.Room, shown.Media, err = s.RoomRows(c.UserContext(), shown.Words); err != nil {
		return err
	}
	shown.Disk = s.Disk()
	shown.Free, shown.All = page.Size(shown.Words, shown.Disk.Free), page.Size(shown.Words, shown.Disk.All)
	shown.OwnRoom, shown.ProvinceRoom = page.Size(shown.Words, courses.MaxPhotoBytes), page.Size(shown.Words, quota.Province)
	shown.CourseRoom, shown.CoursesRoom = page.Size(shown.Words, quota.Course), page.Size(shown.Words, quota.Courses)
	all := 0
	for _, row := range shown.Media {
		all += row.Bytes
	}
	shown.MediaSum = page.Size(shown.Words, uint64(all))
	return s.Page(c, "admin", shown)
}

func (s *Pages) fillAccounts(c *fiber.Ctx, shown *adminPage) error {
	q := store.Where(store.Is("keeper", true)).By("sort").First(AdminPageSize + 1)
	if sort, id, ok := strings.Cut(c.Query("after"), "!"); ok {
		q = q.From(&store.Cursor{Value: sort, ID: id})
	}
	all, err := store.All[roster.Account](c.UserContext(), s.Store, roster.AccountKind, q)
	if err != nil {
		return err
	}
	if len(all) > AdminPageSize {
		all = all[:AdminPageSize]
		last := all[AdminPageSize-1]
		shown.More = "/admin?after=" + page.EscapeQuery(last.Sort+"!"+last.ID)
	}
	shown.Accounts, err = s.accountRows(c.UserContext(), shown.Words, all...)
	for i := range shown.Accounts {
		shown.Accounts[i].Self = all[i].ID == page.VisitorID(c)
	}
	return err
}

func (s *Pages) accountRow(ctx context.Context, w words.Words, a roster.Account) (accountRow, error) {
	rows, err := s.accountRows(ctx, w, a)
	return rows[0], err
}

// accountRows are rows of a page of accounts, whose sessions are read together.
func (s *Pages) accountRows(ctx context.Context, w words.Words, all ...roster.Account) ([]accountRow, error) {
	rows, ids, at := make([]accountRow, len(all)), make([]string, len(all)), map[string]*accountRow{}
	for i, a := range all {
		row := accountRow{Account: a, Access: "open", Locked: s.Now().Before(a.LockedUntil)}
		switch {
		case a.Disabled:
			row.Access = "disabled"
		case a.Hash == "":
			row.Access = "waiting"
		}
		if p, ok := s.Places.Province(roster.Present, a.Province); ok {
			row.Place = page.ProvinceName(w, p)
		}
		rows[i], ids[i], at[a.ID] = row, a.ID, &rows[i]
	}
	return rows, store.Each(ctx, s.Store, accounts.SessionKind, store.Where(store.Among("account", ids)).By("account"), func(d accounts.Session) error {
		if row := at[d.Account]; d.LastUsedAt.After(row.LastUsed) {
			row.LastUsed = d.LastUsedAt
		}
		return nil
	})
}

func (s *Pages) issuerRows(ctx context.Context) ([]issuerRow, error) {
	said := map[string]courses.Issuer{} // by province
	err := store.Each(ctx, s.Store, school.IssuerKind, store.Query{}, func(i courses.Issuer) error { said[i.ID] = i; return nil })
	var rows []issuerRow
	for _, p := range s.Places.Provinces(roster.Present) {
		i, set := said[p.Code]
		rows = append(rows, issuerRow{p, i.Signer, set})
	}
	return rows, err
}

// CreateAccount makes an account and shows its code, once.
func (s *Pages) CreateAccount(c *fiber.Ctx) error {
	form := programme.AccountForm{Name: c.FormValue("name"), Role: c.FormValue("role"), Province: c.FormValue("province")}
	a, slip, err := s.NewAccount(c.UserContext(), *page.VisitorOf(c).Account, form)
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showAdmin(c, form, fault)
	}
	e := programme.AuditEntry{Action: "account.create", Subject: a.ID, Province: a.Province,
		Changes: programme.Changed(intake.Change{Field: "roles", New: rolesOf(a)})}
	if err := s.TellAct(c, e); err != nil {
		return err
	}
	return s.showSlip(c, a, slip)
}

type accountSlipPage struct {
	page.Frame
	Holder accountRow
	Slip   accounts.Slip
	Site   string
	QR     template.HTML
}

// showSlip shows a code that is in no store, to be printed or copied.
func (s *Pages) showSlip(c *fiber.Ctx, a roster.Account, slip accounts.Slip) error {
	shown := accountSlipPage{Frame: s.Frame(c, s.WordsOf(c).T("slip.new")), Slip: slip, Site: s.BaseURL + "/claim"}
	qr, err := paper.QR(s.ClaimURL(slip.Code))
	if err != nil {
		return err
	}
	shown.QR = template.HTML(qr)
	if shown.Holder, err = s.accountRow(c.UserContext(), shown.Words, a); err != nil {
		return err
	}
	return s.Page(c, "account-slip", shown)
}

// managed reads the account of the request. Nobody does to themselves what is meant for others: it would end in a
// locked door.
func (s *Pages) managed(c *fiber.Ctx) (roster.Account, error) {
	id := c.Params("account")
	if id == page.VisitorID(c) {
		return roster.Account{}, problem.Denied("not-yourself")
	}
	return store.Get[roster.Account](c.UserContext(), s.Store, roster.AccountKind, id)
}

// ResetAccount takes a password away, ends the sessions, and shows a new code, once.
func (s *Pages) ResetAccount(c *fiber.Ctx) error {
	a, err := s.managed(c)
	if err != nil {
		return err
	}
	slip, err := s.Accounts.Reset(c.UserContext(), *page.VisitorOf(c).Account, a.ID)
	if err != nil {
		return err
	}
	s.Sessions.ForgetAccount(a.ID)
	if err := s.AuditAct(c, "account.reset", a.ID, a.Province); err != nil {
		return err
	}
	a.Hash = ""
	return s.showSlip(c, a, slip)
}

// DisableAccount signs somebody out and keeps them out.
func (s *Pages) DisableAccount(c *fiber.Ctx) error {
	return s.manage(c, "disable", s.Accounts.Disable)
}

// EnableAccount undoes it.
func (s *Pages) EnableAccount(c *fiber.Ctx) error { return s.manage(c, "enable", s.Accounts.Enable) }

// SignOutAccount ends every session of somebody.
func (s *Pages) SignOutAccount(c *fiber.Ctx) error {
	return s.manage(c, "sign-out", s.Accounts.SignOut)
}

// UnlockAccount lets somebody be tried again at once.
func (s *Pages) UnlockAccount(c *fiber.Ctx) error { return s.manage(c, "unlock", s.Accounts.Unlock) }

// ResetSecond takes the second factor away from somebody who lost it.
func (s *Pages) ResetSecond(c *fiber.Ctx) error {
	return s.manage(c, "second-reset", s.Accounts.ResetSecond)
}

func (s *Pages) manage(c *fiber.Ctx, action string, do func(ctx context.Context, by roster.Account, id string) (roster.Account, error)) error {
	a, err := s.managed(c)
	if err != nil {
		return err
	}
	is, err := do(c.UserContext(), *page.VisitorOf(c).Account, a.ID)
	twice := errors.Is(err, accounts.ErrAsItIs)
	if twice {
		is, err = store.Get[roster.Account](c.UserContext(), s.Store, roster.AccountKind, a.ID)
	}
	if err != nil {
		return err
	}
	s.Sessions.ForgetAccount(a.ID)
	e := programme.AuditEntry{Action: "account." + action, Subject: a.ID, Province: a.Province}
	if action == "disable" || action == "enable" { // pressed twice one thing was done, and is told once
		e.ID = "switch-" + a.ID + "-" + strconv.Itoa(is.Switched)
	}
	if !twice || is.Switched > 0 {
		if err := s.TellAct(c, e); err != nil {
			return err
		}
	}
	return page.SeeOther(c, "/admin?done=account-"+action)
}

// Issuers

type issuerPage struct {
	page.Frame
	Province roster.Province
	Issuer   courses.Issuer
	Contact  help.Contact
	Open     string // the form that has a fault
	Fault    *page.FormFault
}

// issuedFor is the present province of the request, whose issuer the visitor may change.
func (s *Pages) issuedFor(c *fiber.Ctx) (roster.Province, error) {
	p, ok := s.Places.Province(roster.Present, c.Params("province"))
	if !ok {
		return p, store.NotFound(school.IssuerKind, "of province")
	}
	return p, s.WithinScope(c, targets.Scope{By: roster.Present, Province: p.Code}, roster.MaySetIssuer)
}

// IssuerPage shows what stands on the certificates of a province.
func (s *Pages) IssuerPage(c *fiber.Ctx) error {
	p, err := s.issuedFor(c)
	if err != nil {
		return err
	}
	i, err := s.School.Issuer(c.UserContext(), p.Code, p.Name)
	if err != nil {
		return err
	}
	return s.showIssuer(c, p, i, nil)
}

func (s *Pages) showIssuer(c *fiber.Ctx, p roster.Province, i courses.Issuer, fault *page.FormFault) error {
	contact, err := s.Help.Contact(c.UserContext(), p)
	if err != nil {
		return err
	}
	return s.Page(c, "issuer", issuerPage{s.Frame(c, s.WordsOf(c).T("issuer.title")), p, i, contact, "issuer", fault})
}

// SaveContact keeps whom the learners of a province ask.
func (s *Pages) SaveContact(c *fiber.Ctx) error {
	p, err := s.issuedFor(c)
	if err != nil {
		return err
	}
	typed := help.Contact{ID: p.Code, Name: c.FormValue("name"), Phone: c.FormValue("phone"), Hours: c.FormValue("hours")}
	contact, err := help.ReadContact(typed)
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		i, err := s.School.Issuer(c.UserContext(), p.Code, p.Name)
		if err != nil {
			return err
		}
		return s.Page(c, "issuer", issuerPage{s.Frame(c, s.WordsOf(c).T("issuer.title")), p, i, typed, "contact", fault})
	}
	// the trail is told first: once it is saved nobody could say what was there before
	err = s.Help.SaveContact(c.UserContext(), contact, func(was help.Contact) error {
		changes := programme.Changed(intake.Change{Field: "name", Old: was.Name, New: contact.Name},
			intake.Change{Field: "phone", Old: was.Phone, New: contact.Phone}, intake.Change{Field: "hours", Old: was.Hours, New: contact.Hours})
		return s.TellAct(c, programme.AuditEntry{Action: "contact.save", Subject: p.Code, Province: p.Code, Changes: changes})
	})
	if err != nil {
		return err
	}
	return page.SeeOther(c, "/admin/issuers/"+p.Code+"?done=contact#contact")
}

// SaveIssuer keeps the words once a certificate with them could be printed.
func (s *Pages) SaveIssuer(c *fiber.Ctx) error {
	p, err := s.issuedFor(c)
	if err != nil {
		return err
	}
	i := readIssuer(p, func(field string) string { return c.FormValue(field) })
	if _, err := s.SamplePaper(p, i); err != nil {
		return s.issuerAgain(c, p, i, err)
	}
	was, err := s.School.Issuer(c.UserContext(), p.Code, p.Name)
	if err != nil {
		return err
	}
	e := programme.AuditEntry{Action: "issuer.save", Subject: p.Code, Province: p.Code, Changes: issuerChanges(was, i)}
	if err := s.TellAct(c, e); err != nil { // first, as with the contact
		return err
	}
	if err := store.Save(c.UserContext(), s.Store, school.IssuerKind, p.Code, i); err != nil {
		return err
	}
	return page.SeeOther(c, "/admin/issuers/"+p.Code+"?done=issuer")
}

func (s *Pages) issuerAgain(c *fiber.Ctx, p roster.Province, i courses.Issuer, err error) error {
	fault, err := s.FaultOf(c, err)
	if err != nil {
		return err
	}
	fault.Field = strings.TrimPrefix(fault.Field, "issuer.")
	return s.showIssuer(c, p, i, fault)
}

// issuerChanges are the words of an issuer before and after.
func issuerChanges(was, is courses.Issuer) []intake.Change {
	return programme.Changed(intake.Change{Field: "parent", Old: was.Parent, New: is.Parent}, intake.Change{Field: "issuer", Old: was.Name, New: is.Name},
		intake.Change{Field: "head", Old: was.Head, New: is.Head}, intake.Change{Field: "capacity", Old: was.Capacity, New: is.Capacity},
		intake.Change{Field: "signer", Old: was.Signer, New: is.Signer}, intake.Change{Field: "town", Old: was.Town, New: is.Town})
}

// readIssuer reads the form. The capacity may have several lines.
func readIssuer(p roster.Province, value func(field string) string) courses.Issuer {
	one := func(field string) string { return roster.Clean(value(field)) }
	var capacity []string
	for line := range strings.Lines(value("capacity")) {
		if line = roster.Clean(line); line != "" {
			capacity = append(capacity, line)
		}
	}
	return courses.Issuer{ID: p.Code, Parent: one("parent"), Name: one("name"), Head: one("head"), Capacity: strings.Join(capacity, "\n"), Signer: one("signer"), Town: one("town"),
		Hold: value("hold") != ""}
}

// IssuerSample sends a certificate of nobody with the words of the form, or, where the address has none, with those
// kept.
func (s *Pages) IssuerSample(c *fiber.Ctx) error {
	p, err := s.issuedFor(c)
	if err != nil {
		return err
	}
	i, err := s.School.Issuer(c.UserContext(), p.Code, p.Name)
	if err != nil {
		return err
	}
	if c.Context().QueryArgs().Has("name") {
		i = readIssuer(p, func(field string) string { return c.Query(field) })
	}
	pdf, err := s.SamplePaper(p, i)
	if err != nil {
		return s.issuerAgain(c, p, i, err)
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="mau-giay-chung-nhan-`+p.Code+`.pdf"`)
	return c.Send(pdf)
}

// rolesOf are the roles of an account, as the trail names them.
func rolesOf(a roster.Account) string {
	var all []string
	for _, r := range a.Roles {
		all = append(all, string(r))
	}
	return strings.Join(all, ", ")
}
