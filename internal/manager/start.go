// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
	"kresd-manager/internal/input"
	"kresd-manager/units"
)

// Errors that Start ends with.
var (
	ErrStock  = errors.New(units.Stock + " is active and uses the same run directory and addresses; stop it for good first: systemctl mask --now " + units.Stock)
	ErrLocked = errors.New("another manager uses the run directory")
)

// CheckStock returns ErrStock while the stock service runs or is starting.
func CheckStock(ctx context.Context, s Systemd) error {
	state, err := s.StockState(ctx)
	if err != nil {
		return err
	}
	switch state {
	case "", "inactive", "failed":
		return nil
	}
	return ErrStock
}

// Times of a start without a bus. A bus that is being restarted comes back soon;
// to end at once would use up the starts that systemd allows before it gives up.
const (
	startPatience = 20 * time.Second // less than TimeoutStartSec= and TimeoutStopSec=
	startPause    = 500 * time.Millisecond
)

// awaitSystemd is CheckStock once systemd can be asked.
func (m *Manager) awaitSystemd(ctx context.Context) error {
	end := time.Now().Add(startPatience)
	for said := false; ; {
		err := CheckStock(ctx, m.o.Systemd)
		if !errors.Is(err, units.ErrUnavailable) || time.Now().After(end) {
			return err
		}
		if !said {
			m.o.Log.Warn("waiting for systemd", "error", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startPause):
		}
	}
}

// lockRundir keeps other managers, the stock one included, out of the run
// directory for as long as this process lives.
func (m *Manager) lockRundir() error {
	path := filepath.Join(m.o.Rundir, ".lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o660)
	if err != nil {
		return fmt.Errorf("cannot lock the run directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("%w: %s is locked", ErrLocked, path)
		}
		return fmt.Errorf("cannot lock %s: %w", path, err)
	}
	m.lock = f // never closed: the lock ends with the process
	return nil
}

// ticketSecret makes the secret of TLS session tickets unless it is there: all
// workers share it, also those that restart by themselves.
func (m *Manager) ticketSecret() error {
	path := m.o.Render.TicketSecret
	if path == "" {
		return nil
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	return durable.Write(path, []byte(hex.EncodeToString(secret)), 0o640)
}

// Start adopts what runs, or applies the configuration file where nothing runs
// or the file has changed. Workers that already run the wanted configuration
// are not touched. It must be called once, before Run.
//
// The file is the truth at a start, but not after a crash: a manager that died
// comes back to exactly what ran, and an edit of the file that nobody asked to
// be applied waits for a reload.
//
// When the context ends, no further step is begun, and the error wraps
// [units.ErrCanceled]; what has been started goes on.
func (m *Manager) Start(ctx context.Context) error {
	if err := m.awaitSystemd(ctx); err != nil {
		return err
	}
	if err := m.lockRundir(); err != nil {
		return err
	}
	if err := m.ticketSecret(); err != nil {
		return fmt.Errorf("cannot make the secret for TLS session tickets: %w", err)
	}
	stop := m.askForTime()
	defer stop()

	m.recall()
	m.recallInputs()
	if err := m.begin(ctx); err != nil {
		return err
	}
	m.startPromise(ctx)
	m.started = true
	m.later = append(m.later, m.tellProblems)
	return nil
}

// begin is the part of Start that brings a configuration into force.
func (m *Manager) begin(ctx context.Context) error {
	running, clean, ok := m.recorded()
	if !ok {
		if err := m.adoptLinked(ctx); err != nil {
			return err
		}
		return m.startFresh(ctx)
	}
	m.current.Store(running)
	if !clean {
		m.o.Log.Warn("the previous manager did not end in an orderly way; keeping what runs")
		return m.adopt(ctx, running, clean)
	}
	if m.resumes {
		return m.adopt(ctx, running, clean)
	}
	file, err := m.read()
	if err != nil {
		if m.waiting() { // what was promised does not depend on the file
			m.o.Log.Error("cannot read the file; keeping what runs, because a change waits to be confirmed", "error", err)
			return m.adopt(ctx, running, clean)
		}
		return err
	}
	if file.ETag() == running.fileETag {
		return m.adopt(ctx, running, clean)
	}
	return m.startFromFile(ctx)
}

func (m *Manager) startFromFile(ctx context.Context) error {
	_, err := m.change(ctx, change{
		Change: units.Change{
			Cause: "start",
			Asked: units.Asked{Who: units.Who{Via: units.ViaStart}},
			Edit:  func(*config.Document) (*config.Document, error) { return m.read() },
		},
		fromFile: true,
		tolerant: true,
	}, time.Now())
	return err
}

// adopt makes sure that what ran before runs. It does not render anew, so that
// a manager that renders otherwise, after an upgrade, restarts no worker.
func (m *Manager) adopt(ctx context.Context, running *snapshot, clean bool) error {
	began := time.Now()
	left := m.interrupted()
	tried := m.triedLimits(left)
	m.learn(running)
	live, err := m.look(ctx, running.desired, tried)
	if err != nil {
		return err
	}
	// A manager that died may have switched links for a change that it did not
	// carry out, or have left workers that have not been told of new rules.
	if err := m.o.Store.LinkAll(running.desired.Generation); err != nil {
		return err
	}
	m.rulesUnsure.Store(m.rulesUnsure.Load() || !clean)
	cause := "start: what ran before"
	if a := left; a != nil {
		cause = fmt.Sprintf("start: what ran before %s, which the end of the manager interrupted", a.Cause)
		m.o.Log.Warn("going back to what ran before a change that was interrupted", "change", a.Cause, "begun", a.When)
	}
	// What changed while no one was there counts as at a start; what nobody asked
	// for waits.
	reading := units.ReadAll
	if !clean || m.resumes {
		reading = units.ReadWatched
	}
	r := units.Report{
		Plan:       units.Diff(running.desired, live, units.Options{Proven: true, Reading: reading, Reset: m.rulesUnsure.Load(), Tolerant: true, Before: tried}),
		Cause:      cause,
		When:       began,
		Generation: running.desired.Generation,
	}
	if m.stoppedMeanwhile(ctx) {
		r.Plan.Steps = nil
	}
	r.Taken = r.Plan.Taken()
	err = m.restore(ctx, r.Plan, running.desired)
	r.Took = units.Seconds(time.Since(began))
	if err != nil {
		// Whoever wants to mend it needs the API.
		r.Error = err.Error()
		m.o.Log.Error("cannot bring everything back to what ran before", "error", err)
	}
	adopted := *running
	adopted.report = &r
	m.keepInputs()
	m.rememberAdopted(&adopted, &r)
	m.current.Store(&adopted)
	m.o.Watch(adopted.watched())
	if err == nil {
		m.forgetApplying()
	}
	m.o.Log.Info("adopted what runs", "generation", r.Generation, "steps", len(r.Plan.Steps))
	m.tellStatus()
	if err := m.record(&adopted, false); err != nil {
		// What is on record says the same, but for how the last manager ended.
		m.o.Log.Error("cannot record the running configuration", "error", err)
	}
	return nil
}

// errUnlearned is the fault of a configuration that ran before this manager.
var errUnlearned = errors.New("what the configuration means has not been looked at yet")

// unlearned is a document in force that this manager has not let into force.
func unlearned(doc *config.Document) *config.Running {
	return &config.Running{Document: doc, Fault: errUnlearned}
}

// learn validates such a document, which nobody waits for before it is needed.
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

// adoptLinked learns what runs when no record tells, as after a boot: a start
// that fails must restore it, and must stop nothing if it cannot be told.
func (m *Manager) adoptLinked(ctx context.Context) error {
	live, err := m.o.Systemd.Observe(ctx)
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

// askInterval is how often more time is asked for, a minute each time.
const askInterval = 5 * time.Second

// askForTime keeps systemd from giving up on a start or a reload while it goes on
// (EXTEND_TIMEOUT_USEC= in sd_notify(3)).
func (m *Manager) askForTime() (stop func()) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(askInterval)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				m.o.Notify("EXTEND_TIMEOUT_USEC=60000000")
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// End notes that this manager ends in an orderly way. Call it after Run.
func (m *Manager) End() {
	select {
	case <-m.stopped:
		return // nothing runs
	default:
	}
	if s := m.current.Load(); s.desired.Generation != "" {
		m.keepInputs()
		m.doLater()
		if err := m.record(s, true); err != nil {
			m.o.Log.Error("cannot record the running configuration", "error", err)
		}
	}
}
