package demo

import (
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store/sqlite"
)

// Every account of a demo is named and given another password, also the staff and trainers of the other provinces,
// whose sign-ins are not printed.
func TestNoAccountKeepsThePasswordThatIsPrinted(t *testing.T) {
	st, err := sqlite.Open(t.TempDir(), programme.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s, err := console.NewProgramme(t.Context(), st, "http://lopban.test", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r := &Region{s: s, Rand: rand.New(rand.NewPCG(1687, 1)), bar: &console.Bar{Out: io.Discard}, trainers: map[string]string{}}
	var made []string
	for _, p := range s.Places.Provinces(roster.Present)[:2] {
		login := loginOf(roster.Staff, p.Code)
		if p.Code == Accounts[0].province {
			login = "canbo"
		}
		if err := r.account(t.Context(), "", "Vũ Thị Lan", login, p.Code, roster.Staff); err != nil {
			t.Fatal(err)
		}
		made = append(made, login)
	}
	open, err := Open(t.Context(), s, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, login := range made {
		if _, named := open[login]; !named {
			t.Errorf("%s has the demo's password, and is not named", login)
		}
	}
	if !slices.Contains(made, "staff-04") {
		t.Fatalf("%v has no account whose sign-in is not printed", made)
	}
	const password = "một câu dài dễ nhớ"
	if err := Guard(t.Context(), &console.Terminal{Err: io.Discard}, s, true, password); err != nil {
		t.Fatal(err)
	}
	for _, login := range made {
		a, err := s.Accounts.ByLogin(t.Context(), login)
		if err != nil {
			t.Fatal(err)
		}
		for given, want := range map[string]bool{Password: false, password: true} {
			if has, err := s.Accounts.HasPassword(t.Context(), a.ID, given); err != nil || has != want {
				t.Errorf("%s has %q: %v, %v", login, given, has, err)
			}
		}
	}
}
