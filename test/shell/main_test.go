// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// call runs the command with its own state folder's machines.
func call(t *testing.T, input string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(input), &out, &err)
	return code, out.String(), err.String()
}

func TestShellInAKeptMachine(t *testing.T) {
	t.Setenv("KRESD_MANAGER_TEST_STATE", t.TempDir())
	if code, _, stderr := call(t, ""); code != 1 || !strings.Contains(stderr, "no kept machine runs") {
		t.Errorf("without a machine: %d %q", code, stderr)
	}
	if code, _, stderr := call(t, "", "--no-such-flag"); code != 2 {
		t.Errorf("wrong usage: %d %q", code, stderr)
	}
	defer call(t, "", "--close")
	code, stdout, stderr := call(t, "cat /proc/1/comm; exit 7", "--boot")
	if code != 7 || stdout != "systemd\n" {
		t.Fatalf("booting: %d %q %q", code, stdout, stderr)
	}
	_, name, _ := call(t, "", "--list")
	code, stdout, stderr = call(t, "hostname", strings.TrimSpace(name))
	if code != 0 || stdout != name {
		t.Errorf("a shell by name: %d %q %q", code, stdout, stderr)
	}
	showsPages(t, strings.TrimSpace(name))
	if code, _, stderr := call(t, "", "stranger"); code != 1 || !strings.Contains(stderr, "cannot find the machine stranger") {
		t.Errorf("an unknown machine: %d %q", code, stderr)
	}
	if code, _, stderr := call(t, "", "--close"); code != 0 || !strings.Contains(stderr, "ended "+strings.TrimSpace(name)) {
		t.Errorf("ending all: %d %q", code, stderr)
	}
	if _, stdout, _ := call(t, "", "--list"); stdout != "" {
		t.Errorf("still kept: %q", stdout)
	}
}

// showsPages follows the address that make pages prints, to what serves the API inside.
func showsPages(t *testing.T, name string) {
	t.Helper()
	m, err := machine.Attach(name)
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Sh(t.Context(), "mkdir -p "+path.Dir(product.Socket)); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	inside, err := net.Listen("unix", fmt.Sprintf("/proc/%d/root%s", m.PID(), product.Socket))
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host+r.URL.Path) })}
	go func() { _ = server.Serve(inside) }()
	defer server.Close()
	ctx, end := context.WithCancel(t.Context())
	said, saying := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- pages(ctx, m, "127.0.0.1:0", saying) }()
	line, err := bufio.NewReader(said).ReadString('\n')
	url := regexp.MustCompile(`http://localhost:(\d+)/ui/`).FindString(line)
	if err != nil || url == "" {
		t.Fatalf("it says %q, %v", line, err)
	}
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || "http://"+string(body) != url {
		t.Errorf("%s is answered with %q, %v", url, body, err)
	}
	end()
	if err := <-ended; err != nil {
		t.Errorf("after the end: %v", err)
	}
}
