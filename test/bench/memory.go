// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// controlPlane prints the proportional set size in KiB of every process that a manager's
// unit consists of, except for the resolver's own: one "Pss:" line for each.
const controlPlane = `for pid in $(cat /sys/fs/cgroup/system.slice/%s/cgroup.procs); do
	case $(cat /proc/$pid/comm) in kresd|kres-cache-gc) ;; *) grep ^Pss: /proc/$pid/smaps_rollup ;; esac
done`

// quiet is how long a side is left alone before it counts as at rest. Ours gives memory
// back some seconds after the last request.
const quiet = 13 * time.Second

// pss is what the manager takes beside the resolver, and in how many processes.
func (s *side) pss(ctx context.Context) (bytes float64, processes int, err error) {
	text, err := s.sh(ctx, fmt.Sprintf(controlPlane, s.unit))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			return 0, 0, fmt.Errorf("%s: cannot read %q", s.name, line)
		}
		kib, err := strconv.Atoi(fields[1])
		if err != nil {
			return 0, 0, fmt.Errorf("%s: cannot read %q: %w", s.name, line, err)
		}
		bytes += float64(kib << 10)
		processes++
	}
	if processes == 0 {
		return 0, 0, fmt.Errorf("%s: no process of %s", s.name, s.unit)
	}
	return bytes, processes, nil
}

// weigh adds to a row what the manager takes now.
func (s *side) weigh(ctx context.Context, r *row) error {
	bytes, _, err := s.pss(ctx)
	s.add(r, bytes)
	return err
}

// memory measures what the manager takes at rest, while it is scraped, and while someone
// listens.
func (b *bench) memory(ctx context.Context) error {
	rest := b.add("control plane memory (PSS)", bytes, atMost(13<<20, "13 MiB"))
	pause(ctx, quiet)
	for _, s := range b.sides() {
		if err := s.weigh(ctx, rest); err != nil {
			return err
		}
		_, processes, err := s.pss(ctx)
		if err != nil {
			return err
		}
		rest.addNote("%s: %d processes", s.name, processes)
	}
	return errors.Join(b.memoryScraped(ctx), b.memoryListened(ctx))
}

// memoryScraped weighs after each of some scrapes.
func (b *bench) memoryScraped(ctx context.Context) error {
	const scrapes = 15
	r := b.add("the same, scraped every second", bytes, atMost(16<<20, "16 MiB"))
	for _, s := range b.sides() {
		for range scrapes {
			c, err := s.dial(ctx)
			if err != nil {
				return err
			}
			_, err = c.do(http.MethodGet, "/metrics/prometheus", "")
			c.Close()
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if err := s.weigh(ctx, r); err != nil {
				return err
			}
			pause(ctx, time.Second)
		}
	}
	return ctx.Err()
}

// memoryListened weighs while clients listen to events, some of which happen.
func (b *bench) memoryListened(ctx context.Context) error {
	const listeners = 10
	r := b.add(fmt.Sprintf("the same, with %d listeners to events", listeners), bytes, atMost(16<<20, "16 MiB"))
	for range listeners {
		c, err := b.ours.dial(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			return err
		}
		if status, err := c.r.ReadString('\n'); err != nil || !strings.Contains(status, " 200 ") {
			return fmt.Errorf("cannot listen to events: %q %v", status, err)
		}
	}
	for range 3 {
		if _, err := b.ours.change(ctx, addressPointer, b.ours.newAddress()); err != nil {
			return err
		}
		if err := b.ours.weigh(ctx, r); err != nil {
			return err
		}
	}
	pause(ctx, quiet)
	if err := b.ours.weigh(ctx, r); err != nil {
		return err
	}
	return b.restored(ctx, nil)
}

// memoryAfterLarge weighs after a change with very much in it.
func (b *bench) memoryAfterLarge(ctx context.Context, what string) error {
	r := b.add("control plane memory (PSS) after "+what, bytes, atMost(13<<20, "13 MiB"))
	pause(ctx, quiet)
	return b.ours.weigh(ctx, r)
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
