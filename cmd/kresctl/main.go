// SPDX-License-Identifier: Apache-2.0

// Command kresctl controls Knot Resolver through kresd-manager: it reads and
// changes the running configuration, reloads it, shows what runs, and checks
// configuration files without a manager.
//
// Its exit statuses are in exit.go.
package main

import (
	"context"
	"io"

	"kresd-manager/internal/cmdline/program"
	"kresd-manager/internal/source"
	"kresd-manager/internal/visible"
)

// version is set when a release is linked.
var version = "devel"

func main() { program.Main(run) }

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr *visible.Writer) int {
	a := &app{stdout: stdout, stderr: stderr, files: source.Reader{Stdin: stdin}}
	root := a.root()
	program.Begin(root, args)
	return a.exitStatus(root.ExecuteContext(ctx))
}
