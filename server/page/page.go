package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"time"

	"lopban/assets"
	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/words"
)

// Frame is what every page shows around its own content. A page is a struct that embeds it.
type Frame struct {
	words.Words
	Title   string // in the tab
	Path    string // of the page, for the current mark in the menu and to come back to after a change of language
	Account *roster.Account
	Notice  string    // what was just done
	Made    time.Time // when the page was: it is printed
	Menu    []Link
	Script  string   // of the page, "" for the one that most have
	Glimpse *Glimpse // nil: the page is not for others

	Second   string    // of a second factor: "due", "rests", or "" where there is nothing to say
	SecondBy time.Time // until when it is due
}

// Glimpse is what a messenger shows of a page whose address is sent to somebody. It says nothing that changes: it is
// read once and kept.
type Glimpse struct{ Title, Text, URL, Picture string }

// Link is a menu entry.
type Link struct {
	Href, Text string
	Current    bool
}

// Asset is the address of a file of package assets.
func (Frame) Asset(plain string) string { return assets.Path(plain) }

// Has says whether the visitor has one of the roles.
func (f Frame) Has(roles ...roster.Role) bool {
	for _, want := range roles {
		if f.Account != nil && f.Account.Has(want) {
			return true
		}
	}
	return false
}

// Templates holds the pages, named as their files, and their parts. All are one set: a copy of the parts for each page
// took 10 MB.
type Templates struct{ set *template.Template }

// ReadTemplates parses pages/*.html. A page begins with "top" and ends with "bottom", which are in layout.html; what
// several pages show is in part-*.html.
func ReadTemplates(fsys fs.FS) (Templates, error) {
	set, err := template.New("").Funcs(template.FuncMap{
		"list": func(items ...any) []any { return items },
		"add":  func(a, b int) int { return a + b }, "minus": func(a, b int) int { return a - b },
	}).ParseFS(fsys, "pages/*.html")
	return Templates{set}, err
}

// Render executes a page into memory, so that an error sends no half of it.
func (t Templates) Render(name string, shown any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.set.ExecuteTemplate(&b, name+".html", shown); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// Why is a cause and its note as a sentence. Before there was a list, the note was all there was.
func (f Frame) Why(cause courses.Cause, note string) string { return Why(f.Words, cause, note) }

func Why(w words.Words, cause courses.Cause, note string) string {
	if cause == "" {
		return note
	}
	text := w.T("cause." + string(cause))
	if note == "" {
		return text
	}
	if cause == courses.OtherCause {
		return note
	}
	return text + ". " + note
}
