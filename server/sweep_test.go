package server

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/quota"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// blobs are the names that begin so.
func (s *visited) blobs(prefix string) (all []string) {
	s.t.Helper()
	err := s.Store.Blobs(s.t.Context(), func(name string) error {
		if strings.HasPrefix(name, prefix) {
			all = append(all, name)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// Of work that is refused no photo is kept, whatever it is refused for.
func TestPhotosOfRefusedWorkAreNotKept(t *testing.T) {
	c := newClass(t, false)
	for what, send := range map[string]func(){
		"a long id": func() { c.mai.handOver("K3", strings.Repeat("a", 65), "Bài.", snap(t, 10), snap(t, 20)).want(422) },
		"no id":     func() { c.mai.handOver("K3", "", "Bài.", snap(t, 11)).want(422) },
		"a long text": func() {
			c.mai.handOver("K3", "w1", strings.Repeat("a", courses.MaxLetters+1), snap(t, 12)).want(422)
		},
		"too many photos": func() {
			c.mai.handOver("K3", "w2", "Bài.", snap(t, 1), snap(t, 2), snap(t, 3), snap(t, 4), snap(t, 5)).want(422)
		},
		"a photo that is none": func() { c.mai.handOver("K3", "w3", "Bài.", snap(t, 13), []byte("x")).want(422) },
		"no such course":       func() { c.mai.handOver("K9", "w4", "Bài.", snap(t, 14)).want(404) },
		"too much of one person": func() {
			first := &courses.Submission{ID: c.ids[c.mai] + "/old", Enrolment: "x", Person: c.ids[c.mai], Photos: []string{"photo-old"}, Bytes: courses.MaxPhotoBytes}
			if err := c.Store.Insert(t.Context(), submissions(c), first); err != nil {
				t.Fatal(err)
			}
			c.mai.handOver("K3", "w5", "Bài.", snap(t, 15)).want(422)
		},
	} {
		send()
		if got := c.blobs("photo-"); len(got) != 0 {
			t.Errorf("%s: %v are kept", what, got)
		}
	}
	c.dua.handOver("K3", "w6", "Bài.", snap(t, 16)).want(303)
	c.dua.handOver("K3", "w6", "Bài khác.", snap(t, 17)).want(422) // the id stands for another
	if got := c.blobs("photo-"); len(got) != 1 {
		t.Errorf("after one that was taken %v are kept", got)
	}
	c.mai.handOver("K3", "w7", "Bài không kèm ảnh.").want(303)
}

func submissions(c *class) *store.Kind { return c.kind("submission") }

func (c *class) kind(name string) *store.Kind {
	for _, k := range programme.Kinds() {
		if k.Name == name {
			return k
		}
	}
	c.t.Fatal("there is no such kind")
	return nil
}

// What a phone brings before the fact that names it counts in its person's room until it is named or swept, so that
// nobody fills the disk by never naming any.
func TestPhotosBroughtAheadHaveABound(t *testing.T) {
	c := newClass(t, false)
	brings := func(one *client, shade uint8, status int) {
		t.Helper()
		one.do("POST", "/api/v1/photos", "image/jpeg", bytes.NewReader(snap(t, shade))).want(status)
	}
	insert := func(k *store.Kind, doc any) {
		t.Helper()
		if err := c.Store.Insert(t.Context(), k, doc); err != nil {
			t.Fatal(err)
		}
	}
	mai, dua := c.ids[c.mai], c.ids[c.dua]
	brings(c.mai, 10, 200)
	brings(c.mai, 10, 200) // its answer was lost
	insert(c.kind("ahead"), &courses.Ahead{ID: mai + "/photo-many", Person: mai, Bytes: courses.MaxPhotoBytes - 100, At: c.now()})
	brings(c.mai, 20, 422)
	c.mai.handOver("K3", "w1", "Bài.", snap(t, 30), snap(t, 40), snap(t, 50), snap(t, 60)).want(422)
	c.mai.handOver("K3", "w2", "Bài không kèm ảnh.").want(303)
	if got := c.blobs("photo-"); len(got) != 1 {
		t.Errorf("kept are %v", got)
	}
	// what a fact names counts once, and the room of others is their own
	insert(c.kind("ahead"), &courses.Ahead{ID: dua + "/photo-named", Person: dua, Bytes: courses.MaxPhotoBytes * 2 / 3, At: c.now()})
	insert(submissions(c), &courses.Submission{ID: dua + "/old", Enrolment: "x", Person: dua, Photos: []string{"photo-named"}, Bytes: courses.MaxPhotoBytes * 2 / 3})
	brings(c.dua, 20, 200)
	// whose work fills their room is told so of the fact, not of its photo: a phone would send the work without it
	insert(submissions(c), &courses.Submission{ID: dua + "/older", Enrolment: "x", Person: dua, Bytes: courses.MaxPhotoBytes / 3})
	brings(c.dua, 70, 200)
	c.dua.handOver("K3", "w3", "Bài.", snap(t, 70)).want(422)
	c.pass(49 * time.Hour)
	if err := c.SweepBlobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	brings(c.as(c.accountOf(c.mai)), 20, 200)
}

// What nothing names is removed when it was noticed a day ago, and nothing else is: not what a document names, not what
// is named again meanwhile.
func TestBlobsThatNothingNamesAreSwept(t *testing.T) {
	c := newClass(t, false)
	c.mai.handOver("K3", "w1", "Bài.", snap(t, 10)).want(303)
	named, dua := c.blobs(""), c.accountOf(c.dua)
	picture, err := c.School.ReadPhoto(snap(t, 20))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stray.png", "photo-stray.jpg", "0.pdf"} {
		if err := c.Store.PutBlob(t.Context(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Store.PutBlob(t.Context(), picture.Name, picture.Data); err != nil {
		t.Fatal(err)
	}
	for day, want := range []int{4, 4, 0} {
		if err := c.SweepBlobs(t.Context()); err != nil {
			t.Fatal(err)
		}
		if day == 1 { // what was stray gets a name
			c.dua.handOver("K3", "w2", "Bài.", snap(t, 20)).want(303)
			want, named = 3, append(named, picture.Name)
		}
		if _, n, err := c.Strays(t.Context()); n != want || err != nil {
			t.Errorf("day %d: %d strays, %v, want %d", day, n, err, want)
		}
		c.pass(12 * time.Hour)
		c.dua = c.as(dua)
	}
	slices.Sort(named)
	if got := c.blobs(""); !slices.Equal(got, named) {
		t.Errorf("kept are %v, want %v", got, named)
	}
	if all, err := store.All[programme.Stray](t.Context(), c.Store, programme.StrayKind, store.Query{}); err != nil || len(all) > 3 {
		t.Errorf("remembered are %v, %v", all, err)
	}
	if err := c.SweepBlobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all, err := store.All[programme.Stray](t.Context(), c.Store, programme.StrayKind, store.Query{}); err != nil || len(all) != 0 {
		t.Errorf("remembered are %v, %v", all, err)
	}
}

// Whatever comes between the steps of keeping and of removing the same bytes, a document that names them has them.
func TestKeepingAndDroppingOneBlob(t *testing.T) {
	s := newSite(t)
	for step := range 4 {
		name := fmt.Sprint("b", step)
		if err := s.Store.PutBlob(t.Context(), name, []byte("x")); err != nil {
			t.Fatal(err)
		}
		written, asked := false, 0
		keep := func() {
			err := store.KeepBlob(t.Context(), s.Store, name, []byte("x"), func() error { written = true; return nil })
			if err != nil {
				t.Error(err)
			}
		}
		drop := func() {
			_, err := store.DropBlobs(t.Context(), s.Store, []string{name}, func() (func(string) bool, error) {
				is := written
				if asked++; asked == step {
					keep() // right after it was asked
				}
				return func(string) bool { return is }, nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		if step == 3 { // removed between the two steps of keeping
			err := store.KeepBlob(t.Context(), s.Store, name, []byte("x"), func() error { drop(); written = true; return nil })
			if err != nil {
				t.Error(err)
			}
		} else {
			drop()
		}
		if _, err := s.Store.Blob(t.Context(), name); written != (err == nil) || err != nil && !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("step %d: named %v, %v", step, written, err)
		}
	}
}

// small is a disk.
type small struct{ free, all uint64 }

func (d small) Room() (uint64, uint64, bool) { return d.free, d.all, true }

// filling is a disk whose room changes while a server looks at it.
type filling struct{ now atomic.Pointer[small] }

func (d *filling) Room() (uint64, uint64, bool) { return d.now.Load().Room() }

// A disk that gets low is said early, where administrators and programs look; when it is short, what is large is not
// taken, and facts are.
func TestALowDiskIsSaidAndLeavesRoomForFacts(t *testing.T) {
	c := newClass(t, false)
	admin := c.as(c.account("", "Quản trị", "", roster.Admin))
	var room filling
	room.now.Store(&small{500 << 30, 1000 << 30})
	c.Room = &room
	address := c.listening()
	for _, d := range []struct {
		small
		low, short bool
	}{{small{500 << 30, 1000 << 30}, false, false}, {small{1 << 30, 1000 << 30}, true, false}, {small{100 << 20, 1000 << 30}, true, true}, {small{3 << 20, 32 << 20}, true, false}, {small{1 << 18, 32 << 20}, true, true}} {
		room.now.Store(&d.small)
		ready, desk := admin.get("/readyz").want(200).Body, admin.get("/admin").want(200).text()
		if low := strings.Contains(ready, "low"); low != d.low || !strings.HasPrefix(ready, "ready\n") {
			t.Errorf("%+v: %q", d, ready)
		}
		if low := strings.Contains(desk, "sắp đầy"); low != d.low {
			t.Errorf("%+v: the desk says %s", d, desk)
		}
		if _, file := c.Store.(*watched).Store.(grouping); file && uint64(c.scrape("lopban_disk_free_bytes")) != d.free {
			t.Errorf("%+v: the metrics say %v", d, c.scrape("lopban_disk_free_bytes"))
		}
		id := fmt.Sprint("w", d.free)
		want := map[bool]int{true: 422, false: 303}[d.short]
		c.mai.handOver("K3", id, "Bài.", snap(t, uint8(d.free>>20))).want(want)
		c.mai.handOver("K3", id+"t", "Bài không kèm ảnh.").want(303)
		c.mai.facts(int(d.free>>10), 1).want(200)
		if r := c.trainer.sized(address, "/author/paste", formType, 1<<20, false); (r.Status == 507) != d.short {
			t.Errorf("%+v: a large body is answered %d", d, r.Status)
		}
		if r := c.mai.sized(address, "/api/v1/facts", "application/json", 1<<19, false); r.Status != 400 {
			t.Errorf("%+v: facts are answered %d", d, r.Status)
		}
	}
}

// Administrators see what the photos of each province take, and a province that has used up its room sends texts.
func TestRoomOfProvinces(t *testing.T) {
	c := newClass(t, false)
	admin := c.as(c.account("", "Quản trị", "", roster.Admin))
	if got := admin.get("/admin").want(200).text(); !strings.Contains(got, "Chưa đếm được ảnh nào") {
		t.Error(got)
	}
	c.mai.handOver("K3", "w1", "Bài.", snap(t, 10), snap(t, 20)).want(303)
	c.far.handOver("K3", "w1", "Bài.", snap(t, 10)).want(303)
	if err := c.SweepBlobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, _, err := c.RoomRows(t.Context(), c.Languages.In("vi"))
	if err != nil || len(rows) != 2 || rows[0].ID != "08" || rows[0].Photos != 2 || rows[0].People != 1 || rows[0].Bytes <= rows[1].Bytes || rows[1].ID != "04" {
		t.Fatalf("%+v, %v", rows, err)
	}
	if got := admin.get("/admin").want(200).text(); !strings.Contains(got, "1 MB (0 %)") || strings.Contains(got, "sắp hết chỗ") {
		t.Error(got)
	}
	for i := range 2 { // what one person sent comes near what one may
		sent := &courses.Submission{ID: c.ids[c.mai] + fmt.Sprint("/old", i), Enrolment: "x", Person: c.ids[c.mai], Photos: []string{"photo-old"}, Bytes: courses.MaxPhotoBytes / 10 * 9}
		if err := c.Store.Insert(t.Context(), submissions(c), sent); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.SweepBlobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := admin.get("/admin").want(200).text(); !strings.Contains(got, "1 (1 người sắp hết chỗ)") {
		t.Error(got)
	}
	_, err = store.Update(t.Context(), c.Store, quota.Kind, "08", func(u *quota.Usage) error { u.Bytes = quota.Province; return nil })
	if err != nil {
		t.Fatal(err)
	}
	c.dua.handOver("K3", "w1", "Bài.", snap(t, 30)).want(422)
	c.dua.handOver("K3", "w2", "Bài.").want(303)
	c.far.handOver("K3", "w2", "Bài.", snap(t, 40)).want(303)
}
