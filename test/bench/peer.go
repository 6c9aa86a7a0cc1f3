// SPDX-License-Identifier: Apache-2.0

package main

// peerPackages are the resolvers that people pick in place of this one, from Debian.
var peerPackages = []string{"bind9", "bind9-utils", "dnsmasq", "pdns-recursor", "unbound"}

// peerUnits are the units that their packages enable. None runs at boot.
var peerUnits = []string{"dnsmasq.service", "named.service", "pdns-recursor.service", "unbound.service"}

// peerColumns are the columns of the table of peers.
var peerColumns = []string{"here", "stock", "unbound", "recursor", "bind", "dnsmasq"}
