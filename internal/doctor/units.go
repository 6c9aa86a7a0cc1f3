// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"strings"

	"kresd-manager/units"
)

// needed is a property of a unit without which something else breaks, whatever
// a drop-in was meant for.
type needed struct {
	units           []string
	property, value string // what it must contain
	why             string
}

var workerUnits = []string{units.Worker(1), units.Canary}

var properties = []needed{
	{workerUnits, "Type", "notify", "a worker announces when it is ready, and the manager believes nothing else"},
	{workerUnits, "NotifyAccess", "main", "the hash of its configuration must come from the worker itself"},
	{workerUnits, "User", workerUser, "cache and run directory belong to that user"},
	{workerUnits, "UMask", "0007", "others could open the control socket, or the manager could not"},
	{workerUnits, "PrivateUsers", "no", "a worker in a user namespace cannot answer on port 53"},
	{workerUnits, "PrivatePIDs", "no", "the cache goes by process ids, which must be the same for all"},
	{[]string{units.Canary}, "Restart", "no", "a canary that fails must stay down, so that the change is refused"},
	{workerUnits[:1], "ExecStop", "kresd-drain", "without it a stop loses queries"},
	{[]string{units.PolicyLoader}, "RemainAfterExit", "yes", "its status says which rules are in force"},
	{[]string{units.Manager}, "User", managerUser, "polkit's rule is for that user"},
	{[]string{units.Manager}, "Group", workerUser, "workers read what the manager writes by that group"},
}

// units looks whether the unit files are the package's, in force, and what
// drop-ins make of them.
func (e *examination) units() {
	ours := []string{units.Worker(1), units.Canary, units.PolicyLoader, units.CacheGC, units.Target, units.Manager, units.Socket}
	defer e.together(ours...)()
	stale := false
	told := map[string]bool{} // unit files
	for _, unit := range ours {
		p := e.show(unit, "LoadState", "ActiveState", "FragmentPath", "DropInPaths", "NeedDaemonReload", "Type", "NotifyAccess", "User", "Group",
			"UMask", "PrivateUsers", "PrivatePIDs", "Restart", "ExecStop", "RemainAfterExit")
		if p == nil {
			e.unseen("the units: systemd does not answer")
			return
		}
		file := p["FragmentPath"]
		switch {
		case p["LoadState"] == "not-found":
			e.find("there is no unit file for "+unit, "nothing can start it", e.Reinstall+"; systemctl daemon-reload")
			continue
		case p["LoadState"] == "masked":
			e.find(unit+" is masked", "no one can start it", "systemctl unmask "+unit+"; systemctl unmask --runtime "+unit)
			continue
		case (strings.HasPrefix(file, "/etc/") || strings.HasPrefix(file, "/run/")) && !told[file]:
			told[file] = true
			e.find(file+" is in place of the unit file that is installed",
				"it does not follow when the package is upgraded; drop-ins do (systemctl edit)", "rm "+file+"; systemctl daemon-reload; kresctl reload --force")
		}
		if p["ActiveState"] == "failed" {
			e.find(unit+" has failed", "it is down and may not start again by itself", "journalctl -u "+unit+" -n 30; systemctl reset-failed "+unit+"; systemctl restart "+units.Manager)
		}
		stale = stale || p["NeedDaemonReload"] == "yes"
		e.properties(unit, p)
	}
	if stale {
		e.find("unit files were edited and are not in force yet", "workers use the old ones until they restart",
			"systemctl daemon-reload; kresctl reload --force")
	}
	m, s := e.show(units.Manager, "ActiveState"), e.show(units.Socket, "ActiveState")
	if m["ActiveState"] == "inactive" && s["ActiveState"] != "active" {
		e.find(units.Manager+" does not run", "workers keep running, but nothing is changed, repaired or reported", "systemctl enable --now "+units.Socket+" "+units.Manager)
	}
}

// properties compares what a unit must have, where systemd knows it.
func (e *examination) properties(unit string, p map[string]string) {
	for _, n := range properties {
		is, known := p[n.property]
		known = known || n.property == "ExecStop" // which is not told where there is none
		for _, u := range n.units {
			if u != unit || !known || strings.Contains(is, n.value) {
				continue
			}
			from := p["DropInPaths"]
			if from == "" {
				from = p["FragmentPath"]
			}
			e.find(unit+" has "+n.property+"="+is+", by one of: "+from, n.why,
				"remove "+n.property+"= there; systemctl daemon-reload; kresctl reload --force")
		}
	}
}
