// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
)

// one changes what the store has of a host that it knows.
func (a *app) one(cmd *cobra.Command, host, words string, do func(alive, hold store.Value) ([]store.Condition, []store.Change, error)) error {
	return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
		known, err := st.Read(ctx, store.Hosts+host)
		if err != nil {
			return asked(err)
		}
		if len(known.Values) == 0 {
			return fmt.Errorf("there is no host %q; kres-fleet hosts lists them", host)
		}
		alive, err := st.Read(ctx, store.Alive+host)
		if err != nil {
			return asked(err)
		}
		held, err := st.Read(ctx, store.Holds+host)
		if err != nil {
			return asked(err)
		}
		v, _ := alive.Get(store.Alive + host)
		h, _ := held.Get(store.Holds + host)
		conditions, changes, err := do(v, h)
		if err != nil {
			return err
		}
		_, done, err := st.Commit(ctx, conditions, changes)
		if err != nil {
			return asked(err)
		}
		if !done {
			return fmt.Errorf("host %s has changed meanwhile; try again", host)
		}
		return a.print(map[string]string{"host": host}, func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "host %s %s\n", host, words)
			return err
		})
	})
}
