// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
)

func (a *app) releasePublish() *cobra.Command {
	return &cobra.Command{
		Use: "publish FOLDER", Short: "put a release into the store; no host changes",
		Args: args(1, 1, "FOLDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRelease(cmd, args[0], func(ctx context.Context, _ settings.Settings, st store.Store, l loaded) error {
				for name, blob := range l.blobs { // before what names them
					if _, _, err := st.Commit(ctx, []store.Condition{{Key: store.Blobs + name}}, []store.Change{{Key: store.Blobs + name, Data: blob}}); err != nil {
						return asked(err)
					}
				}
				if _, _, err := st.Commit(ctx, nil, []store.Change{{Key: store.Releases + l.name, Data: l.bundle.Text()}}); err != nil {
					return asked(err)
				}
				return a.print(map[string]any{"release": l.name}, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "release %s is in the store; kres-fleet rollout start %s begins\n", release.Short(l.name), release.Short(l.name))
					return err
				})
			})
		},
	}
}
