// SPDX-License-Identifier: Apache-2.0

// Command kres-fleet rolls one signed configuration over many resolvers: as an agent on
// each host, and as the command by which people make releases, begin rollouts and see
// what goes on.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"kresd-manager/internal/visible"
)

// version is set when a release is linked.
var version = "devel"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, visible.NewWriter(os.Stdout), visible.NewWriter(os.Stderr))
	stop()
	os.Exit(code)
}

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr *visible.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	return a.exitStatus(root.ExecuteContext(ctx))
}
