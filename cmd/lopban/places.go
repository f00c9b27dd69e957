package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
)

type placesCommand struct {
	List   listPlacesCommand   `cmd:"" help:"List the decisions that changed communes."`
	Change changePlacesCommand `cmd:"" help:"Change communes as a decision says: mergers, divisions, new names."`
	Undo   undoPlacesCommand   `cmd:"" help:"Undo a change of communes on which nothing stands."`
}

type listPlacesCommand struct{ console.Place }

// Run prints a line for each decision: its id, day, number, whether it holds, and how many units it changes.
func (c *listPlacesCommand) Run(ctx context.Context, term *console.Terminal) error {
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	all, err := roster.Changes(ctx, s.Store)
	if err != nil {
		return err
	}
	for _, change := range all {
		if change.Undoes != "" {
			continue
		}
		state := "undone"
		if _, holds := s.Places.Holds(change.ID); holds {
			state = "holds"
			if change.On.After(roster.Day(console.Clock())) {
				state = "waits"
			}
		}
		fmt.Fprintf(term.Out, "%s\t%s\t%s\t%s\t%d\n", change.ID, change.On.Format(time.DateOnly), state, change.Decision, len(change.Units))
	}
	return nil
}

type changePlacesCommand struct {
	console.Place
	File     string `arg:"" type:"existingfile" help:"XLSX, OpenDocument or CSV file with a row for each unit of before and the one that has its land: Mã cũ, Tên cũ, Mã mới, Tên mới, and of new units Loại."`
	Decision string `required:"" placeholder:"NUMBER" help:"Number of the decision."`
	On       string `required:"" placeholder:"DATE" help:"First day, as yyyy-mm-dd; a later one waits for its day."`
	Homes    string `type:"existingfile" placeholder:"FILE" help:"Where libraries of divided communes are: lines of what the preview prints, a tab, and the code of the commune."`
	DryRun   bool   `help:"Only say what would change."`
}

// Run prints what the decision changes, a line each: units, people who move, and libraries of which it must be said
// where they are. While one of those is open nothing is written, and it ends with 3.
func (c *changePlacesCommand) Run(ctx context.Context, term *console.Terminal) error {
	on, err := time.Parse(time.DateOnly, c.On)
	if err != nil {
		return fmt.Errorf("--on %s: not a day as yyyy-mm-dd", c.On)
	}
	homes, err := c.homes()
	if err != nil {
		return err
	}
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	units, err := s.Lexicon.ReadUnits(f, filepath.Base(c.File))
	if err != nil {
		return err
	}
	plan, err := s.PlanPlaces(ctx, units, c.Decision, on, homes)
	if err != nil {
		return err
	}
	tellPlaces(term, plan)
	switch {
	case len(plan.Faults) > 0:
		return console.ErrFailed
	case plan.Open() > 0:
		return fmt.Errorf("%d libraries of divided communes: write into a file where they are and come again with --homes: %w", plan.Open(), errAsks)
	case c.DryRun:
		return nil
	}
	progress := &console.Bar{Out: term.Err}
	err = s.ChangePlaces(ctx, plan, roster.Operator().ID, func(done, total int) { progress.Show("people", done, total) })
	if err != nil {
		return fmt.Errorf("%w; nothing is lost: run the same command again to go on", err)
	}
	fmt.Fprintf(term.Err, "lopban: %d people move on %s; to undo it: lopban places undo %s\n", len(plan.Moves), c.On, plan.Change.ID)
	return nil
}

// homes reads where libraries of divided communes are.
func (c *changePlacesCommand) homes() (map[string]string, error) {
	homes := map[string]string{}
	if c.Homes == "" {
		return homes, nil
	}
	text, err := os.ReadFile(c.Homes)
	if err != nil {
		return nil, err
	}
	for n, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		home, code, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("%s: line %d: %q is no library, a tab and a code", c.Homes, n+1, line)
		}
		homes[strings.TrimSpace(home)] = strings.TrimSpace(code)
	}
	return homes, nil
}

func coded(c roster.Commune) string { return c.Title() + " (" + c.Code + ")" }

// tellPlaces prints what a plan changes.
func tellPlaces(term *console.Terminal, plan *programme.PlacePlan) {
	for _, f := range plan.Faults {
		at := ""
		if f.Row > 0 {
			at = fmt.Sprintf("row %d: ", f.Row)
		}
		fmt.Fprintf(term.Err, "lopban: %s%s\n", at, console.English.T("error."+f.Code, f.Args...))
	}
	for _, u := range plan.Change.Units {
		fmt.Fprintf(term.Out, "becomes\t%s\t%s\n", coded(plan.Old(u.Old)), coded(u.New))
	}
	for _, c := range plan.New {
		fmt.Fprintf(term.Out, "new\t%s\tprovince %s, programme province %s\n", coded(c), c.Province, cmp.Or(c.Programme, "none"))
	}
	for _, c := range plan.Renamed {
		fmt.Fprintf(term.Out, "renamed\t%s\t%s\n", coded(c[0]), coded(c[1]))
	}
	for _, d := range plan.Divided {
		var choices []string
		for _, c := range d.Choices {
			choices = append(choices, coded(c))
		}
		fmt.Fprintf(term.Out, "divided\t%s\t%s, %s, %d people\t%s\n", d.Home, d.Library, d.Commune.Title(), d.People, cmp.Or(d.Chosen, strings.Join(choices, " or ")))
	}
	for _, m := range plan.Moves {
		to := "?"
		if m.To.Code != "" {
			to = coded(m.To)
		}
		fmt.Fprintf(term.Out, "moves\t%s\t%s\t%s\t%s\n", m.Person.ID, m.Person.Name, coded(m.From), to)
	}
}

type undoPlacesCommand struct {
	console.Place
	Change string `arg:"" help:"The change, as places list prints it."`
	DryRun bool   `help:"Only say what stands on it."`
}

// Run undoes a change, or says what stands on it.
func (c *undoPlacesCommand) Run(ctx context.Context, term *console.Terminal) error {
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	change, stands, err := s.PlanUndoPlaces(ctx, c.Change)
	if errors.Is(err, problem.ErrNotFound) {
		return errors.New("there is no such change, or it is undone already; lopban places list prints them")
	}
	if err != nil {
		return err
	}
	for _, w := range stands {
		fmt.Fprintf(term.Out, "stands\t%s\n", console.English.T("places.stands."+w.Code, w.Of))
	}
	if len(stands) > 0 {
		return errors.New("it cannot be undone: what is named above stands on it")
	}
	if c.DryRun {
		return nil
	}
	progress := &console.Bar{Out: term.Err}
	if err := s.UndoPlaces(ctx, c.Change, roster.Operator().ID, func(done, total int) { progress.Show("people", done, total) }); err != nil {
		return fmt.Errorf("%w; nothing is lost: run lopban doctor --rebuild to finish", err)
	}
	fmt.Fprintf(term.Err, "lopban: %s is undone\n", change.Decision)
	return nil
}
