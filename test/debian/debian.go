// SPDX-License-Identifier: Apache-2.0

// Package debian gets single programs out of packages of Debian that are not installed:
// tests run them, and the host stays as it is.
package debian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"

	"kresd-manager/test/machine"
)

// Program returns the path of a program: that of this host, or the one at a path in a
// package, such as "usr/bin/etcd" in "etcd-server". The package is fetched once, with
// apt-get(8), and kept beside the trees of the machines. Safe for several processes: one
// fetches, the others wait.
func Program(ctx context.Context, pack, inside string) (string, error) {
	name := filepath.Base(inside)
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	cache := filepath.Join(machine.CacheDir(), name)
	program := filepath.Join(cache, inside)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", fmt.Errorf("cannot lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := fetch(ctx, cache, pack, inside); err != nil {
		return "", fmt.Errorf("cannot fetch %s from the package %s: %w", name, pack, err)
	}
	return program, nil
}

// fetch puts a file of a package where it lies in the package, below a folder.
func fetch(ctx context.Context, to, pack, inside string) error {
	dir, err := os.MkdirTemp(to, "fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	run := func(args ...string) error {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", args, err, out)
		}
		return nil
	}
	download := []string{"apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", pack}
	if run(download...) != nil { // its index may be old
		if err := errors.Join(run("apt-get", "update", "-qq", "-o", "Acquire::Check-Valid-Until=false"), run(download...)); err != nil {
			return err
		}
	}
	found, err := filepath.Glob(filepath.Join(dir, pack+"_*.deb"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("apt-get has left %v (%w)", found, err)
	}
	if err := run("dpkg-deb", "-x", found[0], "x"); err != nil {
		return err
	}
	program := filepath.Join(to, inside)
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir, "x", inside), program)
}
