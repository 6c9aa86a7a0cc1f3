// SPDX-License-Identifier: Apache-2.0

// Package promtool finds the program of Prometheus that checks rules and metrics.
package promtool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// cache is where the program is kept, beside the trees of the machines.
const cache = "/var/cache/kresd-manager-test/promtool"

// Find returns promtool: that of this host, or that of Debian's package, which it fetches
// and does not install.
func Find(ctx context.Context) (string, error) {
	if path, err := exec.LookPath("promtool"); err == nil {
		return path, nil
	}
	program := filepath.Join(cache, "usr/bin/promtool")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	return program, fetch(ctx, program)
}

func fetch(ctx context.Context, program string) error {
	dir, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	run := func(args ...string) error {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cannot fetch promtool: %v: %w\n%s", args, err, out)
		}
		return nil
	}
	download := []string{"apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "prometheus"}
	if run(download...) != nil { // its index may be old
		if err := errors.Join(run("apt-get", "update", "-qq", "-o", "Acquire::Check-Valid-Until=false"), run(download...)); err != nil {
			return err
		}
	}
	found, err := filepath.Glob(filepath.Join(dir, "prometheus_*.deb"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("cannot fetch promtool: %v (%w)", found, err)
	}
	if err := run("dpkg-deb", "-x", found[0], "x"); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir, "x/usr/bin/promtool"), program)
}
