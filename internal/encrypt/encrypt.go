// SPDX-License-Identifier: Apache-2.0

// Package encrypt has the certificate that the API is served with over TCP, and takes a
// renewed one. Who may do what by a certificate of theirs is left to package api.
package encrypt

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
)

// maxFile is the largest file that is read, in bytes: a bundle of all public
// authorities has a quarter of it.
const maxFile = 1 << 20

// Load reads what a configuration names. Problems say which file cannot be used and
// why; nothing of a key is in them.
func Load(t config.ManagementTLS) (*tls.Config, config.Problems) {
	var problems config.Problems
	problem := func(key, message, hint string) {
		problems = append(problems, config.Problem{Pointer: "/management/tls/" + key, Severity: config.SeverityError, Message: message, Hint: hint})
	}
	read := func(key, path string) []byte {
		text, err := durable.Read(path, maxFile)
		if err != nil {
			problem(key, fmt.Sprintf("cannot read %s: %v", path, reason(err)), readHint(path, err))
		}
		return text
	}
	c := &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		// Who resumes a session is not asked for a certificate again.
		SessionTicketsDisabled: true,
	}
	cert, key := read("cert-file", t.CertFile), read("key-file", t.KeyFile)
	if len(problems) == 0 {
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			pointer, message, hint := pairFault(t, cert, err)
			problem(pointer, message, hint)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if t.ClientCAFile != "" {
		if text := read("client-ca-file", t.ClientCAFile); text != nil {
			c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.VerifyClientCertIfGiven
			if !c.ClientCAs.AppendCertsFromPEM(text) {
				problem("client-ca-file", t.ClientCAFile+" has no certificate", "it has certificates of authorities, in PEM: -----BEGIN CERTIFICATE-----")
			}
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return c, nil
}

// reason is what the system said of a file, without the name of it.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// readHint is what to type where a file may not be read.
func readHint(path string, err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "the user of the manager must be able to read it: chown kresd-manager " + path
	}
	return ""
}

const noKey = " has no private key that can be read"

// pairFault says in words what is wrong with a certificate and its key.
func pairFault(t config.ManagementTLS, cert []byte, err error) (key, message, hint string) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(cert) {
		return "cert-file", t.CertFile + " has no certificate that can be read", "it has the certificate and those above it, in PEM: -----BEGIN CERTIFICATE-----"
	}
	if strings.Contains(err.Error(), "does not match public key") { // package tls has no value for it
		return "key-file", fmt.Sprintf("%s is not the key of the certificate in %s", t.KeyFile, t.CertFile), "openssl x509 -pubkey -noout and openssl pkey -pubout show which belong together"
	}
	return "key-file", t.KeyFile + noKey, "it has the key without a passphrase, in PEM: -----BEGIN PRIVATE KEY-----"
}

// identity tells a file from what it was.
type identity struct {
	dev, ino     uint64
	size         int64
	mtime, ctime syscall.Timespec
}

func identityOf(path string) (id identity) {
	if path == "" {
		return id
	}
	info, err := os.Stat(path)
	if err != nil {
		return id
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		id = identity{st.Dev, st.Ino, st.Size, st.Mtim, st.Ctim}
	}
	return id
}

// seen is what was there when files were read.
type seen struct {
	of    config.ManagementTLS
	files [3]identity
}

func look(t config.ManagementTLS) seen {
	return seen{t, [3]identity{identityOf(t.CertFile), identityOf(t.KeyFile), identityOf(t.ClientCAFile)}}
}

// Server has what connections over TCP are encrypted with. It is safe for concurrent
// use.
type Server struct {
	log *slog.Logger

	running atomic.Pointer[func() config.Management]

	mu       sync.Mutex
	tried    seen
	have     *tls.Config          // the last one that could be used
	of       config.ManagementTLS // that was configured then
	problems config.Problems
}

// New returns one that encrypts nothing before Follow.
func New(log *slog.Logger) *Server { return &Server{log: log} }

// Follow has it go by the running configuration from now on.
func (s *Server) Follow(running func() config.Management) { s.running.Store(&running) }

// configured is what the running configuration says.
func (s *Server) configured() config.ManagementTLS {
	if running := s.running.Load(); running != nil {
		return (*running)().TLS
	}
	return config.ManagementTLS{}
}

// Wanted is what connections are to be accepted with, nil for none. It does not wait
// for files: they are looked at in the handshake.
func (s *Server) Wanted() *tls.Config {
	if s.configured().CertFile == "" {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		c := s.current()
		if c == nil {
			return nil, errors.New("there is no certificate that can be used")
		}
		return c, nil
	}}
}

// current is what is in force: what the files hold or, as long as that cannot be used,
// what they held before. It is nil if they never held anything that could.
func (s *Server) current() *tls.Config {
	t := s.configured()
	if t.CertFile == "" {
		return nil
	}
	now := look(t) // before they are read: what changes meanwhile is read again
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tried != now {
		s.takeLocked(now)
	}
	if s.of != t {
		return nil // those are other files
	}
	return s.have
}

// takeLocked reads the files.
func (s *Server) takeLocked(now seen) {
	c, problems := Load(now.of)
	was := s.problems.Error()
	s.tried, s.problems = now, problems
	switch {
	case len(problems) > 0:
		if text := problems.Error(); text != was {
			s.log.Error("cannot use the certificate of the API", "error", text, "goes-on", s.have != nil && s.of == now.of)
		}
		return
	case s.have != nil && s.of == now.of:
		s.log.Info("renewed the certificate of the API", "file", now.of.CertFile)
	}
	s.have, s.of = c, now.of
}

// Check refuses a configuration that brings what cannot be used. What the running one
// names already is no reason to refuse another change: it is among Problems. Nor is what
// is found at the start: the unix socket is served in any case.
func (s *Server) Check(next config.Management) error {
	if next.TLS.CertFile == "" || s.running.Load() == nil || next.TLS == s.configured() {
		return nil
	}
	_, problems := Load(next.TLS)
	return problems.Errors()
}

// Problems are what is wrong now with the files of the running configuration.
func (s *Server) Problems() config.Problems {
	served := s.current() != nil
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.configured().CertFile == "" {
		return nil
	}
	var all config.Problems
	for _, p := range s.problems {
		if served {
			p.Message += "; the API goes on with what was there before"
		} else {
			p.Message += "; no one can use the API over TCP"
		}
		all = append(all, p)
	}
	return all
}

// Covers reports whether the certificate in force is for a host.
func (s *Server) Covers(host string) bool {
	c := s.current()
	return c != nil && c.Certificates[0].Leaf != nil && c.Certificates[0].Leaf.VerifyHostname(host) == nil
}
