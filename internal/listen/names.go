// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"os"
	"slices"
	"strings"
)

// maxHosts is what is read of /etc/hosts, in bytes.
const maxHosts = 1 << 20

// Names are those that this machine goes by: its host name, and the names that
// /etc/hosts gives it (hosts(5), hostname(1)). No DNS is asked: whoever answers could
// add a name of theirs.
func Names() []string {
	own, err := os.Hostname()
	if err != nil || own == "" {
		return nil
	}
	text, _ := os.ReadFile("/etc/hosts") // without it there is the host name
	return namesIn(own, string(text[:min(len(text), maxHosts)]))
}

// namesIn adds to a host name what stands beside it in a line of hosts(5).
func namesIn(own, hosts string) []string {
	names := []string{own}
	for line := range strings.Lines(hosts) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 || !slices.ContainsFunc(fields[1:], func(n string) bool { return strings.EqualFold(n, own) }) {
			continue
		}
		for _, n := range fields[1:] {
			if !slices.ContainsFunc(names, func(k string) bool { return strings.EqualFold(k, n) }) {
				names = append(names, n)
			}
		}
	}
	return names
}
