package server

import (
	"cmp"
	"context"
	"errors"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// granter lets in who looks after accounts.
func (s *Server) granter(c *fiber.Ctx) error {
	if !roster.MayGrant(*visitorOf(c).account) {
		return store.Denied("denied")
	}
	return c.Next()
}

// adminPageSize is how many accounts, or entries of the audit trail, a page has.
const (
	adminPageSize = 100
	auditPageSize = 200
)

type adminPage struct {
	frame
	Accounts  []accountRow
	More      string // address of the next page, "" on the last
	Roles     []roster.Role
	Provinces []issuerRow
	Form      accountForm
	Open      string // the form that has a fault
	Fault     *formFault
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

type accountForm struct{ Name, Role, Province string }

// granted are the roles that an administrator gives. Learners come from the roster.
var granted = []roster.Role{roster.Trainer, roster.Staff, roster.Office, roster.Admin}

// admin lists the accounts of everyone who is more than a learner.
func (s *Server) admin(c *fiber.Ctx) error { return s.showAdmin(c, accountForm{}, nil) }

func (s *Server) showAdmin(c *fiber.Ctx, form accountForm, fault *formFault) error {
	page := adminPage{frame: s.frame(c, s.wordsOf(c).T("admin.title")), Roles: granted, Form: form, Open: "account", Fault: fault}
	if err := s.fillAccounts(c, &page); err != nil {
		return err
	}
	var err error
	page.Provinces, err = s.issuerRows(c.UserContext())
	if err != nil {
		return err
	}
	return s.page(c, "admin", page)
}

func (s *Server) fillAccounts(c *fiber.Ctx, page *adminPage) error {
	q := store.Where(store.Is("keeper", true)).By("sort").First(adminPageSize + 1)
	if sort, id, ok := strings.Cut(c.Query("after"), "!"); ok {
		q = q.From(&store.Cursor{Value: sort, ID: id})
	}
	all, err := store.All[roster.Account](c.UserContext(), s.store, roster.AccountKind, q)
	if err != nil {
		return err
	}
	if len(all) > adminPageSize {
		all = all[:adminPageSize]
		last := all[adminPageSize-1]
		page.More = "/admin?after=" + escapeQuery(last.Sort+"!"+last.ID)
	}
	for _, a := range all {
		row, err := s.accountRow(c.UserContext(), page.words, a)
		if err != nil {
			return err
		}
		row.Self = a.ID == visitorID(c)
		page.Accounts = append(page.Accounts, row)
	}
	return nil
}

func (s *Server) accountRow(ctx context.Context, w words, a roster.Account) (accountRow, error) {
	row := accountRow{Account: a, Access: "open", Locked: s.now().Before(a.LockedUntil)}
	switch {
	case a.Disabled:
		row.Access = "disabled"
	case a.Hash == "":
		row.Access = "waiting"
	}
	if p, ok := s.places.Province(roster.Present, a.Province); ok {
		row.Place = w.ProvinceName(p)
	}
	return row, store.Each(ctx, s.store, sessionKind, store.Where(store.Is("account", a.ID)), func(d session) error {
		if d.LastUsedAt.After(row.LastUsed) {
			row.LastUsed = d.LastUsedAt
		}
		return nil
	})
}

func (s *Server) issuerRows(ctx context.Context) ([]issuerRow, error) {
	var rows []issuerRow
	for _, p := range s.places.Provinces(roster.Present) {
		i, err := store.Get[courses.Issuer](ctx, s.store, courses.IssuerKind, p.Code)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		rows = append(rows, issuerRow{p, i.Signer, err == nil})
	}
	return rows, nil
}

// createAccount makes an account and shows its code, once.
func (s *Server) createAccount(c *fiber.Ctx) error {
	form := accountForm{c.FormValue("name"), c.FormValue("role"), c.FormValue("province")}
	a, slip, err := s.newAccount(c.UserContext(), *visitorOf(c).account, form)
	if err != nil {
		fault, err := s.faultOf(c, err)
		if err != nil {
			return err
		}
		return s.showAdmin(c, form, fault)
	}
	if err := s.audit(c, "account.create", a.ID, a.Province); err != nil {
		return err
	}
	return s.showSlip(c, a, slip)
}

// newAccount refuses a form that is sent a second time: an account with the same name, role and province that waits for its password.
func (s *Server) newAccount(ctx context.Context, by roster.Account, form accountForm) (roster.Account, roster.Slip, error) {
	role := roster.Role(form.Role)
	if !slices.Contains(granted, role) {
		return roster.Account{}, roster.Slip{}, store.Invalid("role", "roles-unknown")
	}
	if _, ok := s.places.Province(roster.Present, form.Province); form.Province != "" && !ok {
		return roster.Account{}, roster.Slip{}, store.Invalid("province", "province-needed")
	}
	name, err := roster.Name(form.Name)
	if err != nil {
		return roster.Account{}, roster.Slip{}, err
	}
	s.creating.Lock()
	defer s.creating.Unlock()
	err = store.Each(ctx, s.store, roster.AccountKind, store.Where(store.Is("keeper", true)), func(a roster.Account) error {
		if a.Name == name && a.Hash == "" && slices.Contains(a.Roles, role) && (a.Province == form.Province || a.Province == "") {
			return &store.Problem{Kind: store.ErrExists, Code: "account-waiting", Field: "name", Args: []any{name}}
		}
		return nil
	})
	if err != nil {
		return roster.Account{}, roster.Slip{}, err
	}
	return s.accounts.Create(ctx, by, "", name, []roster.Role{role}, form.Province)
}

type accountSlipPage struct {
	frame
	Holder accountRow
	Slip   roster.Slip
	Site   string
	QR     template.HTML
}

// showSlip shows a code that is in no store, to be printed or copied.
func (s *Server) showSlip(c *fiber.Ctx, a roster.Account, slip roster.Slip) error {
	page := accountSlipPage{frame: s.frame(c, s.wordsOf(c).T("slip.new")), Slip: slip, Site: s.baseURL + "/claim"}
	qr, err := paper.QR(s.claimURL(slip.Code))
	if err != nil {
		return err
	}
	page.QR = template.HTML(qr)
	if page.Holder, err = s.accountRow(c.UserContext(), page.words, a); err != nil {
		return err
	}
	return s.page(c, "account-slip", page)
}

// managed reads the account of the request. Nobody does to themselves what is meant for others: it would end in a locked door.
func (s *Server) managed(c *fiber.Ctx) (roster.Account, error) {
	id := c.Params("account")
	if id == visitorID(c) {
		return roster.Account{}, store.Denied("not-yourself")
	}
	return store.Get[roster.Account](c.UserContext(), s.store, roster.AccountKind, id)
}

// resetAccount takes a password away, ends the sessions, and shows a new code, once.
func (s *Server) resetAccount(c *fiber.Ctx) error {
	a, err := s.managed(c)
	if err != nil {
		return err
	}
	slip, err := s.accounts.Reset(c.UserContext(), *visitorOf(c).account, a.ID)
	if err != nil {
		return err
	}
	s.sessions.forgetAccount(a.ID)
	if err := s.audit(c, "account.reset", a.ID, a.Province); err != nil {
		return err
	}
	a.Hash = ""
	return s.showSlip(c, a, slip)
}

// disableAccount signs somebody out and keeps them out.
func (s *Server) disableAccount(c *fiber.Ctx) error {
	return s.manage(c, "disable", s.accounts.Disable)
}

// enableAccount undoes it.
func (s *Server) enableAccount(c *fiber.Ctx) error { return s.manage(c, "enable", s.accounts.Enable) }

func (s *Server) manage(c *fiber.Ctx, action string, do func(ctx context.Context, by roster.Account, id string) (roster.Account, error)) error {
	a, err := s.managed(c)
	if err != nil {
		return err
	}
	if _, err := do(c.UserContext(), *visitorOf(c).account, a.ID); err != nil {
		return err
	}
	s.sessions.forgetAccount(a.ID)
	if err := s.audit(c, "account."+action, a.ID, a.Province); err != nil {
		return err
	}
	return c.Redirect("/admin?done=account-"+action, fiber.StatusSeeOther)
}

// Issuers

type issuerPage struct {
	frame
	Province roster.Province
	Issuer   courses.Issuer
	Open     string
	Fault    *formFault
}

// issuedFor is the present province of the request, whose issuer the visitor may change.
func (s *Server) issuedFor(c *fiber.Ctx) (roster.Province, error) {
	p, ok := s.places.Province(roster.Present, c.Params("province"))
	if !ok {
		return p, store.NotFound(courses.IssuerKind, "of province")
	}
	return p, s.within(c, targets.Scope{By: roster.Present, Province: p.Code}, roster.MaySetIssuer)
}

// issuerPage shows what stands on the certificates of a province.
func (s *Server) issuerPage(c *fiber.Ctx) error {
	p, err := s.issuedFor(c)
	if err != nil {
		return err
	}
	i, err := s.school.Issuer(c.UserContext(), p.Code, p.Name)
	if err != nil {
		return err
	}
	return s.showIssuer(c, p, i, nil)
}

func (s *Server) showIssuer(c *fiber.Ctx, p roster.Province, i courses.Issuer, fault *formFault) error {
	title := s.wordsOf(c).T("issuer.title")
	return s.page(c, "issuer", issuerPage{s.frame(c, title), p, i, "issuer", fault})
}

// saveIssuer keeps the words once a certificate with them could be printed.
func (s *Server) saveIssuer(c *fiber.Ctx) error {
	p, err := s.issuedFor(c)
	if err != nil {
		return err
	}
	i := readIssuer(p, func(field string) string { return c.FormValue(field) })
	if _, err := s.samplePaper(p, i); err != nil {
		return s.issuerAgain(c, p, i, err)
	}
	if err := store.Save(c.UserContext(), s.store, courses.IssuerKind, p.Code, i); err != nil {
		return err
	}
	if err := s.audit(c, "issuer.save", p.Code, p.Code); err != nil {
		return err
	}
	return c.Redirect("/admin/issuers/"+p.Code+"?done=issuer", fiber.StatusSeeOther)
}

func (s *Server) issuerAgain(c *fiber.Ctx, p roster.Province, i courses.Issuer, err error) error {
	fault, err := s.faultOf(c, err)
	if err != nil {
		return err
	}
	fault.Field = strings.TrimPrefix(fault.Field, "issuer.")
	return s.showIssuer(c, p, i, fault)
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
	return courses.Issuer{ID: p.Code, Parent: one("parent"), Name: one("name"), Head: one("head"), Capacity: strings.Join(capacity, "\n"), Signer: one("signer"), Town: one("town")}
}

// issuerSample sends a certificate of nobody with the words of the form, or, where the address has none, with those kept.
func (s *Server) issuerSample(c *fiber.Ctx) error {
	p, err := s.issuedFor(c)
	if err != nil {
		return err
	}
	i, err := s.school.Issuer(c.UserContext(), p.Code, p.Name)
	if err != nil {
		return err
	}
	if c.Context().QueryArgs().Has("name") {
		i = readIssuer(p, func(field string) string { return c.Query(field) })
	}
	pdf, err := s.samplePaper(p, i)
	if err != nil {
		return s.issuerAgain(c, p, i, err)
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="mau-giay-chung-nhan-`+p.Code+`.pdf"`)
	return c.Send(pdf)
}

// sampleCode can be no certificate's: codes have no U.
const sampleCode = "MAUMAUMAUMAU"

// samplePaper prints a certificate that nobody can take for one. Papers are in Vietnamese.
func (s *Server) samplePaper(p roster.Province, i courses.Issuer) ([]byte, error) {
	w := words{"vi", s.words["vi"]}
	sample := w.T("issuer.sample")
	now := s.now()
	return paper.Certificate(courses.Certificate{Code: sampleCode, Register: sample, Serial: sample, Title: courses.Text{Vi: w.T("issuer.sample.course")}, Periods: 6,
		Holder: courses.Holder{Name: w.T("issuer.sample.holder"), Library: w.T("issuer.sample.library"), Place: w.T("issuer.sample.place", p.Name)},
		Issuer: i, StartedAt: now.AddDate(0, 0, -14), CompletedAt: now, IssuedAt: now, ValidUntil: courses.Forever, VerifyURL: s.baseURL + "/v/" + sampleCode})
}

// Audit trail

type auditPage struct {
	frame
	Entries []auditRow
	More    string // address of the entries before these, "" on the last page
}

// auditRow is an entry in words.
type auditRow struct {
	auditEntry
	Who, What, Whom, Place string
}

// auditTrail shows who did what to others, the newest first.
func (s *Server) auditTrail(c *fiber.Ctx) error {
	if !roster.MayReadAudit(*visitorOf(c).account) {
		return store.Denied("denied")
	}
	page := auditPage{frame: s.frame(c, s.wordsOf(c).T("audit.title"))}
	q := store.Query{}.By("-at").First(auditPageSize + 1)
	if at, id, ok := strings.Cut(c.Query("before"), "!"); ok {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return fiber.ErrBadRequest
		}
		q = q.From(&store.Cursor{Value: time.UnixMilli(ms).UTC(), ID: id})
	}
	entries, err := store.All[auditEntry](c.UserContext(), s.store, auditKind, q)
	if err != nil {
		return err
	}
	if len(entries) > auditPageSize {
		entries = entries[:auditPageSize]
		last := entries[auditPageSize-1]
		page.More = "/admin/audit?before=" + strconv.FormatInt(last.At.UnixMilli(), 10) + "!" + last.ID
	}
	names := s.namer(c.UserContext())
	for _, e := range entries {
		row := auditRow{auditEntry: e, Who: cmp.Or(names(e.By), e.By), Whom: cmp.Or(names(e.Subject), e.Subject), What: e.Action}
		if text := page.messages["audit."+e.Action]; text != "" {
			row.What = text
		}
		if p, ok := s.places.Province(roster.Present, e.Province); ok {
			row.Place = page.ProvinceName(p)
		}
		page.Entries = append(page.Entries, row)
	}
	return s.page(c, "audit", page)
}

// namer tells the name of an account or person by its id, "" for what is neither. It asks once for each.
func (s *Server) namer(ctx context.Context) func(id string) string {
	known := map[string]string{}
	return func(id string) string {
		name, ok := known[id]
		if ok {
			return name
		}
		if a, err := store.Get[roster.Account](ctx, s.store, roster.AccountKind, id); err == nil {
			name = a.Name
		} else if p, err := s.roll.Person(ctx, id); err == nil {
			name = p.Name
		}
		known[id] = name
		return name
	}
}
