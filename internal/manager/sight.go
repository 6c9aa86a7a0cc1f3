// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// Beside the transition: what is reported of units while systemd does not answer.

// sightTime is how long who only asks waits for systemd.
const sightTime = 5 * time.Second

// sight is the last snapshot that systemd gave.
type sight struct {
	live units.Live
	at   time.Time
}

// saw keeps a snapshot. It has maps of its own where others go on to change theirs.
func (m *Manager) saw(live units.Live) {
	live.Units, live.Contents = maps.Clone(live.Units), maps.Clone(live.Contents)
	m.sight.Store(&sight{live, time.Now()})
}

// see takes a snapshot for who only asks, or returns the last one, with its time,
// if systemd does not answer soon.
func (m *Manager) see(ctx context.Context, want units.Desired) (live units.Live, asOf time.Time, err error) {
	soon, cancel := context.WithTimeout(ctx, sightTime)
	defer cancel()
	live, _, err = m.observe(soon, want, units.Limits{})
	switch {
	case err == nil:
		m.saw(live)
		return live, time.Time{}, nil
	case ctx.Err() != nil:
		return live, time.Time{}, err
	case soon.Err() != nil && !errors.Is(err, units.ErrUnavailable):
		err = fmt.Errorf("%w: no answer within %s", units.ErrUnavailable, sightTime)
	}
	if last := m.sight.Load(); last != nil && errors.Is(err, units.ErrUnavailable) {
		return last.live, last.at, nil
	}
	return live, time.Time{}, err
}

// unanswered says that units may be in other states by now.
func unanswered(asOf time.Time) config.Problem {
	return config.Problem{
		Severity: config.SeverityError,
		Message:  "systemd does not answer: what is shown of the units is from " + asOf.Format(time.TimeOnly),
		Hint:     "what runs keeps running; look at systemctl status dbus.service, and at journalctl -u kresd-manager",
	}
}
