// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// formats gives all files that managers left in this world another format, ""
// for none, as before there were any.
func (w *world) formats(t *testing.T, format string) (files int) {
	t.Helper()
	head := regexp.MustCompile(`^\{(\s*)"format":\s*1,`)
	for _, root := range []string{w.store.Root, w.store.Boot} {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".json") || !d.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil || !head.Match(text) {
				return err
			}
			files++
			if format != "" {
				return os.WriteFile(path, head.ReplaceAll(text, []byte(`{${1}"format": `+format+`,`)), 0o600)
			}
			return os.WriteFile(path, head.ReplaceAll(text, []byte(`{${1}`)), 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// The files of the last version have no formats. Whether it ended in an orderly
// way or not, and whatever a new change makes of the generation's name, no one
// restarts.
func TestAnUpgradeFromTheLastVersionTouchesNoOne(t *testing.T) {
	for name, end := range map[string]func(*process){"ended": (*process).end, "killed": (*process).kill} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, basic)
			p := w.start()
			p.change(t, "/nsid", `"x"`)
			p.change(t, "/workers", "2")
			end(p)
			w.sys.Watch()
			if n := w.formats(t, ""); n < 5 {
				t.Fatalf("only %d files had a format", n)
			}
			before, pids, doc := w.live(), w.sys.PIDs(), p.Running().ETag()
			p = w.start()
			p.wantState(t, "running")
			if h := p.History(); len(h.Faults) > 0 || len(h.Entries) != 3 || p.Running().ETag() != doc {
				t.Errorf("faults %q, %d entries", h.Faults, len(h.Entries))
			}
			p.change(t, "/cache/garbage-collector/enable", "true") // it is: another text, the same meaning
			w.wantJobs(t)
			w.wantLive(t, "after the upgrade", before)
			if diff := cmp.Diff(pids, w.sys.PIDs()); diff != "" {
				t.Errorf("processes:\n%s", diff)
			}
		})
	}
}

// What a newer version left is not used, is told, and restarts no one whose
// configuration is the same.
func TestADowngradeStartsFromTheFileAndSaysSo(t *testing.T) {
	w := ended(t, basic, func(*testing.T, *process) {})
	if n := w.formats(t, "2"); n < 4 {
		t.Fatalf("only %d files had a format", n)
	}
	before, pids := w.live(), w.sys.PIDs()
	p := w.start()
	s := p.wantState(t, "running")
	w.wantLive(t, "after the downgrade", before)
	if diff := cmp.Diff(pids, w.sys.PIDs()); diff != "" {
		t.Errorf("processes:\n%s", diff)
	}
	const newer = "written by a newer kresd-manager (format 2; this one knows 1): "
	if log := w.log.String(); strings.Count(log, newer) < 2 || !strings.Contains(log, newer+"the configuration file counts") {
		t.Error("the log does not tell")
	}
	if faults := strings.Join(s.HistoryFaults, "\n"); !strings.Contains(faults, newer+"it is left alone") {
		t.Errorf("faults of the history: %s", faults)
	}
}
