// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strings"
	"time"
)

// minCacheBytes is about the smallest cache that the engine opens.
const minCacheBytes = 100_000

func (c *Cache) check(s *scope) {
	if dir := s.host().CacheDir; dir != "" && s.fine("storage") && !s.given("storage") {
		c.Storage = dir
	}
	if s.given("size-max") && c.SizeMax < minCacheBytes {
		s.problem("size-max", "the cache is too small to be opened", "at least 100K")
	}
	low := s.fine("ttl-min") && s.seconds("ttl-min", &c.TTLMin)
	high := s.fine("ttl-max") && s.seconds("ttl-max", &c.TTLMax)
	switch {
	case high && c.TTLMax == 0:
		s.problem("ttl-max", "the longest lifetime must not be 0", "at least 1s")
	case low && high && c.TTLMin > c.TTLMax:
		path := "ttl-min" // the one that was written, or else the one that is smaller
		if !s.given(path) {
			path = "ttl-max"
		}
		s.problem(path, fmt.Sprintf("ttl-min, %s, is longer than ttl-max, %s", inSeconds(c.TTLMin), inSeconds(c.TTLMax)), "")
	}
	if s.fine("ns-timeout") && s.milliseconds("ns-timeout", &c.NSTimeout) && c.NSTimeout == 0 {
		s.problem("ns-timeout", "the time must not be 0", "at least 1ms")
	}
	if !s.fine("prefill") {
		return
	}
	seen := make(map[string]bool)
	for i := range c.Prefill {
		if origin := c.Prefill[i].Origin; seen[origin] {
			s.problem(fmt.Sprintf("prefill/%d/origin", i), "the zone "+origin+" is given twice", "keep one entry")
		} else {
			seen[origin] = true
		}
	}
}

// minRefresh is the shortest time between fetches that the daemons accept.
const minRefresh = time.Hour

// check holds entries to what the daemons can do; see prefill.lua.
func (p *Prefill) check(s *scope) {
	if s.given("origin") && p.Origin != "." {
		s.problem("origin", "only the root zone can be fetched, found "+quoteShort(p.Origin), `write origin: "."`)
	}
	if s.given("url") && (!strings.HasPrefix(p.URL, "https://") || len(p.URL) == len("https://")) {
		s.problem("url", "the zone is fetched over HTTPS only, found "+quoteShort(p.URL), "write https:// and the address")
	}
	if s.fine("refresh-interval") && s.seconds("refresh-interval", &p.RefreshInterval) && p.RefreshInterval < minRefresh {
		s.problem("refresh-interval", "the zone is fetched at most once an hour", "at least 1h")
	}
}

// check refuses a window of less than a minute, which silently foresees
// nothing.
func (p *Prediction) check(s *scope) {
	if !s.fine("window", "enable") {
		return
	}
	if p.Window = p.Window.Truncate(time.Minute); p.Enable && p.Window == 0 {
		s.problem("window", "less than 1m counts as 0, and nothing would be predicted", "at least 1m")
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
