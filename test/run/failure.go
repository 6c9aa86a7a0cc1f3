// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// failure is a test that failed, or what failed beside the tests of a program.
type failure struct {
	name  string // of the package and the test
	first string // line that says why
	said  []string
	log   string // file with all that its program said
}

// failures returns what failed. Tests of want that did not run have failed, and so has one
// of a system package that was skipped: what a host lacks must not look like a success.
func (o *outcome) failures(want []test) []failure {
	var all []failure
	add := func(test, first string, said []string) {
		name := o.pack
		if test != "" {
			name += "." + test
		}
		all = append(all, failure{name: name, first: first, said: said, log: o.log})
	}
	for _, r := range o.results {
		if r.state == "" && !r.within {
			o.failAbove(r.name)
		}
	}
	for _, r := range o.results {
		switch {
		case r.failed: // one inside tells
		case r.state == "fail":
			add(r.name, o.why(r.said), r.said)
		case r.state == "":
			add(r.name, "did not end: "+o.why(r.said), r.said)
		case r.state == "skip" && (pack{name: o.pack}).system():
			add(r.name, "was skipped: "+o.why(r.said), r.said)
		}
	}
	for _, r := range o.results {
		if i := lastBelow(all, o.pack+"."+r.name+"/"); r.failed && i >= 0 {
			all[i].said = append(slices.Clone(all[i].said), r.said...) // the journal, often
		}
	}
	var missing []string
	for _, t := range want {
		if o.byName[t.name] == nil {
			missing = append(missing, t.name)
		}
	}
	switch {
	case len(missing) > 0:
		add("", fmt.Sprintf("%d tests did not run (%v): %s", len(missing), o.err, strings.Join(missing, " ")), o.said)
	case o.err != nil && len(all) == 0:
		add("", fmt.Sprintf("%v: %s", o.err, firstOf(o.said)), o.said)
	}
	return all
}

// lastBelow returns the last failure whose name begins so, -1 if there is none.
func lastBelow(all []failure, prefix string) int {
	for i := len(all) - 1; i >= 0; i-- {
		if strings.HasPrefix(all[i].name, prefix) {
			return i
		}
	}
	return -1
}

var logged = regexp.MustCompile(`^ +([^ :]+\.go):(\d+): (.*)`)

// why returns the line of a failed test that says why: the first one that the source does
// not merely log, or that of a panic.
func (o *outcome) why(said []string) string {
	for i, line := range said {
		if strings.HasPrefix(line, "panic: ") {
			return line
		}
		m := logged.FindStringSubmatch(line)
		if m == nil || o.merelyLogs(m[1], m[2]) {
			continue
		}
		if m[3] == "" && i+1 < len(said) { // a message that begins with a new line
			return m[1] + ":" + m[2] + ": " + strings.TrimSpace(said[i+1])
		}
		return strings.TrimSpace(line)
	}
	return firstOf(said)
}

// merelyLogs reports whether a line of the source logs and fails nothing.
func (o *outcome) merelyLogs(file, line string) bool {
	n, _ := strconv.Atoi(line) // by the expression
	text, err := os.ReadFile(filepath.Join(o.dir, file))
	lines := strings.Split(string(text), "\n")
	if err != nil || n > len(lines) {
		return true // of another package: what fails is told where the test is
	}
	return strings.Contains(lines[n-1], ".Log(") || strings.Contains(lines[n-1], ".Logf(")
}

func firstOf(lines []string) string {
	for i, line := range lines {
		line = strings.TrimSpace(line)
		switch {
		case strings.Trim(line, "=") == "": // above what the race detector says
		case strings.HasPrefix(line, "# "): // go test's title of what it cannot build
		case line == "WARNING: DATA RACE":
			return line + at(lines[i:])
		default:
			return line
		}
	}
	return "it said nothing"
}

// at names the first of our functions in what the race detector says.
func at(lines []string) string {
	for i, line := range lines[:len(lines)-1] {
		if strings.HasPrefix(strings.TrimSpace(line), module) {
			file, _, _ := strings.Cut(filepath.Base(strings.TrimSpace(lines[i+1])), " ")
			return " at " + file
		}
	}
	return ""
}

// shown is how many lines of one failure are printed.
const shown = 60

// cut returns the beginning and the end of lines, with a word of how many are left out:
// the beginning says what happened, the end what came of it.
func cut(lines []string) []string {
	if len(lines) <= shown {
		return lines
	}
	const head = shown / 2
	left := len(lines) - shown + 1
	return append(append(append([]string{}, lines[:head]...), fmt.Sprintf("[… %d lines …]", left)), lines[head+left:]...)
}
