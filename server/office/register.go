package office

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// registerPage is one entry of the register: why it is there, what became of it, and what may be done with it.
type registerPage struct {
	page.Frame
	Entry    school.Entry
	Evidence school.Evidence
	Asked    *courses.Request // that waits for a second person
	May      bool             // the visitor may ask and issue again
	MayAgree bool             // and answer what was asked
	MyAsking bool             // which the visitor asked
	Name     string           // of the holder today
	Causes   []courses.Cause  // of revocation
	Reissues []courses.Cause
	Form     registerForm
	Open     string // form that could not be taken
	Fault    *page.FormFault
	nameOf   func(id string) string
}

// registerForm is what was typed.
type registerForm struct {
	Cause courses.Cause
	Note  string
}

// Who is the name of an account.
func (p registerPage) Who(id string) string {
	if id == roster.Operator().ID {
		return p.T("register.operator")
	}
	if name := p.nameOf(id); name != "" {
		return name
	}
	return id
}

// Renamed says whether the paper has another name than the roster.
func (p registerPage) Renamed() bool { return p.Name != "" && p.Name != p.Entry.Holder.Name }

// Register shows one entry to who looks after the people of its province.
func (s *Pages) Register(c *fiber.Ctx) error {
	e, err := s.keptCertificate(c)
	if err != nil {
		return err
	}
	return s.showRegister(c, e, registerForm{}, "", nil)
}

// keptCertificate finds a certificate of a province that the visitor looks after.
func (s *Pages) keptCertificate(c *fiber.Ctx) (school.Entry, error) {
	e, err := s.OwnCertificate(c, c.Params("code"))
	if err == nil && !roster.MayReadPeople(*page.VisitorOf(c).Account, e.Province) {
		err = store.NotFound(school.CertificateKind, "code")
	}
	return e, err
}

func (s *Pages) showRegister(c *fiber.Ctx, e school.Entry, form registerForm, open string, fault *page.FormFault) error {
	ctx, a := c.UserContext(), *page.VisitorOf(c).Account
	shown := registerPage{Frame: s.Frame(c, s.WordsOf(c).T("register.title", e.Register)), Entry: e, May: roster.MayRevoke(a, e.Province) && a.ID != e.Person,
		Causes: courses.Revocations, Reissues: courses.Reissues, Form: form, Open: open, Fault: fault, nameOf: s.Namer(ctx)}
	var err error
	if shown.Evidence, err = s.School.Evidence(ctx, e.Certificate); err != nil {
		return err
	}
	if shown.Asked, err = s.School.Asked(ctx, e); err != nil {
		return err
	}
	if shown.Asked != nil {
		shown.MyAsking = shown.Asked.By == a.ID
		shown.MayAgree = roster.MayAgree(a, e.Province, shown.Asked.By) && a.ID != e.Person
	}
	if shown.Name, err = s.NameToday(ctx, e.Person); err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return s.Page(c, "register", shown)
}

// registerFailed shows the page again with a form that could not be taken, as it was typed.
func (s *Pages) registerFailed(c *fiber.Ctx, e school.Entry, open string, cause error) error {
	if errors.Is(cause, problem.ErrDenied) {
		return cause
	}
	fault, err := s.FaultOf(c, cause)
	if err != nil {
		return err
	}
	return s.showRegister(c, e, registerForm{courses.Cause(c.FormValue("reason")), c.FormValue("note")}, open, fault)
}

// ReissueEntry issues a certificate again and leads to the new one.
func (s *Pages) ReissueEntry(c *fiber.Ctx) error {
	e, err := s.ChangedCertificate(c)
	if err != nil {
		return err
	}
	made, err := s.Reissue(c.UserContext(), *page.VisitorOf(c).Account, e.Code, courses.Cause(c.FormValue("reason")))
	if err != nil {
		return s.registerFailed(c, e, "reissue", err)
	}
	if err := s.TellAct(c, Reissued(e, *made)); err != nil {
		return err
	}
	return page.SeeOther(c, "/certificates/"+made.Code+"/register?done=reissued")
}

// Reissued is the entry of the trail for a certificate that was issued again.
func Reissued(was school.Entry, is courses.Certificate) programme.AuditEntry {
	return programme.AuditEntry{Action: "certificate.reissue", Subject: is.Code, Province: was.Province,
		Changes: programme.Changed(intake.Change{Field: intake.FieldCode, Old: was.Code, New: is.Code}, intake.Change{Field: intake.FieldName, Old: was.Holder.Name, New: is.Holder.Name})}
}

// ChangedCertificate finds a certificate whose register the visitor may change. Its holder is told so; who may not read
// it is told that there is none.
func (s *Pages) ChangedCertificate(c *fiber.Ctx) (school.Entry, error) {
	e, err := s.OwnCertificate(c, c.Params("code"))
	if err == nil && !roster.MayRevoke(*page.VisitorOf(c).Account, e.Province) {
		err = problem.Denied("denied")
	}
	return e, err
}

// Revoke asks that a certificate be withdrawn, or with "undo" that this be undone.
func (s *Pages) Revoke(c *fiber.Ctx) error {
	e, err := s.ChangedCertificate(c)
	if err != nil {
		return err
	}
	undo := c.FormValue("undo") != ""
	form := map[bool]string{false: "revoke", true: "undo"}[undo]
	if _, err := s.AskRegister(c.UserContext(), *page.VisitorOf(c).Account, e.Code, undo, courses.Cause(c.FormValue("reason")), c.FormValue("note")); err != nil {
		return s.registerFailed(c, e, form, err)
	}
	why := strings.TrimSuffix(s.Languages.In("vi").T("cause."+c.FormValue("reason"))+": "+roster.Clean(c.FormValue("note")), ": ")
	if err := s.TellAct(c, programme.AuditEntry{Action: "certificate.ask-" + form, Subject: e.Code, Province: e.Province, Note: why}); err != nil {
		return err
	}
	return page.SeeOther(c, "/certificates/"+e.Code+"/register?done=register-asked")
}

// Answer agrees to what was asked about a certificate, or declines it.
func (s *Pages) Answer(c *fiber.Ctx) error {
	e, err := s.ChangedCertificate(c)
	if err != nil {
		return err
	}
	yes := c.FormValue("do") == "agree"
	if !yes && c.FormValue("do") != "decline" {
		return fiber.ErrBadRequest
	}
	made, err := s.AnswerRegister(c.UserContext(), *page.VisitorOf(c).Account, e.Code, yes)
	if err != nil {
		return s.registerFailed(c, e, "answer", err)
	}
	action, done, code := "certificate.decline", "declined", e.Code
	switch {
	case made != nil:
		action, done, code = "certificate.undo", "reissued", made.Code
	case yes:
		action, done = "certificate.revoke", "revoked"
	}
	if err := s.AuditAct(c, action, code, e.Province); err != nil {
		return err
	}
	return page.SeeOther(c, "/certificates/"+code+"/register?done="+done)
}

// AskedHere are the requests that wait for an answer of the visitor.
func (s *Pages) AskedHere(c *fiber.Ctx, a roster.Account) ([]school.Waiting, error) {
	if !roster.MayAgree(a, a.Province, "") {
		return nil, nil
	}
	open, err := s.School.Open(c.UserContext(), a.Province)
	return slices.DeleteFunc(open, func(w school.Waiting) bool { return !roster.MayAgree(a, a.Province, w.By) }), err
}
