package roster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lopban/courses/store"
)

// Import is what a file would change in the roster of a province: a verdict for each of its rows. Nothing is written before Apply. It can be kept as JSON, or the file be
// kept and previewed again and the two compared by Hash.
type Import struct {
	Province string      `json:"province"` // present province, code
	File     string      `json:"file"`     // name, to show
	Key      string      `json:"key"`      // of the file's content: the ids of new people are made of it
	Sheet    string      `json:"sheet"`    // "" of a CSV file
	Header   int         `json:"header"`   // row of the titles
	Day      time.Time   `json:"day"`      // the start of posts for which the file has no date
	Columns  []Column    `json:"columns"`
	Rows     []ImportRow `json:"rows"`
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
	Number   int              `json:"row"`   // as the spreadsheet counts; of a CSV file the line
	Cells    map[Field]string `json:"cells"` // as typed
	Verdict  Verdict          `json:"verdict"`
	Person   string           `json:"person,omitempty"` // id, also the one that a new person will have
	Entry    Entry            `json:"entry"`            // what the person will be; On is zero where no start is recorded
	End      time.Time        `json:"end,omitzero"`     // zero where no leave is recorded
	From     string           `json:"from,omitempty"`   // commune, code, from which the person moves here
	Changes  []Change         `json:"changes,omitempty"`
	Problems []RowProblem     `json:"problems,omitempty"` // of a row that is Same: "row.outdated", the roster has a later entry of this person
}

// Change is a field before and after.
type Change struct {
	Field Field  `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// RowProblem says what is wrong in a row. Code is the key of its message, "error." and the code, and Args fill its places.
type RowProblem struct {
	Code        string   `json:"code"`
	Field       Field    `json:"field,omitempty"`
	Column      string   `json:"column,omitempty"` // letter, "" where the file has no such column
	Value       string   `json:"value,omitempty"`  // as typed
	Suggestions []string `json:"suggestions,omitempty"`
	Args        []string `json:"args,omitempty"`
}

// Result is what Apply did, in rows.
type Result struct {
	New       int   `json:"new"`
	Changed   int   `json:"changed"`
	Same      int   `json:"same"`
	Problems  int   `json:"problems"`
	Conflicts []int `json:"conflicts"` // numbers of rows left out because the roster has changed since the preview
}

// Preview reads a CSV or XLSX file (name is only shown) and compares it with the roster of a province. A row finds its person by code, else by phone number, else by folded name
// and commune. People who are not in the file are left as they are. What is wrong with the whole file is a *store.Problem of the field "file".
func (r *Roll) Preview(ctx context.Context, province string, file io.Reader, name string, limits Limits) (*Import, error) {
	if _, ok := r.Places.Province(Present, province); !ok {
		return nil, store.Invalid("province", "province.unknown", province)
	}
	t, data, err := readFile(file, limits)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(data)
	im := &Import{Province: province, File: shorten(Clean(name)), Key: hex.EncodeToString(key[:]), Sheet: t.sheet, Header: t.header, Day: Day(r.Now()), Columns: t.columns}
	im.Rows = t.drafts(limits)
	return im, r.judge(ctx, im)
}

// Ignored lists the columns of the file that are not read.
func (im *Import) Ignored() []Column { return ignored(im.Columns) }

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
	json.NewEncoder(h).Encode([]any{im.Province, im.Rows}) // neither can fail
	return hex.EncodeToString(h.Sum(nil))
}

const (
	batch   = 500 // people inserted together
	workers = 32  // people changed at once
)

// Apply does what the preview says. Each row is first compared with the roster as it is now, and left out where the verdict is another one. It may be interrupted at any point and
// repeated: postings and people have ids made of what they say. by is the person who imports; progress is called from one goroutine at a time and may be nil.
func (r *Roll) Apply(ctx context.Context, im *Import, by string, progress func(done, total int)) (Result, error) {
	now := *im
	now.Rows = make([]ImportRow, len(im.Rows))
	for i, row := range im.Rows {
		now.Rows[i] = ImportRow{Number: row.Number, Cells: row.Cells}
	}
	if err := r.judge(ctx, &now); err != nil {
		return Result{}, err
	}
	result, todo := im.compare(&now)
	a := &application{roll: r, im: im, by: by, total: len(todo.added) + len(todo.changed), progress: progress}
	if err := a.add(ctx, todo.added, &result); err != nil {
		return result, err
	}
	err := a.change(ctx, todo.changed)
	result.Changed = int(a.changed.Load())
	return result, err
}

// todo is the rows to write; those of changed are also the ones that another run of the same import has written, perhaps not to the end.
type todo struct{ added, changed []*ImportRow }

func (im *Import) compare(now *Import) (Result, todo) {
	var result Result
	var do todo
	for i := range im.Rows {
		was, is := &im.Rows[i], &now.Rows[i]
		switch {
		case was.Verdict == Faulty:
			result.Problems++
		case was.Verdict == Same:
			result.Same++
		case is.Verdict == Same:
			result.Same++
			if was.Verdict == Changed {
				do.changed = append(do.changed, is)
			}
		case !is.follows(was):
			result.Conflicts = append(result.Conflicts, was.Number)
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
	return !slices.ContainsFunc(row.Changes, func(c Change) bool { return !slices.Contains(shown.Changes, c) })
}

// application is a run of Apply.
type application struct {
	roll     *Roll
	im       *Import
	by       string
	total    int
	progress func(done, total int)

	mu      sync.Mutex
	done    int
	changed atomic.Int64
}

func (a *application) advance(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done += n
	if a.progress != nil {
		a.progress(a.done, a.total)
	}
}

// postings are the facts that a row says.
func (r *Roll) postings(row *ImportRow, by string) []Posting {
	c, _ := r.Places.Commune(row.Entry.Commune)
	var list []Posting
	if !row.Entry.On.IsZero() {
		list = append(list, r.newPosting(row.Person, Starts, row.Entry, c, by))
	}
	if !row.End.IsZero() {
		left := row.Entry
		left.On = row.End
		list = append(list, r.newPosting(row.Person, Leaves, left, c, by))
	}
	return list
}

// add inserts new people in batches, the postings first: a run that stops between the two finds the people missing and goes on.
func (a *application) add(ctx context.Context, rows []*ImportRow, result *Result) error {
	for len(rows) > 0 {
		some := rows[:min(batch, len(rows))]
		rows = rows[len(some):]
		if err := ctx.Err(); err != nil {
			return err
		}
		taken, err := a.insert(ctx, some)
		if err != nil {
			return err
		}
		result.New += len(some) - len(taken)
		for _, row := range taken {
			result.Conflicts = append(result.Conflicts, row.Number)
		}
		a.advance(len(some))
	}
	return nil
}

// insert writes new people and gives back the rows whose id somebody has.
func (a *application) insert(ctx context.Context, rows []*ImportRow) ([]*ImportRow, error) {
	var postings, people []any
	for _, row := range rows {
		own := a.roll.postings(row, a.by)
		for i := range own {
			postings = append(postings, &own[i])
		}
		p := a.roll.person(Person{ID: row.Person, Name: row.Entry.Name, Phone: row.Entry.Phone, Post: row.Entry.Post, Kind: row.Entry.Kind}, own)
		people = append(people, &p)
	}
	if err := a.roll.Store.Insert(ctx, PostingKind, postings...); err != nil && !errors.Is(err, store.ErrExists) {
		return nil, err
	}
	err := a.roll.Store.Insert(ctx, PersonKind, people...)
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

// change writes the rows of people who are on the roster, several at once so that they share the store's commits.
func (a *application) change(ctx context.Context, rows []*ImportRow) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *ImportRow)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for row := range next {
				if err := a.changeOne(ctx, row); err != nil {
					cancel(fmt.Errorf("row %d: %w", row.Number, err))
				}
			}
		})
	}
	for _, row := range rows {
		if ctx.Err() != nil {
			break
		}
		next <- row
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

func (a *application) changeOne(ctx context.Context, row *ImportRow) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, posting := range a.roll.postings(row, a.by) {
		if err := a.roll.Store.Insert(ctx, PostingKind, &posting); err != nil && !errors.Is(err, store.ErrExists) {
			return err
		}
	}
	_, err := a.roll.refresh(ctx, row.Person, func(p *Person) {
		for _, c := range row.Changes {
			c.apply(p)
		}
	})
	if err == nil && row.Verdict == Changed {
		a.changed.Add(1)
	}
	a.advance(1)
	return err
}

// apply writes a detail; the place follows from the postings.
func (c Change) apply(p *Person) {
	switch c.Field {
	case FieldName:
		p.Name = c.New
	case FieldPhone:
		p.Phone = c.New
	case FieldPost:
		p.Post = c.New
	case FieldKind:
		p.Kind = c.New
	}
}
