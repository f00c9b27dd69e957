package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lopban/courses/store"
	"lopban/courses/store/sqlite"
)

// Whatever something else than the program did to a document is seen, and named; all of it, not the first alone. The
// others can still be read, one by one and together.
func TestInspectNamesWhatWasChanged(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	for i := range 300 { // more than a page
		must(t, s.Insert(t.Context(), k, somebody(fmt.Sprintf("p%03d", i))))
	}
	_, err := store.Update(t.Context(), s, k, "p299", func(p *person) error { p.Province = "Lò Văn Thử"; return nil })
	must(t, err)
	inspect := func() (all []string) {
		n, err := s.Inspect(t.Context(), k, func(d store.Damage) { all = append(all, d.ID+" "+d.What) })
		if err != nil || n != 300 {
			t.Errorf("%d documents, %v", n, err)
		}
		return all
	}
	if got := inspect(); got != nil {
		t.Errorf("in a sound store: %q", got)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.FileName))
	must(t, err)
	defer db.Close()
	for _, change := range []string{
		`UPDATE person SET _body = replace(_body, '"08"', '"04"') WHERE id = 'p001'`,
		`UPDATE person SET _body = substr(_body, 1, 20) WHERE id = 'p002'`,
		`UPDATE person SET _body = CAST(_body AS BLOB) || x'00' WHERE id = 'p003'`,
		`UPDATE person SET _sum = NULL WHERE id = 'p004'`,
		`UPDATE person SET id = 'pX' WHERE id = 'p005'`,
		`UPDATE person SET province = '04' WHERE id = 'p006'`,
	} {
		if _, err := db.Exec(change); err != nil {
			t.Errorf("%s: %v", change, err)
		}
	}
	want := []string{"p001 " + store.Altered, "p002 " + store.Unreadable, "p003 " + store.Unreadable, "p004 " + store.Altered, "p006 " + store.Misfiled, "pX " + store.Misfiled}
	if got := inspect(); !slices.Equal(got, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	all, err := store.All[person](t.Context(), store.PassOver(s), k, store.Query{})
	if err != nil || len(all) != 298 {
		t.Errorf("%d can be read, %v", len(all), err)
	}
}

// The documents of a store that kept no sums have them once it was opened, without being changed.
func TestAnEarlierStoreGetsItsSums(t *testing.T) {
	dir, k := t.TempDir(), people()
	s := open(t, dir, k)
	must(t, s.Insert(t.Context(), k, somebody("p1")))
	must(t, s.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.FileName))
	must(t, err)
	defer db.Close()
	body := func() (text string) {
		must(t, db.QueryRow(`SELECT _body FROM person`).Scan(&text))
		return text
	}
	before := body()
	_, err = db.Exec(`ALTER TABLE person DROP COLUMN _sum`)
	must(t, err)
	s = open(t, dir, k)
	_, err = s.Inspect(t.Context(), k, func(d store.Damage) { t.Errorf("%+v", d) })
	must(t, err)
	if after := body(); after != before {
		t.Errorf("was %s, is %s", before, after)
	}
}
