// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/debugger"
	"kresd-manager/units"
)

func (a *app) debugCommand() *cobra.Command {
	var sudo, printOnly bool
	var gdb string
	cmd := &cobra.Command{
		Use:     "debug [--sudo] [--gdb GDB] [--print-only] [kresd|gc|all|UNIT…] [-- GDB-ARGUMENT…]",
		Aliases: []string{"debugger"},
		Short:   "attach a debugger to a process",
		Long: `Attach gdb, or another debugger with the same arguments, to the processes of the
units that you name: kresd is all workers, gc the garbage collector. What
follows -- goes to the debugger. You need to be root, or --sudo.

While a debugger holds a worker, it answers no one, and queries that the kernel
gives to it wait or are lost. systemd kills it after 30 seconds without a sign
of life, and kresd-manager restarts what does not answer. So look and let go:
-- -batch -ex bt

To attach to all workers at once you have to say kresd: no one is served then.`,
		Example: `  sudo kresctl debug 1 -- -batch -ex bt`,
		RunE: func(cmd *cobra.Command, args []string) error {
			more := []string{}
			if at := cmd.ArgsLenAtDash(); at >= 0 {
				args, more = args[:at], args[at:]
			}
			for i, arg := range args {
				switch arg {
				case "kresd", "gc", "all":
					if len(args) > 1 {
						return usage(cmd, "%s cannot be combined with other units", arg)
					}
				default:
					unit, err := unitArg(cmd, arg)
					if err != nil {
						return err
					}
					args[i] = unit
				}
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				all, err := c.Units(ctx)
				if err != nil {
					return err
				}
				found, err := units.Debugged(all, args)
				if err != nil {
					return err
				}
				line := debugger.Command(gdb, sudo, found, more)
				if printOnly {
					_, err := fmt.Fprintln(a.stdout, debugger.Text(line))
					return err
				}
				if os.Geteuid() != 0 && !sudo {
					return fmt.Errorf("cannot attach to processes of other users; run this as root, or with --sudo")
				}
				return debugger.Run(line, found)
			})
		},
	}
	cmd.Flags().BoolVar(&sudo, "sudo", false, "run the debugger with sudo")
	cmd.Flags().StringVar(&gdb, "gdb", "gdb", "the debugger to run, a `PROGRAM`")
	cmd.Flags().BoolVar(&printOnly, "print-only", false, "print the command, and do not run it")
	return cmd
}
