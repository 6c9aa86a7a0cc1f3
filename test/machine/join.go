// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
)

// lan is the name of the interface that a machine has in a network of [Join].
const lan = "lan"

// Join connects machines by a network of their own, which no one else is in: each gets an
// interface "lan", the first machine the first address of the network, and so on. The switch
// is a bridge in the first machine: when that ends, so does the network. What runs in the
// network namespace of a machine (see [Machine.InNetNS]) is in the network, too. It needs ip(8)
// on the host, and installs it where it is missing.
func Join(ctx context.Context, log Logf, network netip.Prefix, machines ...*Machine) error {
	if err := requireTools(ctx, log, "ip"); err != nil {
		return err
	}
	first := machines[0]
	address := network.Masked().Addr()
	for i, m := range machines {
		if address = address.Next(); !network.Contains(address) {
			return fmt.Errorf("cannot join %d machines: %s is too small", len(machines), network)
		}
		var script string
		if i == 0 {
			script = "ip link add " + lan + " type bridge\n"
		} else {
			port := lan + strconv.Itoa(i+1)
			script = fmt.Sprintf("ip link add %s type veth peer name %s netns %d\nip link set %s master %s up\n", port, lan, m.pid, port, lan)
		}
		if err := first.ip(ctx, script); err != nil {
			return fmt.Errorf("cannot join the machine %s: %w", m.name, err)
		}
		if err := m.ip(ctx, fmt.Sprintf("ip address add %s/%d dev %s\nip link set %s up\n", address, network.Bits(), lan, lan)); err != nil {
			return fmt.Errorf("cannot join the machine %s: %w", m.name, err)
		}
	}
	return nil
}

// ip runs a script of the host's programs in the network of the machine.
func (m *Machine) ip(ctx context.Context, script string) error {
	cmd := exec.CommandContext(ctx, m.nsenter, "--target="+strconv.Itoa(m.pid), "--net", "--", "sh", "-ec", script)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
