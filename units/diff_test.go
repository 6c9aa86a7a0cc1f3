// SPDX-License-Identifier: Apache-2.0

package units

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// system builds a Live from lines "UNIT STATE [HASH]".
func system(t *testing.T, lines string) Live {
	t.Helper()
	live := Live{Units: map[string]Observed{}}
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		o := Observed{Name: f[0], LoadState: "loaded", ActiveState: f[1], Result: "success"}
		if n := o.Name; n == "gc" {
			o.Name = CacheGC
			o.Args = f[2:]
		} else if n == "rules" {
			o.Name = PolicyLoader
			if len(f) > 2 {
				o.StatusText = RulesStatus + f[2]
			}
		} else {
			o.Name = "kresd@" + n + ".service"
			if len(f) > 2 {
				o.StatusText = WorkerStatus + f[2]
			}
		}
		if o.ActiveState == "active" && o.Name != PolicyLoader {
			o.MainPID, o.Populated = 100, true
		}
		live.Units[o.Name] = o
	}
	return live
}

func TestDiff(t *testing.T) {
	want := func(workers int, worker, rules string, gc ...string) Desired {
		return Desired{Generation: "g2", Workers: workers, WorkerHash: worker, RulesHash: rules, GC: gc}
	}
	for _, c := range []struct {
		name string
		live string
		want Desired
		opt  Options
		plan string
	}{
		{"the first start loads the rules, then starts all workers at once", ``,
			want(3, "w", "r", "-c", "x"), Options{}, `
5 steps to generation g2
  1  load     kres-policy-loader.service  no rules are loaded
  2  start    kresd@1.service             is not running  [after 1]
  3  start    kresd@2.service             is not running  [after 1]
  4  start    kresd@3.service             is not running  [after 1]
  5  start    kres-gc.service             is not running  [after 2]
`},
		{"the first start with something to share starts one worker before the others", ``,
			Desired{Generation: "g2", Workers: 3, FirstAlone: true, WorkerHash: "w", RulesHash: "r"}, Options{}, `
4 steps to generation g2
  1  load     kres-policy-loader.service  no rules are loaded
  2  start    kresd@1.service             is not running  [after 1]
  3  start    kresd@2.service             is not running  [after 2]
  4  start    kresd@3.service             is not running  [after 2]
`},
		{"nothing differs, nothing is done",
			"1 active w\n2 active w\nrules active r\ngc active -c x",
			want(2, "w", "r", "-c", "x"), Options{}, `
nothing to do: the live system is as configured
`},
		{"new rules restart no one",
			"1 active w\n2 active w\nrules active r",
			want(2, "w", "r2"), Options{}, `
3 steps to generation g2
  1  load     kres-policy-loader.service  rules r → r2
  2  reset    kresd@1.service             rules changed  [after 1]
  3  reset    kresd@2.service             rules changed  [after 1]
`},
		{"a new worker configuration is tried and rolled out one by one",
			"1 active w\n2 active w\n3 active w\nrules active r",
			want(3, "w2", "r"), Options{}, `
4 steps to generation g2
  1  try      kresd@canary.service        worker configuration w → w2
  2  restart  kresd@1.service             configuration w → w2  [after 1]
  3  restart  kresd@2.service             configuration w → w2  [after 2]
  4  restart  kresd@3.service             configuration w → w2  [after 3]
`},
		{"rules come after the canary and before the roll",
			"1 active w\n2 active w\nrules active r",
			want(2, "w2", "r2"), Options{}, `
4 steps to generation g2
  1  try      kresd@canary.service        worker configuration w → w2
  2  load     kres-policy-loader.service  rules r → r2  [after 1]
  3  restart  kresd@1.service             configuration w → w2  [after 2]
  4  restart  kresd@2.service             configuration w → w2  [after 3]
`},
		{"the only worker is relieved by a spare one",
			"1 active w\nrules active r",
			want(1, "w2", "r"), Options{}, `
4 steps to generation g2
  1  try      kresd@canary.service        worker configuration w → w2
  2  start    kresd@2.service             serves while the only worker restarts  [after 1]
  3  restart  kresd@1.service             configuration w → w2  [after 2]
  4  stop     kresd@2.service             no longer needed  [after 3]
`},
		{"more workers are just started",
			"1 active w\n2 active w\nrules active r",
			want(4, "w", "r"), Options{}, `
2 steps to generation g2
  1  start    kresd@3.service             is not running
  2  start    kresd@4.service             is not running
`},
		{"fewer workers: the newest go first, one after another",
			"1 active w\n2 active w\n3 active w\n4 active w\nrules active r",
			want(1, "w", "r"), Options{}, `
3 steps to generation g2
  1  stop     kresd@4.service             worker count 4 → 1
  2  stop     kresd@3.service             worker count 4 → 1  [after 1]
  3  stop     kresd@2.service             worker count 4 → 1  [after 2]
`},
		{"with more workers and a new configuration the first new one proves it",
			"1 active w\nrules active r",
			want(3, "w2", "r"), Options{}, `
4 steps to generation g2
  1  try      kresd@canary.service        worker configuration w → w2
  2  start    kresd@2.service             is not running  [after 1]
  3  start    kresd@3.service             is not running  [after 2]
  4  restart  kresd@1.service             configuration w → w2  [after 3]
`},
		{"fewer workers and a new configuration: those that leave serve to the end",
			"1 active w\n2 active w\nrules active r",
			want(1, "w2", "r"), Options{}, `
3 steps to generation g2
  1  try      kresd@canary.service        worker configuration w → w2
  2  restart  kresd@1.service             configuration w → w2  [after 1]
  3  stop     kresd@2.service             worker count 2 → 1  [after 2]
`},
		{"other garbage collector options restart only the garbage collector",
			"1 active w\nrules active r\ngc active -c x -u 80",
			want(1, "w", "r", "-c", "x", "-u", "70"), Options{}, `
1 step to generation g2
  1  restart  kres-gc.service             options changed
`},
		{"garbage collection off",
			"1 active w\nrules active r\ngc active -c x",
			want(1, "w", "r"), Options{}, `
1 step to generation g2
  1  stop     kres-gc.service             garbage collection is off
`},
		{"a worker that failed is started, the others stay",
			"1 active w\n2 failed\nrules active r",
			want(2, "w", "r"), Options{}, `
1 step to generation g2
  1  start    kresd@2.service             has failed
`},
		{"a loader that failed runs again even for the same rules",
			"1 active w\nrules failed r",
			want(1, "w", "r"), Options{}, `
2 steps to generation g2
  1  load     kres-policy-loader.service  the last run failed
  2  reset    kresd@1.service             rules changed  [after 1]
`},
		{"a roll that was cut in the middle goes on",
			"1 active w2\n2 active w\nrules active r",
			want(2, "w2", "r"), Options{}, `
2 steps to generation g2
  1  try      kresd@canary.service        worker configuration w → w2
  2  restart  kresd@2.service             configuration w → w2  [after 1]
`},
		{"a rollback needs no canary and removes one that was left",
			"1 active w2\n2 active w\ncanary active w2\nrules active r",
			want(2, "w", "r"), Options{Proven: true}, `
2 steps to generation g2
  1  stop     kresd@canary.service        was left behind
  2  restart  kresd@1.service             configuration w2 → w  [after 1]
`},
		{"force restarts everything once",
			"1 active w\n2 active w\nrules active r\ngc active -c x",
			want(2, "w", "r", "-c", "x"), Options{Force: true}, `
4 steps to generation g2
  1  load     kres-policy-loader.service  reload was asked for
  2  restart  kresd@1.service             restart was asked for  [after 1]
  3  restart  kresd@2.service             restart was asked for  [after 2]
  4  restart  kres-gc.service             restart was asked for  [after 2]
`},
		{"renewal loads the rules again and has everyone read the certificate again",
			"1 active w\n2 active w\nrules active r",
			Desired{Generation: "g2", Workers: 2, WorkerHash: "w", RulesHash: "r", Cert: "/c", Key: "/k"}, Options{Renew: true}, `
5 steps to generation g2
  1  load     kres-policy-loader.service  reload was asked for
  2  reset    kresd@1.service             rules changed  [after 1]
  3  reset    kresd@2.service             rules changed  [after 1]
  4  renew    kresd@1.service             the certificate may have changed
  5  renew    kresd@2.service             the certificate may have changed
`},
		{"nothing wanted stops everything",
			"1 active w\n2 active w\nrules active r\ngc active -c x",
			Desired{Generation: "g2"}, Options{}, `
4 steps to generation g2
  1  stop     kres-policy-loader.service  no worker is wanted
  2  stop     kresd@2.service             no worker is wanted
  3  stop     kresd@1.service             no worker is wanted  [after 2]
  4  stop     kres-gc.service             no worker is wanted
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			live := system(t, c.live)
			plan := Diff(c.want, live, c.opt)
			if diff := cmp.Diff(strings.TrimPrefix(c.plan, "\n"), plan.String()); diff != "" {
				t.Error(diff)
			}
			if again := Diff(c.want, live, c.opt); !cmp.Equal(plan, again) {
				t.Error("the same input gave another plan")
			}
		})
	}
}

// TestPlanOrder holds for every plan: a step waits only for earlier ones, and
// no worker that serves leaves while the only other one has not come.
func TestPlanOrder(t *testing.T) {
	states := []string{"", "active w", "active w2", "failed", "activating"}
	for a := range states {
		for b := range states {
			for c := range states {
				for workers := range 4 {
					live := system(t, "1 "+orInactive(states[a])+"\n2 "+orInactive(states[b])+"\n3 "+orInactive(states[c])+"\nrules active r")
					plan := Diff(Desired{Generation: "g", Workers: workers, WorkerHash: "w2", RulesHash: "r"}, live, Options{})
					serving := len(live.RunningWorkers())
					up := serving
					for _, s := range plan.Steps {
						for _, n := range s.After {
							if n >= s.N {
								t.Fatalf("step %d waits for %d:\n%s", s.N, n, plan)
							}
						}
						runs := live.Unit(s.Unit).Running() && s.Unit != Canary
						switch {
						case s.Kind == Start && s.Unit != Canary:
							up++
						case s.Kind == Restart && runs && up <= 1:
							t.Fatalf("step %d restarts the last worker that serves:\n%s", s.N, plan)
						case s.Kind == Restart && !runs:
							up++
						}
					}
				}
			}
		}
	}
}

func orInactive(s string) string {
	if s == "" {
		return "inactive"
	}
	return s
}
