// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"

	"kresd-manager/internal/cgroup"
	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// States of sockets that take what is sent to a port (Linux, net/tcp_states.h).
const (
	stateUnconnected = 7
	stateListening   = 10
)

// holder is a socket that takes what is sent to an address.
type holder struct {
	protocol string
	address  netip.Addr // unspecified for all addresses
	port     uint16
	uid      uint32
	inode    uint64
}

// ports looks who else answers where the configuration wants to.
func (e *examination) ports() {
	if e.config == nil {
		return
	}
	held := holders()
	told := map[uint64]bool{} // inodes
	for _, l := range e.config.Network.Listen {
		for _, protocol := range protocolsOf(l.Kind) {
			for _, a := range l.Interface {
				for _, want := range addresses(a) {
					for _, h := range held {
						if h.protocol == protocol && h.port == a.Port && overlap(h.address, want) && !told[h.inode] {
							told[h.inode] = e.taken(h)
						}
					}
				}
			}
		}
	}
}

// protocolsOf gives the transports of a kind of listener.
func protocolsOf(kind string) []string {
	switch kind {
	case "dns":
		return []string{"udp", "tcp"}
	case "doq":
		return []string{"udp"}
	case "xdp":
		return nil
	}
	return []string{"tcp"}
}

// addresses are those of a name in the configuration.
func addresses(i config.Interface) []netip.Addr {
	if i.Addr.IsValid() {
		return []netip.Addr{i.Addr}
	}
	nic, err := net.InterfaceByName(i.Name)
	if err != nil {
		return nil
	}
	all, _ := nic.Addrs()
	var found []netip.Addr
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			found = append(found, p.Addr())
		}
	}
	return found
}

// overlap reports whether two sockets on addresses exclude each other. One on
// all addresses of IPv6 may have those of IPv4, too.
func overlap(held, want netip.Addr) bool {
	held, want = held.Unmap().WithZone(""), want.Unmap().WithZone("")
	switch {
	case held == want:
		return true
	case held.IsUnspecified():
		return held.Is6() || want.Is4()
	}
	return want.IsUnspecified() && want.Is4() == held.Is4()
}

// holders lists the sockets of the system that take what comes.
func holders() []holder {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil
	}
	var all []holder
	add := func(protocol string, state uint64, want uint64, ip net.IP, port, uid, inode uint64) {
		if a, ok := netip.AddrFromSlice(ip); ok && state == want {
			all = append(all, holder{protocol, a, uint16(port), uint32(uid), inode})
		}
	}
	for _, read := range []func() (procfs.NetUDP, error){fs.NetUDP, fs.NetUDP6} {
		lines, _ := read()
		for _, l := range lines {
			add("udp", l.St, stateUnconnected, l.LocalAddr, l.LocalPort, l.UID, l.Inode)
		}
	}
	//lint:ignore SA1019 netlink would be another library; these files are not read often
	for _, read := range []func() (procfs.NetTCP, error){fs.NetTCP, fs.NetTCP6} {
		lines, _ := read()
		for _, l := range lines {
			add("tcp", l.St, stateListening, l.LocalAddr, l.LocalPort, l.UID, l.Inode)
		}
	}
	return all
}

// taken reports a socket unless it is one of ours.
func (e *examination) taken(h holder) bool {
	pid, name, unit := ownerOf(h.inode)
	if _, ours := units.RoleOf(unit); ours || pid == 0 && userName(h.uid) == workerUser {
		return true
	}
	where := fmt.Sprintf("%s port %d (%s) is held by ", h.address.Unmap(), h.port, h.protocol)
	const why = "workers cannot answer there, and a change that asks for it is refused"
	switch {
	case pid == 0:
		e.find(where+"a process of user "+userName(h.uid), why, fmt.Sprintf("ss -lntup 'sport = :%d' # as root, tells which", h.port))
	case unit == "systemd-resolved.service":
		e.find(where+"systemd-resolved", why,
			`mkdir -p /etc/systemd/resolved.conf.d; printf '[Resolve]\nDNSStubListener=no\n' >/etc/systemd/resolved.conf.d/kresd.conf; systemctl restart systemd-resolved.service`)
	case unit != "":
		e.find(fmt.Sprintf("%s%s, process %d of %s", where, name, pid, unit), why, "systemctl disable --now "+unit)
	case pid == 1:
		e.find(where+"systemd, for a socket unit", why, fmt.Sprintf("systemctl list-sockets | grep ':%d ' # then: systemctl disable --now NAME.socket", h.port))
	default:
		e.find(fmt.Sprintf("%s%s, process %d", where, name, pid), why, fmt.Sprintf("kill %d", pid))
	}
	return true
}

// ownerOf finds the process that has a socket, and the service that it belongs
// to; 0 and "" if that cannot be seen.
func ownerOf(inode uint64) (pid int, name, unit string) {
	processes, err := procfs.AllProcs()
	if err != nil {
		return 0, "", ""
	}
	want := fmt.Sprintf("socket:[%d]", inode)
	for _, p := range processes {
		targets, err := p.FileDescriptorTargets()
		if err != nil {
			continue
		}
		for _, t := range targets {
			if t != want {
				continue
			}
			name, _ = p.Comm()
			if q, ok := (cgroup.System{}).Process(p.PID); ok {
				if base := filepath.Base(q.Path()); strings.HasSuffix(base, ".service") || strings.HasSuffix(base, ".socket") {
					unit = base
				}
			}
			return p.PID, name, unit
		}
	}
	return 0, "", ""
}
