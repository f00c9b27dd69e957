package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// toldFolder is where, beside an embedded store that another process may have, stands what the audit trail is to say of
// who only read it: a file for each act, until whoever opens the store next, or has it open, writes it down.
const toldFolder = "told"

// largestTold is how many bytes such a file has at most.
const largestTold = 64 << 10

// tell keeps that somebody at the console did something beside the server.
func (p Place) tell(ctx context.Context, from Source, action, subject string) error {
	e := programme.AuditEntry{ID: uuid.Must(uuid.NewV7()).String(), By: roster.Operator().ID, Action: action, Subject: subject, At: store.Time(Clock())}
	if db, ok := from.(database); ok {
		return programme.Tell(ctx, db.Store, e.At, e)
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	dir := filepath.Join(p.Data, toldFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	draft := filepath.Join(dir, e.ID+".new")
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close(), os.Rename(draft, filepath.Join(dir, e.ID+".json")), syncFolder(dir))
}

// TakeTold writes down what was told beside a store. One that was written before a crash is not written twice; what is
// no entry is left where it is, under another name.
func TakeTold(ctx context.Context, dir string, st store.Store) error {
	files, err := filepath.Glob(filepath.Join(dir, toldFolder, "*.json"))
	if err != nil {
		return err
	}
	for _, file := range files {
		e, ok := readTold(file)
		if !ok {
			if err := os.Rename(file, file+".unread"); err != nil {
				return err
			}
			continue
		}
		if err := programme.Tell(ctx, st, Clock(), e); err != nil {
			return err
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// readTold reads what an act was. Where it stands in the trail is for the trail to say.
func readTold(file string) (e programme.AuditEntry, ok bool) {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > largestTold {
		return e, false
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return e, false
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if dec.Decode(&e) != nil || e.ID == "" || e.Action == "" || e.By == "" {
		return e, false
	}
	e.Line, e.Before, e.Digest, e.Salt = "", "", "", ""
	return e, true
}

// KeepTold does TakeTold every minute until the context ends.
func KeepTold(ctx context.Context, dir string, s *programme.Programme) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := TakeTold(ctx, dir, s.Store); err != nil && ctx.Err() == nil {
			s.Log.Error("what was done at the console is not in the trail yet", "error", err.Error())
		}
	}
}
