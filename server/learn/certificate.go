package learn

import (
	"errors"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/server/page"
)

type certificatesPage struct {
	page.Frame
	Entries []school.Entry
	Waits   []courses.Due
}

// Certificates lists what the visitor holds.
func (s *Pages) Certificates(c *fiber.Ctx) error {
	entries, err := s.School.Certificates(c.UserContext(), page.VisitorID(c))
	if err != nil {
		return err
	}
	waits, err := school.WaitsOf(c.UserContext(), s.Store, page.VisitorID(c))
	if err != nil {
		return err
	}
	return s.Page(c, "certificates", certificatesPage{s.Frame(c, s.WordsOf(c).T("certificates.title")), entries, waits})
}

type certificatePage struct {
	page.Frame
	Entry school.Entry
	New   bool
	Keeps bool              // the visitor may read the register
	Name  string            // of the holder today, where it is another than on the paper
	Task  *courses.Practice // that is left to do, shown when the paper is new
}

// Certificate shows the paper on screen.
func (s *Pages) Certificate(c *fiber.Ctx) error {
	e, err := s.OwnCertificate(c, c.Params("code"))
	if err != nil {
		return err
	}
	shown := certificatePage{Frame: s.Frame(c, s.WordsOf(c).In(e.Title)), Entry: e, New: c.Query("new") != "",
		Keeps: roster.MayReadPeople(*page.VisitorOf(c).Account, e.Province)}
	name, err := s.NameToday(c.UserContext(), e.Person)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	if err == nil && len(programme.Outdated([]school.Entry{e}, name)) > 0 {
		shown.Name = name
	}
	if shown.New && e.Person == page.VisitorID(c) {
		st, err := s.School.Study(c.UserContext(), e.Person, e.Course)
		if err != nil {
			return err
		}
		if shown.Task, err = s.taskLeft(c.UserContext(), st); err != nil {
			return err
		}
	}
	return s.Page(c, "certificate", shown)
}

// CertificatePicture sends the paper as a page shows it.
func (s *Pages) CertificatePicture(c *fiber.Ctx) error {
	e, err := s.OwnCertificate(c, c.Params("code"))
	if err != nil {
		return err
	}
	printed, err := s.Papers.AsPrinted(c.UserContext(), e.Certificate)
	if err != nil {
		return err
	}
	svg, err := paper.Picture(printed)
	if err != nil {
		return err
	}
	return page.TaggedBytes(c, "image/svg+xml", []byte(svg))
}

// CertificatePDF sends the paper.
func (s *Pages) CertificatePDF(c *fiber.Ctx) error {
	e, err := s.OwnCertificate(c, c.Params("code"))
	if err != nil {
		return err
	}
	pdf, err := s.Papers.Keep(c.UserContext(), e.Certificate)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentDisposition, `inline; filename="giay-chung-nhan-`+courses.ShowCode(e.Code)+`.pdf"`)
	return page.TaggedBytes(c, "application/pdf", pdf)
}

type verifyPage struct {
	page.Frame
	Typed    string
	Found    bool
	Asked    bool
	Wrong    bool // what was typed cannot be one of ours: mistyped
	ByNumber bool // found by its number, which anybody can count up: the page says less of the holder
	Entry    school.Entry
	Shown    string        // the code in groups, "" where it was found by its number
	At       time.Time     // when the register was asked
	Alone    template.HTML // what a phone fills in where there is no network

	File     bool // a file was held against the register
	SameFile bool
	Signed   *programme.Countersigned // the issuer's own signature on the file, nil for none
}

// Register is the number that tells the entry's state to a phone, "" where the page must not name it.
func (p verifyPage) Register() string {
	if !p.Found || p.ByNumber {
		return ""
	}
	return p.Entry.Register
}

// Verdict is the state as the page says it.
func (p verifyPage) Verdict() string {
	switch {
	case !p.Found:
		return "unknown"
	case p.File && !p.SameFile:
		return "changed"
	}
	return string(p.Entry.State)
}

// Endless says whether the certificate does not expire.
func (p verifyPage) Endless() bool { return p.Entry.ValidUntil.Equal(courses.Forever) }

// Initials are the first letters of the holder's name: enough to compare with a paper, too little to collect names.
func (p verifyPage) Initials() string {
	var all []string
	for _, word := range strings.Fields(p.Entry.Holder.Name) {
		first, _ := utf8.DecodeRuneInString(word)
		all = append(all, string(first)+".")
	}
	return strings.Join(all, " ")
}

// Verify is the page that anyone may read: whose certificate a code is and what it is worth. It says no more than the
// paper does.
func (s *Pages) Verify(c *fiber.Ctx) error {
	typed := c.Params("code")
	if typed == "" {
		typed = c.Query("code")
	}
	if lang := c.Query("lang"); lang == "en" || lang == "vi" { // a worker asks for the page without saying who it is
		c.Request().Header.SetCookie("lang", lang)
	}
	shown := verifyPage{Frame: s.Frame(c, s.WordsOf(c).T("verify.title")), Typed: typed, Asked: typed != "", At: s.Now()}
	c.Set(fiber.HeaderXRobotsTag, "noindex")
	var err error
	if shown.Alone, err = s.Fixed("part-alone", shown.Words); err != nil {
		return err
	}
	if !shown.Asked {
		return s.Page(c, "verify", shown)
	}
	e, err := s.School.Find(c.UserContext(), typed)
	var wrong *problem.Problem
	switch {
	case err == nil:
		shown.Found, shown.Entry, shown.Shown = true, e.Entry, courses.ShowCode(e.Code)
		if shown.ByNumber = e.ByNumber; shown.ByNumber {
			shown.Shown = ""
		} else {
			shown.Glimpse = s.glimpse(c, e.Entry, s.BaseURL+"/v/"+e.Code)
		}
		if shown.File, shown.SameFile, err = s.sameFile(c, e.ID); err != nil {
			return err
		}
		if shown.Signed, err = s.countersigned(c, e.ID); err != nil {
			return err
		}
	case errors.As(err, &wrong) && wrong.Code == "code-mistyped":
		shown.Wrong = true
	case !errors.Is(err, problem.ErrNotFound):
		return err
	}
	if !shown.Found {
		c.Status(fiber.StatusNotFound)
	}
	return s.Page(c, "verify", shown)
}
