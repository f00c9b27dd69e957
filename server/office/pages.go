// Package office is the pages of those who keep the register, trainings done elsewhere, accounts and the audit trail:
// provincial staff, the programme office, administrators.
package office

import "lopban/server/page"

// Pages answers for them.
type Pages struct {
	*page.Site
}
