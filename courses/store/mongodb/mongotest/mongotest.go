// Package mongotest gives tests a database that speaks MongoDB's protocol.
package mongotest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Real says whether the tests run against a real MongoDB, named by LOPBAN_TEST_MONGODB, and not against FerretDB.
func Real() bool { return os.Getenv("LOPBAN_TEST_MONGODB") != "" }

// Start gives the address of a database of its own, which is dropped at the end of the test: on the server named by
// LOPBAN_TEST_MONGODB, else on a FerretDB that is built from the module beside this package, started once for the test
// binary, and ends with it. Where that cannot be built the test is skipped.
func Start(t testing.TB) (uri string) {
	t.Helper()
	server := os.Getenv("LOPBAN_TEST_MONGODB")
	if server == "" {
		var err error
		if server, err = ferretDB(); err != nil {
			t.Skipf("FerretDB could not be built and started (the first time, its source comes over the network): %v", err)
		}
	}
	uri, name, err := database(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { drop(t, server, name) })
	return uri
}

// database names a fresh database on a server.
func database(server string) (uri, name string, err error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", "", fmt.Errorf("LOPBAN_TEST_MONGODB: %w", err)
	}
	// by default the user belongs to the database in the path
	if q := u.Query(); u.User != nil && !q.Has("authSource") {
		q.Set("authSource", strings.Trim(u.Path, "/"))
		if q.Get("authSource") == "" {
			q.Set("authSource", "admin")
		}
		u.RawQuery = q.Encode()
	}
	name = "lopban_test_" + strings.ToLower(rand.Text())
	u.Path = "/" + name
	return u.String(), name, nil
}

func drop(t testing.TB, server, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(server).SetServerSelectionTimeout(5 * time.Second))
	if err == nil {
		defer client.Disconnect(ctx)
		err = client.Database(name).Drop(ctx)
	}
	if err != nil {
		t.Errorf("dropping %s: %v", name, err)
	}
}

// ferretDB builds and starts the server, once. It ends when this process does, because its standard input ends then.
var ferretDB = sync.OnceValues(func() (uri string, err error) {
	p, err := begin()
	if err != nil {
		return "", err
	}
	return p.uri, nil
})

// Server is a FerretDB of one test, with its data in a folder, that can be killed and started again.
type Server struct {
	URI string // of a database on it

	t    testing.TB
	addr string
	dir  string
	p    *process
}

// StartServer starts a FerretDB for this test alone, and ends it after the test. Where it cannot be built the test is
// skipped; so it is against a real MongoDB, which is not the test's to kill.
func StartServer(t testing.TB) *Server {
	t.Helper()
	if Real() {
		t.Skip("a MongoDB of others is not killed")
	}
	s := &Server{t: t, dir: t.TempDir() + string(filepath.Separator)}
	var err error
	if s.p, err = begin("127.0.0.1:0", s.dir); err != nil {
		t.Skipf("FerretDB could not be built and started (the first time, its source comes over the network): %v", err)
	}
	t.Cleanup(s.Kill)
	u, err := url.Parse(s.p.uri)
	if err != nil {
		t.Fatal(err)
	}
	s.addr = u.Host
	if s.URI, _, err = database(s.p.uri); err != nil {
		t.Fatal(err)
	}
	return s
}

// Start starts the server that was killed, at the address where it was, and returns when it listens.
func (s *Server) Start() {
	s.t.Helper()
	p, err := begin(s.addr, s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	s.p = p
}

// Kill ends the server without a word to it (SIGKILL), if it runs, and returns when it is gone.
func (s *Server) Kill() {
	s.t.Helper()
	if s.p == nil {
		return
	}
	server, err := os.FindProcess(s.p.pid)
	if err == nil {
		err = server.Kill()
	}
	if err != nil {
		s.t.Error(err)
	}
	s.p.cmd.Wait() // its error is the kill
	s.p = nil
}

// process is a server that runs.
type process struct {
	cmd  *exec.Cmd // go, which has the server as its child
	life io.Closer // its standard input
	pid  int       // of the server
	uri  string
}

// begin starts a server that listens.
func begin(args ...string) (*process, error) {
	dir, err := source()
	if err != nil {
		return nil, err
	}
	// go run keeps what it built, for every later run and every package.
	p := &process{cmd: exec.Command("go", append([]string{"run", "-tags=ferretdb_no_postgresql", "."}, args...)...)}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off")
	said := new(strings.Builder)
	p.cmd.Stderr = said
	if p.life, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fscanln(bufio.NewReader(out), &p.uri, &p.pid); err != nil {
		p.life.Close()
		return nil, errors.Join(err, p.cmd.Wait(), errors.New(said.String()))
	}
	go func() {
		io.Copy(io.Discard, out)
		runtime.KeepAlive(p.life) // a pipe that nothing refers to is closed
	}()
	p.uri += "?timeoutMS=60000" // it is slow, and slower on a busy machine
	return p, answers(p.uri)
}

// source is the folder of FerretDB's module, found from the main module that the test runs in.
func source() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(strings.TrimSpace(string(out))), "courses", "store", "mongodb", "ferretdb")
	_, err = os.Stat(filepath.Join(dir, "go.mod"))
	return dir, err
}

// answers says whether the server accepts connections. It printed its address after it began to listen.
func answers(uri string) error {
	u, err := url.Parse(uri)
	if err != nil {
		return err
	}
	conn, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}
