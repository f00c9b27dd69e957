// Package badges gives the certificates of the register out as Open Badges, with the lists that say which are still
// good, for programs and for the check page, and the keys and issuers that other programs need to check both.
package badges

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
)

// Badges are those of a programme.
type Badges struct {
	*programme.Programme
	ended ended
	mu    sync.Mutex
	lists *lists
	given map[string]bool // lists that badges name which were given out
}

// lists are those that were made of what the register had.
type lists struct {
	of       *Ended
	by       string          // key that signed them
	reissued map[string]bool // lists of reissues
	text     map[string]string
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

var listName = regexp.MustCompile(`^([0-9]{2})-([0-9]{4})-(0|[1-9][0-9]?)$`)

// StatusList is one of the lists of which badges are worth nothing any more: of those withdrawn, and of those that
// another replaces. Lists of years in which there was no register, of reissues that are not, and of no issuer are
// [problem.ErrNotFound].
func (b *Badges) StatusList(ctx context.Context, name string) (string, error) {
	m := listName.FindStringSubmatch(name)
	if m == nil {
		return "", problem.ErrNotFound
	}
	year, _ := strconv.Atoi(m[2])
	if _, ok := b.Places.Province(roster.Present, m[1]); !ok || year > b.Now().In(courses.Vietnam).Year() {
		return "", problem.ErrNotFound
	}
	signer, err := b.Keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	ended, err := b.Ended(ctx)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lists == nil || b.lists.of != ended || b.lists.by != signer.ID {
		reissued, err := reissuedLists(ended)
		if err != nil {
			return "", err
		}
		b.lists = &lists{of: ended, by: signer.ID, reissued: reissued, text: map[string]string{}}
	}
	since := ended.First
	if since.IsZero() {
		since = ended.At
	}
	if year < since.In(courses.Vietnam).Year() || m[3] != "0" && !b.lists.reissued[name] && !b.given[name] {
		return "", problem.ErrNotFound
	}
	if text, ok := b.lists.text[name]; ok {
		return text, nil
	}
	text, err := signer.StatusList(name, append(slices.Clone(ended.Revoked), ended.Replaced...), b.BaseURL, ended.At)
	if err == nil {
		b.lists.text[name] = text
	}
	return text, err
}

// reissuedLists are those with a certificate that was issued again: each line that was replaced was so by one with the
// next number.
func reissuedLists(e *Ended) (map[string]bool, error) {
	all := map[string]bool{}
	for _, line := range e.Replaced {
		list, _, err := credential.PlaceOf(line)
		if err != nil {
			return nil, err
		}
		end := strings.LastIndexByte(list, '-') + 1
		n, _ := strconv.Atoi(list[end:])
		all[list[:end]+strconv.Itoa(n+1)] = true
	}
	return all, nil
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
