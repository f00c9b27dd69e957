package intake

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses/problem"
	"lopban/courses/roster"
)

// Question is asked where a row may be somebody who is there already: nothing is written before it is answered.
type Question struct {
	Maybe []Maybe `json:"maybe"`
}

// Maybe is somebody that a row may be, and the answer that says so.
type Maybe struct {
	// "same:" and the person's code, "row:" and the earlier row of the file, or "away"
	Answer string `json:"answer"`
	Person string `json:"person,omitempty"` // code; "" of a row, and of another province
	Row    string `json:"row,omitempty"`    // of the file, see ImportRow.Ref
	// of the person or the row; of another province nothing but the name as it is in the row
	Entry   roster.Entry        `json:"entry"`
	Away    string              `json:"away,omitempty"` // the province where they are
	Active  bool                `json:"active"`         // holds a post
	Against []roster.Difference `json:"against"`        // why it is not certain
}

// The other answers.
const (
	Other = "other" // somebody else, who is new
	Later = "later" // the row waits
	Away  = "away"  // of another province, who is not written
)

// Asked is the verdict of a row that waits for an answer.
const Asked Verdict = "ask"

// Ref names a row of the file among all of them: its number, and in sheets after the first the sheet's before it.
func (row *ImportRow) Ref() string {
	if row.Sheet == 0 {
		return strconv.Itoa(row.Number)
	}
	return strconv.Itoa(row.Sheet+1) + "." + strconv.Itoa(row.Number)
}

// settle judges the rows, and finds who is not in the file; of those who were said to have left, the ones remain who
// still are not.
func (im *Import) settle(ctx context.Context, r *roster.Roll, chosen Choices) error {
	im.Answers, im.Part = chosen.Answers, chosen.Part
	j, err := judgeAll(ctx, r, im)
	if err != nil || im.Part {
		return err
	}
	if im.Absent, err = j.absent(); err != nil {
		return err
	}
	for _, g := range im.Absent.People {
		if on, ok := chosen.Left[g.Person]; ok {
			if im.Left == nil {
				im.Left = map[string]time.Time{}
			}
			im.Left[g.Person] = on
		}
	}
	return nil
}

// Elsewhere says whether the row was found to speak of somebody who may hold a post in another province, which can be
// asked to hand them over: by number and name, by name alone, or by code.
func (row *ImportRow) Elsewhere() bool {
	found := func(p RowProblem) bool { return p.Code == "name.away" || p.Code == "row.elsewhere" }
	return slices.ContainsFunc(row.Warnings, found) || slices.ContainsFunc(row.Problems, found) ||
		row.Question != nil && slices.ContainsFunc(row.Question.Maybe, func(m Maybe) bool { return m.Away != "" && m.Active })
}

// Numbers are the mobile numbers of which the preview tells that somebody of another province has them, alone or with
// the name, each with its row.
func (im *Import) Numbers() map[string]bool {
	all := map[string]bool{}
	for i := range im.Rows {
		row := &im.Rows[i]
		told := slices.ContainsFunc(row.Warnings, func(p RowProblem) bool { return p.Says("phone.away") })
		if q := row.Question; q != nil && !told {
			told = slices.ContainsFunc(q.Maybe, func(m Maybe) bool { return m.Away != "" && m.Entry.Phone != "" })
		}
		if told {
			all[row.Ref()+" "+row.Cells[FieldPhone]] = true
		}
	}
	return all
}

// Answer takes an answer for a row, "" for asking again; false where the row was not asked, or has no such answer.
func (c *Choices) Answer(im *Import, ref, answer string) bool {
	i := slices.IndexFunc(im.Rows, func(row ImportRow) bool { return row.Ref() == ref })
	if i < 0 || im.Rows[i].Question == nil && im.Answers[ref] == "" && !im.Rows[i].Elsewhere() {
		return false
	}
	known := answer == "" || answer == Other || answer == Later || answer == Away && im.Rows[i].Elsewhere()
	if q := im.Rows[i].Question; q != nil {
		known = known || slices.ContainsFunc(q.Maybe, func(m Maybe) bool { return m.Answer == answer })
	}
	if !known {
		return false
	}
	answers := maps.Clone(c.Answers)
	if answers == nil {
		answers = map[string]string{}
	}
	answers[ref] = answer
	if answer == "" {
		delete(answers, ref)
	}
	c.Answers = answers
	return true
}

// judgeAll gives every row its verdict by the roster as it is now. It reads nothing of a row but where it stands, Cells
// and Waits.
func judgeAll(ctx context.Context, r *roster.Roll, im *Import) (*judge, error) {
	j := &judge{
		roll: r, ctx: ctx, im: im, addressed: addressing(im.Rows), places: map[placeKey]roster.Found{},
		claims: map[string]*ImportRow{}, told: map[string]*ImportRow{}, names: map[nameAt][]*ImportRow{}, kinds: map[string]string{}, named: map[string]bool{},
	}
	return j, j.all()
}

type nameAt struct{ fold, commune string }

// judge compares the rows of one import with the people of the roster, see roster.Find.
type judge struct {
	roll      *roster.Roll
	ctx       context.Context
	im        *Import
	addressed bool // the file calls people Ông and Bà

	era    roster.Era // of the file's names of places
	places map[placeKey]roster.Found

	claims map[string]*ImportRow // person to the row that speaks of them
	told   map[string]*ImportRow // code, or number and name, to the first row that has it
	names  map[nameAt][]*ImportRow
	kinds  map[string]string // of libraries, by what the file calls them
	named  map[string]bool   // communes that rows name
	said   []string          // of each row the commune that it or a row of its sheet above it names
	facts  map[string]roster.Facts
	last   map[string]roster.Transfer // of the same people, where they have one
}

// meaning is whom a row may mean.
type meaning struct {
	twice  bool           // an earlier row says it of the same person
	person *roster.Person // who is meant
	match  roster.Match   // by number and name
	twins  []twin         // earlier rows that may be of the same person
	holder *roster.Person // somebody else with the number
}

func (m *meaning) twinOf(row *ImportRow) bool {
	return slices.ContainsFunc(m.twins, func(t twin) bool { return t.row == row })
}

type twin struct {
	row     *ImportRow
	against []roster.Difference
}

// all judges in passes: what each row says, and whether an earlier row says it of the same person; whom it means, by
// code or answer first and then by number, so that a namesake does not take another row's person; what it changes. Rows
// with a problem take part in the first: putting them right must not change the verdict of others.
func (j *judge) all() error {
	rows := j.im.Rows
	means := make([]meaning, len(rows))
	j.era = j.roll.Places.EraOf(j.im.Province, j.addresses())
	for i := range rows {
		j.read(&rows[i])
		rows[i].at = i
		said := rows[i].Entry.Commune
		if said == "" && i > 0 && rows[i-1].Sheet == rows[i].Sheet {
			said = j.said[i-1]
		}
		j.said = append(j.said, said)
		if commune := rows[i].Entry.Commune; commune != "" {
			j.named[commune] = true
		}
	}
	j.share()
	for i := range rows {
		if !j.im.Trainings {
			means[i].twice, means[i].twins = j.repeats(&rows[i])
		}
	}
	if err := j.search(means); err != nil {
		return err
	}
	for _, settle := range []func(*ImportRow, *meaning) error{j.byCodeOrAnswer, j.byNumber, j.byName} {
		for i := range rows {
			if means[i].twice || means[i].person != nil {
				continue
			}
			if err := settle(&rows[i], &means[i]); err != nil {
				return err
			}
			j.claim(&rows[i], means[i].person)
		}
	}
	for i := range rows {
		if i%roster.Together == 0 {
			if err := j.recall(rows[i:], means[i:]); err != nil {
				return err
			}
		}
		if err := j.decide(&rows[i], &means[i]); err != nil {
			return err
		}
	}
	return j.ctx.Err()
}

// recall reads what is recorded of the people of the next rows, of whom a row says something else of where they work.
func (j *judge) recall(rows []ImportRow, means []meaning) error {
	var ids []string
	for i := range min(roster.Together, len(rows)) {
		if p := means[i].person; p != nil && len(rows[i].Problems) == 0 {
			probe := rows[i]
			if probe.settles(*p); !probe.stays(*p) {
				ids = append(ids, p.ID)
			}
		}
	}
	j.facts, j.last = map[string]roster.Facts{}, nil
	if len(ids) == 0 {
		return j.ctx.Err()
	}
	facts, err := j.roll.FactsOf(j.ctx, ids)
	for _, id := range ids {
		if err == nil {
			j.facts[id] = facts[id]
		}
	}
	if err == nil {
		j.last, err = j.roll.LastTransfers(j.ctx, ids)
	}
	return err
}

// promised refuses a row that changes the post of somebody who is handed over to another province.
func (j *judge) promised(row *ImportRow, p roster.Person) error {
	w := row.wish()
	if !w.Post {
		return nil
	}
	t, some := j.last[p.ID]
	if _, read := j.facts[p.ID]; !read {
		last, err := j.roll.LastTransfers(j.ctx, []string{p.ID})
		if err != nil {
			return err
		}
		t, some = last[p.ID]
	}
	if some {
		if no := t.Bars(p, w); no != nil {
			row.Problems = append(row.Problems, refusal(no))
		}
	}
	return nil
}

// recorded is what is recorded of a person.
func (j *judge) recorded(id string) (roster.Facts, error) {
	if f, ok := j.facts[id]; ok {
		return f, nil
	}
	return j.roll.Facts(j.ctx, id)
}

// repeats refuses the second of two rows of one person: the same code; the same name and number; or the same name,
// commune and library without a code or number. Rows that are less alike are asked about.
func (j *judge) repeats(row *ImportRow) (twice bool, twins []twin) {
	var keys []string
	if id, ok := roster.ParseID(row.Cells[FieldCode]); ok {
		keys = append(keys, id)
	}
	e := &row.Entry
	if e.Phone != "" && e.Name != "" {
		keys = append(keys, e.Phone+" "+roster.Spelling(e.Name))
	}
	for _, key := range keys {
		if other := j.told[key]; other != nil {
			f := FieldPhone
			if key[0] != '0' {
				f = FieldCode
			}
			j.problem(row, "row.twice", f, nil, j.tell(other)...)
			return true, nil
		}
	}
	at := nameAt{roster.Fold(e.Name), e.Commune}
	if at.fold != "" && at.commune != "" {
		for _, other := range j.names[at] {
			sameLibrary := roster.SameLibrary(e.Library, other.Entry.Library)
			if differ(row.Cells[FieldCode], other.Cells[FieldCode]) || differ(e.Phone, other.Entry.Phone) && !(sameLibrary && roster.SameName(e.Name, other.Entry.Name)) {
				continue
			}
			var against []roster.Difference
			if differ(e.Phone, other.Entry.Phone) { // of two years, or two people
				against = append(against, roster.NumberDiffers)
			}
			if !roster.SameName(e.Name, other.Entry.Name) {
				against = append(against, roster.MarksDiffer)
			}
			if !sameLibrary && e.Library != "" && other.Entry.Library != "" {
				against = append(against, roster.OtherLibrary)
			}
			if len(against) == 0 && e.Phone == other.Entry.Phone && sameLibrary {
				j.problem(row, "row.twice", FieldName, nil, j.tell(other)...)
				return true, nil
			}
			twins = append(twins, twin{other, against})
		}
		j.names[at] = append(j.names[at], row)
	}
	for _, key := range keys {
		j.told[key] = row
	}
	return false, twins
}

// differ says whether both are there and are not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

// search looks every row up that has no code.
func (j *judge) search(means []meaning) error {
	var rows []int
	var sought []roster.Sought
	for i := range means {
		row := &j.im.Rows[i]
		if means[i].twice || row.Cells[FieldCode] != "" || row.Entry.Name == "" {
			continue
		}
		e := row.Entry
		rows = append(rows, i)
		sought = append(sought, roster.Sought{Province: j.im.Province, Name: e.Name, Phone: e.Phone, Commune: e.Commune, Library: e.Library})
	}
	found, err := j.roll.FindAll(j.ctx, sought)
	if err != nil {
		return err
	}
	for n, i := range rows {
		means[i].match, means[i].holder = found[n], found[n].Holder
	}
	return nil
}

// byCodeOrAnswer settles whom a row means by its code, or as was answered. An answer that does not fit the roster any
// more is none.
func (j *judge) byCodeOrAnswer(row *ImportRow, m *meaning) error {
	if row.Cells[FieldCode] != "" {
		return j.byCode(row, m)
	}
	answer := j.im.Answers[row.Ref()]
	if id, ok := strings.CutPrefix(answer, "same:"); ok {
		for _, l := range m.match.Maybe {
			if l.Person.ID == id {
				m.person = &l.Person
			}
		}
	}
	if answer == Away && len(m.match.Away) == 1 && !m.match.Away[0].Active {
		m.person = &m.match.Away[0]
	}
	return nil
}

func (j *judge) byNumber(row *ImportRow, m *meaning) error {
	if p := m.match.Sure; p != nil && roster.IsMobile(p.Phone) && p.Phone == row.Entry.Phone {
		m.person = p
	}
	return nil
}

// byName settles by name, commune and library, unless another row means the person by something better.
func (j *judge) byName(row *ImportRow, m *meaning) error {
	p := m.match.Sure
	if p == nil {
		return nil
	}
	if other := j.claims[p.ID]; other == nil {
		m.person = p
	} else if !differ(row.Entry.Phone, other.Entry.Phone) && !m.twinOf(other) {
		m.twins = append(m.twins, twin{row: other})
	}
	return nil
}

// claim says that the row speaks of the person, if any; two rows may not.
func (j *judge) claim(row *ImportRow, p *roster.Person) {
	if p == nil || j.im.Trainings {
		return
	}
	if other := j.claims[p.ID]; other != nil {
		j.problem(row, "row.twice", FieldName, nil, j.tell(other)...)
		return
	}
	j.claims[p.ID] = row
}

// byCode finds a person of the province, or one who holds no post in another. A code beside a name that is not its
// person's is refused: columns may have been sorted apart.
func (j *judge) byCode(row *ImportRow, m *meaning) error {
	id, ok := roster.ParseID(row.Cells[FieldCode])
	if !ok {
		j.problem(row, "code.unknown", FieldCode, nil)
		return nil
	}
	p, elsewhere, err := j.roll.ByCode(j.ctx, id, j.im.Province)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	likely := err == nil && roster.Alike(roster.Fold(row.Entry.Name), p.Fold)
	switch {
	case err != nil, p.Province != j.im.Province && !likely: // who has only a code learns nothing
		j.problem(row, "code.unknown", FieldCode, nil)
	case elsewhere:
		j.problem(row, "row.elsewhere", FieldCode, nil, j.provinceName(p.Province))
	case row.Entry.Name != "" && !likely && (row.Entry.Phone == "" || row.Entry.Phone != p.Phone):
		j.problem(row, "code.name", FieldCode, []string{p.Name})
	default:
		m.person = &p
		return j.holderOf(row, m)
	}
	return nil
}

// holderOf looks whether somebody else has the mobile number of a row that was found by code.
func (j *judge) holderOf(row *ImportRow, m *meaning) error {
	if phone := row.Entry.Phone; roster.IsMobile(phone) && phone != m.person.Phone {
		people, err := j.roll.ByPhone(j.ctx, phone)
		for _, p := range people {
			if p.Active && p.ID != m.person.ID {
				m.holder = &p
			}
		}
		return err
	}
	return nil
}

func (j *judge) provinceName(code string) string {
	p, _ := j.roll.Places.Province(roster.Present, code)
	return p.Name
}

// decide gives the verdict.
func (j *judge) decide(row *ImportRow, m *meaning) error {
	if len(row.Problems) == 0 {
		if j.im.Trainings {
			j.only(row, m)
		} else if m.person != nil {
			j.number(row, m)
			if err := j.compare(row, *m.person); err != nil {
				return err
			}
		} else if !j.ask(row, m) {
			j.number(row, m)
			j.welcome(row, m)
		}
	}
	if row.Verdict == "" {
		row.Verdict = Faulty
		row.Entry, row.End, row.Person, row.From, row.Changes = roster.Entry{}, time.Time{}, "", "", nil
	}
	return nil
}

// ask makes the row wait when it may be somebody who is there, and nobody has answered.
func (j *judge) ask(row *ImportRow, m *meaning) bool {
	var q Question
	for _, l := range m.match.Maybe {
		p := l.Person
		if other := j.claims[p.ID]; other != nil { // the file has both, if they are two
			if !differ(row.Entry.Phone, other.Entry.Phone) && !differ(row.Cells[FieldCode], other.Cells[FieldCode]) && !m.twinOf(other) {
				m.twins = append(m.twins, twin{other, l.Against})
			}
		} else {
			q.Maybe = append(q.Maybe, Maybe{Answer: "same:" + p.ID, Person: p.ID, Active: p.Active, Against: l.Against,
				Entry: roster.Entry{Name: p.Name, Phone: p.Phone, Post: p.Post, Library: p.Library, Kind: p.Kind, Commune: p.Commune, On: p.Since}})
		}
	}
	for _, t := range m.twins {
		q.Maybe = append(q.Maybe, Maybe{Answer: "row:" + t.row.Ref(), Row: t.row.Ref(), Entry: t.row.shown(), Active: t.row.End.IsZero(), Against: t.against})
	}
	if len(m.match.Away) == 1 {
		p := m.match.Away[0]
		q.Maybe = append(q.Maybe, Maybe{Answer: Away, Away: p.Province, Active: p.Active, Entry: roster.Entry{Name: row.Entry.Name, Phone: row.Entry.Phone}})
	}
	if len(q.Maybe) == 0 {
		return false
	}
	if len(q.Maybe) == 1 && len(m.match.Maybe) == 1 && j.known(row, m) {
		return true
	}
	switch answer := j.im.Answers[row.Ref()]; {
	case answer == Other:
		return false
	case strings.HasPrefix(answer, "row:") && slices.ContainsFunc(q.Maybe, func(m Maybe) bool { return m.Answer == answer }):
		j.problem(row, "row.twice", FieldName, nil, j.im.AtRef(strings.TrimPrefix(answer, "row:")), shorten(row.typedName()))
	case answer == Away && len(m.match.Away) == 1:
		j.problem(row, "row.elsewhere", FieldName, nil, j.provinceName(m.match.Away[0].Province))
	default:
		row.Verdict, row.Question = Asked, &q
	}
	return true
}

// known says whether the row says of the only one it may mean nothing but what is known of them; then there is nothing
// to ask.
func (j *judge) known(row *ImportRow, m *meaning) bool {
	l := m.match.Maybe[0]
	for _, d := range l.Against {
		if d != roster.HasLeft {
			return false
		}
	}
	probe := *row
	j.number(&probe, &meaning{person: &l.Person, match: m.match, holder: m.holder})
	if err := j.compare(&probe, l.Person); err != nil || probe.Verdict != Same {
		return false
	}
	*row = probe
	j.claim(row, &l.Person)
	return true
}

// number leaves out a mobile number that is not the person's alone: it is an office's, or somebody else has it.
func (j *judge) number(row *ImportRow, m *meaning) {
	e := &row.Entry
	if !roster.IsMobile(e.Phone) || m.person != nil && m.person.Phone == e.Phone {
		return
	}
	holder := m.holder
	for _, l := range m.match.Maybe { // somebody who was said to be somebody else
		if l.Person.Phone == e.Phone && l.Person.Active && (m.person == nil || l.Person.ID != m.person.ID) {
			holder = &l.Person
		}
	}
	switch {
	case holder != nil && holder.Province == j.im.Province:
		j.warn(row, "phone.other", FieldPhone, nil, holder.Name)
	case holder != nil:
		j.warn(row, "phone.away", FieldPhone, nil) // whose it is and where is not told for a number alone
	default:
		return
	}
	e.Phone = ""
}

// welcome checks a row of somebody who is not on the roster.
func (j *judge) welcome(row *ImportRow, m *meaning) {
	e := &row.Entry
	switch {
	case m.match.Namesake != nil && j.im.Answers[row.Ref()] == Away:
		j.problem(row, "row.elsewhere", FieldName, nil, j.provinceName(m.match.Namesake.Province))
	case e.Commune == "" && row.unsure.Named:
		j.unsure(row, FieldCommune, roster.Address{}, row.unsure)
	case e.Commune == "":
		j.problem(row, "commune.empty", FieldCommune, j.above(row))
	case e.Library == "":
		j.problem(row, "library.empty", FieldLibrary, nil)
	default:
		j.startDay(row)
		e.Kind = cmp.Or(e.Kind, roster.KindOf(e.Library))
		row.Person = j.newID(row)
		if len(row.Problems) > 0 {
			return
		}
		row.Verdict = New
		if p := m.match.Namesake; p != nil {
			j.warn(row, "name.away", FieldName, nil, j.provinceName(p.Province))
		}
		if n := m.match.Others; n > 0 {
			j.warn(row, "name.others", FieldName, nil, strconv.Itoa(n))
		}
	}
}

// above is the commune of the row above, where the sheet has a column of communes: lists often say it once.
func (j *judge) above(row *ImportRow) []string {
	if j.im.column(row, FieldCommune) == "" {
		return nil
	}
	c, ok := j.roll.Places.Commune(j.said[row.at])
	if !ok {
		return nil
	}
	return []string{named(c)}
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
	row.Entry.On = cmp.Or(j.im.Start, j.im.Day)
	if j.im.Start.IsZero() {
		today := RowProblem{Code: Undated, Args: []string{shown(j.im.Day)}}
		if i := slices.IndexFunc(row.Warnings, func(p RowProblem) bool { return p.Field == FieldStart }); i >= 0 {
			row.Warnings[i].Then = &today // one cell, one word
		} else {
			j.warn(row, today.Code, FieldStart, nil, today.Args...)
		}
	}
}

// Undated is what is said of somebody new of whom the file has no start that can be read.
const Undated = "date.today"

// Says tells whether a code is said of a cell, also as what follows.
func (p RowProblem) Says(code string) bool {
	return p.Code == code || p.Then != nil && p.Then.Code == code
}

// newID is made of the file and of the row, so that the same import makes the same person, and another one after it was
// undone.
func (j *judge) newID(row *ImportRow) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{j.im.Key, strconv.Itoa(j.im.Turn), j.im.Province, row.Ref(), roster.Spelling(row.Entry.Name), row.Entry.Commune}, "\n")))
	return roster.NewID(bytes.NewReader(sum[:]))
}

// compare finds what the row changes of a person. Empty cells change nothing.
func (j *judge) compare(row *ImportRow, p roster.Person) error {
	if row.settles(p); row.Entry.Library == "" {
		j.problem(row, "library.empty", FieldLibrary, nil)
		return nil
	}
	row.Person = p.ID
	if p.Active {
		row.Held = p.Commune
	}
	p, outdated, err := j.place(row, p)
	if err == nil && len(row.Problems) == 0 {
		err = j.promised(row, p)
	}
	if err != nil || len(row.Problems) > 0 {
		return err
	}
	if outdated {
		commune, _ := j.roll.Places.Ever(p.Commune)
		j.problem(row, "row.outdated", FieldStart, nil, named(commune), shown(p.Since))
		row.Verdict, row.Changes = Same, nil
	} else {
		j.details(row, p)
	}
	if row.Verdict = Changed; len(row.Changes) == 0 {
		row.Verdict = Same
	}
	return nil
}

// settles fills in where the person works what the row does not say of it.
func (row *ImportRow) settles(p roster.Person) {
	e := &row.Entry
	if e.Library == "" && (e.Commune == "" || e.Commune == p.Commune) {
		e.Library = p.Library
	}
	if e.Library != "" {
		e.Commune = cmp.Or(e.Commune, p.Commune)
	}
	if e.Commune == p.Commune && roster.SameLibrary(e.Library, p.Library) {
		e.Library = p.Library // written otherwise, which is no other post
	}
}

// asks says whether a person works where and as the row says.
func (row *ImportRow) asks(p roster.Person) bool {
	e := &row.Entry
	return p.Commune == e.Commune && roster.SameWords(p.Library, e.Library) && p.Active == row.End.IsZero()
}

// stays says whether the row says of where a person works nothing but what is so.
func (row *ImportRow) stays(p roster.Person) bool {
	return row.asks(p) && p.Active && (row.Entry.On.IsZero() || row.Entry.On.Equal(p.Since))
}

// place finds what the row changes of where the person works, by trying what the person would be with the row's
// postings. It gives back the person as the postings say now; and outdated, when all that the row says is recorded
// already and the roster has a later entry.
func (j *judge) place(row *ImportRow, p roster.Person) (_ roster.Person, outdated bool, err error) {
	e, asked := &row.Entry, row.asks
	if row.stays(p) {
		e.On = time.Time{}
		return p, false, nil
	}
	facts, err := j.recorded(p.ID)
	if err != nil {
		return p, false, err
	}
	was := p
	p = j.roll.Replay(p, facts)
	row.behind = p.Commune != was.Commune || p.Library != was.Library || p.Active != was.Active || !p.Since.Equal(was.Since)
	if !asked(p) && row.End.IsZero() && e.On.IsZero() {
		e.On = j.im.Day
	}
	recorded := j.roll.Places.Carried(p.Live(facts.Postings))
	fresh := slices.DeleteFunc(j.im.postings(j.roll, row, ""), func(n roster.Posting) bool {
		return slices.ContainsFunc(recorded, n.SaysTheSame)
	})
	if len(fresh) == 0 {
		outdated = !asked(p)
		e.On, row.End = time.Time{}, time.Time{}
		return p, outdated, nil
	}
	facts.Postings = append(recorded, fresh...)
	next := j.roll.Replay(p, facts)
	if !asked(next) || !e.On.IsZero() && !next.Since.Equal(e.On) {
		j.problem(row, "row.later", FieldStart, nil, shown(p.Since))
		return p, false, nil
	}
	j.moves(row, p, next)
	return p, false, nil
}

// moves lists the changes of place and dates.
func (j *judge) moves(row *ImportRow, p, next roster.Person) {
	if p.Commune != next.Commune {
		old, _ := j.roll.Places.Ever(p.Commune)
		now, _ := j.roll.Places.Ever(next.Commune)
		row.From = p.Commune
		row.change(FieldCommune, named(old), named(now))
	}
	if !roster.SameWords(p.Library, next.Library) {
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

// details lists the changes of what else is known of the person.
func (j *judge) details(row *ImportRow, p roster.Person) {
	e := &row.Entry
	// tones placed otherwise, or typed without marks
	if roster.Spelling(e.Name) == roster.Spelling(p.Name) || strings.ToLower(e.Name) == p.Fold {
		e.Name = p.Name
	}
	if e.Kind == "" {
		e.Kind = p.Kind
		if !roster.SameWords(e.Library, p.Library) {
			if kind := roster.KindOf(e.Library); kind != roster.OtherLibraryKind || e.Commune != p.Commune {
				e.Kind = kind // a library of the commune that is written otherwise keeps its kind
			}
		}
	}
	e.Name, e.Phone, e.Post = cmp.Or(e.Name, p.Name), cmp.Or(e.Phone, p.Phone), cmp.Or(e.Post, p.Post)
	for _, c := range []Change{{FieldName, p.Name, e.Name}, {FieldPhone, p.Phone, e.Phone}, {FieldPost, p.Post, e.Post}, {FieldKind, p.Kind, e.Kind}} {
		if c.Old != c.New {
			row.Changes = append(row.Changes, c)
		}
	}
}
