// SPDX-License-Identifier: Apache-2.0

package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/source"
	"kresd-manager/test/certificate"
)

// serveTLS is a manager at 127.0.0.1 that speaks TLS and tells who it is told to be.
func serveTLS(t *testing.T, ca *certificate.Authority, names ...string) (address string) {
	t.Helper()
	pair, err := tls.X509KeyPair(ca.Issue(t, names...))
	if err != nil {
		t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(ca.PEM)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		who := "no one"
		if len(r.TLS.VerifiedChains) > 0 {
			who = r.TLS.VerifiedChains[0][0].Subject.CommonName
		}
		_, _ = io.WriteString(w, `"`+who+`"`)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: clients}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func TestTLS(t *testing.T) {
	ca, stranger := certificate.NewAuthority(t), certificate.NewAuthority(t)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	authority, other := write("ca", ca.PEM), write("other", stranger.PEM)
	certText, keyText := ca.Issue(t, "alice")
	cert, key := write("cert", certText), write("key", keyText)
	badText, badKey := stranger.Issue(t, "mallory")
	bad, badKeyFile := write("bad", badText), write("badkey", badKey)
	mine, elsewhere := serveTLS(t, ca, "127.0.0.1"), serveTLS(t, ca, "dns1.example")
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for name, c := range map[string]struct {
		socket string
		with   Encryption
		want   string // the answer, or a part of the error
	}{
		"trusted":                  {"https://" + mine, Encryption{Authority: authority}, `"no one"`},
		"with a slash":             {"https://" + mine + "/", Encryption{Authority: authority}, `"no one"`},
		"with a certificate":       {"https://" + mine, Encryption{authority, cert, key}, `"alice"`},
		"of an unknown authority":  {"https://" + mine, Encryption{}, "no authority that is trusted has signed its certificate; name the file of the one that has with --cacert"},
		"of another authority":     {"https://" + mine, Encryption{Authority: other}, "no authority that is trusted"},
		"for another name":         {"https://" + elsewhere, Encryption{Authority: authority}, "its certificate is not for this name"},
		"with a stranger's":        {"https://" + mine, Encryption{authority, bad, badKeyFile}, "it has refused the connection"},
		"to one without TLS":       {"https://" + plain.Listener.Addr().String(), Encryption{Authority: authority}, "does not speak TLS; leave https:// out"},
		"in the clear to TLS":      {mine, Encryption{}, "it speaks TLS; ask with -s https://" + mine},
		"no authority in the file": {"https://" + mine, Encryption{Authority: key}, "has no CA certificate in PEM"},
		"no file":                  {"https://" + mine, Encryption{Authority: dir + "/none"}, "cannot read " + dir + "/none: no such file"},
		"half a pair":              {"https://" + mine, Encryption{Certificate: cert}, "--cert and --key"},
		"no pair":                  {"https://" + mine, Encryption{Certificate: cert, Key: badKeyFile}, "matching certificate and key"},
		"without TLS":              {"/none", Encryption{Authority: authority}, "are for a manager that speaks TLS"},
		"no address":               {"https://dns1.example", Encryption{}, "write https://HOST:PORT"},
	} {
		got := ""
		manager, err := Find(&source.Reader{}, Where{Socket: c.socket, TLS: c.with})
		if err == nil {
			var a answer
			a, err = manager.do(t.Context(), request{method: http.MethodGet, path: "/", timeout: readTimeout})
			got = string(a.body)
			manager.Close()
		}
		if err != nil {
			got = err.Error()
		}
		if strings.HasPrefix(c.want, `"`) && got != c.want || !strings.Contains(got, c.want) || strings.Contains(got, "x509:") || strings.Contains(got, "tls:") || strings.Count(got, "\n") > 0 {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// What a configuration says decides for who names it.
func TestTheConfigurationSaysThatThereIsTLS(t *testing.T) {
	ca := certificate.NewAuthority(t)
	address := serveTLS(t, ca, "127.0.0.1")
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"config.yaml": "management: {interface: 0.0.0.0@" + port + ", tls: {cert-file: cert.pem, key-file: key.pem}}\n", "ca": string(ca.PEM)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Find(&source.Reader{}, Where{Files: []string{dir + "/config.yaml"}, Named: true, Token: true, TLS: Encryption{Authority: dir + "/ca"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.do(t.Context(), request{method: http.MethodGet, path: "/", timeout: readTimeout}); err != nil {
		t.Error(err)
	}
	var untrusted *ConnectError
	c, err = Find(&source.Reader{}, Where{Files: []string{dir + "/config.yaml"}, Named: true, Token: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.do(t.Context(), request{method: http.MethodGet, path: "/", timeout: readTimeout}); !errors.As(err, &untrusted) {
		t.Error(err)
	}
}
