package server

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lopban/assets"
	"lopban/courses"
	"lopban/courses/libraries"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

// visitors are the columns of the matrix. The learner is Mỷ of Tuyên Quang (08), where the trainer and the staff belong
// too; the other staff are of Cao Bằng (04).
var visitors = []string{"anyone", "learner", "trainer", "staff", "other", "office", "admin"}

// cells are the statuses that a row's visitors get, in the order of visitors.
type cells [7]int

func same7(status int) cells {
	return cells{status, status, status, status, status, status, status}
}

// members is a row for whoever is signed in: a page asks anyone else to sign in, a form or program is refused.
func members(anyone, status int) cells {
	return cells{anyone, status, status, status, status, status, status}
}

// matrixRow is a request to a route about an object, and who is answered how. Braces in path and form stand for what
// the fixture has. An object is of {my} (the learner's own), {dua} (of the same province) or {far} (of the other
// province).
type matrixRow struct {
	method, pattern string
	path            string // the pattern itself where empty
	form            string // of POST: a form, or JSON where it begins with a brace; "file" sends a spreadsheet
	want            cells
	writes          bool // a refused one counts a wrong password
	public          bool // says by design what a certificate's paper says, to whoever has its code
	taught          bool // names the people of 08 to their trainer
}

var matrix = []matrixRow{
	{method: "GET", pattern: "/healthz", want: same7(200)},
	{method: "GET", pattern: "/readyz", want: same7(200)},
	{method: "GET", pattern: "/assets/:name", path: "{css}", want: same7(200)},
	{method: "GET", pattern: "/assets/:name", path: "/assets/..%2fserver.go", want: same7(404)},
	{method: "GET", pattern: "/media/:name", path: "/media/{picture}", want: same7(200)},
	{method: "GET", pattern: "/media/:name", path: "/media/{far.paper}.pdf", want: same7(404)}, // papers are blobs too
	{method: "GET", pattern: "/sw.js", want: same7(200)},
	{method: "GET", pattern: "/manifest.webmanifest", want: same7(200)},
	{method: "GET", pattern: "/offline", want: same7(200)},

	{method: "GET", pattern: "/", want: same7(200)},
	{method: "GET", pattern: "/phone", want: same7(200)},
	{method: "POST", pattern: "/language", form: "lang=en", want: same7(303)},
	{method: "GET", pattern: "/sign-in", want: members(200, 303)},
	{method: "POST", pattern: "/sign-in", form: "login={far.phone}&password=khong+phai", want: same7(401), writes: true},
	{method: "POST", pattern: "/sign-in/held", form: "login={far.phone}&password=khong+phai&next=/courses/K1/doc&held.person={far}", want: same7(401), writes: true},
	{method: "POST", pattern: "/sign-out", want: same7(303)},
	{method: "GET", pattern: "/claim", want: same7(200)},
	{method: "GET", pattern: "/claim", path: "/claim?code=00000-00000", want: same7(422)},
	{method: "POST", pattern: "/claim", form: "code=00000-00000&password=mot+cau+de+nho&consent=yes", want: same7(422), writes: true},
	{method: "POST", pattern: "/claim", form: "code=00000-00000&look=1", want: same7(422), writes: true},
	{method: "GET", pattern: "/v", want: same7(200)},
	{method: "GET", pattern: "/v/keys", want: same7(200)},
	{method: "GET", pattern: "/v/states", want: same7(200)},
	{method: "GET", pattern: "/v/sw.js", want: same7(200)},
	{method: "GET", pattern: "/.well-known/jwks.json", want: same7(200)},
	{method: "GET", pattern: "/v/:code", path: "/v/{far.code}", want: same7(200), public: true},
	{method: "GET", pattern: "/v/:code", path: "/v/{far}", want: same7(404)},
	{method: "GET", pattern: "/badges/keys", want: same7(200)},
	{method: "GET", pattern: "/badges/keys/:key", path: "/badges/keys/{far}", want: same7(404)},
	{method: "GET", pattern: "/badges/issuers/:province", path: "/badges/issuers/08", want: same7(200)},
	{method: "GET", pattern: "/badges/issuers/:province", path: "/badges/issuers/99", want: same7(404)},
	{method: "GET", pattern: "/badges/status/:list", path: "/badges/status/08-2026-0", want: same7(200)},
	{method: "GET", pattern: "/badges/status/:list", path: "/badges/status/08-2027-0", want: same7(404)},
	{method: "GET", pattern: "/badges/:code", path: "/badges/{far.code}", want: same7(200), public: true},
	{method: "GET", pattern: "/badges/:code", path: "/badges/{far}", want: same7(404)},
	{method: "GET", pattern: "/badges/:code.jwt", path: "/badges/{far.code}.jwt", want: same7(200), public: true},
	{method: "GET", pattern: "/badges/:code.svg", path: "/badges/{far.code}.svg", want: same7(200), public: true},
	{method: "GET", pattern: "/badges/:code.png", path: "/badges/{far.code}.png", want: same7(200), public: true},
	{method: "GET", pattern: "/badges/:code.png", path: "/badges/{far}.png", want: same7(404)},
	{method: "GET", pattern: "/courses", want: same7(200)},
	{method: "GET", pattern: "/courses/:id", path: "/courses/K1", want: same7(200)},
	{method: "GET", pattern: "/courses/:id/booklet.pdf", path: "/courses/K1/booklet.pdf", want: members(303, 200)},
	{method: "GET", pattern: "/courses/:id/booklet.pdf", path: "/courses/K1/booklet.pdf?key=1", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/courses/:id/guide.html", path: "/courses/W1/guide.html", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/courses/:id/guide.html", path: "/courses/K1/guide.html", want: cells{303, 403, 404, 403, 403, 403, 404}},
	{method: "GET", pattern: "/courses/:id/pack.json", path: "/courses/K1/pack.json", want: members(303, 200)},
	{method: "GET", pattern: "/courses/:id/pack.json", path: "/courses/K9/pack.json", want: members(303, 404)},
	{method: "POST", pattern: "/api/v1/photos", form: `{}`, want: members(401, 415)},
	{method: "GET", pattern: "/courses/:id/practice", path: "/courses/K3/practice", want: same7(200)},
	{method: "GET", pattern: "/courses/:id/practice", path: "/courses/K1/practice", want: same7(404)},
	{method: "GET", pattern: "/courses/:id/:lesson", path: "/courses/K1/doc", want: same7(200)},

	{method: "POST", pattern: "/courses/:id/renew", path: "/courses/K1/renew", want: members(401, 422)},
	{method: "POST", pattern: "/courses/:id/practice", path: "/courses/K3/practice", form: "id=matrix&text=Xin+chào", want: members(401, 303)},
	{method: "POST", pattern: "/courses/:id/practice", path: "/courses/K3/practice", form: "id=theirs&text=Xin+chào&person={far}&opener=Lò", want: members(401, 409)},
	{method: "GET", pattern: "/practice", want: cells{303, 403, 200, 403, 403, 403, 403}, taught: true},
	{method: "GET", pattern: "/practice/:submission", path: "/practice/{dua.work}", want: cells{303, 403, 200, 403, 403, 403, 403}, taught: true},
	{method: "GET", pattern: "/practice/:submission", path: "/practice/{far.work}", want: cells{303, 403, 404, 403, 403, 403, 403}},
	{method: "GET", pattern: "/practice/:submission/:photo", path: "/practice/{my.work}..%2f{far.work}", want: members(303, 404)},
	{method: "GET", pattern: "/practice/:submission/:photo", path: "/practice/{my.work}/1", want: cells{303, 200, 200, 404, 404, 404, 404}},
	{method: "GET", pattern: "/practice/:submission/:photo", path: "/practice/{my.work}/2", want: members(303, 404)},
	{method: "GET", pattern: "/practice/:submission/:photo", path: "/practice/{dua.work}/1", want: cells{303, 404, 200, 404, 404, 404, 404}},
	{method: "GET", pattern: "/practice/:submission/:photo", path: "/practice/{far.work}/1", want: members(303, 404)},
	{method: "GET", pattern: "/media/:name", path: "/media/{my.photo}", want: same7(404)}, // photos are blobs too
	{method: "POST", pattern: "/practice/:submission", path: "/practice/{far.work}", form: "id=matrix&seen=0&points.so=4&points.chao=3", want: cells{401, 403, 404, 403, 403, 403, 403}},
	{method: "POST", pattern: "/practice/:submission", path: "/practice/{dua.work}", form: "id=matrix&seen=0&points.so=4&points.chao=3", want: cells{401, 403, 303, 403, 403, 403, 403}, taught: true},
	{method: "GET", pattern: "/courses/:id/:lesson/form", path: "/courses/W1/doc/form", want: same7(200)},
	{method: "GET", pattern: "/courses/:id/:lesson/form", path: "/courses/W1/thu/form", want: same7(404)},
	{method: "GET", pattern: "/courses/:id/:lesson/form", path: "/courses/W1/practice/form", want: same7(404)},
	{method: "POST", pattern: "/courses/:id/:lesson", path: "/courses/K1/doc", want: members(401, 303)},
	{method: "POST", pattern: "/courses/:id/:lesson", path: "/courses/K1/doc", form: "person={far}&opener=Lò", want: members(401, 409)},
	{method: "POST", pattern: "/courses/:id/:lesson/place", path: "/courses/K1/doc/place", form: "person={my}&at=40", want: cells{401, 204, 403, 403, 403, 403, 403}},
	{method: "POST", pattern: "/courses/:id/:lesson/quiz", path: "/courses/K1/thu/quiz", form: "id=theirs&person={far}&opener=Lò", want: members(401, 409)},
	{method: "GET", pattern: "/courses/:id/:lesson/quiz", path: "/courses/K1/thu/quiz", want: members(303, 200)},
	{method: "GET", pattern: "/courses/:id/:lesson/quiz", path: "/courses/K1/thu/quiz?attempt=K1{my}", want: cells{303, 200, 404, 404, 404, 404, 404}},
	{method: "GET", pattern: "/courses/:id/:lesson/quiz", path: "/courses/K1/thu/quiz?attempt=K1{far}", want: members(303, 404)},
	{method: "GET", pattern: "/courses/:id/:lesson/quiz", path: "/courses/K1/thu/quiz?attempt=..%2f{far}%2fK1{far}", want: members(303, 404)},
	{method: "POST", pattern: "/courses/:id/:lesson/quiz", path: "/courses/K1/thu/quiz", form: "id=matrix&sure=1", want: members(401, 303)},
	{method: "GET", pattern: "/certificates", want: members(303, 200)},
	{method: "GET", pattern: "/certificates/:code.pdf", path: "/certificates/{my.code}.pdf", want: cells{303, 200, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/certificates/:code.pdf", path: "/certificates/{dua.code}.pdf", want: cells{303, 404, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/certificates/:code.pdf", path: "/certificates/{far.code}.pdf", want: cells{303, 404, 404, 404, 200, 200, 200}},
	{method: "GET", pattern: "/certificates/:code.svg", path: "/certificates/{my.code}.svg", want: cells{303, 200, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/certificates/:code.svg", path: "/certificates/{dua.code}.svg", want: cells{303, 404, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/certificates/:code.svg", path: "/certificates/{far.code}.svg", want: cells{303, 404, 404, 404, 200, 200, 200}},
	{method: "GET", pattern: "/certificates/:code", path: "/certificates/{my.code}", want: cells{303, 200, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/certificates/:code", path: "/certificates/{dua.code}", want: cells{303, 404, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/certificates/:code", path: "/certificates/{far.code}", want: cells{303, 404, 404, 404, 200, 200, 200}},
	{method: "GET", pattern: "/certificates/:code/register", path: "/certificates/{my.code}/register", want: cells{303, 404, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/certificates/:code/register", path: "/certificates/{far.code}/register", want: cells{303, 404, 404, 404, 200, 200, 200}},
	{method: "GET", pattern: "/me", want: members(303, 200)},
	// who is on no roster has no number there
	{method: "POST", pattern: "/me/login", want: cells{401, 303, 404, 404, 404, 404, 404}},
	{method: "POST", pattern: "/me/password", form: "old=khong+phai&password=mot+cau+de+nho", want: members(401, 422), writes: true},
	{method: "POST", pattern: "/me/sign-out", want: members(401, 303)},
	{method: "GET", pattern: "/me/second", want: members(303, 200)},
	{method: "POST", pattern: "/me/second", form: "old=khong+phai", want: members(401, 422), writes: true},
	{method: "POST", pattern: "/me/second/code", form: "code=123456", want: members(401, 422)},
	{method: "POST", pattern: "/me/second/drop", form: "old=khong+phai", want: members(401, 422), writes: true},
	{method: "GET", pattern: "/board", want: members(303, 200)},
	{method: "GET", pattern: "/board", path: "/board?province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/board", path: "/board?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},

	{method: "GET", pattern: "/places", want: cells{303, 403, 403, 403, 403, 200, 200}},
	{method: "POST", pattern: "/places", form: "decision=1&on=2026-11-15", want: cells{401, 403, 403, 403, 403, 422, 422}},
	{method: "GET", pattern: "/places/drafts/:id", path: "/places/drafts/{my.upload}", want: cells{303, 403, 403, 403, 403, 404, 404}},
	{method: "POST", pattern: "/places/drafts/:id", path: "/places/drafts/{my.upload}", form: "do=record", want: cells{401, 403, 403, 403, 403, 404, 404}},
	{method: "POST", pattern: "/places/drafts/:id", path: "/places/drafts/{my.upload}", form: "do=fly", want: cells{401, 403, 403, 403, 403, 400, 400}},
	{method: "GET", pattern: "/places/:id", path: "/places/{my.upload}", want: cells{303, 403, 403, 403, 403, 404, 404}},
	{method: "POST", pattern: "/places/:id/undo", path: "/places/{my.upload}/undo", want: cells{401, 403, 403, 403, 403, 404, 404}},
	{method: "GET", pattern: "/indicators", want: members(303, 200)},
	{method: "GET", pattern: "/indicators", path: "/indicators?by=present&province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/indicators", path: "/indicators?by=programme&province=02&year=1999", want: cells{303, 403, 403, 422, 404, 422, 422}},
	{method: "GET", pattern: "/libraries", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/libraries", path: "/libraries?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "POST", pattern: "/libraries", path: "/libraries?province=08", form: "name=&commune={my.commune}&on=2026-01-01", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "POST", pattern: "/libraries", path: "/libraries?province=04", form: "name=&commune={my.commune}&on=2026-01-01", want: cells{401, 403, 403, 404, 422, 403, 422}},
	{method: "POST", pattern: "/libraries/offers", path: "/libraries/offers?province=04", form: "on=2026-01-01", want: cells{401, 403, 403, 404, 422, 403, 422}},
	{method: "GET", pattern: "/libraries/:library", path: "/libraries/{my.shelf}", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/libraries/:library", path: "/libraries/{far.shelf}", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "POST", pattern: "/libraries/:library", path: "/libraries/{far.shelf}", form: "do=closes&on=2026-01-01", want: cells{401, 403, 403, 404, 422, 403, 422}},
	{method: "POST", pattern: "/libraries/:library", path: "/libraries/{my.shelf}", form: "do=fly", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "GET", pattern: "/board/report.pdf", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/board/report.pdf", path: "/board/report.pdf?by=present&province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/board/report.pdf", path: "/board/report.pdf?by=programme&province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/board/report.pdf", path: "/board/report.pdf?asOf=2026-13-01", want: cells{303, 403, 403, 422, 422, 422, 422}},
	{method: "GET", pattern: "/periods", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/periods", path: "/periods?by=present&province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/periods/:period", path: "/periods/2026-11", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/periods/:period", path: "/periods/2026-11?by=present&province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/periods/:period", path: "/periods/2026-10", want: cells{303, 403, 403, 404, 404, 404, 404}},
	{method: "POST", pattern: "/periods", form: "period=2026-11&name=Lần+hai", want: cells{401, 403, 403, 403, 403, 409, 409}},
	{method: "POST", pattern: "/periods", form: "period=2026-13&name=Lạ", want: cells{401, 403, 403, 403, 403, 422, 422}},
	{method: "GET", pattern: "/api/v1/periods", want: cells{401, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/periods", path: "/api/v1/periods?province=08", want: cells{401, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/api/v1/periods/:period", path: "/api/v1/periods/2026-11", want: cells{401, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/periods/:period", path: "/api/v1/periods/2026-11?province=04", want: cells{401, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/board.csv?period=2026-11", want: cells{401, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/completions", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/completions", path: "/completions?province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/completions", path: "/completions?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/completions", path: "/completions?kind=other", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/completions", path: "/completions?by=programme", want: cells{303, 403, 403, 404, 404, 200, 200}},
	{method: "GET", pattern: "/missing/calls", want: cells{303, 403, 403, 200, 200, 403, 403}},
	{method: "GET", pattern: "/missing/calls", path: "/missing/calls?province=08", want: cells{303, 403, 403, 200, 404, 403, 403}},
	{method: "GET", pattern: "/missing/calls", path: "/missing/calls?province=04", want: cells{303, 403, 403, 404, 200, 403, 403}},
	{method: "GET", pattern: "/missing/calls", path: "/missing/calls?by=programme&province=02", want: cells{303, 403, 403, 200, 404, 403, 403}},
	{method: "GET", pattern: "/missing", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/missing", path: "/missing?province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/missing", path: "/missing?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/missing", path: "/missing?commune={far.commune}", want: cells{303, 403, 403, 422, 200, 422, 422}},
	{method: "GET", pattern: "/missing", path: "/missing?by=programme", want: cells{303, 403, 403, 404, 404, 200, 200}},
	{method: "GET", pattern: "/courses/:id/:lesson/remark", path: "/courses/K1/doc/remark", want: cells{200, 200, 200, 200, 200, 200, 200}},
	{method: "POST", pattern: "/courses/:id/:lesson/remark", path: "/courses/K1/doc/remark", form: "id=r1&text=", want: cells{401, 422, 422, 422, 422, 422, 422}},
	{method: "GET", pattern: "/author/:course/remarks", path: "/author/K1/remarks", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "POST", pattern: "/author/:course/remarks", path: "/author/K1/remarks", form: "remark=x", want: cells{401, 403, 404, 403, 403, 403, 404}},
	{method: "GET", pattern: "/search", path: "/search?q=doc", want: cells{200, 200, 200, 200, 200, 200, 200}},
	{method: "GET", pattern: "/transcript", want: cells{303, 200, 200, 200, 200, 200, 200}},
	{method: "GET", pattern: "/transcript.pdf", want: cells{303, 200, 200, 200, 200, 200, 200}},
	{method: "GET", pattern: "/me/trainings", want: cells{303, 200, 404, 404, 404, 404, 404}},
	{method: "POST", pattern: "/me/trainings", form: "title=x", want: cells{401, 422, 404, 404, 404, 404, 404}},
	{method: "GET", pattern: "/trainings", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/trainings", path: "/trainings?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/trainings/:training", path: "/trainings/{my.training}", want: cells{303, 200, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/trainings/:training", path: "/trainings/{far.training}", want: cells{303, 404, 404, 404, 200, 200, 200}},
	{method: "GET", pattern: "/trainings/:training/:file", path: "/trainings/{my.training}/1", want: cells{303, 200, 404, 200, 404, 200, 200}},
	{method: "GET", pattern: "/trainings/:training/:file", path: "/trainings/{my.training}/2", want: cells{303, 404, 404, 404, 404, 404, 404}},
	{method: "GET", pattern: "/trainings/:training/:file", path: "/trainings/{far.training}/1", want: cells{303, 404, 404, 404, 200, 200, 200}},
	{method: "POST", pattern: "/trainings/:training", path: "/trainings/{far.training}", form: "do=accept", want: cells{401, 404, 404, 404, 303, 403, 403}},
	{method: "POST", pattern: "/trainings/:training", path: "/trainings/{my.training}", form: "do=accept", want: cells{401, 403, 404, 303, 404, 403, 403}},
	{method: "POST", pattern: "/trainings/:training", path: "/trainings/{my.training}", form: "do=fly", want: cells{401, 400, 404, 400, 404, 400, 400}},
	{method: "POST", pattern: "/trainings/accept", form: "list=x", want: cells{401, 403, 403, 303, 303, 403, 403}},
	{method: "GET", pattern: "/trainings/import", path: "/trainings/import?province=08", want: cells{303, 403, 403, 200, 404, 403, 200}},
	{method: "POST", pattern: "/trainings/import", form: "province=08", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "GET", pattern: "/trainings/import/:id", path: "/trainings/import/{my.upload}", want: cells{303, 403, 403, 404, 404, 404, 404}},
	{method: "POST", pattern: "/trainings/import/:id", path: "/trainings/import/{my.upload}", form: "do=enter", want: cells{401, 403, 403, 404, 404, 404, 404}},
	{method: "GET", pattern: "/roster/:person/trainings", path: "/roster/{my}/trainings", want: cells{303, 403, 403, 200, 404, 404, 200}},
	{method: "GET", pattern: "/roster/:person/trainings", path: "/roster/{far}/trainings", want: cells{303, 403, 403, 404, 200, 404, 200}},
	{method: "POST", pattern: "/roster/:person/trainings", path: "/roster/{far}/trainings", form: "title=x", want: cells{401, 403, 403, 404, 422, 404, 422}},
	{method: "GET", pattern: "/registers", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/registers", path: "/registers?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "POST", pattern: "/registers", form: "province=08&id=f&decision=1", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "GET", pattern: "/registers/signing", want: cells{303, 403, 403, 200, 200, 303, 303}},
	{method: "GET", pattern: "/registers/signing", path: "/registers/signing?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "POST", pattern: "/registers/signing", form: "province=08", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "GET", pattern: "/registers/signing.zip", path: "/registers/signing.zip?province=04&from=khong-co", want: cells{303, 403, 403, 404, 303, 303, 303}},
	{method: "GET", pattern: "/registers/:batch", path: "/registers/08.khong-co", want: cells{303, 403, 403, 404, 404, 404, 404}},
	{method: "GET", pattern: "/registers/:batch/print.pdf", path: "/registers/08.khong-co/print.pdf", want: cells{303, 403, 403, 404, 404, 404, 404}},
	{method: "GET", pattern: "/registers/:year/book.pdf", path: "/registers/2026/book.pdf?province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/registers/:year/book.pdf", path: "/registers/2026/book.pdf?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/roster", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/roster", path: "/roster?province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/roster", path: "/roster?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/roster", path: "/roster?q={far}", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/roster/new", path: "/roster/new?province=08", want: cells{303, 403, 403, 200, 404, 403, 200}},
	{method: "GET", pattern: "/roster/new", path: "/roster/new?province=04", want: cells{303, 403, 403, 404, 200, 403, 200}},
	{method: "GET", pattern: "/roster/template.xlsx", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/roster/export.:format", path: "/roster/export.csv?province=08", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/roster/export.:format", path: "/roster/export.csv?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/roster/export.:format", path: "/roster/export.csv?commune={far.commune}", want: cells{303, 403, 403, 422, 200, 422, 422}},
	{method: "GET", pattern: "/roster/import", want: cells{303, 403, 403, 200, 200, 403, 200}},
	{method: "GET", pattern: "/roster/import", path: "/roster/import?province=04", want: cells{303, 403, 403, 404, 200, 403, 200}},
	{method: "GET", pattern: "/roster/import/:id", path: "/roster/import/{my.upload}", want: cells{303, 403, 403, 200, 404, 404, 200}},
	{method: "GET", pattern: "/roster/import/:id", path: "/roster/import/{far.upload}", want: cells{303, 403, 403, 404, 200, 404, 200}},
	{method: "GET", pattern: "/roster/import/:id/problems.xlsx", path: "/roster/import/{my.upload}/problems.xlsx", want: cells{303, 403, 403, 200, 404, 404, 200}},
	{method: "GET", pattern: "/roster/import/:id/preview.xlsx", path: "/roster/import/{my.upload}/preview.xlsx", want: cells{303, 403, 403, 200, 404, 404, 200}},
	{method: "GET", pattern: "/roster/import/:id/problems.xlsx", path: "/roster/import/{far.upload}/problems.xlsx", want: cells{303, 403, 403, 404, 200, 404, 200}},
	{method: "GET", pattern: "/roster/import/:id/preview.xlsx", path: "/roster/import/{far.upload}/preview.xlsx", want: cells{303, 403, 403, 404, 200, 404, 200}},
	// nothing was imported yet
	{method: "GET", pattern: "/roster/import/:id/undo", path: "/roster/import/{my.upload}/undo", want: cells{303, 403, 403, 404, 404, 404, 404}},
	{method: "GET", pattern: "/roster/transfers", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/roster/transfers", path: "/roster/transfers?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/roster/:person/merge", path: "/roster/{my}/merge", want: cells{303, 403, 403, 200, 404, 403, 200}},
	{method: "GET", pattern: "/roster/:person/merge", path: "/roster/{my}/merge?other={dua}", want: cells{303, 403, 403, 200, 404, 403, 200}},
	{method: "GET", pattern: "/roster/:person/merge", path: "/roster/{my}/merge?other={far}", want: cells{303, 403, 403, 404, 404, 403, 200}},
	{method: "GET", pattern: "/roster/:person/merge", path: "/roster/{far}/merge", want: cells{303, 403, 403, 404, 200, 403, 200}},
	{method: "GET", pattern: "/roster/:person", path: "/roster/{my}", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/roster/:person", path: "/roster/{dua}", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/roster/:person", path: "/roster/{far}", want: cells{303, 403, 403, 404, 200, 200, 200}},

	{method: "GET", pattern: "/author", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/import", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "POST", pattern: "/author/import", form: "file", want: cells{401, 403, 303, 403, 403, 403, 303}},
	// the trainer's own
	{method: "GET", pattern: "/author/import/:id", path: "/author/import/{lesson.file}", want: cells{303, 403, 200, 403, 403, 403, 404}},
	{method: "GET", pattern: "/author/import/:id", path: "/author/import/{my.upload}", want: cells{303, 403, 404, 403, 403, 403, 404}},
	{method: "POST", pattern: "/author/import/:id", path: "/author/import/{lesson.file}", form: "into=module:K1/khong-co", want: cells{401, 403, 422, 403, 403, 403, 404}},
	{method: "POST", pattern: "/author/import/:id", path: "/author/import/{lesson.file}", form: "into=new&course=M9&strand=library-service", want: cells{401, 403, 303, 403, 403, 403, 404}},
	{method: "POST", pattern: "/author/paste", form: "html=%3Cb%3Ea%3C%2Fb%3E", want: cells{401, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/:course/figures", path: "/author/K1/figures", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/:course/figures.csv", path: "/author/K1/figures.csv", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/:course/:lesson/quiz", path: "/author/K1/thu/quiz", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "POST", pattern: "/author/:course/:lesson/quiz", path: "/author/K1/thu/quiz", form: "do=begin", want: cells{401, 403, 303, 403, 403, 403, 303}},
	{method: "GET", pattern: "/author/:course/figures", path: "/author/{far}/figures", want: cells{303, 403, 404, 403, 403, 403, 404}},
	{method: "GET", pattern: "/author/:course", path: "/author/K1", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/:course/:lesson", path: "/author/K1/doc", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/:course/media", path: "/author/K1/media", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "POST", pattern: "/author/:course/media", path: "/author/K1/media", form: "called=x", want: cells{401, 403, 422, 403, 403, 403, 422}},
	{method: "POST", pattern: "/author/:course/media/remove", path: "/author/K1/media/remove", form: "name=khong-co.svg&base=1", want: cells{401, 403, 303, 403, 403, 403, 303}},
	{method: "GET", pattern: "/author/:course/history", path: "/author/K1/history", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/:course/review", path: "/author/K1/review", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/:course/versions", path: "/author/K1/versions", want: cells{303, 403, 200, 403, 403, 200, 200}},
	{method: "GET", pattern: "/author/:course/export.zip", path: "/author/K1/export.zip", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "GET", pattern: "/author/:course", path: "/author/K9", want: cells{303, 403, 404, 403, 403, 403, 404}},
	{method: "GET", pattern: "/author/:course/versions/compare", path: "/author/K1/versions/compare?a=1&b=1", want: cells{303, 403, 200, 403, 403, 200, 200}},
	{method: "GET", pattern: "/author/:course/history", path: "/author/K1/history?path=lessons/doc.vi.md&rev=1", want: cells{303, 403, 200, 403, 403, 403, 200}},
	{method: "POST", pattern: "/author", form: "course=M{who}&strand=library-service&vi=Mới", want: cells{401, 403, 303, 403, 403, 403, 303}},
	{method: "POST", pattern: "/author/:course/open", path: "/author/K1/open", form: "", want: cells{401, 403, 303, 403, 403, 403, 303}},
	{method: "POST", pattern: "/author/:course/outline", path: "/author/K1/outline", form: "do=add-module&title.vi=Mới", want: cells{401, 403, 303, 403, 403, 403, 303}},
	{method: "POST", pattern: "/author/:course/outline", path: "/author/K1/outline", form: "do=fly", want: cells{401, 403, 400, 403, 403, 403, 400}},
	{method: "POST", pattern: "/author/:course/history", path: "/author/K1/history", form: "path=lessons/doc.vi.md&rev=1&base=1", want: cells{401, 403, 303, 403, 403, 403, 303}},
	{method: "POST", pattern: "/author/:course/save", path: "/author/K1/save", form: "path=lessons/doc.vi.md&base=1&text=%23%23+Một", want: cells{401, 403, 200, 403, 403, 403, 200}},
	{method: "POST", pattern: "/author/:course/save", path: "/author/K1/save", form: "path=../x&base=1&text=x", want: cells{401, 403, 422, 403, 403, 403, 422}},
	{method: "POST", pattern: "/author/:course/preview", path: "/author/K1/preview", form: "text=x", want: cells{401, 403, 200, 403, 403, 403, 200}},
	{method: "POST", pattern: "/author/:course/:lesson", path: "/author/K1/thu", form: "vi=%23%23+{who}&vi.base=9", want: cells{401, 403, 409, 403, 403, 403, 409}},
	{method: "POST", pattern: "/author/:course/review", path: "/author/K1/review", form: "do=comment&note=Hay", want: cells{401, 403, 303, 403, 403, 403, 303}},
	{method: "POST", pattern: "/author/:course/publish", path: "/author/K1/publish", form: "hash=x", want: cells{401, 403, 409, 403, 403, 403, 409}},
	{method: "POST", pattern: "/author/:course/versions", path: "/author/K1/versions", form: "do=discard", want: cells{401, 403, 403, 403, 403, 303, 303}},
	{method: "POST", pattern: "/author/:course/versions", path: "/author/K1/versions", form: "do=offer", want: cells{401, 403, 403, 403, 403, 303, 303}},
	{method: "POST", pattern: "/author/:course/versions", path: "/author/K1/versions", form: "do=rebase", want: cells{401, 403, 303, 403, 403, 403, 303}},
	{method: "POST", pattern: "/courses/:id/advance", path: "/courses/K1/advance", want: members(401, 303)},
	{method: "GET", pattern: "/admin", want: cells{303, 403, 403, 403, 403, 403, 200}},
	{method: "GET", pattern: "/admin/issuers/:province", path: "/admin/issuers/08", want: cells{303, 403, 403, 200, 404, 403, 200}},
	{method: "GET", pattern: "/admin/issuers/:province", path: "/admin/issuers/04", want: cells{303, 403, 403, 404, 200, 403, 200}},
	{method: "GET", pattern: "/admin/issuers/:province/sample.pdf", path: "/admin/issuers/08/sample.pdf", want: cells{303, 403, 403, 200, 404, 403, 200}},
	{method: "GET", pattern: "/admin/issuers/:province/sample.pdf", path: "/admin/issuers/04/sample.pdf", want: cells{303, 403, 403, 404, 200, 403, 200}},
	{method: "GET", pattern: "/admin/audit", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/admin/audit", path: "/admin/audit?province=08", want: cells{303, 403, 403, 200, 403, 200, 200}},
	{method: "GET", pattern: "/admin/audit", path: "/admin/audit?province=04", want: cells{303, 403, 403, 403, 200, 200, 200}},
	{method: "GET", pattern: "/admin/audit.csv", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/admin/audit.csv", path: "/admin/audit.csv?province=04", want: cells{303, 403, 403, 403, 200, 200, 200}},

	{method: "GET", pattern: "/api/v1/me", want: members(401, 200)},
	{method: "GET", pattern: "/api/v1/courses", want: same7(200)},
	{method: "GET", pattern: "/api/v1/courses/:id", path: "/api/v1/courses/K1", want: same7(200)},
	{method: "GET", pattern: "/api/v1/courses/:id/lessons/:lesson", path: "/api/v1/courses/K1/lessons/thu", want: same7(200)},
	{method: "GET", pattern: "/api/v1/certificates", want: members(401, 200)},
	{method: "GET", pattern: "/api/v1/certificates/:code", path: "/api/v1/certificates/{far.code}", want: same7(200), public: true},
	{method: "GET", pattern: "/api/v1/certificates/:code/credential", path: "/api/v1/certificates/{far.code}/credential", want: same7(200), public: true},
	{method: "GET", pattern: "/api/v1/certificates/:code/credential", path: "/api/v1/certificates/{far}/credential", want: same7(404)},
	{method: "GET", pattern: "/api/v1/indicators", want: members(401, 200)},
	{method: "GET", pattern: "/api/v1/indicators", path: "/api/v1/indicators?by=present&province=08", want: cells{401, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/api/v1/board", want: members(401, 200)},
	{method: "GET", pattern: "/api/v1/board", path: "/api/v1/board?province=08", want: cells{401, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/api/v1/board", path: "/api/v1/board?province=04", want: cells{401, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/board.csv", want: members(401, 200)},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/indicators.csv", want: members(401, 200)},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/indicators.csv?province=04", want: cells{401, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/board.csv?province=04", want: cells{401, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/missing.json?province=08", want: cells{401, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/missing.json?province=04", want: cells{401, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/completions.csv?province=08", want: cells{401, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/completions.csv?province=04", want: cells{401, 403, 403, 404, 200, 200, 200}},
	// staff: their own
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/completions.csv", want: cells{401, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/reports/:report.:format", path: "/api/v1/reports/completions.csv?commune={far.commune}", want: cells{401, 403, 403, 422, 200, 422, 422}},
	{method: "GET", pattern: "/api/v1/people", path: "/api/v1/people?province=08", want: cells{401, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/api/v1/people", path: "/api/v1/people?province=04", want: cells{401, 403, 403, 404, 200, 200, 200}},
	// for staff of 08 an empty list
	{method: "GET", pattern: "/api/v1/people", path: "/api/v1/people?commune={far.commune}", want: cells{401, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/api/v1/openapi.json", want: same7(200)},
	{method: "POST", pattern: "/api/v1/session", form: `{"login":"ai.do","password":"khong phai"}`, want: same7(401), writes: true},
	{method: "POST", pattern: "/api/v1/session/refresh", form: `{"refresh":"AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`, want: same7(401)},
	{method: "DELETE", pattern: "/api/v1/session", want: members(401, 204)},
	{method: "DELETE", pattern: "/api/v1/sessions", want: members(401, 204)},
	{method: "POST", pattern: "/api/v1/facts", form: `{"facts":[{"id":"K1{far}","kind":"completion","course":"K2","lesson":"doc","at":"2026-12-05T02:00:00Z"}]}`, want: members(401, 200)},

	{method: "POST", pattern: "/roster", form: "province=08&token=0123456789abcdef&name=Sùng+{who}&library=Thư+viện&commune={my.commune}&on=2026-12-01", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster", form: "province=04&token=0123456789abcdeg&name=Bế+{who}&library=Thư+viện&commune={far.commune}&on=2026-12-01", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/roster", form: "province=08&token=0123456789abcdeh&name=Ma+{who}&library=Thư+viện&commune={far.commune}&on=2026-12-01", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "POST", pattern: "/roster/import", path: "/roster/import?province=08", form: "file", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/import", path: "/roster/import?province=04", form: "file", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/roster/:person/slip", path: "/roster/{dua}/slip", form: "code={dua.claim}&until=2027-01-01T00:00:00Z", want: cells{401, 403, 403, 200, 404, 403, 200}},
	{method: "POST", pattern: "/roster/:person/slip", path: "/roster/{far}/slip", form: "code={far.claim}&until=2027-01-01T00:00:00Z", want: cells{401, 403, 403, 404, 200, 403, 200}},
	{method: "POST", pattern: "/roster/:person/slip", path: "/roster/{dua}/slip", form: "code={far.claim}&until=2027-01-01T00:00:00Z", want: cells{401, 403, 403, 400, 404, 403, 400}},
	{method: "POST", pattern: "/roster/slips", form: "province=08", want: cells{401, 403, 403, 200, 404, 403, 200}},
	{method: "POST", pattern: "/roster/slips", form: "province=04", want: cells{401, 403, 403, 404, 200, 403, 200}},
	{method: "POST", pattern: "/roster/slips", form: "province=08&commune={far.commune}", want: cells{401, 403, 403, 404, 404, 403, 404}},
	{method: "POST", pattern: "/roster/:person/correct", path: "/roster/{my}/correct", form: "name={my.name}&phone={my.phone}&kind=other", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/correct", path: "/roster/{far}/correct", form: "name={far.name}&phone={far.phone}&kind=other", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/roster/:person/move", path: "/roster/{dua}/move", form: "library=Thư+viện&commune={my.commune}&on=2026-12-02", want: cells{401, 403, 403, 303, 404, 403, 303}},
	// out of the province
	{method: "POST", pattern: "/roster/:person/move", path: "/roster/{far}/move", form: "library=Thư+viện&commune={my.commune}&on=2026-12-02", want: cells{401, 403, 403, 404, 422, 403, 422}},
	// an administrator may, but not without a name
	{method: "POST", pattern: "/roster/:person/merge", path: "/roster/{my}/merge", form: "other={far}&name=&kind=other", want: cells{401, 403, 403, 404, 404, 403, 422}},
	{method: "POST", pattern: "/roster/:person/merge", path: "/roster/{my}/merge", form: "other={my}&name={my.name}&kind=other", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "POST", pattern: "/roster/:person/part", path: "/roster/{my}/part", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "GET", pattern: "/privacy", want: same7(200)},
	{method: "GET", pattern: "/figures", want: same7(200)},
	{method: "GET", pattern: "/figures", path: "/figures?by=districts", want: same7(422)},
	{method: "GET", pattern: "/me/data", want: members(303, 200)},
	{method: "GET", pattern: "/me/data.zip", want: members(303, 200)},
	{method: "POST", pattern: "/me/data/consent", form: "purpose=contact&do=give", want: members(401, 303)},
	{method: "POST", pattern: "/me/data/consent", form: "purpose=fame&do=give", want: members(401, 422)},
	{method: "POST", pattern: "/me/data/ask", form: "what=object&words=Đừng+gọi", want: members(401, 303)},
	{method: "POST", pattern: "/me/data/ask", form: "what=fly", want: members(401, 422)},
	{method: "GET", pattern: "/roster/:person/data", path: "/roster/{my}/data", want: cells{303, 403, 403, 200, 404, 200, 200}},
	{method: "GET", pattern: "/roster/:person/data", path: "/roster/{far}/data", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "GET", pattern: "/roster/:person/data.zip", path: "/roster/{my}/data.zip", want: cells{303, 403, 403, 200, 404, 403, 200}},
	{method: "GET", pattern: "/roster/:person/data.zip", path: "/roster/{far}/data.zip", want: cells{303, 403, 403, 404, 200, 403, 200}},
	{method: "POST", pattern: "/roster/:person/data/consent", path: "/roster/{my}/data/consent", form: "purpose=contact&do=give&reason=Giấy+1", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/data/consent", path: "/roster/{far}/data/consent", form: "purpose=contact&do=give", want: cells{401, 403, 403, 404, 422, 403, 422}},
	{method: "POST", pattern: "/roster/:person/data/ask", path: "/roster/{dua}/data/ask", form: "what=access", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/data/ask", path: "/roster/{far}/data/ask", form: "what=fly", want: cells{401, 403, 403, 404, 422, 403, 422}},
	// who still holds a post, and a code that is not theirs
	{method: "POST", pattern: "/roster/:person/data/erase", path: "/roster/{dua}/data/erase", form: "code={dua}", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "POST", pattern: "/roster/:person/data/erase", path: "/roster/{far}/data/erase", form: "code={dua}", want: cells{401, 403, 403, 404, 422, 403, 422}},
	{method: "GET", pattern: "/requests", want: cells{303, 403, 403, 200, 200, 200, 200}},
	{method: "GET", pattern: "/requests", path: "/requests?province=04", want: cells{303, 403, 403, 404, 200, 200, 200}},
	{method: "POST", pattern: "/requests/:person/:n", path: "/requests/{my}/1", form: "do=fly", want: cells{401, 403, 403, 400, 400, 400, 400}},
	{method: "POST", pattern: "/requests/:person/:n", path: "/requests/{far}/7", form: "do=heard", want: cells{401, 403, 403, 404, 404, 404, 404}},
	// has learnt
	{method: "POST", pattern: "/roster/:person/strike", path: "/roster/{my}/strike", form: "reason=x", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "POST", pattern: "/roster/:person/strike", path: "/roster/{far}/strike", form: "reason=x", want: cells{401, 403, 403, 404, 422, 403, 422}},
	{method: "POST", pattern: "/roster/transfers", form: "province=08&name=Không+Ai", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "POST", pattern: "/roster/transfers/:person/:n", path: "/roster/transfers/{my}/1", form: "do=accept", want: cells{401, 403, 403, 404, 404, 404, 404}},
	{method: "POST", pattern: "/roster/:person/transfer", path: "/roster/{my}/transfer", form: "to=99&on=2026-12-03", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "POST", pattern: "/roster/:person/transfer", path: "/roster/{far}/transfer", form: "to=99&on=2026-12-03", want: cells{401, 403, 403, 404, 422, 403, 422}},
	{method: "POST", pattern: "/roster/:person/login", path: "/roster/{my}/login", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/login", path: "/roster/{far}/login", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/roster/:person/restore", path: "/roster/{my}/restore", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/restore", path: "/roster/{far}/restore", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/roster/:person/sign-out", path: "/roster/{my}/sign-out", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/sign-out", path: "/roster/{far}/sign-out", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/roster/:person/sign-out", path: "/roster/{chief}/sign-out", want: cells{401, 403, 403, 403, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/unlock", path: "/roster/{my}/unlock", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/unlock", path: "/roster/{far}/unlock", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/roster/:person/unlock", path: "/roster/{chief}/unlock", want: cells{401, 403, 403, 403, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/reset", path: "/roster/{my}/reset", want: cells{401, 403, 403, 200, 404, 403, 200}},
	{method: "POST", pattern: "/roster/:person/reset", path: "/roster/{far}/reset", want: cells{401, 403, 403, 404, 200, 403, 200}},
	// an administrator who has a post in 08
	{method: "POST", pattern: "/roster/:person/reset", path: "/roster/{chief}/reset", want: cells{401, 403, 403, 403, 404, 403, 200}},
	{method: "POST", pattern: "/certificates/:code/revoke", path: "/certificates/{my.code}/revoke", form: "reason=mistake", want: cells{401, 403, 404, 303, 404, 403, 303}},
	{method: "POST", pattern: "/certificates/:code/revoke", path: "/certificates/{dua.code}/revoke", form: "reason=mistake", want: cells{401, 404, 404, 303, 404, 403, 303}},
	{method: "POST", pattern: "/certificates/:code/revoke", path: "/certificates/{far.code}/revoke", form: "reason=mistake", want: cells{401, 404, 404, 404, 303, 403, 303}},
	// the staff of 08 asked
	{method: "POST", pattern: "/certificates/:code/answer", path: "/certificates/{my.code}/answer", form: "do=agree", want: cells{401, 403, 404, 403, 404, 403, 403}},
	{method: "POST", pattern: "/certificates/:code/answer", path: "/certificates/{far.code}/answer", form: "do=agree", want: cells{401, 404, 404, 404, 403, 403, 403}},
	{method: "POST", pattern: "/certificates/:code/answer", path: "/certificates/{dua.code}/answer", form: "do=decline", want: cells{401, 404, 404, 303, 404, 403, 303}},
	{method: "POST", pattern: "/certificates/:code/reissue", path: "/certificates/{dua.code}/reissue", form: "reason=none", want: cells{401, 404, 404, 422, 404, 403, 422}},
	{method: "POST", pattern: "/certificates/:code/reissue", path: "/certificates/{far.code}/reissue", form: "reason=none", want: cells{401, 404, 404, 404, 422, 403, 422}},
	{method: "POST", pattern: "/api/v1/certificates/:code/reissue", path: "/api/v1/certificates/{dua.code}/reissue", form: `{"reason":"none"}`, want: cells{401, 404, 404, 422, 404, 403, 422}},
	{method: "POST", pattern: "/api/v1/certificates/:code/reissue", path: "/api/v1/certificates/{far.code}/reissue", form: `{"reason":"none"}`, want: cells{401, 404, 404, 404, 422, 403, 422}},
	{method: "POST", pattern: "/roster/:person/leave", path: "/roster/{dua}/leave", form: "on=2026-12-04", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/roster/:person/leave", path: "/roster/{far}/leave", form: "on=2026-12-04", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/admin", form: "name=Lò+{who}&role=trainer", want: cells{401, 403, 403, 403, 403, 403, 200}},
	{method: "GET", pattern: "/admin/:account", path: "/admin/{victim}", want: cells{303, 403, 403, 403, 403, 403, 200}},
	{method: "POST", pattern: "/admin/:account", path: "/admin/{victim}", form: "name=Lò+Thị+Mai", want: cells{401, 403, 403, 403, 403, 403, 422}},
	{method: "POST", pattern: "/admin/:account/sign-out", path: "/admin/{victim}/sign-out", want: cells{401, 403, 403, 403, 403, 403, 303}},
	{method: "POST", pattern: "/admin/:account/unlock", path: "/admin/{victim}/unlock", want: cells{401, 403, 403, 403, 403, 403, 303}},
	{method: "POST", pattern: "/admin/:account/second", path: "/admin/{victim}/second", want: cells{401, 403, 403, 403, 403, 403, 303}},
	{method: "POST", pattern: "/admin/:account/reset", path: "/admin/{victim}/reset", want: cells{401, 403, 403, 403, 403, 403, 200}},
	{method: "POST", pattern: "/admin/:account/disable", path: "/admin/{victim}/disable", want: cells{401, 403, 403, 403, 403, 403, 303}},
	{method: "POST", pattern: "/admin/:account/enable", path: "/admin/{victim}/enable", want: cells{401, 403, 403, 403, 403, 403, 303}},
	{method: "POST", pattern: "/admin/issuers/:province/contact", path: "/admin/issuers/08/contact", form: "name=Hoa&phone=02193866xxx", want: cells{401, 403, 403, 422, 404, 403, 422}},
	{method: "POST", pattern: "/admin/issuers/:province", path: "/admin/issuers/08", form: "{issuer}", want: cells{401, 403, 403, 303, 404, 403, 303}},
	{method: "POST", pattern: "/admin/issuers/:province", path: "/admin/issuers/04", form: "{issuer}", want: cells{401, 403, 403, 404, 303, 403, 303}},
	{method: "POST", pattern: "/roster/import/:id", path: "/roster/import/{my.upload}", want: cells{401, 403, 403, 303, 404, 404, 303}},
	{method: "POST", pattern: "/roster/import/:id/choices", path: "/roster/import/{my.upload}/choices", want: cells{401, 403, 403, 303, 404, 404, 303}},
	{method: "POST", pattern: "/roster/import/:id", path: "/roster/import/{far.upload}", want: cells{401, 403, 403, 404, 303, 404, 303}},
	{method: "POST", pattern: "/roster/import/:id/choices", path: "/roster/import/{far.upload}/choices", want: cells{401, 403, 403, 404, 303, 404, 303}},
	{method: "POST", pattern: "/roster/import/:id/cancel", path: "/roster/import/{my.upload}/cancel", want: cells{401, 403, 403, 303, 404, 404, 303}},
	{method: "POST", pattern: "/roster/import/:id/cancel", path: "/roster/import/{far.upload}/cancel", want: cells{401, 403, 403, 404, 303, 404, 303}},
	{method: "POST", pattern: "/roster/import/:id/undo", path: "/roster/import/{my.upload}/undo", want: cells{401, 403, 403, 303, 404, 404, 303}},
	{method: "POST", pattern: "/roster/import/:id/undo", path: "/roster/import/{far.upload}/undo", want: cells{401, 403, 403, 404, 303, 404, 303}},
}

// guarded is a site with an object of every kind in two provinces.
type guarded struct {
	*visited
	ids    map[string]string // of the visitors, by who
	words  *strings.Replacer
	kept   map[string]*client  // sessions that were begun already
	hidden map[string][]string // by who: what they may never read
}

func newGuarded(t testing.TB) *guarded { return newGuardedOn(t, newSite(t)) }

// shelf enters a library.
func (g *guarded) shelf(name, commune string) string {
	l, err := g.Libraries.Open(g.t.Context(), roster.Operator(), libraries.Entry{Name: name, Commune: commune, On: roster.Day(begun)})
	if err != nil {
		g.t.Fatal(err)
	}
	return l.ID
}

func newGuardedOn(t testing.TB, s *visited) *guarded {
	g := &guarded{visited: s, ids: map[string]string{}}
	g.looksUpMuch()
	v := g.publish(shortCourse("K1", courses.LibraryService))
	g.publish(shortCourse("K2", courses.ReadingPromotion))
	g.publish(practiceCourse("K3", false))
	g.publish(wholeCourse("W1"))
	picture := strings.Repeat("a", 64) + ".svg"
	if err := g.Store.PutBlob(t.Context(), picture, []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)); err != nil {
		t.Fatal(err)
	}
	for who, make := range map[string]func() roster.Account{
		"trainer": func() roster.Account { return g.account("", "Nông Thị Duyên", "08", roster.Trainer) },
		"staff":   func() roster.Account { return g.account("", "Hoàng Văn Kiên", "08", roster.Staff) },
		"other":   func() roster.Account { return g.account("", "Bế Thị Nga", "04", roster.Staff) },
		"office":  func() roster.Account { return g.account("", "Trần Thu Hà", "", roster.Office) },
		"admin":   func() roster.Account { return g.account("", "Phạm Minh Sơn", "", roster.Admin) },
	} {
		g.ids[who] = make().ID
	}
	if _, err := g.Desk.Open(t.Context(), "K1", g.ids["trainer"]); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Board.Close(t.Context(), "2026-11", "Tháng 11", g.ids["office"], "Trần Thu Hà"); err != nil {
		t.Fatal(err)
	}
	closed := programme.AuditEntry{ID: "period-2026-11", By: g.ids["office"], Action: "period.close", Subject: "2026-11"}
	if err := g.Tell(t.Context(), closed); err != nil {
		t.Fatal(err)
	}
	pairs := []string{"{css}", assets.Path("site.css"), "{picture}", picture, "{victim}", g.account("", "Lù Thị Chấp", "", roster.Office).ID, "{issuer}", issuerForm().Encode()}
	pairs = append(pairs, "{lesson.file}", strings.TrimPrefix(g.asWho("trainer").bring("bai.md", []byte("# Bài\n\n## Một\n")).leads(), "/author/import/"))
	secrets := map[string][]string{}
	for _, o := range []struct{ key, name, phone, library, commune, keeper, province string }{
		{"my", "Vàng Thị Mỷ", "0912000001", "Thư viện bí mật Lũng Cú", lungCu, "staff", "08"},
		{"dua", "Giàng A Dua", "0912000002", "Tủ sách bí mật Lũng Cú", lungCu, "staff", "08"},
		{"far", "Nông Văn Thịnh", "0912000003", "Thư viện bí mật Cao Bằng", elsehere, "other", "04"},
	} {
		p, claim := g.enrolled(o.name, o.phone, o.library, o.commune, roster.Learner)
		g.certified(roster.Account{ID: p.ID}, v)
		c, err := store.One[courses.Certificate](t.Context(), g.Store, school.CertificateKind, store.Where(store.Is("person", p.ID)))
		if err != nil {
			t.Fatal(err)
		}
		g.Background.Running.Wait() // of its paper
		kept, err := store.Get[programme.Printed](t.Context(), g.Store, programme.PrintedKind, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		file := columns + "Sùng Mí " + o.key + ",091,Thủ thư,Thư viện bí mật,Ở Đâu,\n" + "Sùng A " + o.key + ",,Thủ thư,Thư viện bí mật," + o.commune + ",01/12/2026\n"
		upload := strings.TrimPrefix(g.asWho(o.keeper).upload("Danh sách "+o.key+".csv", []byte(file)).leads(), "/roster/import/")
		pairs = append(pairs, "{"+o.key+"}", p.ID, "{"+o.key+".name}", url.QueryEscape(p.Name), "{"+o.key+".phone}", o.phone, "{"+o.key+".code}", c.Code, "{"+o.key+".paper}", kept.Hash,
			"{"+o.key+".claim}", claim, "{"+o.key+".commune}", o.commune, "{"+o.key+".upload}", upload,
			"{"+o.key+".work}", page.WorkAddress(p.ID+"/work"), "{"+o.key+".photo}", g.sent(p.ID, "Chuyện kín của "+o.key),
			"{"+o.key+".training}", g.trained(p.ID), "{"+o.key+".shelf}", g.shelf(o.library, o.commune))
		secrets[o.key] = []string{"Chuyện kín của " + o.key, p.Name, o.phone, o.library, c.Code, courses.ShowCode(c.Code), claim, upload, "Sùng Mí " + o.key}
	}
	g.ids["learner"] = pairs[slices.Index(pairs, "{my}")+1]
	chief, _ := g.enrolled("Ma Seo Chứ", "0912000004", "Thư viện bí mật", lungCu, roster.Admin)
	g.words = strings.NewReplacer(append(pairs, "{chief}", chief.ID)...)
	my, dua, far := secrets["my"], secrets["dua"], secrets["far"]
	g.hidden = map[string][]string{"anyone": slices.Concat(my, dua, far), "trainer": slices.Concat(my, dua, far), "learner": slices.Concat(dua, far), "staff": far, "other": slices.Concat(my, dua)}
	g.hidden["teaching"] = far
	return g
}

// trained enters a training done elsewhere for somebody, and gives its address.
func (g *guarded) trained(person string) string {
	g.t.Helper()
	one := courses.Training{Strand: courses.LibraryService, Title: "Khóa cũ", Organiser: "Thư viện", On: roster.Day(begun).AddDate(-1, 0, 0)}
	kept, err := g.EnterTraining(g.t.Context(), roster.Operator(), person, one, [][]byte{aPDF.data})
	if err != nil {
		g.t.Fatal(err)
	}
	return page.WorkAddress(kept.ID)
}

// enrolled puts somebody on the roster and gives them an account, and the code that opens it.
func (g *guarded) enrolled(name, phone, library, commune string, role roster.Role) (roster.Person, string) {
	g.t.Helper()
	p, err := g.Roll.Add(g.t.Context(), roster.Entry{Name: name, Phone: phone, Library: library, Commune: commune, On: roster.Day(begun).AddDate(-1, 0, 0)}, "operator")
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.Board.RefreshStanding(g.t.Context(), p.ID); err != nil {
		g.t.Fatal(err)
	}
	_, slip, err := g.Accounts.Create(g.t.Context(), roster.Operator(), p.ID, name, []roster.Role{role}, "")
	if err != nil {
		g.t.Fatal(err)
	}
	return p, slip.Code
}

// asWho is a new session of a visitor.
func (g *guarded) asWho(who string) *client {
	g.t.Helper()
	if who == "anyone" {
		return g.anyone()
	}
	a, err := store.Get[roster.Account](g.t.Context(), g.Store, roster.AccountKind, g.ids[who])
	if err != nil {
		g.t.Fatal(err)
	}
	return g.as(a)
}

// ask sends the request of a row.
func (g *guarded) ask(c *client, row matrixRow, who string) *reply {
	g.t.Helper()
	form := strings.ReplaceAll(g.words.Replace(row.form), "{who}", who)
	path := g.path(row)
	switch {
	case form == "file":
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, _ := w.CreateFormFile("file", "a.csv")
		io.WriteString(part, columns+"Lò Thị "+who+",,Thủ thư,Thư viện xã,Lũng Cú,\n")
		w.Close()
		return c.do(row.method, path, w.FormDataContentType(), &body)
	case strings.HasPrefix(form, "{"):
		return c.do(row.method, path, "application/json", strings.NewReader(form))
	case row.method == http.MethodPost:
		return c.do(row.method, path, "application/x-www-form-urlencoded", strings.NewReader(form))
	}
	return c.do(row.method, path, "", nil)
}

func (g *guarded) path(row matrixRow) string {
	if row.path == "" {
		return row.pattern
	}
	return g.words.Replace(row.path)
}

// contents is a hash of every document of the store.
func (s *visited) contents() string {
	s.t.Helper()
	h := sha256.New()
	for _, k := range programme.Kinds() {
		err := s.Store.Find(s.t.Context(), k, store.Query{}, func(r store.Row) error {
			doc, err := k.New()
			if err != nil {
				return err
			}
			if err := r.Decode(doc); err != nil {
				return err
			}
			text, err := json.Marshal(doc)
			io.WriteString(h, k.Name+string(text))
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestEveryRouteAnswersEveryVisitorAsTheMatrixSays(t *testing.T) {
	g := newGuarded(t)
	for _, row := range matrix {
		t.Run(row.method+" "+strings.TrimPrefix(cmp.Or(row.path, row.pattern), "/"), func(t *testing.T) {
			g.t = t
			g.judge(row, true) // what is allowed may change what comes after
			g.judge(row, false)
			g.Background.Running.Wait() // of an import
		})
	}
	g.t = t
}

// judge sends a row's request as every visitor who is refused, or as every other, and fails the test when a refused one
// changes something.
func (g *guarded) judge(row matrixRow, refused bool) {
	g.t.Helper()
	g.limits.Codes.Of = nil // as a minute later
	clients := map[string]*client{}
	for i, who := range visitors {
		if refused == (row.want[i] >= 400) {
			clients[who] = g.asWho(who)
		}
	}
	unchanged := row.method != http.MethodGet && refused && !row.writes && len(clients) > 0
	before := ""
	if unchanged {
		before = g.contents()
	}
	for i, who := range visitors {
		if c := clients[who]; c != nil {
			g.judgeOne(row, c, who, row.want[i])
		}
	}
	if unchanged && g.contents() != before {
		g.t.Errorf("somebody is refused, and something changed")
	}
}

func (g *guarded) judgeOne(row matrixRow, c *client, who string, want int) {
	g.t.Helper()
	got := g.ask(c, row, who)
	if got.Status != want {
		g.t.Errorf("%s: %d, want %d: %.200s", who, got.Status, want, got.text())
	}
	if !row.public {
		g.hides(row, who, got)
	}
	if row.method == http.MethodGet && !strings.HasPrefix(row.pattern, "/v") && !row.public { // those are counted
		head := c.do(http.MethodHead, g.path(row), "", nil)
		if head.Body != "" || head.Status != want && !(want == 303 && head.Status == 401) {
			g.t.Errorf("HEAD as %s: %d and %d bytes, GET is %d", who, head.Status, len(head.Body), want)
		}
	}
}

// hides fails the test when an answer holds what its reader may not know and did not send.
func (g *guarded) hides(row matrixRow, who string, r *reply) {
	g.t.Helper()
	answer := r.Body
	for _, values := range r.Header {
		answer += "\n" + strings.Join(values, "\n")
	}
	sent := g.path(row) + " " + g.words.Replace(row.form)
	if row.taught && who == "trainer" {
		who = "teaching"
	}
	for _, secret := range g.hidden[who] {
		if strings.Contains(answer, secret) && !strings.Contains(sent, secret) {
			g.t.Errorf("%s reads %q (status %d)", who, secret, r.Status)
		}
	}
}

func TestTheMatrixHasEveryRoute(t *testing.T) {
	routes := map[string]bool{}
	for _, r := range newSite(t).app.GetRoutes(true) {
		routes[r.Method+" "+r.Path] = true
	}
	rows := map[string]bool{}
	for _, row := range matrix {
		rows[row.method+" "+row.pattern] = true
	}
	for route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodHead && routes["GET "+path] {
			continue // asked along with GET
		}
		if !rows[route] {
			t.Errorf("%s has no row", route)
		}
	}
	for row := range rows {
		if !routes[row] {
			t.Errorf("%s is in the matrix and is no route", row)
		}
	}
}
