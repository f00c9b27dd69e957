package server

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/store"
	"lopban/server/page"
)

// visit finds out who a request comes from: by its bearer token, or by the cookies of the page, which are renewed on
// the way when the access token has run out.
func (s *Server) visit(c *fiber.Ctx) error {
	v := page.Visitor{}
	if token, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer "); ok {
		who, err := s.Sessions.Verify(c.UserContext(), token)
		if err != nil {
			return err
		}
		s.seat(&v, who.Account, who.Family)
	} else if err := s.visitByCookie(c, &v); err != nil {
		return err
	}
	c.Locals("visitor", v)
	return c.Next()
}

func (s *Server) visitByCookie(c *fiber.Ctx, v *page.Visitor) error {
	access, renewal := c.Cookies(accessCookie(s.secure())), c.Cookies(renewalCookie(s.secure()))
	if access != "" {
		who, err := s.Sessions.Verify(c.UserContext(), access)
		if err == nil {
			s.seat(v, who.Account, who.Family)
			return nil
		}
		if !errors.Is(err, accounts.ErrSession) {
			return err
		}
	}
	if renewal == "" {
		return nil
	}
	t, a, err := s.Sessions.Renew(c.UserContext(), renewal)
	if errors.Is(err, accounts.ErrReuse) {
		if err := s.reused(c, renewal); err != nil {
			return err
		}
	}
	if errors.Is(err, accounts.ErrSession) {
		setCookies(c, noCookies(s.secure()))
		return nil
	}
	if err != nil {
		return err
	}
	setCookies(c, cookiesOf(t, s.Now(), s.secure()))
	family, _, _ := accounts.SplitRenewal(t.Renewal)
	s.seat(v, a, family)
	return nil
}

// seat makes an account the visitor, with what it may do now.
func (s *Server) seat(v *page.Visitor, a roster.Account, family string) {
	a, v.Rests = accounts.Rest(a, s.Now(), s.Grace)
	v.Account, v.Family = &a, family
}

// reused writes into the audit trail whose session ended because its refresh token came back after its time.
func (s *Server) reused(c *fiber.Ctx, token string) error {
	family, _, _ := accounts.SplitRenewal(token)
	d, err := store.Get[accounts.Session](c.UserContext(), s.Store, accounts.SessionKind, family)
	if err != nil {
		return err
	}
	return s.AuditAct(c, "session.reuse", d.Account, "")
}

func setCookies(c *fiber.Ctx, cookies []cookie) {
	for _, k := range cookies {
		c.Cookie(&fiber.Cookie{Name: k.Name, Value: k.Value, Path: k.Path, SameSite: k.SameSite, MaxAge: k.MaxAge, Expires: k.Expires, Secure: k.Secure, HTTPOnly: k.HTTPOnly})
	}
}

type signInPage struct {
	page.Frame
	Login  string
	Next   string
	Fault  *page.FormFault
	Held   *held  // nil: nothing waits for its owner
	Ticket string // the password was right, and a code is asked for
}

func (s *Server) signInPage(c *fiber.Ctx) error {
	next := page.LocalPath(c.Query("next"))
	if page.VisitorOf(c).Account != nil {
		return page.SeeOther(c, next)
	}
	return s.Page(c, "sign-in", signInPage{Frame: s.Frame(c, s.WordsOf(c).T("sign-in")), Next: next})
}

// signIn begins a session, or asks for the code of a second factor first. The error is the same whatever was wrong.
func (s *Server) signIn(c *fiber.Ctx) error {
	shown := signInPage{Login: c.FormValue("login"), Next: page.LocalPath(c.FormValue("next")), Held: heldIn(c), Ticket: c.FormValue("ticket")}
	a, err := s.prove(c, &shown)
	if err == nil && shown.Ticket == "" {
		return s.letIn(c, a, shown.Held, shown.Next)
	}
	if err != nil {
		if shown.Fault, err = s.FaultOf(c, err); err != nil {
			return err
		}
	}
	shown.Frame = s.Frame(c, s.WordsOf(c).T("sign-in"))
	return s.Page(c, "sign-in", shown)
}

// prove looks at what the form brought: a code, with the ticket of a password that was right, or a password. The page
// has a ticket afterwards where a code is wanted.
func (s *Server) prove(c *fiber.Ctx, shown *signInPage) (a roster.Account, err error) {
	ctx := c.UserContext()
	if shown.Ticket == "" {
		a, err = s.Accounts.SignIn(ctx, accounts.Try{Login: shown.Login, Password: c.FormValue("password"), Address: c.IP(), Devices: devicesOf(c)})
		if err == nil {
			shown.Ticket, err = s.Accounts.Ticket(ctx, a)
		}
		return a, err
	}
	a, err = s.Accounts.Second(ctx, shown.Ticket, c.FormValue("code"))
	if err == nil || errors.Is(err, accounts.ErrSession) { // what is too old asks for the password again
		shown.Ticket = ""
	}
	return a, err
}

// letIn lets in who proved who they are, tells them of a lock that they do not know of, and leads on.
func (s *Server) letIn(c *fiber.Ctx, a roster.Account, h *held, next string) error {
	if h != nil {
		return s.goOn(c, a, h)
	}
	if !a.LockedAt.IsZero() && !a.LockTold {
		if err := s.Accounts.LockTold(c.UserContext(), a.ID); err != nil {
			return err
		}
		return s.enter(c, a, "/me?done=lock")
	}
	return s.enter(c, a, next)
}

// begin begins a session for the account, instead of the browser's old one. What comes after it in the request is the
// account's.
func (s *Server) begin(c *fiber.Ctx, a roster.Account) error {
	if old := page.VisitorOf(c).Family; old != "" {
		if err := s.Sessions.End(c.UserContext(), old); err != nil {
			return err
		}
	}
	t, err := s.Sessions.Start(c.UserContext(), a)
	if err != nil {
		return err
	}
	device, err := s.Accounts.Remember(c.UserContext(), a, devicesOf(c))
	if err != nil {
		return err
	}
	setCookies(c, append(cookiesOf(t, s.Now(), s.secure()), deviceCookie(a, device, s.Now(), s.secure())))
	family, _, _ := accounts.SplitRenewal(t.Renewal)
	v := page.Visitor{}
	s.seat(&v, a, family)
	c.Locals("visitor", v)
	return nil
}

// enter begins a session and leads on.
func (s *Server) enter(c *fiber.Ctx, a roster.Account, next string) error {
	if err := s.begin(c, a); err != nil {
		return err
	}
	return page.SeeOther(c, next)
}

func (s *Server) signOut(c *fiber.Ctx) error {
	if v := page.VisitorOf(c); v.Family != "" {
		if err := s.Sessions.End(c.UserContext(), v.Family); err != nil {
			return err
		}
	}
	setCookies(c, noCookies(s.secure()))
	return page.SeeOther(c, "/")
}

// language keeps the visitor's choice for a year.
func (s *Server) language(c *fiber.Ctx) error {
	lang := "vi"
	if c.FormValue("lang") == "en" {
		lang = "en"
	}
	c.Cookie(&fiber.Cookie{Name: "lang", Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: "Lax", Secure: s.secure(), HTTPOnly: true})
	return page.SeeOther(c, page.LocalPath(c.FormValue("back")))
}

type claimPage struct {
	page.Frame
	Code   string
	Holder *accounts.Holder // nil: the code was not given yet, or is wrong
	Have   string           // the login that the account has when none is given, but for its last letters hidden
	Login  string
	// what was ticked, for a form that is shown again
	Consent    bool
	Controller string
	Choices    []claimChoice
	Fault      *page.FormFault
}

// claimChoice is something that is done only with the holder's consent.
type claimChoice struct {
	Purpose rights.Purpose
	Text    string
	Ticked  bool
}

// choices fills in who answers for the data, and what the holder may agree to.
func (s *Server) choices(c *fiber.Ctx, shown *claimPage, account string) error {
	about, err := s.Duty.Of(c.UserContext(), account)
	if err != nil {
		return err
	}
	w := s.WordsOf(c)
	if shown.Controller, err = s.Duty.Controller(c.UserContext(), about.Province, w); err != nil {
		return err
	}
	ticked := agreed(c)
	for _, p := range rights.Purposes {
		choice := claimChoice{Purpose: p, Ticked: slices.Contains(ticked, p)}
		if choice.Text, err = s.Duty.Wording(c.UserContext(), about.Province, p, w); err != nil {
			return err
		}
		shown.Choices = append(shown.Choices, choice)
	}
	return nil
}

// agreed are the purposes that were ticked.
func agreed(c *fiber.Ctx) (all []rights.Purpose) {
	for _, value := range c.Request().PostArgs().PeekMulti("agree") {
		if p := rights.Purpose(value); slices.Contains(rights.Purposes, p) {
			all = append(all, p)
		}
	}
	return all
}

// newClaimPage is the page without a code. No address that it leads to says the code.
func (s *Server) newClaimPage(c *fiber.Ctx) claimPage {
	c.Set(fiber.HeaderXRobotsTag, "noindex")
	shown := claimPage{Frame: s.Frame(c, s.WordsOf(c).T("claim.title"))}
	shown.Path = "/claim"
	return shown
}

// claimPage asks for a printed code. Slips of release 0.1.0 have it in their address, which a script then takes away;
// those of now have it after the #, which a script types.
func (s *Server) claimPage(c *fiber.Ctx) error {
	shown := s.newClaimPage(c)
	if shown.Code = c.Query("code"); shown.Code == "" {
		return s.Page(c, "claim", shown)
	}
	return s.showClaim(c, shown)
}

// showClaim shows the form of a code, or what is wrong with the code. Looking at it uses nothing up.
func (s *Server) showClaim(c *fiber.Ctx, shown claimPage) error {
	holder, err := s.Accounts.Look(c.UserContext(), shown.Code, c.IP())
	if err == nil {
		shown.Holder, shown.Have = &holder, hidden(holder.Login)
		if err := s.choices(c, &shown, holder.Account); err != nil {
			return err
		}
	} else if shown.Fault == nil || shown.Fault.Field == "code" {
		if shown.Fault, err = s.FaultOf(c, err); err != nil {
			return err
		}
	}
	return s.Page(c, "claim", shown)
}

// hidden is a login but for its last three letters: enough for its owner, and of no use to who found a slip.
func hidden(login string) string {
	r := []rune(login)
	for i := range max(0, len(r)-3) {
		r[i] = '•'
	}
	return string(r)
}

// claim looks at a code, or opens the account with it and signs its owner in.
func (s *Server) claim(c *fiber.Ctx) error {
	shown := s.newClaimPage(c)
	shown.Code, shown.Login, shown.Consent = c.FormValue("code"), c.FormValue("login"), c.FormValue("consent") == "yes"
	if c.FormValue("look") != "" {
		return s.showClaim(c, shown)
	}
	if !shown.Consent {
		shown.Fault = &page.FormFault{Field: "consent", Message: shown.T("error.consent-needed")}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showClaim(c, shown)
	}
	a, err := s.Accounts.Use(c.UserContext(), shown.Code, c.FormValue("password"), shown.Login, true, c.IP())
	if err != nil {
		if shown.Fault, err = s.FaultOf(c, err); err != nil {
			return err
		}
		return s.showClaim(c, shown)
	}
	if err := s.Duty.Told(c.UserContext(), a, agreed(c), s.WordsOf(c)); err != nil {
		return err
	}
	ticket, err := s.Accounts.Ticket(c.UserContext(), a)
	if err != nil {
		return err
	}
	if ticket != "" { // a new password is no new second factor
		return s.Page(c, "sign-in", signInPage{Frame: s.Frame(c, shown.T("sign-in")), Next: "/", Ticket: ticket})
	}
	return s.enter(c, a, "/")
}

type apiTokens struct {
	Access    string `json:"access"`
	ExpiresIn int    `json:"expiresIn"` // seconds
	Refresh   string `json:"refresh"`
	Device    string `json:"device,omitempty"` // to send with the next sign-in: strangers then cannot lock it out
}

func (s *Server) apiTokens(c *fiber.Ctx, t accounts.Tokens, device string) error {
	return c.JSON(apiTokens{t.Access, int(t.AccessExpires.Sub(s.Now()).Seconds()), t.Renewal, device})
}

func (s *Server) apiSignIn(c *fiber.Ctx) error {
	var body struct{ Login, Password, Device, Code string }
	if err := page.Decode(c, &body); err != nil {
		return err
	}
	var devices []string
	if body.Device != "" {
		devices = []string{body.Device}
	}
	a, err := s.Accounts.SignIn(c.UserContext(), accounts.Try{Login: body.Login, Password: body.Password, Address: c.IP(), Devices: devices})
	if err == nil && a.Second.Secret != "" {
		a, err = s.apiSecond(c, a, body.Code)
	}
	if err != nil {
		return err
	}
	t, err := s.Sessions.Start(c.UserContext(), a)
	if err != nil {
		return err
	}
	device, err := s.Accounts.Remember(c.UserContext(), a, devices)
	if err != nil {
		return err
	}
	return s.apiTokens(c, t, device)
}

// apiSecond looks at the code of a program's sign-in.
func (s *Server) apiSecond(c *fiber.Ctx, a roster.Account, code string) (roster.Account, error) {
	if code == "" {
		return a, &problem.Problem{Kind: problem.ErrDenied, Code: "second-needed", Field: "code"}
	}
	ticket, err := s.Accounts.Ticket(c.UserContext(), a)
	if err != nil {
		return a, err
	}
	return s.Accounts.Second(c.UserContext(), ticket, code)
}

func (s *Server) apiRefresh(c *fiber.Ctx) error {
	var body struct{ Refresh string }
	if err := page.Decode(c, &body); err != nil {
		return err
	}
	t, _, err := s.Sessions.Renew(c.UserContext(), body.Refresh)
	if errors.Is(err, accounts.ErrReuse) {
		if err := s.reused(c, body.Refresh); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return s.apiTokens(c, t, "")
}

func (s *Server) apiSignOut(c *fiber.Ctx) error {
	if err := s.Sessions.End(c.UserContext(), page.VisitorOf(c).Family); err != nil {
		return err
	}
	setCookies(c, noCookies(s.secure()))
	return c.SendStatus(fiber.StatusNoContent)
}

// apiSignOutEverywhere ends every session of the account.
func (s *Server) apiSignOutEverywhere(c *fiber.Ctx) error {
	if err := s.endSessions(c); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
