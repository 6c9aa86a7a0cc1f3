// SPDX-License-Identifier: Apache-2.0

package units

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSummary: what is alike is one line, with the keys that an operator has changed
// and without a hash.
func TestSummary(t *testing.T) {
	want := func(workers int, worker, rules string, gc ...string) Desired {
		return Desired{Generation: "g2", Workers: workers, WorkerHash: worker, RulesHash: rules, GC: gc}
	}
	four := "1 active w\n2 active w\n3 active w\n4 active w\nrules active r\n"
	for _, c := range []struct {
		name, live string
		want       Desired
		opt        Options
		words      string
	}{
		{"nothing", four, want(4, "w", "r"), Options{}, ``},
		{"a roll", four, want(4, "x", "r"), Options{Keys: []string{"/nsid"}}, `
try the new configuration with a canary, which serves no one (/nsid changed)
restart workers 1–4, one at a time (/nsid changed) · no UDP query lost`},
		{"a faster roll", four, Desired{Workers: 4, WorkerHash: "x", RulesHash: "r", Roll: Roll{Budget: 2}}, Options{Keys: []string{"/nsid", "/hostname"}}, `
try the new configuration with a canary, which serves no one (/nsid and /hostname changed)
restart workers 1–4, one first and then 2 at a time (/nsid and /hostname changed) · no UDP query lost`},
		{"the only worker", "1 active w\nrules active r\n", want(1, "x", "r"), Options{Keys: []string{"/nsid"}}, `
try the new configuration with a canary, which serves no one (/nsid changed)
start worker 2 (serves while the only worker restarts)
restart worker 1 (/nsid changed) · no UDP query lost
stop worker 2 (no longer needed) · no UDP query lost`},
		{"rules", four, want(4, "w", "s"), Options{Keys: []string{"/local-data/addresses/a", "/local-data/addresses/b", "/local-data/ttl", "/nsid"}}, `
load the rules, all at once (/local-data changed)
have workers 1–4 take over the rules`},
		{"more workers and other rules", four, want(6, "w", "s"), Options{Keys: []string{"/workers", "/views"}}, `
load the rules, all at once (/views changed)
have workers 1–4 take over the rules
start workers 5, 6 (/workers changed)`},
		{"fewer", four, want(2, "w", "r"), Options{Keys: []string{"/workers"}}, `
stop workers 3, 4, one at a time (worker count 4 → 2) · no UDP query lost`},
		{"what drifted has no key", "1 active w\n2 active v\n3 failed\nrules active r\n", want(3, "w", "r"), Options{Proven: true}, `
start worker 3 (has failed)
restart worker 2 (another configuration) · no UDP query lost`},
		{"the garbage collector", four + "gc active -c x\n", want(4, "w", "r", "-c", "y"), Options{Tolerant: true, Keys: []string{"/cache/garbage-collector/interval"}}, `
restart the cache garbage collector (/cache/garbage-collector/interval changed) · goes on if that fails`},
		{"keys of others are not the reason", four, want(4, "x", "r"), Options{Keys: []string{"/workers", "/views", "/management/idle-exit"}, Proven: true}, `
restart workers 1–4, one at a time (another configuration) · no UDP query lost`},
		{"nothing is kept", four, want(0, "w", "r"), Options{}, `
stop the policy-loader (no worker is wanted)
stop workers 1–4, one at a time (no worker is wanted) · no UDP query lost`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(Diff(c.want, system(t, c.live), c.opt).Summary(), "\n")
			if diff := cmp.Diff(strings.TrimPrefix(c.words, "\n"), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRanges(t *testing.T) {
	for want, ns := range map[string][]int{"": nil, "1": {1}, "1, 2": {1, 2}, "1–3": {1, 2, 3}, "1–3, 5, 7–9": {1, 2, 3, 5, 7, 8, 9}} {
		if got := Ranges(ns); got != want {
			t.Errorf("%v is %q, not %q", ns, got, want)
		}
	}
}
