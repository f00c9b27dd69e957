package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// A session is what begins with a sign-in and ends with a sign-out: a family of refresh tokens, each of which is used
// once and gives the next one, and of access tokens of 15 minutes. An access token is a JWT (RFC 9068, under the rules
// of RFC 8725) and still is looked up: at most two seconds after a session ended or a person was disabled or demoted,
// on whatever process, none of its tokens is good for anything.
const (
	accessLife = 15 * time.Minute
	accessSize = 2048             // bytes; ours have some 450
	seenLife   = 2 * time.Second  // of a session and its account
	provenLife = 30 * time.Second // of a signature
	seenSize   = 20_000
	clockSkew  = 30 * time.Second // between the clocks of several processes
	keysLife   = time.Minute      // after which a process reads its keys again

	// GraceLife is for two tabs that refresh at once, and for a reply that a 2G line lost: within it the token before
	// the current one is answered with the current one, the same for everybody, so that the family does not fork and a
	// thief and the owner are still on one line.
	GraceLife = 30 * time.Second

	audience  = "lopban"
	tokenType = "at+jwt"
)

// lifetime is how long a session lasts without use, and at most. A learner who opens the phone once a quarter keeps
// what is not yet sent, and 400 days is the longest a browser keeps a cookie. Who may do more than learn works at a
// desk that others use too: a week, and a month at most (NIST SP 800-63B, AAL1).
func lifetime(a roster.Account) (idle, absolute time.Duration) {
	const day = 24 * time.Hour
	if a.Has(roster.Trainer, roster.Staff, roster.Office, roster.Admin) {
		return 7 * day, 30 * day
	}
	return 90 * day, 400 * day
}

// Session is a family. It keeps no token, and nothing about the device.
type Session struct {
	ID            string    `json:"id"`
	Account       string    `json:"account"`
	Version       int       `json:"version"`       // the account's Session when it began
	Current       string    `json:"current"`       // SHA-256 of the refresh token's secret, hexadecimal
	Previous      string    `json:"previous"`      // of the one before
	PreviousUntil time.Time `json:"previousUntil"` // end of its grace
	CreatedAt     time.Time `json:"createdAt"`
	LastUsedAt    time.Time `json:"lastUsedAt"`
	ExpiresAt     time.Time `json:"expiresAt"` // set to the moment at which it ended
}

// Bare takes out what proves that a token is of this session.
func (s *Session) Bare() { s.Current, s.Previous = "", "" }

var (
	SessionKind = &store.Kind{Name: "session", Schema: 1, Secret: true, Person: "account", Doc: Session{}, Indexes: [][]string{{"account"}, {"expiresAt"}}}
	KeyKind     = &store.Kind{Name: "key", Schema: 1, Secret: true, Doc: keyRing{}}
)

var (
	// ErrSession is all that is said of a token that is not good.
	ErrSession = problem.Denied("session")
	// ErrReuse is ErrSession, for the audit trail: a refresh token came back after its time, and its family was ended.
	ErrReuse = fmt.Errorf("refresh token used again: %w", ErrSession)
)

// Sessions begins, prolongs, checks and ends sessions.
type Sessions struct {
	store   store.Store
	now     func() time.Time
	random  io.Reader
	issuer  string
	parser  *jwt.Parser
	access  *keys
	refresh *keys

	mu       sync.RWMutex
	seen     map[string]seen     // by family
	verified map[string]verified // by access token
}

// verified is an access token whose signature and claims were found right a moment ago. Its session is looked at all
// the same.
type verified struct {
	claims accessClaims
	at     time.Time
}

// seen is what the store said a moment ago.
type seen struct {
	session Session
	account roster.Account
	at      time.Time
}

// who is signed in: the account as the store had it at most two seconds ago.
type who struct {
	Account roster.Account
	Family  string
	expires time.Time // of the access token
}

// Tokens is what a client gets.
type Tokens struct {
	Access        string
	AccessExpires time.Time
	Renewal       string // the refresh token
	Expires       time.Time
}

// NewSessions reads the keys, or makes them at the first start. issuer is the address of the site.
func NewSessions(ctx context.Context, s store.Store, now func() time.Time, random io.Reader, issuer string) (*Sessions, error) {
	ss := &Sessions{store: s, now: now, random: random, issuer: issuer, seen: map[string]seen{}, verified: map[string]verified{}}
	ss.parser = jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithStrictDecoding(), jwt.WithTimeFunc(now), jwt.WithLeeway(clockSkew),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(), jwt.WithIssuer(issuer), jwt.WithAudience(audience))
	ss.access = &keys{store: s, now: now, random: random, purpose: "access"}
	ss.refresh = &keys{store: s, now: now, random: random, purpose: "refresh"}
	for _, k := range []*keys{ss.access, ss.refresh} {
		if err := k.ready(ctx); err != nil {
			return nil, err
		}
	}
	return ss, nil
}

// Start begins a session for somebody whose password was right.
func (ss *Sessions) Start(ctx context.Context, a roster.Account) (Tokens, error) {
	var family [16]byte
	var secret [32]byte
	for _, b := range [][]byte{family[:], secret[:]} {
		if _, err := io.ReadFull(ss.random, b); err != nil {
			return Tokens{}, err
		}
	}
	now := store.Time(ss.now())
	idle, _ := lifetime(a)
	d := Session{ID: encode(family[:]), Account: a.ID, Version: a.Session, Current: digest(secret[:]), CreatedAt: now, LastUsedAt: now, ExpiresAt: now.Add(idle)}
	if err := ss.store.Insert(ctx, SessionKind, &d); err != nil {
		return Tokens{}, err
	}
	return ss.issue(ctx, a, d, secret[:])
}

// Renew takes a refresh token and gives the next one. A token that was renewed before is answered with the same next
// one for half a minute; after that it ends the family, because two hold it and one of them is not the owner (RFC 9700,
// 4.14.2): the error is then errReuse.
func (ss *Sessions) Renew(ctx context.Context, token string) (Tokens, roster.Account, error) {
	family, secret, ok := SplitRenewal(token)
	if !ok {
		return Tokens{}, roster.Account{}, ErrSession
	}
	found, err := ss.read(ctx, family)
	if err != nil {
		return Tokens{}, roster.Account{}, err
	}
	ring, err := ss.refresh.ring(ctx, keysLife)
	if err != nil {
		return Tokens{}, roster.Account{}, err
	}
	var next []byte
	var verdict error
	d, err := store.Update(ctx, ss.store, SessionKind, family, func(d *Session) error {
		next, verdict = d.step(found.account, ring, secret, store.Time(ss.now()))
		return nil
	})
	if errors.Is(err, problem.ErrNotFound) { // swept
		return Tokens{}, roster.Account{}, ErrSession
	}
	if err != nil {
		return Tokens{}, roster.Account{}, err
	}
	ss.forget(family)
	if verdict != nil {
		return Tokens{}, roster.Account{}, verdict
	}
	t, err := ss.issue(ctx, found.account, d, next)
	return t, found.account, err
}

// Renewable says whose account a refresh token is that renew would take now, as far as was known two seconds ago. It is
// ErrSession when not, and changes nothing.
func (ss *Sessions) Renewable(ctx context.Context, token string) (account string, err error) {
	family, secret, ok := SplitRenewal(token)
	if !ok {
		return "", ErrSession
	}
	found, err := ss.look(ctx, family)
	if err != nil {
		return "", err
	}
	given := digest(secret)
	if d := found.session; !d.live(found.account, ss.now()) || !same(given, d.Current) && !same(given, d.Previous) {
		return "", ErrSession
	}
	return found.account.ID, nil
}

// step is the rule of renew: it changes the session and gives the secret of the refresh token that is now current.
func (d *Session) step(a roster.Account, ring keyRing, secret []byte, now time.Time) (next []byte, err error) {
	given := digest(secret)
	switch {
	case !d.live(a, now):
		return nil, ErrSession
	case same(given, d.Current):
		next = ring.Current.next(d.ID, secret)
		d.Previous, d.PreviousUntil, d.Current = d.Current, now.Add(GraceLife), digest(next)
		idle, absolute := lifetime(a)
		d.LastUsedAt = now
		d.ExpiresAt = earlier(now.Add(idle), d.CreatedAt.Add(absolute))
		return next, nil
	case same(given, d.Previous) && now.Before(d.PreviousUntil):
		for _, k := range ring.all() { // the keys may have been rotated in between
			if next = k.next(d.ID, secret); same(digest(next), d.Current) {
				return next, nil
			}
		}
	}
	d.ExpiresAt = now
	return nil, ErrReuse
}

// live says whether the session goes on for this account.
func (d Session) live(a roster.Account, now time.Time) bool {
	return now.Before(d.ExpiresAt) && d.Account == a.ID && d.Version == a.Session && !a.Disabled
}

// End ends a session: sign-out. Ending it twice is no error.
func (ss *Sessions) End(ctx context.Context, family string) error {
	defer ss.forget(family)
	now := store.Time(ss.now())
	_, err := store.Update(ctx, ss.store, SessionKind, family, func(d *Session) error { d.ExpiresAt = earlier(d.ExpiresAt, now); return nil })
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	return err
}

// Sweep removes the sessions that ended more than a day ago and says how many.
func (ss *Sessions) Sweep(ctx context.Context) (int, error) {
	old, err := store.All[Session](ctx, ss.store, SessionKind, store.Where(store.Less("expiresAt", store.Time(ss.now().Add(-24*time.Hour)))).By("expiresAt").First(10_000))
	if err != nil {
		return 0, err
	}
	for i, d := range old {
		if err := ss.store.Delete(ctx, SessionKind, d.ID); err != nil && !errors.Is(err, problem.ErrNotFound) {
			return i, err
		}
	}
	return len(old), nil
}

// issue writes the tokens of a session.
func (ss *Sessions) issue(ctx context.Context, a roster.Account, d Session, secret []byte) (Tokens, error) {
	ring, err := ss.access.ring(ctx, keysLife)
	if err != nil {
		return Tokens{}, err
	}
	var id [16]byte
	if _, err := io.ReadFull(ss.random, id[:]); err != nil {
		return Tokens{}, err
	}
	now := ss.now()
	expires := earlier(now.Add(accessLife), d.ExpiresAt)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: ss.issuer, Subject: a.ID, Audience: jwt.ClaimStrings{audience}, ID: encode(id[:]),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires)},
		Version: d.Version, Family: d.ID})
	token.Header["typ"], token.Header["kid"] = tokenType, ring.Current.ID
	signed, err := token.SignedString(ring.Current.Secret)
	return Tokens{signed, expires, d.ID + "." + encode(secret), d.ExpiresAt}, err
}

// accessClaims are the claims of an access token.
type accessClaims struct {
	jwt.RegisteredClaims
	Version int    `json:"sv"`
	Family  string `json:"fam"`
}

// Verify says who an access token belongs to. Every token that is not exactly one of ours, now good and of a live
// session, is ErrSession; any other error is the store's.
func (ss *Sessions) Verify(ctx context.Context, access string) (who, error) {
	c, err := ss.claims(ctx, access)
	if err != nil {
		return who{}, err
	}
	found, err := ss.look(ctx, c.Family)
	if err != nil {
		return who{}, err
	}
	if c.Subject != found.account.ID || c.Version != found.account.Session || !found.session.live(found.account, ss.now()) {
		return who{}, ErrSession
	}
	return who{found.account, c.Family, c.ExpiresAt.Time}, nil
}

// claims reads a token, or remembers having read it less than half a minute ago.
func (ss *Sessions) claims(ctx context.Context, access string) (accessClaims, error) {
	now := ss.now()
	ss.mu.RLock()
	v, ok := ss.verified[access]
	ss.mu.RUnlock()
	if ok && now.Sub(v.at).Abs() < provenLife && now.Before(v.claims.ExpiresAt.Time) {
		return v.claims, nil
	}
	c, err := ss.parse(ctx, access)
	if err != nil {
		return c, err
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if len(ss.verified) >= seenSize {
		clear(ss.verified)
	}
	ss.verified[access] = verified{c, now}
	return c, nil
}

// parse checks a token by itself: its form, its signature, its claims.
func (ss *Sessions) parse(ctx context.Context, access string) (accessClaims, error) {
	if len(access) > accessSize || strings.ContainsFunc(access, notInToken) {
		return accessClaims{}, ErrSession
	}
	header, _, _ := strings.Cut(access, ".")
	key, err := ss.access.find(ctx, header)
	if err != nil {
		return accessClaims{}, err
	}
	var c accessClaims
	if _, err := ss.parser.ParseWithClaims(access, &c, func(*jwt.Token) (any, error) { return key.Secret, nil }); err != nil {
		return accessClaims{}, ErrSession
	}
	if c.ID == "" || c.Subject == "" || c.Family == "" || c.IssuedAt == nil {
		return accessClaims{}, ErrSession
	}
	return c, nil
}

// notInToken also refuses line ends, which Go's base64 would skip.
func notInToken(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.')
}

// look is read through a small cache.
func (ss *Sessions) look(ctx context.Context, family string) (seen, error) {
	now := ss.now()
	ss.mu.RLock()
	found, ok := ss.seen[family]
	ss.mu.RUnlock()
	if ok && now.Sub(found.at).Abs() < seenLife {
		return found, nil
	}
	found, err := ss.read(ctx, family)
	if err != nil {
		return seen{}, err
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if len(ss.seen) >= seenSize {
		clear(ss.seen)
	}
	ss.seen[family] = found
	return found, nil
}

// read reads a session and its account.
func (ss *Sessions) read(ctx context.Context, family string) (seen, error) {
	at := ss.now()
	d, err := store.Get[Session](ctx, ss.store, SessionKind, family)
	if err == nil {
		var a roster.Account
		if a, err = store.Get[roster.Account](ctx, ss.store, roster.AccountKind, d.Account); err == nil {
			return seen{d, a, at}, nil
		}
	}
	if errors.Is(err, problem.ErrNotFound) {
		err = ErrSession
	}
	return seen{}, err
}

// forget drops what is remembered of a family, after this process changed it: then the change is felt at once here, and
// on other processes within two seconds.
func (ss *Sessions) forget(family string) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.seen, family)
}

// ForgetAccount is forget for every family of an account that this process changed: call it after its roles, its
// password or its access were changed.
func (ss *Sessions) ForgetAccount(id string) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for family, found := range ss.seen {
		if found.account.ID == id {
			delete(ss.seen, family)
		}
	}
}

// secretKey is 32 random bytes. Its id is random too, and only ever compared.
type secretKey struct {
	ID     string    `json:"id"`
	Secret []byte    `json:"secret"`
	At     time.Time `json:"at"`
}

// keyRing is the keys of one purpose: the one in use and the one before it.
type keyRing struct {
	ID       string    `json:"id"` // the purpose
	Current  secretKey `json:"current"`
	Previous secretKey `json:"previous"` // zero before the first rotation
}

func (r keyRing) all() []secretKey {
	if r.Previous.ID == "" {
		return []secretKey{r.Current}
	}
	return []secretKey{r.Current, r.Previous}
}

// next is the secret that follows another in a family. It is made of it, and not random, so that asking twice gives the
// same answer although only hashes are kept; without the key nobody can make it.
func (k secretKey) next(family string, secret []byte) []byte {
	m := hmac.New(sha256.New, k.Secret)
	m.Write([]byte(family + "."))
	m.Write(secret)
	return m.Sum(nil)
}

// header is the first part of every access token under this key, to the byte: a header that says anything else (none,
// RS256, a kid with a path, a type, another order) is not looked into.
func (k secretKey) header() string {
	return encode([]byte(`{"alg":"HS256","kid":"` + k.ID + `","typ":"` + tokenType + `"}`))
}

// keys is one ring, read again every minute.
type keys struct {
	store   store.Store
	now     func() time.Time
	random  io.Reader
	purpose string

	mu     sync.Mutex
	kept   keyRing
	readAt time.Time
}

func (k *keys) fresh() (secretKey, error) {
	var b [40]byte
	_, err := io.ReadFull(k.random, b[:])
	return secretKey{ID: hex.EncodeToString(b[32:]), Secret: slices.Clone(b[:32]), At: store.Time(k.now())}, err
}

// ready inserts the ring at the first start ever. Of two processes that start together one inserts and both read.
func (k *keys) ready(ctx context.Context) error {
	key, err := k.fresh()
	if err != nil {
		return err
	}
	if err := k.store.Insert(ctx, KeyKind, &keyRing{ID: k.purpose, Current: key}); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	_, err = k.ring(ctx, 0)
	return err
}

// ring is the keys as they were at most so long ago.
func (k *keys) ring(ctx context.Context, age time.Duration) (keyRing, error) {
	now := k.now()
	k.mu.Lock()
	kept, readAt := k.kept, k.readAt
	k.mu.Unlock()
	if now.Sub(readAt).Abs() < age {
		return kept, nil
	}
	ring, err := store.Get[keyRing](ctx, k.store, KeyKind, k.purpose)
	if err != nil {
		return keyRing{}, fmt.Errorf("keys for %s: %w", k.purpose, err)
	}
	if len(ring.Current.Secret) != 32 {
		return keyRing{}, fmt.Errorf("keys for %s: %d bytes", k.purpose, len(ring.Current.Secret))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept, k.readAt = ring, now
	return ring, nil
}

// find gives the key that writes this header, or ErrSession. A header that is not known may be of a key that another
// process has just made: the ring is read again, at most once a second.
func (k *keys) find(ctx context.Context, header string) (secretKey, error) {
	for _, age := range []time.Duration{keysLife, time.Second} {
		ring, err := k.ring(ctx, age)
		if err != nil {
			return secretKey{}, err
		}
		for _, key := range ring.all() {
			if header == key.header() {
				return key, nil
			}
		}
	}
	return secretKey{}, ErrSession
}

// rotate puts a new key into use when the one in use is older than age. Tokens of the one before stay good until the
// next rotation; to end them all at once after a leak, rotate twice.
func (k *keys) rotate(ctx context.Context, age time.Duration) error {
	key, err := k.fresh()
	if err != nil {
		return err
	}
	_, err = store.Update(ctx, k.store, KeyKind, k.purpose, func(r *keyRing) error {
		if key.At.Sub(r.Current.At) >= age {
			r.Previous, r.Current = r.Current, key
		}
		return nil
	})
	if err == nil {
		_, err = k.ring(ctx, 0)
	}
	return err
}

// RotateKeys is rotate for both rings.
func (ss *Sessions) RotateKeys(ctx context.Context, age time.Duration) error {
	defer func() { // what was verified under a key that is gone is verified again
		ss.mu.Lock()
		clear(ss.verified)
		ss.mu.Unlock()
	}()
	return errors.Join(ss.access.rotate(ctx, age), ss.refresh.rotate(ctx, age))
}

// SplitRenewal reads a refresh token: family and secret.
func SplitRenewal(token string) (family string, secret []byte, ok bool) {
	if len(token) != 22+1+43 || strings.ContainsFunc(token, notInToken) {
		return "", nil, false
	}
	family, rest, ok := strings.Cut(token, ".")
	secret, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	return family, secret, ok && err == nil && len(secret) == 32
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
