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
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"kresd-manager/internal/source"
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
	a := &app{stdout: stdout, stderr: stderr, files: source.Reader{Stdin: stdin}}
	root := a.root()
	root.SetArgs(args)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Short = "print the help of a command"
	}
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		plain(root)
	}
	return a.exitStatus(root.ExecuteContext(ctx))
}
