// SPDX-License-Identifier: Apache-2.0

package native

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/internal/message"
)

// A journal that takes nothing, as one that is stopped, holds no one up; what it is
// sent meanwhile arrives in order, and what finds no room is told.
func TestAFullJournalHoldsNobodyUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	next := reader(t, path)
	log := logger(t, path)
	const more = 100
	for n := range maxWaiting * 2 { // the kernel takes some
		log.Info(fmt.Sprintf("message %d", n)) // would never return if it waited
	}
	seen, lost := 0, 0
	for {
		m := next()
		if m["MESSAGE_ID"] == string(message.MessagesLost) {
			if _, err := fmt.Sscanf(m["MESSAGE"], "%d messages are lost", &lost); err != nil || m["PRIORITY"] != "4" {
				t.Errorf("%v: %v", m, err)
			}
			break
		}
		if want := fmt.Sprintf("message %d", seen); m["MESSAGE"] != want {
			t.Fatalf("%q comes, want %q", m["MESSAGE"], want)
		}
		seen++
	}
	if lost == 0 || seen < maxWaiting || seen+lost != 2*maxWaiting {
		t.Errorf("%d came and %d are lost, of %d", seen, lost, 2*maxWaiting)
	}
	for n := range more {
		log.Info(fmt.Sprintf("after %d", n))
		if m := next()["MESSAGE"]; m != fmt.Sprintf("after %d", n) {
			t.Errorf("%q comes", m)
		}
	}
}

func TestARestartOfTheJournalLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	first, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	log := logger(t, path)
	first.Close()
	log.Info("while no one listens")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	log.Info("while it is gone")
	next := reader(t, path)
	log.Info("when it is back")
	for _, want := range []string{"while no one listens", "while it is gone", "when it is back"} {
		if m := next()["MESSAGE"]; m != want {
			t.Errorf("%q comes, want %q", m, want)
		}
	}
}

func TestTheEndWaitsForWhatWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	first, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	slog.New(NewHandler(s, slog.LevelInfo)).Info("late")
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	s.Flush(short) // returns though the journal is not there
	next := reader(t, path)
	s.Flush(t.Context())
	if m := next()["MESSAGE"]; m != "late" {
		t.Errorf("%q comes", m)
	}
	s.Flush(t.Context()) // nothing waits
}

func TestThereIsNoJournal(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "cannot reach the journal") {
		t.Errorf("%v", err)
	}
}
