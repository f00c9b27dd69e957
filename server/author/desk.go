package author

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
	"lopban/courses/authoring/desk"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/server/page"
)

// Writer lets in who may write courses.
func (s *Pages) Writer(c *fiber.Ctx) error {
	if !roster.MayAuthor(*page.VisitorOf(c).Account) {
		return problem.Denied("denied")
	}
	return c.Next()
}

// Cataloguer lets in trainers and whoever decides which courses are offered.
func (s *Pages) Cataloguer(c *fiber.Ctx) error {
	if a := *page.VisitorOf(c).Account; !roster.MayAuthor(a) && !roster.MayRetire(a) {
		return problem.Denied("denied")
	}
	return c.Next()
}

// deskTabs are the pages of a course at the desk, by the end of their address.
var deskTabs = []struct{ path, key string }{
	{"", "desk.outline"}, {"/media", "desk.tab.media"}, {"/history", "desk.tab.history"}, {"/review", "desk.tab.review"}, {"/versions", "desk.tab.versions"},
}

// deskFrame is what the pages of a course at the desk share.
type deskFrame struct {
	page.Frame
	Course   string
	Base     string // "/author/COURSE"
	Tabs     []page.Link
	Work     desk.Editing
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

// deskAt begins a page of a course at the desk. A course that is not open leads to where it can be.
func (s *Pages) deskAt(c *fiber.Ctx, tab string) (deskFrame, error) {
	course, ctx := c.Params("course"), c.UserContext()
	w := s.WordsOf(c)
	f := deskFrame{Course: course, Base: "/author/" + course, names: s.Namer(ctx), Weights: map[string]weight{}}
	var err error
	if f.Work, err = s.Desk.Editing(ctx, course); err != nil {
		return f, err
	}
	outline, rev, _, err := s.Desk.Outline(ctx, course)
	if err != nil {
		return f, err
	}
	f.Outline, f.Rev = &outline, rev
	f.Frame = s.Frame(c, cmp.Or(w.In(f.Outline.Title), course))
	for _, t := range deskTabs {
		f.Tabs = append(f.Tabs, page.Link{Href: f.Base + t.path, Text: w.T(t.key), Current: t.path == tab})
	}
	reports, mistakes, err := s.Desk.Sizes(ctx, course)
	if err != nil {
		return f, err
	}
	for _, r := range reports {
		f.Weights[r.ID] = weightOf(r)
	}
	places := s.placesOf(c, f)
	for _, m := range append(slices.Clone(mistakes), authoring.CheckAge(outline, s.Now())...) {
		row, err := places.row(m)
		if err != nil {
			return f, err
		}
		f.Mistakes = append(f.Mistakes, row)
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

func weightOf(r authoring.LessonSize) weight {
	b := max(r.Compressed.Vi, r.Compressed.En)
	return weight{b, max(r.Seconds.Vi, r.Seconds.En), b > authoring.MaxPage}
}

type deskPage struct {
	deskFrame
	Fault *page.FormFault
	Typed typedHead
	Rules rulesForm
	Task  taskForm
}

// Now is the lesson that was typed about, as it is in the draft.
func (p deskPage) Now() courses.Lesson {
	l, _ := p.Outline.Lesson(p.Typed.Of)
	return l
}

// typedHead is what was typed into a form of the outline and not taken: which form, of which module or lesson, and its
// fields.
type typedHead struct {
	Code            string // of a copy
	Do, Of, Minutes string
	desk.Heading
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

// DeskCourse shows the outline of a course, and what is wrong with it.
func (s *Pages) DeskCourse(c *fiber.Ctx) error { return s.showOutline(c, nil, typedHead{}) }

func (s *Pages) showOutline(c *fiber.Ctx, fault *page.FormFault, typed typedHead) error {
	f, err := s.deskAt(c, "")
	if errors.Is(err, problem.ErrNotFound) {
		return s.deskClosed(c)
	}
	if err != nil {
		return err
	}
	shown := deskPage{f, fault, typed, rulesFormOf(f.Outline), taskFormOf(f.Outline)}
	switch typed.Do {
	case "rules":
		shown.Rules = typedRules(c)
	case "task":
		shown.Task = typedTask(c).withBlanks()
	}
	return s.Page(c, "author-course", shown)
}

type closedPage struct {
	page.Frame
	Version *courses.Version
}

// deskClosed is shown for a course that is published and has no draft yet.
func (s *Pages) deskClosed(c *fiber.Ctx) error {
	v, err := s.School.Course(c.UserContext(), c.Params("course"))
	if errors.Is(err, problem.ErrNotFound) {
		return s.deskGone(c)
	}
	if err != nil {
		return err
	}
	f := s.Frame(c, s.WordsOf(c).In(v.Title))
	return s.Page(c, "author-closed", closedPage{f, v})
}

type gonePage struct {
	page.Frame
	desk.Editorial
	By string
}

// deskGone is shown for a course that was deleted, with the way back.
func (s *Pages) deskGone(c *fiber.Ctx) error {
	gone, err := s.Desk.Gone(c.UserContext(), c.Params("course"))
	if err != nil {
		return err
	}
	return s.Page(c, "author-gone", gonePage{s.Frame(c, s.WordsOf(c).T("desk.gone")), gone, s.Namer(c.UserContext())(gone.By)})
}

// DeskOpen begins a draft of a course, or brings one back that was deleted.
func (s *Pages) DeskOpen(c *fiber.Ctx) error {
	_, err := s.Desk.Open(c.UserContext(), c.Params("course"), page.VisitorID(c))
	if errors.Is(err, problem.ErrNotFound) {
		_, err = s.Desk.Recover(c.UserContext(), c.Params("course"), page.VisitorID(c))
	}
	if err != nil {
		return err
	}
	return page.SeeOther(c, "/author/"+c.Params("course"))
}

// DeskCreate begins a new course.
func (s *Pages) DeskCreate(c *fiber.Ctx) error {
	form := newCourseForm{strings.TrimSpace(c.FormValue("course")), c.FormValue("strand"), c.FormValue("vi"), c.FormValue("en")}
	_, err := s.Desk.Create(c.UserContext(), form.Course, courses.Strand(form.Strand), courses.Text{Vi: form.Vi, En: form.En}, page.VisitorID(c))
	if err != nil {
		fault, err := s.FaultOf(c, err)
		if err != nil {
			return err
		}
		return s.showAuthor(c, form, fault)
	}
	return page.SeeOther(c, "/author/"+form.Course)
}

// DeskOutline changes the outline; the field "do" says how. What somebody else changed meanwhile is told, and nothing
// is lost.
func (s *Pages) DeskOutline(c *fiber.Ctx) error {
	to, err := s.rearrange(c)
	if err == nil {
		return page.SeeOther(c, to)
	}
	fault, err := s.FaultOf(c, err)
	if err != nil {
		return err
	}
	if c.FormValue("do") == "turns" {
		return s.refusedTurns(c, fault)
	}
	typed := typedHead{Do: c.FormValue("do"), Code: c.FormValue("course"), Of: c.FormValue("module"), Minutes: c.FormValue("minutes"), Heading: headOf(c)}
	if typed.Do == "lesson" {
		typed.Of = c.FormValue("lesson")
	}
	return s.showOutline(c, fault, typed)
}

// headOf reads a title and what stands with it.
func headOf(c *fiber.Ctx) desk.Heading {
	return desk.Heading{Title: courses.Text{Vi: c.FormValue("title.vi"), En: c.FormValue("title.en")}, About: courses.Text{Vi: c.FormValue("about.vi"), En: c.FormValue("about.en")}, Minutes: whole(c.FormValue("minutes"))}
}

// rearrange does what the form says and gives where to go on.
func (s *Pages) rearrange(c *fiber.Ctx) (string, error) {
	ctx, course, by := c.UserContext(), c.Params("course"), page.VisitorID(c)
	module, lesson := c.FormValue("module"), c.FormValue("lesson")
	number := func(name string) int { n, _ := strconv.Atoi(c.FormValue(name)); return n }
	head := headOf(c)
	home := "/author/" + course
	switch c.FormValue("do") {
	case "course":
		return home, s.Desk.SetCourse(ctx, course, number("base"), head, by)
	case "module":
		return home, s.Desk.SetModule(ctx, course, module, number("base"), head, by)
	case "lesson":
		return home + "/" + lesson, s.Desk.SetLesson(ctx, course, lesson, number("base"), head, by)
	case "rules":
		return home + "?done=saved", s.Desk.SetRules(ctx, course, number("base"), typedRules(c).rules(), by)
	case "turns":
		return home + "/" + lesson + "/quiz?done=saved", s.Desk.SetTurns(ctx, course, lesson, number("base"), whole(c.FormValue("attempts")), whole(c.FormValue("pause")), by)
	case "task":
		task, err := typedTask(c).task()
		if err != nil {
			return home, err
		}
		return home + "/practice", s.Desk.SetTask(ctx, course, number("base"), task, by)
	case "remove-task":
		return home, s.Desk.SetTask(ctx, course, number("base"), nil, by)
	case "add-module":
		_, err := s.Desk.AddModule(ctx, course, head.Title, by)
		return home, err
	case "add-lesson":
		id, err := s.Desk.AddLesson(ctx, course, module, head, by)
		return home + "/" + id, err
	case "move-module":
		return home + "#" + module, s.Desk.MoveModule(ctx, course, module, number("to"), by)
	case "move-lesson":
		return home + "#" + lesson, s.Desk.MoveLesson(ctx, course, lesson, module, number("to"), by)
	case "remove-module":
		return home, s.Desk.RemoveModule(ctx, course, module, by)
	case "remove-lesson":
		return home, s.Desk.RemoveLesson(ctx, course, lesson, by)
	case "copy-lesson":
		id, err := s.Desk.CopyLesson(ctx, course, lesson, by)
		return home + "/" + id, err
	case "copy":
		id := strings.TrimSpace(c.FormValue("course"))
		_, err := s.Desk.Copy(ctx, course, id, by)
		return "/author/" + id, err
	case "delete":
		err := s.mayDecide(c, "discard")
		if err != nil && !errors.Is(err, problem.ErrNotFound) { // who deleted it before may press again
			return home, err
		}
		return home, s.Desk.Delete(ctx, course, by)
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
	Fault       *page.FormFault
}

// courseYAML is the part of a course that is edited as a file.
const courseYAML = "course.yaml"

// deskTexts are the texts that belong to a lesson, to another text of the course, or to course.yaml.
func deskTexts(id string) []deskText {
	if id == courseYAML {
		return []deskText{{Path: courseYAML}}
	}
	return []deskText{{Lang: "vi", Path: authoring.TextFile(id, "vi")}, {Lang: "en", Path: authoring.TextFile(id, "en")}}
}

// headOfText is what stands over a text in the editor, and whether the course can have the text.
func (f deskFrame) headOfText(id string) (courses.Lesson, bool) {
	titled := func(key string) courses.Lesson {
		return courses.Lesson{Title: courses.Text{Vi: f.T(key), En: f.T(key)}}
	}
	switch task := f.Outline.Practice; id {
	case courseYAML:
		return courses.Lesson{}, true
	case "practice":
		if task != nil {
			return courses.Lesson{Title: task.Title}, true
		}
	case authoring.ModelID:
		return titled("desk.model"), task != nil
	case authoring.GuideID:
		return titled("course.guide"), true
	}
	if lesson, ok := strings.CutSuffix(id, courses.FormID("")); ok {
		l, ok := f.Outline.Lesson(lesson)
		return courses.Lesson{Title: courses.Text{Vi: f.T("desk.form", f.In(l.Title)), En: f.T("desk.form", f.In(l.Title))}}, ok
	}
	return f.Outline.Lesson(id)
}

// DeskLesson is the editor of a lesson's texts.
func (s *Pages) DeskLesson(c *fiber.Ctx) error { return s.showLesson(c, nil, nil) }

// showLesson shows the editor. typed holds, by path, what was typed and could not be saved.
func (s *Pages) showLesson(c *fiber.Ctx, typed map[string]string, fault *page.FormFault) error {
	f, err := s.deskAt(c, "")
	if err != nil {
		return err
	}
	f.Lesson = c.Params("lesson")
	shown := lessonDeskPage{deskFrame: f, PreviewLang: c.Query("lang", f.Lang), Line: c.QueryInt("line"), Weight: f.Weights[f.Lesson], Settled: c.Query("settled"), Fault: fault}
	if f.Lesson == courseYAML {
		shown.PreviewLang = ""
	}
	known := false
	if shown.Head, known = f.headOfText(f.Lesson); !known {
		return store.NotFound(desk.DraftKind, f.Lesson)
	}
	for _, sh := range deskTexts(f.Lesson) {
		if err := s.readText(c.UserContext(), f, &sh); err != nil {
			return err
		}
		if text, ok := typed[sh.Path]; ok {
			sh.Text = text
		}
		shown.Sheets = append(shown.Sheets, sh)
		if sh.Lang == shown.PreviewLang {
			shown.Preview = s.previewed(f.Work.Draft, sh.Text, f.Lang)
		}
	}
	return s.Page(c, "author-lesson", shown)
}

func (s *Pages) readText(ctx context.Context, f deskFrame, sh *deskText) error {
	e, err := s.Desk.Read(ctx, f.Course, sh.Path)
	if errors.Is(err, problem.ErrNotFound) {
		return nil
	}
	sh.Rev, sh.Text, sh.By, sh.At = e.Rev, e.Text, f.Name(e.By), f.Clock(e.At)
	return err
}

// previewed is a text as a reader will see it.
func (s *Pages) previewed(draft desk.Draft, text, lang string) template.HTML {
	html, _ := markdown.Render(text, func(name string) (markdown.Picture, bool) {
		return s.Texts.Media(func(name string) string { f, _ := draft.File("media/" + name); return f.Sum }, name, lang)
	})
	return template.HTML(html) // sanitised by authoring
}

// DeskPreview renders a text that is being written, and keeps nothing.
func (s *Pages) DeskPreview(c *fiber.Ctx) error {
	w, err := s.Desk.Editing(c.UserContext(), c.Params("course"))
	if err != nil {
		return err
	}
	text := desk.Clean(c.FormValue("text"))
	if err := desk.Fits(text); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.SendString(string(s.previewed(w.Draft, text, s.WordsOf(c).Lang)))
}

// Saved is what the program in the page is told of a save.
type Saved struct {
	State   string `json:"state"` // saved, conflict or refused
	Rev     int    `json:"rev,omitempty"`
	At      string `json:"at,omitempty"`      // "10:05", in Vietnam
	Text    string `json:"text,omitempty"`    // as it was kept, where that is not what was sent
	Weight  string `json:"weight,omitempty"`  // of the lesson, in words
	Message string `json:"message,omitempty"` // of what was refused
}

// DeskSave keeps one text, for the program in the page. It answers only when the text is on disk.
func (s *Pages) DeskSave(c *fiber.Ctx) error {
	base, err := strconv.Atoi(c.FormValue("base"))
	if err != nil {
		return fiber.ErrBadRequest
	}
	text, course := c.FormValue("text"), c.Params("course")
	e, err := s.Desk.Save(c.UserContext(), course, c.FormValue("path"), base, text, page.VisitorID(c))
	w := s.WordsOf(c)
	var conflict *desk.Conflict
	var problem *problem.Problem
	switch {
	case errors.As(err, &conflict):
		return c.Status(fiber.StatusConflict).JSON(Saved{State: "conflict", Rev: conflict.Theirs.Rev, Message: w.T("desk.conflict.short", s.Namer(c.UserContext())(conflict.Theirs.By))})
	case errors.As(err, &problem):
		return c.Status(page.Explain(err).Status).JSON(Saved{State: "refused", Message: w.T("error."+problem.Code, problem.Args...)})
	case err != nil:
		return err
	}
	answer := Saved{State: "saved", Rev: e.Rev, At: e.At.In(courses.Vietnam).Format("15:04")}
	if e.Text != text {
		answer.Text = e.Text
	}
	answer.Weight = s.weightWords(c, course, c.FormValue("lesson"))
	return c.JSON(answer)
}

// weightWords says what a lesson weighs now, "" for what is no lesson. That it cannot be said keeps nobody from saving.
func (s *Pages) weightWords(c *fiber.Ctx, course, lesson string) string {
	reports, _, err := s.Desk.Sizes(c.UserContext(), course)
	if err != nil {
		return ""
	}
	w := s.WordsOf(c)
	for _, r := range reports {
		if r.ID == lesson {
			weight := weightOf(r)
			return w.T("desk.weight", weight.KB(w.Lang), weight.Seconds)
		}
	}
	return ""
}

// DeskSaveLesson keeps the texts of the form. Of what somebody else saved meanwhile, both texts are shown and one is
// chosen.
func (s *Pages) DeskSaveLesson(c *fiber.Ctx) error {
	course, lesson, by := c.Params("course"), c.Params("lesson"), page.VisitorID(c)
	var conflicts []*desk.Conflict
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
		var conflict *desk.Conflict
		if errors.As(err, &conflict) {
			conflicts = append(conflicts, conflict)
		} else if err != nil {
			fault, err := s.FaultOf(c, err)
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
		to += "&settled=" + page.EscapeQuery(settled)
	}
	return page.SeeOther(c, to)
}

// saveText keeps a text; an empty one of a file that never was makes no file.
func (s *Pages) saveText(ctx context.Context, course, path string, base int, text, by string) (desk.Edit, error) {
	if base == 0 && strings.TrimSpace(text) == "" {
		return desk.Edit{}, nil
	}
	return s.Desk.Save(ctx, course, path, base, text, by)
}

type conflictPage struct {
	deskFrame
	Conflicts []conflictView
}

// conflictView is a text that two people changed.
type conflictView struct {
	*desk.Conflict
	Field string // of the form: "vi", "en" or "text"
	Lines []authoring.Line
	Text  string // to save: both changes where they fit together, else the visitor's own
}

func (s *Pages) showConflict(c *fiber.Ctx, all []*desk.Conflict) error {
	f, err := s.deskAt(c, "")
	if err != nil {
		return err
	}
	f.Lesson = c.Params("lesson")
	shown := conflictPage{deskFrame: f}
	for _, one := range all {
		v := conflictView{Conflict: one, Lines: authoring.Diff(one.Theirs.Text, one.Yours), Text: cmp.Or(one.Merged, one.Yours)}
		for _, sh := range deskTexts(f.Lesson) {
			if sh.Path == one.Path {
				v.Field = cmp.Or(sh.Lang, "text")
			}
		}
		shown.Conflicts = append(shown.Conflicts, v)
	}
	c.Status(fiber.StatusConflict)
	return s.Page(c, "author-conflict", shown)
}

type historyPage struct {
	deskFrame
	File  string // whose revisions are shown, "" for the newest of all files
	Files []string
	Edits []desk.Edit
	More  string           // address of older ones
	Shown *desk.Edit       // the revision that is compared with the newest, nil for none
	Now   desk.Edit        // the newest revision of File
	Lines []authoring.Line // what Shown would change
}

// historySize is how many revisions a page has.
const historySize = 50

// DeskHistory lists what was saved, and shows one revision beside the newest. A program gets the text of one revision.
func (s *Pages) DeskHistory(c *fiber.Ctx) error {
	ctx, course := c.UserContext(), c.Params("course")
	if c.Get(fiber.HeaderAccept) == fiber.MIMEApplicationJSON {
		e, err := s.Desk.ReadRev(ctx, course, c.Query("path"), c.QueryInt("rev"))
		if err != nil {
			return err
		}
		return c.JSON(fiber.Map{"text": e.Text})
	}
	f, err := s.deskAt(c, "/history")
	if err != nil {
		return err
	}
	shown := historyPage{deskFrame: f, File: c.Query("path")}
	for _, file := range f.Work.Draft.Files {
		shown.Files = append(shown.Files, file.Path)
	}
	if shown.File == "" {
		shown.Edits, err = s.Desk.Recent(ctx, course, historySize)
	} else {
		err = s.fileHistory(c, &shown)
	}
	if err != nil {
		return err
	}
	return s.Page(c, "author-history", shown)
}

func (s *Pages) fileHistory(c *fiber.Ctx, shown *historyPage) error {
	ctx := c.UserContext()
	var err error
	if shown.Now, err = s.Desk.Read(ctx, shown.Course, shown.File); err != nil {
		return err
	}
	if shown.Edits, err = s.Desk.History(ctx, shown.Course, shown.File, c.QueryInt("before"), historySize); err != nil {
		return err
	}
	if n := len(shown.Edits); n == historySize && shown.Edits[n-1].Rev > 1 {
		shown.More = fmt.Sprintf("%s/history?path=%s&before=%d", shown.Base, page.EscapeQuery(shown.File), shown.Edits[n-1].Rev)
	}
	if rev := c.QueryInt("rev"); rev > 0 {
		e, err := s.Desk.ReadRev(ctx, shown.Course, shown.File, rev)
		if err != nil {
			return err
		}
		shown.Shown, shown.Lines = &e, authoring.Diff(shown.Now.Text, e.Text)
	}
	return nil
}

// DeskRestore makes an earlier revision the newest.
func (s *Pages) DeskRestore(c *fiber.Ctx) error {
	rev, err := strconv.Atoi(c.FormValue("rev"))
	base, err2 := strconv.Atoi(c.FormValue("base"))
	if err != nil || err2 != nil {
		return fiber.ErrBadRequest
	}
	path := c.FormValue("path")
	_, err = s.Desk.Restore(c.UserContext(), c.Params("course"), path, rev, base, page.VisitorID(c))
	var conflict *desk.Conflict
	if errors.As(err, &conflict) {
		return &problem.Problem{Kind: problem.ErrExists, Code: "draft-moved"}
	}
	if err != nil {
		return err
	}
	return page.SeeOther(c, "/author/"+c.Params("course")+"/history?done=restored&path="+page.EscapeQuery(path))
}

// DeskExport sends a version as one file, or the draft where it has no mistake.
func (s *Pages) DeskExport(c *fiber.Ctx) error {
	ctx, course := c.UserContext(), c.Params("course")
	var p authoring.Package
	if n := c.QueryInt("version"); n > 0 {
		v, err := s.School.Version(ctx, courses.VersionID(course, n))
		if err != nil {
			return err
		}
		p = authoring.Package{Version: *v, Media: map[string][]byte{}}
		for _, m := range v.Media {
			if p.Media[m.Blob], err = s.Store.Blob(ctx, m.Blob); err != nil {
				return err
			}
		}
	} else {
		var mistakes mistake.Mistakes
		var err error
		if p, mistakes, err = s.Desk.Load(ctx, course); err != nil {
			return err
		}
		if mistakes.Errors() {
			return problem.Invalid("", "draft-mistakes")
		}
	}
	var b bytes.Buffer
	if err := authoring.Pack(&b, p); err != nil {
		return err
	}
	if err := s.TellExport(c, "course", "", course, len(p.Version.Lessons())); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/zip")
	c.Attachment(course + ".zip")
	return c.Send(b.Bytes())
}
