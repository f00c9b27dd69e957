package programme

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Ended is what the register had at a moment that is worth nothing any more, by lines.
type Ended struct {
	At                time.Time
	First             time.Time // issue of the first certificate, zero before there is one
	Revoked, Replaced []string
}

// ended is what was read of the register, and the signed list of it.
type ended struct {
	reading singleflight.Group // all who ask meanwhile have the end of one reading, also when the store does not answer
	known   atomic.Pointer[Ended]
	mu      sync.Mutex
	of      *Ended
	by      string // key
	text    string
}

// endedLife is how old what is known of the register may be when it is given out, so that it is not read for each who
// asks.
const endedLife = time.Minute

// Ended is what is worth nothing any more, as the register has it now or had it a minute ago.
func (s *Programme) Ended(ctx context.Context) (*Ended, error) {
	e, now := s.ended.known.Load(), s.Now()
	if e != nil && now.Sub(e.At).Abs() < endedLife {
		return e, nil
	}
	_, err, _ := s.ended.reading.Do("", func() (any, error) {
		read := Ended{At: now}
		first, err := store.All[courses.Certificate](ctx, s.Store, school.CertificateKind, store.Query{}.By("issuedAt").First(1))
		if err != nil {
			return nil, err
		}
		for _, c := range first {
			read.First = c.IssuedAt
		}
		if read.Revoked, read.Replaced, err = s.School.Ended(ctx); err != nil {
			return nil, err
		}
		s.ended.known.Store(&read)
		return nil, nil
	})
	return s.ended.known.Load(), err
}

// States is the list of what is worth nothing any more, signed.
func (s *Programme) States(ctx context.Context) (string, error) {
	signer, err := s.Keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	e, err := s.Ended(ctx)
	if err != nil {
		return "", err
	}
	s.ended.mu.Lock()
	defer s.ended.mu.Unlock()
	if s.ended.of == e && s.ended.by == signer.ID {
		return s.ended.text, nil
	}
	// lists, never null
	text, err := signer.SignStates(credential.States{At: e.At.Unix(), Revoked: append([]string{}, e.Revoked...), Replaced: append([]string{}, e.Replaced...)})
	if err == nil {
		s.ended.of, s.ended.by, s.ended.text = e, signer.ID, text
	}
	return text, err
}
