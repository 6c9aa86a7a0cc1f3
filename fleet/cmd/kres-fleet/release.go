// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/cmdline/program"
	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
)

const (
	manifestFile  = "manifest"
	signatureFile = "manifest.sig"
	blobFolder    = "blobs"
)

func (a *app) releaseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "release", Short: "make releases, check them, and put them into the store",
		Long: `A release is a folder: the file manifest, its signature manifest.sig, and
blobs. Make one, sign it with the key that you have, and publish it:

  kres-fleet release make -o r7 --sequence 7 base.yaml ring=canary:more.yaml
  ssh-keygen -Y sign -n kres-fleet -f ~/.ssh/id_ed25519 r7/manifest
  kres-fleet release publish r7`,
		Args: cobra.ArbitraryArgs, RunE: program.NeedsCommand,
	}
	cmd.AddCommand(a.releaseMake(), a.releaseCheck(), a.releasePublish(), a.releaseDiff())
	return cmd
}

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

// loaded is a release in a folder.
type loaded struct {
	name     string
	manifest release.Manifest
	by       []string
	bundle   release.Bundle
	blobs    map[string][]byte
}

// load reads and verifies a release in a folder.
func load(folder string, s settings.Settings) (l loaded, err error) {
	text, err := durable.Read(filepath.Join(folder, manifestFile), release.MaxManifest)
	if err != nil {
		return l, settings.Cannot("read the release", err)
	}
	sig, err := durable.Read(filepath.Join(folder, signatureFile), release.MaxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return l, fmt.Errorf("the release is not signed: there is no %s; sign it:\nssh-keygen -Y sign -n %s -f KEY %s",
			filepath.Join(folder, signatureFile), release.Namespace, filepath.Join(folder, manifestFile))
	} else if err != nil {
		return l, settings.Cannot("read the signature", err)
	}
	signers, err := s.Signers()
	if err != nil {
		return l, err
	}
	l.name, l.bundle, l.blobs = release.Digest(text), release.Bundle{Manifest: string(text), Signature: string(sig)}, map[string][]byte{}
	if l.manifest, l.by, err = release.Open(l.name, l.bundle.Text(), signers, time.Now()); err != nil {
		return l, err
	}
	for _, name := range l.manifest.Blobs() {
		blob, err := durable.Read(filepath.Join(folder, blobFolder, name), release.MaxBlob)
		if err != nil {
			return l, settings.Cannot("read the release", err)
		}
		if release.Digest(blob) != name {
			return l, fmt.Errorf("blob %s is not what its name says: it was changed", release.Short(name))
		}
		l.blobs[name] = blob
	}
	_, err = composed(l.manifest, l.blobs)
	return l, err
}

// withRelease has something done with the store and a release in a folder, which is good.
func (a *app) withRelease(cmd *cobra.Command, folder string, do func(context.Context, settings.Settings, store.Store, loaded) error) error {
	return a.with(cmd, func(ctx context.Context, s settings.Settings, st store.Store) error {
		l, err := load(folder, s)
		if err != nil {
			return err
		}
		return do(ctx, s, st, l)
	})
}

// list is never null in JSON.
func list[T any](all []T) []T { return append([]T{}, all...) }

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

// find returns the release in the store whose name begins so.
func find(ctx context.Context, st store.Store, begin string) (name string, text []byte, err error) {
	snap, err := st.Read(ctx, store.Releases)
	if err != nil {
		return "", nil, asked(err)
	}
	for _, v := range snap.Values {
		full := strings.TrimPrefix(v.Key, store.Releases)
		if !strings.HasPrefix(full, begin) {
			continue
		}
		if name != "" {
			return "", nil, fmt.Errorf("%q is the beginning of several releases; give more of it", begin)
		}
		name, text = full, v.Data
	}
	if name == "" || len(begin) < 4 {
		return "", nil, fmt.Errorf("there is no release %q in the store; at least four digits of its name are needed", begin)
	}
	return name, text, nil
}

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

func hostsOf(n int) string {
	if n == 1 {
		return "1 host"
	}
	return strconv.Itoa(n) + " hosts"
}

func short(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
