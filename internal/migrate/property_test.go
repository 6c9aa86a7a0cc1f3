// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/text"
)

// old is what a file of an earlier version may hold at a pointer, each value
// fine by itself once it is carried over.
var old = []struct {
	pointer string
	values  []string
}{
	{"/workers", []string{"1", "2"}},
	{"/max-workers", []string{"0", "256", "null"}},
	{"/webmgmt", []string{"null", `{"interface":"127.0.0.1@5000"}`, "[]"}},
	{"/cache/size-max", []string{`"10M"`}},
	{"/cache/garbage-collector", []string{"true", "false", "null", "{}", `{"interval":"2s"}`, `{"enable":false}`}},
	{"/cache/prediction", []string{"null", "{}", `{"window":"10m"}`, "false"}},
	{"/defer/enabled", []string{"true", "false"}},
	{"/defer/log-period", []string{`"0s"`}},
	{"/dnssec/trust-anchor-sentinel", []string{"true", "false"}},
	{"/dnssec/trust-anchor-signal-query", []string{"true", "false"}},
	{"/dnssec/refresh-time", []string{`"10s"`, "0"}},
	{"/dnssec/keep-removed", []string{"0", "null"}},
	{"/dns64/rev-ttl", []string{`"0s"`, `"60s"`, "null"}},
	{"/dns64/enable", []string{"true", "false"}},
	{"/logging/dnssec-bogus", []string{"true", "false"}},
	{"/logging/debugging", []string{"null", "{}", `{"assertion-abort":true}`}},
	{"/logging/dnstap", []string{"false", "null", `{"unix-socket":"/x"}`}},
	{"/logging/target", []string{`"from-env"`, `"stderr"`}},
	{"/monitoring/enabled", []string{`"always"`, `"manager-only"`}},
	{"/monitoring/metrics", []string{`"lazy"`}},
	{"/monitoring/graphite", []string{"false", `{"host":"192.0.2.1"}`, `{"enable":false}`}},
	{"/network/tls/files-watchdog", []string{"false", `"auto"`}},
	{"/network/tls/auto-discovery", []string{"true", "false"}},
	{"/network/proxy-protocol", []string{"false", "null", `{"allow":["192.0.2.1"]}`}},
	{"/options/edns-tcp-keepalive", []string{"true", "false"}},
	{"/rate-limiting", []string{"null", "false", `{"rate-limit":10}`, `{"rate-limit":10,"enable":false}`}},
	{"/local-data/root-fallback-addresses", []string{"{}", "null"}},
}

// TestNothingIsLost: any mixture of old keys becomes a valid configuration with
// all their values in it, whether it was JSON or YAML, and stays as it is then.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := parse(t, "{}")
		values := make(map[string]string)
		for _, i := range rapid.Permutation(indices(len(old))).Draw(t, "order") {
			if !rapid.Bool().Draw(t, old[i].pointer) {
				continue
			}
			v := rapid.SampledFrom(old[i].values).Draw(t, "value")
			next, err := doc.Put(old[i].pointer, parse(t, v))
			if err != nil {
				t.Fatal(err)
			}
			doc = next
			values[old[i].pointer] = v
		}
		r, err := Run("in", doc.JSON())
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Stuck) > 0 {
			t.Errorf("stuck: %q", r.Stuck)
		}
		_, problems := r.Document.Check(config.Host{CPUs: 4, Hostname: "h", BaseDir: "/"})
		if err := problems.Errors(); err != nil {
			t.Errorf("%v: %s became %s", err, doc.JSON(), r.Document.JSON())
		}
		_, moves := renames()
		for _, m := range moves {
			v, there := values[m.Old]
			if _, wins := values[m.New]; !there || wins {
				continue
			}
			if got, err := r.Document.Value(m.New); err != nil || string(got) != v {
				t.Errorf("%s was %s, %s is %s, %v", m.Old, v, m.New, got, err)
			}
		}
		again, err := Run("again", r.Document.JSON())
		if err != nil || len(again.Actions) > 0 {
			t.Errorf("a second run does more: %v, %q", err, again.Actions)
		}

		src, err := doc.Text(text.YAML)
		if err != nil || doc.Tree().Len() == 0 {
			return
		}
		y, err := Run("in.yaml", src)
		if err != nil {
			t.Fatal(err)
		}
		if y.YAML == nil || parse(t, string(y.YAML)).ETag() != r.Document.ETag() {
			t.Errorf("%s became\n%s\nand not %s", src, y.YAML, r.Document.JSON())
		}
	})
}

func parse(t *rapid.T, text string) *config.Document {
	doc, err := config.Parse("", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TestRefuses: what is no configuration is told, and nothing is made of it.
func TestRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "empty configuration",
		"# only a comment\n": "empty configuration",
		"a: 1\n---\nb: 1\n":  "second YAML document",
		"a: [\n":             "not valid YAML",
		"[]":                 "a configuration is an object",
		"5":                  "a configuration is an object",
		"null":               "a configuration is an object",
		"a: 1\na: 2\n":       "in:2:1: /a:",
		"dns64: *nowhere\n":  "not valid YAML",
	} {
		if r, err := Run("in", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %+v; want %q", text, err, r, want)
		}
	}
}

// TestTablesAreOfThisModel: what old keys become is declared, and old keys are
// not.
func TestTablesAreOfThisModel(t *testing.T) {
	declared := make(map[string]config.KeyInfo)
	for _, key := range config.Keys() {
		declared[key.Pointer] = key
	}
	first, rest := renames()
	if len(first) != 1 || len(rest) < 9 {
		t.Errorf("%d sections and %d keys are renamed", len(first), len(rest))
	}
	for _, m := range append(first, rest...) {
		if _, ok := declared[m.New]; !ok {
			t.Errorf("%s is not declared", m.New)
		}
		if _, ok := declared[m.Old]; ok {
			t.Errorf("%s is declared", m.Old)
		}
	}
	for _, pointer := range config.Removed() {
		if _, ok := declared[pointer]; ok {
			t.Errorf("%s is declared", pointer)
		}
	}
	for _, s := range sections {
		if key := declared[s.pointer+"/enable"]; key.Type.Name != "bool" {
			t.Errorf("%s has no switch", s.pointer)
		}
	}
	for _, n := range notes {
		for _, pointer := range n.pointers {
			if !json.Valid([]byte(declared[pointer].Default)) {
				t.Errorf("%s has no default", pointer)
			}
		}
	}
}
