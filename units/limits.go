// SPDX-License-Identifier: Apache-2.0

package units

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config"
)

// Unlimited is the value of a limit that is not set, on a live unit
// (org.freedesktop.systemd1(5)).
const Unlimited = math.MaxUint64

// Limits are what one worker may use at most, and its share of what is scarce
// (systemd.resource-control(5)). What is wanted of a worker is 0 where the
// configuration leaves the unit as it is; what was read from a live one is
// Unlimited where there is no limit. Sizes are in bytes.
type Limits struct {
	MemoryMax  uint64 `json:"memory-max,omitempty"`
	MemoryHigh uint64 `json:"memory-high,omitempty"`
	TasksMax   uint64 `json:"tasks-max,omitempty"`
	CPUWeight  uint64 `json:"cpu-weight,omitempty"`
	IOWeight   uint64 `json:"io-weight,omitempty"`
}

// LimitsOf are those that a configuration wants.
func LimitsOf(c config.Systemd) Limits {
	return Limits{
		MemoryMax: uint64(c.MemoryMax), MemoryHigh: uint64(c.MemoryHigh), TasksMax: uint64(c.TasksMax),
		CPUWeight: uint64(c.CPUWeight), IOWeight: uint64(c.IOWeight),
	}
}

// Controllers are the cgroup controllers that enforce what is wanted, each with
// the keys of the configuration that need it.
func (l Limits) Controllers() map[string][]string {
	need := map[string][]string{}
	for _, p := range LimitProperties {
		if *p.Of(&l) != 0 {
			need[p.Controller] = append(need[p.Controller], p.Key)
		}
	}
	return need
}

// None reports whether the configuration leaves the units as they are.
func (l Limits) None() bool { return l == Limits{} }

// Or has all limits that one of both has.
func (l Limits) Or(other Limits) Limits {
	for _, p := range LimitProperties {
		if *p.Of(&l) == 0 {
			*p.Of(&l) = *p.Of(&other)
		}
	}
	return l
}

// Lifts says whether one of the limits before is none of these: of a worker that is not wanted
// no other is changed.
func (l Limits) Lifts(before Limits) bool {
	return slices.ContainsFunc(LimitProperties, func(p LimitProperty) bool { return *p.Of(&before) != 0 && *p.Of(&l) == 0 })
}

// LimitProperty is how systemd names one of the limits.
type LimitProperty struct {
	Name string
	// Key is the configuration's name of it, and Controller the cgroup
	// controller that enforces it (cgroups(7)).
	Key, Controller string
	// Of gives the place of its value.
	Of func(*Limits) *uint64
}

// LimitProperties are all of them, in the order in which they are set and told.
var LimitProperties = []LimitProperty{
	{"MemoryMax", "memory-max", "memory", func(l *Limits) *uint64 { return &l.MemoryMax }},
	{"MemoryHigh", "memory-high", "memory", func(l *Limits) *uint64 { return &l.MemoryHigh }},
	{"TasksMax", "tasks-max", "pids", func(l *Limits) *uint64 { return &l.TasksMax }},
	{"CPUWeight", "cpu-weight", "cpu", func(l *Limits) *uint64 { return &l.CPUWeight }},
	{"IOWeight", "io-weight", "io", func(l *Limits) *uint64 { return &l.IOWeight }},
}

// Setting is one property to set on a unit. Its text is as in systemctl
// set-property: "MemoryMax=209715200", "CPUWeight=infinity".
type Setting struct {
	Name  string
	Value uint64
}

func (s Setting) String() string {
	if s.Value == Unlimited {
		return s.Name + "=infinity"
	}
	return s.Name + "=" + strconv.FormatUint(s.Value, 10)
}

// MarshalText writes the text.
func (s Setting) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Setting) UnmarshalText(b []byte) error {
	name, value, ok := strings.Cut(string(b), "=")
	n, err := strconv.ParseUint(value, 10, 64)
	if value == "infinity" {
		n, err = Unlimited, nil
	}
	if !ok || err != nil {
		return fmt.Errorf("cannot read %q as a property and its number", b)
	}
	*s = Setting{name, n}
	return nil
}

// limits come before anything else, because polkit may refuse them, and nothing
// has happened then. They act on processes that run, so they restart no one. It
// returns the steps that set them.
func (d *differ) limits() (sets []int) {
	if d.want.Limits.None() && d.opt.Before.None() {
		return nil
	}
	var first int
	for _, unit := range d.limited() {
		set, cause := d.settings(unit)
		if len(set) == 0 {
			continue
		}
		n := d.plan.add(Set, unit, cause, first)
		d.plan.Steps[n-1].Set = set
		d.optional(n)
		if first == 0 {
			first = n // the one that is refused, if any is
		}
		sets = append(sets, n)
	}
	return sets
}

// limited returns the workers whose limits matter, by number: those that are
// wanted, and all others that have kept limits which are not.
func (d *differ) limited() []string {
	var ns []int
	for n := 1; n <= d.want.Workers; n++ {
		if o := d.live.Unit(Worker(n)); !o.Masked() {
			ns = append(ns, n)
		}
	}
	for unit := range d.live.Limits {
		if n, ok := WorkerNumber(unit); ok && n > d.want.Workers && d.want.Workers > 0 {
			ns = append(ns, n)
		}
	}
	slices.Sort(ns)
	names := make([]string, len(ns))
	for i, n := range ns {
		names[i] = Worker(n)
	}
	return names
}

// settings returns what to set on a worker, and why. One that is not wanted
// keeps its limits for the day when it is, but for those that are lifted.
func (d *differ) settings(unit string) (set []Setting, cause string) {
	have, known := d.live.Limits[unit]
	if !known {
		have = Limits{Unlimited, Unlimited, Unlimited, Unlimited, Unlimited}
	}
	n, _ := WorkerNumber(unit)
	var why []string
	for _, p := range LimitProperties {
		is, to := *p.Of(&have), *p.Of(&d.want.Limits)
		switch {
		case to == 0 && *p.Of(&d.opt.Before) == 0: // not ours
			continue
		case to == 0:
			to = Unlimited
		case n > d.want.Workers:
			continue
		}
		if is != to {
			set = append(set, Setting{p.Name, to})
			why = append(why, fmt.Sprintf("%s %s → %s", p.Name, p.text(is), p.text(to)))
		}
	}
	return set, strings.Join(why, ", ")
}

// text is a value for people: sizes as the configuration has them.
func (p LimitProperty) text(n uint64) string {
	if n == Unlimited {
		return "infinity"
	}
	if p.Controller == "memory" {
		return Size(n)
	}
	return strconv.FormatUint(n, 10)
}

// Size is a number of bytes with the largest unit that leaves it whole: "200M".
func Size(n uint64) string {
	for _, u := range []struct {
		of   uint64
		name string
	}{{1 << 30, "G"}, {1 << 20, "M"}, {1 << 10, "K"}} {
		if n != 0 && n%u.of == 0 {
			return strconv.FormatUint(n/u.of, 10) + u.name
		}
	}
	return strconv.FormatUint(n, 10) + "B"
}
