package learn

import (
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/gofiber/fiber/v2"

	"lopban/assets"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/store"
)

// soon is for what phones ask at each check and may be a minute old.
const soon = "public, max-age=60"

// publicKey is a key that signs certificates, or did, as a JWK (RFC 7517) with what has become of it.
type publicKey struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	X         string `json:"x"`
	Y         string `json:"y"`
	Revoked   bool   `json:"revoked,omitempty"`
}

func keySet(all credential.Keys, revoked bool) fiber.Map {
	return fiber.Map{"keys": keyList(all, revoked)}
}

func keyList(all credential.Keys, revoked bool) []publicKey {
	list := []publicKey{}
	for _, k := range all {
		if k.RevokedAt.IsZero() || revoked {
			list = append(list, publicKey{"EC", "P-256", "sig", "ES256", k.Thumbprint, k.X(), k.Y(), !k.RevokedAt.IsZero()})
		}
	}
	return list
}

// CheckKeys are all keys that ever signed certificates, those that were withdrawn marked, for the check page.
func (s *Pages) CheckKeys(c *fiber.Ctx) error {
	all, err := s.Keys.All(c.UserContext())
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, soon)
	return c.JSON(keySet(all, true))
}

// KeySet are the keys that may be believed, as other programs look for them: under their thumbprints, and under the
// addresses by which badges name them.
func (s *Pages) KeySet(c *fiber.Ctx) error {
	all, err := s.Keys.All(c.UserContext())
	if err != nil {
		return err
	}
	named, err := s.badgeKeys(c)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, soon)
	return c.JSON(fiber.Map{"keys": append(keyList(all, false), named...)}, "application/jwk-set+json")
}

// CheckStates says, signed, which certificates are worth nothing any more.
func (s *Pages) CheckStates(c *fiber.Ctx) error {
	text, err := s.badges.States(c.UserContext())
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, soon)
	return c.SendString(text)
}

// CheckWorker is the service worker of the check page alone: it keeps the page and what the page needs, for when there
// is no network. It never sees a page of anybody who is signed in.
func (s *Pages) CheckWorker(c *fiber.Ctx) error {
	worker, _ := assets.Find(assets.Path("check-worker.js")[len("/assets/"):])
	keep, err := json.Marshal(CheckFiles(s.WordsOf(c).Lang))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, worker.Type)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set("Service-Worker-Allowed", "/v")
	return c.SendString("const keep = " + string(keep) + ";\n" + string(worker.Data))
}

// CheckFiles is what a phone must keep to check certificates without a network, the page first.
func CheckFiles(lang string) []string {
	return append([]string{"/v?lang=" + lang}, assets.Whole("site.css", "site.js", "verify.js", "icon.svg")...)
}

// sameFile says whether a file with this hash is the one that is kept for the certificate; asked is false where the
// address names none.
func (s *Pages) sameFile(c *fiber.Ctx, certificate string) (asked, same bool, err error) {
	hash := c.Query("sha256")
	if raw, err := hex.DecodeString(hash); err != nil || len(raw) != 32 {
		return false, false, nil
	}
	same, err = programme.Issued(c.UserContext(), s.Store, certificate, hash)
	return true, same, err
}

// countersigned is whose own signature the file of a certificate has, nil where it has none.
func (s *Pages) countersigned(c *fiber.Ctx, certificate string) (*programme.Countersigned, error) {
	d, err := store.Get[programme.Countersigned](c.UserContext(), s.Store, programme.CountersignedKind, certificate)
	if errors.Is(err, problem.ErrNotFound) {
		return nil, nil
	}
	return &d, err
}
