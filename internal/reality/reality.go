// SPDX-License-Identifier: Apache-2.0

// Package reality looks at what systemd does not see: whether workers answer on
// their control sockets, whether the rule database is the one that was written,
// and whether the directories and sockets are there that all of it stands on. It
// changes nothing; what comes of a finding is for package units to plan.
package reality

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"kresd-manager/internal/kresd"
	"kresd-manager/units"
)

// answerTime is how long all workers together have to answer, at the same time.
const answerTime = time.Second

// Options are what an Eye looks at.
type Options struct {
	Rundir string
	// Record is the file in which the Eye keeps what the policy-loader has written,
	// for the next manager.
	Record string
	// Directories are those that must be there.
	Directories []Directory
	// Worker asks a worker what it is.
	Worker func(ctx context.Context, instance string) (kresd.Seen, error)
	// Alive asks a worker for a sign of life, which takes it less time, and returns the
	// process that gave it; nil is to ask Worker.
	Alive func(ctx context.Context, instance string) (pid int, err error)
}

// Eye looks. It is safe for concurrent use.
type Eye struct {
	o Options

	mu      sync.Mutex
	mapped  map[string]mapping // what workers were seen to have mapped, by unit
	rules   written            // what the policy-loader has written
	frozen  map[string]string  // invocations of workers that were frozen, by unit
	sockets []socket
}

// New returns an Eye. It knows the rule database that an earlier one has noted.
func New(o Options) *Eye {
	e := &Eye{o: o, frozen: map[string]string{}, mapped: map[string]mapping{}}
	e.rules = recall(o.Record)
	return e
}

// Look adds to a snapshot what is wrong with the units that run. It waits for the
// workers, not long and for all at the same time.
func (e *Eye) Look(ctx context.Context, live *units.Live) {
	cut := e.directories() != nil
	seen := e.ask(ctx, *live, e.stillMapped(*live, identify(e.database())))
	faults := map[string]units.Fault{}
	e.mu.Lock()
	defer e.mu.Unlock()
	database := identify(e.database())
	e.noteMappedLocked(*live, seen, database)
	gone := e.rulesLocked(*live, database)
	if gone == "" && removedSince(*live, seen) {
		gone = "the rule database is not the one that was loaded: it was removed and made anew"
	}
	if gone != "" {
		f := units.Fault{Kind: units.RulesGone, Why: gone,
			Cost: "a worker that starts, or starts again, has to load them first, and serves no one if it cannot"}
		if cut {
			f.Kind = units.CutOff // there is no place for rules
		}
		faults[units.PolicyLoader] = f
	}
	for unit, s := range seen {
		if f := s.fault(live.Unit(unit), database, gone != "", cut); f.Kind != "" {
			faults[unit] = f
		}
	}
	e.frozenLocked(*live, faults)
	live.Faults = faults
}

// Took notes that a step has been carried out.
func (e *Eye) Took(s units.Step) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch s.Kind {
	case units.Reset:
		delete(e.frozen, s.Unit)
	case units.Load:
		e.rules = written{format, "", identify(e.database())} // of the run that the next look sees
	}
}

// frozenLocked notes which workers are frozen: what is reported to all others, they
// are not told. They are told when they have been thawed.
func (e *Eye) frozenLocked(live units.Live, faults map[string]units.Fault) {
	for unit, o := range live.Units {
		if _, worker := units.WorkerNumber(unit); !worker {
			continue
		}
		switch invocation, was := e.frozen[unit]; {
		case o.Frozen():
			e.frozen[unit] = o.InvocationID
		case !was:
		case invocation != o.InvocationID || !o.Running():
			delete(e.frozen, unit) // another process, which has the rules in force
		case faults[unit].Kind == "":
			faults[unit] = units.Fault{Kind: units.Untold, Why: "was frozen and may not know of the rules in force",
				Cost: "it may answer by old rules"}
		}
	}
}

// database is the path of the rule database.
func (e *Eye) database() string { return filepath.Join(e.o.Rundir, "work", "ruledb", "data.mdb") }
