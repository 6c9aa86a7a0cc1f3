// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

func (a *app) eventsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "events [--json]",
		Short: "show what happens, as it happens",
		Long: `Show what happens from now on, until you interrupt it: changes with their plans,
each step as it begins and ends, repairs, and going back to what ran before.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			return c.Events(cmd.Context(), func(e units.Event) {
				if asJSON {
					_ = a.printLine(e) // the next write tells
					return
				}
				writeEvent(a.stdout, e)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON, one event a line")
	return cmd
}

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel",
		Short: "give up the change in progress",
		Long: `Give up the change that is in progress, such as one that loads a very large
response policy zone. What ran before is restored, and whoever asked for the
change is told that it failed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			return c.Cancel(cmd.Context())
		},
	}
}

// writeEvent lays an event out for people.
func writeEvent(w io.Writer, e units.Event) {
	at := e.When.Local().Format("15:04:05.000")
	cause := visible.Line(e.Cause)
	step := ""
	if s := e.Step; s != nil {
		step = visible.Line(string(s.Kind) + " " + s.Unit)
	}
	switch e.Kind {
	case units.EventStep:
		why := ""
		if e.Step != nil {
			why = visible.Line(e.Step.Cause)
		}
		fmt.Fprintf(w, "%s    %s: %s\n", at, step, why)
	case units.EventDone:
		fmt.Fprintf(w, "%s    %s: done in %s\n", at, step, seconds(e.Took))
	case units.EventFailed:
		fmt.Fprintf(w, "%s    %s: FAILED: %s\n", at, step, strings.ReplaceAll(e.Error, "\n", "\n      "))
	case units.EventApplied:
		fmt.Fprintf(w, "%s  %s: applied in %s, generation %s\n", at, cause, seconds(e.Took), visible.Line(e.Generation))
	case units.EventRefused:
		first, _, _ := strings.Cut(e.Error, "\n")
		fmt.Fprintf(w, "%s  %s: FAILED: %s\n", at, cause, first)
	default:
		text := at + "  " + visible.Line(string(e.Kind))
		if e.Cause != "" {
			text += " (" + cause + ")"
		}
		if e.Plan != nil {
			text += ": " + e.Plan.String()
		} else {
			text += "\n"
		}
		fmt.Fprint(w, text)
	}
}

// progressAfter is how long a change may take before it is shown step by step.
const progressAfter = time.Second

// mostEarly is how many events are kept until then.
const mostEarly = 1000

// showProgress has a change that takes long told step by step to whoever
// watches the terminal, until stop is called.
func (a *app) showProgress(ctx context.Context, c *client.Client) (stop func()) {
	if a.quiet || !a.stderr.Terminal() {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	told := make(chan units.Event)
	ended := make(chan struct{})
	go func() {
		defer close(told)
		// Who cannot listen still gets the result.
		_ = c.Events(ctx, func(e units.Event) { told <- e })
	}()
	go func() {
		defer close(ended)
		late := time.After(progressAfter)
		var early []units.Event
		for {
			select {
			case <-late:
				late = nil
				for _, e := range early {
					writeEvent(a.stderr, e)
				}
			case e, ok := <-told:
				switch {
				case !ok:
					return
				case late != nil && len(early) < mostEarly:
					early = append(early, e)
				case late != nil: // nobody would read that many
				default:
					writeEvent(a.stderr, e)
				}
			}
		}
	}()
	return func() { cancel(); <-ended }
}
