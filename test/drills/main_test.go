// SPDX-License-Identifier: Apache-2.0

// Package drills breaks what the product stands on, in the middle of its work,
// on a real systemd: the manager, the bus, the disk, systemd itself, and what
// an administrator does at the same time. What is left must be the old or the
// new configuration, whole, and serving.
package drills

import (
	"bytes"
	"context"
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
	dir, err := os.MkdirTemp("", "kresd-manager-drills-")
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
	opts := product.Options(layer, three)
	opts.Name = "drills"
	return machine.Main(m, opts, &sut)
}

// three is a configuration with three workers that need no other server.
const three = `
workers: 3
network:
  listen:
    - interface: 127.0.0.1
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
	r := sut.Sh(t.Context(), `
		systemctl stop kresd-manager.socket kresd-manager.service kresd.target 'kresd@*.service' kres-gc kres-policy-loader
		systemctl reset-failed
		rm -rf /run/kresd-manager /run/knot-resolver /var/lib/kresd-manager /var/cache/knot-resolver
		systemd-tmpfiles --create kresd-manager.conf`)
	if r.Code != 0 {
		t.Fatalf("cannot tidy up: %s", r.Stderr)
	}
	if err := sut.WriteFile(product.ConfigFile, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := run(t, "systemctl", "start", "kresd-manager.service"); r.Code != 0 {
		t.Fatalf("cannot start the manager: %s%s", r.Stderr, sut.Journal(t.Context(), "kresd-manager.service"))
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

// show returns one property of a unit.
func show(t *testing.T, unit, property string) string {
	t.Helper()
	return strings.TrimSpace(must(t, "systemctl", "show", "-p", property, "--value", unit))
}

// answer is what the API said.
type answer struct {
	code   int
	header http.Header
	body   string
}

// request sends one request to the API. Header pairs follow the body.
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

// call is request for one that has to be answered.
func call(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	a, err := request(t.Context(), method, path, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
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
	found := map[string]int{}
	out := must(t, "systemctl", "show", "-p", "Id,MainPID", "kresd@*.service", "kres-gc.service")
	for _, block := range strings.Split(out, "\n\n") {
		values := map[string]string{}
		for line := range strings.Lines(block) {
			k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
			values[k] = v
		}
		if n, err := strconv.Atoi(values["MainPID"]); err == nil && n > 0 {
			found[values["Id"]] = n
		}
	}
	return found
}

// query asks for an A record over UDP and returns the addresses.
func query(name string, timeout time.Duration) ([]string, error) {
	q := new(dns.Msg).SetQuestion(name, dns.TypeA)
	c := dns.Client{Timeout: timeout}
	var got []string
	err := sut.InNetNS(func() error {
		in, _, err := c.Exchange(q, "127.0.0.1:53")
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
	if got, err := query(name, 5*time.Second); err != nil || len(got) != 1 || got[0] != address {
		t.Errorf("%s is %v (%v), want %s", name, got, err, address)
	}
}

// eventually waits up to twenty seconds for a condition.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("did not happen within 20 s: %s", what)
}

// serving asks for host.example again and again until the test ends, as a
// client does that repeats what is not answered. DNS must never be off.
func serving(t *testing.T) {
	t.Helper()
	stop, ended := make(chan struct{}), make(chan struct{})
	var asked, repeated int
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			asked++
			var err error
			for range 5 {
				if _, err = query("host.example.", time.Second); err == nil {
					break
				}
				repeated++
				time.Sleep(100 * time.Millisecond) // what is refused is refused at once
			}
			if err != nil {
				t.Errorf("DNS is off: %v", err)
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-ended
		t.Logf("%d questions asked, %d repeated", asked, repeated)
	})
}
