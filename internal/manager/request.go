// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// The ways in: each makes a transition of what someone asks for, or of files that
// changed, and has the loop carry it out.

// Change carries out a change and returns when it is applied or refused. The
// report says what was planned, also when there is an error.
func (m *Manager) Change(ctx context.Context, c units.Change) (units.Report, error) {
	return m.submit(ctx, &transition{Change: c, asked: true})
}

// Reload reads the configuration file again and applies it.
func (m *Manager) Reload(ctx context.Context, a units.Again) (units.Report, error) {
	t := &transition{Change: again("reload", a), asked: true, file: true, reading: units.ReadHidden}
	t.Edit = func(*config.Document) (*config.Document, error) { return m.read() }
	return m.submit(ctx, t)
}

// Renew applies the running configuration again, with the present content of
// the files that it names.
func (m *Manager) Renew(ctx context.Context, a units.Again) (units.Report, error) {
	t := &transition{Change: again("renew", a), asked: true, renew: true, reading: units.ReadHidden}
	t.Edit = same
	return m.submit(ctx, t)
}

// Rollback makes the configuration of an earlier change the running one. 0 is
// what ran before the last change, whatever that is when its turn comes.
func (m *Manager) Rollback(ctx context.Context, id int, a units.Again) (units.Report, error) {
	t := &transition{Change: again("rollback", a), asked: true, back: true}
	t.Edit = func(*config.Document) (_ *config.Document, err error) {
		t.returnTo = id
		if id == 0 {
			if t.returnTo, err = m.before(); err != nil {
				return nil, err
			}
		}
		t.Cause = fmt.Sprintf("rollback to %d", t.returnTo)
		_, doc, err := m.Entry(t.returnTo)
		return doc, err
	}
	return m.submit(ctx, t)
}

// before is the last change with another configuration than the running one.
func (m *Manager) before() (int, error) {
	if id, ok := m.lastOther(m.Running().ETag()); ok {
		return id, nil
	}
	return 0, &units.NoEntryError{Err: errors.New("the history has no configuration other than the running one")}
}

// Changed has those processes read watched files again that have read something
// else, because something happened to these files. A failure is logged and shown
// by Status; what ran before runs.
func (m *Manager) Changed(ctx context.Context, paths []string) {
	_ = m.do(ctx, func(ctx context.Context) {
		if m.current.Load().desired.Generation == "" {
			return
		}
		r, err := m.transit(ctx, &transition{
			Change: units.Change{
				Cause: "changed: " + strings.Join(paths, ", "),
				Asked: units.Asked{Who: units.Who{Via: units.ViaFiles}},
				Edit:  same,
			},
			began: time.Now(), reading: units.ReadWatched, quiet: true,
		})
		m.tally.count(r, err)
	})
}

// same edits nothing.
func same(d *config.Document) (*config.Document, error) { return d, nil }

// again is a request that takes no value as a change.
func again(cause string, a units.Again) units.Change {
	return units.Change{Cause: cause, Match: a.Match, DryRun: a.DryRun, Force: a.Force, Asked: a.Asked}
}

// submit has the loop carry out a transition.
func (m *Manager) submit(ctx context.Context, t *transition) (r units.Report, err error) {
	t.began = time.Now()
	if t.DryRun {
		return m.dryRun(ctx, t)
	}
	c := m.add(t)
	if t.Numbered != nil && c.ID != 0 {
		t.Numbered(c.ID)
	}
	for {
		select {
		case <-c.done:
			return c.report, c.Err
		default:
		}
		// Whose turn it is decides the order in which they came, and not who of them
		// reaches the loop first.
		if derr := m.doUnless(ctx, c.done, m.carryNext); derr != nil && !m.changes.withdraw(c, derr) {
			<-c.done
		}
	}
}

// carryNext carries out the change that has waited longest. It runs in the loop.
func (m *Manager) carryNext(ctx context.Context) {
	if c := m.changes.take(); c != nil {
		r, err := m.transit(ctx, c.transition)
		m.tally.count(r, err)
	}
}

// dryRun plans a transition and leaves everything as it is. It does not wait for
// the loop: it goes by what ran when it began and by what is live while a change may
// be in progress, so that no one who only asks holds up a change, and no change holds
// up who only asks. It is called by many at a time and changes nothing of the
// Manager.
func (m *Manager) dryRun(ctx context.Context, t *transition) (r units.Report, err error) {
	defer m.survive(t, &err)
	cur := m.current.Load()
	r = units.Report{Cause: t.Cause, DryRun: true, When: t.began, Generation: cur.desired.Generation}
	select {
	case <-m.ended:
		return r, units.ErrStopping
	case <-m.stopped:
		return r, units.ErrStopping
	default:
	}
	s := &step{transition: t, cur: cur, report: &r}
	if err = m.gate(ctx, s); err == nil {
		var live units.Live
		if live, _, err = m.survey(ctx, s); err == nil {
			err = m.planOn(s, live)
		}
	}
	r.Took = units.Seconds(time.Since(r.When))
	return r, err
}

// read reads the configuration files.
func (m *Manager) read() (*config.Document, error) {
	docs := make([]*config.Document, len(m.o.Files))
	for i, path := range m.o.Files {
		var err error
		if docs[i], err = config.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return config.Combine(docs...)
}

// file names the configuration files in one word for people.
func (m *Manager) file() string { return strings.Join(m.o.Files, " ") }
