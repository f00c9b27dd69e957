package people

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/letters"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/courses/words"
	"lopban/courses/workbook"
	"lopban/server/page"
)

// ShownRows is how many rows of each sort a page of a preview shows.
const ShownRows = 200

type previewPage struct {
	page.Frame
	programme.Upload
	Province roster.Province
	Kept     bool // the rows are there
	Entered  int  // people, of an import that stopped halfway
	Apart    bool // a row's number does not tell its sheet
	Show     string
	Faults   *part[programme.RowFault]
	Warned   *part[programme.RowFault]
	Changes  *part[changeRow]
	News     *part[newRow]
	Outdated *part[programme.RowFault]
	Asking   asking
	Same     *part[newRow]
	Sheets   []sheetView
	Asks     []askView
	Settled  []askView // were answered
	Undated  int       // new people for whom the file has no start
	Start    time.Time
	Sole     int      // suggestions that can be taken all at once
	Ignored  []string // titles of columns that are not read
	Private  []string // titles of columns that the roster does not keep
	Fields   []intake.Field
	Codes    []letters.Code
	Today    time.Time
}

// LeftOut is how many rows are not written.
func (p previewPage) LeftOut() int { return p.Counts.Problems + len(p.Counts.Late) }

// List writes titles one after the other.
func (previewPage) List(titles []string) string { return strings.Join(titles, ", ") }

// Share is how much of the run is done, in percent.
func (p previewPage) Share() int { return 100 * p.Done / max(p.Total, 1) }

// Day is a date as forms take it.
func (previewPage) Day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// sheetView is a sheet of the file and what its columns are taken for.
type sheetView struct {
	intake.Part
	Index  int
	Hidden []string // letters and titles of hidden columns that are read
	Few    string   // numbers of the first hidden rows
}

// Unknown says whether the sheet has a row of titles in which nobody's name was found.
func (v sheetView) Unknown() bool {
	return v.Header > 0 && !slices.ContainsFunc(v.Columns, func(c intake.Column) bool {
		return c.Field == intake.FieldName || c.Field == intake.FieldGiven || c.Field == intake.FieldCode
	})
}

type askView struct {
	intake.Ask
	Text  string
	Chose string // what was answered, in words
}

// part is some rows of a table: the first of each, or a page of the one that is shown whole.
type part[T any] struct {
	Name  string
	Rows  []T
	Total int
	Page  int // from 1; 0 where only the first are shown
	from  int
}

// More is how many rows are not on the page.
func (p *part[T]) More() int {
	if p.Page > 0 {
		return 0
	}
	return p.Total - len(p.Rows)
}

// Pages is how many pages there are.
func (p *part[T]) Pages() int { return (p.Total + ShownRows - 1) / ShownRows }

// Next and Before are numbers of pages, 0 for none.
func (p *part[T]) Next() int {
	if p.Page == 0 || p.Page >= p.Pages() {
		return 0
	}
	return p.Page + 1
}

func (p *part[T]) Before() int { return max(0, p.Page-1) }

func (p *part[T]) add(row T) {
	if p.Total >= p.from && len(p.Rows) < ShownRows {
		p.Rows = append(p.Rows, row)
	}
	p.Total++
}

func newPart[T any](name, show string, shown int) *part[T] {
	p := &part[T]{Name: name}
	if name == show {
		p.Page = max(1, shown)
		p.from = (p.Page - 1) * ShownRows
	}
	return p
}

type changeRow struct {
	At      string // see Import.At
	Name    string
	Person  string
	Changes []intake.Change
}

type newRow struct {
	At     string // see Import.At
	Person string
	roster.Entry
	End    time.Time
	Place  string
	Hidden bool
}

// ImportPreview shows what an upload would change, how far it is, or what it did.
func (s *Pages) ImportPreview(c *fiber.Ctx) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	return s.showPreview(c, u, func(*asking) {})
}

// showPreview shows an upload as it is now, with what was typed into its questions and is not kept.
func (s *Pages) showPreview(c *fiber.Ctx, u programme.Upload, typed func(*asking)) error {
	if u.Dead(s.Now()) {
		u.State = map[bool]string{true: "half-undone", false: "stopped"}[u.State == "undoing"]
	}
	show, number := c.Query("show"), c.QueryInt("page", 1)
	shown := previewPage{Frame: s.Frame(c, s.WordsOf(c).T("import.title")), Upload: u, Show: show, Fields: intake.Fields, Codes: letters.Codes, Today: s.Now(),
		Faults: newPart[programme.RowFault]("problems", show, number), Warned: newPart[programme.RowFault]("warnings", show, number), Changes: newPart[changeRow]("changes", show, number), News: newPart[newRow]("new", show, number),
		Outdated: newPart[programme.RowFault]("outdated", show, number), Same: newPart[newRow]("same", show, number)}
	shown.Province, _ = s.Places.Province(roster.Present, u.Province)
	if u.State == "running" || u.State == "undoing" {
		c.Set("Refresh", "1")
		return s.Page(c, "importing", shown)
	}
	if u.State == "stopped" {
		entered, err := s.Entered(c.UserContext(), u.ID)
		if err != nil {
			return err
		}
		shown.Entered = entered
	}
	im, err := s.Preview(c.UserContext(), u.ID)
	if err == nil {
		shown.Kept = true
		s.fillPreview(&shown, im)
		if err := s.fillAsking(c, &shown, im); err != nil {
			return err
		}
		typed(&shown.Asking)
	} else if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	return s.Page(c, "import-preview", shown)
}

func (s *Pages) fillPreview(shown *previewPage, im *intake.Import) {
	for _, column := range im.Ignored() {
		if column.Private {
			shown.Private = append(shown.Private, column.Title)
		} else {
			shown.Ignored = append(shown.Ignored, column.Title)
		}
	}
	shown.Apart, shown.Start = im.Apart(), im.Start
	s.fillSheets(shown, im)
	for _, ask := range im.Asks {
		shown.Asks = append(shown.Asks, askView{ask, programme.AskText(shown.Words, ask), ""})
	}
	for _, ask := range im.Settled {
		chose := "import.ask." + ask.Code + "." + ask.Chosen
		if ask.Code == "letters" {
			chose = "letters." + ask.Chosen
		}
		shown.Settled = append(shown.Settled, askView{ask, programme.AskText(shown.Words, ask), shown.T(chose)})
	}
	alike := map[[3]string]int{}
	for i := range im.Rows {
		for _, p := range slices.Concat(im.Rows[i].Problems, im.Rows[i].Warnings) {
			alike[[3]string{p.Code, string(p.Field), p.Value}]++
			if p.Sole() {
				shown.Sole++
			}
		}
	}
	fault := func(row *intake.ImportRow, p intake.RowProblem) programme.RowFault {
		f := programme.FaultOf(shown.Words, im, row, p)
		f.Alike = len(f.Offers) > 0 && alike[[3]string{p.Code, string(p.Field), p.Value}] > 1
		return f
	}
	for i := range im.Rows {
		row := &im.Rows[i]
		switch row.Verdict {
		case intake.Faulty:
			for _, p := range row.Problems {
				shown.Faults.add(fault(row, p))
			}
		case intake.Changed:
			shown.Changes.add(changeRow{im.At(row), row.Entry.Name, row.Person, page.ShownChanges(shown.Words, row.Changes)})
		case intake.New:
			shown.News.add(newRow{im.At(row), "", row.Entry, row.End, s.CommuneName(row.Entry.Commune), row.Hidden})
		case intake.Same:
			shown.Same.add(newRow{im.At(row), row.Person, row.Entry, row.End, s.CommuneName(row.Entry.Commune), row.Hidden})
			for _, p := range row.Problems {
				shown.Outdated.add(fault(row, p))
			}
		}
		for _, p := range slices.Concat(row.Notes, row.Warnings) {
			if p.Says(intake.Undated) {
				shown.Undated++
			}
			shown.Warned.add(fault(row, p))
		}
	}
}

func (s *Pages) fillSheets(shown *previewPage, im *intake.Import) {
	for i, p := range im.Sheets {
		v := sheetView{Part: p, Index: i}
		var few []string
		for _, number := range p.Rows[:min(len(p.Rows), 20)] {
			few = append(few, strconv.Itoa(number))
		}
		if v.Few = strings.Join(few, ", "); len(few) < len(p.Rows) {
			v.Few += " …"
		}
		for _, c := range p.HiddenColumns() {
			v.Hidden = append(v.Hidden, strings.TrimSpace(c.Letter+" "+c.Title))
		}
		shown.Sheets = append(shown.Sheets, v)
	}
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// ImportProblems sends the rows that were left out as a file to mend and import again: the sheets as they were, what is
// wrong, and the row's number.
func (s *Pages) ImportProblems(c *fiber.Ctx) error {
	u, im, kept, err := s.uploaded(c)
	if err != nil {
		return err
	}
	book, err := kept.OpenBook(im)
	if err != nil {
		return err
	}
	w := s.WordsOf(c)
	var b bytes.Buffer
	err = im.WriteProblems(&b, book, intake.Mending{Sheet: w.T("import.list"), Why: w.T("import.column.why"), Row: w.T("import.column.row"),
		Title: func(f intake.Field) string { return w.T("field." + string(f)) },
		Of: func(row *intake.ImportRow) string {
			var why []string
			for _, p := range row.Problems {
				f := programme.FaultOf(w, im, row, p)
				why = append(why, strings.TrimSpace(f.Why+" "+f.Suggest))
			}
			return strings.Join(why, " ")
		}})
	if err != nil {
		return err
	}
	file := "lopban-" + u.Province + "-" + u.ID[:8] + ".xlsx"
	if err := s.TellExport(c, "import", u.Province, file, im.Count(intake.Faulty)); err != nil {
		return err
	}
	page.Attach(c, xlsxType, file)
	return c.Send(b.Bytes())
}

// uploaded finds the upload that the address names, with its preview and the file as it was read.
func (s *Pages) uploaded(c *fiber.Ctx) (programme.Upload, *intake.Import, *programme.Sheet, error) {
	u, err := s.oneUpload(c)
	if err != nil {
		return u, nil, nil, err
	}
	kept, err := store.Get[programme.Sheet](c.UserContext(), s.Store, programme.SheetKind, u.ID)
	if err != nil {
		return u, nil, nil, err
	}
	im, err := programme.Unpack(kept.Packed)
	return u, im, &kept, err
}

// ImportRows sends the whole preview as a file: every row, what becomes of it, before and after, and what was said of
// its cells.
func (s *Pages) ImportRows(c *fiber.Ctx) error {
	u, im, _, err := s.uploaded(c)
	if err != nil {
		return err
	}
	w := s.WordsOf(c)
	fields := []intake.Field{intake.FieldCode, intake.FieldName, intake.FieldPhone, intake.FieldPost, intake.FieldLibrary, intake.FieldKind, intake.FieldCommuneCode, intake.FieldCommune, intake.FieldStart, intake.FieldEnd}
	head := []string{w.T("import.sheet"), w.T("import.row"), w.T("import.verdict")}
	for _, f := range fields {
		head = append(head, w.T("field."+string(f)))
	}
	head = append(head, w.T("import.changes"), w.T("import.said"))
	rows := func(yield func([]string) bool) {
		for i := range im.Rows {
			if !yield(s.previewRow(w, im, &im.Rows[i])) {
				return
			}
		}
	}
	var b bytes.Buffer
	if err := workbook.Write(&b, workbook.Table{Name: w.T("import.list"), Head: [][]string{head}, Widths: []float64{14, 8, 12, 14, 24, 14, 20, 34, 24, 10, 22, 12, 12, 40, 50}, Rows: rows, Notes: 2}); err != nil {
		return err
	}
	file := "lopban-" + u.Province + "-" + u.ID[:8] + "-xem-truoc.xlsx"
	if err := s.TellExport(c, "import", u.Province, file, len(im.Rows)); err != nil {
		return err
	}
	page.Attach(c, xlsxType, file)
	return c.Send(b.Bytes())
}

func (s *Pages) previewRow(w words.Words, im *intake.Import, row *intake.ImportRow) []string {
	e := row.Entry
	name, kind := cmp.Or(e.Name, programme.TypedName(row)), ""
	if e.Kind != "" {
		kind = w.T("kind." + e.Kind)
	}
	var changes, said []string
	for _, change := range page.ShownChanges(w, row.Changes) {
		changes = append(changes, w.T("field."+string(change.Field))+": "+cmp.Or(change.Old, w.T("import.blank"))+" → "+change.New)
	}
	for _, p := range slices.Concat(row.Problems, row.Notes, row.Warnings) {
		f := programme.FaultOf(w, im, row, p)
		said = append(said, strings.TrimSpace(f.Cell+": "+f.Why+" "+f.Suggest))
	}
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return w.Date(t)
	}
	return []string{im.Sheets[row.Sheet].Name, strconv.Itoa(row.Number), w.T("import.verdict." + string(row.Verdict)), row.Person, name, e.Phone, e.Post, e.Library, kind, e.Commune, s.CommuneName(e.Commune), date(e.On), date(row.End),
		strings.Join(changes, "\n"), strings.Join(said, "\n")}
}

// ImportChoose takes what was chosen on the preview: what columns hold, which sheets are read, in which letters the
// file is, days for months, a start for all, suggestions. The file is understood again with it.
func (s *Pages) ImportChoose(c *fiber.Ctx) error {
	u, im, kept, err := s.uploaded(c)
	if err != nil {
		return err
	}
	back := "/roster/import/" + u.ID
	// of release 0.1.0, or being written
	if len(kept.Book) == 0 || u.State != "ready" && !(u.State == "done" && kept.Waits) {
		return page.SeeOther(c, back)
	}
	if err := s.mayTryNumbers(c); err != nil {
		return err
	}
	book, err := kept.OpenBook(im)
	if err != nil {
		return err
	}
	before := im.Numbers()
	if err := s.choose(c, u, im, &kept.Choices); err != nil && c.FormValue("do") == "left" {
		return s.leftFailed(c, u, err)
	} else if err != nil {
		return err
	}
	next, choices := im, kept.Choices
	if choices.Part {
		next, err = im.Again(c.UserContext(), s.Roll, choices)
	} else {
		next, choices, err = s.Look(c.UserContext(), u.Province, book, choices, programme.UploadLimits)
	}
	if err != nil {
		return err
	}
	after := next.Numbers() // another column may have other numbers
	maps.DeleteFunc(after, func(number string, _ bool) bool { return before[number] })
	if err := s.tellNumbers(c, u.Province, u.File, len(after)); err != nil {
		return err
	}
	packed, err := programme.Pack(next)
	if err != nil {
		return err
	}
	_, err = store.Update(c.UserContext(), s.Store, programme.UploadKind, u.ID, func(u *programme.Upload) error {
		switch u.State {
		case "ready":
		case "done": // what waited is answered
			u.State, u.Earlier = "ready", u.Earlier+u.Counts.People()
		default:
			return programme.ErrUnderWay
		}
		u.Shows(next)
		return nil
	})
	if errors.Is(err, programme.ErrUnderWay) {
		return page.SeeOther(c, back)
	}
	if err != nil {
		return err
	}
	_, err = store.Update(c.UserContext(), s.Store, programme.SheetKind, u.ID, func(kept *programme.Sheet) error {
		kept.Packed, kept.Choices, kept.Waits = packed, choices, next.Count(intake.Asked) > 0
		return nil
	})
	if err != nil {
		return err
	}
	return page.SeeOther(c, back)
}

// choose reads the form into the choices.
func (s *Pages) choose(c *fiber.Ctx, u programme.Upload, im *intake.Import, choices *intake.Choices) error {
	if code, ok := letters.Known(c.FormValue("letters")); ok && c.FormValue("letters") != "" {
		choices.Read(letters.Code(c.FormValue("told")), code)
	}
	if key := c.FormValue("swapped"); key != "" {
		if choices.Swapped == nil {
			choices.Swapped = map[string]bool{}
		}
		choices.Swapped[key] = c.FormValue("exchange") == "yes"
	}
	if c.FormValue("do") == "start" {
		day, err := page.FormDay(c.FormValue("start"))
		switch {
		case err != nil:
			return problem.Invalid("start", "date.form", c.FormValue("start"))
		case day.Before(roster.FirstDay):
			return problem.Invalid("start", "date.early", c.FormValue("start"))
		case day.After(im.Day):
			return problem.Invalid("start", "date.future", c.FormValue("start"))
		}
		choices.Start = day
	}
	for _, name := range []string{"accept", "alike"} {
		if cell, value, ok := strings.Cut(c.FormValue(name), "|"); ok {
			choices.Accept(im, cell, value, name == "alike")
		}
	}
	if c.FormValue("do") == "accept-all" {
		choices.AcceptAll(im)
	}
	if c.FormValue("do") == "sheet" {
		if i, err := strconv.Atoi(c.FormValue("sheet")); err == nil && i >= 0 && i < len(im.Sheets) {
			if choices.Sheets == nil {
				choices.Sheets = map[int]bool{}
			}
			choices.Sheets[i] = c.FormValue("read") == "yes"
		}
	}
	if err := s.chooseWho(c, im, choices); err != nil {
		return err
	}
	return s.chooseColumns(c, u, im, choices)
}

// chooseColumns reads what the columns of a sheet hold. What differs from what was found is kept for the file, and
// where the column has a title for later files of the province.
func (s *Pages) chooseColumns(c *fiber.Ctx, u programme.Upload, im *intake.Import, choices *intake.Choices) error {
	if c.FormValue("do") != "columns" {
		return nil
	}
	for i, part := range im.Sheets {
		for _, column := range part.Columns {
			key := strconv.Itoa(i) + "." + column.Letter
			field := intake.Field(c.FormValue("column." + key))
			if field == "" || field == column.Field || column.Private || field == intake.FieldNone && !slices.Contains(intake.Fields, column.Field) || field != intake.FieldNone && !slices.Contains(intake.Fields, field) {
				continue
			}
			if choices.Columns == nil {
				choices.Columns = map[string]intake.Field{}
			}
			choices.Columns[key] = field
			if column.Title == "" {
				continue
			}
			if err := intake.Remember(c.UserContext(), s.Store, intake.Heading{Province: u.Province, Title: column.Title, Field: field, By: page.VisitorID(c), At: store.Time(s.Now())}); err != nil {
				return err
			}
		}
	}
	return nil
}
