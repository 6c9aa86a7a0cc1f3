// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
)

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate [FILE… | -]",
		Short: "check configuration files, without a manager",
		Long: `Check configuration files for all that can be known without running them. Each
file is a configuration of its own; - is standard input. Without FILE the
installed configuration is checked, or that of -c.

Problems are printed as FILE:LINE:COLUMN: POINTER: WHAT IS WRONG. A file that
gives warnings only is valid.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{defaultConfig}
				if a.config != "" {
					args[0] = a.config
				}
			}
			valid := true
			for _, file := range args {
				err := a.validate(file)
				if err == nil {
					if !a.quiet {
						fmt.Fprintf(a.stdout, "%s: valid\n", display(file))
					}
					continue
				}
				valid = false
				fmt.Fprintln(a.stderr, err)
			}
			if !valid {
				return statusError(exitFailed)
			}
			return nil
		},
	}
	a.quietFlag(cmd)
	return cmd
}

// validate reads one file and checks what it means on this machine. It prints
// warnings; errors it returns, a line for each problem, as compilers do.
func (a *app) validate(file string) error {
	doc, err := config.ReadFile(file)
	if err != nil {
		return err
	}
	dir := "."
	if file != "-" {
		dir = filepath.Dir(file)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("cannot find the folder of %s: %w", file, err)
	}
	hostname, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("cannot tell the name of this machine: %w", err)
	}
	_, problems := doc.Check(config.Host{CPUs: runtime.NumCPU(), Hostname: hostname, BaseDir: dir})
	if problems.Errors() != nil {
		return problems // warnings among them, in the order of the file
	}
	if len(problems) > 0 {
		fmt.Fprintln(a.stderr, problems)
	}
	return nil
}

// display is how problems call a file.
func display(file string) string {
	if file == "-" {
		return "<stdin>"
	}
	return file
}
