// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"kresd-manager/test/debian"
	"kresd-manager/test/product"
	"kresd-manager/units"
)

// counts is what /metrics/json has.
func counts(t *testing.T) map[string]map[string]map[string]float64 {
	t.Helper()
	a := sut.Call(t, "GET", "/metrics/json", "")
	var all map[string]map[string]map[string]float64
	if err := json.Unmarshal([]byte(a.Body), &all); err != nil || a.Code != 200 {
		t.Fatalf("GET /metrics/json: %d %v %s", a.Code, err, a.Body)
	}
	return all
}

// scrape is what /metrics/prometheus has, by name and the labels in braces.
func scrape(t *testing.T) map[string]float64 {
	t.Helper()
	a := sut.Call(t, "GET", "/metrics/prometheus", "")
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(bytes.NewReader([]byte(a.Body)))
	if err != nil || a.Code != 200 {
		t.Fatalf("GET /metrics/prometheus: %d %v %s", a.Code, err, a.Body)
	}
	values := map[string]float64{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			key := name + "{" + strings.Join(labels, ",") + "}"
			switch f.GetType() {
			case dto.MetricType_HISTOGRAM:
				values[key] = float64(m.GetHistogram().GetSampleCount())
			case dto.MetricType_COUNTER:
				values[key] = m.GetCounter().GetValue()
			default:
				values[key] = m.GetGauge().GetValue()
			}
		}
	}
	return values
}

func TestMetricsTellWhatTheWorkersDid(t *testing.T) {
	sut.Fresh(t, basic)
	if first := counts(t); len(first) != 2 || first["kresd:kresd1"]["answer"] == nil || first["kresd:kresd2"]["answer"] == nil {
		t.Fatalf("at first: %v", first)
	}
	const queries = 30
	for range queries {
		sut.Expect(t, "host.example.", "192.0.2.1")
	}
	sut.Resolve(t, "tcp-tls", "host.example.")
	total, udp, dot := 0.0, 0.0, 0.0
	for _, w := range counts(t) {
		total += w["answer"]["total"]
		udp += w["request"]["udp4"]
		dot += w["request"]["dot"]
	}
	if total != queries+1 || udp != queries || dot != 1 {
		t.Errorf("after %d queries over UDP and one over TLS, there are %g, %g and %g", queries, total, udp, dot)
	}

	got := scrape(t)
	sum := func(name string) float64 {
		return got[name+`{instance_id="kresd:kresd1"}`] + got[name+`{instance_id="kresd:kresd2"}`]
	}
	for name, want := range map[string]float64{
		"resolver_answer_total":               queries + 1,
		"resolver_answer_rcode_noerror_total": queries + 1,
		"resolver_request_udp4_total":         queries,
		"resolver_request_dot4_total":         1,
		"resolver_response_latency":           queries + 1, // its count
		"resolver_metrics_loaded":             2,
	} {
		if v := sum(name); v != want {
			t.Errorf("%s is %g, want %g", name, v, want)
		}
	}
	s := sut.Status(t)
	for series, want := range map[string]float64{
		`kresd_manager_state{state="running"}`: 1,
		`kresd_manager_workers{}`:              2,
		fmt.Sprintf(`kresd_manager_configuration_info{etag=%q,generation=%q}`, s.ETag, s.Generation): 1,
		`kresd_manager_last_change_success{}`:                                                        1,
		`kresd_manager_unit_active{component="worker",unit="kresd@2.service"}`:                       1,
		`kresd_manager_unit_active{component="cache-gc",unit="kres-gc.service"}`:                     1,
		`kresd_manager_unit_restarts_total{component="worker",unit="kresd@1.service"}`:               0,
		`kresd_manager_unit_current{component="worker",unit="kresd@1.service"}`:                      1,
		`kresd_manager_changes_total{result="failed"}`:                                               0,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %g (%t), want %g", series, v, ok, want)
		}
	}
	for _, series := range []string{
		`kresd_manager_unit_memory_bytes{component="worker",unit="kresd@1.service"}`,
		`kresd_manager_unit_cpu_seconds_total{component="worker",unit="kresd@1.service"}`,
		`process_resident_memory_bytes{}`,
	} {
		if got[series] <= 0 {
			t.Errorf("%s is %g", series, got[series])
		}
	}

	if out := sut.Must(t, "kresctl", "metrics"); !strings.Contains(out, `"kresd:kresd2": {`) {
		t.Errorf("kresctl metrics: %s", out)
	}
	if out := sut.Must(t, "kresctl", "metrics", "--prometheus"); !strings.Contains(out, `resolver_response_latency_bucket{instance_id="kresd:kresd1",le="1.0"} `) {
		t.Errorf("kresctl metrics --prometheus: %s", out)
	}
}

func TestAWorkerThatHangsDoesNotHideTheOthers(t *testing.T) {
	sut.Fresh(t, basic)
	counts(t)
	sut.Must(t, "systemctl", "kill", "--signal=STOP", "kresd@1.service")
	got := counts(t)
	if w, ok := got["kresd:kresd1"]; !ok || w != nil {
		t.Errorf("the one that hangs: %v", w)
	}
	if got["kresd:kresd2"]["answer"] == nil {
		t.Errorf("the other one: %v", got)
	}
	values := scrape(t)
	if values[`resolver_metrics_loaded{instance_id="kresd:kresd1"}`] != 0 || values[`resolver_metrics_loaded{instance_id="kresd:kresd2"}`] != 1 {
		t.Errorf("loaded: %v", values)
	}
	if out := sut.Must(t, "kresctl", "cache", "clear", "--json"); !strings.Contains(out, `"count"`) {
		t.Errorf("kresctl cache clear: %s", out)
	}
	sut.Must(t, "systemctl", "kill", "--signal=CONT", "kresd@1.service")
	product.Eventually(t, "both answer", func() bool { return counts(t)["kresd:kresd1"] != nil })
}

func TestMetricsCountFailuresAndRestarts(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Refused(t, "/lua", `{"script": "error('no')"}`)
	sut.Must(t, "systemctl", "kill", "--signal=KILL", "kresd@2.service")
	// The status may be asked for before systemd knows that the worker is gone.
	product.Eventually(t, "the worker is back", func() bool {
		st := sut.Status(t)
		return st.State == "running" && slices.ContainsFunc(st.Units, func(u units.UnitStatus) bool { return u.Unit == "kresd@2.service" && u.Restarts == 1 })
	})
	got := scrape(t)
	for series, want := range map[string]float64{
		`kresd_manager_changes_total{result="failed"}`:                                 1,
		`kresd_manager_last_change_success{}`:                                          0,
		`kresd_manager_unit_restarts_total{component="worker",unit="kresd@2.service"}`: 1,
		`resolver_metrics_loaded{instance_id="kresd:kresd2"}`:                          1,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %g (%t), want %g", series, v, ok, want)
		}
	}
}

// The keys of monitoring.metrics, which the worker that counts shows.
func TestWhenWorkersCount(t *testing.T) {
	loaded := func(instance string) bool {
		t.Helper()
		out := sut.Must(t, "python3", "-c", `import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/knot-resolver/control/`+instance+`")
s.recv(2)
s.sendall(b"stats ~= nil\n")
print(s.recv(100).decode())`)
		return strings.Contains(out, "true")
	}
	sut.Fresh(t, basic+"monitoring: {metrics: manager-only}\n")
	if got := counts(t); len(got) != 2 || got["kresd:kresd1"] != nil {
		t.Errorf("manager-only: %v", got)
	}
	if loaded("1") {
		t.Error("manager-only: a worker counts")
	}
	sut.Put(t, "/monitoring/metrics", `"lazy"`)
	if loaded("1") {
		t.Error("lazy: a worker counts before it was asked")
	}
	if got := counts(t); got["kresd:kresd1"] == nil || !loaded("1") {
		t.Errorf("lazy: %v", got)
	}
	sut.Put(t, "/monitoring/metrics", `"always"`)
	if !loaded("1") {
		t.Error("always: a worker does not count from its start on")
	}
	if got := counts(t); got["kresd:kresd1"] == nil {
		t.Errorf("always: %v", got)
	}
}

// upstream serves every name with an address of long life, inside of the
// machine, and counts what it is asked.
func upstream(t *testing.T, address string) *atomic.Int64 {
	t.Helper()
	var conn net.PacketConn
	if err := sut.InNetNS(func() (err error) {
		conn, err = net.ListenPacket("udp", address)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	ready := make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(ready) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		asked.Add(1)
		m := new(dns.Msg)
		m.SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			rr, err := dns.NewRR(q.Question[0].Name + " 3600 A 192.0.2.77")
			if err == nil {
				m.Answer = append(m.Answer, rr)
			}
		}
		_ = w.WriteMsg(m)
	})}
	done := make(chan error, 1)
	go func() { done <- server.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
		<-done
	})
	return &asked
}

func TestCacheIsCleared(t *testing.T) {
	asked := upstream(t, "127.0.0.1:5377")
	sut.Fresh(t, basic+`
forward:
  - subtree: fwd.test
    servers: [127.0.0.1@5377]
    options: {dnssec: false, authoritative: false}
`)
	// Both workers take part; the cache is theirs in common.
	fill := func() {
		for range 8 {
			sut.Expect(t, "one.fwd.test.", "192.0.2.77")
			sut.Expect(t, "two.fwd.test.", "192.0.2.77")
		}
	}
	cached := func(what string, want int64, do func()) {
		t.Helper()
		before := asked.Load()
		do()
		fill()
		if got := asked.Load() - before; got != want {
			t.Errorf("%s: the server was asked %d times, want %d", what, got, want)
		}
	}
	cached("an empty cache", 2, func() {})
	cached("a full cache", 0, func() {})
	cached("one name", 1, func() {
		out := sut.Must(t, "kresctl", "cache", "clear", "one.fwd.test")
		if !strings.Contains(out, "count: 1\n") {
			t.Errorf("kresctl cache clear: %s", out)
		}
	})
	cached("one type of one name", 1, func() {
		sut.Must(t, "kresctl", "cache", "clear", "--exact-name", "--rr-type", "a", "two.fwd.test")
	})
	cached("another type", 0, func() {
		sut.Must(t, "kresctl", "cache", "clear", "--exact-name", "--rr-type", "NSAP-PTR", "two.fwd.test")
	})
	cached("the exact name above", 0, func() {
		sut.Must(t, "kresctl", "cache", "clear", "--exact-name", "fwd.test")
	})
	cached("all below the name above", 2, func() {
		if a := sut.Call(t, "POST", "/cache/clear", `{"name": "FWD.test.", "chunk-size": 10}`); a.Code != 200 {
			t.Errorf("POST /cache/clear: %d %s", a.Code, a.Body)
		}
	})
	cached("everything", 2, func() {
		if a := sut.Call(t, "POST", "/cache/clear", `{}`); a.Code != 200 || !strings.Contains(a.Body, `"count"`) {
			t.Errorf("POST /cache/clear: %d %s", a.Code, a.Body)
		}
	})
	cached("a type that there is not", 0, func() {
		a := sut.Call(t, "POST", "/cache/clear", `{"name": "two.fwd.test", "exact-name": true, "rr-type": "NOSUCH"}`)
		if a.Code != 422 || !strings.Contains(a.Body, "unknown record type NOSUCH") {
			t.Errorf("POST /cache/clear: %d %s", a.Code, a.Body)
		}
	})
	cached("a name that is Lua", 0, func() {
		a := sut.Call(t, "POST", "/cache/clear", `{"name": "x' and error(12345) or 'y"}`)
		if strings.Contains(a.Body, "12345: ") || a.Code >= 500 {
			t.Errorf("POST /cache/clear: %d %s", a.Code, a.Body)
		}
	})
}

// metricNames finds the names of metrics in rules and boards.
var metricNames = regexp.MustCompile(`\b(?:kresd_manager|resolver|process)_[a-z0-9_]+`)

// TestEveryMetricOfRulesAndBoardIsThere scrapes as Prometheus does, over the unix socket
// and over TCP with a token, on a machine on which each kind of thing has happened. The
// user of a scraper may read and nothing else.
func TestEveryMetricOfRulesAndBoardIsThere(t *testing.T) {
	if err := sut.WriteFile("/etc/knot-resolver/scrape.token", []byte("0123456789abcdef0123456789abcdef\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	sut.Must(t, "chown", "kresd-manager", "/etc/knot-resolver/scrape.token")
	sut.Must(t, "sh", "-c", "getent passwd prometheus || useradd --system --no-create-home --groups knot-resolver prometheus")
	sut.Must(t, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90", "-subj", "/CN=dns.example",
		"-keyout", "/etc/knot-resolver/scrape.key", "-out", "/etc/knot-resolver/scrape.pem")
	sut.Must(t, "chown", "knot-resolver", "/etc/knot-resolver/scrape.key")
	t.Cleanup(func() {
		sut.Sh(context.Background(), "systemctl stop kresd-manager.socket kresd-manager.service; rm -rf "+socketDir+"; systemctl daemon-reload")
	})
	sut.Must(t, "sh", "-c", "mkdir -p "+socketDir+" && printf '[Socket]\nListenStream=127.0.0.1:5000\n' >"+socketDir+"/interface.conf && systemctl daemon-reload")
	asked := upstream(t, "127.0.0.1:5378")
	sut.Fresh(t, basic+`
forward:
  - subtree: fwd.test
    servers: [127.0.0.1@5378]
    options: {dnssec: false, authoritative: false}
management:
  interface: 127.0.0.1@5000
  roles:
    - {role: read, users: [prometheus], token-file: /etc/knot-resolver/scrape.token}
`)
	sut.Put(t, "/network/tls", `{"cert-file": "/etc/knot-resolver/scrape.pem", "key-file": "/etc/knot-resolver/scrape.key"}`)
	counts(t)
	sut.Resolve(t, "udp", "one.fwd.test.")
	if asked.Load() == 0 {
		t.Error("the server upstream was not asked")
	}
	sut.Refused(t, "/lua", `{"script": "error('no')"}`)
	if a := sut.Call(t, "PUT", "/v1/config/nsid?confirm-within=1h", `"x"`); a.Code != 200 {
		t.Fatalf("%d %s", a.Code, a.Body)
	}
	const crashes = `kresd_manager_unit_crashes_total{component="worker",result="signal",unit="kresd@2.service"}`
	before := scrape(t)[crashes]
	// The manager comes to look when the worker runs again.
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=STOP", "kresd-manager.service")
	sut.Must(t, "systemctl", "kill", "--signal=KILL", "kresd@2.service")
	product.Eventually(t, "the worker runs again", func() bool {
		return strings.TrimSpace(sut.Must(t, "systemctl", "show", "-P", "SubState", "-P", "NRestarts", "kresd@2.service")) == "running\n1"
	})
	sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=CONT", "kresd-manager.service")
	product.Eventually(t, "the crash is counted", func() bool { return scrape(t)[crashes] == before+1 })
	// A change that begins meanwhile, for the certificate is new, starts it as well, and then
	// there is nothing to repair.
	product.Eventually(t, "the worker is repaired", func() bool {
		if sut.Status(t).State != "running" {
			return false
		}
		if scrape(t)[`kresd_manager_unit_drifts_total{component="worker",unit="kresd@1.service"}`] >= 1 {
			return true
		}
		sut.Must(t, "systemctl", "stop", "kresd@1.service")
		return false
	})

	for i := range 16 { // both workers have asked since they started
		sut.Resolve(t, "udp", fmt.Sprintf("n%d.fwd.test.", i))
	}
	text := sut.Call(t, "GET", "/metrics/prometheus", "").Body
	missing := map[string]bool{}
	for _, file := range []string{"prometheus/kresd-manager.rules.yaml", "grafana/kresd-manager.json"} {
		b, err := os.ReadFile("../../packaging/" + file)
		if err != nil {
			t.Fatal(err)
		}
		names := metricNames.FindAllString(string(b), -1)
		if len(names) < 15 {
			t.Errorf("%s names only %q", file, names)
		}
		for _, name := range names {
			if !strings.Contains(text, "\n"+name+"{") && !strings.Contains(text, "\n"+name+" ") {
				missing[name] = true
			}
		}
	}
	delete(missing, "kresd_manager_unit_oom_kills_total") // where no cgroup and no systemd tells
	if len(missing) > 0 {
		t.Errorf("the scrape lacks %v:\n%s", slices.Sorted(maps.Keys(missing)), text)
	}
	values := scrape(t)
	if v := values[`kresd_manager_cache_size_bytes{}`]; v != 100<<20 {
		t.Errorf("the cache has %g bytes", v)
	}
	if v := values[`kresd_manager_cache_usage_ratio{}`]; v <= 0 || v > 1 {
		t.Errorf("the cache is filled by %g", v)
	}
	for _, id := range []string{"kresd:kresd1", "kresd:kresd2"} {
		if v := values[fmt.Sprintf("kresd_manager_worker_loop_delay_seconds{instance_id=%q}", id)]; v <= 0 || v > 3 {
			t.Errorf("%s takes %g s to notice a client", id, v)
		}
	}

	// What Prometheus itself finds to say of it.
	program, err := debian.Program(t.Context(), "prometheus", "usr/bin/promtool")
	if err != nil {
		t.Fatal(err)
	}
	check := exec.CommandContext(t.Context(), program, "check", "metrics")
	check.Stdin = strings.NewReader(text)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}

	// As the user of the scraper, over the socket: no token, and nothing but to read.
	as := func(args ...string) string {
		return sut.Must(t, append([]string{"setpriv", "--reuid=prometheus", "--regid=prometheus", "--init-groups", "curl", "-s", "--max-time", "10"}, args...)...)
	}
	over := "--unix-socket"
	if got := as(over, product.Socket, "-H", "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3", "http://localhost/metrics/prometheus"); !strings.Contains(got, "kresd_manager_info{") {
		t.Errorf("over the unix socket: %.200s", got)
	}
	if got := as(over, product.Socket, "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "http://localhost/reload"); got != "403" {
		t.Errorf("a scraper may reload: %s", got)
	}

	// Over TCP, with the header that authorization: of Prometheus sends.
	const tcp = "http://" + apiAddress
	if code, body := curl(t, "-H", "Authorization: Bearer 0123456789abcdef0123456789abcdef", tcp+"/metrics/prometheus"); code != "200" || !strings.Contains(body, "kresd_manager_info{") {
		t.Errorf("over TCP with the token: %s %.200s", code, body)
	}
	if code, _ := curl(t, "-H", "Authorization: Bearer 0123456789abcdef0123456789abcdef", "-X", "POST", tcp+"/reload"); code != "403" {
		t.Errorf("a scraper may reload over TCP: %s", code)
	}
	if code, _ := curl(t, tcp+"/metrics/prometheus"); code != "401" {
		t.Errorf("over TCP without a token: %s", code)
	}
}
