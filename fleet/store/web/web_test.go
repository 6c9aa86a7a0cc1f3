// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/suite"
	"kresd-manager/fleet/store/table"
	"kresd-manager/fleet/store/web"
)

const (
	adminToken = "admin-0123456789-0123456789-0123456789"
	hostToken  = "hostx-0123456789-0123456789-0123456789"
	leadToken  = "leadx-0123456789-0123456789-0123456789"
)

const tokenFile = "# who may\nadmin " + adminToken + "\nhost ns1 " + hostToken + "\nlead ns2 " + leadToken + "\n"

func serve(t *testing.T) (string, *tls.Config) {
	t.Helper()
	tokens, err := web.ParseTokens([]byte(tokenFile))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(web.NewServer(table.New(), func() ([]web.Token, error) { return tokens, nil }, slog.New(slog.DiscardHandler)))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server.URL, &tls.Config{RootCAs: pool}
}

func open(t *testing.T, url, token string, conf *tls.Config) *web.Store {
	t.Helper()
	s, err := web.Open(url, token, conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestSuite(t *testing.T) {
	suite.Run(t, func(t *testing.T) suite.Subject {
		url, conf := serve(t)
		s := suite.Subject{Store: open(t, url, adminToken, conf), Second: open(t, url, adminToken, conf)}
		s.Seed = func(t *testing.T, key, value string) {
			t.Helper()
			if _, _, err := s.Second.Commit(t.Context(), nil, []store.Change{{Key: key, Data: []byte(value), Delete: value == ""}}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	})
}

// A taken-over host tells lies of itself, and of nothing else.
func TestTokens(t *testing.T) {
	url, conf := serve(t)
	for token, may := range map[string]string{
		hostToken:  "hosts/ns1 alive/ns1",
		leadToken:  "hosts/ns2 alive/ns2 leader rollout",
		adminToken: "hosts/ns1 hosts/ns2 leader rollout releases/x holds/ns1 history/1",
	} {
		s := open(t, url, token, conf)
		for _, key := range strings.Fields("hosts/ns1 hosts/ns2 alive/ns1 alive/ns2 leader rollout releases/x holds/ns1 history/1") {
			_, _, err := s.Commit(t.Context(), nil, []store.Change{{Key: key, Data: []byte("x")}})
			allowed := strings.Contains(" "+may+" ", " "+key+" ") || token == adminToken
			if allowed && err != nil || !allowed && (err == nil || !strings.Contains(err.Error(), "this token is not for the key")) {
				t.Errorf("%.5s, %s: %v", token, key, err)
			}
		}
	}
	for name, token := range map[string]string{"none": "", "another": strings.Repeat("x", 40)} {
		if _, err := open(t, url, token, conf).Read(t.Context(), store.Rollout); err == nil || !strings.Contains(err.Error(), "a token of this store is needed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	admin, host := open(t, url, adminToken, conf), open(t, url, hostToken, conf)
	l, err := admin.Grant(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := host.Commit(t.Context(), nil, []store.Change{{Key: "alive/ns1", Lease: l.ID()}}); err == nil || !strings.Contains(err.Error(), "this lease is not yours") {
		t.Errorf("with the lease of another: %v", err)
	}
	if _, err := web.Open("http://192.0.2.1:80", adminToken, nil); err == nil || !strings.Contains(err.Error(), "in the clear") {
		t.Errorf("without TLS: %v", err)
	}
	for i := range 9 {
		if _, err = host.Grant(t.Context(), time.Minute); err != nil && i < 8 {
			t.Error(err)
		}
	}
	if err == nil || !strings.Contains(err.Error(), "too many leases") {
		t.Errorf("nine leases: %v", err)
	}
}

func TestTokenFilesThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "there is no token",
		"admin short":         "line 1: a token has at least 32 bytes",
		"\nboss " + hostToken: "line 2: it is none of",
		"admin sha256:12":     "line 1: what follows sha256: is no SHA-256",
	} {
		if _, err := web.ParseTokens([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	tokens, err := web.ParseTokens([]byte("host ns1 sha256:" + strings.Repeat("ab", 32)))
	if err != nil || tokens[0].Hash[0] != 0xab {
		t.Errorf("%v, %v", tokens, err)
	}
}
