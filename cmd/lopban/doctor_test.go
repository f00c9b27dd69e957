package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/store/storetest"
)

// usedStore is the store of release 0.1.0, with people who learnt and hold printed certificates, brought to now, and
// with some lines in its trail.
func usedStore(t *testing.T) string {
	t.Helper()
	dir := programtest.StoreOf(t, programtest.Releases[0])
	opened(t, dir, func(st store.Store) {
		for i := range 5 {
			e := programme.AuditEntry{By: roster.Operator().ID, Action: "person.correct", Subject: fmt.Sprint("P", i), Note: "thử"}
			if err := programme.Tell(t.Context(), st, console.Clock(), e); err != nil {
				t.Fatal(err)
			}
		}
	})
	return dir
}

// first is the id of the first document of a kind.
func first(t *testing.T, dir, kind string) string {
	t.Helper()
	db := programtest.Raw(t, dir)
	defer db.Close()
	ids := programtest.Column(t, db, `SELECT id FROM "`+kind+`" ORDER BY id LIMIT 1`)
	if len(ids) == 0 {
		t.Fatalf("there is no %s", kind)
	}
	return ids[0]
}

func changeRaw(t *testing.T, dir, statement string, args ...any) {
	t.Helper()
	db := programtest.Raw(t, dir)
	defer db.Close()
	got, err := db.Exec(statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if n, err := got.RowsAffected(); n == 0 || err != nil {
		t.Fatalf("%s changed nothing, %v", statement, err)
	}
}

// Each change that somebody may make behind the program's back is noticed by itself, with kind and id; nothing is said
// of a sound store.
func TestDoctorNoticesEachChange(t *testing.T) {
	sound := usedStore(t)
	tells(t, "doctor", "--data", sound).want(t, 0)
	attempt, certificate, completion := first(t, sound, "attempt"), first(t, sound, "certificate"), first(t, sound, "completion")
	set := `SET _body = json_set(_body, ?, json(?)) WHERE id = ?`
	for name, c := range map[string]struct {
		do   func(dir string)
		says string
	}{
		"an attempt raised": {func(dir string) { changeRaw(t, dir, `UPDATE attempt `+set, "$.score", `101`, attempt) }, "attempt\t" + attempt + "\t" + store.Altered},
		"the holder's name": {func(dir string) {
			changeRaw(t, dir, `UPDATE certificate `+set, "$.holder.name", `"Lò Văn Thử"`, certificate)
		}, "certificate\t" + certificate + "\t" + store.Altered},
		"the periods": {func(dir string) { changeRaw(t, dir, `UPDATE certificate `+set, "$.periods", `99`, certificate) }, "certificate\t" + certificate + "\t" + store.Altered},
		"when it was done": {func(dir string) {
			changeRaw(t, dir, `UPDATE completion `+set, "$.happenedAt", `"2025-01-02T03:00:00Z"`, completion)
		}, "completion\t" + completion + "\t" + store.Altered},
		"a certificate cut out": {func(dir string) { changeRaw(t, dir, `DELETE FROM certificate WHERE id = ?`, certificate) }, "certificate\t"},
		"what was learnt cut out": {func(dir string) {
			changeRaw(t, dir, `DELETE FROM attempt WHERE _body->>'enrolment' = (SELECT _body->>'enrolment' FROM certificate LIMIT 1)`)
		}, "\t" + school.LessonsOpen},
		"an enrolment cut out": {func(dir string) {
			changeRaw(t, dir, `DELETE FROM enrolment WHERE id IN (SELECT _body->>'enrolment' FROM completion LIMIT 1)`)
		}, "\t" + school.NoEnrolment},
		"the bytes of a paper": {func(dir string) { changeRaw(t, dir, `UPDATE "_blob" SET data = data || x'20' WHERE name LIKE '%.pdf'`) }, ".pdf\t" + programme.FileChanged},
		"a paper cut out":      {func(dir string) { changeRaw(t, dir, `DELETE FROM "_blob" WHERE name LIKE '%.pdf'`) }, "\t" + programme.NoPaper},
		"an entry of the trail": {func(dir string) {
			changeRaw(t, dir, `UPDATE audit SET _body = json_set(_body, '$.subject', 'PX') WHERE line = '000000000003'`)
		}, "\t" + programme.EntryChanged},
		"an entry cut out":     {func(dir string) { changeRaw(t, dir, `DELETE FROM audit WHERE line = '000000000003'`) }, "audit\tline 3\t" + programme.EntriesMissing},
		"the end of the trail": {func(dir string) { changeRaw(t, dir, `DELETE FROM audit WHERE line > '000000000004'`) }, "audit\tlines 5 to 6\t" + programme.EntriesCut},
		"an old entry": {func(dir string) {
			changeRaw(t, dir, `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE line < '0' LIMIT 1)`)
		}, "audit\ttrail.begin\t" + programme.OldChanged},
		"two at once": {func(dir string) {
			changeRaw(t, dir, `UPDATE account SET _body = 'x' || _body WHERE id = (SELECT id FROM account LIMIT 1)`)
			changeRaw(t, dir, `UPDATE version SET _body = substr(_body, 1, 100) WHERE id = (SELECT id FROM version LIMIT 1)`)
			changeRaw(t, dir, `UPDATE attempt `+set, "$.score", `101`, attempt)
		}, "attempt\t" + attempt + "\t" + store.Altered},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
				t.Fatal(err)
			}
			c.do(dir)
			said := tells(t, "doctor", "--data", dir).want(t, 1)
			if !strings.Contains(said.out, c.says) {
				t.Errorf("does not say %q:\n%s%s", c.says, said.out, said.err)
			}
			if !strings.Contains(said.out, "drafts: ") {
				t.Errorf("it did not go on to the end:\n%s%s", said.out, said.err)
			}
		})
	}
}

// What a score is can be told from the answers, also when whoever changed it knew about the sums.
func TestDoctorGradesAgain(t *testing.T) {
	dir := usedStore(t)
	var id string
	opened(t, dir, func(st store.Store) {
		a, err := store.One[courses.Attempt](t.Context(), st, school.AttemptKind, store.Query{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := store.Get[courses.Enrolment](t.Context(), st, school.EnrolmentKind, a.Enrolment)
		if err != nil {
			t.Fatal(err)
		}
		_, err = storetest.Tamper(t.Context(), st, school.AttemptKind, a.ID, func(a *courses.Attempt) error {
			a.Version = e.Version // which attempts of 0.1.0 do not say
			a.Score, a.Passed, a.Answers = 100, true, nil
			return nil
		})
		if id = a.ID; err != nil {
			t.Fatal(err)
		}
	})
	if said := tells(t, "doctor", "--data", dir).want(t, 1); !strings.Contains(said.out, "attempt\t"+id+"\t"+school.OtherScore+"\n") {
		t.Errorf("said %s", said.out)
	}
}

// Of random bytes turned over in what documents say none goes unnoticed: either the file is refused as damaged, or the
// document is named, and doctor gets to its end.
func TestDoctorNoticesRandomBytes(t *testing.T) {
	sound := usedStore(t)
	random := rand.New(rand.NewPCG(16, 1687))
	kinds := []string{"person", "attempt", "completion", "certificate", "account", "posting", "version", "audit"}
	for try := range 24 {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(try))
		if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
			t.Fatal(err)
		}
		kind := kinds[try%len(kinds)]
		id := turnOver(t, dir, kind, random)
		said := tells(t, "doctor", "--data", dir).want(t, 1)
		if !strings.Contains(said.out, kind+"\t"+id+"\t") && !strings.Contains(said.err, "damaged") {
			t.Errorf("a byte of %s %s: %s%s", kind, id, said.out, said.err)
		}
	}
}

// turnOver changes one byte of a document in the file itself, as a failing disk does.
func turnOver(t *testing.T, dir, kind string, random *rand.Rand) (id string) {
	t.Helper()
	db := programtest.Raw(t, dir)
	var body string
	err := db.QueryRow(`SELECT id, _body FROM "`+kind+`" WHERE length(_body) < 900 ORDER BY id LIMIT 1 OFFSET ?`, random.IntN(2)).Scan(&id, &body)
	if err == sql.ErrNoRows {
		err = db.QueryRow(`SELECT id, substr(_body, 1, 200) FROM "`+kind+`" LIMIT 1`).Scan(&id, &body)
	}
	if _, wal := db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil || wal != nil {
		t.Fatal(err, wal)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, sqlite.FileName)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begins := []byte(body[:min(len(body), 200)])
	offset, by, found := random.IntN(len(begins)), byte(1+random.IntN(255)), 0
	for at := bytes.Index(data, begins); at >= 0; at = bytes.Index(data, begins) { // freed pages may have it too
		data[at+offset] ^= by
		found++
	}
	if found == 0 {
		t.Fatalf("%s %s is not in the file", kind, id)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return id
}

// Against a backup every fact that is gone since, or another, is named, also one that nothing else refers to.
func TestDoctorAgainstABackup(t *testing.T) {
	dir := usedStore(t)
	file, phrase := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "phrase")
	if err := os.WriteFile(phrase, []byte("đá rơi mười hai lần"), 0o600); err != nil {
		t.Fatal(err)
	}
	tells(t, "backup", file, "--data", dir, "--passphrase-file", phrase).want(t, 0)
	doctor := []string{"doctor", "--data", dir, "--against", file, "--passphrase-file", phrase}
	if said := tells(t, doctor...).want(t, 0); !strings.Contains(said.out, ": 0 of its ") {
		t.Errorf("said %s", said.out)
	}
	var lost, changed string
	opened(t, dir, func(st store.Store) {
		all, err := store.All[courses.Attempt](t.Context(), st, school.AttemptKind, store.Query{})
		if err != nil || len(all) < 2 {
			t.Fatal(all, err)
		}
		lost, changed = all[0].ID, all[1].ID
		if err := st.Delete(t.Context(), school.AttemptKind, lost); err != nil {
			t.Fatal(err)
		}
		if _, err := storetest.Tamper(t.Context(), st, school.AttemptKind, changed, func(a *courses.Attempt) error { a.RecordedAt = a.RecordedAt.AddDate(1, 0, 0); return nil }); err != nil {
			t.Fatal(err)
		}
	})
	said := tells(t, doctor...).want(t, 1)
	for _, want := range []string{"attempt\t" + lost + "\t" + gone, "attempt\t" + changed + "\t" + other} {
		if !slices.Contains(strings.Split(said.out, "\n"), want) {
			t.Errorf("does not say %q:\n%s", want, said.out)
		}
	}
	tells(t, "doctor", "--data", dir, "--against", file).want(t, 1, "is encrypted")
}

// A head that was written down tells of a trail that was cut together with the head beside it.
func TestDoctorComparesAHead(t *testing.T) {
	dir := usedStore(t)
	said := tells(t, "doctor", "--data", dir).want(t, 0)
	_, after, ok := strings.Cut(said.out, "its last line is ")
	head, _, _ := strings.Cut(after, "\n")
	if !ok || !strings.HasPrefix(head, "6:") {
		t.Fatalf("said %s", said.out)
	}
	tells(t, "doctor", "--data", dir, "--head", head).want(t, 0)
	changeRaw(t, dir, `DELETE FROM audit WHERE line > '000000000003'`)
	changeRaw(t, dir, `DELETE FROM trailhead`)
	tells(t, "doctor", "--data", dir).want(t, 0) // whoever knows the program can cut both
	if said := tells(t, "doctor", "--data", dir, "--head", head).want(t, 1); !strings.Contains(said.out, "audit\tlines 4 to 6\t"+programme.EntriesCut) {
		t.Errorf("said %s", said.out)
	}
	tells(t, "doctor", "--data", dir, "--head", "six").want(t, 1, "--head six")
}
