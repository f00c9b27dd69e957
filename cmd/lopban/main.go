// Lopban is the training and certification system for people who work at grassroots libraries. This file turns flags and environment into values; each command opens what it needs,
// joins it and closes it in reverse.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"lopban/content"
	"lopban/courses/store"
	"lopban/server"
)

// commands is the list of sub-commands. Every flag is also LOPBAN_<FLAG> in the environment, and LOPBAN_<FLAG>_FILE names a file that holds it.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Answer requests."`
	Demo    demoCommand    `cmd:"" help:"Fill an empty store with a believable region, then serve."`
	Courses coursesCommand `cmd:"" help:"Check, publish, export and import courses."`
	Roster  rosterCommand  `cmd:"" help:"Import a roster; print activation slips."`
	Report  reportCommand  `cmd:"" help:"Write completions, missing people or the board to a file."`
	Doctor  doctorCommand  `cmd:"" help:"Compare every standing with the facts; --rebuild makes them anew."`
	Backup  backupCommand  `cmd:"" help:"Write a copy of the store to a file, also while it is in use."`
	Restore restoreCommand `cmd:"" help:"Fill an empty store from a file that backup wrote."`
	Verify  verifyCommand  `cmd:"" help:"Check a certificate by its PDF or code."`
	Bench   benchCommand   `cmd:"" help:"Measure the speed of this machine with a temporary store."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// place is where the data is. It is part of every command that opens the store.
type place struct {
	Data    string `default:"./data" placeholder:"DIR" help:"Folder of the embedded store."`
	Mongodb string `placeholder:"URI" help:"MongoDB to use in place of the embedded store; also MONGODB_URI."`
}

// terminal is what a command talks to.
type terminal struct {
	out, err io.Writer
	ready    func(addr string) // for tests: called once the program answers
}

// errFailed ends a command that has already said what is wrong.
var errFailed = errors.New("failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.LookupEnv, &terminal{out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run is the program: 0 done, 1 something is wrong, 2 wrong usage. Messages go to the terminal's err, data to its out.
func run(ctx context.Context, args []string, env func(string) (string, bool), term *terminal) int {
	var cmds commands
	code := -1
	parser, err := kong.New(&cmds, kong.Name("lopban"), kong.Description("Training and certificates for grassroots library workers."),
		kong.Writers(term.out, term.err), kong.Exit(func(c int) { code = c }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Resolvers(environment(env)))
	if err != nil {
		fmt.Fprintln(term.err, "lopban:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // --help
		return code
	}
	if err != nil {
		fmt.Fprintf(term.err, "lopban: %v\nlopban: see lopban --help\n", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(term)
	switch {
	case err == nil:
		return 0
	case !errors.Is(err, errFailed):
		fmt.Fprintln(term.err, "lopban:", sentence(err))
	}
	return 1
}

// others are flags that the environment also has under a name which is not ours.
var others = map[string]string{"mongodb": "MONGODB_URI", "otlp-endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT"}

// environment gives a flag its value from LOPBAN_<FLAG>, from the file that LOPBAN_<FLAG>_FILE names, or from the name that others know.
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
	var p *store.Problem
	if !errors.As(err, &p) {
		return err.Error()
	}
	text := server.Sentence(content.FS, "en", p)
	switch p.Code {
	case "store-locked":
		text += " Stop that one first, or name another folder with --data."
	case "store-missing":
		text += " Name another with --data."
	case "store-damaged":
		text += " Into an empty folder: lopban restore FILE --data DIR."
	}
	return text
}

type versionCommand struct{}

// Run prints the release.
func (versionCommand) Run(term *terminal) error {
	_, err := fmt.Fprintln(term.out, "lopban", version())
	return err
}

// version is the release, and the revision and the Go that it was built with where the build knows them.
func version() string {
	v := store.Release
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += " " + s.Value[:12]
		}
	}
	return v + " " + info.GoVersion
}
