package server

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"

	"lopban/assets"
	"lopban/courses/roster"
)

// frame is what every page shows around its own content. A page is a struct that embeds it.
type frame struct {
	words
	Title   string // in the tab
	Path    string // of the page, for the current mark in the menu and to come back to after a change of language
	Account *roster.Account
	Notice  string // what was just done
	Menu    []link
}

// link is a menu entry.
type link struct {
	Href, Text string
	Current    bool
}

// Asset is the address of a file of package assets.
func (frame) Asset(plain string) string { return assets.Path(plain) }

// Has says whether the visitor has one of the roles.
func (f frame) Has(roles ...roster.Role) bool {
	for _, want := range roles {
		if f.Account != nil && f.Account.Has(want) {
			return true
		}
	}
	return false
}

// templates holds the pages, named as their files, and their parts. All are one set: a copy of the parts for each page took 10 MB.
type templates struct{ set *template.Template }

// readTemplates parses pages/*.html. A page begins with "top" and ends with "bottom", which are in layout.html; what several pages show is in part-*.html.
func readTemplates(fsys fs.FS) (templates, error) {
	set, err := template.New("").Funcs(template.FuncMap{
		"list": func(items ...any) []any { return items },
		"add":  func(a, b int) int { return a + b }, "minus": func(a, b int) int { return a - b },
	}).ParseFS(fsys, "pages/*.html")
	return templates{set}, err
}

// render executes a page into memory, so that an error sends no half of it.
func (t templates) render(name string, page any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.set.ExecuteTemplate(&b, name+".html", page); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return b.Bytes(), nil
}
