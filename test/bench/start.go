// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"kresd-manager/test/product"
)

// starting measures the way from nothing to all workers, as at a boot with warm caches:
// systemctl start has returned, each worker has its socket, a query is answered.
func (b *bench) starting(ctx context.Context) error {
	r := b.add("systemctl start until all workers answer", seconds, share(8), nearFloor(1.3, "floor"))
	r.note = "floor: systemctl start of loader and workers alone, all at once"
	var units []string
	for n := range workers {
		units = append(units, fmt.Sprintf("kresd@%d.service", n+1))
	}
	err := b.interleave(ctx, 5, func(s *side) error {
		if err := s.starts(ctx, r); err != nil || s != b.ours {
			return err
		}
		// The configuration of the start just measured is there, as at a boot.
		took, err := s.startOf(ctx, units...)
		r.floor = append(r.floor, took.Seconds())
		return err
	})
	if err != nil {
		return err
	}
	first := b.add("the same, and nothing has asked polkit before", seconds, share(8))
	first.note = "as at a boot; stock, which is root, never asks it"
	err = b.interleave(ctx, 3, func(s *side) error {
		if _, err := s.sh(ctx, "systemctl stop polkit.service"); err != nil {
			return err
		}
		return s.starts(ctx, first)
	})
	if err != nil {
		return err
	}
	dot := b.add("the same, with DNS over TLS and no certificate", seconds, share(8))
	if err := b.configure(withDoT); err != nil {
		return err
	}
	err = b.interleave(ctx, 3, func(s *side) error {
		took, err := s.coldStart(ctx)
		s.add(dot, took.Seconds())
		return err
	})
	if err != nil {
		return err
	}
	// What follows measures the plain configuration, and needs the manager of both.
	if err := b.configure(configuration); err != nil {
		return err
	}
	for _, s := range b.sides() {
		if _, err := s.coldStart(ctx); err != nil {
			return err
		}
	}
	return nil
}

// starts measures a start of this side. That of ours with the median of its times is traced.
func (s *side) starts(ctx context.Context, r *row) error {
	took, err := s.coldStart(ctx)
	if err != nil {
		return err
	}
	s.add(r, took.Seconds())
	if s.process != managerProcess {
		return nil
	}
	trace, err := s.traceStart(ctx, s.began, s.ended)
	if err != nil {
		return err
	}
	r.traced(trace)
	return nil
}

// configure writes both configuration files.
func (b *bench) configure(text string) error {
	for _, s := range b.sides() {
		if err := s.m.WriteFile(product.ConfigFile, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
