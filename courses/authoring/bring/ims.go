package bring

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"lopban/courses"
	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/markdown"
)

// Content packages (IMS Content Packaging 1.1, which SCORM 1.2 and 2004 and QTI packages are): imsmanifest.xml lists
// files as resources and orders them as items of an organisation.

const imsManifest = "imsmanifest.xml"

type imsReader struct {
	b         *bundle.Bundle
	g         *gathering
	resources map[string]imsResource
	order     []string        // ids of resources as they are listed
	seen      map[string]bool // files that were read or named
	outline   map[string]bool // pages that items lead to
	linked    []string        // pages that pages lead to
}

type imsResource struct {
	kind  string // in lower case
	href  string // path in the package
	files []string
	needs []string // ids of other resources
	title string   // of the item that names it
}

// readIMS gathers the pages that a package's organisation orders and those that they lead to, and its questions. What
// else is in the package is named.
func readIMS(b *bundle.Bundle, g *gathering) (Form, error) {
	doc, err := b.Xml(imsManifest, nil)
	if err != nil {
		return FormSCORM, err
	}
	r := &imsReader{b: b, g: g, resources: map[string]imsResource{}, seen: map[string]bool{imsManifest: true}, outline: map[string]bool{}}
	root := bundle.Child(doc, "manifest")
	r.list(bundle.Child(root, "resources"), markdown.Attr(orNode(root), "base"))
	if organisations := bundle.Child(root, "organizations"); organisations != nil {
		if err := r.organisation(organisations); err != nil {
			return FormSCORM, err
		}
	}
	form := FormSCORM
	if len(g.v.Lessons()) == 0 {
		form = FormQTI
	}
	if err := r.linkedPages(); err != nil {
		return form, err
	}
	if err := r.questions(); err != nil {
		return form, err
	}
	r.nameTheRest()
	return form, nil
}

// linkedPages makes lessons of the pages that no item has but other pages lead to.
func (r *imsReader) linkedPages() error {
	begun := false
	for i := 0; i < len(r.linked); i++ {
		name := r.linked[i]
		if r.seen[name] {
			continue
		}
		if !begun {
			r.g.module(otherPages)
			begun = true
		}
		if err := r.page(imsResource{href: name}, ""); err != nil {
			return err
		}
	}
	return nil
}

// otherPages is the title of a part of pages that stand in no outline.
const otherPages = "Trang khác trong gói"

// unread are the endings of files that are no content by themselves, or whose pages show them.
var unread = markdown.Words(".css .js .json .xsd .dtd .png .jpg .jpeg .gif .svg .ico .bmp .webp .woff .woff2 .ttf .eot .map .txt .less .scss .xml .dat")

// nameTheRest names the pages, documents and recordings that are in the package and in no lesson, and the resources
// that no item has.
func (r *imsReader) nameTheRest() {
	for _, id := range r.order {
		res := r.resources[id]
		if name := baseOf(res); !r.known(res) && res.kind != "webcontent" && !strings.Contains(res.kind, "associatedcontent") {
			r.mark(res)
			r.g.left.Warn(res.href, 0, "left-file", cmp.Or(r.titleOf(res), name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.b.Files)) {
		if ext := strings.ToLower(path.Ext(name)); !r.seen[name] && !unread[ext] && ext != "" {
			r.g.left.Warn(name, 0, "left-outside", name)
		}
	}
}

// known tells whether a file of a resource was read or named.
func (r *imsReader) known(res imsResource) bool {
	return slices.ContainsFunc(append([]string{res.href}, res.files...), func(name string) bool { return r.seen[name] })
}

func (r *imsReader) mark(res imsResource) {
	for _, name := range append([]string{res.href}, res.files...) {
		if name != "" {
			r.seen[name] = true
		}
	}
}

// titleOf is what a file of XML calls itself: a discussion or a link.
func (r *imsReader) titleOf(res imsResource) string {
	for _, name := range append([]string{res.href}, res.files...) {
		if strings.ToLower(path.Ext(name)) != ".xml" {
			continue
		}
		doc, err := r.b.Xml(name, nil)
		if err != nil || doc == nil {
			continue
		}
		for n := range doc.Descendants() {
			if n.Data == "title" && n.FirstChild != nil {
				return markdown.Short(textIn(n))
			}
		}
	}
	return ""
}

func orNode(n *html.Node) *html.Node {
	if n == nil {
		return &html.Node{}
	}
	return n
}

func (r *imsReader) list(n *html.Node, base string) {
	if n == nil {
		return
	}
	base = path.Join(base, markdown.Attr(n, "base"))
	for c := range n.ChildNodes() {
		if c.Data != "resource" {
			continue
		}
		own := path.Join(base, markdown.Attr(c, "base"))
		res := imsResource{kind: strings.ToLower(markdown.Attr(c, "type")), href: within(own, markdown.Attr(c, "href"))}
		for f := range c.ChildNodes() {
			if name := within(own, markdown.Attr(f, "href")); f.Data == "file" && name != "" {
				res.files = append(res.files, name)
			}
			if f.Data == "dependency" {
				res.needs = append(res.needs, markdown.Attr(f, "identifierref"))
			}
		}
		r.resources[markdown.Attr(c, "identifier")] = res
		r.order = append(r.order, markdown.Attr(c, "identifier"))
	}
}

// unescapedPath is an address without the escapes of addresses.
func unescapedPath(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

// within is the path of a file in the package that an address names, "" for one that leads out of it.
func within(folder, where string) string {
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Path == "" {
		return ""
	}
	p := path.Join(folder, u.Path)
	if strings.HasPrefix(p, "../") || strings.HasPrefix(p, "/") {
		return ""
	}
	return p
}

func (r *imsReader) organisation(all *html.Node) error {
	var org *html.Node
	for _, c := range children(all, "organization") {
		if org == nil || markdown.Attr(c, "identifier") == markdown.Attr(all, "default") {
			org = c
		}
	}
	if org == nil {
		return nil
	}
	for _, c := range children(all, "organization") {
		if c != org {
			r.g.left.Warn(imsManifest, 0, "left-outline", cmp.Or(markdown.Short(imsTitle(c)), markdown.Attr(c, "identifier")))
		}
	}
	title := imsTitle(org)
	for n := range org.Descendants() {
		if res, ok := r.resources[markdown.Attr(n, "identifierref")]; ok && n.Data == "item" {
			r.outline[res.href] = true
		}
	}
	// One item around all others is the whole and no part.
	for {
		top := children(org, "item")
		if len(top) != 1 || markdown.Attr(top[0], "identifierref") != "" || bundle.Child(top[0], "item") == nil {
			break
		}
		org = top[0]
		if strings.TrimSpace(title) == "" {
			title = imsTitle(org)
		} else if t := imsTitle(org); strings.TrimSpace(t) != "" && t != title {
			r.g.left.Warn(imsManifest, 0, "left-heading", markdown.Short(t))
		}
	}
	r.g.title = line(title, r.g.title)
	open := false // a module for the pages that stand in no part
	for _, c := range children(org, "item") {
		inner := bundle.Child(c, "item") != nil
		if inner {
			r.g.module(imsTitle(c))
		} else if !open {
			r.g.module(r.g.title)
		}
		open = !inner
		if err := r.item(c, 0); err != nil {
			return err
		}
	}
	return nil
}

func imsTitle(n *html.Node) string {
	if t := bundle.Child(n, "title"); t != nil {
		return textIn(t)
	}
	return ""
}

func (r *imsReader) item(n *html.Node, depth int) error {
	ref, title := markdown.Attr(n, "identifierref"), imsTitle(n)
	res, ok := r.resources[ref]
	switch {
	case ref == "":
		if depth > 0 && bundle.Child(n, "item") != nil && strings.TrimSpace(title) != "" {
			r.g.left.Warn(imsManifest, 0, "left-heading", markdown.Short(title)) // a part inside a part
		}
	case !ok:
		r.g.left.Warn(imsManifest, 0, "left-missing", cmp.Or(markdown.Short(title), ref))
	default:
		res.title = title
		if err := r.resource(res); err != nil {
			return err
		}
	}
	for _, c := range elements(n) {
		switch c.Data {
		case "prerequisites", "masteryscore", "maxtimeallowed":
			r.g.left.Warn(imsManifest, 0, "left-test-rule", markdown.Short(c.Data+" "+textIn(c)))
		}
	}
	for _, c := range children(n, "item") {
		if depth < bundle.MaxXMLDepth {
			if err := r.item(c, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// resource reads what an item leads to.
func (r *imsReader) resource(res imsResource) error {
	switch {
	case strings.Contains(res.kind, "imsqti_test"), strings.Contains(res.kind, "imsqti_assessment_"):
		r.seen[res.href] = true
		return r.test(res)
	case strings.Contains(res.kind, "imsqti_item"): // with the others, behind the pages
		return nil
	case strings.Contains(res.kind, "imsqti"), strings.Contains(res.kind, "x-bb-qti"):
		return r.oldResource(res)
	}
	return r.page(res, res.title)
}

var quizScript = regexp.MustCompile(`(?i)(quiz|question|assess|exam|test)[^/]*\.js$`)

func isPage(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".htm", ".html", ".xhtml":
		return true
	}
	return false
}

// shellText is how many bytes of text a page may have that only shows others.
const shellText = 400

// page makes a lesson of a page. A page that is but a frame for others, which a program or a frame shows, gives way to
// them.
func (r *imsReader) page(res imsResource, title string) error {
	for _, f := range append(slices.Clone(res.files), res.href) {
		if quizScript.MatchString(f) && !r.seen[f] {
			r.seen[f] = true
			r.g.left.Warn(f, 0, "left-quiz", path.Base(f))
		}
	}
	if !isPage(res.href) {
		r.mark(res)
		r.g.left.Warn(res.href, 0, "left-file", cmp.Or(markdown.Short(title), baseOf(res)))
		return nil
	}
	if !r.b.Has(res.href) {
		r.g.left.Warn(res.href, 0, "left-missing", cmp.Or(markdown.Short(title), res.href))
		return nil
	}
	r.seen[res.href] = true
	data, err := r.b.Read(res.href, markdown.MaxHTML)
	if err != nil {
		return err
	}
	doc, err := markdown.ParseHTML(decoded(data))
	if data == nil || err != nil {
		r.g.left.Warn(res.href, 0, "left-file", path.Base(res.href))
		return nil
	}
	frames, links, program := r.leads(doc, res.href)
	var failed error
	left := &markdown.LeftOut{}
	bundle.Modern(doc, left)
	own := pageTitle(doc, title)
	w := &markdown.Writer{Left: left, Shift: markdown.HeadingShift(doc), Picture: func(where, _ string) (string, bool) {
		name := within(path.Dir(res.href), where)
		r.seen[name] = true
		data, err := r.b.Read(name, maxBroughtPicture)
		if err != nil {
			failed = err
		}
		if data == nil {
			left.Count("left-pictures")
			return "", false
		}
		return r.g.picture(name, data)
	}}
	body := w.Markdown(doc)
	if body == "" || len(body) < shellText && (program || len(frames) > 0) {
		others := slices.Concat(frames, links, r.pagesOf(res))
		others = slices.DeleteFunc(others, func(name string) bool { return r.seen[name] || r.outline[name] })
		if len(others) > 0 {
			if body != "" {
				r.g.left.Warn(res.href, 0, "left-shell", path.Base(res.href), markdown.Short(body))
			}
			for _, name := range others {
				if !r.seen[name] {
					failed = errors.Join(failed, r.page(imsResource{href: name}, ""))
				}
			}
			return failed
		}
	}
	r.linked = append(append(r.linked, frames...), links...)
	r.g.left = append(r.g.left, left.Mistakes(res.href)...)
	if body == "" {
		r.g.left.Warn(res.href, 0, "left-page", line(title, path.Base(res.href)))
		return failed
	}
	r.g.lesson(cmp.Or(title, own, strings.TrimSuffix(path.Base(res.href), path.Ext(res.href))), body, courses.Quiz{})
	return failed
}

// leads are the pages of the package that a page shows in frames and that it links to, and whether a program runs in
// it.
func (r *imsReader) leads(doc *html.Node, from string) (frames, links []string, program bool) {
	for n := range doc.Descendants() {
		where := ""
		switch {
		case n.Type != html.ElementNode:
			continue
		case n.Data == "script":
			program = true
		case n.Data == "a" || n.Data == "area":
			where = markdown.Attr(n, "href")
		case n.Data == "frame" || n.Data == "iframe":
			where = markdown.Attr(n, "src")
		}
		name := within(path.Dir(from), where)
		if name == "" || name == from || !isPage(name) || !r.b.Has(name) {
			continue
		}
		if n.Data == "a" || n.Data == "area" {
			links = append(links, name)
		} else {
			frames = append(frames, name)
		}
	}
	return frames, links, program
}

// pagesOf are the pages that a resource and those it needs list.
func (r *imsReader) pagesOf(res imsResource) []string {
	var all []string
	for _, name := range res.files {
		if isPage(name) && r.b.Has(name) && name != res.href {
			all = append(all, name)
		}
	}
	for _, id := range res.needs {
		for _, name := range r.resources[id].files {
			if isPage(name) && r.b.Has(name) && name != res.href {
				all = append(all, name)
			}
		}
	}
	return all
}

// decoded is a page in UTF-8, whatever it says that it is written in.
func decoded(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r, err := charset.NewReader(bytes.NewReader(data), "")
	if err != nil {
		return data
	}
	text, err := io.ReadAll(io.LimitReader(r, markdown.MaxHTML+1))
	if err != nil {
		return data
	}
	return bytes.ToValidUTF8(text, nil)
}
