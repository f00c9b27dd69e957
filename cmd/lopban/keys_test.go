package main

import (
	"path/filepath"
	"strings"
	"testing"

	"lopban/cmd/lopban/programtest"
	"lopban/courses/credential"
	"lopban/courses/programme"
	"lopban/courses/store"
)

const operatorsSecret = "a secret of the operator, long enough"

// lines are the fields of what a command printed.
func lines(got told) (all [][]string) {
	for line := range strings.Lines(got.out) {
		all = append(all, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return all
}

func TestKeysAreListedRotatedAndRevoked(t *testing.T) {
	o := programtest.NewRegistry(t)
	printed, err := o.Programme.Papers.AsPrinted(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	// beside the server
	if got := lines(tells(t, "keys", "--data", o.Data).want(t, 0)); len(got) != 1 || got[0][0] != "0001" || got[0][1] != "signs" {
		t.Errorf("%q", got)
	}
	tells(t, "keys", "rotate", "--data", o.Data).want(t, 1, "in use")
	o.Close()
	tells(t, "keys", "rotate", "--data", o.Data, "--key-secret", "short").want(t, 1, "32")
	if got := lines(tells(t, "keys", "rotate", "--data", o.Data).want(t, 0)); len(got) != 2 || got[0][1] != "retired" || got[1][1] != "signs" {
		t.Errorf("%q", got)
	}
	if got := verdict(t, o, printed.VerifyURL); got[0] != "valid" {
		t.Errorf("signed with the old key: %q", got)
	}
	tells(t, "keys", "revoke", "0007", "--data", o.Data).want(t, 1, "no key 0007")
	if got := lines(tells(t, "keys", "revoke", "0001", "--data", o.Data).want(t, 0)); len(got) != 2 || got[0][1] != "revoked" || got[1][1] != "signs" {
		t.Errorf("%q", got)
	}
	if got := verdict(t, o, printed.VerifyURL); got[0] != "changed" {
		t.Errorf("signed with a key that was withdrawn: %q", got)
	}
	if got := verdict(t, o, o.Entry.Code); got[0] != "valid" { // the register goes on vouching for it
		t.Errorf("by its code: %q", got)
	}
}

func TestKeysComeThroughABackup(t *testing.T) {
	o := programtest.NewRegistry(t)
	printed, err := o.Programme.Papers.AsPrinted(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := o.Programme.Papers.Keep(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	_, fragment, _ := strings.Cut(printed.VerifyURL, "#")
	o.Close()
	file, next := filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "next")
	restore := func(data string) {
		t.Helper()
		tells(t, "backup", file, "--data", o.Data, "--force").want(t, 0)
		tells(t, "restore", file, "--data", data).want(t, 0)
	}
	restore(next)
	// What opens the key is not in the backup: another signs from now on, and the old one goes on checking.
	if got := lines(tells(t, "keys", "--data", next).want(t, 0)); len(got) != 1 || got[0][1] != "signs" {
		t.Errorf("%q", got)
	}
	tells(t, "certificate", "reissue", o.Entry.Code, "--reason", "lost", "--data", next).want(t, 0)
	if got := lines(tells(t, "keys", "--data", next).want(t, 0)); len(got) != 2 || got[0][1] != "retired" || got[1][1] != "signs" {
		t.Errorf("after a paper was made: %q", got)
	}
	if got := verdict(t, o, printed.VerifyURL); got[0] != "valid" {
		t.Errorf("the printed link: %q", got)
	}
	if k, ok := keysOf(t, next).Sealed(pdf); !ok || k.ID != "0001" {
		t.Error("the printed paper cannot be checked any more")
	}
	if f, err := keysOf(t, next).Check(o.Entry.Code, fragment); err != nil || f.Holder != o.Entry.Holder.Name {
		t.Errorf("the printed link: %v %+v", err, f)
	}
	// Sealed under the operator's secret it comes along whole.
	tells(t, "certificate", "reissue", o.Entry.Code, "--reason", "lost", "--data", o.Data, "--key-secret", operatorsSecret).want(t, 0)
	again := filepath.Join(t.TempDir(), "again")
	restore(again)
	code := strings.Split(tells(t, "certificate", "reissue", o.Entry.Serial, "--reason", "damaged", "--data", again, "--key-secret", operatorsSecret).want(t, 0).out, "\t")[1]
	if got := lines(tells(t, "keys", "--data", again).want(t, 0)); len(got) != 1 || got[0][1] != "signs" {
		t.Errorf("with the operator's secret: %q", got)
	}
	tells(t, "certificate", "reissue", code, "--reason", "damaged", "--data", again).want(t, 1, "LOPBAN_KEY_SECRET_FILE")
}

// keysOf reads the keys of a store that nobody uses.
func keysOf(t *testing.T, data string) credential.Keys {
	t.Helper()
	var all credential.Keys
	opened(t, data, func(st store.Store) {
		var err error
		if all, err = store.All[credential.Key](t.Context(), st, programme.IssuerKeyKind, store.Query{}); err != nil {
			t.Fatal(err)
		}
	})
	return all
}
