package authoring

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lopban/courses"
	"lopban/courses/authoring/markdown"
)

// What is done by hand is drawn twice: what it looks like, and how it is done.
var byHand = map[string][]string{
	"LS0": {"xem-co-nhung-gi", "noi-quy-va-gio-mo-cua", "cho-muon-cuon-dau-tien"},
	"LS1": {"phoi-hop-cac-thiet-che-trong-xa"},
	"LS2": {
		"dang-ky-tong-quat-va-dang-ky-ca-biet", "mo-ta-tai-lieu-va-doc-trang-ten-sach",
		"phan-loai-don-gian-theo-ddc-rut-gon", "dan-nhan-xep-gia-va-kho-mo", "bao-quan-sach-o-vung-am-nui-cao",
		"kiem-ke-va-thanh-loc",
	},
	"LS3": {
		"don-tiep-va-cap-the", "cho-muon-nhan-tra-va-nhac-han", "tra-loi-cau-hoi-va-huong-dan-tra-cuu",
		"phuc-vu-tre-em-nguoi-cao-tuoi-va-nguoi-khuyet-tat", "giu-phong-doc-an-toan", "nhan-va-tra-sach-luan-chuyen",
		"chuan-bi-mot-buoi-phuc-vu-luu-dong", "ghi-chep-luot-phuc-vu-va-thong-ke",
	},
	"LS4": {
		"dung-may-tinh-va-dien-thoai-cho-cong-viec-thu-vien", "an-toan-mang-va-bao-ve-du-lieu-ca-nhan",
		"chia-se-tai-nguyen-khi-mang-yeu",
	},
	"RP1": {
		"chon-sach-theo-tuoi-va-trinh-do", "doc-to-nghe-chung", "ke-chuyen-theo-sach", "gioi-thieu-sach-va-diem-sach",
		"cau-lac-bo-doc-va-tu-sach-gia-dinh",
	},
	"RP2": {
		"lich-su-kien-trong-nam", "cuoc-thi-va-tro-choi-voi-sach", "truyen-thong-danh-gia-va-bao-cao-sau-su-kien",
	},
	"RP3": {
		"cac-ngon-ngu-va-chu-viet-o-xa-minh", "tim-va-giu-tai-lieu-tieng-dan-toc", "bon-muoi-cau-chao-va-xin-phep",
		"moi-nghe-nhan-gia-lang-ke-chuyen", "lam-sach-nho-cung-cong-dong", "chia-se-len-thu-vien-tinh-va-ban-quyen",
	},
	"RP4": {"truyen-thong-ve-thu-vien", "van-dong-tang-sach-dung-cach"},
}

// Where sound is taught learners record themselves: they have words to speak with their pauses, and a list to listen
// by.
var byVoice = map[string][]string{
	"RP1": {"doc-to-nghe-chung", "ke-chuyen-theo-sach", "gioi-thieu-sach-va-diem-sach"},
	"RP2": {"truyen-thong-danh-gia-va-bao-cao-sau-su-kien"},
	"RP4": {"truyen-thong-ve-thu-vien"},
}

// Every drawing is named in the language of its lesson, and what is done by hand has two.
func TestShippedCoursesDrawWhatIsDoneByHand(t *testing.T) {
	all := shipped(t)
	for course, lessons := range byHand {
		for _, id := range lessons {
			l := lessonOf(t, all, course, id)
			for _, lang := range []string{"vi", "en"} {
				if n := drawingsOf(l.Body.In(lang)); n < 2 {
					t.Errorf("%s %s, %s: %d drawings", course, id, lang, n)
				}
			}
		}
	}
	for course, p := range all {
		for _, l := range p.Version.Lessons() {
			vi, en := altsOf(l.Body.Vi), altsOf(l.Body.En)
			for i, alt := range append(slices.Clone(vi), en...) {
				if utf8.RuneCountInString(alt) < 30 {
					t.Errorf("%s %s: picture %d says no more than %q", course, l.ID, i+1, alt)
				}
			}
			if len(vi) != len(en) || slices.ContainsFunc(vi, func(alt string) bool { return slices.Contains(en, alt) }) {
				t.Errorf("%s %s: pictures are told as %q and %q", course, l.ID, vi, en)
			}
		}
	}
}

func TestShippedCoursesLetLearnersHearThemselves(t *testing.T) {
	all := shipped(t)
	for course, lessons := range byVoice {
		for _, id := range lessons {
			l := lessonOf(t, all, course, id)
			for lang, record := range map[string]string{"vi": "[Gg]hi âm|[Tt]hu lần", "en": "[Rr]ecord"} {
				text := l.Body.In(lang) + l.Form.In(lang)
				if !regexp.MustCompile(record).MatchString(text) || !strings.Contains(l.Body.In(lang), " / ") {
					t.Errorf("%s %s, %s: no words to record", course, id, lang)
				}
				if !strings.Contains(text, "☐") {
					t.Errorf("%s %s, %s: no list to listen by", course, id, lang)
				}
			}
		}
	}
}

// Forms are lists on a page of their own: no table, and no word that a narrow phone cannot hold.
func TestFormsOfShippedCoursesFitAPhone(t *testing.T) {
	for course, p := range shipped(t) {
		for _, l := range p.Version.Lessons() {
			for _, lang := range []string{"vi", "en"} {
				form := l.Form.In(lang)
				if tables, _ := markdown.Tables(form); tables > 0 || strings.Contains(form, "```") {
					t.Errorf("%s %s, %s: the form is wider than a phone", course, l.ID, lang)
				}
				for _, word := range strings.Fields(strings.NewReplacer("…", " ", "/", " ").Replace(form)) {
					if utf8.RuneCountInString(word) > 24 {
						t.Errorf("%s %s, %s: a narrow phone cannot hold %q", course, l.ID, lang, word)
					}
				}
				if strings.Contains(l.Body.In(lang), "………………") && !contactsToCopy[l.ID] {
					t.Errorf("%s %s, %s: a form stands in the lesson", course, l.ID, lang)
				}
			}
		}
	}
}

// Three lines for telephone numbers, copied into the cover of a notebook: no form.
var contactsToCopy = map[string]bool{"tim-va-giu-tai-lieu-tieng-dan-toc": true}

// Each strand asks for one piece of work. Every course lets its learners judge: in scenes that go on from what they
// choose, and in words of their own.
func TestShippedCoursesTeachJudgement(t *testing.T) {
	required := map[courses.Strand][]string{}
	for course, p := range shipped(t) {
		v := p.Version
		if v.Practice != nil && v.Practice.Required {
			required[v.Strand] = append(required[v.Strand], course)
		}
		scenes, essays := 0, 0
		for _, l := range v.Lessons() {
			if strings.Count(l.Body.Vi, "](#muc-") > 1 {
				scenes++
			}
			for _, q := range l.Quiz.Questions {
				if q.Kind == courses.Essay {
					essays++
				}
			}
		}
		if scenes == 0 || essays == 0 {
			t.Errorf("%s: %d scenes, %d questions for words of one's own", course, scenes, essays)
		}
		for _, s := range v.Sources {
			if s.Title.Vi == "" || s.Title.En == "" || s.Where == "" {
				t.Errorf("%s: a source without its title or its place: %+v", course, s)
			}
		}
	}
	for _, strand := range []courses.Strand{courses.LibraryService, courses.ReadingPromotion} {
		if len(required[strand]) != 1 {
			t.Errorf("%s: work is required in %v", strand, required[strand])
		}
	}
}

// Lessons are not all built alike: their parts differ in number, and no title is in all but the one that names what to
// do now.
func TestLessonsOfShippedCoursesAreNotAllAlike(t *testing.T) {
	heading := regexp.MustCompile(`(?m)^## (.+)$`)
	for course, p := range shipped(t) {
		sizes, seen := map[int]bool{}, map[string]int{}
		lessons := p.Version.Lessons()
		for _, l := range lessons {
			all := heading.FindAllStringSubmatch(l.Body.Vi, -1)
			sizes[len(all)] = true
			for _, h := range all {
				seen[h[1]]++
			}
		}
		if len(sizes) < 2 {
			t.Errorf("%s: every lesson has the same number of parts", course)
		}
		for title, n := range seen {
			if n > len(lessons)/2 && title != "Việc làm ngay" {
				t.Errorf("%s: %d of %d lessons have a part called %q", course, n, len(lessons), title)
			}
		}
	}
}

// Forty sentences, each with room in six languages and nothing invented in it: words come from a speaker who is named.
func TestPhraseCardsWaitForTheirSpeakers(t *testing.T) {
	l := lessonOf(t, shipped(t), "RP3", "bon-muoi-cau-chao-va-xin-phep")
	card := regexp.MustCompile(`(?m)^\*\*(\d+)\. (.+)\*\*`)
	for lang, sound := range map[string]string{"vi": "Âm thanh", "en": "Sound"} {
		form := l.Form.In(lang)
		if cards := card.FindAllString(form, -1); len(cards) != 40 {
			t.Errorf("%s: %d cards", lang, len(cards))
		}
		if n := len(regexp.MustCompile(`(?m)^\d+\. `).FindAllString(l.Body.In(lang), -1)); n < 40 {
			t.Errorf("%s: the lesson names %d sentences", lang, n)
		}
		for _, tongue := range []string{"Tày", "Nùng", "Thái", "Mông", "Dao", "Mường"} {
			empty := regexp.MustCompile(`(?m)^- ` + tongue + `: …+ ` + sound + `: …+$`)
			rows := regexp.MustCompile(`(?m)^- ` + tongue + `: `)
			if n, all := len(empty.FindAllString(form, -1)), len(rows.FindAllString(form, -1)); n != 40 || all != 40 {
				t.Errorf("%s: %d of %d cards are empty in %s", lang, n, all, tongue)
			}
		}
	}
}

// One word for a book: cuốn, in every text of a course.
func TestShippedCoursesCallABookByOneName(t *testing.T) {
	read := 0
	err := filepath.WalkDir("../../content/courses", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, ".en.") {
			return err
		}
		text, err := os.ReadFile(name)
		if strings.Contains(strings.ToLower(string(text)), "quyển") {
			t.Errorf("%s: quyển", name)
		}
		read++
		return err
	})
	if err != nil || read == 0 {
		t.Fatalf("%d texts: %v", read, err)
	}
}

func lessonOf(t *testing.T, all map[string]Package, course, id string) courses.Lesson {
	t.Helper()
	v := all[course].Version
	l, ok := v.Lesson(id)
	if !ok {
		t.Fatalf("no lesson %s in %s", id, course)
	}
	return l
}

var picture = regexp.MustCompile(`!\[([^\]]*)\]\(`)

// altsOf are what the pictures of a text say to whoever does not see them.
func altsOf(body string) []string {
	var alts []string
	for _, m := range picture.FindAllStringSubmatch(body, -1) {
		alts = append(alts, m[1])
	}
	return alts
}
