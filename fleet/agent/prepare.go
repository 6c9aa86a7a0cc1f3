// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
	"kresd-manager/internal/config"
)

// unready is why a host does not come to be ready now, and in which state it waits.
type unready struct {
	state rollout.State
	err   error
}

func (u *unready) Error() string { return u.err.Error() }
func (u *unready) Unwrap() error { return u.err }

// prepare gets a release, verifies it, puts it together for this host and has the manager
// try it, without changing anything.
func (a *Agent) prepare(ctx context.Context, r rollout.Record) {
	target, err := a.fetch(ctx, r)
	if err == nil {
		err = a.try(ctx, r, target)
	}
	var not *unready
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &not):
		a.set(ctx, not.state, not.Error())
	case err != nil: // the store or the manager cannot be asked: later
		if a.mem.State != rollout.Idle || a.mem.Reason != err.Error() {
			a.Log.WarnContext(ctx, "the release cannot be prepared yet", "rollout", r.ID, "error", err)
			a.set(ctx, rollout.Idle, err.Error())
		}
	default:
		a.mem.Target = target
		a.set(ctx, rollout.Planned, "")
	}
}

// fetch makes what the release brings to this host.
func (a *Agent) fetch(ctx context.Context, r rollout.Record) (*kept, error) {
	if a.mem.Target.name() == r.Release && a.mem.Plan != "" {
		return a.mem.Target, nil
	}
	signers, err := a.Signers()
	if err != nil {
		return nil, &unready{rollout.Refused, fmt.Errorf("no release can be verified: %w", err)}
	}
	got, err := a.Store.Read(ctx, store.Releases+r.Release)
	if err != nil {
		return nil, err
	}
	v, ok := got.Get(store.Releases + r.Release)
	if !ok {
		return nil, &unready{rollout.Refused, fmt.Errorf("release %s is not in the store", release.Short(r.Release))}
	}
	m, by, err := release.Open(r.Release, v.Data, signers, a.Clock())
	if err == nil && m.Sequence != r.Sequence {
		err = fmt.Errorf("release %s has sequence %d, and the rollout says %d", release.Short(r.Release), m.Sequence, r.Sequence)
	}
	if err == nil {
		err = a.mem.held().Accept(r.Release, m)
	}
	if err != nil {
		a.mu.Lock()
		a.counts.NotVerified++
		a.mu.Unlock()
		return nil, &unready{rollout.Refused, err}
	}
	a.Log.InfoContext(ctx, "release is verified", "rollout", r.ID, "release", r.Release, "sequence", m.Sequence, "signed-by", strings.Join(by, ","))
	var blobs [][]byte
	for _, name := range m.For(a.tags()) {
		blob, err := a.blob(ctx, name)
		if err != nil {
			return nil, err
		}
		blobs = append(blobs, blob)
	}
	files, err := a.files(ctx, m)
	if err != nil {
		return nil, err
	}
	doc, err := release.Compose("release "+release.Short(r.Release), blobs, files)
	if err != nil {
		return nil, &unready{rollout.Refused, err}
	}
	return &kept{r.Release, m.Sequence, doc.JSON()}, nil
}

func (a *Agent) blob(ctx context.Context, name string) ([]byte, error) {
	got, err := a.Store.Read(ctx, store.Blobs+name)
	if err != nil {
		return nil, err
	}
	v, ok := got.Get(store.Blobs + name)
	switch {
	case !ok:
		return nil, &unready{rollout.Refused, fmt.Errorf("blob %s of the release is not in the store", release.Short(name))}
	case release.Digest(v.Data) != name:
		return nil, &unready{rollout.Refused, fmt.Errorf("blob %s of the release is not what its name says: it was changed", release.Short(name))}
	}
	return v.Data, nil
}

// files gets the files of a release, each into a place of its content's name.
func (a *Agent) files(ctx context.Context, m release.Manifest) (map[string]string, error) {
	paths := make(map[string]string)
	for _, f := range m.Files {
		dir := filepath.Join(a.StateDir, "files", f.SHA256)
		path := filepath.Join(dir, f.Name)
		paths[f.Name] = path
		if sum, err := digestOf(path); err == nil && sum == f.SHA256 {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("cannot keep file %s: %w", f.Name, err)
		}
		part := path + ".part"
		if err := a.Fetch(ctx, f.URL, part); err != nil {
			return nil, fmt.Errorf("cannot get file %s: %w", f.Name, err)
		}
		sum, err := digestOf(part)
		if err == nil && sum != f.SHA256 {
			_ = os.Remove(part)
			return nil, &unready{rollout.Refused, fmt.Errorf("file %s at %s is another one than the release has: its SHA-256 is %s", f.Name, f.URL, sum)}
		}
		if err == nil {
			err = os.Rename(part, path)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot keep file %s: %w", f.Name, err)
		}
	}
	return paths, nil
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// sweep removes files of releases that this host neither keeps nor could go back to.
func (a *Agent) sweep() {
	root := filepath.Join(a.StateDir, "files")
	entries, err := os.ReadDir(root)
	if err != nil {
		return // there are none
	}
	for _, e := range entries {
		used := false
		for _, k := range []*kept{a.mem.Current, a.mem.Previous, a.mem.Target} {
			used = used || k != nil && strings.Contains(string(k.Config), e.Name())
		}
		if !used && rollout.IsDigest(e.Name()) {
			if err := os.RemoveAll(filepath.Join(root, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				a.Log.Warn("a file of an old release cannot be removed", "error", err)
			}
		}
	}
}

// wanted is the whole configuration with a release in the place of the one this host
// keeps, and the ETag of what runs.
func (a *Agent) wanted(ctx context.Context, target *kept, enforce bool) (doc *config.Document, etag string, err error) {
	view, err := a.Manager.Look(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("the manager cannot be asked: %w", err)
	}
	switch {
	case view.Waiting != nil && *view.Waiting != a.comment():
		return nil, "", &unready{rollout.Blocked, fmt.Errorf("a local change waits to be confirmed: %q; confirm it or go back, with kresctl", *view.Waiting)}
	case view.Busy != "":
		return nil, "", &unready{rollout.Blocked, errors.New(view.Busy)}
	}
	was, err := a.mem.Current.document()
	if err != nil {
		return nil, "", err
	}
	owned, err := release.Divide(view.Running, was)
	if err != nil {
		return nil, "", err
	}
	if len(owned.Drift) > 0 && !enforce {
		return nil, "", &unready{rollout.Drifted, fmt.Errorf("what runs differs from the release of this host: %s", some(owned.Drift))}
	}
	brought, err := target.document()
	if err != nil {
		return nil, "", &unready{rollout.Refused, err}
	}
	if brought == nil {
		return owned.Local, view.ETag, nil
	}
	doc, err = release.Join(owned.Local, brought)
	if err != nil {
		return nil, "", &unready{rollout.Refused, fmt.Errorf("the local configuration and the release have the same key: %w", err)}
	}
	return doc, view.ETag, nil
}

func some(names []string) string {
	const most = 3
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// try has the manager plan a release.
func (a *Agent) try(ctx context.Context, r rollout.Record, target *kept) error {
	doc, etag, err := a.wanted(ctx, target, r.Policy.Enforce)
	if err != nil {
		return err
	}
	plan, err := a.Manager.Plan(ctx, doc, etag)
	var no *Refusal
	switch {
	case errors.As(err, &no) && (no.Stale || no.Waits):
		return &unready{rollout.Blocked, err}
	case errors.As(err, &no):
		return &unready{rollout.Refused, err}
	case err != nil:
		return fmt.Errorf("the manager cannot be asked: %w", err)
	}
	a.mem.Plan = plan
	if !a.planned {
		before, err := a.Manager.Read(ctx)
		if err != nil {
			return fmt.Errorf("the manager cannot be asked: %w", err)
		}
		if before.Ill != "" {
			return &unready{rollout.Blocked, fmt.Errorf("this host is not well as it is: %s", before.Ill)}
		}
		a.before, a.planned = before, true
	}
	return nil
}
