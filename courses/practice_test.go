package courses_test

import (
	"testing"

	"lopban/courses"
)

// What people typed stays as it can be seen: nothing turns its direction around, or hides in it.
func TestTidyText(t *testing.T) {
	for typed, want := range map[string]string{
		"  Sổ\r\nđã ghi. \n":                      "Sổ\nđã ghi.",
		"a\u202eb\u202cc\u2066d\u2069e\u200ff":    "abcdef",
		"mượn\u200b sách\ufeff\u00ad\x00":         "mượn sách",
		"Cảm ơn \U0001F468\u200d\U0001F469\u200d": "Cảm ơn \U0001F468\u200d\U0001F469\u200d",
		"e\u0302\u0301":                           "ế",
		"một\thai":                                "một\thai",
		"\xff\xfe":                                "",
	} {
		if got := courses.TidyText(typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}
