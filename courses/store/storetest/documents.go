package storetest

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"lopban/courses/problem"
	"lopban/courses/store"
)

type role string

type answer struct {
	Question string   `json:"question"`
	Choices  []string `json:"choices"`
	Score    float64  `json:"score"`
}

type everything struct {
	ID      string             `json:"id"`
	Text    string             `json:"text"`
	Role    role               `json:"role"`
	Number  int                `json:"number"`
	Big     int64              `json:"big"`
	Small   int32              `json:"small"`
	Yes     bool               `json:"yes"`
	At      time.Time          `json:"at"`
	Never   time.Time          `json:"never"`
	Until   *time.Time         `json:"until,omitempty"`
	Share   float64            `json:"share"`
	Bytes   []byte             `json:"bytes"`
	Words   []string           `json:"words"`
	Days    []time.Time        `json:"days"`
	Answers []answer           `json:"answers"`
	First   answer             `json:"first"`
	Counts  map[string]int     `json:"counts"`
	Deep    map[string]answer  `json:"deep"`
	Shares  map[role][]float64 `json:"shares"`
	Missing string             `json:"missing,omitempty"`
	Nothing []string           `json:"nothing"`
}

func everythings() *store.Kind {
	return &store.Kind{Name: "everything", Schema: 3, Doc: everything{}, Indexes: [][]string{{"text"}, {"role"}, {"number"}, {"big"}, {"small"}, {"yes"}, {"at"}, {"never"}}}
}

func full(id string) everything {
	until := day(31)
	a := answer{Question: "câu 1", Choices: []string{"a", "", "ă"}, Score: 0.1}
	return everything{
		ID: id, Text: "Nguyễn Thị Đặng <b>&\"\\\u2028 \U0001F4DA", Role: "trainer", Number: -42, Big: math.MaxInt64, Small: math.MinInt32,
		Yes: true, At: day(2), Until: &until, Share: 1.0 / 3, Bytes: []byte{0, 1, 255},
		Words: []string{"Tuyên Quang", "", "Lào Cai"}, Days: []time.Time{day(1), {}}, Answers: []answer{a, {Choices: []string{}}}, First: a,
		Counts: map[string]int{"xã": 1, "phường": math.MaxInt32 + 1}, Deep: map[string]answer{"q": a},
		Shares: map[role][]float64{"staff": {0, -1.5, math.MaxFloat64}},
	}
}

func roundTrip(t *testing.T, s *suite) {
	k := everythings()
	st := s.open(t, k)
	before := time.Date(1687, 12, 30, 23, 59, 59, 999e6, time.UTC)
	docs := []everything{
		full("full"),
		{ID: "empty"},
		{ID: "small", Big: math.MinInt64, Number: math.MinInt32, Small: math.MaxInt32, At: before, Words: []string{}, Counts: map[string]int{}, Bytes: []byte{}},
		{ID: "Bản Lớp/điểm 1%?#.$", Text: "$text.with.dots", Big: 1<<53 + 1, At: day(1).Add(7 * time.Millisecond)},
	}
	insert(t, st, k, docs...)
	for _, doc := range docs {
		got, err := store.Get[everything](t.Context(), st, k, doc.ID)
		if err != nil || !reflect.DeepEqual(got, doc) {
			t.Errorf("get %s: %v\ngot  %+v\nwant %+v", doc.ID, err, got, doc)
		}
	}
	found, err := store.All[everything](t.Context(), st, k, store.Where(store.Is("role", role("trainer"))))
	if err != nil || len(found) != 1 || !reflect.DeepEqual(found[0], docs[0]) {
		t.Errorf("find: %v\ngot  %+v\nwant %+v", err, found, docs[:1])
	}
	if got := found[0].At; got.Location() != time.UTC {
		t.Errorf("time came back in %v, want UTC", got.Location())
	}
}

func readingClears(t *testing.T, s *suite) {
	k := everythings()
	st := s.open(t, k)
	insert(t, st, k, full("full"), everything{ID: "empty"})
	doc := full("other")
	if err := st.Get(t.Context(), k, "empty", &doc); err != nil {
		t.Fatal(err)
	}
	if want := (everything{ID: "empty"}); !reflect.DeepEqual(doc, want) {
		t.Errorf("get into a used document: %+v", doc)
	}
	doc = full("other")
	err := st.Find(t.Context(), k, store.Where(store.Is("id", "empty")), func(r store.Row) error { return r.Decode(&doc) })
	if err != nil || !reflect.DeepEqual(doc, everything{ID: "empty"}) {
		t.Errorf("decode into a used document: %v %+v", err, doc)
	}
	doc = full("other")
	err = st.Update(t.Context(), k, "empty", &doc, func() error {
		if doc.Text != "" || doc.Counts != nil {
			t.Errorf("update read into a used document: %+v", doc)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func notFound(t *testing.T, s *suite) {
	st, k := s.words(t)
	var doc word
	want(t, st.Get(t.Context(), k, "none", &doc), problem.ErrNotFound)
	want(t, st.Update(t.Context(), k, "none", &doc, func() error {
		t.Error("change was called")
		return nil
	}), problem.ErrNotFound)
	want(t, st.Delete(t.Context(), k, "none"), problem.ErrNotFound)
	_, err := store.One[word](t.Context(), st, k, store.Where(store.Is("code", "none")))
	want(t, err, problem.ErrNotFound)
}

func takenID(t *testing.T, s *suite) {
	first := one("a")
	first.Note = "first"
	st, k := s.words(t, first)
	second := word{ID: "a", Code: "other", Note: "second"}
	wantTaken(t, st.Insert(t.Context(), k, &second), 0)
	if got, _ := store.Get[word](t.Context(), st, k, "a"); got != first {
		t.Errorf("after a refused insert: %+v", got)
	}
}

func takenUnique(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"))
	second := word{ID: "b", Code: "ca"}
	wantTaken(t, st.Insert(t.Context(), k, &second), 0)
	want(t, st.Get(t.Context(), k, "b", &second), problem.ErrNotFound)
}

func wantTaken(t *testing.T, err error, indices ...int) {
	t.Helper()
	var taken *store.TakenError
	if !errors.As(err, &taken) || !errors.Is(err, problem.ErrExists) {
		t.Fatalf("error is %v, want a TakenError", err)
	}
	if !slices.Equal(taken.Taken, indices) {
		t.Errorf("taken are %v, want %v", taken.Taken, indices)
	}
}

func someTaken(t *testing.T, s *suite) {
	st, k := s.words(t, one("b"), one("d"))
	docs := []any{new(one("a")), new(one("b")), new(one("c")), &word{ID: "x", Code: "cd"}, new(one("e")), new(one("a"))}
	wantTaken(t, st.Insert(t.Context(), k, docs...), 1, 3, 5)
	if got := ids(t, st, k, store.Query{}); got != "a b c d e" {
		t.Errorf("kept are %s, want a b c d e", got)
	}
}

func invalidDocument(t *testing.T, s *suite) {
	st, k := s.words(t, one("good"))
	want(t, st.Insert(t.Context(), k, &word{Code: "c"}), problem.ErrInvalid)
	want(t, st.Insert(t.Context(), k, &word{ID: "a"}), problem.ErrInvalid)
	want(t, st.Insert(t.Context(), k, one("a")), problem.ErrInvalid)
	want(t, st.Insert(t.Context(), k, new(one("a")), &word{ID: "b"}), problem.ErrInvalid)
	want(t, st.Insert(t.Context(), k, &struct {
		ID string `json:"id"`
	}{"a"}), problem.ErrInvalid)
	var doc word
	want(t, st.Update(t.Context(), k, "good", &doc, func() error { doc.Code = ""; return nil }), problem.ErrInvalid)
	if got := ids(t, st, k, store.Query{}); got != "good" {
		t.Errorf("kept are %q, want only the good one", got)
	}
}

func save(t *testing.T, s *suite) {
	st, k := s.words(t)
	for _, note := range []string{"first", "second"} {
		doc := one("a")
		doc.Note = note
		if err := store.Save(t.Context(), st, k, "a", doc); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Get[word](t.Context(), st, k, "a"); err != nil || got != doc {
			t.Errorf("after saving %q: %+v, %v", note, got, err)
		}
	}
}

func cancelled(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"))
	var doc word
	_, count := st.Count(ended(), k, store.Query{})
	_, blob := st.Blob(ended(), "a")
	for name, err := range map[string]error{
		"insert": st.Insert(ended(), k, new(one("b"))),
		"get":    st.Get(ended(), k, "a", &doc),
		"update": st.Update(ended(), k, "a", &doc, func() error { doc.Note = "changed"; return nil }),
		"delete": st.Delete(ended(), k, "a"),
		"find":   st.Find(ended(), k, store.Query{}, func(store.Row) error { return nil }),
		"count":  count,
		"put":    st.PutBlob(ended(), "a", []byte("a")),
		"blob":   blob,
		"blobs":  st.Blobs(ended(), func(string) error { return nil }),
		"ping":   st.Ping(ended()),
	} {
		if !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("%s: %v, want %v", name, err, problem.ErrUnavailable)
		}
	}
	if got, err := store.All[word](t.Context(), st, k, store.Query{}); err != nil || len(got) != 1 || got[0] != one("a") {
		t.Errorf("afterwards: %+v, %v", got, err)
	}
	_, err := st.Blob(t.Context(), "a")
	want(t, err, problem.ErrNotFound)
}

func closed(t *testing.T, s *suite) {
	st, k := s.words(t, one("a"))
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	var doc word
	want(t, st.Insert(t.Context(), k, new(one("b"))), problem.ErrUnavailable)
	want(t, st.Get(t.Context(), k, "a", &doc), problem.ErrUnavailable)
	want(t, st.Ping(t.Context()), problem.ErrUnavailable)
	if err := st.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func reopen(t *testing.T, s *suite) {
	if s.same == nil {
		t.Skip("this engine is not opened again")
	}
	k, open := everythings(), s.same(t)
	st := open(t, k)
	insert(t, st, k, full("a"), full("b"))
	if err := st.PutBlob(t.Context(), "paper", []byte("%PDF")); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	st = open(t, k)
	got, err := store.All[everything](t.Context(), st, k, store.Query{}.By("-number"))
	if err != nil || !reflect.DeepEqual(got, []everything{full("b"), full("a")}) {
		t.Errorf("documents: %v %+v", err, got)
	}
	if data, err := st.Blob(t.Context(), "paper"); err != nil || string(data) != "%PDF" {
		t.Errorf("blob: %q, %v", data, err)
	}
	wantTaken(t, st.Insert(t.Context(), k, new(full("a"))), 0)
}
