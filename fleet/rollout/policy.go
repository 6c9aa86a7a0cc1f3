// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Policy is how a rollout goes on, and when it does not.
type Policy struct {
	// Rings are parts of the fleet that follow one another. A host belongs to the first
	// that fits.
	Rings []Match `json:"rings"`
	// Steps divide the last ring: how many of its hosts have the release after each.
	Steps []Amount `json:"steps"`
	// HostSoak is for how long a host proves a release before it keeps it, and Soak for
	// how long a stage is watched before the next one.
	HostSoak Duration `json:"host-soak"`
	Soak     Duration `json:"soak"`
	// MaxParallel is how many hosts are between start and proof at a time. It is never
	// more than half of the hosts, and at least 1.
	MaxParallel Amount `json:"max-parallel"`
	// Spread is a tag, such as site: of hosts that have the same value of it, no two are in
	// flight at a time, going forward or back. Those that are away do not count. "" is none.
	Spread string `json:"spread,omitempty"`
	// MaxFailed is how many hosts may refuse or fail before all go back, and MaxMissing
	// how many may be away. The canary ring has none to lose.
	MaxFailed  Amount `json:"max-failed"`
	MaxMissing Amount `json:"max-missing"`
	// ProgressDeadline pauses a rollout in which nothing happens.
	ProgressDeadline Duration `json:"progress-deadline"`
	// Jitter is for how long at most a host waits before it goes back.
	Jitter Duration `json:"jitter"`
	// MinQueries is how many queries a host must have answered in its soak, so that
	// shares of them mean something; less is no data. MaxServFail is by how many points
	// of a percent the share of SERVFAIL may rise.
	MinQueries  int     `json:"min-queries"`
	MaxServFail float64 `json:"max-servfail-rise"`
	// OnInconclusive is what a host that has no data does to the rollout.
	OnInconclusive string `json:"on-inconclusive"`
	// Gate is an expression of PromQL that whoever decides asks: while it has a value of 0,
	// or none, no host starts. "" is none. It is not asked once the rollout is done.
	Gate string `json:"gate,omitempty"`
	// Enforce has hosts drop local edits of what the release configures.
	Enforce bool `json:"enforce,omitempty"`
}

// Values of OnInconclusive.
const (
	InconclusivePauses = "pause"
	InconclusivePasses = "accept" // the probes alone decide
)

// DefaultPolicy is for a fleet that has said nothing.
func DefaultPolicy() Policy {
	return Policy{
		Rings: []Match{"ring=canary", "*"}, Steps: []Amount{"1", "5%", "25%", "100%"},
		HostSoak: Duration(time.Minute), Soak: Duration(10 * time.Minute),
		MaxParallel: "20", MaxFailed: "1%", MaxMissing: "10%",
		ProgressDeadline: Duration(30 * time.Minute), Jitter: Duration(30 * time.Second),
		MinQueries: 100, MaxServFail: 2, OnInconclusive: InconclusivePauses,
	}
}

// Bounds of a policy. A record is small because it has few rings.
const (
	maxRings = 16
	maxSteps = 32
	maxGate  = 1024
	maxTime  = 7 * 24 * time.Hour // what the manager takes for confirm-within
)

// Check says what is wrong with a policy.
func (p Policy) Check() error {
	if len(p.Rings) < 1 || len(p.Rings) > maxRings {
		return fmt.Errorf("rings: a policy has 1 to %d, not %d", maxRings, len(p.Rings))
	}
	for _, m := range p.Rings {
		if err := m.Check(); err != nil {
			return fmt.Errorf("rings: %w", err)
		}
	}
	if last := p.Rings[len(p.Rings)-1]; last != "*" {
		return fmt.Errorf(`rings: the last one is "*", so that no host is left out, not %q`, last)
	}
	if len(p.Steps) < 1 || len(p.Steps) > maxSteps {
		return fmt.Errorf("steps: a policy has 1 to %d, not %d", maxSteps, len(p.Steps))
	}
	for name, amounts := range map[string][]Amount{
		"steps": p.Steps, "max-parallel": {p.MaxParallel}, "max-failed": {p.MaxFailed}, "max-missing": {p.MaxMissing},
	} {
		for _, a := range amounts {
			if _, _, err := a.parse(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if last := p.Steps[len(p.Steps)-1]; last != "100%" {
		return fmt.Errorf("steps: the last one is 100%%, so that the rollout comes to an end, not %s", last)
	}
	for name, d := range map[string]Duration{
		"host-soak": p.HostSoak, "soak": p.Soak, "progress-deadline": p.ProgressDeadline, "jitter": p.Jitter,
	} {
		if d < 0 || d.Duration() > maxTime {
			return fmt.Errorf("%s: %s is not between 0s and a week", name, d)
		}
	}
	if p.ProgressDeadline.Duration() <= p.HostSoak.Duration() {
		return fmt.Errorf("progress-deadline: %s is not longer than host-soak, %s: every host would be too late", p.ProgressDeadline, p.HostSoak)
	}
	if len(p.Gate) > maxGate || strings.ContainsFunc(p.Gate, unicode.IsControl) {
		return fmt.Errorf("gate: an expression has at most %d bytes, in one line", maxGate)
	}
	if p.Spread != "" && (Match(p.Spread).Check() != nil || strings.ContainsAny(p.Spread, "*=")) {
		return fmt.Errorf("spread: %q is not the name of a tag", p.Spread)
	}
	switch {
	case p.MinQueries < 0:
		return errors.New("min-queries: it is a number of queries, from 0")
	case math.IsNaN(p.MaxServFail) || p.MaxServFail < 0 || p.MaxServFail > 100:
		return errors.New("max-servfail-rise: it is points of a percent, from 0 to 100")
	case p.OnInconclusive != InconclusivePauses && p.OnInconclusive != InconclusivePasses:
		return fmt.Errorf("on-inconclusive: %q is neither %s nor %s", p.OnInconclusive, InconclusivePauses, InconclusivePasses)
	}
	return nil
}

// place is what no two hosts in flight may share, "" for nothing.
func (p Policy) place(h Host) string {
	if p.Spread == "" {
		return ""
	}
	return h.Tags[p.Spread]
}

// Ring is the number of the ring of a host.
func (p Policy) Ring(tags Tags) int {
	for i, m := range p.Rings {
		if m.Of(tags) {
			return i
		}
	}
	return -1
}

// stages is how many there are: that of the canary host, each ring but the last, and
// the steps of the last.
func (p Policy) stages() int { return 1 + len(p.Rings) - 1 + len(p.Steps) }

// parallel is how many of n hosts may be in flight: never all of them.
func (p Policy) parallel(n int) int { return max(1, min(p.MaxParallel.Of(n), n/2)) }

// Amount is a number of hosts, "20", or a share of them, "5%".
type Amount string

const maxAmount = 1_000_000

func (a Amount) parse() (n float64, percent bool, err error) {
	text, percent := strings.CutSuffix(string(a), "%")
	if percent {
		n, err = strconv.ParseFloat(text, 64)
		if err == nil && !(n >= 0 && n <= 100) { // NaN, too
			err = strconv.ErrRange
		}
	} else {
		var whole uint64
		whole, err = strconv.ParseUint(text, 10, 32)
		n = float64(whole)
		if whole > maxAmount {
			err = strconv.ErrRange
		}
	}
	if err != nil || len(a) > 16 {
		return 0, false, fmt.Errorf("%q is neither a number of hosts, as 20, nor a share of them, as 5%%", a)
	}
	return n, percent, nil
}

// Of is how many of n hosts that is, rounded down: a limit is never exceeded.
func (a Amount) Of(n int) int {
	v, percent, err := a.parse()
	if err != nil {
		return 0
	}
	if percent {
		return int(math.Floor(v*float64(n)/100 + 1e-9))
	}
	return int(v)
}

// UnmarshalJSON takes a bare number, too.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var text string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*a = Amount(text)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*a = Amount(n)
	return nil
}

// Duration is written as 90s or 10m.
type Duration time.Duration

// Duration is it.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a time, as 90s or 10m", text)
	}
	*d = Duration(v)
	return nil
}
