// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"time"

	"kresd-manager/units"
)

// The proof, after a transition: workers have to stay up with it for a while.

const (
	// probation is how long after a change workers that do not stay up speak
	// against it, and patience is how often one may be restarted.
	probation = 10 * time.Minute
	patience  = 5
)

// proof is how the last change proves itself. Only the loop uses it.
type proof struct {
	previous *snapshot // what ran before; nil if there is no way back
	applied  time.Time
	restarts map[string]int // of each unit, at the first look after the change
}

// begin puts a change on probation.
func (p *proof) begin(s *step) {
	p.restarts = nil
	switch {
	case s.blames != "": // there is no way further back
		p.previous, p.applied = nil, time.Now()
	case s.cur.desired.Generation != s.next.desired.Generation:
		p.previous, p.applied = s.cur, time.Now()
		if s.cur.desired.Generation == "" || s.cur.unknown {
			p.previous = nil // to go back to nothing would stop DNS
		}
	}
}

// open means that the change may still be taken back.
func (p *proof) open() bool { return p.previous != nil && time.Since(p.applied) <= probation }

// failed reports whether so many workers have ended by themselves so often since
// the change that the change must be the reason. If most stay up with the same
// configuration, it is something that only the others have: a drop-in, a limit.
func (p *proof) failed(live units.Live, c care) bool {
	if !p.open() {
		return false
	}
	if p.restarts == nil {
		p.restarts = map[string]int{}
		for name, o := range live.Units {
			p.restarts[name] = o.Restarts
		}
	}
	workers, failing := 0, 0
	for name, o := range live.Units {
		if _, worker := units.WorkerNumber(name); !worker || o.Idle() && o.ActiveState != "failed" {
			continue
		}
		workers++
		ill := c[name]
		if o.Restarts-p.restarts[name] >= patience || ill != nil && ill.repairs >= patience && o.ActiveState == "failed" {
			failing++
		}
	}
	return 2*failing > workers
}
