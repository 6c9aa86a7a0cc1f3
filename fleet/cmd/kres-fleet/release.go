// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/cmdline/program"
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

func hostsOf(n int) string {
	if n == 1 {
		return "1 host"
	}
	return strconv.Itoa(n) + " hosts"
}
