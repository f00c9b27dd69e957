package search_test

import (
	"strconv"
	"strings"
	"testing"

	"lopban/courses"
	"lopban/courses/search"
)

func lesson(id, vi, en, text string) courses.Lesson {
	return courses.Lesson{ID: id, Title: courses.Text{Vi: vi, En: en}, Objective: courses.Text{Vi: "Biết làm"}, Body: courses.Text{Vi: text}}
}

var offered = []*courses.Version{
	{ID: "A@1", Course: "A", Title: courses.Text{Vi: "Phục vụ bạn đọc", En: "Serving readers"}, Summary: courses.Text{Vi: "Đón tiếp ở xã."}, Modules: []courses.Module{{Lessons: []courses.Lesson{
		lesson("ma", "Mã vạch", "Bar codes", "## Dán mã\n\nMỗi **cuốn sách** có một mã. Đặng Văn A dán."),
		lesson("muon", "Cho mượn sách", "Lending", "Ghi vào [sổ mượn](so.html). Sách rách thì *sửa*; ma không có ở đây."),
	}}}},
	{ID: "B@3", Course: "B", Title: courses.Text{Vi: "Khuyến đọc"}, Modules: []courses.Module{{Lessons: []courses.Lesson{
		lesson("ke", "Kể chuyện", "Storytelling", "Một cuốn truyện, "+strings.Repeat("nhiều lời ", 30)+"rồi sổ mượn ở cuối, "+strings.Repeat("thêm lời ", 40)),
	}}}},
}

func names(found []search.Found) string {
	var all []string
	for _, f := range found {
		name := f.Course.Course
		if f.Lesson != nil {
			name += "/" + f.Lesson.ID
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// Words are found whatever marks they are typed with, all of them in one lesson, titles first.
func TestWordsAreFound(t *testing.T) {
	var s search.Courses
	for _, c := range []struct{ asked, lang, want string }{
		{"sách", "vi", "A/muon A/ma"},
		{"SACH", "vi", "A/muon A/ma"},
		{"sa\u0301ch", "vi", "A/muon A/ma"},
		{"dang van", "vi", "A/ma"},
		{"mã", "vi", "A/ma A/muon"},
		{"sổ mượn", "vi", "A/muon B/ke"},
		{"mượn rách", "vi", "A/muon"},
		{"cuốn mượn", "vi", "B/ke"},
		{"phục vụ", "vi", "A"},
		{"story", "vi", "B/ke"},
		{"tory", "vi", ""},
		{"sac", "vi", ""},
		{"truy", "vi", "B/ke"},
		{"rach*%_", "vi", "A/muon"},
		{"html", "vi", ""},
		{"ở xã", "en", "A"},
		{"", "vi", ""},
		{" ?! ", "vi", ""},
		{strings.Repeat("x", 1000), "vi", ""},
	} {
		found, all := s.Find(offered, c.asked, c.lang)
		if got := names(found); got != c.want || all != len(found) {
			t.Errorf("%q finds %q, want %q", c.asked, got, c.want)
		}
	}
}

// What is shown is the text around the words, without the signs of Markdown.
func TestTheTextAroundIsShown(t *testing.T) {
	var s search.Courses
	found, _ := s.Find(offered, "so muon", "vi")
	if f := found[0]; f.Before != "Biết làm Ghi vào" || f.Match != "sổ mượn." || !strings.HasPrefix(f.After, "Sách rách thì sửa; ma") {
		t.Errorf("%q %q %q", f.Before, f.Match, f.After)
	}
	if f := found[1]; f.Match != "sổ mượn" || !strings.HasPrefix(f.Before, "… ") || !strings.HasSuffix(f.After, " …") || len(strings.Fields(f.Before)) > 20 {
		t.Errorf("%q %q %q", f.Before, f.Match, f.After)
	}
	if found, _ := s.Find(offered, "Bar codes", "vi"); found[0].Lang != "en" || found[0].Match != "" {
		t.Errorf("%+v", found[0])
	}
}

// A newer version takes the place of the one before.
func TestOnlyWhatIsOfferedIsFound(t *testing.T) {
	var s search.Courses
	for n := range 10 {
		v := *offered[0]
		v.ID = "A@" + strings.Repeat("1", n+1)
		v.Title.Vi = "Bản " + strings.Repeat("i", n+1)
		if found, _ := s.Find([]*courses.Version{&v}, "bản "+strings.Repeat("i", n+1), "vi"); names(found) != "A" {
			t.Errorf("version %d: %q", n, names(found))
		}
	}
}

// What is not shown costs no look into its text: many more lessons that are found make hardly more work.
func TestOnlyWhatIsShownIsCutOut(t *testing.T) {
	find := func(lessons int) (work float64) {
		v := &courses.Version{ID: "C@1", Course: "C", Title: courses.Text{Vi: "Khoá"}, Modules: []courses.Module{{}}}
		for i := range lessons {
			v.Modules[0].Lessons = append(v.Modules[0].Lessons, lesson(strconv.Itoa(i), "Bài", "Lesson", strings.Repeat("nhiều lời ", 200)+"sổ mượn"))
		}
		var s search.Courses
		if found, all := s.Find([]*courses.Version{v}, "sổ mượn", "vi"); len(found) != search.MostFound || all != lessons || found[29].Match != "sổ mượn" {
			t.Fatalf("%d of %d", len(found), all)
		}
		return testing.AllocsPerRun(3, func() { s.Find([]*courses.Version{v}, "sổ mượn", "vi") })
	}
	if few, many := find(search.MostFound), find(10*search.MostFound); many > few*1.5 {
		t.Errorf("%d lessons take %.0f allocations, ten times as many %.0f", search.MostFound, few, many)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("sổ mượn", "vi")
	f.Add("a\x00b \xff", "en")
	var s search.Courses
	f.Fuzz(func(t *testing.T, asked, lang string) {
		found, all := s.Find(offered, asked, lang)
		if len(found) > search.MostFound || all < len(found) {
			t.Errorf("%d of %d", len(found), all)
		}
	})
}
