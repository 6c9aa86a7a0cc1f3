// SPDX-License-Identifier: Apache-2.0

package client

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestPermissionDeniedNamesTheGroup(t *testing.T) {
	err := New("/s").explain(&net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)}, request{})
	if !strings.Contains(err.Error(), "you need to be root or in group knot-resolver") {
		t.Error(err)
	}
}

func TestUnknownHostsAreNamed(t *testing.T) {
	for want, lookup := range map[string]*net.DNSError{
		"kresd-manager does not answer on none.example:5000: there is no host none.example; check the name, or name its address": {
			Err: "no such host", Name: "none.example", IsNotFound: true},
		"kresd-manager does not answer on none.example:5000: the address of none.example cannot be looked up now; name the address, or use the unix socket": {
			Err: "server misbehaving", Name: "none.example", Server: "127.0.0.53:53", IsTemporary: true},
	} {
		err := NewTCP("none.example:5000").explain(&net.OpError{Op: "dial", Net: "tcp", Err: lookup}, request{})
		if err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
