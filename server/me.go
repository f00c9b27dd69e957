package server

import (
	"errors"
	"html/template"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/help"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/server/page"
)

type mePage struct {
	page.Frame
	Person *roster.Person // nil for people not on the roster
	Place  string
	Fault  *page.FormFault
	Ask    *help.Contact // for help

	NewNumber string // of the roster, which may become the login

	Locked bool // strangers wait before they may try a password again
	Lock   bool // there was a lock in the last month
}

// lockShown is how long the page of an account speaks of a lock.
const lockShown = 30 * 24 * time.Hour

func (s *Server) me(c *fiber.Ctx) error { return s.showMe(c, nil) }

func (s *Server) showMe(c *fiber.Ctx, fault *page.FormFault) error {
	shown := mePage{Frame: s.Frame(c, s.WordsOf(c).T("me.title")), Fault: fault}
	shown.Locked = s.Now().Before(shown.Account.LockedUntil)
	shown.Lock = !shown.Account.LockedAt.IsZero() && s.Now().Sub(shown.Account.LockedAt) < lockShown
	p, err := s.Roll.Person(c.UserContext(), page.VisitorID(c))
	if err == nil {
		shown.Person, shown.NewNumber = &p, accounts.NewNumber(*shown.Account, p)
		if commune, ok := s.Places.Ever(p.Commune); ok {
			shown.Place = commune.Title()
		}
	} else if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	if shown.Ask, err = s.AskOf(c); err != nil {
		return err
	}
	return s.Page(c, "me", shown)
}

// changePassword ends every session of the account but a new one.
func (s *Server) changePassword(c *fiber.Ctx) error {
	a, err := s.Accounts.ChangePassword(c.UserContext(), page.VisitorID(c), c.FormValue("old"), c.FormValue("password"))
	if err != nil {
		if page.Explain(err).Code == "sign-in-wrong" {
			err = problem.Invalid("old", "password-old")
		}
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showMe(c, fault)
	}
	s.Sessions.ForgetAccount(a.ID)
	return s.enter(c, a, "/me?done=password")
}

// followNumber makes the visitor's number on the roster their login.
func (s *Server) followNumber(c *fiber.Ctx) error {
	if err := s.FollowNumber(c.UserContext(), *page.VisitorOf(c).Account, page.VisitorID(c)); err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showMe(c, fault)
	}
	return page.SeeOther(c, "/me?done=person-login")
}

// signOutEverywhere ends every session of the visitor, on every device.
func (s *Server) signOutEverywhere(c *fiber.Ctx) error {
	if err := s.endSessions(c); err != nil {
		return err
	}
	return page.SeeOther(c, "/sign-in?done=everywhere")
}

func (s *Server) endSessions(c *fiber.Ctx) error {
	id := page.VisitorID(c)
	if _, err := s.Accounts.EndSessions(c.UserContext(), id); err != nil {
		return err
	}
	s.Sessions.ForgetAccount(id)
	setCookies(c, noCookies(s.secure()))
	return nil
}

// secondPage is where a second factor is set up, moved to another phone, or given up.
type secondPage struct {
	page.Frame
	Set     bool
	Must    bool // this account may not be without one
	Left    int  // printed codes that were not used
	Key     accounts.SecondKey
	QR      template.HTML // of the key
	App     template.URL  // opens it in an app on this device
	Printed []string      // new codes, once
	Open    string        // the form that has a fault
	Fault   *page.FormFault
}

func (s *Server) secondPage(c *fiber.Ctx) error { return s.showSecond(c, secondPage{}) }

func (s *Server) showSecond(c *fiber.Ctx, shown secondPage) error {
	shown.Frame = s.Frame(c, s.WordsOf(c).T("second.title"))
	a, err := s.Accounts.Read(c.UserContext(), page.VisitorID(c)) // as it is, not as it may act
	if err != nil {
		return err
	}
	shown.Set, shown.Left = a.Second.Secret != "", len(a.Second.Recovery)
	shown.Must = a.Has(roster.Office, roster.Admin)
	if shown.Key.URL != "" {
		qr, err := paper.QR(shown.Key.URL)
		if err != nil {
			return err
		}
		shown.QR, shown.App = template.HTML(qr), template.URL(shown.Key.URL)
	}
	return s.Page(c, "second", shown)
}

// secondFault shows what is wrong with one of the page's forms.
func (s *Server) secondFault(c *fiber.Ctx, shown secondPage, err error) error {
	if page.Explain(err).Code == "sign-in-wrong" {
		err = problem.Invalid("old", "password-old")
	}
	if shown.Fault, err = s.FaultOf(c, err); err != nil {
		return err
	}
	return s.showSecond(c, shown)
}

// draftSecond makes a new key and shows it.
func (s *Server) draftSecond(c *fiber.Ctx) error {
	key, err := s.Accounts.DraftSecond(c.UserContext(), page.VisitorID(c), c.FormValue("old"), c.FormValue("now"))
	if err != nil {
		return s.secondFault(c, secondPage{Open: "draft"}, err)
	}
	return s.showSecond(c, secondPage{Key: key})
}

// setSecond makes the key count, ends every other session, and shows the printed codes, once.
func (s *Server) setSecond(c *fiber.Ctx) error {
	a, printed, err := s.Accounts.SetSecond(c.UserContext(), page.VisitorID(c), c.FormValue("code"))
	if err != nil {
		shown := secondPage{Open: "code"}
		if code := page.Explain(err).Code; code != "second-none" && code != "second-done" {
			kept, err := s.Accounts.Read(c.UserContext(), page.VisitorID(c))
			if err != nil {
				return err
			}
			if shown.Key, err = accounts.SecondDraft(kept); err != nil {
				return err
			}
		}
		return s.secondFault(c, shown, err)
	}
	if err := s.renewed(c, a, "account.second"); err != nil {
		return err
	}
	return s.showSecond(c, secondPage{Printed: printed})
}

// dropSecond gives the second factor up.
func (s *Server) dropSecond(c *fiber.Ctx) error {
	a, err := s.Accounts.DropSecond(c.UserContext(), page.VisitorID(c), c.FormValue("old"), c.FormValue("now"))
	if err != nil {
		return s.secondFault(c, secondPage{Open: "drop"}, err)
	}
	if err := s.renewed(c, a, "account.second-drop"); err != nil {
		return err
	}
	return page.SeeOther(c, "/me?done=second-drop")
}

// renewed begins a new session for an account whose other sessions have ended, and keeps an entry of why.
func (s *Server) renewed(c *fiber.Ctx, a roster.Account, action string) error {
	s.Sessions.ForgetAccount(a.ID)
	if err := s.begin(c, a); err != nil {
		return err
	}
	return s.AuditAct(c, action, a.ID, a.Province)
}
