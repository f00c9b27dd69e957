package bring

import (
	"regexp"
	"strings"

	"lopban/courses"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// Aiken: a question, its options behind a capital and a bracket or point, and a line that names the right one.

var (
	aikenOption = regexp.MustCompile(`^([A-Z])[).][ \t]+(.*)$`)
	aikenAnswer = regexp.MustCompile(`^ANSWER:[ \t]*([A-Z])[ \t.)]*$`)
	aikenLook   = regexp.MustCompile(`(?m)^[ \t]*A[).][ \t]+[^\n]*\n(?:[ \t]*\n)*[ \t]*B[).][ \t]+(?s:.*?)^[ \t]*ANSWER:[ \t]*[A-Z]`)
)

func looksLikeAiken(text string) bool { return aikenLook.MatchString(text) }

// aiken gathers the questions of a file.
func (g *gathering) aiken(file, text string) {
	var quiz courses.Quiz
	var prompt []string
	var q courses.Question
	begun := 0
	leave := func(line int) {
		g.left.Warn(file, line, "left-block", markdown.Short(strings.Join(prompt, " ")))
	}
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		if l == "" {
			continue
		}
		if begun == 0 {
			begun = i + 1
		}
		option, answer := aikenOption.FindStringSubmatch(l), aikenAnswer.FindStringSubmatch(l)
		switch {
		case answer != nil:
			if at := int(answer[1][0] - 'A'); at < len(q.Options) && len(q.Options) <= gift.MaxAnswers && len(prompt) > 0 {
				q.Options[at].Weight = 1
				q.Kind, q.Prompt.Vi = courses.SingleChoice, plainLines(prompt)
				g.keep(&quiz, q, mistake.Mistake{}, file, markdown.Short(prompt[0]), markdown.Slug(prompt[0]))
			} else {
				leave(begun)
			}
			prompt, q, begun = nil, courses.Question{}, 0
		case option != nil:
			q.Options = append(q.Options, courses.Option{ID: string(rune('a' + len(q.Options)%gift.MaxAnswers)), Text: courses.Text{Vi: plainLines(option[2:])}})
		case len(q.Options) > 0: // an option goes on
			o := &q.Options[len(q.Options)-1]
			o.Text.Vi += "\n" + plainLines([]string{l})
		default:
			prompt = append(prompt, l)
		}
	}
	if len(prompt) > 0 || len(q.Options) > 0 {
		leave(begun)
	}
	g.quizLessons(g.title, "", quiz)
}

// plainLines is plain text as Markdown.
func plainLines(lines []string) string {
	made, _ := gift.MoodleHTML(strings.Join(lines, "\n"), "plain")
	doc, err := markdown.ParseHTML([]byte(made))
	if err != nil {
		return ""
	}
	return strings.TrimSpace((&markdown.Writer{Left: &markdown.LeftOut{}}).Line(doc))
}
