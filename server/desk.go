package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// writer lets in who may write courses.
func (s *Server) writer(c *fiber.Ctx) error {
	if !roster.MayAuthor(*visitorOf(c).account) {
		return store.Denied("denied")
	}
	return c.Next()
}

// deskTabs are the pages of a course at the desk, by the end of their address.
var deskTabs = []struct{ path, key string }{
	{"", "desk.outline"}, {"/media", "desk.tab.media"}, {"/history", "desk.tab.history"}, {"/review", "desk.tab.review"}, {"/versions", "desk.tab.versions"},
}

// deskFrame is what the pages of a course at the desk share.
type deskFrame struct {
	frame
	Course   string
	Base     string // "/author/COURSE"
	Tabs     []link
	Work     authoring.Work
	Outline  *courses.Version // without texts
	Rev      int              // of course.yaml
	Lesson   string           // that is open, "" for none
	Weights  map[string]weight
	Mistakes []mistakeRow
	Errors   int // of the mistakes
	names    func(id string) string
}

// Name is the name of an account.
func (f deskFrame) Name(id string) string { return cmp.Or(f.names(id), id) }

// LessonTitle is the title of a lesson, or the id of one that is there no more.
func (f deskFrame) LessonTitle(id string) string {
	l, _ := f.Outline.Lesson(id)
	return cmp.Or(f.In(l.Title), id)
}

// weight is what a lesson costs a reader.
type weight struct {
	Bytes, Seconds int
	Heavy          bool
}

// KB writes the weight with one decimal.
func (w weight) KB(lang string) string {
	text := strconv.FormatFloat(float64(w.Bytes)/1024, 'f', 1, 64)
	if lang != "en" {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}

// mistakeRow is a mistake in words, and where it can be mended.
type mistakeRow struct {
	authoring.Mistake
	Text, Href string
}

// deskAt begins a page of a course at the desk. A course that is not open leads to where it can be.
func (s *Server) deskAt(c *fiber.Ctx, tab string) (deskFrame, error) {
	course, ctx := c.Params("course"), c.UserContext()
	w := s.wordsOf(c)
	f := deskFrame{Course: course, Base: "/author/" + course, names: s.namer(ctx), Weights: map[string]weight{}}
	var err error
	if f.Work, err = s.desk.Work(ctx, course); err != nil {
		return f, err
	}
	outline, rev, _, err := s.desk.Outline(ctx, course)
	if err != nil {
		return f, err
	}
	f.Outline, f.Rev = &outline, rev
	f.frame = s.frame(c, cmp.Or(w.In(f.Outline.Title), course))
	for _, t := range deskTabs {
		f.Tabs = append(f.Tabs, link{f.Base + t.path, w.T(t.key), t.path == tab})
	}
	reports, mistakes, err := s.desk.Report(ctx, course)
	if err != nil {
		return f, err
	}
	for _, r := range reports {
		f.Weights[r.ID] = weightOf(r)
	}
	for _, m := range mistakes {
		f.Mistakes = append(f.Mistakes, mistakeRow{m, w.mistakes(authoring.Mistakes{m})[0], mistakePlace(f.Base, m)})
		if !m.Warning {
			f.Errors++
		}
	}
	slices.SortStableFunc(f.Mistakes, func(a, b mistakeRow) int { return compareBools(a.Warning, b.Warning) })
	return f, nil
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func weightOf(r authoring.LessonReport) weight {
	b := max(r.Compressed.Vi, r.Compressed.En)
	return weight{b, max(r.Seconds.Vi, r.Seconds.En), b > authoring.MaxPage}
}

// mistakePlace is the address of the page on which a mistake can be mended.
func mistakePlace(base string, m authoring.Mistake) string {
	name, _ := strings.CutPrefix(m.File, "lessons/")
	parts := strings.Split(name, ".")
	line := fmt.Sprintf("line=%d", m.Line)
	switch {
	case strings.HasPrefix(m.File, "media/"):
		return base + "/media"
	case len(parts) == 3 && parts[2] == "md":
		return base + "/" + parts[0] + "?lang=" + parts[1] + "&" + line
	case len(parts) == 3 && parts[2] == "gift":
		return base + "/" + parts[0] + "/quiz?lang=" + parts[1] + "&" + line
	}
	return base + "/course.yaml?" + line
}

type deskPage struct {
	deskFrame
	Fault *formFault
	Typed typedHead
}

// Now is the lesson that was typed about, as it is in the draft.
func (p deskPage) Now() courses.Lesson {
	l, _ := p.Outline.Lesson(p.Typed.Of)
	return l
}

// typedHead is what was typed into a form of the outline and not taken: which form, of which module or lesson, and its fields.
type typedHead struct {
	Do, Of string
	authoring.Heading
}

// NoText is for the fields of what is not there yet.
func (deskPage) NoText() courses.Text { return courses.Text{} }

// Kept says whether what was typed into this form was not taken.
func (p deskPage) Kept(do, of string) bool { return p.Typed.Do == do && p.Typed.Of == of }

// TitleIn is what the form shows as the title: what was typed, else what is there.
func (p deskPage) TitleIn(do, of string, there courses.Text) courses.Text {
	if p.Kept(do, of) {
		return p.Typed.Title
	}
	return there
}

// AboutIn is TitleIn of the objective or the summary.
func (p deskPage) AboutIn(do, of string, there courses.Text) courses.Text {
	if p.Kept(do, of) {
		return p.Typed.About
	}
	return there
}

// deskCourse shows the outline of a course, and what is wrong with it.
func (s *Server) deskCourse(c *fiber.Ctx) error { return s.showOutline(c, nil, typedHead{}) }

func (s *Server) showOutline(c *fiber.Ctx, fault *formFault, typed typedHead) error {
	f, err := s.deskAt(c, "")
	if errors.Is(err, store.ErrNotFound) {
		return s.deskClosed(c)
	}
	if err != nil {
		return err
	}
	return s.page(c, "author-course", deskPage{f, fault, typed})
}

type closedPage struct {
	frame
	Version *courses.Version
}

// deskClosed is shown for a course that is published and has no draft yet.
func (s *Server) deskClosed(c *fiber.Ctx) error {
	v, err := s.school.Course(c.UserContext(), c.Params("course"))
	if err != nil {
		return err
	}
	f := s.frame(c, s.wordsOf(c).In(v.Title))
	return s.page(c, "author-closed", closedPage{f, v})
}

// deskOpen begins a draft of a course.
func (s *Server) deskOpen(c *fiber.Ctx) error {
	if _, err := s.desk.Open(c.UserContext(), c.Params("course"), visitorID(c)); err != nil {
		return err
	}
	return c.Redirect("/author/"+c.Params("course"), fiber.StatusSeeOther)
}

// deskCreate begins a new course.
func (s *Server) deskCreate(c *fiber.Ctx) error {
	form := newCourseForm{strings.TrimSpace(c.FormValue("course")), c.FormValue("strand"), c.FormValue("vi"), c.FormValue("en")}
	_, err := s.desk.Create(c.UserContext(), form.Course, courses.Strand(form.Strand), courses.Text{Vi: form.Vi, En: form.En}, visitorID(c))
	if err != nil {
		fault, err := s.faultOf(c, err)
		if err != nil {
			return err
		}
		return s.showAuthor(c, form, fault)
	}
	return c.Redirect("/author/"+form.Course, fiber.StatusSeeOther)
}

// deskOutline changes the outline; the field "do" says how. What somebody else changed meanwhile is told, and nothing is lost.
func (s *Server) deskOutline(c *fiber.Ctx) error {
	to, err := s.rearrange(c)
	if err == nil {
		return c.Redirect(to, fiber.StatusSeeOther)
	}
	fault, err := s.faultOf(c, err)
	if err != nil {
		return err
	}
	typed := typedHead{Do: c.FormValue("do"), Of: c.FormValue("module"), Heading: headOf(c)}
	if typed.Do == "lesson" {
		typed.Of = c.FormValue("lesson")
	}
	return s.showOutline(c, fault, typed)
}

// headOf reads a title and what stands with it.
func headOf(c *fiber.Ctx) authoring.Heading {
	minutes, _ := strconv.Atoi(c.FormValue("minutes"))
	return authoring.Heading{Title: courses.Text{Vi: c.FormValue("title.vi"), En: c.FormValue("title.en")}, About: courses.Text{Vi: c.FormValue("about.vi"), En: c.FormValue("about.en")}, Minutes: minutes}
}

// rearrange does what the form says and gives where to go on.
func (s *Server) rearrange(c *fiber.Ctx) (string, error) {
	ctx, course, by := c.UserContext(), c.Params("course"), visitorID(c)
	module, lesson := c.FormValue("module"), c.FormValue("lesson")
	number := func(name string) int { n, _ := strconv.Atoi(c.FormValue(name)); return n }
	head := headOf(c)
	home := "/author/" + course
	switch c.FormValue("do") {
	case "course":
		return home, s.desk.SetCourse(ctx, course, number("base"), head, by)
	case "module":
		return home, s.desk.SetModule(ctx, course, module, number("base"), head, by)
	case "lesson":
		return home + "/" + lesson, s.desk.SetLesson(ctx, course, lesson, number("base"), head, by)
	case "add-module":
		_, err := s.desk.AddModule(ctx, course, head.Title, by)
		return home, err
	case "add-lesson":
		id, err := s.desk.AddLesson(ctx, course, module, head, by)
		return home + "/" + id, err
	case "move-module":
		return home + "#" + module, s.desk.MoveModule(ctx, course, module, number("to"), by)
	case "move-lesson":
		return home + "#" + lesson, s.desk.MoveLesson(ctx, course, lesson, module, number("to"), by)
	case "remove-module":
		return home, s.desk.RemoveModule(ctx, course, module, by)
	case "remove-lesson":
		return home, s.desk.RemoveLesson(ctx, course, lesson, by)
	}
	return "", fiber.ErrBadRequest
}

// deskText is one text of the editor.
type deskText struct {
	Lang   string // "vi" or "en", "" for course.yaml
	Path   string
	Rev    int
	Text   string
	By, At string // of the last save, "" before the first
}

type lessonDeskPage struct {
	deskFrame
	Head        courses.Lesson // title, objective and minutes; zero for course.yaml
	Sheets      []deskText
	Preview     template.HTML
	PreviewLang string
	Line        int // to go to, 0 for none
	Weight      weight
	Settled     string // path of a text whose conflict is over
	Fault       *formFault
}

// courseYAML is the part of a course that is edited as a file.
const courseYAML = "course.yaml"

// deskTexts are the texts that belong to a lesson, or to course.yaml.
func deskTexts(lesson string) []deskText {
	switch lesson {
	case courseYAML:
		return []deskText{{Path: courseYAML}}
	case "practice":
		return []deskText{{Lang: "vi", Path: "practice.vi.md"}, {Lang: "en", Path: "practice.en.md"}}
	}
	return []deskText{{Lang: "vi", Path: "lessons/" + lesson + ".vi.md"}, {Lang: "en", Path: "lessons/" + lesson + ".en.md"}}
}

// deskLesson is the editor of a lesson's texts.
func (s *Server) deskLesson(c *fiber.Ctx) error { return s.showLesson(c, nil, nil) }

// showLesson shows the editor. typed holds, by path, what was typed and could not be saved.
func (s *Server) showLesson(c *fiber.Ctx, typed map[string]string, fault *formFault) error {
	f, err := s.deskAt(c, "")
	if err != nil {
		return err
	}
	f.Lesson = c.Params("lesson")
	page := lessonDeskPage{deskFrame: f, PreviewLang: c.Query("lang", f.Lang), Line: c.QueryInt("line"), Weight: f.Weights[f.Lesson], Settled: c.Query("settled"), Fault: fault}
	if f.Lesson == courseYAML {
		page.PreviewLang = ""
	}
	known := false
	if page.Head, known = f.Outline.Lesson(f.Lesson); f.Lesson == "practice" && f.Outline.Practice != nil {
		page.Head, known = courses.Lesson{Title: f.Outline.Practice.Title}, true
	}
	if !known && f.Lesson != courseYAML {
		return store.NotFound(authoring.DraftKind, f.Lesson)
	}
	for _, sh := range deskTexts(f.Lesson) {
		if err := s.readText(c.UserContext(), f, &sh); err != nil {
			return err
		}
		if text, ok := typed[sh.Path]; ok {
			sh.Text = text
		}
		page.Sheets = append(page.Sheets, sh)
		if sh.Lang == page.PreviewLang {
			page.Preview = s.previewed(f.Work.Draft, sh.Text, f.Lang)
		}
	}
	return s.page(c, "author-lesson", page)
}

func (s *Server) readText(ctx context.Context, f deskFrame, sh *deskText) error {
	e, err := s.desk.Read(ctx, f.Course, sh.Path)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	sh.Rev, sh.Text, sh.By, sh.At = e.Rev, e.Text, f.Name(e.By), f.Clock(e.At)
	return err
}

// previewed is a text as a reader will see it.
func (s *Server) previewed(draft authoring.Draft, text, lang string) template.HTML {
	html, _ := authoring.Render(text, func(name string) (authoring.Picture, bool) {
		return s.texts.media(func(name string) string { f, _ := draft.File("media/" + name); return f.Sum }, name, lang)
	})
	return template.HTML(html) // sanitised by authoring
}

// deskPreview renders a text that is being written, and keeps nothing.
func (s *Server) deskPreview(c *fiber.Ctx) error {
	w, err := s.desk.Work(c.UserContext(), c.Params("course"))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.SendString(string(s.previewed(w.Draft, authoring.Clean(c.FormValue("text")), s.wordsOf(c).Lang)))
}

// saved is what the program in the page is told of a save.
type saved struct {
	State   string `json:"state"` // saved, conflict or refused
	Rev     int    `json:"rev,omitempty"`
	At      string `json:"at,omitempty"`      // "10:05", in Vietnam
	Text    string `json:"text,omitempty"`    // as it was kept, where that is not what was sent
	Weight  string `json:"weight,omitempty"`  // of the lesson, in words
	Message string `json:"message,omitempty"` // of what was refused
}

// deskSave keeps one text, for the program in the page. It answers only when the text is on disk.
func (s *Server) deskSave(c *fiber.Ctx) error {
	base, err := strconv.Atoi(c.FormValue("base"))
	if err != nil {
		return fiber.ErrBadRequest
	}
	text, course := c.FormValue("text"), c.Params("course")
	e, err := s.desk.Save(c.UserContext(), course, c.FormValue("path"), base, text, visitorID(c))
	w := s.wordsOf(c)
	var conflict *authoring.Conflict
	var problem *store.Problem
	switch {
	case errors.As(err, &conflict):
		return c.Status(fiber.StatusConflict).JSON(saved{State: "conflict", Rev: conflict.Theirs.Rev, Message: w.T("desk.conflict.short", s.namer(c.UserContext())(conflict.Theirs.By))})
	case errors.As(err, &problem):
		return c.Status(explain(err).Status).JSON(saved{State: "refused", Message: w.T("error."+problem.Code, problem.Args...)})
	case err != nil:
		return err
	}
	answer := saved{State: "saved", Rev: e.Rev, At: e.At.In(courses.Vietnam).Format("15:04")}
	if e.Text != text {
		answer.Text = e.Text
	}
	answer.Weight = s.weightWords(c, course, c.FormValue("lesson"))
	return c.JSON(answer)
}

// weightWords says what a lesson weighs now, "" for what is no lesson. That it cannot be said keeps nobody from saving.
func (s *Server) weightWords(c *fiber.Ctx, course, lesson string) string {
	reports, _, err := s.desk.Report(c.UserContext(), course)
	if err != nil {
		return ""
	}
	w := s.wordsOf(c)
	for _, r := range reports {
		if r.ID == lesson {
			weight := weightOf(r)
			return w.T("desk.weight", weight.KB(w.Lang), weight.Seconds)
		}
	}
	return ""
}

// deskSaveLesson keeps the texts of the form. Of what somebody else saved meanwhile, both texts are shown and one is chosen.
func (s *Server) deskSaveLesson(c *fiber.Ctx) error {
	course, lesson, by := c.Params("course"), c.Params("lesson"), visitorID(c)
	var conflicts []*authoring.Conflict
	typed := map[string]string{}
	settled := ""
	for _, sh := range deskTexts(lesson) {
		field := cmp.Or(sh.Lang, "text")
		if !c.Request().PostArgs().Has(field) {
			continue
		}
		base, err := strconv.Atoi(c.FormValue(field + ".base"))
		if err != nil {
			return fiber.ErrBadRequest
		}
		typed[sh.Path] = c.FormValue(field)
		_, err = s.saveText(c.UserContext(), course, sh.Path, base, typed[sh.Path], by)
		var conflict *authoring.Conflict
		if errors.As(err, &conflict) {
			conflicts = append(conflicts, conflict)
		} else if err != nil {
			fault, err := s.faultOf(c, err)
			if err != nil {
				return err
			}
			return s.showLesson(c, typed, fault)
		}
		if c.FormValue(field+".settles") != "" {
			settled = sh.Path
		}
	}
	if len(conflicts) > 0 {
		return s.showConflict(c, conflicts)
	}
	to := "/author/" + course + "/" + lesson + "?done=saved"
	if settled != "" {
		to += "&settled=" + escapeQuery(settled)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// saveText keeps a text; an empty one of a file that never was makes no file.
func (s *Server) saveText(ctx context.Context, course, path string, base int, text, by string) (authoring.Edit, error) {
	if base == 0 && strings.TrimSpace(text) == "" {
		return authoring.Edit{}, nil
	}
	return s.desk.Save(ctx, course, path, base, text, by)
}

type conflictPage struct {
	deskFrame
	Conflicts []conflictView
}

// conflictView is a text that two people changed.
type conflictView struct {
	*authoring.Conflict
	Field string // of the form: "vi", "en" or "text"
	Lines []authoring.Line
	Text  string // to save: both changes where they fit together, else the visitor's own
}

func (s *Server) showConflict(c *fiber.Ctx, all []*authoring.Conflict) error {
	f, err := s.deskAt(c, "")
	if err != nil {
		return err
	}
	f.Lesson = c.Params("lesson")
	page := conflictPage{deskFrame: f}
	for _, one := range all {
		v := conflictView{Conflict: one, Lines: authoring.Diff(one.Theirs.Text, one.Yours), Text: cmp.Or(one.Merged, one.Yours)}
		for _, sh := range deskTexts(f.Lesson) {
			if sh.Path == one.Path {
				v.Field = cmp.Or(sh.Lang, "text")
			}
		}
		page.Conflicts = append(page.Conflicts, v)
	}
	c.Status(fiber.StatusConflict)
	return s.page(c, "author-conflict", page)
}

type historyPage struct {
	deskFrame
	File  string // whose revisions are shown, "" for the newest of all files
	Files []string
	Edits []authoring.Edit
	More  string           // address of older ones
	Shown *authoring.Edit  // the revision that is compared with the newest, nil for none
	Now   authoring.Edit   // the newest revision of File
	Lines []authoring.Line // what Shown would change
}

// historySize is how many revisions a page has.
const historySize = 50

// deskHistory lists what was saved, and shows one revision beside the newest. A program gets the text of one revision.
func (s *Server) deskHistory(c *fiber.Ctx) error {
	ctx, course := c.UserContext(), c.Params("course")
	if c.Get(fiber.HeaderAccept) == fiber.MIMEApplicationJSON {
		e, err := s.desk.ReadRev(ctx, course, c.Query("path"), c.QueryInt("rev"))
		if err != nil {
			return err
		}
		return c.JSON(fiber.Map{"text": e.Text})
	}
	f, err := s.deskAt(c, "/history")
	if err != nil {
		return err
	}
	page := historyPage{deskFrame: f, File: c.Query("path")}
	for _, file := range f.Work.Draft.Files {
		page.Files = append(page.Files, file.Path)
	}
	if page.File == "" {
		page.Edits, err = s.desk.Recent(ctx, course, historySize)
	} else {
		err = s.fileHistory(c, &page)
	}
	if err != nil {
		return err
	}
	return s.page(c, "author-history", page)
}

func (s *Server) fileHistory(c *fiber.Ctx, page *historyPage) error {
	ctx := c.UserContext()
	var err error
	if page.Now, err = s.desk.Read(ctx, page.Course, page.File); err != nil {
		return err
	}
	if page.Edits, err = s.desk.History(ctx, page.Course, page.File, c.QueryInt("before"), historySize); err != nil {
		return err
	}
	if n := len(page.Edits); n == historySize && page.Edits[n-1].Rev > 1 {
		page.More = fmt.Sprintf("%s/history?path=%s&before=%d", page.Base, escapeQuery(page.File), page.Edits[n-1].Rev)
	}
	if rev := c.QueryInt("rev"); rev > 0 {
		e, err := s.desk.ReadRev(ctx, page.Course, page.File, rev)
		if err != nil {
			return err
		}
		page.Shown, page.Lines = &e, authoring.Diff(page.Now.Text, e.Text)
	}
	return nil
}

// deskRestore makes an earlier revision the newest.
func (s *Server) deskRestore(c *fiber.Ctx) error {
	rev, err := strconv.Atoi(c.FormValue("rev"))
	base, err2 := strconv.Atoi(c.FormValue("base"))
	if err != nil || err2 != nil {
		return fiber.ErrBadRequest
	}
	path := c.FormValue("path")
	_, err = s.desk.Restore(c.UserContext(), c.Params("course"), path, rev, base, visitorID(c))
	var conflict *authoring.Conflict
	if errors.As(err, &conflict) {
		return &store.Problem{Kind: store.ErrExists, Code: "draft-moved"}
	}
	if err != nil {
		return err
	}
	return c.Redirect("/author/"+c.Params("course")+"/history?done=restored&path="+escapeQuery(path), fiber.StatusSeeOther)
}

// deskExport sends a version as one file, or the draft where it has no mistake.
func (s *Server) deskExport(c *fiber.Ctx) error {
	ctx, course := c.UserContext(), c.Params("course")
	var p authoring.Package
	if n := c.QueryInt("version"); n > 0 {
		v, err := s.school.Version(ctx, courses.VersionID(course, n))
		if err != nil {
			return err
		}
		p = authoring.Package{Version: *v, Media: map[string][]byte{}}
		for _, m := range v.Media {
			if p.Media[m.Blob], err = s.store.Blob(ctx, m.Blob); err != nil {
				return err
			}
		}
	} else {
		var mistakes authoring.Mistakes
		var err error
		if p, mistakes, err = s.desk.Load(ctx, course); err != nil {
			return err
		}
		if mistakes.Errors() {
			return store.Invalid("", "draft-mistakes")
		}
	}
	var b bytes.Buffer
	if err := authoring.Pack(&b, p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/zip")
	c.Attachment(course + ".zip")
	return c.Send(b.Bytes())
}
