// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLines(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a comment", "# HELP x y\n# TYPE x counter\n\n", ""},
		{"without labels", "workers 2\n", "p.workers 2 1700000000\n"},
		{"empty braces", "workers{} 2\n", "p.workers 2 1700000000\n"},
		{"a worker", `resolver_answer_total{instance_id="kresd:kresd1"} 13` + "\n",
			"p.resolver_answer_total.instance_id.kresd_kresd1 13 1700000000\n"},
		{"a bucket", `latency_bucket{le="0.25",instance_id="kresd:kresd1"} 3` + "\n" + `latency_bucket{instance_id="kresd:kresd1",le="+Inf"} 4` + "\n",
			"p.latency_bucket.instance_id.kresd_kresd1.le.0_25 3 1700000000\np.latency_bucket.instance_id.kresd_kresd1.le._Inf 4 1700000000\n"},
		{"a unit", `up{unit="kresd@1.service", component="worker",} 1` + "\n", "p.up.component.worker.unit.kresd_1_service 1 1700000000\n"},
		{"large and small numbers", "a 1.7e+09\nb 2.1456896e+08\nc 5e-05\n", "p.a 1700000000 1700000000\np.b 214568960 1700000000\np.c 0.00005 1700000000\n"},
		{"a time of its own", "a 1 1600000000000\n", "p.a 1 1700000000\n"},
		{"escapes", `a{x="q\"}\\n b\nc"} 1` + "\n", "p.a.x.q___n_bnc 1 1700000000\n"},
		{"what Graphite does not know", "a NaN\nb +Inf\n", ""},
		{"no value", "a\na{b=\"c\"}\n", ""},
		{"half a line", `a{b="c` + "\n" + `a{b` + "\n" + `a{b="c"` + "\n" + `{b="c"} 1` + "\n", ""},
		{"no end of line", "a 1", "p.a 1 1700000000\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, string(lines([]byte(c.text), cleanPrefix("p"), time.Unix(1700000000, 0)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"": "", "a": "a.", "a.b-c": "a.b-c.", "a b\nc": "a_b_c.", "ü": "ü."} {
		if got := cleanPrefix(prefix); got != want {
			t.Errorf("%q is %q, want %q", prefix, got, want)
		}
	}
}

// A line is three words, whatever comes in.
func FuzzLines(f *testing.F) {
	f.Add(`a{b="c",d="e\"f"} 1 2` + "\n# x\n")
	f.Add("a{}}} 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		for line := range strings.Lines(string(lines([]byte(text), "p.", time.Unix(1, 0)))) {
			if len(strings.Fields(line)) != 3 || !strings.HasSuffix(line, " 1\n") {
				t.Errorf("%q gives %q", text, line)
			}
		}
	})
}
