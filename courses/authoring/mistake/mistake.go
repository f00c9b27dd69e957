// Package mistake is what is wrong in the source of a course: where, and what to do about it.
package mistake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing that is wrong in the source of a course. Code is the key of its message (content/messages,
// "mistake." and the code) and Args fill the message's places.
type Mistake struct {
	File    string   `json:"file"` // path inside the course's folder; "" where a whole package is meant
	Line    int      `json:"line"` // from 1; 0 where the whole file is meant
	Code    string   `json:"code"`
	Args    []string `json:"args,omitempty"`
	Warning bool     `json:"warning"` // the course can be published as it is
}

// String is the mistake for a log: "lessons/x.vi.gift:12: gift-number 3..1". Package words says it in a language.
func (m Mistake) String() string {
	return m.Where() + strings.Join(append([]string{m.Code}, m.Args...), " ")
}

// Where is the place as compilers write it, "lessons/x.vi.gift:12: "; "" where a whole package is meant.
func (m Mistake) Where() string {
	switch {
	case m.File == "":
		return ""
	case m.Line == 0:
		return m.File + ": "
	}
	return fmt.Sprintf("%s:%d: ", m.File, m.Line)
}

// Mistakes are in order of file and line.
type Mistakes []Mistake

// Errors tells whether one of them keeps the course from being published.
func (m Mistakes) Errors() bool {
	return slices.ContainsFunc(m, func(one Mistake) bool { return !one.Warning })
}

func (m *Mistakes) Add(file string, line int, code string, args ...string) {
	*m = append(*m, Mistake{File: file, Line: line, Code: code, Args: args})
}

func (m *Mistakes) Warn(file string, line int, code string, args ...string) {
	*m = append(*m, Mistake{File: file, Line: line, Code: code, Args: args, Warning: true})
}

func (m Mistakes) Sort() {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
