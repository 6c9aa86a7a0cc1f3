// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timed runs a command some times and prints how long each took, in microseconds. The
// shell inside takes the time, since entering the machine would double that of a fast
// command.
const timed = `for ((i = 0; i < %d; i++)); do
	began=${EPOCHREALTIME/./}; %s >/dev/null; echo $((${EPOCHREALTIME/./} - began))
done`

// wall measures runs of a command on one side.
func (s *side) wall(ctx context.Context, r *row, runs int, command string) error {
	text, err := s.sh(ctx, fmt.Sprintf(timed, runs, command))
	if err != nil {
		return err
	}
	for field := range strings.FieldsSeq(text) {
		micros, err := strconv.Atoi(field)
		if err != nil {
			return fmt.Errorf("cannot read the time of %q: %w", command, err)
		}
		s.add(r, (time.Duration(micros) * time.Microsecond).Seconds())
	}
	return nil
}

// commands measures the client's start-up, alone and with a request.
func (b *bench) commands(ctx context.Context) error {
	budget := atMost(10e-3, "10 ms")
	help := b.add("kresctl --help", seconds, budget)
	version := b.add("kresctl version --client (stock: --version)", seconds, budget)
	versions := b.add("kresctl version (stock has none)", seconds, budget)
	get := b.add("kresctl config get", seconds, budget)
	status := b.add("kresctl status (stock has none)", seconds, budget)
	return b.interleave(ctx, 3, func(s *side) error {
		if err := s.wall(ctx, help, 4, s.kresctl+" --help"); err != nil {
			return err
		}
		own := map[bool]string{true: " version --client", false: " --version"}[s == b.ours]
		if err := s.wall(ctx, version, 4, s.kresctl+own); err != nil {
			return err
		}
		if err := s.wall(ctx, get, 4, s.kresctl+" config get -p /workers --json"); err != nil || s != b.ours {
			return err
		}
		if err := s.wall(ctx, versions, 4, s.kresctl+" version"); err != nil {
			return err
		}
		return s.wall(ctx, status, 4, s.kresctl+" status")
	})
}
