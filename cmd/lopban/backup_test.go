package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"lopban/cmd/lopban/console"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/store"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/store/sqlite"
)

// holdings are all documents and blobs of a store, by kind and id.
func holdings(t *testing.T, p console.Place) map[string]any {
	t.Helper()
	st, err := p.OpenAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	all := map[string]any{}
	for _, k := range console.AllKinds() {
		if k == console.RestoreKind {
			continue
		}
		err := st.Find(t.Context(), k, store.Query{}, func(r store.Row) error {
			doc, err := k.New()
			if err == nil {
				err = r.Decode(doc)
			}
			id, _, bad := k.Values(doc)
			all[k.Name+" "+id] = doc
			return errors.Join(err, bad)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err = st.Blobs(t.Context(), func(name string) error {
		data, err := st.Blob(t.Context(), name)
		all["blob "+name] = append([]byte{}, data...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantSame(t *testing.T, got, want map[string]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d documents and blobs, want %d", len(got), len(want))
	}
	for name, doc := range want {
		if !reflect.DeepEqual(got[name], doc) {
			t.Errorf("%s is %+v, want %+v", name, got[name], doc)
		}
	}
}

// sampleStore fills a folder with some documents of every kind, the secret ones too, and some blobs, and gives what a
// backup of it must hold.
func sampleStore(t *testing.T) (dir string, archived map[string]any) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	st, err := console.Place{Data: dir}.OpenAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var s sampler
	for _, k := range console.AllKinds() {
		if k == console.RestoreKind {
			continue
		}
		docs := []any{s.fill(k, true)}
		for range 3 {
			docs = append(docs, s.fill(k, false))
		}
		if err := st.Insert(t.Context(), k, docs...); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1200 { // more than are inserted together
		if err := st.Insert(t.Context(), roster.LoginKind, login(fmt.Sprintf("l%04d", i))); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range map[string][]byte{"paper.pdf": []byte("%PDF"), "empty": {}, "big": bytes.Repeat([]byte{0, 1, 2, 253}, 1<<18)} {
		if err := st.PutBlob(t.Context(), name, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, backedUp(holdings(t, console.Place{Data: dir}))
}

// backedUp is what a backup of a store holds of it: no secrets, and of printed codes those that were used.
func backedUp(all map[string]any) map[string]any {
	for name, doc := range all {
		c, isClaim := doc.(*roster.Claim)
		e, isTold := doc.(*programme.AuditEntry)
		// told since
		if isClaim && c.UsedAt.IsZero() || isTold && (e.Action == "export.backup" || e.Action == "trail.begin") {
			delete(all, name)
		}
	}
	for name := range all {
		if kind, _, _ := strings.Cut(name, " "); kind == "trailhead" || isSecret(kind) {
			delete(all, name)
		}
	}
	return all
}

// restored is what a store that came from a backup holds of it: all but the key of printed codes that it was given.
func restored(t *testing.T, p console.Place) map[string]any {
	t.Helper()
	all := holdings(t, p)
	if all["codekey claim"] == nil {
		t.Error("the store has no key for printed codes")
	}
	told := 0
	for name, doc := range all {
		if e, ok := doc.(*programme.AuditEntry); ok && (e.Action == "store.restore" || e.Action == "export.backup" || e.Action == "trail.begin") {
			delete(all, name)
			told++
		}
	}
	if told == 0 {
		t.Error("the trail does not say that it was restored")
	}
	return without(all, "codekey claim", "trailhead ")
}

func TestBackupMovesBetweenEngines(t *testing.T) {
	from, want := sampleStore(t)
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first.lopban"), filepath.Join(dir, "second.lopban")
	uri, back := mongotest.Start(t), filepath.Join(dir, "back")

	tells(t, "backup", first, "--data", from).want(t, 0, "backup")
	if info, err := os.Stat(first); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	tells(t, "restore", first, "--mongodb", uri).want(t, 0, "restore")
	wantSame(t, restored(t, console.Place{Mongodb: uri}), want)
	tells(t, "backup", second, "--mongodb", uri).want(t, 0)
	tells(t, "restore", second, "--data", back).want(t, 0)
	wantSame(t, restored(t, console.Place{Data: back}), want)

	for _, engine := range [][]string{{"--mongodb", uri}, {"--data", back}} {
		tells(t, append([]string{"restore", first}, engine...)...).want(t, 1, "the store is not empty")
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*.tmp")); err != nil || names != nil {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

func TestBackupOverwritesOnlyWhenForced(t *testing.T) {
	from, _ := sampleStore(t)
	file := filepath.Join(t.TempDir(), "backup.lopban")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	tells(t, "backup", file, "--data", from).want(t, 1, "is there already", "--force")
	if data, _ := os.ReadFile(file); string(data) != "precious" {
		t.Error("the file was overwritten")
	}
	tells(t, "backup", file, "--data", from, "--force").want(t, 0)
	tells(t, "restore", file, "--dry-run").want(t, 0)
}

func TestBackupOfNothingIsRefused(t *testing.T) {
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "backup.lopban")
	tells(t, "backup", file, "--data", data).want(t, 1, "There is no store in the folder "+data)
	st, err := sqlite.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	tells(t, "backup", file, "--data", data).want(t, 1, "there is nothing in this store")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was written: %v", err)
	}
}

func TestRestoreRefusesDamageBeforeItWrites(t *testing.T) {
	dir := t.TempDir()
	file, data := filepath.Join(dir, "backup.lopban"), filepath.Join(dir, "data")
	for name, c := range hostile() {
		if err := os.WriteFile(file, c.archive, 0o600); err != nil {
			t.Fatal(err)
		}
		got := tells(t, "restore", file, "--data", data)
		if got.code != 1 || !strings.Contains(got.err, "lopban: "+file+" ") || !strings.Contains(got.err, c.says) || !strings.Contains(got.err, "nothing was written") {
			t.Errorf("%s: code %d, %s", name, got.code, got.err)
		}
		if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the folder was made", name)
		}
	}
}

// A file may be whole and yet say two things of one id. That is seen only while it is restored.
func TestRestoreRefusesContradiction(t *testing.T) {
	dir := t.TempDir()
	file, data := filepath.Join(dir, "backup.lopban"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, pack([]string{goodHead, goodDoc, goodDoc}, ""), 0o600); err != nil {
		t.Fatal(err)
	}
	tells(t, "restore", file, "--data", data).want(t, 1, "contradicts itself", "login a")
	tells(t, "doctor", "--data", data).want(t, 1, "not whole")
}

// cancelAt ends a context when a word is written.
type cancelAt struct {
	bytes.Buffer
	word   string
	cancel context.CancelFunc
}

func (c *cancelAt) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.word) {
		c.cancel()
	}
	return c.Buffer.Write(p)
}

func TestInterruptedRestore(t *testing.T) {
	from, want := sampleStore(t)
	dir := t.TempDir()
	file, other := filepath.Join(dir, "backup.lopban"), filepath.Join(dir, "other.lopban")
	tells(t, "backup", file, "--data", from).want(t, 0)
	if err := os.WriteFile(other, smallArchive(t), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, engine := range map[string][]string{"sqlite": {"--data", filepath.Join(dir, "data")}, "mongodb": {"--mongodb", ""}} {
		t.Run(name, func(t *testing.T) {
			if name == "mongodb" {
				engine[1] = mongotest.Start(t)
			}
			with := func(args ...string) []string { return append(args, engine...) }
			ctx, cancel := context.WithCancel(t.Context())
			said := &cancelAt{word: "restore ", cancel: cancel} // at the first sign of progress
			if code := run(ctx, with("restore", file), noEnvironment, &console.Terminal{Out: said, Err: said}); code != 1 || ctx.Err() == nil {
				t.Fatalf("code %d: %s", code, said)
			}
			notWhole := "has not ended, so it is not whole: run lopban restore again with the same file and --force"
			tells(t, with("serve", "--addr", "127.0.0.1:0")...).want(t, 1, notWhole)
			tells(t, with("backup", filepath.Join(t.TempDir(), "b"))...).want(t, 1, notWhole)
			tells(t, with("restore", file)...).want(t, 1, notWhole)
			tells(t, with("restore", other, "--force")...).want(t, 1, "was of another file")
			tells(t, with("restore", file, "--force")...).want(t, 0)
			tells(t, with("restore", file, "--force")...).want(t, 1, "the store is not empty")
			p := console.Place{Data: engine[1]}
			if name == "mongodb" {
				p = console.Place{Mongodb: engine[1]}
			}
			wantSame(t, restored(t, p), want)
		})
	}
}

// A store whose log was lost after a crash is refused with both ways out: to go on without it, or with a backup.
// Neither throws anything away.
func TestLostLog(t *testing.T) {
	dir, archived := sampleStore(t)
	file := filepath.Join(t.TempDir(), "backup")
	tells(t, "backup", file, "--data", dir).want(t, 0)
	st, err := console.Place{Data: dir}.OpenAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Insert(t.Context(), roster.LoginKind, login("late")); err != nil {
		t.Fatal(err)
	}
	crash := func() string {
		crashed := filepath.Join(t.TempDir(), "data")
		if err := errors.Join(os.CopyFS(crashed, os.DirFS(dir)), os.Remove(filepath.Join(crashed, "lopban.db-wal"))); err != nil {
			t.Fatal(err)
		}
		return crashed
	}

	crashed := crash()
	for range 2 {
		tells(t, "doctor", "--data", crashed).want(t, 1, "lopban.db-wal", "doctor --accept-loss", "restore FILE --aside")
	}
	tells(t, "restore", file, "--aside", "--data", crashed).want(t, 0)
	wantSame(t, restored(t, console.Place{Data: crashed}), archived)
	aside, err := filepath.Glob(filepath.Join(crashed, "damaged-*", "lopban.*"))
	if err != nil || len(aside) < 2 {
		t.Errorf("kept are %v, %v", aside, err)
	}
	tells(t, "restore", file, "--aside", "--data", crashed).want(t, 1, "not empty") // what is sound stays

	crashed = crash()
	tells(t, "doctor", "--accept-loss", "--data", crashed)
	wantSame(t, backedUp(holdings(t, console.Place{Data: crashed})), archived)
}

// without leaves out what has one of these names.
func without(all map[string]any, prefixes ...string) map[string]any {
	for name := range all {
		for _, p := range prefixes {
			if strings.HasPrefix(name, p) {
				delete(all, name)
			}
		}
	}
	return all
}

// A backup that was killed leaves a draft, which the next one in that folder removes; one under way keeps its own.
func TestDraftsOfKilledBackups(t *testing.T) {
	dir := t.TempDir()
	killed := filepath.Join(dir, ".lopban-backup-123.tmp")
	if err := os.WriteFile(killed, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, held, err := console.NewDraft(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := os.Stat(killed); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the draft of a backup that was killed: %v", err)
	}
	second, other, err := console.NewDraft(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err := os.Stat(first.Name()); err != nil {
		t.Errorf("the draft of a backup under way: %v", err)
	}
	if err := errors.Join(held.Unlock(), other.Unlock()); err != nil {
		t.Error(err)
	}
}

// A backup opens no account: of printed codes it holds those that were used. In the store that comes of it neither a
// code from before works, nor what would digest it; new slips do, and everybody is told.
func TestABackupOpensNoAccount(t *testing.T) {
	from := console.Place{Data: filepath.Join(t.TempDir(), "data")}
	st, err := from.OpenAny(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	office := accounts.NewAccounts(st, console.Clock, rand.Reader)
	before, err := office.FirstAdmin(t.Context(), "Quản trị viên")
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	file, back := filepath.Join(t.TempDir(), "backup"), console.Place{Data: filepath.Join(t.TempDir(), "back")}
	tells(t, "backup", file, "--data", from.Data).want(t, 0)
	if got := tells(t, "restore", file, "--data", back.Data); got.code != 0 || !strings.Contains(got.out, "staff print new ones") {
		t.Errorf("restored: %+v", got)
	}
	if st, err = back.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if left, err := store.All[roster.Claim](t.Context(), st, roster.ClaimKind, store.Query{}); err != nil || len(left) > 0 {
		t.Errorf("codes: %+v, %v", left, err)
	}
	office = accounts.NewAccounts(st, console.Clock, rand.Reader)
	var p *problem.Problem
	if _, err := office.Look(t.Context(), before.Code, "192.0.2.1"); !errors.As(err, &p) || p.Code != "claim-restored" {
		t.Errorf("the old code: %v", err)
	}
	after, err := office.FirstAdmin(t.Context(), "Quản trị viên")
	if err == nil {
		_, err = office.Look(t.Context(), after.Code, "192.0.2.1")
	}
	if err != nil {
		t.Errorf("a new code: %v", err)
	}
}

// A backup is encrypted to recipients or with a passphrase, and restored with what fits; nothing else opens it, and
// nothing of a name can be read in it.
func TestEncryptedBackups(t *testing.T) {
	from, want := sampleStore(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := func(name string) (recipient, file string) {
		k, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		return k.Recipient().String(), write(name, "# made for a test\n"+k.String()+"\n")
	}
	office, officeKey := key("office.key")
	province, provinceKey := key("province.key")
	_, strangerKey := key("stranger.key")
	both := write("recipients", "# who may restore\n"+office+"\n"+province+"\n")
	phrase, other := write("phrase", "đá rơi mười hai lần\n"), write("other", "another passphrase\n")

	for name, c := range map[string]struct{ seal, open, refused []string }{
		"two recipients":       {[]string{"--to", office, "--to", province}, []string{"--identity", provinceKey}, []string{"--identity", strangerKey}},
		"a file of recipients": {[]string{"--to", both}, []string{"--identity", strangerKey, "--identity", officeKey}, []string{"--passphrase-file", phrase}},
		"a passphrase":         {[]string{"--passphrase-file", phrase}, []string{"--passphrase-file", phrase}, []string{"--passphrase-file", other}},
	} {
		t.Run(name, func(t *testing.T) {
			file, back := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "back")
			tells(t, append([]string{"backup", file, "--data", from}, c.seal...)...).want(t, 0)
			if text, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(text, []byte("age-encryption.org/v1\n")) {
				t.Errorf("begins with %.30q, %v", text, err)
			}
			tells(t, "restore", file, "--data", back).want(t, 1, "is encrypted", "--identity", "nothing was written")
			tells(t, append([]string{"restore", file, "--data", back}, c.refused...)...).want(t, 1, "another key", "nothing was written")
			tells(t, append([]string{"restore", file, "--dry-run"}, c.open...)...).want(t, 0)
			tells(t, append([]string{"restore", file, "--data", back}, c.open...)...).want(t, 0)
			wantSame(t, restored(t, console.Place{Data: back}), want)
		})
	}

	file := filepath.Join(dir, "never")
	short := write("short", "short\n")
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--to", "age1nobody"}, "not an age recipient"},
		{[]string{"--to", filepath.Join(dir, "none")}, "neither an age recipient"},
		{[]string{"--to", officeKey}, "no age recipient"},
		{[]string{"--passphrase-file", short}, "too short"},
		{[]string{"--passphrase-file", phrase, "--to", office}, "not both"},
	} {
		tells(t, append([]string{"backup", file, "--data", from}, c.flags...)...).want(t, 1, c.want)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file was written all the same")
	}

	whole := filepath.Join(dir, "whole")
	tells(t, "backup", whole, "--data", from, "--to", office).want(t, 0)
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{"cut": text[:len(text)/2], "changed": append(append(bytes.Clone(text[:300]), text[300]^1), text[301:]...)} {
		tells(t, "restore", write(name, string(damaged)), "--data", filepath.Join(dir, "back"), "--identity", officeKey).want(t, 1, "is damaged", "nothing was written")
	}
}

// isSecret says whether a kind of this name is left out of backups.
func isSecret(name string) bool {
	return slices.ContainsFunc(programme.Kinds(), func(k *store.Kind) bool { return k.Name == name && k.Secret })
}
