package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/courses/letters"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/courses/workbook"
)

type rosterCommand struct {
	Import importRosterCommand `cmd:"" help:"Compare a spreadsheet with the roster of a province, and write what is new."`
	Undo   undoRosterCommand   `cmd:"" help:"Undo an import as a whole."`
	Merge  mergeRosterCommand  `cmd:"" help:"Say that two entries are one person, or take that back."`
	Slips  slipsCommand        `cmd:"" help:"Print slips with new codes for everyone who has no password yet."`
}

type importRosterCommand struct {
	console.Place
	File     string            `arg:"" type:"path" help:"XLSX, OpenDocument or CSV file."`
	Province string            `placeholder:"CODE" help:"Present province; without, the one that the file's communes lie in."`
	DryRun   bool              `help:"Only say what would change."`
	Column   map[string]string `placeholder:"C=FIELD" help:"What a column holds, by its letter, for one sheet as 2.C=FIELD: name, family, given, phone, post, library, unit, kind, commune, communeCode, province, start, end, code, or none. Remembered for the province by its title."`
	Sheet    []int             `placeholder:"N" help:"Import hidden sheets too, by number; without it they wait."`
	Letters  string            `placeholder:"CODE" help:"Letters of a file that is not Unicode: tcvn3, vni, windows-1258, utf-8 that was misread, or several of them with commas; or unicode, to leave them."`
	Start    string            `placeholder:"DATE" help:"First day, as yyyy-mm-dd, of new people for whom the file has none."`
	Exchange string            `enum:",yes,no" default:"" help:"Whether day and month of date cells are exchanged, when it is asked: yes or no."`
	Answers  string            `type:"existingfile" placeholder:"FILE" help:"Who rows are: lines of a row, a tab, and same:CODE, row:ROW, away, other or later, as the import prints them."`
	Accept   bool              `help:"Read what is suggested instead of cells that are not clear, where there is one suggestion."`
}

// errAsked ends a command that waits for an answer; what is asked has been said. See main.
var errAsked = errors.New("nothing was written: answer what is asked")

var answers = map[string]string{"letters": "--letters CODE", "swapped": "--exchange yes or --exchange no", "start": "--start yyyy-mm-dd"}

// Run prints a line for each row: its number, verdict, person's code, name, and what changes. Rows with problems are
// named on the terminal's err and left out; the others are written all the same, and the command then fails. While a
// question about the whole file is open nothing is written, and it ends with 3; so it does when rows wait for an answer
// to who they are, after the others were written.
func (c *importRosterCommand) Run(ctx context.Context, term *console.Terminal) error {
	data, err := console.ReadFile(c.File)
	if err != nil {
		return err
	}
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	im, err := c.preview(ctx, s, data)
	if err != nil {
		return err
	}
	c.tell(term, s, im)
	if len(im.Asks) > 0 && !c.DryRun {
		return errAsked
	}
	if len(im.Rows) == 0 && !slices.ContainsFunc(im.Sheets, named) {
		return errors.New("no column is known to hold names: say what the columns hold, such as --column B=name")
	}
	left, asks := im.Count(intake.Faulty), im.Count(intake.Asked)
	if !c.DryRun {
		if err := c.remember(ctx, s.Store, im, console.Clock()); err != nil {
			return err
		}
		progress := &console.Bar{Out: term.Err}
		done, err := s.Import(ctx, im, roster.Operator().ID, func(done, total int) { progress.Show("import", done, total) })
		if halted := (*programme.Halted)(nil); errors.As(err, &halted) {
			return fmt.Errorf("stopped: %d of %d people entered; run the same command again to go on, or undo it: lopban roster undo %s", halted.Entered, halted.Of, halted.ID)
		}
		if err != nil {
			return fmt.Errorf("%w; nothing is lost: run the same command again to go on", err)
		}
		for _, i := range done.Late {
			row, why := &im.Rows[i], "the roster changed meanwhile; import it again"
			if len(row.Problems) > 0 {
				why = programme.FaultOf(console.English, im, row, row.Problems[0]).Why
			}
			fmt.Fprintf(term.Err, "lopban: %s: %s\n", "row "+im.At(row), why)
		}
		fmt.Fprintf(term.Err, "lopban: %d added, %d changed, %d moved, %d the same, %d left out\n", done.Added, done.Changed, done.Moved, done.Same, done.Problems+len(done.Late))
		if done.People() > 0 {
			fmt.Fprintf(term.Err, "lopban: to undo it: lopban roster undo %s\n", im.ID)
		}
		left += len(done.Late)
	}
	switch {
	case asks > 0:
		return fmt.Errorf("%d rows wait for an answer: write them into a file and import again with --answers: %w", asks, errAsks)
	case left > 0:
		return console.ErrFailed
	}
	return nil
}

// named says whether a column of a sheet holds names or codes of people.
func named(p intake.Part) bool {
	return slices.ContainsFunc(p.Columns, func(c intake.Column) bool {
		return slices.Contains([]intake.Field{intake.FieldName, intake.FieldFamily, intake.FieldCode}, c.Field)
	})
}

// errAsks ends a command when rows wait for an answer to who they are.
var errAsks = errors.New("answers are wanted")

// answer reads the answers of a file into the choices.
func (c *importRosterCommand) answer(im *intake.Import, choices *intake.Choices) error {
	text, err := os.ReadFile(c.Answers)
	if err != nil {
		return err
	}
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		ref, answer, _ := strings.Cut(line, "\t")
		answer = strings.TrimSpace(answer)
		if other, ok := strings.CutPrefix(answer, "row:"); ok {
			answer = "row:" + im.RefAt(other)
		}
		if !choices.Answer(im, im.RefAt(strings.TrimSpace(ref)), answer) {
			return fmt.Errorf("%s: line %d: %q is no answer to a question of this import", c.Answers, n+1, line)
		}
	}
	return nil
}

// preview reads the file with what the flags choose.
func (c *importRosterCommand) preview(ctx context.Context, s *programme.Programme, data []byte) (*intake.Import, error) {
	book, err := s.Lexicon.Read(bytes.NewReader(data), filepath.Base(c.File), workbook.DefaultLimits)
	if err != nil {
		return nil, err
	}
	choices, err := c.choices(book)
	if err != nil {
		return nil, err
	}
	if c.Province == "" {
		if c.Province, err = c.home(ctx, s, book, choices); err != nil {
			return nil, err
		}
	}
	im, choices, err := s.Look(ctx, c.Province, book, choices, workbook.DefaultLimits)
	if err != nil {
		return nil, err
	}
	again := c.Accept && choices.AcceptAll(im) > 0
	if c.Exchange != "" {
		for _, ask := range im.Asks {
			if ask.Code == "swapped" {
				choices.Swapped = put(choices.Swapped, ask.Key, c.Exchange == "yes")
				again = true
			}
		}
	}
	if c.Answers != "" {
		if err := c.answer(im, &choices); err != nil {
			return nil, err
		}
		again = true
	}
	if again {
		im, _, err = s.Look(ctx, c.Province, book, choices, workbook.DefaultLimits)
	}
	return im, err
}

func put[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	if m == nil {
		m = map[K]V{}
	}
	m[key] = value
	return m
}

// choices are what the flags say of the file.
func (c *importRosterCommand) choices(book *workbook.Book) (intake.Choices, error) {
	var choices intake.Choices
	for key, field := range c.Column {
		sheet, letter, ok := strings.Cut(key, ".")
		if !ok {
			letter = key
		}
		f := intake.Field(field)
		if f != intake.FieldNone && !slices.Contains(intake.Fields, f) {
			return choices, fmt.Errorf("--column %s: %q is no field", key, field)
		}
		for i := range book.Sheets {
			if !ok || sheet == strconv.Itoa(i+1) {
				choices.Columns = put(choices.Columns, strconv.Itoa(i)+"."+strings.ToUpper(letter), f)
			}
		}
	}
	for _, n := range c.Sheet {
		if n < 1 || n > len(book.Sheets) {
			return choices, fmt.Errorf("--sheet %d: the file has %d sheets", n, len(book.Sheets))
		}
		choices.Sheets = put(choices.Sheets, n-1, true)
	}
	if c.Letters != "" {
		for _, one := range strings.Split(c.Letters, ",") {
			code, ok := letters.Known(strings.TrimSpace(one))
			if !ok {
				return choices, fmt.Errorf("--letters %s: not one of tcvn3, vni, windows-1258, utf-8, unicode, or several of them with commas", c.Letters)
			}
			told := code
			if !slices.Contains(book.Codes, code) { // all texts
				told = ""
			}
			choices.Read(told, code)
		}
	}
	if c.Start != "" {
		day, err := time.Parse(time.DateOnly, c.Start)
		if err != nil || day.Before(roster.FirstDay) || day.After(roster.Day(console.Clock())) {
			return choices, fmt.Errorf("--start %s: not a day that has come, as yyyy-mm-dd", c.Start)
		}
		choices.Start = day
	}
	return choices, nil
}

// remember keeps for the province what titles were chosen to hold.
func (c *importRosterCommand) remember(ctx context.Context, st store.Store, im *intake.Import, now time.Time) error {
	for i, part := range im.Sheets {
		for _, column := range part.Columns {
			_, all := c.Column[column.Letter]
			_, one := c.Column[strconv.Itoa(i+1)+"."+column.Letter]
			if !all && !one || !column.Chosen {
				continue
			}
			if err := intake.Remember(ctx, st, intake.Heading{Province: im.Province, Title: column.Title, Field: column.Field, By: roster.Operator().ID, At: store.Time(now)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// home finds the province whose communes the file names: the one in which more of its rows can be read than in any
// other, and at least half of them.
func (c *importRosterCommand) home(ctx context.Context, s *programme.Programme, book *workbook.Book, choices intake.Choices) (string, error) {
	best, most, again := "", 0, false
	for _, p := range s.Places.Provinces(roster.Present) {
		im, _, err := s.Look(ctx, p.Code, book, choices, workbook.DefaultLimits)
		if err != nil {
			return "", err
		}
		good := len(im.Rows) - im.Count(intake.Faulty)
		if good > most && 2*good >= len(im.Rows) {
			best, most, again = p.Code, good, false
		} else if good == most {
			again = true
		}
	}
	if best == "" || again {
		return "", errors.New("the file does not say of which province it is; name it with --province")
	}
	return best, nil
}

// sheets says what was found in each sheet.
func (c *importRosterCommand) sheets(term *console.Terminal, im *intake.Import) {
	for i, p := range im.Sheets {
		what := fmt.Sprintf("%d people", p.People)
		if p.Header == 0 {
			what = fmt.Sprintf("no list of people; %d rows not read", p.Others)
		} else if !p.Read && p.Hidden {
			what += fmt.Sprintf(", not imported because the sheet is hidden; --sheet %d imports it", i+1)
		}
		hidden := ""
		if p.Hidden {
			hidden = "hidden "
		}
		if p.Name != "" {
			fmt.Fprintf(term.Err, "lopban: %ssheet %d %q: %s\n", hidden, i+1, p.Name, what)
		}
		if p.Again > 0 {
			fmt.Fprintf(term.Err, "lopban: sheet %d: %d rows are on an earlier sheet already\n", i+1, p.Again)
		}
		if len(p.Rows) > 0 {
			fmt.Fprintf(term.Err, "lopban: sheet %d: hidden rows that were read: %s\n", i+1, strings.Trim(fmt.Sprint(p.Rows), "[]"))
		}
		for _, column := range p.HiddenColumns() {
			fmt.Fprintf(term.Err, "lopban: sheet %d: column %s, %q, is hidden and was read\n", i+1, column.Letter, column.Title)
		}
	}
}

// tell writes a line for each row, and for each problem.
func (c *importRosterCommand) tell(term *console.Terminal, s *programme.Programme, im *intake.Import) {
	province, _ := s.Places.Province(roster.Present, im.Province)
	fmt.Fprintf(term.Err, "lopban: %s, province %s %s\n", im.File, province.Code, province.Name)
	c.sheets(term, im)
	for _, ask := range im.Asks {
		fmt.Fprintf(term.Err, "lopban: asked: %s\n", programme.AskText(console.English, ask))
		for _, sample := range ask.Samples {
			fmt.Fprintf(term.Err, "lopban:   %q -> %q\n", sample[0], sample[1])
		}
		fmt.Fprintf(term.Err, "lopban:   answer with %s\n", answers[ask.Code])
	}
	for _, column := range im.Ignored() {
		why := "not used"
		if column.Private {
			why = "not read: the roster keeps no such data"
		}
		fmt.Fprintf(term.Err, "lopban: column %s, %q, is %s\n", column.Letter, column.Title, why)
	}
	if since := im.Since(); !since.IsZero() {
		fmt.Fprintf(term.Err, "lopban: figures of the days since %s change; a closed period keeps its figures and shows an adjustment\n", since.Format("02/01/2006"))
	}
	oneLine := strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
	for i := range im.Rows {
		row := &im.Rows[i]
		var changes []string
		for _, change := range row.Changes {
			changes = append(changes, fmt.Sprintf("%s: %s -> %s", change.Field, change.Old, change.New))
		}
		name := row.Entry.Name
		if name == "" {
			name = row.Cells[intake.FieldName]
		}
		if !row.End.IsZero() && row.Verdict == intake.New {
			changes = append(changes, "end:  -> "+row.End.Format("02/01/2006"))
		}
		fmt.Fprintf(term.Out, "%s\t%s\t%s\t%s\t%s\n", oneLine.Replace(im.At(row)), row.Verdict, row.Person, oneLine.Replace(name), oneLine.Replace(strings.Join(changes, "; ")))
		for _, p := range row.Problems {
			fmt.Fprintf(term.Err, "lopban: %s: %s\n", "row "+im.At(row), oneLine.Replace(programme.FaultOf(console.English, im, row, p).String()))
		}
		for _, p := range slices.Concat(row.Notes, row.Warnings) {
			fmt.Fprintf(term.Err, "lopban: %s: note: %s\n", "row "+im.At(row), oneLine.Replace(programme.FaultOf(console.English, im, row, p).String()))
		}
		if row.Question != nil {
			for _, line := range s.Asked(im, row) {
				fmt.Fprintf(term.Err, "lopban: %s: who is it? %s\n", "row "+im.At(row), oneLine.Replace(line))
			}
		}
	}
	for _, g := range im.Absent.People {
		fmt.Fprintf(term.Err, "lopban: not in the file: %s %s, %s\n", g.Person, g.Name, g.Library)
	}
	if im.Absent.More > 0 {
		fmt.Fprintf(term.Err, "lopban: %d people of the file's communes are not in it\n", im.Absent.More)
	}
}

type undoRosterCommand struct {
	console.Place
	Import string `arg:"" help:"Id of the import, as it was printed."`
	DryRun bool   `help:"Only say what would change."`
}

// Run prints a line for each person: what becomes of them, their code and name, and what changes or why they stay as
// they are.
func (c *undoRosterCommand) Run(ctx context.Context, term *console.Terminal) error {
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	plan, err := s.PlanUndo(ctx, c.Import)
	if errors.Is(err, problem.ErrNotFound) {
		return fmt.Errorf("there is no import %s", c.Import)
	}
	if err != nil {
		return err
	}
	for _, p := range plan.People {
		what, why := "changed", ""
		var changes []string
		for _, change := range p.Changes {
			changes = append(changes, fmt.Sprintf("%s: %s -> %s", change.Field, change.Old, change.New))
		}
		why = strings.Join(changes, "; ")
		if p.Removes {
			what, why = "removed", ""
		}
		if p.Stands != "" {
			what, why = "kept", s.Words("en")("undo.stands."+p.Stands)
		}
		fmt.Fprintf(term.Out, "%s\t%s\t%s\t%s\n", what, p.Was.ID, p.Was.Name, why)
	}
	removed, changed, kept := plan.Count()
	if !c.DryRun && removed+changed > 0 {
		progress := &console.Bar{Out: term.Err}
		if err := s.UndoImport(ctx, plan, roster.Operator().ID, func(done, total int) { progress.Show("undo", done, total) }); err != nil {
			return fmt.Errorf("%w; nothing is lost: run the same command again to go on", err)
		}
	}
	fmt.Fprintf(term.Err, "lopban: %s: %d removed, %d changed, %d kept\n", plan.Import.File, removed, changed, kept)
	if kept > 0 {
		return console.ErrFailed
	}
	return nil
}

type mergeRosterCommand struct {
	console.Place
	Gone string `arg:"" help:"Code of the entry that goes."`
	Kept string `arg:"" optional:"" help:"Code of the entry that is kept."`
	Part bool   `help:"Take the merge of the first entry back."`
}

// Run merges and says who the person is then.
func (c *mergeRosterCommand) Run(ctx context.Context, term *console.Terminal) error {
	if (c.Kept == "") != c.Part {
		return errors.New("name the entry that goes and the one that is kept; or, to take a merge back, the first one and --part")
	}
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	var p roster.Person
	if c.Part {
		p, err = s.Part(ctx, c.Gone, roster.Operator().ID)
	} else {
		p, err = s.Merge(ctx, c.Gone, c.Kept, nil, roster.Operator().ID)
	}
	if errors.Is(err, problem.ErrNotFound) {
		return errors.New("there is no such person")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(term.Out, "%s\t%s\t%s\t%s\n", p.ID, p.Name, p.Library, p.Commune)
	return nil
}

type slipsCommand struct {
	console.Place
	Province string `required:"" placeholder:"CODE" help:"Present province."`
	Commune  string `placeholder:"CODE" help:"Only this commune."`
	Output   string `short:"o" required:"" placeholder:"FILE.pdf" help:"File to write."`
	BaseUrl  string `name:"base-url" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the site as people type it: printed on every slip."`
}

// Run makes new codes, which end the earlier ones of the same people, and writes them to a file that only its owner may
// read.
func (c *slipsCommand) Run(ctx context.Context, term *console.Terminal) error {
	s, done, err := c.Place.Programme(ctx, strings.TrimRight(c.BaseUrl, "/"), term.Err)
	if err != nil {
		return err
	}
	defer done()
	if _, ok := s.Places.Province(roster.Present, c.Province); !ok {
		return fmt.Errorf("there is no present province %s", c.Province)
	}
	if commune, ok := s.Places.Commune(c.Commune); c.Commune != "" && (!ok || commune.Province != c.Province) {
		return fmt.Errorf("the province has no commune %s", c.Commune)
	}
	// The file comes first: codes that could not be written down would have ended the earlier ones for nothing.
	f, err := os.CreateTemp(filepath.Dir(c.Output), ".lopban-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	pdf, n, left, err := s.Slips(ctx, roster.Operator(), c.Province, c.Commune)
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("nobody there needs a slip: everyone who holds a post has a password, or nobody holds one")
	}
	e := programme.AuditEntry{By: roster.Operator().ID, Action: "roster.slips", Subject: cmp.Or(c.Commune, c.Province), Province: c.Province, Note: s.SlipsNote(n, left)}
	if err := s.Tell(ctx, e); err != nil {
		return err
	}
	_, err = f.Write(pdf)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), c.Output); err != nil {
		return err
	}
	for _, name := range left {
		fmt.Fprintf(term.Err, "lopban: the slip of %s cannot be printed, and their earlier code still works; correct the name or library\n", name)
	}
	fmt.Fprintf(term.Err, "lopban: wrote %d slips for %s to %s; slips printed before and not used do not work any more\n", n, s.BaseURL, c.Output)
	return nil
}
