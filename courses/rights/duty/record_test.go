package duty_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"lopban/content"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/rights/duty"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/words"
)

// Every kind of document says in the record what it is kept for, and one that is about people says so for people.
func TestTheRecordKnowsEveryKind(t *testing.T) {
	for _, k := range programme.Kinds() {
		i := slices.IndexFunc(duty.Record, func(p duty.Processing) bool { return p.Kind == k })
		switch {
		case i < 0:
			t.Errorf("kind %s is not in the record", k.Name)
		case k.OfPeople() && !slices.Contains(duty.Uses, duty.Record[i].Use):
			t.Errorf("kind %s is about people and is kept for %q", k.Name, duty.Record[i].Use)
		case !k.OfPeople() && duty.Record[i].Blank == nil:
			t.Errorf("kind %s is about nobody and would be erased whole", k.Name)
		}
	}
	for _, p := range duty.Record {
		if !slices.Contains(programme.Kinds(), p.Kind) {
			t.Errorf("the record has a kind %s that is not there", p.Kind.Name)
		}
	}
}

// A person's own file has every document that is about them, of every kind, and their photos; and nothing that would
// let its reader in as them.
func TestTheFileOfAPerson(t *testing.T) {
	st, _ := openSQLite(t)
	o := newTown(t, st)
	p, _, files := o.whole()
	s, err := o.Of(t.Context(), p.ID)
	o.must(err)
	all, err := o.Gather(t.Context(), s, o.words())
	o.must(err)
	var b bytes.Buffer
	o.must(o.WriteData(t.Context(), &b, all, s, o.words()))
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	o.must(err)
	var data []byte
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		if f.Name == "data.json" {
			r, err := f.Open()
			o.must(err)
			data, err = io.ReadAll(r)
			o.must(err)
		}
	}
	var kept struct {
		Controller string
		Documents  map[string][]json.RawMessage
		Uses       map[string]string
		Trail      []programme.AuditEntry
		Wordings   []rights.Wording
		Files      []string
	}
	o.must(json.Unmarshal(data, &kept))
	empty := []string{"advance", "charge", "ruling", "revocation", "request", "declined", "countersigned", "due", "reply", "erasure"}
	for _, k := range programme.Kinds() {
		if _, there := kept.Documents[k.Name]; there != k.OfPeople() {
			t.Errorf("kind %s: in the file %v, about people %v", k.Name, there, k.OfPeople())
		}
		if k.OfPeople() && len(kept.Documents[k.Name]) == 0 && !slices.Contains(empty, k.Name) {
			t.Errorf("kind %s: the file has no document of it", k.Name)
		}
		if k.OfPeople() && (kept.Uses[k.Name] == "" || strings.HasPrefix(kept.Uses[k.Name], "privacy.")) {
			t.Errorf("kind %s: kept for %q", k.Name, kept.Uses[k.Name])
		}
	}
	for _, needle := range needles {
		if !strings.Contains(string(data), needle) {
			t.Errorf("the file does not have %q", needle)
		}
	}
	for _, theirs := range []string{"Giàng A Dua", "0912345672"} {
		if strings.Contains(string(data), theirs) {
			t.Errorf("the file has %q of somebody else", theirs)
		}
	}
	if len(kept.Trail) == 0 || len(kept.Wordings) != 2 || !strings.Contains(kept.Controller, "TUYÊN QUANG") {
		t.Errorf("trail %d, wordings %+v, controller %q", len(kept.Trail), kept.Wordings, kept.Controller)
	}
	for name := range files {
		if strings.HasPrefix(name, "photo-") && !slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, name) }) && !strings.Contains(string(data), name) {
			t.Errorf("the file lacks %s: %q", name, names)
		}
	}
	a, err := o.Accounts.Read(t.Context(), p.ID)
	o.must(err)
	docs, err := store.About(t.Context(), st, roster.ClaimKind, p.ID)
	o.must(err)
	for _, secret := range []string{a.Hash, docs[0].(*roster.Claim).ID, "$argon2id$"} {
		if secret == "" || strings.Contains(string(data), secret) {
			t.Errorf("the file has a secret %q", secret)
		}
	}
}

// Photos go when consent to them is withdrawn, and what was written and earned stays. Who withdrew it may send none;
// who gives it again may.
func TestWithdrawing(t *testing.T) {
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			st, _ := open(t)
			o := newTown(t, st)
			o.publish()
			p := o.live(mai)
			ctx := t.Context()
			a, err := o.Accounts.Read(ctx, p.ID)
			o.must(err)
			files := o.filesOf(p.ID)
			o.must(o.Say(ctx, a, p.ID, rights.Photos, false, rights.Box, "", o.words()))
			o.must(o.Say(ctx, a, p.ID, rights.Contact, false, rights.Box, "", o.words()))
			for name := range files {
				if _, err := st.Blob(ctx, name); (err == nil) != strings.HasPrefix(name, "paper-") {
					t.Errorf("file %s: %v", name, err)
				}
			}
			if found := o.holding(maiWork)[maiWork]; len(found) != 1 {
				t.Errorf("what she wrote is in %q", found)
			}
			if held, err := o.School.Certificates(ctx, p.ID); err != nil || len(held) != 2 {
				t.Errorf("certificates %+v %v", held, err)
			}
			if found := o.flaws(); len(found) > 0 {
				t.Errorf("wrong afterwards: %q", found)
			}
			if p, err := o.Roll.Person(ctx, p.ID); err != nil || !p.Quiet {
				t.Errorf("%+v %v", p, err)
			}
			if err := o.MayKeepPhotos(ctx, p.ID); err == nil {
				t.Error("she may still send photos")
			}
			before := o.everything()
			o.must(o.Say(ctx, a, p.ID, rights.Photos, false, rights.Box, "", o.words()))
			if o.everything() != before {
				t.Error("withdrawing twice changed something")
			}
			o.must(o.Say(ctx, o.staff, p.ID, rights.Photos, true, rights.Paper, "Đơn ngày 12/11, lưu ở Thư viện tỉnh", o.words()))
			o.must(o.MayKeepPhotos(ctx, p.ID))
			said, err := o.Rights.Said(ctx, p.ID, rights.Photos)
			if err != nil || len(said) != 3 || said[2].By != o.staff.ID || said[2].Way != rights.Paper || said[0].Way != rights.Act || said[0].Wording == "" {
				t.Errorf("%+v %v", said, err)
			}
			if err := o.Say(ctx, o.staff, p.ID, rights.Photos, false, rights.Box, "", o.words()); err == nil {
				t.Error("staff ticked a box for her")
			}
		})
	}
}

var update = flag.Bool("update", false, "write the record into the docs")

// The record of processing in the docs is the one that the program works by.
func TestTheRecordIsInTheDocs(t *testing.T) {
	all, err := words.Read(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	w := all.In("en")
	var b strings.Builder
	for _, use := range append(slices.Clone(duty.Uses), duty.ForNobody) {
		name := "privacy.use." + string(use)
		fmt.Fprintf(&b, "**%s.** ", w.T(name))
		if use != duty.ForNobody {
			fmt.Fprintf(&b, "%s *Why:* %s *How long:* %s", w.T(name+".what"), w.T(name+".why"), w.T(name+".term"))
		}
		b.WriteString("\n\n| kind | about | on erasing |\n|---|---|---|\n")
		for _, p := range duty.Record {
			if p.Use == use {
				about := map[bool]string{true: "a person", false: "–"}[p.Kind.OfPeople()]
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.Kind.Name, about, p.Fate())
			}
		}
		b.WriteString("\n")
	}
	const file = "../../../docs/personal-data.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), "-update -->\n")
	_, tail, ended := strings.Cut(rest, "<!-- end of the record -->")
	if !ok || !ended {
		t.Fatal("the docs have no place for the record")
	}
	want := head + "-update -->\n" + b.String() + "<!-- end of the record -->" + tail
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Error("the record in docs/personal-data.md is another: run this test with -update")
	}
}
