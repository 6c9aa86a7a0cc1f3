// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestHowFilesComeBackFromSource(t *testing.T) {
	checkout := func(file string) bool { return file == "/src/k/go.mod" || file == "/src/k/Makefile" }
	for own, want := range map[string]string{
		"/src/k/build/kresctl":   "make -C /src/k install",
		"/src/k/kresctl":         "make -C /src/k install",
		"/usr/local/bin/kresctl": "make install PREFIX=/usr/local # in the source of kresd-manager",
		"/opt/x/bin/kresctl":     "make install PREFIX=/opt/x # in the source of kresd-manager",
	} {
		if got := fromSource(own, checkout); got != want {
			t.Errorf("%s: %s, want %s", own, got, want)
		}
	}
}

func TestAUnitIsStoppedForGood(t *testing.T) {
	for state, want := range map[string]string{
		"enabled": "systemctl disable --now x.service", "enabled-runtime": "systemctl disable --now x.service", "transient": "systemctl stop x.service",
		"static": "systemctl mask --now x.service", "disabled": "systemctl mask --now x.service", "indirect": "systemctl mask --now x.service", "": "systemctl mask --now x.service",
	} {
		if got := endFor("x.service", state); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
}

// TestOnePortIsOneFinding: dnsmasq has four sockets on port 53.
func TestOnePortIsOneFinding(t *testing.T) {
	var found []*taking
	for _, h := range []holder{
		{"udp", netip.MustParseAddr("0.0.0.0"), 53, 65534, 1}, {"tcp", netip.MustParseAddr("0.0.0.0"), 53, 65534, 2}, {"udp", netip.MustParseAddr("::"), 53, 65534, 3}, {"tcp", netip.MustParseAddr("::"), 53, 65534, 4},
		{"tcp", netip.MustParseAddr("0.0.0.0"), 853, 65534, 5},
	} {
		found = gather(found, h)
	}
	if len(found) != 2 {
		t.Fatalf("%d findings", len(found))
	}
	e := examination{}
	for _, f := range found {
		e.reportTaking(f)
	}
	var said []string
	for _, f := range e.report.Findings {
		said = append(said, f.What)
	}
	want := []string{"port 53 (udp and tcp) of 0.0.0.0, :: is held by a process of user " + userName(65534), "port 853 (tcp) of 0.0.0.0 is held by a process of user " + userName(65534)}
	if !slices.Equal(said, want) {
		t.Errorf("%s, want %s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}
