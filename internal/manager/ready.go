// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/durable"
	"kresd-manager/units"
)

// Before the start: what must hold, whatever comes then.

// Errors that Start ends with.
var (
	ErrStock  = errors.New(units.Stock + " is active and uses the same run directory and addresses; stop it for good first: systemctl mask --now " + units.Stock)
	ErrLocked = errors.New("another manager uses the run directory")
)

// CheckStock returns ErrStock while the stock service runs or is starting.
func CheckStock(ctx context.Context, s Systemd) error {
	state, err := s.ActiveState(ctx, units.Stock)
	if err != nil {
		return err
	}
	switch state {
	case "", "inactive", "failed":
		return nil
	}
	return ErrStock
}

// Times of a start without a bus. A bus that is being restarted comes back soon;
// to end at once would use up the starts that systemd allows before it gives up.
const (
	startPatience = 20 * time.Second // less than TimeoutStartSec= and TimeoutStopSec=
	startPause    = 500 * time.Millisecond
)

// awaitSystemd is CheckStock once systemd can be asked.
func awaitSystemd(ctx context.Context, s Systemd, log *slog.Logger) error {
	end := time.Now().Add(startPatience)
	for said := false; ; {
		err := CheckStock(ctx, s)
		if err == nil {
			err = checkStopped(ctx, s)
		}
		if !errors.Is(err, units.ErrUnavailable) || time.Now().After(end) || ctx.Err() != nil {
			return err
		}
		if !said {
			log.Warn("waiting for systemd", "error", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(startPause):
		}
	}
}

// checkStopped returns units.ErrCanceled if systemd has begun to stop this process: a
// signal that comes before the program is there is lost, and systemd would wait for it
// until TimeoutStopSec= is over.
func checkStopped(ctx context.Context, s Systemd) error {
	state, err := s.ActiveState(ctx, units.Manager)
	if err != nil || state != "deactivating" {
		return err
	}
	o, err := s.ObserveUnit(ctx, units.Manager)
	if err == nil && o.MainPID == os.Getpid() && o.ActiveState == "deactivating" {
		err = fmt.Errorf("stopped before it started: %w", units.ErrCanceled)
	}
	return err
}

// lockRundir keeps other managers, the stock one included, out of the run
// directory for as long as the file is open, and so for as long as the process lives.
func lockRundir(dir string) (*os.File, error) {
	path := filepath.Join(dir, ".lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o660)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the run directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s is locked", ErrLocked, path)
		}
		return nil, fmt.Errorf("cannot lock %s: %w", path, err)
	}
	return f, nil
}

// ticketSecret makes the secret of TLS session tickets unless it is there, whole: all
// workers share it, also those that restart by themselves, and none starts without one.
func ticketSecret(path string) error {
	if path == "" {
		return nil
	}
	secret := make([]byte, 32)
	if text, err := durable.ReadRegular(path, int64(hex.EncodedLen(len(secret)))); err == nil {
		if n, err := hex.Decode(secret, text); err == nil && n == len(secret) {
			return nil
		}
	}
	rand.Read(secret) // never fails
	return durable.Write(path, []byte(hex.EncodeToString(secret)), 0o640)
}
