package learn

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/assets"
	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/courses/words"
	"lopban/server/page"
)

// phonePage is the page of a phone. What it shows it finds on the phone; without a network it stands for every page.
type phonePage struct {
	page.Frame
	Said map[string]string // sentences, by the end of their key
}

// Phone shows what the visitor has on this phone.
func (s *Pages) Phone(c *fiber.Ctx) error {
	return s.Page(c, "phone", newPhonePage(s.Frame(c, s.WordsOf(c).T("phone.title"))))
}

// Offline is the same page without anybody in it, for the worker to keep.
func (s *Pages) Offline(c *fiber.Ctx) error {
	return s.Page(c, "phone", s.offlinePage(c.Query("lang")))
}

func (s *Pages) offlinePage(lang string) phonePage {
	if lang != "en" {
		lang = "vi"
	}
	w := s.Languages.In(lang)
	f := page.Frame{Words: w, Title: w.T("phone.title"), Path: "/phone", Made: s.Now()}
	f.Menu = []page.Link{{Href: "/phone", Text: w.T("phone.title")}, {Href: "/courses", Text: w.T("menu.courses")}}
	return newPhonePage(f)
}

func newPhonePage(f page.Frame) phonePage {
	f.Script = "phone.js"
	shown := phonePage{f, map[string]string{}}
	for key, text := range f.Messages {
		if name, ok := strings.CutPrefix(key, "phone."); ok {
			shown.Said[name] = text
		}
	}
	for _, state := range []courses.State{courses.Valid, courses.Expired, courses.Revoked, courses.Replaced} {
		shown.Said["state."+string(state)] = f.T("state." + string(state))
	}
	for name, key := range map[string]string{"certs": "certificates.title", "cert.state": "certificate.state", "cert.holder": "verify.holder",
		"cert.unit": "verify.unit", "cert.on": "certificate.issued", "cert.issued": "verify.issued", "cert.until": "verify.until", "cert.endless": "verify.endless",
		"cert.serial": "certificate.serial", "cert.register": "verify.register", "cert.issuer": "certificate.issuer",
		"cert.check": "certificate.check", "cert.code": "verify.code"} {
		shown.Said[name] = f.Messages[key]
	}
	return shown
}

// Worker sends the worker, which is another one whenever the pages are that it keeps.
func (s *Pages) Worker(c *fiber.Ctx) error {
	a := assets.Plain("sw.js")
	pages := sha256.New()
	for _, lang := range []string{"vi", "en"} {
		shown := s.offlinePage(lang)
		shown.Made = time.Time{}
		html, err := s.Render("phone", shown)
		if err != nil {
			return err
		}
		pages.Write(html)
	}
	c.Set(fiber.HeaderContentType, a.Type)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	return c.SendString(string(a.Data) + "// " + hex.EncodeToString(pages.Sum(nil)[:8]) + "\n")
}

// Manifest says how the site stands on a phone's screen once it is installed.
func (s *Pages) Manifest(c *fiber.Ctx) error {
	w := s.WordsOf(c)
	text, err := json.Marshal(fiber.Map{
		"name": w.T("site.name"), "short_name": "Lớp Bản", "description": w.T("site.about"), "lang": w.Lang, "id": "/", "start_url": "/", "scope": "/",
		"display": "standalone", "background_color": "#fbf8f2", "theme_color": "#1f2a5a",
		"icons": []fiber.Map{{"src": assets.Path("icon.svg"), "sizes": "any", "type": "image/svg+xml"}},
	})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/manifest+json")
	return c.Send(text)
}

// brought is what a phone brings: facts, and whose log they are of.
type brought struct {
	Person string              `json:"person"` // of every fact that does not say; "" where the sender does not know
	Phone  string              `json:"phone"`  // name of the log, "" for none
	SentAt time.Time           `json:"sentAt"` // of every fact that does not say
	Photos map[string][]string `json:"photos"` // names that TakePhoto gave, by fact; "" for one that cannot be read
	Facts  []json.RawMessage   `json:"facts"`
}

// facts reads them all before any is recorded.
func (b brought) facts() ([]courses.Fact, error) {
	var all []courses.Fact
	for _, text := range b.Facts {
		var f courses.Fact
		if err := json.Unmarshal(text, &f); err != nil {
			return nil, fiber.ErrBadRequest
		}
		f.Person = cmp.Or(f.Person, b.Person)
		if f.SentAt.IsZero() {
			f.SentAt = b.SentAt
		}
		all = append(all, f)
	}
	return all, nil
}

// TakeFacts keeps what a phone brings and answers for each fact, in order. When the store cannot be reached there is no
// answer for any of them, and sending all again is safe.
func (s *Pages) TakeFacts(c *fiber.Ctx) error {
	var b brought
	if err := page.Decode(c, &b); err != nil {
		return err
	}
	facts, err := b.facts()
	if err != nil {
		return err
	}
	for id := range b.Photos {
		if !slices.ContainsFunc(facts, func(f courses.Fact) bool { return f.ID == id }) {
			return problem.Invalid("photos", "photo-where")
		}
	}
	receipts, whole := []courses.Receipt{}, true
	for _, f := range facts {
		r, err := s.recordBrought(c, f, b.Photos[f.ID])
		if err != nil {
			return err
		}
		whole = whole && r.Reason != photoGone
		receipts = append(receipts, r)
	}
	answer := fiber.Map{"receipts": receipts, "now": store.Time(s.Now())}
	if b.Phone != "" && whole && (b.Person == "" || b.Person == page.VisitorID(c)) {
		log, err := s.School.Heard(c.UserContext(), page.VisitorID(c), b.Phone, b.entries(facts))
		if err != nil {
			return err
		}
		answer["log"] = fiber.Map{"count": log.Count, "hash": log.Hash}
	}
	return c.JSON(answer)
}

func (b brought) entries(facts []courses.Fact) []courses.LogEntry {
	var all []courses.LogEntry
	for i, f := range facts {
		all = append(all, courses.LogEntry{N: f.N, Text: b.Facts[i]})
	}
	return all
}

// photoGone is why a fact is not recorded whose photos have to be brought again. It is not a refusal that is kept.
const photoGone = "photo-gone"

// recordBrought keeps a fact with the photos that came before it. One that could not be read is left out. What no
// sending can mend is refused for good; only a photo that is gone is asked for again.
func (s *Pages) recordBrought(c *fiber.Ctx, f courses.Fact, photos []string) (courses.Receipt, error) {
	photos = slices.DeleteFunc(slices.Clone(photos), func(name string) bool { return name == "" })
	if f.Person == "" || f.Person == page.VisitorID(c) { // of another's fact nothing is looked at
		err := s.findPhotos(c.UserContext(), &f, photos)
		var wrong *problem.Problem
		switch {
		case errors.As(err, &wrong) && wrong.Code == photoGone:
			return s.explained(c, courses.Receipt{ID: f.ID, State: courses.Refused, Reason: photoGone}), nil
		case errors.As(err, &wrong) && errors.Is(err, problem.ErrInvalid):
			r, err := s.School.Refuse(c.UserContext(), page.VisitorID(c), f, wrong)
			return s.explained(c, r), err
		case err != nil:
			return courses.Receipt{}, err
		}
	}
	r, err := s.RecordFact(c, f)
	return s.explained(c, r), err
}

// findPhotos gives a fact the photos of these names.
func (s *Pages) findPhotos(ctx context.Context, f *courses.Fact, names []string) error {
	if len(names) > 0 && f.Kind != "submission" {
		return problem.Invalid("photo", "photo-where")
	}
	for _, name := range names {
		if len(f.Photos) > courses.MaxPhotos { // it is refused for them; more need not be read
			return nil
		}
		p, err := s.School.KeptPhoto(ctx, name)
		if err != nil {
			return err
		}
		f.Photos = append(f.Photos, p)
	}
	return nil
}

// explained adds the reason of a refusal in the visitor's words.
func (s *Pages) explained(c *fiber.Ctx, r courses.Receipt) courses.Receipt {
	if r.State == courses.Refused {
		r.Say = reason(s.WordsOf(c), r.Reason, r.Args)
	}
	return r
}

// reason is why a fact was refused, in words. Where nothing is kept that fills the places of its message, it is said in
// general.
func reason(w words.Words, code string, args []any) string {
	text, ok := w.Messages["error."+code]
	if !ok || len(args) == 0 && strings.Contains(text, "%") {
		return w.T("error.invalid")
	}
	filled := slices.Clone(args)
	for i, arg := range filled {
		if n, ok := arg.(float64); ok && n == math.Trunc(n) { // what a store gives back of a number
			filled[i] = int(n)
		}
	}
	return w.T("error."+code, filled...)
}

// TakePhoto keeps a photo until the fact that names it comes, and gives it its name.
func (s *Pages) TakePhoto(c *fiber.Ctx) error {
	if c.Get(fiber.HeaderContentType) != "image/jpeg" {
		return fiber.ErrUnsupportedMediaType
	}
	if err := s.RoomForPhotos(c.UserContext(), page.VisitorID(c)); err != nil {
		return err
	}
	p, err := s.School.ReadPhoto(c.Body())
	if err != nil {
		return err
	}
	if err := s.Duty.Consented(c.UserContext(), *page.VisitorOf(c).Account, s.WordsOf(c)); err != nil {
		return err
	}
	if err := s.School.BringPhoto(c.UserContext(), page.VisitorID(c), p); err != nil {
		return err
	}
	return c.JSON(fiber.Map{"name": p.Name})
}
