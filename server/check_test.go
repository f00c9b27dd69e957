package server

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A phone that keeps the check page keeps everything without which the page does not run: its style and icon, its
// scripts, and the scripts that those import.
func TestTheCheckPageIsKeptWhole(t *testing.T) {
	anyone := newSite(t).anyone()
	list, _, _ := strings.Cut(strings.TrimPrefix(anyone.get("/v/sw.js").want(200).Body, "const keep = "), ";\n")
	var keep []string
	if err := json.Unmarshal([]byte(list), &keep); err != nil {
		t.Fatal(err)
	}
	shown := anyone.get(keep[0]).want(200)
	needed := []string{shown.attr("link[rel=stylesheet]", "href"), shown.attr("link[rel=icon]", "href")}
	for _, script := range shown.find("script[src]") {
		for _, a := range script.Attr {
			if a.Key == "src" {
				needed = append(needed, a.Val)
			}
		}
	}
	imports := regexp.MustCompile(`(?m)^import .* from "\./([^"]+)"`)
	for i := 0; i < len(needed); i++ {
		if !slices.Contains(keep, needed[i]) {
			t.Errorf("the check page needs %s, which is not kept", needed[i])
		}
		for _, m := range imports.FindAllStringSubmatch(anyone.get(needed[i]).want(200).Body, -1) {
			if path := "/assets/" + m[1]; !slices.Contains(needed, path) {
				needed = append(needed, path)
			}
		}
	}
	if len(needed) < 6 {
		t.Errorf("only %q were found", needed)
	}
}
