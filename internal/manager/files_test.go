// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kresd-manager/internal/manager"
	"kresd-manager/units"
)

func TestFilesAreCombinedAndAClashChangesNothing(t *testing.T) {
	w := newWorld(t, basic)
	more := filepath.Join(w.dir, "more.json")
	if err := os.WriteFile(more, []byte(`{"hostname": "from.second.file"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	p := w.process(w.sys.Client(), func(o *manager.Options) { o.Files = append(o.Files, more) })
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.settle(t)
	if v, err := p.Running().Value("/hostname"); err != nil || string(v) != `"from.second.file"` {
		t.Errorf("hostname is %s, %v", v, err)
	}
	if err := os.WriteFile(more, []byte(`{"workers": 1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	w.sys.Jobs() // those of the start
	_, err := p.Reload(t.Context(), units.Again{})
	if err == nil || !strings.Contains(err.Error(), "more.json:1") || !strings.Contains(err.Error(), "workers") {
		t.Errorf("reload of files that clash: %v", err)
	}
	if jobs := w.sys.Jobs(); len(jobs) != 0 {
		t.Errorf("jobs %v", jobs)
	}
}
