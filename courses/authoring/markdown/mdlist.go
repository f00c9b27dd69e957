package markdown

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Word does not write lists as lists, but as paragraphs that know their level and bring their marker as text. They are
// put together here.

// fakeItem is what such a paragraph says of itself.
type fakeItem struct {
	list    string // which list it belongs to
	level   int    // from 1
	ordered bool
	number  int
}

var (
	msoList   = regexp.MustCompile(`(?i)mso-list\s*:\s*(l[0-9]{1,6})\s+level([1-9])`)
	msoMarker = regexp.MustCompile(`(?i)mso-list\s*:\s*ignore`)
	ordinal   = regexp.MustCompile(`^\(?([0-9]{1,6}|[A-Za-z]|[ivxlcIVXLC]{1,7})[.)]`)
)

// listItem tells whether a node is a paragraph that Word shows as an item of a list.
func listItem(n *html.Node) (fakeItem, bool) {
	if n.Type != html.ElementNode || n.DataAtom != atom.P && n.DataAtom != atom.Div {
		return fakeItem{}, false
	}
	m := msoList.FindStringSubmatch(Attr(n, "style"))
	if m == nil {
		return fakeItem{}, false
	}
	item := fakeItem{list: m[1], level: int(m[2][0] - '0'), number: 1}
	if o := ordinal.FindStringSubmatch(markerText(n, 0)); o != nil {
		item.ordered = true
		if i, err := strconv.Atoi(o[1]); err == nil {
			item.number = i
		}
	}
	return item, true
}

// markerText is the text of the marker that Word put into an item.
func markerText(n *html.Node, depth int) string {
	for c := n.FirstChild; c != nil && depth < 8; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		if msoMarker.MatchString(Attr(c, "style")) {
			return TextOf(c)
		}
		if s := markerText(c, depth+1); s != "" {
			return s
		}
	}
	return ""
}

func TextOf(n *html.Node) string {
	var b strings.Builder
	var gather func(n *html.Node, depth int)
	gather = func(n *html.Node, depth int) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil && depth < maxTreeDepth; c = c.NextSibling {
			gather(c, depth+1)
		}
	}
	gather(n, 0)
	return strings.TrimSpace(Clean(b.String()))
}

// paragraphList writes the list that begins with a paragraph and gives the last node that belongs to it.
func (w *Writer) paragraphList(n *html.Node, first fakeItem, p *pile, depth int) *html.Node {
	base := first.level
	stack := []*itemList{{ordered: first.ordered, number: first.number}}
	last := n
	fold := func() {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		under := stack[len(stack)-1]
		if text := top.write(nil); text != "" {
			under.inside([]part{{text, top.used}})
		}
	}
	item := first
	for c := n; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
				break
			}
			continue
		}
		if c != n {
			var ok bool
			if item, ok = listItem(c); !ok || item.list != first.list && item.level == base || item.level == base && item.ordered != first.ordered {
				break
			}
		}
		deep := min(max(item.level-base, 0)+1, maxListDepth)
		for len(stack) > deep {
			fold()
		}
		for len(stack) < deep {
			stack = append(stack, &itemList{ordered: item.ordered, number: item.number})
		}
		inner := &pile{}
		w.children(c, style{}, inner, depth+1)
		w.flush(inner)
		stack[len(stack)-1].item(inner.parts)
		last = c
	}
	for len(stack) > 1 {
		fold()
	}
	p.add(stack[0].write(p.parts), stack[0].used)
	return last
}
