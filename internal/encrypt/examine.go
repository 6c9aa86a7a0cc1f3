// SPDX-License-Identifier: Apache-2.0

package encrypt

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
)

// Examine looks at the certificates of a configuration as clients would at a time: key
// and certificate belong together, and are in date. Who may not read a file is told so by
// a warning; whether those who need it can is left to others, as are missing files.
func Examine(c *config.Config, now time.Time) (problems config.Problems) {
	if t := c.Network.TLS; t.CertFile != "" && t.KeyFile != "" {
		problems = append(problems, examine("/network/tls/", t.CertFile, t.KeyFile, false, now)...)
	}
	t := c.Management.TLS
	if t.CertFile == "" {
		return problems
	}
	problems = append(problems, examine("/management/tls/", t.CertFile, t.KeyFile, true, now)...)
	if t.ClientCAFile != "" {
		e := examination{prefix: "/management/tls/", now: now}
		if text, ok := e.read("client-ca-file", t.ClientCAFile); ok {
			e.authorities(t.ClientCAFile, text)
		}
		problems = append(problems, e.problems...)
	}
	return problems
}

type examination struct {
	prefix   string // of pointers
	now      time.Time
	problems config.Problems
}

func (e *examination) find(severity, key, message, hint string) {
	e.problems = append(e.problems, config.Problem{Pointer: e.prefix + key, Severity: severity, Message: message, Hint: hint})
}

// examine looks at a pair. ours tells that this program uses it: what only kresd has to
// understand may have a kind of key that package tls does not know.
func examine(prefix, certFile, keyFile string, ours bool, now time.Time) config.Problems {
	e := &examination{prefix: prefix, now: now}
	cert, certRead := e.read("cert-file", certFile)
	key, keyRead := e.read("key-file", keyFile)
	if certRead {
		e.dates("cert-file", certFile, cert)
	}
	if certRead && keyRead {
		if _, err := tls.X509KeyPair(cert, key); err != nil {
			key, message, hint := pairFault(config.ManagementTLS{CertFile: certFile, KeyFile: keyFile}, cert, err)
			if ours || !strings.HasSuffix(message, noKey) {
				e.find(config.SeverityError, key, message, hint)
			}
		}
	}
	return e.problems
}

func (e *examination) read(key, path string) (text []byte, ok bool) {
	text, err := durable.Read(path, maxFile)
	if errors.Is(err, fs.ErrPermission) {
		e.find(config.SeverityWarning, key, "cannot look into "+path+": permission denied", "run this as root to check it, too")
	}
	return text, err == nil
}

// dates looks at the first certificate of a file, which is that of the server
// (RFC 8446 section 4.4.2).
func (e *examination) dates(key, path string, text []byte) {
	all := certificates(text)
	if len(all) == 0 {
		return // which the pair is refused for
	}
	switch c := all[0]; {
	case e.now.After(c.NotAfter):
		e.find(config.SeverityError, key, fmt.Sprintf("the certificate in %s expired on %s", path, day(c.NotAfter)), "clients refuse it; renew it")
	case e.now.Before(c.NotBefore):
		e.find(config.SeverityError, key, fmt.Sprintf("the certificate in %s is not valid before %s", path, day(c.NotBefore)), "clients refuse it until then; is the clock of this machine right? timedatectl")
	}
}

// authorities looks at those that sign client certificates: one of them has to be in date.
func (e *examination) authorities(path string, text []byte) {
	all := certificates(text)
	inDate := func(c *x509.Certificate) bool { return !e.now.After(c.NotAfter) && !e.now.Before(c.NotBefore) }
	switch {
	case len(all) == 0:
		e.find(config.SeverityError, "client-ca-file", path+" has no certificate", "it has certificates of authorities, in PEM: -----BEGIN CERTIFICATE-----")
	case !slices.ContainsFunc(all, inDate):
		e.find(config.SeverityError, "client-ca-file", fmt.Sprintf("no certificate in %s is in date", path), "no client certificate is accepted; renew those of the authorities")
	}
}

// certificates are those of a file that can be read.
func certificates(text []byte) (all []*x509.Certificate) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(bytes.TrimSpace(text)); block == nil {
			return all
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			all = append(all, c)
		}
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
