package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/demo"
	"lopban/cmd/lopban/programtest"
)

// Who works on a page sees it change without a new program: templates and styles are read again for each page.
func TestDevShowsTheSourcesAsTheyAre(t *testing.T) {
	sources := t.TempDir()
	for _, folder := range []string{"assets", "content/messages", "content/programme", "server/pages"} {
		if err := os.CopyFS(filepath.Join(sources, folder), os.DirFS(filepath.Join("..", "..", folder))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(sources, "content/courses"), 0o755); err != nil {
		t.Fatal(err)
	}
	path, err := programtest.Program()
	if err != nil {
		t.Fatal(err)
	}
	h := programtest.NewHall(t, console.Place{Data: t.TempDir()}, 1, 1)
	t.Chdir(t.TempDir())
	if out, err := exec.Command(path, "demo", "--dev", "--data", t.TempDir()).CombinedOutput(); err == nil || !strings.Contains(string(out), "folder of the sources") {
		t.Errorf("elsewhere: %v, %s", err, out)
	}
	t.Chdir(sources)
	r := programtest.Launch(t, h.At, "--dev")
	page := func() string {
		t.Helper()
		res, err := http.Get(r.Base + "/sign-in")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := page()
	edit := func(file, old, now string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(sources, file))
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("%s has no %q: %v", file, old, err)
		}
		if err := os.WriteFile(filepath.Join(sources, file), []byte(strings.Replace(string(text), old, now, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	edit("server/pages/sign-in.html", `{{template "top" .}}`, `{{template "top" .}}<p>đang sửa</p>`)
	edit("assets/css/site.css", "{", "{ ")
	after := page()
	if !strings.Contains(after, "<p>đang sửa</p>") || strings.Contains(before, "đang sửa") {
		t.Error("the page is as it was")
	}
	style := func(text string) string {
		_, rest, _ := strings.Cut(text, "/assets/site.")
		hash, _, _ := strings.Cut(rest, ".css")
		return hash
	}
	if style(before) == "" || style(before) == style(after) {
		t.Errorf("the style is %q, and was %q", style(after), style(before))
	}
}

// The store of a demo has accounts whose password everybody knows: it is served to this machine with a word, and to
// others once they have another one. A new demo is not filled for others either.
func TestAStoreOfADemoIsNotServedToOthers(t *testing.T) {
	p := console.Place{Data: programtest.StoreOf(t, programtest.Releases[0])}
	const says, new = "everybody knows the password", "một câu dài dễ nhớ"
	tells(t, "serve", "--addr", "0.0.0.0:0", "--data", p.Data).want(t, 1, says, demo.Accounts[0].Login, "--demo-password")
	tells(t, "demo", "--addr", "0.0.0.0:0", "--data", t.TempDir()).want(t, 1, says, "--demo-password")
	here := programtest.Launch(t, p)
	here.End(t, syscall.SIGTERM)
	if log := here.Log.Tail(); !strings.Contains(log, says) {
		t.Errorf("served to this machine without a word:\n%s", log)
	}

	there := programtest.Launch(t, p, "--addr", "0.0.0.0:0", "--demo-password", new)
	for _, a := range []int{0, len(demo.Accounts) - 1} {
		for password, want := range map[string]int{demo.Password: http.StatusUnauthorized, new: http.StatusOK} {
			who := map[string]string{"login": demo.Accounts[a].Login, "password": password}
			res, err := programtest.Call(t.Context(), http.DefaultClient, http.MethodPost, there.Base+"/api/v1/session", "", who, &struct{}{})
			if err != nil || res.StatusCode != want {
				t.Errorf("%s with %q: %v, %v, want %d", demo.Accounts[a].Login, password, res, err, want)
			}
		}
	}
	there.End(t, syscall.SIGTERM)
}
