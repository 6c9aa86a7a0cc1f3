// SPDX-License-Identifier: Apache-2.0

package metrics

import "kresd-manager/internal/metrics/exposition"

// What workers know beside what they count for Knot Resolver's own manager: the cache,
// the servers upstream, and how busy they are.
var (
	cacheUsageDesc   = newDesc("cache_usage_ratio", "Which part of the cache, which all workers share, is filled: 0 to 1.")
	cacheEntriesDesc = newDesc("cache_entries", "Entries in the cache.")
	cacheSizeDesc    = newDesc("cache_size_bytes", "What the cache may grow to.")

	readsDesc    = workDesc("cache_reads_total", "Reads of the cache by the worker.")
	missesDesc   = workDesc("cache_read_misses_total", "Reads of the cache by the worker that found nothing.")
	writesDesc   = workDesc("cache_writes_total", "Writes to the cache by the worker.")
	upstreamDesc = workDesc("upstream_queries_total", "Queries of the worker to servers, by protocol.", "protocol")
	timeoutsDesc = workDesc("upstream_timeouts_total", "Queries of the worker to servers that were not answered in time.")
	rttDesc      = workDesc("upstream_round_trip_seconds",
		"Time that so many of a hundred of the last answers of servers took at most; of 512 answers or fewer.", "percentile")
	concurrentDesc = workDesc("requests_in_progress", "Requests that the worker works on.")
	droppedDesc    = workDesc("requests_dropped_total", "Requests that the worker has dropped.")
	delayDesc      = workDesc("loop_delay_seconds", "How long the worker took to notice a client at its control socket: one turn of its event loop.")
)

func workDesc(name, help string, labels ...string) *exposition.Desc {
	return newDesc("worker_"+name, help, append([]string{"instance_id"}, labels...)...)
}

// collectWork sends what workers know. All see the same cache: the first that answers
// tells of it.
func (s Snapshot) collectWork(out *exposition.Text) {
	cache := false
	for i, f := range s.Figures {
		if f == nil {
			continue
		}
		id := s.Workers[i].InstanceID()
		if c := f.Cache; c != nil {
			if !cache {
				gauge(out, cacheUsageDesc, c.Usage/100)
				gauge(out, cacheEntriesDesc, float64(c.Entries))
				gauge(out, cacheSizeDesc, float64(c.SizeBytes))
				cache = true
			}
			total(out, readsDesc, float64(c.Reads), id)
			total(out, missesDesc, float64(c.Misses), id)
			total(out, writesDesc, float64(c.Writes), id)
		}
		total(out, upstreamDesc, f.Work.UDP, id, "udp")
		total(out, upstreamDesc, f.Work.TCP, id, "tcp")
		total(out, upstreamDesc, f.Work.TLS, id, "tls")
		total(out, timeoutsDesc, f.Work.Timeouts, id)
		gauge(out, concurrentDesc, f.Work.Concurrent, id)
		total(out, droppedDesc, f.Work.Dropped, id)
		gauge(out, delayDesc, f.Delay.Seconds(), id)
		if rtt := f.RoundTrips; rtt.Answers > 0 {
			gauge(out, rttDesc, rtt.P50/1000, id, "50")
			gauge(out, rttDesc, rtt.P95/1000, id, "95")
			gauge(out, rttDesc, rtt.P99/1000, id, "99")
		}
	}
}
