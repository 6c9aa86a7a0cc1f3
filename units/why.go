// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"slices"
	"strings"
)

// Why a step is needed, in the words of the configuration. What a change needs is
// found by comparing what the components would read (diff.go); here it is only told
// which keys an operator has changed that have to do with it.

// part is something that reads a part of the configuration.
type part uint8

const (
	partWorker part = 1 << iota
	partRules
	partGC
	partCount
	partLimits
	partNone part = 0
)

// parts says who may be concerned by a key and all below it; the longest pointer
// decides, and what is not here concerns workers. It is for words alone. A test in
// package render holds it to what each key was observed to do.
var parts = []struct {
	pointer string
	of      part
}{
	{"/version", partNone},
	{"/workers", partCount},
	{"/management", partNone},
	{"/views", partRules},
	{"/local-data", partRules},
	{"/forward", partRules | partWorker},
	{"/cache/storage", partWorker | partGC},
	{"/cache/garbage-collector", partGC},
	{"/logging", partWorker | partRules | partGC},
	{"/lua", partWorker | partRules},
	{"/monitoring/graphite", partNone},
	{"/components", partNone},
	{"/systemd/slice", partNone},
	{"/systemd/drain-deadline", partNone},
	{"/systemd/soak", partNone},
	{"/systemd/roll-budget", partNone},
	{"/systemd/restart", partNone},
	{"/systemd/memory-max", partLimits},
	{"/systemd/memory-high", partLimits},
	{"/systemd/cpu-weight", partLimits},
	{"/systemd/io-weight", partLimits},
	{"/systemd/tasks-max", partLimits},
}

// partsOf returns who may be concerned by a key.
func partsOf(pointer string) part {
	of, length := partWorker, 0
	for _, p := range parts {
		if (pointer == p.pointer || strings.HasPrefix(pointer, p.pointer+"/")) && len(p.pointer) > length {
			of, length = p.of, len(p.pointer)
		}
		if strings.HasPrefix(p.pointer, pointer+"/") { // a whole section
			of |= p.of
		}
	}
	return of
}

// Concerns says in words who may be concerned by a change of a key: "workers",
// "rules", "gc", "count" and "limits".
func Concerns(pointer string) []string {
	var names []string
	for i, name := range []string{"workers", "rules", "gc", "count", "limits"} {
		if partsOf(pointer)&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// changed says which of the changed keys concern a part: "/nsid changed", "" if none
// is known to.
func (d *differ) changed(of part) string {
	var keys []string
	for _, key := range d.opt.Keys {
		if partsOf(key)&of != 0 && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	const most = 2
	switch {
	case len(keys) == 0:
		return ""
	case len(keys) <= most:
		return strings.Join(keys, " and ") + " changed"
	}
	if common := commonPointer(keys); common != "" {
		return common + " changed"
	}
	return fmt.Sprintf("%s and %d other keys changed", keys[0], len(keys)-1)
}

// commonPointer is the section that all keys are in, "" if there is none.
func commonPointer(keys []string) string {
	common := strings.Split(keys[0], "/")
	for _, key := range keys[1:] {
		tokens := strings.Split(key, "/")
		n := 0
		for n < len(common) && n < len(tokens) && common[n] == tokens[n] {
			n++
		}
		common = common[:n]
	}
	return strings.Join(common, "/")
}

// words notes how a cause is told to people, where it is not in their words; "" is as
// it is.
func (d *differ) words(cause, why string) string {
	if why != "" {
		if d.why == nil {
			d.why = map[string]string{}
		}
		d.why[cause] = why
	}
	return cause
}

// explain has each step say why in words.
func (d *differ) explain() {
	count := d.changed(partCount)
	for i := range d.plan.Steps {
		s := &d.plan.Steps[i]
		s.Why = d.why[s.Cause]
		if n, worker := WorkerNumber(s.Unit); s.Why == "" && worker && count != "" && s.Kind == Start && n <= d.want.Workers && s.Cause == notRunning {
			s.Why = count
		}
	}
}

// Reason says why the step is needed, in the words of an operator.
func (s Step) Reason() string {
	if s.Why != "" {
		return s.Why
	}
	return s.Cause
}
