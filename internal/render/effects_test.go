// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
)

// affected says in the words of the file who acts, by what is rendered.
func affected(a, b *config.Config) string {
	acts := strings.Replace(concerned(a, b), "worker", "workers", 1)
	if a.Workers != b.Workers {
		acts = strings.TrimSpace(acts + " count")
	}
	if limits(a.Systemd) != limits(b.Systemd) {
		acts = strings.TrimSpace(acts + " limits")
	}
	if acts == "" {
		return "no one"
	}
	return acts
}

// limits are what systemd is told of the workers while they run.
func limits(c config.Systemd) [5]int64 {
	return [5]int64{c.MemoryMax, c.MemoryHigh, int64(c.TasksMax), int64(c.CPUWeight), int64(c.IOWeight)}
}

func TestEachChangeHasItsEffect(t *testing.T) {
	for _, e := range readEffects(t) {
		name := fmt.Sprintf("%s %s", e.Key, e.after)
		if !orderly(e.Acts) {
			t.Errorf("%s: acts is %q", name, e.Acts)
		}
		if slices.Equal(valuesAt(t, e.before, e.Key), valuesAt(t, e.after, e.Key)) {
			t.Errorf("%s: the change leaves the key as it was", name)
		}
		if got := affected(parse(t, string(e.before)), parse(t, string(e.after))); got != e.Acts {
			t.Errorf("%s: %s, want %s", name, got, e.Acts)
		}
		// What was done is undone by the same.
		if got := affected(parse(t, string(e.after)), parse(t, string(e.before))); got != e.Acts {
			t.Errorf("%s, and back: %s, want %s", name, got, e.Acts)
		}
	}
}

// refusedKey has no value that is possible.
const refusedKey = "/network/listen/*/unix-socket"

// Every key that is acted on has a usual case, and at most one.
func TestEachKeyHasAnEffect(t *testing.T) {
	usual, cases := map[string]int{}, map[string]bool{}
	live := 0
	effects := readEffects(t)
	for _, e := range effects {
		if e.When == "" {
			usual[e.Key]++
		}
		if cases[e.Key+e.When] {
			t.Errorf("%s has the same case twice: %q", e.Key, e.When)
		}
		cases[e.Key+e.When] = true
		if e.Live == "" {
			live++
		}
	}
	acted := map[string]bool{}
	for _, k := range config.Keys() {
		acted[k.Pointer] = true
		if want := k.Type.Form != config.KeyObject && k.Pointer != refusedKey; want != (usual[k.Pointer] == 1) {
			t.Errorf("%s (%s) has %d records without a condition", k.Pointer, k.Type.Name, usual[k.Pointer])
		}
	}
	for _, e := range effects {
		if !acted[e.Key] {
			t.Errorf("%s is no key that is acted on", e.Key)
		}
	}
	t.Logf("%d keys, %d records, %d of them live", len(usual), len(effects), live)
}

func TestEffectsAreDocumented(t *testing.T) {
	effects := readEffects(t)
	for file, got := range map[string]string{"../../docs/internals/effects.md": effectsText(effects), "../config/effects.tsv": effectsList(effects)} {
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (go test -update refreshes it):\n%s", file, diff)
		}
	}
}
