package badges

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
func (b *Badges) Ended(ctx context.Context) (*Ended, error) {
	e, now := b.ended.known.Load(), b.Now()
	if e != nil && now.Sub(e.At).Abs() < endedLife {
		return e, nil
	}
	_, err, _ := b.ended.reading.Do("", func() (any, error) {
		read := Ended{At: now}
		first, err := store.All[courses.Certificate](ctx, b.Store, school.CertificateKind, store.Query{}.By("issuedAt").First(1))
		if err != nil {
			return nil, err
		}
		for _, c := range first {
			read.First = c.IssuedAt
		}
		if read.Revoked, read.Replaced, err = b.School.Ended(ctx); err != nil {
			return nil, err
		}
		b.ended.known.Store(&read)
		return nil, nil
	})
	return b.ended.known.Load(), err
}

// States is the list of what is worth nothing any more, signed.
func (b *Badges) States(ctx context.Context) (string, error) {
	signer, err := b.Keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	e, err := b.Ended(ctx)
	if err != nil {
		return "", err
	}
	b.ended.mu.Lock()
	defer b.ended.mu.Unlock()
	if b.ended.of == e && b.ended.by == signer.ID {
		return b.ended.text, nil
	}
	// lists, never null
	text, err := signer.SignStates(credential.States{At: e.At.Unix(), Revoked: append([]string{}, e.Revoked...), Replaced: append([]string{}, e.Replaced...)})
	if err == nil {
		b.ended.of, b.ended.by, b.ended.text = e, signer.ID, text
	}
	return text, err
}
