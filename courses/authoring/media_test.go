package authoring

import (
	"slices"
	"strings"
	"testing"

	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/markdown"
)

// Heads of files by which their format is known.
const (
	mp3Head  = "\xff\xfb\x90\x44\x00\x00\x00\x00"
	m4aHead  = "\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00"
	mp4Head  = "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
	webmHead = "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"
	goodVTT  = "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Mai>Chào chị.\n\n00:02.000 --> 00:04.500\nSách này hạn\n21 tháng 12 &amp; một tuần.\n"
)

func TestSoundsFilmsAndCaptionsAreJudgedByTheirContent(t *testing.T) {
	for _, c := range []struct{ name, file, data, want string }{
		{"mp3", "loi.mp3", mp3Head, ""},
		{"m4a", "loi.vi.m4a", m4aHead, ""},
		{"mp4", "phim.mp4", mp4Head, ""},
		{"webm", "phim.webm", webmHead, ""},
		{"captions", "phim.vi.vtt", goodVTT, ""},
		{"a page called mp3", "loi.mp3", "<html><script>", "0 media-not-as-named"},
		{"a film called mp3", "loi.mp3", mp4Head, "0 media-not-as-named"},
		{"a film called webm", "phim.webm", mp4Head, "0 media-not-as-named"},
		{"a sound that is too long", "loi.mp3", mp3Head + strings.Repeat("\x00", 1500<<10), "0 media-too-large 1501 KiB 1500 KiB"},
		{"captions that are none", "phim.vi.vtt", "Chào chị", "0 captions-empty"},
		{"captions without words", "phim.vi.vtt", "WEBVTT\n", "0 captions-empty"},
		{"captions in pieces", "phim.vi.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nCha\u0300o\n", "4 text-not-nfc Chào"},
		{"captions with a wrong time", "phim.vi.vtt", "WEBVTT\n\nxx --> 00:02.000\nChào\n", "0 captions-broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.ReplaceAll(told(markdown.CheckMedia("f", c.file, []byte(c.data))), "f:", "")
			if got != c.want && !(strings.HasPrefix(got, c.want) && c.want == "0 captions-broken") {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestTheTranscriptIsWhatTheCaptionsSay(t *testing.T) {
	if got, want := markdown.Transcript([]byte(goodVTT)), []string{"Chào chị.", "Sách này hạn 21 tháng 12 & một tuần."}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := markdown.Transcript([]byte("00:00 -->")); len(got) != 0 {
		t.Errorf("%q", got)
	}
	for name, want := range map[string]string{"bai.mp3": "bai.vi.vtt", "bai.en.mp4": "bai.vi.vtt", "bai-hat.vi.webm": "bai-hat.vi.vtt"} {
		if got := markdown.CaptionsOf(name, "vi"); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestASoundNeedsItsWords(t *testing.T) {
	files := coursetest.Good()
	files["media/loi.mp3"] = []byte(mp3Head)
	files["lessons/don-tiep.vi.md"] = append(files["lessons/don-tiep.vi.md"], "\n![Lời chào](../media/loi.mp3)\n"...)
	_, m := LoadFiles(files)
	if got := told(m); got != "media/loi.mp3:0 captions-missing media/loi.vi.vtt; media/loi.mp3:0 untranslated? media/loi.en.vtt" {
		t.Error(got)
	}
	files["media/loi.vi.vtt"], files["media/loi.en.vtt"] = []byte(goodVTT), []byte(goodVTT)
	p, m := LoadFiles(files)
	if len(m) > 0 {
		t.Error(told(m))
	}
	if r := p.Sizes()[0]; r.OnDemand.Vi != len(mp3Head) || r.OnDemand.En != 0 {
		t.Errorf("%+v is loaded on demand", r.OnDemand)
	}
}

func TestASoundStandsAlone(t *testing.T) {
	files := coursetest.Good()
	files["media/loi.mp3"], files["media/loi.vi.vtt"], files["media/loi.en.vtt"] = []byte(mp3Head), []byte(goodVTT), []byte(goodVTT)
	files["lessons/don-tiep.vi.md"] = append(files["lessons/don-tiep.vi.md"], "\nNghe ![Lời chào](../media/loi.mp3) nhé.\n\n![Lời chào](../media/loi.vi.vtt)\n"...)
	_, m := LoadFiles(files)
	if got := told(m); got != "lessons/don-tiep.vi.md:9 media-alone loi.mp3; lessons/don-tiep.vi.md:11 md-image-outside loi.vi.vtt" {
		t.Error(got)
	}
}

func TestWhatIsHeavyIsLoadedWhenTheReaderOpensIt(t *testing.T) {
	media := func(name string) (markdown.Picture, bool) {
		p := markdown.Picture{URL: "/media/" + name, Width: 640, Height: 480, Bytes: 28 << 10, Offer: "28 KB"}
		if markdown.MediumOf(name) != markdown.PictureFile {
			p.Captions = []markdown.Captions{{Lang: "vi", URL: "/media/loi.vi.vtt", Label: "Lời thoại", Lines: []string{"Chào <chị>.", "Hẹn gặp."}}}
		}
		if name == "nho.jpg" {
			p.Bytes = markdown.MaxWithPage
		}
		return p, true
	}
	for _, c := range []struct{ name, markdown, want string }{
		{"a photo", "![Kho sách](../media/kho.jpg)", `<details class="shown"><summary>Kho sách <em>28 KB</em></summary><img src="/media/kho.jpg" alt="Kho sách" width="640" height="480" loading="lazy"></details>` + "\n"},
		{"a small photo", "![Kho sách](../media/nho.jpg)", `<p><img src="/media/nho.jpg" alt="Kho sách" width="640" height="480" loading="lazy"></p>` + "\n"},
		{"a drawing", "![Kho sách](../media/kho.svg)", `<p><img src="/media/kho.svg" alt="Kho sách" width="640" height="480" loading="lazy"></p>` + "\n"},
		{"a film", "![Mở cửa](../media/phim.mp4)", `<figure class="shown"><figcaption>Mở cửa <em>28 KB</em></figcaption><video controls="" preload="none" src="/media/phim.mp4" aria-label="Mở cửa">` +
			`<track kind="captions" srclang="vi" label="Tiếng Việt" src="/media/loi.vi.vtt"></video><details><summary>Lời thoại</summary><p>Chào &lt;chị&gt;.<br>Hẹn gặp.</p></details></figure>` + "\n"},
		{"a sound in a sentence", "Nghe ![lời chào](../media/loi.mp3) nhé.", "<p>Nghe <em>lời chào</em> nhé.</p>\n"},
	} {
		if got, _ := markdown.Render(c.markdown, media); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Captions come from authors' tools and from files that only look like captions.
func FuzzTranscript(f *testing.F) {
	for _, seed := range []string{goodVTT, "", "WEBVTT", "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:01 --> 00:02\na", "WEBVTT\n\nSTYLE\n::cue{}\n\nREGION\nid:1\n\nNOTE x\n\n00:00.000 --> 00:01.000 region:1 line:0%\n<c.a.b>x</c>", "\xff\xfe"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, vtt []byte) {
		for _, line := range markdown.Transcript(vtt) {
			if strings.TrimSpace(line) == "" || strings.Contains(line, "\n") {
				t.Fatalf("%q", line)
			}
		}
	})
}
