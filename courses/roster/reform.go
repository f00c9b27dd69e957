package roster

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses/problem"
)

// ChangeRow is a row of a file that comes with a decision: a unit of before and one that has its land, or part of it,
// from the day on. Each is named by its code, its name with the kind, or both.
type ChangeRow struct {
	Number           int // as the spreadsheet counts
	OldCode, OldName string
	NewCode, NewName string
	Kind             string // of the new one, where its name does not say it
	Province         string // present; "" for that of the old one
}

// ChangeFault says what is wrong in a row. Code is the key of its message, "error." and the code, and Args fill its
// places.
type ChangeFault struct {
	Row  int
	Code string
	Args []any
}

// decisionLetters is the longest number of a decision.
const decisionLetters = 100

// Reform is what a file and its decision make of the places, before anything is kept.
type Reform struct {
	Change  PlaceChange
	Faults  []ChangeFault
	New     []Commune    // that were not there before
	Renamed [][2]Commune // before and after
	before  *atlas
}

// Old is a commune as it is before the reform.
func (r *Reform) Old(code string) Commune { return r.before.byCode[code] }

// Plan reads the rows of a decision that holds from a day on. What is wrong with the decision or the day is a
// *problem.Problem; what is wrong in the rows is in Faults, and then nothing may be kept.
func (p *Places) Plan(rows []ChangeRow, decision string, on time.Time, file, key string) (*Reform, error) {
	decision = Clean(decision)
	switch {
	case decision == "":
		return nil, problem.Invalid("decision", "places.decision")
	case len([]rune(decision)) > decisionLetters:
		return nil, problem.Invalid("decision", "text.long", decisionLetters)
	case on.IsZero() || !on.Equal(on.Truncate(24*time.Hour)):
		return nil, problem.Invalid("on", "date.form", "")
	case on.Before(time.Date(2025, 7, 2, 0, 0, 0, 0, time.UTC)):
		return nil, problem.Invalid("on", "places.early")
	case len(rows) == 0:
		return nil, problem.Invalid("file", "file.norows")
	}
	r := &Reform{Change: PlaceChange{ID: p.changeID(key, decision, on), Decision: decision, On: on, File: file, Key: key}}
	r.before = p.without(r.Change)
	for _, row := range rows {
		r.add(row)
	}
	r.agree()
	r.later(p)
	r.tell()
	return r, nil
}

// without is the atlas of a change's day as it is without the change, which may be kept already.
func (p *Places) without(change PlaceChange) *atlas {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.age(slices.DeleteFunc(p.state.holding(change.On, time.Time{}), func(c PlaceChange) bool {
		after := !change.RecordedAt.IsZero() && c.On.Equal(change.On) && c.RecordedAt.After(change.RecordedAt)
		return c.ID == change.ID || after
	}))
}

// changeID is made of what the change says, and of how often the same was undone.
func (p *Places) changeID(key, decision string, on time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for turn := 0; ; turn++ {
		sum := sha256.Sum256([]byte(strings.Join([]string{key, decision, on.Format(time.DateOnly), strconv.Itoa(turn)}, "\n")))
		id := hex.EncodeToString(sum[:8])
		if _, undone := p.state.undone[id]; !undone {
			return id
		}
	}
}

// Holds says whether a change is kept, and not undone.
func (p *Places) Holds(id string) (PlaceChange, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.state.changes, func(c PlaceChange) bool { return c.ID == id })
	if i < 0 {
		return PlaceChange{}, false
	}
	_, undone := p.state.undone[id]
	return p.state.changes[i], !undone
}

func (r *Reform) fault(row ChangeRow, code string, args ...any) {
	r.Faults = append(r.Faults, ChangeFault{row.Number, code, args})
}

func (r *Reform) add(row ChangeRow) {
	old, ok := r.old(row)
	if !ok {
		return
	}
	next, ok := r.next(row, old)
	if !ok {
		return
	}
	if slices.ContainsFunc(r.Change.Units, func(u Became) bool { return u.Old == old.Code && u.New.Code == next.Code }) {
		r.fault(row, "places.twice", old.Title(), next.Title())
		return
	}
	r.Change.Units = append(r.Change.Units, Became{Old: old.Code, New: next})
}

func fullCode(code string) string {
	if code = strings.TrimPrefix(Clean(code), "'"); shortCode.MatchString(code) {
		return strings.Repeat("0", 5-len(code)) + code
	}
	return code
}

// old is the unit of before.
func (r *Reform) old(row ChangeRow) (Commune, bool) {
	if code := fullCode(row.OldCode); code != "" {
		c, ok := r.before.byCode[code]
		switch {
		case !ok:
			r.fault(row, "places.old", code)
			return c, false
		case row.OldName != "" && !called(c, row.OldName):
			r.fault(row, "places.disagree", code, c.Title(), row.OldName)
			return c, false
		}
		return c, true
	}
	here := ""
	if v, ok := r.before.MatchProvince(Present, row.Province); ok {
		here = v.Code
	}
	c, ok := r.named(row.OldName, here)
	if !ok {
		r.fault(row, "places.old", row.OldName)
	}
	return c, ok
}

// named is the one commune that has the name before the change.
func (r *Reform) named(name, here string) (Commune, bool) {
	found := r.before.Find(Address{Name: name}, here, Era{New: true})
	return found.Commune, found.Commune.Code != "" && found.Former.Code == "" && called(found.Commune, name)
}

// called says whether a commune has the name, with or without its kind.
func called(c Commune, name string) bool {
	return slices.ContainsFunc(readings(name), func(r reading) bool { return r.spelling == Spelling(c.Name) && (r.kind == "" || r.kind == c.Kind) })
}

// next is the unit from the day on.
func (r *Reform) next(row ChangeRow, old Commune) (Commune, bool) {
	province := old.Province
	if row.Province != "" {
		v, ok := r.before.MatchProvince(Present, row.Province)
		if !ok {
			r.fault(row, "province.unknown", row.Province)
			return Commune{}, false
		}
		province = v.Code
	}
	code := fullCode(row.NewCode)
	if code == "" {
		if called(old, row.NewName) {
			return old, true
		}
		c, ok := r.named(row.NewName, province)
		if !ok {
			r.fault(row, "places.new", row.NewName)
		}
		return c, ok
	}
	if !communeCode.MatchString(code) {
		r.fault(row, "places.code", code)
		return Commune{}, false
	}
	kind, name := kindAndName(row.NewName)
	kind = cmp.Or(kind, kindOfUnit(row.Kind))
	c, there := r.before.byCode[code]
	switch {
	case there && (row.NewName == "" || called(c, row.NewName)) && (kind == "" || kind == c.Kind):
	case there:
		c.Name, c.Kind, c.ValidFrom = cmp.Or(name, c.Name), cmp.Or(kind, c.Kind), r.Change.On
	case name == "" || kind == "":
		r.fault(row, "places.nameless", code)
		return c, false
	default:
		c = Commune{Code: code, Name: name, Kind: kind, Province: province, Programme: old.Programme, ValidFrom: r.Change.On}
	}
	if row.Province != "" {
		c.Province = province
	}
	return c, true
}

// kindAndName takes the kind off a name: "xã Ngọc Đường".
func kindAndName(text string) (kind, name string) {
	text = Clean(text)
	for _, k := range []string{Xa, Phuong} {
		if len(text) > len(k) && strings.EqualFold(text[:len(k)], k) && text[len(k)] == ' ' {
			return k, strings.TrimSpace(text[len(k):])
		}
	}
	return "", text
}

func kindOfUnit(text string) string {
	for _, k := range []string{Xa, Phuong} {
		if Words(text) == Words(k) {
			return k
		}
	}
	return ""
}

// agree checks that rows say the same of a unit, and that something changes.
func (r *Reform) agree() {
	said := map[string]Became{}
	changes := false
	for _, u := range r.Change.Units {
		first, ok := said[u.New.Code]
		switch {
		case !ok:
			said[u.New.Code] = u
		case first.New != u.New:
			r.Faults = append(r.Faults, ChangeFault{0, "places.differ", []any{u.New.Code, first.New.Title(), u.New.Title()}})
		}
		changes = changes || u.New != r.before.byCode[u.Old]
	}
	if len(r.Faults) == 0 && !changes {
		r.Faults = append(r.Faults, ChangeFault{0, "places.nothing", nil})
	}
}

// later refuses a change beneath one that was made of the same units for a later day.
func (r *Reform) later(p *Places) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.state.holding(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}) {
		if c.On.After(r.Change.On) && c.touches(r.Change) {
			r.Faults = append(r.Faults, ChangeFault{0, "places.later", []any{c.Decision, c.On.Format("02/01/2006")}})
		}
	}
}

// touches says whether two changes speak of one commune.
func (c PlaceChange) touches(o PlaceChange) bool {
	codes := map[string]bool{}
	for _, u := range c.Units {
		codes[u.Old], codes[u.New.Code] = true, true
	}
	return slices.ContainsFunc(o.Units, func(u Became) bool { return codes[u.Old] || codes[u.New.Code] })
}

// tell lists what is new and what is called otherwise.
func (r *Reform) tell() {
	for i, u := range r.Change.Units {
		if slices.ContainsFunc(r.Change.Units[:i], func(o Became) bool { return o.New.Code == u.New.Code }) {
			continue
		}
		if was, there := r.before.byCode[u.New.Code]; !there {
			r.New = append(r.New, u.New)
		} else if was != u.New {
			r.Renamed = append(r.Renamed, [2]Commune{was, u.New})
		}
	}
}

// Sources are the codes of communes whose people may be elsewhere from the day on, each once.
func (c PlaceChange) Sources() []string {
	var codes []string
	for _, u := range c.Units {
		if now := c.Now(u.Old); !slices.Contains(codes, u.Old) && !slices.Equal(now, []string{u.Old}) {
			codes = append(codes, u.Old)
		}
	}
	return codes
}

// Targets are the codes of the communes from the day on, each once.
func (c PlaceChange) Targets() []string {
	var codes []string
	for _, u := range c.Units {
		if !slices.Contains(codes, u.New.Code) {
			codes = append(codes, u.New.Code)
		}
	}
	return codes
}

// Becomes is the commune of a library of a commune from the day on; "" where the commune is divided and it is not said.
func (c PlaceChange) Becomes(code, library string) string {
	now := c.Now(code)
	switch len(now) {
	case 0:
		return code
	case 1:
		return now[0]
	}
	return c.Homes[Home(code, library)]
}

// Answer says in which commune a library of a divided one is; a *problem.Problem where that cannot be.
func (c *PlaceChange) Answer(home, code string) error {
	old, _, _ := strings.Cut(home, "/")
	if now := c.Now(old); len(now) < 2 || !slices.Contains(now, code) {
		return problem.Invalid("homes", "places.home", home, code)
	}
	if c.Homes == nil {
		c.Homes = map[string]string{}
	}
	c.Homes[home] = code
	return nil
}

// Upon are the changes that hold and were made of communes of this one, for its day or a later one.
func (p *Places) Upon(change PlaceChange) []PlaceChange {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(p.state.holding(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}), func(c PlaceChange) bool {
		return c.ID == change.ID || c.On.Before(change.On) || c.On.Equal(change.On) && c.RecordedAt.Before(change.RecordedAt) || !c.touches(change)
	})
}

// Before is a commune as it was before a change.
func (p *Places) Before(change PlaceChange, code string) Commune {
	return p.without(change).byCode[code]
}

// Made are the codes of the communes that were not there before the change.
func (p *Places) Made(change PlaceChange) []string {
	before := p.without(change)
	return slices.DeleteFunc(change.Targets(), func(code string) bool { _, there := before.byCode[code]; return there })
}
