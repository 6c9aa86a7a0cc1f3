// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/units"
)

// naming is a configuration that names a file of each use.
const naming = `
workers: 2
rundir: "DIR/run"
management: {unix-socket: "DIR/api.sock"}
cache: {storage: "DIR/cache"}
network:
  listen: [{interface: 127.0.0.1}, {interface: 127.0.0.1, kind: dot}]
  tls: {cert-file: DIR/cert, key-file: DIR/key, watchdog: WATCHED}
lua: {script-file: DIR/script}
local-data: {addresses-files: [DIR/list], rpz: [{file: DIR/zone, watchdog: WATCHED}]}
`

func newNaming(t *testing.T, watched string) *world {
	t.Helper()
	w := newWorld(t, strings.ReplaceAll(naming, "WATCHED", watched))
	w.hold("old", "cert", "key", "script", "list", "zone")
	return w
}

// hold writes files.
func (w *world) hold(text string, names ...string) {
	w.t.Helper()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) took(t *testing.T, when string, r units.Report, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], "DIR", w.dir)
	}
	if !slices.Equal(r.Taken, want) {
		t.Errorf("%s: taken %q, want %q", when, r.Taken, want)
	}
}

func reload(t *testing.T, p *process) units.Report {
	t.Helper()
	r, err := p.Reload(t.Context(), units.Again{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAReloadTakesOverWhatChanged(t *testing.T) {
	w := newNaming(t, "false")
	p := w.start()
	pids := w.sys.PIDs()
	w.took(t, "at once", reload(t, p))
	w.hold("new", "cert", "list")
	s := p.wantState(t, "running")
	if len(s.Inputs) != 5 || s.Inputs[0].State != units.InputChanged || s.Inputs[1].State != units.InputCurrent || len(s.Problems) != 2 ||
		!strings.Contains(s.Problems[0].Message, "has changed, and kresd@1.service, kresd@2.service read it before") || s.Problems[0].Hint != "kresctl reload" {
		t.Errorf("status: %+v %v", s.Inputs, s.Problems)
	}
	if r := p.change(t, "/workers", "2"); !r.Plan.Empty() {
		t.Errorf("a change of something else: %s", r.Plan)
	}
	w.took(t, "after two changed", reload(t, p), "loaded hosts file DIR/list", "renewed certificate DIR/cert in 2 workers")
	if s := p.wantState(t, "running"); len(s.Problems) != 0 || s.Inputs[0].State != units.InputCurrent {
		t.Errorf("status: %+v %v", s.Inputs, s.Problems)
	}
	if after := w.sys.PIDs(); len(pids) != len(after) || pids["kresd@1.service"] != after["kresd@1.service"] {
		t.Errorf("processes: %v, %v", pids, after)
	}
	w.hold("new", "script")
	w.sys.Jobs()
	w.took(t, "after the script changed", reload(t, p), "restarted 2 workers for Lua script DIR/script")
	w.wantJobs(t, "start kresd@canary.service", "stop kresd@canary.service", "restart kresd@1.service", "restart kresd@2.service")
	w.took(t, "again", reload(t, p))
}

func TestWhatWasReadOutlivesTheManager(t *testing.T) {
	for name, end := range map[string]func(*process){"orderly": (*process).end, "killed": (*process).kill} {
		t.Run(name, func(t *testing.T) {
			w := newNaming(t, "true")
			end(w.start())
			w.sys.Watch()
			end(w.start())
			w.wantJobs(t)
			w.hold("new", "zone", "list")
			p := w.start()
			// Who died comes back to what ran; what the file says is to be watched is
			// taken over all the same.
			want := []string{"loaded hosts file DIR/list", "loaded zone DIR/zone"}
			if name == "killed" {
				want = want[1:]
			}
			w.took(t, "at a start", *p.wantState(t, "running").LastApply, want...)
		})
	}
}

func TestAWatchedFileIsTakenOverOnceAndInSilence(t *testing.T) {
	w := newNaming(t, "true")
	p := w.start()
	before := p.wantState(t, "running").LastApply
	p.Changed(t.Context(), []string{w.dir + "/cert"}) // nothing did
	if s := p.wantState(t, "running"); s.LastApply.When != before.When {
		t.Errorf("a change that was none is told: %+v", s.LastApply)
	}
	w.hold("new", "cert", "key", "list")
	w.sys.Jobs()
	p.Changed(t.Context(), []string{w.dir + "/cert", w.dir + "/key"})
	w.wantJobs(t)
	w.took(t, "by itself", *p.wantState(t, "running").LastApply, "renewed certificate DIR/cert in 2 workers")
}

func TestARefusedCertificateIsTriedAgainWhenSomeoneAsks(t *testing.T) {
	w := newNaming(t, "true")
	p := w.start()
	w.hold("bad", "cert")
	w.sys.Break("renew-certificate kresd@2.service", fakesystemd.Fails)
	if _, err := p.Reload(t.Context(), units.Again{}); err == nil {
		t.Fatal("a certificate that a worker refused is taken over")
	}
	w.sys.ClearFaults()
	w.took(t, "asked again", reload(t, p), "renewed certificate DIR/cert in 1 worker")
}

func TestWhatIsNamedMustBeThereIfSomeoneAsks(t *testing.T) {
	w := newNaming(t, "true")
	p := w.start()
	if err := os.Remove(w.dir + "/zone"); err != nil {
		t.Fatal(err)
	}
	refused := func(err error, want string) {
		t.Helper()
		var problems config.Problems
		if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Pointer+": "+problems[0].Message != strings.ReplaceAll(want, "DIR", w.dir) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err := p.Change(t.Context(), put(t, "/local-data/addresses-files", `["`+w.dir+`/none"]`))
	refused(err, "/local-data/addresses-files/0: DIR/none does not exist")
	_, err = p.Change(t.Context(), put(t, "/local-data/addresses-files", `["`+w.dir+`"]`))
	refused(err, "/local-data/addresses-files/0: DIR is a directory, not a regular file")
	// What was missing before keeps no one from another change.
	p.change(t, "/nsid", `"x"`)
	_, err = p.Reload(t.Context(), units.Again{})
	refused(err, "/local-data/rpz/0/file: DIR/zone does not exist")
	if problems := (config.Problems{}); errors.As(err, &problems) && (problems[0].Line != 10 || problems[0].Column == 0) {
		t.Errorf("the place is %d:%d", problems[0].Line, problems[0].Column)
	}
	w.hold("back", "zone")
	w.took(t, "when it is there", reload(t, p), "loaded zone DIR/zone")
}

func TestWhatCannotBeWatchedIsInTheStatus(t *testing.T) {
	w := newNaming(t, "true")
	p := w.process(w.sys.Client(), func(o *manager.Options) {
		o.Unwatched = func() map[string]string { return map[string]string{w.dir + "/zone": "cannot watch the folder"} }
	})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.run(t)
	p.settle(t)
	s := p.wantState(t, "running")
	want := "changes of the zone " + w.dir + "/zone are seen within a minute and not at once: cannot watch the folder"
	if len(s.Problems) != 1 || s.Problems[0].Message != want || s.Problems[0].Pointer != "/local-data/rpz/0/file" || s.Problems[0].Severity != config.SeverityWarning {
		t.Errorf("%+v, want %s", s.Problems, want)
	}
}

func TestAWatchedFileStartsNothingThatWasStopped(t *testing.T) {
	w := newNaming(t, "true")
	p := w.start()
	w.sys.StopTarget()
	w.hold("new", "cert", "zone")
	w.sys.Watch()
	p.Changed(t.Context(), []string{w.dir + "/zone"})
	w.wantJobs(t)
	if workers := w.sys.Live().RunningWorkers(); len(workers) != 0 {
		t.Errorf("workers %v run", workers)
	}
}
