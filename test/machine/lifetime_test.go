// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// ownerVariable makes the test program boot a machine as a test would, print its name,
// and live until it is killed ("bound") or end at once ("keep").
const ownerVariable = "MACHINE_TEST_OWNER"

func TestMain(m *testing.M) {
	mode := os.Getenv(ownerVariable)
	if mode == "" {
		os.Exit(m.Run())
	}
	silent := func(string, ...any) {}
	machine, err := Boot(context.Background(), Options{Name: "owned", Keep: mode == "keep", Log: silent})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(machine.Name(), machine.PID())
	if mode == "bound" {
		select {}
	}
	os.Exit(0)
}

// owner starts this program again as the owner of a machine.
func owner(t *testing.T, mode string) (cmd *exec.Cmd, lines *bufio.Scanner) {
	t.Helper()
	cmd = exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), ownerVariable+"="+mode)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(stdout)
}

// ownState gives a test a state folder no one else sweeps.
func ownState(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv(stateVariable, dir)
	return dir
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Errorf("not so after a minute: %s", what)
}

func TestCloseLeavesNothing(t *testing.T) {
	m, err := Boot(t.Context(), Options{Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	m.Sh(t.Context(), "setsid sleep 1000 >/dev/null 2>&1 </dev/null &")
	start := time.Now()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("closed in %v", time.Since(start).Round(time.Millisecond))
	if exists(string(m.cgroup)) || exists(string(m.state)) {
		t.Error("folders are left")
	}
	mounts, err := filepath.Glob("/proc/[0-9]*/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range mounts {
		if text, _ := os.ReadFile(file); strings.Contains(string(text), m.Name()) {
			t.Errorf("%s still names the machine", file)
		}
	}
	if err := m.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if r := m.Run(t.Context(), Cmd{Args: []string{"true"}}); r.Code == 0 {
		t.Error("a command runs in a closed machine")
	}
}

func TestMachineDiesWithItsOwner(t *testing.T) {
	dir := ownState(t)
	cmd, lines := owner(t, "bound")
	if !lines.Scan() {
		t.Fatal("the owner booted no machine")
	}
	name := strings.Fields(lines.Text())[0]
	group := cgroupOf(name)
	if !group.populated() {
		t.Error("the machine does not run")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	eventually(t, "no process of the machine is left", func() bool { return !group.populated() })
	m := Start(t, Options{}) // sweeps
	if exists(string(group)) || exists(filepath.Join(dir, name)) {
		t.Error("the next boot left the folders of the dead machine")
	}
	if !m.cgroup.populated() {
		t.Error("the next machine does not run")
	}
}

func TestOwnerKilledAtAnyTimeOfTheBoot(t *testing.T) {
	dir := ownState(t)
	var names []string
	for delay := 5 * time.Millisecond; delay < time.Second; delay = delay * 3 / 2 {
		cmd, _ := owner(t, "bound")
		time.Sleep(delay)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		found, err := machineNames()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	t.Logf("%d machines were under way", len(names))
	if len(names) == 0 {
		t.Error("no owner was killed during a boot")
	}
	m := Start(t, Options{})
	for _, name := range names {
		if exists(string(cgroupOf(name))) || exists(filepath.Join(dir, name)) {
			t.Errorf("the machine %s is not swept", name)
		}
	}
	if found, _ := machineNames(); !slices.Equal(found, []string{m.Name()}) {
		t.Errorf("machines left: %v", found)
	}
}

func TestKeptMachineOutlivesItsOwner(t *testing.T) {
	ownState(t)
	cmd, lines := owner(t, "keep")
	if !lines.Scan() {
		t.Fatal("the owner booted no machine")
	}
	name := strings.Fields(lines.Text())[0]
	t.Cleanup(func() { _ = cgroupOf(name).kill(context.Background()) })
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	Start(t, Options{}) // must not sweep it
	names, err := Kept()
	if err != nil || !slices.Equal(names, []string{name}) {
		t.Fatalf("Kept = %v, %v; want %s", names, err, name)
	}
	m, err := Attach(name)
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Sh(t.Context(), "systemctl is-system-running"); r.Stdout != "running\n" {
		t.Errorf("the kept machine: %+v", r)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Attach(name); err == nil || !strings.Contains(err.Error(), "no such machine") {
		t.Errorf("attaching to a closed machine: %v", err)
	}
}

func TestKeptMachineOwnsItsLayers(t *testing.T) {
	ownState(t)
	layer := t.TempDir()
	if err := writeFile(layer+"/opt/tool", []byte("#!/bin/sh\necho works\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m, err := Boot(t.Context(), Options{Log: t.Logf, Keep: true, Layers: []string{layer}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := os.RemoveAll(layer + "/opt"); err != nil {
		t.Fatal(err)
	}
	if r := m.Sh(t.Context(), "/opt/tool"); r.Stdout != "works\n" {
		t.Errorf("a program of a layer that is gone: %+v", r)
	}
}

func TestFailedBootTellsWhy(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	m, err := Boot(ctx, Options{
		Log:    t.Logf,
		Enable: []string{"stuck.service"},
		Files: map[string]File{"/etc/systemd/system/stuck.service": {
			Content: "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo I am stuck; sleep 100'\n[Install]\nWantedBy=multi-user.target\n",
		}},
	})
	if err == nil {
		t.Fatal("booted", m.Close())
	}
	for _, want := range []string{"has not started everything", "I am stuck", "stuck.service"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q", want)
		}
	}
}

func TestHostName(t *testing.T) {
	for prefix, want := range map[string]string{"": "machine-", "TestA/b_c": "testa-b-c-", strings.Repeat("x", 99): strings.Repeat("x", 40) + "-"} {
		if got := hostName(prefix); !strings.HasPrefix(got, want) || len(got) != len(want)+8 {
			t.Errorf("hostName(%q) = %q", prefix, got)
		}
	}
}
