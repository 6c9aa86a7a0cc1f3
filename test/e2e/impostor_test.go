// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// impostor is a manager that writes down what it is sent, and whose answers name
// a file of root's as the configuration.
const impostor = `
import http.server, json, os, socketserver, sys
class Server(socketserver.ThreadingUnixStreamServer):
    request_queue_size = 128 # or else a client that comes while this one waits for its turn is refused
    def get_request(self):
        r = super().get_request()
        with open(sys.argv[2], "a") as f: f.write("connected\n")
        return r
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def parse_request(self):
        r = super().parse_request()
        with open(sys.argv[2], "a") as f: f.write("sent " + self.raw_requestline.decode() + str(self.headers))
        return r
    def do_GET(self):
        body = json.dumps({"state": "running", "files": ["/etc/victim.yaml"], "file-etag": "x"} if "status" in self.path else {"workers": 7}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_PUT = do_GET
os.umask(0)
Server(sys.argv[1], Handler).serve_forever()
`

// TestAnImpostorGetsNothing has a process of the workers' user listen where the
// manager should. Neither root's kresctl nor that of another of our users sends a
// byte, root writes no file, and it is said who listens.
func TestAnImpostorGetsNothing(t *testing.T) {
	sut.Fresh(t, basic)
	const (
		dir    = "/tmp/impostor"
		socket = dir + "/kres-api.sock"
		notes  = dir + "/notes"
		victim = "workers: 1\n"
	)
	sut.Must(t, "install", "-d", "-o", "knot-resolver", dir)
	if err := sut.WriteFile(dir+"/impostor.py", []byte(impostor), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := sut.WriteFile("/etc/victim.yaml", []byte(victim), 0o644); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "systemd-run", "--quiet", "--unit=impostor", "--uid=knot-resolver", "/usr/bin/python3", dir+"/impostor.py", socket, notes)
	defer sut.Sh(t.Context(), "systemctl stop impostor; rm -r "+dir+" /etc/victim.yaml")
	product.Eventually(t, "the impostor listens", func() bool { return sut.Exec(t, "test", "-S", socket).Code == 0 })
	uid := strings.TrimSpace(sut.Must(t, "id", "-u", "knot-resolver"))
	pid := strings.TrimSpace(sut.Must(t, "systemctl", "show", "-p", "MainPID", "--value", "impostor"))
	reason := fmt.Sprintf("kresctl: nothing was sent to %s: it is served by user knot-resolver (uid %s), process %s, not by root or kresd-manager; "+
		"systemctl restart kresd-manager.socket takes it back", socket, uid, pid)

	calls := 0
	for _, user := range []string{"", "kresd-manager", "knot-resolver"} {
		for _, command := range []string{"config save --force", "-c /etc/victim.yaml config save --force", "status", "reload", "config set -p /nsid x", "logs", "events", "metrics"} {
			calls++
			r := sut.Run(t.Context(), machine.Cmd{User: user, Env: []string{"KRESCTL_TOKEN=top-secret-token-of-root"},
				Args: append([]string{"kresctl", "-s", socket}, strings.Fields(command)...)})
			if r.Code != 4 || !strings.HasPrefix(r.Stderr, reason) {
				t.Errorf("%s of %q: exit %d\n%s%s", command, user, r.Code, r.Stdout, r.Stderr)
			}
		}
	}
	// What sends statistics is that user, too, and believes it as little.
	r := sut.Run(t.Context(), machine.Cmd{User: "knot-resolver", Args: []string{"timeout", "2", product.Libexec + "kres-graphite", "--socket", socket, "--host", "127.0.0.1"}})
	if !strings.Contains(r.Stderr, "cannot get metrics: nothing was sent to "+socket+": it is served by user knot-resolver") {
		t.Errorf("kres-graphite says %q", r.Stderr)
	}
	product.Eventually(t, "all have connected", func() bool { return strings.Count(sut.Must(t, "cat", notes), "connected\n") > calls })
	if got := sut.Must(t, "cat", notes); strings.Contains(got, "sent ") {
		t.Errorf("the impostor was sent\n%s", got)
	}
	if got := sut.Must(t, "cat", "/etc/victim.yaml"); got != victim {
		t.Errorf("root wrote\n%s", got)
	}
}

// TestWhoIsBelieved: the installed manager is, by all of our users, whether
// systemd listens for it or it does so itself.
func TestWhoIsBelieved(t *testing.T) {
	const own = "/run/kresd-manager/own.sock"
	sut.Fresh(t, basic+"management: {unix-socket: "+own+"}\n")
	for _, c := range []struct{ user, socket string }{
		{"", product.Socket}, {"knot-resolver", product.Socket}, {"", own}, {"knot-resolver", own}, {"kresd-manager", own},
	} {
		if r := sut.Run(t.Context(), machine.Cmd{User: c.user, Args: []string{"kresctl", "-s", c.socket, "status"}}); r.Code != 0 {
			t.Errorf("status of %q on %s: exit %d\n%s%s", c.user, c.socket, r.Code, r.Stdout, r.Stderr)
		}
	}
	sut.Must(t, "systemctl", "reload", "kresd-manager") // which is kresctl as the manager's user, in its group
	sut.Must(t, "kresctl", "config", "set", "-q", "-p", "/nsid", "saved")
	sut.Must(t, "kresctl", "config", "save", "-q")
	if got := sut.Must(t, "cat", product.ConfigFile); !strings.Contains(got, "nsid: saved") {
		t.Errorf("the file holds\n%s", got)
	}
}
