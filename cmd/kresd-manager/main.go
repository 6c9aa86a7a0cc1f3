// SPDX-License-Identifier: Apache-2.0

// Command kresd-manager keeps the units of Knot Resolver equal to its
// declarative configuration, and offers the HTTP API that changes it.
package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"kresd-manager/internal/journal/native"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/message"
	"kresd-manager/internal/visible"
)

// version is set by the build.
var version = "unknown"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	exitNeeded = 75 // EX_TEMPFAIL: ended idle and must start again (systemd.exec(5))
	exitTaken  = 69 // EX_UNAVAILABLE: another manager is there (systemd.exec(5))
	exitDefect = 70 // EX_SOFTWARE: a change met a defect; the next manager restores (systemd.exec(5))
	exitConfig = 78 // EX_CONFIG: the configuration is at fault, or not there (systemd.exec(5))
)

// shutdownTime is how long requests in progress may take when the manager
// ends. It is shorter than TimeoutStopSec= of the unit.
const shutdownTime = 25 * time.Second

func main() { os.Exit(run(os.Args[1:], visible.NewWriter(os.Stdout), visible.NewWriter(os.Stderr))) }

func run(args []string, stdout, stderr io.Writer) int {
	o, code, done := parse(args, stdout, stderr)
	if done {
		return code
	}
	log, flush := toJournal(native.Path, o.level)
	if log == nil {
		log, flush = newLogger(stderr, o.level), func() {}
	}
	defer flush()
	bus, err := o.systemd(log)
	if err != nil {
		return report(log, err)
	}
	defer bus.Close()
	if err := serve(o, bus, stdout, log); err != nil {
		return report(log, err)
	}
	return exitOK
}

// systemd is a connection to the service manager.
type systemd interface {
	manager.Systemd
	Watch(ctx context.Context, changed func(unit string))
	Restarting(ctx context.Context, unit string) (bool, error)
	Close()
}

// report logs why the manager ends and returns its exit code.
func report(log *slog.Logger, err error) int {
	code := exitCode(err)
	if code == exitNeeded {
		log.Info(err.Error())
	} else {
		log.Error(err.Error(), message.About{Kind: message.StartFailed}.Attr())
	}
	return code
}

// exitCode tells systemd whether to try again: RestartPreventExitStatus= of
// kresd-manager.service.
func exitCode(err error) int {
	switch {
	case manager.FaultOfFile(err):
		return exitConfig
	case errors.Is(err, manager.ErrStock), errors.Is(err, manager.ErrLocked):
		return exitTaken
	case errors.Is(err, errNeeded), errors.Is(err, errAgain):
		return exitNeeded
	case errors.Is(err, errDefect):
		return exitDefect
	}
	return exitFailed
}

// errDefect ends a manager in which a change met a defect of this program.
var errDefect = errors.New("ending because of a defect; the next manager restores what ran before the change")
