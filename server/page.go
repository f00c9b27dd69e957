package server

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

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

// templates holds a page's template by its name, each on its own copy of the layout.
type templates map[string]*template.Template

// readTemplates parses pages/*.html: layout.html and the parts (_*.html) go into every page.
func readTemplates(fsys fs.FS) (templates, error) {
	base, err := template.New("layout.html").Funcs(template.FuncMap{
		"list": func(items ...any) []any { return items },
		"add":  func(a, b int) int { return a + b }, "minus": func(a, b int) int { return a - b },
	}).ParseFS(fsys, "pages/layout.html", "pages/part-*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(fsys, "pages/*.html")
	if err != nil {
		return nil, err
	}
	all := templates{}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || strings.HasPrefix(name, "part-") {
			continue
		}
		page, err := template.Must(base.Clone()).ParseFS(fsys, file)
		if err != nil {
			return nil, err
		}
		all[name] = page
	}
	return all, nil
}

// render executes a page into memory, so that an error sends no half of it.
func (t templates) render(name string, page any) ([]byte, error) {
	tmpl, ok := t[name]
	if !ok {
		return nil, fmt.Errorf("no page %q", name)
	}
	var b bytes.Buffer
	if err := tmpl.ExecuteTemplate(&b, "layout.html", page); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	return b.Bytes(), nil
}
