package server

import (
	"bytes"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"lopban/server/author"
)

// put uploads a file to the media of a course's draft.
func (c *client) put(course, file string, data []byte, fields ...string) *reply {
	c.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			c.t.Fatal(err)
		}
	}
	w, err := m.CreateFormFile("file", file)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return c.do("POST", "/author/"+course+"/media", m.FormDataContentType(), &body)
}

func TestAnAuthorPutsPicturesAndSoundsIntoADraft(t *testing.T) {
	trainer := newDesk(t).lan

	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 1600, 1200)), nil); err != nil {
		t.Fatal(err)
	}
	trainer.put("K1", "IMG_0042.JPG", photo.Bytes(), "called", "Kho sách").want(303)
	trainer.put("K1", "tieng.bin", []byte("\xff\xfb\x90\x44\x00\x00\x00\x00"), "called", "Lời chào").want(303)
	trainer.put("K1", "x.vtt", []byte("WEBVTT\n\n00:00.000 --> 00:02.000\nChào chị.\n"), "called", "Lời chào", "lang", "vi").want(303)
	shown := trainer.get("/author/K1/media").want(200)
	if !strings.Contains(shown.text(), "phụ đề VTT hoặc SRT") || !strings.Contains(shown.attr("input[type=file]", "accept"), ".srt") {
		t.Errorf("captions of telephones are not asked for: %s", shown.text())
	}
	for _, want := range []string{"kho-sach.jpg", "loi-chao.mp3", "loi-chao.vi.vtt", "../media/kho-sach.jpg"} {
		if !strings.Contains(shown.Body, want) {
			t.Errorf("the page does not show %s", want)
		}
	}

	// The same name with other content is somebody else's file until the author says otherwise.
	other := append([]byte("\xff\xfb\x90\x44"), "another"...)
	again := trainer.put("K1", "b.mp3", other, "called", "Lời chào").want(422)
	if again.attr("input[name=replace]", "value") != "media/loi-chao.mp3" {
		t.Error("the page does not offer to replace the file")
	}
	trainer.put("K1", "b.mp3", other, "called", "Lời chào", "replace", "media/loi-chao.mp3", "base", "1").want(303)

	trainer.post("/author/K1/media/remove", url.Values{"name": {"kho-sach.jpg"}, "base": {"1"}}).want(303)
	if strings.Contains(trainer.get("/author/K1/media").want(200).Body, "kho-sach.jpg") {
		t.Error("the file is still there")
	}
	trainer.post("/author/K1/history", url.Values{"path": {"media/kho-sach.jpg"}, "rev": {"1"}, "base": {"2"}}).want(303)
	if !strings.Contains(trainer.get("/author/K1/media").want(200).Body, "kho-sach.jpg") {
		t.Error("the history did not bring the file back")
	}
}

// The courses come without a voice; a province adds the greeting as its people say it, and learners hear it and read
// what is said.
func TestTheRecordingOfAProvinceIsHeardInTheLesson(t *testing.T) {
	d := newDesk(t)
	sound := []byte("\xff\xfb\x90\x44\x00\x00\x00\x00")
	d.lan.put("K1", "tieng.mp3", sound, "called", "Lời chào").want(303)
	for lang, said := range map[string]string{"vi": "Chào chị.", "en": "Hello."} {
		captions := []byte("WEBVTT\n\n00:00.000 --> 00:02.000\n" + said + "\n")
		d.lan.put("K1", "x.vtt", captions, "called", "Lời chào", "lang", lang).want(303)
	}
	vi := "## Mở đầu\n\nHãy nghe.\n\n![Lời chào của bản](../media/loi-chao.mp3)\n"
	d.lan.post("/author/K1/doc", fields("vi", vi, "vi.base", "1")).want(303)
	seen := d.hash(d.lan)
	d.lan.post("/author/K1/review", fields("do", "submit", "hash", seen)).want(303)
	d.pao.post("/author/K1/review", fields("do", "approve", "hash", seen)).want(303)
	d.lan.post("/author/K1/publish", fields("hash", seen, "notes.vi", "Thêm lời chào")).want(303)

	lesson := d.as(d.person("Vàng Thị Mỷ", lungCu)).get("/courses/K1/doc").want(200)
	if got := lesson.attr("figure audio[controls]", "aria-label"); got != "Lời chào của bản" {
		t.Fatalf("the player says %q: %s", got, lesson.text())
	}
	if got := lesson.one("figure details"); got != "Bản chép lời Chào chị." {
		t.Errorf("what is said: %q", got)
	}
	heard := d.lan.get(lesson.attr("figure audio", "src")).want(200)
	if heard.Body != string(sound) || heard.Header.Get("Content-Type") != "audio/mpeg" {
		t.Errorf("%q as %s", heard.Body, heard.Header.Get("Content-Type"))
	}
}

func TestWhatIsNoPictureSoundOrFilmIsRefusedInWords(t *testing.T) {
	trainer := newDesk(t).lan
	for name, c := range map[string]struct {
		file string
		data []byte
		want string
	}{
		"a page":               {"anh.jpg", []byte("<html><script>alert(1)</script>"), "Hãy chọn ảnh JPEG"},
		"an iPhone's photo":    {"a.heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "HEIC"},
		"a drawing that runs":  {"a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>x</script></svg>`), "script"},
		"a sound without end":  {"a.mp3", append([]byte("\xff\xfb\x90\x44"), make([]byte, 2<<20)...), "KiB"},
		"larger than is taken": {"a.mp4", append([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"), make([]byte, author.MediaUpload)...), "12"},
	} {
		if r := trainer.put("K1", c.file, c.data).want(422); !strings.Contains(r.Body, c.want) {
			t.Errorf("%s: the page does not say %q", name, c.want)
		}
	}
}
