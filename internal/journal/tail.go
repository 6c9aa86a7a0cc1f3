// SPDX-License-Identifier: Apache-2.0

// Package journal reads what units have said, so that a refused change can be
// answered with the daemon's own words. It runs journalctl(1): the library that
// reads the journal needs cgo, and this is only for the sad path.
package journal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"kresd-manager/units"
)

// patience is how long to wait for journald to have taken what a process said
// before it ended. It is long because a busy machine is where this matters, and
// because someone waits for an answer that says why.
const patience = 10 * time.Second

// Where journald cannot be asked whether it has taken everything, this is what is
// waited: settle for the last messages of a process that has just ended, which the
// journal takes a moment after systemd has noticed the end, and silence for the
// first message at all.
const (
	settle  = 500 * time.Millisecond
	silence = 2 * time.Second
)

// Tail returns the last messages of one run of a unit, oldest first, nil if
// there are none or they may not be read. The caller must be in group
// systemd-journal to read other users' messages (systemd-journald.service(8)).
func Tail(ctx context.Context, run units.LogRun, lines int) []string {
	if run.Unit == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if synchronize(ctx, socket) == nil {
		return read(ctx, run, lines)
	}
	began := time.Now()
	var last []string
	for {
		got := read(ctx, run, lines)
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

func read(ctx context.Context, run units.LogRun, lines int) []string {
	args := append([]string{"--quiet", "--no-pager", "--output=cat", "--lines=" + strconv.Itoa(lines)}, matches(run)...)
	out, err := exec.CommandContext(ctx, "journalctl", args...).Output()
	if err != nil {
		return nil
	}
	text := strings.TrimRight(string(out), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// sinceArgument has journalctl(1) leave out what is older. The time is told as
// systemd.time(7) has it since 1970, to which earlier times are set.
func sinceArgument(at time.Time) string {
	usec := max(at.UnixMicro(), 0)
	return fmt.Sprintf("--since=@%d.%06d", usec/1e6, usec%1e6)
}

// matches are arguments of journalctl(1): messages of that invocation, or of the
// unit, since the run began.
func matches(run units.LogRun) []string {
	var args []string
	if !run.Since.IsZero() {
		args = append(args, sinceArgument(run.Since))
	}
	if run.User {
		args = append(args, "_SYSTEMD_USER_UNIT="+run.Unit, "_UID="+strconv.Itoa(os.Getuid()))
	} else {
		args = append(args, "_SYSTEMD_UNIT="+run.Unit)
	}
	if run.Invocation != "" {
		args = append(args, "+", "_SYSTEMD_INVOCATION_ID="+run.Invocation)
	}
	return args
}
