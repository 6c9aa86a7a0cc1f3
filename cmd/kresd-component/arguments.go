// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/format"
)

// argumentsFormat is that of a list, which has no place for a number: a later
// format is an object.
var argumentsFormat = format.File{Advice: "restart kresd-manager, which writes it anew"}

// replaceWith makes this process a program with the arguments that a file lists.
// A file that lists none means that the program must not run.
func replaceWith(program, path string, stderr io.Writer) int {
	b, err := os.ReadFile(path)
	if err != nil {
		fmt.Fprintf(stderr, "cannot read the arguments of %s: %v\n", program, err)
		return exitConfig
	}
	var args []string
	err = argumentsFormat.Decode(b, &args)
	var newer *format.NewerError
	if errors.As(err, &newer) {
		fmt.Fprintf(stderr, "cannot read the arguments of %s: %s: %v\n", program, path, err)
		return exitConfig
	}
	if err != nil {
		fmt.Fprintf(stderr, "cannot read the arguments of %s: %s must hold a JSON list of strings: %v\n", program, path, err)
		return exitConfig
	}
	if len(args) == 0 {
		fmt.Fprintf(stderr, "the configuration does not want %s\n", program)
		return exitConfig
	}
	err = unix.Exec(program, append([]string{program}, args...), os.Environ())
	fmt.Fprintf(stderr, "cannot start %s: %v\n", program, err)
	return exitFailed
}
