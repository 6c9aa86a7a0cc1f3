// SPDX-License-Identifier: Apache-2.0

package config

import "fmt"

// defaultPorts are those of the kinds of [Listen].
var defaultPorts = map[string]uint16{
	"dns": 53, "xdp": 53, "dot": 853, "doq": 853, "doh2": 443, "doh-legacy": 443, "doh2-insecure": 80,
}

// check resolves the port of every interface. A port stands either with all
// interfaces of an entry or in the key port.
func (l *Listen) check(s *scope) {
	// The engine opens such sockets for doh-legacy alone, without listening on
	// them, and that module answers only those who have an address and a port.
	switch {
	case s.given("unix-socket"):
		s.problem("unix-socket", "the resolver does not answer DNS on unix sockets, whatever the kind", "give interface")
	case s.fine("interface", "unix-socket") && !s.given("interface"):
		s.problem("", "an entry of listen must name interface", "such as interface: 127.0.0.1")
	}
	if s.fine("kind") && l.Kind == "doh-legacy" {
		s.warn("kind", "doh-legacy is kept for old setups", "doh2 is DNS over HTTPS")
	}
	if s.fine("interface", "port", "kind") {
		l.resolvePorts(s)
	}
}

func (l *Listen) resolvePorts(s *scope) {
	port := defaultPorts[l.Kind]
	own, ownPort := s.blank("port").(uint16)
	if ownPort {
		port = own
	}
	with := 0
	for i := range l.Interface {
		if l.Interface[i].Port != 0 {
			with++
		}
	}
	switch {
	case with > 0 && ownPort:
		s.problem("port", "the port is given here and after @ in interface", "give it in one place")
	case with > 0 && with < len(l.Interface):
		s.problem("interface", "some interfaces have a port after @ and some have not", "give a port to all of them, or to none")
	}
	for i := range l.Interface {
		if l.Interface[i].Port == 0 {
			l.Interface[i].Port = port
		}
	}
}

// Transports that a kind of [Listen] binds.
const (
	udp = 1 << iota
	tcp
	xdp
)

var transports = map[string]int{
	"dns": udp | tcp, "xdp": xdp, "dot": tcp, "doq": udp, "doh2": tcp, "doh-legacy": tcp, "doh2-insecure": udp | tcp,
}

func (n *Network) check(s *scope) {
	if s.fine("listen") {
		n.checkPorts(s)
		n.checkTwice(s)
	}
	if !s.fine("do-ipv4", "do-ipv6", "out-interface-v4", "out-interface-v6") {
		return
	}
	switch {
	case !n.DoIPv4 && !n.DoIPv6:
		s.warn("do-ipv6", "with do-ipv4 and do-ipv6 both false no other server can be asked", "")
	case !n.DoIPv4 && n.OutInterfaceV4.IsValid():
		s.warn("out-interface-v4", "out-interface-v4 has no effect while do-ipv4 is false", "")
	case !n.DoIPv6 && n.OutInterfaceV6.IsValid():
		s.warn("out-interface-v6", "out-interface-v6 has no effect while do-ipv6 is false", "")
	}
}

// checkPorts refuses ports that workers may not open.
func (n *Network) checkPorts(s *scope) {
	lowest := s.host().LowestPort
	for i := range n.Listen {
		for _, where := range n.Listen[i].Interface {
			if int(where.Port) >= lowest {
				continue
			}
			path := "listen"
			if s.given("listen") {
				path = fmt.Sprintf("listen/%d", i)
			}
			s.problem(path, fmt.Sprintf("an ordinary user may not listen on port %d (%s)", where.Port, where),
				fmt.Sprintf("take a port from %d on, such as %d, or have root set sysctl net.ipv4.ip_unprivileged_port_start=%d",
					lowest, 5300, where.Port))
			return
		}
	}
}

// checkTwice refuses what a worker would fail to bind: the same address, port
// and transport protocol twice.
func (n *Network) checkTwice(s *scope) {
	type socket struct {
		where     Interface
		transport int
	}
	seen := make(map[socket]string)
	for i := range n.Listen {
		l := &n.Listen[i]
		for j, where := range l.Interface {
			path := fmt.Sprintf("listen/%d/interface/%d", i, j)
			for transport := udp; transport <= xdp; transport <<= 1 {
				if transports[l.Kind]&transport == 0 {
					continue
				}
				if first, twice := seen[socket{where, transport}]; twice {
					s.problem(path, where.String()+" is listened on twice", "it stands first at "+s.at(first).place.Pointer())
					break
				}
				seen[socket{where, transport}] = path
			}
		}
	}
}

func (e *EDNSBufferSize) check(s *scope) {
	for path, size := range map[string]int64{"upstream": e.Upstream, "downstream": e.Downstream} {
		if s.given(path) && (size < 512 || size > 65535) {
			s.problem(path, fmt.Sprintf("%dB is not a valid size of messages over UDP", size), "512B to 65535B; 1232B is a good one")
		}
	}
}

// check splits the destination in address and "!", and refuses one of the
// other family, which no address could become.
func (r *Renumbering) check(s *scope) {
	target, ok := s.blank("destination").(renumberTarget)
	if !ok {
		return
	}
	r.Destination, r.Exact = target.addr, target.exact
	if s.given("source") && r.Source.Addr().Is4() != target.addr.Is4() {
		s.problem("destination", "source and destination are of different families", "give two IPv4 or two IPv6 addresses")
	}
}

func (t *TLS) check(s *scope) {
	if s.fine("cert-file", "key-file") && s.given("cert-file") != s.given("key-file") {
		s.problem("", "cert-file and key-file belong together, and only one is given", "give both or none")
	}
	if s.given("sticket-secret") && s.given("sticket-secret-file") {
		s.problem("sticket-secret-file", "sticket-secret and sticket-secret-file do not go together", "keep the file, which fewer people read")
	}
}

// check refuses a protocol that no one may speak.
func (p *ProxyProtocol) check(s *scope) {
	if s.fine("enable", "allow") && p.Enable && !s.given("allow") {
		s.problem("enable", "proxy-protocol needs allow, the addresses of the proxies", "add allow, or set enable to false")
	}
}
