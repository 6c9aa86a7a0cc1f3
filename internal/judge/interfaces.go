// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"net"

	"kresd-manager/internal/config"
)

// absent reports network interfaces that workers would not find at this moment. They
// take one only if it is up and has an address (getifaddrs(3)).
func absent(c *config.Config) (found config.Problems) {
	if c == nil {
		return nil // there is worse to tell
	}
	for i, l := range c.Network.Listen {
		for _, at := range l.Interface {
			if at.Addr.IsValid() {
				continue
			}
			p := config.Problem{Pointer: fmt.Sprintf("/network/listen/%d/interface", i), Severity: config.SeverityError}
			nic, err := net.InterfaceByName(at.Name)
			if err != nil {
				all, failed := net.Interfaces()
				if failed != nil {
					p.Severity, p.Message = config.SeverityWarning, "cannot look for the network interface "+at.Name+": "+failed.Error()
				} else {
					p.Message, p.Hint = "there is no network interface "+at.Name, "one of"
					for _, n := range all {
						p.Hint += " " + n.Name
					}
				}
				found = append(found, p)
				continue
			}
			addresses, err := nic.Addrs()
			switch {
			case nic.Flags&net.FlagUp == 0 || nic.Flags&net.FlagRunning == 0:
				p.Message, p.Hint = "the network interface "+at.Name+" is down", "workers look for it when they start"
			case err == nil && len(addresses) == 0:
				p.Message, p.Hint = "the network interface "+at.Name+" has no address", "workers look for addresses when they start"
			default:
				continue
			}
			found = append(found, p)
		}
	}
	return found
}
