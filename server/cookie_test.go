package server

import (
	"slices"
	"testing"
	"time"

	"lopban/courses/roster/accounts"
)

// Over TLS the browser itself holds the cookies to this host; deleting one writes the same name with nothing in it.
func TestCookies(t *testing.T) {
	now := time.Date(2026, 3, 10, 5, 0, 0, 0, time.UTC)
	got := accounts.Tokens{Access: "a", AccessExpires: now.Add(15 * time.Minute), Renewal: "r", Expires: now.Add(90 * 24 * time.Hour)}
	for tls, prefix := range map[bool]string{true: "__Host-", false: ""} {
		set, unset := cookiesOf(got, now, tls), noCookies(tls)
		want := []cookie{
			{Name: prefix + "lopban-access", Value: "a", Path: "/", SameSite: "Lax", MaxAge: 900, Expires: got.AccessExpires, Secure: tls, HTTPOnly: true},
			{Name: prefix + "lopban-refresh", Value: "r", Path: "/", SameSite: "Lax", MaxAge: 90 * 24 * 3600, Expires: got.Expires, Secure: tls, HTTPOnly: true},
		}
		if !slices.Equal(set, want) {
			t.Errorf("cookies %+v", set)
		}
		for i, c := range unset {
			if c.Name != want[i].Name || c.Value != "" || c.MaxAge != -1 || !c.Expires.Before(now) || c.Secure != tls || c.Path != "/" {
				t.Errorf("deleting %+v", c)
			}
		}
	}
}
