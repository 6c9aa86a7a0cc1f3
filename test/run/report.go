// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// report prints what happens, and counts. It is safe for concurrent use until its end.
type report struct {
	lock     sync.Mutex
	out      io.Writer
	began    time.Time
	passed   int
	skipped  int
	failures []failure
	slow     []slow
	boots    []time.Duration
}

// slow is a test and how long it took.
type slow struct {
	name string
	took time.Duration
}

// say prints a line with the time since the beginning.
func (r *report) say(format string, args ...any) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.sayLocked(format, args...)
}

func (r *report) sayLocked(format string, args ...any) {
	since := time.Since(r.began)
	fmt.Fprintf(r.out, "%2d:%02d  %s\n", int(since.Minutes()), int(since.Seconds())%60, fmt.Sprintf(format, args...))
}

// take counts what a program did, and prints it: a line, and what failed.
func (r *report) take(o *outcome, want []test) {
	failed := o.failures(want)
	r.lock.Lock()
	defer r.lock.Unlock()
	passed, skipped := 0, 0
	for _, t := range o.results {
		switch {
		case !t.counts():
		case t.state == "pass":
			passed++
		case t.state == "skip":
			skipped++
		}
		if !strings.Contains(t.name, "/") {
			r.slow = append(r.slow, slow{o.pack + "." + t.name, t.took})
		}
	}
	if (pack{name: o.pack}).system() {
		skipped = 0 // they have failed
	}
	r.passed, r.skipped = r.passed+passed, r.skipped+skipped
	r.failures = append(r.failures, failed...)
	r.boots = append(r.boots, o.boots...)
	word, took := "ok   ", fmt.Sprintf("%5.1f s", o.took.Seconds())
	if o.cpu > 0 {
		took += fmt.Sprintf(", %.0f s of CPU", o.cpu.Seconds())
	}
	if len(failed) > 0 {
		word = "FAIL "
	}
	if o.cached {
		took = " as before"
	}
	r.sayLocked("%s %-28s %4d passed %s", word, o.title, passed, took)
	for _, f := range failed {
		fmt.Fprintf(r.out, "  --- %s\n", f.name)
		for _, line := range cut(f.said) {
			fmt.Fprintf(r.out, "    %s\n", short(line, 400))
		}
		fmt.Fprintf(r.out, "    all of it: %s\n", f.log)
	}
}

// slowest is how many tests are named at the end, listed how many failures.
const (
	slowest = 10
	listed  = 25
)

// end prints what was slow and what failed, and in the last line the numbers.
func (r *report) end() {
	slices.SortStableFunc(r.slow, func(a, b slow) int { return cmp.Compare(b.took, a.took) })
	fmt.Fprintln(r.out, "\nthe slowest tests:")
	for _, s := range r.slow[:min(slowest, len(r.slow))] {
		fmt.Fprintf(r.out, "%7.1f s  %s\n", s.took.Seconds(), s.name)
	}
	var total time.Duration
	for _, b := range r.boots {
		total += b
	}
	fmt.Fprintf(r.out, "%d boots, %.0f s together\n", len(r.boots), total.Seconds())
	if len(r.failures) > 0 {
		fmt.Fprintln(r.out, "\nfailed:")
		for _, f := range r.failures[:min(listed, len(r.failures))] {
			fmt.Fprintf(r.out, "  %s: %s\n", f.name, short(f.first, 160))
		}
		if more := len(r.failures) - listed; more > 0 {
			fmt.Fprintf(r.out, "  and %d more\n", more)
		}
	}
	fmt.Fprintf(r.out, "passed %d, failed %d, skipped %d, minutes %.1f\n", r.passed, len(r.failures), r.skipped, time.Since(r.began).Minutes())
}

// short bounds a line.
func short(line string, most int) string {
	if runes := []rune(line); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return line
}
