package server

import (
	"mime/multipart"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/server/page"
)

// held is what a learner's form brought when it could not count: somebody else has signed in since it was opened, or
// its session has ended. It goes along while its owner signs in.
type held struct {
	Path   string // where the form goes
	Fields []heldField
	Photos bool // it brought some, which cannot go along
}

type heldField struct{ Name, Value string }

// mostHeld is how many bytes of names and values go along; written as a form they fit the sign-in form's limit.
const mostHeld = 16 << 10

// heldPrefix keeps the names of held fields apart from those of the sign-in form.
const heldPrefix = "held."

func (h held) value(name string) string {
	i := slices.IndexFunc(h.Fields, func(f heldField) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return h.Fields[i].Value
}

// Person is the account that opened the form.
func (h held) Person() string { return h.value("person") }

// Opener is the name of the account that opened the form, as the form has it.
func (h held) Opener() string { return h.value("opener") }

// Whole says whether everything that was typed goes along.
func (h held) Whole() bool {
	return h.value("id") != "" || !strings.HasSuffix(h.Path, "/quiz") && !strings.HasSuffix(h.Path, "/practice")
}

// owned lets in a learner's form that is the visitor's own. Any other counts for nobody: its owner is asked to sign in
// and then goes on with it.
func (s *Server) owned(c *fiber.Ctx) error {
	person, a := c.FormValue("person"), page.VisitorOf(c).Account
	if a != nil && (person == "" || person == a.ID) {
		return c.Next()
	}
	if person == "" {
		return problem.Denied("sign-in-needed")
	}
	return s.hold(c, heldBy(c))
}

// hold shows the sign-in form with what is held.
func (s *Server) hold(c *fiber.Ctx, h *held) error {
	c.Status(fiber.StatusUnauthorized)
	if page.VisitorOf(c).Account != nil {
		c.Status(fiber.StatusConflict)
	}
	return s.Page(c, "sign-in", signInPage{Frame: s.Frame(c, s.WordsOf(c).T("sign-in")), Next: h.Path, Held: h})
}

// heldBy reads the form of the request. Of one that is too long for it, only whose it is goes along.
func heldBy(c *fiber.Ctx) *held {
	h := held{Path: c.Path()}
	add := func(name, value string) { h.Fields = append(h.Fields, heldField{name, value}) }
	if strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		if form, err := c.MultipartForm(); err == nil {
			for name, values := range form.Value {
				for _, v := range values {
					add(name, v)
				}
			}
			h.Photos = slices.ContainsFunc(form.File["photo"], func(f *multipart.FileHeader) bool { return f.Size > 0 })
		}
	} else {
		c.Request().PostArgs().VisitAll(func(name, value []byte) { add(string(name), string(value)) })
	}
	size := 0
	for _, f := range h.Fields {
		size += len(f.Name) + len(f.Value)
	}
	if size > mostHeld {
		h.Fields = slices.DeleteFunc(h.Fields, func(f heldField) bool { return f.Name != "person" && f.Name != "opener" })
	}
	return &h
}

// heldIn reads what the sign-in form brought along, nil for nothing.
func heldIn(c *fiber.Ctx) *held {
	h := held{Path: page.LocalPath(c.FormValue("next")), Photos: c.FormValue("photos") != ""}
	c.Request().PostArgs().VisitAll(func(name, value []byte) {
		if plain, ok := strings.CutPrefix(string(name), heldPrefix); ok {
			h.Fields = append(h.Fields, heldField{plain, string(value)})
		}
	})
	if len(h.Fields) == 0 || !strings.HasPrefix(h.Path, "/courses/") {
		return nil
	}
	return &h
}

type heldPage struct {
	page.Frame
	Held *held
}

// goOn begins a session and leads on with what was held. Whoever is not its owner is told so again.
func (s *Server) goOn(c *fiber.Ctx, a roster.Account, h *held) error {
	if err := s.begin(c, a); err != nil {
		return err
	}
	if h.Person() != a.ID {
		return s.hold(c, h)
	}
	if !h.Whole() {
		return page.SeeOther(c, h.Path)
	}
	return s.Page(c, "held", heldPage{s.Frame(c, s.WordsOf(c).T("held.title")), h})
}
