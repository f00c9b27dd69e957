package page

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestShapeCountsFactsAndValues(t *testing.T) {
	for text, want := range map[string][2]int{
		``: {0, 0}, `{}`: {1, 0}, `{"facts":[]}`: {3, 0}, `{"facts":[ ]}`: {3, 0}, `{"facts":[{}]}`: {4, 1}, `{"facts":[{},{"a":[1,2]}]}`: {9, 2}, `{"facts":[null, "a,[\",", 3]}`: {5, 3},
		`{"facts":[[],[]],"facts":[{"text":"a\\"}]}`: {11, 3}, `[{"a":1}`: {3, 1}, `]]]]`: {0, 0}, `"`: {0, 0}, `"\`: {0, 0},
	} {
		if values, elements := Shape([]byte(text)); values != want[0] || elements != want[1] {
			t.Errorf("%s has %d values and %d elements, want %v", text, values, elements, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.SliceOf(rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String()))).Draw(t, "facts")
		text, err := json.Marshal(map[string]any{"facts": facts})
		if err != nil {
			t.Fatal(err)
		}
		if _, n := Shape(text); n != len(facts) {
			t.Errorf("%d of %d facts in %s", n, len(facts), text)
		}
	})
}
