// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// is expects exactly these words, whatever is between them.
func is(want ...string) check {
	return func(output string) error {
		if got := strings.Fields(output); !slices.Equal(got, want) {
			return fmt.Errorf("the output is not %q", strings.Join(want, " "))
		}
		return nil
	}
}

// says expects every one of the texts somewhere.
func says(want ...string) check {
	return func(output string) error {
		for _, text := range want {
			if !strings.Contains(output, text) {
				return fmt.Errorf("the output does not say %q", text)
			}
		}
		return nil
	}
}

// exactly expects an output.
func exactly(want string) check {
	return func(output string) error {
		if output != want {
			return fmt.Errorf("the output is not %q", want)
		}
		return nil
	}
}

// all expects what each of the checks expects.
func all(checks ...check) check {
	return func(output string) error {
		for _, c := range checks {
			if err := c(output); err != nil {
				return err
			}
		}
		return nil
	}
}

// count expects a text a number of times.
func count(n int, text string) check {
	return func(output string) error {
		if got := strings.Count(output, text); got != n {
			return fmt.Errorf("the output says %q %d times, not %d times", text, got, n)
		}
		return nil
	}
}

// processes remembers process ids from one act to a later one.
type processes []string

func sorted(output string) processes {
	pids := strings.Fields(output)
	slices.Sort(pids)
	return pids
}

// seen expects n process ids and remembers them.
func (p *processes) seen(n int) check {
	return func(output string) error {
		*p = sorted(output)
		if len(*p) != n {
			return fmt.Errorf("%d processes, expected %d", len(*p), n)
		}
		return nil
	}
}

// same expects the processes remembered.
func (p *processes) same(output string) error {
	if !slices.Equal(sorted(output), *p) {
		return fmt.Errorf("these are other processes than before: %s", strings.Join(*p, " "))
	}
	return nil
}

// renewed expects as many processes as remembered, each of them new, and remembers them.
func (p *processes) renewed(output string) error {
	now := sorted(output)
	old := func(pid string) bool { return slices.Contains(*p, pid) }
	if len(now) != len(*p) || slices.ContainsFunc(now, old) {
		return errors.New("not every process was replaced by one new process")
	}
	*p = now
	return nil
}
