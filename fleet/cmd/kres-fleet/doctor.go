// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/local"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/internal/client"
)

// finding is what doctor says of one thing.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "look whether this host can take part",
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := a.examine(cmd.Context())
			err := a.print(found, func(w io.Writer) error {
				for _, f := range found {
					word := "ok  "
					if !f.OK {
						word = "FAIL"
					}
					if _, err := fmt.Fprintf(w, "%s  %s: %s\n", word, f.What, f.Text); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil && slices.ContainsFunc(found, func(f finding) bool { return !f.OK }) {
				return statusError(exitFailed)
			}
			return err
		},
	}
}

func (a *app) examine(ctx context.Context) (found []finding) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	note := func(what string, err error, format string, args ...any) bool {
		f := finding{What: what, OK: err == nil, Text: fmt.Sprintf(format, args...)}
		if err != nil {
			f.Text = err.Error()
		}
		found = append(found, f)
		return f.OK
	}
	s, err := settings.Read(a.settings)
	if !note("settings", err, "%s", a.settings) {
		return found
	}
	_, err = settings.MachineID()
	note("host", err, "%s", s.Host)
	tags, err := s.AllTags()
	note("tags", err, "%s", spelled(tags))
	signers, err := s.Signers()
	if err == nil && len(signers) == 0 {
		err = fmt.Errorf("%s names no key: no release can be verified", s.AllowedSigners)
	}
	note("signers", err, "%s in %s", plural(len(signers), "key"), s.AllowedSigners)
	info, err := os.Stat(s.StateDir)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s is not there; kres-fleet.service makes it", s.StateDir)
	} else if err == nil && info.Mode().Perm()&0o022 != 0 {
		err = fmt.Errorf("%s can be written by others; chmod go-w %s", s.StateDir, s.StateDir)
	}
	note("state", err, "%s", s.StateDir)
	m := &local.Manager{Socket: s.Socket, Probes: s.Probes}
	c := client.New(s.Socket)
	st, err := c.Status(ctx)
	c.Close()
	if note("manager", err, "%s, %s", st.State, s.Socket) {
		if !slices.Contains(st.Files, s.File) {
			err = fmt.Errorf("kresd-manager does not read %s: releases would be gone after its next start; add --config %s, as docs/fleet.md says", s.File, s.File)
		}
		note("file", err, "kresd-manager reads %s", s.File)
		reading, err := m.Read(ctx)
		if err == nil && reading.Ill != "" {
			err = errors.New(reading.Ill)
		}
		note("health", err, "well, %s", plural(len(s.Probes), "probe"))
	}
	if g, err := s.Gate(); err != nil {
		note("gate", err, "")
	} else if g != nil {
		_, err := g.Ask(ctx, "vector(1)")
		note("gate", err, "%s answers", s.Prometheus)
	}
	open, err := s.Open(ctx)
	if err != nil {
		note("store", err, "")
		return found
	}
	defer func() { _ = open.Close() }() // it was read only
	record, hosts, err := leader.Hosts(ctx, open)
	if note("store", err, "%s, %s", s.Store.Kind, hostsOf(len(hosts))) && record != nil {
		note("rollout", nil, "%d is %s", record.ID, record.Phase)
	}
	return found
}

func plural(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// spelled are tags as people write them.
func spelled(tags rollout.Tags) string {
	var all []string
	for name, value := range tags {
		if value != "" {
			name += "=" + value
		}
		all = append(all, name)
	}
	slices.Sort(all)
	return cmp.Or(strings.Join(all, " "), "none")
}
