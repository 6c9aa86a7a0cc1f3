// SPDX-License-Identifier: Apache-2.0

// Command kresd-manager keeps the units of Knot Resolver equal to its
// declarative configuration, and offers the HTTP API that changes it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"

	"kresd-manager/api"
	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/journal"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/render"
	"kresd-manager/internal/unitdir"
	"kresd-manager/internal/visible"
	"kresd-manager/internal/watch"
	"kresd-manager/units"
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
	exitConfig = 78 // EX_CONFIG: the configuration is at fault (systemd.exec(5))
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
	log := newLogger(stderr, o.level)
	bus, err := o.systemd()
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
	Close()
}

// report logs why the manager ends and returns its exit code.
func report(log *slog.Logger, err error) int {
	var problems config.Problems
	var step *units.StepError
	switch {
	case errors.As(err, &problems):
		log.Error(problems.Error())
		return exitConfig
	case errors.As(err, &step) && step.Refused:
		log.Error(err.Error())
		return exitConfig
	case errors.Is(err, manager.ErrStock), errors.Is(err, manager.ErrLocked):
		log.Error(err.Error())
		return exitTaken
	}
	if errors.Is(err, errNeeded) {
		log.Info(err.Error())
		return exitNeeded
	}
	log.Error(err.Error())
	return exitFailed
}

// serve runs the manager until a signal or a stop over the API ends it.
func serve(o options, bus systemd, stdout io.Writer, log *slog.Logger) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	host := o.host()
	files, err := watch.New(log, watch.Usual)
	if err != nil {
		return err
	}
	defer files.Close()
	passed, err := activation.Listeners()
	if err != nil {
		return fmt.Errorf("cannot take over the API socket: %w", err)
	}
	unsetActivation()
	doors := newDoors(passed)
	doors.network = o.transient
	m := manager.New(manager.Options{
		Files:   o.configs,
		Rundir:  o.rundir,
		Version: version,
		Host:    host,

		Transient: o.transient,
		Render: render.Host{
			CPUs:         host.CPUs,
			TicketSecret: filepath.Join(o.runtimeDir, "tls-ticket-secret"),
			Programs:     programs(),
		},
		Store:     &generation.Store{Root: o.runtimeDir, Boot: o.stateDir},
		Systemd:   bus,
		Workers:   kresd.Workers{Rundir: o.rundir},
		Log:       log,
		Served:    doors.check,
		Readers:   o.readers,
		Woken:     doors.knocked(),
		Watch:     files.Set,
		Unwatched: files.Faults,
		Notify:    notify,
		Journal: func(ctx context.Context, run units.LogRun, lines int) []string {
			run.User = o.user
			return journal.Tail(ctx, run, lines)
		},

		LimitsRule: limitsRule(),
		Generator:  !o.transient && unitdir.HasGenerator("kresd-generator"),
		Sandbox:    o.sandbox(host.BaseDir),
	})
	if ended, err := start(ctx, m, signals); ended || err != nil {
		if ended && o.run {
			go m.Run(ctx)
			return stopAll(ctx, m, signals, log)
		}
		if ended {
			log.Info("ending while starting; what has been started goes on")
		}
		return err
	}
	if err := doors.open(m.Running()); err != nil {
		return err
	}
	var background sync.WaitGroup
	background.Go(func() { m.Run(ctx) })
	background.Go(func() { bus.Watch(ctx, m.Drifted) })
	hangups := make(chan struct{}, 1) // several that come at once are one
	background.Go(func() {
		for {
			select {
			case <-hangups:
				m.Hangup(ctx, monotonic())
			case paths := <-files.Changed():
				m.Changed(ctx, paths)
			case <-ctx.Done():
				return
			}
		}
	})

	ending := make(chan struct{})
	server := api.NewServer(api.New(m, api.Options{
		Logger:  log,
		Version: version,
		Ending:  ending,
		Readers: readers(),
		Logs: func(ctx context.Context, q units.LogQuery, told func(units.LogLine)) error {
			q.User = o.user
			return journal.Follow(ctx, q, told)
		},
	}), api.ServerOptions{Logger: log})
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(doors.listeners...) }()
	notify("READY=1")
	log.Info("ready", "version", version)
	if o.run {
		o.introduce(stdout, m.Running())
	}

	idle := make(chan struct{})
	if doors.activated() && !o.run {
		i := &idler{after: m.IdleExit, unused: server.Unused, needed: m.Needed, log: log}
		background.Go(func() {
			if i.wait(ctx); ctx.Err() == nil {
				close(idle)
			}
		})
	}
	err = wait(m, signals, hangups, idle, failed, log)
	if o.run && err == nil {
		err = stopAll(ctx, m, signals, log)
	}
	close(ending)
	notify("STOPPING=1\nSTATUS=ending; the workers go on")
	if serr := shutDown(server, signals, log); err == nil {
		err = serr
	}
	select {
	case <-idle:
		if err == nil && m.Needed(ctx) != "" {
			err = errNeeded
		}
		cancel()
		background.Wait()
		m.EndIdle()
	default:
		cancel()
		background.Wait()
		m.End()
	}
	return err
}

// start starts the manager unless a signal ends that; the workers that have come
// up by then are left to the next one.
func start(ctx context.Context, m *manager.Manager, signals <-chan os.Signal) (ended bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- m.Start(ctx) }()
	for {
		select {
		case err := <-done:
			if ctx.Err() != nil && (err == nil || errors.Is(err, units.ErrCanceled)) {
				return true, nil
			}
			return false, err
		case sig := <-signals:
			if sig != unix.SIGHUP { // the file is being read anyway
				cancel()
			}
		}
	}
}

// wait returns when it is time to end.
func wait(m *manager.Manager, signals <-chan os.Signal, hangups chan<- struct{}, idle <-chan struct{}, failed <-chan error, log *slog.Logger) error {
	for {
		select {
		case sig := <-signals:
			if sig == unix.SIGHUP {
				select {
				case hangups <- struct{}{}:
				default:
				}
				continue
			}
			log.Info("ending", "signal", sig.String())
			return nil
		case <-idle:
			log.Info("ending idle; the next request starts the manager again")
			return nil
		case <-m.Stopped():
			return nil
		case err := <-failed:
			if err == nil {
				err = net.ErrClosed
			}
			return fmt.Errorf("cannot serve the API: %w", err)
		}
	}
}

// shutDown finishes requests in progress, within a deadline; a second signal
// cuts it short.
func shutDown(server *api.Server, signals <-chan os.Signal, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	go func() {
		for {
			select {
			case sig := <-signals:
				if sig != unix.SIGHUP {
					cancel()
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := server.Shutdown(ctx); err != nil {
		log.Warn("requests were cut off", "error", err)
		return fmt.Errorf("cannot finish all requests: %w", err)
	}
	return nil
}

// stopAll stops the resolver; a second signal leaves the rest to others.
func stopAll(ctx context.Context, m *manager.Manager, signals <-chan os.Signal, log *slog.Logger) error {
	log.Info("stopping the resolver")
	done := make(chan error, 1)
	go func() { done <- m.Stop(ctx) }()
	for {
		select {
		case err := <-done:
			return err
		case sig := <-signals:
			if sig != unix.SIGHUP {
				return fmt.Errorf("ended by a second signal; what still runs: %s", "systemctl list-units 'kresd@*' 'kres-*'")
			}
		}
	}
}

// readers are the users of our own programs that ask the manager something:
// kres-graphite runs as the workers do.
func readers() []uint32 {
	u, err := user.Lookup("knot-resolver")
	if err != nil {
		return nil
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil
	}
	return []uint32{uint32(uid)}
}

// programs is the directory of this program, where the others of ours are.
func programs() string {
	path, err := os.Executable()
	if err != nil {
		return "" // the usual one
	}
	return filepath.Dir(path)
}

// limitsRule is where make install puts the polkit rule for limits, seen from
// where it puts this program.
func limitsRule() string {
	dir := programs()
	if dir == "" {
		dir = "/usr/lib/kresd-manager"
	}
	return filepath.Join(dir, "../../share/kresd-manager/49-kresd-manager-limits.rules")
}

func notify(state string) { _, _ = daemon.SdNotify(false, state) }

// monotonic returns CLOCK_MONOTONIC, as sd_notify(3) wants with RELOADING=1.
func monotonic() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// unsetActivation keeps what systemd handed over from the programs we run.
func unsetActivation() {
	for _, name := range []string{"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"} {
		_ = os.Unsetenv(name)
	}
}
