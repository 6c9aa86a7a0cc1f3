// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// waitTimeout bounds WaitUnit when its context has no deadline.
const waitTimeout = 30 * time.Second

// unitPoll is the pause between two looks at a unit. A look costs some 5 ms.
const unitPoll = 20 * time.Millisecond

// Unit returns properties of a unit as `systemctl show` prints them, all of them if none
// is named. The map is empty when systemd does not answer.
func (m *Machine) Unit(ctx context.Context, unit string, props ...string) map[string]string {
	all := m.Units(ctx, []string{unit}, props...)
	if len(all) == 0 {
		return map[string]string{}
	}
	return all[0]
}

// Units is Unit for several units, by name or by patterns that loaded ones match. Each has its
// "Id", if properties are named.
func (m *Machine) Units(ctx context.Context, units []string, props ...string) (all []map[string]string) {
	if len(props) > 0 && !slices.Contains(props, "Id") {
		props = append(slices.Clone(props), "Id")
	}
	if len(props) > 0 {
		if found, err := m.bus.ask(ctx, m, units, props); err == nil {
			return found
		}
	}
	args := append([]string{"systemctl", "show"}, units...)
	if len(props) > 0 {
		args = append(args, "--property="+strings.Join(props, ","))
	}
	for block := range strings.SplitSeq(m.Run(ctx, Cmd{Args: args}).Stdout, "\n\n") {
		values := map[string]string{}
		for line := range strings.Lines(block) {
			if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
				values[key] = value
			}
		}
		if len(values) > 0 {
			all = append(all, values)
		}
	}
	return all
}

// WaitUnit waits until a unit's ActiveState is the given one ("active", "inactive",
// "failed", …), at most 30 s if the context has no deadline. The error holds the state
// found and the end of the unit's journal.
func (m *Machine) WaitUnit(ctx context.Context, unit, state string) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, waitTimeout)
		defer cancel()
	}
	last := map[string]string{}
	for {
		found := m.Unit(ctx, unit, "ActiveState", "SubState", "Result")
		if found["ActiveState"] == state {
			return nil
		}
		if len(found) > 0 {
			last = found
		}
		select {
		case <-ctx.Done():
			background, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return fmt.Errorf("cannot wait any longer for %s to be %s: it is %s (%s), result %s\n%s", unit, state,
				last["ActiveState"], last["SubState"], last["Result"], tail(m.Journal(background, unit), 20))
		case <-time.After(unitPoll):
		}
	}
}

// Journal returns the messages of the given units, or of everything when none is named,
// one a line with precise times.
func (m *Machine) Journal(ctx context.Context, units ...string) string {
	return m.JournalSince(ctx, time.Time{}, units...)
}

// JournalSince is Journal without what was said before a time.
func (m *Machine) JournalSince(ctx context.Context, since time.Time, units ...string) string {
	args := []string{"journalctl", "--quiet", "--output=short-precise", "--no-pager"}
	if !since.IsZero() {
		args = append(args, fmt.Sprintf("--since=@%d.%06d", since.Unix(), since.Nanosecond()/1000))
	}
	for _, unit := range units {
		args = append(args, "--unit="+unit)
	}
	result := m.Run(ctx, Cmd{Args: args})
	return result.Stdout + result.Stderr
}
