// SPDX-License-Identifier: Apache-2.0

// Package etcdtest runs a real etcd for tests, on a loopback address: that of Debian, or
// the newest one, built from its module.
package etcdtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"kresd-manager/test/debian"
)

// Variable says which etcd to run: "module" builds the one that fleet/etcd/go.mod pins, and
// anything else is a path. Without it that of the host is run, or that of Debian's package,
// which is fetched and not installed.
const Variable = "KRESD_MANAGER_TEST_ETCD"

// program is the path of etcd, found once.
var program = sync.OnceValues(func() (string, error) {
	if named := os.Getenv(Variable); named == "module" {
		return build()
	} else if named != "" {
		return named, nil
	}
	path, err := debian.Program(context.Background(), "etcd-server", "usr/bin/etcd")
	if err == nil {
		return path, nil
	}
	path, failed := build() // where the cache cannot be written, or the system is not Debian
	if failed != nil {
		return "", errors.Join(err, failed)
	}
	return path, nil
})

// build builds the one of the module.
func build() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	cmd := exec.Command("go", "tool", "-n", "go.etcd.io/etcd/server/v3")
	cmd.Dir = filepath.Join(filepath.Dir(here), "..", "..", "etcd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot build etcd: %w\n%s", err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// Server is a running etcd.
type Server struct {
	t        testing.TB
	Endpoint string
	Dir      string // of its data
	args     []string
	cmd      *exec.Cmd
	log      *os.File
}

// Start runs an etcd until the test ends. More arguments are for etcd.
func Start(t testing.TB, scheme string, args ...string) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	url := scheme + "://" + address
	s := &Server{t: t, Endpoint: url, Dir: filepath.Join(dir, "data"), log: log}
	s.args = append([]string{
		"--data-dir", s.Dir, "--listen-client-urls", url, "--advertise-client-urls", url,
		"--listen-peer-urls", "http://127.0.0.1:0", "--initial-advertise-peer-urls", "http://127.0.0.1:2380",
		"--initial-cluster", "default=http://127.0.0.1:2380", "--log-level", "warn",
	}, args...)
	s.Run()
	t.Cleanup(func() {
		s.Kill()
		_ = log.Close()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("etcd says:\n%s", tail(text))
		}
	})
	return s
}

func tail(text []byte) []byte { return text[max(0, len(text)-2000):] }

// Run starts it again after Kill, and waits until it listens.
func (s *Server) Run() {
	s.t.Helper()
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd = exec.Command(path, s.args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	address := s.Endpoint[strings.Index(s.Endpoint, "//")+2:]
	for range 300 {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	text, _ := os.ReadFile(s.log.Name())
	s.t.Fatalf("etcd does not listen\n%s", tail(text))
}

// PID is that of the process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Kill ends it at once, as a power cut does.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// Client is one for what only an administrator of etcd does.
func (s *Server) Client(cfg clientv3.Config) *clientv3.Client {
	s.t.Helper()
	cfg.Endpoints, cfg.Logger, cfg.DialTimeout = []string{s.Endpoint}, zap.NewNop(), 5*time.Second
	c, err := clientv3.New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// Ready waits until it answers.
func (s *Server) Ready(ctx context.Context, c *clientv3.Client) {
	s.t.Helper()
	for {
		asking, cancel := context.WithTimeout(ctx, time.Second)
		_, err := c.Get(asking, "x")
		cancel()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			s.t.Fatal(err)
		}
	}
}
