// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"kresd-manager/internal/config"
)

// api returns a configuration with its API socket below a new directory.
func apiSocket(t *testing.T) (*config.Document, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "api")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "api.sock")
	doc, err := config.Parse("", []byte(`{"management": {"unix-socket": "`+path+`"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return doc, path
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

var host = config.Host{CPUs: 1, Hostname: "host.example", BaseDir: "/"}

func TestTheConfiguredSocketIsOpenedUnlessItWasPassed(t *testing.T) {
	doc, path := apiSocket(t)
	ls, err := withConfigured(nil, doc, host)
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
	doc, path := apiSocket(t)
	passed := listen(t, "unix", path)
	ls, err := withConfigured([]net.Listener{nil, passed}, doc, host) // nil is what is no stream socket
	if err != nil || len(ls) != 1 || ls[0] != passed {
		t.Fatalf("listeners: %q %v", addresses(ls), err)
	}
	ls[0].Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the socket unit has lost its socket: %v", err)
	}
}

func TestOtherPassedSocketsAreServedBesideTheConfiguredOne(t *testing.T) {
	doc, path := apiSocket(t)
	tcp := listen(t, "tcp", "127.0.0.1:0")
	other := listen(t, "unix", filepath.Join(filepath.Dir(path), "other.sock"))
	ls, err := withConfigured([]net.Listener{tcp, other}, doc, host)
	if err != nil || len(ls) != 3 || ls[2].Addr().String() != path {
		t.Fatalf("listeners: %q %v", addresses(ls), err)
	}
	ls[2].Close()
}

func TestTheSocketOfAManagerThatWasKilledIsReplaced(t *testing.T) {
	doc, path := apiSocket(t)
	stale := listen(t, "unix", path)
	stale.(*net.UnixListener).SetUnlinkOnClose(false)
	stale.Close()
	ls, err := withConfigured(nil, doc, host)
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
	doc, path := apiSocket(t)
	if err := os.MkdirAll(filepath.Join(path, "in use"), 0o700); err != nil {
		t.Fatal(err)
	}
	if ls, err := withConfigured(nil, doc, host); err == nil {
		t.Errorf("listeners: %q", addresses(ls))
	}
}

func TestAFileThatIsNoSocketIsNotRemoved(t *testing.T) {
	doc, path := apiSocket(t)
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ls, err := withConfigured(nil, doc, host); err == nil {
		t.Errorf("listeners: %q", addresses(ls))
	}
	if b, err := os.ReadFile(path); string(b) != "precious" {
		t.Errorf("%q %v", b, err)
	}
}
