package gift

import (
	"bytes"
	"cmp"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"lopban/courses"
)

// WriteGIFT writes a quiz in the language "vi" or "en" as a GIFT file that Moodle reads too. [ParseQuiz] makes of the
// two files the quiz they were written from.
func WriteGIFT(w io.Writer, quiz courses.Quiz, lang string) error {
	g := Writer{Lang: lang}
	pool := ""
	for _, q := range quiz.Questions {
		if lang == "en" && !Translated(q) {
			continue
		}
		if g.Len() > 0 {
			g.WriteString("\n")
		}
		if q.Pool != pool {
			g.put(categoryMark, " ", cmp.Or(q.Pool, "top"), "\n\n")
			pool = q.Pool
		}
		g.question(q)
	}
	_, err := g.WriteTo(w)
	return err
}

// Translated tells whether a question has a word of English.
func Translated(q courses.Question) bool {
	all := q.Title.En + q.Prompt.En + q.Tail.En + q.Feedback.En + q.Other.En + q.Notes.En
	for _, o := range q.Options {
		all += o.Text.En + o.Feedback.En
	}
	for _, a := range q.Accepted {
		all += a.Feedback.En
	}
	for _, r := range q.Ranges {
		all += r.Feedback.En
	}
	for _, p := range q.Pairs {
		all += p.LeftText.En + p.RightText.En
	}
	return all != ""
}

type Writer struct {
	bytes.Buffer
	Lang string
}

func (g *Writer) put(parts ...string) {
	for _, p := range parts {
		g.WriteString(p)
	}
}

// In is the text of this language alone: a missing translation stays missing.
func (g *Writer) In(t courses.Text) string {
	if g.Lang == "en" {
		return t.En
	}
	return t.Vi
}

func (g *Writer) question(q courses.Question) {
	g.put("// [id:", q.ID, "]")
	if q.Section > 0 {
		g.put(" [tag:section-", strconv.Itoa(q.Section), "]")
	}
	if q.Spelling != courses.SpellAny {
		g.put(" [tag:spelling-", string(q.Spelling), "]")
	}
	if q.Whole {
		g.put(" [tag:", wholeTag, "]")
	}
	for _, tag := range q.Tags {
		g.put(" [tag:", tag, "]")
	}
	g.put("\n")
	if notes := g.In(q.Notes); notes != "" {
		g.put("// ", strings.ReplaceAll(notes, "\n", "\n// "), "\n")
	}
	if title := g.In(q.Title); title != "" {
		g.put("::", escape(title), "::")
	}
	g.put("[markdown]", escape(g.In(q.Prompt)))
	if q.Kind != courses.Description {
		g.put(" {")
		g.answers(q)
		if f := g.In(q.Feedback); f != "" {
			g.put("\t####", g.markdown(f), "\n")
		}
		g.put("}")
	}
	if tail := g.In(q.Tail); tail != "" {
		g.put(" ", escape(tail))
	}
	g.put("\n")
}

func (g *Writer) answers(q courses.Question) {
	switch q.Kind {
	case courses.SingleChoice, courses.MultipleChoice:
		g.put("\n")
		for _, o := range q.Options {
			g.option(q.Kind, o)
		}
	case courses.TrueFalse:
		g.trueFalse(q.Options)
	case courses.ShortAnswer:
		g.put("\n")
		for _, a := range q.Accepted {
			g.put("\t=", weightMark(a.Weight), g.markdown(a.Text), g.note(a.Feedback), "\n")
		}
	case courses.Numerical:
		g.put("#\n")
		for _, r := range q.Ranges {
			g.put("\t=", weightMark(r.Weight), rangeText(r), g.note(r.Feedback), "\n")
		}
		if other := g.note(q.Other); other != "" {
			g.put("\t~", other, "\n")
		}
	case courses.Matching:
		g.put("\n")
		for _, p := range q.Pairs {
			g.put("\t=", g.markdown(g.In(p.LeftText)), " -> ", g.markdown(g.In(p.RightText)), "\n")
		}
	}
}

func (g *Writer) option(kind courses.QuestionKind, o courses.Option) {
	mark := "~" + weightMark(o.Weight)
	switch {
	case o.Weight == 1 && kind == courses.SingleChoice:
		mark = "="
	case o.Weight == 0:
		mark = "~"
	case o.Weight == 1:
		mark = "~%100%"
	}
	g.put("\t", mark, g.markdown(g.In(o.Text)), g.note(o.Feedback), "\n")
}

// trueFalse writes the feedback for the wrong answer first, as the format wants it.
func (g *Writer) trueFalse(options []courses.Option) {
	key, right, wrong := "FALSE", "", ""
	for _, o := range options {
		if o.Weight == 1 {
			right = g.In(o.Feedback)
			key = strings.ToUpper(o.ID)
		} else {
			wrong = g.In(o.Feedback)
		}
	}
	g.put(key)
	if right != "" || wrong != "" {
		g.put("#", g.markdown(wrong))
	}
	if right != "" {
		g.put("#", g.markdown(right))
	}
	g.put("\n")
}

func (g *Writer) note(t courses.Text) string {
	if f := g.In(t); f != "" {
		return "#" + g.markdown(f)
	}
	return ""
}

var formatMark = regexp.MustCompile(`^(\[(html|moodle|plain|markdown)\]|%)`)

// markdown is a text inside the answers. One that looks like a format or a weight is marked as the text it is.
func (g *Writer) markdown(s string) string {
	if formatMark.MatchString(s) {
		return "[markdown]" + escape(s)
	}
	return escape(s)
}

var giftSyntax = strings.NewReplacer(`\`, `\\`, "~", `\~`, "=", `\=`, "#", `\#`, "{", `\{`, "}", `\}`, ":", `\:`, "\n", `\n`)

func escape(s string) string { return giftSyntax.Replace(s) }

func weightMark(w float64) string {
	if w == 1 {
		return ""
	}
	return "%" + strconv.FormatFloat(math.Round(w*1e7)/1e5, 'f', -1, 64) + "%"
}

func rangeText(r courses.Range) string {
	number := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	return number(r.Min) + ".." + number(r.Max)
}
