package server

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/roster"
	"lopban/courses/store"
)

type deskReviewPage struct {
	deskFrame
	Changes authoring.Comparison // since the base version
	Own     bool                 // the visitor submitted it
	Alone   bool                 // nobody else could review it
	Fault   *formFault
	Notes   courses.Text // typed
	Do      string       // the form that was sent and not taken, "" for none
	Note    string       // typed into it
}

// NoteIn is what was typed into a form: "submit", "verdict" or "comment". Where the form is no longer there, as the draft has gone on, it is kept as a comment.
func (p deskReviewPage) NoteIn(form string) string {
	sent := map[string]string{"submit": "submit", "comment": "comment", "approve": "verdict", "return": "verdict"}[p.Do]
	if sent == "submit" && p.Work.Stage != authoring.Writing || sent == "verdict" && p.Work.Stage != authoring.Review {
		sent = "comment"
	}
	if sent != form {
		return ""
	}
	return p.Note
}

// Talk is what has happened, the newest first.
func (p deskReviewPage) Talk() []authoring.Editorial {
	talk := slices.Clone(p.Work.Events)
	slices.Reverse(talk)
	return talk
}

// deskReview shows what is new in a draft, what was said of it, and what can be done next.
func (s *Server) deskReview(c *fiber.Ctx) error { return s.showReview(c, nil) }

func (s *Server) showReview(c *fiber.Ctx, fault *formFault) error {
	f, err := s.deskAt(c, "/review")
	if err != nil {
		return err
	}
	page := deskReviewPage{deskFrame: f, Own: f.Work.Submitter() == visitorID(c), Fault: fault, Do: c.FormValue("do"), Note: c.FormValue("note"),
		Notes: courses.Text{Vi: c.FormValue("notes.vi"), En: c.FormValue("notes.en")}}
	if page.Own {
		if page.Alone, err = s.aloneAtDesk(c); err != nil {
			return err
		}
	}
	p, _, err := s.desk.Load(c.UserContext(), f.Course)
	if err != nil {
		return err
	}
	base := &courses.Version{Course: f.Course}
	if f.Work.Base > 0 {
		if base, err = s.school.Version(c.UserContext(), courses.VersionID(f.Course, f.Work.Base)); err != nil {
			return err
		}
	}
	if page.Changes, err = authoring.Compare(base, &p.Version); err != nil {
		return err
	}
	return s.page(c, "author-review", page)
}

// aloneAtDesk says whether nobody but the visitor, who is an administrator, could review a draft.
func (s *Server) aloneAtDesk(c *fiber.Ctx) (bool, error) {
	me := visitorOf(c).account
	if !me.Has(roster.Admin) {
		return false, nil
	}
	alone := true
	err := store.Each(c.UserContext(), s.store, roster.AccountKind, store.Where(store.Is("keeper", true)), func(a roster.Account) error {
		if a.ID != me.ID && a.Hash != "" && roster.MayAuthor(a) {
			alone = false
			return store.Stop
		}
		return nil
	})
	return alone, err
}

// deskReviewDo submits, comments, returns or approves; the field "do" says which.
func (s *Server) deskReviewDo(c *fiber.Ctx) error {
	ctx, course, by := c.UserContext(), c.Params("course"), visitorID(c)
	hash, note, do := c.FormValue("hash"), c.FormValue("note"), c.FormValue("do")
	var err error
	switch do {
	case "submit":
		err = s.desk.Submit(ctx, course, hash, note, by)
	case "comment":
		err = s.desk.Comment(ctx, course, c.FormValue("lesson"), note, by)
	case "return":
		err = s.desk.Return(ctx, course, hash, note, by)
	case "approve":
		err = s.approve(c, ctx, course, hash, note, by)
	default:
		return fiber.ErrBadRequest
	}
	if err != nil {
		return s.reviewFault(c, err)
	}
	return c.Redirect("/author/"+course+"/review?done=desk-"+do, fiber.StatusSeeOther)
}

func (s *Server) approve(c *fiber.Ctx, ctx context.Context, course, hash, note, by string) error {
	alone, err := s.aloneAtDesk(c)
	if err != nil {
		return err
	}
	if err := s.desk.Approve(ctx, course, hash, note, by, alone); err != nil {
		return err
	}
	action := "course.approve"
	if w, err := s.desk.Work(ctx, course); err != nil {
		return err
	} else if slices.ContainsFunc(w.Events, func(e authoring.Editorial) bool { return e.Alone && e.Hash == hash }) {
		action = "course.approve-alone"
	}
	return s.audit(c, action, course, "")
}

func (s *Server) reviewFault(c *fiber.Ctx, err error) error {
	fault, err := s.faultOf(c, err)
	if err != nil {
		return err
	}
	return s.showReview(c, fault)
}

// deskPublish makes the approved draft the newest version.
func (s *Server) deskPublish(c *fiber.Ctx) error {
	if !roster.MayPublish(*visitorOf(c).account) {
		return store.Denied("denied")
	}
	notes := courses.Text{Vi: c.FormValue("notes.vi"), En: c.FormValue("notes.en")}
	v, _, err := s.desk.Publish(c.UserContext(), c.Params("course"), c.FormValue("hash"), notes, visitorID(c))
	if err != nil {
		return s.reviewFault(c, err)
	}
	if err := s.audit(c, "course.publish", v.ID, ""); err != nil {
		return err
	}
	return c.Redirect("/author/"+v.Course+"/versions?done=desk-publish", fiber.StatusSeeOther)
}

type versionsPage struct {
	frame
	Course   string
	Base     string
	Tabs     []link
	Versions []*courses.Version // the newest first
	Retired  bool
	Open     bool // there is a draft
	Behind   bool // it began before the newest version
	A, B     int  // that are compared, 0 for none
	Changes  authoring.Comparison
	Fault    *formFault
	names    func(id string) string
}

// Name is the name of an account.
func (p versionsPage) Name(id string) string { return p.names(id) }

// OldNumber and NewNumber are the versions that the form offers to compare.
func (p versionsPage) OldNumber() int {
	return cmp.Or(p.A, p.Versions[min(1, len(p.Versions)-1)].Number)
}
func (p versionsPage) NewNumber() int { return cmp.Or(p.B, p.Versions[0].Number) }

// deskVersions lists what was published, and compares two versions.
func (s *Server) deskVersions(c *fiber.Ctx) error { return s.showVersions(c, 0, 0) }

// deskCompare compares two versions.
func (s *Server) deskCompare(c *fiber.Ctx) error {
	a, b := c.QueryInt("a"), c.QueryInt("b")
	if a < 1 || b < 1 {
		return fiber.ErrBadRequest
	}
	return s.showVersions(c, a, b)
}

func (s *Server) showVersions(c *fiber.Ctx, a, b int) error {
	ctx, course := c.UserContext(), c.Params("course")
	l, err := store.Get[courses.Listing](ctx, s.store, courses.ListingKind, course)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	page := versionsPage{Course: course, Base: "/author/" + course, Retired: l.Retired(), A: a, B: b, names: s.namer(ctx)}
	for n := l.Number; n > 0; n-- {
		v, err := s.school.Version(ctx, courses.VersionID(course, n))
		if err != nil {
			return err
		}
		page.Versions = append(page.Versions, v)
	}
	w, err := s.desk.Work(ctx, course)
	if err != nil && (!errors.Is(err, store.ErrNotFound) || l.Number == 0) {
		return err
	}
	page.Open, page.Behind = err == nil, w.Behind() && err == nil
	if a > 0 {
		if page.Changes, err = s.desk.Compare(ctx, course, a, b); err != nil {
			return err
		}
	}
	var title courses.Text
	if l.Number > 0 {
		title = page.Versions[0].Title
	} else if draft, _, _, err := s.desk.Outline(ctx, course); err == nil {
		title = draft.Title
	}
	page.frame = s.frame(c, cmp.Or(s.wordsOf(c).In(title), course))
	for _, t := range deskTabs {
		page.Tabs = append(page.Tabs, link{page.Base + t.path, page.T(t.key), t.path == "/versions"})
	}
	return s.page(c, "author-versions", page)
}

// deskVersionsDo retires a course, offers it again, throws a draft away or lets it go on from the newest version; the field "do" says which.
func (s *Server) deskVersionsDo(c *fiber.Ctx) error {
	ctx, course, by, do := c.UserContext(), c.Params("course"), visitorID(c), c.FormValue("do")
	var err error
	switch do {
	case "retire":
		err = s.desk.Retire(ctx, course, c.FormValue("note"), by)
	case "offer":
		err = s.desk.Offer(ctx, course, c.FormValue("note"), by)
	case "discard":
		_, err = s.desk.Discard(ctx, course, by)
	case "rebase":
		err = s.desk.Rebase(ctx, course, by)
	default:
		return fiber.ErrBadRequest
	}
	if err == nil {
		err = s.audit(c, "course."+do, course, "")
	}
	if err != nil {
		return err
	}
	return c.Redirect("/author/"+course+"/versions?done=desk-"+do, fiber.StatusSeeOther)
}

// advance moves the visitor up to the newest version of a course they are in the middle of.
func (s *Server) advance(c *fiber.Ctx) error {
	ctx, course := c.UserContext(), c.Params("id")
	st, err := s.school.Advance(ctx, s.Learner(visitorID(c)), course)
	if err != nil {
		return err
	}
	if st.Certificate == nil {
		return c.Redirect("/courses/"+course+"?done=advanced", fiber.StatusSeeOther)
	}
	if err := s.follow(ctx, *st.Certificate); err != nil {
		return err
	}
	return c.Redirect("/certificates/"+st.Certificate.Code+"?new=1", fiber.StatusSeeOther)
}
