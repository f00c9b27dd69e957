package store

import (
	"fmt"
	"reflect"
	"unicode/utf8"
)

// Plain is the value of a condition or a cursor as engines compare it: a string, int64, bool or time.Time (see [Time]), read from any type of
// these kinds. Another type is ErrInvalid.
func Plain(v any) (any, error) {
	r := reflect.ValueOf(v)
	if !r.IsValid() || !indexable(r.Type()) {
		return nil, fmt.Errorf("a field cannot be compared with a %T: %w", v, ErrInvalid)
	}
	return value(r), nil
}

// PrefixEnd is the least string, byte by byte, that is greater than every string beginning with the prefix; "" when there is none.
// The prefix is valid UTF-8, and so is the result.
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
