package office

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme/press"
	"lopban/courses/programme/signing"
	"lopban/courses/roster"
	"lopban/server/page"
)

type signingPage struct {
	leftOut
	Province roster.Province
	Batch    string // address of the batch that is meant, "" for all
	Left     []courses.Certificate
	Parts    []page.Link
	Taken    []signing.Taken // those that were not taken first
	Good     int
	Open     string
	Fault    *page.FormFault
	Most, MB int
	May      bool
}

// Why says why a file was not taken.
func (p signingPage) Why(t signing.Taken) string {
	return p.T("error."+t.Wrong.Code, t.Wrong.Args...)
}

// Signing shows the certificates of a province that have no signature of the issuer's own: they are downloaded,
// signed with the issuer's token, and handed in.
func (s *Pages) Signing(c *fiber.Ctx) error {
	if p, err := s.ChosenProvince(c); err != nil {
		return err
	} else if p.Code == "" {
		return page.SeeOther(c, "/registers") // which asks for one
	}
	return s.showSigning(c, nil, nil)
}

func (s *Pages) showSigning(c *fiber.Ctx, taken []signing.Taken, fault *page.FormFault) error {
	p, left, err := s.toSign(c)
	if err != nil {
		return err
	}
	shown := signingPage{leftOut: leftOut{s.Frame(c, s.WordsOf(c).T("signing.title")), press.Unprintable(left)}, Province: p, Batch: c.FormValue("batch"), Left: left, Open: "signing", Fault: fault,
		Most: signing.Together, MB: signing.MostBytes >> 20, Taken: taken, May: roster.MayRevoke(*page.VisitorOf(c).Account, p.Code)}
	for some := range slices.Chunk(left, signing.Together) {
		first, last := some[0], some[len(some)-1]
		query := url.Values{"province": {p.Code}, "batch": {shown.Batch}, "from": {first.Code}}
		shown.Parts = append(shown.Parts, page.Link{Href: "/registers/signing.zip?" + query.Encode(), Text: first.Register + " – " + last.Register})
	}
	for _, t := range taken {
		if t.Wrong == nil {
			shown.Good++
		}
	}
	return s.Page(c, "signing", shown)
}

// toSign are the certificates of the province and batch that are meant which have no signature of the issuer's own.
func (s *Pages) toSign(c *fiber.Ctx) (roster.Province, []courses.Certificate, error) {
	p, err := s.ChosenProvince(c)
	if err == nil && p.Code == "" {
		err = problem.Invalid("province", "province.empty")
	}
	if err != nil {
		return p, nil, err
	}
	left, err := signing.ToSign(c.UserContext(), s.Store, p.Code, time.Time{})
	if batch := c.FormValue("batch"); batch != "" {
		left = slices.DeleteFunc(left, func(e courses.Certificate) bool { return page.WorkAddress(e.Decision.Batch) != batch })
	}
	return p, left, err
}

// SigningFile sends some certificates to be signed as one ZIP file.
func (s *Pages) SigningFile(c *fiber.Ctx) error {
	p, left, err := s.toSign(c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(left, func(e courses.Certificate) bool { return e.Code == c.Query("from") })
	if i < 0 { // it was signed meanwhile
		return page.SeeOther(c, "/registers/signing?"+url.Values{"province": {p.Code}, "batch": {c.Query("batch")}}.Encode())
	}
	left = left[i:min(len(left), i+signing.Together)]
	var out bytes.Buffer
	without, err := signing.Pack(c.UserContext(), s.Programme, &out, left)
	if err != nil {
		return err
	}
	n := len(left) - len(without)
	file := fmt.Sprintf("lopban-ky-so-%s-%d.zip", p.Code, n)
	if err := s.TellExport(c, "signing", p.Code, file, n, press.Note(s.Programme, without)); err != nil {
		return err
	}
	page.Attach(c, "application/zip", file)
	return c.Send(out.Bytes())
}

// TakeSigned takes the files that the issuer signed, and says of each what became of it.
func (s *Pages) TakeSigned(c *fiber.Ctx) error {
	a := *page.VisitorOf(c).Account
	p, err := s.ChosenProvince(c)
	if err == nil && !roster.MayRevoke(a, p.Code) {
		err = problem.Denied("denied")
	}
	if err != nil {
		return err
	}
	files, err := signedFiles(c)
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showSigning(c, nil, fault)
	}
	taken, err := signing.Take(c.UserContext(), s.Programme, a, files)
	if err != nil {
		return err
	}
	slices.SortStableFunc(taken, func(a, b signing.Taken) int { return bad(a) - bad(b) })
	return s.showSigning(c, taken, nil)
}

func bad(t signing.Taken) int {
	if t.Wrong != nil {
		return 0
	}
	return 1
}

// signedFiles are the PDFs of a form, by themselves or in ZIP files.
func signedFiles(c *fiber.Ctx) ([]signing.File, error) {
	form, err := c.MultipartForm()
	if err != nil {
		return nil, problem.Invalid("file", "file.missing")
	}
	var all []signing.File
	for _, header := range form.File["file"] {
		if header.Filename == "" {
			continue
		}
		data, err := readFile(header)
		if err != nil {
			return nil, err
		}
		some, err := signing.Files(header.Filename, data)
		if err != nil {
			return nil, err
		}
		if all = append(all, some...); len(all) > signing.Together {
			return nil, problem.Invalid("file", "signed-many", signing.Together)
		}
	}
	if len(all) == 0 {
		return nil, problem.Invalid("file", "file.missing")
	}
	return all, nil
}
