// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

// makeCertificates makes an authority, a certificate of the API and that of a client,
// as an administrator would.
const makeCertificates = `set -e
umask 077
mkdir -p /etc/knot-resolver/api && cd /etc/knot-resolver/api && chmod 0755 .
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 -subj /CN=authority -keyout ca.key -out ca.pem
issue() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1.key.new" -out "$1.csr"
	printf '%s\n' "$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 9 -extfile "$1.ext" -out "$1.pem.new"
	chown kresd-manager "$1.key.new" "$1.pem.new" && mv "$1.key.new" "$1.key" && mv "$1.pem.new" "$1.pem"
}
chown kresd-manager ca.pem
`

// encrypted is the part of TestInterface about TLS: the interface is served at
// 127.0.0.1:5000, and root has the unix socket.
func encrypted(t *testing.T) {
	const (
		dir  = "/etc/knot-resolver/api/"
		api  = "https://" + apiAddress
		mine = "--cacert=" + dir + "ca.pem"
	)
	sut.Must(t, "sh", "-c", makeCertificates+"issue server subjectAltName=IP:127.0.0.1; issue monitor subjectAltName=DNS:monitor.example")
	sut.Must(t, "sh", "-c", "umask 077; kresctl token new >/root/token; kresctl token hash /root/token >/etc/knot-resolver/token; chown kresd-manager /etc/knot-resolver/token")
	before := sut.PIDs(t)
	sut.Put(t, "/management", `{"interface": "127.0.0.1@5000",
		"tls": {"cert-file": "`+dir+`server.pem", "key-file": "`+dir+`server.key", "client-ca-file": "`+dir+`ca.pem"},
		"roles": [{"role": "configure", "name": "deploy", "token-file": "/etc/knot-resolver/token"}, {"role": "read", "certificates": ["monitor.example"]}]}`)

	token := strings.TrimSpace(sut.Must(t, "cat", "/root/token"))
	hash := strings.TrimSpace(sut.Must(t, "cat", "/etc/knot-resolver/token"))
	client := []string{"--cert", dir + "monitor.pem", "--key", dir + "monitor.key"}
	for name, test := range map[string]struct {
		args []string
		code string
	}{
		"no one":          {nil, "401"},
		"a certificate":   {client, "200"},
		"a token":         {[]string{"-H", "Authorization: Bearer " + token}, "200"},
		"a hash":          {[]string{"-H", "Authorization: Bearer " + hash}, "401"},
		"a reader writes": {append([]string{"-X", "PUT", "--json", "3"}, client...), "403"},
	} {
		if code, body := curl(t, append(test.args, mine, api+"/v1/config/workers")...); code != test.code {
			t.Errorf("%s: %s %s", name, code, body)
		}
	}
	if code, body := curl(t, "http://"+apiAddress+"/v1/config/workers"); code != "400" || strings.TrimSpace(body) == "2" {
		t.Errorf("in the clear: %s %s", code, body)
	}
	at := []string{"--socket", api, "--cacert", dir + "ca.pem", "--token-file", "/root/token"}
	sut.Must(t, append([]string{"kresctl", "config", "set", "-p", "/nsid", "over-tls"}, at...)...)
	if out := sut.Must(t, append([]string{"kresctl", "history"}, at...)...); !strings.Contains(out, "deploy") {
		t.Errorf("the history does not know who: %s", out)
	}
	if r := sut.Exec(t, "kresctl", "--socket", api, "status"); r.Code != 4 || !strings.Contains(r.Stderr, "--cacert") {
		t.Errorf("without the authority: %d %s", r.Code, r.Stderr)
	}
	// Workers cannot read the key, and are no one over TCP.
	worker := []string{"setpriv", "--reuid=knot-resolver", "--regid=knot-resolver", "--clear-groups"}
	for _, file := range []string{dir + "server.key", "/etc/knot-resolver/token"} {
		if r := sut.Exec(t, append(worker, "cat", file)...); r.Code == 0 || !strings.Contains(r.Stderr, "Permission denied") {
			t.Errorf("a worker reads %s: %d %s", file, r.Code, r.Stderr)
		}
	}

	// A renewed certificate is served at once, a broken one leaves the last.
	fingerprint := func() string {
		return sut.Must(t, "sh", "-c", "openssl s_client -connect "+apiAddress+" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint")
	}
	first := fingerprint()
	sut.Must(t, "sh", "-c", makeCertificates[:strings.Index(makeCertificates, "openssl")]+makeCertificates[strings.Index(makeCertificates, "issue()"):]+"issue server subjectAltName=IP:127.0.0.1")
	second := fingerprint()
	if first == second {
		t.Error("the old certificate is served")
	}
	sut.Must(t, "sh", "-c", "echo broken >"+dir+"server.key")
	if got := fingerprint(); got != second {
		t.Errorf("with a broken key: %s, not %s", got, second)
	}
	problems := sut.Status(t).Problems.Error()
	if !strings.Contains(problems, "/management/tls/key-file") || !strings.Contains(problems, "goes on with what was there before") {
		t.Errorf("problems: %s", problems)
	}
	sut.Put(t, "/nsid", `"other"`) // is not about it
	sut.Refused(t, "/management/tls/cert-file", `"/etc/hostname"`, "/management/tls/cert-file", "has no certificate that can be read")
	if after := sut.PIDs(t); after["kresd@1.service"] == 0 || len(after) != len(before) {
		t.Errorf("processes changed from %v to %v", before, after)
	}

	// What the manager says of itself, as its own clients would ask.
	for _, path := range []string{"/openapi.json", "/schema/ui", "/api", "/v1/config/explain/cache", "/v1/changes", "/v1/history", "/v1/units", "/v1/plan", "/v1/upstreams", "/v1/cache", "/processes", "/metrics/json"} {
		if a := sut.Call(t, "GET", path, ""); a.Code != 200 {
			t.Errorf("GET %s: %d %s", path, a.Code, a.Body)
		}
	}
	if code, body := curl(t, "--unix-socket", product.Socket, "-X", "POST", "http://api/renew"); code != "200" {
		t.Errorf("POST http://api/renew: %s %s", code, body)
	}
	if a := sut.Call(t, "GET", "/v1/status", "", "Accept", "application/yaml"); a.Code != 200 || !strings.Contains(a.Body, "\nstate: running\n") {
		t.Errorf("status in YAML: %d %s", a.Code, a.Body)
	}
	// Who comes back hears what has happened meanwhile, and what can no longer be known.
	out := sut.Exec(t, "curl", "-sN", "--max-time", "2", "--unix-socket", product.Socket, "-H", "Last-Event-ID: elsewhere-1", "http://api/v1/events").Stdout
	_, id, _ := strings.Cut(out, "\nid: ")
	id, _, _ = strings.Cut(id, "\n")
	if !strings.Contains(out, "event: gap\n") || !strings.HasSuffix(id, "-1") {
		t.Fatalf("events: %s", out)
	}
	out = sut.Exec(t, "curl", "-sN", "--max-time", "2", "--unix-socket", product.Socket, "-H", "Last-Event-ID: "+id, "http://api/v1/events").Stdout
	if strings.Contains(out, "event: gap") || strings.Contains(out, "id: "+id+"\n") || !strings.Contains(out, "id: "+strings.TrimSuffix(id, "1")+"2\n") {
		t.Errorf("events after %s: %s", id, out)
	}
	if r := sut.Exec(t, "kresctl", "logs", "-p", "err", "--since", "1h", "kresd-manager"); r.Code != 0 || !strings.Contains(r.Stdout, "cannot use the certificate") || strings.Contains(r.Stdout, " renewed the certificate") {
		t.Errorf("logs by priority: %d %s %s", r.Code, r.Stdout, r.Stderr)
	}
}
