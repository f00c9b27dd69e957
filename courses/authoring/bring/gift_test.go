package bring

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"lopban/courses"
	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/gift"
)

// taken is the GIFT that a file becomes, of its first lesson and without ids, and what was said about it.
func taken(t *testing.T, name, text string) (string, string, []courses.Question) {
	t.Helper()
	b, p := brought(t, name, []byte(text), false)
	var all []courses.Question
	for _, l := range p.Version.Lessons() {
		all = append(all, l.Quiz.Questions...)
	}
	var lines []string
	for line := range strings.Lines(string(b.Files["lessons/"+p.Version.Lessons()[0].ID+".vi.gift"])) {
		if !strings.HasPrefix(line, "// [id:") {
			lines = append(lines, line)
		}
	}
	var said []string
	for _, m := range b.LeftOut {
		said = append(said, strings.TrimSpace(fmt.Sprintf("%d %s %s", m.Line, m.Code, strings.Join(m.Args, " "))))
	}
	return strings.TrimSpace(strings.Join(lines, "")), strings.Join(said, ", "), all
}

// Files as Moodle's teachers have them, with what Moodle makes of them (question/format/gift/format.php and
// text_to_html).
func TestBringGIFTAsMoodleTakesIt(t *testing.T) {
	for _, c := range []struct{ name, text, want, left string }{
		{"lines", "::Thứ tự::Cho các việc sau:\n1. Nhận sách\n2. Đóng dấu\nThứ tự nào đúng?{\n=1-2#Đúng\n~2-1#Sai\n}", "::Thứ tự::[markdown]Cho các việc sau\\:\\n1\\\\. Nhận sách\\n2\\\\. Đóng dấu\\nThứ tự nào đúng? {\n\t=1-2#Đúng\n\t~2-1#Sai\n}", ""},
		{"a list of Markdown", "::Bảng::[markdown]Có ba việc:\n- lau\n- phơi\n- **xếp**\nViệc nào cuối?{=xếp#Đúng ~lau#Sai}", "::Bảng::[markdown]Có ba việc\\:\\n• lau\\n• phơi\\n• **xếp**\\nViệc nào cuối? {\n\t=xếp#Đúng\n\t~lau#Sai\n}", ""},
		{"stars and lines below in Moodle's own format", "2*3*4 _bằng_ mấy? {=24 =hai_bốn_}", "[markdown]2\\\\*3\\\\*4 \\\\_bằng\\\\_ mấy? {\n\t=24\n\t=hai_bốn_\n}", ""},
		{"tags in Moodle's own format", "::Hồ sơ::Hồ sơ gồm <b>hai</b> tờ:<br>tờ A và tờ B.{T#Sai#Đúng}\n\n::Đoạn::<p>Sổ nào ghi sách tặng?</p>{=<p>Sổ tổng quát</p>#Đúng ~<p>Sổ mượn</p>#Sai}",
			"::Hồ sơ::[markdown]Hồ sơ gồm **hai** tờ\\:\\ntờ A và tờ B. {TRUE#Sai#Đúng\n}\n\n::Đoạn::[markdown]Sổ nào ghi sách tặng? {\n\t=Sổ tổng quát#Đúng\n\t~Sổ mượn#Sai\n}", ""},
		{"signs that are no tags", "Nếu a<b và <tên> thì 2<3? {T}", "[markdown]Nếu a\\\\<b và \\\\<tên> thì 2<3? {TRUE\n}", ""},
		{"a list and a table of HTML", "::Kho::[html]<p>Trong kho có:</p><ul><li>sách</li><li>báo</li></ul><table><tr><td>Ngăn</td><td>5</td></tr></table>{#5####5}", "::Kho::[markdown]Trong kho có\\:\\n• sách\\n• báo\\nNgăn \\\\| 5 {#\n\t=5..5\n\t####5\n}", "1 left-tables 1"},
		{"ids of Moodle", "// [id:TV_01]\n::Một::Sách ẩm thì làm gì?{=hong#Đúng ~đốt#Sai}\n\n// [id:bai.2]\n::Hai::Rách?{T}\n\n// [id:bai.2]\n::Ba::Rách?{T}", "::Một::[markdown]Sách ẩm thì làm gì? {\n\t=hong#Đúng\n\t~đốt#Sai\n}\n\n::Hai::[markdown]Rách? {TRUE\n}\n\n::Ba::[markdown]Rách? {TRUE\n}", "4 left-id bai.2 bai-2, 7 left-id bai.2 bai-2-2"},
		{"tilde and equals sign", "::Chỗ trống::Tủ sách đặt ở {~=nhà văn hóa~chợ} bản.", "::Chỗ trống::[markdown]Tủ sách đặt ở {\n\t=nhà văn hóa\n\t~chợ\n} bản.", "1 gift-marker-in-text ~"},
		{"an answer without its sign", "::Một chữ::Sách tặng ghi vào sổ nào?{sổ tổng quát}", "::Một chữ::[markdown]Sách tặng ghi vào sổ nào? {\n\t=sổ tổng quát\n}", ""},
		{"a first option without its sign", "Nào? {đỏ ~xanh =vàng}", "[markdown]Nào? {\n\t~đỏ\n\t~xanh\n\t=vàng\n}", ""},
		{"two gaps", "Bản có {=tủ ~giá} và {=sổ ~bút}, hết.", "[markdown]Bản có {\n\t=tủ\n\t~giá\n} và ………, hết.", "1 left-gap {=sổ ~bút}"},
		{"descriptions alone", "::Phần hai::\nTrả lời các câu sau.\n\n::Lưu ý::[markdown]Không mở sổ.\\nLàm một mình.", "::Phần hai::[markdown]Trả lời các câu sau.\n\n::Lưu ý::[markdown]Không mở sổ.\\nLàm một mình.", ""},
		{"weights that Moodle refuses", "Chọn {~%33%a#1 ~%33%b#2 ~%34%c#3 ~%-100%d#4}", "[markdown]Chọn {\n\t~%33%a#1\n\t~%33%b#2\n\t~%34%c#3\n\t~%-100%d#4\n}", "1 gift-weight-moodle 33 33.33333, 1 gift-weight-moodle 33 33.33333, 1 gift-weight-moodle 34 33.33333"},
		{"rounded thirds", "Chọn {~%33%a ~%33.3%b ~%33.33%c ~%-50%d}", "[markdown]Chọn {\n\t~%33.33333%a\n\t~%33.33333%b\n\t~%33.33333%c\n\t~%-50%d\n}", "1 gift-weight-moodle 33 33.33333, 1 gift-weight-moodle 33.3 33.33333, 1 gift-weight-moodle 33.33 33.33333"},
		{"a blank line inside", "A? {\n=a#x\n\n~b#y\n}", "[markdown]A? {\n\t=a#x\n\t~b#y\n}", "3 gift-blank-line"},
		{"a category without a blank line", "$CATEGORY: top/kho\nA? {T}", "$CATEGORY: kho\n\n[markdown]A? {TRUE\n}", "2 gift-category-blank"},
		{"more feedback than answers", "A {T#a#b#c}", "[markdown]A {TRUE#a#b\\#c\n}", ""},
		{"a sign in a right side", "Ghép {=a -> b#1 =c -> d}", "[markdown]Ghép {\n\t=a -> b\\#1\n\t=c -> d\n}", ""},
		{"what nobody can read is named, and the rest comes", "A {=a\n\n\nB? {T#s#đ}\n\n::C::Mấy? {#ba}", "[markdown]B? {TRUE#s#đ\n}", "1 gift-brace-open, 1 left-block A {=a, 6 gift-number ba, 6 left-block ::C::Mấy? {#ba}"},
		{"a picture", "::Hình::<img src\\=\"@@PLUGINFILE@@/gia.png\" alt\\=\"giá sách\">Giá nào?{T}", "::Hình::[markdown]*giá sách*Giá nào? {TRUE\n}", "1 left-pictures 1"},
		{"code", "A? {=x <b>y</b> ~z}", "[markdown]A? {\n\t=x **y**\n\t~z\n}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, left, _ := taken(t, "q.gift", c.text)
			if got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			if left != c.left {
				t.Errorf("left out %s\nwant     %s", left, c.left)
			}
		})
	}
}

func TestBringGIFTInUTF16(t *testing.T) {
	text := "::Tủ::Tủ sách đặt ở đâu?{=Nhà văn hóa#Đúng ~Chợ#Sai}\r\n"
	for i, order := range []func([]byte, uint16) []byte{
		func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) },
		func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) },
	} {
		data := order(nil, 0xfeff)
		for _, u := range utf16.Encode([]rune(text)) {
			data = order(data, u)
		}
		_, _, all := taken(t, "q.txt", string(data))
		if len(all) != 1 || all[0].Prompt.Vi != "Tủ sách đặt ở đâu?" || all[0].Options[0].Text.Vi != "Nhà văn hóa" {
			t.Errorf("%d: %+v", i, all)
		}
	}
}

// The marks of what was brought are Moodle's, for a table of answers.
func TestBringGIFTMarks(t *testing.T) {
	for _, c := range []struct {
		text string
		want map[string]float64
	}{
		{"A {~%50%a ~%50%b ~%-50%c ~d}", map[string]float64{"a": 0.5, "a,b": 1, "a,b,c": 0.5, "c": 0, "a,d": 0.5}},
		{"A {~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}", map[string]float64{"a": 1. / 3, "a,b": 2. / 3, "a,b,c": 1, "a,b,c,d": 0}},
		{"A {=a ~%25%b ~c}", map[string]float64{"a": 1, "b": 0.25, "c": 0}},
		{"A {~=a~b}", map[string]float64{"a": 1, "b": 0}},
		{"A {=%0%ma#Thiếu dấu =mã#Đúng}", map[string]float64{"mã": 1, "ma": 0, "mà": 0}},
		{"A {=tủ* =%50%*sách}", map[string]float64{"tủ kính": 1, "giá sách": 0.5, "bàn": 0}},
		{"A {#=3.141:0.0005 =%50%3:1}", map[string]float64{"3.141": 1, "3.1414": 1, "3.5": 0.5, "5": 0}},
		{"A {#1822:5}", map[string]float64{"1822": 1, "1,822": 1, "1.822": 1, "1830": 0}},
		{"A {=a -> x =b -> y =c -> x}", map[string]float64{"a x,b y,c x": 1, "a x": 1. / 3, "a y,b x": 0}},
	} {
		_, _, all := taken(t, "q.gift", c.text)
		for answer, want := range c.want {
			if got := shareOf(t, all[0], answer); math.Abs(got-want) > 1e-4 {
				t.Errorf("%s: %s is worth %v, want %v", c.text, answer, got, want)
			}
		}
	}
}

// A bank of many questions comes whole, in lessons that hold it, and soon.
func TestBringALargeBank(t *testing.T) {
	var b bytes.Buffer
	const n = 2000
	for i := range n {
		fmt.Fprintf(&b, "// [id:c%d]\n::Câu %d::Sách loại %d xếp ở đâu?{\n=Giá %d#Đúng rồi, giá ấy có nhãn.\n~Tủ khóa#Chưa đúng: tủ khóa để sổ.\n~Bàn đọc#Chưa đúng: bàn để đọc.\n~Kho#Chưa đúng: kho để sách chờ.\n}\n\n", i, i, i, i)
	}
	begun := time.Now()
	got, p := brought(t, "bank.gift", b.Bytes(), false)
	t.Logf("%d questions, %d KiB, %d lessons in %v", n, b.Len()>>10, len(p.Version.Lessons()), time.Since(begun).Round(time.Millisecond))
	seen := map[string]bool{}
	for _, l := range p.Version.Lessons() {
		for _, q := range l.Quiz.Questions {
			seen[q.ID] = true
		}
		if size := len(got.Files["lessons/"+l.ID+".vi.gift"]); size > 32<<10 {
			t.Errorf("%s has %d bytes", l.ID, size)
		}
	}
	if len(seen) != n || len(got.LeftOut) != 0 {
		t.Errorf("%d of %d questions, %v", len(seen), n, got.LeftOut)
	}
}

// What is written here comes back as it was, through the reader of Moodle's files too.
func TestBringOurOwnGIFT(t *testing.T) {
	quiz, m := gift.ParseQuiz(gift.Source{File: "x", Data: []byte(coursetest.ViQuiz)}, gift.Source{})
	if m.Errors() {
		t.Fatal(m)
	}
	var b bytes.Buffer
	if err := gift.WriteGIFT(&b, quiz, "vi"); err != nil {
		t.Fatal(err)
	}
	_, left, all := taken(t, "x.gift", b.String())
	var again bytes.Buffer
	if err := gift.WriteGIFT(&again, courses.Quiz{Questions: all}, "vi"); err != nil {
		t.Fatal(err)
	}
	if again.String() != b.String() || left != "" {
		t.Errorf("%s\n got %s\nwant %s", left, again.String(), b.String())
	}
}

// A text that is too long for one lesson becomes several, at its headings.
func TestBringALongText(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Kho sách\n\n")
	for i := range 60 {
		fmt.Fprintf(&b, "## Mục %d\n\n%s\n\n", i+1, strings.Repeat("Một câu dài vừa phải. ", 40))
	}
	_, p := brought(t, "kho.md", []byte(b.String()), false)
	var text strings.Builder
	for _, l := range p.Version.Lessons() {
		text.WriteString(l.Body.Vi)
		if !strings.HasPrefix(l.Body.Vi, "## Mục") {
			t.Errorf("%s begins inside a section", l.Title.Vi)
		}
	}
	if n := strings.Count(text.String(), "## Mục"); n != 60 || p.Version.Lessons()[1].Title.Vi != "Kho sách (2)" {
		t.Errorf("%d sections in %s", n, outline(p))
	}
}

// A file of which nothing can be taken is refused with what is wrong in it.
func TestBringNothingSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"q.gift":  {[]byte("Đúng cái nào?{~a ~b}\n"), "bring-nothing (file) q.gift:1: gift-no-right"},
		"goi.zip": {packageOf(t, `<manifest identifier="m"><organizations><organization><item identifier="i" identifierref="r"><title>Bài</title></item></organization></organizations><resources><resource identifier="r" type="webcontent" href="mat.html"/></resources></manifest>`), "bring-nothing (file) mat.html: left-missing Bài"},
	} {
		_, err := Bring(name, c.data, false)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
