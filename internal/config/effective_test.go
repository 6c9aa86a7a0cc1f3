// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"kresd-manager/internal/config"
)

// TestEffective: every key that has a default is there, each default is marked, and
// what was written is not.
func TestEffective(t *testing.T) {
	const source = "workers: 2\nnetwork: {listen: [{interface: 127.0.0.1}, {interface: '::1', kind: dot}]}\ncache: {size-max: 50M}\nnsid: null\n"
	doc, err := config.Parse("c", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	e := doc.Effective()
	yaml, err := e.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\nworkers: 2\n", "\nrundir: /run/knot-resolver  # default\n", "\n  size-max: 50M\n", "\n  storage: /var/cache/knot-resolver  # default\n",
		"kind: dot\n", "kind: dns  # default\n", "# /hostname: host name of the system  # default\n",
	} {
		if !strings.Contains("\n"+string(yaml), want) {
			t.Errorf("it lacks %q:\n%s", want, yaml)
		}
	}
	if strings.Contains(string(yaml), "nsid") {
		t.Error("a key without a default is there")
	}
	// It can be used as it is, and has nothing left to be filled in.
	again, err := config.Parse("c", yaml)
	if err != nil {
		t.Fatal(err)
	}
	if _, problems := again.Check(config.Host{CPUs: 4, Hostname: "h", BaseDir: "/"}); problems.Errors() != nil {
		t.Errorf("%v in\n%s", problems, yaml)
	}
	if rest := again.Effective().Defaults; len(rest) != 0 {
		t.Errorf("still defaults: %q", rest)
	}
	if n := strings.Count(string(yaml), "  # default\n"); n != len(e.Defaults)+len(e.Derived) {
		t.Errorf("%d defaults are marked, and there are %d", n, len(e.Defaults)+len(e.Derived))
	}
	// No key that has a default is missing.
	for _, k := range config.Keys() {
		if k.Default != "" && !strings.Contains(k.Pointer, "*") && k.Pointer != "/workers" && k.Pointer != "/cache/size-max" && k.Pointer != "/network/listen" && !slices.Contains(e.Defaults, k.Pointer) {
			t.Errorf("%s is missing", k.Pointer)
		}
	}
	part, err := e.At("/cache")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(part)
	if err != nil || !strings.Contains(string(text), `"configuration":{"storage":"/var/cache/knot-resolver"`) || !strings.Contains(string(text), `"defaults":["/storage",`) {
		t.Errorf("%v %s", err, text)
	}
	if _, err := e.At("/nothing"); err == nil {
		t.Error("a pointer to nothing is fine")
	}
}

func TestSearchKeys(t *testing.T) {
	pointers := func(words ...string) (all []string) {
		for _, k := range config.SearchKeys(words) {
			all = append(all, k.Pointer)
		}
		return all
	}
	if got := pointers("SERVE-stale"); !slices.Contains(got, "/options/serve-stale") || len(got) > 5 {
		t.Errorf("%q", got)
	}
	if got := pointers("garbage", "interval"); !slices.Contains(got, "/cache/garbage-collector/interval") || slices.Contains(got, "/cache/garbage-collector/dry-run") {
		t.Errorf("%q", got)
	}
	if got := append(pointers(), pointers("xyzzy")...); got != nil {
		t.Errorf("%q", got)
	}
}
