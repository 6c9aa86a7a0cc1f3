// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
)

func (a *app) rankCommand() *cobra.Command {
	var tag string
	var like bool
	cmd := &cobra.Command{
		Use:   "rank [ROLLOUT]",
		Short: "print the place of this host in the order of a rollout",
		Long: `Print the rank of this host in a rollout, by its number: the lowest goes first.
With a folder as store, people let hosts start by a threshold of ranks.

With --like-systemd it asks systemd from which share on a unit with
ConditionFraction=TAG SHARE (systemd.unit(5)) starts on this host: systemd has an
order of its own, and a rollout does not follow it.`,
		Args: args(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			if like = cmd.Flags().Changed("like-systemd"); like == (len(args) == 1) {
				return usage(cmd, "give the number of a rollout, or --like-systemd")
			}
			if like {
				return a.rankOfSystemd(cmd, tag)
			}
			n, err := strconv.Atoi(args[0])
			if err != nil || n < 1 {
				return usage(cmd, "%q is not the number of a rollout", args[0])
			}
			s, err := settings.Read(a.settings)
			if err != nil {
				return err
			}
			id, err := settings.MachineID()
			if err != nil {
				return err
			}
			rank := rollout.RankOf(id, s.Host, n)
			return a.print(map[string]any{"host": s.Host, "rollout": n, "rank": rank, "share": rank.Share()}, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s\n%s is among the first %.2f%% of hosts in rollout %d\n", rank, s.Host, 100*rank.Share(), n)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&tag, "like-systemd", "", "ask systemd, for a `TAG`; \"\" is none")
	return cmd
}

func (a *app) rankOfSystemd(cmd *cobra.Command, tag string) error {
	if strings.ContainsAny(tag, " \t\r\n") || len(tag) > 255 {
		return usage(cmd, "--like-systemd: %q is not a tag: it has no blanks", tag)
	}
	first, err := fraction(cmd.Context(), tag)
	if err != nil {
		return err
	}
	share := float64(first) / 100
	return a.print(map[string]any{"tag": tag, "percent": share}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%.2f%%\nConditionFraction=%s holds on this host from that share on\n", share, strings.TrimSpace(tag+" N%"))
		return err
	})
}

// whole is 100%, in the smallest shares that systemd knows.
const whole = 10_000

// fraction is the smallest share, in hundredths of a percent, for which ConditionFraction=
// holds. It halves the range, as systemd says only whether a share is enough.
func fraction(ctx context.Context, tag string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	enough, err := holds(ctx, tag, whole)
	if err == nil && !enough {
		err = errors.New("it does not even hold for 100%")
	}
	if err != nil {
		return 0, fmt.Errorf("cannot ask systemd for ConditionFraction=, which systemd has since 261: %w", err)
	}
	low, high := 0, whole // it does not hold at low, and does at high
	for high-low > 1 {
		middle := (low + high) / 2
		enough, err := holds(ctx, tag, middle)
		if err != nil {
			return 0, fmt.Errorf("cannot ask systemd for ConditionFraction=: %w", err)
		}
		if enough {
			high = middle
		} else {
			low = middle
		}
	}
	return high, nil
}

// holds has systemd evaluate the condition. It says on standard error what it cannot.
func holds(ctx context.Context, tag string, share int) (bool, error) {
	expression := fmt.Sprintf("ConditionFraction=%s", strings.TrimSpace(fmt.Sprintf("%s %d.%02d%%", tag, share/100, share%100)))
	var said bytes.Buffer
	run := exec.CommandContext(ctx, "systemd-analyze", "condition", expression)
	run.Env = append(run.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_LOG_LEVEL=info")
	run.Stderr, run.Stdout = &said, &said
	err := run.Run()
	text := said.String()
	var ended *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &ended):
		return false, err
	case err != nil && !strings.Contains(text, "onditions failed"), strings.Contains(text, "determine result"), strings.Contains(text, "Unknown"):
		line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
		return false, errors.New(line)
	}
	return err == nil, nil
}
