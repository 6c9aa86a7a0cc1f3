// SPDX-License-Identifier: Apache-2.0

// Package units holds the nouns of kresd-manager and the pure functions on
// them: the names of its systemd units, what the configuration wants of them
// (Desired), what runs (Live), and the Plan that leads from one to the other.
//
// Nothing in this package starts a goroutine, takes a lock, reads a clock or
// does any input or output; talking to systemd is left to package dbusctl and
// carrying out a plan to package internal/manager.
package units

import (
	"strconv"
	"strings"
)

// Unit names, as installed by packaging/. The polkit rule names the same ones.
const (
	Target  = "kresd.target"
	Manager = "kresd-manager.service"
	Socket  = "kresd-manager.socket"

	// Stock is the service of Knot Resolver's own manager. Both use the same
	// run directory and the same addresses, so only one of them can run.
	Stock = "knot-resolver.service"
)

// MaxWorkers is the highest worker instance number: the polkit rule allows up
// to four digits.
const MaxWorkers = 9999

const suffix = ".service"

// Names of what is started and stopped, as in packaging/ unless Use said
// otherwise.
var (
	PolicyLoader = "kres-policy-loader.service"
	CacheGC      = "kres-gc.service"
	Canary       = "kresd@canary.service"

	workerPrefix    = "kresd@"
	componentPrefix = "kres-component@"
)

// Use gives the units of this program names of their own, so that several
// resolvers can be in one service manager: kresd-NAME@1.service. It is for the
// first lines of a program, before anything else here is used.
func Use(name string) {
	part := ""
	if name != "" {
		part = "-" + name
	}
	workerPrefix = "kresd" + part + "@"
	componentPrefix = "kres-component" + part + "@"
	PolicyLoader = "kres-policy-loader" + part + suffix
	CacheGC = "kres-gc" + part + suffix
	Canary = InstanceUnit("canary")
}

// Patterns match the names of all that is started and stopped, as in systemctl
// list-units.
func Patterns() []string {
	return []string{InstanceUnit("*"), componentPrefix + "*" + suffix, PolicyLoader, CacheGC}
}

// InstanceUnit is the inverse of Instance.
func InstanceUnit(instance string) string { return workerPrefix + instance + suffix }

// Packaged is the name that a unit has in packaging/.
func Packaged(unit string) string {
	if instance := Instance(unit); instance != "" {
		return "kresd@" + instance + suffix
	}
	if name, ok := ComponentName(unit); ok {
		return "kres-component@" + name + suffix
	}
	switch unit {
	case PolicyLoader:
		return "kres-policy-loader.service"
	case CacheGC:
		return "kres-gc.service"
	}
	return unit
}

// Worker returns the unit name of worker n, counted from 1: kresd@n.service.
func Worker(n int) string { return workerPrefix + strconv.Itoa(n) + suffix }

// WorkerNumber is the inverse of Worker. It accepts only the canonical form,
// so that kresd@01.service, which is another unit to systemd, is not ours.
func WorkerNumber(unit string) (int, bool) {
	s, ok := strings.CutPrefix(unit, workerPrefix)
	if !ok {
		return 0, false
	}
	s, ok = strings.CutSuffix(s, suffix)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > MaxWorkers || Worker(n) != unit {
		return 0, false
	}
	return n, true
}

// Instance returns the part between @ and .service, which is also the name of
// the worker's control socket; "" if unit is not an instance of kresd@.service.
func Instance(unit string) string {
	s, ok := strings.CutPrefix(unit, workerPrefix)
	if !ok {
		return ""
	}
	s, ok = strings.CutSuffix(s, suffix)
	if !ok {
		return ""
	}
	return s
}
