// SPDX-License-Identifier: Apache-2.0

// Package journal reads what units have said, so that a refused change can be
// answered with the daemon's own words. It runs journalctl(1): the library that
// reads the journal needs cgo, and this is only for the sad path.
package journal

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// settle is how long to wait for the last messages of a process that has just
// ended: the journal takes them a moment after systemd has noticed the end.
const settle = 500 * time.Millisecond

// silence is how long to wait for the first message at all: on a busy machine the
// journal comes late, and a failure without a word helps nobody.
const silence = 2 * time.Second

// Tail returns the last messages of one run of a unit, oldest first, nil if
// there are none or they may not be read. The caller must be in group
// systemd-journal to read other users' messages (systemd-journald.service(8)).
func Tail(ctx context.Context, invocation string, lines int) []string {
	if invocation == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	began := time.Now()
	var last []string
	for {
		got := read(ctx, invocation, lines)
		// Two equal readings in a row, with something in them, are the end.
		if len(got) > 0 && len(got) == len(last) && got[len(got)-1] == last[len(last)-1] {
			return got
		}
		last = got
		enough := settle
		if len(got) == 0 {
			enough = silence
		}
		if ctx.Err() != nil || time.Since(began) > enough {
			return last
		}
		select {
		case <-ctx.Done():
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func read(ctx context.Context, invocation string, lines int) []string {
	out, err := exec.CommandContext(ctx, "journalctl", "--quiet", "--no-pager", "--output=cat",
		"--lines="+strconv.Itoa(lines), "_SYSTEMD_INVOCATION_ID="+invocation).Output()
	if err != nil {
		return nil
	}
	text := strings.TrimRight(string(out), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
