// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
	"time"

	"kresd-manager/internal/config"
)

// cache opens the cache before anything that works on an open one.
func (s *script) cache(c config.Cache) {
	s.section("cache")
	s.line("open_cache(%d, %s)", c.SizeMax, quote(c.Storage))
	// A fresh cache has 5 s and 86,400 s. Each bound is checked against the
	// other when it is set, so the one that widens comes first.
	shortest := fmt.Sprintf("cache.min_ttl(%d)", seconds(c.TTLMin))
	longest := fmt.Sprintf("cache.max_ttl(%d)", seconds(c.TTLMax))
	if c.TTLMax >= 5*time.Second {
		shortest, longest = longest, shortest
	}
	if c.TTLMin != 5*time.Second || c.TTLMax != 24*time.Hour {
		s.line("%s", shortest)
		s.line("%s", longest)
	}
	if c.NSTimeout != time.Second {
		s.line("cache.ns_tout(%d)", milliseconds(c.NSTimeout))
	}

	if len(c.Prefill) > 0 {
		var zones []string
		for _, p := range c.Prefill {
			zone := fmt.Sprintf("[%s] = { url = %s, interval = %d", quote(p.Origin), quote(p.URL), seconds(p.RefreshInterval))
			if p.CAFile != "" {
				zone += ", ca_file = " + quote(p.CAFile)
			}
			zones = append(zones, zone+" }")
		}
		s.section("cache/prefill")
		// Without them the module fails later, and only says so in the log.
		s.line("for _, library in ipairs({ 'cqueues', 'http.request' }) do")
		s.line("\tif not pcall(require, library) then error('/cache/prefill needs the Lua library ' .. library, 0) end")
		s.line("end")
		s.line("modules.load('prefill')")
		s.line("prefill.config({ %s })", strings.Join(zones, ", "))
	}
	s.when(c.Prefetch.Expiring, "modules.load('prefetch')")
	if p := c.Prefetch.Prediction; p.Enable {
		s.line("modules.load('predict')")
		s.line("predict.config({ window = %d, period = %d })", int(p.Window/time.Minute), p.Period)
	}
}
