package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/rights/duty"
	"lopban/courses/roster"
)

// Who was erased after a backup was made is erased again where it is restored, before anybody is answered.
func TestWhoWasErasedStaysErasedAfterAnOlderBackup(t *testing.T) {
	tmp := t.TempDir()
	was, backup, list := console.Place{Data: filepath.Join(tmp, "was")}, filepath.Join(tmp, "backup"), filepath.Join(tmp, "erased.list")
	on := func(p console.Place, do func(*duty.Desk) error) {
		t.Helper()
		st, err := p.OpenAny(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		s, err := programme.New(t.Context(), console.Settings(st, "http://lopban.test", io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Background.Stop()
		if err := do(duty.New(s)); err != nil {
			t.Fatal(err)
		}
	}
	var mai, dua roster.Person
	var asked rights.Asking
	on(was, func(d *duty.Desk) (err error) {
		yesterday := roster.Day(d.Now()).AddDate(0, 0, -1)
		enter := func(name, phone string) (p roster.Person) {
			if err == nil {
				p, err = d.Roll.Add(t.Context(), roster.Entry{Name: name, Phone: phone, Post: "Thủ thư", Library: "Thư viện xã", Commune: "00715", On: yesterday}, "SEN")
			}
			if err == nil {
				err = d.RefreshPerson(t.Context(), p)
			}
			return p
		}
		mai, dua = enter("Vàng Thị Mai", "0912345671"), enter("Giàng A Dua", "0912345672")
		if err == nil {
			_, err = d.Roll.Leave(t.Context(), mai.ID, roster.Day(d.Now()), "SEN")
		}
		if err == nil {
			asked, err = d.Ask(t.Context(), roster.Operator(), mai.ID, rights.Petition{What: rights.Erase})
		}
		return err
	})
	tells(t, "backup", backup, "--data", was.Data).want(t, 0)
	on(was, func(d *duty.Desk) error {
		_, err := d.Erase(t.Context(), roster.Operator(), mai.ID, asked.ID)
		return err
	})
	said := tells(t, "erased", "--data", was.Data).want(t, 0)
	if !strings.HasPrefix(said.out, `{"id":"`+mai.ID+`"`) || strings.Count(said.out, "\n") != 1 || strings.Contains(said.out, "Mai") {
		t.Errorf("the list is %s", said.out)
	}
	if err := os.WriteFile(list, []byte(said.out), 0o600); err != nil {
		t.Fatal(err)
	}

	if got := tells(t, "restore", backup, "--data", filepath.Join(tmp, "without")).want(t, 0); !strings.Contains(got.out, "restore with --erased FILE") {
		t.Errorf("without the list it says %s", got.out)
	}
	bad := filepath.Join(tmp, "bad.list")
	if err := os.WriteFile(bad, []byte(said.out+`{"id":""}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tells(t, "restore", backup, "--data", filepath.Join(tmp, "bad"), "--erased", bad).want(t, 1, "bad.list, line 2: is no line of lopban erased; nothing was written")
	if _, err := os.Stat(filepath.Join(tmp, "bad")); err == nil {
		t.Error("something was written")
	}

	is := console.Place{Data: filepath.Join(tmp, "is")}
	if got := tells(t, "restore", backup, "--data", is.Data, "--erased", list).want(t, 0); !strings.Contains(got.out, "people erased since: 1") {
		t.Errorf("with the list it says %s", got.out)
	}
	on(is, func(d *duty.Desk) error {
		if err := d.Settle(t.Context()); err != nil { // as serve does before it answers
			return err
		}
		a, err := d.Rights.Petition(t.Context(), asked.ID)
		if err == nil && a.How() != rights.Done {
			t.Errorf("what she asked is %s", a.How())
		}
		return err
	})
	for name, doc := range holdings(t, is) {
		if text := fmt.Sprintf("%+v", doc); strings.Contains(text, "Vàng Thị Mai") || strings.Contains(text, "0912345671") {
			t.Errorf("%s still has her: %s", name, text)
		}
	}
	if holdings(t, is)["person "+dua.ID] == nil {
		t.Error("the neighbour is gone too")
	}
	if got := tells(t, "doctor", "--data", is.Data).want(t, 0); t.Failed() {
		t.Log(got.out)
	}
}
