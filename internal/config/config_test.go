// SPDX-License-Identifier: Apache-2.0

package config

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config/tree"
)

var update = flag.Bool("update", false, "write the expected files anew")

// golden compares with a file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; -update writes it again:\n%s", path, diff)
	}
}

func TestEveryProblemIsReportedInOneRun(t *testing.T) {
	for _, name := range []string{"many.yaml", "many.json", "many.toml"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "problems", name))
			if err != nil {
				t.Fatal(err)
			}
			d, err := Parse(name, text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = d.Config(testHost); err == nil {
				t.Fatal("accepted")
			}
			golden(t, filepath.Join("testdata", "problems", name+".txt"), err.Error()+"\n")
		})
	}
}

// mustConfig is the meaning of a text that is fine.
func mustConfig(t *testing.T, text string) *Config {
	t.Helper()
	c, err := mustParse(t, text).Config(testHost)
	if err != nil {
		t.Fatalf("%s:\n%v", text, err)
	}
	return c
}

var compareConfigs = cmp.Options{
	cmp.Transformer("all", Entries[Forward].Slice), cmp.Transformer("all", Entries[NameAddresses].Slice),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
}

// defaults is the meaning of {}.
func defaults() *Config {
	addr := netip.MustParseAddr
	return &Config{
		Version: 1, Workers: 1, Rundir: "/run/knot-resolver", Hostname: "resolver.example",
		Management: Management{UnixSocket: "/run/knot-resolver/kres-api.sock"},
		Options: Options{
			GlueChecking: "normal", Minimize: true, ReorderRRSet: true, QueryCaseRandomization: true,
			Priming: true, RefuseNoRD: true, TimeJumpDetection: true,
		},
		Network: Network{
			DoIPv4: true, DoIPv6: true, TCPPipeline: 100, EDNSTCPKeepalive: true,
			EDNSBufferSize: EDNSBufferSize{1232, 1232}, TLS: TLS{Watchdog: true, Padding: -1},
			QUIC: QUIC{MaxConns: 1024, MaxStreams: 1024},
			Listen: []Listen{
				{Interface: []Interface{{Addr: addr("127.0.0.1"), Port: 53}}, Kind: "dns"},
				{Interface: []Interface{{Addr: addr("::1"), Port: 53}}, Kind: "dns", Freebind: true},
			},
		},
		LocalData: LocalData{Nodata: true},
		Cache: Cache{
			Storage: "/var/cache/knot-resolver", SizeMax: 100 << 20,
			GarbageCollector: GC{Enable: true, Interval: time.Second, Threshold: 80, Release: 10, RWDeletes: 100, RWReads: 200},
			TTLMin:           5 * time.Second, TTLMax: 24 * time.Hour, NSTimeout: time.Second,
			Prefetch: Prefetch{Prediction: Prediction{Window: 15 * time.Minute, Period: 24}},
		},
		DNSSEC:       DNSSEC{Enable: true, Sentinel: true, SignalQuery: true},
		DNS64:        DNS64{Prefix: netip.MustParsePrefix("64:ff9b::/96")},
		Logging:      Logging{Level: "notice", Target: "from-arg"},
		Monitoring:   Monitoring{Metrics: "lazy", Graphite: Graphite{Port: 2003, Interval: 5 * time.Second, TCP: true}},
		RateLimiting: RateLimiting{InstantLimit: 50, Capacity: 524288, Slip: 2},
		Defer:        Defer{Enable: true},
		Systemd:      Systemd{DrainDeadline: 5 * time.Second, RollBudget: 1},
	}
}

func TestDefaults(t *testing.T) {
	want := defaults()
	for _, text := range []string{"{}", "nsid: ~\nnetwork: {}\nforward: null\nlocal-data: {addresses: {}}\n"} {
		if diff := cmp.Diff(want, mustConfig(t, text), compareConfigs); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestDocumentsThatMeanTheSameAreEqual(t *testing.T) {
	for _, test := range []struct {
		name  string
		texts []string
	}{
		{"times", []string{"cache: {garbage-collector: {interval: 60s}}", "cache: {garbage-collector: {interval: 1m}}", `{"cache":{"garbage-collector":{"interval":"60000ms"}}}`}},
		{"sizes", []string{"cache: {size-max: 10M}", "cache: {size-max: 10240K}", "[cache]\nsize-max = \"10485760B\""}},
		{"defaults spelled out", []string{"{}", "workers: 1\nhostname: resolver.example\nforward: ~\nnetwork:\n  listen:\n  - interface: 127.0.0.1\n  - {interface: '::1@53', freebind: on}\n",
			"management: {unix-socket: /run/knot-resolver/kres-api.sock}"}},
		{"key order", []string{"workers: 2\nnsid: x\n", "nsid = 'x'\nworkers = 2\n", `{"nsid":"x","workers":2}`}},
		{"auto and the number of CPUs", []string{"workers: auto", "workers: 2"}},
		{"strings from numbers", []string{"nsid: 5", "nsid: '5'", "nsid: 0x5"}},
		{"paths", []string{"rundir: run", "rundir: ./run/", "rundir: /etc//knot-resolver/run/."}},
		{"one or a list", []string{"forward: [{subtree: x, servers: [192.0.2.1]}]", "forward: [{subtree: [x.], servers: [{address: [192.0.2.1]}]}]",
			"forward: [{subtree: X, servers: [{address: 192.0.2.1, transport: null}], options: {dnssec: true}}]"}},
		{"names", []string{"dnssec: {negative-trust-anchors: [a.example, xn--pklad-zsa96e.cz]}", "dnssec: {negative-trust-anchors: [A.Example., příklad.cz]}",
			"dnssec: {negative-trust-anchors: [a.example., PŘÍKLAD.cz.]}"}},
		{"ports", []string{"network: {listen: [{interface: [127.0.0.1, lo], port: 853, kind: dot}]}", "network: {listen: [{interface: [127.0.0.1@853, 'lo@ +8_53'], kind: dot}]}",
			"network: {listen: [{interface: [127.0.0.1, lo], kind: dot}]}"}},
		{"addresses", []string{"local-data: {addresses: {a.example: '2001:DB8::0:1'}}", "local-data: {addresses: {A.example.: ['2001:db8:0::1']}}"}},
		{"a name given in several spellings", []string{"local-data: {addresses: {a.b: 192.0.2.1, x: '::1', A.b: 192.0.2.2}}", "local-data: {addresses: {a.b: [192.0.2.1, 192.0.2.2], x: '::1'}}"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := mustConfig(t, test.texts[0])
			for _, text := range test.texts[1:] {
				if diff := cmp.Diff(first, mustConfig(t, text), compareConfigs); diff != "" {
					t.Errorf("%s\n%s\n%s", test.texts[0], text, diff)
				}
			}
		})
	}
}

func TestValuesAreResolved(t *testing.T) {
	c := mustConfig(t, `
workers: auto
rundir: run
nsid: ''
management: {unix-socket: api.sock}
network:
  listen:
    - {interface: [192.0.2.1@5353, "fe80::1%eth0@5354", br-lan@1], freebind: yes}
    - {interface: lo, kind: dot}
  tls: {cert-file: a/../b.pem, key-file: /k.pem}
local-data:
  addresses: {_dmarc.Example.: [192.0.2.1, "::1"], "*.example": 192.0.2.2, "a b.c@d": 192.0.2.3}
  records: |
    x.example A 192.0.2.4
forward:
  - subtree: [., Příklad.cz]
    servers:
      - 192.0.2.53
      - 2001:db8::53@5353
      - {address: [192.0.2.1, 192.0.2.2@8853], transport: tls, hostname: DNS.example., ca-file: ca.pem}
      - {address: 192.0.2.1, transport: tls, pin-sha256: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=}
    options: {dnssec: no}
cache: {storage: /c/, size-max: 2G, garbage-collector: {temp-keys-space: 512M, rw-duration: 15us, dry-run: true}}
dnssec: {trust-anchors: [". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"], trust-anchors-files: [{file: ta, read-only: on}]}
logging: {level: err}
lua: {script: 5.50}
`)
	addr := netip.MustParseAddr
	empty := ""
	want := defaults()
	want.Workers, want.Rundir, want.NSID = 2, "/etc/knot-resolver/run", &empty
	want.Management.UnixSocket = "/etc/knot-resolver/api.sock"
	want.Network.Listen = []Listen{
		{Interface: []Interface{{Addr: addr("192.0.2.1"), Port: 5353}, {Addr: addr("fe80::1%eth0"), Port: 5354}, {Name: "br-lan", Port: 1}}, Kind: "dns", Freebind: true},
		{Interface: []Interface{{Name: "lo", Port: 853}}, Kind: "dot"},
	}
	want.Network.TLS.CertFile, want.Network.TLS.KeyFile = "/etc/knot-resolver/a/../b.pem", "/k.pem"
	want.LocalData.Addresses = EntriesOf([]NameAddresses{
		{"_dmarc.example", []netip.Addr{addr("192.0.2.1"), addr("::1")}},
		{"*.example", []netip.Addr{addr("192.0.2.2")}},
		{"a b.c@d", []netip.Addr{addr("192.0.2.3")}},
	}...)
	want.LocalData.Records = "x.example A 192.0.2.4\n"
	want.Forward = EntriesOf(Forward{
		Subtree: []string{".", "xn--pklad-zsa96e.cz"},
		Servers: []Server{
			{Address: []AddrPort{{addr("192.0.2.53"), 0}}},
			{Address: []AddrPort{{addr("2001:db8::53"), 5353}}},
			{Address: []AddrPort{{addr("192.0.2.1"), 0}, {addr("192.0.2.2"), 8853}}, Transport: "tls", Hostname: "dns.example", CAFile: "/etc/knot-resolver/ca.pem"},
			{Address: []AddrPort{{addr("192.0.2.1"), 0}}, Transport: "tls", PinSHA256: []string{strings.Repeat("A", 43) + "="}},
		},
	})
	want.Cache.Storage, want.Cache.SizeMax = "/c", 2<<30
	gc := &want.Cache.GarbageCollector
	gc.TempKeysSpace, gc.RWDuration, gc.DryRun = 512<<20, 15*time.Microsecond, true
	want.DNSSEC.TrustAnchors = []string{". DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"}
	want.DNSSEC.TrustAnchorsFiles = []TrustAnchorsFile{{File: "/etc/knot-resolver/ta", ReadOnly: true}}
	want.Logging.Level, want.Lua.Script = "err", "5.5"
	if diff := cmp.Diff(want, c, compareConfigs); diff != "" {
		t.Error(diff)
	}
	if got := c.Network.Listen[0].Interface[1].String() + " " + c.Network.Listen[1].Interface[0].String() + " " + c.Forward.Slice()[0].Servers[1].Address[0].String(); got != "fe80::1%eth0@5354 lo@853 2001:db8::53@5353" {
		t.Errorf("got %s", got)
	}
}

// One line of problems each, or none for what must be accepted.
func TestRules(t *testing.T) {
	const pin = `pin-sha256: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=`
	for _, test := range []struct{ name, text, want string }{
		{"an explicit null", "null", "c:1:1: empty configuration; write {} for all defaults"},
		{"a list", "[]", "c:1:1: expected an object, found a list"},
		{"a string", `""`, `c:1:1: expected an object, found ""`},
		{"ten workers for each CPU", "workers: 20", ""},
		{"more", "workers: 21", "c:1:10: /workers: 21 workers are more than 10 for each of 2 CPUs; at most 20"},
		{"a float is no integer", "workers: 1.0", "c:1:10: /workers: expected an integer of at least 1, or auto, found 1.0"},
		{"a quoted number is no integer", "workers: '1'", `c:1:10: /workers: expected an integer of at least 1, or auto, found "1"; write it without quotes`},
		{"a huge number", "cache: {garbage-collector: {rw-reads: 99999999999999999999}}", "c:1:39: /cache/garbage-collector/rw-reads: expected an integer of at least 0, found 99999999999999999999"},
		{"null for what is not optional", "rundir: ~", "c:1:9: /rundir: expected the path of a directory, found null"},
		{"an empty section", "network:", "c:1:9: /network: expected an object, found null; leave the key out, or write {}"},
		{"management without socket", "management: {unix-socket: null}", "c:1:13: /management: the section management must name unix-socket or interface; the default is unix-socket: /run/knot-resolver/kres-api.sock"},
		{"management by interface", "management: {interface: 127.0.0.1@5000}", ""},
		{"a socket path that is too long", "management: {unix-socket: /" + strings.Repeat("x", 107) + "}", `c:1:27: /management/unix-socket: the path "/` + strings.Repeat("x", 59) + `…" is too long for a socket; 107 bytes are the limit`},
		{"different ports after @", "network: {listen: [{interface: [127.0.0.1@1, '::1@2']}]}", ""},
		{"a port in two places", "network: {listen: [{interface: 127.0.0.1@1, port: 1}]}", "c:1:51: /network/listen/0/port: the port is given here and after @ in interface; give it in one place"},
		{"a listener twice", "network: {listen: [{interface: 127.0.0.1}, {interface: [lo, 127.0.0.1@53@]}]}", "c:1:61: /network/listen/1/interface/1: expected an IP address or the name of an interface, with an optional @port, found \"127.0.0.1@53@\"; after @ comes a port number 1 to 65535"},
		{"a listener with two kinds", "network: {listen: [{interface: lo@853}, {interface: lo, kind: dot}]}", "c:1:53: /network/listen/1/interface: lo@853 is listened on twice; it stands first at /network/listen/0/interface"},
		{"a kind with a typing mistake", "network: {listen: [{interface: lo, kind: dto}]}", `c:1:42: /network/listen/0/kind: expected dns, xdp, dot, doh-legacy, doh2, doh2-insecure or doq, found "dto"; did you mean dot?`},
		{"one file of a pair", "network: {tls: {key-file: x}}", "c:1:16: /network/tls: cert-file and key-file belong together, and only one is given; give both or none"},
		{"pins", "forward: [{subtree: ., servers: [{address: ::1, transport: tls, " + pin + "}]}]", ""},
		{"a CA without name", "forward: [{subtree: ., servers: [{address: 192.0.2.1, transport: tls, ca-file: x}]}]", "c:1:80: /forward/0/servers/0/ca-file: ca-file needs hostname, the name that the certificate must carry; add hostname"},
		{"TLS that authenticates no one", "forward: [{subtree: ., servers: [{address: 192.0.2.1, transport: tls}]}]", "c:1:66: /forward/0/servers/0/transport: a server that is asked over TLS must be authenticated; add hostname or pin-sha256"},
		{"pins and a name", "forward: [{subtree: ., servers: [{address: 192.0.2.1, hostname: x, " + pin + "}]}]", "c:1:80: /forward/0/servers/0/pin-sha256: pin-sha256 does not go together with hostname or ca-file; keep one way to authenticate the server"},
		{"an authoritative server on port 53", "forward: [{subtree: ., servers: [192.0.2.1@53, {address: 192.0.2.1}], options: {authoritative: yes}}]", ""},
		{"an authoritative server elsewhere", "forward: [{subtree: ., servers: [192.0.2.1@53, 192.0.2.1@54], options: {authoritative: yes}}]", "c:1:48: /forward/0/servers/1: authoritative servers are asked on port 53 only, found port 54"},
		{"a number as server", "forward: [{subtree: ., servers: [5]}]", "c:1:34: /forward/0/servers/0: expected an IP address with an optional @port, or an object, found 5"},
		{"a forward without servers", "forward: [{subtree: .}]", `c:1:11: /forward/0: the key "servers" is missing`},
		{"an object where a list is expected", "forward: {subtree: .}", "c:1:10: /forward: expected a list, found an object"},
		{"a string where a list is expected", "dnssec: {trust-anchors: x}", `c:1:25: /dnssec/trust-anchors: expected a list, found "x"; put it in [ ]`},
		{"a small cache", "cache: {size-max: 8192B}", "c:1:19: /cache/size-max: the cache is too small to be opened; at least 100K"},
		{"limits that count as none", "cache: {garbage-collector: {temp-keys-space: 512K, interval: 999us}}",
			"c:1:46: /cache/garbage-collector/temp-keys-space: less than 1M counts as 0, which is no limit; 0M, or at least 1M\n" +
				"c:1:62: /cache/garbage-collector/interval: less than 1ms counts as 0; at least 1ms"},
		{"a negative trust anchor at the root", "dnssec: {negative-trust-anchors: [.]}", "c:1:35: /dnssec/negative-trust-anchors/0: there can be no negative trust anchor for .: the root has a trust anchor; to switch validation off set /dnssec/enable to false"},
		{"the same without validation", "dnssec: {enable: false, negative-trust-anchors: [.], trust-anchors: [foo]}", ""},
		{"a trust anchor that is none", "dnssec: {trust-anchors: [foo]}", `c:1:26: /dnssec/trust-anchors/0: "foo" is not a whole record; expected a DS or DNSKEY record as in a zone file`},
		{"a section as a boolean", "dnssec: false", "c:1:9: /dnssec: expected an object, found false; write {enable: false}"},
		{"a zone in a local address", "local-data: {addresses: {a: 'fe80::1%lo'}}", `c:1:29: /local-data/addresses/a: expected an IP address, found "fe80::1%lo"`},
		{"an address with a port", "local-data: {addresses: {a: 192.0.2.1@53}}", `c:1:29: /local-data/addresses/a: expected an IP address, found "192.0.2.1@53"; only the address is possible here: 192.0.2.1`},
		{"a slash in a name", "local-data: {addresses: {a/b: 5}}", "c:1:31: /local-data/addresses/a~1b: expected an IP address, found 5; write it in quotes if it is meant as a string"},
		{"an underscore", "local_data: {}", `c:1:1: /local_data: unknown key "local_data"; keys are written with dashes: local-data`},
		{"an underscore further down", "network: {do_ipv4: 1}", `c:1:11: /network/do_ipv4: unknown key "do_ipv4"; keys are written with dashes: do-ipv4`},
		{"a renamed key", "logging: {dnssec-bogus: true}", `c:1:11: /logging/dnssec-bogus: unknown key "dnssec-bogus"; it is /dnssec/log-bogus now`},
		{"a removed key", "webmgmt: {}", `c:1:1: /webmgmt: unknown key "webmgmt"; it was removed in Knot Resolver 6 and has no successor`},
		{"a key of another section", "cache: {edns-tcp-keepalive: true}", `c:1:9: /cache/edns-tcp-keepalive: unknown key "edns-tcp-keepalive"; it belongs to /network`},
		{"a key like no other", "xyzzy: 1", `c:1:1: /xyzzy: unknown key "xyzzy"`},
		{"an unknown key does not hide other problems", "network: {foo: 1, tls: 5}", "c:1:11: /network/foo: unknown key \"foo\"\nc:1:24: /network/tls: expected an object, found 5"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse("c", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if _, err := d.Config(testHost); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHostFactsThatAreMissing(t *testing.T) {
	for text, want := range map[string]string{
		"workers: auto": "c:1:10: /workers: auto needs to know the number of CPUs, which is unknown here; give a number",
		"workers: 256":  "",
		"workers: 257":  "c:1:10: /workers: 257 workers are more than 256; the number of CPUs is unknown",
		"rundir: x":     `c:1:9: /rundir: "x" is a relative path, and there is no directory to start from; give an absolute path`,
	} {
		d, err := Parse("c", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, err := d.Config(Host{}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestWarningsDoNotRefuse(t *testing.T) {
	d, err := Parse("c", []byte("rundir: /run/a\nforward: [{subtree: ., servers: [{address: 192.0.2.1, hostname: x}]}, {subtree: [x, .], servers: [192.0.2.1]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, problems := d.Check(testHost)
	want := "c:2:34: /forward/0/servers/0: warning: hostname, ca-file and pin-sha256 have no effect without transport: tls\n" +
		"c:2:85: /forward/1/subtree/1: warning: . is forwarded twice, and only the last entry counts"
	if c == nil || problems.Error() != "c:1:1: /management/unix-socket: warning: the socket is not in rundir, /run/a\n"+want {
		t.Errorf("got %v, %v", c, problems)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("local-data: {addresses: {")
	for i := range 20_000 {
		fmt.Fprintf(&b, `"n%d": x, `, i)
	}
	d, err := Parse("c", []byte(b.String()+"}}"))
	if err != nil {
		t.Fatal(err)
	}
	_, problems := d.Check(testHost)
	if len(problems) != tree.MaxProblems+1 || !strings.Contains(problems.Error(), "and 10000 more problems") {
		t.Errorf("%d problems", len(problems))
	}
}
