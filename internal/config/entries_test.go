// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config/tree"
)

// What is read without a look at the declaration is what the declaration says.
func TestForwardsThatAreReadQuicklyAreTheSame(t *testing.T) {
	quickly := 0
	for _, text := range []string{
		"{subtree: a.example, servers: [192.0.2.1]}",
		"{subtree: [a.example, ., b.], servers: ['2001:db8::1@5353', 192.0.2.1@53]}",
		"{subtree: [a.example, c.example], servers: [192.0.2.1, 'fe80::1%eth0']}",
		"{subtree: [a.example, d.example], servers: ['2001:db8::1@5353', 192.0.2.1@53]}",
		"{subtree: A.example, servers: [192.0.2.1]}",
		"{servers: [192.0.2.1], subtree: a}",
		"{subtree: a, servers: [192.0.2.1], options: {dnssec: false}}",
		"{subtree: a, servers: [{address: 192.0.2.1, transport: tls, hostname: b}]}",
		"{subtree: 7, servers: [192.0.2.1]}",
		"{subtree: -a, servers: [192.0.2.1]}",
		"{subtree: a, servers: [192.0.2.256]}",
		"{subtree: a, servers: []}",
		"{subtree: a, servers: 192.0.2.1}",
		"{subtree: a, servers: [192.0.2.1@0]}",
		"{subtree: a, options: {}}",
		"{subtree: [], servers: [192.0.2.1]}",
		"{subtree: a, servers: [[192.0.2.1]]}",
		"{}", "a", "[]",
	} {
		d := mustParse(t, "forward: ["+text+"]")
		items := d.root.Get("forward")
		shape := configPlan().keys[configPlan().byName["forward"]].shape
		n := &items.Member(0).Value
		var r reader
		var want, got Forward
		fine := r.element(shape.elem, reflect.ValueOf(&want).Elem(), spot{n: n, place: &tree.Place{}, known: true})
		got.Servers = []Server{{Transport: "tls", Address: []AddrPort{{Port: 7}}}} // of one that was read before
		switch isQuick := got.quick(n); {
		case isQuick && (!fine || len(r.Problems) > 0):
			t.Errorf("%s: %v", text, r.In(""))
		case isQuick:
			quickly++
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
				t.Errorf("%s:\n%s", text, diff)
			}
		}
	}
	if quickly != 3 {
		t.Errorf("%d are read quickly", quickly)
	}
}

// To go through many entries takes no room for all of them, and again gives the same.
func TestEntriesAreNotKept(t *testing.T) {
	c := mustConfig(t, "forward:\n"+entries(20_000, "  - subtree: zone%.example\n    servers: [192.0.2.1, 192.0.2.2@5353]")+
		"local-data:\n  addresses:\n"+entries(20_000, "    host%.example: [192.0.2.1, '::1']"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	seen := 0
	for range 3 {
		for f := range c.Forward.All() {
			if want := fmt.Sprintf("zone%d.example", seen%20_000); f.Subtree[0] != want || len(f.Servers) != 2 || f.Servers[1].Address[0].Port != 5353 {
				t.Fatalf("%+v, want %s", f, want)
			}
			seen++
		}
	}
	for range 3 {
		for a := range c.LocalData.Addresses.All() {
			if len(a.Addrs) != 2 || !a.Addrs[1].Is6() {
				t.Fatalf("%+v", a)
			}
			seen++
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; seen != 120_000 || took > 4<<20 { // the names for the test among it
		t.Errorf("%d entries took %d bytes", seen, took)
	}
	for i, f := range c.Forward.Slice() { // these may be kept
		if f.Subtree[0] != fmt.Sprintf("zone%d.example", i) {
			t.Fatalf("%d: %+v", i, f)
		}
	}
}
