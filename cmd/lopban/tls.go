package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// tlsFlags is how the program speaks TLS itself. Without it a proxy does, or nobody.
type tlsFlags struct {
	TlsCert       string   `placeholder:"FILE" help:"Certificate chain in PEM: answers by TLS. Read again when it changes."`
	TlsKey        string   `placeholder:"FILE" help:"Its private key in PEM."`
	AcmeDomain    []string `placeholder:"NAME" help:"Name for which a certificate is fetched and renewed by ACME, from Let's Encrypt, to whose terms this agrees. The port must be reached as 443, or --redirect-addr as 80."`
	AcmeCache     string   `placeholder:"DIR" help:"Folder of what ACME brings. Default: acme in the folder of the data."`
	AcmeDirectory string   `placeholder:"URL" help:"Another authority than Let's Encrypt, by its ACME directory."`
	RedirectAddr  string   `placeholder:"HOST:PORT" help:"Address, such as :80, that sends visitors on to the one of TLS."`
}

// on says whether TLS is asked for.
func (s tlsFlags) on() bool { return s.TlsCert != "" || len(s.AcmeDomain) > 0 }

func (s tlsFlags) scheme() string {
	if s.on() {
		return "https"
	}
	return "http"
}

// check says what does not go together.
func (s tlsFlags) check(base string) error {
	switch {
	case (s.TlsCert == "") != (s.TlsKey == ""):
		return errors.New("--tls-cert and --tls-key go together")
	case s.TlsCert != "" && len(s.AcmeDomain) > 0:
		return errors.New("--tls-cert brings a certificate and --acme-domain fetches one: give one of them")
	case !s.on() && (s.RedirectAddr != "" || s.AcmeCache != "" || s.AcmeDirectory != ""):
		return errors.New("--redirect-addr, --acme-cache and --acme-directory need --tls-cert or --acme-domain")
	}
	if u, err := url.Parse(base); s.on() && (err != nil || u.Scheme != "https") {
		return fmt.Errorf("visitors come by TLS, and --base-url %s does not begin with https://", base)
	}
	return nil
}

// config is the TLS of the site, nil for none, and what answers on the redirect port. data is the folder of the data.
func (s tlsFlags) config(base, data string, log *slog.Logger) (*tls.Config, http.Handler, error) {
	if err := s.check(base); err != nil || !s.on() {
		return nil, nil, err
	}
	onward := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		// what it brought has been read by others already
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "https", http.StatusForbidden)
			return
		}
		path := r.URL.RequestURI()
		if !strings.HasPrefix(path, "/") { // it would become part of the name
			path = "/"
		}
		http.Redirect(w, r, base+path, http.StatusMovedPermanently)
	})
	config := &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: suites(), NextProtos: []string{"http/1.1"}}
	if s.TlsCert != "" {
		files := &keyPair{cert: s.TlsCert, key: s.TlsKey, log: log}
		if err := files.load(); err != nil {
			return nil, nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
		config.GetCertificate = files.get
		return config, onward, nil
	}
	dir := s.AcmeCache
	if dir == "" {
		dir = filepath.Join(data, "acme")
	}
	manager := &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(dir), HostPolicy: autocert.HostWhitelist(s.AcmeDomain...),
		Client: &acme.Client{DirectoryURL: s.AcmeDirectory, UserAgent: "lopban"}}
	if s.AcmeDirectory == "" {
		manager.Client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	config.GetCertificate = manager.GetCertificate
	config.NextProtos = append(config.NextProtos, acme.ALPNProto)
	return config, manager.HTTPHandler(onward), nil
}

// suites are the secure ones of TLS 1.2 without CBC. Those of TLS 1.3 cannot be chosen.
func suites() (all []uint16) {
	for _, s := range tls.CipherSuites() {
		if slices.Contains(s.SupportedVersions, tls.VersionTLS12) && !strings.Contains(s.Name, "_CBC_") {
			all = append(all, s.ID)
		}
	}
	return all
}

// keyPair is a certificate in two files. Each new connection looks whether they have changed; while they do not fit,
// the one before goes on.
type keyPair struct {
	cert, key string
	log       *slog.Logger

	mu    sync.Mutex
	now   *tls.Certificate
	stamp string // of the files of now
	bad   string // stamp of files that did not fit, so that the log says it once
}

func (p *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stamp := p.look(); stamp != p.stamp && stamp != p.bad {
		if err := p.read(stamp); err != nil {
			p.bad = stamp
			p.log.Error("certificate not read, the one before goes on", "error", err.Error())
		}
	}
	return p.now, nil
}

func (p *keyPair) load() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read(p.look())
}

func (p *keyPair) read(stamp string) error {
	c, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err == nil {
		p.now, p.stamp = &c, stamp
	}
	return err
}

// look tells versions of the files apart.
func (p *keyPair) look() string {
	stamp := ""
	for _, name := range []string{p.cert, p.key} {
		if info, err := os.Stat(name); err == nil {
			stamp += fmt.Sprint(info.ModTime().UnixNano(), info.Size(), " ")
		}
	}
	return stamp
}

// aside serves a few requests beside the site until the context ends.
func aside(ctx context.Context, ln net.Listener, handler http.Handler) error {
	s := &http.Server{Handler: handler, ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	defer context.AfterFunc(ctx, func() { s.Close() })()
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
