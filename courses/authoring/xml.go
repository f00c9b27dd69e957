package authoring

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxXML      = 8 << 20
	maxXMLDepth = 200
	maxXMLNodes = 150_000 // elements, attributes and texts
	maxXMLTag   = 64 << 10
)

var errXML = errors.New("not XML that is read here")

// readXML reads a document into a tree of elements by their local names, so that one writer of Markdown serves HTML and what is made of XML. Documents with a document type, and with it entities
// of their own, are refused; nothing is fetched; depth and size are bounded. Elements named in drop are left out with all they hold.
func readXML(data []byte, drop map[string]bool) (*html.Node, error) {
	if len(data) > maxXML || longTag(data) {
		return nil, errXML
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	doc := &html.Node{Type: html.DocumentNode}
	at, depth, nodes := doc, 0, 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return doc, nil
		}
		if err != nil {
			return nil, errXML
		}
		switch t := t.(type) {
		case xml.StartElement:
			if drop[t.Name.Local] {
				if err := skipXML(d, maxXMLDepth-depth); err != nil {
					return nil, errXML
				}
				continue
			}
			n := element(t)
			at.AppendChild(n)
			at = n
			depth++
			nodes += 1 + len(n.Attr)
		case xml.EndElement:
			at = at.Parent
			depth--
		case xml.CharData:
			nodes++
			at.AppendChild(&html.Node{Type: html.TextNode, Data: string(t)})
		case xml.Directive:
			return nil, errXML
		}
		if depth > maxXMLDepth || nodes > maxXMLNodes {
			return nil, errXML
		}
	}
}

// longTag tells whether a tag is so long that its attributes would fill the memory before they are counted.
func longTag(data []byte) bool {
	for {
		open := bytes.IndexByte(data, '<')
		if open < 0 {
			return false
		}
		data = data[open:]
		shut := bytes.IndexByte(data[:min(len(data), maxXMLTag)], '>')
		if shut < 0 {
			return len(data) > maxXMLTag
		}
		data = data[shut:]
	}
}

// skipXML reads to the end of the element that has begun.
func skipXML(d *xml.Decoder, depth int) error {
	for open := 1; open > 0; {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.StartElement:
			open++
		case xml.EndElement:
			open--
		case xml.Directive:
			return errXML
		}
		if open > depth {
			return errXML
		}
	}
	return nil
}

func element(t xml.StartElement) *html.Node {
	n := &html.Node{Type: html.ElementNode, Data: t.Name.Local, DataAtom: atom.Lookup([]byte(t.Name.Local))}
	switch t.Name.Space {
	case svgSpace:
		n.Namespace = "svg"
	case "http://www.w3.org/1998/Math/MathML":
		n.Namespace = "math"
	}
	for _, a := range t.Attr {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			n.Attr = append(n.Attr, html.Attribute{Key: a.Name.Local, Val: a.Value})
		}
	}
	return n
}

// child is the first element of a name among the children.
func child(n *html.Node, name string) *html.Node {
	if n == nil {
		return nil
	}
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode && c.Data == name {
			return c
		}
	}
	return nil
}

// value is the attribute val of a child, as office documents keep their settings.
func value(n *html.Node, name string) string {
	if c := child(n, name); c != nil {
		return attr(c, "val")
	}
	return ""
}

// tag makes an element.
func tag(a atom.Atom, attrs ...html.Attribute) *html.Node {
	return &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String(), Attr: attrs}
}

func textNode(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }
