package programme

import (
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
)

// Asked says in English who a row may be, a line for each of the answers.
func (s *Programme) Asked(im *intake.Import, row *intake.ImportRow) []string {
	w := s.Languages.In("en")
	lines := []string{}
	for _, m := range row.Question.Maybe {
		answer := m.Answer
		if m.Row != "" {
			answer = "row:" + im.AtRef(m.Row)
		}
		line := answer + ": " + m.Entry.Name
		switch {
		case m.Away != "":
			line += ", " + w.T("question.away", s.ProvinceName(m.Away))
		case m.Row != "":
			line += ", " + w.T("question.file", im.AtRef(m.Row))
		default:
			line += ", " + m.Entry.Library + ", " + communeTitled(s.Places, m.Entry.Commune)
		}
		for i, d := range m.Against {
			line += map[bool]string{true: " (", false: "; "}[i == 0] + w.T("differs."+string(d))
		}
		if len(m.Against) > 0 {
			line += ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// ProvinceName is the Vietnamese name of a present province.
func (s *Programme) ProvinceName(code string) string {
	p, _ := s.Places.Province(roster.Present, code)
	return p.Name
}

func communeTitled(places *roster.Places, code string) string {
	if commune, ok := places.Ever(code); ok {
		return commune.Title()
	}
	return code
}
