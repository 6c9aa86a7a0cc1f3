// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"math"
	"slices"
	"testing"
)

// No number is given twice, and no one who makes one up uses them up.
func TestNextID(t *testing.T) {
	for name, c := range map[string]struct {
		last int
		seen []int
		want int
		odd  []string
	}{
		"the first one":                   {0, nil, 1, nil},
		"the next one":                    {7, []int{7, 7, 3, 0}, 8, nil},
		"a store that was set back":       {3, []int{7, 9, 7}, 10, nil},
		"a store that was lost":           {0, []int{7}, 8, nil},
		"one host makes one up":           {7, []int{7, math.MaxInt, 7}, 8, []string{"b"}},
		"one host, nearly":                {7, []int{7, math.MaxInt - 1, 7}, 8, []string{"b"}},
		"one of two":                      {7, []int{math.MaxInt, 7}, 8, []string{"a"}},
		"below all":                       {7, []int{7, math.MinInt, 7}, 8, nil},
		"the record is made up":           {math.MaxInt, []int{7, 7, 0}, 8, nil},
		"of dates":                        {2026112901, []int{2026112901, 2026112803}, 2026112902, nil},
		"all have taken many steps of it": {9, []int{5 * MostAhead, 5 * MostAhead, 9}, 5*MostAhead + 1, nil},
	} {
		var hosts []Host
		for i, n := range c.seen {
			hosts = append(hosts, Host{ID: string(rune('a' + i)), Rollout: n})
		}
		if id, odd := NextID(c.last, hosts); id != c.want || !slices.Equal(odd, c.odd) {
			t.Errorf("%s: %d %q, want %d %q", name, id, odd, c.want, c.odd)
		}
	}
	for _, c := range []struct {
		id, seen int
		want     bool
	}{{8, 7, false}, {7, 7, false}, {1, 7, false}, {2026112901, 0, false}, {math.MaxInt, 0, true}, {math.MaxInt, 7, true}, {MostAhead + 7, 7, false}, {MostAhead + 8, 7, true}} {
		if got := (Record{ID: c.id}).TooFar(c.seen); got != c.want {
			t.Errorf("%d after %d: %v", c.id, c.seen, got)
		}
	}
}
