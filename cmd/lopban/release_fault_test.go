package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lopban/courses/store"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/store/sqlite"
)

// releases are those whose stores lie in testdata.
var releases = []string{"0.1.0"}

// storeOf is a folder with the embedded store of a release, as it was left.
func storeOf(t testing.TB, release string) string {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", release, "lopban.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unzip, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, sqlite.FileName), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// rows reads the embedded store of any release without a word of this program's: the JSON of every document by table and id, and the SHA-256 of every blob.
func rows(t testing.TB, dir string) map[string]string {
	t.Helper()
	db := raw(t, dir)
	defer db.Close()
	all := map[string]string{}
	for _, table := range column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite_%'") {
		for _, text := range column(t, db, `SELECT id || x'0A' || _body FROM "`+table+`"`) {
			id, body, _ := strings.Cut(text, "\n")
			all[table+" "+id] = body
		}
	}
	for _, text := range column(t, db, `SELECT name || x'0A' || hex(data) FROM "_blob"`) {
		name, data, _ := strings.Cut(text, "\n")
		bytes, err := hex.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		all["blob "+name] = fmt.Sprintf(`{"sha256":"%x"}`, sha256.Sum256(bytes))
	}
	return all
}

func raw(t testing.TB, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func column(t testing.TB, db *sql.DB, query string) (all []string) {
	t.Helper()
	found, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var one string
		if err := found.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// state is what a process keeps and changes for itself; the rest is facts and what follows from them.
var state = []string{"lease", "key", "session", "course", "shipment", "restore"}

// wantUpgraded fails the test unless everything that was in a store is in it now, with the same values: an upgrade adds fields and loses none.
func wantUpgraded(t *testing.T, was, is map[string]string) {
	t.Helper()
	kept := 0
	for name, before := range was {
		if slices.Contains(state, strings.Fields(name)[0]) {
			continue
		}
		kept++
		var a, b map[string]any
		if err := json.Unmarshal([]byte(before), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(is[name]), &b); err != nil {
			t.Errorf("lost: %s (%v)", name, err)
			continue
		}
		for field, value := range a {
			if !reflect.DeepEqual(b[field], value) {
				t.Errorf("%s: %s was %v and is %v", name, field, value, b[field])
			}
		}
	}
	if kept < 100 {
		t.Errorf("only %d documents were looked at", kept)
	}
}

// The store of every release opens with this program: its tables have what today's kinds declare, nothing in it is lost or changed, standings and facts agree, its people sign in and go on, its certificates are the same to the byte.
func TestStoresOfReleases(t *testing.T) {
	for _, release := range releases {
		t.Run(release, func(t *testing.T) {
			dir := storeOf(t, release)
			was := rows(t, dir)
			r := launch(t, place{Data: dir})
			h := &hall{at: place{Data: dir}}
			h.wantLearnerGoesOn(t, r.base)
			h.wantPapers(t, r.base, was)
			if code := r.end(t, syscall.SIGTERM); code != 0 {
				t.Errorf("the program ended with %d:\n%s", code, r.log.tail())
			}
			wantUpgraded(t, was, rows(t, dir))
			wantTables(t, dir)
			tells(t, "doctor", "--data", dir).want(t, 0)
			again := launch(t, place{Data: dir})
			if code := again.end(t, syscall.SIGTERM); code != 0 {
				t.Errorf("opened again the program ended with %d:\n%s", code, again.log.tail())
			}
		})
	}
}

// bearerOf signs somebody of a demo in.
func bearerOf(t *testing.T, base, login string) string {
	t.Helper()
	var got struct{ Access string }
	res, err := call(t.Context(), http.DefaultClient, http.MethodPost, base+"/api/v1/session", "", map[string]string{"login": login, "password": demoPassword}, &got)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s signs in: %+v, %v", login, res, err)
	}
	return got.Access
}

// wantLearnerGoesOn: the learner has the two lessons that she had finished, and sent again they are known.
func (h *hall) wantLearnerGoesOn(t *testing.T, base string) {
	t.Helper()
	bearer := bearerOf(t, base, "hocvien")
	id := func(n int) string { return fmt.Sprintf("0193a0c0-0000-7000-8000-%012d", n) }
	var course struct {
		Modules []struct{ Lessons []struct{ ID string } }
	}
	if res, err := call(t.Context(), http.DefaultClient, http.MethodGet, base+"/api/v1/courses/LS4", bearer, nil, &course); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("her course: %+v, %v", res, err)
	}
	var lessons []string
	for _, m := range course.Modules {
		for _, l := range m.Lessons {
			lessons = append(lessons, l.ID)
		}
	}
	want := []string{"duplicate", "duplicate", "received"}
	var facts []map[string]any
	for i := range want {
		facts = append(facts, map[string]any{"id": id(i), "kind": "completion", "course": "LS4", "lesson": lessons[i], "at": "2026-11-20T08:00:00Z"})
	}
	var got struct {
		Receipts []struct{ State, Reason string }
	}
	if res, err := call(t.Context(), http.DefaultClient, http.MethodPost, base+"/api/v1/facts", bearer, map[string]any{"facts": facts}, &got); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("her facts: %+v, %v", res, err)
	}
	for i, r := range got.Receipts {
		if r.State != want[i] {
			t.Errorf("lesson %d is %+v, want %s", i+1, r, want[i])
		}
	}
}

// wantPapers fetches every certificate that was printed, as its province does.
func (h *hall) wantPapers(t *testing.T, base string, was map[string]string) {
	t.Helper()
	bearer, papers := bearerOf(t, base, "quantri"), 0
	for name, body := range was {
		if !strings.HasPrefix(name, "printed ") {
			continue
		}
		papers++
		var printed struct{ Hash string }
		var certificate struct{ Code string }
		if err := json.Unmarshal([]byte(body), &printed); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(was["certificate "+strings.TrimPrefix(name, "printed ")]), &certificate); err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest(http.MethodGet, base+"/certificates/"+certificate.Code+".pdf", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+bearer)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		pdf, err := io.ReadAll(res.Body)
		res.Body.Close()
		if sum := fmt.Sprintf("%x", sha256.Sum256(pdf)); err != nil || sum != printed.Hash || !bytes.HasPrefix(pdf, []byte("%PDF")) {
			t.Errorf("certificate %s: %s, %d bytes, %v: not those that were printed", certificate.Code, res.Status, len(pdf), err)
		}
	}
	if papers == 0 {
		t.Error("no certificate was printed")
	}
}

// wantTables fails the test unless a store has a column for every field and an index for every index that the kinds declare.
func wantTables(t *testing.T, dir string) {
	t.Helper()
	db := raw(t, dir)
	defer db.Close()
	for _, k := range allKinds() {
		columns := column(t, db, `SELECT name FROM pragma_table_info('`+k.Name+`')`)
		for _, f := range k.Fields() {
			if !slices.Contains(columns, f) {
				t.Errorf("%s has no column %s", k.Name, f)
			}
		}
		indexes := column(t, db, `SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '`+k.Name+`'`)
		if len(indexes) != len(k.Unique)+len(k.Indexes) {
			t.Errorf("%s has the indexes %v", k.Name, indexes)
		}
		if !slices.Contains(column(t, db, `SELECT name || schema FROM "_kind"`), fmt.Sprint(k.Name, k.Schema)) {
			t.Errorf("%s is not remembered with schema %d", k.Name, k.Schema)
		}
	}
}

// Killed at any of the writes of its first start on the store of an earlier release, the program starts on it again, and nothing is lost.
func TestKilledUpgrade(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("a process cannot be killed at a system call here: %v", err)
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range releases {
		before := storeOf(t, release)
		was := rows(t, before)
		killed := 0
		for n := 1; ; n += 1 + n/2 {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
				t.Fatal(err)
			}
			const writes = "pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate"
			cmd := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+writes, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", writes, n), path, "doctor", "--data", dir)
			out, err := cmd.CombinedOutput()
			if err == nil { // it has fewer writes
				break
			}
			if cmd.ProcessState.ExitCode() == 1 {
				t.Fatalf("strace or the program failed: %s", out)
			}
			killed++
			if out, err := exec.Command(path, "doctor", "--data", dir).CombinedOutput(); err != nil {
				t.Errorf("killed at its write %d: %v %s", n, err, out)
			}
			wantUpgraded(t, was, rows(t, dir))
		}
		t.Logf("%s: killed at %d of its writes", release, killed)
		if killed < 5 {
			t.Errorf("the upgrade of %s was killed only %d times", release, killed)
		}
	}
}

// A backup that an earlier release wrote restores into both engines, and holds what the store of that release holds.
func TestBackupsOfReleases(t *testing.T) {
	for _, release := range releases {
		dir := storeOf(t, release)
		want := holdings(t, place{Data: dir})
		for name := range want {
			if strings.HasPrefix(name, "key ") || strings.HasPrefix(name, "session ") {
				delete(want, name)
			}
		}
		file := filepath.Join("testdata", release, "backup.lopban")
		for name, into := range map[string]place{"sqlite": {Data: filepath.Join(t.TempDir(), "data")}, "mongodb": {Mongodb: mongotest.Start(t)}} {
			t.Run(release+" "+name, func(t *testing.T) {
				tells(t, append([]string{"restore", file}, into.flags()...)...).want(t, 0)
				wantSame(t, holdings(t, into), want)
				tells(t, append([]string{"doctor"}, into.flags()...)...).want(t, 0)
			})
		}
		// and so does one that this program writes of a folder that it has not opened
		fresh, copied, back := storeOf(t, release), filepath.Join(t.TempDir(), "copy"), place{Data: filepath.Join(t.TempDir(), "data")}
		tells(t, "backup", copied, "--data", fresh).want(t, 0)
		tells(t, "restore", copied, "--data", back.Data).want(t, 0)
		wantSame(t, holdings(t, back), want)
	}
}

// A store that a later release has used is refused by every command, with a sentence that names the release, and left as it was.
func TestStoreOfALaterRelease(t *testing.T) {
	dir := storeOf(t, releases[0])
	tells(t, "doctor", "--data", dir).want(t, 0)
	db := raw(t, dir)
	if _, err := db.Exec(`UPDATE "_kind" SET schema = 99, release = '9.8.7' WHERE name = 'attempt'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	was := rows(t, dir)
	for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"doctor"}, {"backup", filepath.Join(t.TempDir(), "b")}, {"report", "board"}} {
		tells(t, append(args, "--data", dir)...).want(t, 1, "Version 9.8.7 of Lớp Bản has used this store", store.Release)
	}
	if is := rows(t, dir); !reflect.DeepEqual(is, was) {
		t.Error("something was changed")
	}
}

// CHANGELOG.md and the version that the program says of itself agree: what is not released yet stands under "Unreleased", and the last section is of an earlier release or of this one.
func TestTheVersionIsThatOfTheChangelog(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for line := range strings.Lines(string(text)) {
		if head, ok := strings.CutPrefix(line, "## "); ok {
			sections = append(sections, strings.TrimSpace(head))
		}
	}
	developing := strings.HasSuffix(store.Release, "-dev")
	if developing != (sections[0] == "Unreleased") {
		t.Errorf("the program is %s, and the first section of CHANGELOG.md %q", store.Release, sections[0])
	}
	if developing {
		sections = sections[1:]
	}
	last, day, ok := strings.Cut(sections[0], " – ")
	if _, err := time.Parse("2006-01-02", day); err != nil || !ok || (last == store.Release) == developing {
		t.Errorf("the program is %s, and the last release in CHANGELOG.md is %q", store.Release, sections[0])
	}
	if !slices.Contains(releases, last) && last != store.Release {
		t.Errorf("there is no store of release %s in testdata", last)
	}
	if got := lopban(t, nil, "version"); got.code != 0 || !strings.HasPrefix(got.out, "lopban "+store.Release+" ") {
		t.Errorf("lopban version says %q", got.out)
	}
}
