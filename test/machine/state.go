// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	stateVariable = "KRESD_MANAGER_TEST_STATE"
	stateDefault  = "/run/kresd-manager-test"
)

// state is a machine's folder on the host: an owner's lock, the console log, a mount
// point and, once the machine runs, what Attach must know.
type state string

// record is what Attach must know, in machine.json.
type record struct {
	PID    int       `json:"pid"`
	Keep   bool      `json:"keep"`
	Booted time.Time `json:"booted"`
}

func stateDir() string {
	if dir := os.Getenv(stateVariable); dir != "" {
		return dir
	}
	return stateDefault
}

func stateOf(name string) state { return state(filepath.Join(stateDir(), name)) }

func (s state) file(name string) string { return filepath.Join(string(s), name) }

// newState sweeps what dead owners left, makes a folder under a new name that starts
// with prefix and returns it with its lock held.
func newState(ctx context.Context, prefix string, log Logf) (name string, s state, lock *os.File, err error) {
	if err := os.MkdirAll(stateDir(), 0o755); err != nil {
		return "", "", nil, fmt.Errorf("cannot make the state folder: %w", err)
	}
	// Under this lock no folder is without its owner's lock.
	all, err := lockFile(ctx, filepath.Join(stateDir(), ".lock"))
	if err != nil {
		return "", "", nil, err
	}
	defer all.Close()
	sweep(ctx, log)
	name = hostName(prefix)
	s = stateOf(name)
	if err := os.MkdirAll(s.file("fs"), 0o755); err != nil {
		return "", "", nil, fmt.Errorf("cannot make a state folder: %w", err)
	}
	if lock, err = lockFile(ctx, s.file("lock")); err != nil {
		return "", "", nil, err
	}
	return name, s, lock, nil
}

// Sweep removes what machines have left whose owner was killed, as the next Boot does. It
// is for who has killed an owner and boots no other machine.
func Sweep(ctx context.Context, log Logf) error {
	all, err := lockFile(ctx, filepath.Join(stateDir(), ".lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // no machine was ever booted
	}
	if err != nil {
		return err
	}
	defer all.Close()
	sweep(ctx, log)
	return nil
}

// sweep removes the remains of machines whose owner is gone, and ends those that should
// have ended with it. Failures are logged: they are no reason to refuse a new machine.
// The caller holds the lock of the state folder.
func sweep(ctx context.Context, log Logf) {
	names, err := machineNames()
	if err != nil {
		log("cannot look for dead machines: %v", err)
		return
	}
	for _, name := range names {
		s := stateOf(name)
		lock, err := tryLockFile(s.file("lock"))
		if err != nil || lock == nil {
			continue
		}
		if r, err := s.read(); err != nil || !r.Keep || !cgroupOf(name).populated() {
			if err := s.removeAll(ctx, name); err != nil {
				log("cannot sweep the dead machine %s: %v", name, err)
			}
		}
		lock.Close()
	}
}

// machineNames lists the machines that have a state folder, dead or alive, by name.
func machineNames() ([]string, error) {
	entries, err := os.ReadDir(stateDir())
	if os.IsNotExist(err) {
		return nil, nil
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// removeAll kills what runs in the machine and removes its cgroup and state folders.
func (s state) removeAll(ctx context.Context, name string) error {
	if err := cgroupOf(name).kill(ctx); err != nil {
		return err
	}
	return os.RemoveAll(string(s))
}

func (s state) write(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(s.file("machine.json"), text, 0o644)
}

func (s state) read() (record, error) {
	var r record
	text, err := os.ReadFile(s.file("machine.json"))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// hostName returns a unique name that is a valid host name and starts with prefix,
// brought into shape.
func hostName(prefix string) string {
	shape := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}
	prefix = strings.Trim(strings.Map(shape, prefix), "-")
	prefix = strings.TrimRight(prefix[:min(len(prefix), 40)], "-")
	if prefix == "" {
		prefix = "machine"
	}
	var random [4]byte
	_, _ = rand.Read(random[:])
	return prefix + "-" + hex.EncodeToString(random[:])
}
