package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/paper"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/targets"
	"lopban/server"
)

type doctorCommand struct {
	place
	Rebuild bool `help:"Put right what differs."`
}

// Run compares what is kept for speed with the facts, and the facts with one another. It fails when something is wrong that it did not put right.
func (c *doctorCommand) Run(ctx context.Context, term *terminal) error {
	st, err := c.place.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := newServer(ctx, st, "", nil, term.err)
	if err != nil {
		return err
	}
	standings, err := c.standings(ctx, term, s.Board())
	if err != nil {
		return err
	}
	tasks, err := c.tasks(ctx, term, s.School())
	if err != nil {
		return err
	}
	flaws, err := c.facts(ctx, term, s.School())
	if err != nil {
		return err
	}
	drafts, err := c.drafts(ctx, term, s.Desk())
	if err != nil {
		return err
	}
	rebuildable := standings+tasks > 0 && !c.Rebuild
	if rebuildable {
		fmt.Fprintln(term.err, "lopban: put the standings and practice tasks right with lopban doctor --rebuild")
	}
	if flaws+drafts > 0 || rebuildable {
		return errFailed
	}
	return nil
}

// standings looks at everybody's standing and says how many were wrong.
func (c *doctorCommand) standings(ctx context.Context, term *terminal, b *targets.Board) (int, error) {
	people, err := b.Store.Count(ctx, roster.PersonKind, store.Query{})
	if err != nil {
		return 0, err
	}
	progress := &bar{out: term.err}
	look, done := b.Check, "wrong"
	if c.Rebuild {
		look, done = b.Rebuild, "put right"
	}
	r, err := look(ctx, func(r targets.Rebuilt) { progress.show("standings", r.People, people[0].N) })
	if err != nil {
		return 0, err
	}
	for _, id := range r.Differences {
		fmt.Fprintf(term.out, "standing\t%s\t%s\n", id, done)
	}
	n := r.Missing + r.Wrong + r.Orphans
	fmt.Fprintf(term.out, "people %d: standings missing %d, different %d, of nobody %d\n", r.People, r.Missing, r.Wrong, r.Orphans)
	return n, nil
}

// tasks looks at how far everybody's practice tasks are kept to be, and says how many were wrong.
func (c *doctorCommand) tasks(ctx context.Context, term *terminal, school *courses.School) (int, error) {
	n, done := 0, "wrong"
	if c.Rebuild {
		done = "put right"
	}
	checked, err := school.Tasks(ctx, c.Rebuild, func(enrolment string) {
		n++
		fmt.Fprintf(term.out, "task\t%s\t%s\n", enrolment, done)
	})
	if err != nil {
		return n, err
	}
	fmt.Fprintf(term.out, "practice tasks %d: %d different\n", checked, n)
	return n, nil
}

// facts looks at what learners left and earned, and says how many documents do not agree.
func (c *doctorCommand) facts(ctx context.Context, term *terminal, school *courses.School) (int, error) {
	progress := &bar{out: term.err}
	n := 0
	checked, err := school.Check(ctx, func(f courses.Flaw) {
		n++
		fmt.Fprintf(term.out, "%s\t%s\t%s\n", f.Kind, f.ID, f.What)
	}, func(done, all int) { progress.show("facts", done, all) })
	if err != nil {
		return n, err
	}
	fmt.Fprintf(term.out, "facts %d: %d do not agree with the others\n", checked, n)
	return n, nil
}

// drafts looks at what trainers write, and says how much of it does not agree and was not put right.
func (c *doctorCommand) drafts(ctx context.Context, term *terminal, desk *authoring.Desk) (int, error) {
	n := 0
	say := func(f courses.Flaw) {
		n++
		fmt.Fprintf(term.out, "%s\t%s\t%s\n", f.Kind, f.ID, f.What)
	}
	err := desk.Check(ctx, c.Rebuild, say)
	if err == nil && n > 0 && c.Rebuild {
		n = 0
		err = desk.Check(ctx, false, func(courses.Flaw) { n++ }) // what is left
	}
	fmt.Fprintf(term.out, "drafts: %d do not agree with their edits and events\n", n)
	return n, err
}

type verifyCommand struct {
	place
	What string `arg:"" placeholder:"FILE.pdf|CODE" help:"A certificate's PDF, or the code printed on it."`
}

// Run says what the register knows of a certificate. It fails when there is none, when it is not valid, or when the file is not the one that was issued.
func (c *verifyCommand) Run(ctx context.Context, term *terminal) error {
	st, err := c.place.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	typed, hash := c.What, ""
	if strings.HasSuffix(strings.ToLower(c.What), ".pdf") {
		data, err := os.ReadFile(c.What)
		if err != nil {
			return err
		}
		if typed, hash, err = paper.Inspect(data); err != nil {
			return fmt.Errorf("%s is not a certificate made here", c.What)
		}
	}
	code, ok := courses.ReadCode(typed)
	if !ok {
		return fmt.Errorf("%q cannot be a code: a character is wrong or missing", typed)
	}
	e, err := newSchool(st).Look(ctx, code)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no certificate has the code %s", courses.ShowCode(code))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(term.out, "%s\t%s\t%s\t%s\t%s\t%s\n", e.State, courses.ShowCode(e.Code), e.Serial, e.Holder.Name, e.Title.Vi, e.IssuedAt.In(courses.Vietnam).Format("02/01/2006"))
	if hash != "" {
		same, err := server.Issued(ctx, st, e.ID, hash)
		if err != nil {
			return err
		}
		if !same {
			fmt.Fprintln(term.err, "lopban: the file is not the one that was issued, byte for byte: something was changed in it or added to it, a signature perhaps")
			return errFailed
		}
	}
	if e.State != courses.Valid {
		return errFailed
	}
	return nil
}
