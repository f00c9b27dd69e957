package server

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A player asks for a part of a film at a time, and Safari plays nothing that is not sent in parts.
func TestAFilmIsSentInTheParts(t *testing.T) {
	s := newSite(t)
	film := strings.Repeat("a", 64)
	for _, ending := range []string{".mp4", ".svg"} {
		if err := s.Store.PutBlob(context.Background(), film+ending, []byte("0123456789")); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		asked, ending string
		status        int
		body, part    string
	}{
		{"", ".mp4", 200, "0123456789", ""},
		{"bytes=0-1", ".mp4", 206, "01", "bytes 0-1/10"},
		{"bytes=4-", ".mp4", 206, "456789", "bytes 4-9/10"},
		{"bytes=-3", ".mp4", 206, "789", "bytes 7-9/10"},
		{"bytes=8-99", ".mp4", 206, "89", "bytes 8-9/10"},
		{"bytes=10-", ".mp4", 416, "", "bytes */10"},
		{"bytes=0-1,4-5", ".mp4", 200, "0123456789", ""},
		{"bytes=x", ".mp4", 200, "0123456789", ""},
		{"pages=0-1", ".mp4", 200, "0123456789", ""},
		{"bytes=0-1", ".svg", 200, "0123456789", ""}, // a drawing may be packed on its way
	} {
		request := httptest.NewRequest(http.MethodGet, "/media/"+film+c.ending, nil)
		request.Header.Set("Range", c.asked)
		r, err := s.anyone().app.Test(request, -1)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != c.status || c.status < 400 && string(body) != c.body || r.Header.Get("Content-Range") != c.part {
			t.Errorf("%q of %s: %d %q %q, %v", c.asked, c.ending, r.StatusCode, body, r.Header.Get("Content-Range"), err)
		}
		if r.StatusCode == http.StatusOK && (r.Header.Get("Accept-Ranges") == "bytes") != (c.ending == ".mp4") {
			t.Errorf("%s: Accept-Ranges is %q", c.ending, r.Header.Get("Accept-Ranges"))
		}
	}
}

func TestWeightIsSaidWithItsTime(t *testing.T) {
	s := newSite(t)
	for bytes, want := range map[int]string{28 << 10: "(28 KB, khoảng 5 giây trên mạng 2G)", 1500 << 10: "(1.500 KB, khoảng 5 phút trên mạng 2G)"} {
		if got := (s.Languages.In("vi")).Weight(bytes); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
