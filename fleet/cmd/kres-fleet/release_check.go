// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/settings"
)

func (a *app) releaseCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check FOLDER", Short: "check a release, without a store",
		Long: `Check a release as hosts will: its signature, by the allowed signers of the
settings, its blobs, and what hosts get of them. What a host's own manager makes of
it shows in the preflight of a rollout, on each host.`,
		Args: args(1, 1, "FOLDER"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := settings.Read(a.settings)
			if err != nil {
				return err
			}
			l, err := load(args[0], s)
			if err != nil {
				return err
			}
			return a.print(map[string]any{"release": l.name, "sequence": l.manifest.Sequence, "signed-by": l.by, "overlays": list(l.manifest.Overlays), "files": list(l.manifest.Files)},
				func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "release %s, sequence %d, signed by %s: good\n", release.Short(l.name), l.manifest.Sequence, strings.Join(l.by, ", "))
					return err
				})
		},
	}
}
