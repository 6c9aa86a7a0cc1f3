// SPDX-License-Identifier: Apache-2.0

package door

import (
	"bytes"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// loginOf is the login uid of this process, nil if there is none or the kernel is too old
// to say whose it is.
func loginOf(t *testing.T) *uint32 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/loginuid")
	if err != nil || !pidfds(t) {
		return nil
	}
	uid, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 32)
	if err != nil || uid == math.MaxUint32 {
		return nil
	}
	id := uint32(uid)
	return &id
}

// pidfds reports whether the kernel has SO_PEERPIDFD.
func pidfds(t *testing.T) bool {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	fd, err := unix.GetsockoptInt(fds[0], unix.SOL_SOCKET, soPeerPidfd)
	if err != nil {
		return false
	}
	return unix.Close(fd) == nil
}

// TestWhoLoggedInIsThatOfTheProcessThatConnected: not that of whoever has its number, and
// no one where it has ended.
func TestWhoLoggedInIsThatOfTheProcessThatConnected(t *testing.T) {
	if os.Getenv("DOOR_TEST_CONNECT") != "" {
		if err := os.WriteFile("/proc/self/loginuid", []byte("4242"), 0); err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("unix", os.Getenv("DOOR_TEST_CONNECT"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the other side has looked
		_ = c.Close()
		return
	}
	if os.WriteFile("/proc/self/loginuid", []byte("4241"), 0) != nil || !pidfds(t) {
		t.Skip("no one may set a login uid here, or the kernel does not say who connects")
	}
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "DOOR_TEST_CONNECT="+l.Addr().String())
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	child.Stdout, child.Stderr = &said, &said
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	_ = l.(*net.UnixListener).SetDeadline(time.Now().Add(time.Minute))
	c, err := l.Accept()
	if err != nil {
		_ = in.Close()
		t.Fatalf("%v; the other process: %v, %s", err, child.Wait(), said.String())
	}
	defer c.Close()
	if _, _, logged := peer(c.(*net.UnixConn)); logged == nil || *logged != 4242 {
		t.Errorf("logged in is %v, want 4242", logged)
	}
	_ = in.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, _, logged := peer(c.(*net.UnixConn)); logged != nil {
		t.Errorf("a process that has ended is logged in as %d", *logged)
	}
}
