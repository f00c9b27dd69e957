package programme

import (
	"context"
	"fmt"
	"testing"

	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/courses/store/storetest"
)

// finds counts the queries of a store.
type finds struct {
	store.Store
	n int
}

func (f *finds) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) error {
	f.n++
	return f.Store.Find(ctx, k, q, each)
}

func (f *finds) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	f.n++
	return f.Store.Get(ctx, k, id, doc)
}

// However many people an import calls otherwise, they are asked for together, and each account that there is and each
// standing has the new name; who has no account gets none. When an account cannot be written the import is not done.
func TestAnImportRenamesMany(t *testing.T) {
	asked := map[int]int{}
	for _, n := range []int{3, 40} {
		o := newOffice(t)
		var rows []*intake.ImportRow
		for i := range n {
			p := o.add(fmt.Sprintf("Lò Văn %c%c", 'A'+i/26, 'a'+i%26), "Thư viện", "00700", "2025-12-05")
			if i > 0 {
				if _, _, err := o.Accounts.Create(t.Context(), roster.Operator(), p.ID, p.Name, []roster.Role{roster.Learner}, ""); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := store.Update(t.Context(), o.Store, roster.PersonKind, p.ID, func(p *roster.Person) error { p.Name += " Hai"; return nil }); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, &intake.ImportRow{Person: p.ID, Changes: []intake.Change{{Field: intake.FieldName}}})
		}
		cut := storetest.NewCut(o.Store)
		o.Store = cut
		cut.After(1)
		if err := o.refreshSome(t.Context(), rows); err == nil {
			t.Error("an account that was not written is no error")
		}
		cut.Mend()
		watched := &finds{Store: cut}
		o.Store, o.Roll.Store, o.Board.Store = watched, watched, watched
		if err := o.refreshSome(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		asked[n] = watched.n
		for i, row := range rows {
			p, err := o.Roll.Person(t.Context(), row.Person)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := store.Get[roster.Account](t.Context(), o.Store, roster.AccountKind, p.ID); (err == nil) != (i > 0) || i > 0 && a.Name != p.Name {
				t.Errorf("the account of %s is of %q, %v", p.Name, a.Name, err)
			}
		}
	}
	if asked[3] != asked[40] {
		t.Errorf("for 3 and for 40 people it was asked %v times", asked)
	}
}
