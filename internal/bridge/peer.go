// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

// unknown is the user at the other end of a connection where the kernel does not tell: the
// table has no such connection, or there is none.
const unknown = -1

type peerKey struct{}

// withPeer has it found out, once it is needed, which user is at the other end of a
// connection.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, sync.OnceValue(func() int64 {
		table, err := os.Open("/proc/net/tcp")
		if err != nil {
			return unknown
		}
		defer func() { _ = table.Close() }() // it was only read
		return ownerOf(table, c.RemoteAddr(), c.LocalAddr())
	}))
}

// peerOf is the number of the user who sends a request, or unknown.
func peerOf(r *http.Request) int64 {
	if find, ok := r.Context().Value(peerKey{}).(func() int64); ok {
		return find()
	}
	return unknown
}

// ownerOf finds who has the socket at one end of a connection over IPv4, in the table of
// all of this machine (proc_pid_net(5), /proc/pid/net/tcp).
func ownerOf(table io.Reader, near, far net.Addr) int64 {
	local, rem := hexAddr(near), hexAddr(far)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 8 || f[1] != local || f[2] != rem {
			continue
		}
		if uid, err := strconv.ParseUint(f[7], 10, 32); err == nil {
			return int64(uid)
		}
	}
	return unknown
}

// hexAddr is an address as that table has it: four bytes in the order of this machine.
func hexAddr(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return ""
	}
	at := t.AddrPort()
	four := at.Addr().Unmap()
	if !four.Is4() {
		return ""
	}
	b := four.As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(b[:]), at.Port())
}
