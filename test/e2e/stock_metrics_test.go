// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// graphite listens inside of a machine as a Graphite server does, and returns
// what gives one message. silent, if there is one, is called when none has come for a while: the thread of the stock
// manager that sends them ends for good if it asks a worker that is being started.
func graphite(t *testing.T, m *machine.Machine, silent func()) (message func() []string) {
	t.Helper()
	var l net.Listener
	if err := m.InNetNS(func() (err error) {
		l, err = net.Listen("tcp", "127.0.0.1:2003")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return func() []string {
		t.Helper()
		var c net.Conn
		err := os.ErrDeadlineExceeded
		for left := 6; left > 0 && errors.Is(err, os.ErrDeadlineExceeded); left-- {
			_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(15 * time.Second))
			if c, err = l.Accept(); err != nil && silent != nil {
				silent()
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(90 * time.Second))
		text, err := io.ReadAll(c)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}

var (
	valueAndTime = regexp.MustCompile(` [0-9.e+-]+ [0-9]+$`)
	stockWorker  = regexp.MustCompile(`kresd([:_])kresd([01])`)
)

// names leaves of lines what names them, of metrics of workers only. Workers of
// the stock manager get the numbers that ours have.
func names(t *testing.T, lines []string, stock bool) []string {
	t.Helper()
	var all []string
	for _, l := range lines {
		if !strings.Contains(l, "resolver_") || strings.HasPrefix(l, "#") {
			continue
		}
		if strings.HasPrefix(l, "dns.") { // a line for Graphite
			if !valueAndTime.MatchString(l) {
				t.Errorf("stock %t sends %q", stock, l)
			}
			l = valueAndTime.ReplaceAllString(l, "")
		} else {
			l = l[:strings.LastIndexByte(l, ' ')]
		}
		if stock {
			l = stockWorker.ReplaceAllStringFunc(l, func(s string) string {
				return s[:len(s)-1] + string(s[len(s)-1]+1)
			})
		}
		all = append(all, l)
	}
	slices.Sort(all)
	return all
}

// others lists the names that are not of workers.
func others(text string) []string {
	var all []string
	for l := range strings.Lines(text) {
		if f := strings.Fields(l); len(f) > 2 && f[1] == "TYPE" && !strings.HasPrefix(f[2], "resolver_") {
			all = append(all, f[2])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestMetricsAreThoseOfTheStockManager runs the stock manager in a machine of
// its own: what workers count has the same names and labels here and there, for
// Prometheus and for Graphite.
func TestMetricsAreThoseOfTheStockManager(t *testing.T) {
	stock := machine.Start(t, machine.Options{
		Name: "stock",
		Files: map[string]machine.File{product.ConfigFile: {
			Content: basic + "monitoring: {graphite: {enable: true, host: 127.0.0.1, prefix: dns, interval: 1s}}\n",
		}},
	})
	var again func()
	theirMessage := graphite(t, stock, func() { again() })
	if r := stock.Sh(t.Context(), "systemctl start knot-resolver.service"); r.Code != 0 {
		t.Fatalf("cannot start the stock manager: %s%s", r.Stderr, stock.Journal(t.Context(), "knot-resolver.service"))
	}
	client := stock.HTTPClient(product.Socket)
	defer client.CloseIdleConnections()
	get := func(path string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("GET %s of the stock manager: %d %v %s", path, resp.StatusCode, err, b)
		}
		return string(b)
	}
	again = func() {
		t.Log("the stock manager has stopped to send; it is started again")
		stock.Sh(t.Context(), "systemctl restart knot-resolver.service")
		get("/metrics/json")
	}
	get("/metrics/json") // workers begin to count
	theirs := get("/metrics/prometheus")

	sut.Fresh(t, basic)
	counts(t)
	ours := sut.Call(t, "GET", "/metrics/prometheus", "").Body
	if n := len(names(t, strings.Split(theirs, "\n"), true)); n < 100 {
		t.Fatalf("the stock manager has only %d metrics of two workers:\n%s", n, theirs)
	}
	if diff := cmp.Diff(names(t, strings.Split(theirs, "\n"), true), names(t, strings.Split(ours, "\n"), false)); diff != "" {
		t.Errorf("for Prometheus, the stock manager's (-) and ours (+):\n%s", diff)
	}
	t.Logf("the stock manager also has %v", others(theirs))
	t.Logf("we also have %v", others(ours))

	ourMessage := graphite(t, sut.Machine, nil)
	sendStatistics(t, "--host=127.0.0.1", "--prefix=dns", "--interval=1s")
	var want []string
	for range 20 { // its first messages are not complete
		if want = names(t, theirMessage(), true); len(want) == len(names(t, strings.Split(theirs, "\n"), true)) {
			break
		}
	}
	if diff := cmp.Diff(want, names(t, ourMessage(), false)); diff != "" {
		t.Errorf("for Graphite, the stock manager's (-) and ours (+):\n%s", diff)
	}
}

// sendStatistics runs kres-graphite inside, as a component runs, until the test
// ends; being asked to end must be success.
func sendStatistics(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"systemd-run", "--unit=graphite-test", "--quiet", "--pipe", "--wait", "--property=User=knot-resolver",
		"--property=Group=knot-resolver", "--property=Type=notify", "--property=CapabilityBoundingSet=", "--property=NoNewPrivileges=yes",
		product.Libexec + "kres-graphite"}, args...)
	ended := make(chan machine.Result, 1)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	go func() { ended <- sut.Run(ctx, machine.Cmd{Args: args}) }()
	t.Cleanup(func() {
		defer cancel()
		r := sut.Run(ctx, machine.Cmd{Args: []string{"systemctl", "stop", "graphite-test.service"}})
		if r.Code != 0 {
			t.Errorf("cannot stop kres-graphite: %s", r.Stderr)
		}
		if r := <-ended; r.Code != 0 {
			t.Errorf("kres-graphite: exit status %d\n%s%s", r.Code, r.Stdout, r.Stderr)
		}
	})
}

func TestGraphiteGoesOnWhenTheManagerRestarts(t *testing.T) {
	sut.Fresh(t, basic)
	counts(t)
	message := graphite(t, sut.Machine, nil)
	sendStatistics(t, "--host=127.0.0.1", "--interval=1s")
	has := func() bool {
		in := bufio.NewScanner(strings.NewReader(strings.Join(message(), "\n")))
		found := 0
		for in.Scan() {
			var value float64
			var when int64
			if n, _ := fmt.Sscanf(in.Text(), "resolver_metrics_loaded.instance_id.kresd_kresd1 %g %d", &value, &when); n == 2 && value == 1 && when > 1e9 {
				found++
			}
		}
		return found == 1
	}
	if !has() {
		t.Error("the first message does not have the worker")
	}
	sut.Must(t, "systemctl", "restart", "kresd-manager.service")
	product.Eventually(t, "messages come again", has)
}

func TestGraphiteIsSwitchedOnAndOff(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	message := graphite(t, sut.Machine, nil)
	sut.Put(t, "/monitoring", `{"metrics": "lazy", "graphite": {"enable": true, "host": "127.0.0.1", "prefix": "dns", "interval": "1s"}}`)
	if got := names(t, message(), false); len(got) < 100 {
		t.Errorf("a message has only %q", got)
	}
	sut.Put(t, "/monitoring/graphite/prefix", `"dns.second"`)
	product.Eventually(t, "names begin with the new prefix", func() bool { return strings.HasPrefix(message()[0], "dns.second.") })
	sut.Put(t, "/monitoring/graphite/enable", "false")
	if r := sut.Exec(t, "systemctl", "is-active", "kres-component@graphite.service"); strings.TrimSpace(r.Stdout) != "inactive" {
		t.Errorf("kres-component@graphite.service is %s", r.Stdout)
	}
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("the state is %s", s.State)
	}
}
