// SPDX-License-Identifier: Apache-2.0

// Package local is the kresd-manager of this host for an agent, over its API socket. No
// connection is held between two requests, so that a manager may end when it has nothing
// to do.
package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kresd-manager/api/wire"
	"kresd-manager/fleet/agent"
	"kresd-manager/fleet/release"
	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
	"kresd-manager/internal/lookup"
	"kresd-manager/units"
)

// Probe is a question that the resolver of this host has to answer.
type Probe struct {
	Name  string `toml:"name" json:"name"`
	Type  string `toml:"type" json:"type"`
	RCode string `toml:"rcode" json:"rcode"`
}

// Manager is the one at a socket.
type Manager struct {
	Socket string
	Probes []Probe
}

var _ agent.Manager = (*Manager)(nil)

// with has something done with a connection of its own.
func (m *Manager) with(do func(c *client.Client) error) error {
	c := client.New(m.Socket)
	defer c.Close()
	return judged(do(c))
}

// judged tells what the manager refuses from what it could not be asked.
func judged(err error) error {
	var e *client.Error
	if !errors.As(err, &e) {
		return err
	}
	r := &agent.Refusal{Words: e.Error()}
	switch e.Problem.Kind {
	case wire.KindPrecondition, wire.KindBusy, wire.KindStopping, wire.KindUnavailable:
		r.Stale = true
	case wire.KindWaiting, wire.KindDenied, wire.KindForbidden, wire.KindToken, wire.KindStopped:
		r.Waits = true
	case wire.KindTimeout, wire.KindInternal:
		return err // it may have been done
	}
	return r
}

// Look implements [agent.Manager].
func (m *Manager) Look(ctx context.Context) (v agent.View, err error) {
	err = m.with(func(c *client.Client) error {
		value, etag, err := c.Get(ctx, "")
		if err != nil {
			return err
		}
		if v.Running, err = config.ParseAs("what runs", value, text.JSON); err != nil {
			return err
		}
		v.ETag = etag
		s, err := c.Status(ctx)
		if err != nil {
			return err
		}
		if s.Change != nil {
			v.Busy = "the manager is busy with another change: " + s.Change.Cause
		}
		if s.Waiting == nil {
			return nil
		}
		e, err := c.HistoryEntry(ctx, s.Waiting.Entry)
		if err != nil {
			return err
		}
		comment := e.Comment
		if comment == "" {
			comment = e.Cause
		}
		v.Waiting, v.Left = &comment, time.Until(s.Waiting.By)
		return nil
	})
	return v, err
}

// Plan implements [agent.Manager].
func (m *Manager) Plan(ctx context.Context, doc *config.Document, etag string) (digest string, err error) {
	err = m.with(func(c *client.Client) error {
		done, err := c.Put(ctx, "", doc.JSON(), text.JSON, client.ChangeOptions{DryRun: true, IfMatch: etag})
		var b strings.Builder
		b.WriteString(done.Report.Plan.Generation)
		for _, s := range done.Report.Plan.Steps {
			fmt.Fprintf(&b, "\n%d %s %s %s", s.N, s.Kind, s.Unit, s.Cause)
		}
		digest = release.Digest([]byte(b.String()))
		return err
	})
	return digest, err
}

// Apply implements [agent.Manager].
func (m *Manager) Apply(ctx context.Context, doc *config.Document, etag string, within time.Duration, comment string) error {
	return m.with(func(c *client.Client) error {
		_, err := c.Put(ctx, "", doc.JSON(), text.JSON, client.ChangeOptions{IfMatch: etag, ConfirmWithin: within, Comment: comment})
		return err
	})
}

// Confirm implements [agent.Manager].
func (m *Manager) Confirm(ctx context.Context) error {
	return m.with(func(c *client.Client) error {
		_, err := c.Confirm(ctx)
		return err
	})
}

// Undo implements [agent.Manager]: it returns to what the promise would return to.
func (m *Manager) Undo(ctx context.Context, comment string) error {
	view, err := m.Look(ctx)
	if err != nil || view.Waiting == nil || *view.Waiting != comment {
		return err
	}
	return m.with(func(c *client.Client) error {
		s, err := c.Status(ctx)
		if err != nil || s.Waiting == nil {
			return err
		}
		_, err = c.Rollback(ctx, s.Waiting.ReturnTo, client.ChangeOptions{Comment: comment + ", taken back"})
		return err
	})
}

// Reload implements [agent.Manager].
func (m *Manager) Reload(ctx context.Context, comment string) error {
	return m.with(func(c *client.Client) error {
		_, err := c.Reload(ctx, false, client.ChangeOptions{Comment: comment})
		return err
	})
}

// Read implements [agent.Manager].
func (m *Manager) Read(ctx context.Context) (r agent.Reading, err error) {
	var listen []byte
	err = m.with(func(c *client.Client) error {
		s, err := c.Status(ctx)
		if err != nil {
			return err
		}
		r.Ill = ill(s)
		for _, u := range s.Units {
			if u.Role == units.RoleWorker {
				r.Restarts += u.Restarts
			}
		}
		counts, err := c.Counts(ctx)
		if err != nil {
			return err
		}
		count(&r, counts)
		if listen, _, err = c.Get(ctx, "/network/listen"); client.NoValue(err) {
			listen, err = nil, nil
		}
		return err
	})
	if err == nil && r.Ill == "" && len(m.Probes) > 0 {
		r.Ill = m.probe(ctx, listen)
	}
	return r, err
}

// ill says what is wrong with what runs.
func ill(s units.Status) string {
	for _, u := range s.Units {
		if u.Role == units.RoleWorker && u.Active == "failed" {
			return u.Unit + " has failed"
		}
	}
	switch s.State {
	case "running", "applying":
		return ""
	}
	if s.Down != "" {
		return s.Down
	}
	if len(s.Problems) > 0 {
		return "kresd-manager is " + s.State + ": " + s.Problems[0].String()
	}
	return "kresd-manager is " + s.State + "; kresctl status says why"
}

// bounds are those of the counters of kresd, in milliseconds.
var bounds = []struct {
	key string
	ms  float64
}{{"1ms", 1}, {"10ms", 10}, {"50ms", 50}, {"100ms", 100}, {"250ms", 250}, {"500ms", 500}, {"1000ms", 1000}, {"1500ms", 1500}, {"slow", 3000}}

func count(r *agent.Reading, counts client.Counted) {
	r.Latency = make([]agent.Bucket, len(bounds))
	for i, b := range bounds {
		r.Latency[i].Bound = b.ms
	}
	for _, of := range counts {
		answer := of["answer"]
		r.Queries += answer["total"]
		r.ServFail += answer["servfail"]
		for i, b := range bounds {
			r.Latency[i].Count += answer[b.key]
		}
	}
}

// probe asks each question over UDP and TCP, and says what is wrong with an answer.
func (m *Manager) probe(ctx context.Context, listen []byte) string {
	at, err := lookup.Server(listen, "udp")
	if err != nil {
		return err.Error()
	}
	for _, p := range m.Probes {
		for _, protocol := range []string{"udp", "tcp"} {
			a, err := lookup.Ask(ctx, lookup.Question{Name: p.Name, Type: p.Type, Server: at, Protocol: protocol, Timeout: 3 * time.Second})
			if err != nil {
				return fmt.Sprintf("probe %s %s: %v", p.Name, p.Type, err)
			}
			if a.RCode != p.RCode {
				return fmt.Sprintf("probe %s %s: the answer is %s, not %s", p.Name, p.Type, a.RCode, p.RCode)
			}
		}
	}
	return ""
}
