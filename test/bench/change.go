// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const addressPointer = "/local-data/addresses/bench.home"

// rules measures a change that touches only the rules.
func (b *bench) rules(ctx context.Context) error {
	answered := b.add("rules-only change until the API answers", seconds, share(8))
	served := b.add("rules-only change until the name is answered", seconds, share(8))
	err := b.interleave(ctx, 4, func(s *side) error {
		took, err := s.change(ctx, addressPointer, s.newAddress())
		if err != nil {
			return err
		}
		s.add(answered, took.Seconds())
		// Once more: those who ask meanwhile take time from those who answer.
		took, err = s.changeServed(ctx)
		s.add(served, took.Seconds())
		return err
	})
	return b.restored(ctx, err)
}

// newAddress is a value that the name of the configuration does not have.
func (s *side) newAddress() string {
	s.put++
	return fmt.Sprintf(`"192.0.2.%d"`, 10+s.put%200)
}

// changeServed changes the address and returns the time until it is the answer.
func (s *side) changeServed(ctx context.Context) (took time.Duration, err error) {
	value := s.newAddress()
	changed := make(chan error, 1)
	began := time.Now()
	go func() {
		_, err := s.change(ctx, addressPointer, value)
		changed <- err
	}()
	// Every query goes to a worker of the kernel's choice: several in a row are new.
	inRow := 0
	err = s.until(ctx, benchName+" is "+value, func() (bool, error) {
		asked := time.Since(began)
		got, err := s.resolve(benchName)
		if err != nil || `"`+got+`"` != value {
			inRow = 0
			return false, nil
		}
		if inRow++; inRow == 1 {
			took = asked
		}
		return inRow == 4*workers, nil
	})
	return took, errors.Join(err, <-changed)
}

// restored puts the address of the file back.
func (b *bench) restored(ctx context.Context, err error) error {
	for _, s := range b.sides() {
		if err == nil {
			_, err = s.change(ctx, addressPointer, `"`+benchAddress+`"`)
		}
	}
	return err
}

// same measures a change that changes nothing.
func (b *bench) same(ctx context.Context) error {
	r := b.add("PUT that changes nothing", seconds, atMost(10e-3, "10 ms"))
	return b.interleave(ctx, 5, func(s *side) error {
		took, err := s.change(ctx, addressPointer, `"`+benchAddress+`"`)
		s.add(r, took.Seconds())
		return err
	})
}

// roll changes what every worker must restart for, and says how long the answer took.
func (s *side) roll(ctx context.Context) (time.Duration, error) {
	s.put++
	return s.change(ctx, "/nsid", fmt.Sprintf(`"bench%d"`, s.put))
}

// rolling measures a change that restarts all workers.
func (b *bench) rolling(ctx context.Context) error {
	r := b.add(fmt.Sprintf("change that rolls %d workers", workers), seconds, nearFloor(1.3, "floor"))
	r.note = "floor: systemctl restart of one worker after the other, drain included, no canary"
	var restarts string
	for n := range workers {
		restarts += fmt.Sprintf("systemctl restart kresd@%d.service\n", n+1)
	}
	return b.interleave(ctx, 4, func(s *side) error {
		took, err := s.roll(ctx)
		if err != nil {
			return err
		}
		s.add(r, took.Seconds())
		if err := s.serving(ctx); err != nil || s != b.ours {
			return err
		}
		began := time.Now()
		if _, err := s.sh(ctx, restarts); err != nil {
			return err
		}
		r.floor = append(r.floor, since(began))
		// They count as starts, of which systemd allows a number in a time.
		_, err = s.sh(ctx, "systemctl reset-failed 'kresd@*.service'")
		return err
	})
}
