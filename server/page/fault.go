package page

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
)

// statuses is the one table from the kinds of error to what HTTP says of them.
var statuses = []struct {
	kind   error
	status int
	code   string
}{
	{problem.ErrNotFound, fiber.StatusNotFound, "not-found"},
	{problem.ErrExists, fiber.StatusConflict, "exists"},
	{problem.ErrInvalid, fiber.StatusUnprocessableEntity, "invalid"},
	{problem.ErrDenied, fiber.StatusForbidden, "denied"},
	{problem.ErrUnavailable, fiber.StatusServiceUnavailable, "unavailable"},
}

// Fault is an error as a visitor sees it.
type Fault struct {
	Status int
	Code   string
	Field  string
	Args   []any
	Wait   string // seconds after which to try again, where that is known
	ID     string // of the request, to quote when nobody knows what happened
}

// Explain translates any error. What is not one of ours is an unknown one: its text stays in the log.
func Explain(err error) Fault {
	f := Fault{Status: fiber.StatusInternalServerError, Code: "unknown"}
	var often TooOften
	if errors.As(err, &often) {
		n := often.seconds()
		return Fault{Status: fiber.StatusTooManyRequests, Code: "too-often", Args: []any{n}, Wait: strconv.Itoa(n)}
	}
	var fiberErr *fiber.Error
	if errors.As(err, &fiberErr) {
		f.Status, f.Code = fiberErr.Code, "http"
		for _, s := range statuses {
			if s.status == fiberErr.Code {
				f.Code = s.code
			}
		}
		switch fiberErr.Code {
		case fiber.StatusRequestEntityTooLarge:
			f.Code = "too-large"
		case fiber.StatusTooManyRequests:
			f.Code = "too-many"
		case fiber.StatusBadRequest:
			f.Code = "bad-request"
		case fiber.StatusMethodNotAllowed:
			f.Code = "not-found"
		}
		return f
	}
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			f.Status, f.Code = s.status, s.code
		}
	}
	var p *problem.Problem
	if errors.As(err, &p) {
		f.Code, f.Field, f.Args = p.Code, p.Field, p.Args
	}
	switch f.Code {
	case "sign-in-needed", "sign-in-wrong", "second-wrong", "second-needed", "session":
		f.Status = fiber.StatusUnauthorized
	case "too-many":
		f.Status = fiber.StatusTooManyRequests
	case "sign-in-wait":
		f.Status = fiber.StatusTooManyRequests
		f.Wait = strconv.Itoa(60 * f.Args[0].(int))
	}
	return f
}

// Heading is the key of what stands at the head of the error's page.
func (f Fault) Heading() string {
	switch f.Status {
	case fiber.StatusUnauthorized:
		return "error.title.sign-in"
	case fiber.StatusForbidden:
		return "error.title.denied"
	case fiber.StatusNotFound:
		return "error.title.not-found"
	case fiber.StatusTooManyRequests:
		return "error.title.wait"
	case fiber.StatusServiceUnavailable:
		return "error.title.busy"
	}
	return "error.title"
}

type ErrorPage struct {
	Frame
	Fault   Fault
	Message string
}

// TooOften is the error of who has used an allowance up: how long to wait.
type TooOften time.Duration

func (e TooOften) Error() string { return fmt.Sprintf("too often: wait %v", time.Duration(e)) }

// seconds is the wait as Retry-After has it.
func (e TooOften) seconds() int { return int((time.Duration(e) + time.Second - 1) / time.Second) }

// FormFault is what is wrong with a form: the field, and a sentence.
type FormFault struct{ Field, Message string }

// Is says whether the fault is of this field; no fault is of none.
func (f *FormFault) Is(field string) bool { return f != nil && f.Field == field }

// FaultOf makes a FormFault of an error that the person at the form can mend. Any other error is given back.
func (s *Site) FaultOf(c *fiber.Ctx, err error) (*FormFault, error) {
	var p *problem.Problem
	if !errors.As(err, &p) || errors.Is(err, problem.ErrUnavailable) {
		return nil, err
	}
	f := Explain(err)
	if c.Status(f.Status); f.Wait != "" {
		c.Set(fiber.HeaderRetryAfter, f.Wait)
	}
	return &FormFault{p.Field, s.WordsOf(c).T("error."+p.Code, p.Args...)}, nil
}
