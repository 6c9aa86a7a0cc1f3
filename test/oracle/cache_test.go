// SPDX-License-Identifier: Apache-2.0

package oracle

// cached is the section cache with more keys.
func cached(more string) string {
	return "cache: {storage: DIR/SIDE/cache, size-max: 10M, " + more + "}\n"
}

const minFirst = "worker: stock sets ttl-min first, and it must not exceed the ttl-max of the moment, a day"

// fetched is what differs by chance: when a zone is fetched again.
var fetched = []string{"module prefill"}

var cacheCases = []testCase{
	{name: "a size of the cache", config: "cache: {storage: DIR/SIDE/cache, size-max: 12345K}", want: map[string]string{"cache size": "12641280"}},
	{name: "a cache elsewhere", config: "cache: {storage: DIR/SIDE/control, size-max: 5M}", want: map[string]string{"cache storage": `"lmdb://RUNDIR/control"`}},
	{name: "a shortest lifetime", config: cached("ttl-min: 1h") + forwarded, queries: []string{"x.example A", "none.example A"}, want: map[string]string{"cache times": "{1=3600 2=86400 3=1000}"}},
	{name: "a longest lifetime", config: cached("ttl-max: 1000s") + forwarded, queries: []string{"x.example A"}},
	{name: "both lifetimes the same", config: cached("ttl-min: 77s, ttl-max: 77s") + forwarded, queries: []string{"x.example A", "none.example A"}},
	{name: "no shortest lifetime", config: cached("ttl-min: 0s")},
	{name: "lifetimes of less than 5 s", config: cached("ttl-min: 1s, ttl-max: 2s"), want: map[string]string{"cache times": "{1=1 2=2 3=1000}"}},
	{name: "a longest lifetime of 4 s", config: cached("ttl-min: 0s, ttl-max: 4s")},
	{name: "lifetimes of 5 s", config: cached("ttl-min: 5s, ttl-max: 5s")},
	{name: "a shortest lifetime of a day", config: cached("ttl-min: 1d, ttl-max: 1d")},
	{name: "lifetimes of more than a day", config: cached("ttl-min: 2d, ttl-max: 3d"), stockFails: minFirst, want: map[string]string{"cache times": "{1=172800 2=259200 3=1000}"}},
	{name: "a shortest lifetime of a day and a second", config: cached("ttl-min: 86401s, ttl-max: 86401s"), stockFails: minFirst, want: map[string]string{"cache times": "{1=86401 2=86401 3=1000}"}},
	{name: "a longest lifetime of a year", config: cached("ttl-max: 365d")},
	{name: "lifetimes that are cut to seconds", config: cached("ttl-min: 9999ms, ttl-max: 10999ms"), want: map[string]string{"cache times": "{1=9 2=10 3=1000}"}},
	{name: "a time for bad servers", config: cached("ns-timeout: 2500us"), want: map[string]string{"cache times": "{1=5 2=86400 3=2}"}},
	{name: "a long time for bad servers", config: cached("ns-timeout: 1h")},
	{name: "a prefilled cache", config: cached("prefill: [{origin: ., url: 'https://127.0.0.1/root.zone'}]"), chance: fetched},
	{name: "a prefilled cache with every key", config: cached(`prefill: [{origin: ., url: "https://127.0.0.1/it's \\ odd", refresh-interval: 90m, ca-file: PKI/ca.pem}]`), chance: fetched},
	{name: "prefetching of what expires", config: cached("prefetch: {expiring: true}")},
	{name: "prediction", config: cached("prefetch: {prediction: {enable: true}}")},
	{name: "prediction with a window and a period", config: cached("prefetch: {prediction: {enable: true, window: 30m, period: 12}}")},
	{name: "prediction with a window that is cut to minutes", config: cached("prefetch: {prediction: {enable: true, window: 119s, period: 1}}")},
	{name: "prediction that is off", config: cached("prefetch: {prediction: {enable: false, window: 30m}}")},
	{name: "prefetching of all kinds", config: cached("prefetch: {expiring: true, prediction: {enable: true, window: 1h, period: 48}}")},
	{name: "no garbage collector", config: cached("garbage-collector: {enable: false}")},
}
