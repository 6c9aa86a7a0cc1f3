// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/config"
)

// What cannot be had is refused before the configuration is in force.
func TestASocketThatCannotBeOpenedIsAProblemOfTheConfiguration(t *testing.T) {
	taken := listen(t, "tcp", "127.0.0.1:0").Addr().(*net.TCPAddr).Port
	for name, test := range map[string]struct {
		management func(path string) string
		spoil      func(path string) error
		pointer    string
		message    string
	}{
		"there is a directory": {
			pointer: "/management/unix-socket", message: "cannot listen on PATH: a file that is not a socket is there",
			spoil: func(path string) error { return os.MkdirAll(path, 0o700) },
		},
		"there is no directory": {
			pointer: "/management/unix-socket", message: "cannot listen on PATH: no such file or directory",
			spoil: func(path string) error { return os.Remove(filepath.Dir(path)) },
		},
		"a file is in the way": {
			pointer: "/management/unix-socket", message: "cannot listen on PATH: not a directory",
			spoil: func(path string) error {
				return errors.Join(os.Remove(filepath.Dir(path)), os.WriteFile(filepath.Dir(path), nil, 0o600))
			},
		},
		"the port is taken": {
			management: func(string) string { return fmt.Sprintf(`{"interface": "127.0.0.1@%d"}`, taken) },
			pointer:    "/management/interface", message: fmt.Sprintf("cannot listen on 127.0.0.1@%d: address already in use", taken),
			spoil: func(string) error { return nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			running, path := apiSocket(t)
			if test.management != nil {
				running = inForce(t, test.management(path))
			}
			if err := test.spoil(path); err != nil {
				t.Fatal(err)
			}
			d := New(nil, true)
			for what, err := range map[string]error{"check": d.Check(running.Management), "open": d.Open(running)} {
				var problems config.Problems
				if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Pointer != test.pointer ||
					problems[0].Message != strings.ReplaceAll(test.message, "PATH", path) || !strings.Contains(problems[0].Hint, "restart kresd-manager") {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

func TestWhatWasTriedAndDidNotComeIntoForceIsClosed(t *testing.T) {
	refused, first := apiSocket(t)
	running, second := apiSocket(t)
	d := New(nil, false)
	for _, m := range []config.Management{refused.Management, running.Management, refused.Management} {
		if err := d.Check(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Open(running); err != nil || d.addressesLocked() != second {
		t.Fatalf("it listens on %s: %v", d.addressesLocked(), err)
	}
	defer d.listeners[0].Close()
	if _, err := os.Lstat(first); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the other socket is still there: %v", err)
	}

	d = New(nil, false)
	if err := d.Check(refused.Management); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if _, err := os.Lstat(first); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a start that failed leaves a socket: %v", err)
	}
}

func TestAnInterfaceNeedsAListenerOfTheSocketUnit(t *testing.T) {
	management := func(text string) config.Management { return inForce(t, text).Management }
	tcp := listen(t, "tcp", "127.0.0.1:0")
	port := tcp.Addr().(*net.TCPAddr).Port
	d := New([]net.Listener{listen(t, "unix", filepath.Join(t.TempDir(), "s")), tcp}, false)
	if err := d.Check(management(fmt.Sprintf(`{"interface": "127.0.0.1@%d"}`, port))); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		`{"interface": "127.0.0.1@1"}`:    `(echo [Socket]; echo ListenStream=127.0.0.1:1) >`,
		`{"interface": "::1@5000"}`:       `(echo [Socket]; echo ListenStream=[::1]:5000) >`,
		`{"interface": "192.0.2.1@5000"}`: `(echo [Socket]; echo ListenStream=192.0.2.1:5000; echo FreeBind=yes) >`,
	} {
		err := d.Check(management(text))
		var problems config.Problems
		if !errors.As(err, &problems) || problems[0].Pointer != "/management/interface" || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "systemctl restart kresd-manager.socket kresd-manager.service") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAnotherSocketIsRefusedWhileTheAPIIsServed(t *testing.T) {
	running, path := apiSocket(t)
	d := New(nil, false)
	m := config.Management{UnixSocket: path + "2"}
	if err := d.Open(running); err != nil {
		t.Fatal(err)
	}
	defer d.listeners[0].Close()
	if err := d.Check(m); err == nil || !strings.Contains(err.Error(), path+" for as long as it runs") {
		t.Errorf("%v", err)
	}
}
