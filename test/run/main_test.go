// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fake changes to a module with the name of ours and these files, and with a cache.
func fake(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Chdir(dir)
	t.Setenv("KRESD_MANAGER_TEST_CACHE", dir+"/cache")
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("KRESD_MANAGER_TEST_BESIDE", "1") // as when these tests are run by the runner
	write(t, "go.mod", "module kresd-manager\n\ngo 1.26\n")
	write(t, "test/machine/alone.go", `package machine
import ("os"; "syscall"; "testing")
func Alone(t *testing.T) {
	t.Log("waits until it is alone")
	file, err := os.Open(os.Getenv("KRESD_MANAGER_TEST_TURN"))
	if err == nil { err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH) }
	if err != nil { t.Error(err) }
}
`)
	for path, text := range files {
		write(t, path, text)
	}
	return dir
}

func TestARun(t *testing.T) {
	dir := fake(t, map[string]string{
		"unit/a_test.go": `package unit
import "testing"
func TestUnit(t *testing.T) { t.Run("one", func(*testing.T) {}); t.Run("two", func(*testing.T) {}) }
func TestSkipped(t *testing.T) { t.Skip("not here") }
`,
		"fleet/go.mod":         "module kresd-manager/fleet\n\ngo 1.26\n",
		"fleet/part/a_test.go": "package part\nimport \"testing\"\nfunc TestPart(*testing.T) {}\nfunc TestOfTheFleet(t *testing.T) { t.Error(\"as it should\") }\n",
		"broken/a_test.go":     "package broken\nfunc TestNothing(t *T) {}\n",
		"test/good/a_test.go": `package good
import ("os"; "testing"; "time"; "kresd-manager/test/machine")
func TestBeside(t *testing.T) {
	if os.Getenv("KRESD_MANAGER_TEST_BESIDE") == "" { t.Error("is not beside others") }
	for _, err := os.Stat("prepared"); err != nil; _, err = os.Stat("prepared") { time.Sleep(10 * time.Millisecond) }
	time.Sleep(1500 * time.Millisecond)
	os.WriteFile("ended", nil, 0o644)
}
func TestAlone(t *testing.T) {
	os.WriteFile("prepared", nil, 0o644)
	machine.Alone(t)
	if os.Getenv("KRESD_MANAGER_TEST_BESIDE") != "" { t.Error("is beside others") }
	if _, err := os.Stat("ended"); err != nil { t.Error(err) }
	os.Remove("ended"); os.Remove("prepared")
}
`,
		"test/bad/a_test.go": `package bad
import "testing"
func TestPasses(t *testing.T) {}
func TestFails(t *testing.T) {
	for i := range 300 { t.Log("line", i) }
	t.Error("the reason")
}
func TestPanics(t *testing.T) { panic("gone") }
func TestNeverRuns(t *testing.T) {}
`,
	})
	var stdout, stderr strings.Builder
	if code := run(t.Context(), nil, &stdout, &stderr); code != 1 || stderr.Len() > 0 {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
	lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	last := lines[len(lines)-1]
	if !regexp.MustCompile(`^passed 6, failed 5, skipped 1, minutes \d+\.\d$`).MatchString(last) {
		t.Errorf("the last line is %q", last)
	}
	end := strings.Join(lines[max(0, len(lines)-40):], "\n")
	for _, want := range []string{
		"\n  broken: ", "undefined: T\n",
		"\n  test/bad.TestFails: a_test.go:6: the reason\n",
		"\n  test/bad.TestPanics: panic: gone", "\n  fleet/part.TestOfTheFleet: a_test.go:4: as it should\n",
		"\n  test/bad: 1 tests did not run (exit status 1): TestNeverRuns\n",
		"the slowest tests:\n", "0 boots, 0 s together\n",
	} {
		if !strings.Contains(end, want) {
			t.Errorf("the last 40 lines lack %q", want)
		}
	}
	if n := strings.Count(stdout.String(), "    a_test.go:5: line "); n != shown-2 { // beside the mark and the reason
		t.Errorf("%d lines of a failure are shown", n)
	}
	if log, err := os.ReadFile(dir + "/build/test/bad-1.log"); err != nil || strings.Count(string(log), "a_test.go:5: line ") != 300 {
		t.Errorf("the log is not whole (%v):\n%s", err, log)
	}
	if t.Failed() {
		t.Log(stdout.String())
	}
	// The next run knows how long what passed took.
	kept := times{}
	if text, err := os.ReadFile(dir + "/cache/times.json"); err != nil || json.Unmarshal(text, &kept) != nil || len(kept) != 3 {
		t.Errorf("these times are kept: %v (%v)", kept, err)
	}
	took, ok := readTimes(dir + "/cache/times.json")["test/good.TestAlone"]
	if !ok {
		t.Error("the next run does not know what was kept")
	}
	if beside := kept["test/good.TestBeside"]; took > beside-1 {
		t.Errorf("a test that waits for its turn has taken %g s, that for which it waited %g", took, beside)
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"-only", "good|^unit$"}, &stdout, &stderr); code != 0 {
		t.Errorf("exit code %d with what passes\n%s%s", code, stdout.String(), stderr.String())
	}
}

func TestAnInterruptLeavesNothing(t *testing.T) {
	dir := fake(t, map[string]string{"test/slow/a_test.go": `package slow
import ("fmt"; "os"; "os/exec"; "testing")
func TestSlow(t *testing.T) {
	child := exec.Command("sleep", "1000")
	if err := child.Start(); err != nil { t.Fatal(err) }
	if err := os.WriteFile("new", fmt.Appendf(nil, "%d %d %s", os.Getpid(), child.Process.Pid, os.TempDir()), 0o644); err != nil { t.Fatal(err) }
	if err := os.Rename("new", "pids"); err != nil { t.Fatal(err) }
	_ = child.Wait()
}
`})
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stdout, stderr strings.Builder
	code := make(chan int)
	go func() { code <- run(ctx, nil, &stdout, &stderr) }()
	file := filepath.Join(dir, "test/slow/pids")
	for _, err := os.Stat(file); err != nil; _, err = os.Stat(file) {
		time.Sleep(10 * time.Millisecond)
	}
	interrupt()
	if got := <-code; got != 1 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d, %s%s", got, stdout.String(), stderr.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	for _, field := range fields[:2] {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		for ended(pid) == nil {
			time.Sleep(10 * time.Millisecond)
		}
	}
	if _, err := os.Stat(fields[2]); !os.IsNotExist(err) {
		t.Errorf("the temporary folder %s is left (%v)", fields[2], err)
	}
}

// ended returns an error if a process has ended, also if no one has waited for it yet.
func ended(pid int) error {
	if err := syscall.Kill(pid, 0); err != nil {
		return err
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil && strings.Contains(string(stat), ") Z ") {
		return os.ErrProcessDone
	}
	return err
}

func TestWrongUsageIsExit2(t *testing.T) {
	for _, args := range [][]string{{"--no-such-flag"}, {"extra"}, {"-only", "("}, {"-lanes", "0"}} {
		var stdout, stderr strings.Builder
		if code := run(t.Context(), args, &stdout, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("run %v: exit %d, says %q", args, code, stderr.String())
		}
	}
}
