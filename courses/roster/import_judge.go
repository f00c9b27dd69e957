package roster

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lopban/courses/store"
)

// drafts are the rows of the table as they were typed, with serial days as dates. A cell of more letters than a file may have is cut: it is far too long for any field.
func (t *table) drafts(limits Limits) []ImportRow {
	rows := make([]ImportRow, len(t.rows))
	for i, typed := range t.rows {
		rows[i] = ImportRow{Number: typed.number, Cells: typed.cells}
		for f, text := range typed.cells {
			switch {
			case utf8.RuneCountInString(text) > limits.Letters:
				typed.cells[f] = string([]rune(text)[:limits.Letters])
			case (f == FieldStart || f == FieldEnd) && dateSerial.MatchString(text):
				if day, ok, _ := t.readDate(text); ok {
					typed.cells[f] = shown(day)
				}
			}
		}
	}
	return rows
}

// judge gives every row its verdict by the roster as it is now. It reads nothing of a row but Number and Cells.
func (r *Roll) judge(ctx context.Context, im *Import) error {
	j := &judge{
		roll: r, ctx: ctx, im: im, table: table{columns: im.Columns},
		people: map[string]*Person{}, byPhone: map[string][]*Person{}, byName: map[nameAt][]*Person{}, places: map[string]placeMatch{},
		claims: map[string]*ImportRow{}, told: map[string]*ImportRow{}, names: map[nameAt][]*ImportRow{},
	}
	j.table.date = serialDate(false)
	if err := r.Each(ctx, im.Province, j.index); err != nil {
		return err
	}
	return j.all()
}

type nameAt struct{ fold, commune string }

type placeMatch struct {
	commune    Commune
	candidates []Commune
}

// judge compares the rows of one import with the people of the province.
type judge struct {
	roll  *Roll
	ctx   context.Context
	im    *Import
	table table

	people  map[string]*Person
	byPhone map[string][]*Person
	byName  map[nameAt][]*Person
	places  map[string]placeMatch // by text

	claims map[string]*ImportRow // person to the row that speaks of them
	told   map[string]*ImportRow // code or number to the first row that has it
	names  map[nameAt][]*ImportRow
}

func (j *judge) index(p Person) error {
	j.people[p.ID] = &p
	if p.Phone != "" {
		j.byPhone[p.Phone] = append(j.byPhone[p.Phone], &p)
	}
	at := nameAt{p.Fold, p.Commune}
	j.byName[at] = append(j.byName[at], &p)
	return nil
}

// all judges in passes: what each row says, and whether an earlier row says it of the same person; whom it means, by code or number first, so that a namesake does not take
// another row's person; what it changes. Rows with a problem take part in the first three: putting them right must not change the verdict of others.
func (j *judge) all() error {
	rows := j.im.Rows
	found := make([]*Person, len(rows))
	var repeated []bool
	for i := range rows {
		j.read(&rows[i])
		repeated = append(repeated, j.repeats(&rows[i]))
	}
	for i := range rows {
		if repeated[i] {
			continue
		}
		var err error
		if found[i], err = j.byCodeOrPhone(&rows[i]); err != nil {
			return err
		}
		j.claim(&rows[i], found[i])
	}
	for i := range rows {
		row := &rows[i]
		if found[i] == nil && !repeated[i] && row.Cells[FieldCode] == "" && row.Entry.Name != "" && row.Entry.Commune != "" {
			found[i] = j.byNameAndCommune(row)
			j.claim(row, found[i])
		}
		if err := j.decide(row, found[i]); err != nil {
			return err
		}
	}
	return j.ctx.Err()
}

// repeats refuses the second of two rows of one person: the same code or mobile number, the same name and landline, or the same name and commune without two codes or numbers to tell them apart.
func (j *judge) repeats(row *ImportRow) bool {
	var keys []string
	if id, ok := ParseID(row.Cells[FieldCode]); ok {
		keys = append(keys, id)
	}
	switch {
	case IsMobile(row.Entry.Phone):
		keys = append(keys, row.Entry.Phone)
	case row.Entry.Phone != "": // an office's, which namesakes do not share
		keys = append(keys, row.Entry.Phone+" "+Fold(row.Entry.Name))
	}
	for _, key := range keys {
		if other := j.told[key]; other != nil {
			f := FieldPhone
			if key[0] != '0' {
				f = FieldCode
			}
			j.problem(row, "row.twice", f, nil, other.tell()...)
			return true
		}
	}
	at := nameAt{Fold(row.Entry.Name), row.Entry.Commune}
	if at.fold != "" && at.commune != "" {
		for _, other := range j.names[at] {
			if !differ(row.Cells[FieldCode], other.Cells[FieldCode]) && !differ(row.Entry.Phone, other.Entry.Phone) {
				j.problem(row, "row.twice", FieldName, nil, other.tell()...)
				return true
			}
		}
		j.names[at] = append(j.names[at], row)
	}
	for _, key := range keys {
		j.told[key] = row
	}
	return false
}

// differ says whether both are there and are not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

// tell is the number and the name of a row, for the problem of another.
func (row *ImportRow) tell() []string {
	return []string{strconv.Itoa(row.Number), shorten(row.typedName())}
}

func (row *ImportRow) typedName() string {
	return cmp.Or(row.Cells[FieldName], strings.TrimSpace(row.Cells[FieldFamily]+" "+row.Cells[FieldGiven]))
}

// problem marks the row as one that cannot be read.
func (j *judge) problem(row *ImportRow, code string, f Field, suggestions []string, args ...string) {
	value := row.Cells[f]
	if f == FieldName {
		value = row.typedName()
	}
	row.Problems = append(row.Problems, RowProblem{Code: code, Field: f, Column: j.table.column(f), Value: shorten(value), Suggestions: suggestions, Args: args})
}

// refuse turns an error of the rules of a field into the row's problem.
func (j *judge) refuse(row *ImportRow, f Field, err error) {
	var p *store.Problem
	if errors.As(err, &p) {
		j.problem(row, p.Code, f, nil)
	}
}

// claim says that the row speaks of the person, if any; two rows may not.
func (j *judge) claim(row *ImportRow, p *Person) {
	if p == nil {
		return
	}
	if other := j.claims[p.ID]; other != nil {
		j.problem(row, "row.twice", FieldName, nil, other.tell()...)
		return
	}
	j.claims[p.ID] = row
}

// read fills the row's entry from its cells.
func (j *judge) read(row *ImportRow) {
	j.readName(row)
	j.readPhone(row)
	row.Entry.Post, row.Entry.Library = j.readText(row, FieldPost), j.readText(row, FieldLibrary)
	j.readKind(row)
	j.readCommune(row)
	row.Entry.On, row.End = j.readDay(row, FieldStart), j.readDay(row, FieldEnd)
	if !row.End.IsZero() && row.End.Before(row.Entry.On) {
		j.problem(row, "date.before-start", FieldEnd, nil, shown(row.End), shown(row.Entry.On))
	}
}

func (j *judge) readName(row *ImportRow) {
	text := row.typedName()
	if text == "" && row.Cells[FieldCode] != "" {
		return
	}
	name, err := Name(text)
	row.Entry.Name = name
	j.refuse(row, FieldName, err)
}

func (j *judge) readPhone(row *ImportRow) {
	phone, err := phoneOrNone(row.Cells[FieldPhone])
	row.Entry.Phone = phone
	j.refuse(row, FieldPhone, err)
}

func (j *judge) readText(row *ImportRow, f Field) string {
	text := row.Cells[f]
	if utf8.RuneCountInString(text) > textLetters {
		j.problem(row, "text.long", f, nil, strconv.Itoa(textLetters))
	}
	return text
}

func (j *judge) readKind(row *ImportRow) {
	text := row.Cells[FieldKind]
	kind, ok := LibraryKind(text)
	if !ok && text != "" {
		j.problem(row, "kind.unknown", FieldKind, nil)
	}
	row.Entry.Kind = kind
}

func (j *judge) readDay(row *ImportRow, f Field) time.Time {
	text := row.Cells[f]
	if text == "" {
		return time.Time{}
	}
	day, ok, suggestion := j.table.readDate(text)
	switch {
	case !ok && suggestion != "":
		j.problem(row, "date.form", f, []string{suggestion})
	case !ok:
		j.problem(row, "date.form", f, nil)
	case day.Before(firstDay):
		j.problem(row, "date.early", f, nil)
	case day.After(j.im.Day):
		j.problem(row, "date.future", f, nil)
	default:
		return day
	}
	return time.Time{}
}

// readCommune finds the commune by its code and name, which must agree, and checks that it is of the importer's province.
func (j *judge) readCommune(row *ImportRow) {
	code, name := row.Cells[FieldCommuneCode], row.Cells[FieldCommune]
	if code == "" && name == "" {
		return
	}
	field, text := FieldCommuneCode, code
	if code == "" {
		field, text = FieldCommune, name
	}
	c, ok := j.match(row, field, text)
	if !ok {
		return
	}
	if code != "" && name != "" && !j.mayBeNamed(c, name) {
		j.problem(row, "commune.disagree", FieldCommune, []string{named(c)}, code)
		return
	}
	if j.ofProvince(row, c) {
		row.Entry.Commune = c.Code
	}
}

// match finds one commune of the province, or says what is wrong.
func (j *judge) match(row *ImportRow, f Field, text string) (Commune, bool) {
	m := j.matched(text, j.im.Province)
	if m.commune.Code != "" {
		return m.commune, true
	}
	fits := len(m.candidates) > 0 && slices.ContainsFunc(readings(text), func(r reading) bool { return r.fold == words(m.candidates[0].Name) })
	if fits {
		j.problem(row, "commune.several", f, namedAll(m.candidates))
		return Commune{}, false
	}
	if elsewhere := j.matched(text, "").commune; elsewhere.Code != "" {
		province, _ := j.roll.Places.Province(Present, elsewhere.Province)
		j.problem(row, "commune.elsewhere", f, nil, named(elsewhere), province.Name)
		return Commune{}, false
	}
	j.problem(row, "commune.unknown", f, namedAll(m.candidates), shorten(text))
	return Commune{}, false
}

// matched is Match, remembered: files repeat the names of their communes.
func (j *judge) matched(text, province string) placeMatch {
	key := province + "/" + text
	m, ok := j.places[key]
	if !ok {
		m.commune, m.candidates = j.roll.Places.Match(text, province)
		j.places[key] = m
	}
	return m
}

// mayBeNamed says whether a name beside a code means the same commune.
func (j *judge) mayBeNamed(c Commune, name string) bool {
	m := j.matched(name, c.Province)
	return m.commune.Code == c.Code || slices.ContainsFunc(m.candidates, func(o Commune) bool { return o.Code == c.Code })
}

// ofProvince checks what the row says of its province.
func (j *judge) ofProvince(row *ImportRow, c Commune) bool {
	text := row.Cells[FieldProvince]
	if text == "" {
		return true
	}
	present, isPresent := j.roll.Places.MatchProvince(Present, text)
	programme, isProgramme := j.roll.Places.MatchProvince(Programme, text)
	switch {
	case isPresent && present.Code == c.Province:
		return true
	case isProgramme && programme.Code == c.Programme && words(text) != programme.Code: // as it was called before July 2025
		return true
	case isPresent || isProgramme:
		j.problem(row, "province.elsewhere", FieldProvince, nil, cmp.Or(present.Name, programme.Name))
	default:
		j.problem(row, "province.unknown", FieldProvince, nil, shorten(text))
	}
	return false
}

func named(c Commune) string { return c.Title() + " (" + c.Code + ")" }

func namedAll(communes []Commune) []string {
	var names []string
	for _, c := range communes[:min(suggestions, len(communes))] {
		names = append(names, named(c))
	}
	return names
}

// byCodeOrPhone finds the person whose code or number the row has.
func (j *judge) byCodeOrPhone(row *ImportRow) (*Person, error) {
	if row.Cells[FieldCode] != "" {
		return j.byCode(row)
	}
	if row.Entry.Phone == "" || row.Entry.Name == "" {
		return nil, nil
	}
	var likely []*Person
	for _, p := range j.byPhone[row.Entry.Phone] {
		if Fold(row.Entry.Name) == p.Fold || IsMobile(p.Phone) && alike(Fold(row.Entry.Name), p.Fold) {
			likely = append(likely, p)
		}
	}
	if len(likely) > 1 {
		likely = slices.DeleteFunc(likely, func(p *Person) bool { return !p.Active || p.Fold != Fold(row.Entry.Name) })
	}
	if len(likely) == 1 {
		return likely[0], nil
	}
	return nil, nil
}

// byCode finds a person of the province, or one who holds no post in another. A code beside a name that is not its person's is refused: columns
// may have been sorted apart.
func (j *judge) byCode(row *ImportRow) (*Person, error) {
	id, ok := ParseID(row.Cells[FieldCode])
	if !ok {
		j.problem(row, "code.unknown", FieldCode, nil)
		return nil, nil
	}
	p := j.people[id]
	if p == nil {
		other, err := j.roll.Person(j.ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err != nil || !alike(Fold(row.Entry.Name), other.Fold) { // who has only a code learns nothing
			j.problem(row, "code.unknown", FieldCode, nil)
			return nil, nil
		}
		if other.Active {
			j.problem(row, "row.elsewhere", FieldCode, nil)
			return nil, nil
		}
		return &other, nil
	}
	if row.Entry.Name != "" && !alike(Fold(row.Entry.Name), p.Fold) && (row.Entry.Phone == "" || row.Entry.Phone != p.Phone) {
		j.problem(row, "code.name", FieldCode, []string{p.Name})
		return nil, nil
	}
	return p, nil
}

// alike says whether two folded names may be one name typed twice: few letters differ, of the given name one at most; or the words are the same.
func alike(a, b string) bool {
	as, bs := strings.Fields(a), strings.Fields(b)
	if len(as) == 0 || len(bs) == 0 {
		return false
	}
	_, given := distance(as[len(as)-1], bs[len(bs)-1], 1)
	_, whole := distance(a, b, max(1, max(len(a), len(b))/5))
	slices.Sort(as)
	slices.Sort(bs)
	return given && whole || slices.Equal(as, bs)
}

// byNameAndCommune finds the person of that name in the commune of whom no other row speaks.
func (j *judge) byNameAndCommune(row *ImportRow) *Person {
	namesakes := j.byName[nameAt{Fold(row.Entry.Name), row.Entry.Commune}]
	var free []*Person
	for _, p := range namesakes {
		if j.claims[p.ID] == nil {
			free = append(free, p)
		}
	}
	free = narrow(free, func(p *Person) bool { return p.Active })
	free = narrow(free, func(p *Person) bool { return row.Entry.Library != "" && words(row.Entry.Library) == words(p.Library) })
	switch {
	case len(free) == 1:
		return free[0]
	case len(free) > 1:
		j.problem(row, "row.several", FieldName, nil, strconv.Itoa(len(free)))
	case len(namesakes) > 0 && row.Entry.Phone == "":
		j.problem(row, "row.twice", FieldName, nil, j.claims[namesakes[0].ID].tell()...)
	}
	return nil
}

// narrow keeps the people for whom keep is true, if there are any.
func narrow(people []*Person, keep func(*Person) bool) []*Person {
	var kept []*Person
	for _, p := range people {
		if keep(p) {
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return people
	}
	return kept
}

// decide gives the verdict.
func (j *judge) decide(row *ImportRow, p *Person) error {
	if p != nil && len(row.Problems) == 0 {
		if err := j.compare(row, *p); err != nil {
			return err
		}
	} else if len(row.Problems) == 0 {
		j.welcome(row)
	}
	if row.Verdict == "" {
		row.Verdict = Faulty
		row.Entry, row.End, row.Person, row.From, row.Changes = Entry{}, time.Time{}, "", "", nil
	}
	return nil
}

// welcome checks a row of somebody who is not on the roster.
func (j *judge) welcome(row *ImportRow) {
	e := &row.Entry
	switch {
	case e.Commune == "":
		j.problem(row, "commune.empty", FieldCommune, nil)
	case e.Library == "":
		j.problem(row, "library.empty", FieldLibrary, nil)
	case j.phoneOfAnother(row, ""):
	default:
		j.startDay(row)
		e.Kind = cmp.Or(e.Kind, kindOf(e.Library))
		row.Person = j.newID(row)
		if len(row.Problems) == 0 {
			row.Verdict = New
		}
	}
}

// startDay is the day of the import where the file has no date; a post that is over needs its own.
func (j *judge) startDay(row *ImportRow) {
	if !row.Entry.On.IsZero() {
		return
	}
	if !row.End.IsZero() {
		j.problem(row, "date.empty", FieldStart, nil)
		return
	}
	row.Entry.On = j.im.Day
}

// phoneOfAnother refuses the mobile number of somebody else who holds a post.
func (j *judge) phoneOfAnother(row *ImportRow, person string) bool {
	if !IsMobile(row.Entry.Phone) {
		return false
	}
	for _, p := range j.byPhone[row.Entry.Phone] {
		if p.Active && p.ID != person {
			j.problem(row, "phone.other", FieldPhone, []string{p.ID}, p.Name)
			return true
		}
	}
	return false
}

// newID is made of the file and of what tells the person from others, so that the same import makes the same person.
func (j *judge) newID(row *ImportRow) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{j.im.Key, j.im.Province, Fold(row.Entry.Name), row.Entry.Commune, row.Entry.Phone}, "\n")))
	return NewID(bytes.NewReader(sum[:]))
}

// compare finds what the row changes of a person. Empty cells change nothing.
func (j *judge) compare(row *ImportRow, p Person) error {
	e := &row.Entry
	if e.Library == "" && (e.Commune == "" || e.Commune == p.Commune) {
		e.Library = p.Library
	}
	if e.Library == "" {
		j.problem(row, "library.empty", FieldLibrary, nil)
		return nil
	}
	e.Commune = cmp.Or(e.Commune, p.Commune)
	row.Person = p.ID
	p, outdated, err := j.place(row, p)
	if err != nil || len(row.Problems) > 0 {
		return err
	}
	if outdated {
		commune, _ := j.roll.Places.Commune(p.Commune)
		j.problem(row, "row.outdated", FieldStart, nil, named(commune), shown(p.Since))
		row.Verdict, row.Changes = Same, nil
	} else if !j.details(row, p) {
		return nil
	}
	if row.Verdict = Changed; len(row.Changes) == 0 {
		row.Verdict = Same
	}
	return nil
}

// place finds what the row changes of where the person works, by trying what the person would be with the row's postings. It gives back the person as the postings say now; and
// outdated, when all that the row says is recorded already and the roster has a later entry.
func (j *judge) place(row *ImportRow, p Person) (_ Person, outdated bool, err error) {
	e := &row.Entry
	asked := func(p Person) bool {
		return p.Commune == e.Commune && words(p.Library) == words(e.Library) && p.Active == row.End.IsZero()
	}
	if asked(p) && p.Active && (e.On.IsZero() || e.On.Equal(p.Since)) {
		e.On = time.Time{}
		return p, false, nil
	}
	recorded, err := j.roll.Postings(j.ctx, p.ID)
	if err != nil {
		return p, false, err
	}
	p = j.roll.person(p, recorded) // a run that was interrupted may have left it behind
	if !asked(p) && row.End.IsZero() && e.On.IsZero() {
		e.On = j.im.Day
	}
	fresh := slices.DeleteFunc(j.roll.postings(row, ""), func(n Posting) bool {
		return slices.ContainsFunc(recorded, func(o Posting) bool { return o.ID == n.ID })
	})
	if len(fresh) == 0 {
		outdated = !asked(p)
		e.On, row.End = time.Time{}, time.Time{}
		return p, outdated, nil
	}
	next := j.roll.person(p, append(recorded, fresh...))
	if !asked(next) || !e.On.IsZero() && !next.Since.Equal(e.On) {
		j.problem(row, "row.later", FieldStart, nil, shown(p.Since))
		return p, false, nil
	}
	j.moves(row, p, next)
	return p, false, nil
}

// moves lists the changes of place and dates.
func (j *judge) moves(row *ImportRow, p, next Person) {
	if p.Commune != next.Commune {
		old, _ := j.roll.Places.Commune(p.Commune)
		now, _ := j.roll.Places.Commune(next.Commune)
		row.From = p.Commune
		row.change(FieldCommune, named(old), named(now))
	}
	if words(p.Library) != words(next.Library) {
		row.change(FieldLibrary, p.Library, next.Library)
	}
	if !p.Since.Equal(next.Since) || !p.Active && next.Active {
		row.change(FieldStart, shown(p.Since), shown(next.Since))
	}
	if !row.End.IsZero() {
		row.change(FieldEnd, "", shown(row.End))
	}
}

func (row *ImportRow) change(f Field, old, new string) {
	row.Changes = append(row.Changes, Change{f, old, new})
}

// details lists the changes of what else is known of the person, and says false when the row has a problem.
func (j *judge) details(row *ImportRow, p Person) bool {
	e := &row.Entry
	if spelling(e.Name) == spelling(p.Name) || strings.ToLower(e.Name) == p.Fold { // tones placed otherwise, or typed without marks
		e.Name = p.Name
	}
	if e.Kind == "" {
		e.Kind = p.Kind
		if words(e.Library) != words(p.Library) {
			e.Kind = kindOf(e.Library)
		}
	}
	e.Name, e.Phone, e.Post = cmp.Or(e.Name, p.Name), cmp.Or(e.Phone, p.Phone), cmp.Or(e.Post, p.Post)
	if e.Phone != p.Phone && j.phoneOfAnother(row, p.ID) {
		return false
	}
	for _, c := range []Change{{FieldName, p.Name, e.Name}, {FieldPhone, p.Phone, e.Phone}, {FieldPost, p.Post, e.Post}, {FieldKind, p.Kind, e.Kind}} {
		if c.Old != c.New {
			row.Changes = append(row.Changes, c)
		}
	}
	return true
}
