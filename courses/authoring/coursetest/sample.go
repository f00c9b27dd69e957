// Package coursetest has the courses and files that the tests of authoring, and of who else takes files, share.
package coursetest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lopban/courses/authoring/mistake"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const YAML = `id: LS9
strand: library-service
title: {vi: "Phục vụ", en: "Serving"}
summary: {vi: "Bạn đón tiếp được.", en: "You can welcome."}
periods: 1
pass_mark: 60
validity_months: 0
modules:
  - id: mot
    title: {vi: "Phần một", en: "Part one"}
    lessons:
      - id: don-tiep
        title: {vi: "Đón tiếp", en: "Welcoming"}
        objective: {vi: "Đón được", en: "Welcome"}
        minutes: 12
      - id: cho-muon
        title: {vi: "Cho mượn", en: "Lending"}
        objective: {vi: "Ghi được", en: "Record"}
        minutes: 10
`

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 240"><rect width="360" height="240" fill="#fbf8f2"/><text x="1" y="20">Giá</text></svg>`

// Good is a course without a mistake; a test spoils one thing of it.
func Good() map[string][]byte {
	files := map[string]string{
		"course.yaml":              YAML,
		"lessons/don-tiep.vi.md":   "Một buổi sáng.\n\n## Chào\n\nXem [bài sau](cho-muon) và [mục này](#muc-1).\n\n![Giá sách](../media/gia.svg)\n",
		"lessons/don-tiep.en.md":   "One morning.\n\n## Greet\n\nSee [the next](cho-muon.en.md).\n\n![A shelf](../media/gia.svg)\n",
		"lessons/cho-muon.vi.md":   "Chiều.\n\n## Ghi\n\nGhi ngay.\n",
		"lessons/cho-muon.en.md":   "Afternoon.\n\n## Write\n\nWrite at once.\n",
		"lessons/don-tiep.vi.gift": "// [id:q1] [tag:section-1]\nChào ai? {\n=Mọi người#Đúng.\n~Một người#Chưa đúng.\n}\n",
		"lessons/don-tiep.en.gift": "// [id:q1] [tag:section-1]\nGreet whom? {\n=All#Right.\n~One#Not yet.\n}\n",
		"media/gia.svg":            SVG,
	}
	bytes := map[string][]byte{}
	for name, s := range files {
		bytes[name] = []byte(s)
	}
	return bytes
}

func PNG(t testing.TB, w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const ViQuiz = `// [id:q1] [tag:section-1]
::Một:: Chọn một? {
  =Đúng#Vì đúng.
  ~Sai#Vì sai.
}

::Hai câu đúng:: Chọn hai? {~%50%a ~%50%b ~%-100%c ####Hai.}

Đúng không? {F#Sai rồi.#Đúng rồi.}

// [id:q4]
Mấy? {=ba =3 ####Ba.}

// [id:q5]
Bao nhiêu? {#3:1 ####Ba.}

// [id:q6]
Ghép. {=a -> một
=b -> hai
=c -> một
= -> ba
####Ghép.}

// [id:q7]
Hà Nội là {=thủ đô ~tỉnh} của Việt Nam. 

// [id:q8]
Đọc tiếp.

$CATEGORY: Tự luận

// [id:q9] [tag:mở]
Kể lại một buổi. {####Một buổi đọc sách.}

$CATEGORY: top

// [id:q10]
Xong chưa? {T#a#b}
`

const EnQuiz = `// [id:q1] [tag:section-1]
::One:: Choose one? {
  =Right#Because.
  ~Wrong#Because not.
}

::Two right ones:: Choose two? {~%50%a ~%50%b ~%-100%c ####Two.}

Is it? {F#It is not.#Right.}

// [id:q4]
How many? {=three =3 ####Three.}

// [id:q5]
How much? {#2..4 ####Three.}

// [id:q6]
Match. {=a -> one
=b -> two
=c -> one
= -> three
####Match.}

// [id:q7]
Hanoi is the {=capital ~province} of Viet Nam. 

// [id:q8]
Read on.

$CATEGORY: Tự luận

// [id:q9] [tag:mở]
Tell of a session. {####A reading session.}

$CATEGORY: top

// [id:q10]
Done? {T#a#b}
`

// Entry is a file of an archive, as hostile as asked.
type Entry struct {
	Name   string
	Data   []byte
	Mode   fs.FileMode
	Method uint16 // 0 is zip.Store
}

// Archive makes a zip of entries.
func Archive(t testing.TB, entries ...Entry) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.Name, Method: e.Method}
		h.SetMode(e.Mode | 0o644)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Locked marks the files of a zip as a password would.
func Locked(data []byte) []byte {
	data = bytes.Clone(data)
	for at := bytes.Index(data, []byte("PK\x01\x02")); at >= 0; {
		data[at+8] |= 1
		next := bytes.Index(data[at+4:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += 4 + next
	}
	return data
}

// Bounded fails the test when work needs more than 64 MiB, or far more of the processor than an honest document does
// here and now: with the race detector, or on a slow machine, that one needs more too. What others on the machine do
// does not count.
func Bounded(t *testing.T, honest, work func()) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(25)) // what is needed counts, not what is thrown away
	control := Worked(t)
	honest()
	most := max(10*time.Second, 10*(Worked(t)-control))
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop := make(chan struct{})
	high := make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-stop:
				high <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	began := Worked(t)
	work()
	took := Worked(t) - began
	close(stop)
	used := int64(<-high) - int64(before.HeapAlloc)
	t.Logf("%.3f s, %d MiB", took.Seconds(), used>>20)
	if took > most || used > 64<<20 {
		t.Errorf("took %v and %d MiB", took, used>>20)
	}
}

// Worked is how long processors have worked for this process, whatever others did.
func Worked(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// Said is mistakes as texts: their codes and what they name.
func Said(m mistake.Mistakes) []string {
	var all []string
	for _, one := range m {
		all = append(all, strings.Join(append([]string{one.Code}, one.Args...), " "))
	}
	return all
}

var allowedTags = map[atom.Atom]bool{atom.P: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Ul: true, atom.Ol: true, atom.Li: true,
	atom.Blockquote: true, atom.Pre: true, atom.Hr: true, atom.Section: true, atom.Div: true, atom.Table: true, atom.Thead: true, atom.Tbody: true, atom.Tr: true, atom.Th: true,
	atom.Td: true, atom.Strong: true, atom.Em: true, atom.Del: true, atom.Code: true, atom.Br: true, atom.A: true, atom.Img: true, atom.Input: true,
	atom.Details: true, atom.Summary: true, atom.Figure: true, atom.Figcaption: true, atom.Audio: true, atom.Video: true, atom.Track: true}

// Judge reads HTML as a browser does and tells what in it could run or load something.
func Judge(t testing.TB, source string, tags func(atom.Atom) bool) error {
	var bad error
	ids := map[string]bool{}
	WalkHTML(t, source, func(n *html.Node) {
		switch n.Type {
		case html.TextNode:
		case html.ElementNode:
			if !tags(n.DataAtom) || n.Namespace != "" {
				bad = fmt.Errorf("element <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(allowedAttributes, n.Data+"."+a.Key) || a.Namespace != "" {
					bad = fmt.Errorf("attribute %s of <%s>", a.Key, n.Data)
				}
				if err := judgeAttribute(n, a); err != nil {
					bad = err
				}
				if a.Key == "id" && ids[a.Val] {
					bad = fmt.Errorf("id %s twice", a.Val)
				} else if a.Key == "id" {
					ids[a.Val] = true
				}
			}
		default:
			bad = fmt.Errorf("node of type %d", n.Type)
		}
	})
	return bad
}

func InLine(a atom.Atom) bool {
	return slices.Contains([]atom.Atom{atom.Strong, atom.Em, atom.Del, atom.Code, atom.Br, atom.A}, a)
}

func InLesson(a atom.Atom) bool { return allowedTags[a] }

func WalkHTML(t testing.TB, source string, visit func(*html.Node)) {
	nodes, err := html.ParseFragment(strings.NewReader(source), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		visit(n)
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
}

var allowedAttributes = strings.Fields("h2.id h3.id h4.id h5.id h6.id ol.start section.class div.class section.aria-label div.aria-label div.role div.tabindex th.align td.align " +
	"img.src img.alt img.width img.height img.loading details.class figure.class audio.controls audio.preload audio.src audio.aria-label video.controls video.preload video.src video.aria-label track.kind track.srclang track.label track.src input.aria-label input.type input.checked input.disabled a.href a.rel")

func judgeAttribute(n *html.Node, a html.Attribute) error {
	switch a.Key {
	case "src":
		if a.Val != "/media/0123abcd.svg" {
			return fmt.Errorf("picture %q", a.Val)
		}
	case "href":
		u, err := url.Parse(a.Val)
		if err != nil || !slices.Contains([]string{"", "http", "https", "mailto", "tel"}, u.Scheme) || (u.Scheme == "" && u.Host != "") {
			return fmt.Errorf("link %q", a.Val)
		}
		follows := !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "rel" && a.Val == "noopener nofollow" })
		if u.Host != "" && follows {
			return fmt.Errorf("link %q without rel", a.Val)
		}
	}
	return nil
}
