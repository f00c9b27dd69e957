package paper

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"testing"

	"errors"

	"lopban/courses/problem"
)

// The picture says what the paper says: every run of text that is drawn, where it is drawn.
func TestThePictureIsThePaper(t *testing.T) {
	c := fullest()
	c.Holder.Name = `Vàng <b>Thị</b> & "Mỷ"`
	svg, err := Picture(c)
	if err != nil {
		t.Fatal(err)
	}
	w, err := read(c)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "text" {
			continue
		}
		var text string
		if err := d.DecodeElement(&text, &start); err != nil {
			t.Fatal(err)
		}
		words = append(words, text)
		place := map[string]float64{}
		for _, a := range start.Attr {
			place[a.Name.Local], _ = strconv.ParseFloat(a.Value, 64)
		}
		if place["x"] < inner || place["x"]+place["textLength"] > 297-inner || place["y"] < inner || place["y"] > 210-inner {
			t.Errorf("%q is drawn at %v, on the border", text, place)
		}
	}
	all := strings.Join(words, "|")
	for _, text := range append([]string{"GIẤY CHỨNG NHẬN", w.issuer, w.head, w.name, w.time, "Kết quả: Đạt", w.placeAndDate, w.signer}, w.capacity...) {
		if !strings.Contains(all, text) {
			t.Errorf("%q is not in the picture: %s", text, all)
		}
	}
	if n := len(svg); n > 60<<10 {
		t.Errorf("the picture has %d bytes", n)
	}
	c.Holder.Name = ""
	var p *problem.Problem
	if _, err := Picture(c); !errors.As(err, &p) || p.Field != "holder.name" {
		t.Errorf("a paper that cannot be printed: %v", err)
	}
}
