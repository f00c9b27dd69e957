// Package problem has the kinds of error that the whole program knows, and a Problem that names its field. It imports
// nothing of ours.
package problem

import (
	"errors"
	"fmt"
)

// The five kinds of error that the whole program knows. Only the server turns them into status codes and pages.
var (
	ErrNotFound    = errors.New("not found")
	ErrExists      = errors.New("exists")
	ErrInvalid     = errors.New("invalid")
	ErrDenied      = errors.New("denied")
	ErrUnavailable = errors.New("unavailable")
)

// Problem is an error that a user can do something about. Code is the key of its message (content/messages, "error."
// and the code), Field names the input that is wrong, if one is, and Args fill the message's places.
type Problem struct {
	Kind  error
	Code  string
	Field string
	Args  []any
}

func (p *Problem) Error() string {
	text := p.Kind.Error() + ": " + p.Code
	if p.Field != "" {
		text += " (" + p.Field + ")"
	}
	for _, a := range p.Args {
		text += fmt.Sprintf(" %v", a)
	}
	return text
}

func (p *Problem) Unwrap() error { return p.Kind }

// Invalid is a Problem with one input field.
func Invalid(field, code string, args ...any) error {
	return &Problem{Kind: ErrInvalid, Code: code, Field: field, Args: args}
}

// Denied is a Problem of a person who may not do this.
func Denied(code string) error { return &Problem{Kind: ErrDenied, Code: code} }
