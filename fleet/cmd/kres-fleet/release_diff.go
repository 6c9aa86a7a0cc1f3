// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/config"
)

// compared is what a release means for one host.
type compared struct {
	Host    string      `json:"host"`
	Release string      `json:"release"` // that it keeps now
	Same    bool        `json:"same"`
	Diff    config.Diff `json:"diff,omitzero"`
	Unknown string      `json:"unknown,omitempty"`
}

func (a *app) releaseDiff() *cobra.Command {
	return &cobra.Command{
		Use: "diff FOLDER", Short: "compare a release with what hosts keep",
		Args: args(1, 1, "FOLDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withRelease(cmd, args[0], func(ctx context.Context, s settings.Settings, st store.Store, l loaded) error {
				_, hosts, err := leader.Hosts(ctx, st)
				if err != nil {
					return asked(err)
				}
				all := []compared{}
				for _, h := range sorted(hosts) {
					c := compared{Host: h.ID, Release: h.Release}
					if err := c.fill(ctx, st, s, l, h); err != nil {
						c.Unknown = err.Error()
					}
					all = append(all, c)
				}
				return a.print(all, func(w io.Writer) error { return layCompared(w, all) })
			})
		},
	}
}

// fill compares what a host keeps with what it would get.
func (c *compared) fill(ctx context.Context, st store.Store, s settings.Settings, l loaded, h rollout.Host) error {
	get := func(m release.Manifest, blob func(string) ([]byte, error)) (*config.Document, error) {
		files := make(map[string]string)
		for _, f := range m.Files {
			files[f.Name] = f.SHA256
		}
		var parts [][]byte
		for _, name := range m.For(h.Tags) {
			b, err := blob(name)
			if err != nil {
				return nil, err
			}
			parts = append(parts, b)
		}
		return release.Compose("a release", parts, files)
	}
	next, err := get(l.manifest, func(name string) ([]byte, error) { return l.blobs[name], nil })
	if err != nil {
		return err
	}
	was, err := config.Parse("nothing", []byte("{}"))
	if err != nil {
		return err
	}
	if h.Release != "" {
		signers, err := s.Signers()
		if err != nil {
			return err
		}
		_, text, err := find(ctx, st, h.Release)
		if err != nil {
			return err
		}
		m, _, err := release.Open(h.Release, text, signers, time.Now())
		if err != nil {
			return err
		}
		was, err = get(m, func(name string) ([]byte, error) {
			snap, err := st.Read(ctx, store.Blobs+name)
			if err != nil {
				return nil, err
			}
			v, ok := snap.Get(store.Blobs + name)
			if !ok {
				return nil, errors.New("a blob of the release that it keeps is not in the store any more")
			}
			return v.Data, nil
		})
		if err != nil {
			return err
		}
	}
	c.Diff = config.Difference(was, next, 200)
	c.Same = was.ETag() == next.ETag()
	return nil
}

func layCompared(w io.Writer, all []compared) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, noHosts)
		return err
	}
	// Hosts with the same difference are one paragraph.
	groups := make(map[string][]string)
	var order []string
	for _, c := range all {
		text := ""
		switch {
		case c.Unknown != "":
			text = "not known: " + c.Unknown
		case c.Same:
			text = "nothing changes"
		default:
			for _, d := range c.Diff.Changes {
				text += fmt.Sprintf("%s %s\n", d.Op, d.Pointer)
			}
		}
		if _, seen := groups[text]; !seen {
			order = append(order, text)
		}
		groups[text] = append(groups[text], c.Host)
	}
	for _, text := range order {
		if _, err := fmt.Fprintf(w, "%s:\n  %s\n", hostsOf(len(groups[text]))+" ("+short(groups[text])+")", strings.Join(lines(text), "\n  ")); err != nil {
			return err
		}
	}
	return nil
}

func short(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
