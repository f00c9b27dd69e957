package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lopban/courses"
)

// mixedCourse has a quiz whose options can stand in many orders.
func mixedCourse(id, setting string) map[string]string {
	files := shortCourse(id, courses.LibraryService)
	files["course.yaml"] = strings.Replace(files["course.yaml"], "pass_mark: 60\n", "pass_mark: 60\n"+setting, 1)
	files["course.yaml"] = strings.Replace(files["course.yaml"], `en: "Test"}, minutes: 10}`, `en: "Test"}, minutes: 10, draw: 3}`, 1)
	quiz := "// [id:one]\nWhich? {=right#yes ~b#no ~c#no ~d#no ~e#no ~f#no}\n\n// [id:true]\nIs it? {T#no#yes}\n\n// [id:number]\nHow many? {#12 ####twelve}\n"
	files["lessons/thu.vi.gift"], files["lessons/thu.en.gift"] = quiz, quiz
	return files
}

// standing is the order of the options of a question on a page of the quiz or of the result.
func standing(shown *reply, question string) (order []string) {
	for _, n := range shown.find(`[name="q.` + question + `"]`) {
		order = append(order, attrOf(n, "value"))
	}
	return order
}

func attrOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Options stand in another order at each attempt, and keep it within one: when the page is opened again, when an answer
// cannot be read, and on the phone of an API.
func TestOptionsAreShuffledUnlessTheAuthorSaysNo(t *testing.T) {
	s := newSite(t)
	s.publish(mixedCourse("K1", ""))
	s.publish(mixedCourse("K2", "shuffle: false\n"))
	c := s.as(s.person("Vàng Thị Mỷ", lungCu))
	written := []string{"a", "b", "c", "d", "e", "f"}
	orders := map[string]bool{}
	for n := range 6 {
		shown := c.get("/courses/K1/thu/quiz").want(200)
		order := standing(shown, "one")
		orders[strings.Join(order, "")] = true
		if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, written) {
			t.Fatalf("the page shows %v", order)
		}
		if tf := standing(shown, "true"); !slices.Equal(tf, []string{"true", "false"}) {
			t.Errorf("true and false stand as %v", tf)
		}
		if again := standing(c.get("/courses/K1/thu/quiz"), "one"); !slices.Equal(again, order) {
			t.Errorf("attempt %d: opened again it shows %v, first %v", n, again, order)
		}
		var lesson struct {
			Quiz struct {
				Questions []struct{ Options []struct{ ID string } }
			}
		}
		c.get("/api/v1/courses/K1/lessons/thu").want(200).json(&lesson)
		for i, o := range lesson.Quiz.Questions[0].Options {
			if o.ID != order[i] {
				t.Errorf("attempt %d: the API shows %+v, the page %v", n, lesson.Quiz.Questions[0].Options, order)
				break
			}
		}
		id := fmt.Sprint("try", n)
		broken := fields("id", id, "draw", fmt.Sprint(n), "q.one", "b", "q.number", "mười hai")
		if refused := standing(c.post("/courses/K1/thu/quiz", broken).want(422), "one"); !slices.Equal(refused, order) {
			t.Errorf("attempt %d: asked again it shows %v, first %v", n, refused, order)
		}
		c.post("/courses/K1/thu/quiz", fields("id", id, "draw", fmt.Sprint(n), "q.one", "b", "q.number", "11", "sure", "1")).want(303)
		wanted := []string{"b", "right"} // what was chosen, and what is right
		if n < courses.UsualKeyAfter-1 { // the key is not shown yet
			wanted = wanted[:1]
		} else if slices.Index(order, "a") < slices.Index(order, "b") {
			wanted = []string{"right", "b"}
		}
		if got := c.get("/courses/K1/thu/quiz?attempt=" + id).want(200).text(); !inOrder(got, wanted) {
			t.Errorf("attempt %d: the result does not keep %v: %s", n, order, got)
		}
	}
	if len(orders) < 3 {
		t.Errorf("six attempts in the orders %v", orders)
	}
	if order := standing(c.get("/courses/K2/thu/quiz").want(200), "one"); !slices.Equal(order, written) {
		t.Errorf("not to be shuffled: %v", order)
	}
}

// inOrder tells whether words stand in a text one after the other.
func inOrder(text string, words []string) bool {
	said := strings.Fields(text)
	for _, w := range words {
		i := slices.Index(said, w)
		if i < 0 {
			return false
		}
		said = said[i+1:]
	}
	return true
}
