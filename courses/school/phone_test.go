package school_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

// A phone's log is followed entry by entry, in whatever pieces, order and repetition it comes: both sides end with the
// same count and hash.
func TestPhoneLogEndsEqualInAnyOrder(t *testing.T) {
	s := newSchool(t)
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(r, "entries")
		phone := "p" + rapid.StringMatching(`[a-z0-9]{20}`).Draw(r, "phone")
		var all []courses.LogEntry
		for i := range n {
			all = append(all, courses.LogEntry{N: i + 1, Text: []byte(fmt.Sprintf(`{"n":%d,"id":"%s"}`, i+1, rapid.StringN(1, 5, 10).Draw(r, "id")))})
		}
		var mine courses.PhoneLog
		mine.Add(all)
		for range rapid.IntRange(0, 10).Draw(r, "pieces") {
			from := rapid.IntRange(0, n-1).Draw(r, "from")
			log, err := s.Heard(t.Context(), phone, phone, all[from:rapid.IntRange(from, n).Draw(r, "to")])
			if err != nil || log.Count > n {
				r.Fatalf("%+v %v", log, err)
			}
		}
		log, err := s.Heard(t.Context(), phone, phone, all)
		if err != nil || log.Count != n || log.Hash != mine.Hash {
			r.Fatalf("the server has %d entries to %s, the phone %d to %s: %v", log.Count, log.Hash, n, mine.Hash, err)
		}
	})
}

// Nobody makes the server remember more phones than people have, or names of another shape.
func TestPhonesAreBounded(t *testing.T) {
	s := newSchool(t)
	one := []courses.LogEntry{{N: 1, Text: []byte("{}")}}
	for i := range 60 {
		log, err := s.Heard(t.Context(), "mai", fmt.Sprint("phone-", i), one)
		if err != nil || (log.Count == 1) != (i < 50) {
			t.Fatalf("phone %d: %+v %v", i, log, err)
		}
	}
	for _, name := range []string{"", "a/b", strings.Repeat("x", 65)} {
		if log, err := s.Heard(t.Context(), "lan", name, one); err != nil || log.Count != 0 {
			t.Errorf("%q: %+v %v", name, log, err)
		}
	}
}

// What a form had is read when it arrives, as the page would have read it; a number that cannot be read is not right.
func TestAttemptOfAForm(t *testing.T) {
	s := newSchool(t)
	v := version(0)
	v.Modules[0].Lessons[1].Quiz.Questions = append(v.Modules[0].Lessons[1].Quiz.Questions,
		courses.Question{ID: "n", Kind: courses.Numerical, Ranges: []courses.Range{{Min: 1.5, Max: 1.5, Weight: 1}}})
	publish(t, s, v)
	form := func(id string, values map[string][]string) courses.Fact {
		return courses.Fact{ID: id, Kind: "attempt", Course: "K", Lesson: "thu", At: morning, Lang: "vi", Form: values}
	}
	for _, c := range []struct {
		id     string
		form   map[string][]string
		state  string
		score  int
		reason string
	}{
		{"a", map[string][]string{"q": {"true"}, "n": {"1,5"}}, courses.Received, 100, ""},
		{"a", map[string][]string{"n": {"1,5"}, "q": {"true"}}, courses.Duplicate, 100, ""},
		{"b", map[string][]string{"q": {"true"}, "n": {"rưỡi"}}, courses.Received, 50, ""},
		{"c", map[string][]string{}, courses.Received, 0, ""},
		{"d", map[string][]string{"gone": {"x"}}, courses.Refused, 0, "unknown-question"},
		{"a", map[string][]string{"q": {"false"}}, courses.Refused, 0, "id-reused"},
	} {
		r, err := s.Record(t.Context(), learner("mai"), form(c.id, c.form))
		if err != nil || r.State != c.state || r.Reason != c.reason || c.reason == "" && *r.Score != c.score {
			t.Errorf("%s %v: %+v %v", c.id, c.form, r, err)
		}
	}
}

// A clock that is wrong when something happens, or when it is sent, moves nothing past now or before the programme.
func TestWrongClocks(t *testing.T) {
	days := func(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
	lacks := func(d time.Duration) *int64 { ms := d.Milliseconds(); return &ms }
	for _, c := range []struct {
		name     string
		at, sent time.Time
		clock    *int64
		want     time.Time
	}{
		{"right", morning.Add(-days(2)), morning, nil, morning.Add(-days(2))},
		{"two days behind, at sending too", morning.Add(-days(4)), morning.Add(-days(2)), nil, morning.Add(-days(2))},
		{"two days behind, as the phone knew, and set right before sending", morning.Add(-days(4)), morning, lacks(days(2)), morning.Add(-days(2))},
		{"without a battery: 1970", time.Unix(60, 0), morning, nil, morning},
		{"in the future", morning.Add(days(400)), morning, nil, morning},
		{"a hostile offset", morning, morning, lacks(1 << 62), morning},
	} {
		s := newSchool(t)
		s.at(morning.Add(-days(30))) // the course is older than what the phone says
		publish(t, s, version(0))
		s.at(morning)
		f := read("x")
		f.At, f.SentAt, f.Clock = c.at, c.sent, c.clock
		if r, err := s.Record(t.Context(), learner("mai"), f); err != nil || r.State != courses.Received {
			t.Fatalf("%s: %+v %v", c.name, r, err)
		}
		kept, err := store.Get[courses.Completion](t.Context(), s.Store, school.CompletionKind, courses.EnrolmentID("mai", "K", 1)+"/doc")
		if err != nil || !kept.HappenedAt.Equal(c.want) {
			t.Errorf("%s: it happened %v, want %v (%v)", c.name, kept.HappenedAt, c.want, err)
		}
	}
}

// Who took a course along and began it without a network finishes that version, whatever was published meanwhile; for
// ninety days.
func TestBegunAsTakenAlong(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		want string
	}{{30 * 24 * time.Hour, "K@1"}, {100 * 24 * time.Hour, "K@2"}} {
		s := newSchool(t)
		publish(t, s, version(0))
		s.at(morning.Add(time.Hour))
		second := version(0)
		second.Hash, second.Modules[0].Lessons = "other", append(slices.Clone(second.Modules[0].Lessons), courses.Lesson{ID: "moi", Minutes: 5})
		publish(t, s, second)
		s.at(morning.Add(c.wait))
		f := read("x")
		f.At, f.Version = morning.Add(c.wait-time.Hour), "K@1"
		if r, err := s.Record(t.Context(), learner("mai"), f); err != nil || r.State != courses.Received {
			t.Fatalf("%+v %v", r, err)
		}
		st, err := s.Study(t.Context(), "mai", "K")
		if err != nil || st.Version.ID != c.want {
			t.Errorf("after %v: begun with %s, want %s (%v)", c.wait, st.Version.ID, c.want, err)
		}
	}
}

// A course that closed while a phone was away still takes what was done before, and only that.
func TestCourseClosedMeanwhile(t *testing.T) {
	s := newSchool(t)
	publish(t, s, version(0))
	if _, err := store.Update(t.Context(), s.Store, school.ListingKind, "K", func(l *courses.Listing) error { l.RetiredAt = morning; return nil }); err != nil {
		t.Fatal(err)
	}
	s.at(morning.Add(10 * 24 * time.Hour))
	before, after := read("b"), read("a")
	before.At, after.At = morning.Add(-time.Hour), morning.Add(time.Hour)
	if r, _ := s.Record(t.Context(), learner("lan"), after); r.State != courses.Refused || r.Reason != "course-retired" {
		t.Errorf("begun after: %+v", r)
	}
	if r, _ := s.Record(t.Context(), learner("mai"), before); r.State != courses.Received {
		t.Errorf("begun before: %+v", r)
	}
}

// Any bytes a phone sends are judged, not crashed on.
func FuzzFactOfAPhone(f *testing.F) {
	f.Add([]byte(`{"n":1,"id":"a","kind":"attempt","course":"K","lesson":"thu","at":"2026-12-05T02:00:00Z","clock":-5,"lang":"vi","form":{"q":["true"]}}`))
	f.Add([]byte(`{"id":"a","kind":"attempt","course":"K","lesson":"thu","form":{"q.x":["a","b"],"":[]},"version":"K@0"}`))
	f.Add([]byte(`{"id":"a","kind":"completion","course":"K","lesson":"doc","clock":9223372036854775807,"version":"K@-1"}`))
	s := newSchool(f)
	publish(f, s, version(0))
	f.Fuzz(func(t *testing.T, text []byte) {
		var fact courses.Fact
		if json.Unmarshal(text, &fact) != nil {
			return
		}
		r, err := s.Record(t.Context(), learner("mai"), fact)
		if err != nil || !slices.Contains([]string{courses.Received, courses.Duplicate, courses.Refused}, r.State) {
			t.Errorf("%s: %+v %v", text, r, err)
		}
	})
}
