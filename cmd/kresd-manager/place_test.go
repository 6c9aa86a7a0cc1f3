// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
)

func TestPlace(t *testing.T) {
	system := options{rundir: "/run/knot-resolver", runtimeDir: "/run/kresd-manager", stateDir: "/var/lib/kresd-manager", cacheDir: "/var/cache/knot-resolver"}
	ours := options{
		rundir: "/run/user/7/knot-resolver", runtimeDir: "/run/user/7/kresd-manager",
		stateDir: "/home/x/.local/state/kresd-manager", cacheDir: "/home/x/.cache/knot-resolver", user: true, transient: true,
	}
	xdg := ours
	xdg.stateDir, xdg.cacheDir = "/s/kresd-manager", "/c/knot-resolver"
	own := ours
	own.rundir = "/r"
	transient := system
	transient.transient = true
	named := transient
	named.name, named.rundir, named.runtimeDir = "lab", "/run/knot-resolver-lab", "/run/kresd-manager-lab"
	named.stateDir, named.cacheDir = "/var/lib/kresd-manager-lab", "/var/cache/knot-resolver-lab"
	session := map[string]string{"XDG_RUNTIME_DIR": "/run/user/7", "HOME": "/home/x"}
	for name, c := range map[string]struct {
		in   options
		uid  int
		env  map[string]string
		want options
		err  error
	}{
		"a service":                     {options{}, 999, nil, system, nil},
		"root":                          {options{transient: true}, 0, nil, transient, nil},
		"root with a session":           {options{transient: true}, 0, session, transient, nil},
		"a user":                        {options{transient: true, user: true}, 7, session, ours, nil},
		"a user who does not say so":    {options{transient: true}, 7, session, ours, nil},
		"directories of the user's own": {options{transient: true, user: true}, 7, map[string]string{"XDG_RUNTIME_DIR": "/run/user/7", "HOME": "/home/x", "XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/c"}, xdg, nil},
		"an option wins":                {options{transient: true, user: true, rundir: "/r"}, 7, session, own, nil},
		"the service asks for units":    {options{transient: true}, 999, nil, options{}, errNotRoot},
		"a name":                        {options{transient: true, name: "lab"}, 0, nil, named, nil},
		"no session":                    {options{transient: true, user: true}, 7, nil, options{}, errNoSession},
	} {
		o := c.in
		err := o.place(c.uid, func(name string) string { return c.env[name] })
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
			continue
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(c.want, o, cmp.AllowUnexported(options{})); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestTheExampleIsForEverybody holds docs/try.yaml to what the README promises.
func TestTheExampleIsForEverybody(t *testing.T) {
	doc, err := config.ReadFile("../../docs/try.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := doc.Config(config.Host{CPUs: 1, Hostname: "laptop", BaseDir: "/", Rundir: "/run/user/7/knot-resolver", CacheDir: "/home/x/.cache/knot-resolver", LowestPort: 1024})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Network.Listen[0].Interface[0].String(); got != "127.0.0.1@5300" {
		t.Errorf("it listens on %s", got)
	}
}
