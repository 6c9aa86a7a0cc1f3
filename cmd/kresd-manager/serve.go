// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"golang.org/x/sys/unix"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/internal/config"
	"kresd-manager/internal/encrypt"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/journal"
	"kresd-manager/internal/kresd"
	"kresd-manager/internal/listen"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/message"
	"kresd-manager/internal/render"
	"kresd-manager/internal/rest"
	"kresd-manager/internal/unitdir"
	"kresd-manager/internal/watch"
	"kresd-manager/units"
)

// serve runs the manager until a signal or a stop over the API ends it.
func serve(o options, bus systemd, stdout io.Writer, log *slog.Logger) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	rest.Small()
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
	beat, still := o.pulse(log)
	defer still()
	doors := listen.New(passed, o.transient)
	defer doors.Close()
	eye := o.eye()
	ground := &ground{o: &o, doors: doors, eye: eye, stop: bus.QueueStop, again: make(chan struct{})}
	encryption := encrypt.New(log)
	resting := rest.NewTimer(restTime)
	defer resting.Stop()
	changed := make(chan struct{}, 1) // something else may be configured
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
		Store:   &generation.Store{Root: o.runtimeDir, Boot: o.stateDir},
		Systemd: bus,
		Workers: kresd.Workers{Rundir: o.rundir},
		Log:     log,
		Served: func(next config.Management) error {
			if err := encryption.Check(next); err != nil {
				return err
			}
			return doors.Check(next)
		},
		Unserved:  encryption.Problems,
		Readers:   o.readers,
		Woken:     doors.Knocked(),
		Watch:     files.Set,
		Unwatched: files.Faults,
		Notify:    notify,
		Worked: func(w manager.Work) {
			switch w {
			case manager.Looked:
				resting.Looked()
				return
			case manager.Carried:
				resting.Acted()
			default:
				resting.Done()
			}
			select {
			case changed <- struct{}{}:
			default:
			}
		},
		Busy:  rest.Work,
		Quiet: rest.Heap,
		Pulse: beat,
		Journal: func(ctx context.Context, run units.LogRun, lines int) []string {
			run.User = o.user
			return journal.Tail(ctx, run, lines)
		},

		Reality:      eye,
		Remake:       ground.remake,
		RemakeByHand: o.remakeByHand(),

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
			m.Leave()
			log.Info("ending while starting; what has been started goes on")
		}
		return turnAway(doors, err)
	}
	if err := doors.Open(m.Running()); err != nil {
		return turnAway(doors, err)
	}
	encryption.Follow(func() config.Management { return m.Running().Management })
	eye.Serve(doors.Paths()...)
	var background sync.WaitGroup
	background.Go(func() { bus.Watch(ctx, m.Drifted) })
	background.Go(func() { eye.Watch(ctx, log, func() { m.Drifted("") }) })
	hangups := make(chan struct{}, 1)
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

	ending, restarts := make(chan struct{}), false
	server := door.NewServer(rested(resting, api.New(m, api.Options{
		Logger:   log,
		Version:  version,
		Ending:   ending,
		Restarts: func() bool { return restarts },
		Hosts:    listen.Names(),
		OwnName:  encryption.Covers,
		Readers:  readers(),
		Doctor:   o.doctor(host),
		Sessions: filepath.Join(o.runtimeDir, "sessions.json"),
		Texts:    filepath.Join(o.runtimeDir, "texts.json"),
		Logs: func(ctx context.Context, q units.LogQuery, told func(units.LogLine)) error {
			q.User = o.user
			return journal.Follow(ctx, q, told)
		},
	})), door.Options{Logger: log, TLS: encryption.Wanted})
	failed := make(chan error, 1)
	doors.Serve(func(l net.Listener) {
		select {
		case failed <- server.Serve(l):
		default: // one is enough
		}
	})
	background.Go(func() { m.Run(ctx) })
	notify("READY=1")
	log.Info("ready", "version", version, message.About{Kind: message.Ready}.Attr())
	if o.run {
		o.introduce(stdout, m.Running())
	}

	idle := make(chan struct{})
	if doors.Activated() && !o.run {
		i := &idler{after: m.IdleExit, unused: server.Unused, needed: m.Needed, changed: changed, log: log}
		background.Go(func() {
			if i.wait(ctx); ctx.Err() == nil {
				close(idle)
			}
		})
	}
	err = wait(m, signals, hangups, idle, ground.again, failed, log)
	if o.run && err == nil {
		err = stopAll(ctx, m, signals, log)
	}
	restarts = o.restarts(ctx, bus, err)
	close(ending)
	notify("STOPPING=1\nSTATUS=ending; the workers go on")
	end := m.End
	select {
	case <-idle:
		err = errors.Join(err, shutDown(server, signals, log))
		if err == nil && m.Needed(ctx) != "" {
			err = errNeeded
		}
		cancel()
		end = m.EndIdle
	default:
		// The change in progress comes to its end within seconds, and those that
		// wait for their turn are told that it does not come.
		cancel()
		err = errors.Join(err, shutDown(server, signals, log))
	}
	if errors.Is(err, errAgain) {
		end = m.EndAgain
	}
	background.Wait()
	end()
	return err
}

// restTime is how long after the last request, or after the start, memory is given back
// that was needed for it.
const restTime = 10 * time.Second

// rested has a timer know of requests.
func rested(t *rest.Timer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer t.Done()
		next.ServeHTTP(w, r)
	})
}

// turnAway has those who wait told, if the manager ends in a way that systemd does
// not try again after, and returns the error that it is given.
func turnAway(doors *listen.Set, err error) error {
	if code := exitCode(err); err != nil && (code == exitConfig || code == exitTaken) {
		doors.TurnAway()
	}
	return err
}

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
