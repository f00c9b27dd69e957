package author

import (
	"context"
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/authoring/desk"
	"lopban/courses/authoring/markdown"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/server/page"
)

type authorPage struct {
	page.Frame
	Waiting int // practice tasks that wait for the visitor's review
	Desk    []deskRow
	Gone    []desk.Editorial // courses that were deleted
	Form    newCourseForm
	Open    string // the form that has a fault
	Fault   *page.FormFault
}

type newCourseForm struct{ Course, Strand, Vi, En string }

// deskRow is a course as the desk lists it.
type deskRow struct {
	Course  string
	Title   courses.Text
	Strand  courses.Strand
	Live    *courseRow    // as it is published, nil for a course that never was
	Work    *desk.Editing // nil where no draft is open
	Retired bool
	Remarks int // that nobody answered
}

// deskRows lists the courses that can be written: those that wait for review first, then the open ones, then the rest.
func (s *Pages) deskRows(ctx context.Context, shown *authorPage, published []courseRow) error {
	listings, err := store.All[courses.Listing](ctx, s.Store, school.ListingKind, store.Query{})
	if err != nil {
		return err
	}
	drafts, err := s.Desk.Drafts(ctx)
	if err != nil {
		return err
	}
	rows := map[string]*deskRow{}
	for _, v := range published {
		rows[v.Course] = &deskRow{Course: v.Course, Title: v.Title, Strand: v.Strand, Live: &v}
	}
	for _, l := range listings {
		if row := rows[l.ID]; row != nil {
			row.Retired = l.Retired()
		}
	}
	for _, id := range drafts {
		w, err := s.Desk.Editing(ctx, id)
		if err != nil {
			return err
		}
		if rows[id] == nil {
			v, _, _, err := s.Desk.Outline(ctx, id)
			if err != nil {
				return err
			}
			rows[id] = &deskRow{Course: id, Title: v.Title, Strand: v.Strand}
		}
		rows[id].Work = &w
	}
	remarks, err := s.Help.OpenRemarks(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		rows[id].Remarks = remarks[id]
		shown.Desk = append(shown.Desk, *rows[id])
	}
	slices.SortStableFunc(shown.Desk, func(a, b deskRow) int { return a.rank() - b.rank() })
	return nil
}

func (r deskRow) rank() int {
	switch {
	case r.Work == nil:
		return 2
	case r.Work.Stage == desk.InReview:
		return 0
	}
	return 1
}

// courseRow is a course and how many people are in it.
type courseRow struct {
	*courses.Version
	Lessons, Questions int
	Begun, Completed   int
}

// Author shows a trainer the courses.
func (s *Pages) Author(c *fiber.Ctx) error {
	return s.showAuthor(c, newCourseForm{}, nil)
}

func (s *Pages) showAuthor(c *fiber.Ctx, form newCourseForm, fault *page.FormFault) error {
	shown := authorPage{Frame: s.Frame(c, s.WordsOf(c).T("author.title")), Form: form, Open: "course", Fault: fault}
	ctx := c.UserContext()
	catalogue, err := s.School.Everything(ctx)
	if err != nil {
		return err
	}
	published, err := s.courseRows(ctx, catalogue)
	if err != nil {
		return err
	}
	if shown.Waiting, err = s.Waiting(ctx, *page.VisitorOf(c).Account); err != nil {
		return err
	}
	if err := s.deskRows(ctx, &shown, published); err != nil {
		return err
	}
	if shown.Gone, err = s.Desk.Deleted(ctx); err != nil {
		return err
	}
	return s.Page(c, "author", shown)
}

func (s *Pages) courseRows(ctx context.Context, catalogue []*courses.Version) ([]courseRow, error) {
	u, err := school.UptakeNow(ctx, s.Store, s.Now())
	if err != nil {
		return nil, err
	}
	var rows []courseRow
	for _, v := range catalogue {
		row := courseRow{Version: v, Begun: u.BegunOf(v), Completed: u.Completed[v.Course]}
		for _, l := range v.Lessons() {
			row.Lessons++
			row.Questions += len(l.Quiz.Questions)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// questionText is a few words by which a question is known.
func questionText(q courses.Question) courses.Text {
	if q.Title != (courses.Text{}) {
		return q.Title
	}
	return courses.Text{Vi: brief(markdown.Plain(q.Prompt.Vi)), En: brief(markdown.Plain(q.Prompt.En))}
}

// briefLetters is how much of a question stands in a table.
const briefLetters = 120

func brief(text string) string {
	letters := []rune(text)
	if len(letters) <= briefLetters {
		return text
	}
	return string(letters[:briefLetters]) + "…"
}
