// SPDX-License-Identifier: Apache-2.0

package transient

import (
	"slices"
	"strings"
	"testing"

	"kresd-manager/units"
)

var place = Place{
	Rundir: "/r", RuntimeDir: "/m", CacheDir: "/c", Programs: "/p", Kresd: "/opt/kresd", CacheGC: "/opt/gc",
}

var names = []string{units.Worker(1), units.Canary, units.PolicyLoader, units.CacheGC, "kres-component@x.service"}

// TestNoPathOfAPackageIsLeft looks for what a transient unit cannot use.
func TestNoPathOfAPackageIsLeft(t *testing.T) {
	for _, user := range []bool{false, true} {
		place.User = user
		for _, name := range names {
			u, err := place.Unit(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := u.Properties(); err != nil {
				t.Error(err)
			}
			text := u.Text()
			for _, path := range []string{"/run/", "/var/cache", "/usr/", "kresd.target", "kresd-rundir"} {
				if strings.Contains(text, path) {
					t.Errorf("%s (user: %v) has %s:\n%s", name, user, path, text)
				}
			}
			slice := "system-kresd.slice"
			if user {
				slice = "app-kresd.slice"
			}
			if !strings.Contains(text, "\nSlice="+slice+"\n") {
				t.Errorf("%s is not in the slice %s:\n%s", name, slice, text)
			}
		}
	}
}

func TestAUsersUnits(t *testing.T) {
	place.User = true
	for _, name := range names {
		u, err := place.Unit(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range u.Options {
			if slices.Contains(systemOnly, o.Name) {
				t.Errorf("%s has %s=", name, o.Name)
			}
		}
	}
	worker, _ := place.Unit(units.Worker(1))
	if want := "ExecStop=-/p/kresd-drain --deadline-file /m/worker/drain --user --rundir /r %i\n"; !strings.Contains(worker.Text(), want) {
		t.Errorf("the worker has not %s:\n%s", want, worker.Text())
	}
	canary, _ := place.Unit(units.Canary)
	if want := "WorkingDirectory=/m/canary-work\n"; !strings.Contains(canary.Text(), want) || strings.Contains(canary.Text(), "=/tmp") {
		t.Errorf("the canary has not %s:\n%s", want, canary.Text())
	}
}

// TestNamedUnits looks for what two resolvers would share.
func TestNamedUnits(t *testing.T) {
	units.Use("lab")
	defer units.Use("")
	p := place
	p.User, p.Name = true, "lab"
	for _, name := range []string{units.Worker(1), units.Canary, units.PolicyLoader, units.CacheGC, units.Component{Name: "x"}.Unit()} {
		u, err := p.Unit(name)
		if err != nil {
			t.Fatal(err)
		}
		text := u.Text()
		for _, shared := range []string{"kresd@", "kres-policy-loader.service", "kres-component/", "kresd-worker/", "=app-kresd.slice"} {
			if strings.Contains(text, shared) {
				t.Errorf("%s has %s:\n%s", name, shared, text)
			}
		}
		if u.Name != name {
			t.Errorf("%s is called %s", name, u.Name)
		}
	}
	worker, err := p.Unit(units.Worker(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"Wants=kres-policy-loader-lab.service\n", "Slice=app-kresd_lab.slice\n", " --name lab --rundir "} {
		if !strings.Contains(worker.Text(), line) {
			t.Errorf("the worker has not %s:\n%s", line, worker.Text())
		}
	}
}

func TestPathsThatAUnitCannotHave(t *testing.T) {
	for _, path := range []string{"", "relative", "/with space", "/per%cent", "/dol$lar", `/quo"te`} {
		p := place
		p.Rundir = path
		if _, err := p.Unit(units.CacheGC); err == nil {
			t.Errorf("%q is used", path)
		}
	}
}
