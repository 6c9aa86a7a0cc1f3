// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kresd-manager/generator"
	"kresd-manager/internal/unitfile"
	"kresd-manager/packaging"
	"kresd-manager/units"
)

// relation is how one unit hangs on another.
type relation string

// The relations of systemd.unit(5) that our units use, and how they are drawn.
const (
	before    relation = "──►" // A ──► B: A starts before B, and stops after it
	wants     relation = "╌╌►" // A ╌╌► B: who starts A starts B
	passes    relation = "══►" // A ══► B: a stop and a restart of A are passed on to B
	conflicts relation = "──✕" // A ──✕ B: A and B are not there together
)

// edge is one relation of two units.
type edge struct {
	from string
	is   relation
	to   string
}

func (e edge) String() string { return fmt.Sprintf("%s %s %s", e.from, e.is, e.to) }

// directives are all those of a unit file that hang one unit on another
// (systemd.unit(5), systemd.service(5), systemd.socket(5)), and how they are drawn. The
// unit that has the directive is the first unless it is turned. One without a
// relation is none that the drawing, and what is proved of it, knows.
var directives = map[string]struct {
	is     relation
	turned bool
}{
	"After": {before, true}, "Before": {before, false},
	"RequiresMountsFor": {before, true}, "Slice": {before, true},
	"Wants": {wants, false}, "WantedBy": {wants, true},
	"PartOf": {passes, true}, "Conflicts": {conflicts, false},
	"Also":     {}, // of systemctl enable alone
	"Requires": {}, "Requisite": {}, "BindsTo": {}, "Upholds": {}, "OnFailure": {}, "OnSuccess": {},
	"PropagatesReloadTo": {}, "ReloadPropagatedFrom": {}, "PropagatesStopTo": {}, "StopPropagatedFrom": {},
	"JoinsNamespaceOf": {}, "WantsMountsFor": {}, "RequiredBy": {}, "UpheldBy": {}, "Service": {}, "Sockets": {},
}

// short is the name of a unit in the drawing: without the suffix of services, with N
// for the number of a worker other than the first, and NAME for a component.
func short(unit string) string {
	unit = strings.TrimSuffix(unit, ".service")
	switch {
	case unit == "kresd@" || regexp.MustCompile(`^kresd@([2-9]|\d\d+)$`).MatchString(unit):
		return "kresd@N"
	case unit == "kres-component@":
		return "kres-component@NAME"
	}
	return unit
}

// edgesOf returns what a unit's text says.
func edgesOf(t *testing.T, name string, u unitfile.Unit) []edge {
	t.Helper()
	var all []edge
	for _, o := range u.Options {
		d, ok := directives[o.Name]
		switch {
		case !ok, o.Name == "Also":
			continue
		case d.is == "":
			t.Errorf("%s has %s=, which is not drawn in docs/internals/architecture.md, and of which nothing is proved: add it here", name, o.Name)
			continue
		}
		for other := range strings.FieldsSeq(o.Value) {
			e := edge{short(name), d.is, short(other)}
			if d.turned {
				e.from, e.to = e.to, e.from
			}
			if !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	return all
}

// edgesOfFiles returns what the installed unit files say, and what the generator
// adds to it for the next boot.
func edgesOfFiles(t *testing.T) []edge {
	t.Helper()
	var all []edge
	for _, name := range append(packaging.Names(), units.Canary) {
		if strings.HasSuffix(name, ".d") {
			continue
		}
		u, err := packaging.Unit(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, edgesOf(t, name, u)...)
	}
	// What we add to the stock service.
	dropIn, err := os.ReadFile("../../packaging/systemd/system/" + units.Stock + ".d/50-kresd-manager.conf")
	if err != nil {
		t.Fatal(err)
	}
	u, err := unitfile.Parse(units.Stock, string(dropIn))
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, edgesOf(t, units.Stock, u)...)
	return append(all, edgesOfGenerator(t)...)
}

// generatedBoot is what the generator makes for the boot alone.
const generatedBoot = generator.Boot

// generatedTree is all that the generator can make: two workers, of which the first
// is alone at first, and components of each priority.
func generatedTree() generator.Tree {
	set := generator.Set{Workers: 2, FirstAlone: true, GC: true, Components: []generator.Component{
		{Name: "early", Priority: units.PriorityRules + 1},
		{Name: "middle", Priority: units.PriorityWorkers + 1},
		{Name: "late", Priority: 0},
	}}
	return generator.Make(generator.Decision{Set: &set, Failure: "reason"}, generator.Place{
		UnitDir: "/usr/lib/systemd/system", Program: "/usr/lib/systemd/system-generators/kresd-generator", Config: "/etc/knot-resolver/config.yaml",
	})
}

// generated returns a unit that the generator makes.
func generated(t *testing.T, name string) unitfile.Unit {
	t.Helper()
	for _, e := range generatedTree() {
		if e.Path == name {
			u, err := unitfile.Parse(name, e.Text)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
	}
	t.Fatalf("the generator makes no %s", name)
	return unitfile.Unit{}
}

// edgesOfGenerator returns what the generator's units, drop-ins and links say.
func edgesOfGenerator(t *testing.T) []edge {
	t.Helper()
	var all []edge
	for _, e := range generatedTree() {
		dir, name := path.Split(e.Path)
		if unit, ok := strings.CutSuffix(strings.TrimSuffix(dir, "/"), ".wants"); ok {
			all = append(all, edge{short(unit), wants, short(name)})
			continue
		}
		if unit, ok := strings.CutSuffix(strings.TrimSuffix(dir, "/"), ".d"); ok {
			name = unit
		}
		u, err := unitfile.Parse(name, e.Text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, edgesOf(t, name, u)...)
	}
	return all
}
