// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"

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

// limitsFile and deferFile are those of rate limiting and prioritisation, "" if
// they are off.
func limitsFile(r config.RateLimiting) string {
	if !r.Enable {
		return ""
	}
	return shared("ratelimiting", r.Capacity, r.InstantLimit, r.RateLimit, r.Slip, milliseconds(r.LogPeriod), r.DryRun)
}

func deferFile(d config.Defer, cpus int) string {
	if !d.Enable {
		return ""
	}
	return shared("defer", milliseconds(d.LogPeriod), cpus)
}

// rateLimiting must come before anything is served.
func (s *script) rateLimiting(r config.RateLimiting) {
	if !r.Enable {
		return
	}
	s.section("rate-limiting")
	// Capacity, instant limit, rate limit: in this order.
	s.line("assert(C.ratelimiting_init(%s, %d, %d, %d, %d, %d, %t) == 0)", limitsFile(r),
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
	s.line("assert(C.defer_init(%s, %d, %d) == 0)", deferFile(d, cpus), milliseconds(d.LogPeriod), cpus)
}

// tidyShared removes the files that earlier parameters made.
func (s *script) tidyShared(files ...string) {
	keep := ""
	for _, f := range files {
		if f != "" {
			keep += fmt.Sprintf(" [%s] = true,", f)
		}
	}
	s.line("tidy_shared({%s })", strings.TrimSuffix(keep, ","))
}
