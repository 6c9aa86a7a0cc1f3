// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatistics(t *testing.T) {
	for _, c := range []struct {
		name, body string
		ok         bool
	}{
		{"as they are", `{"answer":{"total":3}}`, true},
		{"none counted", `{}`, true},
		{"null", `null`, false},
		{"a number", `3`, false},
		{"no objects in it", `{"answer":3}`, false},
		{"nothing, as of a statement", ``, false},
		{"an error", `[string "return tojson((x))"]:1: module stats not found`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return c.body }})
			counts, err := Workers{w.dir}.Statistics(patient(t), "1")
			if c.ok && (err != nil || string(counts) != c.body) || !c.ok && err == nil {
				t.Errorf("%s, %v", counts, err)
			}
			if lines := w.asked(); len(lines) != 1 || !strings.Contains(lines[0], "stats.list()") {
				t.Errorf("asked %q", lines)
			}
		})
	}
}

func TestClearCacheSaysWhatToClear(t *testing.T) {
	for _, c := range []struct {
		what Clear
		want string
	}{
		{Clear{}, "cache.clear(nil, false, nil, 100)"},
		{Clear{Chunk: 7}, "cache.clear(nil, false, nil, 7)"},
		{Clear{Name: "a.b"}, `cache.clear('\097\046\098', false, nil, 100)`},
		{Clear{Name: "a", Exact: true, Chunk: 7}, `cache.clear('\097', true)`},
		{Clear{Name: "') os.exit("}, `cache.clear('\039\041\032\111\115\046\101\120\105\116\040', false, nil, 100)`},
	} {
		w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return `{"count":1}` }})
		said, err := Workers{w.dir}.ClearCache(patient(t), "1", c.what)
		if err != nil || string(said) != `{"count":1}` {
			t.Errorf("%+v: %s, %v", c.what, said, err)
		}
		if diff := cmp.Diff([]string{c.want}, w.asked()); diff != "" {
			t.Errorf("%+v: the worker got\n%s", c.what, diff)
		}
	}
}

func TestClearCacheOfOneTypeIsNeverOfAllTypes(t *testing.T) {
	w := serve(t, shortDir(t), "1", &worker{answer: func(string) string { return "unknown record type X" }})
	_, err := Workers{w.dir}.ClearCache(patient(t), "1", Clear{Name: "a", Exact: true, Type: "X"})
	var refused *LuaError
	if !errors.As(err, &refused) || refused.Message != "unknown record type X" {
		t.Errorf("%v", err)
	}
	if lines := w.asked(); len(lines) != 1 || !strings.Contains(lines[0], `local t = kres.type['\088'] if not t then error(`) {
		t.Errorf("asked %q", lines)
	}
}

func TestClearCacheDoesNotWaitForAWorkerThatHangs(t *testing.T) {
	w := serve(t, shortDir(t), "1", &worker{greet: ">"}) // half of the greeting, and no more
	if _, err := (Workers{w.dir}).ClearCache(t.Context(), "1", Clear{}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if lines := w.asked(); len(lines) != 0 {
		t.Errorf("asked %q", lines)
	}
}
