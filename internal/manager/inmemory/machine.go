// SPDX-License-Identifier: Apache-2.0

// Package inmemory is a manager as it is, on a systemd in memory, for the tests of
// what talks to it: package api, its clients and kresctl. What the units do is left
// to package fakesystemd, and what the manager does with them to its own tests.
package inmemory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/internal/render"
)

// Machine is a manager that runs, with its systemd and its files. It is safe for
// concurrent use.
type Machine struct {
	*manager.Manager
	Systemd *fakesystemd.Systemd
	// File is the configuration file.
	File string

	dir    string
	holds  holds
	cancel context.CancelFunc
	loop   sync.WaitGroup
}

// New returns a manager that runs a configuration, given as text, until the test
// ends. Edits change what it works with.
func New(tb testing.TB, text string, edit ...func(*manager.Options)) *Machine {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	m, err := Start(file, edit...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(m.End)
	return m
}

// Start returns a manager that runs the configuration in a file until End. The run
// directory and the cache are in a directory of its own, unless the configuration
// says otherwise.
func Start(file string, edit ...func(*manager.Options)) (*Machine, error) {
	dir, err := os.MkdirTemp(memory(), "manager")
	if err != nil {
		return nil, err
	}
	m := &Machine{Systemd: fakesystemd.New(filepath.Join(dir, "runtime")), File: file, dir: dir}
	if err := m.start(edit); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return m, nil
}

// memory is a directory in which what is flushed costs nothing, "" for the usual
// one.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func (m *Machine) start(edit []func(*manager.Options)) error {
	for _, d := range []string{"run", "runtime", "state"} {
		if err := os.Mkdir(filepath.Join(m.dir, d), 0o755); err != nil {
			return err
		}
	}
	bus := &held{Client: m.Systemd.Client(), holds: &m.holds}
	o := manager.Options{
		Files:   []string{m.File},
		Rundir:  filepath.Join(m.dir, "run"),
		Version: "test",
		Host: config.Host{
			CPUs: 4, Hostname: "test", BaseDir: filepath.Dir(m.File),
			Rundir: filepath.Join(m.dir, "run"), CacheDir: filepath.Join(m.dir, "cache"),
		},
		Render:  render.Host{CPUs: 4, TicketSecret: filepath.Join(m.dir, "runtime/ticket")},
		Store:   &generation.Store{Root: filepath.Join(m.dir, "runtime"), Boot: filepath.Join(m.dir, "state")},
		Systemd: bus,
		Workers: bus,
		Log:     slog.New(slog.DiscardHandler),
		Journal: m.Systemd.Journal,
	}
	for _, e := range edit {
		e(&o)
	}
	m.Manager = manager.New(o)
	if err := m.Manager.Start(context.Background()); err != nil {
		return fmt.Errorf("cannot start the manager: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	m.loop.Go(func() { m.Run(ctx) })
	_ = m.Needed(ctx) // comes after what the start has left to do
	return nil
}

// End ends the manager, and removes what it has written. What holds its calls is
// released.
func (m *Machine) End() {
	m.holds.releaseAll()
	m.cancel()
	m.loop.Wait()
	_ = os.RemoveAll(m.dir)
}

// Set replaces the configuration file.
func (m *Machine) Set(tb testing.TB, text string) {
	tb.Helper()
	if err := os.WriteFile(m.File, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}
