package programme

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/store"
)

// Slips makes new codes for everyone who holds a post in a province, or in a commune of it, and has no password yet,
// and gives them as a PDF to print, by commune. A new code ends the earlier one of the same person, once it is on
// paper: where a slip cannot be printed it is left out, and the person named in left. Where nobody needs one, n is 0
// and there is no PDF.
func (s *Programme) Slips(ctx context.Context, by roster.Account, province, commune string) (pdf []byte, n int, left []string, err error) {
	order := map[string]int{}
	for i, c := range s.Places.Communes(roster.Present, province) {
		order[c.Code] = i
	}
	slips, err := s.Accounts.PrintClaims(ctx, by, province, commune, func(slips []accounts.Slip) ([]accounts.Slip, error) {
		slices.SortStableFunc(slips, func(a, b accounts.Slip) int { return order[a.Commune] - order[b.Commune] })
		for len(slips) > 0 {
			made, bad, err := s.printed(slips)
			if err == nil || bad < 0 {
				pdf = made
				return slips, err
			}
			left, slips = append(left, slips[bad].Name), slices.Delete(slips, bad, bad+1)
		}
		return nil, nil
	})
	if len(slips) == 0 && len(left) > 0 && err == nil {
		err = problem.Invalid("", "slip-unprintable", strings.Join(left, ", "))
	}
	return pdf, len(slips), left, err
}

// SlipsNote says for the trail how many slips were printed, and whose could not be.
func (s *Programme) SlipsNote(n int, left []string) string {
	w := s.Languages.In("vi")
	note := w.T("audit.slips.note", n)
	if len(left) > 0 {
		note += w.T("audit.slips.left", strings.Join(left, ", "))
	}
	return note
}

// PrintSlips sets slips on paper, in Vietnamese.
func (s *Programme) PrintSlips(slips []accounts.Slip) ([]byte, error) {
	pdf, bad, err := s.printed(slips)
	if bad >= 0 {
		err = problem.Invalid("", "slip-unprintable", slips[bad].Name)
	}
	return pdf, err
}

// printed is PrintSlips; bad is the slip that cannot be printed, -1 for none.
func (s *Programme) printed(slips []accounts.Slip) (pdf []byte, bad int, err error) {
	var sheets []paper.Slip
	for _, slip := range slips {
		commune, _ := s.Places.Ever(slip.Commune)
		at := ""
		if province, ok := s.Places.Province(roster.Present, commune.Province); ok {
			at = commune.Title() + ", tỉnh " + province.Name
		}
		sheets = append(sheets, paper.Slip{Name: slip.Name, Library: slip.Library, Commune: at, Code: slip.Code, Site: s.BaseURL + "/claim", URL: s.ClaimURL(slip.Code), Until: slip.ExpiresAt})
	}
	pdf, err = paper.Slips(s.Languages.In("vi").T("slips.paper", s.Now()), sheets)
	var p *problem.Problem
	if errors.As(err, &p) {
		for i := range slips {
			if strings.HasPrefix(p.Field, "slips."+strconv.Itoa(i)+".") {
				return nil, i, err
			}
		}
	}
	return pdf, -1, err
}

// ClaimURL is the address behind the QR code of a slip. The code stands after the #, which no browser sends: so it is
// in no log, and no other site is told of it.
func (s *Programme) ClaimURL(code string) string {
	return s.BaseURL + "/claim#" + url.PathEscape(code)
}

// RefreshPerson brings what is kept of a person elsewhere in line with the roster: their standing, and the name of
// their account.
func (s *Programme) RefreshPerson(ctx context.Context, p roster.Person) error {
	if err := renameAccount(ctx, s, p); err != nil {
		return err
	}
	return s.Board.RefreshStanding(ctx, p.ID)
}

// renameAccount gives the account of a person, if there is one, their name.
func renameAccount(ctx context.Context, s *Programme, p roster.Person) error {
	_, err := store.Update(ctx, s.Store, roster.AccountKind, p.ID, func(a *roster.Account) error { a.Name, a.Sort = p.Name, p.Sort; return nil })
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	s.Sessions.ForgetAccount(p.ID)
	return nil
}
