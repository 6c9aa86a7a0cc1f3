// SPDX-License-Identifier: Apache-2.0

package encrypt

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/test/certificate"
)

// files are those of a configuration in a directory of the test.
func files(t *testing.T) config.ManagementTLS {
	dir := t.TempDir()
	return config.ManagementTLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
}

func put(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestLoadSaysWhichFileIsAtFault(t *testing.T) {
	ca := certificate.NewAuthority(t)
	cert, key := ca.Issue(t, "one.example")
	_, other := ca.Issue(t, "two.example")
	for name, c := range map[string]struct {
		cert, key, clients []byte
		want               string
	}{
		"good":              {cert, key, ca.PEM, ""},
		"a pair in one":     {append(bytes.Clone(key), cert...), key, nil, ""},
		"no certificate":    {[]byte("x"), key, nil, "/management/tls/cert-file: DIR/cert.pem has no certificate that can be read; "},
		"no key":            {cert, []byte("secret"), nil, "/management/tls/key-file: DIR/key.pem has no private key that can be read; "},
		"of another one":    {cert, other, nil, "/management/tls/key-file: DIR/key.pem is not the key of the certificate in DIR/cert.pem; "},
		"swapped":           {key, cert, nil, "/management/tls/cert-file: DIR/cert.pem has no certificate"},
		"no authority":      {cert, key, key, "/management/tls/client-ca-file: DIR/ca.pem has no certificate; "},
		"an empty one":      {nil, key, nil, "/management/tls/cert-file: "},
		"no file":           {cert, nil, nil, "/management/tls/key-file: cannot read DIR/key.pem: no such file or directory"},
		"a very large file": {bytes.Repeat([]byte("x"), maxFile+1), key, nil, "/management/tls/cert-file: "},
	} {
		of := files(t)
		put(t, of.CertFile, c.cert)
		if c.key != nil {
			put(t, of.KeyFile, c.key)
		}
		if c.clients != nil {
			of.ClientCAFile = filepath.Join(filepath.Dir(of.CertFile), "ca.pem")
			put(t, of.ClientCAFile, c.clients)
		}
		got, problems := Load(of)
		text := strings.ReplaceAll(problems.Error(), filepath.Dir(of.CertFile), "DIR")
		if (got == nil) != (c.want != "") || !strings.HasPrefix(text, c.want) || strings.Contains(text, "secret") || strings.Contains(text, "tls:") {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

// leaf is what a client is shown, "" if it gets no certificate.
func leaf(t *testing.T, s *Server) string {
	t.Helper()
	wanted := s.Wanted()
	if wanted == nil {
		return "nothing is encrypted"
	}
	c, err := wanted.GetConfigForClient(nil)
	if err != nil {
		return ""
	}
	return c.Certificates[0].Leaf.DNSNames[0]
}

func TestARenewedCertificateIsServed(t *testing.T) {
	ca := certificate.NewAuthority(t)
	of := files(t)
	var log bytes.Buffer
	s := New(slog.New(slog.NewTextHandler(&log, nil)))
	if got := leaf(t, s); got != "nothing is encrypted" || s.Problems() != nil {
		t.Errorf("before the start: %s %v", got, s.Problems())
	}
	s.Follow(func() config.Management { return config.Management{TLS: of} })
	first, firstKey := ca.Issue(t, "one.example")
	second, secondKey := ca.Issue(t, "two.example")
	// A start without them: no one is served, and never in the clear.
	if got := leaf(t, s); got != "" {
		t.Errorf("without files: %s", got)
	}
	if p := s.Problems().Error(); !strings.Contains(p, "no one can use the API over TCP") {
		t.Errorf("problems: %s", p)
	}
	put(t, of.CertFile, first)
	put(t, of.KeyFile, firstKey)
	if got := leaf(t, s); got != "one.example" || len(s.Problems()) > 0 || !s.Covers("one.example") || s.Covers("two.example") {
		t.Errorf("%s, problems %v", got, s.Problems())
	}
	// In the middle of a renewal the last one is served.
	put(t, of.CertFile, second)
	if got := leaf(t, s); got != "one.example" {
		t.Errorf("with half of a new one: %s", got)
	}
	if p := s.Problems().Error(); !strings.Contains(p, "is not the key of the certificate") || !strings.Contains(p, "goes on with what was there before") {
		t.Errorf("problems: %s", p)
	}
	_ = leaf(t, s) // says it once
	if got := strings.Count(log.String(), "level=ERROR"); got != 2 {
		t.Errorf("%d errors in the log: %s", got, log.String())
	}
	put(t, of.KeyFile, secondKey)
	if got := leaf(t, s); got != "two.example" || len(s.Problems()) > 0 || !strings.Contains(log.String(), "renewed the certificate") {
		t.Errorf("%s, problems %v, log %s", got, s.Problems(), log.String())
	}
	if err := os.Remove(of.KeyFile); err != nil {
		t.Fatal(err)
	}
	if got := leaf(t, s); got != "two.example" {
		t.Errorf("without the key: %s", got)
	}
	// Other files have nothing to go on with.
	old := of
	of = files(t)
	if got := leaf(t, s); got != "" {
		t.Errorf("of other files that are not there: %s", got)
	}
	of = old
	put(t, of.KeyFile, secondKey)
	if got := leaf(t, s); got != "two.example" {
		t.Errorf("again: %s", got)
	}
}

func TestOnlyWhatIsBroughtIsRefused(t *testing.T) {
	ca := certificate.NewAuthority(t)
	of := files(t)
	s := New(slog.New(slog.DiscardHandler))
	bad := config.Management{TLS: files(t)}
	if err := s.Check(bad); err != nil {
		t.Errorf("at the start: %v", err)
	}
	s.Follow(func() config.Management { return config.Management{TLS: of} })
	if err := s.Check(bad); err == nil || !strings.Contains(err.Error(), "/management/tls/cert-file") {
		t.Errorf("what cannot be used: %v", err)
	}
	if err := s.Check(config.Management{TLS: of}); err != nil {
		t.Errorf("what runs already: %v", err)
	}
	good := config.Management{TLS: files(t)}
	cert, key := ca.Issue(t, "one.example")
	put(t, good.TLS.CertFile, cert)
	put(t, good.TLS.KeyFile, key)
	for _, m := range []config.Management{good, {}} {
		if err := s.Check(m); err != nil {
			t.Error(err)
		}
	}
}

func TestOldVersionsOfTLSAreRefused(t *testing.T) {
	ca := certificate.NewAuthority(t)
	of := files(t)
	cert, key := ca.Issue(t, "one.example")
	put(t, of.CertFile, cert)
	put(t, of.KeyFile, key)
	c, problems := Load(of)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if c.MinVersion != tls.VersionTLS12 || !c.SessionTicketsDisabled || c.ClientAuth != tls.NoClientCert {
		t.Errorf("%+v", c)
	}
}
