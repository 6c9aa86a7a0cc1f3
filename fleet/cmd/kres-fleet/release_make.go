// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
)

func (a *app) releaseMake() *cobra.Command {
	var out, notes string
	var sequence uint64
	var files []string
	cmd := &cobra.Command{
		Use:   "make -o FOLDER --sequence N BASE [MATCH:OVERLAY…]",
		Short: "make a release of configuration files",
		Long: `Make a release of a base for all hosts, and of overlays for some: JSON merge
patches (RFC 7396), in YAML, for hosts with a tag, as ring=canary:FILE, or for one,
as host=ns1:FILE. They apply in the order given. No host goes to a lower sequence
than it has had.

Files come by URL: with --file block.rpz=FILE=URL hosts fetch URL, which must have
what FILE has, and the configuration names it as fleet-file:block.rpz.`,
		Args: args(1, -1, "BASE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" || sequence == 0 {
				return usage(cmd, "-o and --sequence are needed")
			}
			m := release.Manifest{Format: release.Format, Sequence: sequence, Notes: notes}
			blobs := make(map[string][]byte)
			for i, arg := range args {
				match, file, ok := strings.Cut(arg, ":")
				if i == 0 {
					match, file = "", arg
				} else if !ok {
					return usage(cmd, "%q is not MATCH:OVERLAY", arg)
				}
				text, err := durable.Read(file, release.MaxBlob)
				if err != nil {
					return settings.Cannot("read the configuration", err)
				}
				if _, err := release.Compose(file, [][]byte{text}, nil); err != nil && !strings.Contains(string(text), "fleet-file:") {
					return err
				}
				name := release.Digest(text)
				blobs[name] = text
				if i == 0 {
					m.Base = name
				} else {
					m.Overlays = append(m.Overlays, release.Overlay{Match: rollout.Match(match), Blob: name})
				}
			}
			for _, arg := range files {
				parts := strings.SplitN(arg, "=", 3)
				if len(parts) != 3 {
					return usage(cmd, "--file %q is not NAME=FILE=URL", arg)
				}
				text, err := durable.Read(parts[1], release.MaxFile)
				if err != nil {
					return settings.Cannot("read the file", err)
				}
				m.Files = append(m.Files, release.File{Name: parts[0], SHA256: release.Digest(text), URL: parts[2]})
			}
			if _, err := release.Parse(m.Text()); err != nil {
				return err
			}
			if _, err := composed(m, blobs); err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Join(out, blobFolder), 0o755); err != nil {
				return settings.Cannot("make the release", err)
			}
			for name, text := range blobs {
				if err := durable.Write(filepath.Join(out, blobFolder, name), text, 0o644); err != nil {
					return settings.Cannot("make the release", err)
				}
			}
			if err := durable.Write(filepath.Join(out, manifestFile), m.Text(), 0o644); err != nil {
				return settings.Cannot("make the release", err)
			}
			name := release.Digest(m.Text())
			return a.print(map[string]any{"release": name, "sequence": sequence, "folder": out}, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "release %s is in %s; sign it:\nssh-keygen -Y sign -n %s -f KEY %s\n", release.Short(name), out, release.Namespace, filepath.Join(out, manifestFile))
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "`FOLDER` for the release")
	cmd.Flags().Uint64Var(&sequence, "sequence", 0, "`N`umber that orders releases")
	message(cmd, &notes, "notes for people")
	cmd.Flags().StringArrayVar(&files, "file", nil, "a file, as `NAME=FILE=URL`")
	return cmd
}

// composed makes what each kind of host gets, and fails where that is no configuration.
func composed(m release.Manifest, blobs map[string][]byte) (map[string]*config.Document, error) {
	files := make(map[string]string)
	for _, f := range m.Files {
		files[f.Name] = "/var/lib/kres-fleet/files/" + f.SHA256 + "/" + f.Name
	}
	docs := make(map[string]*config.Document)
	for i := range len(m.Overlays) + 1 {
		names, of := []string{m.Base}, "all"
		if i > 0 {
			names, of = append(names, m.Overlays[i-1].Blob), string(m.Overlays[i-1].Match)
		}
		var parts [][]byte
		for _, name := range names {
			text, ok := blobs[name]
			if !ok {
				return nil, fmt.Errorf("blob %s is missing", release.Short(name))
			}
			parts = append(parts, text)
		}
		doc, err := release.Compose("the configuration of "+of, parts, files)
		if err != nil {
			return nil, err
		}
		docs[of] = doc
	}
	return docs, nil
}
