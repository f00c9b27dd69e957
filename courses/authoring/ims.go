package authoring

import (
	"bytes"
	"io"
	"net/url"
	"path"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"lopban/courses"
)

// Content packages (IMS Content Packaging 1.1, which SCORM 1.2 and 2004 and QTI packages are): imsmanifest.xml lists files as resources and orders them as items of an organisation.

const imsManifest = "imsmanifest.xml"

type imsReader struct {
	b         *bundle
	g         *gathering
	resources map[string]imsResource
	order     []string // ids of resources as they are listed
	seen      map[string]bool
}

type imsResource struct {
	kind  string // in lower case
	href  string // path in the package
	files []string
}

// readIMS gathers the pages that a package's organisation orders, and its questions.
func readIMS(b *bundle, g *gathering) (Form, error) {
	doc, err := b.xml(imsManifest, nil)
	if err != nil {
		return FormSCORM, err
	}
	r := &imsReader{b: b, g: g, resources: map[string]imsResource{}, seen: map[string]bool{}}
	root := child(doc, "manifest")
	r.list(child(root, "resources"), attr(orNode(root), "base"))
	if organisations := child(root, "organizations"); organisations != nil {
		if err := r.organisation(organisations); err != nil {
			return FormSCORM, err
		}
	}
	form := FormSCORM
	if len(g.v.Lessons()) == 0 {
		form = FormQTI
	}
	return form, r.questions()
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
	base = path.Join(base, attr(n, "base"))
	for c := range n.ChildNodes() {
		if c.Data != "resource" {
			continue
		}
		own := path.Join(base, attr(c, "base"))
		res := imsResource{kind: strings.ToLower(attr(c, "type")), href: within(own, attr(c, "href"))}
		for f := range c.ChildNodes() {
			if f.Data == "file" {
				res.files = append(res.files, within(own, attr(f, "href")))
			}
		}
		r.resources[attr(c, "identifier")] = res
		r.order = append(r.order, attr(c, "identifier"))
	}
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
	for c := range all.ChildNodes() {
		if c.Data == "organization" && (org == nil || attr(c, "identifier") == attr(all, "default")) {
			org = c
		}
	}
	if org == nil {
		return nil
	}
	title := imsTitle(org)
	r.g.title = line(title, r.g.title)
	open := false // a module for the pages that stand in no part
	for c := range org.ChildNodes() {
		if c.Data != "item" {
			continue
		}
		inner := child(c, "item") != nil
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
	if t := child(n, "title"); t != nil {
		return textIn(t)
	}
	return ""
}

func (r *imsReader) item(n *html.Node, depth int) error {
	if res, ok := r.resources[attr(n, "identifierref")]; ok && !strings.Contains(res.kind, "imsqti") {
		if err := r.page(res, imsTitle(n)); err != nil {
			return err
		}
	}
	for c := range n.ChildNodes() {
		if c.Data == "item" && depth < maxXMLDepth {
			if err := r.item(c, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

var quizScript = regexp.MustCompile(`(?i)(quiz|question|assess|exam|test)[^/]*\.(js|html?)$`)

// page makes a lesson of a page.
func (r *imsReader) page(res imsResource, title string) error {
	for _, f := range append(res.files, res.href) {
		if quizScript.MatchString(f) && !r.seen[f] {
			r.seen[f] = true
			r.g.left.warn(f, 0, "left-quiz", path.Base(f))
		}
	}
	switch strings.ToLower(path.Ext(res.href)) {
	case ".htm", ".html", ".xhtml":
	default:
		r.g.left.warn(res.href, 0, "left-file", orElse(path.Base(res.href), title))
		return nil
	}
	data, err := r.b.read(res.href, MaxHTML)
	if err != nil {
		return err
	}
	doc, err := parseHTML(decoded(data))
	if data == nil || err != nil {
		r.g.left.warn(res.href, 0, "left-file", path.Base(res.href))
		return nil
	}
	var failed error
	left := &leftOut{}
	own := pageTitle(doc)
	w := &mdWriter{left: left, shift: headingShift(doc), picture: func(where, _ string) (string, bool) {
		name := within(path.Dir(res.href), where)
		data, err := r.b.read(name, maxBroughtPicture)
		if err != nil {
			failed = err
		}
		if data == nil {
			left.count("left-pictures")
			return "", false
		}
		return r.g.picture(name, data)
	}}
	body := w.markdown(doc)
	r.g.left = append(r.g.left, left.mistakes(res.href)...)
	if body == "" {
		r.g.left.warn(res.href, 0, "left-page", line(title, path.Base(res.href)))
		return failed
	}
	r.g.lesson(orElse(title, own), body, courses.Quiz{})
	return failed
}

// decoded is a page in UTF-8, whatever it says that it is written in.
func decoded(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r, err := charset.NewReader(bytes.NewReader(data), "")
	if err != nil {
		return data
	}
	text, err := io.ReadAll(io.LimitReader(r, MaxHTML+1))
	if err != nil {
		return data
	}
	return bytes.ToValidUTF8(text, nil)
}
