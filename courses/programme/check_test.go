package programme

import (
	"slices"
	"strings"
	"testing"

	"lopban/courses/school"
)

// Files that show a training and papers that an issuer signed are looked at as others are.
func TestCheckFilesLooksAtEvidenceAndSignedPapers(t *testing.T) {
	o := newOffice(t)
	evidence := "paper-" + strings.Repeat("0", 64) + ".pdf"
	if err := o.Store.PutBlob(t.Context(), evidence, []byte("%PDF-1.4")); err != nil {
		t.Fatal(err)
	}
	if err := o.Store.Insert(t.Context(), CountersignedKind, &Countersigned{ID: "p/K/01", Hash: strings.Repeat("1", 64)}); err != nil {
		t.Fatal(err)
	}
	var found []school.Flaw
	if _, err := o.CheckFiles(t.Context(), func(f school.Flaw) { found = append(found, f) }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []school.Flaw{{Kind: FileKind, ID: evidence, What: FileChanged},
		{Kind: CountersignedKind.Name, ID: "p/K/01", What: NoPaper}, {Kind: CountersignedKind.Name, ID: "p/K/01", What: NoCertificate}} {
		if !slices.Contains(found, want) {
			t.Errorf("found %+v, not %+v", found, want)
		}
	}
}
