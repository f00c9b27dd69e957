package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// printed is the fact that a certificate's PDF was made: the bytes are a blob under their hash and never made again.
type printed struct {
	ID     string    `json:"id"`   // the certificate's
	Hash   string    `json:"hash"` // SHA-256 of the PDF, hexadecimal
	MadeAt time.Time `json:"madeAt"`
}

var printedKind = &store.Kind{Name: "printed", Schema: 1, Doc: printed{}, Indexes: [][]string{{"hash"}}}

// papers keeps the PDF of every certificate. They are made one after the other: each takes 10 ms of a core and 15 MB for that long.
type papers struct {
	store store.Store
	now   func() time.Time
	press chan struct{} // held by who makes one
	line  chan struct{} // held by the one of those made unasked that waits for the press: who asks for a paper goes before the others
}

func newPapers(st store.Store, now func() time.Time) papers {
	return papers{st, now, make(chan struct{}, 1), make(chan struct{}, 1)}
}

// unasked is keep for a paper that nobody waits for yet.
func (p *papers) unasked(ctx context.Context, c courses.Certificate) error {
	select {
	case p.line <- struct{}{}:
		defer func() { <-p.line }()
	case <-ctx.Done():
		return ctx.Err()
	}
	_, err := p.keep(ctx, c)
	return err
}

// kept is the PDF that was made, nil before.
func (p *papers) kept(ctx context.Context, c courses.Certificate) ([]byte, error) {
	made, err := store.Get[printed](ctx, p.store, printedKind, c.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p.store.Blob(ctx, made.Hash+".pdf")
}

// keep makes the PDF of a certificate, or gives back the one that was made.
func (p *papers) keep(ctx context.Context, c courses.Certificate) ([]byte, error) {
	if pdf, err := p.kept(ctx, c); pdf != nil || err != nil {
		return pdf, err
	}
	select {
	case p.press <- struct{}{}:
		defer func() { <-p.press }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		pdf, err := p.kept(ctx, c)
		if pdf != nil || err != nil {
			return pdf, err
		}
		pdf, err = paper.Certificate(c)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(pdf)
		hash := hex.EncodeToString(sum[:])
		if err := p.store.PutBlob(ctx, hash+".pdf", pdf); err != nil && !errors.Is(err, store.ErrExists) {
			return nil, err
		}
		err = p.store.Insert(ctx, printedKind, &printed{ID: c.ID, Hash: hash, MadeAt: store.Time(p.now())})
		if err == nil {
			return pdf, nil
		}
		if !errors.Is(err, store.ErrExists) {
			return nil, err
		}
	}
}

// paperOf says what stands on a person's certificate: their post on the roster today, and who signs in their province.
func (s *Server) paperOf(ctx context.Context, person string) (courses.Holder, courses.Issuer, error) {
	var h courses.Holder
	p, err := s.roll.Person(ctx, person)
	switch {
	case err == nil:
		h = courses.Holder{Name: p.Name, Library: p.Library, Commune: p.Commune, Province: p.Province, Programme: p.Programme}
		commune, ok := s.places.Commune(p.Commune)
		if ok && !strings.Contains(roster.Fold(p.Library), roster.Fold(commune.Title())) { // "Thư viện xã Lũng Cú" says it already
			h.Place = commune.Title()
		}
	case errors.Is(err, store.ErrNotFound): // a trainer or an officer who takes a course
		a, err := store.Get[roster.Account](ctx, s.store, roster.AccountKind, person)
		if err != nil {
			return h, courses.Issuer{}, err
		}
		h = courses.Holder{Name: a.Name, Province: a.Province}
	default:
		return h, courses.Issuer{}, err
	}
	province, ok := s.places.Province(roster.Present, h.Province)
	if ok {
		h.Place = strings.TrimPrefix(h.Place+", tỉnh "+province.Name, ", ")
	}
	i, err := s.school.Issuer(ctx, h.Province, province.Name)
	return h, i, err
}

type certificatesPage struct {
	frame
	Entries []courses.Entry
}

// certificates lists what the visitor holds.
func (s *Server) certificates(c *fiber.Ctx) error {
	entries, err := s.school.Certificates(c.UserContext(), visitorID(c))
	if err != nil {
		return err
	}
	return s.page(c, "certificates", certificatesPage{s.frame(c, s.wordsOf(c).T("certificates.title")), entries})
}

type certificatePage struct {
	frame
	Entry courses.Entry
	New   bool
	QR    template.HTML
	Shown string // the code in groups
	May   bool   // the visitor may revoke it
}

// certificate shows the paper on screen.
func (s *Server) certificate(c *fiber.Ctx) error {
	e, err := s.ownCertificate(c, c.Params("code"))
	if err != nil {
		return err
	}
	qr, err := paper.QR(e.VerifyURL)
	if err != nil {
		return err
	}
	f := s.frame(c, s.wordsOf(c).In(e.Title))
	return s.page(c, "certificate", certificatePage{f, e, c.Query("new") != "", template.HTML(qr), courses.ShowCode(e.Code), roster.MayRevoke(*visitorOf(c).account, e.Province)})
}

// certificatePDF sends the paper.
func (s *Server) certificatePDF(c *fiber.Ctx) error {
	e, err := s.ownCertificate(c, c.Params("code"))
	if err != nil {
		return err
	}
	pdf, err := s.papers.keep(c.UserContext(), e.Certificate)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `inline; filename="giay-chung-nhan-`+courses.ShowCode(e.Code)+`.pdf"`)
	return c.Send(pdf)
}

// ownCertificate finds a certificate that the visitor holds, or whose holder's province they look after. Anyone else is told that there is none.
func (s *Server) ownCertificate(c *fiber.Ctx, typed string) (courses.Entry, error) {
	code, ok := courses.ReadCode(typed)
	if !ok {
		return courses.Entry{}, store.NotFound(courses.CertificateKind, "code")
	}
	e, err := s.school.Look(c.UserContext(), code)
	if err != nil {
		return e, err
	}
	a := *visitorOf(c).account
	if e.Person != a.ID && !roster.MayReadPeople(a, e.Province) {
		return courses.Entry{}, store.NotFound(courses.CertificateKind, "code")
	}
	return e, nil
}

// reasonLetters is the longest reason of a revocation, which everyone who checks the certificate reads.
const reasonLetters = 300

// revoke withdraws a certificate.
func (s *Server) revoke(c *fiber.Ctx) error {
	e, err := s.ownCertificate(c, c.Params("code"))
	if err != nil {
		return err
	}
	a := visitorOf(c).account
	if !roster.MayRevoke(*a, e.Province) {
		return store.Denied("denied")
	}
	reason := roster.Clean(c.FormValue("reason"))
	if utf8.RuneCountInString(reason) > reasonLetters {
		return store.Invalid("reason", "text.long", reasonLetters)
	}
	if err := s.school.Revoke(c.UserContext(), e.Code, reason, a.ID); err != nil {
		return err
	}
	if err := s.audit(c, "certificate.revoke", e.Code, e.Province); err != nil {
		return err
	}
	if err := s.board.Restate(c.UserContext(), e.Person); err != nil {
		return err
	}
	return c.Redirect("/certificates/"+e.Code, fiber.StatusSeeOther)
}

type verifyPage struct {
	frame
	Typed string
	Found bool
	Asked bool
	Wrong bool // the code cannot be one of ours: mistyped
	Entry courses.Entry
	Shown string
}

// Verdict is the state as the page says it.
func (p verifyPage) Verdict() string {
	if !p.Found {
		return "unknown"
	}
	return string(p.Entry.State)
}

// verify is the page that anyone may read: whose certificate a code is and what it is worth. It says no more than the paper does.
func (s *Server) verify(c *fiber.Ctx) error {
	typed := c.Params("code")
	if typed == "" {
		typed = c.Query("code")
	}
	page := verifyPage{frame: s.frame(c, s.wordsOf(c).T("verify.title")), Typed: typed, Asked: typed != ""}
	c.Set(fiber.HeaderXRobotsTag, "noindex")
	if !page.Asked {
		return s.page(c, "verify", page)
	}
	code, ok := courses.ReadCode(typed)
	if page.Wrong = !ok; ok {
		e, err := s.school.Look(c.UserContext(), code)
		if err == nil {
			page.Found, page.Entry, page.Shown = true, e, courses.ShowCode(e.Code)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	if !page.Found {
		c.Status(fiber.StatusNotFound)
	}
	return s.page(c, "verify", page)
}

// Issued says whether the PDF with this hash is the one that was kept for the certificate.
func Issued(ctx context.Context, st store.Store, certificate, hash string) (bool, error) {
	p, err := store.Get[printed](ctx, st, printedKind, certificate)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return p.Hash == hash, err
}
