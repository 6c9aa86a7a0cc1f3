// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// validating measures the offline check of files of several kinds and sizes.
func (b *bench) validating(ctx context.Context) error {
	for _, c := range []struct {
		what   string
		text   string
		limits []limit
		stock  int // runs; the largest file takes stock most of ten seconds
	}{
		{"validate a file of 20 lines", small(), []limit{atMost(12e-3, "12 ms")}, 5},
		{"validate 100000 local-data addresses", addresses(100_000), []limit{atMost(0.4, "0.4 s"), share(15)}, 1},
		{"validate 10000 forward entries", forwards(10_000), []limit{atMost(0.1, "0.1 s")}, 1},
	} {
		r := b.add(c.what, seconds, c.limits...)
		for _, s := range b.sides() {
			runs := 5
			if s == b.stock {
				runs = c.stock
			}
			if err := s.validate(ctx, r, runs, c.text); err != nil {
				return err
			}
		}
	}
	if err := b.validateMemory(ctx); err != nil {
		return err
	}
	return b.validateCurve(ctx)
}

const validated = "/tmp/validated.yaml"

func (s *side) validate(ctx context.Context, r *row, runs int, text string) error {
	if err := s.m.WriteFile(validated, []byte(text), 0o644); err != nil {
		return err
	}
	if err := s.wall(ctx, r, runs, s.kresctl+" validate "+validated); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// validateMemory measures the largest resident set while 100,000 addresses are
// checked, as a multiple of the file's size.
func (b *bench) validateMemory(ctx context.Context) error {
	r := b.add("memory for 100000 addresses, × file size", number, atMost(12, "12"))
	text := addresses(100_000)
	for _, s := range b.sides() {
		if err := s.m.WriteFile(validated, []byte(text), 0o644); err != nil {
			return err
		}
		// wait4(2) has the largest resident set in KiB.
		out, err := s.sh(ctx, fmt.Sprintf("python3 -c 'import os,resource,subprocess; subprocess.run([%q, \"validate\", %q], stdout=subprocess.DEVNULL, check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'", s.kresctl, validated))
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		kib, err := strconv.Atoi(strings.TrimSpace(out))
		if err != nil {
			return fmt.Errorf("cannot read the memory of %s: %w", s.name, err)
		}
		s.add(r, float64(kib)*1024/float64(len(text)))
	}
	return nil
}

// validateCurve says how the time grows with the number of addresses, of ours alone.
func (b *bench) validateCurve(ctx context.Context) error {
	var last *row
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		last = b.add(fmt.Sprintf("validate %d addresses, time for each", n), seconds)
		var r row
		if err := b.ours.validate(ctx, &r, 3, addresses(n)); err != nil {
			return err
		}
		for _, v := range r.ours {
			b.ours.add(last, v/float64(n))
		}
	}
	return nil
}

func addresses(n int) string {
	var text strings.Builder
	text.WriteString("local-data:\n  addresses:\n")
	for i := range n {
		fmt.Fprintf(&text, "    host%d.example: 192.0.%d.%d\n", i, i>>8&0xff, i&0xff)
	}
	return text.String()
}

func forwards(n int) string {
	var text strings.Builder
	text.WriteString("forward:\n")
	for i := range n {
		fmt.Fprintf(&text, "  - subtree: zone%d.example\n    servers: [192.0.2.%d, 198.51.100.%d]\n", i, i&0xff, i&0xff)
	}
	return text.String()
}

func small() string {
	return `workers: 4
hostname: resolver.example
network:
  listen:
    - interface: 127.0.0.1
    - interface: 127.0.0.1
      kind: dot
local-data:
  addresses:
    host.example: 192.0.2.1
  records: |
    text.example. TXT "some"
forward:
  - subtree: corp.example
    servers: [192.0.2.53]
cache:
  size-max: 200M
logging:
  level: notice
`
}
