// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/config"
	"kresd-manager/internal/encrypt"
	"kresd-manager/internal/manager/inmemory"
	"kresd-manager/test/certificate"
	"kresd-manager/units"
)

// secure is a served interface with TLS, and what its clients need.
type secure struct {
	*site
	ca      *certificate.Authority
	address string
	of      string // directory of its files
}

func serveTLS(t *testing.T, roles string) *secure {
	t.Helper()
	l := listenTCP(t)
	s := &secure{ca: certificate.NewAuthority(t), address: l.Addr().String(), of: t.TempDir()}
	cert, key := s.ca.Issue(t, "dns1.example", "127.0.0.1")
	for name, text := range map[string][]byte{"cert.pem": cert, "key.pem": key, "ca.pem": s.ca.PEM} {
		if err := os.WriteFile(filepath.Join(s.of, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := inmemory.New(t, running+fmt.Sprintf("management: {interface: 127.0.0.1@%d, tls: {cert-file: %[2]s/cert.pem, key-file: %[2]s/key.pem, client-ca-file: %[2]s/ca.pem}, roles: %[3]s}\n",
		l.Addr().(*net.TCPAddr).Port, s.of, roles))
	e := encrypt.New(slog.New(slog.DiscardHandler))
	e.Follow(func() config.Management { return c.Running().Management })
	server := door.NewServer(described(t, api.New(c, api.Options{OwnName: e.Covers})), door.Options{TLS: e.Wanted, HeaderTimeout: 2 * time.Second})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	s.site = &site{server: server, Machine: c}
	return s
}

// as is the interface as a client with a certificate sees it, nil for none.
func (s *secure) as(t *testing.T, ca *certificate.Authority, common string, names ...string) *site {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.ca.PEM)
	settings := &tls.Config{RootCAs: roots, ServerName: "dns1.example"}
	if ca != nil {
		pair, err := tls.X509KeyPair(ca.IssueAs(t, common, names...))
		if err != nil {
			t.Fatal(err)
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: settings}
	t.Cleanup(transport.CloseIdleConnections)
	return &site{http: &http.Client{Transport: overTLS{transport, s.address}}}
}

// overTLS is toAddress with TLS.
type overTLS struct {
	*http.Transport
	address string
}

func (to overTLS) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme, r.URL.Host = "https", to.address
	return to.Transport.RoundTrip(r)
}

func TestClientCertificatesGiveRoles(t *testing.T) {
	s := serveTLS(t, "[{role: read, certificates: [monitor.example, alice]}, {role: configure, name: deploy, certificates: [deploy.example]}, {role: operate, token: "+configureToken+"}]")
	for name, c := range map[string]struct {
		client    *site
		get, post int // GET /v1/config/workers, PUT of it
		token     string
	}{
		"none":                    {s.as(t, nil, ""), 401, 401, ""},
		"none, and a token":       {s.as(t, nil, ""), 200, 403, configureToken},
		"a reader's":              {s.as(t, s.ca, "x", "monitor.example"), 200, 403, ""},
		"a reader's, and a token": {s.as(t, s.ca, "x", "monitor.example"), 200, 403, configureToken},
		"by common name":          {s.as(t, s.ca, "alice"), 200, 403, ""},
		"with names, of which the common one is none": {s.as(t, s.ca, "alice", "other.example"), 403, 403, ""},
		"of all rights":    {s.as(t, s.ca, "x", "deploy.example", "monitor.example"), 200, 200, ""},
		"of no role":       {s.as(t, s.ca, "bob"), 403, 403, ""},
		"of a longer name": {s.as(t, s.ca, "x", "deploy.example.evil"), 403, 403, ""},
	} {
		headers := []string{"Host: dns1.example"}
		if c.token != "" {
			headers = append(headers, "Authorization: Bearer "+c.token)
		}
		if got := c.client.ask(t, "GET", "/v1/config/workers", "", headers...); got.StatusCode != c.get {
			t.Errorf("%s: GET %d %s, want %d", name, got.StatusCode, got.body, c.get)
		}
		if got := c.client.ask(t, "PUT", "/v1/config/workers", "3", headers...); got.StatusCode != c.post {
			t.Errorf("%s: PUT %d %s, want %d", name, got.StatusCode, got.body, c.post)
		}
	}
	var h units.History
	reader := s.as(t, s.ca, "alice")
	if err := json.Unmarshal([]byte(reader.ask(t, "GET", "/v1/history", "", "Host: dns1.example").body), &h); err != nil {
		t.Fatal(err)
	}
	if who := h.Entries[0].Who; who.Name != "deploy" || who.Role != "/management/roles/1" {
		t.Errorf("%+v", who)
	}
	// Who is taken out of a role has lost it with the next request, on the same connection.
	leaves := s.as(t, s.ca, "x", "deploy.example")
	if got := leaves.ask(t, "PUT", "/v1/config/management/roles/1/certificates", `["next.example"]`, "Host: dns1.example"); got.StatusCode != 200 {
		t.Fatal(got.body)
	}
	if got := leaves.ask(t, "GET", "/v1/config/workers", "", "Host: dns1.example"); got.StatusCode != 403 {
		t.Errorf("a certificate that is no longer named: %d %s", got.StatusCode, got.body)
	}
	// An authority that is not ours is refused in the handshake.
	stranger := s.as(t, certificate.NewAuthority(t), "x", "deploy.example")
	if resp, err := stranger.http.Get("https://dns1.example/v1/status"); err == nil {
		_ = resp.Body.Close()
		t.Errorf("a certificate of another authority: %s", resp.Status)
	} else if !strings.Contains(err.Error(), "unknown certificate authority") && !strings.Contains(err.Error(), "bad certificate") {
		t.Error(err)
	}
	// The names of our own certificate are names of the machine; others are not.
	for host, want := range map[string]int{"dns1.example:8453": 200, "127.0.0.1": 200, "localhost": 200, "evil.example": 403, "api": 403} {
		if got := reader.ask(t, "GET", "/v1/config/workers", "", "Host: "+host); got.StatusCode != want {
			t.Errorf("Host %s: %d", host, got.StatusCode)
		}
	}
}

// Nothing is served in the clear where TLS is wanted, and a renewed certificate counts
// from the next connection on.
func TestTLSIsNotOptional(t *testing.T) {
	s := serveTLS(t, "[{role: read, certificates: [alice]}]")
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
	text, _ := io.ReadAll(bufio.NewReader(conn))
	if !strings.HasPrefix(string(text), "HTTP/1.0 400 ") || strings.Contains(string(text), "generation") {
		t.Errorf("in the clear: %q", text)
	}
	serial := func() string {
		t.Helper()
		c, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	before := serial()
	cert, key := s.ca.Issue(t, "dns1.example")
	for name, text := range map[string][]byte{"cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(s.of, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if after := serial(); after == before {
		t.Error("the old certificate is served")
	}
	// Who begins a handshake and does not go on is cut off as who sends no header.
	slow, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	_, _ = slow.Write([]byte{0x16, 0x03, 0x01})
	_ = slow.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := slow.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a slow handshake: %v", err)
	}
	if _, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is let in")
	}
}
