package server

import (
	"strings"
	"testing"
)

// A request whose length two programs could read differently is refused and its connection ends: a proxy in front of
// this server and the server must not disagree on where the next one begins.
func TestNoRequestIsHiddenInAnother(t *testing.T) {
	address := newSite(t).listening()
	const hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	post := func(headers, body string) string {
		return "POST /language HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n\r\n" + body
	}
	for what, sent := range map[string]string{
		"a length and chunks":         post("Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n"+hidden),
		"chunks and a length":         post("Transfer-Encoding: chunked\r\nContent-Length: 39", "0\r\n\r\n"+hidden),
		"two lengths":                 post("Content-Length: 0\r\nContent-Length: 34", hidden),
		"two lengths, turned":         post("Content-Length: 34\r\nContent-Length: 0", hidden),
		"a list of lengths":           post("Content-Length: 0, 34", hidden),
		"a length with a sign":        post("Content-Length: +0", hidden),
		"another coding":              post("Transfer-Encoding: xchunked", hidden),
		"chunks, not the last coding": post("Transfer-Encoding: chunked, identity", "0\r\n\r\n"+hidden),
		"two codings":                 post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "0\r\n\r\n"+hidden),
		"a space before the colon":    post("Content-Length : 34", hidden),
		"a tab in the coding":         post("Transfer-Encoding:\tchunked", "0\r\n\r\n"+hidden),
		"a folded line":               post("X: y\r\n Content-Length: 34", hidden),
		"a lone return":               post("X: y\rContent-Length: 34", hidden),
		"a size that is none":         post("Transfer-Encoding: chunked", "0x0\r\n\r\n"+hidden),
		"chunks of HTTP/1.0":          strings.Replace(post("Transfer-Encoding: chunked", "0\r\n\r\n"+hidden), "HTTP/1.1", "HTTP/1.0", 1),
	} {
		got := spoken(t, address, sent)
		if strings.Contains(got, "ok\n") {
			t.Errorf("%s: the hidden request is answered: %.120q", what, got)
		}
		if valid := what == "a tab in the coding" || what == "a size that is none"; !valid && !strings.HasPrefix(got, "HTTP/1.1 400") {
			t.Errorf("%s: %.120q", what, got)
		}
	}
	// or the test is blind
	if got := spoken(t, address, post("Content-Length: 7", "lang=en")+strings.Replace(hidden, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)); !strings.Contains(got, "ok\n") {
		t.Errorf("of two requests one after the other: %.300q", got)
	}
}
