package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/words"
)

// TrainingRow is a training done elsewhere as lists show it.
type TrainingRow struct {
	school.Trained
	Address string
}

// TrainingRows are trainings with their addresses.
func TrainingRows(all []school.Trained) []TrainingRow {
	var rows []TrainingRow
	for _, t := range all {
		rows = append(rows, TrainingRow{t, "/trainings/" + WorkAddress(t.ID)})
	}
	return rows
}

// ShownChanges are the changes with the kinds of library in words.
func ShownChanges(w words.Words, changes []intake.Change) []intake.Change {
	changes = slices.Clone(changes)
	for i, c := range changes {
		for _, value := range []*string{&changes[i].Old, &changes[i].New} {
			switch {
			case *value == "":
			case c.Field == intake.FieldKind:
				*value = w.T("kind." + *value)
			case c.Field == "roles":
				*value = rolesInWords(w, *value)
			}
		}
	}
	return changes
}

// rolesInWords names the roles of a list; what is a name already stays as it is.
func rolesInWords(w words.Words, list string) string {
	all := strings.Split(list, ", ")
	for i, role := range all {
		all[i] = cmp.Or(w.Messages["role."+role], role)
	}
	return strings.Join(all, ", ")
}

// FormDay reads a date as browsers send it, or as people type it where the browser has no calendar.
func FormDay(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, problem.Invalid("on", "date.empty")
	}
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2-1-2006", "2.1.2006"} {
		if day, err := time.Parse(layout, text); err == nil {
			return day, nil
		}
	}
	return time.Time{}, problem.Invalid("on", "day.form", text)
}
