// SPDX-License-Identifier: Apache-2.0

package manager_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"kresd-manager/internal/config"
	"kresd-manager/internal/generation"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/fakesystemd"
	"kresd-manager/internal/render"
	"kresd-manager/test/buffer"
	"kresd-manager/units"
)

func TestMain(m *testing.M) {
	// Generations are flushed to disk, which is what the tests would wait for.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		os.Setenv("TMPDIR", "/dev/shm")
	}
	goleak.VerifyTestMain(m)
}

var (
	_ manager.Systemd = (*fakesystemd.Client)(nil)
	_ manager.Workers = (*fakesystemd.Client)(nil)
)

// basic is the configuration that most tests begin with; DIR is the world's.
const basic = `
workers: 3
rundir: "DIR/run"
management: {unix-socket: "DIR/api.sock"}
cache: {storage: "DIR/cache"}
local-data:
  addresses: {host.example: 192.0.2.1}
`

// world is one machine: its systemd, and what managers keep on disk.
type world struct {
	t     *testing.T
	dir   string
	file  string
	sys   *fakesystemd.Systemd
	store *generation.Store
	host  render.Host
	log   *buffer.Buffer

	mu     sync.Mutex
	states []string // what the manager told its service manager
}

// newWorld returns a machine with a configuration file, on which nothing runs.
func newWorld(t *testing.T, text string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		t:     t,
		dir:   dir,
		file:  filepath.Join(dir, "config.yaml"),
		sys:   fakesystemd.New(filepath.Join(dir, "runtime")),
		store: &generation.Store{Root: filepath.Join(dir, "runtime"), Boot: filepath.Join(dir, "state")},
		host:  render.Host{CPUs: 2, TicketSecret: filepath.Join(dir, "runtime/ticket")},
		log:   &buffer.Buffer{},
	}
	for _, d := range []string{"run", "runtime", "state"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.write(text)
	t.Cleanup(func() {
		if u := w.sys.Unused(); u != "" {
			t.Errorf("no one met the faults of %s", u)
		}
		if t.Failed() {
			t.Log("\n" + w.log.String())
		}
	})
	return w
}

// write replaces the configuration file.
func (w *world) write(text string) {
	w.t.Helper()
	if err := os.WriteFile(w.file, []byte(strings.ReplaceAll(text, "DIR", w.dir)), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// process is a manager that may be running.
type process struct {
	*manager.Manager
	cancel context.CancelFunc
	loop   sync.WaitGroup
}

// process returns a manager that no one has started. The one before, if any,
// is dead by now, and with it its lock.
func (w *world) process(client *fakesystemd.Client, edit ...func(*manager.Options)) *process {
	w.t.Helper()
	if err := os.Remove(filepath.Join(w.dir, "run/.lock")); err != nil && !errors.Is(err, os.ErrNotExist) {
		w.t.Fatal(err)
	}
	o := manager.Options{
		Files:   []string{w.file},
		Rundir:  filepath.Join(w.dir, "run"),
		Version: "test",
		Host:    config.Host{CPUs: 2, Hostname: "host.example", BaseDir: w.dir},
		Render:  w.host,
		Store:   w.store,
		Systemd: client,
		Workers: client,
		Log:     slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Notify: func(s string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.states = append(w.states, s)
		},
		Journal: w.sys.Journal,
	}
	for _, e := range edit {
		e(&o)
	}
	return &process{Manager: manager.New(o)}
}

// start returns a manager that has started and runs until the test ends.
func (w *world) start(edit ...func(*manager.Options)) *process {
	w.t.Helper()
	p := w.process(w.sys.Client(), edit...)
	if err := p.Start(w.t.Context()); err != nil {
		w.t.Fatalf("start: %v", err)
	}
	p.run(w.t)
	// The first task waits for what the start has left to do.
	p.settle(w.t)
	return p
}

// run runs the loop until the test or end ends it.
func (p *process) run(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.loop.Go(func() { p.Run(ctx) })
	t.Cleanup(p.kill)
}

// settle waits until the loop has done what it does when no one waits. What it
// says of being needed does not matter.
func (p *process) settle(t *testing.T) { _ = p.Needed(t.Context()) }

// kill ends the manager without a word.
func (p *process) kill() {
	p.cancel()
	p.loop.Wait()
}

// end ends the manager in an orderly way.
func (p *process) end() {
	p.kill()
	p.End()
}

// put is a request to set one value.
func put(t *testing.T, pointer, value string) units.Change {
	t.Helper()
	v, err := config.Parse("", []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	return units.Change{
		Cause: "PUT " + pointer,
		Edit:  func(d *config.Document) (*config.Document, error) { return d.Put(pointer, v) },
	}
}

// change sets one value, which must succeed.
func (p *process) change(t *testing.T, pointer, value string) units.Report {
	t.Helper()
	r, err := p.Change(t.Context(), put(t, pointer, value))
	if err != nil {
		t.Fatalf("PUT %s: %v", pointer, err)
	}
	return r
}

// unitState is what clients notice of a unit.
type unitState struct {
	Active string
	Config string // what it announces
	Rules  string // what a worker answers with
	Args   []string
}

// live returns all units that are there.
func (w *world) live() map[string]unitState {
	live := map[string]unitState{}
	for name, o := range w.sys.Live().Units {
		live[name] = unitState{o.ActiveState, o.StatusText, w.sys.Rules(name), o.Args}
	}
	return live
}

// wantLive fails the test unless the system is as it was.
func (w *world) wantLive(t *testing.T, when string, want map[string]unitState) {
	t.Helper()
	if diff := cmp.Diff(want, w.live()); diff != "" {
		t.Errorf("the system is another one %s:\n%s", when, diff)
	}
}

// wantJobs fails the test unless these were the jobs since the last look. Where
// none is wanted, workers may still be told to look at the rules, which
// interrupts no one.
func (w *world) wantJobs(t *testing.T, want ...string) {
	t.Helper()
	got := w.sys.Jobs()
	if len(want) == 0 {
		got = slices.DeleteFunc(got, func(j string) bool { return strings.HasPrefix(j, "reset-rules ") })
	}
	if !cmp.Equal(want, got, equalEmpty) {
		t.Errorf("jobs:\n%s", cmp.Diff(want, got, equalEmpty))
	}
}

// wantState fails the test unless status tells this state.
func (p *process) wantState(t *testing.T, want string) units.Status {
	t.Helper()
	s, err := p.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.State != want {
		t.Errorf("the state is %q, want %q", s.State, want)
	}
	return s
}

// deleted is the edit that removes a value.
func deleted(pointer string) func(*config.Document) (*config.Document, error) {
	return func(d *config.Document) (*config.Document, error) { return d.Delete(pointer) }
}
