// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the installed product on a real systemd, with real kresd
// workers and the manager as its unprivileged user.
package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// layer is the installed product, for machines of a test's own.
var layer string

// sut is the machine that all tests of the package share, one after another.
var sut *machine.Machine

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kresd-manager-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	layer, err = product.Install(context.Background(), dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	opts := product.Options(layer, basic)
	opts.Name = "e2e"
	return machine.Main(m, opts, &sut)
}

// basic is a configuration with two workers that need no other server.
const basic = `
workers: 2
network:
  listen:
    - interface: 127.0.0.1
    - interface: 127.0.0.1
      kind: dot
dnssec:
  enable: false
local-data:
  addresses:
    host.example: 192.0.2.1
`

// fresh stops everything, forgets everything, and starts the manager on a
// configuration file. The test fails if it does not start.
func fresh(t *testing.T, config string) {
	t.Helper()
	wipe(t)
	writeConfig(t, config)
	r := run(t, "systemctl", "start", "kresd-manager.service")
	if r.Code != 0 {
		t.Fatalf("cannot start the manager: %s%s", r.Stderr, sut.Journal(t.Context(), "kresd-manager.service"))
	}
}

// wipe leaves the product installed and nothing of it running or kept.
func wipe(t *testing.T) {
	t.Helper()
	r := sut.Sh(t.Context(), `
		systemctl stop kresd-manager.socket kresd-manager.service # which would bring back what stops
		systemctl stop kresd.target 'kresd@*.service' 'kres-component@*.service' kres-gc kres-policy-loader
		systemctl reset-failed
		rm -rf /run/kresd-manager /run/knot-resolver /var/lib/kresd-manager /var/cache/knot-resolver
		systemd-tmpfiles --create kresd-manager.conf`)
	if r.Code != 0 {
		t.Fatalf("cannot tidy up: %s", r.Stderr)
	}
}

func writeConfig(t *testing.T, config string) {
	t.Helper()
	if err := sut.WriteFile(product.ConfigFile, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a command inside as root.
func run(t *testing.T, args ...string) machine.Result {
	t.Helper()
	return sut.Run(t.Context(), machine.Cmd{Args: args})
}

// must is run for a command that has to succeed; it returns the output.
func must(t *testing.T, args ...string) string {
	t.Helper()
	r := run(t, args...)
	if r.Code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// answer is what the API said.
type answer struct {
	code   int
	header http.Header
	body   string
}

// call sends one request to the API. Header pairs follow the body.
func call(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	a, err := request(t.Context(), method, path, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func request(ctx context.Context, method, path, body string, header ...string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := sut.HTTPClient(product.Socket)
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(b)}, err
}

// put changes the configuration and returns the plan that was carried out.
func put(t *testing.T, pointer, value string) units.Plan {
	t.Helper()
	a := call(t, "PUT", "/v1/config"+pointer, value, "Accept", "application/json")
	if a.code != 200 {
		t.Fatalf("PUT %s: %d %s", pointer, a.code, a.body)
	}
	var r units.Report
	if err := json.Unmarshal([]byte(a.body), &r); err != nil {
		t.Fatalf("PUT %s: %v in %s", pointer, err, a.body)
	}
	return r.Plan
}

// refused changes the configuration and expects that to fail with a status
// of 4xx and a text that contains all words.
func refused(t *testing.T, pointer, value string, words ...string) {
	t.Helper()
	a := call(t, "PUT", "/v1/config"+pointer, value)
	if a.code < 400 || a.code > 499 {
		t.Errorf("PUT %s: %d, want 4xx\n%s", pointer, a.code, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("PUT %s: the answer does not say %q:\n%s", pointer, w, a.body)
		}
	}
}

// status asks the API for the state of everything.
func status(t *testing.T) units.Status {
	t.Helper()
	a := call(t, "GET", "/v1/status", "")
	var s units.Status
	if err := json.Unmarshal([]byte(a.body), &s); err != nil || a.code != 200 {
		t.Fatalf("GET /v1/status: %d %v %s", a.code, err, a.body)
	}
	return s
}

// pids returns the main processes of the running units, by unit.
func pids(t *testing.T) map[string]int {
	t.Helper()
	out := must(t, "systemctl", "show", "-p", "Id,MainPID", "--value", "kresd@*.service", "kres-component@*.service", "kres-gc.service")
	found := map[string]int{}
	fields := strings.Fields(out)
	for i := 0; i+1 < len(fields); i += 2 {
		unit, pid := fields[i], fields[i+1]
		if n, err := strconv.Atoi(unit); err == nil { // the order of the two is systemd's
			unit, pid = pid, unit
			_ = n
		}
		if n, err := strconv.Atoi(pid); err == nil && n > 0 {
			found[unit] = n
		}
	}
	return found
}

// generationOf returns the configuration that a unit announces.
func generationOf(t *testing.T, unit string) string {
	t.Helper()
	return strings.TrimSpace(must(t, "systemctl", "show", "-p", "StatusText", "--value", unit))
}

// resolve asks for an A record over network "udp", "tcp" or "tcp-tls" and
// returns the addresses.
func resolve(t *testing.T, network, name string) []string {
	t.Helper()
	got, err := query(network, name)
	if err != nil {
		t.Fatalf("%s over %s: %v", name, network, err)
	}
	return got
}

func query(network, name string) ([]string, error) {
	q := new(dns.Msg)
	q.SetQuestion(name, dns.TypeA)
	addr := "127.0.0.1:53"
	c := dns.Client{Net: network, Timeout: 5 * time.Second}
	if network == "tcp-tls" {
		addr = "127.0.0.1:853"
		c.TLSConfig = &tls.Config{InsecureSkipVerify: true} // a self-signed one is what is expected
	}
	var got []string
	err := sut.InNetNS(func() error {
		in, _, err := c.Exchange(q, addr)
		if err != nil {
			return err
		}
		if in.Rcode != dns.RcodeSuccess {
			return fmt.Errorf("response code %s", dns.RcodeToString[in.Rcode])
		}
		for _, rr := range in.Answer {
			if a, ok := rr.(*dns.A); ok {
				got = append(got, a.A.String())
			}
		}
		return nil
	})
	return got, err
}

// expect fails the test unless a name has exactly this address.
func expect(t *testing.T, name, address string) {
	t.Helper()
	if got := resolve(t, "udp", name); len(got) != 1 || got[0] != address {
		t.Errorf("%s is %v, want %s", name, got, address)
	}
}

// eventually waits up to ten seconds for a condition.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("did not happen within 10 s: %s", what)
}
