// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/api/door"
	"kresd-manager/internal/manager"
	"kresd-manager/units"
)

// What signals do. SIGTERM and SIGINT end the manager in an orderly way, at a start, too; the
// workers go on. SIGHUP, which systemctl reload sends, has it read its file again:
// hangups leads to Hangup of the manager. Several that come at once are one.

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
			if ctx.Err() != nil && err == nil || errors.Is(err, units.ErrCanceled) {
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
func wait(m *manager.Manager, signals <-chan os.Signal, hangups chan<- struct{}, idle, again <-chan struct{}, failed <-chan error, log *slog.Logger) error {
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
		case <-again:
			return errAgain
		case <-m.Stopped():
			return nil
		case <-m.Ended():
			return errDefect // it ends by itself for nothing else
		case err := <-failed:
			if err == nil {
				err = net.ErrClosed
			}
			return fmt.Errorf("cannot serve the API: %w", err)
		}
	}
}

// restarts reports whether another manager follows this one at once, which ends for err
// or on a signal. It waits for systemd no longer than readers of streams would.
func (o *options) restarts(ctx context.Context, bus systemd, err error) bool {
	switch {
	case o.run:
		return false
	case err != nil: // Restart=on-failure, but for RestartPreventExitStatus=
		code := exitCode(err)
		return code != exitUsage && code != exitConfig && code != exitTaken
	case o.transient:
		return false // who runs it in their own unit knows
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	is, err := bus.Restarting(ctx, units.Manager)
	return err == nil && is
}

// shutDown finishes requests in progress, within a deadline; a second signal
// cuts it short.
func shutDown(server *door.Server, signals <-chan os.Signal, log *slog.Logger) error {
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
