// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
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
installed configuration is checked.

Problems are printed as FILE:LINE:COLUMN: POINTER: WHAT IS WRONG.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{defaultConfig}
				if a.config != "" {
					args[0] = a.config
				}
			}
			valid := true
			for _, file := range args {
				err := validate(file)
				if err == nil {
					if !a.quiet {
						fmt.Fprintf(a.stdout, "%s: valid\n", display(file))
					}
					continue
				}
				valid = false
				a.printProblems(file, err)
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

// validate reads one file and checks what it means on this machine.
func validate(file string) error {
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
	_, err = doc.Config(config.Host{CPUs: runtime.NumCPU(), Hostname: hostname, BaseDir: dir})
	return err
}

// printProblems prints all problems, a line each, as compilers do.
func (a *app) printProblems(file string, err error) {
	var problems config.Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(a.stderr, problems)
		return
	}
	fmt.Fprintf(a.stderr, "%s: %v\n", display(file), err)
}

func display(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}
