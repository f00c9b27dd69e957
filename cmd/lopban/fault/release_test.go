package fault

import (
	"bytes"
	"crypto/sha256"
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

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/demo"
	"lopban/cmd/lopban/programtest"
	"lopban/courses/store"
)

// usedOn is the day on which the store of each release was last used. A test that serves one runs on that day: later,
// what is kept for a day or a month only has rightly gone.
var usedOn = map[string]time.Time{"0.1.0": time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)}

// rows reads the embedded store of any release without a word of this program's: the JSON of every document by table
// and id, and the SHA-256 of every blob.
func rows(t testing.TB, dir string) map[string]string {
	t.Helper()
	db := programtest.Raw(t, dir)
	defer db.Close()
	all := map[string]string{}
	for _, table := range programtest.Column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite_%'") {
		for _, text := range programtest.Column(t, db, `SELECT id || x'0A' || _body FROM "`+table+`"`) {
			id, body, _ := strings.Cut(text, "\n")
			all[table+" "+id] = body
		}
	}
	for _, text := range programtest.Column(t, db, `SELECT name || x'0A' || hex(data) FROM "_blob"`) {
		name, data, _ := strings.Cut(text, "\n")
		bytes, err := hex.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		all["blob "+name] = fmt.Sprintf(`{"sha256":"%x"}`, sha256.Sum256(bytes))
	}
	return all
}

// state is what a process keeps and changes for itself; the rest is facts and what follows from them.
var state = []string{"lease", "key", "session", "issuerkey", "issuersecret", "course", "shipment", "restore"}

// byHolder names the claims of printed codes by whose they are and when they were made: release 0.1.0 kept them under
// digests that can be guessed, and an upgrade moves them.
func byHolder(t *testing.T, all map[string]string) map[string]string {
	t.Helper()
	named := map[string]string{}
	for name, body := range all {
		if strings.HasPrefix(name, "claim ") {
			var c map[string]any
			if err := json.Unmarshal([]byte(body), &c); err != nil {
				t.Fatal(err)
			}
			delete(c, "id")
			text, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			name, body = fmt.Sprint("claim ", c["account"], c["createdAt"]), string(text)
		}
		named[name] = body
	}
	return named
}

// unusedCode puts a slip that was printed and not used yet into a store of release 0.1.0, for the roster's first
// person.
func unusedCode(t *testing.T, dir string) (code, name string) {
	t.Helper()
	code = "0123456789"
	db := programtest.Raw(t, dir)
	defer db.Close()
	var person string
	if err := db.QueryRow(`SELECT id, _body->>'name' FROM person ORDER BY id LIMIT 1`).Scan(&person, &name); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"id":"%x","account":%q,"roles":["learner"],"province":"","createdBy":"operator","createdAt":"2026-11-23T02:00:00Z","expiresAt":"2027-01-22T02:00:00Z","usedAt":"0001-01-01T00:00:00Z"}`,
		sha256.Sum256([]byte(code)), person)
	if _, err := db.Exec(`INSERT INTO claim (id, _rev, _schema, _body, account) VALUES (?1->>'id', 1, 1, ?1, ?1->>'account')`, body); err != nil {
		t.Fatal(err)
	}
	return code, name
}

// wantUpgraded fails the test unless everything that was in a store is in it now, with the same values: an upgrade adds
// fields and loses none.
func wantUpgraded(t *testing.T, was, is map[string]string) {
	t.Helper()
	was, is = byHolder(t, was), byHolder(t, is)
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

// The store of every release opens with this program: its tables have what today's kinds declare, nothing in it is lost
// or changed, standings and facts agree, its people sign in and go on, its certificates are the same to the byte.
func TestStoresOfReleases(t *testing.T) {
	for _, release := range programtest.Releases {
		t.Run(release, func(t *testing.T) {
			dir := programtest.StoreOf(t, release)
			code, name := unusedCode(t, dir)
			was := rows(t, dir)
			path, err := programtest.Build("lopban-of-"+release, time.Until(usedOn[release]).Round(time.Second).String())
			if err != nil {
				t.Fatal(err)
			}
			r := programtest.LaunchAs(t, path, console.Place{Data: dir})
			h := &hall{&programtest.Hall{At: console.Place{Data: dir}}}
			h.wantLearnerGoesOn(t, r.Base)
			h.wantPapers(t, r.Base, was)
			if page := fetch(t, r.Base+"/claim?code="+code); !strings.Contains(page, name) {
				t.Errorf("a slip that was printed before the upgrade does not open its account: %.2000s", page)
			}
			if code := r.End(t, syscall.SIGTERM); code != 0 {
				t.Errorf("the program ended with %d:\n%s", code, r.Log.Tail())
			}
			wantUpgraded(t, was, rows(t, dir))
			wantTables(t, dir)
			programtest.Says(t, "doctor", "--data", dir).Want(t, 0)
			again := programtest.LaunchAs(t, path, console.Place{Data: dir})
			if code := again.End(t, syscall.SIGTERM); code != 0 {
				t.Errorf("opened again the program ended with %d:\n%s", code, again.Log.Tail())
			}
		})
	}
}

// fetch is a page as a stranger sees it.
func fetch(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, res.Status, err)
	}
	return string(text)
}

// bearerOf signs somebody of a demo in.
func bearerOf(t *testing.T, base, login string) string {
	t.Helper()
	var got struct{ Access string }
	res, err := programtest.Call(t.Context(), http.DefaultClient, http.MethodPost, base+"/api/v1/session", "", map[string]string{"login": login, "password": demo.Password}, &got)
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
	if res, err := programtest.Call(t.Context(), http.DefaultClient, http.MethodGet, base+"/api/v1/courses/LS4", bearer, nil, &course); err != nil || res.StatusCode != http.StatusOK {
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
	if res, err := programtest.Call(t.Context(), http.DefaultClient, http.MethodPost, base+"/api/v1/facts", bearer, map[string]any{"facts": facts}, &got); err != nil || res.StatusCode != http.StatusOK {
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

// wantTables fails the test unless a store has a column for every field and an index for every index that the kinds
// declare.
func wantTables(t *testing.T, dir string) {
	t.Helper()
	db := programtest.Raw(t, dir)
	defer db.Close()
	for _, k := range console.AllKinds() {
		columns := programtest.Column(t, db, `SELECT name FROM pragma_table_info('`+k.Name+`')`)
		for _, f := range k.Fields() {
			if !slices.Contains(columns, f) {
				t.Errorf("%s has no column %s", k.Name, f)
			}
		}
		indexes := programtest.Column(t, db, `SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '`+k.Name+`'`)
		if len(indexes) != len(k.Unique)+len(k.Indexes) {
			t.Errorf("%s has the indexes %v", k.Name, indexes)
		}
		if !slices.Contains(programtest.Column(t, db, `SELECT name || schema FROM "_kind"`), fmt.Sprint(k.Name, k.Schema)) {
			t.Errorf("%s is not remembered with schema %d", k.Name, k.Schema)
		}
	}
}

// Killed at any of the writes of its first start on the store of an earlier release, the program starts on it again,
// and nothing is lost.
func TestKilledUpgrade(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("a process cannot be killed at a system call here: %v", err)
	}
	path, err := programtest.Program()
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range programtest.Releases {
		before := programtest.StoreOf(t, release)
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

// A store that a later release has used is refused by every command, with a sentence that names the release, and left
// as it was.
func TestStoreOfALaterRelease(t *testing.T) {
	dir := programtest.StoreOf(t, programtest.Releases[0])
	programtest.Says(t, "doctor", "--data", dir).Want(t, 0)
	db := programtest.Raw(t, dir)
	if _, err := db.Exec(`UPDATE "_kind" SET schema = 99, release = '9.8.7' WHERE name = 'attempt'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	was := rows(t, dir)
	for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"doctor"}, {"backup", filepath.Join(t.TempDir(), "b")}, {"report", "board"}} {
		programtest.Says(t, append(args, "--data", dir)...).Want(t, 1, "Version 9.8.7 of Lớp Bản has used this store", store.Release)
	}
	if is := rows(t, dir); !reflect.DeepEqual(is, was) {
		t.Error("something was changed")
	}
}
