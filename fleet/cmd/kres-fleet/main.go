// SPDX-License-Identifier: Apache-2.0

// Command kres-fleet rolls one signed configuration over many resolvers: as an agent on
// each host, and as the command by which people make releases, begin rollouts and see
// what goes on.
package main

import (
	"context"
	"io"

	"kresd-manager/internal/cmdline/program"
	"kresd-manager/internal/visible"
)

// version is set when a release is linked.
var version = "devel"

func main() { program.Main(run) }

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr *visible.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	program.Begin(root, args)
	return a.exitStatus(root.ExecuteContext(ctx))
}
