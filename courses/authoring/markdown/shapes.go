package markdown

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strings"
)

// maxShapes is how many elements a drawing may come to when every reference is followed. The richest drawing of ours
// has some hundred; a phone of the villages draws 5,000 in about a second.
const maxShapes = 5000

// drawn is an element of a drawing with what is drawn with it.
type drawn struct {
	id     string
	parts  []*drawn
	uses   []string // ids that it refers to
	times  int      // how often each of those may be drawn: a marker stands at every vertex
	weight int      // -1 while it is being added up, 0 before
}

var (
	cssReference = regexp.MustCompile(`(?i)url\s*\(\s*["']?\s*#([^"')\s]*)`)
	pathNumber   = regexp.MustCompile(`[0-9]+`)
)

// shapes counts what a drawing draws when every reference is followed, up to one more than maxShapes. What refers to
// itself, directly or round about, is without end.
func shapes(data []byte) int {
	d := xml.NewDecoder(bytes.NewReader(data))
	byID := map[string]*drawn{}
	open := []*drawn{{}}
	var everywhere []string // what the style sheet refers to: any element may be meant
	for {
		token, err := d.Token()
		if err != nil {
			break // its end, or the place from which on nothing is drawn
		}
		switch t := token.(type) {
		case xml.StartElement:
			e := read(t)
			if byID[e.id] == nil {
				byID[e.id] = e
			}
			last := open[len(open)-1]
			last.parts = append(last.parts, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			for _, m := range cssReference.FindAllSubmatch(t, -1) {
				everywhere = append(everywhere, string(m[1]))
			}
		}
	}
	total := open[0].add(byID)
	for _, id := range everywhere {
		if e := byID[id]; e != nil {
			total = min(total*(1+e.add(byID)), maxShapes+1)
		}
	}
	return total
}

func read(t xml.StartElement) *drawn {
	e := &drawn{times: 1}
	vertices := 1
	for _, a := range t.Attr {
		switch strings.ToLower(a.Name.Local) {
		case "id":
			e.id = a.Value
		case "href":
			e.uses = append(e.uses, strings.TrimPrefix(strings.TrimSpace(a.Value), "#"))
		case "d", "points":
			vertices = max(vertices, len(pathNumber.FindAllStringIndex(a.Value, -1)))
		default:
			for _, m := range cssReference.FindAllStringSubmatch(a.Value, -1) {
				e.uses = append(e.uses, m[1])
				if strings.Contains(strings.ToLower(a.Name.Local+a.Value), "marker") {
					e.times = 0 // known below, when all attributes are read
				}
			}
		}
	}
	if e.times == 0 {
		e.times = vertices
	}
	return e
}

// add counts the element, its parts and what they refer to.
func (e *drawn) add(byID map[string]*drawn) int {
	if e.weight < 0 {
		return maxShapes + 1
	}
	if e.weight > 0 {
		return e.weight
	}
	e.weight = -1
	total := 1
	for _, p := range e.parts {
		if total = min(total+p.add(byID), maxShapes+1); total > maxShapes {
			break
		}
	}
	for _, id := range e.uses {
		if used := byID[id]; used != nil && total <= maxShapes {
			total = min(total+e.times*used.add(byID), maxShapes+1)
		}
	}
	e.weight = total
	return total
}
