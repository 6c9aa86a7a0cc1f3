// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"bufio"
	"context"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// worker is the control socket of a worker: it greets, and after "__json"
// answers every line in a frame.
type worker struct {
	dir    string
	path   string
	answer func(line string) string // body of the frame
	write  func(net.Conn, []byte)   // how bytes get out; nil for at once
	greet  string

	mu    sync.Mutex
	lines []string
}

// serve starts a worker as instance in the run directory dir.
func serve(t *testing.T, dir, instance string, w *worker) *worker {
	t.Helper()
	w.dir, w.path = dir, Socket(dir, instance)
	if w.greet == "" {
		w.greet = "> "
	}
	if w.write == nil {
		w.write = func(c net.Conn, b []byte) { _, _ = c.Write(b) }
	}
	if err := os.MkdirAll(filepath.Dir(w.path), 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", w.path)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			all.Go(func() { w.talk(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return w
}

func (w *worker) talk(c net.Conn) {
	defer c.Close()
	w.write(c, []byte(w.greet))
	in := bufio.NewScanner(c)
	framed := false
	for in.Scan() {
		line := in.Text()
		if line == "__json" {
			framed = true
			continue
		}
		w.mu.Lock()
		w.lines = append(w.lines, line)
		w.mu.Unlock()
		if !framed || w.answer == nil {
			return
		}
		w.write(c, frame(w.answer(line)))
	}
}

func frame(body string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// asked returns the lines that have come.
func (w *worker) asked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.lines...)
}

// soon ends before a test gets slow, and on a busy machine after everything
// that ends by itself.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// patient is for what ends by itself.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// shortDir returns a run directory whose name leaves room for a socket's (unix(7)).
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kresd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Mkdir(filepath.Dir(drainLock(dir)), 0o750); err != nil {
		t.Fatal(err)
	}
	return dir
}
