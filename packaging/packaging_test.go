// SPDX-License-Identifier: Apache-2.0

package packaging

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/unitfile"
	"kresd-manager/units"
)

// TestTextAndBack holds the text of every unit equal to what is made of it.
func TestTextAndBack(t *testing.T) {
	names := append(Names(), units.Canary, units.Worker(3), "kres-component@x.service")
	if !slices.Contains(names, units.PolicyLoader) || len(names) < 10 {
		t.Fatalf("found only %q", names)
	}
	for _, name := range names {
		u, err := Unit(name)
		if err != nil {
			t.Error(err)
			continue
		}
		again, err := unitfile.Parse(name, u.Text())
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(u, again); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestEveryServiceHasProperties fails when a unit file gets a directive that
// transient units would lack.
func TestEveryServiceHasProperties(t *testing.T) {
	for _, name := range append(Names(), units.Canary, units.Worker(3), "kres-component@x.service") {
		if !strings.HasSuffix(name, ".service") || strings.HasPrefix(name, "kresd-rundir") || name == units.Manager { // never transient: root makes directories
			continue
		}
		u, err := Unit(name)
		if err != nil {
			t.Fatal(err)
		}
		properties, err := u.Properties()
		if err != nil {
			t.Error(err)
		}
		// At least one for each directive, but for lists that are emptied.
		for _, o := range u.Options {
			if o.Section == "Install" || o.Value == "" {
				continue
			}
			stem := strings.TrimSuffix(o.Name, "Sec")
			if name == units.Canary && o.Name == "ExecStop" {
				continue
			}
			if !slices.ContainsFunc(properties, func(p unitfile.Property) bool { return strings.HasPrefix(p.Name, stem) }) {
				t.Errorf("%s: %s= is lost", name, o.Name)
			}
		}
	}
}

func TestTheCanaryIsAnInstanceWithItsDropIn(t *testing.T) {
	u, err := Unit(units.Canary)
	if err != nil {
		t.Fatal(err)
	}
	properties, err := u.Properties()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]any{}
	for _, p := range properties {
		got[p.Name] = append(got[p.Name], p.Value)
	}
	for name, want := range map[string][]any{
		"Description":    {"Knot Resolver canary"},
		"Restart":        {"no"},
		"ExecStart":      {[]unitfile.ExecCommand{{Path: "/usr/sbin/kresd", Args: []string{"/usr/sbin/kresd", "-c", "/run/kresd-manager/canary/worker.lua", "-n"}}}},
		"ExecStop":       nil,
		"Environment":    {[]string{"SYSTEMD_INSTANCE=canary"}, []string{"KRESD_RULES_COPIES=/var/lib/kres-policy-loader"}, []string{"KRESD_NO_LISTEN=1"}},
		"OOMScoreAdjust": {int32(500)},

		"ReadOnlyPaths":    {[]string{"-/var/cache/knot-resolver", "/run/knot-resolver/work"}},
		"ReadWritePaths":   {[]string{"/run/knot-resolver/control", "-/var/lib/knot-resolver"}},
		"TimeoutStopUSec":  {uint64(5_000_000)},
		"RestartUSec":      {uint64(100_000)},
		"UMask":            {uint32(0o007)},
		"LimitNOFILE":      {uint64(524288)},
		"LimitNOFILESoft":  {uint64(524288)},
		"SystemCallFilter": {unitfile.Filter{Allow: true, Words: []string{"@system-service"}}, unitfile.Filter{Words: []string{"@privileged", "@resources"}}},
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestNoSuchUnit(t *testing.T) {
	if _, err := Unit("sshd.service"); err == nil {
		t.Error("there is one")
	}
}
