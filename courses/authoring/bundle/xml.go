package bundle

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"lopban/courses/authoring/markdown"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

const (
	maxXML      = 8 << 20
	MaxXMLDepth = 200
	maxXMLNodes = 150_000 // elements, attributes and texts
	maxXMLTag   = 64 << 10
)

var errXML = errors.New("not XML that is read here")

// ReadXML reads a document into a tree of elements by their local names, so that one writer of Markdown serves HTML and
// what is made of XML. Documents with a document type, and with it entities of their own, are refused; nothing is
// fetched; depth and size are bounded. Elements named in drop are left out with all they hold.
func ReadXML(data []byte, drop map[string]bool) (*html.Node, error) {
	if len(data) > maxXML {
		return nil, errXML
	}
	return parseXML(data, drop, "", nil)
}

// EachXML reads a document of any size as readXML does and gives away each child of its root that has the name, so that
// no more than one of them is in memory.
func EachXML(data []byte, name string, each func(*html.Node)) error {
	_, err := parseXML(data, nil, name, each)
	return err
}

func parseXML(data []byte, drop map[string]bool, name string, each func(*html.Node)) (*html.Node, error) {
	data, wide := fromUTF16(data)
	if longTag(data) {
		return nil, errXML
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		label = strings.ToLower(strings.TrimSpace(label))
		switch {
		case wide && strings.HasPrefix(label, "utf-16"), label == "us-ascii":
			return r, nil
		case strings.HasPrefix(label, "windows-"), strings.HasPrefix(label, "iso-8859-"), label == "latin1":
			return charset.NewReaderLabel(label, r)
		}
		return nil, errXML
	}
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
				if err := skipXML(d, MaxXMLDepth-depth); err != nil {
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
			done := at
			at = at.Parent
			if depth--; depth == 1 && each != nil && done.Data == name {
				each(done)
				for at.FirstChild != nil { // with the white space before it
					at.RemoveChild(at.FirstChild)
				}
				nodes = 0
			}
		case xml.CharData:
			nodes++
			at.AppendChild(&html.Node{Type: html.TextNode, Data: string(t)})
		case xml.Directive:
			return nil, errXML
		}
		if depth > MaxXMLDepth || nodes > maxXMLNodes {
			return nil, errXML
		}
	}
}

// fromUTF16 writes a document in UTF-16 as UTF-8, and tells whether it was one: by its mark, or by its first letter,
// which is <.
func fromUTF16(data []byte) ([]byte, bool) {
	order := unicode.LittleEndian
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("<\x00")):
	case bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.HasPrefix(data, []byte("\x00<")):
		order = unicode.BigEndian
	default:
		return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), false
	}
	text, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(data)
	if err != nil {
		return data, false
	}
	return text, true
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
	case markdown.SVGSpace:
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

// Child is the first element of a name among the children.
func Child(n *html.Node, name string) *html.Node {
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

// Value is the attribute val of a child, as office documents keep their settings.
func Value(n *html.Node, name string) string {
	if c := Child(n, name); c != nil {
		return markdown.Attr(c, "val")
	}
	return ""
}

// Tag makes an element.
func Tag(a atom.Atom, attrs ...html.Attribute) *html.Node {
	return &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String(), Attr: attrs}
}

func TextNode(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }
