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

// act is one command, typed at a shell, and what has to come of it.
type act struct {
	title   string // a heading; empty where the command goes on with the subject
	at      string // the host; empty for the only one
	command string // for bash; several lines are one command
	exit    int    // the exit code expected
	check   check
	// clients is done in place of a command. It returns a line for people.
	clients func(context.Context) (string, error)
}

// stage is where a demo plays. The caller closes it.
type stage interface {
	// run has a script run by bash on a host, with COLUMNS set. What it says is on the
	// standard output.
	run(ctx context.Context, at, script string) machine.Result
	// journal is what helps to understand an act that failed.
	journal(ctx context.Context) string
	Close() error
}

// columns is how wide the terminal is that commands are told of.
const columns = "100"

// check says what is wrong with a command's output, standard output and error in one.
type check func(output string) error

// play types one command, shows what it says, and fails unless that is right.
func play(ctx context.Context, s stage, out *printer, a act) error {
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	if a.title != "" {
		out.title(a.title)
	}
	if a.clients != nil {
		said, err := a.clients(ctx)
		out.note(said)
		return err
	}
	out.command(a.at, a.command)
	r := s.run(ctx, a.at, "exec 2>&1\n"+a.command)
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
