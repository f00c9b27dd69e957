package programme

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster/accounts"
)

// tellLock keeps one entry in the trail for a lock, however long it lasts and whichever process saw it.
func (s *Programme) tellLock(ctx context.Context, l accounts.Lock) error {
	province := l.Account.Province
	if p, err := s.Roll.Kept(ctx, l.Account.ID); err == nil {
		province = p.Province
	} else if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	action := "account.lock"
	if l.Known {
		action = "account.lock-own"
	}
	return s.Tell(ctx, AuditEntry{ID: "lock-" + l.Account.ID + "-" + strconv.FormatInt(l.At.UnixMilli(), 10), By: Nobody, Action: action,
		Subject: l.Account.ID, Province: province, Note: strings.Join(l.Account.Logins, ", ")})
}

// Nobody is who did what nobody signed in did.
const Nobody = "-"

// tellFlood says in the log that strangers of a network wait, and keeps one entry of it in the trail for a day.
func (s *Programme) tellFlood(ctx context.Context, f accounts.Flood) error {
	if f.Begins {
		s.Log.Warn("sign-ins of strangers from one network wait: too many wrong passwords or codes", "network", f.Network)
	}
	action := "account.flood"
	if f.What == "code" {
		action = "account.flood-code"
	}
	id := "flood-" + f.What + "-" + f.Network + "-" + f.At.UTC().Format(time.DateOnly)
	return s.Tell(ctx, AuditEntry{ID: id, By: Nobody, Action: action, Subject: f.Network})
}
