package server

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"lopban/courses/roster"
	"lopban/courses/store"
)

// Import limits of files that come by the page. Files of commands may be as large as roster.DefaultLimits says.
var uploadLimits = roster.Limits{Bytes: 8 << 20, Rows: roster.DefaultLimits.Rows, Columns: roster.DefaultLimits.Columns, Letters: roster.DefaultLimits.Letters}

// upload is a spreadsheet on its way into the roster of a province: previewed, being applied, or done. It names nobody; the rows are in its sheet.
type upload struct {
	ID        string    `json:"id"` // UUIDv7
	Province  string    `json:"province"`
	By        string    `json:"by"` // person
	File      string    `json:"file"`
	CreatedAt time.Time `json:"createdAt"`
	State     string    `json:"state"`  // ready, running, stopped or done
	Run       string    `json:"run"`    // names the run under way or the last one, so that one that was given up does not write any more
	BeatAt    time.Time `json:"beatAt"` // last sign of life of the run
	Done      int       `json:"done"`   // steps
	Total     int       `json:"total"`
	Counts    Imported  `json:"counts"` // what the preview says, and once done what was done
}

// Imported counts the people of an import by what becomes of them.
type Imported struct {
	Added    int   `json:"added"`
	Changed  int   `json:"changed"` // not counting those who moved
	Moved    int   `json:"moved"`   // to another commune
	Same     int   `json:"same"`
	Problems int   `json:"problems"` // rows left out, see their problems
	Late     []int `json:"late"`     // numbers of rows left out because the roster changed after the preview
}

// People is how many people an import writes.
func (n Imported) People() int { return n.Added + n.Changed + n.Moved }

// sheet is the preview of an upload: JSON of a roster.Import, packed. It holds personal data and is removed when it was applied, or after a day; the rows that were left out stay for
// that day, to be mended.
type sheet struct {
	ID        string    `json:"id"` // the upload's
	CreatedAt time.Time `json:"createdAt"`
	Packed    []byte    `json:"packed"`
}

var (
	uploadKind = &store.Kind{Name: "upload", Schema: 1, Doc: upload{}, Indexes: [][]string{{"province", "createdAt"}, {"createdAt"}}}
	sheetKind  = &store.Kind{Name: "sheet", Schema: 1, Doc: sheet{}, Indexes: [][]string{{"createdAt"}}}
)

const (
	sheetLife  = 24 * time.Hour
	uploadLife = 30 * 24 * time.Hour
	lifeless   = 30 * time.Second // without a sign of life a run is taken for dead
	beat       = time.Second
)

// pack writes a preview as JSON, the rows after the rest and one by one: as one text 10,000 rows would take 30 MB for a moment.
func pack(im *roster.Import) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	to := json.NewEncoder(z)
	rest := *im
	rest.Rows = nil
	err := to.Encode(&rest)
	for i := range im.Rows {
		if err == nil {
			err = to.Encode(&im.Rows[i])
		}
	}
	if err == nil {
		err = z.Close()
	}
	return b.Bytes(), err
}

// unpack reads what pack wrote, and what it wrote in release 0.1.0, where the rows are in the first text.
func unpack(packed []byte) (*roster.Import, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	from := json.NewDecoder(z)
	var im roster.Import
	for err = from.Decode(&im); err == nil; {
		var row roster.ImportRow
		if err = from.Decode(&row); err == nil {
			im.Rows = append(im.Rows, row)
		}
	}
	if err != io.EOF {
		return nil, err
	}
	return &im, nil
}

// preview reads what the sheet of an upload says.
func (s *Server) preview(ctx context.Context, id string) (*roster.Import, error) {
	kept, err := store.Get[sheet](ctx, s.store, sheetKind, id)
	if err != nil {
		return nil, err
	}
	return unpack(kept.Packed)
}

// countOf counts the rows of a preview; those whose number is in late were left out.
func countOf(im *roster.Import, late []int) Imported {
	n := Imported{Late: late}
	for i := range im.Rows {
		row := &im.Rows[i]
		switch {
		case slices.Contains(late, row.Number):
		case row.Verdict == roster.New:
			n.Added++
		case row.Verdict == roster.Changed && row.From != "":
			n.Moved++
		case row.Verdict == roster.Changed:
			n.Changed++
		case row.Verdict == roster.Same:
			n.Same++
		default:
			n.Problems++
		}
	}
	return n
}

// Import does what a preview says, and brings the board and the names of accounts in line. It may be interrupted at any point and repeated: it then counts as done what an earlier run did. by
// is the person who imports; progress counts two steps for each person that is written, is called from one goroutine at a time, and may be nil.
func (s *Server) Import(ctx context.Context, im *roster.Import, by string, progress func(done, total int)) (Imported, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	people := countOf(im, nil).People()
	result, err := s.roll.Apply(ctx, im, by, func(done, _ int) { progress(done, 2*people) })
	if err != nil {
		return Imported{}, err
	}
	return countOf(im, result.Conflicts), s.restateRows(ctx, im, result.Conflicts, func(done int) { progress(people+done, 2*people) })
}

// restateRows brings what is kept of the people of a preview elsewhere in line with the roster, many at once so that they share the store's commits.
func (s *Server) restateRows(ctx context.Context, im *roster.Import, late []int, progress func(done int)) error {
	var mu sync.Mutex
	done := 0
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i := range im.Rows {
		row := &im.Rows[i]
		if row.Verdict != roster.New && row.Verdict != roster.Changed || slices.Contains(late, row.Number) {
			continue
		}
		g.Go(func() error {
			if err := s.restateRow(ctx, row); err != nil {
				return fmt.Errorf("row %d: %w", row.Number, err)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done)
			return nil
		})
	}
	return g.Wait()
}

func (s *Server) restateRow(ctx context.Context, row *roster.ImportRow) error {
	if !slices.ContainsFunc(row.Changes, func(c roster.Change) bool { return c.Field == roster.FieldName }) {
		return s.board.Restate(ctx, row.Person)
	}
	p, err := s.roll.Person(ctx, row.Person)
	if err != nil {
		return err
	}
	return s.restatePerson(ctx, p)
}

// sweepUploads removes the sheets that nobody applied in a day, and uploads of long ago.
func (s *Server) sweepUploads(ctx context.Context) error {
	now := s.now()
	for _, old := range []struct {
		kind *store.Kind
		life time.Duration
	}{{sheetKind, sheetLife}, {uploadKind, uploadLife}} {
		var ids []string
		q := store.Where(store.Less("createdAt", store.Time(now.Add(-old.life)))).By("createdAt")
		err := s.store.Find(ctx, old.kind, q, func(r store.Row) error {
			var doc struct {
				ID string `json:"id"`
			}
			err := r.Decode(&doc)
			ids = append(ids, doc.ID)
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.store.Delete(ctx, old.kind, id); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

type importPage struct {
	frame
	Province  roster.Province
	Provinces []roster.Province // to choose from, for who may change more than one
	Columns   []string          // that the template has
	MB        int
	Rows      int
	Recent    []upload // the newest first
	Fault     *formFault
}

// importPage asks for a file.
func (s *Server) importPage(c *fiber.Ctx) error { return s.showImport(c, nil) }

func (s *Server) showImport(c *fiber.Ctx, fault *formFault) error {
	province, err := s.importProvince(c)
	if err != nil {
		return err
	}
	w := s.wordsOf(c)
	page := importPage{frame: s.frame(c, w.T("import.title")), Province: province, Fault: fault, MB: int(uploadLimits.Bytes >> 20), Rows: uploadLimits.Rows, Columns: roster.ExportColumns(w.Lang)[1:]}
	if page.Has(roster.Admin) {
		page.Provinces = s.places.Provinces(roster.Present)
	}
	if province.Code != "" {
		q := store.Where(store.Is("province", province.Code)).By("-createdAt").First(10)
		if page.Recent, err = store.All[upload](c.UserContext(), s.store, uploadKind, q); err != nil {
			return err
		}
	}
	return s.page(c, "import", page)
}

// importProvince is editedProvince, but empty for an administrator who is still to choose.
func (s *Server) importProvince(c *fiber.Ctx) (roster.Province, error) {
	if p, err := s.chosenProvince(c); err != nil || p.Code == "" && visitorOf(c).account.Has(roster.Admin) {
		return p, err
	}
	return s.editedProvince(c)
}

// importFile reads the file and keeps its preview. Nothing of it is written into the roster.
func (s *Server) importFile(c *fiber.Ctx) error {
	province, err := s.editedProvince(c)
	var u upload
	if err == nil {
		u, err = s.receive(c, province.Code)
	}
	if err != nil {
		fault, err := s.faultOf(c, err)
		if err != nil || explain(err).Status == fiber.StatusForbidden {
			return err
		}
		return s.showImport(c, fault)
	}
	return c.Redirect("/roster/import/"+u.ID, fiber.StatusSeeOther)
}

func (s *Server) receive(c *fiber.Ctx, province string) (upload, error) {
	header, err := c.FormFile("file")
	if err != nil || header.Filename == "" {
		return upload{}, store.Invalid("file", "file.missing")
	}
	file, err := header.Open()
	if err != nil {
		return upload{}, err
	}
	defer file.Close()
	im, err := s.roll.Preview(c.UserContext(), province, file, header.Filename, uploadLimits)
	if err != nil {
		return upload{}, err
	}
	packed, err := pack(im)
	if err != nil {
		return upload{}, err
	}
	now := store.Time(s.now())
	u := upload{ID: uuid.Must(uuid.NewV7()).String(), Province: province, By: visitorID(c), File: im.File, CreatedAt: now, State: "ready", Counts: countOf(im, nil)}
	if err := s.store.Insert(c.UserContext(), sheetKind, &sheet{u.ID, now, packed}); err != nil {
		return upload{}, err
	}
	return u, s.store.Insert(c.UserContext(), uploadKind, &u)
}

// oneUpload finds the upload that the address names, if its province is the visitor's to change.
func (s *Server) oneUpload(c *fiber.Ctx) (upload, error) {
	u, err := store.Get[upload](c.UserContext(), s.store, uploadKind, c.Params("id"))
	if err == nil && !roster.MayEditRoster(*visitorOf(c).account, u.Province) {
		err = store.NotFound(uploadKind, u.ID)
	}
	return u, err
}

// shownRows is how many rows of each sort a preview shows.
const shownRows = 200

type previewPage struct {
	frame
	upload
	Province roster.Province
	Kept     bool // the rows are there
	Faults   part[faultRow]
	Changes  part[changeRow]
	News     part[newRow]
	Outdated part[faultRow]
	Ignored  []string // titles of columns that are not read
	Private  []string // titles of columns that the roster does not keep
}

// LeftOut is how many rows are not written.
func (p previewPage) LeftOut() int { return p.Counts.Problems + len(p.Counts.Late) }

// List writes titles one after the other.
func (previewPage) List(titles []string) string { return strings.Join(titles, ", ") }

// Share is how much of the run is done, in percent.
func (p previewPage) Share() int { return 100 * p.Done / max(p.Total, 1) }

// part is the first rows of a table.
type part[T any] struct {
	Rows []T
	More int // not shown
}

func (p *part[T]) add(row T) {
	if len(p.Rows) < shownRows {
		p.Rows = append(p.Rows, row)
	} else {
		p.More++
	}
}

// faultRow is a cell that is wrong.
type faultRow struct {
	Number  int
	Name    string
	Cell    string // "C12"; the row's number alone where the file has no such column
	Field   roster.Field
	Value   string
	Why     string
	Suggest string
}

type changeRow struct {
	Number  int
	Name    string
	Person  string
	Changes []roster.Change
}

type newRow struct {
	Number int
	roster.Entry
	Place string
}

// Dead says whether the run gives no sign of life any more.
func (u upload) dead(now time.Time) bool {
	return u.State == "stopped" || u.State == "running" && now.Sub(u.BeatAt) > lifeless
}

// importPreview shows what an upload would change, how far it is, or what it did.
func (s *Server) importPreview(c *fiber.Ctx) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	if u.dead(s.now()) {
		u.State = "stopped"
	}
	page := previewPage{frame: s.frame(c, s.wordsOf(c).T("import.title")), upload: u}
	page.Province, _ = s.places.Province(roster.Present, u.Province)
	if u.State == "running" {
		c.Set("Refresh", "1")
		return s.page(c, "importing", page)
	}
	im, err := s.preview(c.UserContext(), u.ID)
	if err == nil {
		page.Kept = true
		s.fillPreview(&page, im)
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.page(c, "import-preview", page)
}

func (s *Server) fillPreview(page *previewPage, im *roster.Import) {
	for _, column := range im.Ignored() {
		if column.Private {
			page.Private = append(page.Private, column.Title)
		} else {
			page.Ignored = append(page.Ignored, column.Title)
		}
	}
	for i := range im.Rows {
		row := &im.Rows[i]
		switch row.Verdict {
		case roster.Faulty:
			for _, p := range row.Problems {
				page.Faults.add(page.fault(row, p))
			}
		case roster.Changed:
			page.Changes.add(changeRow{row.Number, row.Entry.Name, row.Person, page.shown(row.Changes)})
		case roster.New:
			page.News.add(newRow{row.Number, row.Entry, s.communeName(row.Entry.Commune)})
		case roster.Same:
			for _, p := range row.Problems {
				page.Outdated.add(page.fault(row, p))
			}
		}
	}
}

// typedName is a row's name as it was typed.
func typedName(row *roster.ImportRow) string {
	return cmp.Or(row.Cells[roster.FieldName], strings.TrimSpace(row.Cells[roster.FieldFamily]+" "+row.Cells[roster.FieldGiven]), row.Entry.Name)
}

func (w words) fault(row *roster.ImportRow, p roster.RowProblem) faultRow {
	f := faultRow{Number: row.Number, Name: typedName(row), Cell: p.Column + strconv.Itoa(row.Number), Field: p.Field, Value: p.Value, Why: w.rowProblem(p)}
	switch {
	case len(p.Suggestions) == 0:
	case p.Code == "phone.other":
		f.Suggest = w.T("import.suggest.code", p.Suggestions[0])
	default:
		f.Suggest = w.T("import.suggest", strings.Join(p.Suggestions, "; "))
	}
	return f
}

// RowProblem says in a language which cell of a row is wrong, why, and what may be meant.
func (s *Server) RowProblem(lang string, row *roster.ImportRow, p roster.RowProblem) string {
	w := words{lang, s.words[lang]}
	f := w.fault(row, p)
	return strings.TrimSpace(fmt.Sprintf("%s %q: %s %s", f.Cell, f.Value, f.Why, f.Suggest))
}

// rowProblem is a problem as a sentence. Where the problem brings no arguments, the message may name the value that was typed.
func (w words) rowProblem(p roster.RowProblem) string {
	key := "error." + p.Code
	if p.Code == "date.form" { // people write dates into spreadsheets as they speak them
		key = "error.day.form"
	}
	var args []any
	for i := range strings.Count(w.messages[key], "%s") {
		if i < len(p.Args) {
			args = append(args, p.Args[i])
		} else {
			args = append(args, p.Value)
		}
	}
	return w.T(key, args...)
}

// shown are the changes with the kinds of library in words.
func (w words) shown(changes []roster.Change) []roster.Change {
	changes = slices.Clone(changes)
	for i, c := range changes {
		if c.Field == roster.FieldKind {
			changes[i].Old, changes[i].New = w.T("kind."+c.Old), w.T("kind."+c.New)
		}
	}
	return changes
}

// importProblems sends the rows that were left out as a file to mend and import again: the columns that are read, the row's number, and what is wrong.
func (s *Server) importProblems(c *fiber.Ctx) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	im, err := s.preview(c.UserContext(), u.ID)
	if err != nil {
		return err
	}
	text, err := s.wordsOf(c).problemRows(im)
	if err != nil {
		return err
	}
	attach(c, "text/csv; charset=utf-8", "lopban-"+u.Province+"-"+u.ID[:8]+".csv")
	return c.Send(text)
}

func (w words) problemRows(im *roster.Import) ([]byte, error) {
	var columns []roster.Column
	for _, column := range im.Columns {
		if column.Field != "" {
			columns = append(columns, column)
		}
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	line := []string{}
	for _, column := range columns {
		line = append(line, harmless(column.Title))
	}
	out.Write(append(line, w.T("import.column.row"), w.T("import.column.why"))) // errors stay until Flush
	for i := range im.Rows {
		row := &im.Rows[i]
		if row.Verdict != roster.Faulty {
			continue
		}
		line, why := []string{}, []string{}
		for _, column := range columns {
			line = append(line, harmless(row.Cells[column.Field]))
		}
		for _, p := range row.Problems {
			f := w.fault(row, p)
			why = append(why, strings.TrimSpace(f.Why+" "+f.Suggest))
		}
		out.Write(append(line, strconv.Itoa(row.Number), harmless(strings.Join(why, " "))))
	}
	out.Flush()
	return b.Bytes(), out.Error()
}

// harmless puts an apostrophe before a text that a spreadsheet would calculate (CWE-1236). The import takes it back.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}

// errUnderWay says that an upload needs no run: one is under way, or it is done.
var errUnderWay = errors.New("under way or done")

// importApply begins to write an upload into the roster, or goes on with one whose run died. Pressed twice, it begins once.
func (s *Server) importApply(c *fiber.Ctx) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	if _, err := store.Get[sheet](c.UserContext(), s.store, sheetKind, u.ID); err != nil {
		if errors.Is(err, store.ErrNotFound) { // done, or too old: the page says which
			return c.Redirect("/roster/import/"+u.ID, fiber.StatusSeeOther)
		}
		return err
	}
	u, err = store.Update(c.UserContext(), s.store, uploadKind, u.ID, func(u *upload) error {
		now := store.Time(s.now())
		if u.State != "ready" && !u.dead(now) {
			return errUnderWay
		}
		u.State, u.Run, u.BeatAt, u.Done, u.Total = "running", uuid.NewString(), now, 0, 2*u.Counts.People()
		return nil
	})
	if err != nil && !errors.Is(err, errUnderWay) {
		return err
	}
	if err == nil {
		if err := s.audit(c, "roster.import", u.ID, u.Province); err != nil {
			return err
		}
		by := visitorID(c)
		s.jobs.start(func(ctx context.Context) { s.runUpload(ctx, u, by) })
	}
	return c.Redirect("/roster/import/"+c.Params("id"), fiber.StatusSeeOther)
}

// runUpload writes an upload into the roster. When that fails, or the server stops, the upload waits to be gone on with.
func (s *Server) runUpload(ctx context.Context, u upload, by string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var done atomic.Int64
	var beats sync.WaitGroup
	beats.Go(func() { s.beat(ctx, cancel, u, &done) })
	n, im, err := s.applyUpload(ctx, u, by, &done)
	cancel()
	beats.Wait()
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // the server may be stopping
	defer stop()
	if err == nil {
		err = s.keepLeftOut(last, u, im, n)
	}
	if err != nil {
		s.log.Error("import stopped", "upload", u.ID, "error", err.Error())
	}
	failed := err != nil
	_, err = store.Update(last, s.store, uploadKind, u.ID, func(now *upload) error {
		switch {
		case now.Run != u.Run:
			return errUnderWay
		case failed:
			now.State = "stopped"
		default:
			now.State, now.Counts, now.Done = "done", n, now.Total
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUnderWay) {
		s.log.Error("import not marked", "upload", u.ID, "error", err.Error())
	}
}

func (s *Server) applyUpload(ctx context.Context, u upload, by string, done *atomic.Int64) (n Imported, im *roster.Import, err error) {
	defer func() { // nobody else would catch it
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if im, err = s.preview(ctx, u.ID); err != nil {
		return n, im, err
	}
	n, err = s.Import(ctx, im, by, func(steps, _ int) { done.Store(int64(steps)) })
	return n, im, err
}

// beat writes down every second how far a run is, and ends it when another one took its place.
func (s *Server) beat(ctx context.Context, cancel context.CancelFunc, u upload, done *atomic.Int64) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		_, err := store.Update(ctx, s.store, uploadKind, u.ID, func(now *upload) error {
			if now.Run != u.Run {
				return errUnderWay
			}
			now.Done, now.BeatAt = int(done.Load()), store.Time(s.now())
			return nil
		})
		if errors.Is(err, errUnderWay) {
			cancel()
		}
	}
}

// keepLeftOut keeps of the sheet only the rows that were not written, so that they can be mended; the sheet goes when there are none.
func (s *Server) keepLeftOut(ctx context.Context, u upload, im *roster.Import, n Imported) error {
	left := *im
	left.Rows = nil
	for _, row := range im.Rows {
		if slices.Contains(n.Late, row.Number) {
			row = roster.ImportRow{Number: row.Number, Cells: row.Cells, Verdict: roster.Faulty, Problems: []roster.RowProblem{{Code: "row.late"}}}
		}
		if row.Verdict == roster.Faulty {
			left.Rows = append(left.Rows, row)
		}
	}
	if len(left.Rows) == 0 {
		if err := s.store.Delete(ctx, sheetKind, u.ID); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return nil
	}
	packed, err := pack(&left)
	if err != nil {
		return err
	}
	_, err = store.Update(ctx, s.store, sheetKind, u.ID, func(kept *sheet) error { kept.Packed = packed; return nil })
	return err
}
