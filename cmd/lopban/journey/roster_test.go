package journey

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lopban/cmd/lopban/console"
	"lopban/courses/roster"
)

// On a phone and on a laptop staff import a list, ask another province for somebody who is in it, take the list back,
// merge an entry that is there twice, and take whom the other province hands over. No page is wider than the screen.
func TestRosterJourney(t *testing.T) {
	r := enter(t)
	for i, d := range []device{phone, laptop} {
		v, other := r.tab(t, d), r.tab(t, d)
		v.enter(staff)
		other.enter(admin)
		var there struct {
			People []struct{ ID, Name string }
		}
		if err := json.Unmarshal(other.fetch("/api/v1/people?province="+r.neighbour.Province), &there); err != nil || len(there.People) < 2 {
			t.Fatalf("people of %s: %+v, %v", r.neighbour.Province, there, err)
		}
		guest, name := there.People[i], []string{"Sùng Thị Xuyến Xa", "Vàng Mí Chúa Chải"}[i]
		today := roster.Day(console.Clock()).Format(time.DateOnly)
		path := "/roster/transfers/" + guest.ID + "/1"
		fits := func(v *tab) {
			t.Helper()
			if wide, who := v.width(d); wide > d.width {
				t.Errorf("%s is %d wide on a screen of %d: %q", v.at(), wide, d.width, who)
			}
		}

		// the same person in two communes, and somebody of another province by code
		file := filepath.Join(t.TempDir(), "danh-sach.csv")
		list := "Mã,Họ và tên,Đơn vị công tác,Xã/phường,Ngày bắt đầu\n" +
			"," + name + ",Thư viện xã Lũng Cú,xã Lũng Cú," + today + "\n" +
			"," + name + ",Thư viện xã Đồng Văn,xã Đồng Văn," + today + "\n" +
			guest.ID + "," + guest.Name + ",Thư viện xã Lũng Cú,xã Lũng Cú," + today + "\n"
		if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
		v.uploads(file, tally{added: 2, problems: 1})
		fits(v)
		v.follow(v.tap(`button[value="ask"]`))
		fits(v)
		v.imports(2)
		fits(v)
		v.follow(v.tap(`a[href$="/undo"]`))
		fits(v)
		v.follow(v.tap(`main form .button.warn`))
		v.await(`document.querySelector("main").innerText.includes(` + quote(v.say("vi", "undo.state.undone")) + `)`)
		v.uploads(file, tally{added: 2, problems: 1})
		v.imports(2)

		v.open("/roster?q=" + url.QueryEscape(name))
		v.follow(v.tap(`main table.data tbody tr:first-child td:first-child a`))
		v.open(v.at() + "/merge")
		fits(v)
		v.follow(v.tap(`a.button[href*="/merge?other="]`))
		fits(v)
		v.follow(v.tap(`form.card .button:not(.quiet)`))
		v.wantText("main", v.say("vi", "merge.joined"))
		fits(v)

		v.open("/roster/transfers")
		v.wantText("main", guest.Name)
		fits(v)
		other.open("/roster/transfers?province=" + r.neighbour.Province)
		other.wantText("main", guest.Name)
		fits(other)
		other.follow(other.tap(`form[action="` + path + `"] button[value="offer"]`))
		v.open("/roster/transfers")
		fits(v)
		v.do(chromedp.SetValue(chromedp.CSS(`form[action="`+path+`"] select[name="commune"]`), "00715"), chromedp.SetValue(chromedp.CSS(`form[action="`+path+`"] input[name="library"]`), "Thư viện xã Lũng Cú"))
		v.follow(v.tap(`form[action="` + path + `"] button[value="accept"]`))
		v.wantText("main", v.say("vi", "transfer.accepts"))
		v.open("/roster/" + guest.ID)
		v.wantText("main h1", guest.Name)
		v.wantText("#postings", v.say("vi", "transfer.title"))
		fits(v)
	}
}
