// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kresd-manager/internal/kresd"
)

// rundir returns a run directory in which worker 1 answers from a table; what
// is not in it is answered with an error.
func rundir(t *testing.T, answers map[string]string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "drain")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, name := range []string{"control", "work"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if answers == nil {
		return dir
	}
	l, err := net.Listen("unix", kresd.Socket(dir, "1"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { talk(c, answers) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return dir
}

func talk(c net.Conn, answers map[string]string) {
	defer c.Close()
	_, _ = c.Write([]byte("> "))
	in := bufio.NewScanner(c)
	for in.Scan() {
		if in.Text() == "__json" {
			continue
		}
		body, ok := answers[in.Text()]
		if strings.HasPrefix(in.Text(), "kresd_manager.listeners ") {
			body, ok = "{}", true
		}
		if !ok {
			body = "error: " + in.Text()
		}
		_, _ = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	}
}

func TestExitCodes(t *testing.T) {
	// No socket of this test is on that address, so no one else serves it.
	alone := map[string]string{
		"kresd_manager.sockets()":  `[[5,"0100007F:0001"]]`,
		"kresd_manager.drain({})":  "0",
		"kresd_manager.drained()":  "true",
		"kresd_manager.drain({5})": "0",
	}
	stuck := map[string]string{
		"kresd_manager.sockets()": `[]`,
		"kresd_manager.drain({})": "0",
		"kresd_manager.drained()": "false",
	}
	for _, c := range []struct {
		name    string
		answers map[string]string
		args    []string
		code    int
		stderr  string // part of it; "" for nothing
	}{
		{"the last worker is not drained", alone, []string{"1"}, 0, "worker 1 is the last one on its addresses"},
		{"queries that are left do not keep the worker from ending", stuck, []string{"1"}, 0, "still has queries in progress"},
		{"a worker that says no", map[string]string{}, []string{"1"}, 1, "cannot drain worker 1: error: "},
		{"a worker that is not there", nil, []string{"1"}, 1, "cannot drain worker 1: "},
		{"another worker", alone, []string{"2"}, 1, "cannot drain worker 2: "},
		{"no instance", alone, nil, 2, "INSTANCE is missing"},
		{"two instances", alone, []string{"1", "2"}, 2, "unexpected argument"},
		{"an unknown flag", alone, []string{"--wrong", "1"}, 2, "-wrong"},
		{"a deadline that is no time", alone, []string{"--deadline", "x", "1"}, 2, "-deadline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var stderr bytes.Buffer
			args := append([]string{"--rundir", rundir(t, c.answers), "--deadline", "5s", "--deadline-file", "/nonexistent"}, c.args...)
			if code := run(args, strconv.Itoa(os.Getpid()), io.Discard, &stderr); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if got := stderr.String(); (c.stderr == "") != (got == "") || !strings.Contains(got, c.stderr) {
				t.Errorf("it says %q, want %q", got, c.stderr)
			}
		})
	}
}

// A worker that was killed cannot take its socket away, and no other start
// would: commands would go to a file that no one reads.
func TestTheSocketOfAWorkerThatEndedByItselfIsRemoved(t *testing.T) {
	dir := rundir(t, nil)
	mine, other := kresd.Socket(dir, "1"), kresd.Socket(dir, "2")
	for _, path := range []string{mine, other} {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		l.Close()
	}
	for range 2 { // the second time there is nothing to do
		var stderr bytes.Buffer
		if code := run([]string{"--rundir", dir, "1"}, "", io.Discard, &stderr); code != 0 || stderr.Len() > 0 {
			t.Errorf("exit code %d, %q", code, stderr.String())
		}
	}
	if _, err := os.Lstat(mine); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if _, err := os.Lstat(other); err != nil {
		t.Errorf("the socket of another worker: %v", err)
	}
}

func TestTheDeadlineIsTheConfiguredOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "drain")
	if d, err := configured(file, 3*time.Second); d != 3*time.Second || err != nil {
		t.Errorf("no file: %v, %v", d, err)
	}
	for text, want := range map[string]time.Duration{"5s\n": 5 * time.Second, "250ms\n": 250 * time.Millisecond, "0s\n": 0} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err := configured(file, time.Hour); d != want || err != nil {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "5", "-1s\n", "soon\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err := configured(file, 3*time.Second); d != 3*time.Second || err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	}
	if d, err := configured(t.TempDir(), time.Second); d != time.Second || err == nil {
		t.Errorf("a directory: %v, %v", d, err)
	}
}
