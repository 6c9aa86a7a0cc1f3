// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"kresd-manager/fleet/agent"
	"kresd-manager/fleet/fleetlock"
	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/local"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/durable"
	"kresd-manager/internal/rest"
)

const fetchTimeout = 10 * time.Minute

// restTime is how long the agent has done nothing when it gives back the memory that it took.
const restTime = 5 * time.Second

func (a *app) agentCommand() *cobra.Command {
	return &cobra.Command{
		Use: "agent", Short: "take part in the fleet as this host; what kres-fleet.service runs",
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, func(ctx context.Context, s settings.Settings, st store.Store) error {
				return a.runAgent(ctx, s, st)
			})
		},
	}
}

func (a *app) runAgent(ctx context.Context, s settings.Settings, st store.Store) error {
	rest.Small()
	log := a.logger()
	// The unit has a stricter one: only what is written from here on, the file that the
	// manager reads and files of releases, is for the group.
	_ = unix.Umask(0o027)
	id, err := settings.MachineID()
	if err != nil {
		return err
	}
	cfg := agent.Config{
		Host: s.Host, MachineID: id, Version: version, Tags: s.AllTags, Signers: s.Signers, StateDir: s.StateDir, File: s.File,
		Store: st, Manager: &local.Manager{Socket: s.Socket, Probes: s.Probes}, Fetch: fetch, Log: log,
		Did: rest.NewTimer(restTime).Done,
	}
	if s.FleetLock != "" {
		c, err := fleetlock.New(s.FleetLock, s.Host, s.LockGroup)
		if err != nil {
			return err
		}
		cfg.Lock = func(ctx context.Context, take bool) error {
			if take {
				return c.Take(ctx)
			}
			return c.Give(ctx)
		}
	}
	ag, err := agent.New(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var led *leader.Leader
	leads := make(chan struct{})
	if s.Lead {
		lead := leader.Config{Host: s.Host, Store: st, Log: log}
		switch g, err := s.Gate(); {
		case err != nil:
			return err
		case g != nil:
			lead.Gate = g.Ask
		}
		led = leader.New(lead)
		go func() {
			defer close(leads)
			led.Run(ctx)
		}()
	} else {
		close(leads)
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		a.measure(ctx, s.Metrics, ag, led, log)
	}()
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady) // without systemd no one is told
	err = ag.Run(ctx)
	_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
	cancel()
	<-leads
	<-told
	return err
}

// fetch gets a file of a release.
func fetch(ctx context.Context, url, path string) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("cannot ask %s: %w", url, err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // nothing is left to read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(resp.Body, release.MaxFile+1))
	if err == nil && n > release.MaxFile {
		err = fmt.Errorf("%s has more than %d bytes", url, int64(release.MaxFile))
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// measure keeps a file of metrics for the textfile collector of node_exporter. The agent
// listens nowhere.
func (a *app) measure(ctx context.Context, path string, ag *agent.Agent, led *leader.Leader, log *slog.Logger) {
	if path == "" {
		return
	}
	warned := false
	for {
		if err := durable.Write(path, metrics(ag, led), 0o644); err != nil && !warned {
			warned = true
			log.Warn("the metrics cannot be written", "error", err)
		}
		select {
		case <-time.After(15 * time.Second):
		case <-ctx.Done():
			return
		}
	}
}
