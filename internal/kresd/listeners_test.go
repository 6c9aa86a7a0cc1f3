// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestTheKernelTellsWhoListens opens sockets and compares both ways to find them.
func TestTheKernelTellsWhoListens(t *testing.T) {
	var mine []string
	for _, address := range []string{"127.0.0.1:0", "127.0.0.2:0", "[::1]:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		client, err := net.Dial("tcp", l.Addr().String()) // a connection is no listener
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		a := l.Addr().(*net.TCPAddr)
		ip := a.IP.To4()
		if ip == nil {
			ip = a.IP.To16()
		}
		mine = append(mine, "tcp "+procAddress(ip)+":"+fmt.Sprintf("%04X", a.Port))
	}
	told, read := map[string]int{}, map[string]int{}
	for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
		if err := countListeners(family, told); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		if err := countServers(table, read); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range mine { // others may come and go on this host
		if told[address] != 1 || read[address] != 1 {
			t.Errorf("%s: the kernel tells of %d, /proc of %d", address, told[address], read[address])
		}
	}
	if err := countListeners(unix.AF_UNSPEC, map[string]int{}); err == nil || !strings.Contains(err.Error(), "the kernel does not tell who listens: ") {
		t.Errorf("what the kernel refuses: %v", err)
	}
}
