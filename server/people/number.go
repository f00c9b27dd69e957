package people

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster/accounts"
	"lopban/server/page"
)

// A mobile number is that of one person who holds a post, of whatever province: accounts are signed in to by it. So who
// enters it for somebody else has to be told that it cannot be. That is all they are told: the same words whether
// somebody of their own province has the number or of another, and not which. Still it is something about a person whom
// they may not read; so an account is told so often and no more, and each time is in the trail. What is not told in
// these words is whom number and name mean together, which a province has to know to ask for them.

// mayTryNumbers refuses every entry with a number, also one that is free, to who was told of too many: else the refusal
// would tell.
func (s *Pages) mayTryNumbers(c *fiber.Ctx) error {
	wait, err := s.Accounts.SpendOf(c.UserContext(), accounts.Numbers, page.VisitorID(c), 0)
	return waits(wait, err)
}

// tellNumbers counts that the visitor is told of so many numbers, before they are.
func (s *Pages) tellNumbers(c *fiber.Ctx, province, subject string, n int) error {
	if n == 0 {
		return nil
	}
	wait, err := s.Accounts.SpendOf(c.UserContext(), accounts.Numbers, page.VisitorID(c), n)
	if err != nil {
		return err
	}
	// not the number: it is somebody's, and the trail is kept
	e := programme.AuditEntry{ID: uuid.NewString(), Action: "person.number", Subject: subject, Province: province, Note: s.Languages.In("vi").T("audit.number.note", n)}
	return errors.Join(s.TellAct(c, e), waits(wait, nil))
}

func waits(wait time.Duration, err error) error {
	if err == nil && wait > 0 {
		err = page.TooOften(wait)
	}
	return err
}

// isNumber says whether somebody is told that a number is another's.
func isNumber(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Code == "phone.taken"
}
