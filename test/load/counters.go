// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// counters are a network namespace's UDP counters, IPv4 and IPv6 together.
type counters struct{ rcvbufErrors, noPorts int }

// udpCounters reads the counters of the target's namespace. /proc/self would show those
// of the main thread's: only thread-self is the namespace entered.
func (t *target) udpCounters() (c counters, err error) {
	err = t.Enter(func() error {
		snmp, err := os.ReadFile("/proc/thread-self/net/snmp")
		if err != nil {
			return fmt.Errorf("cannot read the network counters: %w", err)
		}
		snmp6, err := os.ReadFile("/proc/thread-self/net/snmp6")
		if err != nil && !os.IsNotExist(err) { // not there without IPv6
			return fmt.Errorf("cannot read the network counters: %w", err)
		}
		c = parseCounters(snmp, snmp6)
		return nil
	})
	return c, err
}

// parseCounters reads the formats of net/snmp (a line of names, then one of values, for
// each protocol) and net/snmp6 (a name and a value in each line).
func parseCounters(snmp, snmp6 []byte) counters {
	values := map[string]int{}
	var names []string
	for line := range bytes.Lines(snmp) {
		rest, ok := strings.CutPrefix(string(line), "Udp: ")
		if !ok {
			continue
		}
		fields := strings.Fields(rest)
		if names == nil {
			names = fields
			continue
		}
		for i, name := range names[:min(len(names), len(fields))] {
			values[name], _ = strconv.Atoi(fields[i])
		}
	}
	for line := range bytes.Lines(snmp6) {
		if fields := strings.Fields(string(line)); len(fields) == 2 {
			if name, ok := strings.CutPrefix(fields[0], "Udp6"); ok {
				value, _ := strconv.Atoi(fields[1])
				values[name] += value
			}
		}
	}
	return counters{rcvbufErrors: values["RcvbufErrors"], noPorts: values["NoPorts"]}
}
