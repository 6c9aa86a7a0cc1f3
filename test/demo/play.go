// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"kresd-manager/test/machine"
)

// actTimeout bounds one command; each takes well below two seconds.
const actTimeout = 60 * time.Second

// act is one command, typed at a root shell in the machine, and what has to come of it.
type act struct {
	title   string // a heading; empty where the command goes on with the subject
	command string // for bash; several lines are one command
	exit    int    // the exit code expected
	check   check
}

// check says what is wrong with a command's output, standard output and error in one.
type check func(output string) error

// play types one command, shows what it says, and fails unless that is right.
func play(ctx context.Context, m *machine.Machine, out *printer, a act) error {
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	if a.title != "" {
		out.title(a.title)
	}
	out.command(a.command)
	r := m.Run(ctx, machine.Cmd{
		Args: []string{"bash", "-c", "exec 2>&1\n" + a.command},
		Env:  []string{"COLUMNS=100"},
	})
	out.output(r.Stdout + r.Stderr)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cannot finish the command: %w", err)
	}
	var err error
	switch {
	case r.Code != a.exit:
		err = fmt.Errorf("exit code %d, expected %d", r.Code, a.exit)
	case a.check != nil:
		err = a.check(r.Stdout)
	}
	if err != nil {
		out.failed(err.Error())
		return fmt.Errorf("an act did not go as it should: %w", err)
	}
	return nil
}
