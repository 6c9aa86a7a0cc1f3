// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/units"
)

// journalctl puts a program of that name first in the path. It notes its
// arguments, a line each, in the file "calls", one blank line after each call.
func journalctl(t *testing.T, body string) (calls func() []string) {
	t.Helper()
	dir := t.TempDir()
	program := "#!/bin/sh\nprintf '%s\\n' \"$@\" '' >>'" + dir + "/calls'\n" + body
	if err := os.WriteFile(filepath.Join(dir, "journalctl"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	t.Setenv("DIR", dir)
	return func() []string {
		b, err := os.ReadFile(filepath.Join(dir, "calls"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(b), "\n\n"), "\n\n")
	}
}

// tail is Tail with time that passes only while nothing runs, so that programs
// that take long on a busy machine do not matter.
func tail(t *testing.T, invocation string, lines int) (got []string) {
	t.Helper()
	deaf(t)
	synctest.Test(t, func(t *testing.T) { got = Tail(t.Context(), runOf(invocation), lines) })
	return got
}

// runOf is a run of a unit.
func runOf(invocation string) units.LogRun {
	return units.LogRun{Unit: "kresd@1.service", Invocation: invocation, Since: time.UnixMicro(1700000000000456)}
}

// deaf has no one listen where journald takes calls, as before systemd 258.
func deaf(t *testing.T) {
	t.Helper()
	was := socket
	socket = filepath.Join(t.TempDir(), "none")
	t.Cleanup(func() { socket = was })
}

func TestTailReadsOneRunOfAUnit(t *testing.T) {
	calls := journalctl(t, `printf 'first\nlast\n'`)
	if diff := cmp.Diff([]string{"first", "last"}, tail(t, "0123abcd", 7)); diff != "" {
		t.Error(diff)
	}
	args := strings.Split(calls()[0], "\n")
	for _, want := range []string{"--lines=7", "--since=@1700000000.000456", "_SYSTEMD_UNIT=kresd@1.service + _SYSTEMD_INVOCATION_ID=0123abcd", "--output=cat", "--no-pager"} {
		if !strings.Contains(strings.Join(args, " "), want) {
			t.Errorf("%q lacks %s", args, want)
		}
	}
}

// The last words of a process come a moment after its end.
func TestTailWaitsForWordsThatAreStillOnTheirWay(t *testing.T) {
	journalctl(t, `
n=$(grep -c _SYSTEMD_INVOCATION_ID "$DIR/calls")
[ "$n" -ge 2 ] && echo first
[ "$n" -ge 3 ] && echo last
exit 0`)
	if diff := cmp.Diff([]string{"first", "last"}, tail(t, "0123abcd", 10)); diff != "" {
		t.Error(diff)
	}
}

func TestTailOfOneLineWaitsForTheLastOne(t *testing.T) {
	journalctl(t, `
n=$(grep -c _SYSTEMD_INVOCATION_ID "$DIR/calls")
echo "line $((n < 3 ? n : 3))"`)
	if diff := cmp.Diff([]string{"line 3"}, tail(t, "0123abcd", 1)); diff != "" {
		t.Error(diff)
	}
}

func TestTailOfNothingIsNothing(t *testing.T) {
	calls := journalctl(t, "exit 0")
	if got := Tail(t.Context(), units.LogRun{}, 10); got != nil {
		t.Errorf("%q", got)
	}
	if c := calls(); c[0] != "" {
		t.Errorf("journalctl was asked: %q", c)
	}
	if got := tail(t, "0123abcd", 10); got != nil {
		t.Errorf("%q", got)
	}
}

func TestTailIsNothingWhenTheJournalCannotBeRead(t *testing.T) {
	journalctl(t, "echo 'no access' >&2; exit 1")
	if got := tail(t, "0123abcd", 10); got != nil {
		t.Errorf("%q", got)
	}
	t.Setenv("PATH", "/no/such/directory")
	if got := tail(t, "0123abcd", 10); got != nil {
		t.Errorf("%q", got)
	}
}

func TestTailEndsWithItsContext(t *testing.T) {
	journalctl(t, "exec sleep 60")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	deaf(t)
	if got := Tail(ctx, runOf("0123abcd"), 10); got != nil || time.Since(began) > 10*time.Second {
		t.Errorf("%q after %s", got, time.Since(began))
	}
}
