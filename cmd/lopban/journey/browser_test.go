package journey

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// required says whether a missing browser or judge is a failure: on a build machine it is.
func required() bool {
	return os.Getenv("LOPBAN_REQUIRE_BROWSER") != "" || os.Getenv("CI") == "true"
}

// lacking skips a test for want of something, or fails it where that must be there.
func lacking(t testing.TB, sentence string) {
	t.Helper()
	if required() {
		t.Fatal(sentence)
	}
	t.Skip(sentence)
}

var theBrowser struct {
	once  sync.Once
	ctx   context.Context
	close func()
	err   error
}

// browser starts the one browser of the tests.
func browser(t testing.TB) context.Context {
	t.Helper()
	path := chromium()
	if path == "" {
		lacking(t, "No browser: install Debian's chromium to run the journeys.")
	}
	theBrowser.once.Do(func() {
		profile, err := os.MkdirTemp("", "lopban-browser-")
		if err != nil {
			theBrowser.err = err
			return
		}
		ctx, stop, err := startBrowser(path, profile)
		theBrowser.ctx, theBrowser.close, theBrowser.err = ctx, func() { stop(); os.RemoveAll(profile) }, err
	})
	if theBrowser.err != nil {
		t.Fatal(theBrowser.err)
	}
	return theBrowser.ctx
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func startBrowser(path, profile string) (context.Context, func(), error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	stop := func() {
		cancel()
		end()
	}
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, nil, fmt.Errorf("the browser does not start: %w", err)
	}
	return ctx, stop, nil
}

func closeBrowser() {
	if theBrowser.close != nil {
		theBrowser.close()
	}
}

// device is what a visitor holds.
type device struct {
	width, height int64
	touch         bool
}

var (
	phone      = device{360, 640, true}
	smallPhone = device{320, 568, true}
	laptop     = device{1280, 800, false}
)

// journeyTime ends a journey that hangs; one takes seconds.
const journeyTime = 3 * time.Minute

// tab is one visitor's browser: no cookie, storage or cache is shared with another. Whatever a page complains of, or
// asks of another site, fails the test.
type tab struct {
	*demoRegion
	t     testing.TB
	ctx   context.Context
	touch bool

	mu      sync.Mutex
	pages   map[string]bool // addresses that were opened
	wire    map[network.RequestID]int
	fetched []string
	faults  []string
	away    bool // the network was taken away: what cannot be fetched is no fault
}

func (r *demoRegion) tab(t testing.TB, d device) *tab {
	t.Helper()
	return r.tabIn(t, browser(t), d, chromedp.WithNewBrowserContext())
}

// tabIn is a tab of this browser.
func (r *demoRegion) tabIn(t testing.TB, browser context.Context, d device, options ...chromedp.ContextOption) *tab {
	t.Helper()
	v := &tab{demoRegion: r, t: t, pages: map[string]bool{}, wire: map[network.RequestID]int{}}
	ctx, cancel := chromedp.NewContext(browser, append(options, chromedp.WithListener(v.hear))...)
	t.Cleanup(cancel)
	v.ctx = ctx
	v.do(chromedp.Func(func(context.Context, *chromedp.Target) error { return nil }))
	v.ctx, cancel = context.WithTimeout(ctx, journeyTime)
	t.Cleanup(func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, fault := range v.faults {
			t.Error(fault)
		}
		cancel()
	})
	v.hold(d)
	return v
}

// hear takes note of what the browser does and complains of.
func (v *tab) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		v.asks(e)
	case *network.EventLoadingFinished:
		if _, asked := v.wire[e.RequestID]; asked { // since the bytes were last weighed
			v.wire[e.RequestID] += int(e.EncodedDataLength)
		}
	case *runtime.EventExceptionThrown:
		v.faults = append(v.faults, fmt.Sprintf("exception: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.URL))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			v.faults = append(v.faults, fmt.Sprintf("console: %s", arguments(e.Args)))
		}
	case *log.EventEntryAdded:
		// a page that holds typed text asks before it is left; nobody has touched this one
		if strings.Contains(e.Entry.Text, "'beforeunload'") {
			return
		}
		if (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) && !(e.Entry.Source == log.EntrySourceNetwork && (v.away || v.pages[beforeHash(e.Entry.URL)])) {
			v.faults = append(v.faults, fmt.Sprintf("browser: %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

// beforeHash is an address without what the browser keeps for itself.
func beforeHash(address string) string { address, _, _ = strings.Cut(address, "#"); return address }

// asks takes note of a request. The status of a page is looked at where it is opened, so that a page that is not found
// is no fault here.
func (v *tab) asks(e *network.EventRequestWillBeSent) {
	v.wire[e.RequestID] += 0
	if e.RedirectResponse != nil {
		v.wire[e.RequestID] += int(e.RedirectResponse.EncodedDataLength)
	}
	if e.Type == network.ResourceTypeDocument {
		v.pages[e.Request.URL] = true
	}
	v.fetched = append(v.fetched, e.Request.URL)
	// data: is the browser's own drawing in a date field; the pages may use none
	if !strings.HasPrefix(e.Request.URL, v.base+"/") && !strings.HasPrefix(e.Request.URL, "data:") {
		v.faults = append(v.faults, "a request to another site: "+e.Request.URL)
	}
}

func arguments(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		all = append(all, string(a.Value)+a.Description)
	}
	return strings.Join(all, " ")
}

// weighed gives the bytes of every answer to what was asked since the last call, headers included, and what that was.
func (v *tab) weighed() (bytes int, fetched []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, n := range v.wire {
		bytes += n
	}
	fetched = v.fetched
	clear(v.wire)
	v.fetched = nil
	return bytes, fetched
}

func (v *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatalf("%v\n%s", err, v.where())
	}
}

// where says what the visitor sees, for a test that fails.
func (v *tab) where() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx), 5*time.Second)
	defer cancel()
	seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.body ? document.body.innerText : "").slice(0, 1500)`))
	if err != nil {
		return err.Error()
	}
	return seen
}

// hold puts another device into the visitor's hands.
func (v *tab) hold(d device) {
	v.t.Helper()
	v.touch = d.touch
	options := []chromedp.EmulateViewportOption{chromedp.EmulatePortrait}
	if d.touch {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	v.do(chromedp.EmulateViewport(d.width, d.height, options...))
}

// scheme sets the theme that the visitor's system asks for, and stills what moves.
func (v *tab) scheme(name string) {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	}))
}

// scriptless turns the scripts of pages off.
func (v *tab) scriptless() {
	v.t.Helper()
	v.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// open goes to a path and wants this status.
func (v *tab) open(path string, status ...int64) {
	v.t.Helper()
	want := int64(200)
	if len(status) > 0 {
		want = status[0]
	}
	if !strings.HasPrefix(path, "http") {
		path = v.base + path
	}
	res, err := chromedp.Run(v.ctx, chromedp.NavigateResponse(path))
	v.arrived(path, res, err, want)
}

// follow does something that leads to another page, waits for it, and wants it to be there.
func (v *tab) follow(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	v.meets(200, steps...)
}

// meets is follow for a page with this status.
func (v *tab) meets(status int64, steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	res, err := chromedp.RunResponse(v.ctx, steps...)
	v.arrived("another page", res, err, status)
}

func (v *tab) arrived(to string, res *network.Response, err error, want int64) {
	v.t.Helper()
	if err != nil {
		v.t.Fatalf("%s does not load: %v\n%s", to, err, v.where())
	}
	if res.Status != want {
		v.t.Fatalf("%s: status %d, want %d\n%s", res.URL, res.Status, want, v.where())
	}
}

// back presses the phone's back button. The browser may show the page that it kept, which then does not load again.
func (v *tab) back() {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.WaitEvent(page.FrameNavigated, nil, chromedp.Evaluate[chromedp.Void](`history.back()`))); err != nil {
		v.t.Fatalf("back: %v\n%s", err, v.where())
	}
	v.await(`document.readyState === "complete"`)
}

// at is the path of the page, with its query.
func (v *tab) at() string {
	v.t.Helper()
	return look[string](v, `location.pathname + location.search`)
}

// wantAt fails unless the visitor is at this path.
func (v *tab) wantAt(path string) {
	v.t.Helper()
	if at := v.at(); at != path {
		v.t.Fatalf("at %s, want %s\n%s", at, path, v.where())
	}
}

// look evaluates an expression in the page.
func look[T any](v *tab, expression string) T {
	v.t.Helper()
	result, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%s: %v\n%s", expression, err, v.where())
	}
	return result
}

// await waits until an expression is true, on this page or on one that comes after it.
func (v *tab) await(expression string) {
	v.t.Helper()
	var err error
	for end := time.Now().Add(journeyTime); time.Now().Before(end); {
		var yes bool
		if yes, err = chromedp.Run(v.ctx, chromedp.Evaluate[bool](`!!(`+expression+`)`)); err == nil && yes {
			return
		}
		<-time.After(10 * time.Millisecond) // another page may be on its way: nothing tells which
	}
	v.t.Fatalf("never true: %s: %v\n%s", expression, err, v.where())
}

// text is what the one element that a selector matches says; hidden parts say nothing.
func (v *tab) text(selector string) string {
	v.t.Helper()
	all := v.texts(selector)
	if len(all) != 1 {
		v.t.Fatalf("%d elements match %s\n%s", len(all), selector, v.where())
	}
	return all[0]
}

// texts is what each element that a selector matches says.
func (v *tab) texts(selector string) []string {
	v.t.Helper()
	return look[[]string](v, `[...document.querySelectorAll(`+quote(selector)+`)].map((e) => e.innerText.replace(/\s+/g, " ").trim())`)
}

// wantText fails unless the element says this among other things.
func (v *tab) wantText(selector string, parts ...string) {
	v.t.Helper()
	text := v.text(selector)
	for _, part := range parts {
		if !strings.Contains(text, strings.Join(strings.Fields(part), " ")) {
			v.t.Fatalf("%s says %q, want %q in it\n%s", selector, text, part, v.where())
		}
	}
}

// tap touches the element in its middle, as a thumb does; on a laptop it is clicked. What lies over the element gets
// the touch, so that is a failure.
func (v *tab) tap(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		at, err := chromedp.Evaluate[struct {
			X, Y  float64
			Wrong string
		}](`(() => {
			const all = document.querySelectorAll(`+quote(selector)+`);
			if (all.length !== 1) return { Wrong: all.length + " elements match" };
			all[0].scrollIntoView({ block: "center", behavior: "instant" });
			const r = all[0].getBoundingClientRect(), X = r.x + r.width / 2, Y = r.y + r.height / 2, top = document.elementFromPoint(X, Y);
			if (!r.width || !r.height) return { Wrong: "it is not on screen" };
			if (!top || !(top.contains(all[0]) || all[0].contains(top))) return { Wrong: "it is covered by " + (top ? top.outerHTML.slice(0, 200) : "nothing") };
			return { X, Y, Wrong: "" };
		})()`)(ctx, target)
		if err != nil {
			return err
		}
		if at.Wrong != "" {
			return fmt.Errorf("%s cannot be touched: %s", selector, at.Wrong)
		}
		if v.touch {
			_, err = chromedp.TapXY(at.X, at.Y)(ctx, target)
		} else {
			_, err = chromedp.MouseClickXY(at.X, at.Y)(ctx, target)
		}
		return err
	})
}

// write touches a field and types into it.
func (v *tab) write(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(v.tap(selector), chromedp.KeyEvent(text))
}

// enter signs in through the page.
func (v *tab) enter(login string) {
	v.t.Helper()
	v.open("/sign-in")
	v.do(v.write("#login", login), v.write("#password", v.passwords[login]))
	v.follow(v.tap("main form .button"))
	v.wantAt("/")
}

// speak chooses the language of the pages.
func (v *tab) speak(lang string) {
	v.t.Helper()
	if look[string](v, `document.documentElement.lang`) != lang {
		v.follow(v.tap(`form[action="/language"] button`))
	}
	if got := look[string](v, `document.documentElement.lang`); got != lang {
		v.t.Fatalf("the page speaks %s, want %s", got, lang)
	}
}

// fetch gives the body of an address of the site, asked for with the visitor's cookies.
func (v *tab) fetch(path string) []byte {
	v.t.Helper()
	body, err := base64.StdEncoding.DecodeString(look[string](v, `fetch(`+quote(path)+`).then((r) => { if (!r.ok) throw new Error(r.url + " " + r.status); return r.arrayBuffer(); })
		.then((b) => { let s = ""; for (const c of new Uint8Array(b)) s += String.fromCharCode(c); return btoa(s); })`))
	if err != nil {
		v.t.Fatal(err)
	}
	return body
}

// quote writes a text as JavaScript has it.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// scan reads the QR code of a paper's first page, or "" where the tools for it are not installed.
func scan(t testing.TB, pdf []byte) string {
	t.Helper()
	for _, tool := range []string{"pdftoppm", "zbarimg"} {
		if _, err := exec.LookPath(tool); err != nil {
			if required() {
				t.Fatalf("%s is not installed", tool)
			}
			t.Logf("%s is not installed: the QR code was not read", tool)
			return ""
		}
	}
	dir := t.TempDir()
	file, picture := filepath.Join(dir, "paper.pdf"), filepath.Join(dir, "paper")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "pdftoppm", "-r", "200", "-singlefile", "-png", file, picture).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), "zbarimg", "-q", "--raw", picture+".png").Output()
	if err != nil {
		t.Fatalf("zbarimg finds no code: %v", err)
	}
	return strings.TrimSpace(string(out))
}
