// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"strings"
	"testing"

	"kresd-manager/test/product"
)

const (
	apiAddress  = "127.0.0.1:5000"
	socketDir   = "/etc/systemd/system/kresd-manager.socket.d"
	apiToken    = "0123456789abcdef0123456789abcdef"
	readerToken = "fedcba9876543210fedcba9876543210"
)

// curl asks the API and returns the status of the answer and its text.
func curl(t *testing.T, args ...string) (status, body string) {
	t.Helper()
	out := sut.Must(t, append([]string{"curl", "--silent", "--show-error", "--max-time", "20", "--write-out", `\n%{http_code}`}, args...)...)
	i := strings.LastIndexByte(out, '\n')
	return out[i+1:], out[:i]
}

// The manager has no network: its seat at an address is a listener of systemd's.
func TestInterface(t *testing.T) {
	t.Cleanup(func() {
		sut.Sh(context.Background(), "systemctl stop kresd-manager.socket kresd-manager.service; rm -rf "+socketDir+"; systemctl daemon-reload")
	})
	sut.Wipe(t)
	sut.WriteConfig(t, basic+"management: {interface: 127.0.0.1@5000}\n")
	if r := sut.Exec(t, "systemctl", "start", "kresd-manager.service"); r.Code == 0 {
		t.Fatal("the manager starts without a listener for its address")
	}
	if got := sut.Must(t, "systemctl", "show", "-p", "ExecMainStatus", "--value", "kresd-manager.service"); got != "78\n" {
		t.Errorf("exit status %s", got)
	}
	if len(sut.PIDs(t)) > 0 {
		t.Errorf("workers run: %v", sut.PIDs(t))
	}
	// What the message says is what is to be done.
	journal := sut.Journal(t.Context(), "kresd-manager.service")
	_, advice, found := strings.Cut(journal, "no network of its own; ")
	advice, _, _ = strings.Cut(advice, "\n")
	advice = strings.TrimSuffix(advice, `"`) // an attribute of a log line
	if !found || !strings.HasPrefix(advice, "mkdir -p "+socketDir) {
		t.Fatalf("the journal has no advice:\n%s", journal)
	}
	sut.Must(t, "sh", "-c", advice)

	sut.Expect(t, "host.example.", "192.0.2.1")
	product.Eventually(t, "all is well, by the unix socket, which stays", func() bool { return sut.Status(t).State == "running" })
	if out := sut.Must(t, "systemctl", "show", "-p", "PrivateNetwork,RestrictAddressFamilies", "kresd-manager.service"); !strings.Contains(out, "PrivateNetwork=yes") || !strings.Contains(out, "RestrictAddressFamilies=AF_UNIX\n") {
		t.Errorf("the sandbox is open: %s", out)
	}
	const api = "http://" + apiAddress
	if code, body := curl(t, api+"/v1/config/workers"); code != "200" || body != "2" {
		t.Errorf("GET over TCP: %s %s", code, body)
	}
	if code, body := curl(t, "-X", "POST", api+"/reload"); code != "401" || !strings.Contains(body, "token-file") {
		t.Errorf("POST /reload over TCP without a token: %s %s", code, body)
	}
	if code, _ := curl(t, "-H", "Host: evil.example", api+"/"); code != "403" {
		t.Errorf("with a foreign Host: %s", code)
	}
	sut.Refused(t, "/management/interface", `"127.0.0.1@5001"`, "/management/interface", "ListenStream=127.0.0.1:5001")

	// With tokens everyone needs one.
	sut.Must(t, "sh", "-c", "umask 077; echo "+apiToken+" >/etc/knot-resolver/token; chown kresd-manager /etc/knot-resolver/token")
	sut.Put(t, "/management/roles", `[{"role": "configure", "token-file": "/etc/knot-resolver/token"}, {"role": "read", "token": "`+readerToken+`"}]`)
	before := sut.PIDs(t)
	auth := "Authorization: Bearer "
	for _, test := range []struct{ token, method, path, code string }{
		{"", "GET", "/v1/config/workers", "401"},
		{readerToken, "GET", "/v1/config/workers", "200"},
		{readerToken, "PUT", "/v1/config/nsid", "403"},
		{apiToken, "GET", "/v1/status", "200"},
		{apiToken, "POST", "/renew", "200"},
	} {
		if code, body := curl(t, "-X", test.method, "-H", auth+test.token, "--json", `"x"`, api+test.path); code != test.code {
			t.Errorf("%s %s with %q: %s %s, want %s", test.method, test.path, test.token, code, body, test.code)
		}
	}
	if _, body := curl(t, "-H", auth+readerToken, api+"/v1/config"); strings.Contains(body, readerToken) || !strings.Contains(body, "(secret)") {
		t.Errorf("a reader sees %s", body)
	}
	sut.Must(t, "kresctl", "renew", "--quiet") // root has the unix socket
	sut.Must(t, "kresctl", "--socket", "127.0.0.1@5000", "--token-file", "/etc/knot-resolver/token", "status")
	// A new manager takes the listener over, and the kernel keeps it meanwhile.
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	if code, _ := curl(t, "-H", auth+apiToken, api+"/v1/config/workers"); code != "200" {
		t.Errorf("after a restart: %s", code)
	}
	if after := sut.PIDs(t); after["kresd@1.service"] != before["kresd@1.service"] {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	encrypted(t)
	pages(t)
	// Without the interface in the configuration the open port serves no one.
	sut.WriteConfig(t, basic)
	sut.Must(t, "systemctl", "reload", "kresd-manager.service")
	if code, body := curl(t, api+"/v1/config/workers"); code != "403" {
		t.Errorf("an address that the configuration does not name: %s %s", code, body)
	}
}

func TestRolesOfUsers(t *testing.T) {
	sut.Fresh(t, basic+`
management:
  unix-socket: `+product.Socket+`
  roles:
    - {role: read, groups: [knot-resolver]}
    - {role: operate, users: [daemon]}
    - {role: configure, groups: [wheelies], token: `+apiToken+`}
`)
	sut.Must(t, "sh", "-c", "getent group wheelies || groupadd wheelies")
	as := func(user string, groups string, args ...string) (code, body string) {
		t.Helper()
		all := []string{"setpriv", "--reuid=" + user, "--regid=nogroup", "--groups=" + groups,
			"curl", "--silent", "--show-error", "--max-time", "20", "--write-out", `\n%{http_code}`, "--unix-socket", product.Socket}
		r := sut.Exec(t, append(all, args...)...)
		if r.Code != 0 {
			t.Fatalf("%s in %s: %s", user, groups, r.Stderr)
		}
		i := strings.LastIndexByte(r.Stdout, '\n')
		return r.Stdout[i+1:], r.Stdout[:i]
	}
	const api = "http://localhost"
	for _, test := range []struct{ user, groups, method, path, code string }{
		{"nobody", "knot-resolver", "GET", "/v1/status", "200"},
		{"nobody", "knot-resolver", "POST", "/reload", "403"},
		{"daemon", "knot-resolver", "POST", "/reload", "200"},
		{"daemon", "knot-resolver", "PUT", "/v1/config/nsid", "403"},
		{"nobody", "knot-resolver,wheelies", "PUT", "/v1/config/nsid", "200"},
	} {
		if code, body := as(test.user, test.groups, "-X", test.method, "--json", `"x"`, api+test.path); code != test.code {
			t.Errorf("%s in %s: %s %s: %s %s, want %s", test.user, test.groups, test.method, test.path, code, body, test.code)
		}
	}
	if _, body := as("daemon", "knot-resolver", api+"/v1/config"); strings.Contains(body, apiToken) {
		t.Errorf("who may not change the configuration sees %s", body)
	}
	if code, _ := as("nobody", "knot-resolver", "-X", "PUT", "-H", "Authorization: Bearer "+apiToken, "--json", `"y"`, api+"/v1/config/nsid"); code != "200" {
		t.Errorf("with a token: %s", code)
	}
	sut.Must(t, "systemctl", "reload", "kresd-manager.service") // as the manager's own user
	journal := sut.Journal(t.Context(), "kresd-manager.service")
	for _, want := range []string{"request refused who=nobody method=POST path=/reload status=403", "request who=daemon method=POST path=/reload status=200"} {
		if !strings.Contains(journal, want) {
			t.Errorf("the journal lacks %q:\n%s", want, journal)
		}
	}
}
