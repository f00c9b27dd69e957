package fault

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/content"
	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// holding is what a store holds at one moment, read beside whoever writes to it, to be judged by rules that are written
// here once more.
type holding struct {
	versions     map[string]courses.Version
	people       map[string]roster.Person
	enrolments   map[string]courses.Enrolment
	completions  map[string]courses.Completion
	attempts     map[string]courses.Attempt
	certificates map[string]courses.Certificate
	revocations  []courses.Revocation
	standings    map[string]targets.Standing
	papers       map[string]string // hash of the PDF by certificate
	blobs        map[string]string // SHA-256 by name
}

func readStore(t testing.TB, at console.Place) *holding {
	t.Helper()
	from, err := at.Source(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	type printed struct{ ID, Hash string }
	papers := documents[printed](t, from, kindNamed("printed"), func(p printed) string { return p.ID })
	// In the order of a backup: where there is no snapshot, what refers is read before what it refers to.
	a := &holding{papers: map[string]string{}, blobs: map[string]string{}}
	a.standings = documents(t, from, targets.StandingKind, func(d targets.Standing) string { return d.ID })
	for _, r := range documents(t, from, school.RevocationKind, func(d courses.Revocation) string { return d.ID }) {
		a.revocations = append(a.revocations, r)
	}
	a.certificates = documents(t, from, school.CertificateKind, func(d courses.Certificate) string { return d.ID })
	a.completions = documents(t, from, school.CompletionKind, func(d courses.Completion) string { return d.ID })
	a.attempts = documents(t, from, school.AttemptKind, func(d courses.Attempt) string { return d.ID })
	a.enrolments = documents(t, from, school.EnrolmentKind, func(d courses.Enrolment) string { return d.ID })
	a.versions = documents(t, from, school.VersionKind, func(d courses.Version) string { return d.ID })
	a.people = documents(t, from, roster.PersonKind, func(d roster.Person) string { return d.ID })
	for id, p := range papers {
		a.papers[id] = p.Hash
	}
	err = from.EachBlob(t.Context(), func(name string, data []byte) error {
		sum := sha256.Sum256(data)
		a.blobs[name] = hex.EncodeToString(sum[:])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func kindNamed(name string) *store.Kind {
	kinds := programme.Kinds()
	return kinds[slices.IndexFunc(kinds, func(k *store.Kind) bool { return k.Name == name })]
}

// documents reads a kind. An id that comes twice, or a document that is not whole, fails the test.
func documents[T any](t testing.TB, from console.Source, k *store.Kind, id func(T) string) map[string]T {
	t.Helper()
	all := map[string]T{}
	err := from.Each(t.Context(), k, func(r store.Row) error {
		doc, err := k.New()
		if err != nil {
			return err
		}
		if err := r.Decode(doc); err != nil {
			t.Errorf("a %s cannot be read: %v", k.Name, err)
			return nil
		}
		if _, _, err := k.Values(doc); err != nil {
			t.Errorf("a %s is not whole: %v", k.Name, err)
		}
		text, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		var d T
		if err := json.Unmarshal(text, &d); err != nil {
			return err
		}
		if _, twice := all[id(d)]; twice {
			t.Errorf("%s %s is there twice", k.Name, id(d))
		}
		all[id(d)] = d
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantAcknowledged looks for everything that somebody was told is there.
func (a *holding) wantAcknowledged(t testing.TB, h *hall, acknowledged []programtest.Receipted) {
	t.Helper()
	for _, r := range acknowledged {
		person := h.People[r.Pupil].ID
		if r.Fact.Kind == "completion" {
			c, ok := a.completions[person+"/"+r.Fact.Course+"/01/"+r.Fact.Lesson]
			if !ok || c.Client != person+"/"+r.Fact.ID {
				t.Errorf("lost: completion %s of %s, acknowledged as %s", r.Fact.ID, person, r.Receipt.State)
			}
		} else if got, ok := a.attempts[person+"/"+r.Fact.ID]; !ok || got.Score != *r.Receipt.Score || got.Lesson != r.Fact.Lesson || got.Course != r.Fact.Course {
			t.Errorf("lost: attempt %s of %s, acknowledged as %s with %d %%; there is %+v", r.Fact.ID, person, r.Receipt.State, *r.Receipt.Score, got)
		}
		if code := r.Receipt.Certificate; code != "" && a.certificates[person+"/"+r.Fact.Course+"/01"].Code != code {
			t.Errorf("lost: certificate %s of %s in %s", code, person, r.Fact.Course)
		}
	}
}

// wantSound checks what must hold between the documents, whatever happened, and nothing that nobody sent.
func (a *holding) wantSound(t testing.TB, h *hall) {
	t.Helper()
	completions, attempts := map[string][]courses.Completion{}, map[string][]courses.Attempt{}
	for id, c := range a.completions {
		completions[c.Enrolment] = append(completions[c.Enrolment], c)
		if _, ok := a.enrolments[c.Enrolment]; !ok || !h.WasSent(c.Client) {
			t.Errorf("completion %s has no enrolment, or nobody sent it", id)
		}
	}
	for id, c := range a.attempts {
		attempts[c.Enrolment] = append(attempts[c.Enrolment], c)
		if _, ok := a.enrolments[c.Enrolment]; !ok || !h.WasSent(c.ID) {
			t.Errorf("attempt %s has no enrolment, or nobody sent it", id)
		}
	}
	for id, e := range a.enrolments {
		v, known := a.versions[e.Version]
		if _, there := a.people[e.Person]; !known || !there {
			t.Fatalf("enrolment %s is of nobody or of no course", id)
		}
		_, certified := a.certificates[id]
		if complete := courses.Trace(&v, completions[id], attempts[id]).Complete(); complete != certified {
			t.Errorf("enrolment %s: complete %v, certificate %v", id, complete, certified)
		}
	}
	a.wantRegister(t)
	a.wantStandings(t)
}

// wantRegister checks that each register has its numbers from 1 without a gap, in the order of its dates, and that
// every paper is as it was hashed.
func (a *holding) wantRegister(t testing.TB) {
	t.Helper()
	books := map[string][]courses.Certificate{}
	for id, c := range a.certificates {
		book := c.Issuer.ID + "/" + time.Date(c.Year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006")
		books[book] = append(books[book], c)
		if _, ok := a.enrolments[c.Enrolment]; !ok {
			t.Errorf("certificate %s has no enrolment", id)
		}
	}
	for id, hash := range a.papers {
		if _, ok := a.certificates[id]; !ok || a.blobs[hash+".pdf"] != hash {
			t.Errorf("the paper of certificate %s: in the register %v, its bytes are of %q, and should be of %q", id, ok, a.blobs[hash+".pdf"], hash)
		}
	}
	for book, lines := range books {
		slices.SortFunc(lines, func(a, b courses.Certificate) int { return a.Number - b.Number })
		for i, c := range lines {
			if c.Number != i+1 {
				t.Fatalf("register %s: line %d has number %d", book, i+1, c.Number)
			}
			if i > 0 && c.IssuedAt.Before(lines[i-1].IssuedAt) {
				t.Errorf("register %s: number %d is older than the one before", book, c.Number)
			}
		}
	}
}

// wantPapers checks that every certificate has its paper: a program that starts makes those that the one before did not
// come to.
func (a *holding) wantPapers(t testing.TB) {
	t.Helper()
	for id := range a.certificates {
		if a.papers[id] == "" {
			t.Errorf("certificate %s has no paper", id)
		}
	}
}

// wantStandings makes everybody's standing from the facts and compares.
func (a *holding) wantStandings(t testing.TB) {
	t.Helper()
	programme, err := targets.ReadProgramme(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	held := map[string][]courses.Certificate{}
	for _, c := range a.certificates {
		held[c.Person] = append(held[c.Person], c)
	}
	for id, p := range a.people {
		if want := targets.Stand(programme, p, held[id], a.revocations); !reflect.DeepEqual(a.standings[id], want) {
			t.Errorf("standing of %s is\n%+v, by the facts\n%+v", id, a.standings[id], want)
		}
	}
}

// trained counts who holds a certificate in both strands. None has ended: the tests' courses are good for ever.
func (a *holding) trained() int {
	strands := map[string]map[courses.Strand]bool{}
	for _, c := range a.certificates {
		if strands[c.Person] == nil {
			strands[c.Person] = map[courses.Strand]bool{}
		}
		strands[c.Person][c.Strand] = true
	}
	n := 0
	for _, s := range strands {
		if len(s) == 2 {
			n++
		}
	}
	return n
}
