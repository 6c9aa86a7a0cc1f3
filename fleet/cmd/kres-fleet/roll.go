// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
)

// rollLease is for how long a place is kept for a host that says nothing.
const rollLease = time.Minute

func (a *app) rollCommand() *cobra.Command {
	var wait time.Duration
	var parallel int
	cmd := &cobra.Command{
		Use: "roll -- COMMAND [ARGUMENT…]", Short: "run a command on this host, in the budget of rollouts",
		Long: `Run a command on this host, such as an upgrade, on no more hosts at a time than
--parallel says, those included that a rollout has in flight, and on none while a
rollout goes on. A rollout that begins meanwhile has as many places less. It needs
no server besides the store. Signals and the exit status are as of lock.`,
		Args: args(1, -1, "COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if parallel < 1 {
				return usage(cmd, "--parallel: it is a number of hosts, from 1")
			}
			path, err := exec.LookPath(args[0])
			if err != nil { // before a place is asked for
				return fmt.Errorf("cannot run %s: there is no such command", args[0])
			}
			return a.with(cmd, func(ctx context.Context, s settings.Settings, st store.Store) error {
				if st.ReadOnly() {
					return errors.New("hosts have nothing to agree in with a folder as store; kres-fleet lock takes the lock of a FleetLock server")
				}
				var place store.Lease
				err := insist(ctx, wait, func(ctx context.Context) error {
					var err error
					place, err = takePlace(ctx, st, s.Host, parallel)
					return err
				})
				if err != nil {
					return err
				}
				defer place.Release(context.WithoutCancel(ctx))
				err = ended(a.command(ctx, path, args[1:]).Run())
				select {
				case <-place.Gone():
					fmt.Fprintln(a.stderr, "kres-fleet: the store was not reached for a minute; other hosts may have begun meanwhile")
				default:
				}
				return err
			})
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "for how long to ask for a place, as `10m`; once if 0")
	cmd.Flags().IntVar(&parallel, "parallel", 1, "on how many hosts at a time, a `NUMBER`")
	return cmd
}

// takePlace takes one of some places. A host that may run says so first, and then looks
// whether it may: of two that come at the same time, each sees the other, and the one
// that has come first goes on.
func takePlace(ctx context.Context, st store.Store, host string, parallel int) (place store.Lease, err error) {
	if err := free(ctx, st, host, parallel, false); err != nil {
		return nil, err
	}
	lease, err := st.Grant(ctx, rollLease)
	if err != nil {
		return nil, asked(err)
	}
	defer func() {
		if err != nil {
			lease.Release(context.WithoutCancel(ctx))
		}
	}()
	key := store.Rolls + host
	switch _, held, err := st.Commit(ctx, []store.Condition{{Key: key}}, []store.Change{{Key: key, Data: []byte(who()), Lease: lease.ID()}}); {
	case err != nil:
		return nil, asked(err)
	case !held:
		return nil, errors.New("another kres-fleet roll runs on this host")
	}
	return lease, free(ctx, st, host, parallel, true)
}

// free says why a host cannot have a place, nil if it can. mine tells that it has said
// that it wants one.
func free(ctx context.Context, st store.Store, host string, parallel int, mine bool) error {
	r, hosts, err := leader.Hosts(ctx, st)
	if err != nil {
		return asked(err)
	}
	if r != nil && !r.Phase.Ended() && r.Phase != rollout.Paused {
		return fmt.Errorf("rollout %d is %s; wait for its end, or pause it", r.ID, r.Phase)
	}
	rolls, err := st.Read(ctx, store.Rolls)
	if err != nil {
		return asked(err)
	}
	own, known := rolls.Get(store.Rolls + host)
	if known != mine {
		if mine {
			return errors.New("the store has given up the place of this host; try again")
		}
		return errors.New("another kres-fleet roll runs on this host")
	}
	var before []string
	for _, h := range hosts {
		if h.InFlight() {
			if h.ID == host {
				return errors.New("this host is in the middle of a change of a rollout")
			}
			before = append(before, h.ID)
		}
	}
	for _, v := range rolls.Values {
		if !mine || v.Created < own.Created {
			before = append(before, strings.TrimPrefix(v.Key, store.Rolls))
		}
	}
	if len(before) >= parallel {
		return fmt.Errorf("all places are taken, %d of %d: %s", len(before), parallel, short(before))
	}
	return nil
}
