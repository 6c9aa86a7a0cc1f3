// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"kresd-manager/test/machine"
)

// bench is one run: two sides and what was measured of them.
type bench struct {
	stock, ours *side
	rows        []*row
	missing     []string // see document
	host        host
	began       time.Time
	progress    func(text string)
}

// measure is a part of the run that can be chosen by name.
type measure struct {
	name string
	run  func(*bench, context.Context) error
}

// measures is the run, in order. Those after start find both sides running.
var measures = []measure{
	{"start", (*bench).starting},
	{"boot", (*bench).booting},
	{"rules", (*bench).rules},
	{"same", (*bench).same},
	{"roll", (*bench).rolling},
	{"changes", (*bench).changing},
	{"get", (*bench).getting},
	{"scrape", (*bench).scraping},
	{"memory", (*bench).memory},
	{"kresctl", (*bench).commands},
	{"wake", (*bench).waking},
	{"bus", (*bench).messages},
	{"crowd", (*bench).crowds},
	{"validate", (*bench).validating},
	{"large", (*bench).large},
	{"slope", (*bench).sloping},
	{"load", (*bench).underLoad},
	{"loss", (*bench).losing},
	{"kill", (*bench).killed},
	{"peers", (*bench).comparing},
	{"endure", (*bench).enduring},
}

// lasts bounds a whole run to 25 minutes: what is not begun by then is not measured. A
// measure that has begun is finished, and none takes longer than 5.
const lasts = 20 * time.Minute

// all sets both sides up and takes the chosen measurements. A measurement that fails
// does not keep the others from being taken.
func (b *bench) all(ctx context.Context, chosen []string) error {
	dir, err := os.MkdirTemp("", "kresd-manager-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	log := func(format string, args ...any) {
		if line := fmt.Sprintf(format, args...); !strings.HasPrefix(line, "root tree:") {
			b.progress(line)
		}
	}
	root, err := tree.Root(ctx, log)
	if err != nil {
		return err
	}
	if b.host, err = lookAtHost(root); err != nil {
		return err
	}
	b.progress("building, two machines booting")
	b.stock, b.ours, err = bootBoth(ctx, dir, log)
	if err != nil {
		return err
	}
	defer b.stock.m.Close()
	defer b.ours.m.Close()
	// The first start on a side fills its caches and counts for nothing.
	for _, s := range b.sides() {
		if _, err := s.coldStart(ctx); err != nil {
			return err
		}
	}
	var failures []error
	for _, m := range measures {
		if !slices.Contains(chosen, m.name) || ctx.Err() != nil {
			continue
		}
		if time.Since(b.began) > lasts {
			b.missing = append(b.missing, fmt.Sprintf("%s, since the run had taken %v", m.name, lasts))
			continue
		}
		b.progress(fmt.Sprintf("%3.0f s: measuring %s", time.Since(b.began).Seconds(), m.name))
		if err := m.run(b, ctx); err != nil {
			b.missing = append(b.missing, m.name+", which failed")
			failures = append(failures, fmt.Errorf("cannot measure %q: %w", m.name, err))
		}
	}
	return errors.Join(failures...)
}

// tree is what all machines boot: that of the tests, and in it the resolvers that ours is
// compared with. It is one tree so that all have the same libraries.
var tree = machine.Tree{Packages: peerPackages}

func (b *bench) sides() []*side { return []*side{b.stock, b.ours} }

// takes bounds one interleaving on a busy host; three rounds are taken in any case.
const takes = 40 * time.Second

// interleave calls f for both sides in turn, some rounds, and once before that for nothing:
// the first time fills caches, and starts what is started on demand.
func (b *bench) interleave(ctx context.Context, rounds int, f func(*side) error) error {
	err := b.forget(func() error { return b.rounds(ctx, 1, f) })
	if err != nil {
		return err
	}
	return b.rounds(ctx, rounds, f)
}

// rounds is interleave for what needs no warming up. Who is first changes from round to
// round: what one leaves behind on the host, the other would find each time.
func (b *bench) rounds(ctx context.Context, rounds int, f func(*side) error) error {
	began := time.Now()
	for round := range rounds {
		if round >= 3 && time.Since(began) > takes {
			b.progress(fmt.Sprintf("the host is slow: %d rounds in place of %d", round, rounds))
			return nil
		}
		sides := b.sides()
		if round%2 == 1 {
			slices.Reverse(sides)
		}
		for _, s := range sides {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(s); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}
