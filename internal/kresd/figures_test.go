// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAllFigures(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       Figures
		ok         bool
	}{
		{"all", `{"counts":{"answer":{"total":3}},"cache":{"count_entries":5,"usage_percent":1.5,"size":100,"read":3,"read_miss":2,"write":1},
"work":{"concurrent":1,"dropped":2,"udp":3,"tcp":4,"tls":5,"timeout":6,"rss":7},"rtt":{"n":9,"p50":1,"p95":2.5,"p99":3}}`, Figures{
			Counts: []byte(`{"answer":{"total":3}}`), Cache: &CacheStatistics{5, 1.5, 100, 3, 2, 1},
			Work: Work{1, 2, 3, 4, 5, 6}, RoundTrips: RoundTrips{9, 1, 2.5, 3},
		}, true},
		{"without a cache", `{"counts":{},"work":{},"rtt":{"n":0}}`, Figures{Counts: []byte(`{}`)}, true},
		{"without counts", `{"work":{}}`, Figures{}, false},
		{"counts that are none", `{"counts":{"answer":3}}`, Figures{}, false},
		{"an error", `[string "return"]:1: module stats not found`, Figures{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return strings.ReplaceAll(c.body, "\n", "") }})
			got, err := Workers{w.dir}.AllFigures(patient(t), "1")
			if (err == nil) != c.ok {
				t.Fatal(err)
			}
			if c.ok && got.Delay <= 0 {
				t.Error("it took no time")
			}
			got.Delay = 0
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if lines := w.asked(); len(lines) != 1 || !strings.Contains(lines[0], "stats.list()") {
				t.Errorf("asked %q", lines)
			}
		})
	}
}
