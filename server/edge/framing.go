package edge

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"
)

// Framed says whether a request says in one way alone where its body ends, as RFC 9112 (6.3) wants it: one length, or
// chunks, and no line that programs read differently. fasthttp 1.51 takes the rest too, so that a proxy in front of it
// could be made to see other requests than this server does.
func Framed(h *fasthttp.RequestHeader) bool {
	lengths, codings := 0, 0
	for line := range bytes.Lines(h.RawHeaders()) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') || bytes.ContainsAny(line, "\r\x00") {
			return false
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.Trim(value, " \t")
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			lengths++
			if len(value) == 0 || strings.Trim(string(value), "0123456789") != "" {
				return false
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			codings++
			if !bytes.EqualFold(value, []byte("chunked")) || !h.IsHTTP11() {
				return false
			}
		}
	}
	return lengths+codings <= 1
}
