// SPDX-License-Identifier: Apache-2.0

// Package nagios judges the state of the resolver as a plug-in of Nagios does (Monitoring
// Plugins Development Guidelines): one line, and one of four states. It asks no one and
// reads no clock.
package nagios

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"kresd-manager/units"
)

// State is what a plug-in says; its number is the exit status.
type State int

// States.
const (
	OK State = iota
	Warning
	Critical
	Unknown
)

func (s State) String() string { return [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}[s] }

// worse keeps the worse of two states: critical, warning, unknown, ok.
func (s State) worse(t State) State {
	order := [...]int{OK: 0, Unknown: 1, Warning: 2, Critical: 3}
	if order[t] > order[s] {
		return t
	}
	return s
}

// Limits are where a figure begins to be bad. Cache is percent of the cache in use, Days
// how long the certificate that ends first is still good.
type Limits struct{ Cache, Days float64 }

// Usual limits. kresd's garbage collector begins at 80 % by itself, and Let's Encrypt's
// clients renew a month before the end.
var (
	UsualWarning  = Limits{Cache: 90, Days: 14}
	UsualCritical = Limits{Cache: 98, Days: 3}
)

// ParseLimits reads "cache=80,cert=14" over other limits.
func ParseLimits(s string, l Limits) (Limits, error) {
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		number, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
		if err != nil || math.IsNaN(number) || number < 0 {
			return l, fmt.Errorf("cannot read %q: write cache=PERCENT, cert=DAYS, or both with a comma", part)
		}
		switch name {
		case "cache":
			l.Cache = number
		case "cert":
			l.Days = number
		default:
			return l, fmt.Errorf("there is no limit %q: there are cache=PERCENT and cert=DAYS", name)
		}
	}
	return l, nil
}

// Seen is what is judged.
type Seen struct {
	Status units.Status
	// Cache is nil if no worker told of it.
	Cache *units.CacheStatistics
	Now   time.Time
}

// Judge returns the state and the line.
func Judge(seen Seen, warning, critical Limits) (State, string) {
	j := judgement{}
	s := seen.Status
	serving, wanted := serving(s), s.Workers
	j.workers(s, serving, wanted)
	j.perf("workers", strconv.Itoa(serving), "", "", "0", strconv.Itoa(wanted))
	if seen.Cache == nil {
		j.say(Unknown, "no worker says how full the cache is")
	} else {
		j.above(seen.Cache.Usage, warning.Cache, critical.Cache, fmt.Sprintf("cache %.0f%% full", seen.Cache.Usage))
		j.perf("cache", number(seen.Cache.Usage)+"%", number(warning.Cache), number(critical.Cache), "0", "100")
		j.perf("entries", strconv.FormatInt(seen.Cache.Entries, 10), "", "", "0", "")
	}
	if days, path, any := firstEnd(s, seen.Now); any {
		words := fmt.Sprintf("certificate good for %.0f days", math.Floor(days))
		if days < 0 {
			words = "certificate " + path + " has expired"
		}
		j.above(-days, -warning.Days, -critical.Days, words)
		j.perf("cert_days", number(math.Floor(days)), number(warning.Days)+":", number(critical.Days)+":", "", "")
	}
	degraded := 0
	for _, in := range s.Inputs {
		if in.State == units.InputDegraded {
			degraded++
			j.say(Warning, fmt.Sprintf("the %s %s could not be loaded", in.Kind, in.Path))
		}
	}
	j.perf("degraded_sources", strconv.Itoa(degraded), "", "", "0", "")
	return j.state, j.line()
}

// Failed is the line for a manager that cannot be asked. It is not in the serving path,
// so that no one knows whether the resolver serves.
func Failed(err error) (State, string) {
	return Unknown, Unknown.String() + " - " + plain("the manager cannot be asked: "+err.Error())
}

// Wrong is the line for a command line that makes no sense.
func Wrong(err error) (State, string) { return Unknown, Unknown.String() + " - " + plain(err.Error()) }

// judgement is one in the making.
type judgement struct {
	state State
	bad   []string // words of what is bad, the worst first
	good  []string
	data  []string
}

func (j *judgement) say(s State, words string) {
	switch {
	case s == OK:
		j.good = append(j.good, words)
	case s != j.state && j.state.worse(s) == s:
		j.bad = append([]string{words}, j.bad...)
	default:
		j.bad = append(j.bad, words)
	}
	j.state = j.state.worse(s)
}

// above judges a figure that is bad when it is high.
func (j *judgement) above(value, warning, critical float64, words string) {
	switch {
	case value > critical:
		j.say(Critical, words)
	case value > warning:
		j.say(Warning, words)
	default:
		j.say(OK, words)
	}
}

func (j *judgement) workers(s units.Status, serving, wanted int) {
	words := fmt.Sprintf("%d of %d workers serve", serving, wanted)
	switch {
	case s.State == "stopped":
		j.say(Critical, "the resolver is stopped")
	case s.Down != "":
		j.say(Critical, "the resolver is down: "+s.Down)
	case !s.AsOf.IsZero() || s.State == "unknown":
		j.say(Unknown, "systemd does not answer, so that no one knows which workers serve")
	case wanted > 0 && serving == 0:
		j.say(Critical, words)
	case s.State == "applying":
		j.say(OK, words+", a change is being applied")
	case serving < wanted:
		j.say(Warning, words)
	case s.State != "running":
		j.say(OK, words)
		j.say(Warning, s.State+why(s))
	default:
		j.say(OK, words)
	}
}

// why is the first reason for a degraded state.
func why(s units.Status) string {
	for _, u := range s.Units {
		if u.Active == "failed" {
			return ": " + u.Unit + " has failed"
		}
		if u.Fault != "" {
			return ": " + u.Unit + " runs and does not do what it is for: " + string(u.Fault)
		}
	}
	for _, p := range s.Problems {
		if p.Severity != "warning" {
			return ": " + p.Message
		}
	}
	for _, w := range s.Warnings {
		return ": " + w
	}
	return "; kresctl status says why"
}

// serving counts the workers that do what they are for.
func serving(s units.Status) int {
	n := 0
	for _, u := range s.Units {
		if u.Role == units.RoleWorker && (u.Active == "active" || u.Active == "reloading") && u.Fault == "" && !u.Frozen {
			n++
		}
	}
	return n
}

// firstEnd is the certificate that ends first, and the days until then.
func firstEnd(s units.Status, now time.Time) (days float64, path string, any bool) {
	for _, in := range s.Inputs {
		if in.Expires.IsZero() {
			continue
		}
		if d := in.Expires.Sub(now).Hours() / 24; !any || d < days {
			days, path, any = d, in.Path, true
		}
	}
	return days, path, any
}

func number(f float64) string { return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64) }

func (j *judgement) perf(name, value string, rest ...string) {
	j.data = append(j.data, strings.TrimRight(name+"="+value+";"+strings.Join(rest, ";"), ";"))
}

func (j *judgement) line() string {
	words := append(j.bad, j.good...)
	return j.state.String() + " - " + plain(strings.Join(words, ", ")) + " | " + strings.Join(j.data, " ")
}

// plain keeps a text on one line, and free of the sign that begins the figures.
func plain(s string) string {
	return strings.NewReplacer("|", "/", "\n", " ", "\r", " ").Replace(strings.TrimSpace(s))
}
