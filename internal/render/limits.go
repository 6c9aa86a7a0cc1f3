// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"

	"kresd-manager/internal/config"
)

// shared returns the Lua of a file name for memory that processes share, in their
// working directory: the canary works elsewhere. kresd refuses a file made with
// other parameters while anyone uses it, so they are part of the name.
func shared(name string, parameters ...any) string {
	text := name
	for _, p := range parameters {
		text += fmt.Sprintf("-%v", p)
	}
	return quote("./" + text)
}

// rateLimiting must come before anything is served.
func (s *script) rateLimiting(r config.RateLimiting) {
	if !r.Enable {
		return
	}
	s.section("rate-limiting")
	file := shared("ratelimiting", r.Capacity, r.InstantLimit, r.RateLimit, r.Slip, milliseconds(r.LogPeriod), r.DryRun)
	// Capacity, instant limit, rate limit: in this order.
	s.line("assert(C.ratelimiting_init(%s, %d, %d, %d, %d, %d, %t) == 0)", file,
		r.Capacity, r.InstantLimit, r.RateLimit, r.Slip, milliseconds(r.LogPeriod), r.DryRun)
}

// prioritisation must be set in any case: otherwise kresd makes a file of its
// own with other parameters. The last parameter scales what one client may use.
// It is the number of CPUs and not of workers, which may change at any time.
func (s *script) prioritisation(d config.Defer, cpus int) {
	s.section("defer")
	if !d.Enable {
		s.line("assert(C.defer_init(nil, 0, 0) == 0)")
		return
	}
	period := milliseconds(d.LogPeriod)
	s.line("assert(C.defer_init(%s, %d, %d) == 0)", shared("defer", period, cpus), period, cpus)
}
