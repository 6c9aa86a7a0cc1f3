// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"encoding/json"

	"kresd-manager/internal/metrics/exposition"

	"kresd-manager/units"
)

// instanceLabel tells the workers apart, as in Knot Resolver's own manager.
const instanceLabel = "instance_id"

// counter is a number that a worker counts.
type counter struct {
	desc        *exposition.Desc
	object, key string // where it is in what the worker gives
}

// latencies are the counters of answers by the time they took: each counts the
// answers that took at most so many seconds and longer than those before it.
var latencies = []struct {
	key     string
	seconds float64
}{
	{"1ms", 0.001}, {"10ms", 0.01}, {"50ms", 0.05}, {"100ms", 0.1}, {"250ms", 0.25},
	{"500ms", 0.5}, {"1000ms", 1}, {"1500ms", 1.5},
}

var (
	latencyDesc = exposition.New("resolver_response_latency",
		"Time from a query to its answer, in seconds.", instanceLabel)
	loadedDesc = exposition.New("resolver_metrics_loaded",
		"1 if the worker gave its statistics, 0 if it did not answer or they are off.", instanceLabel)
	counters = makeCounters()
)

func makeCounters() []counter {
	var all []counter
	add := func(name, object, key, help string) {
		all = append(all, counter{exposition.New("resolver_"+name+"_total", help, instanceLabel), object, key})
	}
	request := func(key, help string) { add("request_"+key, "request", key, help) }
	add("request", "request", "total", "Requests, those that the resolver makes for itself included.")
	request("total4", "Requests of clients over IPv4.")
	request("total6", "Requests of clients over IPv6.")
	request("internal", "Requests that the resolver makes for itself.")
	for _, p := range []struct{ key, name string }{
		{"udp", "plain UDP"}, {"tcp", "plain TCP"}, {"dot", "DNS over TLS"}, {"doh", "DNS over HTTPS"},
		{"xdp", "XDP"}, {"doq", "DNS over QUIC"},
	} {
		request(p.key, "Requests of clients over "+p.name+".")
		request(p.key+"4", "Requests of clients over "+p.name+" and IPv4.")
		request(p.key+"6", "Requests of clients over "+p.name+" and IPv6.")
	}
	add("answer", "answer", "total", "Answers to clients.")
	add("answer_cached", "answer", "cached", "Answers that came from the cache alone.")
	add("answer_stale", "answer", "stale", "Answers with records that had expired.")
	for _, r := range []struct{ key, help string }{
		{"noerror", "Answers NOERROR with records."}, {"nodata", "Answers NOERROR without records."},
		{"nxdomain", "Answers NXDOMAIN."}, {"servfail", "Answers SERVFAIL."},
	} {
		add("answer_rcode_"+r.key, "answer", r.key, r.help)
	}
	for _, f := range []struct{ key, help string }{
		{"aa", "Answers with flag AA (authoritative)."}, {"tc", "Answers with flag TC (truncated)."},
		{"ra", "Answers with flag RA (recursion available)."}, {"rd", "Answers with flag RD (recursion desired)."},
		{"ad", "Answers with flag AD (authentic data)."}, {"cd", "Answers with flag CD (checking disabled)."},
		{"do", "Answers with flag DO (DNSSEC wanted)."}, {"edns0", "Answers with EDNS."},
	} {
		add("answer_flag_"+f.key, "answer", f.key, f.help)
	}
	add("query_edns", "query", "edns", "Queries with EDNS.")
	add("query_dnssec", "query", "dnssec", "Queries that want DNSSEC.")
	for _, p := range []struct{ key, help string }{
		{"epoch", "Epoch of the prediction of queries."}, {"queue", "Queries that prediction has queued."},
		{"learned", "Queries that prediction has learned."},
	} {
		add("predict_"+p.key, "predict", p.key, p.help)
	}
	return all
}

// collectWorker sends what one worker has counted. What it does not count, such
// as predictions without the module for it, is left out.
func collectWorker(w units.WorkerStatistics, out *exposition.Text) {
	id := w.InstanceID()
	counts := parse(w.Counts)
	loaded := 0.0
	if counts != nil {
		loaded = 1
	}
	out.Gauge(loadedDesc, loaded, id)
	for _, c := range counters {
		if v, ok := counts[c.object][c.key]; ok {
			out.Counter(c.desc, v, id)
		}
	}
	if answer := counts["answer"]; answer != nil {
		buckets := make(map[float64]uint64, len(latencies))
		var sum uint64
		for _, l := range latencies {
			sum += uint64(max(answer[l.key], 0))
			buckets[l.seconds] = sum // those of a histogram are cumulative
		}
		sum += uint64(max(answer["slow"], 0))
		out.Histogram(latencyDesc, sum, answer["sum_ms"]/1000, buckets, id)
	}
}

// parse reads what a worker gave: objects of numbers. Another kind of value,
// which a later version may have, is passed over. nil is no answer.
func parse(counts json.RawMessage) map[string]map[string]float64 {
	var objects map[string]map[string]any
	if len(counts) == 0 || json.Unmarshal(counts, &objects) != nil || objects == nil {
		return nil
	}
	numbers := make(map[string]map[string]float64, len(objects))
	for name, object := range objects {
		numbers[name] = make(map[string]float64, len(object))
		for key, v := range object {
			if f, ok := v.(float64); ok {
				numbers[name][key] = f
			}
		}
	}
	return numbers
}
