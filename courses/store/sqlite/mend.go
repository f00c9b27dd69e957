package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// AcceptLoss lets a folder be opened that [Open] refuses with "store-cut": what the log held is given up for good. The
// file itself must be sound. It reports whether there was anything to accept.
func AcceptLoss(dir string, kinds ...*store.Kind) (lost bool, err error) {
	err = withRefused(dir, kinds, func(s *Store, p *problem.Problem) error {
		if p.Code != "store-cut" {
			return p
		}
		lost = true
		return errors.Join(os.Remove(s.marker()), syncFolder(s.dir))
	})
	return lost, err
}

// SetAside moves what [Open] refuses with "store-damaged" or "store-cut" into a folder of its own in the same folder,
// named after the time, and gives that folder's path: a new store can then be made in its place. A sound store, and one
// that is refused for another reason, is left where it is, and the path is empty.
func SetAside(dir string, now time.Time, kinds ...*store.Kind) (to string, err error) {
	err = withRefused(dir, kinds, func(s *Store, p *problem.Problem) error {
		aside := filepath.Join(s.dir, "damaged-"+now.UTC().Format("20060102-150405"))
		if err := os.Mkdir(aside, 0o700); err != nil {
			return err
		}
		to = aside
		// cut off in between it is refused again
		for _, from := range []string{s.file() + "-wal", s.file() + "-shm", s.file(), s.marker()} {
			if err := os.Rename(from, filepath.Join(aside, filepath.Base(from))); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		return errors.Join(syncFolder(aside), syncFolder(s.dir))
	})
	return to, err
}

// withRefused calls f with what is lost or damaged in a folder that no process has open. The structure of the whole
// file is read, however large it is.
func withRefused(dir string, kinds []*store.Kind, f func(*Store, *problem.Problem) error) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	lock, err := takeFolder(dir)
	if err != nil {
		return err
	}
	s := &Store{dir: dir, lock: lock, thorough: true}
	err = s.look(kinds)
	if p := (*problem.Problem)(nil); errors.As(err, &p) && (p.Code == "store-damaged" || p.Code == "store-cut") {
		err = f(s, p)
	}
	return errors.Join(err, lock.Unlock())
}

// look says what [Open] would refuse.
func (s *Store) look(kinds []*store.Kind) error {
	switch made, err := s.findFile(); {
	case err != nil || !made:
		return err
	}
	db, err := s.readOnly()
	if err != nil {
		return err
	}
	return errors.Join(s.judge(db, kinds), db.Close())
}
