// SPDX-License-Identifier: Apache-2.0

package config

import (
	"math"
	"strconv"
	"time"
)

// The daemons take times as whole seconds or milliseconds, in 32 bits, the
// lifetimes of records in 31 (RFC 2181 section 8). A time that would become 0
// by that means something else than what was written, and is refused.

// seconds makes a time that was read well one of whole seconds; it is false if
// there is a problem.
func (s *scope) seconds(path string, t *time.Duration) bool {
	return s.whole(path, t, time.Second, "at least 1s", math.MaxInt32)
}

// milliseconds is seconds for milliseconds.
func (s *scope) milliseconds(path string, t *time.Duration) bool {
	return s.whole(path, t, time.Millisecond, "at least 1ms", math.MaxUint32)
}

// optionalSeconds is seconds for a key that may be unset, and may be 0 when that
// is what is written.
func (s *scope) optionalSeconds(path string, t **time.Duration) bool {
	if *t == nil {
		return true
	}
	whole := **t
	ok := s.whole(path, &whole, time.Second, "0s, or at least 1s", math.MaxInt32)
	*t = &whole
	return ok
}

// whole has the hint for a time of less than the unit.
func (s *scope) whole(path string, t *time.Duration, unit time.Duration, least string, most int64) bool {
	one := unit.String() // "1s" or "1ms"
	switch {
	case 0 < *t && *t < unit:
		s.problem(path, "less than "+one+" counts as 0", least)
		return false
	case int64(*t/unit) > most:
		s.problem(path, "the time is too long for the daemons", "at most "+strconv.FormatInt(most, 10)+one[1:])
		return false
	}
	*t = t.Truncate(unit)
	return true
}

// inSeconds is a time of whole seconds as the configuration writes it.
func inSeconds(t time.Duration) string {
	return strconv.FormatInt(int64(t/time.Second), 10) + "s"
}
