// SPDX-License-Identifier: Apache-2.0

package generator

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kresd-manager/units"
)

// Names of units that only the generator makes.
const (
	// First is between the first worker and the others where the first one
	// makes a key that all share. It orders them at boot, and not afterwards:
	// a worker that waited for another one on its way back would not be drained.
	First = "kresd-first.target"
	// Boot has the manager start after the workers at boot, and not afterwards: a
	// manager that comes after kresd.target at any time is waited for by its stop,
	// as the stop of each worker is, and the manager may be waiting for a job that
	// waits for those. It is never stopped, so that nothing waits for that.
	Boot = "kresd-boot.target"
	// Failing fails and says why.
	Failing = "kresd-configuration.service"
)

// Names of the drop-ins. The first comes before the canary's own, and both
// before those of administrators.
const (
	limitsDropIn = "05-kresd-manager.conf"
	bootDropIn   = "05-kresd-boot.conf"
)

const (
	targetWants = units.Target + ".wants"
	systemWants = "multi-user.target.wants"
	template    = "kresd@.service"
	component   = "kres-component@.service"
)

// Where the components find what they read.
const runtimeDir = "/run/kresd-manager/"

// Entry is one file or link below the generator's directory.
type Entry struct {
	Path string `json:"path"` // relative
	// Target is where a link leads to, "" for a file.
	Target string `json:"target,omitempty"`
	Text   string `json:"text,omitempty"`
}

// Tree is everything to write, in the order of writing: links come after what
// they need, and the one that starts all of it at boot is the last.
type Tree []Entry

// Place is what the text depends on beside the decision.
type Place struct {
	// UnitDir is where the units are installed.
	UnitDir string
	// Program is the absolute path of kresd-generator.
	Program string
	// Config is the configuration file.
	Config string
}

// No unit has SourcePath=: systemd would look at the configuration as root, whoever
// may put a link in its place.

// Make turns a decision into a tree. The same decision gives the same tree.
func Make(d Decision, p Place) Tree {
	t := tree{place: p}
	if s := d.Set; s != nil {
		t.dropIns(*s, d.Guarded)
		t.components(*s)
		t.first(*s)
		t.want(targetWants, units.PolicyLoader, units.PolicyLoader)
		for n := range s.Workers {
			t.want(targetWants, units.Worker(n+1), template)
		}
		if s.GC {
			t.want(targetWants, units.CacheGC, units.CacheGC)
		}
		t.boot()
		t.want(systemWants, units.Target, units.Target)
	}
	t.failing(d.Failure)
	return t.entries
}

type tree struct {
	place   Place
	entries Tree
}

func (t *tree) file(path, text string) {
	if text == "" {
		return
	}
	head := "# SPDX-License-Identifier: Apache-2.0\n# Made by kresd-generator from " + t.place.Config + " and the last good configuration; do not edit.\n"
	t.entries = append(t.entries, Entry{Path: path, Text: head + text})
}

func (t *tree) want(dir, unit, installed string) {
	t.entries = append(t.entries, Entry{Path: dir + "/" + unit, Target: t.place.UnitDir + "/" + installed})
}

func (t *tree) dropIns(s Set, guarded bool) {
	t.file(template+".d/"+limitsDropIn, limitsText(s))
	type unit struct{ name, role, file string }
	// Only those that are named here: the canary reads elsewhere.
	all := []unit{{units.PolicyLoader, "policy-loader", "policy-loader.lua"}}
	for n := range s.Workers {
		all = append(all, unit{units.Worker(n + 1), "worker", "worker.lua"})
	}
	if s.GC {
		all = append(all, unit{units.CacheGC, "cache-gc", "gc.json"})
	}
	for _, c := range s.Components {
		all = append(all, unit{units.Component{Name: c.Name}.Unit(), "component", "components.json"})
	}
	for _, u := range all {
		var b strings.Builder
		if guarded {
			// Not ConditionPathExists=: there systemd itself would follow, as
			// root, the links that the manager makes.
			fmt.Fprintf(&b, "[Service]\nExecCondition=/usr/bin/test -e %s%s/%s\n", runtimeDir, u.role, u.file)
		}
		t.file(u.name+".d/"+bootDropIn, b.String())
	}
	if s.CacheDir == "" || s.CacheDir == usualCache {
		return
	}
	text := fmt.Sprintf("[Unit]\nRequiresMountsFor=%s\n[Service]\nReadWritePaths=-%[1]s\n", s.CacheDir)
	for _, name := range []string{template, units.PolicyLoader, units.CacheGC} {
		t.file(name+".d/05-kresd-cache.conf", text)
	}
}

// components orders further processes by their priority, as the manager does.
func (t *tree) components(s Set) {
	all := slices.Clone(s.Components)
	slices.SortFunc(all, func(a, b Component) int {
		return cmp.Or(-cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
	})
	workers := make([]string, s.Workers)
	for n := range workers {
		workers[n] = units.Worker(n + 1)
	}
	for _, c := range all {
		unit := units.Component{Name: c.Name}.Unit()
		var order string
		switch {
		case c.Priority > units.PriorityRules:
			order = "Before=" + units.PolicyLoader
		case c.Priority > units.PriorityWorkers:
			order = orders("Before=", workers)
		default:
			order = orders("After=", workers)
		}
		t.file(unit+".d/05-kresd-priority.conf", "[Unit]\n"+strings.TrimSuffix(order, "\n")+"\n")
		t.want(targetWants, unit, component)
	}
}

// orders names many units, some in a line.
func orders(word string, names []string) string {
	var b strings.Builder
	for part := range slices.Chunk(names, 50) {
		b.WriteString(word + strings.Join(part, " ") + "\n")
	}
	return b.String()
}

func (t *tree) first(s Set) {
	if !s.FirstAlone || s.Workers < 2 {
		return
	}
	others := make([]string, s.Workers-1)
	for n := range others {
		others[n] = units.Worker(n + 2)
	}
	t.file(First, "[Unit]\nDescription=First worker of Knot Resolver\nAfter="+units.Worker(1)+"\n"+orders("Before=", others))
	t.entries = append(t.entries, Entry{Path: targetWants + "/" + First, Target: "../" + First})
}

func (t *tree) boot() {
	t.file(Boot, "[Unit]\nDescription=Knot Resolver at boot\nDefaultDependencies=no\nAfter="+units.Target+"\nBefore="+units.Manager+
		"\nRefuseManualStop=yes\nIgnoreOnIsolate=yes\n")
	t.entries = append(t.entries, Entry{Path: systemWants + "/" + Boot, Target: "../" + Boot})
}

func (t *tree) failing(reason string) {
	if reason == "" {
		return
	}
	reason = Printable(reason)
	t.file(Failing, `[Unit]
Description=Knot Resolver configuration: `+reason+`
Documentation=man:systemd.generator(7)

[Service]
Type=oneshot
User=kresd-manager
ExecStart=`+t.place.Program+` --fail "`+reason+`"
SyslogIdentifier=kresd-generator
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateNetwork=yes
`)
	t.entries = append(t.entries, Entry{Path: systemWants + "/" + Failing, Target: "../" + Failing})
}
