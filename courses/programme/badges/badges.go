// Package badges gives the certificates of the register out as Open Badges, with the lists that say which are still
// good, and the keys and issuers that other programs need to check both.
package badges

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Badges are those of a programme.
type Badges struct {
	*programme.Programme
	reading sync.Mutex // held by who reads the register
	mu      sync.Mutex
	known   *register
	given   map[string]bool // lists that badges name which were given out
}

// register is what lists are made of, and those that were made.
type register struct {
	at       time.Time
	by       string // key that signed the lists
	since    int    // year of the first certificate
	ended    []string
	reissued map[string]bool // lists of reissues
	lists    map[string]string
}

func New(p *programme.Programme) *Badges { return &Badges{Programme: p, given: map[string]bool{}} }

// Badge is a certificate's badge, a JWT. It is made anew for each who asks, the same each time until another key signs.
func (b *Badges) Badge(ctx context.Context, c courses.Certificate) (string, error) {
	signer, err := b.Keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	list, _, err := credential.PlaceOf(c.Register)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	b.given[list] = true // it may be younger than what is known of the register
	b.mu.Unlock()
	return signer.Badge(c, b.Languages.In("vi").T("strand."+string(c.Strand)), b.BaseURL)
}

// listLife is how old a list may be when it is given out, so that the register is not read for each who asks.
const listLife = time.Minute

var listName = regexp.MustCompile(`^([0-9]{2})-([0-9]{4})-(0|[1-9][0-9]?)$`)

// StatusList is one of the lists of which badges are worth nothing any more: of those withdrawn, and of those that
// another replaces. Lists of years in which there was no register, of reissues that are not, and of no issuer are
// [problem.ErrNotFound].
func (b *Badges) StatusList(ctx context.Context, name string) (string, error) {
	now := b.Now()
	m := listName.FindStringSubmatch(name)
	if m == nil {
		return "", problem.ErrNotFound
	}
	year, _ := strconv.Atoi(m[2])
	if _, ok := b.Places.Province(roster.Present, m[1]); !ok || year > now.In(courses.Vietnam).Year() {
		return "", problem.ErrNotFound
	}
	signer, err := b.Keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	r, err := b.register(ctx, signer.ID, now)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if year < r.since || m[3] != "0" && !r.reissued[name] && !b.given[name] {
		return "", problem.ErrNotFound
	}
	if text, ok := r.lists[name]; ok {
		return text, nil
	}
	text, err := signer.StatusList(name, r.ended, b.BaseURL, r.at)
	if err == nil {
		r.lists[name] = text
	}
	return text, err
}

// register is what is known of the register. One reads it anew, and meanwhile others get what was known lately.
func (b *Badges) register(ctx context.Context, key string, now time.Time) (*register, error) {
	known := func(age time.Duration) *register {
		b.mu.Lock()
		defer b.mu.Unlock()
		if r := b.known; r != nil && r.by == key && now.Sub(r.at).Abs() < age {
			return r
		}
		return nil
	}
	if r := known(listLife); r != nil {
		return r, nil
	}
	if !b.reading.TryLock() {
		if r := known(10 * listLife); r != nil {
			return r, nil
		}
		b.reading.Lock()
	}
	defer b.reading.Unlock()
	if r := known(listLife); r != nil { // read while this one waited
		return r, nil
	}
	first, err := store.All[courses.Certificate](ctx, b.Store, school.CertificateKind, store.Query{}.By("issuedAt").First(1))
	if err != nil {
		return nil, err
	}
	revoked, replaced, err := b.School.Ended(ctx)
	if err != nil {
		return nil, err
	}
	r := &register{at: now, by: key, since: now.In(courses.Vietnam).Year(), ended: append(revoked, replaced...), reissued: map[string]bool{}, lists: map[string]string{}}
	for _, c := range first {
		r.since = c.IssuedAt.In(courses.Vietnam).Year()
	}
	for _, line := range replaced { // by one with the next number
		list, _, err := credential.PlaceOf(line)
		if err != nil {
			return nil, err
		}
		end := strings.LastIndexByte(list, '-') + 1
		n, _ := strconv.Atoi(list[end:])
		r.reissued[list[:end]+strconv.Itoa(n+1)] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known = r
	return r, nil
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
