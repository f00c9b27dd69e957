package server

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestPastedHTMLBecomesMarkdown(t *testing.T) {
	trainer := newProvince(t).trainer
	const html = `<h1>Sách</h1><p class="MsoNormal">Một <b>hai</b></p><img src="a.png"><video></video><iframe></iframe><svg></svg><math></math><input><script>x</script><a href="javascript:x">b</a><table><tr><td colspan=2>a<td>b</table>`
	type answer struct {
		Markdown string   `json:"markdown"`
		LeftOut  []string `json:"leftOut"`
	}
	var first answer
	for kind, body := range map[string]string{
		"application/json": `{"html": ` + quoted(t, html) + `}`,
		formType:           "html=" + url.QueryEscape(html),
	} {
		r := trainer.with("POST", "/author/paste", kind, body).want(200)
		var a answer
		if err := json.Unmarshal([]byte(r.Body), &a); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(a.Markdown, "## Sách\n\nMột **hai**\n") || len(a.LeftOut) != 9 || !slices.Contains(a.LeftOut, "Không lấy được hình ảnh: 1. Hãy thêm ở phần hình ảnh của khóa học.") {
			t.Errorf("%s: %+v", kind, a)
		}
		for _, sentence := range a.LeftOut {
			if strings.Contains(sentence, "mistake.") || strings.Contains(sentence, "%!") {
				t.Error(sentence)
			}
		}
		if first.Markdown != "" && first.Markdown != a.Markdown {
			t.Error("a form and JSON are answered differently")
		}
		first = a
	}
	for body, want := range map[string]int{`{"html": 1}`: 400, `{`: 400, `{"html": ` + quoted(t, strings.Repeat("<b>", 30_000)) + `}`: 422, `{}`: 200} {
		trainer.with("POST", "/author/paste", "application/json", body).want(want)
	}
}

func quoted(t *testing.T, s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
