// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/transient"
)

// resolver is the user and group of the workers where root starts them.
const resolver = "knot-resolver"

// makeDirectories makes what tmpfiles.d/kresd-manager.conf describes. Of what is
// there only the owner is put right.
func (o *options) makeDirectories() error {
	type directory struct {
		path   string
		mode   uint32
		worker bool // the workers', and not the manager's
	}
	all := []directory{
		// Its owner is who binds the API socket, see the tmpfiles.d file.
		{o.rundir, 0o755, false},
		{filepath.Join(o.rundir, "control"), 0o770, true},
		{filepath.Join(o.rundir, "work"), 0o750, true},
		{o.cacheDir, 0o750, true},
		{o.runtimeDir, 0o750, false},
		{o.stateDir, 0o750, false},
	}
	uid, gid := os.Geteuid(), os.Getegid()
	if o.user {
		all = append(all, directory{filepath.Join(o.runtimeDir, transient.CanaryDir), 0o700, false})
	} else {
		u, err := user.Lookup(resolver)
		if err != nil {
			return fmt.Errorf("cannot tell which user the workers run as: %w; install Knot Resolver 6 (in Debian the package knot-resolver6)", err)
		}
		g, err := user.LookupGroup(resolver)
		if err != nil {
			return err
		}
		if uid, err = strconv.Atoi(u.Uid); err != nil {
			return err
		}
		if gid, err = strconv.Atoi(g.Gid); err != nil {
			return err
		}
		if err := clearForeign(o.rundir); err != nil {
			return err
		}
		// As Group= of kresd-manager.service: the workers read what is written.
		if err := unix.Setgid(gid); err != nil {
			return fmt.Errorf("cannot take the group %s: %w", resolver, err)
		}
	}
	mask := 0
	if o.user {
		mask = 0o077
	}
	before := unix.Umask(mask)
	defer unix.Umask(before | 0o027)
	for _, d := range all {
		if err := os.MkdirAll(filepath.Dir(d.path), 0o755); err != nil {
			return err
		}
		err := unix.Mkdir(d.path, d.mode)
		if errors.Is(err, fs.ErrExist) {
			err = nil
			if st, serr := os.Lstat(d.path); serr != nil || !st.IsDir() {
				err = errors.Join(serr, errors.New("something else is there"))
			}
		}
		// Each is in a directory of root's, so that no one puts another thing in
		// its place; no link is followed all the same.
		if err == nil && !o.user && d.worker {
			err = os.Lchown(d.path, uid, gid)
		}
		if err != nil {
			return fmt.Errorf("cannot make %s: %w", d.path, err)
		}
	}
	return nil
}

// clearForeign removes a run directory that belongs to another user, such as the
// stock service has left, where it could hold anything.
func clearForeign(dir string) error {
	var st unix.Stat_t
	switch err := unix.Lstat(dir, &st); {
	case errors.Is(err, fs.ErrNotExist) || err == nil && st.Uid == 0:
		return nil
	case err != nil:
		return fmt.Errorf("cannot look at the run directory: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("cannot remove a run directory that does not belong to root: %w", err)
	}
	return nil
}
