// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"kresd-manager/test/product"
)

// peerPackages are the resolvers that people pick in place of this one, from Debian.
var peerPackages = []string{"bind9", "bind9-utils", "dnsmasq", "pdns-recursor", "unbound"}

// peerUnits are the units that their packages enable. None runs at boot.
var peerUnits = []string{"dnsmasq.service", "named.service", "pdns-recursor.service", "unbound.service"}

// peerColumns are the columns of the table of peers.
var peerColumns = []string{"here", "stock", "unbound, fast_reload", "unbound, reload_keep_cache", "recursor", "bind", "dnsmasq"}

// data is what a resolver is to serve. All have the same.
type data struct {
	serial     uint // of zones; each differs from the last
	name       bool // a name more
	listed     int  // names on the block list beside the one that is looked at
	address    bool // one more address to listen on
	brokenList bool
	brokenFile bool
}

// What is looked for.
const (
	peerName       = "new.home."
	peerNewAddress = "192.0.2.7"
	// listedName has an address on the short list, and does not exist on the long one.
	listedName     = "blocked.example."
	listedAddress  = "192.0.2.10"
	secondListener = "127.0.0.2"
)

// peer is a resolver with the commands that its manual names.
type peer struct {
	name string // of its column
	unit string // what systemctl starts
	// files are its configuration, by their paths.
	files func(data) map[string]string
	// Scripts that put a changed list of names, block list, address or configuration in force.
	names, list, listen, config string
	// processes are what its memory is of, as pgrep finds it.
	processes string
}

const (
	peerList  = "/etc/bench/list.rpz"
	peerZone  = "/etc/bench/home.zone"
	peerNames = "/etc/bench/names.conf"
	peerHosts = "/etc/bench/list.conf"
)

// rpz is the block list as a response policy zone. A cache keeps nothing of it: what is
// measured is when the list is in force, and not how long an answer lives.
func (d data) rpz() string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN rpz.bench.\n@ 3600 SOA . . %d 1 1 1 1\n@ 3600 NS localhost.\n", d.serial)
	if d.listed == 0 {
		b.WriteString("blocked.example 0 A " + listedAddress + "\n")
		return b.String()
	}
	b.WriteString("blocked.example 0 CNAME .\n")
	for i := range d.listed {
		fmt.Fprintf(&b, "blocked%d.example 0 CNAME .\n", i)
	}
	if d.brokenList {
		b.WriteString("next.example 0 ((( this is no record\n")
	}
	return b.String()
}

// broken is a line that no resolver's configuration may have.
func (d data) broken(line string) string {
	if d.brokenFile {
		return line + "\n"
	}
	return ""
}

// pick is a text where something holds.
func pick(holds bool, text string) string {
	if holds {
		return text
	}
	return ""
}

// knot is the configuration of both sides.
func (d data) knot() map[string]string {
	return map[string]string{peerList: d.rpz(), product.ConfigFile: "workers: 4\nnetwork:\n  listen:\n    - interface: 127.0.0.1\n" +
		pick(d.address, "    - interface: "+secondListener+"\n") + "dnssec:\n  enable: false\nlocal-data:\n  addresses:\n    bench.home: 192.0.2.1\n" +
		pick(d.name, "    new.home: "+peerNewAddress+"\n") + "  rpz:\n    - file: " + peerList + "\n" + d.broken("local-data: [")}
}

func (d data) zone() string {
	return fmt.Sprintf("$ORIGIN home.\n@ 3600 SOA ns.home. root.home. %d 1 1 1 1\n@ 3600 NS ns.home.\nns 3600 A 127.0.0.1\nbench 3600 A 192.0.2.1\n", d.serial) +
		pick(d.name, "new 3600 A "+peerNewAddress+"\n")
}

func (d data) unbound() map[string]string {
	return map[string]string{
		peerList: d.rpz(),
		peerNames: "local-zone: \"home.\" static\nlocal-data: \"bench.home. 3600 A 192.0.2.1\"\n" +
			pick(d.name, "local-data: \"new.home. 3600 A "+peerNewAddress+"\"\n"),
		"/etc/unbound/unbound.conf": "server:\n  interface: 127.0.0.1\n" + pick(d.address, "  interface: "+secondListener+"\n") + `  num-threads: 4
  so-reuseport: yes
  access-control: 127.0.0.0/8 allow
  chroot: ""
  module-config: "respip iterator"
  include: ` + peerNames + `
remote-control:
  control-enable: yes
  control-interface: /run/unbound.ctl
  control-use-cert: no
rpz:
  name: rpz.bench
  zonefile: ` + peerList + "\n" + d.broken(`server: "broken`),
	}
}

func (d data) recursor() map[string]string {
	return map[string]string{peerList: d.rpz(), peerZone: d.zone(), "/etc/powerdns/recursor.conf": `dnssec:
  validation: "off"
incoming:
  listen: [127.0.0.1` + pick(d.address, ", "+secondListener) + `]
recursor:
  threads: 4
  security_poll_suffix: ''
  auth_zones:
  - zone: home
    file: ` + peerZone + `
  rpzs:
  - name: ` + peerList + `
    policyName: bench
` + d.broken("recursor: [")}
}

func (d data) bind() map[string]string {
	return map[string]string{peerList: d.rpz(), peerZone: d.zone(), "/etc/bind/named.conf": `include "/etc/bind/rndc.key";
controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { "rndc-key"; }; };
options {
  directory "/var/cache/bind";
  listen-on { 127.0.0.1; ` + pick(d.address, secondListener+"; ") + `};
  listen-on-v6 { none; };
  dnssec-validation no;
  response-policy { zone "rpz.bench"; } qname-wait-recurse no min-update-interval 0;
};
zone "." { type hint; file "/dev/null"; };
zone "rpz.bench" { type primary; file "` + peerList + `"; };
zone "home" { type primary; file "` + peerZone + `"; };
` + d.broken("zone {")}
}

func (d data) dnsmasq() map[string]string {
	var list strings.Builder
	list.WriteString("address=/blocked.example/" + pick(d.listed == 0, listedAddress) + "\n")
	for i := range d.listed {
		fmt.Fprintf(&list, "address=/blocked%d.example/\n", i)
	}
	return map[string]string{
		peerHosts: list.String() + pick(d.brokenList, "((( this is no record\n"),
		peerNames: "host-record=bench.home,192.0.2.1\n" + pick(d.name, "host-record=new.home,"+peerNewAddress+"\n"),
		"/etc/dnsmasq.conf": "listen-address=127.0.0.1\n" + pick(d.address, "listen-address="+secondListener+"\n") +
			"bind-interfaces\nno-resolv\nno-hosts\nlocal=/home/\nconf-file=" + peerNames + "\nconf-file=" + peerHosts + "\n" + d.broken("no-such-option"),
	}
}

// peersOf are all that are compared.
func peersOf() []peer {
	restart := func(unit string) string { return "systemctl restart " + unit }
	all := []peer{
		{"recursor", "pdns-recursor.service", data.recursor, "rec_control reload-zones", "rec_control reload-yaml", restart("pdns-recursor.service"), "rec_control reload-yaml", "pdns_recursor"},
		{"bind", "named.service", data.bind, "rndc reload home", "rndc reload rpz.bench", "rndc reconfig", "rndc reconfig", "named"},
		{"dnsmasq", "dnsmasq.service", data.dnsmasq, restart("dnsmasq.service"), restart("dnsmasq.service"), restart("dnsmasq.service"), restart("dnsmasq.service"), "dnsmasq"},
	}
	for _, way := range []string{"fast_reload", "reload_keep_cache"} {
		command := "unbound-control -q " + way
		all = append(all, peer{"unbound, " + way, "unbound.service", data.unbound, command, command, restart("unbound.service"), command, "unbound"})
	}
	return append(all,
		peer{"here", "kresd-manager.service", data.knot, "kresctl reload --quiet", "kresctl reload --quiet", "kresctl reload --quiet", "kresctl reload --quiet", "kresd|kres-cache-gc"},
		// Its reload does not look at files that the configuration names, unless it is forced.
		peer{"stock", "knot-resolver.service", data.knot, "kresctl reload", "kresctl reload --force", "kresctl reload", "kresctl reload", "kresd|kres-cache-gc|python3|supervisord"},
	)
}

// back has a peer run what its files hold, and nothing that it keeps in a cache.
func (p peer) back() string {
	if strings.HasPrefix(p.list, "kresctl") {
		return p.list
	}
	return "systemctl reset-failed; systemctl restart " + p.unit
}

// aboutPeers says how the peers are measured.
func aboutPeers() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Each from the same Debian tree, on the same kernel, with the same data and %d queries per second meanwhile, four workers or threads where there is a choice. ", peerQPS)
	b.WriteString("*Until* is from the command to the moment from which everyone sees it. The commands, for a name, a list and an address more:\n\n")
	for _, p := range peersOf() {
		fmt.Fprintf(&b, "- %s: `%s`, `%s`, `%s`\n", p.name, p.names, p.list, p.listen)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
