// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
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
	var found []*taking
	held := holders()
	told := map[uint64]bool{} // inodes
	for _, l := range e.config.Network.Listen {
		for _, protocol := range protocolsOf(l.Kind) {
			for _, a := range l.Interface {
				for _, want := range addresses(a) {
					for _, h := range held {
						if h.protocol == protocol && h.port == a.Port && overlap(h.address, want) && !told[h.inode] {
							told[h.inode] = true
							found = gather(found, h)
						}
					}
				}
			}
		}
	}
	for _, t := range found {
		e.reportTaking(t)
	}
}

// taking are the sockets on one port of one who has them.
type taking struct {
	port       uint16
	uid        uint32
	pid        int
	name, unit string // of the process, "" if it cannot be seen
	addresses  []string
	protocols  []string
}

// gather adds a socket to those of who has it, unless that is one of us.
func gather(found []*taking, h holder) []*taking {
	pid, name, unit := ownerOf(h.inode)
	if _, ours := units.RoleOf(unit); ours || pid == 0 && userName(h.uid) == workerUser {
		return found
	}
	i := slices.IndexFunc(found, func(t *taking) bool {
		return t.port == h.port && t.uid == h.uid && t.pid == pid && t.unit == unit
	})
	if i < 0 {
		i = len(found)
		found = append(found, &taking{port: h.port, uid: h.uid, pid: pid, name: name, unit: unit})
	}
	t := found[i]
	if address := h.address.Unmap().String(); !slices.Contains(t.addresses, address) {
		t.addresses = append(t.addresses, address)
	}
	if !slices.Contains(t.protocols, h.protocol) {
		t.protocols = append(t.protocols, h.protocol)
	}
	return found
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

// reportTaking says who has a port that workers are to answer on, and how to get it.
func (e *examination) reportTaking(t *taking) {
	where := fmt.Sprintf("port %d (%s) of %s is held by ", t.port, strings.Join(t.protocols, " and "), strings.Join(t.addresses, ", "))
	const why = "workers cannot answer there, and a change that asks for it is refused"
	switch {
	case t.pid == 0:
		e.find(where+"a process of user "+userName(t.uid), why, fmt.Sprintf("ss -lntup 'sport = :%d' # as root, names it", t.port))
	case t.unit == "systemd-resolved.service":
		e.find(where+"systemd-resolved", why,
			`mkdir -p /etc/systemd/resolved.conf.d; printf '[Resolve]\nDNSStubListener=no\n' >/etc/systemd/resolved.conf.d/kresd.conf; systemctl restart systemd-resolved.service`)
	case t.unit != "":
		e.find(fmt.Sprintf("%s%s, process %d of %s", where, t.name, t.pid, t.unit), why, endFor(t.unit, e.show(t.unit, "UnitFileState")["UnitFileState"]))
	case t.pid == 1:
		e.find(where+"systemd, for a socket unit", why, fmt.Sprintf("systemctl list-sockets | grep ':%d ' # then: systemctl mask --now NAME.socket", t.port))
	default:
		e.find(fmt.Sprintf("%s%s, process %d", where, t.name, t.pid), why, fmt.Sprintf("kill %d", t.pid))
	}
}

// endFor is the command that stops a unit for good. To disable one does nothing unless it
// was enabled: another unit, a socket, a package or the bus starts it again.
func endFor(unit, state string) string {
	switch {
	case state == "enabled" || state == "enabled-runtime":
		return "systemctl disable --now " + unit
	case state == "transient": // nothing starts it again
		return "systemctl stop " + unit
	}
	return "systemctl mask --now " + unit
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
