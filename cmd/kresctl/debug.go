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
		Long: `Attach gdb, or another debugger that takes its arguments, to the processes of
the units that are named; kresd are all workers, gc is the garbage collector.
What comes after -- is given to the debugger. It takes the rights of root.

While a debugger holds a worker, it answers no one, and queries that the kernel
gives to it wait or get lost. systemd kills it after 30 seconds without a sign
of life, and kresd-manager restarts what does not answer. So look and let go,
as with -- -batch -ex bt.

All workers at a time have to be named, as kresd: no one is served then.`,
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
				pids, err := units.Debugged(all, args)
				if err != nil {
					return err
				}
				line := debugger.Command(gdb, sudo, pids, more)
				if printOnly {
					_, err := fmt.Fprintln(a.stdout, debugger.Text(line))
					return err
				}
				if os.Geteuid() != 0 && !sudo {
					return fmt.Errorf("cannot attach to processes of other users; run this as root, or with --sudo")
				}
				return debugger.Run(line)
			})
		},
	}
	cmd.Flags().BoolVar(&sudo, "sudo", false, "run the debugger with sudo")
	cmd.Flags().StringVar(&gdb, "gdb", "gdb", "run this program, `GDB`")
	cmd.Flags().BoolVar(&printOnly, "print-only", false, "print the command, and do not run it")
	return cmd
}
