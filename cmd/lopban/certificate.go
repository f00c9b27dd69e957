package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/credential"
	"lopban/courses/paper"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/programme/signing"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

type verifyCommand struct {
	console.Place
	What string `arg:"" placeholder:"FILE.pdf|CODE" help:"A certificate's PDF, or the code, link, serial or register number printed on it."`
}

// Help is printed by verify --help.
func (*verifyCommand) Help() string {
	return "The first word of the answer is the verdict: valid, expired, replaced, revoked, changed (the file is not the one that was issued, byte for byte, or the link not the one that was signed) or unknown. " +
		"The status is 0 for valid and 1 for any other. A server may be using the data meanwhile."
}

// The verdicts that are no state of a certificate.
const (
	fileChanged = "changed"
	notKnown    = "unknown"
)

// Run says what the register knows of a certificate, beside a server that is at work. It fails when there is none, when
// it is not valid, or when the file is not the one that was issued.
func (c *verifyCommand) Run(ctx context.Context, term *console.Terminal) (err error) {
	typed, hash := c.What, ""
	if strings.HasSuffix(strings.ToLower(c.What), ".pdf") {
		data, err := os.ReadFile(c.What)
		if err != nil {
			return err
		}
		if typed, hash, err = paper.Inspect(data); err != nil {
			return c.verdict(term, notKnown, fmt.Sprintf("%s is not a certificate made here", c.What))
		}
	}
	if !courses.ReadTyped(typed) {
		return c.verdict(term, notKnown, fmt.Sprintf("%q cannot be a code or a number: a character is wrong or missing", typed))
	}
	st, err := c.Place.Beside(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	e, err := console.NewSchool(st).Find(ctx, typed)
	switch {
	case err == nil:
	case errors.Is(err, problem.ErrNotFound):
		return c.verdict(term, notKnown, fmt.Sprintf("the register has no certificate %s", typed))
	default:
		return err
	}
	verdict, why := string(e.State), ""
	if forged, err := forgedLink(ctx, st, e.Entry, c.What); err != nil {
		return err
	} else if forged != nil {
		verdict, why = fileChanged, fmt.Sprintf("the link of the QR code says something else than what was signed: %s. The certificate itself is %s", forged, e.State)
	}
	if hash != "" {
		same, err := programme.Issued(ctx, st, e.ID, hash)
		if err != nil {
			return err
		}
		if !same {
			verdict, why = fileChanged, fmt.Sprintf("the file is not the one that was issued, byte for byte: something was changed in it or added to it, a signature perhaps. The certificate itself is %s", e.State)
		}
	}
	return c.verdict(term, verdict, why, courses.ShowCode(e.Code), e.Serial, e.Holder.Name, e.Title.Vi, e.IssuedAt.In(courses.Vietnam).Format("02/01/2006"))
}

// forgedLink says what is wrong with the signed facts in a link, where it carries some: nil for nothing.
func forgedLink(ctx context.Context, st store.Store, e school.Entry, link string) (forged, err error) {
	_, fragment, _ := strings.Cut(link, "#")
	if len(fragment) < 100 { // no facts are so short
		return nil, nil
	}
	keys, err := store.All[credential.Key](ctx, st, programme.IssuerKeyKind, store.Query{})
	if err != nil {
		return nil, err
	}
	facts, wrong := credential.Keys(keys).Check(e.Code, fragment)
	if wrong == nil && facts != credential.FactsOf(e.Certificate) {
		wrong = credential.ErrForged
	}
	return wrong, nil
}

// verdict prints one line of data, and what a person should know besides.
func (c *verifyCommand) verdict(term *console.Terminal, verdict, why string, facts ...string) error {
	fmt.Fprintln(term.Out, strings.Join(append([]string{verdict}, facts...), "\t"))
	if why != "" {
		fmt.Fprintln(term.Err, "lopban:", why)
	}
	if verdict != string(courses.Valid) {
		return console.ErrFailed
	}
	return nil
}

type certificateCommand struct {
	Download    downloadCommand    `cmd:"" help:"Write the PDFs of a province's certificates to a folder, for the issuer to sign with its own token."`
	Countersign countersignCommand `cmd:"" help:"Take in PDFs that the issuer signed with its own token: they are served from then on, as they are."`

	Reissue reissueCommand `cmd:"" help:"Issue a certificate again: its number stays, the old one says what replaced it."`
	Revoke  revokeCommand  `cmd:"" help:"Ask to withdraw a certificate, or withdraw it on the word of two people."`
}

type reissueCommand struct {
	console.Place
	sealing
	BaseURL string `placeholder:"URL" help:"Address under which the check page is reached, as for serve, where it is no longer the one on the old paper."`
	Code    string `arg:"" help:"The certificate's code, link, serial or register number."`
	Reason  string `required:"" enum:"name,damaged,lost" help:"Why: name (corrected on the roster), damaged or lost."`
}

// Run issues a certificate again, prints the new entry, and makes its paper.
func (c *reissueCommand) Run(ctx context.Context, term *console.Terminal) error {
	s, done, err := c.programme(ctx, c.Place, c.BaseURL, term)
	if err != nil {
		return err
	}
	defer done()
	if _, err := s.Keys.Signer(ctx); err != nil { // before anything is written
		return err
	}
	e, err := findEntry(ctx, s, c.Code)
	if err != nil {
		return err
	}
	made, err := s.Reissue(ctx, roster.Operator(), e.Code, courses.Cause(c.Reason))
	if err != nil {
		return err
	}
	if err := s.Audit(ctx, roster.Operator().ID, "certificate.reissue", made.Code, e.Province); err != nil {
		return err
	}
	if _, err := s.Papers.Keep(ctx, *made); err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.Out, "reissued\t%s\t%s\t%s\treissue %d, replaces %s\n", courses.ShowCode(made.Code), made.Register, made.Holder.Name, made.Reissue, courses.ShowCode(e.Code))
	return err
}

// findEntry finds a certificate by what an operator types.
func findEntry(ctx context.Context, s *programme.Programme, typed string) (school.Entry, error) {
	e, err := s.School.Find(ctx, typed)
	if errors.Is(err, problem.ErrNotFound) {
		return e.Entry, fmt.Errorf("the register has no certificate %s", typed)
	}
	return e.Entry, err
}

type revokeCommand struct {
	console.Place
	Code       string `arg:"" help:"The certificate's code, link, serial or register number."`
	Reason     string `required:"" enum:"mistake,not-own,person,course-void,other" help:"Why: mistake (issued by mistake), not-own (the work was not the holder's own), person (it names the wrong person), course-void (the results of the course were set aside) or other (with --note)."`
	Note       string `placeholder:"TEXT" help:"More about the reason; everyone who checks the certificate reads it."`
	AskedBy    string `placeholder:"LOGIN" help:"Account that asked for it."`
	ApprovedBy string `placeholder:"LOGIN" help:"Account of the province's staff that agreed: another one. Without both, the request waits for somebody of the province to agree on the page."`
}

// Run withdraws a certificate on the word of two people, or leaves the request for a second one.
func (c *revokeCommand) Run(ctx context.Context, term *console.Terminal) error {
	if (c.AskedBy == "") != (c.ApprovedBy == "") {
		return errors.New("a revocation needs two people: give both --asked-by and --approved-by, or neither")
	}
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	defer s.Background.Stop()
	e, err := findEntry(ctx, s, c.Code)
	if err != nil {
		return err
	}
	asks := roster.Operator()
	if c.AskedBy != "" {
		if asks, err = accountOf(ctx, s, c.AskedBy); err != nil {
			return err
		}
	}
	r, err := s.AskRegister(ctx, asks, e.Code, false, courses.Cause(c.Reason), c.Note)
	if err != nil {
		return err
	}
	if err := s.Audit(ctx, roster.Operator().ID, "certificate.ask-revoke", e.Code, e.Province); err != nil {
		return err
	}
	if c.ApprovedBy == "" {
		fmt.Fprintf(term.Err, "lopban: nothing is withdrawn yet: somebody of the province's staff has to agree, at /certificates/%s/register\n", e.Code)
		_, err = fmt.Fprintf(term.Out, "asked\t%s\t%s\t%s\n", courses.ShowCode(e.Code), e.Register, r.ID)
		return err
	}
	agrees, err := accountOf(ctx, s, c.ApprovedBy)
	if err != nil {
		return err
	}
	if _, err := s.AnswerRegister(ctx, agrees, e.Code, true); err != nil {
		return err
	}
	if err := s.Audit(ctx, roster.Operator().ID, "certificate.revoke", e.Code, e.Province); err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.Out, "revoked\t%s\t%s\t%s\n", courses.ShowCode(e.Code), e.Register, r.ID)
	return err
}

// accountOf finds an account by what its person types to sign in.
func accountOf(ctx context.Context, s *programme.Programme, login string) (roster.Account, error) {
	a, err := s.Accounts.ByLogin(ctx, login)
	if errors.Is(err, problem.ErrNotFound) {
		return a, fmt.Errorf("nobody signs in as %s", login)
	}
	return a, err
}

type downloadCommand struct {
	console.Place
	Province string `required:"" placeholder:"CODE" help:"Present province whose certificates are meant."`
	Since    string `placeholder:"YYYY-MM-DD" help:"Only those issued on this day or later."`
	Dir      string `arg:"" help:"Folder to write to; it is made. What is there stays."`
}

// Run writes every PDF that has no signature of the issuer yet, beside a server that is at work.
func (c *downloadCommand) Run(ctx context.Context, term *console.Terminal) error {
	var since time.Time
	if c.Since != "" {
		var err error
		if since, err = time.ParseInLocation(time.DateOnly, c.Since, courses.Vietnam); err != nil {
			return fmt.Errorf("--since %s is no day such as 2026-12-05", c.Since)
		}
	}
	st, err := c.Place.Beside(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := os.MkdirAll(c.Dir, 0o750); err != nil {
		return err
	}
	all, err := signing.ToSign(ctx, st, c.Province, since)
	for _, e := range all {
		if err == nil {
			err = c.write(ctx, st, term, e)
		}
	}
	return err
}

// write writes the PDF of a certificate, unless it is there.
func (c *downloadCommand) write(ctx context.Context, st store.Store, term *console.Terminal, e courses.Certificate) error {
	pdf, err := programme.Made(ctx, st, e)
	if err != nil {
		return err
	}
	if pdf == nil {
		fmt.Fprintf(term.Err, "lopban: the paper of %s was not made yet; open it once\n", e.Serial)
		return nil
	}
	path := filepath.Join(c.Dir, courses.ShowCode(e.Code)+".pdf")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write(pdf)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.Out, "%s\t%s\t%s\n", path, e.Serial, e.Holder.Name)
	return err
}

type countersignCommand struct {
	console.Place
	Files []string `arg:"" placeholder:"FILE.pdf" help:"Signed PDFs: each must be one of those that download wrote, with a signature of the whole document added at its end."`
}

// Run takes every file that is right, says what is wrong with each of the others, and fails if there is one.
func (c *countersignCommand) Run(ctx context.Context, term *console.Terminal) error {
	s, done, err := c.Place.Programme(ctx, "", term.Err)
	if err != nil {
		return err
	}
	defer done()
	defer s.Background.Stop()
	var failed error
	for _, name := range c.Files {
		e, done, err := c.take(ctx, s, name)
		if err != nil {
			failed = console.ErrFailed
			fmt.Fprintf(term.Err, "lopban: %s: %s\n", name, sentence(err))
			continue
		}
		fmt.Fprintf(term.Out, "signed\t%s\t%s\t%s\t%s\n", courses.ShowCode(e.Code), e.Serial, done.Signer, done.CA)
	}
	return failed
}

func (c *countersignCommand) take(ctx context.Context, s *programme.Programme, name string) (school.Entry, programme.Countersigned, error) {
	f, err := os.Open(name)
	if err != nil {
		return school.Entry{}, programme.Countersigned{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, credential.LargestPDF+1))
	if err != nil {
		return school.Entry{}, programme.Countersigned{}, err
	}
	e, done, err := s.Countersign(ctx, roster.Operator(), data)
	if err != nil {
		return e, done, err
	}
	return e, done, s.Audit(ctx, roster.Operator().ID, "certificate.countersign", e.Code, e.Province)
}
