// SPDX-License-Identifier: Apache-2.0

// Package apitest offers a manager without a system underneath, for tests of
// the HTTP interface and of its clients. It edits real configurations, makes
// real plans and carries them out on units that exist in memory only.
package apitest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// When is the time of everything that happens.
var When = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

// Controller behaves like the manager: changes are serialised, refused when
// the configuration is invalid, and planned from what differs. Workers refuse
// a configuration whose text contains the word Refused.
type Controller struct {
	// File is the name of the configuration file, and ReadFile how to read it.
	File     string
	ReadFile func() (*config.Document, error)
	// Gate is called inside of each change after it was validated, with the
	// change not yet made; nil does nothing. Its error fails the change.
	Gate func(ctx context.Context) error
	// Canceled is what Cancel returns.
	Canceled bool
	// StatusError is what Status fails with.
	StatusError error

	host    config.Host
	running atomic.Pointer[config.Running]
	stopped atomic.Bool

	mu       sync.Mutex // held while a change is made
	fileETag string
	pastMu   sync.Mutex // guards past and waiting
	past     []past
	waiting  *units.Waiting
	statusMu sync.Mutex // guards what follows
	live     units.Live
	want     units.Desired
	last     *units.Report
	readers  map[chan units.Event]bool
}

// Refused is the word that workers do not like.
const Refused = "boom"

// New returns a manager that runs a configuration, given as text, which is
// also what its file holds. It panics if the text is not a configuration.
func New(text string) *Controller { return NewOn(config.Host{}, text) }

// NewOn is New on a machine with these directories and ports.
func NewOn(host config.Host, text string) *Controller {
	host.CPUs, host.Hostname, host.BaseDir = 4, "test", "/"
	doc, err := config.Parse("config.yaml", []byte(text))
	if err != nil {
		panic(err)
	}
	c := &Controller{
		host:     host,
		File:     "/etc/knot-resolver/config.yaml",
		ReadFile: func() (*config.Document, error) { return doc, nil },
		live:     units.Live{Units: map[string]units.Observed{}},
	}
	if _, err := c.apply(context.Background(), "start", doc, units.Again{Asked: units.Asked{Who: units.Who{Via: units.ViaStart}}}); err != nil {
		panic(err)
	}
	c.fileETag = doc.ETag()
	return c
}

// Running implements api.Controller.
func (c *Controller) Running() *config.Running { return c.running.Load() }

// Change implements api.Controller.
func (c *Controller) Change(ctx context.Context, ch units.Change) (units.Report, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.Load() {
		return units.Report{}, units.ErrStopping
	}
	doc := c.Running()
	if ch.Match != nil {
		if err := ch.Match(doc.ETag()); err != nil {
			return units.Report{}, err
		}
	}
	next, err := ch.Edit(doc.Document)
	if err != nil {
		return units.Report{}, fmt.Errorf("cannot edit the configuration: %w", err)
	}
	return c.apply(ctx, ch.Cause, next, units.Again{DryRun: ch.DryRun, Force: ch.Force, Asked: ch.Asked})
}

// Reload implements api.Controller.
func (c *Controller) Reload(ctx context.Context, a units.Again) (units.Report, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.Load() {
		return units.Report{}, units.ErrStopping
	}
	if a.Match != nil {
		if err := a.Match(c.Running().ETag()); err != nil {
			return units.Report{}, err
		}
	}
	doc, err := c.ReadFile()
	if err != nil {
		return units.Report{}, err
	}
	report, err := c.apply(ctx, "reload", doc, a)
	if err == nil && !a.DryRun {
		c.fileETag = doc.ETag()
	}
	return report, err
}

// Renew implements api.Controller.
func (c *Controller) Renew(ctx context.Context, a units.Again) (units.Report, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.Load() {
		return units.Report{}, units.ErrStopping
	}
	return c.apply(ctx, "renew", c.Running().Document, a)
}

// Stop implements api.Controller.
func (c *Controller) Stop(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.Swap(true) {
		return units.ErrStopping
	}
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	clear(c.live.Units)
	return nil
}

// Kill makes a unit fail, as a crash would.
func (c *Controller) Kill(unit string) {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	c.live.Units[unit] = units.Observed{Name: unit, ActiveState: "failed", SubState: "failed", Result: "signal", Since: When}
}

// apply plans a configuration and carries the plan out.
func (c *Controller) apply(ctx context.Context, cause string, doc *config.Document, a units.Again) (units.Report, error) {
	cfg, err := doc.Config(c.host)
	if err != nil {
		return units.Report{}, err
	}
	want := desired(doc, cfg.Workers)
	c.statusMu.Lock()
	plan := units.Diff(want, c.live, units.Options{Force: a.Force})
	c.statusMu.Unlock()
	report := units.Report{
		Plan: plan, DryRun: a.DryRun, Cause: cause, When: When,
		Took: units.Seconds(310 * time.Millisecond), Generation: want.Generation,
	}
	if running := c.Running(); running != nil {
		report.Diff = config.Difference(running.Document, doc, 0)
	}
	if a.DryRun {
		return report, nil
	}
	if c.Gate != nil {
		if err := c.Gate(ctx); err != nil {
			report.Error = err.Error()
			return report, err
		}
	}
	if strings.Contains(string(doc.JSON()), Refused) {
		err := &units.StepError{
			Step:     units.Step{N: 1, Kind: units.Try, Unit: units.Canary, Cause: "configuration differs"},
			Err:      errors.New("the worker ended with status 1"),
			Log:      []string{"error while loading config: " + Refused},
			Refused:  true,
			Restored: true,
		}
		report.Error = err.Error()
		return report, err
	}
	if err := c.remember(a.Asked, doc, &report); err != nil {
		return report, err
	}
	c.carryOut(plan, want, &report)
	c.running.Store(doc.Running(cfg))
	return report, nil
}

func (c *Controller) carryOut(plan units.Plan, want units.Desired, report *units.Report) {
	c.statusMu.Lock()
	defer c.statusMu.Unlock()
	for i, s := range plan.Steps {
		o := units.Observed{
			Name: s.Unit, LoadState: "loaded", ActiveState: "active", SubState: "running", Result: "success",
			MainPID: 1000 + i, Populated: true, Since: When, MemoryBytes: 36 << 20,
		}
		switch s.Kind {
		case units.Start, units.Restart:
			o.StatusText = units.WorkerStatus + want.WorkerHash
			o.Args = want.GC
		case units.Load:
			o.SubState, o.MainPID, o.Populated = "exited", 0, false
			o.StatusText = units.RulesStatus + want.RulesHash
		case units.Stop:
			delete(c.live.Units, s.Unit)
			continue
		default:
			continue
		}
		c.live.Units[s.Unit] = o
	}
	c.want, c.last = want, report
}

// desired makes up hashes that differ when the text they stand for does.
func desired(doc *config.Document, workers int) units.Desired {
	rules, _ := doc.Value("/local-data")
	rest := doc
	for _, pointer := range []string{"/local-data", "/workers"} {
		if d, err := rest.Delete(pointer); err == nil {
			rest = d
		}
	}
	return units.Desired{
		Generation: hash(doc.JSON()),
		Workers:    workers,
		WorkerHash: hash(rest.JSON()),
		RulesHash:  hash(rules),
	}
}

func hash(text []byte) string {
	h := fnv.New32a()
	_, _ = h.Write(text) // never fails, hash.Hash
	return fmt.Sprintf("%08x", h.Sum32())
}
