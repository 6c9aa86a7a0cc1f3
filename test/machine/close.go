// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// closeTimeout bounds the end of a machine, which takes some 50 ms.
const closeTimeout = 20 * time.Second

// Close kills everything in the machine, waits for it and removes its folders. The
// changes made inside are lost. Closing twice is no error; other calls must have ended.
func (m *Machine) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	// A sweep at the same time would remove the same folders.
	all, err := lockFile(ctx, stateDir()+"/.lock")
	if err != nil {
		return err
	}
	defer all.Close()
	m.bus.close()
	err = m.state.removeAll(ctx, m.name)
	if m.dead != nil {
		select {
		case <-m.dead:
		case <-ctx.Done():
			err = errors.Join(err, fmt.Errorf("cannot end the machine %s: its init does not die", m.name))
		}
	}
	for _, file := range []*os.File{m.commands, m.pidfd, m.kmsg, m.lock} {
		if file != nil {
			file.Close()
		}
	}
	if m.copied != nil {
		<-m.copied
	}
	return err
}

// Kept returns the names of the machines booted with Options.Keep that run, the newest
// last.
func Kept() ([]string, error) {
	names, err := machineNames()
	if err != nil {
		return nil, fmt.Errorf("cannot list the kept machines: %w", err)
	}
	booted := map[string]time.Time{}
	for _, name := range names {
		if r, err := stateOf(name).read(); err == nil && r.Keep && cgroupOf(name).populated() {
			booted[name] = r.Booted
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return booted[name].IsZero() })
	slices.SortFunc(names, func(a, b string) int { return booted[a].Compare(booted[b]) })
	return names, nil
}

// Attach returns a kept machine that this or another process booted. The caller may
// Close it, or just leave it.
func Attach(name string) (*Machine, error) {
	fail := func(err error) (*Machine, error) {
		return nil, fmt.Errorf("cannot attach to the machine %s: %w", name, err)
	}
	m := &Machine{name: name, state: stateOf(name), cgroup: cgroupOf(name)}
	r, err := m.state.read()
	if errors.Is(err, os.ErrNotExist) {
		return fail(errors.New("no such machine runs"))
	}
	if err != nil {
		return fail(err)
	}
	m.pid = r.PID
	if m.pidfd, err = openPidfd(m.pid); err != nil {
		return fail(err)
	}
	// Only now: the id cannot go to another process any more without being noticed.
	if !m.cgroup.has(m.pid) {
		m.pidfd.Close()
		return fail(errors.New("it has ended"))
	}
	if m.commands, err = m.cgroup.openCommands(); err != nil {
		m.pidfd.Close()
		return fail(err)
	}
	if m.nsenter, err = lookNsenter(); err != nil {
		return fail(err)
	}
	return m, nil
}
