package programme

import (
	"testing"

	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
)

// A process stops after somebody was taken and before it is told: the next one tells both provinces, once, and who it
// was that accepted.
func TestATransferIsToldAfterAStop(t *testing.T) {
	o := newOffice(t)
	p := o.add("Vừ Thị Ca", "Thư viện xã", "00700", "2026-01-05")
	offered, err := o.OfferTransfer(t.Context(), p.ID, "04", date("2026-11-28"), "staff of 08")
	if err != nil {
		t.Fatal(err)
	}
	post := roster.Entry{Library: "Thư viện phường", Commune: "01273", On: date("2026-11-29")}
	if _, err := o.Roll.Accept(t.Context(), offered.ID, post, "staff of 04"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.AcceptTransfer(t.Context(), offered.ID, post, "another of 04"); err != nil {
		t.Fatal(err)
	}
	told, err := store.All[AuditEntry](t.Context(), o.Store, AuditKind, store.Where(store.Begins("id", "accepts/")))
	if err != nil || len(told) != 2 {
		t.Fatalf("told %+v, %v", told, err)
	}
	for _, e := range told {
		if e.By != "staff of 04" || e.Subject != p.ID || len(e.Changes) < 2 {
			t.Errorf("told %+v", e)
		}
		for _, c := range e.Changes {
			if c.Field == intake.FieldLibrary && (c.Old != "Thư viện xã" || c.New != "Thư viện phường") {
				t.Errorf("the library %+v", c)
			}
		}
	}
}
