package server

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

const sentence = "một câu dài dễ nhớ"

// enters signs in by the form.
func (c *client) enters(login, password string) *reply {
	c.t.Helper()
	return c.post("/sign-in", url.Values{"login": {login}, "password": {password}})
}

// guesses tries a wrong password as a stranger, so often.
func (s *visited) guesses(login string, n int) {
	s.t.Helper()
	for range n {
		s.anyone().enters(login, "không phải").want(http.StatusUnauthorized)
	}
}

// entries lists what the trail says of an account.
func (s *visited) entries(subject string) (actions []string) {
	s.t.Helper()
	all, err := store.All[programme.AuditEntry](s.t.Context(), s.Store, programme.AuditKind, store.Query{}.By("at"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range all {
		if e.Subject == subject {
			actions = append(actions, e.Action)
		}
	}
	return actions
}

func TestStrangersLockNobodyOutOfADeviceOfTheirs(t *testing.T) {
	s := newSite(t)
	other := newSiteOn(t, s.Site.Store) // one more process
	mai := s.person("Lò Thị Mai", "00715")
	s.withPassword(mai, "0912345678", sentence)
	phone := s.anyone()
	phone.enters("0912345678", sentence).leads()
	phone.post("/sign-out", nil).leads()

	s.guesses("0912345678", 20)
	for _, process := range []*visited{s, other} {
		refused := process.anyone().enters("0912345678", sentence).want(http.StatusTooManyRequests)
		if refused.Header.Get("Retry-After") != "60" || !strings.Contains(refused.text(), "đợi 1 phút") {
			t.Errorf("an unknown device is told %q, Retry-After %s", refused.text(), refused.Header.Get("Retry-After"))
		}
	}
	known := &client{visited: other, cookies: phone.cookies}
	if to := known.enters("0912345678", sentence).leads(); to != "/me?done=lock" {
		t.Errorf("her own phone leads to %s", to)
	}
	if told := known.get("/me?done=lock").want(http.StatusOK).text(); !strings.Contains(told, "gõ sai mật khẩu") || !strings.Contains(told, "Máy lạ phải đợi đến") {
		t.Errorf("she is told %q", told)
	}
	known.post("/sign-out", nil)
	if to := known.enters("0912345678", sentence).leads(); to != "/" {
		t.Errorf("she is told again: %s", to)
	}
}

func TestALockIsSeenByStaffAndInTheTrailOnce(t *testing.T) {
	s := newSite(t)
	mai := s.person("Lò Thị Mai", "00715")
	s.withPassword(mai, "0912345678", sentence)
	staff, elsewhere := s.as(s.account("", "Hoàng Văn Kiên", "08", roster.Staff)), s.as(s.account("", "Bế Thị Hoa", "04", roster.Staff))
	if got := staff.get("/roster/" + mai.ID).want(http.StatusOK); len(got.find("#lock")) != 0 {
		t.Error("a lock before there is one")
	}
	s.guesses("0912345678", 20)
	s.pass(time.Minute)
	s.guesses("0912345678", 1)
	if got := s.entries(mai.ID); slices.Index(got, "account.lock") < 0 || strings.Count(strings.Join(got, " "), "account.lock") != 1 {
		t.Errorf("the trail says %q", got)
	}
	if trail := staff.get("/admin/audit?about=account").want(http.StatusOK).text(); !strings.Contains(trail, "Tạm khóa vì nhiều lần gõ sai") || !strings.Contains(trail, "0912345678") {
		t.Errorf("staff read %q", trail)
	}
	if trail := elsewhere.get("/admin/audit").want(http.StatusOK).text(); strings.Contains(trail, "Lò Thị Mai") {
		t.Error("staff of another province read of it")
	}
	page := staff.get("/roster/" + mai.ID).want(http.StatusOK)
	if !strings.Contains(page.one("#lock"), "Máy lạ phải đợi đến 09:03") {
		t.Errorf("staff see %q", page.one("#lock"))
	}
	staff.post(page.attr("#lock form", "action"), nil).leads()
	s.anyone().enters("0912345678", sentence).leads()
	if got := s.entries(mai.ID); got[len(got)-1] != "account.unlock" {
		t.Errorf("the trail says %q", got)
	}
}

func TestAdministratorsSeeAndOpenLocks(t *testing.T) {
	s := newSite(t)
	kien := s.account("", "Hoàng Văn Kiên", "08", roster.Staff)
	s.withPassword(kien, "canbo", sentence)
	admin := s.as(s.account("", "Phạm Minh Sơn", "", roster.Admin))
	s.guesses("canbo", 20)
	page := admin.get("/admin").want(http.StatusOK)
	if !strings.Contains(page.text(), "tạm khóa đến 09:01") {
		t.Errorf("the list says %q", page.text())
	}
	admin.post(page.attr(`form[action$="/unlock"]`, "action"), nil).leads()
	s.anyone().enters("canbo", sentence).leads()
}

func TestOneAccountAtWorkKeepsNobodyFromSigningIn(t *testing.T) {
	s := newSite(t)
	s.withPassword(s.person("Lò Thị Mai", "00715"), "0912345678", sentence)
	s.withPassword(s.person("Vàng A Páo", "00715"), "0987654321", sentence)
	thief := s.anyone()
	thief.enters("0912345678", sentence).leads()
	var flood sync.WaitGroup
	statuses := make([]int, 60)
	for i := range statuses {
		flood.Go(func() {
			c := &client{visited: s, cookies: map[string]string{}}
			for name, value := range thief.cookies {
				c.cookies[name] = value
			}
			statuses[i] = c.post("/me/password", url.Values{"old": {"không phải"}, "password": {"câu mới dài dễ nhớ"}}).Status
		})
	}
	for i := range 8 {
		if got := s.anyone().enters("0987654321", sentence); got.Status != http.StatusSeeOther {
			t.Errorf("sign-in %d of another: %d", i, got.Status)
		}
	}
	flood.Wait()
	for i, status := range statuses {
		if !slices.Contains([]int{422, 429, 503}, status) {
			t.Errorf("try %d: %d", i, status)
		}
	}
	s.anyone().enters("0912345678", sentence).leads() // the owner, elsewhere
}

func TestOneAddressStopsOnlyStrangersThere(t *testing.T) {
	s := newSite(t)
	other := newSiteOn(t, s.Site.Store)
	s.withPassword(s.person("Lò Thị Mai", "00715"), "0912345678", sentence)
	phone := s.anyone()
	phone.enters("0912345678", sentence).leads()
	for i := range 100 {
		s.anyone().enters(fmt.Sprintf("ai.do.%d", i), "không phải").want(http.StatusUnauthorized)
	}
	for _, process := range []*visited{s, other} {
		process.anyone().enters("0912345678", sentence).want(http.StatusTooManyRequests)
		(&client{visited: process, cookies: phone.cookies}).enters("0912345678", sentence).leads()
	}
	s.anyone().get("/claim?code=00000-00000").want(http.StatusUnprocessableEntity) // printed codes are counted apart
	for range 3 {
		s.pass(6 * time.Second)
		s.anyone().enters("ai.do", "không phải").want(http.StatusUnauthorized)
	}
	s.pass(6 * time.Second)
	s.anyone().enters("0912345678", sentence).leads()

	for range 100 {
		s.anyone().get("/claim?code=00000-00000")
	}
	if got := s.entries("0.0.0.0"); !slices.Equal(got, []string{"account.flood", "account.flood-code"}) {
		t.Errorf("the trail says %q of the address", got)
	}
	admin, staff := s.as(s.account("", "Phạm Minh Sơn", "", roster.Admin)), s.as(s.account("", "Hoàng Văn Kiên", "08", roster.Staff))
	const says = "Quá nhiều lần gõ sai mật khẩu từ một địa chỉ mạng"
	if trail := admin.get("/admin/audit?about=account").want(http.StatusOK).text(); !strings.Contains(trail, says) || !strings.Contains(trail, "0.0.0.0") {
		t.Errorf("administrators read %q", trail)
	}
	if trail := staff.get("/admin/audit").want(http.StatusOK).text(); strings.Contains(trail, says) {
		t.Error("staff read of an address that is nobody's province")
	}
}

func TestProgramsAreKnownByTheirDeviceToo(t *testing.T) {
	s := newSite(t)
	s.withPassword(s.person("Lò Thị Mai", "00715"), "0912345678", sentence)
	sign := func(device string) *reply {
		return s.anyone().send(http.MethodPost, "/api/v1/session", map[string]string{"login": "0912345678", "password": sentence, "device": device})
	}
	var first struct{ Device string }
	sign("").want(http.StatusOK).json(&first)
	s.guesses("0912345678", 20)
	var refused struct{ Code string }
	sign("").want(http.StatusTooManyRequests).json(&refused)
	sign("x.y").want(http.StatusTooManyRequests)
	if refused.Code != "sign-in-wait" {
		t.Errorf("refused as %s", refused.Code)
	}
	sign(first.Device).want(http.StatusOK)
}

func TestTheDeviceCookieGoesToTheSignInFormAlone(t *testing.T) {
	a := roster.Account{ID: "B000000001"}
	for tls, name := range map[bool]string{true: "__Secure-lopban-device-", false: "lopban-device-"} {
		k := deviceCookie(a, "token", begun, tls)
		if !strings.HasPrefix(k.Name, name) || k.Path != "/sign-in" || !k.HTTPOnly || k.Secure != tls || k.SameSite != "Lax" || k.MaxAge != 400*24*3600 {
			t.Errorf("%+v", k)
		}
	}
}

func TestAProxyThatIsNotTrustedIsNamedOnce(t *testing.T) {
	for _, trusted := range [][]string{nil, {"10.0.0.1"}} {
		s := newSite(t)
		var said bytes.Buffer
		s.Log = slog.New(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))
		s.proxies = readProxies(trusted)
		for range 3 {
			r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
			r.Header.Set("X-Forwarded-For", "203.0.113.9")
			if _, err := s.app.Test(r, -1); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(said.String(), "--trusted-proxies"); n != 1 || strings.Contains(said.String(), "203.0.113.9") {
			t.Errorf("trusted %v: said %d times: %s", trusted, n, said.String())
		}
	}
}

func TestNoAddressSaysAPrintedCode(t *testing.T) {
	s := newSite(t)
	p, err := s.Roll.Add(t.Context(), roster.Entry{Name: "Lò Thị Mai", Phone: "0912345678", Library: "Thư viện xã", Commune: "00715", On: roster.Day(begun).AddDate(-1, 0, 0)}, "operator")
	if err != nil {
		t.Fatal(err)
	}
	slip, err := s.Accounts.Reset(t.Context(), roster.Operator(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(s.ClaimURL(slip.Code))
	if err != nil || link.RawQuery != "" || link.Path != "/claim" || link.Fragment != slip.Code {
		t.Errorf("the printed link is %s", link)
	}
	c := s.anyone()
	form := c.get("/claim").want(http.StatusOK)
	if method := form.attr("form[data-claim]", "method"); method != "post" {
		t.Errorf("the code is sent by %s", method)
	}
	for what, page := range map[string]*reply{
		"typed":                              c.post("/claim", url.Values{"look": {"1"}, "code": {slip.Code}}),
		"of a slip printed by release 0.1.0": c.get("/claim?code=" + slip.Code),
	} {
		page.want(http.StatusOK)
		if text := page.text(); !strings.Contains(text, "Lò Thị Mai") || strings.Contains(page.Body, "0912345678") || !strings.Contains(text, "•••••••678") {
			t.Errorf("%s: %q", what, text)
		}
		if strings.Contains(page.attr(`form[action="/language"] input[name="back"]`, "value"), slip.Code) {
			t.Errorf("%s: a change of language leads to an address with the code", what)
		}
	}
	for field, form := range map[string]url.Values{ // what is wrong is marked, and nothing else has to be done again
		"login":    {"code": {slip.Code}, "password": {sentence}, "login": {"x y?"}, "consent": {"yes"}},
		"password": {"code": {slip.Code}, "password": {"123"}, "login": {"lo.mai"}, "consent": {"yes"}},
	} {
		again := c.post("/claim", form).want(http.StatusUnprocessableEntity)
		if len(again.find(".field.bad")) != 1 || len(again.find(".field.bad #"+field)) != 1 || len(again.find("input[name=consent][checked]")) != 1 || again.attr("#login", "value") != form.Get("login") {
			t.Errorf("a wrong %s: %s", field, again.text())
		}
	}
	unticked := c.post("/claim", url.Values{"code": {slip.Code}, "password": {sentence}}).want(http.StatusUnprocessableEntity)
	if len(unticked.find(".field.bad input[name=consent]:not([checked])")) != 1 || !strings.Contains(unticked.text(), "rút lại lúc nào cũng được, ở Tài khoản.") {
		t.Error(unticked.text())
	}
	c.post("/claim", url.Values{"code": {slip.Code}, "password": {sentence}, "consent": {"yes"}}).leads()
	s.anyone().enters("0912345678", sentence).leads()
}

func TestSignOutEverywhere(t *testing.T) {
	s := newSite(t)
	other := newSiteOn(t, s.Site.Store)
	mai := s.person("Lò Thị Mai", "00715")
	s.withPassword(mai, "0912345678", sentence)
	staff := s.as(s.account("", "Hoàng Văn Kiên", "08", roster.Staff))
	admin := s.as(s.account("", "Phạm Minh Sơn", "", roster.Admin))
	for what, end := range map[string]func(c *client){
		"by herself":        func(c *client) { c.post("/me/sign-out", nil).leads() },
		"by a program":      func(c *client) { c.send(http.MethodDelete, "/api/v1/sessions", nil).want(http.StatusNoContent) },
		"by staff":          func(*client) { staff.post("/roster/"+mai.ID+"/sign-out", nil).leads() },
		"by administrators": func(*client) { admin.post("/admin/"+mai.ID+"/sign-out", nil).leads() },
	} {
		here, there := s.anyone(), other.anyone()
		here.enters("0912345678", sentence).leads()
		there.enters("0912345678", sentence).leads()
		there.get("/me").want(http.StatusOK) // that process knows the session now
		end(here)
		here.get("/me").want(http.StatusSeeOther)
		s.pass(2 * time.Second)
		other.pass(2 * time.Second)
		if got := there.get("/me"); got.Status != http.StatusSeeOther {
			t.Errorf("%s: %d on another process after two seconds", what, got.Status)
		}
	}
	if got := s.entries(mai.ID); strings.Count(strings.Join(got, " "), "account.sign-out") != 2 {
		t.Errorf("the trail says %q", got)
	}
}

// app is an authenticator app.
type app struct {
	*visited
	secret string
}

func (a app) code() string {
	a.t.Helper()
	code, err := totp.GenerateCode(a.secret, a.now())
	if err != nil {
		a.t.Fatal(err)
	}
	return code
}

// setsUp sets a second factor up on the page, and gives the app and the printed codes.
func (c *client) setsUp(password, now string) (app, []string) {
	c.t.Helper()
	page := c.post("/me/second", url.Values{"old": {password}, "now": {now}}).want(http.StatusOK)
	key := regexp.MustCompile(`\b[A-Z2-7]{32}\b`).FindString(page.text())
	if key == "" || len(page.find(".qr svg")) != 1 {
		c.t.Fatalf("no key: %s", page.text())
	}
	a := app{c.visited, key}
	page = c.post("/me/second/code", url.Values{"code": {a.code()}}).want(http.StatusOK)
	var printed []string
	for _, n := range page.find(".recovery li") {
		printed = append(printed, textOf(n))
	}
	if len(printed) != 10 {
		c.t.Fatalf("printed %q", printed)
	}
	c.pass(30 * time.Second)
	return a, printed
}

func TestASecondFactor(t *testing.T) {
	s := newSite(t)
	other := newSiteOn(t, s.Site.Store)
	son := s.account("", "Phạm Minh Sơn", "", roster.Admin)
	s.withPassword(son, "quantri", sentence)
	c, old := s.anyone(), s.anyone()
	c.enters("quantri", sentence).leads()
	old.enters("quantri", sentence).leads()
	if due := c.get("/").want(http.StatusOK).text(); !strings.Contains(due, "Hãy thiết lập bước xác thực thứ hai trước ngày") {
		t.Errorf("nobody asks for it: %q", due)
	}
	c.post("/me/second", url.Values{"old": {"không phải"}}).want(http.StatusUnprocessableEntity)
	wrong := c.post("/me/second", url.Values{"old": {sentence}}).want(http.StatusOK)
	again := c.post("/me/second/code", url.Values{"code": {"000000"}}).want(http.StatusUnauthorized)
	if wrong.one("p.code") != again.one("p.code") {
		t.Error("a mistyped code changes the key")
	}
	phone, printed := c.setsUp(sentence, "")
	other.pass(30 * time.Second)
	c.get("/admin").want(http.StatusOK)
	old.get("/admin").want(http.StatusSeeOther)
	if strings.Contains(c.get("/me/second").text(), printed[0]) {
		t.Error("the printed codes are shown again")
	}

	step := func(s *visited, code string) *reply {
		t.Helper()
		c := s.anyone()
		asked := c.enters("quantri", sentence).want(http.StatusOK)
		if len(asked.find(`input[name="password"]`)) != 0 || len(c.cookies) != 0 {
			t.Fatalf("signed in by the password alone: %v", c.cookies)
		}
		return c.post("/sign-in", url.Values{"ticket": {asked.attr(`input[name="ticket"]`, "value")}, "code": {code}})
	}
	code := phone.code()
	if to := step(s, code).leads(); to != "/" {
		t.Errorf("leads to %s", to)
	}
	again = step(other, code).want(http.StatusUnauthorized)
	if !strings.Contains(again.text(), "Mã không đúng, đã dùng rồi") || len(again.find(`input[name="ticket"]`)) != 1 {
		t.Errorf("the same code on another process: %q", again.text())
	}
	step(other, printed[7]).leads()
	step(s, printed[7]).want(http.StatusUnauthorized)
	c.enters("quantri", "không phải").want(http.StatusUnauthorized)
	c.post("/sign-in", url.Values{"ticket": {"x.1.y"}, "code": {code}}).want(http.StatusUnauthorized)
	if got := s.entries(son.ID); !slices.Contains(got, "account.second") {
		t.Errorf("the trail says %q", got)
	}
}

func TestProgramsSignInWithTheCode(t *testing.T) {
	s := newSite(t)
	s.withPassword(s.account("", "Trần Thu Hà", "", roster.Office), "vanphong", sentence)
	c := s.anyone()
	c.enters("vanphong", sentence).leads()
	phone, _ := c.setsUp(sentence, "")
	sign := func(code string) *reply {
		return s.anyone().send(http.MethodPost, "/api/v1/session", map[string]string{"login": "vanphong", "password": sentence, "code": code})
	}
	var p struct{ Code string }
	if sign("").want(http.StatusUnauthorized).json(&p); p.Code != "second-needed" {
		t.Errorf("without one: %s", p.Code)
	}
	if sign("000000").want(http.StatusUnauthorized).json(&p); p.Code != "second-wrong" {
		t.Errorf("a wrong one: %s", p.Code)
	}
	sign(phone.code()).want(http.StatusOK)
}

func TestWhatRestsUntilThereIsASecondFactor(t *testing.T) {
	s := newSite(t)
	son := s.account("", "Phạm Minh Sơn", "", roster.Admin)
	s.withPassword(son, "quantri", sentence)
	c := s.anyone()
	c.enters("quantri", sentence).leads()
	c.get("/admin").want(http.StatusOK)
	s.pass(s.Grace)
	c = s.anyone()
	c.enters("quantri", sentence).leads()
	for path, status := range map[string]int{"/admin": 403, "/roster": 403, "/admin/audit": 403, "/author": 403, "/courses": 200, "/me": 200} {
		c.get(path).want(status)
	}
	if told := c.get("/").want(http.StatusOK).text(); !strings.Contains(told, "tạm nghỉ vì chưa có bước xác thực thứ hai") {
		t.Errorf("told %q", told)
	}
	c.post("/admin", url.Values{"name": {"Kẻ gian"}, "role": {"admin"}}).want(http.StatusForbidden)
	c.setsUp(sentence, "")
	c.get("/admin").want(http.StatusOK)
}

func TestASecondFactorIsMovedDroppedAndReset(t *testing.T) {
	s := newSite(t)
	kien := s.account("", "Hoàng Văn Kiên", "08", roster.Staff)
	s.withPassword(kien, "canbo", sentence)
	c := s.anyone()
	c.enters("canbo", sentence).leads()
	first, _ := c.setsUp(sentence, "")
	c.post("/me/second", url.Values{"old": {sentence}, "now": {"000000"}}).want(http.StatusUnauthorized)
	second, printed := c.setsUp(sentence, first.code())
	if second.secret == first.secret {
		t.Error("the key is the same")
	}
	c.post("/me/second/drop", url.Values{"old": {sentence}, "now": {printed[0]}}).leads()
	s.anyone().enters("canbo", sentence).leads()

	son := s.account("", "Phạm Minh Sơn", "", roster.Admin)
	s.withPassword(son, "quantri", sentence)
	admin := s.anyone()
	admin.enters("quantri", sentence).leads()
	_, printed = admin.setsUp(sentence, "")
	admin.post("/me/second/drop", url.Values{"old": {sentence}, "now": {printed[0]}}).want(http.StatusForbidden)
	admin.post("/admin/"+son.ID+"/second", nil).want(http.StatusForbidden)
	another := s.as(s.account("", "Lê Thị Hạnh", "", roster.Admin))
	page := another.get("/admin").want(http.StatusOK)
	another.post(page.attr(`form[action$="/second"]`, "action"), nil).leads()
	s.anyone().enters("quantri", sentence).leads()
	if got := s.entries(son.ID); got[len(got)-1] != "account.second-reset" {
		t.Errorf("the trail says %q", got)
	}
}

// Whose session ended while a form was open signs in with a code, and the form goes on.
func TestWhatIsHeldGoesOnAfterTheCode(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	ha := s.account("", "Trần Thu Hà", "", roster.Trainer)
	s.withPassword(ha, "giangvien", sentence)
	c := s.anyone()
	c.enters("giangvien", sentence).leads()
	phone, _ := c.setsUp(sentence, "")
	c.post("/sign-out", nil).leads()
	form := url.Values{"login": {"giangvien"}, "password": {sentence}, "next": {"/courses/K1/doc"}, "held.person": {ha.ID}, "held.opener": {"Hà"}}
	asked := c.post("/sign-in/held", form).want(http.StatusOK)
	form = url.Values{"next": {"/courses/K1/doc"}, "code": {phone.code()}}
	for _, name := range []string{"ticket", "held.person", "held.opener"} {
		form.Set(name, asked.attr(`input[name="`+name+`"]`, "value"))
	}
	if page := c.post(asked.attr("main form", "action"), form).want(http.StatusOK); page.attr("main form", "action") != "/courses/K1/doc" {
		t.Errorf("it does not go on: %s", page.text())
	}
}

func TestACourseInOneRequestIsDatedAndFlagged(t *testing.T) {
	s := newSite(t)
	v := s.publish(shortCourse("K1", courses.LibraryService))
	s.pass(24 * time.Hour)
	mai := s.person("Lò Thị Mai", "00715")
	s.pass(24 * time.Hour)
	answers := rightAnswers(v.Modules[0].Lessons[1].Quiz)
	at := "2025-01-02T03:00:00Z"
	var got struct {
		Receipts []courses.Receipt
	}
	s.as(mai).send(http.MethodPost, "/api/v1/facts", map[string]any{"facts": []map[string]any{
		{"id": "1", "kind": "completion", "course": "K1", "lesson": "doc", "at": at},
		{"id": "2", "kind": "attempt", "course": "K1", "lesson": "thu", "at": at, "answers": answers},
	}}).want(http.StatusOK).json(&got)
	e, err := s.School.Look(t.Context(), got.Receipts[1].Certificate)
	if err != nil || !e.CompletedAt.Equal(s.now()) || !e.StartedAt.Equal(s.now()) {
		t.Fatalf("the certificate says %v to %v, %v", e.StartedAt, e.CompletedAt, err)
	}
	kept, err := store.Get[courses.Completion](t.Context(), s.Store, school.CompletionKind, mai.ID+"/K1/01/doc")
	if err != nil || kept.ClaimedAt == nil || kept.ClaimedAt.Format(time.RFC3339) != at {
		t.Errorf("what was claimed is not kept: %+v, %v", kept, err)
	}
	staff := s.as(s.account("", "Hoàng Văn Kiên", "08", roster.Staff))
	for _, path := range []string{"/roster/" + mai.ID, "/completions"} {
		if page := staff.get(path).want(http.StatusOK); !strings.Contains(page.text(), "Học rất nhanh") {
			t.Errorf("%s does not flag it", path)
		}
	}
	if strings.Contains(s.as(mai).get("/certificates/"+e.Code).want(http.StatusOK).text(), "Học rất nhanh") {
		t.Error("the holder is accused")
	}
	// the board that is kept up to date, and the one that is counted from every fact again on a later day
	day := s.now()
	fast, err := s.Board.Read(t.Context(), roster.Present, "08", day)
	if err != nil {
		t.Fatal(err)
	}
	s.pass(48 * time.Hour)
	again, err := s.Board.Read(t.Context(), roster.Present, "08", day)
	if err != nil || !reflect.DeepEqual(again.Rows, fast.Rows) || again.Trained != fast.Trained {
		t.Errorf("counted again, the board says %+v, before %+v, %v", again.Rows, fast.Rows, err)
	}
}

// Nobody learns before their account is there, or their post where that began later, however long the course was there.
func TestNothingIsDatedBeforeTheAccountOrThePost(t *testing.T) {
	const day = 24 * time.Hour
	for what, c := range map[string]struct {
		post, account, claimed time.Duration // before it is sent
		kept                   bool
	}{
		"after both":         {20 * day, 5 * day, 4 * day, true},
		"before the account": {20 * day, 5 * day, 6 * day, false},
		"before the post":    {3 * day, 5 * day, 4 * day, false},
		"after the post":     {3 * day, 5 * day, 2 * day, true},
	} {
		s := newSite(t)
		s.publish(shortCourse("K1", courses.LibraryService))
		s.pass(30*day - c.account)
		mai := s.person("Lò Thị Mai", "00715")
		s.pass(c.account)
		all, err := s.Roll.Postings(t.Context(), mai.ID)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		all[0].On = roster.Day(s.now().Add(-c.post))
		if err := errors.Join(s.Store.Delete(t.Context(), roster.PostingKind, all[0].ID), s.Store.Insert(t.Context(), roster.PostingKind, &all[0])); err != nil {
			t.Fatal(err)
		}
		at := store.Time(s.now().Add(-c.claimed))
		s.as(mai).send(http.MethodPost, "/api/v1/facts", map[string]any{"facts": []map[string]any{
			{"id": "1", "kind": "completion", "course": "K1", "lesson": "doc", "at": at},
		}}).want(http.StatusOK)
		kept, err := store.Get[courses.Completion](t.Context(), s.Store, school.CompletionKind, mai.ID+"/K1/01/doc")
		if err != nil || kept.HappenedAt.Equal(at) != c.kept || (kept.ClaimedAt == nil) != c.kept || !c.kept && !kept.HappenedAt.Equal(store.Time(s.now())) {
			t.Errorf("%s: claimed %v, kept %+v, %v", what, at, kept, err)
		}
	}
}
