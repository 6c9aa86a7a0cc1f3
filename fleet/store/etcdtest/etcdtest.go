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
	"golang.org/x/sys/unix"
)

// Variable says which etcd to run: "module" builds the one that fleet/etcd/go.mod pins, and
// anything else is a path. Without it that of the host is run, or that of Debian's package,
// which is fetched and not installed.
const Variable = "KRESD_MANAGER_TEST_ETCD"

// cache is where the program is kept, beside the trees of the machines.
const cache = "/var/cache/kresd-manager-test/etcd"

// program is the path of etcd, found once.
var program = sync.OnceValues(func() (string, error) {
	if named := os.Getenv(Variable); named == "module" {
		return build()
	} else if named != "" {
		return named, nil
	}
	if path, err := exec.LookPath("etcd"); err == nil {
		return path, nil
	}
	path, err := packaged()
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

// packaged is that of Debian's package.
func packaged() (string, error) {
	path := filepath.Join(cache, "usr/bin/etcd")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	dir, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	run := func(args ...string) error {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cannot fetch etcd: %v: %w\n%s", args, err, out)
		}
		return nil
	}
	download := []string{"apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", "etcd-server"}
	if run(download...) != nil { // its index may be old
		if err := errors.Join(run("apt-get", "update", "-qq", "-o", "Acquire::Check-Valid-Until=false"), run(download...)); err != nil {
			return "", err
		}
	}
	found, err := filepath.Glob(filepath.Join(dir, "etcd-server_*.deb"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("cannot fetch etcd: %v (%w)", found, err)
	}
	if err := run("dpkg-deb", "-x", found[0], "x"); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.Rename(filepath.Join(dir, "x/usr/bin/etcd"), path)
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
