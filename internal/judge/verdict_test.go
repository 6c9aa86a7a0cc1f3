// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/source"
)

func TestAVerdictTellsAllThatIsWrongWithItsPlace(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{
		"good.yaml": "workers: 2\n", "more.yaml": "hostname: h\n", "bad.yaml": "workers: many\nlogging: {level: loud}\n", "broken.yaml": "a: [\n",
	} {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		files   []string
		valid   bool
		checked bool // there is a configuration with a meaning
		told    []string
	}{
		{"a good one", []string{"good.yaml"}, true, true, nil},
		{"two that are one", []string{"good.yaml", "more.yaml"}, true, true, nil},
		{"wrong values", []string{"bad.yaml"}, false, false, []string{"bad.yaml:1:10: /workers: ", "bad.yaml:2:18: /logging/level: "}},
		{"no configuration", []string{"good.yaml", "broken.yaml"}, false, false, []string{"broken.yaml:2:1: "}},
		{"none there", []string{"none.yaml"}, false, false, []string{"none.yaml: cannot read DIR/none.yaml: no such file or directory"}},
	} {
		var files []string
		for _, f := range c.files {
			files = append(files, at(f))
		}
		v := Configuration(&source.Reader{}, files)
		if v.Valid() != c.valid || (v.Config != nil) != c.checked || v.Name() != strings.Join(files, " + ") {
			t.Errorf("%s: valid %t, checked %t, %s", c.name, v.Valid(), v.Config != nil, v.Name())
		}
		if len(v.Problems) != len(c.told) {
			t.Errorf("%s: %v", c.name, v.Problems)
			continue
		}
		for i, p := range v.Problems {
			if got := strings.ReplaceAll(p.String(), dir, "DIR"); !strings.HasPrefix(got, "DIR/"+c.told[i]) {
				t.Errorf("%s: %s, want %s", c.name, got, c.told[i])
			}
		}
	}
}

// Files that are missing and interfaces are told with their places, too.
func TestAStrictVerdictLooksAtWhatIsNamed(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	file := filepath.Join(dir, "config.yaml")
	put(t, file, "network:\n  listen: [{interface: no-such-nic}]\nlua:\n  script-file: none.lua\n", 0o644, 0, 0)
	v := Configuration(&source.Reader{}, []string{file})
	if !v.Valid() {
		t.Fatal(v.Problems)
	}
	v.Inspect(*both())
	v.Confine()
	var got []string
	for _, p := range v.Problems {
		// This machine may have no defaults, and units that see no /tmp.
		if p.Line > 0 && !strings.Contains(p.Message, " is hidden from ") {
			text, _, _ := strings.Cut(strings.ReplaceAll(p.String(), dir, "DIR"), "; ")
			got = append(got, text)
		}
	}
	want := []string{"DIR/config.yaml:4:16: /lua/script-file: DIR/none.lua does not exist", "DIR/config.yaml:2:24: /network/listen/0/interface: there is no network interface no-such-nic"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if v.Valid() || !strings.HasPrefix(v.Judged, "judged for boss") {
		t.Errorf("valid %t, %s", v.Valid(), v.Judged)
	}
}
