// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/api/wire"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/inmemory"
)

// Tokens of at least 32 bytes.
const (
	readToken      = "read-token-read-token-read-token-read"
	configureToken = "configure-token-configure-token-configure"
)

// serveTCP offers the interface on TCP with this in management, which has
// ADDRESS in place of the address.
func serveTCP(t *testing.T, management string, opt api.Options) *site {
	t.Helper()
	return serveTCPOn(t, management, opt)
}

// serveTCPOn is serveTCP of a manager with other options.
func serveTCPOn(t *testing.T, management string, opt api.Options, edit ...func(*manager.Options)) *site {
	t.Helper()
	l := listenTCP(t)
	at := l.Addr().(*net.TCPAddr).AddrPort()
	text := strings.ReplaceAll(management, "ADDRESS", fmt.Sprintf("%s@%d", at.Addr(), at.Port()))
	c := inmemory.New(t, running+"management: "+text+"\n", edit...)
	s := serveListener(t, l, c, opt)
	s.Machine = c
	return s
}

// serveTCPController is serveTCP of any manager.
func serveTCPController(t *testing.T, c api.Controller, opt api.Options) *site {
	t.Helper()
	return serveListener(t, listenTCP(t), c, opt)
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func serveListener(t *testing.T, l net.Listener, c api.Controller, opt api.Options) *site {
	t.Helper()
	server := door.NewServer(described(t, api.New(c, opt)), door.Options{})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	transport := &http.Transport{}
	s := &site{server: server, http: &http.Client{Transport: toAddress{transport, l.Addr().String()}}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s
}

// toAddress sends requests to an address whatever their host is.
type toAddress struct {
	*http.Transport
	address string
}

func (to toAddress) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Host = to.address
	return to.Transport.RoundTrip(r)
}

func TestTCPWithoutTokensOnlyReads(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	s := serveTCP(t, "{interface: ADDRESS}", api.Options{Logger: log})
	if got := s.ask(t, "GET", "/v1/config/workers", ""); got.StatusCode != 200 || got.body != "2" {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
	for _, request := range [][2]string{{"PUT", "/v1/config/workers"}, {"DELETE", "/v1/config/nsid"}, {"POST", "/reload"}, {"POST", "/stop"}, {"POST", "/cache/clear"}, {"POST", "/v1/rollback"}} {
		got := s.ask(t, request[0], request[1], "3", acceptJSON, "Authorization: Bearer "+readToken)
		if got.StatusCode != 401 {
			t.Errorf("%s %s: %d %q", request[0], request[1], got.StatusCode, got.body)
		}
		got = s.ask(t, request[0], request[1], "3", acceptJSON)
		p := got.problem(t)
		if got.StatusCode != 401 || p.Kind != wire.KindToken || !strings.Contains(p.Message, "token-file: PATH") ||
			!strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s %s: %d %q", request[0], request[1], got.StatusCode, got.body)
		}
	}
	if v, _ := s.Running().Value("/workers"); string(v) != "2" {
		t.Errorf("workers are %s", v)
	}
	if !strings.Contains(text.String(), `msg="request refused" who=127.0.0.1:`) {
		t.Errorf("log: %s", text)
	}
}

func TestTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(configureToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, text := logger(slog.LevelInfo)
	s := serveTCP(t, "{interface: ADDRESS, roles: [{role: read, token: "+readToken+"}, {role: configure, token-file: "+file+"}]}", api.Options{Logger: log})
	status := func(method, path, token string) int {
		var headers []string
		if token != "" {
			headers = []string{"Authorization: Bearer " + token}
		}
		return s.ask(t, method, path, "4", headers...).StatusCode
	}
	for _, test := range []struct {
		method, path, token string
		want                int
	}{
		{"GET", "/v1/status", "", 401},
		{"GET", "/", "", 401},
		{"GET", "/v1/status", "wrong", 401},
		{"GET", "/v1/status", readToken, 200},
		{"GET", "/v1/status", configureToken, 200},
		{"POST", "/reload", readToken, 403},
		{"PUT", "/v1/config/workers", readToken, 403},
		{"PUT", "/v1/config/workers", readToken + "x", 401},
		{"PUT", "/v1/config/workers", configureToken, 200},
		{"POST", "/reload", configureToken, 200},
	} {
		if got := status(test.method, test.path, test.token); got != test.want {
			t.Errorf("%s %s with %q: %d, want %d", test.method, test.path, test.token, got, test.want)
		}
	}
	if !strings.Contains(text.String(), `msg=request who="roles/1 127.0.0.1:`) {
		t.Errorf("log: %s", text)
	}
	if strings.Contains(text.String(), configureToken) || strings.Contains(text.String(), readToken) {
		t.Errorf("a token is in the log: %s", text)
	}
	if e := s.History().Entries[0]; e.Who.Role != "/management/roles/1" || e.Who.Remote == "" || e.Who.UID != nil {
		t.Errorf("the history has %+v", e.Who)
	}

	// Secrets are for those who may change them.
	for token, shown := range map[string]bool{readToken: false, configureToken: true} {
		for _, pointer := range []string{"", "/management/roles/0", "/management/roles/0/token"} {
			got := s.ask(t, "GET", "/v1/config"+pointer, "", "Authorization: Bearer "+token)
			if strings.Contains(got.body, readToken) != shown || got.StatusCode != 200 || got.Header.Get("ETag") != s.quotedETag() {
				t.Errorf("%s: %d %s", pointer, got.StatusCode, got.body)
			}
		}
	}

	// A new token counts at once, and a file that is gone gives no one a role.
	other := strings.ToUpper(configureToken)
	if err := os.WriteFile(file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, b := status("POST", "/reload", configureToken), status("POST", "/reload", other); a != 401 || b != 200 {
		t.Errorf("the old token: %d, the new one: %d", a, b)
	}
	for name, content := range map[string]string{"short": "short", "of two": other + "\n" + other, "empty": ""} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := status("POST", "/reload", strings.SplitN(content+"\n", "\n", 2)[0]); got != 401 {
			t.Errorf("with a file that is %s: %d", name, got)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if a, b := status("POST", "/reload", other), status("GET", "/v1/status", readToken); a != 401 || b != 200 {
		t.Errorf("without the file: %d and %d", a, b)
	}
	if !strings.Contains(text.String(), "no token gives this role") {
		t.Errorf("log: %s", text)
	}
}

// A listener that the configuration does not name serves no one.
func TestOtherAddressesAreNotServed(t *testing.T) {
	s := serveTCP(t, "{interface: 127.0.0.1@1}", api.Options{})
	got := s.ask(t, "GET", "/v1/status", "", acceptJSON)
	if p := got.problem(t); got.StatusCode != 403 || p.Kind != wire.KindDenied || !strings.Contains(p.Message, "/management/interface") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

// Over a unix socket roles given by tokens add to what the user may do, so that
// a proxy may speak for others.
func TestTokensOnAUnixSocket(t *testing.T) {
	log, text := logger(slog.LevelInfo)
	c := inmemory.New(t, running+"management: {unix-socket: /s, roles: [{role: configure, token: "+configureToken+"}]}\n")
	s := serveController(t, c, api.Options{Logger: log}, door.Options{})
	// The test is the manager's own user, or root.
	if got := s.ask(t, "PUT", "/v1/config/workers", "3"); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if !strings.Contains(text.String(), "msg=request who=") {
		t.Errorf("log: %s", text)
	}
}
