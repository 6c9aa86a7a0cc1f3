// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/render"
	"kresd-manager/units"
)

// slopeSizes are how many entries a file has.
var slopeSizes = []int{1_000, 10_000, 100_000, 1_000_000}

// slopeArg makes this program the one that works on a file, stage by stage, and prints what
// each took: a process of its own has a peak of memory of its own.
const slopeArg = "--slope"

// stages are what a change does with a file, in order.
var stages = []string{"read", "validate", "render", "plan", "write"}

// sloping measures how time and memory grow with the number of entries: each stage on the
// way from a file to a generation, as the manager goes it.
func (b *bench) sloping(ctx context.Context) error {
	for _, kind := range []struct {
		what string
		text func(int) string
		most int
	}{
		{"addresses", addresses, 1_000_000},
		{"forwards", forwards, 100_000},
	} {
		rows := map[string][]*row{}
		peaks := []*row{}
		for _, n := range slopeSizes {
			if n > kind.most {
				continue
			}
			file, err := os.CreateTemp("", "kresd-manager-bench-*.yaml")
			if err != nil {
				return err
			}
			defer os.Remove(file.Name())
			text := kind.text(n)
			if _, err := file.WriteString(text); err != nil {
				return err
			}
			file.Close()
			for _, stage := range stages {
				rows[stage] = append(rows[stage], b.addTo(slopes, fmt.Sprintf("%s, %s: %d entries", stage, kind.what, n), seconds))
			}
			peak := b.addTo(slopes, fmt.Sprintf("peak of memory, %s: %d entries", kind.what, n), bytes)
			peaks = append(peaks, peak)
			for round := range rounds(n) {
				took, memory, err := slope(ctx, file.Name())
				if err != nil {
					return err
				}
				if round == 0 && n < slopeSizes[len(slopeSizes)-1] {
					continue // warms up
				}
				for i, stage := range stages {
					last(rows[stage]).ours = append(last(rows[stage]).ours, took[i])
				}
				peak.ours = append(peak.ours, memory)
			}
			peak.note = fmt.Sprintf("%.1f × the text", peak.ours.median()/float64(len(text)))
		}
		for _, stage := range stages {
			straight(rows[stage])
		}
		straight(peaks)
	}
	return nil
}

func last(rows []*row) *row { return rows[len(rows)-1] }

// rounds is how often a size is taken.
func rounds(n int) int { return max(2, min(6, 600_000/n)) }

// straight has the last row judged: what it takes for each entry must be no more than it is
// in the row before, a fifth aside, in which caches and the garbage collector count.
func straight(rows []*row) {
	if len(rows) < 2 {
		return
	}
	before, most := rows[len(rows)-2], rows[len(rows)-1]
	most.floor = nil
	most.limits = []limit{{"≤ linear (12 × a tenth of it)", func(r *row) bool { return r.ours.median() <= 12*before.ours.median() }, nil}}
	if exponent := math.Log10(most.ours.median() / before.ours.median()); !math.IsNaN(exponent) && !math.IsInf(exponent, 0) {
		most.addNote("grows with the power %.2f of the number", exponent)
	}
}

// slope runs this program on a file.
func slope(ctx context.Context, file string) (took sample, peak float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	cmd := exec.CommandContext(ctx, self, slopeArg, file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, 0, fmt.Errorf("cannot measure the stages: %w", err)
	}
	for field := range strings.FieldsSeq(string(out)) {
		value, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, 0, fmt.Errorf("cannot read the times of the stages: %w", err)
		}
		took = append(took, value)
	}
	if len(took) != len(stages)+1 {
		return nil, 0, fmt.Errorf("the stages took %q", out)
	}
	return took[:len(stages)], took[len(stages)], nil
}

// slopeIn is that program: it prints the seconds of each stage and its largest resident set
// in bytes.
func slopeIn() {
	if len(os.Args) != 3 || os.Args[1] != slopeArg {
		return
	}
	if err := printStages(os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func printStages(path string) error {
	host := config.Host{CPUs: workers, Hostname: "bench.example", BaseDir: "/"}
	dir, err := os.MkdirTemp("", "kresd-manager-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	lap := func() {
		fmt.Println(since(began))
		began = time.Now()
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	doc, err := config.Parse(path, text)
	if err != nil {
		return err
	}
	lap()
	c, err := doc.Config(host)
	if err != nil {
		return err
	}
	lap()
	g := generation.Make(c, render.Host{CPUs: workers})
	lap()
	units.Diff(g.Desired, units.Live{}, units.Options{})
	lap()
	if err := (&generation.Store{Root: filepath.Join(dir, "run"), Boot: filepath.Join(dir, "boot")}).Write(g); err != nil {
		return err
	}
	lap()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")))
			fmt.Println(kib * 1024)
			return err
		}
	}
	return fmt.Errorf("the kernel does not tell the peak of memory")
}
