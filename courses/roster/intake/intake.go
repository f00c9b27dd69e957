// Package intake takes the spreadsheets of a province into its roster: it reads the file, says what it understood of
// each row, and writes what was agreed to.
package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/courses/letters"
	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/store"
)

// Import is what a file would change in the roster of a province: a verdict for each of its rows. Nothing is written
// before Apply. It can be kept as JSON, or the file be kept and previewed again and the two compared by Hash.
type Import struct {
	ID       string    `json:"id"`       // of the facts that it writes, see roster.Intake
	Province string    `json:"province"` // present province, code
	File     string    `json:"file"`     // name, to show
	Key      string    `json:"key"`      // of the file's content: the ids of new people are made of it
	Day      time.Time `json:"day"`      // of the preview
	// of posts for which the file has no date, chosen for all; zero: Day
	Start   time.Time    `json:"start,omitzero"`
	Codes   []letters.As `json:"codes,omitempty"` // the old codes that the file was read in
	Sheets  []Part       `json:"sheets"`
	Asks    []Ask        `json:"asks,omitempty"`    // to be answered before the import is written
	Settled []Ask        `json:"settled,omitempty"` // were answered, and can be answered otherwise
	Rows    []ImportRow  `json:"rows"`
	Turn    int          `json:"turn"` // how often the same file was imported and undone

	Trainings bool `json:"trainings,omitempty"` // a list of who was trained: rows say who, and change nobody

	// only rows of the file that were left out: who is not in it is not known
	Part    bool                 `json:"part"`
	Answers map[string]string    `json:"answers,omitempty"` // to the questions of rows, by ImportRow.Ref
	Absent  Absent               `json:"absent"`            // people of the file's communes who are not in it
	Left    map[string]time.Time `json:"left,omitempty"`    // those of them who left, by code, and their last day
}

// Verdict is what happens to a row.
type Verdict string

const (
	New     Verdict = "new"     // a person who is not on the roster
	Changed Verdict = "changed" // see Changes
	Same    Verdict = "same"    // says nothing new
	Faulty  Verdict = "problem" // is left out, see Problems
)

// ImportRow is a row of the file and what would be done with it.
type ImportRow struct {
	Sheet   int              `json:"sheet,omitempty"` // index in Sheets
	Number  int              `json:"row"`             // as the spreadsheet counts; of a CSV file the line
	Hidden  bool             `json:"hidden,omitempty"`
	Waits   bool             `json:"waits,omitempty"` // of a hidden sheet that nobody has asked for
	Cells   map[Field]string `json:"cells"`           // as typed
	Under   string           `json:"under,omitempty"` // district of the sheet, or of a heading above the row
	Notes   []RowProblem     `json:"notes,omitempty"` // what was seen of the cells while the file was read
	Verdict Verdict          `json:"verdict"`
	Person  string           `json:"person,omitempty"` // id, also the one that a new person will have
	// what the person will be; On is zero where no start is recorded
	Entry   roster.Entry `json:"entry"`
	End     time.Time    `json:"end,omitzero"`   // zero where no leave is recorded
	From    string       `json:"from,omitempty"` // commune, code, from which the person moves here
	Held    string       `json:"held,omitempty"` // commune, code, where the person holds a post now
	Changes []Change     `json:"changes,omitempty"`
	// of a row that is Same: "row.outdated", the roster has a later entry of this person
	Problems []RowProblem `json:"problems,omitempty"`
	// cells that were left out or read otherwise than typed; the row counts
	Warnings []RowProblem `json:"warnings,omitempty"`
	Question *Question    `json:"question,omitempty"` // of a row that is Asked

	dated  bool         // has a start that can be read
	blank  []Field      // cells that say nothing
	at     int          // index in the import
	unsure roster.Found // places that the library's name may mean, where the row names no other

	behind bool // a run that was interrupted left the person behind the facts
}

// Cell names a cell of the row, for Choices.Values.
func (row *ImportRow) Cell(f Field) string {
	return strconv.Itoa(row.Sheet) + "." + strconv.Itoa(row.Number) + "." + string(f)
}

// Change is a field before and after.
type Change struct {
	Field Field  `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// RowProblem says what is wrong in a row. Code is the key of its message, "error." and the code, and Args fill its
// places.
type RowProblem struct {
	Code        string   `json:"code"`
	Field       Field    `json:"field,omitempty"`
	Column      string   `json:"column,omitempty"` // letter, "" where the file has no such column
	Value       string   `json:"value,omitempty"`  // as typed
	Suggestions []string `json:"suggestions,omitempty"`
	Args        []string `json:"args,omitempty"`
	// what follows from it for the same cell, said with it
	Then *RowProblem `json:"then,omitempty"`
}

// Result is what Apply did, in rows.
type Result struct {
	New       int   `json:"new"`
	Changed   int   `json:"changed"`
	Same      int   `json:"same"`
	Problems  int   `json:"problems"`
	Waiting   int   `json:"waiting"`   // for an answer
	Left      int   `json:"left"`      // people who are not in the file and were said to have left
	Conflicts []int `json:"conflicts"` // indexes of rows left out because the roster has changed since the preview

	Written []int    `json:"-"` // indexes of the rows that this run wrote
	Gone    []string `json:"-"` // the people who have left, as was said
	Stay    []string `json:"-"` // those who were said to have left, and of whom something else is known by now
}

// Ignored lists the columns of the file that are not read.
func (im *Import) Ignored() []Column {
	var all []Column
	for _, p := range im.Sheets {
		all = append(all, ignored(p.Columns)...)
	}
	return all
}

// Apart says whether the file has more than one sheet with people, so that a row's number alone does not tell it.
func (im *Import) Apart() bool {
	n := 0
	for _, p := range im.Sheets {
		if p.People > 0 {
			n++
		}
	}
	return n > 1
}

// At is where a row stands, for its reader: its number and, where people stand on several sheets, the name of its sheet
// before it.
func (im *Import) At(row *ImportRow) string {
	if !im.Apart() {
		return strconv.Itoa(row.Number)
	}
	return im.Sheets[row.Sheet].Name + between + strconv.Itoa(row.Number)
}

// between stands between a sheet's name and what is meant of it.
const between = " · "

// AtRef is At for the row of a Ref; of none it gives the text back.
func (im *Import) AtRef(ref string) string {
	for i := range im.Rows {
		if im.Rows[i].Ref() == ref {
			return im.At(&im.Rows[i])
		}
	}
	return ref
}

// RefAt is the Ref of the row that a text says, as At does; of none it gives the text back.
func (im *Import) RefAt(text string) string {
	for i := range im.Rows {
		if im.At(&im.Rows[i]) == text {
			return im.Rows[i].Ref()
		}
	}
	return text
}

// Count counts the rows with a verdict.
func (im *Import) Count(v Verdict) int {
	n := 0
	for _, row := range im.Rows {
		if row.Verdict == v {
			n++
		}
	}
	return n
}

// Hash is a SHA-256, in hexadecimal, of all that Apply would do: two previews with the same hash do the same.
func (im *Import) Hash() string {
	h := sha256.New()
	json.NewEncoder(h).Encode([]any{im.Province, im.Rows, im.Left}) // neither can fail
	return hex.EncodeToString(h.Sum(nil))
}

const (
	batch   = 500 // people inserted together
	workers = 128 // people changed at once: writes that wait together are committed together
)

// Apply does what the preview says. Each row is first compared with the roster as it is now, and left out where the
// verdict is another one, with its problems where it has some; rows that wait for an answer are left out too. It may be
// interrupted at any point and repeated: facts and people have ids made of what they say. When the context ends, the
// batch under way is written whole, and the result says what was. by is the person who imports; progress is called
// between batches, from one goroutine at a time, and may be nil.
func Apply(ctx context.Context, r *roster.Roll, im *Import, by string, progress func(done, total int)) (Result, error) {
	now := im.unjudged()
	if _, err := judgeAll(ctx, r, now); err != nil {
		return Result{}, err
	}
	if err := im.begin(ctx, r, by); err != nil {
		return Result{}, err
	}
	result, todo := im.compare(now)
	a := &application{roll: r, im: im, by: by, total: len(todo.added) + len(todo.changed) + len(im.Left), progress: progress}
	err := a.add(ctx, todo.added, &result)
	if err == nil {
		err = a.change(ctx, todo.changed, &result)
	}
	if err == nil {
		err = a.leaveAll(ctx, sortedKeys(im.Left), &result)
	}
	return result, cmp.Or(err, ctx.Err())
}

// SaidOf counts the people of whom an import has said something.
func SaidOf(ctx context.Context, r *roster.Roll, id string) (int, error) {
	people, _, err := spoken(ctx, r, id)
	return len(people), err
}

// unjudged is the import as it was read from the file.
func (im *Import) unjudged() *Import {
	read := *im
	read.Rows = make([]ImportRow, len(im.Rows))
	for i, row := range im.Rows {
		read.Rows[i] = ImportRow{Sheet: row.Sheet, Number: row.Number, Hidden: row.Hidden, Waits: row.Waits, Cells: row.Cells, Under: row.Under, Notes: row.Notes}
	}
	return &read
}

// Again judges the rows that an import left out once more, with answers: their file is not kept whole.
func (im *Import) Again(ctx context.Context, r *roster.Roll, chosen Choices) (*Import, error) {
	again := im.unjudged()
	again.Left, again.Start = nil, chosen.Start
	return again, again.settle(ctx, r, chosen)
}

// todo is the rows to write; those of changed are also the ones that another run of the same import has written,
// perhaps not to the end.
type todo struct{ added, changed []*ImportRow }

func (im *Import) compare(now *Import) (Result, todo) {
	var result Result
	var do todo
	for i := range im.Rows {
		was, is := &im.Rows[i], &now.Rows[i]
		is.at = i
		switch {
		case was.Verdict == Faulty:
			result.Problems++
		case was.Verdict == Asked:
			result.Waiting++
		case was.Verdict == Same && !is.behind:
			result.Same++
		case is.Verdict == Same:
			result.Same++
			if was.Verdict == Changed || is.behind {
				do.changed = append(do.changed, is)
			}
		case !is.follows(was):
			was.Problems = is.Problems
			result.Conflicts = append(result.Conflicts, i)
		case is.Verdict == New:
			do.added = append(do.added, is)
		default:
			do.changed = append(do.changed, is)
		}
	}
	return result, do
}

// follows says whether a verdict is still the one that was shown, or the rest of it after an interrupted run.
func (row *ImportRow) follows(shown *ImportRow) bool {
	if row.Verdict != shown.Verdict || row.Person != shown.Person {
		return false
	}
	// somebody has the number by now
	if row.Verdict == New && (row.Entry.Phone != shown.Entry.Phone || row.Entry.Commune != shown.Entry.Commune) {
		return false
	}
	return !slices.ContainsFunc(row.Changes, func(c Change) bool { return !slices.Contains(shown.Changes, c) })
}

// application is a run of Apply.
type application struct {
	roll     *roster.Roll
	im       *Import
	by       string
	total    int
	progress func(done, total int)

	done int
}

func (a *application) advance(n int) {
	a.done += n
	if a.progress != nil {
		a.progress(a.done, a.total)
	}
}

// postings are the facts that a row says of where somebody works.
func (im *Import) postings(r *roster.Roll, row *ImportRow, by string) []roster.Posting {
	c, _ := r.Places.Commune(row.Entry.Commune)
	var list []roster.Posting
	if !row.Entry.On.IsZero() {
		list = append(list, r.NewPosting(row.Person, roster.Starts, row.Entry, c, by).From(im.ID))
	}
	if !row.End.IsZero() {
		left := row.Entry
		left.On = row.End
		list = append(list, r.NewPosting(row.Person, roster.Leaves, left, c, by).From(im.ID))
	}
	return list
}

// add inserts new people in batches, the postings first: a run that stops between the two finds the people missing and
// goes on.
func (a *application) add(ctx context.Context, rows []*ImportRow, result *Result) error {
	for len(rows) > 0 {
		some := rows[:min(batch, len(rows))]
		rows = rows[len(some):]
		if err := ctx.Err(); err != nil {
			return err
		}
		taken, err := a.insert(context.WithoutCancel(ctx), some)
		if err != nil {
			return err
		}
		result.New += len(some) - len(taken)
		for _, row := range some {
			if slices.Contains(taken, row) {
				result.Conflicts = append(result.Conflicts, row.at)
			} else {
				result.Written = append(result.Written, row.at)
			}
		}
		a.advance(len(some))
	}
	return nil
}

// insert writes new people and gives back the rows whose id somebody has.
func (a *application) insert(ctx context.Context, rows []*ImportRow) ([]*ImportRow, error) {
	var postings, details, people []any
	for _, row := range rows {
		own := a.im.postings(a.roll, row, a.by)
		for i := range own {
			postings = append(postings, &own[i])
		}
		p := roster.Person{ID: row.Person, Name: row.Entry.Name, Phone: row.Entry.Phone, Post: row.Entry.Post, Kind: row.Entry.Kind}
		said := a.roll.First(p, a.im.ID, a.by)
		details = append(details, &said)
		p = a.roll.Replay(p, roster.Facts{Postings: own, Details: []roster.Detail{said}})
		people = append(people, &p)
	}
	if err := a.roll.Store.Insert(ctx, roster.PostingKind, postings...); err != nil && !errors.Is(err, problem.ErrExists) {
		return nil, err
	}
	if err := a.roll.Store.Insert(ctx, roster.DetailKind, details...); err != nil && !errors.Is(err, problem.ErrExists) {
		return nil, err
	}
	err := a.roll.Store.Insert(ctx, roster.PersonKind, people...)
	var some *store.TakenError
	if !errors.As(err, &some) {
		return nil, err
	}
	var taken []*ImportRow
	for _, i := range some.Taken {
		taken = append(taken, rows[i])
	}
	return taken, nil
}

// each calls do with the items, several at once so that they share the store's commits, until one fails.
func each[T any](ctx context.Context, items []T, do func(context.Context, T) error) error {
	g, until := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, item := range items {
		if until.Err() != nil {
			break
		}
		g.Go(func() error { return do(until, item) })
	}
	return cmp.Or(g.Wait(), ctx.Err())
}

// change writes the rows of people who are on the roster: the facts of many together, and then each person as the facts
// say.
func (a *application) change(ctx context.Context, rows []*ImportRow, result *Result) error {
	for some := range slices.Chunk(rows, roster.Together) {
		if err := ctx.Err(); err != nil {
			return err
		}
		whole := context.WithoutCancel(ctx)
		said, err := a.say(whole, some, result)
		if err != nil {
			return err
		}
		if err := a.roll.RefreshAll(whole, ids(said)); err != nil {
			return err
		}
		for _, row := range said {
			result.Written = append(result.Written, row.at)
			if row.Verdict == Changed {
				result.Changed++
			}
		}
		a.advance(len(some))
	}
	slices.Sort(result.Conflicts)
	return nil
}

// wish is what a row wants to change of somebody.
func (row *ImportRow) wish() roster.Wish {
	w := roster.Wish{Person: row.Person, Post: !row.Entry.On.IsZero() || !row.End.IsZero()}
	if row.End.IsZero() {
		w.On = row.Entry.On
	}
	return w
}

// say inserts what rows say of people: first what was known before, so that it can come back. It leaves out the rows of
// people whom another province has taken since they were judged, or was promised; it gives back the others.
func (a *application) say(ctx context.Context, rows []*ImportRow, result *Result) ([]*ImportRow, error) {
	var wishes []roster.Wish
	for _, row := range rows {
		wishes = append(wishes, row.wish())
	}
	known, refused, err := a.roll.Unpromised(ctx, a.im.Province, wishes)
	if err != nil {
		return nil, err
	}
	var people []roster.Person
	var said []*ImportRow
	for _, row := range rows {
		p, ok := known[row.Person]
		switch no := refused[row.Person]; {
		case !ok:
			return nil, fmt.Errorf("row %s: %w", row.Ref(), store.NotFound(roster.PersonKind, row.Person))
		case no != nil && row.Verdict == Changed:
			a.im.Rows[row.at].Problems = []RowProblem{refusal(no)}
			result.Conflicts = append(result.Conflicts, row.at)
		default:
			people, said = append(people, p), append(said, row)
		}
	}
	before, err := a.before(ctx, people)
	if err != nil {
		return nil, err
	}
	var postings, details []any
	for i, row := range said {
		p := people[i]
		for _, posting := range a.im.postings(a.roll, row, a.by) {
			postings = append(postings, &posting)
		}
		to := roster.Details{Name: p.Name, Phone: p.Phone, Post: p.Post, Kind: p.Kind}
		for _, c := range row.Changes {
			c.apply(&to)
		}
		if said, some := a.roll.NewDetail(p, to, a.im.ID, a.im.ID, a.by); some {
			details = append(details, &said)
		}
	}
	if err = a.insertAll(ctx, roster.DetailKind, before...); err == nil {
		err = a.insertAll(ctx, roster.PostingKind, postings...)
	}
	if err == nil {
		err = a.insertAll(ctx, roster.DetailKind, details...)
	}
	return said, err
}

// before are the facts that say what is known of people of whom nothing is said.
func (a *application) before(ctx context.Context, people []roster.Person) ([]any, error) {
	untold, err := a.roll.Untold(ctx, people)
	var facts []any
	for i := range untold {
		facts = append(facts, &untold[i])
	}
	return facts, err
}

// refusal is an error of the roster's rules as what a row says.
func refusal(err error) RowProblem {
	var p *problem.Problem
	if !errors.As(err, &p) {
		return RowProblem{Code: "row.late"}
	}
	said := RowProblem{Code: p.Code}
	for _, arg := range words(p.Args) {
		if day, err := time.Parse(time.DateOnly, arg); err == nil {
			arg = shown(day)
		}
		said.Args = append(said.Args, arg)
	}
	return said
}

// ids are the people of rows.
func ids(rows []*ImportRow) []string {
	var all []string
	for _, row := range rows {
		all = append(all, row.Person)
	}
	return all
}

func (a *application) insertAll(ctx context.Context, k *store.Kind, facts ...any) error {
	if len(facts) == 0 {
		return nil
	}
	if err := a.roll.Store.Insert(ctx, k, facts...); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	return nil
}

// apply writes a detail; the place follows from the postings.
func (c Change) apply(d *roster.Details) {
	switch c.Field {
	case FieldName:
		d.Name = c.New
	case FieldPhone:
		d.Phone = c.New
	case FieldPost:
		d.Post = c.New
	case FieldKind:
		d.Kind = c.New
	}
}

// leaveAll records that people who are not in the file have left. Who moved, came back or left otherwise since the
// preview, or was taken by another province or promised to it, is left as they are.
func (a *application) leaveAll(ctx context.Context, people []string, result *Result) error {
	for some := range slices.Chunk(people, roster.Together) {
		if err := ctx.Err(); err != nil {
			return err
		}
		whole := context.WithoutCancel(ctx)
		gone, err := a.leave(whole, some)
		if err != nil {
			return err
		}
		if err := a.roll.RefreshAll(whole, gone); err != nil {
			return err
		}
		for _, id := range some {
			if slices.Contains(gone, id) {
				result.Gone = append(result.Gone, id)
			} else {
				result.Stay = append(result.Stay, id)
			}
		}
		result.Left = len(result.Gone)
		a.advance(len(some))
	}
	return nil
}

// leave records that people have left, and gives back who has, now or by an earlier run of the import.
func (a *application) leave(ctx context.Context, ids []string) ([]string, error) {
	var wishes []roster.Wish
	for _, id := range ids {
		wishes = append(wishes, roster.Wish{Person: id, Post: true})
	}
	known, refused, err := a.roll.Unpromised(ctx, a.im.Province, wishes)
	if err != nil {
		return nil, err
	}
	facts, err := a.roll.FactsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var gone []string
	var people []roster.Person
	var postings []any
	for _, id := range ids {
		p, on := known[id], a.im.Left[id]
		switch {
		case slices.ContainsFunc(facts[id].Postings, func(f roster.Posting) bool { return f.Person == id && f.Event == roster.Leaves && f.Import == a.im.ID }):
			gone = append(gone, id)
		case p.Active && refused[id] == nil && !on.Before(p.Since):
			posting := a.roll.Leaving(p, on, a.by).From(a.im.ID)
			gone, people, postings = append(gone, id), append(people, p), append(postings, &posting)
		}
	}
	before, err := a.before(ctx, people)
	if err == nil {
		err = a.insertAll(ctx, roster.DetailKind, before...)
	}
	if err == nil {
		err = a.insertAll(ctx, roster.PostingKind, postings...)
	}
	return gone, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
