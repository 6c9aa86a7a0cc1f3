// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// TestMoreRulesThanALuaFunctionCanHold loads more names of every kind than one
// Lua function can have constants.
func TestMoreRulesThanALuaFunctionCanHold(t *testing.T) {
	sut.Fresh(t, basic)
	before := sut.PIDs(t)
	const many = 70_000
	var b strings.Builder
	b.WriteString(strings.TrimSpace(basic) + "\n")
	for i := range many {
		fmt.Fprintf(&b, "    host%d.many: 2001:db8::%x:%x\n", i, i>>16, i&0xffff)
	}
	b.WriteString("  rules:\n    - subtree: nxdomain\n      name:\n")
	for i := range many {
		fmt.Fprintf(&b, "        - gone%d.many\n", i)
	}
	b.WriteString("forward:\n  - servers: [192.0.2.53]\n    subtree:\n")
	for i := range many {
		fmt.Fprintf(&b, "      - zone%d.example\n", i)
	}
	b.WriteString("views:\n  - answer: refused\n    subnets:\n")
	for i := range many {
		fmt.Fprintf(&b, "      - 10.%d.%d.0/24\n", i>>8&0xff, i&0xff)
	}
	sut.WriteConfig(t, b.String())
	out := sut.Must(t, "kresctl", "reload")
	t.Log(out)
	if got := ask(t, "udp", fmt.Sprintf("x.gone%d.many", many-1), dns.TypeA); got != "NXDOMAIN" {
		t.Errorf("the last subtree: %s", got)
	}
	if got := ask(t, "udp", fmt.Sprintf("host%d.many", many-1), dns.TypeAAAA); !strings.HasPrefix(got, "NOERROR 300 AAAA 2001:db8::1:") {
		t.Errorf("the last address: %s", got)
	}
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
}
