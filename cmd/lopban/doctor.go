package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/store"
	"lopban/server"
)

type doctorCommand struct {
	place
	Rebuild bool `help:"Put right what differs."`
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
