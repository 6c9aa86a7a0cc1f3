// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"kresd-manager/internal/durable"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/listen"
	"kresd-manager/internal/reality"
	"kresd-manager/units"
)

// errAgain ends a manager whose directories or sockets are gone. systemd, which
// makes them when it opens the socket of the API, starts the next one.
var errAgain = errors.New("directories or sockets are gone; restarting, so that systemd recreates them")

// againTime is the least time between two such ends. What is not cured by one is
// not cured by many.
const againTime = 5 * time.Minute

// eye is what looks at the run directory and at what is in it.
func (o *options) eye() *reality.Eye {
	owner, workers := 0, -1
	switch {
	case o.user:
		owner, workers = os.Geteuid(), os.Geteuid()
	default:
		if u, err := user.Lookup(resolver); err == nil {
			workers, _ = strconv.Atoi(u.Uid)
		}
	}
	return reality.New(reality.Options{
		Rundir:      o.rundir,
		Record:      filepath.Join(o.runtimeDir, "rules.json"),
		Directories: reality.Directories(o.rundir, owner, workers),
		Worker:      kresd.Workers{Rundir: o.rundir}.Look,
		Alive:       kresd.Workers{Rundir: o.rundir}.Alive,
	})
}

// ground has made anew what is lost of directories and sockets.
type ground struct {
	o     *options
	doors *listen.Set
	eye   *reality.Eye
	stop  func(ctx context.Context, unit string) error

	once  sync.Once
	again chan struct{} // closed when this manager has to end for it
}

// remake is what the loop of the manager calls. A manager that makes its own
// directories makes them anew. The installed one may not, and stops the socket of
// the API: that is gone from its path or about to be, no one is turned away by it,
// and systemd makes directories and socket when the next manager wants them.
func (g *ground) remake(ctx context.Context, lost []units.Loss) error {
	if g.o.transient {
		if err := g.o.makeDirectories(); err != nil {
			return err
		}
	}
	opened, left, err := g.doors.Reopen(lost)
	g.eye.Serve(opened...)
	if err != nil || g.o.transient || len(left) == 0 {
		return err
	}
	note := filepath.Join(g.o.runtimeDir, "again")
	if st, err := os.Lstat(note); err == nil {
		if age := time.Since(st.ModTime()); age >= 0 && age < againTime {
			return fmt.Errorf("restarting the manager %s ago was in vain", age.Round(time.Second))
		}
	}
	if !g.doors.Passed() {
		return errors.New("systemd passed no socket to the manager, so only an administrator can make them")
	}
	if err := durable.Write(note, nil, 0o600); err != nil {
		return err
	}
	if err := g.stop(ctx, units.Socket); err != nil {
		return err
	}
	g.once.Do(func() { close(g.again) })
	return nil
}

// remakeByHand is what does the same, typed by a person.
func (o *options) remakeByHand() string {
	if o.transient {
		return "end kresd-manager and start it again"
	}
	return "systemctl restart " + units.Socket + " " + units.Manager
}
