package author

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/authoring/desk"
	"lopban/courses/authoring/gift"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

type deskReviewPage struct {
	deskFrame
	Changes authoring.Comparison // since the base version
	Own     bool                 // the visitor submitted it or wrote in it
	Alone   bool                 // nobody else could review it
	Fault   *page.FormFault
	Notes   courses.Text // typed
	Do      string       // the form that was sent and not taken, "" for none
	Note    string       // typed into it
	whole   func(id string) []reviewText
}

// reviewText is a lesson that is new, whole, in one of its languages.
type reviewText struct {
	Lang  string
	Texts []bringText
	Keys  []page.KeyView
}

// Whole is a lesson in the languages that it has, with its questions and their key.
func (p deskReviewPage) Whole(id string) []reviewText { return p.whole(id) }

// Whole is for the pages of drafts alone: a published version can be read.
func (versionsPage) Whole(string) []reviewText { return nil }

// wholeOf gives the lessons of a draft.
func (s *Pages) wholeOf(f deskFrame, v courses.Version) func(id string) []reviewText {
	return func(id string) []reviewText {
		l, ok := v.Lesson(id)
		if !ok {
			return nil
		}
		var all []reviewText
		for _, lang := range []string{"vi", "en"} {
			w := s.Languages.In(lang)
			one := reviewText{Lang: lang}
			add := func(title string, t courses.Text) {
				if said := (&gift.Writer{Lang: lang}).In(t); said != "" {
					one.Texts = append(one.Texts, bringText{title, s.previewed(f.Work.Draft, said, lang)})
				}
			}
			add("", l.Body)
			add(f.T("lesson.form"), l.Form)
			if lang == "vi" || slices.ContainsFunc(l.Quiz.Questions, gift.Translated) {
				one.Keys = page.KeyViews(l.Quiz.Questions, w)
			}
			if len(one.Texts)+len(one.Keys) > 0 {
				all = append(all, one)
			}
		}
		return all
	}
}

// NoteIn is what was typed into a form: "submit", "verdict" or "comment". Where the form is no longer there, as the
// draft has gone on, it is kept as a comment.
func (p deskReviewPage) NoteIn(form string) string {
	sent := map[string]string{"submit": "submit", "comment": "comment", "approve": "verdict", "return": "verdict"}[p.Do]
	if sent == "submit" && p.Work.Stage != desk.Writing || sent == "verdict" && p.Work.Stage != desk.InReview {
		sent = "comment"
	}
	if sent != form {
		return ""
	}
	return p.Note
}

// Talk is what has happened, the newest first.
func (p deskReviewPage) Talk() []desk.Editorial {
	talk := slices.Clone(p.Work.Events)
	slices.Reverse(talk)
	return talk
}

// DeskReview shows what is new in a draft, what was said of it, and what can be done next.
func (s *Pages) DeskReview(c *fiber.Ctx) error { return s.showReview(c, nil) }

func (s *Pages) showReview(c *fiber.Ctx, fault *page.FormFault) error {
	f, err := s.deskAt(c, "/review")
	if err != nil {
		return err
	}
	authors, err := s.Desk.Authors(c.UserContext(), f.Work)
	if err != nil {
		return err
	}
	shown := deskReviewPage{deskFrame: f, Own: slices.Contains(authors, page.VisitorID(c)), Fault: fault, Do: c.FormValue("do"), Note: c.FormValue("note"),
		Notes: courses.Text{Vi: c.FormValue("notes.vi"), En: c.FormValue("notes.en")}}
	if shown.Own {
		if shown.Alone, err = s.aloneAtDesk(c, authors); err != nil {
			return err
		}
	}
	p, _, err := s.Desk.Load(c.UserContext(), f.Course)
	if err != nil {
		return err
	}
	base := &courses.Version{Course: f.Course}
	if f.Work.Base > 0 {
		if base, err = s.School.Version(c.UserContext(), courses.VersionID(f.Course, f.Work.Base)); err != nil {
			return err
		}
	}
	if shown.Changes, err = authoring.Compare(base, &p.Version); err != nil {
		return err
	}
	shown.whole = s.wholeOf(f, p.Version)
	return s.Page(c, "author-review", shown)
}

// aloneAtDesk says whether the visitor is an administrator and everybody else who could review a draft wrote in it.
func (s *Pages) aloneAtDesk(c *fiber.Ctx, authors []string) (bool, error) {
	me := page.VisitorOf(c).Account
	if !me.Has(roster.Admin) {
		return false, nil
	}
	alone := true
	err := store.Each(c.UserContext(), s.Store, roster.AccountKind, store.Where(store.Is("keeper", true)).By("sort"), func(a roster.Account) error {
		if a.ID != me.ID && a.Hash != "" && roster.MayAuthor(a) && !slices.Contains(authors, a.ID) {
			alone = false
			return store.Stop
		}
		return nil
	})
	return alone, err
}

// DeskReviewDo submits, comments, returns or approves; the field "do" says which.
func (s *Pages) DeskReviewDo(c *fiber.Ctx) error {
	ctx, course, by := c.UserContext(), c.Params("course"), page.VisitorID(c)
	hash, note, do := c.FormValue("hash"), c.FormValue("note"), c.FormValue("do")
	var err error
	switch do {
	case "submit":
		err = s.Desk.Submit(ctx, course, hash, note, by)
	case "comment":
		err = s.Desk.Comment(ctx, course, c.FormValue("lesson"), note, by)
	case "return":
		err = s.Desk.Return(ctx, course, hash, note, by)
	case "approve":
		err = s.approve(c, ctx, course, hash, note, by)
	default:
		return fiber.ErrBadRequest
	}
	if err != nil {
		return s.reviewFault(c, err)
	}
	return page.SeeOther(c, "/author/"+course+"/review?done=desk-"+do)
}

func (s *Pages) approve(c *fiber.Ctx, ctx context.Context, course, hash, note, by string) error {
	w, err := s.Desk.Editing(ctx, course)
	if err != nil {
		return err
	}
	authors, err := s.Desk.Authors(ctx, w)
	if err != nil {
		return err
	}
	alone, err := s.aloneAtDesk(c, authors)
	if err != nil {
		return err
	}
	if err := s.Desk.Approve(ctx, course, hash, note, by, alone); err != nil {
		return err
	}
	action := "course.approve"
	if w, err = s.Desk.Editing(ctx, course); err != nil {
		return err
	} else if slices.ContainsFunc(w.Events, func(e desk.Editorial) bool { return e.Alone && e.Hash == hash }) {
		action = "course.approve-alone"
	}
	return s.AuditAct(c, action, course, "")
}

func (s *Pages) reviewFault(c *fiber.Ctx, err error) error {
	fault, err := s.FaultOf(c, err)
	if err != nil {
		return err
	}
	return s.showReview(c, fault)
}

// DeskPublish makes the approved draft the newest version.
func (s *Pages) DeskPublish(c *fiber.Ctx) error {
	if !roster.MayPublish(*page.VisitorOf(c).Account) {
		return problem.Denied("denied")
	}
	notes := courses.Text{Vi: c.FormValue("notes.vi"), En: c.FormValue("notes.en")}
	v, _, err := s.Desk.Publish(c.UserContext(), c.Params("course"), c.FormValue("hash"), notes, page.VisitorID(c))
	if err != nil {
		return s.reviewFault(c, err)
	}
	if err := s.AuditAct(c, "course.publish", v.ID, ""); err != nil {
		return err
	}
	return page.SeeOther(c, "/author/"+v.Course+"/versions?done=desk-publish")
}

type versionsPage struct {
	page.Frame
	Course                          string
	Base                            string
	Tabs                            []page.Link
	Versions                        []*courses.Version // the newest first
	Retired                         bool
	Open                            bool // there is a draft
	Behind                          bool // it began before the newest version
	MayWrite, MayRetire, MayDiscard bool
	A, B                            int // that are compared, 0 for none
	Changes                         authoring.Comparison
	Fault                           *page.FormFault
	names                           func(id string) string
}

// Name is the name of an account.
func (p versionsPage) Name(id string) string { return p.names(id) }

// OldNumber and NewNumber are the versions that the form offers to compare.
func (p versionsPage) OldNumber() int {
	return cmp.Or(p.A, p.Versions[min(1, len(p.Versions)-1)].Number)
}

func (p versionsPage) NewNumber() int { return cmp.Or(p.B, p.Versions[0].Number) }

// DeskVersions lists what was published, and compares two versions.
func (s *Pages) DeskVersions(c *fiber.Ctx) error { return s.showVersions(c, 0, 0) }

// DeskCompare compares two versions.
func (s *Pages) DeskCompare(c *fiber.Ctx) error {
	a, b := c.QueryInt("a"), c.QueryInt("b")
	if a < 1 || b < 1 {
		return fiber.ErrBadRequest
	}
	return s.showVersions(c, a, b)
}

func (s *Pages) showVersions(c *fiber.Ctx, a, b int) error {
	ctx, course := c.UserContext(), c.Params("course")
	l, err := store.Get[courses.Listing](ctx, s.Store, school.ListingKind, course)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	shown := versionsPage{Course: course, Base: "/author/" + course, Retired: l.Retired(), A: a, B: b, names: s.Namer(ctx)}
	for n := l.Number; n > 0; n-- {
		v, err := s.School.Version(ctx, courses.VersionID(course, n))
		if err != nil {
			return err
		}
		shown.Versions = append(shown.Versions, v)
	}
	w, err := s.Desk.Editing(ctx, course)
	if err != nil && (!errors.Is(err, problem.ErrNotFound) || l.Number == 0) {
		return err
	}
	shown.Open, shown.Behind = err == nil, w.Behind() && err == nil
	me := *page.VisitorOf(c).Account
	shown.MayWrite, shown.MayRetire = roster.MayAuthor(me), roster.MayRetire(me)
	if shown.Open {
		if shown.MayDiscard, err = s.mayDiscard(ctx, me, w); err != nil {
			return err
		}
	}
	if a > 0 {
		if shown.Changes, err = s.Desk.Compare(ctx, course, a, b); err != nil {
			return err
		}
	}
	var title courses.Text
	if l.Number > 0 {
		title = shown.Versions[0].Title
	} else if draft, _, _, err := s.Desk.Outline(ctx, course); err == nil {
		title = draft.Title
	}
	shown.Frame = s.Frame(c, cmp.Or(s.WordsOf(c).In(title), course))
	for _, t := range deskTabs {
		shown.Tabs = append(shown.Tabs, page.Link{
			Href: shown.Base + t.path, Text: shown.T(t.key), Current: t.path == "/versions",
		})
	}
	return s.Page(c, "author-versions", shown)
}

// mayDiscard says whether somebody may throw a draft away: their own, or anybody's for who may retire the course.
func (s *Pages) mayDiscard(ctx context.Context, a roster.Account, w desk.Editing) (bool, error) {
	if roster.MayRetire(a) {
		return true, nil
	}
	authors, err := s.Desk.Authors(ctx, w)
	return roster.MayAuthor(a) && !slices.ContainsFunc(authors, func(id string) bool { return id != a.ID }), err
}

// mayDecide says no to who may not do this to a course.
func (s *Pages) mayDecide(c *fiber.Ctx, do string) error {
	a := *page.VisitorOf(c).Account
	may := roster.MayRetire(a)
	switch do {
	case "discard":
		w, err := s.Desk.Editing(c.UserContext(), c.Params("course"))
		if err != nil {
			return err
		}
		if may, err = s.mayDiscard(c.UserContext(), a, w); err != nil {
			return err
		}
	case "rebase":
		may = roster.MayAuthor(a)
	}
	if !may {
		return problem.Denied("course-of-everybody")
	}
	return nil
}

// DeskVersionsDo retires a course, offers it again, throws a draft away or lets it go on from the newest version; the
// field "do" says which.
func (s *Pages) DeskVersionsDo(c *fiber.Ctx) error {
	ctx, course, by, do := c.UserContext(), c.Params("course"), page.VisitorID(c), c.FormValue("do")
	if err := s.mayDecide(c, do); err != nil {
		return err
	}
	var err error
	switch do {
	case "retire":
		err = s.Desk.Retire(ctx, course, c.FormValue("note"), by)
	case "offer":
		err = s.Desk.Offer(ctx, course, c.FormValue("note"), by)
	case "discard":
		_, err = s.Desk.Discard(ctx, course, by)
	case "rebase":
		err = s.Desk.Rebase(ctx, course, by)
	default:
		return fiber.ErrBadRequest
	}
	if err == nil {
		err = s.AuditAct(c, "course."+do, course, "")
	}
	if err != nil {
		return err
	}
	return page.SeeOther(c, "/author/"+course+"/versions?done=desk-"+do)
}

// Advance moves the visitor up to the newest version of a course they are in the middle of.
func (s *Pages) Advance(c *fiber.Ctx) error {
	ctx, course := c.UserContext(), c.Params("id")
	st, err := s.School.Advance(ctx, s.Learner(page.VisitorID(c)), course)
	if err != nil {
		return err
	}
	if st.Certificate == nil {
		return page.SeeOther(c, "/courses/"+course+"?done=advanced")
	}
	if err := s.Follow(ctx, *st.Certificate); err != nil {
		return err
	}
	return page.SeeOther(c, "/certificates/"+st.Certificate.Code+"?new=1")
}
