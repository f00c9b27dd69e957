// Package people is the pages about who works where: the roster and its import, transfers between provinces, and the
// map of places.
package people

import "lopban/server/page"

// Pages answers for them.
type Pages struct {
	*page.Site
}
