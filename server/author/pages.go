// Package author is the pages of trainers who write courses.
package author

import "lopban/server/page"

// Pages answers for them.
type Pages struct {
	*page.Site
}
