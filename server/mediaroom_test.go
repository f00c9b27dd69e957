package server

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/authoring/desk"
	"lopban/courses/quota"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// sound is a file that passes for a recording; each mark makes another one.
func sound(mark string) []byte { return append([]byte("\xff\xfb\x90\x44\x00\x00\x00\x00"), mark...) }

// sized puts into a course's draft a film of so many bytes, as far as anybody is told, and takes it out again.
func (s *visited) sized(course, name string, bytes int) (blob string) {
	s.t.Helper()
	blob = strings.Repeat("0", 60) + name + ".mp4"
	if err := s.Store.PutBlob(s.t.Context(), blob, []byte(name)); err != nil {
		s.t.Fatal(err)
	}
	path := "media/" + name + ".mp4"
	for i, e := range []desk.Edit{{Blob: blob, Size: bytes}, {Gone: true}} {
		e.ID, e.Course, e.Path, e.Rev, e.At = course+"/"+path+"/00000"+string(rune('1'+i)), course, path, i+1, s.now()
		if err := s.Store.Insert(s.t.Context(), desk.EditKind, &e); err != nil {
			s.t.Fatal(err)
		}
	}
	return blob
}

func (s *visited) swept() {
	s.t.Helper()
	for range 2 { // noticed, and a day later removed
		if err := s.SweepBlobs(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		s.pass(25 * time.Hour)
	}
}

// The media of a course have so much room: an author is told before and when it is used up, nothing of what is refused
// is kept, and what is taken out makes room after a while.
func TestTheMediaOfACourseHaveSoMuchRoom(t *testing.T) {
	d := newDesk(t)
	d.lan.put("K1", "a.mp3", sound("a")).want(303)
	if got := d.lan.get("/author/K1/media").want(200).one("#media-room"); got != "Tệp của khóa này đang chiếm 1 MB trên 256 MB, kể cả tệp mới bỏ và tệp của bản đã xuất bản." {
		t.Errorf("before anything is chosen: %q", got)
	}
	film := d.sized("K1", "phim", quota.Course-20)
	kept := d.blobs("")
	got := d.lan.put("K1", "b.mp3", sound("another")).want(422).one("[role=alert]")
	if !strings.Contains(got, "đang chiếm 255 MB, thêm nữa là quá 256 MB cho một khóa") || !strings.Contains(got, "sau 30 ngày") {
		t.Errorf("when it is used up: %q", got)
	}
	if after := d.blobs(""); !slices.Equal(after, kept) {
		t.Errorf("of what was refused there is kept %v", after)
	}
	d.lan.put("K1", "c.mp3", sound("a")).want(303) // the same bytes take no more room

	back := url.Values{"path": {"media/phim.mp4"}, "rev": {"1"}, "base": {"2"}}
	d.pass(desk.MediaKept - 48*time.Hour)
	d.swept()
	if !slices.Contains(d.blobs(""), film) {
		t.Error("a film is gone that can still be brought back")
	}
	d.swept()
	if slices.Contains(d.blobs(""), film) {
		t.Error("a film that was taken out long ago is still there")
	}
	later := d.as(d.account("", "Hoàng Thị Ba", "08", roster.Trainer))
	later.put("K1", "b.mp3", sound("another")).want(303)
	if got := later.post("/author/K1/history", back).want(422).text(); !strings.Contains(got, "chỉ giữ 30 ngày") {
		t.Errorf("brought back too late: %s", got)
	}
}

// What a published version shows is kept, whatever became of it in the draft; so is what the draft shows, however old.
func TestMediaOfAVersionStay(t *testing.T) {
	d := newDesk(t)
	d.lan.put("K1", "a.mp3", sound("a")).want(303)
	d.pass(2 * desk.MediaKept)
	d.swept()
	if n := len(d.blobs("")); n != 1 {
		t.Fatalf("%d files, want the one in the draft", n)
	}
	blob := d.blobs("")[0]
	v, err := d.School.Course(t.Context(), "K1")
	if err != nil {
		t.Fatal(err)
	}
	newer := *v
	newer.ID, newer.Number = "K1@9", 9
	newer.Media = append(slices.Clone(v.Media), courses.Media{Name: "a.mp3", Blob: blob})
	if err := d.Store.Insert(t.Context(), school.VersionKind, &newer); err != nil {
		t.Fatal(err)
	}
	later := d.as(d.account("", "Hoàng Thị Ba", "08", roster.Trainer))
	later.post("/author/K1/media/remove", url.Values{"name": {"a.mp3"}, "base": {"1"}}).want(303)
	d.pass(2 * desk.MediaKept)
	d.swept()
	if got := d.blobs(""); !slices.Equal(got, []string{blob}) {
		t.Errorf("kept %v, want the version's", got)
	}
}

// All courses together have so much room, and administrators see what each takes, as soon as it is taken and after
// everything was counted again.
func TestAdministratorsSeeTheRoomOfMedia(t *testing.T) {
	d := newDesk(t)
	admin := d.as(d.account("", "Quản trị", "", roster.Admin))
	if got := admin.get("/admin").want(200).text(); !strings.Contains(got, "Chưa có khóa nào có tệp") {
		t.Error(got)
	}
	d.lan.put("K1", "a.mp3", sound("a")).want(303)
	for range 2 {
		if got := admin.get("/admin").want(200).one("#media-room ~ table"); !strings.Contains(got, "K1 1 1 MB (0 %)") {
			t.Errorf("the table is %q", got)
		}
		if err := d.SweepBlobs(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range []*quota.Usage{{ID: "course/K8", Photos: 3, Bytes: quota.Courses}, {ID: "08", Photos: 1, Bytes: quota.Province}} {
		if err := d.Store.Insert(t.Context(), quota.Kind, u); err != nil {
			t.Fatal(err)
		}
	}
	got := d.lan.put("K1", "b.mp3", sound("b")).want(422).one("[role=alert]")
	if !strings.Contains(got, "mọi khóa học cộng lại đã hết 8 GB. Hãy báo quản trị viên") {
		t.Errorf("told %q", got)
	}
	if _, err := store.Update(t.Context(), d.Store, quota.Kind, "course/K8", func(u *quota.Usage) error { u.Bytes = 0; return nil }); err != nil {
		t.Fatal(err)
	}
	d.lan.put("K1", "b.mp3", sound("b")).want(303)
}
