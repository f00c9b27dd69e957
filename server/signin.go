package server

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/roster"
	"lopban/courses/store"
)

// visit finds out who a request comes from: by its bearer token, or by the cookies of the page, which are renewed on the way when the access token has run out.
func (s *Server) visit(c *fiber.Ctx) error {
	v := visitor{}
	if token, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer "); ok {
		who, err := s.sessions.verify(c.UserContext(), token)
		if err != nil {
			return err
		}
		v.account, v.family = &who.account, who.family
	} else if err := s.visitByCookie(c, &v); err != nil {
		return err
	}
	c.Locals("visitor", v)
	return c.Next()
}

func (s *Server) visitByCookie(c *fiber.Ctx, v *visitor) error {
	access, renewal := c.Cookies(accessCookie(s.secure())), c.Cookies(renewalCookie(s.secure()))
	if access != "" {
		who, err := s.sessions.verify(c.UserContext(), access)
		if err == nil {
			v.account, v.family = &who.account, who.family
			return nil
		}
		if !errors.Is(err, errSession) {
			return err
		}
	}
	if renewal == "" {
		return nil
	}
	t, a, err := s.sessions.renew(c.UserContext(), renewal)
	if errors.Is(err, errReuse) {
		if err := s.reused(c, renewal); err != nil {
			return err
		}
	}
	if errors.Is(err, errSession) {
		setCookies(c, noCookies(s.secure()))
		return nil
	}
	if err != nil {
		return err
	}
	setCookies(c, t.cookies(s.now(), s.secure()))
	family, _, _ := splitRenewal(t.renewal)
	v.account, v.family = &a, family
	return nil
}

// reused writes into the audit trail whose session ended because its refresh token came back after its time.
func (s *Server) reused(c *fiber.Ctx, token string) error {
	family, _, _ := splitRenewal(token)
	d, err := store.Get[session](c.UserContext(), s.store, sessionKind, family)
	if err != nil {
		return err
	}
	return s.audit(c, "session.reuse", d.Account, "")
}

func setCookies(c *fiber.Ctx, cookies []cookie) {
	for _, k := range cookies {
		c.Cookie(&fiber.Cookie{Name: k.Name, Value: k.Value, Path: k.Path, SameSite: k.SameSite, MaxAge: k.MaxAge, Expires: k.Expires, Secure: k.Secure, HTTPOnly: k.HTTPOnly})
	}
}

// formFault is what is wrong with a form: the field, and a sentence.
type formFault struct{ Field, Message string }

// Is says whether the fault is of this field; no fault is of none.
func (f *formFault) Is(field string) bool { return f != nil && f.Field == field }

// faultOf makes a formFault of an error that the person at the form can mend. Any other error is given back.
func (s *Server) faultOf(c *fiber.Ctx, err error) (*formFault, error) {
	var p *store.Problem
	if !errors.As(err, &p) || errors.Is(err, store.ErrUnavailable) {
		return nil, err
	}
	c.Status(explain(err).Status)
	return &formFault{p.Field, s.wordsOf(c).T("error."+p.Code, p.Args...)}, nil
}

type signInPage struct {
	frame
	Login string
	Next  string
	Fault *formFault
}

func (s *Server) signInPage(c *fiber.Ctx) error {
	next := localPath(c.Query("next"))
	if visitorOf(c).account != nil {
		return c.Redirect(next, fiber.StatusSeeOther)
	}
	return s.page(c, "sign-in", signInPage{frame: s.frame(c, s.wordsOf(c).T("sign-in")), Next: next})
}

// signIn begins a session. The error is the same whatever was wrong.
func (s *Server) signIn(c *fiber.Ctx) error {
	a, err := s.accounts.SignIn(c.UserContext(), c.FormValue("login"), c.FormValue("password"), c.IP())
	if err != nil {
		fault, err := s.faultOf(c, err)
		if err != nil {
			return err
		}
		return s.page(c, "sign-in", signInPage{s.frame(c, s.wordsOf(c).T("sign-in")), c.FormValue("login"), localPath(c.FormValue("next")), fault})
	}
	return s.enter(c, a, localPath(c.FormValue("next")))
}

// enter begins a session for the account, in place of the browser's old one, and leads on.
func (s *Server) enter(c *fiber.Ctx, a roster.Account, next string) error {
	if old := visitorOf(c).family; old != "" {
		if err := s.sessions.end(c.UserContext(), old); err != nil {
			return err
		}
	}
	t, err := s.sessions.start(c.UserContext(), a)
	if err != nil {
		return err
	}
	setCookies(c, t.cookies(s.now(), s.secure()))
	return c.Redirect(next, fiber.StatusSeeOther)
}

func (s *Server) signOut(c *fiber.Ctx) error {
	if v := visitorOf(c); v.family != "" {
		if err := s.sessions.end(c.UserContext(), v.family); err != nil {
			return err
		}
	}
	setCookies(c, noCookies(s.secure()))
	return c.Redirect("/", fiber.StatusSeeOther)
}

// language keeps the visitor's choice for a year.
func (s *Server) language(c *fiber.Ctx) error {
	lang := "vi"
	if c.FormValue("lang") == "en" {
		lang = "en"
	}
	c.Cookie(&fiber.Cookie{Name: "lang", Value: lang, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: "Lax", Secure: s.secure(), HTTPOnly: true})
	return c.Redirect(localPath(c.FormValue("back")), fiber.StatusSeeOther)
}

type claimPage struct {
	frame
	Code   string
	Holder *roster.Holder // nil: the code was not given yet, or is wrong
	Login  string
	Fault  *formFault
}

// claimPage asks for a printed code, and with one for a password. Looking at it uses nothing up.
func (s *Server) claimPage(c *fiber.Ctx) error {
	page := claimPage{frame: s.frame(c, s.wordsOf(c).T("claim.title")), Code: c.Query("code")}
	if page.Code == "" {
		return s.page(c, "claim", page)
	}
	return s.showClaim(c, page)
}

// showClaim shows the form of a code, or what is wrong with the code.
func (s *Server) showClaim(c *fiber.Ctx, page claimPage) error {
	holder, err := s.accounts.Look(c.UserContext(), page.Code, c.IP())
	if err == nil {
		page.Holder = &holder
	} else if page.Fault == nil || page.Fault.Field == "code" {
		if page.Fault, err = s.faultOf(c, err); err != nil {
			return err
		}
	}
	c.Set(fiber.HeaderXRobotsTag, "noindex")
	return s.page(c, "claim", page)
}

// claim opens the account and signs its owner in.
func (s *Server) claim(c *fiber.Ctx) error {
	page := claimPage{frame: s.frame(c, s.wordsOf(c).T("claim.title")), Code: c.FormValue("code"), Login: c.FormValue("login")}
	if c.FormValue("consent") != "yes" {
		page.Fault = &formFault{"consent", page.T("error.consent-needed")}
		c.Status(fiber.StatusUnprocessableEntity)
		return s.showClaim(c, page)
	}
	a, err := s.accounts.Use(c.UserContext(), page.Code, c.FormValue("password"), page.Login, true, c.IP())
	if err != nil {
		if page.Fault, err = s.faultOf(c, err); err != nil {
			return err
		}
		return s.showClaim(c, page)
	}
	return s.enter(c, a, "/")
}

type mePage struct {
	frame
	Person *roster.Person // nil for people not on the roster
	Place  string
	Fault  *formFault
}

func (s *Server) me(c *fiber.Ctx) error { return s.showMe(c, nil) }

func (s *Server) showMe(c *fiber.Ctx, fault *formFault) error {
	page := mePage{frame: s.frame(c, s.wordsOf(c).T("me.title")), Fault: fault}
	p, err := s.roll.Person(c.UserContext(), visitorID(c))
	if err == nil {
		page.Person = &p
		if commune, ok := s.places.Commune(p.Commune); ok {
			page.Place = commune.Title()
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.page(c, "me", page)
}

// changePassword ends every session of the account but a new one.
func (s *Server) changePassword(c *fiber.Ctx) error {
	a, err := s.accounts.ChangePassword(c.UserContext(), visitorID(c), c.FormValue("old"), c.FormValue("password"))
	if err != nil {
		fault, err := s.faultOf(c, err)
		if err != nil {
			return err
		}
		return s.showMe(c, fault)
	}
	s.sessions.forgetAccount(a.ID)
	return s.enter(c, a, "/me?done=password")
}

type apiTokens struct {
	Access    string `json:"access"`
	ExpiresIn int    `json:"expiresIn"` // seconds
	Refresh   string `json:"refresh"`
}

func (s *Server) apiTokens(c *fiber.Ctx, t tokens) error {
	return c.JSON(apiTokens{t.access, int(t.accessExpires.Sub(s.now()).Seconds()), t.renewal})
}

func (s *Server) apiSignIn(c *fiber.Ctx) error {
	var body struct{ Login, Password string }
	if err := decode(c, &body); err != nil {
		return err
	}
	a, err := s.accounts.SignIn(c.UserContext(), body.Login, body.Password, c.IP())
	if err != nil {
		return err
	}
	t, err := s.sessions.start(c.UserContext(), a)
	if err != nil {
		return err
	}
	return s.apiTokens(c, t)
}

func (s *Server) apiRefresh(c *fiber.Ctx) error {
	var body struct{ Refresh string }
	if err := decode(c, &body); err != nil {
		return err
	}
	t, _, err := s.sessions.renew(c.UserContext(), body.Refresh)
	if errors.Is(err, errReuse) {
		if err := s.reused(c, body.Refresh); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return s.apiTokens(c, t)
}

func (s *Server) apiSignOut(c *fiber.Ctx) error {
	if err := s.sessions.end(c.UserContext(), visitorOf(c).family); err != nil {
		return err
	}
	setCookies(c, noCookies(s.secure()))
	return c.SendStatus(fiber.StatusNoContent)
}
