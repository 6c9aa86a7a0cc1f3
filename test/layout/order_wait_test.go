// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"kresd-manager/generator"
	"kresd-manager/internal/unitfile"
	"kresd-manager/packaging"
	"kresd-manager/units"
)

// job is what systemd is asked to do with one unit.
type job struct {
	unit string
	stop bool
}

func (j job) String() string {
	if j.stop {
		return "stop of " + j.unit
	}
	return "start of " + j.unit
}

// The instances that the proof is about. What is true of kresd@2 is true of
// each further worker, since no unit names one.
var instances = map[string][]string{
	"kresd@1":             {"kresd@1"},
	"kresd@N":             {"kresd@1", "kresd@2"},
	"kres-component@NAME": {"kres-component@early", "kres-component@middle", "kres-component@late"},
}

// expand gives each relation to the instances.
func expand(edges []edge) []edge {
	first := short(generator.First)
	of := func(name, other string) []string {
		if name == "kresd@N" && other == first {
			return []string{"kresd@2"} // those that are not alone
		}
		if all, ok := instances[name]; ok {
			return all
		}
		return []string{name}
	}
	var all []edge
	for _, e := range edges {
		for _, from := range of(e.from, e.to) {
			for _, to := range of(e.to, e.from) {
				all = append(all, edge{from, e.is, to})
			}
		}
	}
	// A target comes after all that it wants, unless it says that it comes before
	// (systemd.target(5), Default Dependencies).
	for _, e := range slices.Clone(all) {
		if e.is == wants && strings.HasSuffix(e.from, ".target") && !slices.Contains(all, edge{e.from, before, e.to}) {
			all = append(all, edge{e.to, before, e.from})
		}
	}
	return all
}

// started are the units for whose jobs the manager waits inside a change.
func started(edges []edge) []string {
	var all []string
	for _, e := range edges {
		for _, u := range []string{e.from, e.to} {
			patterned := slices.ContainsFunc(units.Patterns(), func(p string) bool {
				ok, _ := path.Match(strings.TrimSuffix(p, ".service"), u)
				return ok
			})
			if patterned && !slices.Contains(all, u) {
				all = append(all, u)
			}
		}
	}
	return all
}

// ours reports whether jobs of a unit come and go while the machine runs. Units of others
// start and stop with the machine: its stop jobs cannot be replaced (systemctl(1),
// replace-irreversibly), so that from then on no job of ours is queued any more.
func ours(unit string) bool {
	return strings.HasPrefix(unit, "kres") || unit == "system-kresd.slice"
}

// happens reports whether a job can be there together with a start of one of ours.
func happens(j job) bool {
	return !j.stop || ours(j.unit) && j.unit != short(generatedBoot) // see TestNoOneStopsTheTargetOfTheBoot
}

// waits returns for which jobs a job waits, by the rules of systemd.unit(5), Before=:
// a start waits for the start of what comes before; a stop for the stop of what comes
// after; and a start for each stop, whichever of both comes first. The manager, in
// addition, waits for the jobs that it has queued, whether it is being stopped, has
// been asked to reload, or starts.
func waits(edges []edge) map[job][]job {
	w := map[job][]job{}
	add := func(a, b job) {
		if ours(a.unit) && happens(a) && happens(b) && !slices.Contains(w[a], b) {
			w[a] = append(w[a], b)
		}
	}
	for _, e := range edges {
		if e.is != before {
			continue
		}
		add(job{e.to, false}, job{e.from, false})
		add(job{e.from, true}, job{e.to, true})
		add(job{e.to, false}, job{e.from, true})
		add(job{e.from, false}, job{e.to, true})
	}
	manager := short(units.Manager)
	for _, unit := range started(edges) {
		for _, stop := range []bool{false, true} {
			add(job{manager, true}, job{unit, stop})
			add(job{manager, false}, job{unit, stop})
		}
	}
	return w
}

// circle returns jobs of which each waits for the next and the last for the first,
// from the given one on; nil if there are none.
func circle(w map[job][]job, from job) []job {
	before := map[job]job{}
	queue := []job{from}
	for len(queue) > 0 {
		j := queue[0]
		queue = queue[1:]
		for _, next := range w[j] {
			if next == from {
				way := []job{j}
				for j != from {
					j = before[j]
					way = append(way, j)
				}
				slices.Reverse(way)
				return way
			}
			if _, seen := before[next]; !seen {
				before[next] = j
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func words(way []job) string {
	var s []string
	for _, j := range way {
		s = append(s, j.String())
	}
	return strings.Join(s, ", which waits for the ")
}

// circles returns a description of each job that waits for itself.
func circles(w map[job][]job) []string {
	var all []string
	for j := range w {
		if way := circle(w, j); way != nil {
			all = append(all, fmt.Sprintf("the %s, which waits for itself", words(way)))
		}
	}
	slices.Sort(all)
	return all
}

// The order has no circle, or systemd would leave out a unit at boot.
func TestTheOrderHasNoCircle(t *testing.T) {
	w := map[job][]job{}
	for _, e := range expand(edgesOfFiles(t)) {
		if e.is == before {
			w[job{e.to, false}] = append(w[job{e.to, false}], job{e.from, false})
		}
	}
	for _, c := range circles(w) {
		t.Error(c)
	}
}

// Nothing that the manager starts or stops in a change waits, by itself or by others,
// for the manager to end, to start or to reload: the manager waits for it, and both
// would wait until a timeout.
func TestNothingInAChangeWaitsForTheManager(t *testing.T) {
	edges := expand(edgesOfFiles(t))
	if n := len(started(edges)); n != 8 {
		t.Errorf("the manager starts %v, which are not eight", started(edges))
	}
	for _, c := range circles(waits(edges)) {
		t.Error(c)
	}
}

// What has been in the unit files, and let the manager wait for itself, is found.
func TestEachKnownDeadLockIsFound(t *testing.T) {
	for name, more := range map[string]edge{
		"restart before the load is queued":      {"kresd-rundir", before, "kresd-manager"},
		"stop of the target and the manager":     {"kresd.target", before, "kresd-manager"},
		"the manager before a worker":            {"kresd-manager", before, "kresd@N"},
		"the manager after a worker":             {"kresd@N", before, "kresd-manager"},
		"the manager before the target":          {"kresd-manager", before, "kresd.target"},
		"the collector after the manager":        {"kresd-manager", before, "kres-gc"},
		"the canary after the socket":            {"kresd-manager.socket", before, "kresd@canary"},
		"the slice of the workers, of all of us": {"system-kresd.slice", before, "kresd-manager"},
	} {
		found := circles(waits(expand(append(edgesOfFiles(t), more))))
		if !slices.ContainsFunc(found, func(c string) bool { return strings.Contains(c, "of kresd-manager,") }) {
			t.Errorf("%s: %s is not found in %v", name, more, found)
		}
	}
}

// What the generator makes for the boot orders a start and nothing else.
func TestNoOneStopsTheTargetOfTheBoot(t *testing.T) {
	u := generated(t, generatedBoot)
	for _, want := range []unitfile.Option{
		{Section: "Unit", Name: "DefaultDependencies", Value: "no"}, // no stop at a shutdown
		{Section: "Unit", Name: "RefuseManualStop", Value: "yes"},
		{Section: "Unit", Name: "IgnoreOnIsolate", Value: "yes"},
	} {
		if !slices.Contains(u.Options, want) {
			t.Errorf("%s has no %s=%s", generatedBoot, want.Name, want.Value)
		}
	}
	for _, e := range edgesOfFiles(t) {
		if e.from == short(generatedBoot) && e.is != before || e.to == short(generatedBoot) && (e.is == passes || e.is == conflicts) {
			t.Errorf("%s: it could be stopped", e)
		}
	}
	if slices.Contains(packaging.Names(), generatedBoot) {
		t.Errorf("%s is installed, and would order a restart of the manager, too", generatedBoot)
	}
}
