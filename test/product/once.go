// SPDX-License-Identifier: Apache-2.0

package product

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// runVariable names a folder that all programs of one run of test/run share. What is made of
// the source, which does not change meanwhile, is made there once.
const runVariable = "KRESD_MANAGER_TEST_RUN"

// Once returns a folder that fill has filled, one below dir that goes by its name, or that
// of the run. The caller does not write to it. Safe for several programs: one fills, the
// others wait.
func Once(dir, name string, fill func(folder string) error) (string, error) {
	run := os.Getenv(runVariable)
	if run == "" {
		folder := filepath.Join(dir, name)
		return folder, filled(folder, fill)
	}
	lock, err := os.OpenFile(filepath.Join(run, name+".lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("cannot open a lock: %w", err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", fmt.Errorf("cannot lock %s: %w", lock.Name(), err)
	}
	folder := filepath.Join(run, name)
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	if err := filled(folder+".new", fill); err != nil {
		return "", err
	}
	return folder, os.Rename(folder+".new", folder)
}

// filled makes a folder anew that everyone can read, and has it filled.
func filled(folder string, fill func(folder string) error) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		return err
	}
	return fill(folder)
}
