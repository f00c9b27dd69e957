// Package mongotest gives tests a database that speaks MongoDB's protocol.
package mongotest

import (
	"bufio"
	"context"
	"crypto/rand"
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

// Start gives the address of a database of its own, which is dropped at the end of the test: on the server named by LOPBAN_TEST_MONGODB, else on
// a FerretDB that is built from the module beside this package, started once for the test binary, and ends with it. Where
// that cannot be built the test is skipped.
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
	if q := u.Query(); u.User != nil && !q.Has("authSource") { // by default the user belongs to the database in the path
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
	dir, err := source()
	if err != nil {
		return "", err
	}
	// go run keeps what it built, for every later run and every package.
	cmd := exec.Command("go", "run", "-tags=ferretdb_no_postgresql", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly -buildvcs=false", "GOWORK=off")
	said := new(strings.Builder)
	cmd.Stderr = said
	life, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%w: %s", cmd.Wait(), said)
	}
	go func() {
		io.Copy(io.Discard, out)
		runtime.KeepAlive(life) // a pipe that nothing refers to is closed
	}()
	uri = strings.TrimSpace(line) + "?timeoutMS=60000" // it is slow, and slower on a busy machine
	return uri, answers(uri)
})

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
