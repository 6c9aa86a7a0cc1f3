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
