// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

func TestCrashesAreFound(t *testing.T) {
	const unit = "kresd@1.service"
	type look struct {
		restarts int
		result   string
		ended    string // as systemd told it
		want     string
	}
	for name, looks := range map[string][]look{
		"at the first look nothing is known":             {{3, "signal", "", ""}},
		"a restart by systemd":                           {{0, "success", "", ""}, {1, "success", "", "unknown"}, {1, "success", "", ""}},
		"how it ended is seen with it":                   {{0, "success", "", ""}, {1, "oom-kill", "", "oom-kill"}, {1, "success", "", ""}},
		"how it ended is seen before":                    {{0, "success", "", ""}, {0, "signal", "", ""}, {1, "success", "", "signal"}, {2, "success", "", "unknown"}},
		"several between two looks are told once":        {{1, "success", "", ""}, {4, "core-dump", "", "core-dump"}},
		"a start by hand":                                {{4, "success", "", ""}, {0, "success", "", ""}, {1, "success", "", "unknown"}},
		"a start by hand, and a crash before the look":   {{4, "success", "", ""}, {1, "success", "", "unknown"}},
		"how it ended was told, and it runs again":       {{0, "success", "", ""}, {1, "success", "signal", "signal"}, {1, "success", "signal", ""}, {2, "success", "oom-kill", "oom-kill"}},
		"how it ended is told before it is started":      {{0, "success", "", ""}, {0, "signal", "signal", ""}, {1, "success", "signal", "signal"}},
		"the end before a start by hand is not of later": {{1, "success", "", ""}, {1, "signal", "", ""}, {0, "success", "", ""}, {1, "success", "", "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := crashes{}
			for i, l := range looks {
				got := c.found(units.Live{Units: map[string]units.Observed{unit: {Name: unit, Restarts: l.restarts, Result: l.result, Ended: l.ended}}})
				want := map[string]string{}
				if l.want != "" {
					want[unit] = l.want
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("look %d: %s", i+1, diff)
				}
			}
		})
	}
	c := crashes{}
	c.found(units.Live{Units: map[string]units.Observed{unit: {Name: unit, Restarts: 1}}})
	c.found(units.Live{})
	if len(c) != 0 {
		t.Errorf("what is gone is remembered: %v", c)
	}
}
