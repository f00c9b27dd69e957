package office

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/programme/press"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/server/page"
)

type registersPage struct {
	page.Frame
	Province  roster.Province
	Provinces []roster.Province
	Issuer    courses.Issuer
	Waits     []courses.Due
	Batches   []courses.Batch
	Issued    map[string]int // by batch
	Years     []int
	May       bool
	ID        string // of the form
	Form      batchForm
	Open      string
	Fault     *page.FormFault
	Today     time.Time
}

type batchForm struct {
	Decision, On string
	Chosen       []string // nil: all
}

// Picked says whether the form has chosen somebody; everybody at first.
func (p registersPage) Picked(id string) bool {
	return p.Form.Chosen == nil || slices.Contains(p.Form.Chosen, id)
}

// Address is the address of a batch.
func (registersPage) Address(b courses.Batch) string { return "/registers/" + page.WorkAddress(b.ID) }

// Registers shows what waits for a decision in a province, the batches that were issued, and the books of its years.
func (s *Pages) Registers(c *fiber.Ctx) error { return s.showRegisters(c, batchForm{}, nil) }

func (s *Pages) showRegisters(c *fiber.Ctx, form batchForm, fault *page.FormFault) error {
	p, err := s.ChosenProvince(c)
	if err != nil {
		return err
	}
	a, ctx := *page.VisitorOf(c).Account, c.UserContext()
	shown := registersPage{Frame: s.Frame(c, s.WordsOf(c).T("registers.title")), Province: p, May: roster.MayRevoke(a, p.Code), Form: form, Open: "batch",
		Fault: fault, Today: s.Now().In(courses.Vietnam), ID: cmp.Or(c.FormValue("id"), uuid.Must(uuid.NewV7()).String())}
	if !a.Has(roster.Staff) {
		shown.Provinces = s.Places.Provinces(roster.Present)
	}
	if p.Code == "" {
		return s.Page(c, "registers", shown)
	}
	if shown.Issuer, err = s.School.Issuer(ctx, p.Code, p.Name); err != nil {
		return err
	}
	if shown.Waits, err = s.School.Waits(ctx, p.Code); err != nil {
		return err
	}
	if shown.Batches, err = school.Batches(ctx, s.Store, p.Code); err != nil {
		return err
	}
	if shown.Issued, err = school.Issued(ctx, s.Store, p.Code); err != nil {
		return err
	}
	if shown.Years, err = school.Years(ctx, s.Store, p.Code); err != nil {
		return err
	}
	return s.Page(c, "registers", shown)
}

// Decide gives out under a decision what the form has chosen, and leads to the batch while it is issued.
func (s *Pages) Decide(c *fiber.Ctx) error {
	p, err := s.EditedProvince(c)
	if err != nil {
		return err
	}
	form := batchForm{Decision: c.FormValue("decision"), On: c.FormValue("on"), Chosen: []string{}}
	for _, value := range c.Context().PostArgs().PeekMulti("due") {
		form.Chosen = append(form.Chosen, string(value))
	}
	on, _ := page.FormDay(form.On) // what cannot be read is named by the rules
	b, err := s.Programme.Decide(c.UserContext(), *page.VisitorOf(c).Account, p.Code, c.FormValue("id"), form.Decision, on, form.Chosen)
	if err != nil {
		fault, shown := s.FaultOf(c, err)
		if shown != nil {
			return shown
		}
		if errors.Is(err, problem.ErrExists) { // the next sending is another decision
			c.Context().PostArgs().Del("id")
		}
		return s.showRegisters(c, form, fault)
	}
	c.Locals(page.AuditID, "certificate.batch/"+b.ID) // sent again it is the same decision
	entry := programme.AuditEntry{Action: "certificate.batch", Subject: b.Decision, Province: p.Code, Note: strconv.Itoa(len(b.Enrolments))}
	if err := s.TellAct(c, entry); err != nil {
		return err
	}
	return page.SeeOther(c, "/registers/"+page.WorkAddress(b.ID))
}

type batchPage struct {
	leftOut
	school.Given
	By    string
	Parts []page.Link // files to print
	Left  int         // that are still to be issued
	named func(province string) string
}

// leftOut are the certificates that a page's files leave out, as far as their words tell.
type leftOut struct {
	page.Frame
	LeftOut []press.LeftOut
}

// Cannot says why a certificate is left out.
func (p leftOut) Cannot(l press.LeftOut) string { return p.T("error."+l.Why.Code, l.Why.Args...) }

// Address is the last part of the page's address.
func (p batchPage) Address() string { return page.WorkAddress(p.ID) }

// Planned is how many certificates the decision gives out, without those that it passes over.
func (p batchPage) Planned() int { return len(p.Certificates) + p.Left }

// Why says why somebody got no certificate under the decision.
func (p batchPage) Why(d courses.Due) string {
	if d.Province != p.Province {
		return p.T("batch.passed.moved", p.named(d.Province))
	}
	return p.T("batch.passed.other")
}

// numbers are those of some certificates that follow one another in the register.
func numbers(some []courses.Certificate) string {
	first, last := some[0].Number, some[len(some)-1].Number
	if first == last {
		return fmt.Sprintf("%05d", first)
	}
	return fmt.Sprintf("%05d–%05d", first, last)
}

// batchOf is a batch of a province that the visitor may read.
func (s *Pages) batchOf(c *fiber.Ctx) (school.Given, error) {
	b, err := s.School.Batch(c.UserContext(), page.WorkID(c.Params("batch")))
	if err == nil && !roster.MayReadPeople(*page.VisitorOf(c).Account, b.Province) {
		err = problem.ErrNotFound
	}
	return b, err
}

// Batch shows what was issued under a decision, who is left out, and its files to print. While it is issued, the page
// says how far it is.
func (s *Pages) Batch(c *fiber.Ctx) error {
	b, err := s.batchOf(c)
	if err != nil {
		return err
	}
	w, all := s.WordsOf(c), b.Certificates
	shown := batchPage{leftOut: leftOut{s.Frame(c, w.T("batch.title", b.Decision)), press.Unprintable(all)}, Given: b, By: s.Namer(c.UserContext())(b.By),
		Left: len(b.Enrolments) - len(all) - len(b.Passed), named: func(code string) string {
			p, _ := s.Places.Province(roster.Present, code)
			return page.ProvinceName(w, p)
		}}
	for part := range (len(all) + press.Together - 1) / press.Together {
		from, to := part*press.Together, min(len(all), (part+1)*press.Together)
		shown.Parts = append(shown.Parts, page.Link{Href: fmt.Sprintf("/registers/%s/print.pdf?part=%d", page.WorkAddress(b.ID), part+1),
			Text: numbers(all[from:to])})
	}
	return s.Page(c, "batch", shown)
}

// PrintBatch sends some hundred certificates of a batch as one PDF to print.
func (s *Pages) PrintBatch(c *fiber.Ctx) error {
	b, err := s.batchOf(c)
	if err != nil {
		return err
	}
	all := b.Certificates
	part, err := strconv.Atoi(c.Query("part", "1"))
	from := (part - 1) * press.Together
	if err != nil || part < 1 || from >= len(all) {
		return fiber.ErrNotFound
	}
	some := all[from:min(len(all), from+press.Together)]
	var out bytes.Buffer
	title := s.Languages.In("vi").T("batch.title", b.Decision)
	left, err := press.Print(c.UserContext(), s.Programme, &out, title, b.At, some)
	if err != nil {
		return err
	}
	file := fmt.Sprintf("lopban-giay-chung-nhan-%s-%05d-%05d.pdf", b.Province, some[0].Number, some[len(some)-1].Number)
	if err := s.TellExport(c, "batch", b.Province, file, len(some)-len(left), press.Note(s.Programme, left)); err != nil {
		return err
	}
	page.Attach(c, "application/pdf", file)
	return c.Send(out.Bytes())
}

// RegisterBook sends the register of a year as a PDF.
func (s *Pages) RegisterBook(c *fiber.Ctx) error {
	p, err := s.ChosenProvince(c)
	if err == nil && p.Code == "" {
		err = problem.Invalid("province", "province.empty")
	}
	if err != nil {
		return err
	}
	year, err := strconv.Atoi(c.Params("year"))
	if err != nil || year < 2000 || year > 9999 {
		return fiber.ErrNotFound
	}
	var out bytes.Buffer
	n, err := press.Book(c.UserContext(), s.Programme, &out, p, year)
	if err != nil {
		return err
	}
	file := fmt.Sprintf("lopban-so-cap-giay-%s-%d.pdf", p.Code, year)
	if err := s.TellExport(c, "register", p.Code, file, n); err != nil {
		return err
	}
	page.Attach(c, "application/pdf", file)
	return c.Send(out.Bytes())
}
