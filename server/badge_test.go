package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lopban/courses"
)

// badged is what the badge of a certificate says.
type badged struct {
	ID          string
	Iss         string
	Name        string
	Description string
	Status      struct {
		Index string `json:"statusListIndex"`
		List  string `json:"statusListCredential"`
	} `json:"credentialStatus"`
}

func (s *visited) badge(code string) (jwt string, says badged) {
	s.t.Helper()
	jwt = s.anyone().get("/badges/" + code + ".jwt").want(200).Body
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[1])
	if err == nil {
		err = json.Unmarshal(raw, &says)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return jwt, says
}

func TestWhoHasTheCodeTakesTheBadge(t *testing.T) {
	e := newEarned(t)
	if len(e.learner.get(e.at("")).want(200).find("a[href='/badges/"+e.code+"']")) != 1 {
		t.Error("the certificate does not lead to its badge")
	}
	jwt, says := e.badge(e.code)
	if says.ID != "http://lopban.test/badges/"+e.code || says.Name != "Khóa ngắn K1" || !strings.Contains(says.Description, "Vàng Thị Giang") {
		t.Errorf("%+v", says)
	}
	shown := e.anyone().get("/badges/" + e.code).want(200)
	for _, said := range []string{"HỢP LỆ", "Vàng Thị Giang", "Khóa ngắn K1", "08.2026.00001"} {
		if !strings.Contains(shown.text(), said) {
			t.Errorf("the page does not say %q", said)
		}
	}
	for _, ending := range []string{".svg", ".png", ".jwt"} {
		if len(shown.find("a[href='/badges/"+e.code+ending+"'][download]")) != 1 {
			t.Errorf("%s cannot be taken from the page", ending)
		}
	}
	drawn := e.anyone().get("/badges/" + e.code + ".svg").want(200)
	if drawn.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(drawn.Body, `<openbadges:credential verify="`+jwt+`">`) {
		t.Errorf("%s: %.300s", drawn.Header.Get("Content-Type"), drawn.Body)
	}
	painted := e.anyone().get("/badges/" + e.code + ".png").want(200)
	if _, err := png.Decode(strings.NewReader(painted.Body)); err != nil || !strings.Contains(painted.Body, "openbadgecredential\x00\x00\x00\x00\x00"+jwt) {
		t.Errorf("the picture: %v", err)
	}
	// both specifications' types
	for accept, want := range map[string]string{"": "application/vc+jwt", "*/*": "application/vc+jwt", "text/plain": "text/plain", "application/json": "application/vc+jwt"} {
		if got := e.anyone().with("GET", "/badges/"+e.code+".jwt", "", "", "Accept", accept).want(200).Header.Get("Content-Type"); got != want {
			t.Errorf("asked for %q: %q", accept, got)
		}
	}
	e.anyone().get("/badges/" + strings.ToLower(courses.ShowCode(e.code)) + ".jwt").want(200) // as it is typed
	for _, path := range []string{"/badges/08.2026.00001.jwt", "/badges/ABCD-EFGH-JKMN", "/badges/ABCD-EFGH-JKMN.png"} {
		e.anyone().get(path).want(404)
	}
}

// Pages of other sites show the badge's picture and read what belongs to it; of the site's pages they get nothing.
func TestOtherSitesShowAndReadABadge(t *testing.T) {
	e := newEarned(t)
	_, says := e.badge(e.code)
	judge := func(path string, status int, open bool) {
		t.Helper()
		r := e.anyone().get(path).want(status)
		readable, shown := r.Header.Get("Access-Control-Allow-Origin"), r.Header.Get("Cross-Origin-Resource-Policy")
		if open && (readable != "*" || shown != "cross-origin") || !open && (readable != "" || shown != "same-origin") {
			t.Errorf("%s (%d): %q %q", path, status, readable, shown)
		}
	}
	for _, ending := range []string{".jwt", ".svg", ".png"} {
		judge("/badges/"+e.code+ending, 200, true)
		judge("/badges/ABCD-EFGH-JKMN"+ending, 404, true) // there are other sentences for 404 than that it may not be read
	}
	for _, path := range []string{"/api/v1/certificates/" + e.code + "/credential", strings.TrimPrefix(says.Status.List, "http://lopban.test"), strings.TrimPrefix(says.Iss, "http://lopban.test"),
		"/badges/keys", "/.well-known/jwks.json"} {
		judge(path, 200, true)
	}
	for _, path := range []string{"/badges/status/08-2027-0", "/badges/issuers/99", "/badges/keys/none"} {
		judge(path, 404, true)
	}
	for _, path := range []string{"/badges/" + e.code, "/v/" + e.code, "/v/keys", "/api/v1/certificates/" + e.code} {
		judge(path, 200, false)
	}
	for range 100 { // the address has asked enough
		e.anyone().get("/badges/ABCD-EFGH-JKMN")
	}
	judge("/badges/"+e.code+".png", 429, true)
}

// Whoever looks at the page has asked for one certificate: its picture is one for all.
func TestThePageOfABadgeLooksOnce(t *testing.T) {
	e := newEarned(t)
	shown := e.anyone().get("/badges/" + e.code).want(200)
	pictures := shown.find("main img")
	if len(pictures) != 1 {
		t.Fatalf("%d pictures", len(pictures))
	}
	if kind := e.anyone().get(shown.attr("main img", "src")).want(200).Header.Get("Content-Type"); kind != "image/svg+xml" {
		t.Error(kind)
	}
	for i := range 59 { // an address has 60, and time stands still here
		if r := e.anyone().get("/badges/ABCD-EFGH-JKMN"); r.Status != 404 {
			t.Fatalf("look-up %d after the page: %d", i+1, r.Status)
		}
	}
	e.anyone().get("/badges/ABCD-EFGH-JKMN").want(429)
}

// The badge and its page say what the paper says. They name no number and no id of the person.
func TestABadgeTellsNoMoreThanThePaper(t *testing.T) {
	g := newGuarded(t)
	code := g.words.Replace("{far.code}")
	jwt, says := g.badge(code)
	if !strings.Contains(says.Description, "Nông Văn Thịnh") {
		t.Fatalf("%+v", says)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[1])
	for what, text := range map[string]string{"badge": string(raw), "page": g.anyone().get("/badges/" + code).want(200).Body} {
		for name, secret := range map[string]string{"id": g.words.Replace("{far}"), "phone": "912000003"} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s says the %s", what, name)
			}
		}
	}
}

// A messenger shows what the page is before somebody opens it, and asks nobody else for anything.
func TestASentLinkShowsWhatItLeadsTo(t *testing.T) {
	e := newEarned(t)
	for _, path := range []string{"/badges/", "/v/"} {
		shown := e.anyone().get(path + e.code).want(200)
		for property, want := range map[string]string{"og:title": "Giấy chứng nhận: Khóa ngắn K1", "og:url": "http://lopban.test" + path + e.code} {
			if got := shown.attr("meta[property='"+property+"']", "content"); got != want {
				t.Errorf("%s%s: %q", path, property, got)
			}
		}
		if text := shown.attr("meta[property='og:description']", "content"); !strings.HasPrefix(text, "Vàng Thị Giang · ") || strings.Contains(text, "HỢP LỆ") {
			t.Errorf("%s: %q", path, text)
		}
		picture, ours := strings.CutPrefix(shown.attr("meta[property='og:image']", "content"), "http://lopban.test/")
		if got := e.anyone().get("/" + picture).want(200).Header.Get("Content-Type"); !ours || got != "image/png" {
			t.Errorf("%s: %s is %s", path, picture, got)
		}
	}
	// of a page found by a number that anybody can count up, nothing is told
	if found := e.anyone().get("/v?code=08.2026.00001").want(200).find("meta[property^='og:']"); len(found) != 0 {
		t.Errorf("%d", len(found))
	}
}

// jose gives what a program says that knows nothing of ours: the library jose, with the site's keys and no network.
func jose(t *testing.T, script string, given any) string {
	t.Helper()
	module, err := filepath.Abs(filepath.Join("..", ".ci", "node_modules", "jose", "dist", "webapi", "index.js"))
	if _, gone := os.Stat(module); err != nil || gone != nil {
		const sentence = "No jose: run npm ci in .ci to have badges read by another program."
		if os.Getenv("LOPBAN_REQUIRE_BROWSER") != "" {
			t.Fatal(sentence)
		}
		t.Skip(sentence)
	}
	input, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", `import * as jose from "file://`+module+`";
		import { gunzipSync } from "node:zlib";
		let text = ""; for await (const part of process.stdin) text += part;
		const given = JSON.parse(text);
		const open = async (jwt) => {
			try { return (await jose.jwtVerify(jwt, jose.createLocalJWKSet(given.keys), { algorithms: ["ES256"], currentDate: new Date(given.at) })).payload; }
			catch (e) { return { wrong: e.code || String(e) }; }
		};
		const ended = (badge, list) => {
			if (badge.credentialStatus.statusListCredential !== list.id || badge.iss !== list.iss) throw "another list";
			const bits = gunzipSync(Buffer.from(list.credentialSubject.encodedList.slice(1), "base64url"));
			const i = Number(badge.credentialStatus.statusListIndex);
			return (bits[i >> 3] & (0x80 >> (i & 7))) !== 0;
		};
		`+script)
	run.Stdin = bytes.NewReader(input)
	var out, complaint bytes.Buffer
	run.Stdout, run.Stderr = &out, &complaint
	if err := run.Run(); err != nil {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	return strings.TrimSpace(out.String())
}

// Another program takes the badge, finds the key by the name in it, and sees in the list that it was good, until it was
// replaced, and that the one after it is good.
func TestAnotherProgramChecksABadge(t *testing.T) {
	e := newEarned(t)
	given := map[string]any{"at": e.now().Format(time.RFC3339)}
	jwt, says := e.badge(e.code) // the first key is made when it is first needed
	var keys any
	e.anyone().get("/.well-known/jwks.json").want(200).json(&keys)
	list := strings.TrimPrefix(says.Status.List, "http://lopban.test")
	api := e.anyone().get("/api/v1/certificates/" + e.code + "/credential").want(200)
	if kind := api.Header.Get("Content-Type"); kind != "application/vc+jwt" {
		t.Errorf("the API sends %s", kind)
	}
	given["keys"], given["first"], given["before"] = keys, api.Body, e.anyone().get(list).want(200).Body
	again := strings.TrimSuffix(strings.TrimPrefix(e.staff.post(e.at("/reissue"), map[string][]string{"reason": {"lost"}}).leads(), "/certificates/"), "/register?done=reissued")
	second, next := e.badge(again)
	e.pass(2 * time.Minute) // lists are made once a minute
	given["at"] = e.now().Format(time.RFC3339)
	given["after"], given["second"] = e.anyone().get(list).want(200).Body, second
	given["next"] = e.anyone().get(strings.TrimPrefix(next.Status.List, "http://lopban.test")).want(200).Body
	parts := strings.Split(jwt, ".")
	forged, _ := base64.RawURLEncoding.DecodeString(parts[1])
	parts[1] = base64.RawURLEncoding.EncodeToString(bytes.ReplaceAll(forged, []byte("Giang"), []byte("Giàn"))) // as long
	given["forged"] = strings.Join(parts, ".")
	got := jose(t, `
		const [first, second, before, after, next] = await Promise.all(["first", "second", "before", "after", "next"].map((name) => open(given[name])));
		for (const one of [first, second, before, after, next]) if (one.wrong) throw one.wrong;
		console.log(first.credentialSubject.identifier[0].identityHash, ended(first, before), ended(first, after), ended(second, next));
		console.log((await open(given.forged)).wrong, (await open(first.wrong + "")).wrong);
		for (const key of given.keys.keys) key.x = key.y; given.at = "2026-12-08T00:00:00Z";
		console.log((await open(given.first)).wrong !== undefined);`, given)
	if want := "Vàng Thị Giang false true false\nERR_JWS_SIGNATURE_VERIFICATION_FAILED ERR_JWS_INVALID\ntrue"; got != want {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}
}

// A list is there where a certificate has its bit in it, at once, and nobody gets others made by counting up.
func TestThereAreNoListsWithoutCertificates(t *testing.T) {
	e := newEarned(t)
	again := func(code string) string {
		return strings.TrimSuffix(strings.TrimPrefix(e.staff.post("/certificates/"+code+"/reissue", map[string][]string{"reason": {"lost"}}).leads(), "/certificates/"), "/register?done=reissued")
	}
	judge := func(when string, status int, lists ...string) {
		t.Helper()
		for _, list := range lists {
			if got := e.anyone().get("/badges/status/" + list).Status; got != status {
				t.Errorf("%s: %s is %d, want %d", when, list, got, status)
			}
		}
	}
	judge("before any was replaced", 200, "08-2026-0")
	judge("before any was replaced", 404, "08-2025-0", "08-2021-0", "08-2026-1", "08-2026-19", "08-2027-0", "08-2025-1")
	code := e.code
	for _, n := range []string{"1", "2"} {
		code = again(code)
		_, says := e.badge(code)
		if want := "http://lopban.test/badges/status/08-2026-" + n; says.Status.List != want {
			t.Fatalf("%s, want %s", says.Status.List, want)
		}
		judge("who has the badge looks at once", 200, "08-2026-"+n)
	}
	judge("after two", 404, "08-2026-3", "01-2026-1", "08-2025-2")
	e.pass(2 * time.Minute) // the register is read anew
	judge("later", 200, "08-2026-0", "08-2026-1", "08-2026-2")
	judge("later", 404, "08-2026-3", "01-2026-1", "08-2025-0")
}

// A list of yesterday is refused by whoever looks at its dates, and a revoked key is found under no name any more.
func TestOldListsAndRevokedKeysProveNothing(t *testing.T) {
	e := newEarned(t)
	_, says := e.badge(e.code)
	list := e.anyone().get(strings.TrimPrefix(says.Status.List, "http://lopban.test")).want(200).Body
	var keys struct{ Keys []struct{ Kid string } }
	var old any
	e.anyone().get("/badges/keys").want(200).json(&old)
	e.anyone().get("/badges/keys").want(200).json(&keys)
	if len(keys.Keys) != 1 {
		t.Fatalf("%+v", keys)
	}
	key := strings.TrimPrefix(keys.Keys[0].Kid, "http://lopban.test")
	var one map[string]string
	r := e.anyone().get(key).want(200)
	if r.json(&one); one["kty"] != "EC" || one["crv"] != "P-256" || one["kid"] != keys.Keys[0].Kid || one["d"] != "" || r.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%+v %v", one, r.Header)
	}
	var issuer struct {
		ID, Name   string
		Type       []string
		Assertions []string `json:"assertionMethod"`
	}
	e.anyone().get(strings.TrimPrefix(says.Iss, "http://lopban.test")).want(200).json(&issuer)
	if issuer.ID != says.Iss || issuer.Type[0] != "Profile" || issuer.Name == "" || len(issuer.Assertions) != 1 || issuer.Assertions[0] != keys.Keys[0].Kid {
		t.Errorf("%+v", issuer)
	}
	if err := e.Keys.Revoke(t.Context(), "0001"); err != nil {
		t.Fatal(err)
	}
	e.anyone().get(key).want(404)
	var fresh any
	e.anyone().get("/badges/keys").want(200).json(&fresh)
	jwt, _ := e.badge(e.code) // anew, with the key that took over
	got := jose(t, `console.log((await open(given.list)).wrong, (await open(given.jwt)).wrong);`,
		map[string]any{"at": e.now().Format(time.RFC3339), "keys": fresh, "list": list, "jwt": jwt})
	if got != "ERR_JWKS_NO_MATCHING_KEY undefined" {
		t.Error(got)
	}
	got = jose(t, `console.log((await open(given.list)).wrong);`, map[string]any{"at": e.now().Add(25 * time.Hour).Format(time.RFC3339), "keys": old, "list": list})
	if got != "ERR_JWT_EXPIRED" {
		t.Error(got)
	}
}
