// Package board is the pages of figures: the board, the missing list, completions, closed periods and their files.
package board

import (
	"html/template"

	"lopban/courses/targets"
	"lopban/server/page"
)

// Pages answers for them.
type Pages struct {
	*page.Site
	earlier daily[targets.Figures]    // for forecasts
	trends  daily[[]targets.Point]    // see Board.Trend
	tables  page.Cache[template.HTML] // see tablesOf
	public  public
}

// New answers with what the site has.
func New(site *page.Site) *Pages {
	return &Pages{Site: site, tables: page.Cache[template.HTML]{Most: 16}} // of up to 130 KB each
}
