package board

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/singleflight"

	"lopban/courses/roster"
	"lopban/courses/targets"
	"lopban/server/page"
)

// publicLife is how old the figures of the public page may be: whoever asks, they are counted once in it.
const publicLife = time.Minute

// public is what was counted for everybody, by list.
type public struct {
	counting singleflight.Group
	known    sync.Map // publicFigures by roster.List
}

type publicFigures struct {
	at time.Time
	targets.Figures
}

// publicFigures are the totals of all provinces of a list, as they are or were a minute ago.
func (s *Pages) publicFigures(ctx context.Context, by roster.List) (targets.Figures, error) {
	now := s.Now()
	if kept, ok := s.public.known.Load(by); ok && now.Sub(kept.(publicFigures).at).Abs() < publicLife {
		return kept.(publicFigures).Figures, nil
	}
	got, err, _ := s.public.counting.Do(string(by), func() (any, error) {
		f, err := s.Board.ReadScope(ctx, targets.Scope{By: by}, time.Time{})
		if err == nil {
			s.public.known.Store(by, publicFigures{now, f})
		}
		return f, err
	})
	return got.(targets.Figures), err
}

// Public shows everybody, without a sign-in, where the provinces stand today: totals only, nothing of a commune, of
// people or of an earlier day.
func (s *Pages) Public(c *fiber.Ctx) error {
	by := roster.List(cmp.Or(c.Query("by"), string(roster.Present)))
	f, err := s.publicFigures(c.UserContext(), by)
	if err != nil {
		return err
	}
	shown := boardPage{Frame: s.Frame(c, s.WordsOf(c).T("public.title")), query: query{targets.Scope{By: by}, ""}, Today: targets.DayOf(s.Now()), Figures: &f}
	for _, by := range []roster.List{roster.Present, roster.Programme} {
		shown.Tabs = append(shown.Tabs, page.Link{Href: "/figures?by=" + string(by), Text: shown.T("board.tab."+string(by), len(s.Places.Provinces(by))), Current: by == shown.By})
	}
	shown.Scale, shown.Rows = newScale(shown.Words, f), s.boardRows(&shown, roster.Account{})
	if shown.Tables, err = s.tablesOf(&shown); err != nil {
		return err
	}
	return s.Page(c, "public", shown)
}
