package journey

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A learner's certificates are shown without a network: the list, the picture with its QR code, the PDF and what to
// check them by. On a shared phone they open with their owner's PIN alone.
func TestCertificatesWithoutANetwork(t *testing.T) {
	r := enter(t)
	l := r.line(t)
	own := l.region(r).pocket(t)
	v := own.tab
	v.enter(earner)
	v.ready()
	code, path := r.earned.Code, "/certificates/"+r.earned.Code
	v.open(path)
	look[bool](v, `(async () => { for (;;) {
		const keys = await `+keptOf+`;
		if (keys.filter((key) => key.includes(`+quote(code)+`)).length === 4) return true; // picture and PDF, each with its tag
		await new Promise(requestAnimationFrame);
	} })()`)
	v.airplane(l, true)

	v.open("/certificates")
	v.says("main h1", v.say("vi", "certificates.title"))
	v.says(`main a[href="`+path+`"]`, r.earned.Title.Vi)
	v.open(path)
	v.says("main dl.facts", r.earned.Serial)
	v.says("main dl.facts", r.earned.Holder.Name)
	v.says("main dl.facts", "/v/"+code)
	v.await(`document.querySelector("main .paper img").naturalWidth > 0`)
	v.fits(axe(t), "a certificate without a network")
	if pdf := v.fetch(path + ".pdf"); !strings.HasPrefix(string(pdf), "%PDF-") || string(pdf) != string(r.as(t, earner).fetch(path+".pdf")) {
		t.Errorf("the phone has %d bytes that are not the paper", len(pdf))
	}

	v = own.again(t)
	v.airplane(l, true)
	v.open(path)
	v.says("main dl.facts", r.earned.Serial)

	// under a PIN and locked, nothing of it is shown, nor given to a page that asks for it
	v.open("/phone")
	form := `form[data-pin=""]`
	v.await(`document.querySelector(` + quote(form) + `)`)
	v.do(v.write(form+" input", "240687"))
	v.follow(v.tap(form + " .button"))
	v.await(`[...document.querySelectorAll("main button")].some((b) => b.innerText === ` + quote(v.say("vi", "phone.lock")) + `)`)
	v.follow(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("main button")].find((b) => b.innerText === ` + quote(v.say("vi", "phone.lock")) + `).click()`))
	v.await(`document.querySelector("main input[type=password]")`)
	for _, at := range []string{path, "/certificates", "/phone"} {
		v.open(at)
		v.await(`document.querySelector("main h1")?.innerText`)
		if text := v.text("main"); strings.Contains(text, r.earned.Serial) || strings.Contains(text, r.earned.Title.Vi) {
			t.Errorf("%s shows a locked certificate", at)
		}
	}
	if got := look[bool](v, `fetch(`+quote(path+".svg")+`).then(() => true, () => false)`); got {
		t.Error("a locked certificate is given to a page")
	}
}

// keptOf reads the names of what the phone keeps sealed for people.
const keptOf = `new Promise((done, fail) => { const open = indexedDB.open("lopban"); open.onerror = fail;
	open.onsuccess = () => { const all = open.result.transaction("own").objectStore("own").getAllKeys();
		all.onsuccess = () => { open.result.close(); done(all.result.map((key) => key[1])); }; }; })`
