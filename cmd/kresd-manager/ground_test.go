// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/listen"
	"kresd-manager/internal/reality"
	"kresd-manager/units"
)

// standing is the ground of a manager with one socket.
func standing(t *testing.T, bySystemd bool) (g *ground, path string, stopped *[]string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "g") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path = filepath.Join(dir, "api.sock")
	doors := listen.New(nil, false)
	if bySystemd {
		doors = passed(t, path)
	}
	if err := doors.Open(&config.Running{Management: config.Management{UnixSocket: path}}); err != nil {
		t.Fatal(err)
	}
	stopped = new([]string)
	eye := reality.New(reality.Options{Rundir: dir, Directories: reality.Directories(dir, os.Getuid(), os.Getuid())[:1]})
	eye.Serve(doors.Paths()...)
	return &ground{o: &options{rundir: dir, runtimeDir: dir}, doors: doors, eye: eye, again: make(chan struct{}),
		stop: func(_ context.Context, unit string) error { *stopped = append(*stopped, unit); return nil }}, path, stopped
}

// What one end of the manager does not cure is not cured by many, which would end
// in systemd's start limit.
func TestTheManagerEndsForItsGroundOnceInAWhile(t *testing.T) {
	g, path, stopped := standing(t, true)
	if lost := g.eye.Ground(); len(lost) != 0 {
		t.Fatalf("at first: %+v", lost)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	lost := g.eye.Ground()
	if err := g.remake(t.Context(), lost); err != nil || len(*stopped) != 1 || (*stopped)[0] != units.Socket {
		t.Fatalf("%v, stopped %v", err, *stopped)
	}
	select {
	case <-g.again:
	default:
		t.Error("it does not end")
	}
	if err := g.remake(t.Context(), lost); err == nil || !strings.Contains(err.Error(), "in vain") || len(*stopped) != 1 {
		t.Errorf("once more: %v, stopped %v", err, *stopped)
	}
	// It does not take for granted what it could not cure.
	if len(g.eye.Ground()) == 0 {
		t.Error("nothing is lost any more")
	}
	// A directory is systemd's to make, too; without a socket of systemd's no one can.
	g, _, stopped = standing(t, false)
	err := g.remake(t.Context(), []units.Loss{{Path: "/x", Why: "/x is gone"}})
	if err == nil || !strings.Contains(err.Error(), "systemd passed no socket") || len(*stopped) != 0 {
		t.Errorf("%v, stopped %v", err, *stopped)
	}
}

// A socket that the manager has opened itself it opens again, and goes on.
func TestASocketOfItsOwnIsOpenedAgain(t *testing.T) {
	g, path, stopped := standing(t, false)
	served := make(chan net.Listener, 2)
	g.doors.Serve(func(l net.Listener) { served <- l })
	defer (<-served).Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := g.remake(t.Context(), g.eye.Ground()); err != nil {
		t.Fatal(err)
	}
	l := <-served
	defer l.Close()
	if lost := g.eye.Ground(); len(lost) != 0 || len(*stopped) != 0 {
		t.Errorf("still lost: %+v, stopped %v", lost, *stopped)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
