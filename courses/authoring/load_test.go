package authoring

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

func TestLoadReadsACourse(t *testing.T) {
	fsys := fstest.MapFS{}
	for name, data := range coursetest.Good() {
		fsys[name] = &fstest.MapFile{Data: data}
	}
	p, m, err := Load(fsys)
	if err != nil || len(m) != 0 {
		t.Fatal(err, m)
	}
	v := p.Version
	if v.Course != "LS9" || v.Strand != courses.LibraryService || v.Title != (courses.Text{Vi: "Phục vụ", En: "Serving"}) || v.Periods != 1 || v.PassMark != 60 {
		t.Errorf("%+v", v)
	}
	if v.ID != "" || v.Number != 0 || !v.PublishedAt.IsZero() {
		t.Errorf("the publisher's fields are taken: %+v", v)
	}
	lesson, ok := v.Lesson("don-tiep")
	if !ok || lesson.Minutes != 12 || !strings.HasPrefix(lesson.Body.En, "One morning.") || lesson.Quiz.Questions[0].Options[0].Text.En != "All" {
		t.Errorf("%+v", lesson)
	}
	blob := v.Blob("gia.svg")
	if blob != Sum([]byte(coursetest.SVG))+".svg" || string(p.Media[blob]) != coursetest.SVG {
		t.Errorf("media %v", v.Media)
	}
}

// spoil changes one file of the good course; new "" takes the file away.
func spoil(t *testing.T, file, old, new string) map[string][]byte {
	files := coursetest.Good()
	if old == "" && new == "" {
		delete(files, file)
		return files
	}
	changed := strings.Replace(string(files[file]), old, new, 1)
	if changed == string(files[file]) {
		t.Fatalf("%q is not in %s", old, file)
	}
	files[file] = []byte(changed)
	return files
}

func told(m mistake.Mistakes) string {
	var all []string
	for _, one := range m {
		severity := ""
		if s := one.String(); strings.Contains(s, "%!") {
			severity = " badly filled: " + s
		}
		if one.Warning {
			severity = "?"
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s:%d %s%s %s", one.File, one.Line, one.Code, severity, strings.Join(one.Args, " "))))
	}
	return strings.Join(all, "; ")
}

func TestLoadNamesEveryMistake(t *testing.T) {
	const y, vi, en, gift = "course.yaml", "lessons/don-tiep.vi.md", "lessons/don-tiep.en.md", "lessons/don-tiep.vi.gift"
	for _, c := range []struct{ file, old, new, want string }{
		{y, "", "", "course.yaml:0 file-missing"},
		{y, "id: LS9", "id: LS 9", "course.yaml:1 course-id LS 9"},
		{y, "id: LS9", "id: 9", "course.yaml:1 yaml-type id \"…\""},
		{y, "id: LS9", "id: &a LS9", "course.yaml:1 yaml-alias"},
		{y, "library-service", "magic", "course.yaml:2 strand-unknown magic"},
		{y, "periods: 1\n", "", ""},
		{y, "periods: 1", "periods: 2", "course.yaml:5 periods-high 2 22 1"},
		{y, "periods: 1\n", "periods: 201\n", "course.yaml:5 number-range periods 1 200; course.yaml:5 periods-high 201 22 1"},
		{y, "periods: 1", "periods: many", "course.yaml:5 yaml-type periods 0, 1, 2, …"},
		{y, "periods: 1", "periods: 0", "course.yaml:5 number-range periods 1 200"},
		{y, "periods: 1", "periods: 1\nprice: 3", "course.yaml:6 yaml-key-unknown price"},
		{y, "periods: 1", "periods: 1\nperiods: 3", "course.yaml:6 yaml-key-twice periods"},
		{y, "pass_mark: 60", "pass_mark: 40", "course.yaml:6 pass-mark-low 40"},
		{y, `{vi: "Phục vụ", en`, `{vi: "Sách → bạn đọc ★", en`, "course.yaml:3 title-letters U+2192 '→'"},
		{y, "periods: 1", "periods: 1\nshuffle: maybe", "course.yaml:6 yaml-type shuffle true, false"},
		{y, "vi: \"Đón tiếp\", ", "", "course.yaml:13 yaml-key-missing title.vi"},
		{y, ", en: \"Welcoming\"", "", "course.yaml:13 untranslated? title"},
		{y, "\"Đón tiếp\"", "\"  \"", "course.yaml:13 yaml-empty title.vi; course.yaml:13 yaml-key-missing title.vi"},
		{y, "\"Đón tiếp\"", "\"Đo\\u0301n\"", "course.yaml:13 text-not-nfc Đón"},
		{y, "\"Đón tiếp\"", "\"Đón\\u0007\"", "course.yaml:13 text-control '\\a'"},
		{y, "  - id: mot", "  - id: Mot", "course.yaml:9 lesson-id Mot"},
		{y, "id: cho-muon", "id: don-tiep", "course.yaml:16 lesson-id-twice don-tiep; lessons/cho-muon.en.md:0 file-unknown?; lessons/cho-muon.vi.md:0 file-unknown?; " +
			"lessons/don-tiep.en.md:5 md-link cho-muon.en.md; lessons/don-tiep.vi.md:5 md-link cho-muon"},
		{y, "modules:\n", "modules: []\nx:\n", "course.yaml:8 modules-none; course.yaml:9 yaml-key-unknown x; " +
			"lessons/cho-muon.en.md:0 file-unknown?; lessons/cho-muon.vi.md:0 file-unknown?; lessons/don-tiep.en.gift:0 file-unknown?; " +
			"lessons/don-tiep.en.md:0 file-unknown?; lessons/don-tiep.vi.gift:0 file-unknown?; lessons/don-tiep.vi.md:0 file-unknown?; media/gia.svg:0 media-unused?"},
		{y, "validity_months: 0", "validity_months: 0\n  x: [", "course.yaml:8 yaml-broken mapping values are not allowed in this context"},
		{"lessons/cho-muon.vi.md", "", "", "lessons/cho-muon.vi.md:0 file-missing"},
		{"lessons/cho-muon.en.md", "", "", "lessons/cho-muon.en.md:0 untranslated? body"},
		{"lessons/don-tiep.en.gift", "", "", "lessons/don-tiep.vi.gift:0 untranslated? lessons/don-tiep.en.gift"},
		{gift, "", "", "lessons/don-tiep.vi.gift:0 language-missing"},
		{vi, "Một buổi", "Mo\u0302\u0323t buổi", "lessons/don-tiep.vi.md:1 text-not-nfc Một buổi sáng."},
		{vi, "Một buổi", "Một\u202e buổi", "lessons/don-tiep.vi.md:1 text-control '\\u202e'"},
		{vi, "Một buổi", "Một\xff buổi", "lessons/don-tiep.vi.md:1 text-not-utf8"},
		{vi, "## Chào", "# Chào\n\n## Chào", "lessons/don-tiep.en.md:0 sections-differ? 1 2; lessons/don-tiep.vi.md:3 md-heading-1"},
		{en, "## Greet", "## One\n\nx\n\n## Greet", "lessons/don-tiep.en.md:0 sections-differ 2 1"},
		{vi, "Xem ", "Xem <br> ", "lessons/don-tiep.vi.md:5 md-raw-html <br>"},
		{vi, "Xem ", "<div>\nx\n</div>\n\nXem ", "lessons/don-tiep.vi.md:5 md-raw-html <div> x </div>"},
		{vi, "(cho-muon)", "(gone)", "lessons/don-tiep.vi.md:5 md-link gone"},
		{vi, "(cho-muon)", "()", "lessons/don-tiep.vi.md:5 md-link"},
		{vi, "(cho-muon)", "[ref]", "lessons/don-tiep.vi.md:5 md-link-undefined [bài sau][ref]"},
		{vi, "(cho-muon)", "(javascript:x)", "lessons/don-tiep.vi.md:5 md-link javascript:x"},
		{vi, "#muc-1", "#muc-2", "lessons/don-tiep.vi.md:5 md-link #muc-2"},
		{vi, "#muc-1", "#chao", ""},
		{vi, "#muc-1", "#Chào", ""},
		{vi, "#muc-1", "#chao-hoi", "lessons/don-tiep.vi.md:5 md-link #chao-hoi"},
		{vi, "#muc-1", "#muc-1-1", "lessons/don-tiep.vi.md:5 md-link #muc-1-1"},
		{vi, "#muc-1).\n", "#chao).\n\n### Chào\n", "lessons/don-tiep.vi.md:5 md-link-twice #chao"},
		{gift, "#Đúng.", "#[Đúng](\\#chao).", "lessons/don-tiep.vi.gift:3 md-link #chao"},
		{vi, "gia.svg", "ghe.svg", "lessons/don-tiep.vi.md:7 md-image-missing ghe.svg"},
		{vi, "../media/gia.svg", "https://a.example/gia.svg", "lessons/don-tiep.vi.md:7 md-image-outside https://a.example/gia.svg"},
		{vi, "![Giá sách]", "![]", "lessons/don-tiep.vi.md:7 md-image-alt gia.svg"},
		{gift, "section-1", "section-7", "lessons/don-tiep.en.gift:2 quiz-section q1 lessons/don-tiep.vi.gift; lessons/don-tiep.vi.gift:2 gift-section 7"},
		{gift, "Chào ai?", "Chào <b>ai</b>?", "lessons/don-tiep.vi.gift:2 md-raw-html <b>; lessons/don-tiep.vi.gift:2 md-raw-html </b>"},
		{gift, "=Mọi người", "=![x](../media/gia.svg)", "lessons/don-tiep.vi.gift:3 md-image-here"},
		{gift, "=Mọi", "~Mọi", "lessons/don-tiep.en.gift:2 quiz-kind q1 single multiple lessons/don-tiep.vi.gift; lessons/don-tiep.vi.gift:2 gift-no-right"},
		{"media/gia.svg", "<text", "<script>x</script><text", "media/gia.svg:1 svg-forbidden <script>"},
		{"lessons/don-tiep.vi.md", "Một", strings.Repeat("a", markdown.MaxText), "lessons/don-tiep.vi.md:0 file-too-large 32 KiB"},
	} {
		t.Run(c.want, func(t *testing.T) {
			_, m := LoadFiles(spoil(t, c.file, c.old, c.new))
			got := told(m)
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// Vietnamese comes first: a course whose English is behind, in whatever part, can be published.
func TestEnglishThatIsMissingIsAReminder(t *testing.T) {
	english := regexp.MustCompile(`,? en: "[^"]*"`)
	for name, change := range map[string]func(string, string) (string, bool){
		"no English at all": func(file, text string) (string, bool) {
			return english.ReplaceAllString(text, ""), !strings.Contains(file, ".en.")
		},
		"English files that were emptied": func(file, text string) (string, bool) {
			if strings.Contains(file, ".en.") {
				return "\n", true
			}
			return text, true
		},
		"Vietnamese that has gone on": func(file, text string) (string, bool) {
			switch {
			case strings.HasSuffix(file, ".vi.md"):
				text += "\n## Thêm\n\nChữ.\n"
			case strings.HasSuffix(file, ".vi.gift"):
				text += "\n// [id:q2] [tag:section-2]\nAi nữa? {=a#a ~b#b}\n"
			}
			return text, true
		},
		"a question about a section that English has not yet": func(file, text string) (string, bool) {
			if strings.HasSuffix(file, ".vi.md") {
				text += "\n## Thêm\n\nChữ.\n"
			}
			return strings.ReplaceAll(text, "section-1", "section-2"), true
		},
	} {
		files := map[string][]byte{}
		for file, data := range coursetest.Whole() {
			if text, keep := change(file, string(data)); keep {
				files[file] = []byte(text)
			}
		}
		p, m := LoadFiles(files)
		if m.Errors() {
			t.Errorf("%s: %v", name, m)
		}
		if len(m) == 0 {
			t.Errorf("%s: nobody is reminded", name)
		}
		if p.Version.Modules[0].Lessons[0].Body.In("en") == "" {
			t.Errorf("%s: who reads English reads nothing", name)
		}
	}
}

// drawn is the good course with pools in its quiz and what course.yaml says of them.
func drawn(draw string) map[string][]byte {
	files := coursetest.Good()
	files[CourseFile] = []byte(strings.Replace(coursetest.YAML, "        minutes: 12\n", "        minutes: 12\n        draw: "+draw+"\n", 1))
	quiz := "$CATEGORY: top/Một\n\n// [id:a]\nA {T#a#b}\n\n// [id:b]\nB {T#a#b}\n\n// [id:e]\nE {####e}\n\n$CATEGORY: top\n\n// [id:c]\nC {T#a#b}\n"
	files["lessons/don-tiep.vi.gift"], files["lessons/don-tiep.en.gift"] = []byte(quiz), []byte(quiz)
	return files
}

func TestLoadReadsWhatIsDrawn(t *testing.T) {
	for _, c := range []struct {
		draw string
		want []courses.Draw
	}{{"2", []courses.Draw{{Count: 2}}}, {"[{pool: Một, count: 1}]", []courses.Draw{{Pool: "Một", Count: 1}}}, {`[{pool: "top/Một", count: 1}]`, []courses.Draw{{Pool: "Một", Count: 1}}}} {
		p, m := LoadFiles(drawn(c.draw))
		if got := p.Version.Lessons()[0].Quiz.Draw; len(m) > 0 || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", c.draw, got, m)
		}
	}
	for draw, want := range map[string]string{
		"0":                       "course.yaml:16 number-range draw 1 100",
		"nhiều":                   "course.yaml:16 yaml-type draw 0, 1, 2, …",
		"{pool: Một, count: 1}":   "course.yaml:16 draw-form draw",
		"4":                       "course.yaml:0 draw-few don-tiep  4 3",
		"[{pool: Hai, count: 1}]": "course.yaml:0 draw-pool don-tiep Hai",
		"[{pool: Một, count: 3}]": "course.yaml:0 draw-few don-tiep Một 3 2",
		"[{pool: Một, count: 2}]": "course.yaml:0 draw-all? don-tiep Một 2",
		"[{pool: top, count: 1}]": "course.yaml:16 draw-form draw",
		"[{pool: Một}]":           "course.yaml:16 yaml-key-missing count",
		"[{pool: Một, count: 1}, {pool: Một, count: 1}]": "course.yaml:16 draw-twice Một",
	} {
		_, m := LoadFiles(drawn(draw))
		if got := told(m); !strings.Contains(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", draw, got, want)
		}
	}
}

func TestLoadNamesAllMistakesInOneRun(t *testing.T) {
	files := coursetest.Good()
	files["course.yaml"] = []byte(strings.NewReplacer("pass_mark: 60", "pass_mark: 6", "library-service", "magic", "minutes: 12", "minutes: 0").Replace(coursetest.YAML))
	files["lessons/don-tiep.vi.md"] = append(files["lessons/don-tiep.vi.md"], "<b>x</b> [y](gone)\n"...)
	files["lessons/don-tiep.en.gift"] = []byte("A {#x####f}\n\nB }\n")
	files["media/Bad name.svg"] = []byte(coursetest.SVG)
	files["notes.txt"] = []byte("x")
	delete(files, "lessons/cho-muon.vi.md")
	_, m := LoadFiles(files)
	var codes []string
	for _, one := range m {
		codes = append(codes, one.Code)
	}
	want := strings.Fields("strand-unknown pass-mark-low number-range file-missing gift-number quiz-kind quiz-section gift-brace md-raw-html md-raw-html md-link " +
		"media-name media-unused file-unknown")
	slices.Sort(codes)
	slices.Sort(want)
	if !slices.Equal(codes, want) {
		t.Errorf("\n got %v\nwant %v\n%v", codes, want, m)
	}
}

func TestLoadTakesNoLinks(t *testing.T) {
	dir := t.TempDir()
	for name, data := range coursetest.Good() {
		path := dir + "/" + name
		if err := os.MkdirAll(path[:strings.LastIndex(path, "/")], 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", dir+"/media/ghe.svg"); err != nil {
		t.Skip("this file system has no links")
	}
	p, m, err := Load(os.DirFS(dir))
	if err != nil || told(m) != "media/ghe.svg:0 file-not-regular" || len(p.Version.Media) != 1 {
		t.Error(err, told(m), p.Version.Media)
	}
}

func TestLoadGivesTheFileSystemsError(t *testing.T) {
	if _, _, err := Load(os.DirFS(t.TempDir() + "/gone")); err == nil {
		t.Error("a folder that is not there was read")
	}
}

func TestLoadHasLimits(t *testing.T) {
	fsys := fstest.MapFS{}
	for i := range maxFiles + 1 {
		fsys[fmt.Sprintf("media/a%d.svg", i)] = &fstest.MapFile{Data: []byte("x")}
	}
	_, m, _ := Load(fsys)
	if !slices.ContainsFunc(m, func(one mistake.Mistake) bool { return one.Code == "too-many-files" }) {
		t.Error("too many files were read")
	}
	big := fstest.MapFS{}
	for i := range 5 {
		big[fmt.Sprintf("media/a%d.png", i)] = &fstest.MapFile{Data: make([]byte, maxCourse/4)}
	}
	_, m, _ = Load(big)
	if !slices.ContainsFunc(m, func(one mistake.Mistake) bool { return one.Code == "course-too-large" }) {
		t.Error("too large a course was read")
	}
}

func TestHashIsThatOfTheContent(t *testing.T) {
	base, _ := LoadFiles(coursetest.Good())
	seen := map[string]string{base.Version.Hash: "nothing"}
	for _, c := range []struct{ file, old, new string }{
		{"course.yaml", "minutes: 12", "minutes: 13"}, {"lessons/don-tiep.en.md", "One", "A"}, {"lessons/don-tiep.en.gift", "Right", "Good"}, {"media/gia.svg", "Giá", "Ghế"},
	} {
		p, _ := LoadFiles(spoil(t, c.file, c.old, c.new))
		if other, ok := seen[p.Version.Hash]; ok {
			t.Errorf("changing %s gives the hash of changing %s", c.file, other)
		}
		seen[p.Version.Hash] = c.file
	}
	same := coursetest.Good()
	for name, data := range same {
		if !strings.HasPrefix(name, "media/") {
			same[name] = []byte("\ufeff" + strings.ReplaceAll(string(data), "\n", "\r\n"))
		}
	}
	if p, m := LoadFiles(same); p.Version.Hash != base.Version.Hash {
		t.Error("line endings change the hash", m)
	}
}

func TestReportMeasuresLessons(t *testing.T) {
	files := coursetest.Good()
	delete(files, "lessons/cho-muon.en.md")
	p, _ := LoadFiles(files)
	all := p.Sizes()
	first := all[0]
	if first.Words != (PerLanguage{12, 8}) || first.Sections != (PerLanguage{1, 1}) || first.Pictures != (PerLanguage{1, 1}) || first.Questions[courses.SingleChoice] != 1 {
		t.Errorf("%+v", first)
	}
	if first.Compressed.Vi < 100 || first.Compressed.Vi > 600 || first.Untranslated != nil {
		t.Errorf("%+v", first)
	}
	if second := all[1]; !slices.Equal(second.Untranslated, []string{"body"}) || second.Words.En != 0 {
		t.Errorf("%+v", second)
	}
}

func TestHeavyLessonsAreNamed(t *testing.T) {
	files := coursetest.Good()
	var noise strings.Builder
	for i := range 800 {
		s := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		noise.WriteString(base64.StdEncoding.EncodeToString(s[:21]) + " ")
	}
	files["lessons/cho-muon.vi.md"] = []byte("## A\n\n" + noise.String())
	_, m := LoadFiles(files)
	if !strings.HasPrefix(told(m), "lessons/cho-muon.vi.md:0 lesson-heavy 18 KiB 12 KiB vi.md 18 KiB") {
		t.Error(told(m))
	}
}

func TestMediaIsChecked(t *testing.T) {
	const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">`
	for _, c := range []struct{ name, file, data, want string }{
		{"plain", "a.svg", coursetest.SVG, ""},
		{"header and comment", "a.vi.svg", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x -->" + coursetest.SVG, ""},
		{"inner references", "a.svg", head + `<style>.a{fill:url(#b)}</style><use xlink:href="#c"/><rect style="fill:url('#b')" fill="url( #b )"/></svg>`, ""},
		{"script", "a.svg", head + "\n<script>x</script></svg>", "2 svg-forbidden <script>"},
		{"handler", "a.svg", head + `<rect onload="x"/></svg>`, "1 svg-forbidden onload="},
		{"handler in capitals", "a.svg", head + `<rect ONCLICK="x"/></svg>`, "1 svg-forbidden ONCLICK="},
		{"foreign object", "a.svg", head + `<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject></svg>`, "1 svg-forbidden <foreignObject>; 1 svg-forbidden <p>"},
		{"a script of another namespace", "a.svg", head + `<h:script xmlns:h="http://www.w3.org/1999/xhtml">x</h:script></svg>`, "1 svg-forbidden <script>"},
		{"image", "a.svg", head + `<image href="data:image/png;base64,AAAA"/></svg>`, "1 svg-forbidden <image>"},
		{"link", "a.svg", head + `<a href="https://e.example"/></svg>`, "1 svg-forbidden <a>"},
		{"animation", "a.svg", head + `<rect><set attributeName="href" to="javascript:x"/></rect></svg>`, "1 svg-forbidden <set>"},
		{"a shape used ten times ten times ten times ten times", "a.svg", head + `<g id="a"><rect/></g>` + tenfold("a", "b") + tenfold("b", "c") + tenfold("c", "d") + tenfold("d", "e") + `</svg>`, "1 svg-shapes 5000"},
		{"a shape used ten times ten times ten times", "a.svg", head + `<g id="a"><rect/></g>` + tenfold("a", "b") + tenfold("b", "c") + tenfold("c", "d") + `</svg>`, ""},
		{"a group that uses itself", "a.svg", head + `<g id="a"><use href="#b"/></g><g id="b"><use xlink:href="#a"/></g></svg>`, "1 svg-shapes 5000"},
		{"a marker at each vertex", "a.svg", head + `<marker id="m">` + strings.Repeat("<path/>", 40) + `</marker><path d="M0` + strings.Repeat(" 1", 200) + `" marker-mid="url(#m)"/></svg>`, "1 svg-shapes 5000"},
		{"a mask of the style sheet", "a.svg", head + `<style>rect{mask:url(#m)}</style><mask id="m">` + strings.Repeat("<path/>", 80) + `</mask>` + strings.Repeat("<rect/>", 80) + `</svg>`, "1 svg-shapes 5000"},
		{"a use of nothing", "a.svg", head + `<use href="#none"/><rect fill="url(#none)"/></svg>`, ""},
		{"use from outside", "a.svg", head + `<use xlink:href="https://e.example/x.svg#a"/></svg>`, "1 svg-external href=https://e.example/x.svg#a"},
		{"paint from outside", "a.svg", head + `<rect fill="url(https://e.example/x.svg#a)"/></svg>`, "1 svg-external fill=url(https://e.example/x.svg#a)"},
		{"style import", "a.svg", head + `<style>@import "https://e.example/x.css";</style></svg>`, "1 svg-external <style>"},
		{"style from outside", "a.svg", head + `<style>a{fill:url(//e.example/x)}</style></svg>`, "1 svg-external <style>"},
		{"hidden style", "a.svg", head + `<style>a{fill:u\72l(//e.example/x)}</style></svg>`, "1 svg-external <style>"},
		{"style sheet", "a.svg", `<?xml-stylesheet href="https://e.example/x.css"?>` + coursetest.SVG, "1 svg-forbidden <?xml-stylesheet"},
		{"entity", "a.svg", `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + coursetest.SVG, "1 svg-forbidden <!DOCTYPE"},
		{"other encoding", "a.svg", `<?xml version="1.0" encoding="UTF-16"?>` + coursetest.SVG, "1 svg-broken <svg xmlns=\"http://www.w3.org/2000/svg\">"},
		{"no namespace", "a.svg", `<svg viewBox="0 0 9 9"></svg>`, "1 svg-broken <svg xmlns=\"http://www.w3.org/2000/svg\">"},
		{"no size", "a.svg", `<svg xmlns="http://www.w3.org/2000/svg"></svg>`, "1 svg-viewbox"},
		{"not closed", "a.svg", head + "\n<g>", "2 svg-broken XML syntax error on line 2: unexpected EOF"},
		{"too large", "a.svg", head + strings.Repeat(" ", markdown.MaxSVG) + "</svg>", "0 media-too-large 33 KiB 32 KiB"},
		{"name with spaces", "a b.svg", coursetest.SVG, "0 media-name"},
		{"name in a folder", "x/a.svg", coursetest.SVG, "0 media-name"},
		{"another kind", "a.gif", "GIF89a", "0 media-name"},
		{"png", "a.png", string(coursetest.PNG(t, 4, 4)), ""},
		{"png called jpg", "a.jpg", string(coursetest.PNG(t, 4, 4)), "0 media-not-as-named"},
		{"html called png", "a.png", "<script>", "0 media-not-as-named"},
		{"svg called png", "a.png", coursetest.SVG, "0 media-not-as-named"},
		{"too wide", "a.png", string(coursetest.PNG(t, markdown.MaxPixels+1, 1)), "0 media-too-many-pixels 4000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.ReplaceAll(told(markdown.CheckMedia("f", c.file, []byte(c.data))), "f:", "")
			if got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestPictureSizeIsThatOfTheFile(t *testing.T) {
	if w, h, ok := markdown.PictureSize([]byte(coursetest.SVG)); w != 360 || h != 240 || !ok {
		t.Error(w, h, ok)
	}
	if w, h, ok := markdown.PictureSize(coursetest.PNG(t, 3, 5)); w != 3 || h != 5 || !ok {
		t.Error(w, h, ok)
	}
	for _, bad := range []string{"", "x", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 NaN 9"/>`, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1e9 9"/>`} {
		if _, _, ok := markdown.PictureSize([]byte(bad)); ok {
			t.Errorf("%q has a size", bad)
		}
	}
}

// Every code that the package uses has a sentence, and every sentence is used; places are filled.
func TestEveryMistakeHasItsSentence(t *testing.T) {
	used := map[string]bool{}
	code := regexp.MustCompile(`(?s)(?:\.(?:[aA]dd|[wW]arn|id|[cC]ount|bad|empty)\(|because\(|Mistake\{Code: )(.*?)\n`)
	word := regexp.MustCompile(`"(untranslated|[a-z0-9]+(?:-[a-z0-9]+)+)"`)
	for _, name := range sources(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range code.FindAllStringSubmatch(string(data), -1) {
			for _, w := range word.FindAllStringSubmatch(call[1], -1) {
				used[w[1]] = true
			}
		}
	}
	if want := sentences(t); !slices.Equal(slices.Sorted(maps.Keys(used)), want) {
		t.Errorf("\n used %v\nnamed %v", slices.Sorted(maps.Keys(used)), want)
	}
	one := mistake.Mistake{File: "lessons/x.vi.gift", Line: 12, Code: "quiz-order", Args: []string{"q1", "lessons/x.en.gift"}}
	if got, want := one.String(), "lessons/x.vi.gift:12: quiz-order q1 lessons/x.en.gift"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// sentences lists the codes that the English messages have a sentence for.
func sentences(t *testing.T) []string {
	data, err := os.ReadFile("../../content/messages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var messages map[string]string
	if err := json.Unmarshal(data, &messages); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for key := range messages {
		if code, ok := strings.CutPrefix(key, "mistake."); ok {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

func sources(t *testing.T) []string {
	var entries []string
	for _, room := range []string{"*.go", "*/*.go"} {
		files, err := fs.Glob(os.DirFS("."), room)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, files...)
	}
	return slices.DeleteFunc(entries, func(s string) bool { return strings.HasSuffix(s, "_test.go") })
}

func FuzzCourseYAML(f *testing.F) {
	f.Add(coursetest.YAML)
	f.Add(coursetest.YAML + coursetest.PracticeYAML)
	f.Add("a: &a [*a]")
	f.Add("id: |\n  x\n--- \n")
	f.Fuzz(func(t *testing.T, source string) {
		var m mistake.Mistakes
		v, _ := ReadCourse([]byte(source), &m)
		for _, one := range m {
			if one.Line < 1 || one.Line > strings.Count(markdown.Newlines(source), "\n")+2 {
				t.Fatalf("%+v", one)
			}
		}
		if m.Errors() {
			return
		}
		data, err := CourseYAML(v)
		if err != nil {
			t.Fatal(err)
		}
		back, _ := ReadCourse(data, &m)
		if m.Errors() || !reflect.DeepEqual(back, v) {
			t.Fatalf("%v\n%s\n got %+v\nwant %+v", m, data, back, v)
		}
	})
}

func FuzzSVG(f *testing.F) {
	f.Add([]byte(coursetest.SVG))
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><style>a{}</style></svg>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := markdown.CheckMedia("f", "a.svg", data)
		lower := strings.ToLower(string(data))
		if !m.Errors() && (strings.Contains(lower, "<script") || strings.Contains(lower, " onload=")) && !strings.Contains(lower, "<!--") && !strings.Contains(lower, "cdata") &&
			!strings.ContainsAny(lower, `'"`) {
			t.Fatalf("%q passed", data)
		}
	})
}

func FuzzLoad(f *testing.F) {
	good := coursetest.Good()
	f.Add(string(good["lessons/don-tiep.vi.md"]), string(good["lessons/don-tiep.en.md"]), coursetest.ViQuiz, coursetest.EnQuiz)
	f.Add("\ufeff## A\r\n", " ", "A {T#a#b}", "")
	f.Fuzz(func(t *testing.T, vi, en, viGift, enGift string) {
		files := coursetest.Good()
		files["lessons/cho-muon.vi.md"], files["lessons/cho-muon.en.md"] = []byte(vi), []byte(en)
		files["lessons/cho-muon.vi.gift"], files["lessons/cho-muon.en.gift"] = []byte(viGift), []byte(enGift)
		p, m := LoadFiles(files)
		if m.Errors() {
			return
		}
		again, err := p.Files()
		if err != nil {
			t.Fatal(err)
		}
		if back, m := LoadFiles(again); m.Errors() || !reflect.DeepEqual(back, p) {
			t.Fatalf("%v\n got %+v\nwant %+v", m, back.Version, p.Version)
		}
	})
}

// tenfold is a group that uses another ten times.
func tenfold(of, id string) string {
	return `<g id="` + id + `">` + strings.Repeat(`<use href="#`+of+`"/>`, 10) + `</g>`
}

func TestTheTurnsOfAQuizAreWrittenAsTheyAreRead(t *testing.T) {
	files := coursetest.Good()
	files["course.yaml"] = bytes.Replace(files["course.yaml"], []byte("modules:"), []byte("key_after: 5\nmodules:"), 1)
	files["course.yaml"] = bytes.Replace(files["course.yaml"], []byte("minutes: 12"), []byte("minutes: 12\n        attempts: 3\n        pause_minutes: 15"), 1)
	p, mistakes := LoadFiles(files)
	if mistakes.Errors() {
		t.Fatal(mistakes)
	}
	if q := p.Version.Modules[0].Lessons[0].Quiz; p.Version.KeyAfter != 5 || q.Attempts != 3 || q.PauseMinutes != 15 || len(q.Questions) != 1 {
		t.Errorf("read: %d, %+v", p.Version.KeyAfter, q)
	}
	var err error
	if files["course.yaml"], err = CourseYAML(p.Version); err != nil {
		t.Fatal(err)
	}
	if again, mistakes := LoadFiles(files); mistakes.Errors() || again.Version.Hash != p.Version.Hash {
		t.Errorf("written and read again it is another course: %v", mistakes)
	}
	// Turns of nothing are a mistake.
	files["course.yaml"] = bytes.Replace(files["course.yaml"], []byte("minutes: 10"), []byte("minutes: 10\n        attempts: 3"), 1)
	if _, mistakes := LoadFiles(files); len(mistakes) != 1 || mistakes[0].Code != "turns-no-quiz" {
		t.Errorf("attempts without a quiz: %v", mistakes)
	}
}
