// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strings"
	"time"
)

// This file holds the rules that concern more than one key. Some are stricter
// than Knot Resolver's own validation: what that lets through and the daemons
// then reject, or silently do not do, is refused here.

// workersPerCPU bounds the number of workers; without a known number of CPUs
// the bound is maxWorkers.
const (
	workersPerCPU = 10
	maxWorkers    = 256
)

func (c *Config) check(s *scope) {
	h := s.host()
	if s.fine("hostname") && !s.given("hostname") {
		c.Hostname = h.Hostname
	}
	if s.fine("workers") {
		switch most := workersPerCPU * h.CPUs; {
		case h.CPUs < 1 && c.Workers > maxWorkers:
			s.problem("workers", fmt.Sprintf("%d workers are more than %d", c.Workers, maxWorkers), "the number of CPUs is unknown")
		case h.CPUs >= 1 && c.Workers > most:
			s.problem("workers", fmt.Sprintf("%d workers are more than %d for each of %d CPUs", c.Workers, workersPerCPU, h.CPUs),
				fmt.Sprintf("at most %d", most))
		}
	}
	forwarded := make(map[string]bool)
	for i := range c.Forward {
		for j, name := range c.Forward[i].Subtree {
			if forwarded[name] {
				s.warn(fmt.Sprintf("forward/%d/subtree/%d", i, j), name+" is forwarded twice, and only the last entry counts", "")
			}
			forwarded[name] = true
		}
	}
	if s.fine("management", "rundir") && c.Management.UnixSocket != "" && dirOf(c.Management.UnixSocket) != c.Rundir {
		s.warn("management/unix-socket", "the socket is not in rundir, "+c.Rundir, "")
	}
}

func dirOf(path string) string {
	return cleanPath(path[:strings.LastIndexByte(path, '/')+1])
}

func (m *Management) check(s *scope) {
	if s.present() && s.fine("unix-socket") && !s.given("unix-socket") {
		m.UnixSocket = ""
		if !s.written("interface") { // which has its own message
			s.problem("", "the section management must name unix-socket", "leave the section out for the default, "+defaultSocket())
		}
	}
}

func defaultSocket() string {
	p := configPlan().keys[configPlan().byName["management"]].shape.plan
	return p.keys[p.byName["unix-socket"]].def.text
}

var defaultPorts = map[string]uint16{"dns": 53, "dot": 853}

// check resolves the port of every interface. A port stands either with all
// interfaces of an entry or in the key port.
func (l *Listen) check(s *scope) {
	if s.fine("interface") && !s.given("interface") && !s.written("unix-socket") { // which has its own message
		s.problem("", "an entry of listen must name interface", "")
	}
	if !s.fine("interface", "port", "kind") {
		return
	}
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
		s.problem("interface", "some interfaces have a port after @ and some have not", "give all of them one, or none")
	}
	for i := range l.Interface {
		if l.Interface[i].Port == 0 {
			l.Interface[i].Port = port
		}
	}
}

// check refuses what a worker would fail to bind: the same address, port and
// transport protocol twice. Plain DNS is UDP and TCP, DNS over TLS is TCP.
func (n *Network) check(s *scope) {
	if !s.fine("listen") {
		return
	}
	seen := make(map[Interface]string)
	for i := range n.Listen {
		for j, where := range n.Listen[i].Interface {
			path := fmt.Sprintf("listen/%d/interface/%d", i, j)
			if first, twice := seen[where]; twice {
				s.problem(path, where.String()+" is listened on twice", "it stands first at "+s.at(first).place.pointer())
				continue
			}
			seen[where] = path
		}
	}
}

func (t *TLS) check(s *scope) {
	if s.fine("cert-file", "key-file") && s.given("cert-file") != s.given("key-file") {
		s.problem("", "cert-file and key-file belong together, and only one is given", "give both or none")
	}
}

// check refuses servers of which TLS could not tell whether they are the right
// ones, with which no process would start.
func (v *Server) check(s *scope) {
	pinned, named, ca := s.given("pin-sha256"), s.given("hostname"), s.given("ca-file")
	if !s.fine("transport", "pin-sha256", "hostname", "ca-file") {
		return
	}
	switch {
	case pinned && (named || ca):
		s.problem("pin-sha256", "pin-sha256 does not go together with hostname or ca-file", "keep one way to authenticate the server")
	case ca && !named:
		s.problem("ca-file", "ca-file needs hostname, the name that the certificate must carry", "add hostname")
	case v.Transport == "tls" && !pinned && !named:
		s.problem("transport", "a server that is asked over TLS must be authenticated", "add hostname or pin-sha256")
	case v.Transport == "" && (pinned || named):
		s.warn("", "hostname, ca-file and pin-sha256 have no effect without transport: tls", "")
	}
}

// check holds authoritative servers to plain DNS on port 53, which is all that
// the engine can do.
func (f *Forward) check(s *scope) {
	if !s.fine("servers", "options") || !f.Options.Authoritative {
		return
	}
	for i := range f.Servers {
		server := &f.Servers[i]
		path := fmt.Sprintf("servers/%d", i)
		if server.Transport == "tls" {
			s.problem(path+"/transport", "authoritative servers cannot be asked over TLS", "remove transport, or options/authoritative")
		}
		for j, a := range server.Address {
			if a.Port != 0 && a.Port != 53 {
				s.problem(fmt.Sprintf("%s/address/%d", path, j),
					fmt.Sprintf("authoritative servers are asked on port 53 only, found port %d", a.Port), "")
			}
		}
	}
}

// minCacheBytes is about the smallest cache that the engine opens.
const minCacheBytes = 100_000

func (c *Cache) check(s *scope) {
	if s.given("size-max") && c.SizeMax < minCacheBytes {
		s.problem("size-max", "the cache is too small to be opened", "at least 100K")
	}
}

// check refuses what the process would take for 0, which is no limit or no
// pause: it counts in whole MiB and milliseconds.
func (g *GC) check(s *scope) {
	if s.fine("temp-keys-space") && 0 < g.TempKeysSpace && g.TempKeysSpace < 1<<20 {
		s.problem("temp-keys-space", "less than 1M counts as 0, which is no limit", "0M, or at least 1M")
	}
	if s.fine("interval") && 0 < g.Interval && g.Interval < time.Millisecond {
		s.problem("interval", "less than 1ms counts as 0", "at least 1ms")
	}
}

// check looks at trust anchors that would keep every worker from starting.
func (d *DNSSEC) check(s *scope) {
	if !s.fine("enable") || !d.Enable {
		return
	}
	owners := map[string]string{".": "the root has a trust anchor"}
	if s.fine("trust-anchors") {
		for i, anchor := range d.TrustAnchors {
			owner, message := checkTrustAnchor(anchor)
			if message != "" {
				s.problem(fmt.Sprintf("trust-anchors/%d", i), message, "expected a DS or DNSKEY record as in a zone file")
			}
			if owner != "" && owner != "." {
				owners[owner] = "it has a trust anchor"
			}
		}
	}
	if !s.fine("negative-trust-anchors") {
		return
	}
	for i, name := range d.NegativeTrustAnchors {
		if why, conflict := owners[name]; conflict {
			s.problem(fmt.Sprintf("negative-trust-anchors/%d", i), "there can be no negative trust anchor for "+name+": "+why,
				"to switch validation off set /dnssec/enable to false")
		}
	}
}
