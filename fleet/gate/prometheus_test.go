// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/debian"
)

// Prometheus itself is asked, that of Debian's package.
func TestAgainstPrometheus(t *testing.T) {
	program, err := debian.Program(t.Context(), "prometheus", "usr/bin/prometheus")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		_ = log.Close()
	})
	g, err := New("http://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if _, err = g.Ask(t.Context(), "vector(1)"); err == nil {
			break
		}
		if time.Now().After(end) {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%v\n%s", err, text)
		}
	}
	for expression, want := range map[string]struct{ closed, err string }{
		"vector(0.5)":              {},
		"1":                        {},
		"absent(nothing)":          {},
		"vector(0.03) < bool 0.1":  {},
		"vector(0.03) < bool 0.02": {closed: "the gate is closed: vector(0.03) < bool 0.02 is 0"},
		"vector(0)":                {closed: "the gate is closed: vector(0) is 0"},
		"1 > bool 2":               {closed: "the gate is closed: 1 > bool 2 is 0"},
		"vector(0.03) < 0.02":      {err: "the gate has no data"},
		"nothing":                  {err: "the gate has no data"},
		"vector(0) / vector(0)":    {err: "is NaN"},
		"rate(":                    {err: "parse error"},
		"vector(1)[5m:1m]":         {err: "the result is a matrix"},
		`"x"`:                      {err: "the result is a string"},
	} {
		closed, err := g.Ask(t.Context(), expression)
		if closed != want.closed || (err == nil) != (want.err == "") || err != nil && !strings.Contains(err.Error(), want.err) {
			t.Errorf("%s: %q, %v", expression, closed, err)
		}
	}
}
