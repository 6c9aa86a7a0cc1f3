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
		path string
		mode uint32
		ours bool // the manager's, and not the workers'
	}
	all := []directory{
		{o.rundir, 0o770, false},
		{filepath.Join(o.rundir, "control"), 0o770, false},
		{o.cacheDir, 0o750, false},
		{o.runtimeDir, 0o750, true},
		{o.stateDir, 0o750, true},
	}
	uid, gid := os.Geteuid(), os.Getegid()
	if o.user {
		all = append(all, directory{filepath.Join(o.runtimeDir, transient.CanaryDir), 0o700, true})
	} else {
		u, err := user.Lookup(resolver)
		if err != nil {
			return fmt.Errorf("cannot tell as whom the workers run: %w; install Knot Resolver 6 (in Debian the package knot-resolver6)", err)
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
		// Whoever owns the directory around could put something else in its
		// place, so no link is followed.
		if err == nil && !o.user && !d.ours {
			err = os.Lchown(d.path, uid, gid)
		}
		if err != nil {
			return fmt.Errorf("cannot make %s: %w", d.path, err)
		}
	}
	if o.user {
		return nil
	}
	return makeLock(filepath.Join(o.rundir, ".lock"), uid, gid)
}

// makeLock makes the lock file one that the stock service can use later.
func makeLock(path string, uid, gid int) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o660)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot make %s: %w", path, err)
	}
	return errors.Join(f.Chown(uid, gid), f.Close())
}
