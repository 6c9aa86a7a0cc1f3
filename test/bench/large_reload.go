// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kresd-manager/test/product"
)

// growing reloads, and prints when that began, how long it took, both in microseconds, and by
// how many bytes the manager's resident set has grown at its most (proc_pid_clear_refs(5)).
const growing = `pid=$(systemctl show -P MainPID kresd-manager.service)
echo 5 >/proc/$pid/clear_refs
before=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status)
began=${EPOCHREALTIME/./}
kresctl reload --quiet
took=$((${EPOCHREALTIME/./} - began))
after=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status)
echo $began $took $(((after - before) * 1024))`

// largeReload measures a reload of much data beside the bare policy-loader on the same
// input, in turn.
func (b *bench) largeReload(ctx context.Context, zone string) error {
	for _, c := range []struct {
		what string
		text func(round int) string
		list bool
	}{
		{"100000 local-data addresses", func(round int) string {
			return configuration + strings.TrimPrefix(addresses(100_000+round), "local-data:\n  addresses:\n")
		}, false},
		{"20000 forwards", func(round int) string { return configuration + forwards(20_000+round) }, false},
		{"1000000 RPZ rules", func(int) string { return configuration + "  rpz:\n    - file: " + zone + "\n" }, true},
	} {
		took := b.addTo(slopes, "reload of "+c.what, seconds, nearFloor(1.2, "the bare policy-loader"))
		grown := b.addTo(slopes, "memory that the manager grows by meanwhile, × the text of "+c.what, number, atMost(3, "3"))
		// A rule database keeps its size, and the machine's /run is small: it starts anew.
		if err := b.ours.startPlain(ctx); err != nil {
			return err
		}
		steps, end := b.ours.followSteps(ctx)
		defer end()
		for round := range 4 {
			text := c.text(round)
			if err := b.ours.m.WriteFile(product.ConfigFile, []byte(text), 0o644); err != nil {
				return err
			}
			size := float64(len(text))
			if c.list {
				out, err := b.ours.sh(ctx, fmt.Sprintf("echo 'more%d.example CNAME .' >>%s; stat -c %%s %s", round, zone, zone))
				if err != nil {
					return err
				}
				if size, err = strconv.ParseFloat(strings.TrimSpace(out), 64); err != nil {
					return fmt.Errorf("cannot read the size of the list: %w", err)
				}
			}
			out, err := b.ours.sh(ctx, growing)
			if err != nil {
				return err
			}
			var began int64
			var micros, memory float64
			if _, err := fmt.Sscan(out, &began, &micros, &memory); err != nil {
				return fmt.Errorf("cannot read what a reload took: %w", err)
			}
			trace := append(steps.since(time.UnixMicro(began)), span{"kresctl has ended", micros / 1e6, micros / 1e6})
			bare, err := b.ours.inside(ctx, "systemctl restart kres-policy-loader.service")
			if err != nil {
				return err
			}
			if round == 0 {
				continue // warms up
			}
			b.ours.add(took, micros/1e6)
			took.traced(trace)
			took.floor = append(took.floor, bare)
			b.ours.add(grown, memory/size)
		}
	}
	return b.ours.startPlain(ctx)
}

// startPlain starts a side anew with the plain configuration, and an empty run directory.
func (s *side) startPlain(ctx context.Context) error {
	if err := s.m.WriteFile(product.ConfigFile, []byte(configuration), 0o644); err != nil {
		return err
	}
	_, err := s.coldStart(ctx)
	return err
}
