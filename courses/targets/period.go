package targets

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Period is the fact that a month, quarter or year was closed: its figures are kept as they were known at that moment,
// and are never counted again. What is entered later about its days is an [Adjustment].
type Period struct {
	ID       string    `json:"id"`   // "2026-11", "2026-Q4" or "2026"
	Name     string    `json:"name"` // as it is filed under
	From     Day       `json:"from"`
	To       Day       `json:"to"` // its figures stand at the end of this day
	ClosedAt time.Time `json:"closedAt"`
	By       string    `json:"by"` // the account that closed it
	ByName   string    `json:"byName"`
	Boards   string    `json:"boards"` // what the ids of its figures begin with
}

// frozen are the figures of one scope of a period.
type frozen struct {
	ID      string  `json:"id"` // the period's Boards, list and province, with "/" between
	Figures Figures `json:"figures"`
}

// PeriodKind holds the closed periods; the figures of each are in FrozenKind, one document for each list and province.
var (
	PeriodKind = &store.Kind{Name: "period", Schema: 1, Order: 50, Fact: true, Doc: Period{}, Indexes: [][]string{{"to"}}}
	FrozenKind = &store.Kind{Name: "frozen", Schema: 1, Order: 40, Fact: true, Doc: frozen{}}
)

var periodID = regexp.MustCompile(`^(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?$`)

// periodOf reads the id of a month, quarter or year.
func periodOf(id string) (Period, error) {
	m := periodID.FindStringSubmatch(id)
	if m == nil {
		return Period{}, problem.Invalid("period", "period.unknown", id)
	}
	year, _ := strconv.Atoi(m[1])
	first, months := 1, 12
	switch {
	case m[2] != "":
		first, _ = strconv.Atoi(m[2])
		months = 1
	case m[3] != "":
		quarter, _ := strconv.Atoi(m[3])
		first, months = 3*quarter-2, 3
	}
	from := time.Date(year, time.Month(first), 1, 0, 0, 0, 0, time.UTC)
	return Period{ID: id, From: Day(from.Format(time.DateOnly)), To: Day(from.AddDate(0, months, -1).Format(time.DateOnly))}, nil
}

// Open lists the periods that have ended and are not closed, the newest first: of the last two years, and not before
// the Decision.
func (b *Board) Open(ctx context.Context) ([]Period, error) {
	closed, err := b.Periods(ctx)
	if err != nil {
		return nil, err
	}
	today := DayOf(b.Now())
	var ids []string
	for n := range 25 {
		month := time.Date(today.Time().Year(), today.Time().Month()-time.Month(n), 1, 0, 0, 0, 0, time.UTC)
		ids = append(ids, month.Format("2006-01"))
		if month.Month()%3 == 0 {
			ids = append(ids, fmt.Sprintf("%d-Q%d", month.Year(), month.Month()/3))
		}
		if month.Month() == time.December {
			ids = append(ids, strconv.Itoa(month.Year()))
		}
	}
	var open []Period
	for _, id := range ids {
		p, err := periodOf(id)
		if err != nil {
			return nil, err
		}
		if p.To < today && p.To >= b.Programme.DecidedOn && !slices.ContainsFunc(closed, func(c Period) bool { return c.ID == id }) {
			open = append(open, p)
		}
	}
	return open, nil
}

// Periods lists the closed periods, the newest first.
func (b *Board) Periods(ctx context.Context) ([]Period, error) {
	all, err := store.All[Period](ctx, b.Store, PeriodKind, store.Query{}.By("-to"))
	slices.SortStableFunc(all, func(x, y Period) int {
		return cmp.Or(strings.Compare(string(y.To), string(x.To)), strings.Compare(string(y.From), string(x.From)))
	})
	return all, err
}

// Period finds a closed period. One that is not closed is ErrNotFound.
func (b *Board) Period(ctx context.Context, id string) (Period, error) {
	return store.Get[Period](ctx, b.Store, PeriodKind, id)
}

// periodName is the longest name of a period, in letters.
const periodName = 100

// Close closes a period that has ended: the figures of both lists, of all provinces and of each by commune, as they are
// known now. It is done once: a period that is closed is ErrExists. The name and who closes it are kept with it.
func (b *Board) Close(ctx context.Context, id, name string, by, byName string) (Period, error) {
	p, err := periodOf(id)
	if err != nil {
		return p, err
	}
	now := store.Time(b.Now())
	p.Name, p.ClosedAt, p.By, p.ByName = roster.Clean(name), now, by, byName
	switch {
	case p.To >= DayOf(now):
		return p, problem.Invalid("period", "period.running", string(p.To))
	case p.To < b.Programme.DecidedOn:
		return p, problem.Invalid("period", "period.unknown", id)
	case p.Name == "":
		return p, problem.Invalid("name", "period.nameless")
	case len([]rune(p.Name)) > periodName:
		return p, problem.Invalid("name", "text.long", periodName)
	}
	if err := b.closedTwice(ctx, id); !errors.Is(err, problem.ErrNotFound) {
		return p, err
	}
	p.Boards = id + "/" + rand.Text()
	boards, err := b.freeze(ctx, p)
	if err != nil {
		return p, err
	}
	if err := b.Store.Insert(ctx, FrozenKind, boards...); err != nil {
		return p, err
	}
	err = b.Store.Insert(ctx, PeriodKind, &p) // the figures are there: from now on it is closed
	if errors.Is(err, problem.ErrExists) {
		err = b.closedTwice(ctx, id)
	}
	return p, err
}

// closedTwice says of a period by its name that it is closed already.
func (b *Board) closedTwice(ctx context.Context, id string) error {
	p, err := b.Period(ctx, id)
	if err != nil {
		return err
	}
	return &problem.Problem{Kind: problem.ErrExists, Code: "period.closed", Field: "period", Args: []any{p.Name}}
}

// freeze counts every board of a period from the facts, all in one reading.
func (b *Board) freeze(ctx context.Context, p Period) ([]any, error) {
	m := p.moment()
	var scopes []Scope
	for _, by := range []roster.List{roster.Present, roster.Programme} {
		scopes = append(scopes, Scope{By: by})
		for _, province := range b.Places.Provinces(by) {
			scopes = append(scopes, Scope{By: by, Province: province.Code})
		}
	}
	counts := make([]census, len(scopes))
	for i := range counts {
		counts[i] = newCensus()
	}
	err := b.people(ctx, Scope{By: roster.Present}, m, func(st Standing) error {
		for i, s := range scopes {
			if s.has(st.Province, st.Programme, st.Commune) {
				counts[i].add(s, st, m)
			}
		}
		return nil
	})
	var boards []any
	for i, s := range scopes {
		boards = append(boards, &frozen{ID: p.board(s), Figures: b.figures(s, m, counts[i].tally)})
	}
	return boards, err
}

func (p Period) board(s Scope) string {
	return p.Boards + "/" + string(s.By) + "/" + cmp.Or(s.Province, "-")
}

// moment is the last day of the period as it was known when it was closed.
func (p Period) moment() moment {
	return moment{day: p.To, at: p.To.last(), past: true, known: p.ClosedAt}
}

// Frozen gives the figures of a closed period for all provinces of a list or one of them: the same for ever.
func (b *Board) Frozen(ctx context.Context, p Period, by roster.List, province string) (Figures, error) {
	all, err := b.FrozenAll(ctx, []Period{p}, by, province)
	if err != nil {
		return Figures{}, err
	}
	return all[0], nil
}

// FrozenAll is Frozen for some periods, in their order and read together.
func (b *Board) FrozenAll(ctx context.Context, periods []Period, by roster.List, province string) ([]Figures, error) {
	s := Scope{By: by, Province: province}
	if _, err := b.moment(s, time.Time{}); err != nil {
		return nil, err
	}
	ids := make([]string, len(periods))
	for i, p := range periods {
		ids[i] = p.board(s)
	}
	kept, err := store.Many(ctx, b.Store, FrozenKind, ids, func(f frozen) string { return f.ID })
	if err != nil {
		return nil, err
	}
	all := make([]Figures, len(periods))
	for i, id := range ids {
		f, there := kept[id]
		if !there {
			return nil, store.NotFound(FrozenKind, id)
		}
		all[i], all[i].Period = f.Figures, periods[i].ID
	}
	return all, nil
}

// Adjustment is somebody who counts otherwise in a closed period than the figures say, because facts about its days
// were entered after it was closed.
type Adjustment struct {
	Person  string `json:"person"`
	Name    string `json:"name"`
	From    string `json:"from,omitempty"` // commune where the person counted, "" for nowhere
	To      string `json:"to,omitempty"`   // and counts now
	Base    int    `json:"base"`           // what the person adds to the figures of the scope: -1, 0 or 1
	Trained int    `json:"trained"`
	Facts   []Late `json:"facts"` // why
}

// Late is a fact that was entered after a period was closed: a posting, or that an entry is nobody, somebody after
// all, one person with another or not, or that an import was undone.
type Late struct {
	ID         string    `json:"id"`    // of the posting, detail, or training done elsewhere
	Event      string    `json:"event"` // see roster.Event and roster.DetailEvent, or Elsewhere
	On         Day       `json:"on"`
	Library    string    `json:"library,omitempty"`
	Commune    string    `json:"commune,omitempty"`
	Person     string    `json:"person"`             // the entry of which it is said
	Other      string    `json:"other,omitempty"`    // the entry that it was joined to
	Source     string    `json:"source,omitempty"`   // name of the file that was imported, or whose import was undone
	Transfer   bool      `json:"transfer,omitempty"` // is part of a transfer between provinces
	Reason     string    `json:"reason,omitempty"`
	By         string    `json:"by"`
	RecordedAt time.Time `json:"recordedAt"`
}

// Adjustments lists who counts otherwise in the scope than the figures of a period say, by commune and name. Frozen
// figures and adjustments together are the figures of the period's last day as they are known now, unless facts were
// erased since. Postings and trainings done elsewhere can be late, and so can be what is said of who is whom;
// certificates and revocations are true from the moment at which they were kept.
func (b *Board) Adjustments(ctx context.Context, p Period, s Scope) ([]Adjustment, error) {
	who, err := b.who(ctx, p.ClosedAt)
	if err != nil {
		return nil, err
	}
	late, err := b.late(ctx, p, who)
	if err != nil {
		return nil, err
	}
	if err := b.lateTrainings(ctx, p, late); err != nil {
		return nil, err
	}
	var all []Adjustment
	queue := append(sortedKeys(late), who.Entries()...)
	for seen := map[string]bool{}; len(queue) > 0; queue = queue[1:] {
		if seen[queue[0]] {
			continue
		}
		seen[queue[0]] = true
		person, err := store.Get[roster.Person](ctx, b.Store, roster.PersonKind, queue[0])
		if errors.Is(err, problem.ErrNotFound) {
			continue // erased, or still being entered
		}
		if err != nil {
			return nil, err
		}
		if person.Into != "" { // what is late of this entry is the other's
			queue = append(queue, person.Into)
		}
		a, differs, err := b.adjustment(ctx, p, s, person, who)
		if err != nil {
			return nil, err
		}
		if differs {
			a.Facts = because(late, person, who.Person(person))
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(x, y Adjustment) int {
		return cmp.Or(strings.Compare(cmp.Or(x.To, x.From), cmp.Or(y.To, y.From)), strings.Compare(roster.SortKey(x.Name), roster.SortKey(y.Name)), strings.Compare(x.Person, y.Person))
	})
	return all, nil
}

// late reads what was entered after a period was closed and speaks of its days, by the entry of which it is said.
func (b *Board) late(ctx context.Context, p Period, who roster.Past) (map[string][]Late, error) {
	late := map[string][]Late{}
	files := map[string]string{}
	q := store.Where(store.More("recordedAt", p.ClosedAt)).By("recordedAt")
	err := store.Each(ctx, b.Store, roster.PostingKind, q, func(f roster.Posting) error {
		if on := DayOf(f.On); on <= p.To {
			late[f.Person] = append(late[f.Person], Late{ID: f.ID, Event: string(f.Event), On: on, Library: f.Library, Commune: f.Commune, Person: f.Person, Source: f.Import, Transfer: f.Transfer != "", By: f.By, RecordedAt: f.RecordedAt})
			files[f.Import] = ""
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, entry := range who.Entries() {
		for _, d := range who.Since(entry) {
			if _, parting := roster.EntryOf(d.Import); parting { // what a merge said of the name, taken back
				continue
			}
			late[entry] = append(late[entry], Late{ID: d.ID, Event: string(d.Event), On: DayOf(d.On), Person: entry, Other: d.Other, Source: d.Import, Reason: d.Reason, By: d.By, RecordedAt: d.RecordedAt})
			files[d.Import] = ""
		}
	}
	return late, b.nameFiles(ctx, late, files)
}

// nameFiles gives late facts the names of the files that they came from, in place of the imports' ids.
func (b *Board) nameFiles(ctx context.Context, late map[string][]Late, files map[string]string) error {
	delete(files, "")
	for id := range files {
		f, err := store.Get[roster.Intake](ctx, b.Store, roster.IntakeKind, id)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		files[id] = f.File
	}
	for _, facts := range late {
		for i := range facts {
			facts[i].Source = files[facts[i].Source]
		}
	}
	return nil
}

// because are the late facts of somebody, under every entry that is theirs now or was then, as they were recorded.
func because(late map[string][]Late, now, then roster.Person) []Late {
	var all []Late
	ids := append(now.IDs(), then.IDs()...)
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		all = append(all, late[id]...)
	}
	slices.SortStableFunc(all, func(a, b Late) int { return a.RecordedAt.Compare(b.RecordedAt) })
	return all
}

// Elsewhere is the event of a [Late] that is a training done elsewhere: it was accepted after the period was closed.
const Elsewhere = "elsewhere"

// lateTrainings adds the trainings of the period's days that were accepted after it was closed.
func (b *Board) lateTrainings(ctx context.Context, p Period, late map[string][]Late) error {
	q := store.Where(store.More("at", p.ClosedAt)).By("at")
	return store.Each(ctx, b.Store, school.RulingKind, q, func(r courses.Ruling) error {
		if on := DayOf(r.On); r.Accepted && on <= p.To {
			late[r.Person] = append(late[r.Person], Late{ID: r.ID, Event: Elsewhere, On: on, Library: r.Shown(), Person: r.Person, By: r.By, RecordedAt: r.At})
		}
		return nil
	})
}

// adjustment compares how a person counts in a period as it was known then and as it is known now.
func (b *Board) adjustment(ctx context.Context, p Period, s Scope, person roster.Person, who roster.Past) (a Adjustment, differs bool, err error) {
	then, now := p.moment(), p.moment()
	now.known = time.Time{}
	a = Adjustment{Person: person.ID, Name: person.Name}
	was, trainedThen, err := b.counted1(ctx, s, then, who.Person(person))
	if err != nil {
		return a, false, err
	}
	is, trainedNow, err := b.counted1(ctx, s, now, person)
	a.From, a.To = was, is
	a.Base, a.Trained = min(len(is), 1)-min(len(was), 1), trainedNow-trainedThen
	return a, was != is || a.Trained != 0, err
}

// counted1 is the commune at which a person counts in a scope, "" for none, and 1 for who is trained.
func (b *Board) counted1(ctx context.Context, s Scope, m moment, person roster.Person) (commune string, trained int, err error) {
	one, err := b.page(ctx, []roster.Person{person})
	if err != nil {
		return "", 0, err
	}
	postings, err := b.postings(ctx, one)
	if err != nil {
		return "", 0, err
	}
	person = b.placed(person, postings[person.ID], m)
	st := b.standing(person, one.earned[person.ID].until(m))
	if !st.InBase || !s.has(st.Province, st.Programme, st.Commune) {
		return "", 0, nil
	}
	if st.Trained(m.at) {
		trained = 1
	}
	return st.Commune, trained, nil
}

// Sum adds up what adjustments do to figures.
func Sum(all []Adjustment) (base, trained int) {
	for _, a := range all {
		base, trained = base+a.Base, trained+a.Trained
	}
	return base, trained
}

// PeriodTitle is what a month, quarter or year is called where nobody has named it.
func PeriodTitle(id string) courses.Text {
	m := periodID.FindStringSubmatch(id)
	switch {
	case m == nil:
		return courses.Text{Vi: id, En: id}
	case m[2] != "":
		month, _ := strconv.Atoi(m[2])
		return courses.Text{Vi: fmt.Sprintf("Tháng %d/%s", month, m[1]), En: time.Month(month).String() + " " + m[1]}
	case m[3] != "":
		return courses.Text{Vi: "Quý " + map[string]string{"1": "I", "2": "II", "3": "III", "4": "IV"}[m[3]] + "/" + m[1], En: "Quarter " + m[3] + " of " + m[1]}
	}
	return courses.Text{Vi: "Năm " + m[1], En: "Year " + m[1]}
}
