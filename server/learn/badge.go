package learn

import (
	"github.com/gofiber/fiber/v2"

	"lopban/assets"
	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// badgePage is what anyone may read who was given a certificate's code: the badge, and what the paper says.
type badgePage struct {
	page.Frame
	Entry   school.Entry
	Endless bool   // the certificate does not expire
	Picture string // without the badge in it, which would be a look-up of its own
}

// Badge is the page of a certificate's badge, to be sent to others.
func (s *Pages) Badge(c *fiber.Ctx) error {
	e, err := s.badged(c)
	if err != nil {
		return err
	}
	shown := badgePage{s.Frame(c, s.WordsOf(c).T("badge.of", s.WordsOf(c).In(e.Title))), e, e.ValidUntil.Equal(courses.Forever),
		assets.Path(badgePicture(e.Strand, ".svg"))}
	shown.Glimpse = s.glimpse(c, e, credential.BadgeAddress(s.BaseURL, e.Code))
	return s.Page(c, "badge", shown)
}

// badged is the certificate with the code in the address. Nobody looks for one by anything else.
func (s *Pages) badged(c *fiber.Ctx) (school.Entry, error) {
	c.Set(fiber.HeaderXRobotsTag, "noindex")
	code, ok := courses.ReadCode(c.Params("code"))
	if !ok {
		return school.Entry{}, store.NotFound(school.CertificateKind, "code")
	}
	return s.School.Look(c.UserContext(), code)
}

// glimpse is what a messenger shows of a certificate's page. It does not say whether the certificate is good:
// messengers keep what they have read.
func (s *Pages) glimpse(c *fiber.Ctx, e school.Entry, address string) *page.Glimpse {
	w := s.WordsOf(c)
	return &page.Glimpse{Title: w.T("badge.preview", w.In(e.Title)), Text: w.T("badge.preview.text", e.Holder.Name, e.Issuer.Name, w.Date(e.IssuedAt)), URL: address,
		Picture: s.BaseURL + assets.Path(badgePicture(e.Strand, ".png"))}
}

func badgePicture(strand courses.Strand, ending string) string {
	return "badge-" + string(strand) + ending
}

// ForPrograms lets pages of other sites show an answer and read it, also where it says why there is none: it is the
// same for everybody, and cookies do not come along.
func ForPrograms(c *fiber.Ctx) error {
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	return c.Next()
}

// baked is the badge of the certificate with the code in the address, and the picture that it goes with.
func (s *Pages) baked(c *fiber.Ctx, ending string) (jwt string, picture []byte, err error) {
	e, err := s.badged(c)
	if err != nil {
		return "", nil, err
	}
	a, _ := assets.Find(assets.Path(badgePicture(e.Strand, ending))[len("/assets/"):])
	jwt, err = s.badges.Badge(c.UserContext(), e.Certificate)
	return jwt, a.Data, err
}

// BadgeFile sends the badge by itself. Its type is that of the credentials' specification, or plain text, as Open
// Badges calls it, for who asks for that.
func (s *Pages) BadgeFile(c *fiber.Ctx) error {
	jwt, _, err := s.baked(c, ".svg")
	if err != nil {
		return err
	}
	c.Vary(fiber.HeaderAccept)
	kind := c.Accepts("application/vc+jwt", fiber.MIMETextPlain)
	if kind == "" { // asked for what it is not: it says what it is
		kind = "application/vc+jwt"
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.SendString(jwt)
}

// BadgeSVG sends the badge as a drawing that holds it.
func (s *Pages) BadgeSVG(c *fiber.Ctx) error {
	jwt, picture, err := s.baked(c, ".svg")
	if err == nil {
		picture, err = credential.BakeSVG(picture, jwt)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/svg+xml")
	return c.Send(picture)
}

// BadgePNG sends the badge as a picture that holds it.
func (s *Pages) BadgePNG(c *fiber.Ctx) error {
	jwt, picture, err := s.baked(c, ".png")
	if err == nil {
		picture, err = credential.BakePNG(picture, jwt)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	return c.Send(picture)
}

// BadgeStatus sends a list of which badges are worth nothing any more.
func (s *Pages) BadgeStatus(c *fiber.Ctx) error {
	text, err := s.badges.StatusList(c.UserContext(), c.Params("list"))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, soon)
	c.Set(fiber.HeaderContentType, "application/vc+jwt")
	return c.SendString(text)
}

// badgeKeys are the keys that may be believed, as badges name them.
func (s *Pages) badgeKeys(c *fiber.Ctx) ([]publicKey, error) {
	all, err := s.Keys.All(c.UserContext())
	if err != nil {
		return nil, err
	}
	c.Set(fiber.HeaderCacheControl, soon)
	keys := keyList(all, false)
	for i := range keys {
		keys[i].ID = credential.KeyAddress(s.BaseURL, keys[i].ID)
	}
	return keys, nil
}

// BadgeKeys are all of them.
func (s *Pages) BadgeKeys(c *fiber.Ctx) error {
	keys, err := s.badgeKeys(c)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"keys": keys}, "application/jwk-set+json")
}

// BadgeKey is one of them: what its address, which badges name it by, must lead to.
func (s *Pages) BadgeKey(c *fiber.Ctx) error {
	keys, err := s.badgeKeys(c)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.ID == credential.KeyAddress(s.BaseURL, c.Params("key")) {
			return c.JSON(k, "application/jwk+json")
		}
	}
	return problem.ErrNotFound
}

// method is a key as a document about its holder names it (W3C Controlled Identifiers 1.0).
type method struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Controller string    `json:"controller"`
	Key        publicKey `json:"publicKeyJwk"`
}

// BadgeIssuer says who issues, and with which keys.
func (s *Pages) BadgeIssuer(c *fiber.Ctx) error {
	issuer, err := s.badges.Issuer(c.UserContext(), c.Params("province"))
	if err != nil {
		return err
	}
	keys, err := s.badgeKeys(c)
	if err != nil {
		return err
	}
	methods, ids := []method{}, []string{}
	for _, k := range keys {
		methods, ids = append(methods, method{k.ID, "JsonWebKey", issuer.ID, k}), append(ids, k.ID)
	}
	return c.JSON(struct {
		credential.Profile
		Methods    []method `json:"verificationMethod"`
		Assertions []string `json:"assertionMethod"`
	}{issuer, methods, ids})
}
