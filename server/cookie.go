package server

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
)

// cookie is the attributes of a cookie, for whatever writes it.
type cookie struct {
	Name, Value string
	Path        string
	SameSite    string
	MaxAge      int       // seconds; -1 deletes it
	Expires     time.Time // the same, for what only knows dates
	Secure      bool
	HTTPOnly    bool
}

// accessCookie and renewalCookie are the names of the two cookies. Over TLS the browser itself holds a __Host- cookie
// to this host, to Secure and to no Domain.
func accessCookie(tls bool) string { return hosted("access", tls) }

func renewalCookie(tls bool) string { return hosted("refresh", tls) }

func hosted(name string, tls bool) string {
	if tls {
		return "__Host-lopban-" + name
	}
	return "lopban-" + name
}

// cookiesOf are the two cookies of the tokens.
func cookiesOf(t accounts.Tokens, now time.Time, tls bool) []cookie {
	return []cookie{sealed(accessCookie(tls), t.Access, now, t.AccessExpires, tls), sealed(renewalCookie(tls), t.Renewal, now, t.Expires, tls)}
}

// noCookies delete the two cookies.
func noCookies(tls bool) []cookie {
	gone := time.Unix(1, 0).UTC()
	return []cookie{sealed(accessCookie(tls), "", gone, gone, tls), sealed(renewalCookie(tls), "", gone, gone, tls)}
}

// deviceCookie remembers an account on this device, see accounts.Remember. Each account has its own, and only the form
// of sign-in gets them: they cost no other request anything.
func deviceCookie(a roster.Account, token string, now time.Time, tls bool) cookie {
	sum := sha256.Sum256([]byte(a.ID))
	name := devicePrefix + hex.EncodeToString(sum[:4])
	if tls {
		name = "__Secure-" + name // __Host- would need the path /
	}
	k := sealed(name, token, now, now.Add(accounts.DeviceLife), tls)
	k.Path = "/sign-in"
	return k
}

const devicePrefix = "lopban-device-"

// devicesOf lists the tokens of the device that a request comes from.
func devicesOf(c *fiber.Ctx) (tokens []string) {
	c.Request().Header.VisitAllCookie(func(name, value []byte) {
		if strings.HasPrefix(strings.TrimPrefix(string(name), "__Secure-"), devicePrefix) {
			tokens = append(tokens, string(value))
		}
	})
	return tokens
}

func sealed(name, value string, now, expires time.Time, tls bool) cookie {
	age := int(expires.Sub(now) / time.Second)
	if age <= 0 {
		age = -1
	}
	return cookie{Name: name, Value: value, Path: "/", SameSite: "Lax", MaxAge: age, Expires: expires, Secure: tls, HTTPOnly: true}
}
