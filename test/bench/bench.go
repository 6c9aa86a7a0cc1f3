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
	{"get", (*bench).getting},
	{"scrape", (*bench).scraping},
	{"memory", (*bench).memory},
	{"kresctl", (*bench).commands},
	{"validate", (*bench).validating},
	{"large", (*bench).large},
	{"load", (*bench).underLoad},
	{"kill", (*bench).killed},
}

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
	root, err := machine.Root(ctx, log)
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
		b.progress("measuring: " + m.name)
		if err := m.run(b, ctx); err != nil {
			failures = append(failures, fmt.Errorf("cannot measure %q: %w", m.name, err))
		}
	}
	return errors.Join(failures...)
}

func (b *bench) sides() []*side { return []*side{b.stock, b.ours} }

// takes bounds one interleaving on a busy host; three rounds are taken in any case.
const takes = 40 * time.Second

// interleave calls f for both sides in turn, some rounds.
func (b *bench) interleave(ctx context.Context, rounds int, f func(*side) error) error {
	began := time.Now()
	for round := range rounds {
		if round >= 3 && time.Since(began) > takes {
			b.progress(fmt.Sprintf("the host is slow: %d rounds in place of %d", round, rounds))
			return nil
		}
		for _, s := range b.sides() {
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
