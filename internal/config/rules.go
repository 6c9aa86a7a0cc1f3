// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// This file and those named rules_… hold the rules that concern more than one
// key. Some are stricter than Knot Resolver's own validation: what that lets
// through and the daemons then reject, or silently do not do, is refused here.

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
	if h.Rundir != "" && s.fine("rundir") && !s.given("rundir") {
		c.Rundir = h.Rundir
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
	if s.fine("version") && c.Version != 1 {
		s.warn("version", fmt.Sprintf("version %d is not known, and ignored", c.Version), "there is only 1")
	}
	c.checkForwards(s)
	c.checkViews(s)
	c.checkTags(s)
	if s.fine("management", "rundir") && c.Management.UnixSocket != "" && dirOf(c.Management.UnixSocket) != c.Rundir {
		s.warn("management/unix-socket", "the socket is not in rundir, "+c.Rundir, "")
	}
}

// checkForwards warns of names that are forwarded twice.
func (c *Config) checkForwards(s *scope) {
	if c.Forward.Len() == 0 || !twice(s.r.forwarded) {
		return
	}
	forwarded := make(map[string]struct{}, c.Forward.Len())
	i := 0
	for f := range c.Forward.All() {
		for j, name := range f.Subtree {
			if _, again := forwarded[name]; again {
				s.warn(fmt.Sprintf("forward/%d/subtree/%d", i, j), name+" is forwarded twice, and only the last entry counts", "")
			}
			forwarded[name] = struct{}{}
		}
		i++
	}
}

var forwardedSeed = maphash.MakeSeed()

// note keeps what tells whether a name may be forwarded twice.
func (f *Forward) note(r *reader, all int) {
	if r.forwarded == nil {
		r.forwarded = make([]uint64, 0, all)
	}
	for _, name := range f.Subtree {
		r.forwarded = append(r.forwarded, maphash.String(forwardedSeed, name))
	}
}

// twice reports whether a number occurs twice. It sorts them.
func twice(hashes []uint64) bool {
	slices.Sort(hashes)
	all := len(hashes)
	return len(slices.Compact(hashes)) < all
}

func dirOf(path string) string {
	return cleanPath(path[:strings.LastIndexByte(path, '/')+1])
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

func (f *Fallback) check(s *scope) {
	if s.fine("enable", "servers") && f.Enable && !s.given("servers") {
		s.problem("enable", "fallback needs servers to ask", "add servers, or set enable to false")
	}
}

// check lets no two sources of the same Lua compete. An empty script is none.
func (l *Lua) check(s *scope) {
	for _, kind := range []struct {
		prefix, script string
		only           bool
	}{{"", l.Script, l.ScriptOnly}, {"policy-", l.PolicyScript, l.PolicyScriptOnly}} {
		script, file, only := kind.prefix+"script", kind.prefix+"script-file", kind.prefix+"script-only"
		if !s.fine(script, file, only) {
			continue
		}
		switch {
		case kind.script != "" && s.given(file):
			s.problem(file, script+" and "+file+" do not go together", "keep one of them")
		case kind.only && kind.script == "" && !s.given(file):
			s.warn(only, only+" without any script leaves nothing to run", "add "+script+" or "+file)
		}
	}
}
