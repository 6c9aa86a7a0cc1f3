// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/units"
)

// The commit, the last part of a transition: what came of it becomes what everyone
// sees, in the status, in the history, and in what the next manager finds.

// keptGenerations is how many generations stay on disk beside those in use.
const keptGenerations = 8

// commit ends a transition, with the error that it failed for or nil. It returns
// what is answered.
func (m *Manager) commit(s *step, err error) error {
	r := s.report
	r.Took = units.Seconds(time.Since(s.began))
	switch {
	case s.next != nil && s.next == s.cur:
		m.repaired(s, err)
	case err == nil || s.begun:
		m.applied(s, err)
	default:
		m.refused(s, err)
		return err
	}
	return nil
}

// applied makes a configuration the running one. An error tells that not all of it
// could be done, and that it is the running one all the same.
func (m *Manager) applied(s *step, err error) {
	next, r := s.next, s.report
	if err != nil {
		m.log(s).Error("the change is incomplete; the rest is being repaired", "cause", s.Cause, "error", err)
		m.Drifted("")
		r.Error = err.Error()
		if s.blames != "" {
			r.RollbackError = r.Error
		}
	}
	if s.blames != "" {
		r.Error = s.blames
	}
	// What did not act reads the same text in the new generation.
	if err := m.o.Store.LinkAll(next.desired.Generation); err != nil {
		m.log(s).Error("cannot switch all components; some read an older generation of the same content", "error", err)
	}
	m.tellSources(s, next.desired)
	next.report = r
	if !s.held {
		next.down = ""
	}
	taken := m.takenBack(s)
	m.remember(s)
	m.undone(taken, r.Entry)
	m.wayBack(s)
	m.settlePromise(s)
	m.current.Store(next)
	m.watch(next)
	if err == nil {
		m.applying.forget()
	}
	m.proof.begin(s)
	clear(m.care)
	m.tell(units.Event{Kind: units.EventApplied, Cause: s.Cause, Generation: r.Generation, Took: r.Took, Error: r.Error})
	m.tellApplied(s)
	if s.held {
		m.log(s).Warn("nothing was started, because kresd.target is stopped; to start it: systemctl start " + units.Target)
	}
	for _, line := range r.Taken {
		m.log(s).Info(line)
	}
	if r.Drops != "" {
		m.log(s).Warn(r.Drops)
	}
	forBoot := s.file && !m.waiting() || s.blames != "" && m.o.Store.BootGeneration() == s.cur.desired.Generation
	gen := s.gen
	m.later = append(m.later, func() { m.keep(gen, next.running, forBoot) }, m.tellProblems)
	m.tellStatus()
}

// refused leaves what ran the running configuration.
func (m *Manager) refused(s *step, err error) {
	r := s.report
	m.endApplying(r)
	s.staged.Drop()
	if werr := m.promise.Withdraw(); werr != nil {
		m.log(s).Error("cannot delete the record that the failed change waits to be confirmed", "error", werr)
	}
	if !s.concerns {
		return
	}
	r.Error = err.Error()
	m.rememberFailed(s)
	m.tell(units.Event{Kind: units.EventRefused, Cause: s.Cause, Generation: r.Generation, Took: r.Took, Error: r.Error})
	kept := *s.cur
	kept.report = r
	kept.refused = kept.refused || s.file
	m.current.Store(&kept)
	m.watch(&kept)
	m.tellFailed(s, err)
}

// endApplying notes that a change has come to its end, unless something of it is left:
// the next manager has to know then.
func (m *Manager) endApplying(r *units.Report) {
	if r.RollbackError == "" && !m.rulesUnsure.Load() {
		m.applying.forget()
	}
}

// repaired notes what came of a repair.
func (m *Manager) repaired(s *step, err error) {
	if err != nil {
		s.report.Error = err.Error()
	}
	m.tellRepaired(s, err)
	if r := s.cur.report; err == nil && r != nil {
		m.endApplying(r)
	}
	m.tellSources(s, s.cur.desired)
	next := *s.cur
	next.repaired = s.report
	m.current.Store(&next)
	m.watch(&next)
	m.tell(units.Event{Kind: units.EventRepaired, Cause: s.Cause, Generation: s.report.Generation, Took: s.report.Took, Error: s.report.Error})
	m.tellStatus()
}

// keep does what a change leaves to do when its asker has been answered: the
// disk may be slow.
func (m *Manager) keep(gen generation.Generation, running *config.Running, forBoot bool) {
	if forBoot {
		m.saveBoot(gen, running)
	}
	if err := m.o.Store.Prune(keptGenerations); err != nil {
		m.o.Log.Warn("cannot tidy up", "error", err)
	}
}

// saveBoot makes a configuration the one that serves after the next boot; its
// generation is made anew if it is not given. Status tells for as long as that did
// not succeed.
func (m *Manager) saveBoot(gen generation.Generation, running *config.Running) {
	var err error
	if gen.Desired.Generation == "" {
		var c *config.Config
		if c, err = running.Config(m.o.Host); err == nil {
			gen = m.make(c)
		}
	}
	if err == nil {
		err = m.o.Store.SaveBoot(gen)
	}
	fault := ""
	if err != nil {
		m.o.Log.Error("cannot keep the configuration for the next boot", "error", err)
		fault = "the next boot begins with an older configuration: " + err.Error()
	}
	m.bootFault.Store(&fault)
}
