// Lopban is the training and certification system for people who work at grassroots libraries. This file turns flags
// and environment into values; each command opens what it needs, joins it and closes it in reverse.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"lopban/cmd/lopban/bench"
	"lopban/cmd/lopban/console"
	"lopban/courses/problem"
)

// commands is the list of sub-commands. Every flag is also LOPBAN_<FLAG> in the environment, and LOPBAN_<FLAG>_FILE
// names a file that holds it.
type commands struct {
	Serve   serveCommand    `cmd:"" help:"Answer requests."`
	Demo    demoCommand     `cmd:"" help:"Fill an empty store with a believable region, then serve."`
	Courses coursesCommand  `cmd:"" help:"Check, publish, export and import courses."`
	Roster  rosterCommand   `cmd:"" help:"Import a roster; print activation slips."`
	Places  placesCommand   `cmd:"" help:"Change communes as a decision says, and undo it."`
	Report  reportCommand   `cmd:"" help:"Write completions, missing people or the board to a file."`
	Doctor  doctorCommand   `cmd:"" help:"Look for whatever is damaged, was changed by something else or does not agree; --rebuild makes anew what can be."`
	Backup  console.Backup  `cmd:"" help:"Write a copy of the store to a file, also while it is in use."`
	Restore console.Restore `cmd:"" help:"Fill an empty store from a file that backup wrote."`
	Erased  console.Erased  `cmd:"" help:"List whose data were erased, to erase them again after an older backup was restored."`
	Verify  verifyCommand   `cmd:"" help:"Check a certificate by its PDF or code, also while the store is in use."`

	Account     accountCommand     `cmd:"" help:"Unlock an account; reset its second factor."`
	Certificate certificateCommand `cmd:"" help:"Issue a certificate again, or withdraw it."`
	Keys        keysCommand        `cmd:"" help:"The keys that sign certificates: list, rotate, revoke."`

	Bench   bench.Command  `cmd:"" help:"Measure the speed of this machine with a temporary store."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.LookupEnv, &console.Terminal{Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

// run is the program: 0 done, 1 something is wrong, 2 wrong usage, 3 an answer is waited for. Messages go to the
// terminal's err, data to its out.
func run(ctx context.Context, args []string, env func(string) (string, bool), term *console.Terminal) int {
	var cmds commands
	code := -1
	parser, err := kong.New(&cmds, kong.Name("lopban"), kong.Description("Training and certificates for grassroots library workers."),
		kong.Writers(term.Out, term.Err), kong.Exit(func(c int) { code = c }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Resolvers(environment(env)))
	if err != nil {
		fmt.Fprintln(term.Err, "lopban:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // --help
		return code
	}
	if err != nil {
		fmt.Fprintf(term.Err, "lopban: %v\nlopban: see lopban --help\n", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(term)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errAsked), errors.Is(err, errAsks):
		fmt.Fprintln(term.Err, "lopban:", err)
		return 3
	case errors.As(err, new(console.Misnamed)):
		fmt.Fprintln(term.Err, "lopban:", err)
		return 2
	case !errors.Is(err, console.ErrFailed):
		fmt.Fprintln(term.Err, "lopban:", sentence(err))
	}
	return 1
}

// others are flags that the environment also has under a name which is not ours.
var others = map[string]string{"mongodb": "MONGODB_URI", "otlp-endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT"}

// environment gives a flag its value from LOPBAN_<FLAG>, from the file that LOPBAN_<FLAG>_FILE names, or from the name
// that others know.
func environment(env func(string) (string, bool)) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		name := "LOPBAN_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		if value, ok := env(name); ok {
			return value, nil
		}
		if file, ok := env(name + "_FILE"); ok {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("%s_FILE: %w", name, err)
			}
			return strings.TrimSpace(string(text)), nil
		}
		if theirs, ok := others[flag.Name]; ok {
			if value, ok := env(theirs); ok {
				return value, nil
			}
		}
		return nil, nil
	})
}

// sentence is an error as the person at the terminal should read it.
func sentence(err error) string {
	var p *problem.Problem
	if !errors.As(err, &p) {
		return err.Error()
	}
	text := console.English.T("error."+p.Code, p.Args...)
	switch p.Code {
	case "store-locked":
		text += " Stop that one first, or name another folder with --data."
	case "store-missing":
		text += " Name another with --data."
	case "store-damaged":
		text += " A backup goes in its place with lopban restore FILE --aside; the damaged files are kept."
	case "keys-closed":
		text += " Give that secret as LOPBAN_KEY_SECRET_FILE. If it is lost, lopban keys rotate makes a new key; what the old one signed stays good."
	case "store-cut":
		text += " Otherwise choose what loses less: lopban doctor --accept-loss starts again without it, lopban restore FILE --aside with a backup; the present files are kept."
	}
	return text
}

type versionCommand struct{}

// Run prints the release.
func (versionCommand) Run(term *console.Terminal) error {
	_, err := fmt.Fprintln(term.Out, "lopban", console.Version())
	return err
}
