// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"kresd-manager/fleet/agent"
	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/rollout"
)

// metrics are those of an agent, and of the fleet where it leads, in the text format of
// Prometheus.
func metrics(ag *agent.Agent, led *leader.Leader) []byte {
	var b strings.Builder
	family := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	single := func(name, kind, help string, value float64) {
		family(name, kind, help)
		fmt.Fprintf(&b, "%s %g\n", name, value)
	}
	c := ag.Counts()
	single("kres_fleet_store_up", "gauge", "Whether the store can be asked.", flag(c.StoreUp))
	single("kres_fleet_store_errors_total", "counter", "Connections to the store that ended.", float64(c.Errors))
	single("kres_fleet_store_older", "gauge", "Whether the store is older than it was.", flag(c.WentBack > 0))
	single("kres_fleet_releases_not_verified_total", "counter", "Releases that were refused before anything was done with them.", float64(c.NotVerified))
	single("kres_fleet_releases_applied_total", "counter", "Releases that have proved good here.", float64(c.Applied))
	single("kres_fleet_host_sequence", "gauge", "Highest sequence of a release that this host has had.", float64(c.Host.Sequence))
	family("kres_fleet_host_state", "gauge", "State of this host in the rollout.")
	for _, s := range rollout.States {
		fmt.Fprintf(&b, "kres_fleet_host_state{state=%q} %g\n", s, flag(c.Host.State == s))
	}
	if led == nil {
		return []byte(b.String())
	}
	s := led.Stats()
	single("kres_fleet_leads", "gauge", "Whether this host decides for the fleet.", flag(s.Leads))
	single("kres_fleet_late_writes_total", "counter", "Decisions that came too late and were refused.", float64(s.Late))
	if !s.Leads || s.Record.ID == 0 {
		return []byte(b.String())
	}
	single("kres_fleet_rollout", "gauge", "Number of the rollout.", float64(s.Record.ID))
	family("kres_fleet_rollout_phase", "gauge", "Phase of the rollout.")
	for _, p := range rollout.Phases {
		fmt.Fprintf(&b, "kres_fleet_rollout_phase{phase=%q} %g\n", p, flag(s.Record.Phase == p))
	}
	family("kres_fleet_hosts", "gauge", "Hosts of the fleet.")
	for _, n := range []struct {
		is string
		n  int
	}{{"all", s.Census.Hosts}, {"missing", s.Census.Missing}, {"held", s.Census.Held}, {"passed-over", s.Census.Out}, {"ready", s.Census.Ready},
		{"in-flight", s.Census.InFlight}, {"failed", s.Census.Failed}, {"inconclusive", s.Census.Inconclusive}, {"on-release", s.Census.On}} {
		fmt.Fprintf(&b, "kres_fleet_hosts{are=%q} %d\n", n.is, n.n)
	}
	return []byte(b.String())
}

func flag(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
