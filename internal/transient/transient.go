// SPDX-License-Identifier: Apache-2.0

// Package transient makes units that need no installed file from the text of
// those that are installed elsewhere: the same units, with other directories
// and, for a user's own systemd, without what only the system's can do.
package transient

import (
	"fmt"
	"path/filepath"
	"strings"

	"kresd-manager/internal/unitfile"
	"kresd-manager/packaging"
	"kresd-manager/units"
)

// Place is where transient units find what they need. Directories are absolute.
type Place struct {
	// User is for a user's own systemd (systemd --user).
	User bool
	// Name tells several resolvers apart, see units.Use; "" for the only one.
	Name       string
	Rundir     string // of the workers
	RuntimeDir string // of the manager, with the generations
	CacheDir   string // of the garbage collector
	Programs   string // directory of kresd-drain and kresd-component
	Kresd      string // program
	CacheGC    string // program
}

// CanaryDir is where the canary works in a user's own systemd, which gives no
// private /tmp: below the manager's runtime directory.
const CanaryDir = "canary-work"

// absent are units that there are no transient ones of: the run directory is
// made by the manager, and all units are in a slice in place of the target.
var absent = []string{units.Target, "kresd-rundir.service", "kresd-rundir-check.service"}

// systemOnly are directives that are left out for a user's own systemd: they
// change the user, give or take capabilities, or need namespaces or BPF, which
// an ordinary user has on some systems only. RemoveIPC= would take away what
// other programs of the user have.
var systemOnly = []string{
	"User", "Group", "CapabilityBoundingSet", "AmbientCapabilities", "RemoveIPC",
	"ProtectSystem", "ReadWritePaths", "ReadOnlyPaths", "ProtectHome", "PrivateTmp", "PrivateDevices", "DevicePolicy",
	"PrivateNetwork", "PrivateUsers", "PrivateMounts", "PrivateIPC", "ProtectKernelTunables",
	"ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups", "ProtectClock",
	"ProtectHostname", "ProtectProc", "ProcSubset", "IPAddressDeny",
}

// Slice is the slice of all units; its stop stops them all.
func (p Place) Slice() string {
	slice := "system-kresd"
	if p.User {
		slice = "app-kresd"
	}
	if p.Name != "" {
		slice += "_" + p.Name // not inside the other slice
	}
	return slice + ".slice"
}

// Unit returns a unit by its name.
func (p Place) Unit(name string) (unitfile.Unit, error) {
	if err := p.check(); err != nil {
		return unitfile.Unit{}, err
	}
	u, err := packaging.Unit(units.Packaged(name))
	if err != nil {
		return u, err
	}
	u.Name = name
	drain := p.Programs + "/kresd-drain --deadline-file " + filepath.Join(p.RuntimeDir, string(units.RoleWorker), "drain")
	if p.User {
		drain += " --user"
	}
	directory, worker := "kres-component", "kresd-worker"
	if p.Name != "" {
		drain += " --name " + p.Name
		directory += "-" + p.Name
		worker += "-" + p.Name
	}
	// Nothing is kept for a boot, so that nothing waits for its place either.
	u = u.WithoutUnits(absent...).Without("RequiresMountsFor", "StateDirectory", "StateDirectoryMode").With("Service", "Slice", p.Slice()).Substitute(
		"/usr/lib/kresd-manager/kresd-drain", drain,
		"/usr/lib/kresd-manager/", p.Programs+"/",
		"/usr/sbin/kresd ", p.Kresd+" ",
		"/usr/sbin/kres-cache-gc", p.CacheGC,
		"/run/knot-resolver", p.Rundir,
		"/run/kresd-manager", p.RuntimeDir,
		"/var/cache/knot-resolver", p.CacheDir,
		"/var/lib/kres-policy-loader", filepath.Join(p.Rundir, "work/copies"),
		"kres-component/", directory+"/",
		"kresd-worker/", worker+"/",
		"kres-policy-loader.service", units.PolicyLoader,
		"kresd@1.service", units.Worker(1),
	)
	if !p.User {
		return u, nil
	}
	if name == units.Canary {
		u = u.With("Service", "WorkingDirectory", filepath.Join(p.RuntimeDir, CanaryDir))
	}
	return u.Without(systemOnly...), nil
}

// check refuses paths that would mean something else in a unit.
func (p Place) check() error {
	for _, path := range []string{p.Rundir, p.RuntimeDir, p.CacheDir, p.Programs, p.Kresd, p.CacheGC} {
		if !filepath.IsAbs(path) || strings.ContainsAny(path, " \t\n\"'\\%$") {
			return fmt.Errorf("cannot use %q in a unit: an absolute path without spaces, quotes, %% and $ is needed", path)
		}
	}
	return nil
}
