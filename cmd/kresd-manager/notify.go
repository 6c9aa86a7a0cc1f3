// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"kresd-manager/internal/pulse"
)

// notifyTime is how long systemd may take to make room for one message. Without a
// deadline a systemd that hangs would hold up whoever tells it something.
const notifyTime = 20 * time.Second

// notify sends a state to systemd, if that started this process (sd_notify(3)).
// What cannot be sent is lost.
func notify(state string) { notifyWithin(notifyTime, state) }

func notifyWithin(patience time.Duration, state string) {
	address := os.Getenv("NOTIFY_SOCKET")
	if address == "" {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return
	}
	defer c.Close()
	_ = c.SetWriteDeadline(time.Now().Add(patience))
	_, _ = c.Write([]byte(state))
}

// pulse tells systemd of progress until still is called, and of a watchdog only
// if there is one for this process: not for what it runs.
func (o *options) pulse(log *slog.Logger) (p *pulse.Pulse, still func()) {
	watchdog, err := daemon.SdWatchdogEnabled(true)
	if err != nil {
		log.Warn("cannot tell whether there is a watchdog", "error", err)
	}
	p = pulse.New(notify, watchdog, log)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.Run(ctx) })
	return p, func() {
		cancel()
		running.Wait()
	}
}
