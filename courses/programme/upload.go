package programme

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/courses/words"
	"lopban/courses/workbook"
)

// UploadLimits bound files that come by the page. Those of commands may be as large as DefaultLimits says.
var UploadLimits = workbook.Limits{Bytes: 8 << 20, Rows: workbook.DefaultLimits.Rows, Columns: workbook.DefaultLimits.Columns, Letters: workbook.DefaultLimits.Letters}

// Upload is a spreadsheet on its way into the roster of a province: previewed, being applied, or done. It names nobody;
// the rows are in its sheet.
type Upload struct {
	ID        string    `json:"id"` // UUIDv7
	Province  string    `json:"province"`
	By        string    `json:"by"` // person
	File      string    `json:"file"`
	CreatedAt time.Time `json:"createdAt"`
	State     string    `json:"state"`            // ready, dropped, running, stopped, done, undoing, half-undone or undone
	Cancel    bool      `json:"cancel,omitempty"` // the run is to stop before its next batch
	// names the run under way or the last one, so that one that was given up does not write any more
	Run    string    `json:"run"`
	BeatAt time.Time `json:"beatAt"` // last sign of life of the run
	Done   int       `json:"done"`   // steps
	Total  int       `json:"total"`
	Counts Imported  `json:"counts"` // what the preview says, and once done what was done
	// questions about the whole file that are open; it is not written before they are answered
	Asks    int    `json:"asks"`
	Earlier int    `json:"earlier"` // people written before the rows that waited were answered
	Seen    string `json:"seen"`    // hash of the preview, so that nothing else is written than what was seen
}

// Imported counts the people of an import by what becomes of them.
type Imported struct {
	Added    int   `json:"added"`
	Changed  int   `json:"changed"` // not counting those who moved
	Moved    int   `json:"moved"`   // to another commune
	Same     int   `json:"same"`
	Problems int   `json:"problems"` // rows left out, see their problems
	Asked    int   `json:"asked"`    // rows that wait for an answer
	Left     int   `json:"left"`     // not in the file, and said to have left
	Late     []int `json:"late"`     // indexes of rows left out because the roster changed after the preview
	// who was said to have left and is not changed: something else is known of them by now
	Stay int `json:"stay,omitempty"`
}

// People is how many people an import writes.
func (n Imported) People() int { return n.Added + n.Changed + n.Moved + n.Left }

// Sheet is the preview of an upload: JSON of a roster.Import, packed. It holds personal data and is removed when it was
// applied, or after a day; the rows that were left out stay for that day, to be mended, and rows that wait for an
// answer for longer.
type Sheet struct {
	ID        string    `json:"id"` // the upload's
	CreatedAt time.Time `json:"createdAt"`
	Waits     bool      `json:"waits"` // for answers
	Packed    []byte    `json:"packed"`
	// the file as it was read, to be understood again when something is chosen; none of release 0.1.0
	Book    []byte         `json:"book,omitempty"`
	Choices intake.Choices `json:"choices,omitzero"`
}

var (
	UploadKind = &store.Kind{Name: "upload", Schema: 1, Order: 80, Doc: Upload{}, Indexes: [][]string{{"province", "createdAt"}, {"createdAt"}}}
	SheetKind  = &store.Kind{Name: "sheet", Schema: 1, Order: 90, Doc: Sheet{}, Indexes: [][]string{{"createdAt"}}}
)

const (
	SheetLife  = 24 * time.Hour
	WaitLife   = 90 * 24 * time.Hour  // of a sheet that waits for answers
	UploadLife = 730 * 24 * time.Hour // in which an import can be undone by the page
	Lifeless   = 30 * time.Second     // without a sign of life a run is taken for dead
	beat       = time.Second
)

// Pack writes a preview as JSON, the rows after the rest and one by one: as one text 10,000 rows would take 30 MB for a
// moment.
func Pack(im *intake.Import) ([]byte, error) {
	rest := *im
	rest.Rows = nil
	values := []any{&rest}
	for i := range im.Rows {
		values = append(values, &im.Rows[i])
	}
	return pack(values...)
}

// Unpack reads what pack wrote, and what it wrote in release 0.1.0, where the rows are in the first text and there is
// one sheet.
func Unpack(packed []byte) (*intake.Import, error) {
	from, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	var im struct {
		intake.Import
		Sheet   string          `json:"sheet"`
		Header  int             `json:"header"`
		Columns []intake.Column `json:"columns"`
	}
	for err = from.Decode(&im); err == nil; {
		var row intake.ImportRow
		if err = from.Decode(&row); err == nil {
			im.Rows = append(im.Rows, row)
		}
	}
	if err != io.EOF {
		return nil, err
	}
	if len(im.Sheets) == 0 {
		im.Sheets = []intake.Part{{Name: im.Sheet, Read: true, Header: im.Header, Columns: im.Columns, People: len(im.Rows)}}
	}
	return &im.Import, nil
}

// PackBook writes a file as it was read.
func PackBook(b *workbook.Book) ([]byte, error) { return pack(b) }

// OpenBook is the file of an upload as it was read; of one from release 0.1.0 what its preview says.
func (kept *Sheet) OpenBook(im *intake.Import) (*workbook.Book, error) {
	if len(kept.Book) == 0 {
		return intake.BookOf(im), nil
	}
	from, err := unpack(kept.Book)
	if err != nil {
		return nil, err
	}
	var b workbook.Book
	return &b, from.Decode(&b)
}

// Preview reads what the sheet of an upload says.
func (s *Programme) Preview(ctx context.Context, id string) (*intake.Import, error) {
	kept, err := store.Get[Sheet](ctx, s.Store, SheetKind, id)
	if err != nil {
		return nil, err
	}
	return Unpack(kept.Packed)
}

// CountOf counts the rows of a preview; those whose number is in late were left out.
func CountOf(im *intake.Import, late []int) Imported {
	n := Imported{Late: late, Left: len(im.Left)}
	for i := range im.Rows {
		row := &im.Rows[i]
		switch {
		case slices.Contains(late, i):
		case row.Verdict == intake.New:
			n.Added++
		case row.Verdict == intake.Changed && row.From != "":
			n.Moved++
		case row.Verdict == intake.Changed:
			n.Changed++
		case row.Verdict == intake.Same:
			n.Same++
		case row.Verdict == intake.Asked:
			n.Asked++
		default:
			n.Problems++
		}
	}
	return n
}

// Shows says in the upload what its preview does.
func (u *Upload) Shows(im *intake.Import) {
	u.Counts, u.Asks, u.Seen = CountOf(im, nil), len(im.Asks), im.Hash()
}

// Look previews a file with what is chosen, and with the titles that the province has chosen before.
func (s *Programme) Look(ctx context.Context, province string, book *workbook.Book, choices intake.Choices, limits workbook.Limits) (*intake.Import, intake.Choices, error) {
	titles, err := intake.Remembered(ctx, s.Store, province)
	if err != nil {
		return nil, choices, err
	}
	choices.Titles = titles
	im, err := s.Lexicon.Preview(ctx, s.Roll, province, book, choices, limits)
	return im, choices, err
}

// Import does what a preview says, and brings the board and the names of accounts in line. It may be interrupted at any
// point and repeated: it then counts as done what an earlier run did. by is the person who imports; progress counts two
// steps for each person that is written, is called from one goroutine at a time, and may be nil.
func (s *Programme) Import(ctx context.Context, im *intake.Import, by string, progress func(done, total int)) (Imported, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	people := CountOf(im, nil).People()
	if err := s.known(ctx, im, by); err != nil {
		return Imported{}, err
	}
	result, err := intake.Apply(ctx, s.Roll, im, by, func(done, _ int) { progress(done, 2*people) })
	if err != nil {
		return Imported{}, s.halted(ctx, im, by, result, err)
	}
	n := CountOf(im, result.Conflicts)
	n.Left, n.Stay = result.Left, len(result.Stay)
	if err := s.refreshRows(ctx, im, result.Conflicts, func(done int) { progress(people+done, 2*people) }); err != nil {
		return n, err
	}
	if err := resumed(ctx, s.Store, im.ID); err != nil {
		return n, err
	}
	note := s.Languages.In("vi").T("audit.import.note", im.File, n.Added, n.Changed, n.Moved, n.Left)
	return n, s.Tell(ctx, AuditEntry{By: by, Action: "roster.imported", Subject: im.ID, Province: im.Province, Note: note})
}

// Halted is an import that stopped between two batches: what it wrote is whole and on the board. It can be gone on
// with, and undone.
type Halted struct {
	ID          string
	Entered, Of int // people
	Err         error
}

func (h *Halted) Error() string { return h.Err.Error() }
func (h *Halted) Unwrap() error { return h.Err }

// halted brings the board in line with what an import wrote before its context ended, and says how far it came.
func (s *Programme) halted(ctx context.Context, im *intake.Import, by string, wrote intake.Result, failed error) error {
	if ctx.Err() == nil {
		return failed
	}
	ctx = context.WithoutCancel(ctx)
	part := *im
	part.Rows, part.Left = nil, map[string]time.Time{}
	for _, i := range wrote.Written {
		part.Rows = append(part.Rows, im.Rows[i])
	}
	for _, id := range wrote.Gone {
		part.Left[id] = im.Left[id]
	}
	if err := s.refreshRows(ctx, &part, nil, func(int) {}); err != nil {
		return errors.Join(failed, err)
	}
	entered, err := intake.SaidOf(ctx, s.Roll, im.ID)
	if err != nil {
		return errors.Join(failed, err)
	}
	h := &Halted{ID: im.ID, Entered: entered, Of: CountOf(im, nil).People(), Err: failed}
	err = changeUpload(ctx, s.Store, im.ID, func(u *Upload) {
		if u.Run == "" { // at the console
			u.State = "stopped"
		}
	})
	note := s.Languages.In("vi").T("audit.halted.note", im.File, h.Entered, h.Of)
	err = cmp.Or(err, s.Tell(ctx, AuditEntry{By: by, Action: "roster.halted", Subject: im.ID, Province: im.Province, Note: note}))
	if err != nil {
		return errors.Join(failed, err)
	}
	return h
}

// resumed says of an import at the console that it is done, also one that was stopped before.
func resumed(ctx context.Context, st store.Store, id string) error {
	return changeUpload(ctx, st, id, func(u *Upload) {
		if u.Run == "" && u.State == "stopped" {
			u.State = "done"
		}
	})
}

func changeUpload(ctx context.Context, st store.Store, id string, change func(*Upload)) error {
	_, err := store.Update(ctx, st, UploadKind, id, func(u *Upload) error { change(u); return nil })
	return err
}

// known makes sure that there is an upload of an import, so that it is listed and can be undone: one from the console
// has none yet.
func (s *Programme) known(ctx context.Context, im *intake.Import, by string) error {
	now := store.Time(s.Now())
	u := Upload{ID: im.ID, Province: im.Province, By: by, File: im.File, CreatedAt: now, State: "done", BeatAt: now, Counts: CountOf(im, nil)}
	if err := s.Store.Insert(ctx, UploadKind, &u); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	return nil
}

// refreshAtOnce is how many people are brought in line at once, so that they share the store's commits.
const refreshAtOnce = 128

// refreshRows brings what is kept of the people of a preview elsewhere in line with the roster.
func (s *Programme) refreshRows(ctx context.Context, im *intake.Import, late []int, progress func(done int)) error {
	var fresh, rows []*intake.ImportRow
	for i := range im.Rows {
		row := &im.Rows[i]
		switch {
		case slices.Contains(late, i):
		case row.Verdict == intake.New:
			fresh = append(fresh, row)
		case row.Verdict == intake.Changed:
			rows = append(rows, row)
		}
	}
	done := 0
	for some := range slices.Chunk(fresh, roster.Together) {
		if err := s.enter(ctx, some); err != nil {
			return err
		}
		done += len(some)
		progress(done)
	}
	for some := range slices.Chunk(rows, roster.Together) {
		if err := s.refreshSome(ctx, some); err != nil {
			return err
		}
		done += len(some)
		progress(done)
	}
	return s.Board.RefreshStanding(ctx, slices.Collect(maps.Keys(im.Left))...)
}

// enter puts people on the board who are new.
func (s *Programme) enter(ctx context.Context, rows []*intake.ImportRow) error {
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.Person)
	}
	people, err := s.Roll.PeopleOf(ctx, ids)
	if err != nil {
		return err
	}
	return s.Board.Enter(ctx, slices.Collect(maps.Values(people)))
}

// refreshSome brings the board and, of those who are called otherwise, the accounts in line.
func (s *Programme) refreshSome(ctx context.Context, rows []*intake.ImportRow) error {
	var ids, called []string
	for _, row := range rows {
		ids = append(ids, row.Person)
		if slices.ContainsFunc(row.Changes, func(c intake.Change) bool { return c.Field == intake.FieldName }) {
			called = append(called, row.Person)
		}
	}
	people, err := s.Roll.PeopleOf(ctx, called)
	if err != nil {
		return err
	}
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(8) // accounts at once
	for _, p := range people {
		g.Go(func() error { return renameAccount(within, s, p) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return s.Board.RefreshStanding(ctx, ids...)
}

// SweepUploads removes the sheets and the drafts of changes of places that nobody applied in a day, and uploads of long
// ago.
func (s *Programme) SweepUploads(ctx context.Context) error {
	now := s.Now()
	for _, old := range []struct {
		kind *store.Kind
		life time.Duration
	}{{SheetKind, SheetLife}, {PlaceDraftKind, SheetLife}, {UploadKind, UploadLife}} {
		var ids []string
		q := store.Where(store.Less("createdAt", store.Time(now.Add(-old.life)))).By("createdAt")
		err := s.Store.Find(ctx, old.kind, q, func(r store.Row) error {
			var doc struct {
				ID        string    `json:"id"`
				CreatedAt time.Time `json:"createdAt"`
				Waits     bool      `json:"waits"`
			}
			err := r.Decode(&doc)
			if !doc.Waits || now.Sub(doc.CreatedAt) > WaitLife {
				ids = append(ids, doc.ID)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.Store.Delete(ctx, old.kind, id); err != nil && !errors.Is(err, problem.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

// Dead says whether the run gives no sign of life any more.
func (u Upload) Dead(now time.Time) bool {
	return u.State == "stopped" || (u.State == "running" || u.State == "undoing") && now.Sub(u.BeatAt) > Lifeless
}

// ErrUnderWay says that an upload needs no run: one is under way, or it is done.
var ErrUnderWay = errors.New("under way or done")

// RunUpload writes an upload into the roster. When that fails, or the server stops, the upload waits to be gone on
// with.
func (s *Programme) RunUpload(ctx context.Context, u Upload, by string) {
	s.run(ctx, u, "stopped", func(ctx context.Context, done *atomic.Int64) (func(*Upload), error) {
		n, im, err := s.applyUpload(ctx, u, by, done)
		if halted := (*Halted)(nil); errors.As(err, &halted) && errors.Is(err, errCancelled) {
			return func(now *Upload) { now.State, now.Cancel = "stopped", false }, nil
		}
		if err != nil {
			return nil, err
		}
		return func(now *Upload) { now.State, now.Counts, now.Done = "done", n, now.Total }, keepLeftOut(context.WithoutCancel(ctx), s.Store, u, im, n)
	})
}

// errCancelled ends a run that somebody cancelled.
var errCancelled = errors.New("cancelled")

// CancelUpload stops an import: one that is being entered before its next batch, and of one that nobody has entered
// anything of the file is thrown away. In any other state it changes nothing; so does doing it again.
func (s *Programme) CancelUpload(ctx context.Context, id string) error {
	drop := false
	_, err := store.Update(ctx, s.Store, UploadKind, id, func(u *Upload) error {
		drop = u.State == "ready" && u.Earlier == 0 || u.State == "dropped"
		switch {
		case drop:
			u.State = "dropped"
		case u.State == "running" && u.Dead(store.Time(s.Now())):
			u.State = "stopped"
		case u.State == "running":
			u.Cancel = true
		}
		return nil
	})
	if err != nil || !drop {
		return err
	}
	if err := s.Store.Delete(ctx, SheetKind, id); !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return nil
}

// Entered counts the people of whom an import that stopped has said something.
func (s *Programme) Entered(ctx context.Context, id string) (int, error) {
	return intake.SaidOf(ctx, s.Roll, id)
}

// attempted is what the work gives, or the panic that nobody else would catch as an error.
func attempted[T any](work func() (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return work()
}

// run does a piece of work on an upload and writes down what came of it, or else how it is left; meanwhile it writes
// down how far it is.
func (s *Programme) run(ctx context.Context, u Upload, failed string, work func(context.Context, *atomic.Int64) (func(*Upload), error)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var done atomic.Int64
	var beats sync.WaitGroup
	beats.Go(func() { s.beat(ctx, cancel, u, &done) })
	ended, err := attempted(func() (func(*Upload), error) { return work(ctx, &done) })
	cancel()
	beats.Wait()
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // the server may be stopping
	defer stop()
	if err != nil {
		s.Log.Error("import stopped", "upload", u.ID, "error", err.Error())
		ended = func(now *Upload) { now.State = failed }
	}
	_, err = store.Update(last, s.Store, UploadKind, u.ID, func(now *Upload) error {
		if now.Run != u.Run {
			return ErrUnderWay
		}
		ended(now)
		return nil
	})
	if err != nil && !errors.Is(err, ErrUnderWay) {
		s.Log.Error("import not marked", "upload", u.ID, "error", err.Error())
	}
}

// importTries is how often an import is gone on with by itself when the store cannot be reached: each try waits for it
// as long as a call may, so that an election is over before the last.
const importTries = 8

// applyUpload writes what the preview says. What was written by an earlier try is found again.
func (s *Programme) applyUpload(ctx context.Context, u Upload, by string, done *atomic.Int64) (n Imported, im *intake.Import, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	progress := func(steps, total int) {
		done.Store(int64(steps))
		if 2*steps >= total { // all are entered
			return
		}
		if now, err := store.Get[Upload](ctx, s.Store, UploadKind, u.ID); err == nil && now.Cancel && now.Run == u.Run {
			cancel(errCancelled)
		}
	}
	for try := 1; ; try++ {
		if im, err = s.Preview(ctx, u.ID); err == nil {
			n, err = s.Import(ctx, im, by, progress)
		}
		if err != nil && context.Cause(ctx) == errCancelled {
			return n, im, errors.Join(errCancelled, err)
		}
		if !errors.Is(err, problem.ErrUnavailable) || ctx.Err() != nil || try == importTries {
			return n, im, err
		}
		s.Log.Warn("import is gone on with", "upload", u.ID, "try", try, "error", err.Error())
	}
}

// beat writes down every second how far a run is, and ends it when another one took its place.
func (s *Programme) beat(ctx context.Context, cancel context.CancelFunc, u Upload, done *atomic.Int64) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		_, err := store.Update(ctx, s.Store, UploadKind, u.ID, func(now *Upload) error {
			if now.Run != u.Run {
				return ErrUnderWay
			}
			now.Done, now.BeatAt = int(done.Load()), store.Time(s.Now())
			return nil
		})
		if errors.Is(err, ErrUnderWay) {
			cancel()
		}
	}
}

// keepLeftOut keeps of the sheet only the rows that were not written, so that they can be mended; the sheet goes when
// there are none.
func keepLeftOut(ctx context.Context, st store.Store, u Upload, im *intake.Import, n Imported) error {
	left := *im
	left.Rows, left.Left, left.Absent, left.Part = nil, nil, intake.Absent{}, true
	for i, row := range im.Rows {
		if slices.Contains(n.Late, i) {
			why := row.Problems
			if len(why) == 0 {
				why = []intake.RowProblem{{Code: "row.late"}}
			}
			row = intake.ImportRow{Sheet: row.Sheet, Number: row.Number, Cells: row.Cells, Under: row.Under, Verdict: intake.Faulty, Problems: why}
		}
		if row.Verdict == intake.Faulty || row.Verdict == intake.Asked {
			left.Rows = append(left.Rows, row)
		}
	}
	if len(left.Rows) == 0 {
		if err := st.Delete(ctx, SheetKind, u.ID); !errors.Is(err, problem.ErrNotFound) {
			return err
		}
		return nil
	}
	packed, err := Pack(&left)
	if err != nil {
		return err
	}
	_, err = store.Update(ctx, st, SheetKind, u.ID, func(kept *Sheet) error {
		book, err := kept.OpenBook(&left)
		if err != nil {
			return err
		}
		intake.Keep(book, left.Rows)
		kept.Packed, kept.Waits = packed, n.Asked > 0
		kept.Choices.Left, kept.Choices.Part = nil, true
		kept.Book, err = PackBook(book)
		return err
	})
	return err
}

// rowProblem is a problem as a sentence. Where the problem brings no arguments, the message may name the value that was
// typed.
func rowProblem(w words.Words, p intake.RowProblem) string {
	key := "error." + p.Code
	if p.Code == "date.form" { // people write dates into spreadsheets as they speak them
		key = "error.day.form"
	}
	var args []any
	for i := range strings.Count(w.Messages[key], "%s") {
		if i < len(p.Args) {
			args = append(args, p.Args[i])
		} else {
			args = append(args, p.Value)
		}
	}
	said := w.T(key, args...)
	if p.Then != nil {
		said += " " + rowProblem(w, *p.Then)
	}
	return said
}

// RowFault is a cell that is wrong, or was read otherwise than typed.
type RowFault struct {
	At        string // of the row, see Import.At
	Name      string
	Cell      string // "C12"; the row's number alone where the file has no such column
	Key       string // of the cell, for accepting
	Field     intake.Field
	Value     string
	Why       string
	Suggest   string
	Offers    []string // suggestions that can be taken
	Alike     bool     // other cells have the same fault
	Ref       string   // of the row
	Away      string   // the province where the person was found, which can be asked for them
	Requested bool     // it was
}

// TypedName is a row's name as it was typed.
func TypedName(row *intake.ImportRow) string {
	return cmp.Or(row.Cells[intake.FieldName], strings.TrimSpace(row.Cells[intake.FieldFamily]+" "+row.Cells[intake.FieldGiven]), row.Entry.Name)
}

// FaultOf says what is wrong with a row of an import, or what was read otherwise.
func FaultOf(w words.Words, im *intake.Import, row *intake.ImportRow, p intake.RowProblem) RowFault {
	f := RowFault{At: im.At(row), Name: TypedName(row), Cell: p.Column + strconv.Itoa(row.Number), Key: row.Cell(p.Field), Field: p.Field, Value: p.Value, Why: rowProblem(w, p), Ref: row.Ref()}
	if (p.Code == "name.away" || p.Code == "row.elsewhere") && len(p.Args) > 0 {
		f.Away, f.Requested = p.Args[0], im.Answers[row.Ref()] == intake.Away
	}
	switch {
	case len(p.Suggestions) == 0:
	default:
		f.Suggest = w.T("import.suggest", strings.Join(p.Suggestions, "; "))
	}
	if p.Acceptable() {
		f.Offers = p.Suggestions
	}
	return f
}

// AskText is an open question about a whole file.
func AskText(w words.Words, a intake.Ask) string {
	var args []any
	for i, arg := range a.Args {
		if a.Code == "letters" && i == 0 {
			arg = w.T("letters." + arg)
		}
		args = append(args, arg)
	}
	if a.Code == "letters" && len(args) == 2 {
		if a.Args[1] == "" { // no code is told
			return w.T("import.ask.letters", args[0])
		}
		return w.T("import.ask.letters.in", args[1], args[0])
	}
	return w.T("import.ask."+a.Code, args...)
}

// String is the fault for a terminal: which cell is wrong, why, and what may be meant.
func (f RowFault) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %q: %s %s", f.Cell, f.Value, f.Why, f.Suggest))
}
