package page

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
	"lopban/courses/words"
)

// ProvinceName is the name of a province in the language.
func (f Frame) ProvinceName(p roster.Province) string { return ProvinceName(f.Words, p) }

func ProvinceName(w words.Words, p roster.Province) string {
	return w.In(courses.Text{Vi: p.Name, En: p.NameEn})
}

// CommuneName is the name of a commune, also of one that is no more; its code where it was never one.
func (s *Site) CommuneName(code string) string {
	if commune, ok := s.Places.Ever(code); ok {
		return commune.Title()
	}
	return code
}

// Attach makes the answer a file to save. The name is of letters that every system takes.
func Attach(c *fiber.Ctx, mediaType, name string) {
	c.Set(fiber.HeaderContentType, mediaType)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
}

// RosterFault is FaultOf for the rules of the roster, which name dates as yyyy-mm-dd.
func (s *Site) RosterFault(c *fiber.Ctx, err error) (*FormFault, error) {
	var p *problem.Problem
	if errors.As(err, &p) {
		shown := *p
		shown.Args = slices.Clone(p.Args)
		for i, a := range shown.Args {
			text, _ := a.(string)
			if day, err := time.Parse(time.DateOnly, text); err == nil {
				shown.Args[i] = day
			}
		}
		err = &shown
	}
	return s.FaultOf(c, err)
}

// PresentOf lists the present provinces in which people of the scope may work; "" stands for any.
func (s *Site) PresentOf(scope targets.Scope) []string {
	if scope.By != roster.Programme || scope.Province == "" {
		return []string{scope.Province}
	}
	var codes []string
	for _, c := range s.Places.Communes(roster.Programme, scope.Province) {
		codes = append(codes, c.Province)
	}
	if len(codes) == 0 {
		return []string{""}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// Keeper lets in who keeps rosters or reads them: staff, the programme office, administrators.
func (s *Site) Keeper(c *fiber.Ctx) error {
	if !VisitorOf(c).Account.Has(roster.Staff, roster.Office, roster.Admin) {
		return problem.Denied("denied")
	}
	return c.Next()
}

// ChosenProvince is the present province that a request is about: the one it names, or the visitor's own. It is empty
// where neither is. A province that the visitor may not read is not found.
func (s *Site) ChosenProvince(c *fiber.Ctx) (roster.Province, error) {
	a := VisitorOf(c).Account
	code := c.FormValue("province")
	if code == "" && a.Has(roster.Staff) {
		code = a.Province
	}
	if code == "" {
		return roster.Province{}, nil
	}
	p, ok := s.Places.Province(roster.Present, code)
	if !ok || !roster.MayReadPeople(*a, code) {
		return p, store.NotFound(roster.PersonKind, "of province")
	}
	return p, nil
}

// EditedProvince is ChosenProvince for who wants to write: there must be one, and it must be theirs to change.
func (s *Site) EditedProvince(c *fiber.Ctx) (roster.Province, error) {
	if !VisitorOf(c).Account.Has(roster.Staff, roster.Admin) {
		return roster.Province{}, problem.Denied("denied")
	}
	p, err := s.ChosenProvince(c)
	if err == nil && p.Code == "" {
		err = problem.Invalid("province", "province.empty")
	}
	if err == nil && !roster.MayEditRoster(*VisitorOf(c).Account, p.Code) {
		err = problem.Denied("denied")
	}
	return p, err
}

// WithinScope asks a rule of scope.go for every present province of the scope. To staff another province does not
// exist; who looks after none is refused.
func (s *Site) WithinScope(c *fiber.Ctx, scope targets.Scope, may func(roster.Account, string) bool) error {
	a := *VisitorOf(c).Account
	for _, province := range s.PresentOf(scope) {
		if may(a, province) {
			continue
		}
		if a.Has(roster.Staff) {
			return fmt.Errorf("province %q: %w", scope.Province, problem.ErrNotFound)
		}
		return problem.Denied("denied")
	}
	return nil
}

// OwnCertificate finds a certificate that the visitor holds, or whose holder's province they look after. Anyone else is
// told that there is none.
func (s *Site) OwnCertificate(c *fiber.Ctx, typed string) (school.Entry, error) {
	code, ok := courses.ReadCode(typed)
	if !ok {
		return school.Entry{}, store.NotFound(school.CertificateKind, "code")
	}
	e, err := s.School.Look(c.UserContext(), code)
	if err != nil {
		return e, err
	}
	a := *VisitorOf(c).Account
	if e.Person == a.ID || roster.MayReadPeople(a, e.Province) {
		return e, nil
	}
	holder, err := s.Roll.Kept(c.UserContext(), e.Person) // who was entered twice, or works in another province since
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return e, err
	}
	if err != nil || !roster.MayReadPerson(a, holder) {
		return school.Entry{}, store.NotFound(school.CertificateKind, "code")
	}
	return e, nil
}

// Namer tells the name of an account or person by its id, "" for what is neither. It asks once for each.
func (s *Site) Namer(ctx context.Context) func(id string) string {
	known := map[string]string{}
	return func(id string) string {
		name, ok := known[id]
		if ok {
			return name
		}
		if a, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, id); err == nil {
			name = a.Name
		} else if p, err := s.Roll.Person(ctx, id); err == nil {
			name = p.Name
		}
		known[id] = name
		return name
	}
}
