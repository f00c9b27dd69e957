package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
)

// chained is the hash of a phone's log, reckoned here as openapi.json says it.
func chained(entries ...string) string {
	hash := ""
	for _, text := range entries {
		sum := sha256.Sum256([]byte(hash + "\n" + text))
		hash = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return hash
}

// toldPhone is what the server answers to a phone.
type toldPhone struct {
	Receipts []courses.Receipt
	Log      *struct {
		Count int
		Hash  string
	}
	Now time.Time
}

// brings sends entries of a phone's log, letter by letter.
func (c *client) brings(person, phone string, entries ...string) toldPhone {
	c.t.Helper()
	body := fmt.Sprintf(`{"person":%q,"phone":%q,"sentAt":%q,"facts":[%s]}`, person, phone, c.now().Format(time.RFC3339), strings.Join(entries, ","))
	var told toldPhone
	c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(body)).want(200).json(&told)
	return told
}

func entry(n int, rest string) string {
	return fmt.Sprintf(`{"n":%d,"id":"phone-%d",%s,"at":"2026-12-05T01:00:00.000Z"}`, n, n, rest)
}

// A phone brings its log in pieces, again and in any order; the server says how far it has it, by count and hash, and
// nothing is counted twice. Two phones of one person have a log each.
func TestPhoneBringsItsLog(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	a := s.person("Sùng A Páo", "00715")
	c := s.as(a)
	log := []string{
		entry(1, `"kind":"completion","course":"K1","lesson":"doc"`),
		entry(2, `"kind":"attempt","course":"K1","lesson":"thu","lang":"vi","form":{"number":["12,0"],"word":["điện biên"],"pair.first":["x"]}`),
		entry(3, `"kind":"attempt","course":"K1","lesson":"thu","lang":"vi","form":{"number":["mười hai"]}`),
	}
	if told := c.brings(a.ID, "một/hai", log[0]); told.Receipts[0].State != courses.Received || told.Log.Count != 0 {
		t.Errorf("a phone with a name of another shape: %+v", told)
	}
	for _, step := range []struct {
		entries []string
		states  string
		count   int
	}{
		{log[1:2], "refused", 0}, // the pair has no such part, and the first entry is lacking
		{log[:1], "duplicate", 1},
		{log[2:], "received", 1},
		{log, "duplicate refused duplicate", 3},
		{log, "duplicate refused duplicate", 3},
	} {
		told := c.brings(a.ID, "may-1", step.entries...)
		var states []string
		for _, r := range told.Receipts {
			states = append(states, r.State)
			if r.State == courses.Refused && (r.Say == "" || strings.HasPrefix(r.Say, "error.")) {
				t.Errorf("refused without a word: %+v", r)
			}
		}
		if strings.Join(states, " ") != step.states || told.Log.Count != step.count || told.Log.Hash != chained(log[:step.count]...) || !told.Now.Equal(s.now()) {
			t.Errorf("%d entries: %v, log %+v; want %s and %d to %s", len(step.entries), states, told.Log, step.states, step.count, chained(log[:step.count]...))
		}
	}
	if told := c.brings(a.ID, "may-2", log[0]); told.Log.Count != 1 {
		t.Errorf("the second phone: %+v", told.Log)
	}
	var body apiCourseBody
	c.get("/api/v1/courses/K1").want(200).json(&body)
	if got := body.Modules[0].Lessons[1].Attempts; got != 1 {
		t.Errorf("%d attempts, want 1", got)
	}

	trainer := s.as(s.account("", "Nông Thị Lan", "08", roster.Trainer))
	if page := trainer.get("/practice").want(200); !strings.Contains(page.Body, "Sùng A Páo") {
		t.Error("the trainer does not see what was refused")
	}
	far := s.as(s.account("", "Lò Văn Xa", "04", roster.Trainer))
	if page := far.get("/practice").want(200); strings.Contains(page.Body, "Sùng A Páo") {
		t.Error("a trainer of another province sees what was refused")
	}
}

// Nobody's log reaches another's account: it is refused whole, nothing is kept, and its owner's phone has it still.
func TestLogOfAnotherIsNotTaken(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	pao, mai := s.person("Sùng A Páo", "00715"), s.person("Vừ Thị Mai", "00715")
	one := entry(1, `"kind":"completion","course":"K1","lesson":"doc"`)
	told := s.as(mai).brings(pao.ID, "may-1", one)
	if told.Receipts[0].Reason != "not-yours" || told.Log != nil {
		t.Errorf("%+v", told)
	}
	if told := s.as(pao).brings(pao.ID, "may-1", one); told.Receipts[0].State != courses.Received || told.Log.Count != 1 {
		t.Errorf("the owner: %+v", told)
	}
}

// The photos of a submission come first, one by one. One that could not be read is left out; one that is gone has to
// come again, and the entry waits.
func TestPhotosComeBeforeTheirFact(t *testing.T) {
	s := newSite(t)
	s.publish(practiceCourse("K3", false))
	a := s.person("Sùng A Páo", "00715")
	c := s.as(a)
	var photo struct{ Name string }
	c.do("POST", "/api/v1/photos", "image/jpeg", bytes.NewReader(snap(t, 90))).want(200).json(&photo)
	c.do("POST", "/api/v1/photos", "image/jpeg", bytes.NewReader(snap(t, 90))).want(200)
	c.do("POST", "/api/v1/photos", "image/jpeg", strings.NewReader("no photo")).want(422)
	send := func(names ...string) toldPhone {
		list, err := json.Marshal(names)
		if err != nil {
			t.Fatal(err)
		}
		body := fmt.Sprintf(`{"person":%q,"phone":"may-1","photos":{"bai":%s},"facts":[{"n":1,"id":"bai","kind":"submission","course":"K3","text":"Xong","at":"2026-12-05T01:00:00Z"}]}`, a.ID, list)
		var told toldPhone
		c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(body)).want(200).json(&told)
		return told
	}
	gone := "photo-" + strings.Repeat("0", 64) + ".jpg"
	if told := send(photo.Name, gone); told.Receipts[0].Reason != "photo-gone" || told.Log != nil {
		t.Errorf("one is gone: %+v", told)
	}
	if told := send(photo.Name, ""); told.Receipts[0].State != courses.Received || told.Log.Count != 1 {
		t.Errorf("one that could not be read: %+v", told)
	}
	if page := c.get("/courses/K3/practice").want(200); len(page.find("main img[src^='/practice/']")) != 1 {
		t.Error("the photo is not there")
	}

	// However often a name stands there, no more photos are read than a submission may have, and one.
	read := func() int {
		t.Helper()
		all, err := s.metrics.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		n := -1
		for _, family := range all {
			for _, m := range family.GetMetric() {
				labels := fmt.Sprint(m.GetLabel())
				if family.GetName() == "lopban_store_seconds" && strings.Contains(labels, `"get"`) && strings.Contains(labels, `"blob"`) {
					n = int(m.GetHistogram().GetSampleCount())
				}
			}
		}
		return n
	}
	before := read()
	many := fmt.Sprintf(`{"person":%q,"photos":{"sau":[%s%q]},"facts":[{"id":"sau","kind":"submission","course":"K3","text":"Xong","at":"2026-12-05T01:00:00Z"}]}`,
		a.ID, strings.Repeat(fmt.Sprintf("%q,", photo.Name), 3000), photo.Name)
	var told toldPhone
	c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(many)).want(200).json(&told)
	if told.Receipts[0].Reason != "photo-many" || read()-before > courses.MaxPhotos+1 {
		t.Errorf("%+v after %d photos were read", told, read()-before)
	}
}

// What no sending can mend is refused once, with a reason that says what to do, and the log goes on behind it: a photo
// whose name is none, more photos than a submission takes, photos of a reading, and photos of no fact at all.
func TestPhotosThatCannotComeAreRefusedOnce(t *testing.T) {
	s := newSite(t)
	s.publish(practiceCourse("K3", false))
	a := s.person("Sùng A Páo", "00715")
	c := s.as(a)
	names := make([]string, courses.MaxPhotos+1)
	for i := range names {
		var photo struct{ Name string }
		c.do("POST", "/api/v1/photos", "image/jpeg", bytes.NewReader(snap(t, uint8(60+i)))).want(200).json(&photo)
		names[i] = photo.Name
	}
	send := func(n int, kind, lesson string, photos ...string) toldPhone {
		t.Helper()
		list, err := json.Marshal(photos)
		if err != nil {
			t.Fatal(err)
		}
		body := fmt.Sprintf(`{"person":%q,"phone":"may-1","photos":{"phone-%d":%s},"facts":[%s]}`, a.ID, n, list,
			entry(n, fmt.Sprintf(`"kind":%q,"course":"K3","lesson":%q,"text":"Xong"`, kind, lesson)))
		var told toldPhone
		c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(body)).want(200).json(&told)
		return told
	}
	for i, step := range []struct {
		kind, lesson string
		photos       []string
		reason, says string
	}{
		{"submission", "", []string{names[0], "../../etc/passwd"}, "photo-name", "không đúng dạng"},
		{"submission", "", names, "photo-many", "tối đa 4 ảnh"},
		{"completion", "doc", names[:1], "photo-where", "Chỉ bài thực hành"},
	} {
		told := send(i+1, step.kind, step.lesson, step.photos...)
		if r := told.Receipts[0]; r.State != courses.Refused || r.Reason != step.reason || !strings.Contains(r.Say, step.says) || told.Log == nil || told.Log.Count != i+1 {
			t.Errorf("%s: %+v, log %+v", step.reason, r, told.Log)
		}
		if again := send(i+1, step.kind, step.lesson, step.photos...); again.Receipts[0].Reason != step.reason {
			t.Errorf("%s, sent again: %+v", step.reason, again.Receipts[0])
		}
	}
	refused := s.as(s.account("", "Nông Thị Lan", "08", roster.Trainer)).get("/practice").want(200).Body
	for _, says := range []string{"không đúng dạng", "tối đa 4 ảnh", "Chỉ bài thực hành"} {
		if strings.Count(refused, says) != 1 {
			t.Errorf("the trainer reads %q %d times, want once", says, strings.Count(refused, says))
		}
	}
	c.do("POST", "/api/v1/facts", "application/json", strings.NewReader(`{"photos":{"nobody":["x"]},"facts":[]}`)).want(422)
}

// Who went astray reads at once whether the page is not there, not theirs, or waits for them to sign in.
func TestErrorPagesHaveTheirOwnHeading(t *testing.T) {
	s := newSite(t)
	learner := s.as(s.person("Sùng A Páo", "00715"))
	for _, step := range []struct {
		client *client
		method string
		path   string
		status int
		head   string
	}{
		{learner, "GET", "/courses/RP9", 404, "Không tìm thấy trang"},
		{learner, "GET", "/roster", 403, "Bạn không được làm việc này"},
		{s.anyone(), "POST", "/me/password", 401, "Hãy đăng nhập"},
	} {
		page := step.client.do(step.method, step.path, "application/x-www-form-urlencoded", nil).want(step.status)
		if page.one("h1") != step.head || !strings.Contains(page.Body, "<title>"+step.head) {
			t.Errorf("%s %s is headed otherwise than %q", step.method, step.path, step.head)
		}
	}
}

// A course that is taken along holds every page, no key and nobody: it is the same for all who study this version.
func TestPackHoldsNoKeyAndNobody(t *testing.T) {
	s := newSite(t)
	s.publish(shortCourse("K1", courses.LibraryService))
	pao, mai := s.as(s.person("Sùng A Páo", "00715")), s.as(s.person("Vừ Thị Mai", "00715"))
	pack := pao.get("/courses/K1/pack.json").want(200).Body
	if pack != mai.get("/courses/K1/pack.json").want(200).Body {
		t.Error("two people get two packs")
	}
	var p struct {
		Pages   map[string]struct{ Title, HTML string }
		Version string
	}
	if err := json.Unmarshal([]byte(pack), &p); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/courses/K1", "/courses/K1/doc", "/courses/K1/thu", "/courses/K1/thu/quiz"} {
		if p.Pages[path].Title == "" || !strings.Contains(p.Pages[path].HTML, "<h1>") {
			t.Errorf("%s is not in the pack: %+v", path, p.Pages[path])
		}
	}
	for _, secret := range []string{"yes, because", "no, because", "well seen", "about twelve", "Sùng", "Điện Biên"} {
		if strings.Contains(pack, secret) {
			t.Errorf("the pack says %q", secret)
		}
	}
	if quiz := p.Pages["/courses/K1/thu/quiz"].HTML; strings.Count(quiz, "<fieldset") != 6 {
		t.Errorf("the quiz has %d questions", strings.Count(quiz, "<fieldset"))
	}
}

// zipped is how many bytes a text is on the way.
func zipped(text string) int {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.Len()
}

// The worker names every file by its hash and is another one when a page changes that it keeps; the page without a
// network has nobody in it, whoever fetches it.
func TestWorkerAndItsPages(t *testing.T) {
	s := newSite(t)
	c := s.as(s.person("Sùng A Páo", "00715"))
	worker := c.get("/sw.js").want(200)
	if worker.Header.Get("Cache-Control") != "no-cache" || !strings.HasPrefix(worker.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("%v", worker.Header)
	}
	weight := 0
	files := regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllStringSubmatch(worker.Body, -1)
	seen := map[string]bool{}
	for _, m := range files {
		if !seen[m[1]] {
			seen[m[1]] = true
			weight += zipped(c.get(m[1]).want(200).Body)
		}
	}
	for _, lang := range []string{"vi", "en"} {
		page := c.get("/offline?lang=" + lang).want(200)
		weight += zipped(page.Body)
		if strings.Contains(page.Body, "Sùng") || !strings.Contains(page.Body, `<html lang="`+lang+`"`) {
			t.Errorf("the page without a network, %s, has somebody in it or another language", lang)
		}
	}
	if weight > 60<<10 || len(seen) < 10 {
		t.Errorf("the shell is %d files and weighs %d bytes, want at most 60 KB", len(seen), weight)
	}
	t.Logf("the shell weighs %d bytes on the way", weight+zipped(worker.Body))
	var m struct {
		Display string
		Icons   []struct{ Src string }
	}
	c.get("/manifest.webmanifest").want(200).json(&m)
	if m.Display != "standalone" || len(m.Icons) == 0 {
		t.Errorf("%+v", m)
	}
	c.get(m.Icons[0].Src).want(200)
}
