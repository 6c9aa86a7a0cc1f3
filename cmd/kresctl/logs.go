// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

func (a *app) logsCommand() *cobra.Command {
	var q units.LogQuery
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "logs [-f] [-n LINES] [--json] [UNIT…]",
		Short: "show what the units say",
		Long: `Show the last messages of the workers, of all other units and of the manager,
or of some of them, from the journal; with -f also those to come, until you
interrupt it. It takes the role read, and no right to read the journal.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range args {
				if !strings.Contains(name, ".") {
					name += ".service" // as for systemctl
				}
				q.Units = append(q.Units, name)
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			return c.Logs(cmd.Context(), q, func(l units.LogLine) {
				if asJSON {
					_ = a.printLine(l) // the next write tells
					return
				}
				writeLog(a.stdout, l)
			})
		},
	}
	cmd.Flags().BoolVarP(&q.Follow, "follow", "f", false, "show what comes, too")
	cmd.Flags().IntVarP(&q.Lines, "lines", "n", 100, "how many `LINES` of the past, at most")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, one message a line")
	return cmd
}

// writeLog writes a message for people.
func writeLog(w io.Writer, l units.LogLine) {
	fmt.Fprintf(w, "%s %s %s: %s\n", l.When.Local().Format("Jan 02 15:04:05.000"), visible.Line(strings.TrimSuffix(l.Unit, ".service")),
		visible.Line(l.Identifier), strings.ReplaceAll(l.Message, "\n", "\n    "))
}
