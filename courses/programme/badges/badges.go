// Package badges gives the certificates of the register out as Open Badges, with the lists that say which are still
// good, and the keys and issuers that other programs need to check both.
package badges

import (
	"context"
	"regexp"
	"strconv"
	"sync"
	"time"

	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
)

// Badges are those of a programme.
type Badges struct {
	*programme.Programme
	mu    sync.Mutex
	at    time.Time // when the register was asked
	by    string    // key that signed the lists
	ended []string  // lines of the register that are worth nothing any more
	lists map[string]string
}

func New(p *programme.Programme) *Badges { return &Badges{Programme: p} }

// Badge is a certificate's badge, a JWT. It is made anew for each who asks, the same each time until another key signs.
func (b *Badges) Badge(ctx context.Context, c courses.Certificate) (string, error) {
	signer, err := b.Keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	return signer.Badge(c, b.Languages.In("vi").T("strand."+string(c.Strand)), b.BaseURL)
}

// listLife is how old a list may be when it is given out, so that the register is not read for each who asks.
const listLife = time.Minute

var listName = regexp.MustCompile(`^([0-9]{2})-([0-9]{4})-(0|[1-9][0-9]?)$`)

// firstYear is before any register began.
const firstYear = 2020

// StatusList is one of the lists of which badges are worth nothing any more: of those withdrawn, and of those that
// another replaces. Lists of years that were not, and of no issuer, are [problem.ErrNotFound].
func (b *Badges) StatusList(ctx context.Context, name string) (string, error) {
	now := b.Now()
	m := listName.FindStringSubmatch(name)
	if m == nil {
		return "", problem.ErrNotFound
	}
	year, _ := strconv.Atoi(m[2])
	if _, ok := b.Places.Province(roster.Present, m[1]); !ok || year < firstYear || year > now.In(courses.Vietnam).Year() {
		return "", problem.ErrNotFound
	}
	signer, err := b.Keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lists == nil || b.by != signer.ID || now.Sub(b.at).Abs() >= listLife {
		revoked, replaced, err := b.School.Ended(ctx)
		if err != nil {
			return "", err
		}
		b.at, b.by, b.ended, b.lists = now, signer.ID, append(revoked, replaced...), map[string]string{}
	}
	if text, ok := b.lists[name]; ok {
		return text, nil
	}
	text, err := signer.StatusList(name, b.ended, b.BaseURL, b.at)
	if err == nil {
		b.lists[name] = text
	}
	return text, err
}

// Issuer is the body that issues in a province, as badges name it.
func (b *Badges) Issuer(ctx context.Context, province string) (credential.Profile, error) {
	p, ok := b.Places.Province(roster.Present, province)
	if !ok {
		return credential.Profile{}, problem.ErrNotFound
	}
	i, err := b.School.Issuer(ctx, p.Code, p.Name)
	return credential.ProfileOf(b.BaseURL, i), err
}
