package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/rights/duty"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/targets"
)

type doctorCommand struct {
	console.Place
	Rebuild    bool     `help:"Put right what differs."`
	AcceptLoss bool     `help:"Start again without what a lost log of the embedded store held. The data file itself must be sound."`
	Against    string   `type:"existingfile" placeholder:"FILE" help:"Backup to compare with: every fact that is in it must be in the store, as it was."`
	Head       []string `placeholder:"LINE:DIGEST" help:"A line of the audit trail that was written down earlier, from doctor, backup or a file of the trail. May be given several times."`
	console.Opening
}

// Help is printed by doctor --help.
func (*doctorCommand) Help() string {
	return "Reads everything: each document and file as it is kept, the audit trail line by line, and facts and what is kept for speed against one another. " +
		"Each thing that is wrong is a line on stdout: kind, id, what. It goes on to the end. Exit status: 0 nothing is wrong, or --rebuild put it right; 1 something is wrong; 2 wrong usage."
}

// Run looks at everything, and fails when something is wrong that it did not put right. What one part finds, or cannot
// read, keeps none of the others from being looked at.
func (c *doctorCommand) Run(ctx context.Context, term *console.Terminal) error {
	heads, err := c.heads()
	if err != nil {
		return err
	}
	if c.AcceptLoss && c.Mongodb == "" {
		if lost, err := sqlite.AcceptLoss(c.Data, console.AllKinds()...); err != nil {
			return err
		} else if lost {
			fmt.Fprintln(term.Out, "log: what it held is given up")
		}
	}
	st, err := c.Place.Open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	e := &examination{doctorCommand: c, term: term}
	e.part(ctx, "documents", func() error { return e.documents(ctx, st) })
	cfg := console.Settings(st, "", term.Err)
	cfg.Store = store.PassOver(st)
	s, err := programme.New(ctx, cfg)
	if err != nil {
		return err
	}
	e.part(ctx, "files", func() error { return e.files(ctx, s) })
	e.part(ctx, "trail", func() error { return e.trail(ctx, s, heads) })
	e.part(ctx, "roster", func() error { return e.roster(ctx, s.Roll) })
	e.part(ctx, "standings", func() error { return e.standings(ctx, s.Board) })
	e.part(ctx, "practice tasks", func() error { return e.tasks(ctx, s.School) })
	e.part(ctx, "facts", func() error { return e.facts(ctx, s.School) })
	e.part(ctx, "transfers", func() error { return e.transfers(ctx, s.Roll) })
	e.part(ctx, "drafts", func() error { return e.drafts(ctx, s) })
	if c.Against != "" {
		e.part(ctx, "backup", func() error { return e.against(ctx, cfg.Store) })
	}
	if e.rebuildable > 0 && !c.Rebuild {
		fmt.Fprintln(term.Err, "lopban: put people, standings, transfers and practice tasks right with lopban doctor --rebuild")
		e.flaws += e.rebuildable
	}
	if e.flaws > 0 {
		return console.ErrFailed
	}
	return ctx.Err()
}

// heads are the lines of the trail that were written down.
func (c *doctorCommand) heads() (all []programme.TrailHead, err error) {
	for _, text := range c.Head {
		h, ok := programme.ReadHead(text)
		if !ok {
			return nil, fmt.Errorf("--head %s: not a line of the trail and its digest, such as 12:8c3f…", text)
		}
		all = append(all, h)
	}
	return all, nil
}

// examination is a look at everything under way.
type examination struct {
	*doctorCommand
	term        *console.Terminal
	flaws       int // that stay
	rebuildable int
}

// part does one part of the look. One that cannot be ended is wrong, and the others follow all the same.
func (e *examination) part(ctx context.Context, name string, look func() error) {
	if ctx.Err() != nil {
		return
	}
	if err := look(); err != nil {
		e.flaws++
		fmt.Fprintf(e.term.Err, "lopban: %s: not looked at to the end: %s\n", name, sentence(err))
	}
}

func (e *examination) flaw(f school.Flaw) {
	e.flaws++
	fmt.Fprintf(e.term.Out, "%s\t%s\t%s\n", f.Kind, f.ID, f.What)
}

// documents looks at every document as it is kept.
func (e *examination) documents(ctx context.Context, st store.Store) error {
	before, all := e.flaws, 0
	inspector, ok := st.(store.Inspector)
	if !ok {
		return fmt.Errorf("%T cannot be inspected", st)
	}
	for _, k := range console.AllKinds() {
		n, err := inspector.Inspect(ctx, k, func(d store.Damage) { e.flaw(school.Flaw{Kind: k.Name, ID: d.ID, What: d.What}) })
		if err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
		all += n
	}
	fmt.Fprintf(e.term.Out, "documents %d: %d damaged or changed by something else than lopban\n", all, e.flaws-before)
	return nil
}

// files looks at every file and paper, and counts those that nothing names.
func (e *examination) files(ctx context.Context, s *programme.Programme) error {
	before := e.flaws
	n, err := s.CheckFiles(ctx, e.flaw)
	if err != nil {
		return err
	}
	_, strays, err := s.Strays(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.term.Out, "files %d: %d damaged or missing; %d that nothing names, which serve removes a day after it notices them\n", n, e.flaws-before, strays)
	return nil
}

// trail looks at every line of the audit trail, and says how far it reaches.
func (e *examination) trail(ctx context.Context, s *programme.Programme, heads []programme.TrailHead) error {
	before := e.flaws
	head, err := s.CheckTrail(ctx, heads, e.flaw)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.term.Out, "trail %d: %d wrong; its last line is %s\n", head.Line, e.flaws-before, head)
	return nil
}

// roster looks whether everybody is what is recorded of them.
func (e *examination) roster(ctx context.Context, r *roster.Roll) error {
	look, done := r.Check, "wrong"
	if e.Rebuild {
		look, done = r.Rebuild, "put right"
	}
	n, err := look(ctx, func(id string) { fmt.Fprintf(e.term.Out, "person\t%s\t%s\n", id, done) })
	e.rebuildable += n
	return err
}

// standings looks at everybody's standing.
func (e *examination) standings(ctx context.Context, b *targets.Board) error {
	people, err := b.Store.Count(ctx, roster.PersonKind, store.Query{})
	if err != nil {
		return err
	}
	progress := &console.Bar{Out: e.term.Err}
	look, done := b.Check, "wrong"
	if e.Rebuild {
		look, done = b.Rebuild, "put right"
	}
	r, err := look(ctx, func(r targets.Rebuilt) { progress.Show("standings", r.People, people[0].N) })
	if err != nil {
		return err
	}
	for _, id := range r.Differences {
		fmt.Fprintf(e.term.Out, "standing\t%s\t%s\n", id, done)
	}
	e.rebuildable += r.Missing + r.Wrong + r.Orphans
	fmt.Fprintf(e.term.Out, "people %d: standings missing %d, different %d, of nobody %d\n", r.People, r.Missing, r.Wrong, r.Orphans)
	return nil
}

// tasks looks at how far everybody's practice tasks are kept to be.
func (e *examination) tasks(ctx context.Context, rules *school.School) error {
	n, done := 0, "wrong"
	if e.Rebuild {
		done = "put right"
	}
	checked, err := rules.Tasks(ctx, e.Rebuild, func(enrolment string) {
		n++
		fmt.Fprintf(e.term.Out, "task\t%s\t%s\n", enrolment, done)
	})
	e.rebuildable += n
	if err != nil {
		return err
	}
	fmt.Fprintf(e.term.Out, "practice tasks %d: %d different\n", checked, n)
	return nil
}

// facts looks at what learners left and earned.
func (e *examination) facts(ctx context.Context, rules *school.School) error {
	before := e.flaws
	progress := &console.Bar{Out: e.term.Err}
	checked, err := rules.Check(ctx, e.flaw, func(done, all int) { progress.Show("facts", done, all) })
	if err != nil {
		return err
	}
	fmt.Fprintf(e.term.Out, "facts %d: %d do not agree with the others\n", checked, e.flaws-before)
	return nil
}

// transfers looks whether all that was said in a transfer is of the same two provinces, and whether it is known how
// each stands.
func (e *examination) transfers(ctx context.Context, roll *roster.Roll) error {
	before := e.flaws
	n, err := roll.CheckTransfers(ctx, func(id string) {
		e.flaw(school.Flaw{Kind: roster.HandoverKind.Name, ID: id, What: "speaks of other provinces than its transfer, and counts for nothing"})
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.term.Out, "steps of transfers %d: %d of other provinces\n", n, e.flaws-before)
	done := "wrong"
	if e.Rebuild {
		done = "put right"
	}
	n, err = roll.SettleTransfers(ctx, time.Time{}, e.Rebuild, func(id string) { fmt.Fprintf(e.term.Out, "transfer\t%s\t%s\n", id, done) })
	e.rebuildable += n
	return err
}

// drafts looks at what trainers write.
func (e *examination) drafts(ctx context.Context, s *programme.Programme) error {
	n := 0
	err := s.Desk.Check(ctx, e.Rebuild, func(f school.Flaw) {
		n++
		fmt.Fprintf(e.term.Out, "%s\t%s\t%s\n", f.Kind, f.ID, f.What)
	})
	if err == nil && n > 0 && e.Rebuild {
		n = 0
		err = s.Desk.Check(ctx, false, func(school.Flaw) { n++ }) // what is left
	}
	e.flaws += n
	if err != nil {
		return err
	}
	fmt.Fprintf(e.term.Out, "drafts: %d do not agree with their edits and events\n", n)
	return nil
}

// What against finds.
const (
	gone  = "is in the backup, and not here"
	other = "is not what it is in the backup"
)

// blotted says whether a document is an entry of the trail that lost what it said of a person who was erased.
func blotted(doc any) bool {
	e, ok := doc.(*programme.AuditEntry)
	return ok && e.Blotted
}

// bareOf takes out of a fact of a backup what an erasure or a withdrawal since may have taken out of the one that is
// there, see docs/personal-data.md.
func bareOf(ctx context.Context, st store.Store, erased map[string]bool, k *store.Kind, doc, there any) error {
	person := k.PersonOf(doc)
	if blank := duty.Processed(k).Blank; blank != nil && erased[person] {
		blank(doc)
	}
	switch there := there.(type) {
	case *roster.Intake:
		if there.File == duty.Nameless {
			doc.(*roster.Intake).File = there.File
		}
	case *courses.Submission:
		withdrew, err := withdrewPhotos(ctx, st, person)
		if err != nil || !withdrew || len(there.Photos) > 0 {
			return err
		}
		doc.(*courses.Submission).Photos, doc.(*courses.Submission).Bytes = nil, 0
	}
	return nil
}

// withdrewPhotos says whether somebody ever withdrew that photos are kept, under their entry or the one it was joined
// to.
func withdrewPhotos(ctx context.Context, st store.Store, person string) (bool, error) {
	for person != "" {
		said, err := (&rights.Desk{Store: st}).Said(ctx, person, rights.Photos)
		if err != nil || slices.ContainsFunc(said, func(c rights.Consent) bool { return !c.Given }) {
			return err == nil, err
		}
		p, err := store.Get[roster.Person](ctx, st, roster.PersonKind, person)
		if err != nil && !errors.Is(err, problem.ErrNotFound) {
			return false, err
		}
		person = p.Into
	}
	return false, nil
}

// against looks whether every fact of a backup is in the store as it was, but for those about people who were erased.
func (e *examination) against(ctx context.Context, st store.Store) error {
	f, err := os.Open(e.Against)
	if err != nil {
		return err
	}
	defer f.Close()
	before, compared := e.flaws, 0
	say := func(kind, id, what string) { e.flaw(school.Flaw{Kind: kind, ID: id, What: what}) }
	erased, err := rights.ErasedIn(ctx, st)
	if err != nil {
		return err
	}
	head, _, err := e.Opening.Read(f, console.ArchiveVisitor{
		Document: func(k *store.Kind, doc any) error {
			if !k.Fact {
				return ctx.Err()
			}
			compared++
			id, _, err := k.Values(doc)
			if err != nil {
				return err
			}
			there, err := k.New()
			if err == nil {
				err = st.Get(ctx, k, id, there)
			}
			if err == nil {
				if err := bareOf(ctx, st, erased, k, doc, there); err != nil {
					return err
				}
			}
			switch {
			case errors.Is(err, problem.ErrNotFound) && erased[k.PersonOf(doc)] && duty.Goes(k):
				return nil
			case errors.Is(err, problem.ErrNotFound) && k == school.RefusalKind:
				return nil // kept for a term: --keep-refusals
			case errors.Is(err, problem.ErrNotFound):
				say(k.Name, id, gone)
				return nil
			case err == nil && !reflect.DeepEqual(doc, there) && !blotted(there):
				say(k.Name, id, other)
			}
			return err
		},
		Blob: func(string, []byte) error { return ctx.Err() },
	})
	if err != nil {
		return fmt.Errorf("%s %w", e.Against, err)
	}
	fmt.Fprintf(e.term.Out, "backup of %s: %d of its %d facts are gone or changed\n", head.MadeAt.Local().Format("15:04 02/01/2006"), e.flaws-before, compared)
	return nil
}
