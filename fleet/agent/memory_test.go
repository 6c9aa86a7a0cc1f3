// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/fleet/rollout"
)

// What an agent has written down is what the next one reads, and nothing else is taken for
// it.
func TestWhatIsKnownIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	first, err := recall(dir)
	if err != nil || first.State != rollout.Idle || first.Instance == "" {
		t.Fatalf("%+v %v", first, err)
	}
	first.Highest, first.State = 7, rollout.Failed
	there, err := first.save(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, memoryFile)
	if text, err := os.ReadFile(path); err != nil || !strings.HasPrefix(string(text), `{"format":1,"instance":`) {
		t.Errorf("%s %v", text, err)
	}
	next, err := recall(dir)
	if err != nil || next.Instance != first.Instance || next.Highest != 7 || next.State != rollout.Failed {
		t.Errorf("%+v %v", next, err)
	}
	// What is there already is not written again.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := next.save(dir, there); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the same is written once more: %v", err)
	}
	for text, want := range map[string]string{
		`{"format":2,"highest":9}`:  "cannot use " + path + ": it was written by a newer kres-fleet (format 2; this one knows 1): upgrade kres-fleet",
		`{"format":1,"highest":`:    "cannot read " + path + ", which is not as kres-fleet writes it; remove it to begin anew, as a host that has had no release",
		`{"format":1,"highest":{}}`: "cannot read " + path + ", which is not as kres-fleet writes it; remove it to begin anew, as a host that has had no release",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := recall(dir); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
