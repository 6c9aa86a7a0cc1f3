// SPDX-License-Identifier: Apache-2.0

package main

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

// api returns a configuration with its API socket below a new directory.
func apiSocket(t *testing.T) (*config.Running, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "api")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "api.sock")
	return inForce(t, `{"unix-socket": "`+path+`"}`), path
}

// inForce is a configuration with this section management.
func inForce(t *testing.T, management string) *config.Running {
	t.Helper()
	doc, err := config.Parse("", []byte(`{"management": `+management+`}`))
	if err != nil {
		t.Fatal(err)
	}
	c, err := doc.Config(config.Host{CPUs: 1, Hostname: "host.example", BaseDir: "/"})
	if err != nil {
		t.Fatal(err)
	}
	return doc.Running(c)
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func addresses(ls []net.Listener) []string {
	var all []string
	for _, l := range ls {
		all = append(all, l.Addr().String())
	}
	return all
}

// withConfigured opens what is configured beside what was passed.
func withConfigured(passed []net.Listener, running *config.Running) ([]net.Listener, error) {
	d := newDoors(passed)
	err := d.open(running)
	return d.listeners, err
}

func TestTheConfiguredSocketIsOpenedUnlessItWasPassed(t *testing.T) {
	running, path := apiSocket(t)
	ls, err := withConfigured(nil, running)
	if err != nil || len(ls) != 1 || ls[0].Addr().String() != path {
		t.Fatalf("listeners: %q %v", addresses(ls), err)
	}
	defer ls[0].Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v %v", info, err)
	}
	if c, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	} else {
		c.Close()
	}
}

func TestAPassedSocketIsUsedAndStaysBehind(t *testing.T) {
	running, path := apiSocket(t)
	passed := listen(t, "unix", path)
	ls, err := withConfigured([]net.Listener{nil, passed}, running) // nil is what is no stream socket
	if err != nil || len(ls) != 1 || ls[0] != passed {
		t.Fatalf("listeners: %q %v", addresses(ls), err)
	}
	ls[0].Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the socket unit has lost its socket: %v", err)
	}
}

func TestOtherPassedSocketsAreServedBesideTheConfiguredOne(t *testing.T) {
	running, path := apiSocket(t)
	tcp := listen(t, "tcp", "127.0.0.1:0")
	other := listen(t, "unix", filepath.Join(filepath.Dir(path), "other.sock"))
	ls, err := withConfigured([]net.Listener{tcp, other}, running)
	if err != nil || len(ls) != 3 || ls[2].Addr().String() != path {
		t.Fatalf("listeners: %q %v", addresses(ls), err)
	}
	ls[2].Close()
}

func TestTheSocketOfAManagerThatWasKilledIsReplaced(t *testing.T) {
	running, path := apiSocket(t)
	stale := listen(t, "unix", path)
	stale.(*net.UnixListener).SetUnlinkOnClose(false)
	stale.Close()
	ls, err := withConfigured(nil, running)
	if err != nil {
		t.Fatal(err)
	}
	defer ls[0].Close()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestASocketThatCannotBeOpenedIsAnErrorWithItsPath(t *testing.T) {
	running, path := apiSocket(t)
	if err := os.MkdirAll(filepath.Join(path, "in use"), 0o700); err != nil {
		t.Fatal(err)
	}
	if ls, err := withConfigured(nil, running); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("listeners: %q %v", addresses(ls), err)
	}
}

func TestAFileThatIsNoSocketIsNotRemoved(t *testing.T) {
	running, path := apiSocket(t)
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ls, err := withConfigured(nil, running); err == nil {
		t.Errorf("listeners: %q", addresses(ls))
	}
	if b, err := os.ReadFile(path); string(b) != "precious" {
		t.Errorf("%q %v", b, err)
	}
}

func TestAnInterfaceNeedsAListenerOfTheSocketUnit(t *testing.T) {
	management := func(text string) config.Management { return inForce(t, text).Management }
	tcp := listen(t, "tcp", "127.0.0.1:0")
	port := tcp.Addr().(*net.TCPAddr).Port
	d := newDoors([]net.Listener{listen(t, "unix", filepath.Join(t.TempDir(), "s")), tcp})
	if err := d.check(management(fmt.Sprintf(`{"interface": "127.0.0.1@%d"}`, port))); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		`{"interface": "127.0.0.1@1"}`:    `(echo [Socket]; echo ListenStream=127.0.0.1:1) >`,
		`{"interface": "::1@5000"}`:       `(echo [Socket]; echo ListenStream=[::1]:5000) >`,
		`{"interface": "192.0.2.1@5000"}`: `(echo [Socket]; echo ListenStream=192.0.2.1:5000; echo FreeBind=yes) >`,
	} {
		err := d.check(management(text))
		var problems config.Problems
		if !errors.As(err, &problems) || problems[0].Pointer != "/management/interface" || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "systemctl restart kresd-manager.socket kresd-manager.service") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAnotherSocketIsRefusedWhileTheAPIIsServed(t *testing.T) {
	running, path := apiSocket(t)
	d := newDoors(nil)
	m := config.Management{UnixSocket: path + "2"}
	if err := d.check(m); err != nil {
		t.Error(err)
	}
	if err := d.open(running); err != nil {
		t.Fatal(err)
	}
	defer d.listeners[0].Close()
	if err := d.check(m); err == nil || !strings.Contains(err.Error(), path+" for as long as it runs") {
		t.Errorf("%v", err)
	}
}
