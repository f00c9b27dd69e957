package store

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"lopban/courses/problem"
)

// Plain is the value of a condition or a cursor as engines compare it: a string, int64, bool or time.Time (see [Time]),
// read from any type of these kinds. Another type is ErrInvalid.
func Plain(v any) (any, error) {
	r := reflect.ValueOf(v)
	if !r.IsValid() || !indexable(r.Type()) {
		return nil, fmt.Errorf("a field cannot be compared with a %T: %w", v, problem.ErrInvalid)
	}
	return value(r), nil
}

// Texts are the values of In and PrefixIn as engines look for them: in order, each once, none of them empty; of
// prefixes none that begins with another. Another type, none and more than MostTexts are ErrInvalid.
func (c Cond) Texts() ([]string, error) {
	given, ok := c.Value.([]string)
	if !ok || len(given) == 0 || len(given) > MostTexts {
		return nil, fmt.Errorf("a field cannot be one of %d values of %T: %w", len(given), c.Value, problem.ErrInvalid)
	}
	var all []string
	for _, v := range slices.Sorted(slices.Values(given)) {
		n := len(all)
		if v == "" {
			return nil, fmt.Errorf("an empty text among many: %w", problem.ErrInvalid)
		}
		if n > 0 && (v == all[n-1] || c.Op == PrefixIn && strings.HasPrefix(v, all[n-1])) {
			continue
		}
		all = append(all, v)
	}
	return all, nil
}

// MostTexts is how many values In and PrefixIn may have.
const MostTexts = 2000

// PrefixEnd is the least string, byte by byte, that is greater than every string beginning with the prefix; "" when
// there is none. The prefix is valid UTF-8, and so is the result.
func PrefixEnd(prefix string) string {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case last == 0xD7FF: // the surrogates that follow cannot stand in UTF-8
			return prefix + "\uE000"
		case last < utf8.MaxRune:
			return prefix + string(last+1)
		}
	}
	return ""
}

// Clear sets the struct that doc points to back to its zero value, so that nothing of an earlier reading stays in it.
func Clear(doc any) { reflect.ValueOf(doc).Elem().SetZero() }

// NotFound says that no document of the kind has this id.
func NotFound(k *Kind, id string) error {
	return fmt.Errorf("%s %s: %w", k.Name, id, problem.ErrNotFound)
}

// TakenError says which documents of an Insert were left out because their id or a unique field was taken.
type TakenError struct {
	Kind  string
	Taken []int // indices into the documents given
}

func (e *TakenError) Error() string { return fmt.Sprintf("%s: %d taken", e.Kind, len(e.Taken)) }
func (e *TakenError) Unwrap() error { return problem.ErrExists }
