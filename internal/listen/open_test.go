// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"net"
	"os"
	"testing"
)

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
