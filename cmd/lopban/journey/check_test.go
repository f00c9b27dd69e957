package journey

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses"
	"lopban/courses/roster"
)

// inspector is somebody who checks certificates on a phone, through a network that can go away.
type inspector struct {
	*tab
	proxy *httptest.Server
}

// inspect serves a store to an inspector.
func inspect(t *testing.T, data string) *inspector {
	t.Helper()
	site, err := url.Parse(programtest.Launch(t, console.Place{Data: data}).Base)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(httputil.NewSingleHostReverseProxy(site))
	t.Cleanup(proxy.Close)
	v := (&demoRegion{base: proxy.URL}).tab(t, phone)
	return &inspector{v, proxy}
}

// goesOffline takes the network away: whatever is asked from now on is refused.
func (i *inspector) goesOffline() {
	i.proxy.CloseClientConnections()
	i.proxy.Close()
	i.t.Cleanup(func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.faults = slices.DeleteFunc(i.faults, func(f string) bool { return strings.Contains(f, "ERR_CONNECTION_REFUSED") })
	})
}

// scans opens the link of a QR code, as a phone's camera does.
func (i *inspector) scans(link string) {
	i.t.Helper()
	_, path, _ := strings.Cut(link, "/v/")
	i.do(chromedp.Navigate("about:blank"), chromedp.Navigate(i.base+"/v/"+path))
}

// ready waits until the phone can check by itself.
func (i *inspector) ready() {
	i.t.Helper()
	i.await(`!document.querySelector("[data-ready]").hidden && navigator.serviceWorker.controller`)
}

func (i *inspector) verdict(want string) {
	i.t.Helper()
	i.await(`document.querySelector(".verdict") && document.querySelector(".verdict").textContent.trim() === ` + quote(want))
}

func (i *inspector) says(want string) {
	i.t.Helper()
	if text := look[string](i.tab, `document.querySelector("main").innerText`); !strings.Contains(text, want) {
		i.t.Errorf("the page does not say %q:\n%s", want, text)
	}
}

func (i *inspector) drops(data []byte) {
	i.t.Helper()
	file := filepath.Join(i.t.TempDir(), "giay.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		i.t.Fatal(err)
	}
	i.do(chromedp.SetUploadFiles("#pdf", []string{file}))
}

func TestCertificateIsCheckedWithoutANetwork(t *testing.T) {
	o := programtest.NewRegistry(t)
	printed, err := o.Programme.Papers.AsPrinted(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := o.Programme.Papers.Keep(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	o.Close()
	bent := []byte(printed.VerifyURL)
	bent[len(bent)-20]++
	flipped := slices.Clone(pdf)
	flipped[3000] ^= 1

	i := inspect(t, o.Data)
	i.scans(printed.VerifyURL)
	i.verdict("HỢP LỆ")
	i.await(`!document.querySelector("[data-say=signed]").hidden`)
	i.scans(string(bent))
	i.verdict("HỢP LỆ") // of the register's entry; but
	i.await(`!document.querySelector("[data-say=forged]").hidden`)
	i.drops(pdf)
	i.await(`location.search.startsWith("?sha256=")`)
	i.verdict("HỢP LỆ")
	i.says("đúng từng byte với tệp đã cấp")
	i.drops(flipped)
	i.verdict("ĐÃ BỊ SỬA")
	i.ready()

	i.goesOffline()
	i.scans(printed.VerifyURL)
	i.verdict("HỢP LỆ KHI CẤP")
	for _, said := range []string{"Chữ ký trên mã QR đúng", "Vàng Thị Mỷ", "Thư viện xã", "Khóa", "2 tiết", o.Entry.Register, o.Entry.Serial, courses.ShowCode(o.Entry.Code), o.Entry.Issuer.Name,
		o.Entry.Issuer.Capacity, "Đạt", "Không thời hạn", o.Entry.IssuedAt.In(courses.Vietnam).Format("02/01/2006"), "Trạng thái biết gần nhất: Hợp lệ", "không có mạng"} {
		i.says(said)
	}
	i.scans(string(bent))
	i.verdict("ĐÃ BỊ SỬA")
	i.drops(pdf)
	i.verdict("HỢP LỆ KHI CẤP")
	i.drops(flipped)
	i.verdict("ĐÃ BỊ SỬA")
	i.drops([]byte("%PDF-1.7 of another program"))
	i.verdict("CHƯA KIỂM TRA ĐƯỢC")
	i.drops(make([]byte, 3<<20))
	i.await(`!document.querySelector("[data-file=large]").hidden`)
	i.scans("http://lopban.test/v/" + o.Entry.Code)
	i.verdict("CHƯA KIỂM TRA ĐƯỢC")
	i.do(chromedp.SendKeys("#code", printed.VerifyURL+"\r"))
	i.verdict("HỢP LỆ KHI CẤP")
}

// A phone that has heard of a revocation does not forget it when the network goes, and a later paper of the same line
// is another's state.
func TestPhoneKnowsTheLastStateWithoutANetwork(t *testing.T) {
	o := programtest.NewRegistry(t)
	staff := func(login string) roster.Account {
		a, err := o.Programme.Accounts.ByLogin(t.Context(), login)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	made, err := o.Programme.Reissue(t.Context(), staff("0912000001"), o.Entry.Code, courses.Lost)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Programme.AskRegister(t.Context(), staff("0912000001"), made.Code, false, courses.Mistaken, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Programme.AnswerRegister(t.Context(), staff("0912000002"), made.Code, true); err != nil {
		t.Fatal(err)
	}
	old, err := o.Programme.Papers.AsPrinted(t.Context(), o.Entry.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.Programme.Papers.AsPrinted(t.Context(), *made)
	if err != nil {
		t.Fatal(err)
	}
	o.Close()
	i := inspect(t, o.Data)
	i.open("/v")
	i.ready()
	i.goesOffline()
	i.scans(old.VerifyURL)
	i.verdict("ĐÃ THAY THẾ")
	i.says("Trạng thái biết gần nhất: Đã thay thế")
	i.scans(again.VerifyURL)
	i.verdict("ĐÃ THU HỒI")
	i.says("Trạng thái biết gần nhất: Đã thu hồi")
}
