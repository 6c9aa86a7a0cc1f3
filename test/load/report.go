// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report accounts for every query: Sent = Answered + Wrong + Lost + Errors.
type Report struct {
	// Sent is less than rate times duration when the run was stopped early, or when the
	// machine was too busy to send: the generator never catches up with a burst.
	Sent int
	// Answered counts right answers within the timeout.
	Answered int
	// Wrong counts answers with another question or a response code other than NOERROR.
	Wrong int
	// Lost counts queries without an answer within the timeout.
	Lost int
	// Errors counts queries refused: by ICMP (UDP), or by a connection that was refused,
	// reset or closed before its answer (TCP, TLS).
	Errors int
	// Stray counts answers to no query, or second answers.
	Stray int

	// Median, P99 and Worst are of the time from a query to its right answer, including
	// the connection's set-up.
	Median, P99, Worst time.Duration
	// LossAt is when each query was sent that was lost or refused, since the start, in
	// order.
	LossAt []time.Duration

	// Took is how long queries were sent.
	Took time.Duration
	// RcvbufErrors and NoPorts are by how much the namespace's counters of those names
	// grew for UDP (IPv4 and IPv6): datagrams dropped because a socket's queue was full,
	// and those that found no socket. They count everyone's traffic.
	RcvbufErrors, NoPorts int
}

// String is a line for logs.
func (r Report) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "sent %d in %v, answered %d, wrong %d, lost %d, errors %d, stray %d; median %v, p99 %v, worst %v; RcvbufErrors %d, NoPorts %d",
		r.Sent, r.Took.Round(time.Millisecond), r.Answered, r.Wrong, r.Lost, r.Errors, r.Stray,
		r.Median.Round(time.Microsecond), r.P99.Round(time.Microsecond), r.Worst.Round(time.Microsecond), r.RcvbufErrors, r.NoPorts)
	if len(r.LossAt) > 0 {
		fmt.Fprintf(&line, "; losses from %v to %v", r.LossAt[0].Round(time.Millisecond), r.LossAt[len(r.LossAt)-1].Round(time.Millisecond))
	}
	return line.String()
}

// outcome is what became of one query.
type outcome int

const (
	answered outcome = iota
	wrong
	lost
	refused
)

// tally collects outcomes. One goroutine writes to it.
type tally struct {
	counts [4]int
	stray  int
	took   []time.Duration // of answered
	lossAt []time.Duration
}

// add records the outcome of a query sent at an offset from the start. An answer that
// took longer than the timeout is a loss.
func (y *tally) add(o outcome, at, took, timeout time.Duration) {
	if (o == answered || o == wrong) && took > timeout {
		o = lost
	}
	y.counts[o]++
	switch o {
	case answered:
		y.took = append(y.took, took)
	case lost, refused:
		y.lossAt = append(y.lossAt, at)
	}
}

// report sums tallies up.
func report(tallies []*tally) Report {
	var r Report
	var took []time.Duration
	for _, y := range tallies {
		r.Answered += y.counts[answered]
		r.Wrong += y.counts[wrong]
		r.Lost += y.counts[lost]
		r.Errors += y.counts[refused]
		r.Stray += y.stray
		took = append(took, y.took...)
		r.LossAt = append(r.LossAt, y.lossAt...)
	}
	r.Sent = r.Answered + r.Wrong + r.Lost + r.Errors
	slices.Sort(took)
	slices.Sort(r.LossAt)
	if n := len(took); n > 0 {
		r.Median, r.P99, r.Worst = took[n/2], took[min(n-1, n*99/100)], took[n-1]
	}
	return r
}
