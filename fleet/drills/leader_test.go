// SPDX-License-Identifier: Apache-2.0

package drills

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"kresd-manager/fleet/leader"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
)

// Variables that make this program a leader that stops itself: the endpoint of etcd, and
// for how long it leads without being heard.
const (
	stoppedVariable = "KRES_FLEET_TEST_STOPPED_LEADER"
	leaseVariable   = "KRES_FLEET_TEST_LEASE"
)

// stopping stops this process when it is about to write the record for the third time: what
// it has decided is written when it goes on.
type stopping struct {
	store.Store
	records int
}

func (s *stopping) Commit(ctx context.Context, conditions []store.Condition, changes []store.Change) (int64, bool, error) {
	late := false
	if changes[0].Key == store.Rollout {
		s.records++
		late = s.records == 3
	}
	if late {
		fmt.Println("stops")
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		time.Sleep(50 * time.Millisecond) // a signal takes its time
	}
	// Not with the time of before, which has run out.
	revision, held, err := s.Store.Commit(context.WithoutCancel(ctx), conditions, changes)
	if late {
		fmt.Println("late write:", held, err)
	}
	return revision, held, err
}

// stoppedLeader is what this program does in place of tests.
func stoppedLeader(endpoint string) int {
	lease, err := time.ParseDuration(os.Getenv(leaseVariable))
	if err != nil {
		return 2
	}
	s, err := open(context.Background(), endpoint)
	if err != nil {
		return 2
	}
	leader.New(leader.Config{
		Host: "stopped", Store: &stopping{Store: s}, Lease: lease, Pace: 100 * time.Millisecond, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}).Run(context.Background())
	return 0
}

// TestALeaderThatWasStoppedWritesNothing is about one that is stopped between its decision
// and its write, for longer than it leads: another one leads then, and that write is late.
func TestALeaderThatWasStoppedWritesNothing(t *testing.T) {
	w := newWorld(t, 12, time.Minute, "--unsafe-no-fsync")
	w.Pace = 100 * time.Millisecond
	w.stoppedLeader(2*time.Second, 3*time.Second)
}

// stoppedLeader stops a leader in a process of its own, for at least a time.
func (w *world) stoppedLeader(lease, stop time.Duration) {
	t := w.t
	t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), stoppedVariable+"="+w.server.Endpoint, leaseVariable+"="+lease.String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr := new(strings.Builder)
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	defer func() {
		cancel()
		<-ended
		if t.Failed() {
			t.Logf("the stopped leader says:\n%s", stderr)
		}
	}()
	lines := make(chan string, 10)
	go func() {
		defer close(ended)
		for said := bufio.NewScanner(out); said.Scan(); {
			lines <- said.Text()
		}
		_ = cmd.Wait() // it is killed
	}()
	next := func() string {
		t.Helper()
		select {
		case line := <-lines:
			return line
		case <-ended:
			t.Fatal("the leader has ended")
		case <-time.After(time.Minute):
			t.Fatal("the leader says nothing")
		}
		return ""
	}

	w.start(0)
	w.until("led", time.Minute, func(rollout.Record, rollout.Census) bool { return w.leads() == "stopped" })
	records := w.admin.Watch(ctx, store.Rollout, 0)
	w.begin("200M", quick())
	if line := next(); line != "stops" {
		t.Fatal(line)
	}
	began := time.Now()
	w.lead(lease)
	w.phase(rollout.Done, 2*time.Minute)
	if leads := w.leads(); leads != "leader" {
		t.Errorf("%q leads", leads)
	}
	time.Sleep(time.Until(began.Add(stop)))
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil || !strings.Contains(string(state), ") T ") {
		t.Fatalf("the leader is not stopped: %s (%v)", state, err)
	}
	before, err := w.admin.Read(w.ctx, store.Rollout)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if line := next(); line != "late write: false <nil>" {
		w.late++
		t.Errorf("the late one says: %s", line)
	}
	time.Sleep(lease / 2) // and it decides nothing more
	after, err := w.admin.Read(w.ctx, store.Rollout)
	if err != nil {
		t.Fatal(err)
	}
	was, _ := before.Get(store.Rollout)
	is, _ := after.Get(store.Rollout)
	if is.Revision != was.Revision || w.leads() != "leader" {
		t.Errorf("the record was written after the end of the rollout: %s; %q leads", is.Data, w.leads())
	}
	// Each write is on top of the one before: none was lost, and none is of a past.
	version := int64(0)
	for version == 0 || !func() bool { r, _ := rollout.Parse(is.Data); return r.Version == version }() {
		select {
		case e, ok := <-records:
			r, err := rollout.Parse(e.Value.Data)
			if !ok || err != nil || r.Version != version+1 {
				t.Fatalf("version %d of the record comes after %d (%v)", r.Version, version, err)
			}
			version = r.Version
		case <-time.After(10 * time.Second):
			t.Fatalf("the watch of the record ends at version %d", version)
		}
	}
	if version < 4 {
		t.Errorf("the record was written %d times alone", version)
	}
}

// leads is who does.
func (w *world) leads() string {
	now, err := w.admin.Read(w.ctx, store.Leader)
	if err != nil {
		return err.Error()
	}
	v, _ := now.Get(store.Leader)
	return string(v.Data)
}
