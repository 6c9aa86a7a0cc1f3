// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"kresd-manager/internal/visible"
)

// errNotSure is the answer no, or none.
var errNotSure = errors.New("not confirmed; nothing was done")

// sure asks whoever sits at a terminal whether to go on, and fails unless the answer is
// yes. Where no one could type it, as in scripts, nothing is asked.
func (a *app) sure(ctx context.Context, question string) error {
	if !visible.IsTerminal(a.files.Stdin) || !a.stderr.Terminal() {
		return nil
	}
	fmt.Fprint(a.stderr, question+" [y/N] ")
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.files.Stdin).ReadString('\n') // the end of input is no
		typed <- line
	}()
	select {
	case line := <-typed:
		if strings.HasSuffix(line, "\n") {
			a.stderr.Entered()
		} else {
			fmt.Fprintln(a.stderr)
		}
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
	}
	return errNotSure
}
