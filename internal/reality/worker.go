// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"kresd-manager/internal/kresd"
	"kresd-manager/units"
)

// atOnce is how many workers are asked at the same time.
const atOnce = 64

// answer is what a worker said, or why it did not.
type answer struct {
	seen kresd.Seen
	err  error
}

// mapping is the rule database that a process was seen to have open.
type mapping struct {
	invocation string
	line       string // see kresd.Seen
	inode      uint64
}

// stillMapped returns what workers have mapped without asking them: a worker opens the
// rule database once, and no file of that file system ever gets the number of another
// one. So as long as the file is the one that the worker has mapped, it has.
func (e *Eye) stillMapped(live units.Live, database identity) map[string]string {
	if e.o.Alive == nil || !database.plain || database.Inode == 0 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	lines := map[string]string{}
	for unit, m := range e.mapped {
		if m.inode == database.Inode && m.invocation == live.Unit(unit).InvocationID {
			lines[unit] = m.line
		}
	}
	return lines
}

// noteMappedLocked notes which workers have the rule database mapped that is there.
func (e *Eye) noteMappedLocked(live units.Live, seen map[string]answer, database identity) {
	clear(e.mapped)
	for unit, a := range seen {
		o := live.Unit(unit)
		if a.err == nil && a.seen.RuleDB != "" && o.InvocationID != "" && a.seen.PID == o.MainPID && database.Inode != 0 && !astray(a.seen.RuleDB, database) {
			e.mapped[unit] = mapping{o.InvocationID, a.seen.RuleDB, database.Inode}
		}
	}
}

// ask asks all workers that run and can answer, those with a known mapping of the rule
// database for a sign of life only.
func (e *Eye) ask(ctx context.Context, live units.Live, mapped map[string]string) map[string]answer {
	patient, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	answers := map[string]answer{}
	turn := make(chan struct{}, atOnce)
	for unit, o := range live.Units {
		if _, worker := units.WorkerNumber(unit); !worker || !o.Running() || o.InTransition() || o.Frozen() {
			continue
		}
		all.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			seen, err := e.askOne(patient, unit, mapped[unit])
			if err != nil && ctx.Err() != nil {
				return // no one has waited for the answer
			}
			mu.Lock()
			defer mu.Unlock()
			answers[unit] = answer{seen, err}
		})
	}
	all.Wait()
	return answers
}

func (e *Eye) askOne(ctx context.Context, unit, mapped string) (kresd.Seen, error) {
	if mapped == "" {
		return e.o.Worker(ctx, units.Instance(unit))
	}
	pid, err := e.o.Alive(ctx, units.Instance(unit))
	return kresd.Seen{PID: pid, RuleDB: mapped}, err
}

// costs of a worker that cannot be reached.
const (
	costMute = "it cannot be notified of new rules, and counts are missing from the statistics"
	costSlow = "it may be busy; while it lasts it cannot be notified of new rules"
)

// fault says what is wrong with a worker, nothing if all is well. cut means that
// the directory of the control sockets is not as it must be, which a restart does
// not change.
func (a answer) fault(o units.Observed, database identity, gone, cut bool) units.Fault {
	why := a.unreachable(o.MainPID)
	var lua *kresd.LuaError
	switch {
	case why != "" && cut:
		return units.Fault{Kind: units.CutOff, Why: why, Cost: costMute}
	case why != "":
		return units.Fault{Kind: units.Mute, Why: why, Cost: costMute}
	case errors.As(a.err, &lua):
		return units.Fault{} // it answers, in words of its own
	case a.err != nil:
		return units.Fault{Kind: units.Slow, Why: "does not answer on its control socket within " + answerTime.String(), Cost: costSlow}
	case !cut && astray(a.seen.RuleDB, database):
		return units.Fault{Kind: units.Astray, Why: "has a rule database open that was removed", Cost: "new rules do not reach it"}
	case !cut && gone:
		return units.Fault{Kind: units.Astray, Why: "has opened a rule database without the rules", Cost: "it has no rules, or old ones"}
	}
	return units.Fault{}
}

// unreachable says why no one will ever reach the worker, "" if that is not sure.
func (a answer) unreachable(pid int) string {
	switch {
	case errors.Is(a.err, fs.ErrNotExist):
		return "does not answer on its control socket, which is gone"
	case errors.Is(a.err, syscall.ECONNREFUSED):
		return "does not answer on its control socket: nothing listens there"
	case errors.Is(a.err, fs.ErrPermission):
		return "does not answer on its control socket, which kresd-manager may not open"
	case errors.Is(a.err, syscall.ELOOP), errors.Is(a.err, syscall.ENOTDIR), errors.Is(a.err, syscall.EPROTOTYPE):
		return "does not answer on its control socket: something else is in its place"
	case a.seen.PID != 0 && pid != 0 && a.seen.PID != pid:
		return "does not answer on its control socket: another process listens there"
	}
	return ""
}

// astray reports whether the rule database that a worker has mapped, a line of
// proc_pid_maps(5), is not the one that is there. On some file systems the number
// in that line is not the one of stat(2), so it counts only where it is the same.
func astray(mapped string, there identity) bool {
	if deleted(mapped) {
		return true
	}
	f := strings.Fields(mapped)
	if len(f) < 6 || !there.plain {
		return false
	}
	inode, err := strconv.ParseUint(f[4], 10, 64)
	return err == nil && inode != there.Inode
}

func deleted(mapped string) bool { return strings.HasSuffix(mapped, " (deleted)") }
