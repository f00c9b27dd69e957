package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// visit is a page as somebody meets it. Words in braces in the path are filled in from the region; act is done on the
// page and leads to the one that is looked at.
type visit struct {
	route string
	login string // "" for a visitor without an account
	path  string
	want  int64
	act   func(v *tab)
}

// visits is every page of the site map, in the states that look different.
var visits = []visit{
	{"/", "", "/", 200, nil},
	{"/", reader, "/", 200, nil},
	{"/", earner, "/", 200, nil},
	{"/", office, "/", 200, nil},
	{"/sign-in", "", "/sign-in", 200, nil},
	{"/sign-in", "", "/sign-in", 200, func(v *tab) {
		v.do(v.write("#login", "nobody"), v.write("#password", "not the password"))
		v.meets(http.StatusUnauthorized, v.tap("main form .button"))
	}},
	{"/phone", "", "/phone", 200, nil},
	{"/phone", reader, "/phone", 200, nil},
	{"/offline", "", "/offline", 200, nil},
	{"/claim", "", "/claim", 200, nil},
	{"/claim", "", "/claim?code=XXXX-XXXX", 422, nil},
	{"/v", "", "/v", 200, nil},
	{"/v/:code", "", "/v/{code}", 200, nil},
	{"/v/:code", "", "/v/XXXX", 404, nil},
	{"/badges/:code", "", "/badges/{code}", 200, nil},
	{"/courses", "", "/courses", 200, nil},
	{"/courses", earner, "/courses", 200, nil},
	{"/courses/:id", "", "/courses/LS3", 200, nil},
	{"/courses/:id", earner, "/courses/{earned}", 200, nil},
	{"/courses/:id/:lesson", "", "/courses/LS3/{lesson}", 200, nil},
	{"/courses/:id/:lesson", reader, "/courses/LS3/{lesson}", 200, nil},
	{"/courses/:id/:lesson/quiz", reader, "/courses/LS3/{lesson}/quiz", 200, nil},
	{"/courses/:id/:lesson/quiz", reader, "/courses/LS3/{lesson}/quiz?attempt={attempt}", 200, nil},
	{"/certificates", reader, "/certificates", 200, nil},
	{"/certificates", earner, "/certificates", 200, nil},
	{"/certificates/:code", earner, "/certificates/{code}", 200, nil},
	{"/certificates/:code", staff, "/certificates/{code}?new=1", 200, nil},
	{"/certificates/:code/register", staff, "/certificates/{code}/register", 200, nil},
	{"/me", reader, "/me", 200, nil},
	{"/me", admin, "/me", 200, nil},
	{"/me/second", admin, "/me/second", 200, nil},
	{"/board", reader, "/board", 200, nil},
	{"/board", staff, "/board", 200, nil},
	{"/board", office, "/board?by=programme", 200, nil},
	{"/board", office, "/board?by=present&province=08&asOf=2026-01-31", 200, nil},
	{"/indicators", reader, "/indicators", 200, nil},
	{"/indicators", office, "/indicators?by=programme", 200, nil},
	{"/indicators", staff, "/indicators", 200, nil},
	{"/libraries", staff, "/libraries", 200, nil},
	{"/libraries", office, "/libraries", 200, nil},
	{"/libraries/:library", staff, "/libraries/khong-co", 404, nil},
	{"/missing", staff, "/missing", 200, nil},
	{"/missing", office, "/missing", 200, nil},
	{"/missing/calls", staff, "/missing/calls", 200, nil},
	{"/completions", staff, "/completions", 200, nil},
	{"/completions", office, "/completions", 200, nil},
	{"/periods", staff, "/periods", 200, nil},
	{"/periods", office, "/periods", 200, nil},
	{"/places", office, "/places", 200, nil},
	{"/places/drafts/:id", office, "/places/drafts/khong-co", 404, nil},
	{"/places/:id", office, "/places/khong-co", 404, nil},
	{"/periods/:period", staff, "/periods/2020-01", 404, nil},
	{"/trainings", staff, "/trainings", 200, nil},
	{"/trainings/import", staff, "/trainings/import", 200, nil},
	{"/trainings/import/:id", staff, "/trainings/import/khong-co", 404, nil},
	{"/trainings/:training", staff, "/trainings/khong.co", 404, nil},
	{"/roster/:person/trainings", staff, "/roster/{person}/trainings", 200, nil},
	{"/me/trainings", reader, "/me/trainings", 200, nil},
	{"/search", "", "/search?q=sach", 200, nil},
	{"/search", reader, "/search?q=khong-co-dau", 200, nil},
	{"/transcript", reader, "/transcript", 200, nil},
	{"/transcript", earner, "/transcript", 200, nil},
	{"/me/data", reader, "/me/data", 200, nil},
	{"/privacy", "", "/privacy", 200, nil},
	{"/figures", "", "/figures", 200, nil},
	{"/figures", reader, "/figures?by=programme", 200, nil},
	{"/requests", staff, "/requests", 200, nil},
	{"/requests", office, "/requests", 200, nil},
	{"/roster/:person/data", staff, "/roster/{person}/data", 200, nil},
	{"/courses/:id/:lesson/remark", reader, "/courses/LS3/{lesson}/remark", 200, nil},
	{"/author/:course/remarks", trainer, "/author/LS1/remarks", 200, nil},
	{"/registers/signing", staff, "/registers/signing", 200, nil},
	{"/registers", staff, "/registers", 200, nil},
	{"/registers/:batch", staff, "/registers/khong.co", 404, nil},
	{"/roster", staff, "/roster", 200, nil},
	{"/roster", office, "/roster", 200, nil},
	{"/roster/new", staff, "/roster/new", 200, nil},
	{"/roster/transfers", staff, "/roster/transfers", 200, nil},
	{"/roster/import", staff, "/roster/import", 200, nil},
	{"/roster/import/:id/undo", staff, "/roster/import/{import}/undo", 404, nil},
	{"/roster/:person/merge", staff, "/roster/{person}/merge", 200, nil},
	{"/roster/import", admin, "/roster/import", 200, nil},
	{"/roster/import/:id", staff, "/roster/import/{import}", 200, nil},
	{"/roster/:person", staff, "/roster/{person}", 200, nil},
	{"/roster/:person", office, "/roster/{neighbour}", 200, nil},
	{"/courses/:id/:lesson/form", "", "/courses/{sheets}/phieu-mau/form", 200, nil},
	{"/courses/:id/guide.html", trainer, "/courses/{sheets}/guide.html", 200, nil},
	{"/author/:course/:lesson", trainer, "/author/{draft}/course.guide", 200, nil},
	{"/courses/:id/practice", "", "/courses/LS3/practice", 200, nil},
	{"/courses/:id/practice", reader, "/courses/LS3/practice", 200, nil},
	{"/courses/:id/practice", reader, "/courses/RP1/practice", 200, nil},
	{"/practice", trainer, "/practice", 200, nil},
	{"/practice/:submission", trainer, "/practice/{work}", 200, nil},
	{"/author/import", trainer, "/author/import", 200, nil},
	{"/author/import/:id", trainer, "/author/import/{brought}", 200, nil},
	{"/author/import/:id", trainer, "/author/import/{brought}?part=1", 200, nil},
	{"/author", trainer, "/author", 200, nil},
	{"/author/:course/figures", trainer, "/author/LS1/figures", 200, nil},
	{"/author/:course", trainer, "/author/RP2", 200, nil},
	{"/author/:course", trainer, "/author/{draft}", 200, nil},
	{"/author/:course/:lesson", trainer, "/author/{draft}/{lesson}", 200, nil},
	{"/author/:course/:lesson", trainer, "/author/{draft}/{lesson}", 200, func(v *tab) { v.tooLate("form.sheets", "vi", "vi.base", "1") }},
	{"/author/:course/:lesson", trainer, "/author/{draft}/course.yaml", 200, nil},
	{"/author/:course/media", trainer, "/author/{draft}/media", 200, nil},
	{"/author/:course/history", trainer, "/author/{draft}/history", 200, nil},
	{"/author/:course/history", trainer, "/author/{draft}/history?path=lessons/{lesson}.vi.md&rev=1", 200, nil},
	{"/author/:course/review", trainer, "/author/{draft}/review", 200, (*tab).unfold},
	{"/author/:course/review", admin, "/author/{draft}/review", 200, nil},
	{"/author/:course/versions", trainer, "/author/{draft}/versions", 200, nil},
	{"/author/:course/versions/compare", trainer, "/author/{draft}/versions/compare?a=1&b=1", 200, nil},
	{"/author/:course/:lesson/quiz", trainer, "/author/LS2/{closed}/quiz", 200, nil},
	{"/author/:course/:lesson/quiz", trainer, "/author/{draft}/{lesson}/quiz", 200, nil},
	{"/author/:course/:lesson/quiz", trainer, "/author/{draft}/{lesson}/quiz?q={question}", 200, nil},
	{"/author/:course/:lesson/quiz", trainer, "/author/{draft}/{lesson}/quiz?view=text", 200, nil},
	{"/author/:course/:lesson/quiz", trainer, "/author/{draft}/{lesson}/quiz?view=text", 200, func(v *tab) { v.tooLate(`form:has([value="text"])`, "text.vi", "vi", "0") }},
	{"/author/:course/:lesson/quiz", trainer, "/author/{draft}/{lesson}/quiz?view=try", 200, nil},
	{"/admin", admin, "/admin", 200, nil},
	{"/admin/:account", admin, "/admin/{neighbour}", 404, nil},
	{"/admin/issuers/:province", admin, "/admin/issuers/08", 200, nil},
	{"/admin/audit", admin, "/admin/audit", 200, nil},
	{"(not found)", "", "/not-there", 404, nil},
	{"(denied)", reader, "/admin", 403, nil},
}

// tooLate sends a form with another text and an earlier revision, as somebody does who began before the last one saved.
func (v *tab) tooLate(form, text, base, revision string) {
	v.t.Helper()
	v.meets(http.StatusConflict, chromedp.Evaluate[chromedp.Void](`(() => {
		const form = document.querySelector(`+quote(form)+`);
		form.elements[`+quote(text)+`].value = "Dòng của tôi\n" + form.elements[`+quote(text)+`].value;
		form.elements[`+quote(base)+`].value = `+quote(revision)+`;
		form.requestSubmit(form.querySelector("button[value=text]"));
	})()`))
}

// unfold opens everything that can be opened.
func (v *tab) unfold() {
	v.t.Helper()
	look[bool](v, `document.querySelectorAll("main details").forEach((d) => { d.open = true; }), true`)
}

// notPages are the routes that send something else than a page.
var notPages = []string{
	"/healthz", "/readyz", "/v/keys", "/v/states", "/v/sw.js", "/.well-known/jwks.json", "/sw.js",
	"/manifest.webmanifest", "/courses/:id/pack.json", "/assets/:name", "/media/:name", "/certificates/:code.pdf",
	"/certificates/:code.svg", "/roster/template.xlsx", "/roster/export.:format",
	"/roster/import/:id/problems.xlsx", "/roster/import/:id/preview.xlsx", "/admin/issuers/:province/sample.pdf",
	"/author/:course/export.zip", "/courses/:id/booklet.pdf", "/author/:course/figures.csv", "/admin/audit.csv",
	"/practice/:submission/:photo", "/trainings/:training/:file", "/registers/:batch/print.pdf",
	"/registers/:year/book.pdf", "/registers/signing.zip", "/me/data.zip", "/roster/:person/data.zip",
	"/transcript.pdf", "/badges/keys", "/badges/keys/:key", "/badges/issuers/:province", "/badges/status/:list",
	"/badges/:code.jwt", "/badges/:code.svg", "/badges/:code.png",
	"/board/report.pdf",
}

// A page that nobody visits here would not be looked at by the tests below.
func TestEveryPageIsVisited(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../../server/routes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || method.Sel.Name != "Get" {
			return true
		}
		if on, ok := method.X.(*ast.Ident); ok && on.Name == "app" {
			if route, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value); err == nil {
				served[route] = true
			}
		}
		return true
	})
	if len(served) < 10 {
		t.Fatalf("only %d routes were found in routes.go", len(served))
	}
	for _, v := range visits {
		if strings.HasPrefix(v.route, "/") && !served[v.route] {
			t.Errorf("no route %s: take its visit away", v.route)
		}
	}
	for route := range served {
		if !slices.Contains(notPages, route) && !slices.ContainsFunc(visits, func(v visit) bool { return v.route == route }) {
			t.Errorf("%s: nobody visits this page; add it to visits", route)
		}
	}
}

// byLogin groups the visits, so that everybody signs in once.
func byLogin() (logins []string, of map[string][]visit) {
	of = map[string][]visit{}
	for _, v := range visits {
		if of[v.login] == nil {
			logins = append(logins, v.login)
		}
		of[v.login] = append(of[v.login], v)
	}
	return logins, of
}

// fill puts what the region holds into a visit's path.
func (r *demoRegion) fill(t testing.TB) *strings.Replacer {
	t.Helper()
	lesson := shipped()["LS3"].Lessons()[0]
	return strings.NewReplacer("{code}", r.earned.Code, "{earned}", r.earned.Course, "{person}", r.earned.Person, "{neighbour}", r.neighbour.ID, "{lesson}", lesson.ID, "{question}", lesson.Quiz.Questions[0].ID,
		"{closed}", shipped()["LS2"].Lessons()[0].ID, "{attempt}", r.halfRight(t), "{import}", r.uploaded(t), "{brought}", r.brought(t), "{work}", r.handedOver(t), "{draft}", r.drafted(t), "{sheets}", r.sheets(t))
}

// handedOver sends the reader's work on a practice task and gives its address.
func (r *demoRegion) handedOver(t testing.TB) string {
	t.Helper()
	c := r.signedIn(t, reader)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err := errors.Join(form.WriteField("id", "handed-over"), form.WriteField("text", "Buổi sáng thứ Ba có bảy lượt mượn. Bác Lò quên thẻ, tôi tra sổ đăng ký."))
	for _, data := range [][]byte{drawn(t, 640, 480), drawn(t, 480, 640)} {
		part, open := form.CreateFormFile("photo", "so.jpg")
		_, write := part.Write(data)
		err = errors.Join(err, open, write)
	}
	if err := errors.Join(err, form.Close()); err != nil {
		t.Fatal(err)
	}
	res, err := c.Post(r.base+"/courses/LS3/practice", form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Request.URL.Query().Get("done") != "practice" {
		t.Fatalf("the work was not taken: %s at %s", res.Status, res.Request.URL)
	}
	res, err = c.Get(r.base + "/api/v1/me")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var me struct{ ID string }
	if err := json.NewDecoder(res.Body).Decode(&me); err != nil {
		t.Fatal(err)
	}
	return me.ID + ".handed-over"
}

// drawn is a photo of lines on paper.
func drawn(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 240
		if i/w%40 < 3 {
			m.Pix[i] = 60
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// halfRight hands in a quiz in which every second answer is missing and gives the attempt's id.
func (r *demoRegion) halfRight(t testing.TB) string {
	t.Helper()
	lesson := shipped()["LS3"].Lessons()[0]
	form := url.Values{"id": {"half-right"}, "sure": {"1"}}
	answers := rightAnswers(lesson.Quiz)
	for i, q := range asked(lesson.Quiz) {
		for field, values := range answers {
			if i%2 == 0 && (field == "q."+q.ID || strings.HasPrefix(field, "q."+q.ID+".")) {
				form[field] = values
			}
		}
	}
	res, err := r.signedIn(t, reader).PostForm(r.base+"/courses/LS3/"+lesson.ID+"/quiz", form)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	id := res.Request.URL.Query().Get("attempt")
	if res.StatusCode != http.StatusOK || id == "" {
		t.Fatalf("the attempt was not taken: %s at %s", res.Status, res.Request.URL)
	}
	return id
}

// drafted opens a course for writing, changes a lesson, leaves a picture out and sends it for review, and gives its id.
func (r *demoRegion) drafted(t testing.TB) string {
	t.Helper()
	lesson := shipped()["LS3"].Lessons()[0].ID
	client := r.signedIn(t, trainer)
	for _, step := range []struct {
		path string
		form url.Values
	}{
		{"/author/LS3/open", nil},
		{"/author/LS3/" + lesson, url.Values{"vi": {"## Đón tiếp\n\nChào bạn đọc.\n\n![Giá sách](../media/khong-co.svg)\n"}, "vi.base": {"1"}}},
		{"/author/LS3/review", url.Values{"do": {"comment"}, "lesson": {lesson}, "note": {"Câu này ngắn mà đủ."}}},
	} {
		res, err := client.PostForm(r.base+step.path, step.form)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", step.path, res.Status)
		}
	}
	return "LS3"
}

// sheets publishes a course with a form and a guide, and gives its id.
func (r *demoRegion) sheets(t testing.TB) string {
	t.Helper()
	writes, approves := r.signedIn(t, trainer), r.signedIn(t, admin)
	send := func(c *http.Client, path string, form url.Values) {
		t.Helper()
		res, err := c.PostForm(r.base+path, form)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, res.Status)
		}
	}
	if res, err := writes.Get(r.base + "/courses/SHEETS/guide.html"); err != nil {
		t.Fatal(err)
	} else if res.Body.Close(); res.StatusCode == http.StatusOK { // another test was here before
		return "SHEETS"
	}
	send(writes, "/author", url.Values{"course": {"SHEETS"}, "strand": {"library-service"}, "vi": {"Phiếu mẫu"}, "en": {"Sample forms"}})
	both := func(vi, en string) url.Values {
		return url.Values{"vi": {vi}, "vi.base": {"0"}, "en": {en}, "en.base": {"0"}}
	}
	send(writes, "/author/SHEETS/phieu-mau.form", both("> **PHIẾU ĐÓN TIẾP**\n> Thư viện: ……………………\n>\n> | Ngày | Họ tên | Việc cần | Đã giúp | Ghi chú |\n> |---|---|---|---|---|\n> | | | | | |\n>\n> - [ ] Đã xếp lại giá\n",
		"> **VISITORS**\n> Library: ……………………\n>\n> | Day | Name |\n> |---|---|\n> | | |\n"))
	send(writes, "/author/SHEETS/course.guide", both("## Mở đầu\n\nMười phút chào hỏi.\n\n| Phút | Việc |\n|---|---|\n| 10 | Chào |\n", "## Start\n\nTen minutes.\n"))
	res, err := writes.Get(r.base + "/author/SHEETS/review")
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	res.Body.Close()
	hash := regexp.MustCompile(`name="hash" value="([0-9a-f]+)"`).FindSubmatch(page)
	if err != nil || hash == nil {
		t.Fatalf("%v: the page of the review says no hash", err)
	}
	now := url.Values{"hash": {string(hash[1])}}
	send(writes, "/author/SHEETS/review", url.Values{"hash": now["hash"], "do": {"submit"}})
	send(approves, "/author/SHEETS/review", url.Values{"hash": now["hash"], "do": {"approve"}})
	send(approves, "/author/SHEETS/publish", now)
	return "SHEETS"
}

// brought sends a Word document, which goes nowhere yet, and gives the id of what is kept of it.
func (r *demoRegion) brought(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("../../../courses/authoring/bring/testdata/kho.docx")
	if err != nil {
		t.Fatal(err)
	}
	return r.sends(t, trainer, "/author/import", "kho.docx", data)
}

// uploaded sends a roster with good and bad rows, which nobody applies, and gives the upload's id.
func (r *demoRegion) uploaded(t testing.TB) string {
	t.Helper()
	return r.sends(t, staff, "/roster/import", "danh-sach.csv", []byte(badRoster), "province", "08")
}

// sends sends a file by a page's form and gives the id under which the page keeps it.
func (r *demoRegion) sends(t testing.TB, who, page, name string, data []byte, fields ...string) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	for i := 0; i < len(fields); i += 2 {
		err = errors.Join(err, form.WriteField(fields[i], fields[i+1]))
	}
	if err := errors.Join(err, form.Close()); err != nil {
		t.Fatal(err)
	}
	res, err := r.signedIn(t, who).Post(r.base+page, form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	id, ok := strings.CutPrefix(res.Request.URL.Path, page+"/")
	if res.StatusCode != http.StatusOK || !ok {
		text, _ := io.ReadAll(res.Body)
		t.Fatalf("the file was not taken: %s at %s: %s", res.Status, res.Request.URL, text)
	}
	return id
}

// axe gives the source of axe-core, which .ci/run fetches.
func axe(t testing.TB) string {
	t.Helper()
	file := os.Getenv("LOPBAN_AXE")
	if file == "" {
		file = filepath.Join("..", "..", "..", ".ci", "node_modules", "axe-core", "axe.min.js")
	}
	source, err := os.ReadFile(file)
	if err != nil {
		lacking(t, "No axe-core: run npm ci in .ci, or name axe.min.js in LOPBAN_AXE, to have the pages judged.")
	}
	return string(source)
}

// finding is what axe-core says of a rule that a page breaks.
type finding struct {
	ID, Help string
	Where    []string
}

func (v *tab) judge(source string) []finding {
	v.t.Helper()
	if !look[bool](v, `"axe" in window`) {
		look[string](v, source+`; axe.version`)
	}
	return look[[]finding](v, `axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
		.then((r) => r.violations.map((f) => ({ ID: f.id, Help: f.help, Where: f.nodes.map((n) => n.html.slice(0, 300) + " " + n.failureSummary.replace(/\s+/g, " ")) })))`)
}

// Every page is fit for everyone who reads with a screen reader, large type or little colour, in both languages and
// both themes, and none is wider than its screen.
func TestPagesAreFitForEveryone(t *testing.T) {
	r := enter(t)
	source := axe(t)
	browser(t)
	fill := r.fill(t)
	logins, of := byLogin()
	for _, login := range logins {
		t.Run(fmt.Sprintf("as %q", login), func(t *testing.T) {
			v := r.tab(t, phone)
			if login != "" {
				v.enter(login)
			} else {
				v.open("/")
			}
			for _, lang := range []string{"vi", "en"} {
				v.speak(lang)
				for _, visit := range of[login] {
					v.scheme("light")
					v.open(fill.Replace(visit.path), visit.want)
					if visit.act != nil {
						visit.act(v)
					}
					v.fits(source, fmt.Sprintf("%s in %s", visit.path, lang))
				}
				v.open("/")
			}
		})
	}
}

// A drawing does not dazzle at night: its paper is nearly that of the page and its ink can be read on it; by day it is
// as it was drawn. Photos are never turned.
func TestDrawingsFitTheNight(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.enter(reader)
	v.open("/courses/LS0/" + shipped()["LS0"].Lessons()[0].ID)
	look[bool](v, `(async () => { const i = document.querySelector(".lesson img[src$='.svg']"); i.loading = "eager"; await i.decode(); return true })()`)
	for theme, want := range map[string]struct{ paper, ink [2]uint8 }{
		"light": {[2]uint8{240, 255}, [2]uint8{0, 40}},
		"dark":  {[2]uint8{10, 45}, [2]uint8{200, 255}},
	} {
		v.scheme(theme)
		paper, ink := v.tones(".lesson img[src$='.svg']")
		if paper < want.paper[0] || paper > want.paper[1] || ink < want.ink[0] || ink > want.ink[1] {
			t.Errorf("%s: paper %d, ink %d", theme, paper, ink)
		}
		if photo := look[string](v, `(() => { const i = document.querySelector(".lesson img").cloneNode(); i.loading = "lazy"; i.hidden = true;
			document.querySelector(".lesson").append(i); i.src = location.origin + "/media/none.jpg";
			const f = getComputedStyle(i).filter; i.remove(); return f })()`); photo != "none" {
			t.Errorf("%s: a photo is turned: %s", theme, photo)
		}
	}
}

// tones are the brightness of the commonest colour of what is on screen at a selector, and the one farthest from it.
func (v *tab) tones(selector string) (paper, ink uint8) {
	v.t.Helper()
	box := look[page.Viewport](v, `(() => { const b = document.querySelector(`+quote(selector)+`).getBoundingClientRect();
		return { x: b.x + 8 + scrollX, y: b.y + 8 + scrollY, width: b.width - 16, height: b.height - 16, scale: 1 } })()`)
	var seen page.CaptureScreenshotResult
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
		beyond := true
		seen, err = cdp.Call(ctx, target, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: &box, CaptureBeyondViewport: &beyond})
		return err
	}))
	picture, err := png.Decode(bytes.NewReader(seen.Data))
	if err != nil {
		v.t.Fatal(err)
	}
	var counts [256]int
	b := picture.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			counts[color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y]++
		}
	}
	for tone, n := range counts {
		if n > counts[paper] {
			paper = uint8(tone)
		}
	}
	ink = paper
	for tone, n := range counts {
		if n > 0 && math.Abs(float64(tone)-float64(paper)) > math.Abs(float64(ink)-float64(paper)) {
			ink = uint8(tone)
		}
	}
	return paper, ink
}

// Nothing above is worth anything when the judges are blind: on a page spoilt on purpose each finds its fault.
func TestJudgesSee(t *testing.T) {
	r := enter(t)
	v := r.tab(t, phone)
	v.open("/")
	look[bool](v, `document.querySelector("main").insertAdjacentHTML("beforeend", "<img><p id=pale>pale</p><p id=wide>wide</p>"),
		document.querySelector("#pale").style.color = "#ddd", document.querySelector("#wide").style.width = "400px", true`)
	found := v.judge(axe(t))
	for _, rule := range []string{"image-alt", "color-contrast"} {
		if !slices.ContainsFunc(found, func(f finding) bool { return f.ID == rule }) {
			t.Errorf("axe-core does not find %s: %v", rule, found)
		}
	}
	if wide, who := v.width(phone); wide < 400 || len(who) == 0 {
		t.Errorf("a paragraph 400 wide makes the page %d wide: %q", wide, who)
	}
	for _, spoilt := range []string{`<img src='https://elsewhere.invalid/spy.png' alt=''>`, `<p style='color: red'>red</p>`} {
		look[bool](v, `document.querySelector("main").insertAdjacentHTML("beforeend", `+quote(spoilt)+`), true`)
		if !v.complained("Content Security Policy") {
			t.Errorf("the browser lets %s pass", spoilt)
		}
	}
	look[bool](v, `console.error("oh"), true`)
	if !v.complained("oh") {
		t.Error("an error on the console is not heard")
	}
}

// complained waits for a fault that says this, and forgets every fault there is.
func (v *tab) complained(what string) bool {
	v.t.Helper()
	for end := time.Now().Add(journeyTime); time.Now().Before(end); {
		look[bool](v, `true`) // what the browser said before this answer has been heard
		v.mu.Lock()
		heard := slices.ContainsFunc(v.faults, func(f string) bool { return strings.Contains(f, what) })
		if heard {
			v.faults = nil
		}
		v.mu.Unlock()
		if heard {
			return true
		}
	}
	return false
}

// fits looks at the page on screen in both themes and at three widths.
func (v *tab) fits(source, page string) {
	v.t.Helper()
	for _, theme := range []string{"light", "dark"} {
		v.scheme(theme)
		for _, f := range v.judge(source) {
			v.t.Errorf("%s, %s: %s (%s)\n  %s", page, theme, f.Help, f.ID, strings.Join(f.Where, "\n  "))
		}
	}
	for _, d := range []device{smallPhone, phone, laptop} {
		v.hold(d)
		if wide, who := v.width(d); wide > d.width {
			v.t.Errorf("%s is %d wide on a screen of %d: %q", page, wide, d.width, who)
		}
	}
	v.hold(phone)
}

// width is how wide the page on screen is, and what sticks out of it.
func (v *tab) width(d device) (wide int64, who []string) {
	v.t.Helper()
	got := look[struct {
		Wide int64
		Who  []string
	}](v, `({ Wide: Math.max(document.documentElement.scrollWidth, innerWidth),
		Who: [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > `+fmt.Sprint(d.width+1)+`).map((e) => e.outerHTML.slice(0, 120)).slice(0, 3) })`)
	return got.Wide, got.Who
}

// badRoster is a spreadsheet as a province may send it: three who can be entered, one of them with a misspelt day, and
// rows with no name and with an unknown commune.
const badRoster = "Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Loại thiết chế,Xã/phường,Ngày bắt đầu,Dân tộc\n" +
	"Vàng Thị Súa,0912345001,Người làm công tác thư viện,Thư viện xã Lũng Cú,Thư viện xã,xã Lũng Cú,01/03/2024,x\n" +
	"Nông Văn Thịnh,0912345002,Công chức văn hóa - xã hội,Thư viện xã Đồng Văn,Thư viện xã,xã Đồng Văn,15/08/2023,x\n" +
	"Giàng A Páo,0912345003,Cộng tác viên thư viện,Thư viện xã Lũng Cú,Thư viện xã,xã Lũng Cú,01/03/2094,x\n" +
	",0912345004,Cộng tác viên thư viện,Thư viện xã Lũng Cú,Thư viện xã,xã Lũng Cú,01/03/2024,x\n" +
	"Lý Thị Mai,0912345005,Cộng tác viên thư viện,Thư viện xã Không Có,Thư viện xã,xã Không Có,01/03/2024,x\n"
