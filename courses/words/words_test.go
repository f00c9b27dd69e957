package words

import (
	"os"
	"regexp"
	"testing"

	"lopban/courses/authoring/mistake"
)

func english(t *testing.T) Words {
	t.Helper()
	all, err := Read(os.DirFS("../../content"))
	if err != nil {
		t.Fatal(err)
	}
	return all.In("en")
}

// A page tells people what is so (“Bạn đã gửi bài này”) and asks them with “Hãy”: “Bạn chờ một phút” is neither, and
// sounds translated. And one thing has one name, the one that librarians use.
func TestMessagesSpeakWithOneVoice(t *testing.T) {
	all, err := Read(os.DirFS("../../content"))
	if err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile(`(?:^|[.:;?!] )Bạn (?:đã|đang|còn|chưa|không|cần|có|cũng|vẫn|được|nộp được|xem trước|trả lời:|viết gì)`)
	asked := regexp.MustCompile(`(?:^|[.:;?!] )Bạn `)
	names := regexp.MustCompile(`(?i)bạn hãy|đã bồi dưỡng|quyển`)
	for key, text := range all.In("vi").Messages {
		if len(asked.FindAllString(text, -1)) != len(told.FindAllString(text, -1)) {
			t.Errorf("%s: asks with “Bạn” where “Hãy” is meant: %s", key, text)
		}
		if name := names.FindString(text); name != "" {
			t.Errorf("%s: %q has another name elsewhere: %s", key, name, text)
		}
	}
}

// What is said leaves the caller's arguments as they were.
func TestArgumentsStayTheCallers(t *testing.T) {
	w := Words{Lang: "vi", Messages: Messages{"n": "%s người"}}
	args := []any{12345}
	if got := w.T("n", args...); got != "12.345 người" || args[0] != 12345 {
		t.Errorf("%q, and the argument is %v", got, args[0])
	}
}

// A terminal names a mistake as compilers do.
func TestMistakesOnATerminal(t *testing.T) {
	w := english(t)
	for want, m := range map[string]mistake.Mistake{
		"lessons/x.vi.gift:12: the question q1 stands in another place than in lessons/x.en.gift": {File: "lessons/x.vi.gift", Line: 12, Code: "quiz-order", Args: []string{"q1", "lessons/x.en.gift"}},
		"media/a.svg: warning: no lesson shows this file":                                         {File: "media/a.svg", Code: "media-unused", Warning: true},
	} {
		if got := w.Terminal(m); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
