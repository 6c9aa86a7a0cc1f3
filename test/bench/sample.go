// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// sample holds what was measured of one thing, in the order it was measured. Times are
// in seconds, sizes in bytes.
type sample []float64

// median returns the middle value, the mean of two if there are two, 0 of none.
func (s sample) median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return (sorted[(len(s)-1)/2] + sorted[len(s)/2]) / 2
}

// largest returns the largest value, 0 of none.
func (s sample) largest() float64 {
	if len(s) == 0 {
		return 0
	}
	return slices.Max(s)
}

// interval is where the median lies with a probability of 95 %: the percentiles of the
// medians of resamples (the percentile bootstrap of Efron, "Bootstrap methods: another look
// at the jackknife", 1979). The same sample has the same interval.
func (s sample) interval() (low, high float64) {
	if len(s) == 0 {
		return 0, 0
	}
	const resamples = 1000
	source := rand.New(rand.NewPCG(1, uint64(len(s))))
	medians, again := make(sample, resamples), make(sample, len(s))
	for i := range medians {
		for k := range again {
			again[k] = s[source.IntN(len(s))]
		}
		medians[i] = again.median()
	}
	slices.Sort(medians)
	return medians[resamples*25/1000], medians[resamples*975/1000-1]
}

// unit is how values are written.
type unit string

const (
	seconds unit = "s"
	bytes   unit = "B"
	rate    unit = "1/s"
	number  unit = ""
)

// scale is a multiple of a unit.
type scale struct {
	name   string
	factor float64
}

// scaleFor picks the multiple in which a value has digits before the point.
func (u unit) scaleFor(value float64) scale {
	switch {
	case u == seconds && value < 1e-3:
		return scale{"µs", 1e-6}
	case u == seconds && value < 1:
		return scale{"ms", 1e-3}
	case u == bytes:
		return scale{"MiB", 1 << 20}
	}
	return scale{string(u), 1}
}

func (c scale) number(value float64) string {
	value /= c.factor
	if value < 9.95 && value != math.Trunc(value) {
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.0f", value)
}

// text writes smallest, middle and largest value: "61/64/80 ms"; one number if they are
// written the same, a dash if there is none.
func (s sample) text(u unit) string {
	if len(s) == 0 {
		return "-"
	}
	c := u.scaleFor(s.median())
	all := []string{c.number(slices.Min(s)), c.number(s.median()), c.number(slices.Max(s))}
	if len(slices.Compact(slices.Clone(all))) == 1 {
		all = all[:1]
	}
	return strings.TrimSpace(strings.Join(all, "/") + " " + c.name)
}

// since is the time since a moment, as a sample has it.
func since(began time.Time) float64 { return time.Since(began).Seconds() }
