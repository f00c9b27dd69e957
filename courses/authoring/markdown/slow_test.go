package markdown

import (
	"strings"
	"testing"
	"time"

	"lopban/courses/authoring/coursetest"
)

// A text as long as one may be is rendered in a moment, however deep it is nested and whatever it leaves open: at most
// 200 times as long as an honest one of its length takes in the same run. The worst of what was tried takes 60 times; a
// text of 160 KB, which is not taken, took 40 times as long as that.
func TestRenderingTakesLittleTime(t *testing.T) {
	none := func(string) (Picture, bool) { return Picture{}, false }
	took := func(what, text string) time.Duration {
		before := coursetest.Worked(t)
		if out, _ := Render(text, none); out == "" {
			t.Errorf("%s: nothing is left of it", what)
		}
		return coursetest.Worked(t) - before
	}
	honest := "## Đón bạn đọc\n\nChào trước, hỏi sau; *không* hỏi giấy tờ trước khi chào.\n\n- Mời ngồi\n- Đưa sách\n\n"
	honest = strings.Repeat(honest, MaxText/len(honest))
	least := max(time.Millisecond, min(took("honest", honest), took("honest", honest), took("honest", honest)))
	for what, unit := range map[string]string{"quotes and lists": "> - ", "emphasis left open": "*a_", "links left open": "[a]("} {
		text := strings.Repeat(unit, MaxText/len(unit))
		long := took(what, text)
		if long > 200*least { // measured while others were at work, maybe
			long = min(long, took(what, text))
		}
		if long > 200*least {
			t.Errorf("%s: %v, and an honest text %v", what, long, least)
		}
	}
}
