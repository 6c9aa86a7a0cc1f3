// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// stateListen is TCP_LISTEN as /proc/net/tcp writes it.
const stateListen = "0A"

// servers counts the sockets of this user that take queries of anyone, for
// each protocol and local address: "udp 0100007F:0035", the address as in
// /proc/net/udp. Only sockets of one user can share an address (SO_REUSEPORT in
// socket(7)).
func servers() (map[string]int, error) {
	count := map[string]int{}
	for _, table := range []string{"udp", "udp6"} {
		if err := countServers(table, count); err != nil {
			return nil, err
		}
	}
	listeners := map[string]int{}
	if err := errors.Join(countListeners(unix.AF_INET, listeners), countListeners(unix.AF_INET6, listeners)); err != nil {
		// A kernel without that part, or a sandbox that forbids to ask it.
		clear(listeners)
		if err := errors.Join(countServers("tcp", listeners), countServers("tcp6", listeners)); err != nil {
			return nil, err
		}
	}
	maps.Copy(count, listeners)
	return count, nil
}

func countServers(table string, count map[string]int) error {
	// Not /proc/net, which is not there with ProcSubset=pid (systemd.exec(5)).
	f, err := os.Open("/proc/self/net/" + table)
	if errors.Is(err, os.ErrNotExist) { // no IPv6
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot find out who else serves: %w", err)
	}
	defer f.Close()
	protocol, me := table[:3], strconv.Itoa(os.Getuid())
	lines := bufio.NewScanner(f)
	lines.Scan() // the headline
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 {
			continue
		}
		local, remote, state, uid := fields[1], fields[2], fields[3], fields[7]
		if protocol == "tcp" && state != stateListen {
			break // connections come after all listeners, and may be many
		}
		if uid == me && strings.Trim(remote, "0:") == "" {
			count[protocol+" "+local]++
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("cannot find out who else serves: %w", err)
	}
	return nil
}

// procAddress writes an address as the kernel does in /proc/net/udp: words of
// 32 bits in the byte order of the machine.
func procAddress(ip []byte) string {
	var b strings.Builder
	for i := 0; i+4 <= len(ip); i += 4 {
		fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(ip[i:]))
	}
	return b.String()
}
