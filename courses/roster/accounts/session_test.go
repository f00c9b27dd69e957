package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/store/sqlite/sqlitetest"
)

const site = "https://lopban.example"

// sessionDesk is sessions on a real store, with a clock that the test turns and one account of each sort.
type sessionDesk struct {
	*Sessions
	clock   time.Time
	learner roster.Account
	staff   roster.Account
}

func newSessionDesk(t testing.TB) *sessionDesk {
	t.Helper()
	s := sqlitetest.Open(t, append(slices.Clone(Kinds), SessionKind, KeyKind)...)
	d := &sessionDesk{
		clock:   time.Date(2026, 3, 10, 5, 0, 0, 0, time.UTC),
		learner: roster.Account{ID: "B000000001", Roles: []roster.Role{roster.Learner}, Session: 3},
		staff:   roster.Account{ID: "B000000002", Roles: []roster.Role{roster.Staff}, Province: "08", Session: 1},
	}
	for _, a := range []*roster.Account{&d.learner, &d.staff} {
		if err := s.Insert(t.Context(), roster.AccountKind, a); err != nil {
			t.Fatal(err)
		}
	}
	d.Sessions = another(t, d, s)
	return d
}

// another is one more process on the same store.
func another(t testing.TB, d *sessionDesk, s store.Store) *Sessions {
	t.Helper()
	ss, err := NewSessions(t.Context(), s, func() time.Time { return d.clock }, rand.Reader, site)
	if err != nil {
		t.Fatal(err)
	}
	return ss
}

func (d *sessionDesk) begin(t testing.TB, a roster.Account) Tokens {
	t.Helper()
	got, err := d.Start(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (d *sessionDesk) change(t testing.TB, id string, change func(*roster.Account)) {
	t.Helper()
	if _, err := store.Update(t.Context(), d.store, roster.AccountKind, id, func(a *roster.Account) error { change(a); return nil }); err != nil {
		t.Fatal(err)
	}
}

func (d *sessionDesk) good(t testing.TB, what string, ss *Sessions, access string) {
	t.Helper()
	if _, err := ss.Verify(t.Context(), access); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func (d *sessionDesk) bad(t testing.TB, what string, ss *Sessions, access string) {
	t.Helper()
	if w, err := ss.Verify(t.Context(), access); !errors.Is(err, ErrSession) || w.Account.ID != "" {
		t.Errorf("%s: %+v, %v", what, w, err)
	}
}

func (d *sessionDesk) renewed(t testing.TB, what, token string) Tokens {
	t.Helper()
	got, a, err := d.Renew(t.Context(), token)
	if err != nil || a.ID == "" {
		t.Fatalf("%s: %v", what, err)
	}
	return got
}

func (d *sessionDesk) refused(t testing.TB, what, token string, want error) {
	t.Helper()
	got, a, err := d.Renew(t.Context(), token)
	if !errors.Is(err, want) || got != (Tokens{}) || a.ID != "" {
		t.Errorf("%s: %+v, %v", what, got, err)
	}
}

func TestAnAccessTokenTellsWho(t *testing.T) {
	d := newSessionDesk(t)
	got := d.begin(t, d.staff)
	w, err := d.Verify(t.Context(), got.Access)
	if err != nil || w.Account.ID != d.staff.ID || !w.Account.Has(roster.Staff) || w.Account.Province != "08" || w.Family == "" || !w.expires.Equal(d.clock.Add(accessLife)) {
		t.Fatalf("%+v, %v", w, err)
	}
	var c jwt.MapClaims
	token, _, err := jwt.NewParser().ParseUnverified(got.Access, &c)
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sv", "fam"} {
		if c[claim] == nil {
			t.Errorf("no %s in %v", claim, c)
		}
	}
	if len(c) != 9 || c["sub"] != d.staff.ID || c["iss"] != site || token.Header["typ"] != tokenType || token.Header["alg"] != "HS256" || token.Header["kid"] == "" {
		t.Errorf("header %v, claims %v", token.Header, c)
	}
	if len(got.Access) > accessSize/2 {
		t.Errorf("%d bytes", len(got.Access))
	}
	again := d.begin(t, d.staff)
	if again.Access == got.Access || again.Renewal == got.Renewal {
		t.Error("two sign-ins gave the same token")
	}
}

func TestAnAccessTokenIsGoodFor15Minutes(t *testing.T) {
	d := newSessionDesk(t)
	access := d.begin(t, d.learner).Access
	d.clock = d.clock.Add(accessLife - time.Second)
	d.good(t, "before", d.Sessions, access)
	d.clock = d.clock.Add(time.Second + clockSkew)
	d.bad(t, "after", d.Sessions, access)
}

// piece is one part of a token, from JSON.
func piece(text string) string { return encode([]byte(text)) }

// signed is a token made by hand.
func signed(key []byte, header, claims string) string {
	m := hmac.New(sha256.New, key)
	io.WriteString(m, piece(header)+"."+piece(claims))
	return piece(header) + "." + piece(claims) + "." + encode(m.Sum(nil))
}

// forged are tokens that must be refused, each with its reason. Those that begin with "signed" have a right signature
// under our own key: then only the claims stand between.
func forged(t testing.TB, d *sessionDesk, access string) map[string]string {
	t.Helper()
	ring, err := d.access.ring(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	renewals, err := d.refresh.ring(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	key, kid := ring.Current.Secret, ring.Current.ID
	parts := strings.Split(access, ".")
	at := d.clock.Unix()
	family := d.begin(t, d.learner).Renewal[:22]
	claims := func(iss, aud, sub, extra string, nbf, exp int64) string {
		return fmt.Sprintf(`{"iss":%q,"sub":%q,"aud":[%q],"exp":%d,"nbf":%d,"iat":%d,"jti":"x","sv":3,"fam":%q%s}`, iss, sub, aud, exp, nbf, at, family, extra)
	}
	right := claims(site, audience, d.learner.ID, "", at, at+60)
	header := fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"at+jwt"}`, kid)
	d.good(t, "a token made by hand", d.Sessions, signed(key, header, right))
	head := func(alg, kid, typ string) string { return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":%q}`, alg, kid, typ) }
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rs := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"sub": d.learner.ID, "iss": site, "aud": audience, "exp": at + 60, "nbf": at, "sv": 3, "fam": family})
	rs.Header["kid"], rs.Header["typ"] = kid, tokenType
	rsToken, err := rs.SignedString(rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	none := piece(head("none", kid, tokenType)) + "." + piece(right) + "."
	bad := map[string]string{
		"empty": "", "dots": "..", "no dots": "abc", "four parts": access + ".x", "three times two": access + "." + access, "header alone": parts[0], "no claims": parts[0] + ".." + parts[2],
		"empty signature": parts[0] + "." + parts[1] + ".", "no signature": parts[0] + "." + parts[1], "signature of another token": parts[0] + "." + piece(right) + "." + parts[2],
		"short signature": access[:len(access)-4], "line end": access + "\n", "line end inside": parts[0] + "." + parts[1] + ".\r\n" + parts[2], "padded": access + "=", "space": " " + access, "Bearer": "Bearer " + access,
		"none": none, "none with our signature": none + parts[2], "None": piece(head("None", kid, tokenType)) + "." + piece(right) + ".", "one million": access + strings.Repeat("x", 1<<20), "one million parts": strings.Repeat(".", 1<<20),
		"a megabyte of header": piece(head("HS256", strings.Repeat("k", 1<<20), tokenType)) + "." + parts[1] + "." + parts[2],
		"RS256":                rsToken, "HS256 under a public key": signed(rsaKey.N.Bytes(), header, right), "empty key": signed(nil, header, right), "key of refresh tokens": signed(renewals.Current.Secret, header, right),
		"signed, HS512": signed(key, head("HS512", kid, tokenType), right), "signed, alg none": signed(key, head("none", kid, tokenType), right), "signed, RS256": signed(key, head("RS256", kid, tokenType), right),
		"signed, alg twice": signed(key, fmt.Sprintf(`{"alg":"none","alg":"HS256","kid":%q,"typ":"at+jwt"}`, kid), right), "signed, no alg": signed(key, fmt.Sprintf(`{"kid":%q,"typ":"at+jwt"}`, kid), right),
		"signed, kid path": signed(key, head("HS256", "../../etc/passwd", tokenType), right), "signed, kid SQL": signed(key, head("HS256", "' OR 1=1 --", tokenType), right), "signed, no kid": signed(key, `{"alg":"HS256","typ":"at+jwt"}`, right),
		"signed, kid unknown": signed(key, head("HS256", "0000000000000000", tokenType), right), "signed, typ JWT": signed(key, head("HS256", kid, "JWT"), right), "signed, no typ": signed(key, fmt.Sprintf(`{"alg":"HS256","kid":%q}`, kid), right),
		"signed, jku": signed(key, strings.TrimSuffix(header, "}")+`,"jku":"https://evil.example"}`, right), "signed, crit": signed(key, strings.TrimSuffix(header, "}")+`,"crit":["b64"],"b64":false}`, right), "signed, header no object": signed(key, `[]`, right),
		"signed, iss": signed(key, header, claims("https://evil.example", audience, d.learner.ID, "", at, at+60)), "signed, iss with slash": signed(key, header, claims(site+"/", audience, d.learner.ID, "", at, at+60)),
		"signed, aud": signed(key, header, claims(site, "verify", d.learner.ID, "", at, at+60)), "signed, sub of another": signed(key, header, claims(site, audience, d.staff.ID, "", at, at+60)), "signed, no sub": signed(key, header, claims(site, audience, "", "", at, at+60)),
		"signed, future nbf": signed(key, header, claims(site, audience, d.learner.ID, "", at+31, at+600)), "signed, expired": signed(key, header, claims(site, audience, d.learner.ID, "", at-600, at-31)),
		"signed, future iat": signed(key, header, strings.Replace(right, fmt.Sprintf(`"iat":%d`, at), fmt.Sprintf(`"iat":%d`, at+31), 1)),
		"signed, no exp":     signed(key, header, strings.Replace(right, `"exp"`, `"Xexp"`, 1)), "signed, exp text": signed(key, header, strings.Replace(right, fmt.Sprintf(`"exp":%d`, at+60), `"exp":"never"`, 1)),
		"signed, no nbf": signed(key, header, strings.Replace(right, `"nbf"`, `"Xnbf"`, 1)), "signed, no iat": signed(key, header, strings.Replace(right, `"iat"`, `"Xiat"`, 1)), "signed, no jti": signed(key, header, strings.Replace(right, `"jti"`, `"Xjti"`, 1)),
		"signed, no aud": signed(key, header, strings.Replace(right, `"aud"`, `"Xaud"`, 1)), "signed, no iss": signed(key, header, strings.Replace(right, `"iss"`, `"Xiss"`, 1)),
		"signed, no family": signed(key, header, strings.Replace(right, `"fam"`, `"Xfam"`, 1)), "signed, unknown family": signed(key, header, strings.Replace(right, family, strings.Repeat("A", 22), 1)),
		"signed, old version": signed(key, header, strings.Replace(right, `"sv":3`, `"sv":2`, 1)), "signed, next version": signed(key, header, strings.Replace(right, `"sv":3`, `"sv":4`, 1)), "signed, no version": signed(key, header, strings.Replace(right, `"sv"`, `"Xsv"`, 1)),
		"signed, claims no object": signed(key, header, `null`), "signed, claims broken": signed(key, header, `{"sub":`), "a refresh token": family + "." + strings.Repeat("A", 43),
	}
	for i := range len(access) - 1 { // the last letter of a signature carries bits that must be zero
		flipped := []byte(access)
		flipped[i] ^= 1
		bad[fmt.Sprintf("bit of letter %d", i)] = string(flipped)
	}
	flipped := []byte(access)
	flipped[len(flipped)-1]++ // the unused bits of the last letter
	bad["unused bits"] = string(flipped)
	return bad
}

func TestForgedAccessTokensAreRefused(t *testing.T) {
	d := newSessionDesk(t)
	access := d.begin(t, d.learner).Access
	for what, token := range forged(t, d, access) {
		d.bad(t, what, d.Sessions, token)
	}
	d.good(t, "the true one", d.Sessions, access)
}

// A token is accepted in exactly the form in which it was written.
func FuzzVerify(f *testing.F) {
	d := newSessionDesk(f)
	access := d.begin(f, d.learner).Access
	for _, token := range forged(f, d, access) {
		if len(token) < 1<<12 {
			f.Add(token)
		}
	}
	parts := strings.Split(access, ".")
	f.Add(parts[1])
	f.Fuzz(func(t *testing.T, token string) {
		for _, token := range []string{token, parts[0] + "." + token, parts[0] + "." + token + "." + parts[2], parts[0] + "." + parts[1] + "." + token} {
			w, err := d.Verify(context.Background(), token)
			switch {
			case err == nil && token != access:
				t.Errorf("accepted %q", token)
			case err != nil && (!errors.Is(err, ErrSession) || w.Account.ID != ""):
				t.Errorf("%q: %+v, %v", token, w, err)
			}
		}
	})
}

func FuzzRenew(f *testing.F) {
	d := newSessionDesk(f)
	token := d.begin(f, d.learner).Renewal
	for _, s := range []string{"", ".", token[:22], token[:23], token + "x", token[1:], strings.Repeat("A", 22) + "." + strings.Repeat("A", 43), token + "\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, _, err := d.Renew(context.Background(), s); err == nil || !errors.Is(err, ErrSession) {
			t.Errorf("renew(%q): %v", s, err)
		}
	})
}

func TestARefreshTokenIsUsedOnce(t *testing.T) {
	d := newSessionDesk(t)
	first := d.begin(t, d.learner)
	d.clock = d.clock.Add(20 * time.Minute)
	second := d.renewed(t, "first", first.Renewal)
	d.good(t, "second", d.Sessions, second.Access)
	if second.Renewal == first.Renewal || !second.Expires.Equal(d.clock.Add(90*24*time.Hour)) {
		t.Errorf("second %+v", second)
	}
	d.clock = d.clock.Add(GraceLife)
	d.refused(t, "first again", first.Renewal, ErrReuse)
	d.refused(t, "second, of the same family", second.Renewal, ErrSession)
	d.bad(t, "access of the same family", d.Sessions, second.Access)
}

func TestALostReplyIsAnsweredAgain(t *testing.T) {
	d := newSessionDesk(t)
	first := d.begin(t, d.learner)
	second := d.renewed(t, "first", first.Renewal)
	d.clock = d.clock.Add(GraceLife - time.Millisecond)
	again := d.renewed(t, "first again", first.Renewal)
	if again.Renewal != second.Renewal {
		t.Error("the family forked")
	}
	d.good(t, "the access token of the first reply", d.Sessions, second.Access)
	d.good(t, "the access token of the second reply", d.Sessions, again.Access)
	third := d.renewed(t, "second", second.Renewal)
	d.refused(t, "two steps back, within the grace", first.Renewal, ErrReuse)
	d.refused(t, "third", third.Renewal, ErrSession)
}

func TestParallelRenewalsDoNotFork(t *testing.T) {
	d := newSessionDesk(t)
	first := d.begin(t, d.learner)
	var wg sync.WaitGroup
	got := make([]Tokens, 20)
	errs := make([]error, 20)
	for i := range got {
		wg.Go(func() { got[i], _, errs[i] = d.Renew(context.Background(), first.Renewal) })
	}
	wg.Wait()
	for i := range got {
		if errs[i] != nil || got[i].Renewal != got[0].Renewal {
			t.Errorf("%d: %v", i, errs[i])
		}
	}
	d.renewed(t, "the next", got[0].Renewal)
}

func TestTheGraceOutlivesARotationOfTheKeys(t *testing.T) {
	d := newSessionDesk(t)
	first := d.begin(t, d.learner)
	second := d.renewed(t, "first", first.Renewal)
	if err := d.RotateKeys(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if again := d.renewed(t, "first again", first.Renewal); again.Renewal != second.Renewal {
		t.Error("the family forked")
	}
}

func TestASecretThatWasNeverGivenEndsTheFamily(t *testing.T) {
	d := newSessionDesk(t)
	first := d.begin(t, d.learner)
	d.refused(t, "guess", first.Renewal[:23]+strings.Repeat("A", 43), ErrReuse)
	d.refused(t, "first", first.Renewal, ErrSession)
	other := d.begin(t, d.learner)
	d.renewed(t, "another family", other.Renewal)
}

func TestHowLongASessionLasts(t *testing.T) {
	d := newSessionDesk(t)
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		account        roster.Account
		idle, absolute time.Duration
	}{"learner": {d.learner, 90 * day, 400 * day}, "staff": {d.staff, 7 * day, 30 * day}} {
		began := d.clock
		unused := d.begin(t, c.account)
		token := d.begin(t, c.account)
		for d.clock.Add(c.idle - day).Before(began.Add(c.absolute)) {
			d.clock = d.clock.Add(c.idle - day)
			token = d.renewed(t, name, token.Renewal)
		}
		if !token.Expires.Equal(began.Add(c.absolute)) {
			t.Errorf("%s: ends %v after it began", name, token.Expires.Sub(began))
		}
		d.clock = began.Add(c.absolute)
		d.refused(t, name+", after all", token.Renewal, ErrSession)
		d.clock = began.Add(c.idle)
		d.refused(t, name+", unused", unused.Renewal, ErrSession)
	}
}

func TestAnAccessTokenDoesNotOutliveItsSession(t *testing.T) {
	d := newSessionDesk(t)
	began := d.clock
	token := d.begin(t, d.staff)
	for range 4 {
		d.clock = d.clock.Add(7*24*time.Hour - time.Minute)
		token = d.renewed(t, "week", token.Renewal)
	}
	d.clock = began.Add(30*24*time.Hour - time.Minute)
	token = d.renewed(t, "last minute", token.Renewal)
	if !token.AccessExpires.Equal(began.Add(30 * 24 * time.Hour)) {
		t.Errorf("the access token ends at %v", token.AccessExpires)
	}
	d.clock = began.Add(30 * 24 * time.Hour)
	d.bad(t, "after the end", d.Sessions, token.Access)
}

func TestSignOutEndsTheFamily(t *testing.T) {
	d := newSessionDesk(t)
	here, there := d.begin(t, d.learner), d.begin(t, d.learner)
	elsewhere := another(t, d, d.store)
	w, err := d.Verify(t.Context(), here.Access)
	if err != nil {
		t.Fatal(err)
	}
	d.good(t, "on another process", elsewhere, here.Access)
	for range 2 {
		if err := d.End(t.Context(), w.Family); err != nil {
			t.Fatal(err)
		}
	}
	d.bad(t, "at once", d.Sessions, here.Access)
	d.refused(t, "renewal", here.Renewal, ErrSession)
	d.clock = d.clock.Add(seenLife)
	d.bad(t, "on another process, two seconds later", elsewhere, here.Access)
	d.good(t, "another session of the same person", d.Sessions, there.Access)
	if err := d.End(t.Context(), strings.Repeat("A", 22)); err != nil {
		t.Errorf("a session that never was: %v", err)
	}
}

func TestWhoIsDisabledOrDemotedIsOutWithinTwoSeconds(t *testing.T) {
	for name, change := range map[string]func(*roster.Account){
		"disabled": func(a *roster.Account) { a.Disabled = true },
		"session":  func(a *roster.Account) { a.Session++ },
	} {
		d := newSessionDesk(t)
		token := d.begin(t, d.staff)
		elsewhere := another(t, d, d.store)
		d.good(t, name+", before", d.Sessions, token.Access)
		d.good(t, name+", before, on another process", elsewhere, token.Access)
		d.change(t, d.staff.ID, change)
		d.clock = d.clock.Add(2 * time.Second)
		d.bad(t, name, d.Sessions, token.Access)
		d.bad(t, name+", on another process", elsewhere, token.Access)
		d.refused(t, name, token.Renewal, ErrSession)
		d.bad(t, name+", a process that never saw it", another(t, d, d.store), token.Access)
	}
	d := newSessionDesk(t)
	token := d.begin(t, d.staff)
	d.good(t, "before", d.Sessions, token.Access)
	d.change(t, d.staff.ID, func(a *roster.Account) { a.Session++ })
	d.ForgetAccount(d.staff.ID)
	d.bad(t, "at once, on the process that changed it", d.Sessions, token.Access)
	if err := d.store.Delete(t.Context(), roster.AccountKind, d.learner.ID); err != nil {
		t.Fatal(err)
	}
	d.bad(t, "an account that is gone", d.Sessions, d.begin(t, d.learner).Access)
}

func TestRolesAreReadFromTheStore(t *testing.T) {
	d := newSessionDesk(t)
	token := d.begin(t, d.staff)
	d.change(t, d.staff.ID, func(a *roster.Account) { a.Province = "15" })
	if w, err := d.Verify(t.Context(), token.Access); err != nil || w.Account.Province != "15" {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestVerifyFailsClosedWithoutTheStore(t *testing.T) {
	d := newSessionDesk(t)
	token := d.begin(t, d.learner)
	d.good(t, "before", d.Sessions, token.Access)
	d.store.Close()
	d.clock = d.clock.Add(seenLife)
	if w, err := d.Verify(t.Context(), token.Access); err == nil || errors.Is(err, ErrSession) || w.Account.ID != "" {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestKeysAreMadeOnce(t *testing.T) {
	d := newSessionDesk(t)
	s := sqlitetest.Open(t, append(slices.Clone(Kinds), SessionKind, KeyKind)...)
	var wg sync.WaitGroup
	all, errs := make([]*Sessions, 8), make([]error, 8)
	for i := range all {
		wg.Go(func() {
			all[i], errs[i] = NewSessions(context.Background(), s, func() time.Time { return d.clock }, rand.Reader, site)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, ss := range all {
		for _, k := range []*keys{ss.access, ss.refresh} {
			if len(k.kept.Current.Secret) != 32 {
				t.Errorf("%s: %d bytes", k.purpose, len(k.kept.Current.Secret))
			}
			ids[k.purpose+k.kept.Current.ID+string(k.kept.Current.Secret)] = true
		}
	}
	if len(ids) != 2 {
		t.Errorf("%d different keys for two purposes", len(ids))
	}
}

func TestRotationOfKeys(t *testing.T) {
	d := newSessionDesk(t)
	elsewhere := another(t, d, d.store)
	old := d.begin(t, d.learner).Access
	d.clock = d.clock.Add(2 * time.Second)
	if err := d.RotateKeys(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if header, _, _ := strings.Cut(d.begin(t, d.learner).Access, "."); !strings.HasPrefix(old, header) {
		t.Error("a young key was rotated")
	}
	if err := d.RotateKeys(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	fresh := d.begin(t, d.learner).Access
	if header, _, _ := strings.Cut(fresh, "."); strings.HasPrefix(old, header) {
		t.Error("the key was not rotated")
	}
	d.good(t, "old token", d.Sessions, old)
	d.good(t, "new token on a process that has not read the new key", elsewhere, fresh)
	d.good(t, "old token there", elsewhere, old)
	if err := d.RotateKeys(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	d.bad(t, "old token after two rotations", d.Sessions, old)
	d.clock = d.clock.Add(keysLife)
	d.bad(t, "old token after two rotations, there", elsewhere, old)
}

// tallied counts the reads of keys.
type tallied struct {
	store.Store
	reads int
}

func (c *tallied) Get(ctx context.Context, k *store.Kind, id string, doc any) error {
	if k == KeyKind {
		c.reads++
	}
	return c.Store.Get(ctx, k, id, doc)
}

func TestUnknownKeysDoNotBurdenTheStore(t *testing.T) {
	d := newSessionDesk(t)
	c := &tallied{Store: d.store}
	ss := another(t, d, c)
	d.clock = d.clock.Add(2 * time.Second)
	before := c.reads
	for range 1000 {
		d.bad(t, "unknown key", ss, signed([]byte("x"), `{"alg":"HS256","kid":"x","typ":"at+jwt"}`, `{}`))
	}
	if c.reads-before > 1 {
		t.Errorf("%d reads", c.reads-before)
	}
}

func TestSweepRemovesWhatHasEnded(t *testing.T) {
	d := newSessionDesk(t)
	ended, kept := d.begin(t, d.learner), d.begin(t, d.learner)
	family, _, _ := SplitRenewal(ended.Renewal)
	if err := d.End(t.Context(), family); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("at once: %d, %v", n, err)
	}
	d.clock = d.clock.Add(25 * time.Hour)
	if n, err := d.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("a day later: %d, %v", n, err)
	}
	d.refused(t, "swept", ended.Renewal, ErrSession)
	d.renewed(t, "kept", kept.Renewal)
}

func TestNothingSecretIsKept(t *testing.T) {
	d := newSessionDesk(t)
	got := d.begin(t, d.learner)
	family, secret, _ := strings.Cut(got.Renewal, ".")
	doc, err := store.Get[Session](t.Context(), d.store, SessionKind, family)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v", doc); strings.Contains(text, secret) || strings.Contains(text, got.Access) || len(doc.Current) != 64 {
		t.Errorf("kept %s", text)
	}
}

func BenchmarkVerify(b *testing.B) {
	d := newSessionDesk(b)
	access := d.begin(b, d.learner).Access
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Verify(context.Background(), access); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyUnseen(b *testing.B) {
	d := newSessionDesk(b)
	got := d.begin(b, d.learner)
	family, _, _ := strings.Cut(got.Renewal, ".")
	b.ReportAllocs()
	for b.Loop() {
		d.forget(family)
		if _, err := d.Verify(context.Background(), got.Access); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRenew(b *testing.B) {
	d := newSessionDesk(b)
	token := d.begin(b, d.learner).Renewal
	for b.Loop() {
		got, _, err := d.Renew(context.Background(), token)
		if err != nil {
			b.Fatal(err)
		}
		token = got.Renewal
	}
}
