// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"kresd-manager/units"
)

// TestInterfaceNames has the installed units listen by the name of a network
// interface, with each kind of listener, on one that has addresses of all sorts.
func TestInterfaceNames(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "bash", "-ec", `ip link add wan0 type veth peer name wan1
		ip addr add 192.0.2.99/24 dev wan0; ip -6 addr add 2001:db8::99/64 dev wan0 nodad
		ip link set wan0 up; ip link set wan1 up; ip link add down0 type veth peer name down1
		until ip -6 addr show dev wan0 scope link | grep -q fe80 && ! ip -6 addr show dev wan0 | grep -q tentative; do sleep 0.1; done`)
	tidy(t, "ip link del wan0; ip link del down0")
	for kind, protocols := range map[string][]string{
		"dns": {"udp", "tcp"}, "dot": {"tcp"}, "doh2": {"tcp"}, "doh2-insecure": {"tcp"}, "doh-legacy": {"tcp"}, "doq": {"udp"},
	} {
		t.Run(kind, func(t *testing.T) {
			p := sut.Put(t, "/network/listen", fmt.Sprintf(`[{"interface": "127.0.0.1"}, {"interface": ["lo@5301", "wan0@5302"], "kind": %q}]`, kind))
			if len(p.Touches(units.Try)) != 1 || len(p.Touches(units.Restart)) != 2 {
				t.Errorf("%s", p)
			}
			for _, protocol := range protocols {
				open := sut.Must(t, "ss", "-Hln", "--"+protocol)
				for _, address := range []string{"127.0.0.1:5301", "[::1]:5301", "192.0.2.99:5302", "[2001:db8::99]:5302", "%wan0:5302"} {
					if n := strings.Count(open, address+" "); n != 2 {
						t.Errorf("%d workers listen on %s (%s)\n%s", n, address, protocol, open)
					}
				}
			}
			if kind == "dns" {
				for _, at := range []string{"127.0.0.1 -p 5301", "::1 -p 5301", "192.0.2.99 -p 5302", "2001:db8::99 -p 5302"} {
					if out := strings.TrimSpace(sut.Must(t, "sh", "-c", "kdig +short host.example @"+at)); out != "192.0.2.1" {
						t.Errorf("%s answers %q", at, out)
					}
				}
			}
		})
	}
	shipped(t)
	// What is not there is refused for that reason, by workers and by validation.
	for name, want := range map[string][2]string{
		"nope0": {"there is no network interface nope0, or it is down or has no address", "there is no network interface nope0; one of "},
		"down0": {"there is no network interface down0, or it is down or has no address", "the network interface down0 is down; "},
	} {
		sut.Refused(t, "/network/listen", fmt.Sprintf(`[{"interface": %q}]`, name), want[0])
		text := strings.Replace(basic, "interface: 127.0.0.1\n", "interface: "+name+"\n", 1)
		if r := strictly(t, text); r.Code != 1 || !strings.Contains(r.Stderr, "/network/listen/0/interface: "+want[1]) {
			t.Errorf("validate --strict with %s: exit %d\n%s", name, r.Code, r.Stderr)
		}
	}
	if r := strictly(t, strings.ReplaceAll(basic, "127.0.0.1\n", "wan0\n")); r.Code != 0 || r.Stderr != "" {
		t.Errorf("validate --strict: exit %d\n%s", r.Code, r.Stderr)
	}
	sut.Refused(t, "/network/listen", `[{"interface": "wan0", "kind": "xdp"}]`, "kind xdp needs CAP_NET_ADMIN", "docs/xdp.md has the drop-in")
}
