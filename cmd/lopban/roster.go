package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lopban/courses/roster"
	"lopban/server"
)

type rosterCommand struct {
	Import importRosterCommand `cmd:"" help:"Compare a spreadsheet with the roster of a province, and write what is new."`
	Slips  slipsCommand        `cmd:"" help:"Print slips with new codes for everyone who has no password yet."`
}

type importRosterCommand struct {
	place
	File     string `arg:"" type:"existingfile" help:"CSV or XLSX file."`
	Province string `placeholder:"CODE" help:"Present province; without, the one that the file's communes lie in."`
	DryRun   bool   `help:"Only say what would change."`
}

// Run prints a line for each row: its number, verdict, person's code, name, and what changes. Rows with problems are named on the terminal's err and left out; the others are written all the same, and the command
// then fails.
func (c *importRosterCommand) Run(ctx context.Context, term *terminal) error {
	st, err := c.place.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := newServer(ctx, st, "", nil, term.err)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	im, err := c.preview(ctx, s, data)
	if err != nil {
		return err
	}
	c.tell(term, s, im)
	left := im.Count(roster.Faulty)
	if !c.DryRun {
		progress := &bar{out: term.err}
		done, err := s.Import(ctx, im, roster.Operator().ID, func(done, total int) { progress.show("import", done, total) })
		if err != nil {
			return fmt.Errorf("%w; nothing is lost: run the same command again to go on", err)
		}
		for _, number := range done.Late {
			fmt.Fprintf(term.err, "lopban: row %d: the roster changed meanwhile; import it again\n", number)
		}
		fmt.Fprintf(term.err, "lopban: %d added, %d changed, %d moved, %d the same, %d left out\n", done.Added, done.Changed, done.Moved, done.Same, done.Problems+len(done.Late))
		left += len(done.Late)
	}
	if left > 0 {
		return errFailed
	}
	return nil
}

func (c *importRosterCommand) preview(ctx context.Context, s *server.Server, data []byte) (*roster.Import, error) {
	if c.Province == "" {
		province, err := c.home(ctx, s, data)
		if err != nil {
			return nil, err
		}
		c.Province = province
	}
	return s.Roll().Preview(ctx, c.Province, bytes.NewReader(data), filepath.Base(c.File), roster.DefaultLimits)
}

// home finds the province whose communes the file names: the one in which more of its rows can be read than in any other, and at least half of them.
func (c *importRosterCommand) home(ctx context.Context, s *server.Server, data []byte) (string, error) {
	best, most, again := "", 0, false
	for _, p := range s.Places().Provinces(roster.Present) {
		im, err := s.Roll().Preview(ctx, p.Code, bytes.NewReader(data), filepath.Base(c.File), roster.DefaultLimits)
		if err != nil {
			return "", err
		}
		good := len(im.Rows) - im.Count(roster.Faulty)
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

// tell writes a line for each row, and for each problem.
func (c *importRosterCommand) tell(term *terminal, s *server.Server, im *roster.Import) {
	province, _ := s.Places().Province(roster.Present, im.Province)
	fmt.Fprintf(term.err, "lopban: %s, province %s %s\n", im.File, province.Code, province.Name)
	for _, column := range im.Ignored() {
		why := "not used"
		if column.Private {
			why = "not read: the roster keeps no such data"
		}
		fmt.Fprintf(term.err, "lopban: column %s, %q, is %s\n", column.Letter, column.Title, why)
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
			name = row.Cells[roster.FieldName]
		}
		fmt.Fprintf(term.out, "%d\t%s\t%s\t%s\t%s\n", row.Number, row.Verdict, row.Person, oneLine.Replace(name), oneLine.Replace(strings.Join(changes, "; ")))
		for _, p := range row.Problems {
			fmt.Fprintf(term.err, "lopban: row %d: %s\n", row.Number, oneLine.Replace(s.RowProblem("en", row, p)))
		}
	}
}

type slipsCommand struct {
	place
	Province string `required:"" placeholder:"CODE" help:"Present province."`
	Commune  string `placeholder:"CODE" help:"Only this commune."`
	Output   string `short:"o" required:"" placeholder:"FILE.pdf" help:"File to write."`
	BaseUrl  string `name:"base-url" default:"http://127.0.0.1:8080" placeholder:"URL" help:"Address of the site as people type it: printed on every slip."`
}

// Run makes new codes, which end the earlier ones of the same people, and writes them to a file that only its owner may read.
func (c *slipsCommand) Run(ctx context.Context, term *terminal) error {
	st, err := c.place.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := newServer(ctx, st, strings.TrimRight(c.BaseUrl, "/"), nil, term.err)
	if err != nil {
		return err
	}
	if _, ok := s.Places().Province(roster.Present, c.Province); !ok {
		return fmt.Errorf("there is no present province %s", c.Province)
	}
	if commune, ok := s.Places().Commune(c.Commune); c.Commune != "" && (!ok || commune.Province != c.Province) {
		return fmt.Errorf("the province has no commune %s", c.Commune)
	}
	// The file comes first: codes that could not be written down would have ended the earlier ones for nothing.
	f, err := os.CreateTemp(filepath.Dir(c.Output), ".lopban-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	pdf, n, err := s.Slips(ctx, roster.Operator(), c.Province, c.Commune)
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("nobody there needs a slip: everyone who holds a post has a password, or nobody holds one")
	}
	_, err = f.Write(pdf)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), c.Output); err != nil {
		return err
	}
	fmt.Fprintf(term.err, "lopban: wrote %d slips for %s to %s; slips printed before and not used do not work any more\n", n, s.BaseURL(), c.Output)
	return nil
}
