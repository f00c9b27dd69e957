package programme

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lopban/courses/problem"
	"lopban/courses/store/storetest"
)

func aboutS3(e AuditEntry) bool { return e.Subject == "S3" || e.Subject == "S5" }

// What names somebody is taken out of the trail; the lines, their chain and the entries about others stay, and the head
// that was written down before still holds.
func TestBlottingTheTrail(t *testing.T) {
	st := trailStore(t)
	before := told(t, st, 8)
	tell := AuditEntry{By: "P1", Subject: "S3", Province: "08"}
	for range 2 { // the second time there is nothing left to take
		if err := Blot(t.Context(), st, noon, tell, aboutS3); err != nil {
			t.Fatal(err)
		}
	}
	all := lines(t, st)
	if len(all) != 9 || all[8].Action != Blotted || !slices.Equal(BlottedLines(all[8].Note), []string{"4", "6"}) {
		t.Fatalf("%+v", all)
	}
	for i, e := range all[:8] {
		gone := i == 3 || i == 5
		if e.Blotted != gone || (e.Note == "") != gone || (len(e.Changes) == 0) != gone || (e.Salt == "") != gone || e.Digest != before[i].Digest {
			t.Errorf("line %d is %+v", i+1, e)
		}
	}
	if found, _ := flaws(t, st, TrailHead{Line: 8, Digest: before[7].Digest}); len(found) > 0 {
		t.Errorf("wrong: %q", found)
	}
}

// Cut off between any two writes, it is noticed by nobody, and done again it is whole.
func TestBlottingThatIsCutOff(t *testing.T) {
	for n := 0; ; n++ {
		st := trailStore(t)
		told(t, st, 8)
		cut := storetest.NewCut(st)
		cut.After(n)
		err := Blot(t.Context(), cut, noon, AuditEntry{By: "P1", Subject: "S3"}, aboutS3)
		if found, _ := flaws(t, st); len(found) > 0 {
			t.Errorf("cut after %d writes: %q", n, found)
		}
		if !cut.Was() {
			if n < 4 {
				t.Errorf("only %d writes", n)
			}
			return
		}
		if !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("cut after %d writes: %v", n, err)
		}
		cut.Mend()
		if err := Blot(t.Context(), cut, noon, AuditEntry{By: "P1", Subject: "S3"}, aboutS3); err != nil {
			t.Fatal(err)
		}
		found, _ := flaws(t, st)
		for _, e := range lines(t, st) {
			if aboutS3(e) && !e.Blotted && e.Action != Blotted {
				found = append(found, e.ID+" still says something")
			}
		}
		if len(found) > 0 {
			t.Errorf("done again after %d writes: %q", n, found)
		}
	}
}

// Who takes something out by themselves, or changes what stays, is noticed.
func TestABlotThatNobodyVouchesFor(t *testing.T) {
	for name, c := range map[string]struct {
		line   int
		change func(*AuditEntry)
	}{
		"a line that was not blotted":  {1, func(e *AuditEntry) { e.Blotted, e.Note, e.Changes, e.Salt = true, "", nil, "" }},
		"who did it, of one that was":  {3, func(e *AuditEntry) { e.By = "P2" }},
		"the digest, of one that was":  {3, func(e *AuditEntry) { e.Digest = strings.Repeat("0", 64) }},
		"what the voucher vouches for": {8, func(e *AuditEntry) { e.Note = "" }},
	} {
		st := trailStore(t)
		told(t, st, 8)
		if err := Blot(t.Context(), st, noon, AuditEntry{By: "P1", Subject: "S3"}, aboutS3); err != nil {
			t.Fatal(err)
		}
		id := lines(t, st)[c.line].ID
		if _, err := storetest.Tamper(t.Context(), st, AuditKind, id, func(e *AuditEntry) error { c.change(e); return nil }); err != nil {
			t.Fatal(err)
		}
		if found, _ := flaws(t, st); !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, id) }) {
			t.Errorf("%s: not noticed, but %q", name, found)
		}
	}
}
