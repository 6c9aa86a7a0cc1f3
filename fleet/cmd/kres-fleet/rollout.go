// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/cmdline/program"
	"kresd-manager/internal/durable"
	"kresd-manager/internal/present"
)

func (a *app) rolloutCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "rollout", Short: "begin, watch and stop rollouts",
		Args: cobra.ArbitraryArgs, RunE: program.NeedsCommand,
	}
	cmd.AddCommand(a.rolloutStart(), a.rolloutStatus(), a.rolloutPause(), a.rolloutResume(), a.rolloutRevert(), a.rolloutHistory())
	return cmd
}

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

// status is what rollout status prints as JSON.
type status struct {
	Rollout *rollout.Record `json:"rollout"`
	Leader  string          `json:"leader,omitempty"`
	Census  rollout.Census  `json:"hosts"`
	Why     []string        `json:"why"`
}

func (a *app) rolloutStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "show where the rollout stands, and why nothing moves",
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
				r, hosts, err := leader.Hosts(ctx, st)
				if err != nil {
					return asked(err)
				}
				now := status{Rollout: r}
				snap, err := st.Read(ctx, store.Leader)
				if err != nil {
					return asked(err)
				}
				if v, ok := snap.Get(store.Leader); ok {
					now.Leader = string(v.Data[:min(len(v.Data), 64)])
				}
				if r != nil {
					now.Census, now.Why = rollout.Count(*r, hosts), rollout.Why(*r, hosts, nil)
				}
				if now.Leader == "" && !st.ReadOnly() {
					now.Why = append(now.Why, "no host leads: an agent with lead = true has to run, and to reach the store")
				}
				if err := a.print(now, func(w io.Writer) error { return layStatus(w, now) }); err != nil {
					return err
				}
				if r != nil && (r.Phase == rollout.Paused || r.Phase == rollout.Reverting || r.Phase == rollout.Reverted) {
					return statusError(exitDegraded)
				}
				return nil
			})
		},
	}
}

func layStatus(w io.Writer, s status) error {
	if s.Rollout == nil {
		fmt.Fprintln(w, "no rollout has begun yet")
	} else {
		r, c := s.Rollout, s.Census
		fmt.Fprintln(w, wrapped("", fmt.Sprintf("rollout %d: %s, release %s (sequence %d), by %s%s",
			r.ID, r.Phase, release.Short(r.Release), r.Sequence, r.By, suffix(r.Why))))
		fmt.Fprintf(w, "%d of %d hosts have it; %d in flight, %d ready, %d failed, %d away, %d held\n", c.On, c.Hosts, c.InFlight, c.Ready, c.Failed, c.Missing, c.Held)
	}
	if s.Leader != "" {
		fmt.Fprintf(w, "%s leads\n", s.Leader)
	}
	for _, line := range s.Why {
		if _, err := fmt.Fprintln(w, wrapped("- ", line)); err != nil {
			return err
		}
	}
	return nil
}

// change has a record changed by a person, who may be faster than the leader or not.
func (a *app) change(cmd *cobra.Command, do func(*rollout.Record) error) error {
	return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
		for range 10 {
			snap, err := st.Read(ctx, store.Rollout)
			if err != nil {
				return asked(err)
			}
			v, there := snap.Get(store.Rollout)
			if !there {
				return errors.New("no rollout has begun yet")
			}
			r, err := rollout.Parse(v.Data)
			if err != nil {
				return err
			}
			was := r.Phase
			if err := do(&r); err != nil {
				return err
			}
			r.Version++
			r.Threshold = nil // the leader sets them anew
			if _, err := rollout.Parse(r.Text()); err != nil {
				return err
			}
			_, held, err := st.Commit(ctx, []store.Condition{{Key: store.Rollout, Revision: v.Revision}}, []store.Change{{Key: store.Rollout, Data: r.Text()}})
			if err != nil {
				return asked(err)
			}
			if held {
				return a.print(r, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "rollout %d was %s and is %s\n", r.ID, was, r.Phase)
					return err
				})
			}
		}
		return errors.New("the record changes faster than this command; try again")
	})
}

func (a *app) rolloutPause() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: "pause", Short: "let no further host start", Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.change(cmd, func(r *rollout.Record) error {
				if r.Phase.Ended() || r.Phase == rollout.Paused {
					return fmt.Errorf("rollout %d is %s already", r.ID, r.Phase)
				}
				r.Pause("by " + who() + suffix(why))
				return nil
			})
		},
	}
	message(cmd, &why, "why")
	return cmd
}

func suffix(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func (a *app) rolloutResume() *cobra.Command {
	var failed, missing string
	var accept, noGate bool
	cmd := &cobra.Command{
		Use: "resume", Short: "go on with a paused rollout",
		Long: `Go on with a paused rollout. What it was paused for pauses it again unless that
is gone, or a flag says that it does not matter any more.`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.change(cmd, func(r *rollout.Record) error {
				if r.Phase != rollout.Paused {
					return fmt.Errorf("rollout %d is %s, not paused", r.ID, r.Phase)
				}
				r.Phase, r.Resume, r.Reason = r.Resume, "", ""
				if failed != "" {
					r.Policy.MaxFailed = rollout.Amount(failed)
				}
				if missing != "" {
					r.Policy.MaxMissing = rollout.Amount(missing)
				}
				if noGate {
					r.Policy.Gate = ""
				}
				if accept {
					r.Policy.OnInconclusive = rollout.InconclusivePasses
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&failed, "max-failed", "", "another limit from now on, `N` or N%")
	cmd.Flags().StringVar(&missing, "max-missing", "", "another limit from now on, `N` or N%")
	cmd.Flags().BoolVar(&noGate, "no-gate", false, "ask the gate of the policy no more")
	cmd.Flags().BoolVar(&accept, "accept-inconclusive", false, "let probes alone decide where there is no data")
	return cmd
}

func (a *app) rolloutRevert() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use: "revert", Short: "take all hosts back to what they had",
		Long: `Take all hosts back to the release that they had before, without a canary host and
soak, and still not more at a time than the policy allows.`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.change(cmd, func(r *rollout.Record) error {
				if r.Phase == rollout.Reverting || r.Phase == rollout.Reverted {
					return fmt.Errorf("rollout %d is %s already", r.ID, r.Phase)
				}
				r.Phase, r.Resume, r.Reason = rollout.Reverting, "", "by "+who()+suffix(why)
				return nil
			})
		},
	}
	message(cmd, &why, "why")
	return cmd
}

func (a *app) rolloutHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history", Short: "list rollouts, newest first", Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, func(ctx context.Context, _ settings.Settings, st store.Store) error {
				past, err := st.Read(ctx, store.History)
				if err != nil {
					return asked(err)
				}
				now, err := st.Read(ctx, store.Rollout)
				if err != nil {
					return asked(err)
				}
				all := []rollout.Record{}
				for _, v := range append(past.Values, now.Values...) {
					if r, err := rollout.Parse(v.Data); err == nil {
						all = append(all, r)
					}
				}
				slices.Reverse(all)
				return a.print(all, func(w io.Writer) error {
					if len(all) == 0 {
						_, err := fmt.Fprintln(w, "no rollout has begun yet")
						return err
					}
					t := present.NewTable(w)
					t.Row("ROLLOUT", "RELEASE", "SEQUENCE", "PHASE", "BY", "WHY")
					for _, r := range all {
						t.Row(fmt.Sprint(r.ID), release.Short(r.Release), fmt.Sprint(r.Sequence), string(r.Phase), r.By, strings.TrimPrefix(r.Why+suffix(r.Reason), ": "))
					}
					return t.Flush()
				})
			})
		},
	}
}
