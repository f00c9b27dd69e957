package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"io"
	stdlog "log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"golang.org/x/net/dns/dnsmessage"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
)

// hosted starts serve in this process and gives where it answers. It ends with the test.
func hosted(t *testing.T, args ...string) (addr string, out, errs *programtest.Output) {
	t.Helper()
	out, errs = &programtest.Output{}, &programtest.Output{}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0"}, args...), noEnvironment, &console.Terminal{Out: out, Err: errs, Ready: func(addr string) { ready <- addr }})
	}()
	select {
	case addr = <-ready:
	case code := <-ended:
		cancel()
		t.Fatalf("ended with %d: %s", code, errs.Tail())
	}
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("ended with %d: %s", code, errs.Tail())
		}
	})
	return addr, out, errs
}

// selfSigned writes a certificate for a name, and its key, over the files that are named, and gives who trusts it.
func selfSigned(t *testing.T, cert, key, name string) *x509.CertPool {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if cert != "" {
		if err := os.WriteFile(cert, chain, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if key != "" {
		if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(chain)
	return pool
}

// secretly asks on a connection of its own, as a browser that trusts these authorities and believes that the name is at
// the address.
func secretly(t *testing.T, addr, name string, trusted *x509.CertPool, method, path string, form url.Values) (*http.Response, string, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: name}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		}}
	r, err := http.NewRequest(method, "https://"+name+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res, string(text), err
}

func TestTLSByFiles(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	first := selfSigned(t, cert, key, "lopban.test")
	free, err := net.Listen("tcp", "127.0.0.1:0") // for a moment
	if err != nil {
		t.Fatal(err)
	}
	plain := free.Addr().String()
	free.Close()
	var silent net.Conn
	t.Cleanup(func() { silent.Close() }) // after the program has ended, which does not wait for who asks nothing
	addr, out, errs := hosted(t, "--tls-cert", cert, "--tls-key", key, "--base-url", "https://lopban.test", "--redirect-addr", plain)
	if said := out.Lines(); said[0] != "ready https://"+addr {
		t.Errorf("it says %q", said)
	}
	res, text, err := secretly(t, addr, "lopban.test", first, "GET", "/courses", nil)
	if err != nil || res.StatusCode != 200 || !strings.Contains(text, "LS1") || res.Header.Get("Strict-Transport-Security") == "" || res.TLS.Version < tls.VersionTLS13 {
		t.Fatalf("%v %v", res, err)
	}
	if res, _, err := secretly(t, addr, "lopban.test", first, "POST", "/sign-out", url.Values{}); err != nil || len(res.Cookies()) != 2 || !strings.HasPrefix(res.Cookies()[0].Name, "__Host-") || !res.Cookies()[0].Secure {
		t.Errorf("cookies: %v %v", res, err)
	}
	if conn, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: first, ServerName: "lopban.test", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	if silent, err = tls.Dial("tcp", addr, &tls.Config{RootCAs: first, ServerName: "lopban.test"}); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", addr); err == nil { // without TLS nothing is said
		io.WriteString(conn, "GET /courses HTTP/1.1\r\nHost: lopban.test\r\n\r\n")
		if got, _ := io.ReadAll(conn); bytes.Contains(got, []byte("LS1")) {
			t.Error("a page without TLS on the port of TLS")
		}
		conn.Close()
	}

	second := selfSigned(t, cert, key, "lopban.test")
	if _, _, err := secretly(t, addr, "lopban.test", second, "GET", "/healthz", nil); err != nil {
		t.Errorf("the new certificate is not read: %v", err)
	}
	selfSigned(t, cert, "", "lopban.test") // half of a third
	for range 2 {
		if _, _, err := secretly(t, addr, "lopban.test", second, "GET", "/healthz", nil); err != nil {
			t.Errorf("while the files do not fit: %v", err)
		}
	}
	if n := strings.Count(strings.Join(errs.Lines(), "\n"), "certificate not read"); n != 1 {
		t.Errorf("the log says %d times that they do not fit", n)
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	if _, _, err := secretly(t, addr, "lopban.test", second, "GET", "/healthz", nil); err != nil {
		t.Errorf("without the file: %v", err)
	}

	for _, x := range []struct{ line, status, location string }{
		{"GET /board?province=08 HTTP/1.1", "301", "https://lopban.test/board?province=08"}, {"GET //evil.example/ HTTP/1.1", "301", "https://lopban.test//evil.example/"},
		{"GET x:.evil.example HTTP/1.1", "301", "https://lopban.test/"}, {"GET http://evil.example/a HTTP/1.1", "301", "https://lopban.test/a"}, {"GET /%0d%0aX:%20y HTTP/1.1", "301", "https://lopban.test/%0d%0aX:%20y"},
		{"POST /sign-in HTTP/1.1", "403", ""},
	} {
		conn, err := net.Dial("tcp", plain)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, x.line+"\r\nHost: evil.example\r\n\r\n")
		got, err := io.ReadAll(conn)
		conn.Close()
		if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 "+x.status) || x.location != "" && !strings.Contains(string(got), "\r\nLocation: "+x.location+"\r\n") {
			t.Errorf("%s: %v %s", x.line, err, got)
		}
	}
}

func TestTLSFlagsThatDoNotFit(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	selfSigned(t, cert, key, "lopban.test")
	for _, c := range []struct{ args, says string }{
		{"--tls-cert " + cert, "go together"}, {"--tls-key " + key, "go together"}, {"--tls-cert " + cert + " --tls-key " + key + " --acme-domain lopban.test", "give one"},
		{"--redirect-addr 127.0.0.1:0", "need"}, {"--acme-directory http://x", "need"}, {"--tls-cert " + cert + " --tls-key " + key + " --base-url http://lopban.test", "https://"},
		{"--tls-cert " + cert + " --tls-key " + cert, "--tls-key"}, {"--tls-cert " + dir + "/none --tls-key " + key, "none"},
	} {
		got := lopban(t, nil, append([]string{"serve", "--data", filepath.Join(t.TempDir(), "never"), "--addr", "127.0.0.1:0"}, strings.Fields(c.args)...)...)
		if got.code != 1 || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: %d %s", c.args, got.code, got.err)
		}
	}
}

// authority is Pebble, the ACME server that Let's Encrypt tests clients with. It believes that every name is on this
// machine.
type authority struct {
	directory string
	root      *x509.CertPool
	start     func(tlsPort int) // from when it looks at that port
}

func newAuthority(t *testing.T) authority {
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	var handler atomic.Value
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.Load().(http.Handler).ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	trusted := filepath.Join(t.TempDir(), "front.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", trusted) // of the program that is started now
	log := stdlog.New(io.Discard, "", 0)
	memory := db.NewMemoryStore()
	signer := ca.New(log, memory, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "the only one"}})
	a := authority{directory: front.URL + wfe.DirectoryPath, root: x509.NewCertPool()}
	a.root.AddCert(signer.GetRootCert(0).Cert)
	names := everythingIsHere(t)
	a.start = func(tlsPort int) {
		desk := wfe.New(log, memory, va.New(log, 1, tlsPort, false, names, memory), signer, []string{"lopban.test"}, false, false, 1, 1)
		handler.Store(desk.Handler())
	}
	return a
}

// everythingIsHere is a name server, over TCP, that knows one address.
func everythingIsHere(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if err := resolve(conn); err != nil {
				t.Error(err)
			}
			conn.Close()
		}
	}()
	return ln.Addr().String()
}

// resolve answers one question.
func resolve(conn net.Conn) error {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return err
	}
	b := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, b); err != nil {
		return err
	}
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		return err
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	}
	answer, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	return err
}

// The first visitor by a name brings its certificate, over the port that visitors use; a name that was not given brings
// none; and the next start has it already.
func TestTLSByACME(t *testing.T) {
	a := newAuthority(t)
	cache := filepath.Join(t.TempDir(), "acme")
	serve := func(directory string) string {
		r := programtest.Launch(t, console.Place{Data: t.TempDir()}, "--base-url", "https://lopban.test", "--acme-domain", "lopban.test", "--acme-directory", directory, "--acme-cache", cache)
		return strings.TrimPrefix(r.Base, "https://")
	}
	addr := serve(a.directory)
	_, text, _ := net.SplitHostPort(addr)
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	a.start(port)
	res, _, err := secretly(t, addr, "lopban.test", a.root, "GET", "/courses", nil)
	if err != nil || res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Fatalf("%v %v", res, err)
	}
	issued := res.TLS.PeerCertificates[0]
	if !slices.Equal(issued.DNSNames, []string{"lopban.test"}) {
		t.Errorf("a certificate for %v", issued.DNSNames)
	}
	if _, _, err := secretly(t, addr, "other.test", a.root, "GET", "/", nil); err == nil {
		t.Error("a certificate for a name that was not given")
	}
	if res, _, err := secretly(t, addr, "lopban.test", a.root, "GET", "/sign-in", nil); err != nil || !res.TLS.PeerCertificates[0].Equal(issued) {
		t.Errorf("the next connection: %v", err)
	}
	again := serve("https://127.0.0.1:1/none")
	if res, _, err := secretly(t, again, "lopban.test", a.root, "GET", "/", nil); err != nil || !res.TLS.PeerCertificates[0].Equal(issued) {
		t.Errorf("after a restart: %v", err)
	}
	err = filepath.WalkDir(cache, func(path string, d os.DirEntry, err error) error {
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Who only looks for open ports fills no log with errors, and suites with CBC are not spoken.
func TestFailedHandshakes(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	trusted := selfSigned(t, cert, key, "lopban.test")
	addr, _, errs := hosted(t, "--tls-cert", cert, "--tls-key", key, "--base-url", "https://lopban.test")
	for _, sent := range []string{"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x05hello", ""} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, sent)
		conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, conn) // until the other side has ended it
		conn.Close()
	}
	for _, id := range []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA} {
		conn, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: trusted, ServerName: "lopban.test", MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{id}})
		if err == nil {
			conn.Close()
			t.Errorf("it speaks %s", tls.CipherSuiteName(id))
		}
	}
	conn, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: trusted, ServerName: "lopban.test", MaxVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if _, _, err := secretly(t, addr, "lopban.test", trusted, http.MethodGet, "/healthz", nil); err != nil {
		t.Error(err)
	}
	if text := errs.Tail(); strings.Contains(text, `"ERROR"`) {
		t.Errorf("the log says:\n%s", text)
	}
}
