package paper

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lopban/courses"
)

// small is a course of two lessons with a question of every kind.
func small() *courses.Version {
	both := func(vi, en string) courses.Text { return courses.Text{Vi: vi, En: en} }
	right := courses.Option{ID: "a", Text: both("Ba dòng", "Three lines"), Weight: 1, Feedback: both("Trả lẻ vẫn rõ.", "Single returns stay clear.")}
	wrong := courses.Option{ID: "b", Text: both("Một dòng", "One line"), Feedback: both("Không đóng được dòng.", "The line cannot be closed.")}
	return &courses.Version{ID: "K1@2", Course: "K1", Number: 2, PublishedAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Periods: 4,
		Title: both("Ghi sổ mượn", "Keeping the loan register"), Summary: both("Bạn ghi được sổ mượn.", "You can keep the register."),
		Modules: []courses.Module{{ID: "m", Title: both("Phần một", "Part one"), Lessons: []courses.Lesson{
			{ID: "doc", Title: both("Đọc trước", "Read first"), Minutes: 10, Body: both("doc", "doc")},
			{ID: "thu", Title: both("Thử ghi", "Try it"), Minutes: 12, Body: both("thu", "thu"), Quiz: courses.Quiz{Questions: []courses.Question{
				{ID: "q0", Kind: courses.Description, Prompt: both("Xem tờ sổ bên trên.", "Look at the sheet above.")},
				{ID: "q1", Kind: courses.SingleChoice, Prompt: both("Ghi mấy dòng?", "How many lines?"), Options: []courses.Option{wrong, right}},
				{ID: "q2", Kind: courses.MultipleChoice, Prompt: both("Ô nào cần?", "Which boxes?"), Options: []courses.Option{right, wrong}},
				{ID: "q3", Kind: courses.TrueFalse, Prompt: both("Thu tiền phạt ngay.", "Collect a fine at once."), Options: []courses.Option{{ID: "true"}, {ID: "false", Weight: 1}}},
				{ID: "q4", Kind: courses.ShortAnswer, Prompt: both("Sổ nào?", "Which register?"), Accepted: []courses.Accepted{{Text: "sổ cái", Weight: 1}}},
				{ID: "q5", Kind: courses.Numerical, Prompt: both("Ngày mấy?", "Which day?"), Ranges: []courses.Range{{Min: 4, Max: 4, Weight: 1}}},
				{ID: "q6", Kind: courses.Matching, Prompt: both("Ghép đôi.", "Match."), Pairs: []courses.Pair{
					{Left: "1", Right: "x", LeftText: both("Quá 3 ngày", "3 days late"), RightText: both("Nhắn lại", "Message again")},
					{Left: "2", Right: "y", LeftText: both("Quá 30 ngày", "30 days late"), RightText: both("Gặp trực tiếp", "Meet in person")},
				}},
			}}},
		}}}}
}

const lessonHTML = `<h2 id="muc-1">Ba nguyên tắc</h2><p>Mỗi cuốn <strong>một dòng</strong>, <em>ghi trước</em> và gõ <code>=A2+14</code> → xong ✓.</p>
<ol start="3"><li>Thứ ba</li><li>Thứ tư<ul><li>ý nhỏ</li></ul></li></ol>
<section class="form"><h3>SỔ MƯỢN</h3><div class="table"><table><thead><tr><th>Ngày</th><th align="right">Số</th></tr></thead><tbody><tr><td>07/12</td><td align="right">1.204</td></tr><tr><td></td><td></td></tr></tbody></table></div></section>
<blockquote><p>Lời nhắn</p></blockquote><hr><pre><code>một
hai</code></pre><p><img src="ve.svg" alt="Một cái giá sách"></p>`

func bookletOf(key bool, picture []byte) Booklet {
	return Booklet{Version: small(), Lang: "vi", Key: key, Text: func(courses.Lesson) string { return lessonHTML }, Inline: func(m string) string { return m },
		Say: func(key string, args ...any) string {
			return strings.TrimSpace(key + " " + strings.Trim(fmt.Sprint(args...), "[]"))
		},
		Picture: func(src string) []byte { return picture }}
}

// printed is what pdftotext finds in a booklet.
func printed(t *testing.T, b Booklet) string {
	t.Helper()
	pdf, err := b.PDF()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "booklet.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "qpdf", "--check", file)
	return run(t, "pdftotext", "-layout", file, "-")
}

func TestBookletSaysAllOfTheCourse(t *testing.T) {
	words := printed(t, bookletOf(false, nil))
	for _, want := range []string{"Ghi sổ mượn", "Bạn ghi được sổ mượn.", "Phần một", "1. Đọc trước", "Thử ghi", "Ba nguyên tắc", "Mỗi cuốn một dòng, ghi trước và gõ =A2+14 → xong", "3. Thứ ba", "4. Thứ tư",
		"• ý nhỏ", "SỔ MƯỢN", "1.204", "Lời nhắn", "một\n", "[ Một cái giá sách ]", "Xem tờ sổ bên trên.", "Ghi mấy dòng?", "Ba dòng", "Một dòng", "quiz.true", "Ngày mấy?", "Quá 30 ngày"} {
		if !strings.Contains(words, want) {
			t.Errorf("not in the booklet: %q", want)
		}
	}
}

// What is right is in the trainer's edition alone, and so is the feedback, which says it too.
func TestOnlyTheTrainersEditionHasTheKey(t *testing.T) {
	learners, trainers := printed(t, bookletOf(false, nil)), printed(t, bookletOf(true, nil))
	for _, secret := range []string{"B. Ba dòng", "A. Ba dòng", "Trả lẻ vẫn rõ.", "sổ cái", "Quá 3 ngày → B"} {
		if strings.Contains(learners, secret) || !strings.Contains(trainers, secret) {
			t.Errorf("%q: learners %v, trainers %v", secret, strings.Contains(learners, secret), strings.Contains(trainers, secret))
		}
	}
	if strings.Contains(learners+trainers, "Không đóng được dòng.") {
		t.Error("feedback to a wrong answer is in a booklet")
	}
	if a, b := strings.Index(learners, "Gặp trực tiếp"), strings.Index(learners, "Nhắn lại"); a > b {
		t.Error("the right things stand in the order of the left ones")
	}
}

func TestEqualBookletsAreEqualBytes(t *testing.T) {
	first, err := bookletOf(true, nil).PDF()
	if err != nil {
		t.Fatal(err)
	}
	second, err := bookletOf(true, nil).PDF()
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%d and %d bytes, %v", len(first), len(second), err)
	}
}

func TestTheContentsNameThePages(t *testing.T) {
	pages := strings.Split(printed(t, bookletOf(false, nil)), "\f")
	for title, page := range map[string]int{"Đọc trước": 3, "Thử ghi": 4} {
		if !strings.Contains(pages[page-1], title) {
			t.Errorf("%s does not begin on page %d", title, page)
		}
		for _, line := range strings.Split(pages[1], "\n") {
			if strings.Contains(line, title) && !strings.HasSuffix(strings.TrimSpace(line), fmt.Sprint(" ", page)) {
				t.Errorf("the contents say %q, page %d", line, page)
			}
		}
	}
}

func TestPicturesOfEachFormatArePrinted(t *testing.T) {
	m := image.NewNRGBA64(image.Rect(0, 0, 40, 30)) // 16 bits and see-through: more than gofpdf reads
	m.Set(1, 1, color.NRGBA64{R: 0xffff, A: 0x8000})
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"><rect width="100" height="50"/><text x="5" y="20">Giá A</text></svg>`)
	for name, data := range map[string][]byte{"png": file.Bytes(), "svg": svg} {
		if words := printed(t, bookletOf(false, data)); strings.Contains(words, "[ Một") || name == "svg" && !strings.Contains(words, "Giá A") {
			t.Errorf("%s is not printed", name)
		}
	}
	for name, data := range map[string][]byte{"broken": []byte("\x89PNG broken"), "script": []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script/></svg>`)} {
		if words := printed(t, bookletOf(false, data)); !strings.Contains(words, "[ Một cái giá sách ]") {
			t.Errorf("%s: its words are not printed", name)
		}
	}
}

// A form is copied from one sheet: it begins on a new page rather than end on another.
func TestAFormStandsOnOnePage(t *testing.T) {
	b := bookletOf(false, nil)
	row := "<tr><td>Họ và tên</td><td></td></tr>"
	form := `<section class="form"><h3>PHIẾU</h3><table>` + strings.Repeat(row, 12) + `</table><p>Hết phiếu</p></section>`
	for lines := 18; lines < 32; lines += 4 {
		b.Text = func(courses.Lesson) string { return strings.Repeat("<p>Một dòng.</p>", lines) + form }
		for _, page := range strings.Split(printed(t, b), "\f") {
			if strings.Contains(page, "PHIẾU") != strings.Contains(page, "Hết phiếu") {
				t.Fatalf("behind %d lines the form is on two pages", lines)
			}
		}
	}
}

func TestALongTableHasItsHeadOnEveryPage(t *testing.T) {
	b := bookletOf(false, nil)
	b.Text = func(courses.Lesson) string {
		return "<table><tr><th>Ngày</th></tr>" + strings.Repeat("<tr><td>07/12/2026</td></tr>", 100) + "</table>"
	}
	n := 0
	for _, page := range strings.Split(printed(t, b), "\f") {
		if strings.Contains(page, "07/12/2026") {
			n++
			if !strings.Contains(page, "Ngày\n") {
				t.Error("a page of the table has no head")
			}
		}
	}
	if n < 4 {
		t.Errorf("the tables take %d pages", n)
	}
}

// Whatever authoring lets through becomes pages.
func FuzzBookletText(f *testing.F) {
	for _, seed := range []string{lessonHTML, "", "<table><tr></tr></table>", "<ul><li><table><tr><td>" + strings.Repeat("a", 300) + "</table>", "<img>", "😀 ﷽ \u0301", "<ol start=x>", strings.Repeat("<ul><li>", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 5000 {
			t.Skip()
		}
		_, err := render("P", time.Unix(0, 0), func(s *sheet) {
			fl := &flow{sheet: s, picture: func(string) []byte { return nil }}
			fl.newPage()
			fl.html(source, areaLeft, areaWidth, body)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkBooklet(b *testing.B) {
	for b.Loop() {
		if _, err := bookletOf(true, nil).PDF(); err != nil {
			b.Fatal(err)
		}
	}
}
