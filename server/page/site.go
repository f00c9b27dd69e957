// Package page is what the rooms of the site share: the frame around a page, errors as a visitor sees them, files to
// save, texts of lessons, and whose things a visitor may see.
package page

import (
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/help"
	"lopban/courses/programme"
	"lopban/courses/rights/duty"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/words"
)

// Site is what all pages are made with: the programme, the templates, the texts of lessons and the room on the disk.
type Site struct {
	*programme.Programme
	Duty  *duty.Desk
	Texts Texts
	Room  Roomy // nil: the store is on no disk of this machine
	pages Templates
	parts Cache[template.HTML]
	again fs.FS // where the templates are read anew for each page; nil: they do not change
}

// NewSite shows these templates; where somebody works on their sources, those below pages/, read again for each page.
func NewSite(p *programme.Programme, compiled Templates, sources fs.FS, disk Roomy) *Site {
	return &Site{Programme: p, Duty: duty.New(p), Room: disk, Texts: Texts{Store: p.Store, Words: p.Languages}, pages: compiled, again: sources}
}

// Visitor is who a request comes from.
type Visitor struct {
	Account *roster.Account // nil: not signed in
	Family  string          // of the session
	Rests   bool            // more than learning rests until there is a second factor
}

func VisitorOf(c *fiber.Ctx) Visitor {
	v, _ := c.Locals("visitor").(Visitor)
	return v
}

// VisitorID is the visitor's person, "-" for one who is not signed in: an id that nobody has.
func VisitorID(c *fiber.Ctx) string {
	if a := VisitorOf(c).Account; a != nil {
		return a.ID
	}
	return "-"
}

func RequestID(c *fiber.Ctx) string {
	id, _ := c.Locals("request").(string)
	return id
}

// WordsOf is the visitor's language: what they chose, or Vietnamese.
func (s *Site) WordsOf(c *fiber.Ctx) words.Words {
	lang := "vi"
	if c.Cookies("lang") == "en" {
		lang = "en"
	}
	return s.Languages.In(lang)
}

// Frame is the part of a page that all share.
func (s *Site) Frame(c *fiber.Ctx, title string) Frame {
	w := s.WordsOf(c)
	f := Frame{Words: w, Title: title, Path: c.OriginalURL(), Account: VisitorOf(c).Account, Made: s.Now()}
	if key := c.Query("done"); key != "" && c.Method() == fiber.MethodGet { // a form that is refused is not done
		if text, ok := w.Messages["done."+key]; ok {
			f.Notice = text
		}
	}
	if c.Query("kept") != "" && c.Method() == fiber.MethodGet {
		f.Notice = w.T("log.kept")
	}
	f.Second, f.SecondBy = s.second(c)
	add := func(href, key string) {
		f.Menu = append(f.Menu, Link{href, w.T(key), c.Path() == href || strings.HasPrefix(c.Path(), href+"/")})
	}
	if f.Account == nil {
		add("/courses", "menu.courses")
		add("/sign-in", "sign-in")
		return f
	}
	add("/courses", "menu.courses")
	if f.Has(roster.Learner) {
		add("/certificates", "menu.certificates")
	}
	if f.Has(roster.Staff, roster.Office, roster.Admin) {
		add("/board", "menu.board")
		add("/completions", "menu.completions")
		add("/roster", "menu.roster")
	}
	if roster.MayTeach(*f.Account, f.Account.Province) {
		add("/practice", "menu.practice")
	}
	if roster.MayAuthor(*f.Account) {
		add("/author", "menu.author")
	}
	if roster.MayGrant(*f.Account) {
		add("/admin", "menu.admin")
	}
	return f
}

// second is what the visitor is told of the second factor that they need: "rests" what they did without one for too
// long, or "due" by when it is needed, on the pages where they begin.
func (s *Site) second(c *fiber.Ctx) (string, time.Time) {
	v := VisitorOf(c)
	switch {
	case v.Account == nil:
	case v.Rests:
		return "rests", time.Time{}
	case accounts.NeedsSecond(*v.Account) && !v.Account.SecondAsked.IsZero() && slices.Contains([]string{"/", "/admin", "/me", "/me/second"}, c.Path()):
		return "due", v.Account.SecondAsked.Add(s.Grace)
	}
	return "", time.Time{}
}

// Render executes a page into memory.
func (s *Site) Render(name string, shown any) ([]byte, error) {
	if s.again == nil {
		return s.pages.Render(name, shown)
	}
	pages, err := ReadTemplates(s.again)
	if err != nil {
		return nil, err
	}
	return pages.Render(name, shown)
}

// Fixed is a part of pages that is the same for everybody who reads this language. It is rendered once.
func (s *Site) Fixed(name string, w words.Words) (template.HTML, error) {
	render := func() (template.HTML, error) {
		html, err := s.Render(name, Frame{Words: w})
		return template.HTML(html), err
	}
	if s.again != nil {
		return render()
	}
	return s.parts.Get(name+" "+w.Lang, func() error { return nil }, render)
}

// Page renders a page and sends it.
func (s *Site) Page(c *fiber.Ctx, name string, shown any) error {
	html, err := s.Render(name, shown)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path(), err)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(html)
}

// AskOf is whom the visitor may ask for help, nil where nobody is known.
func (s *Site) AskOf(c *fiber.Ctx) (*help.Contact, error) {
	a := VisitorOf(c).Account
	if a == nil {
		return nil, nil
	}
	found, err := s.Help.ContactOf(c.UserContext(), *a)
	if err != nil || found.Name == "" {
		return nil, err
	}
	return &found, nil
}

func EscapeQuery(s string) string { return url.QueryEscape(s) }

// LocalPath is a path on this site, or "/" for anything that leads elsewhere.
func LocalPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return "/"
	}
	return s
}

// AuditAct keeps an entry for the visitor.
func (s *Site) AuditAct(c *fiber.Ctx, action, subject, province string) error {
	return s.TellAct(c, programme.AuditEntry{Action: action, Subject: subject, Province: province})
}

// TellExport keeps that the visitor takes a file of people's data away: what, whose, and how many rows it has. It is
// kept before anything leaves; a HEAD takes nothing. more is what else there is to say.
func (s *Site) TellExport(c *fiber.Ctx, what, province, file string, rows int, more ...string) error {
	if c.Method() == fiber.MethodHead {
		return nil
	}
	return s.TellAct(c, programme.AuditEntry{Action: "export." + what, Subject: file, Province: province, Note: s.Languages.In("vi").T("audit.export.note", rows) + strings.Join(more, "")})
}

// TellAct keeps an entry for the visitor, with what there is to say of it; one entry for an act that may be sent again.
func (s *Site) TellAct(c *fiber.Ctx, e programme.AuditEntry) error {
	e.By = VisitorID(c)
	if e.ID == "" {
		e.ID, _ = c.Locals(AuditID).(string)
	}
	return s.Tell(c.UserContext(), e)
}

// AuditID names the entry of an act that may be sent again as the same.
const AuditID = "audit-id"
