package duty

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/words"
)

// Kept is everything that is kept about somebody, as data.json of their file has it.
type Kept struct {
	Program    string                 `json:"program"`
	MadeAt     time.Time              `json:"madeAt"`
	Person     string                 `json:"person"`
	Entries    []string               `json:"entries"` // ids under which something is kept: theirs first
	Controller string                 `json:"controller"`
	Documents  map[string][]any       `json:"documents"` // by kind; every kind that is about people is there
	Uses       map[string]string      `json:"uses"`      // what documents of each kind are kept for, in words
	Trail      []programme.AuditEntry `json:"trail"`     // entries of the audit trail about them, and of what they did
	Wordings   []rights.Wording       `json:"wordings"`  // what they agreed to, as it was shown
	Files      []string               `json:"files"`     // photos and papers beside this file
}

// Gather puts together everything that is kept about somebody: the documents of every kind that names a person, also
// of kinds that come later, without what would let somebody in as them.
func (d *Desk) Gather(ctx context.Context, s Subject, w words.Words) (Kept, error) {
	kept := Kept{Program: "lopban " + store.Release, MadeAt: store.Time(d.Now()), Person: s.ID, Entries: s.IDs,
		Documents: map[string][]any{}, Uses: map[string]string{}, Trail: []programme.AuditEntry{}, Wordings: []rights.Wording{}, Files: []string{}}
	var err error
	if kept.Controller, err = d.Controller(ctx, s.Province, w); err != nil {
		return kept, err
	}
	about := slices.Clone(s.IDs) // whom entries of the trail may be about
	for _, k := range programme.Kinds() {
		if !k.OfPeople() {
			continue
		}
		kept.Uses[k.Name], kept.Documents[k.Name] = w.T("privacy.use."+string(Processed(k).Use)), []any{}
		for _, id := range s.IDs {
			docs, err := store.About(ctx, d.Store, k, id)
			if err != nil {
				return kept, err
			}
			for _, doc := range docs {
				bare(doc)
				kept.Documents[k.Name] = append(kept.Documents[k.Name], doc)
				if c, ok := doc.(*courses.Certificate); ok {
					about = append(about, c.Code)
				}
			}
		}
	}
	err = store.Each(ctx, d.Store, programme.AuditKind, store.Query{}, func(e programme.AuditEntry) error {
		switch {
		case slices.Contains(about, e.Subject):
			kept.Trail = append(kept.Trail, e)
		case slices.Contains(s.IDs, e.By): // what it says of others is theirs
			e.Subject, e.Note, e.Changes, e.Salt = "", "", nil, ""
			kept.Trail = append(kept.Trail, e)
		}
		return nil
	})
	if err != nil {
		return kept, err
	}
	slices.SortStableFunc(kept.Trail, func(a, b programme.AuditEntry) int { return a.At.Compare(b.At) })
	return kept, d.wordings(ctx, &kept)
}

// wordings adds the texts that somebody agreed to.
func (d *Desk) wordings(ctx context.Context, kept *Kept) error {
	var ids []string
	for _, doc := range kept.Documents[rights.ConsentKind.Name] {
		ids = append(ids, doc.(*rights.Consent).Wording)
	}
	texts, err := store.Many(ctx, d.Store, rights.WordingKind, ids, func(w rights.Wording) string { return w.ID })
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if t, ok := texts[id]; ok {
			kept.Wordings = append(kept.Wordings, t)
		}
	}
	return err
}

// bare takes out of a document what would let its reader in as the person: digests of passwords, codes and sessions.
func bare(doc any) {
	switch doc := doc.(type) {
	case *roster.Account:
		doc.Hash, doc.Second.Secret, doc.Second.Draft, doc.Second.Recovery = "", "", "", nil
	case *roster.Claim:
		doc.ID = ""
	case interface{ Bare() }:
		doc.Bare()
	}
}

// WriteData writes somebody's file: a ZIP with data.json, which holds every document about them, read-me in their
// language, and their photos, evidence and papers.
func (d *Desk) WriteData(ctx context.Context, out io.Writer, kept Kept, s Subject, w words.Words) error {
	z := zip.NewWriter(out)
	put := func(name string, method uint16) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: kept.MadeAt})
	}
	for _, f := range kept.named() {
		data, err := d.Store.Blob(ctx, f.blob)
		if errors.Is(err, problem.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		to, err := put(f.name, zip.Store)
		if err == nil {
			_, err = to.Write(data)
		}
		if err != nil {
			return err
		}
		kept.Files = append(kept.Files, f.name)
	}
	to, err := put("data.json", zip.Deflate)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(kept); err != nil {
		return err
	}
	if to, err = put(w.T("data.readme.file"), zip.Deflate); err == nil {
		_, err = io.WriteString(to, w.T("data.readme", s.Name(), kept.Controller)+"\n")
	}
	return errors.Join(err, z.Close())
}

type fileOf struct{ name, blob string }

// named lists the files that the documents name.
func (k Kept) named() (all []fileOf) {
	add := func(folder, blob string) {
		f := fileOf{folder + "/" + blob, blob}
		if !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
	for _, doc := range k.Documents[school.SubmissionKind.Name] {
		for _, name := range doc.(*courses.Submission).Photos {
			add("photos", name)
		}
	}
	for _, doc := range k.Documents[school.TrainingKind.Name] {
		if t := doc.(*courses.Training); t.List == "" { // one file of a list shows others too
			for _, e := range t.Evidence {
				add("evidence", e.Name)
			}
		}
	}
	for _, doc := range k.Documents[programme.PrintedKind.Name] {
		add("papers", doc.(*programme.Printed).Hash+".pdf")
	}
	for _, doc := range k.Documents[programme.CountersignedKind.Name] {
		add("papers", doc.(*programme.Countersigned).Hash+".pdf")
	}
	return all
}
