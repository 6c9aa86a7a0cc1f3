// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"kresd-manager/internal/config"
)

// apiSocket returns a configuration with its API socket below a new directory.
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
	d := New(passed, false)
	err := d.Open(running)
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

// Someone has removed the socket that systemd listens on.
func TestAPassedSocketThatNoOneCanReachIsOpenedAnew(t *testing.T) {
	running, path := apiSocket(t)
	passed := listen(t, "unix", path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d := New([]net.Listener{passed}, false)
	if err := d.Open(running); err != nil || d.Activated() {
		t.Fatalf("%v; no one would start the manager again, but it is activated: %t", err, d.Activated())
	}
	defer d.listeners[0].Close()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
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

func TestAManagerKnowsWhetherARequestStartedIt(t *testing.T) {
	l := listen(t, "unix", filepath.Join(t.TempDir(), "s"))
	d := New([]net.Listener{l}, false)
	if d.Knocked() || !d.Activated() {
		t.Errorf("knocked %t, activated %t", d.Knocked(), d.Activated())
	}
	c, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !d.Knocked() {
		t.Error("someone waits and it is not seen")
	}
	running, _ := apiSocket(t) // of which systemd knows nothing
	if err := d.Open(running); err != nil {
		t.Fatal(err)
	}
	defer d.listeners[1].Close()
	if d.Activated() {
		t.Error("no one would start the manager again")
	}
}
