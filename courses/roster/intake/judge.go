package intake

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"lopban/courses/problem"
	"lopban/courses/roster"
)

// tell is where a row stands and its name, for the problem of another.
func (j *judge) tell(row *ImportRow) []string {
	return []string{j.im.At(row), shorten(row.typedName())}
}

func (row *ImportRow) typedName() string {
	return cmp.Or(row.Cells[FieldName], strings.TrimSpace(row.Cells[FieldFamily]+" "+row.Cells[FieldGiven]))
}

// shown is what the row says of somebody: as it was taken, or as it was typed where something in it is wrong.
func (row *ImportRow) shown() roster.Entry {
	e := row.Entry
	if e.Name == "" {
		e = roster.Entry{Name: shorten(row.typedName()), Phone: shorten(row.Cells[FieldPhone]), Post: shorten(row.Cells[FieldPost]), Library: shorten(cmp.Or(row.Cells[FieldLibrary], row.Cells[FieldUnit]))}
	}
	return e
}

// problem marks the row as one that cannot be read.
func (j *judge) problem(row *ImportRow, code string, f Field, suggestions []string, args ...string) {
	row.Problems = append(row.Problems, RowProblem{Code: code, Field: f, Column: j.im.column(row, f), Value: shorten(row.value(f)), Suggestions: suggestions, Args: args})
}

// refuse turns an error of the rules of a field into the row's problem.
func (j *judge) refuse(row *ImportRow, f Field, err error) {
	var p *problem.Problem
	if errors.As(err, &p) {
		j.problem(row, p.Code, f, nil)
	}
}

// addresses are what rows say of where people work: the commune or, where there is none, the units that name one.
func (j *judge) addresses() []roster.Address {
	var list []roster.Address
	known := map[roster.Address]bool{}
	for i := range j.im.Rows {
		row := &j.im.Rows[i]
		a := row.address(unoffice(row.Cells[FieldCommune]))
		if !known[a] && !codeBehind.MatchString(a.Name) {
			known[a] = true
			list = append(list, a)
		}
	}
	return list
}

// address is a name of a place with what else the row says of where it is.
func (row *ImportRow) address(name string) roster.Address {
	a := roster.Address{Name: name, District: row.Cells[FieldDistrict], Province: row.Cells[FieldProvince], Under: row.Under}
	if isNone(a.District) {
		a.District = ""
	}
	return a
}

// match finds one commune of the province, or says what is wrong.
func (j *judge) match(row *ImportRow, f Field, text string) (roster.Commune, bool) {
	a := row.address(text)
	found := j.found(a, j.im.Province)
	if found.Commune.Code != "" {
		j.successor(row, f, found)
		return found.Commune, true
	}
	j.unsure(row, f, a, found)
	return roster.Commune{}, false
}

// successor says of a unit that is no more, or is of another kind, which commune it is now.
func (j *judge) successor(row *ImportRow, f Field, found roster.Found) {
	if found.Kind {
		j.warn(row, "commune.kind", f, nil, found.Commune.Title())
	}
	if found.Former.Code != "" {
		j.warn(row, "commune.former", f, nil, found.Former.Title(), found.Commune.Title())
	}
}

// unsure asks which commune is meant.
func (j *judge) unsure(row *ImportRow, f Field, a roster.Address, found roster.Found) {
	switch {
	case found.Split:
		j.problem(row, "commune.split", f, namedAll(found.Maybe), found.Former.Title())
		return
	case found.Named:
		j.problem(row, "commune.several", f, namedAll(found.Maybe))
		return
	}
	if elsewhere := j.found(a, "").Commune; elsewhere.Code != "" && !found.Kind {
		province, _ := j.roll.Places.Province(roster.Present, elsewhere.Province)
		j.problem(row, "commune.elsewhere", f, nil, named(elsewhere), province.Name)
		return
	}
	if found.Lacks != "" {
		j.problem(row, "commune.lacking", f, namedAll(found.Maybe), shorten(found.Lacks), shorten(a.Name))
		return
	}
	j.problem(row, "commune.unknown", f, namedAll(found.Maybe), shorten(a.Name))
}

type placeKey struct {
	roster.Address
	province string
}

// found is Find, remembered: files repeat the names of their communes.
func (j *judge) found(a roster.Address, province string) roster.Found {
	key := placeKey{a, province}
	found, ok := j.places[key]
	if !ok {
		found = j.roll.Places.Find(a, province, j.era)
		j.places[key] = found
	}
	return found
}

// mayBeNamed says whether a name beside a code means the same commune.
func (j *judge) mayBeNamed(c roster.Commune, a roster.Address) bool {
	found := j.found(a, c.Province)
	return found.Commune.Code == c.Code || slices.ContainsFunc(found.Maybe, func(o roster.Commune) bool { return o.Code == c.Code })
}

// ofProvince checks what the row says of its province.
func (j *judge) ofProvince(row *ImportRow, c roster.Commune) bool {
	text := row.Cells[FieldProvince]
	if text == "" {
		return true
	}
	lies, known := j.roll.Places.Of(c, text)
	switch {
	case lies:
		return true
	case known:
		j.problem(row, "province.elsewhere", FieldProvince, nil, shorten(text))
	default:
		j.problem(row, "province.unknown", FieldProvince, nil, shorten(text))
	}
	return false
}

func named(c roster.Commune) string { return c.Title() + " (" + c.Code + ")" }

func namedAll(communes []roster.Commune) []string {
	var names []string
	for _, c := range communes[:min(roster.MostSuggestions, len(communes))] {
		names = append(names, named(c))
	}
	return names
}
