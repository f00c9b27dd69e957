package server

import (
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"lopban/courses/roster"
)

// onPaper is the text of a PDF, with single spaces.
func onPaper(r *reply) string {
	r.t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		r.t.Skip("pdftotext is not installed, so nobody read the paper")
	}
	reader := exec.Command("pdftotext", "-layout", "-", "-")
	reader.Stdin = strings.NewReader(r.Body)
	text, err := reader.Output()
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// The page that a body signs has the figures of the screen, names both lists of provinces, and says who reports where
// that is known. It is told in the trail like every other file.
func TestThePageToSignHasTheNumbersOfTheScreen(t *testing.T) {
	p := newBoard(t)
	p.pass(48 * time.Hour)
	for _, c := range []struct {
		query string
		who   *client
		want  []string
	}{
		{"by=present&province=08", p.staff, []string{"THƯ VIỆN TỈNH TUYÊN QUANG", "tỉnh Tuyên Quang hiện nay, gồm địa bàn 2 tỉnh (Hà Giang, Tuyên Quang)", "1 trên 2 người", "đạt tỷ lệ 50,0 %", "Danh sách đã lập ở 1 trên 124 xã, phường", "xã Lũng Cú 2 1 50,0 0", "Trong 123 nơi khác: 0 đã đạt, 0 chưa đạt, 123 chưa có danh sách."}},
		{"by=programme&province=02", p.staff, []string{"THƯ VIỆN TỈNH TUYÊN QUANG", "tỉnh Hà Giang nêu tại Quyết định, nay thuộc tỉnh Tuyên Quang.", "1 trên 2 người", "1 trên 73 xã, phường"}},
		{"by=present", p.office, []string{"10 tỉnh (Cao Bằng, Tuyên Quang", "1 trên 3 người", "33,3 %", "2 trên 10 tỉnh, 2 trên 764 xã, phường", "Tuyên Quang 1 / 124 2 1 50,0 0", "Cao Bằng 1 / 56 1 0 0,0 1", "Lào Cai 0 / 99 0 0 – –", "40 % đến 31/12/2026 2 1 1"}},
		{"by=programme&asOf=2026-12-04", p.office, []string{"14 tỉnh (Hà Giang, Tuyên Quang", "(Số liệu đến ngày 04 tháng 12 năm 2026)", "0 trên 3 người"}},
	} {
		screen := onPage(c.who.get("/board?" + c.query).want(200))
		file := c.who.get("/board/report.pdf?" + c.query).want(200)
		if file.Header.Get("Content-Type") != "application/pdf" || !strings.Contains(file.Header.Get("Content-Disposition"), "lopban-board-") {
			t.Errorf("%s: %v", c.query, file.Header)
		}
		text := onPaper(file)
		for _, want := range append(c.want, screen.checksum, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not on the paper: %s", c.query, want, text)
			}
		}
	}
	if link := p.staff.get("/board").want(200).attr(`a[href^="/board/report.pdf"]`, "href"); link != "/board/report.pdf?by=present&province=08" {
		t.Errorf("the board of staff leads to %q", link)
	}
	if len(p.learner.get("/board").want(200).find(`a[href^="/board/report.pdf"]`)) != 0 {
		t.Error("a learner is led where they may not go")
	}
	if got := p.office.get("/admin/audit").want(200).text(); !strings.Contains(got, "lopban-board-08-2026-12-07.pdf") {
		t.Errorf("the trail does not tell of it: %s", got)
	}
}

// The page of a closed period stays as it was closed.
func TestThePageToSignOfAClosedPeriod(t *testing.T) {
	_, office, staff, _ := closed(t)
	at := office.get("/periods/2026-12?"+url.Values{"by": {string(roster.Present)}, "province": {"08"}}.Encode()).want(200).attr(`a[href^="/board/report.pdf"]`, "href")
	text := onPaper(staff.get(at).want(200))
	for _, want := range []string{"(Tháng 12 năm 2026, số liệu đến ngày 31 tháng 12 năm 2026, đã chốt)", "1 trên 2 người"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the paper: %s", want, text)
		}
	}
	if now := onPaper(staff.get("/board/report.pdf?by=present&province=08").want(200)); !strings.Contains(now, "1 trên 3 người") {
		t.Errorf("today's: %s", now)
	}
	staff.get("/board/report.pdf?by=present&period=2026-11").want(422)
}
