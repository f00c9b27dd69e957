package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/courses/programme"
	"lopban/courses/store/sqlite"
)

// called is what a run of the program ended with and said.
type called struct {
	code     int
	out, err string
}

// lopban runs the program to its end.
func lopban(t *testing.T, env map[string]string, args ...string) called {
	t.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	code := run(ctx, args, lookup(env), &console.Terminal{Out: &out, Err: &errs})
	return called{code, out.String(), errs.String()}
}

// TestMain gives the tests their clock.
func TestMain(m *testing.M) { os.Exit(programtest.Main(m)) }

func noEnvironment(string) (string, bool) { return "", false }

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

// The exit code says what happened, data goes to out and messages go to err.
func TestExitCodes(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		name string
		args []string
		code int
		out  string // part of it, "" for nothing at all
		err  string
	}{
		{"help", []string{"--help"}, 0, "Usage: lopban <command>", ""},
		{"help of a command", []string{"serve", "--help"}, 0, "--addr", ""},
		{"version", []string{"version"}, 0, "lopban ", ""},
		{"no command", nil, 2, "", "lopban --help"},
		{"an unknown command", []string{"teach"}, 2, "", "unexpected argument teach"},
		{"an unknown flag", []string{"serve", "--colour"}, 2, "", "unknown flag --colour"},
		{"a flag without its value", []string{"serve", "--addr"}, 2, "", "--addr"},
		{"a number that is none", []string{"demo", "--people", "many"}, 2, "", "--people"},
		{"a missing argument", []string{"verify"}, 2, "", "expected"},
		{"a folder that is not there", []string{"courses", "check", filepath.Join(empty, "none")}, 2, "", "none"},
		{"a folder that is no course", []string{"courses", "check", empty}, 1, "lesson", "course.yaml"},
		{"a code that cannot be one", []string{"verify", "XXXX", "--data", empty}, 1, "unknown", "cannot be a code"},
		{"a demo for too few", []string{"demo", "--people", "5", "--addr", "127.0.0.1:0", "--data", t.TempDir()}, 1, "", "--people must be at least 764"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := lopban(t, nil, c.args...)
			if got.code != c.code {
				t.Errorf("code %d, want %d; it said %q", got.code, c.code, got.err)
			}
			if !strings.Contains(got.out, c.out) || c.out == "" && got.out != "" {
				t.Errorf("out is %q, want %q in it", got.out, c.out)
			}
			if !strings.Contains(got.err, c.err) {
				t.Errorf("err is %q, want %q in it", got.err, c.err)
			}
		})
	}
}

// Every command explains itself.
func TestEveryCommandHasHelp(t *testing.T) {
	for _, command := range []string{"serve", "demo", "courses", "courses check", "courses publish", "courses export", "courses import", "roster", "roster import", "roster slips", "report", "backup",
		"restore", "doctor", "verify", "account", "account unlock", "account reset-second-factor", "certificate", "certificate reissue", "certificate revoke", "bench", "version"} {
		t.Run(command, func(t *testing.T) {
			got := lopban(t, nil, append(strings.Fields(command), "--help")...)
			if got.code != 0 || !strings.Contains(got.out, "Usage: lopban "+command) {
				t.Errorf("code %d, out %q, err %q", got.code, got.out, got.err)
			}
		})
	}
}

// A flag is taken from the command line, then from the environment, then from a file that the environment names;
// MONGODB_URI comes last.
func TestEnvironment(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "uri")
	if err := os.WriteFile(secret, []byte("mongodb://user:from-file@127.0.0.1:1/?serverSelectionTimeoutMS=100&connectTimeoutMS=100\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const quick = "127.0.0.1:1/?serverSelectionTimeoutMS=100&connectTimeoutMS=100"
	for _, c := range []struct {
		name       string
		env        map[string]string
		args       []string
		say, never string // in what the program says of its configuration
	}{
		{"environment", map[string]string{"LOPBAN_ADDR": "127.0.0.1:99998"}, nil, "addr=127.0.0.1:99998", ""},
		{"a flag wins", map[string]string{"LOPBAN_ADDR": "127.0.0.1:99998"}, []string{"--addr", "127.0.0.1:99999"}, "addr=127.0.0.1:99999", ""},
		{"dashes are underscores", map[string]string{"LOPBAN_BASE_URL": "https://lopban.example", "LOPBAN_ADDR": "127.0.0.1:99998"}, nil, "base-url=https://lopban.example", ""},
		{"a secret in a file", map[string]string{"LOPBAN_MONGODB_FILE": secret, "LOPBAN_ADDR": "127.0.0.1:99998"}, nil, "mongodb=mongodb://user:xxxxx@127.0.0.1:1", "from-file"},
		{"the variable wins over the file", map[string]string{"LOPBAN_MONGODB": "mongodb://" + quick, "LOPBAN_MONGODB_FILE": secret, "LOPBAN_ADDR": "127.0.0.1:99998"}, nil, "mongodb=mongodb://" + quick, "user"},
		{"MONGODB_URI", map[string]string{"MONGODB_URI": "mongodb://user:word@" + quick, "LOPBAN_ADDR": "127.0.0.1:99998"}, nil, "mongodb=mongodb://user:xxxxx@" + quick, "word"},
		{"our name wins over MONGODB_URI", map[string]string{"MONGODB_URI": "mongodb://theirs", "LOPBAN_MONGODB": "mongodb://" + quick, "LOPBAN_ADDR": "127.0.0.1:99998"}, nil, "mongodb=mongodb://" + quick, "theirs"},
		{"a file that is not there", map[string]string{"LOPBAN_MONGODB_FILE": secret + ".none"}, nil, "LOPBAN_MONGODB_FILE", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := lopban(t, c.env, append([]string{"serve", "--data", t.TempDir()}, c.args...)...)
			if got.code == 0 {
				t.Error("the program ended well, want it to fail at an address that is not there")
			}
			if !strings.Contains(got.err, c.say) {
				t.Errorf("it said %q, want %q in it", got.err, c.say)
			}
			if c.never != "" && strings.Contains(got.err, c.never) {
				t.Errorf("it said %q, want no %q in it", got.err, c.never)
			}
		})
	}
}

// A port that another program has is named in the message, with what to do.
func TestTakenPort(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	got := lopban(t, nil, "serve", "--data", t.TempDir(), "--addr", ln.Addr().String())
	if got.code != 1 || !strings.Contains(got.err, "the address "+ln.Addr().String()+" is taken") || !strings.Contains(got.err, "--addr") {
		t.Errorf("code %d, err %q", got.code, got.err)
	}
}

// A folder that another lopban uses is left alone.
func TestLockedFolder(t *testing.T) {
	dir := t.TempDir()
	st, err := sqlite.Open(dir, programme.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	got := lopban(t, nil, "serve", "--data", dir, "--addr", "127.0.0.1:0")
	if got.code != 1 || !strings.Contains(got.err, dir+" is in use by another") || !strings.Contains(got.err, "--data") {
		t.Errorf("code %d, err %q", got.code, got.err)
	}
}

// A folder that is a file, or whose store is broken, is named too, and nothing is written over it.
func TestBrokenFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lopban(t, nil, "serve", "--data", file, "--addr", "127.0.0.1:0"); got.code != 1 || !strings.Contains(got.err, file) {
		t.Errorf("a file in place of the folder: code %d, err %q", got.code, got.err)
	}
	dir := t.TempDir()
	st, err := sqlite.Open(dir, programme.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.db"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v in %v, %v: the test does not know the store's file", names, dir, err)
	}
	junk := bytes.Repeat([]byte("not a database. "), 1024)
	if err := os.WriteFile(names[0], junk, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := lopban(t, nil, "serve", "--data", dir, "--addr", "127.0.0.1:0"); got.code != 1 || !strings.Contains(got.err, "is damaged") || !strings.Contains(got.err, "backup") {
		t.Errorf("a damaged store: code %d, err %q", got.code, got.err)
	}
	if left, err := os.ReadFile(names[0]); err != nil || !bytes.Equal(left, junk) {
		t.Errorf("the damaged file was changed: %v", err)
	}
}

// serve says where it answers on one line, shows nobody's secret, leads the first administrator in, and ends well when
// it is told to.
func TestServe(t *testing.T) {
	var out, errs programtest.Output
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, ended := make(chan string, 1), make(chan int, 1)
	dir := t.TempDir()
	go func() {
		ended <- run(ctx, []string{"serve", "--data", dir, "--addr", "127.0.0.1:0"}, noEnvironment, &console.Terminal{Out: &out, Err: &errs, Ready: func(addr string) { ready <- addr }})
	}()
	var addr string
	select {
	case addr = <-ready:
	case code := <-ended:
		t.Fatalf("ended with %d: %s", code, errs.Tail())
	}
	if said := out.Lines(); len(said) != 1 || said[0] != "ready http://"+addr {
		t.Errorf("out says %q", said)
	}
	link := ""
	for _, line := range errs.Lines() {
		if i := strings.Index(line, "http://"+addr+"/claim#"); i >= 0 {
			link = strings.Replace(line[i:], "#", "?code=", 1) // what stands after it is for a script, or to be typed
		}
	}
	for _, c := range []struct {
		address string
		says    string
	}{{"http://" + addr + "/healthz", "ok"}, {"http://" + addr + "/courses/LS3", "LS3"}, {link, "Quản trị viên"}} {
		res, err := http.Get(c.address)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(text), c.says) {
			t.Errorf("%s: %s, %v, want %q in %.300s", c.address, res.Status, err, c.says, text)
		}
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d: %s", code, errs.Tail())
	}
	st, err := sqlite.Open(dir, programme.Kinds()...) // the folder is free again
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
}

func TestSettingsAreShownWithoutSecrets(t *testing.T) {
	for value, want := range map[string]string{
		"mongodb://u:s3cret@127.0.0.1:1,h2/x": "mongodb://u:xxxxx@127.0.0.1:1,h2/x", "mongodb://u:s3cret@[::1]:1,[::1]:2/x": "mongodb://u:xxxxx@[::1]:1,[::1]:2/x", "mongodb://u:a#s3cret@h/x": "mongodb://u:xxxxx@h/x",
		"mongodb://u:s3c@ret/s3cret:s3cret@h/x?a=b": "mongodb://u:xxxxx@h/x?a=b", "mongodb+srv://u:s3cret@h": "mongodb+srv://u:xxxxx@h", "mongodb://u@h/x": "mongodb://u@h/x", "mongodb://h1,h2/x": "mongodb://h1,h2/x",
		"mongodb://h/x?tlsCertificateKeyFilePassword=s3cret&replicaSet=rs0": "mongodb://h/x?tlsCertificateKeyFilePassword=xxxxx&replicaSet=rs0",
		"mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:s3cret":     "mongodb://h/?authMechanismProperties=xxxxx", "127.0.0.1:8080": "127.0.0.1:8080", "": "", "a@b:c": "a@b:c", "http://lopban.example": "http://lopban.example",
	} {
		if got := redacted(value); got != want {
			t.Errorf("%s is shown as %s, want %s", value, got, want)
		}
	}
}
