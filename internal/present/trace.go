// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kresd-manager/internal/visible"
	"kresd-manager/units"
)

// Trace writes how a worker resolved a name: a headline, a line for each event, the
// answer, and if lines is set what the daemon itself says.
func Trace(w io.Writer, t units.Trace, lines bool) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	say("%s %s: %s in %s, %s\n", dot(t.Name), visible.Line(t.Type), answered(t.RCode), millis(t.Took), validation(t))
	say("through %s", visible.Line(t.Unit))
	if t.From != "" {
		say(", as client %s", visible.Line(t.From))
	}
	say("\n")
	for _, e := range t.Events {
		say("%7s  %s\n", millis(e.At), visible.Line(traceEvent(e)))
	}
	if t.Error != nil {
		say("why: %s\n", visible.Line(extended(*t.Error)))
	}
	for _, rr := range t.Answer {
		say("%s\n", visible.Line(strings.Join(strings.Fields(rr), " ")))
	}
	if t.Cut {
		say("more was said than is kept\n")
	}
	if lines {
		say("\nwhat kresd says:\n")
		for _, l := range t.Lines {
			say("%7s  %s\n", millis(l.At), visible.Line(strings.TrimSpace(l.Text)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// traceEvent is an event in words.
func traceEvent(e units.TraceEvent) string {
	detail := ""
	if e.Detail != "" {
		detail = ": " + e.Detail
	}
	switch e.Kind {
	case units.TraceView:
		return "view for this client" + detail
	case units.TracePolicy:
		return "policy" + detail
	case units.TraceRule:
		return "local data" + detail
	case units.TraceResolve:
		return "looks for " + e.Name + " " + e.Type
	case units.TraceCacheHit:
		s := "in the cache"
		if e.TTL != nil {
			s += fmt.Sprintf(" for %d s more", *e.TTL)
		}
		return s + detail
	case units.TraceMiss:
		return "not in the cache" + detail
	case units.TraceAsk:
		s := "asks " + e.Address
		if e.Server != "" && e.Server != "." && e.Server != e.Zone { // "." is one that is forwarded to
			s += " (" + e.Server + ")"
		}
		return s + " over " + strings.ToUpper(e.Protocol) + " for " + e.Name + " " + e.Type
	case units.TraceReply:
		s := strings.TrimSpace(e.Address + " answers " + e.Detail)
		if e.RTT != nil {
			s += " after " + millis(*e.RTT)
		}
		return s
	case units.TraceFault:
		return e.Address + detail
	case units.TraceReferral:
		return "the answer names the servers of the zone below"
	case units.TraceAlias:
		return "the answer is an alias (CNAME)"
	case units.TraceRetry:
		return "asks again" + detail
	case units.TraceStore:
		return "kept in the cache"
	case units.TraceSecure:
		return "validated" + detail
	case units.TraceInsecure:
		return "not signed" + detail
	case units.TraceBogus:
		return "bogus" + detail
	case units.TraceFailed:
		return "gives up" + detail
	}
	return string(e.Kind) + detail
}

// dot ends a name as in a zone file.
func dot(name string) string { return visible.Line(strings.TrimSuffix(name, ".") + ".") }

func answered(rcode string) string {
	if rcode == "" {
		return "no answer"
	}
	return visible.Line(rcode)
}

// validation is what DNSSEC says of a request in the end.
func validation(t units.Trace) string {
	if t.Secure {
		return validated(true)
	}
	for _, e := range slices.Backward(t.Events) {
		switch e.Kind {
		case units.TraceBogus:
			return "bogus"
		case units.TraceInsecure:
			return "not signed"
		}
	}
	return validated(false)
}

func validated(secure bool) string {
	if secure {
		return "validated by DNSSEC"
	}
	return "not validated"
}

// extended is why a resolver answers as it does.
func extended(e units.ExtendedError) string {
	s := fmt.Sprintf("%s (EDE %d", e.Meaning, e.Code)
	if e.Text != "" {
		s += ", " + e.Text
	}
	return s + ")"
}

// millis is a short time: below ten milliseconds with a digit after the point.
func millis(s units.Seconds) string {
	ms := float64(s) / float64(time.Millisecond)
	switch {
	case ms == 0:
		return "0 ms"
	case ms < 10 && ms != float64(int(ms)):
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}
