// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// result is what became of a test, or of a test inside a test.
type result struct {
	name   string
	state  string // "pass", "fail" or "skip"; empty if it never ended
	took   time.Duration
	said   []string // lines
	within bool     // there are tests inside
	failed bool     // one of those inside failed
}

// outcome is what the tests of a package did in one program.
type outcome struct {
	title, pack, dir string
	log              string // file with all that was said
	results          []*result
	said             []string // by the program, beside its tests
	boots            []time.Duration
	cached           bool
	took, cpu        time.Duration // cpu is of all processes, those of the machine, too
	waiting          *waiting      // of a program that waits for its turn
	err              error         // how the program ended
	byName           map[string]*result
}

// event is a line of test2json (go doc test2json).
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// read passes the events of a stream on until it ends. Lines that are none, which come
// from a program that failed, are passed on as output.
func read(stream io.Reader, each func(event)) error {
	for lines := bufio.NewReader(stream); ; {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				e = event{Action: "output", Output: string(line)}
			}
			each(e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

var booted = regexp.MustCompile(`booted \S+ in (\d+\.\d) s$`)

// add takes one event in.
func (o *outcome) add(e event) {
	switch e.Action {
	case "run":
		o.result(e.Test)
	case "output", "build-output":
		o.output(e.Test, strings.TrimSuffix(e.Output, "\n"))
	case "pass", "fail", "skip":
		if e.Test == "" {
			if o.took == 0 {
				o.took = seconds(e.Elapsed)
			}
			return
		}
		r := o.result(e.Test)
		r.state, r.took = e.Action, seconds(e.Elapsed)-o.waiting.of(e.Test)
		if e.Action == "fail" {
			o.failAbove(e.Test)
		}
	}
}

// failAbove says of all tests that a test is inside of that one inside failed.
func (o *outcome) failAbove(name string) {
	for up := o.parent(name); up != nil; up = o.parent(up.name) {
		up.failed = true
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// parent returns the test that a test is inside of, nil if there is none. A name may have
// slashes of its own.
func (o *outcome) parent(name string) *result {
	for i := strings.LastIndex(name, "/"); i > 0; i = strings.LastIndex(name[:i], "/") {
		if up := o.byName[name[:i]]; up != nil {
			return up
		}
	}
	return nil
}

// result returns that of a test, which may be new.
func (o *outcome) result(name string) *result {
	if r := o.byName[name]; r != nil {
		return r
	}
	r := &result{name: name}
	if o.byName == nil {
		o.byName = map[string]*result{}
	}
	o.byName[name] = r
	o.results = append(o.results, r)
	if up := o.parent(name); up != nil {
		up.within = true
	}
	return r
}

// output takes a line in that a test or, without a name, the program said.
func (o *outcome) output(test, line string) {
	if m := booted.FindStringSubmatch(line); m != nil {
		s, _ := strconv.ParseFloat(m[1], 64) // by the expression
		o.boots = append(o.boots, seconds(s))
	}
	if o.waiting != nil && strings.HasSuffix(line, waits) {
		o.waiting.begins(test)
	}
	switch {
	case strings.HasPrefix(line, "=== "), strings.HasPrefix(strings.TrimLeft(line, " "), "--- "):
		// what the other events say, too
	case test != "":
		r := o.result(test)
		r.said = append(r.said, line)
	case strings.HasPrefix(line, "ok  \t"), strings.HasPrefix(line, "FAIL\t"), line == "PASS", line == "FAIL":
		o.cached = o.cached || strings.HasSuffix(line, "(cached)")
	default:
		o.said = append(o.said, line)
	}
}

// counts reports whether a result is counted: that of a test with others inside is not,
// unless it failed by itself.
func (r *result) counts() bool {
	return !r.within || r.state != "pass" && !r.failed
}
