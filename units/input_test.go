// SPDX-License-Identifier: Apache-2.0

package units

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAFileThatChangedActsOnThoseWhoReadIt(t *testing.T) {
	want := Desired{Generation: "g2", Workers: 2, WorkerHash: "w", RulesHash: "r", Cert: "/cert", Key: "/key", Inputs: []Input{
		{Path: "/cert", Kind: KindCertificate, Use: UseRenew, Watched: true},
		{Path: "/key", Kind: KindKey, Use: UseRenew, Watched: true},
		{Path: "/list", Kind: "hosts file", Use: UseRules},
		{Path: "/zone", Kind: "zone", Use: UseRules, Watched: true},
		{Path: "/lua", Kind: "Lua script", Use: UseStart},
	}}
	for _, c := range []struct {
		name    string
		changed string // paths, or with ? those that cannot be seen
		opt     Options
		plan    string
		taken   string
	}{
		{"nothing changed", "", Options{Reading: ReadHidden}, "nothing to do: the live system is as configured\n", ""},
		{"a change of something else takes nothing over", "/cert /key /list /zone /lua", Options{},
			"nothing to do: the live system is as configured\n", ""},
		{"a certificate and its key are renewed", "/cert /key", Options{Reading: ReadAll}, `
2 steps to generation g2
  1  renew    kresd@1.service             certificate /cert (CN=new) changed
  2  renew    kresd@2.service             certificate /cert (CN=new) changed
`, "renewed certificate /cert (CN=new) in 2 workers"},
		{"a key alone is named", "/key", Options{Reading: ReadAll}, `
2 steps to generation g2
  1  renew    kresd@1.service             key /key changed
  2  renew    kresd@2.service             key /key changed
`, "renewed key /key in 2 workers"},
		{"lists are loaded", "/list /zone", Options{Reading: ReadAll}, `
3 steps to generation g2
  1  load     kres-policy-loader.service  hosts file /list, zone /zone changed
  2  reset    kresd@1.service             rules changed  [after 1]
  3  reset    kresd@2.service             rules changed  [after 1]
`, "loaded hosts file /list\nloaded zone /zone"},
		{"what workers read at their start is tried and rolled", "/lua /cert", Options{Reading: ReadAll, Proven: true}, `
3 steps to generation g2
  1  try      kresd@canary.service        Lua script /lua changed
  2  restart  kresd@1.service             Lua script /lua changed  [after 1]
  3  restart  kresd@2.service             Lua script /lua changed  [after 2]
`, "restarted 2 workers for Lua script /lua"},
		{"by itself only what is watched is taken over", "/cert /list /lua", Options{Reading: ReadWatched, Patient: true}, `
2 steps to generation g2
  1  renew    kresd@1.service             certificate /cert (CN=new) changed
  2  renew    kresd@2.service             certificate /cert (CN=new) changed
`, "renewed certificate /cert (CN=new) in 2 workers"},
		{"what cannot be seen is renewed when someone asks", "?/key ?/lua", Options{Reading: ReadHidden}, `
2 steps to generation g2
  1  renew    kresd@1.service             key /key (which kresd-manager cannot see) may have changed
  2  renew    kresd@2.service             key /key (which kresd-manager cannot see) may have changed
`, "renewed key /key (which kresd-manager cannot see) in 2 workers"},
		{"and else not", "?/key ?/lua", Options{Reading: ReadAll}, "nothing to do: the live system is as configured\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := system(t, "1 active w\n2 active w\nrules active r")
			live.Contents, live.Read = map[string]Content{}, map[string]map[string]string{Worker(1): {}, Worker(2): {}, PolicyLoader: {}}
			for _, in := range want.Inputs {
				live.Contents[in.Path] = Content{ID: "old"}
				for unit := range live.Read {
					if (unit == PolicyLoader) == (in.Use == UseRules) {
						live.Read[unit][in.Path] = "old"
					}
				}
			}
			for _, path := range strings.Fields(c.changed) {
				now := Content{ID: "new"}
				if path == "/cert" {
					now.Note = "CN=new"
				}
				if hidden, ok := strings.CutPrefix(path, "?"); ok {
					path, now = hidden, Content{Hidden: "no one may look"}
				}
				live.Contents[path] = now
			}
			plan := Diff(want, live, c.opt)
			if diff := cmp.Diff(strings.TrimPrefix(c.plan, "\n"), plan.String()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.taken, strings.Join(plan.Taken(), "\n")); diff != "" {
				t.Error(diff)
			}
			if c.opt.Patient {
				live.Refused = map[string]map[string]string{Worker(1): {"/cert": "new"}, Worker(2): {"/cert": "older"}}
				if got := Diff(want, live, c.opt).Taken(); len(got) != 1 || got[0] != "renewed certificate /cert (CN=new) in 1 worker" {
					t.Errorf("after one has refused it: %q", got)
				}
			}
		})
	}
}

func TestWhoHasReadSomethingElse(t *testing.T) {
	in := Input{Path: "/list", Kind: "hosts file", Use: UseRules}
	live := Live{
		Contents: map[string]Content{"/list": {ID: "new"}},
		Read:     map[string]map[string]string{PolicyLoader: {"/list": "old"}, Worker(1): {"/list": "old"}},
	}
	if got := (Desired{Workers: 1}).Stale(live, in); !cmp.Equal(got, []string{PolicyLoader}) {
		t.Errorf("%q", got)
	}
	in.Use = UseStart
	if got := (Desired{Workers: 0}).Stale(live, in); len(got) != 0 {
		t.Errorf("a worker that is to go: %q", got)
	}
}
