package server

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/store"
	"lopban/server/page"
)

// silent is a store that does not answer for blobs until it is told how.
type silent struct {
	store.Store
	asked  chan string
	answer chan error
	data   []byte
}

func (s *silent) Blob(_ context.Context, name string) ([]byte, error) {
	s.asked <- name
	return s.data, <-s.answer
}

// While the store does not say how large a picture is, other texts are read; and what it could not say then is asked
// again, not left out for ever.
func TestNobodyWaitsForAnothersPicture(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	st := &silent{Store: s.Store, asked: make(chan string, 99), answer: make(chan error), data: b.Bytes()}
	s.Texts.Store = st
	v := &courses.Version{ID: "K@1", Media: []courses.Media{{Name: "a.png", Blob: "a"}}}
	drawn := courses.Lesson{ID: "drawn", Body: courses.Text{Vi: "![nhà](../media/a.png)\n\n![cây](../media/a.png)", En: "-"}}
	plain := courses.Lesson{ID: "plain", Body: courses.Text{Vi: "chữ", En: "-"}}
	first := make(chan page.LessonText, 1)
	go func() { first <- s.Texts.Lesson(v, drawn, "vi") }()
	<-st.asked
	other := make(chan page.LessonText, 1)
	go func() { other <- s.Texts.Lesson(v, plain, "vi") }()
	select {
	case text := <-other:
		if !strings.Contains(string(text.HTML), "chữ") || text.Err != nil {
			t.Errorf("the other text is %+v", text)
		}
	case <-time.After(10 * time.Second):
		t.Error("the other text waits")
	}
	st.answer <- problem.ErrUnavailable
	if text := <-first; text.Err == nil || len(st.asked) != 0 {
		t.Errorf("the store is asked %d times more, and the text is %+v", len(st.asked), text)
	}
	close(st.answer) // without an error from now on
	if text := s.Texts.Lesson(v, drawn, "vi"); text.Err != nil || !strings.Contains(string(text.HTML), `width="30"`) {
		t.Errorf("when the store is back the text is %+v", text)
	}
}
