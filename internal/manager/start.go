// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"kresd-manager/internal/carry"
	"kresd-manager/internal/config"
	"kresd-manager/internal/input"
	"kresd-manager/internal/message"
	"kresd-manager/units"
)

// The start: which transition a manager begins with.

// Start adopts what runs, or applies the configuration file where nothing runs
// or the file has changed. Workers that already run the wanted configuration
// are not touched. It must be called once, before Run.
//
// The file is the truth at a start, but not after a crash: a manager that died and
// is started by systemd comes back to exactly what ran, and an edit of the file
// that no one asked to be applied waits for a reload. What the administrator stopped as a whole stays so.
//
// When the context ends, no further step is begun, and the error wraps
// [units.ErrCanceled]; what has been started goes on.
func (m *Manager) Start(ctx context.Context) (err error) {
	defer func() {
		// A question that was given up fails for that.
		if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) && !errors.Is(err, units.ErrCanceled) {
			err = fmt.Errorf("%w: %w", units.ErrCanceled, err)
		}
	}()
	if err := awaitSystemd(ctx, m.o.Systemd, m.o.Log); err != nil {
		return err
	}
	lock, err := lockRundir(m.o.Rundir)
	if err != nil {
		return err
	}
	m.lock = lock
	m.sweep()
	if err := ticketSecret(m.o.Render.TicketSecret); err != nil {
		return fmt.Errorf("cannot make the secret for TLS session tickets: %w", err)
	}
	defer m.o.Pulse.Task()()

	m.recall()
	m.recallInputs()
	if err := m.o.Store.Strict("", nil); err != nil {
		m.o.Log.Warn(err.Error())
	}
	starts := m.wasStopped()
	var report units.Report
	t, err := m.first(ctx)
	if err == nil {
		t.starts = starts
		report, err = m.transit(ctx, t)
	}
	if err != nil && t != nil && ctx.Err() == nil && m.stoppedMeanwhile(ctx) {
		// Who stopped it means this start, too, whatever it failed for: it is not tried
		// again, and the manager is there for the next one.
		m.forgetStopped()
		m.o.Log.Warn(units.ErrTargetStopped.Error())
		held := *t
		held.number, held.record, held.starts, held.stays = 0, nil, false, true
		_, err = m.transit(ctx, &held)
	}
	if err == nil && (m.died || m.resumes) && m.byHand(ctx) {
		// Whoever starts the manager by hand means the file.
		if file, ferr := m.read(); ferr != nil || file.ETag() != m.current.Load().fileETag {
			t = m.fromFile()
			_, err = m.transit(ctx, t)
		}
	}
	if err != nil && t != nil && t.file && !m.fresh && ctx.Err() == nil && !FaultOfFile(err) {
		// Something else is in the way, as a full disk. What ran serves meanwhile.
		m.o.Log.Error("cannot apply what the file holds; keeping what ran", "error", err)
		t = m.adoption(m.current.Load(), true)
		t.starts = starts
		_, err = m.transit(ctx, t)
	}
	if err != nil {
		// No one else writes down what was refused.
		return errors.Join(err, m.past().Flush())
	}
	// One that was ended before its first job leaves all to the next.
	if ctx.Err() == nil || report.Error == "" || m.o.Systemd.Mark() > 0 {
		m.forgetStopped()
	}
	m.forgetPromiseOfAPI()
	m.startPromise(ctx)
	m.started = true
	if !m.rest.Empty() {
		m.busy.Add(1) // until it is done
	}
	m.later = append(m.later, m.tellProblems)
	return nil
}

// startRest starts what of the start no one waits for: DNS is served, and systemd has been
// told so. What fails is repaired like anything else.
func (m *Manager) startRest(ctx context.Context) {
	plan := m.rest
	m.rest = units.Plan{}
	if plan.Empty() {
		return
	}
	defer m.busy.Add(-1)
	if ctx.Err() != nil {
		return
	}
	defer m.o.Pulse.Task()()
	err := error(nil)
	defer func() {
		if err != nil {
			m.o.Log.Error("cannot start all that can be done without; the rest is being repaired", "error", err)
			m.Drifted("")
		}
	}()
	defer m.survive(&transition{Change: units.Change{Cause: "start"}}, &err)
	under, end := m.cancelable(ctx, false)
	defer end()
	err = m.carry(under, plan, m.current.Load().desired, carry.Mode{Serving: true}, false)
}

// stoppedMeanwhile reports whether someone has stopped all since this manager began.
func (m *Manager) stoppedMeanwhile(ctx context.Context) bool {
	target, err := m.o.Systemd.ObserveUnit(ctx, units.Target)
	comes := target.JobType == "start" || target.JobType == "restart"
	return err == nil && !target.Serving() && !comes && m.o.Systemd.Mark() > 0
}

// first is the transition that a start begins with.
func (m *Manager) first(ctx context.Context) (*transition, error) {
	running, clean, ok := m.recorded()
	m.rulesUnsure.Store(ok && !clean || m.applying.left() != nil)
	if !ok {
		m.fresh = true
		if err := m.adoptLinked(ctx); err != nil {
			return nil, err
		}
		return m.fromFileOrBefore(), nil
	}
	m.current.Store(running)
	if err := m.serves(running); err != nil {
		m.o.Log.Error("cannot restore what ran before; starting with the file", "error", err)
		return m.fromFile(), nil
	}
	if !clean {
		m.died = true
		m.o.Log.Warn("the previous manager crashed or was killed; keeping what runs")
	}
	if !clean || m.resumes {
		return m.adoption(running, clean), nil
	}
	file, err := m.read()
	switch {
	case err != nil && m.waiting(): // what was promised does not depend on the file
		m.o.Log.Error("cannot read the file; keeping what runs, because a change waits to be confirmed", "error", err)
		return m.adoption(running, clean), nil
	case err == nil && file.ETag() == running.fileETag:
		return m.adoption(running, clean), nil
	}
	return m.fromFile(), nil
}

// fromFile is the transition to what the file holds.
func (m *Manager) fromFile() *transition {
	return &transition{
		Change: units.Change{
			Cause: "start",
			Asked: units.Asked{Who: units.Who{Via: units.ViaStart}},
			Edit:  func(*config.Document) (*config.Document, error) { return m.read() },
		},
		began: time.Now(), file: true, tolerant: true, reading: units.ReadAll,
	}
}

// fromFileOrBefore is for a start without a record of what ran, as after a boot: from
// the file, unless what it holds was to be confirmed and was not.
func (m *Manager) fromFileOrBefore() *transition {
	p := m.overdue()
	if p == nil || p.FileETag == "" {
		return m.fromFile()
	}
	if file, err := m.read(); err == nil && file.ETag() != p.FileETag {
		return m.fromFile()
	}
	m.o.Log.Warn("the file holds a change that no one confirmed; starting with what ran before it", message.About{Kind: message.ChangeUndone, Change: p.Entry}.Attr())
	t := m.undoing(p, fmt.Sprintf("start: change %d, which the file holds, was not confirmed in time", p.Entry))
	t.fileETag = p.FileETag
	return t
}

// forgetPromiseOfAPI ends, at the first start after a boot, what was promised for a
// change over the API: it is gone by the boot.
func (m *Manager) forgetPromiseOfAPI() {
	p := m.promise.Open()
	if !m.fresh || p.Waiting() == nil || p.FileETag != "" {
		return
	}
	m.o.Log.Warn(fmt.Sprintf("change %d was not confirmed and is undone by the reboot", p.Entry), message.About{Kind: message.ChangeUndone, Change: p.Entry}.Attr())
	if err := m.promise.Keep(nil); err != nil {
		m.o.Log.Error("cannot delete the record that a change waits to be confirmed", "error", err)
	}
}

// adoption makes sure that what ran before runs. A manager that died may have
// switched links for a change that it did not carry out, or have left workers that
// have not been told of new rules.
func (m *Manager) adoption(running *snapshot, clean bool) *transition {
	left := m.applying.left()
	tried := m.triedLimits(left)
	m.learn(running)
	cause := "start: what ran before"
	if left != nil {
		cause = fmt.Sprintf("start: what ran before %s, which the end of the manager interrupted", left.Cause)
		m.o.Log.Warn("going back to what ran before a change that was interrupted", "cause", left.Cause, "begun", left.When)
	}
	// What changed while no one was there counts as at a start; what no one asked
	// for waits.
	reading := units.ReadAll
	if !clean || m.resumes {
		reading = units.ReadWatched
	}
	adopted := *running
	return &transition{
		Change: units.Change{Cause: cause, Asked: units.Asked{Who: units.Who{Via: units.ViaStart}}},
		to:     &adopted, began: time.Now(), proven: true, tolerant: true, keeps: true, reading: reading, tried: &tried,
	}
}

// errUnlearned is the fault of a configuration that ran before this manager.
var errUnlearned = errors.New("what the configuration means has not been looked at yet")

// unlearned is a document in force that this manager has not let into force.
func unlearned(doc *config.Document) *config.Running {
	return &config.Running{Document: doc, Fault: errUnlearned}
}

// learn validates such a document, which no one waits for before it is needed.
func (m *Manager) learn(s *snapshot) {
	if s.running.Fault == nil {
		return
	}
	c, err := s.running.Config(m.o.Host)
	if err != nil {
		s.running = &config.Running{Document: s.running.Document, Fault: err}
		return
	}
	s.desired.Inputs = input.Named(c)
	s.running, s.files = s.running.Document.Running(c), m.namedBy(s.running.Document)
}

// byHand reports whether someone started this manager: systemd did not because
// the one before died, nor because of a request. In doubt no one did.
func (m *Manager) byHand(ctx context.Context) bool {
	if m.o.Woken {
		return false
	}
	o, err := m.o.Systemd.ObserveUnit(ctx, units.Manager)
	return err == nil && o.MainPID == os.Getpid() && o.Restarts == 0
}

// serves says why the manager cannot come back to a configuration, whatever the
// file holds by now: it could not be reached, or does not know what it means. A
// record like that would lock it out for good.
func (m *Manager) serves(s *snapshot) error {
	if m.learn(s); s.running.Fault != nil {
		return s.running.Fault
	}
	return m.o.Served(s.running.Management)
}

// adoptLinked learns what runs when no record tells, as after a boot: a start
// that fails must restore it, and must stop nothing if it cannot be known.
func (m *Manager) adoptLinked(ctx context.Context) error {
	live, err := m.o.Systemd.Observe(ctx, units.Scope{Brief: true})
	if err != nil {
		return err
	}
	if len(live.Workers()) == 0 {
		return nil
	}
	s := *m.current.Load()
	s.desired, err = m.o.Store.Adopt()
	if err != nil {
		m.o.Log.Warn("cannot tell which configuration the workers run", "error", err)
		s.unknown = true
	} else if doc := m.documentOf(s.desired.Generation); doc != nil {
		s.running = unlearned(doc)
	}
	m.current.Store(&s)
	return nil
}

// End notes that this manager ends in an orderly way. Call it after Run.
func (m *Manager) End() {
	select {
	case <-m.stopped:
		return // nothing runs
	default:
	}
	m.Leave()
	if s := m.current.Load(); s.desired.Generation != "" {
		m.keepInputs()
		m.doLater()
		// What is half-way is for the next manager to find out.
		if err := m.record(s, !m.failed.Load() && m.applying.left() == nil); err != nil {
			m.o.Log.Error("cannot record the running configuration", "error", err)
		}
	}
}
