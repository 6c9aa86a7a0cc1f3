// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/durable"
)

// readPolicy reads a policy, on top of the default.
func readPolicy(file string) (rollout.Policy, error) {
	p := rollout.DefaultPolicy()
	if file == "" {
		return p, nil
	}
	raw, err := durable.Read(file, 1<<20)
	if err != nil {
		return p, settings.Cannot("read the policy", err)
	}
	var v map[string]any
	if _, err := toml.Decode(string(raw), &v); err != nil {
		return p, settings.Wrong(file, err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return p, fmt.Errorf("cannot read the policy: %w", err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("%s: %w", file, err)
	}
	if err := p.Check(); err != nil {
		return p, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

func (a *app) rolloutStart() *cobra.Command {
	var policy, why string
	var again, force bool
	cmd := &cobra.Command{
		Use: "start RELEASE", Short: "begin a rollout of a release in the store",
		Long: `Begin a rollout of a release that was published, named by the beginning of its
name. It begins with a preflight: every host verifies, merges and tries it, and none
changes. Then one canary host takes it, and then the others, as the policy says.`,
		Args: args(1, 1, "RELEASE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd, func(ctx context.Context, s settings.Settings, st store.Store) error {
				p, err := readPolicy(policy)
				if err != nil {
					return err
				}
				name, text, err := find(ctx, st, args[0])
				if err != nil {
					return err
				}
				signers, err := s.Signers()
				if err != nil {
					return err
				}
				m, _, err := release.Open(name, text, signers, time.Now())
				if err != nil {
					return err
				}
				next := rollout.Record{Format: rollout.Format, Version: 1, Release: name, Sequence: m.Sequence, By: who(), Why: why, Policy: p, Phase: rollout.Preflight}
				snap, err := st.Read(ctx, store.Rollout)
				if err != nil {
					return asked(err)
				}
				was, there := snap.Get(store.Rollout)
				last := 0
				changes := []store.Change{}
				if there {
					old, err := rollout.Parse(was.Data)
					switch {
					case err != nil && !force:
						return fmt.Errorf("%w; --force replaces it", err)
					case err == nil && !old.Phase.Ended():
						return fmt.Errorf("rollout %d is %s; wait for its end, or kres-fleet rollout revert", old.ID, old.Phase)
					case err == nil && old.Phase == rollout.Reverted && old.Release == name && !again:
						return fmt.Errorf("release %s went back in rollout %d (%s); --again tries it once more", release.Short(name), old.ID, old.Reason)
					case err == nil:
						last = old.ID
						next.Previous = old.Release
						if old.Phase == rollout.Reverted {
							next.Previous = old.Previous
						}
						changes = append(changes, store.Change{Key: fmt.Sprintf("%s%08d", store.History, old.ID), Data: was.Data})
					}
				}
				told, err := st.Read(ctx, store.Hosts)
				if err != nil {
					return asked(err)
				}
				var hosts []rollout.Host
				for _, v := range told.Values {
					if h, err := rollout.ParseHost(strings.TrimPrefix(v.Key, store.Hosts), v.Data); err == nil {
						hosts = append(hosts, h)
					}
				}
				var odd []string
				if next.ID, odd = rollout.NextID(last, hosts); len(odd) > 0 {
					fmt.Fprintf(a.stderr, "kres-fleet: %s: reports a rollout that there cannot have been; look whether someone has taken it over\n", strings.Join(odd, ", "))
				}
				if _, err := rollout.Parse(next.Text()); err != nil {
					return err
				}
				changes = append(changes, store.Change{Key: store.Rollout, Data: next.Text()})
				_, held, err := st.Commit(ctx, []store.Condition{{Key: store.Rollout, Revision: was.Revision}}, changes)
				switch {
				case errors.Is(err, store.ErrReadOnly):
					return fmt.Errorf("%w; write this into its file %s:\n%s", err, store.Rollout, next.Text())
				case err != nil:
					return asked(err)
				case !held:
					return errors.New("someone else has begun a rollout at the same time; see kres-fleet rollout status")
				}
				return a.print(next, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "rollout %d of release %s has begun; kres-fleet rollout status shows it\n", next.ID, release.Short(name))
					return err
				})
			})
		},
	}
	cmd.Flags().StringVar(&policy, "policy", "", "`FILE` with what differs from the default policy, TOML")
	message(cmd, &why, "why, for the history")
	cmd.Flags().BoolVar(&again, "again", false, "though the release has gone back before")
	cmd.Flags().BoolVar(&force, "force", false, "replace a record that cannot be read")
	return cmd
}
