// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"testing"

	"kresd-manager/test/load"
	"kresd-manager/test/product"
)

// What was removed in the run directory has workers restarted, which are drained by
// their second control socket: the first is what was removed.
func TestWhatWasRemovedIsReplacedWithoutLosingAQuery(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		moved  []string
	}{
		"a control socket":  {"rm /run/knot-resolver/control/2", []string{"kresd@2.service"}},
		"the rules":         {"rm -r /run/knot-resolver/work/ruledb", []string{"kresd@1.service", "kresd@2.service", "kresd@3.service"}},
		"the run directory": {"rm -rf /run/knot-resolver", []string{"kresd@1.service", "kresd@2.service", "kresd@3.service"}},
	} {
		t.Run(name, func(t *testing.T) {
			freshRoll(t, with("3", everywhere))
			sut.Must(t, "rm", "-f", "/run/kresd-manager/again")
			before := workers(t)
			lossless(t, under(t, func() {
				sut.Must(t, "sh", "-c", c.script)
				product.Eventually(t, "the workers are replaced", func() bool {
					now := workers(t)
					for _, unit := range c.moved {
						if now[unit] == 0 || now[unit] == before[unit] {
							return false
						}
					}
					return len(now) == len(before)
				})
			}, at(load.UDP, "127.0.0.1:53", 3000), at(load.UDP, "[::1]:5353", 1000))...)
			after := workers(t)
			for _, unit := range c.moved {
				delete(before, unit)
			}
			for unit, pid := range before {
				if after[unit] != pid {
					t.Errorf("%s was restarted, too: process %d, then %d", unit, pid, after[unit])
				}
			}
		})
	}
}
