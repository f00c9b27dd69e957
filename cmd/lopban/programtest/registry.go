package programtest

import (
	"crypto/rand"
	"io"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Registry is a data folder in which somebody of 08 has earned a certificate, held open as by a server.
type Registry struct {
	Data      string
	st        store.Store
	Programme *programme.Programme
	Entry     school.Entry
}

// NewRegistry makes such a folder.
func NewRegistry(t *testing.T) *Registry {
	t.Helper()
	o := &Registry{Data: t.TempDir()}
	var err error
	if o.st, err = (console.Place{Data: o.Data}).Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o.Programme, err = console.NewProgramme(t.Context(), o.st, "http://lopban.test", io.Discard); err != nil {
		t.Fatal(err)
	}
	text := courses.Text{Vi: "Khóa", En: "Course"}
	v := courses.Version{Course: "K", Hash: "h", Strand: courses.LibraryService, Title: text, Periods: 2, PassMark: 60,
		Modules: []courses.Module{{ID: "m", Title: text, Lessons: []courses.Lesson{{ID: "doc", Title: text, Minutes: 90}}}}}
	if _, _, err := o.Programme.School.Publish(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	p, err := o.Programme.Roll.Add(t.Context(), roster.Entry{Name: "Vàng Thị Mỷ", Library: "Thư viện xã", Commune: "00715", On: roster.Day(o.Programme.Now()).AddDate(-1, 0, 0)}, "operator")
	if err != nil {
		t.Fatal(err)
	}
	r, err := o.Programme.Record(t.Context(), p.ID, courses.Fact{ID: "1", Kind: "completion", Course: "K", Lesson: "doc", At: console.Clock()})
	if err != nil || r.Certificate == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if o.Entry, err = o.Programme.School.Look(t.Context(), r.Certificate); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"0912000001", "0912000002"} {
		a, _, err := o.Programme.Accounts.Create(t.Context(), roster.Operator(), "", "Cán Bộ", []roster.Role{roster.Staff}, "08")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Update(t.Context(), o.st, roster.AccountKind, a.ID, func(a *roster.Account) error { a.Logins = []string{login}; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := o.st.Insert(t.Context(), roster.LoginKind, &roster.Login{ID: login, Account: a.ID}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(o.Close)
	return o
}

// Close ends the server.
func (o *Registry) Close() {
	if o.st != nil {
		o.Programme.Background.Stop()
		o.st.Close()
		o.st = nil
	}
}

// Swapped is a code with one wrong character.
func Swapped(code string) string {
	other := "2"
	if code[:1] == other {
		other = "3"
	}
	return other + code[1:]
}

// Unknown is a well-formed code of no certificate.
func Unknown(t testing.TB) string {
	t.Helper()
	code, err := courses.NewCode(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return code
}
