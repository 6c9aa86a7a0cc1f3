// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestHardLink(t *testing.T) {
	dir := folder(t)
	path := file(t, filepath.Join(dir, "f"), "old", 0, 0, 0o640)
	must(t, os.Link(path, filepath.Join(dir, "g")))
	refused(t, Save(path, []byte("new"), Options{}), "it has 2 names (hard links), and only this one would change; remove the others")
	is(t, filepath.Join(dir, "g"), state{"old", 0, 0, 0o640, ""})
	only(t, dir, "f", "g")
	must(t, os.Remove(filepath.Join(dir, "g")))
	must(t, Save(path, []byte("new"), Options{}))
}

// TestFIFO is written to if someone reads, and never waited for otherwise.
func TestFIFO(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "p")
	must(t, unix.Mkfifo(path, 0o600))
	refused(t, Save(path, []byte("new"), Options{}), "no one reads from it")

	r, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0) // without end
	must(t, err)
	defer r.Close()
	long := make([]byte, 300<<10) // more than a pipe holds
	read := make(chan error)
	go func() {
		_, err := io.ReadFull(r, make([]byte, len(long)))
		read <- err
	}()
	must(t, Save(path, long, Options{}))
	must(t, <-read)

	patience = time.Millisecond
	defer func() { patience = 30 * time.Second }()
	refused(t, Save(path, long, Options{}), "no one has read from it for 1ms")
	refused(t, Save(path, long, Options{Was: []byte("old")}), ErrChanged.Error())
	only(t, dir, "p")
}

func TestWhatIsNoFile(t *testing.T) {
	dir := folder(t)
	must(t, Save("/dev/null", []byte("new"), Options{}))
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	must(t, err)
	defer l.Close()
	refused(t, Save(filepath.Join(dir, "s"), []byte("new"), Options{}), "is a socket")
	refused(t, Save(filepath.Join(dir, "s"), []byte("new"), Options{Was: []byte("old")}), ErrChanged.Error())
	only(t, dir, "s")
}

func TestBlockDevice(t *testing.T) {
	needRoot(t)
	path := filepath.Join(folder(t), "b")
	must(t, unix.Mknod(path, unix.S_IFBLK|0o600, int(unix.Mkdev(7, 250))))
	refused(t, Save(path, []byte("new"), Options{}), "is a block device")
}

// TestOwnDescriptor is what a shell gives: >>file, a pipe, a socket.
func TestOwnDescriptor(t *testing.T) {
	dir := folder(t)
	path := file(t, filepath.Join(dir, "f"), "first\n", 0, 0, 0o640)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	defer f.Close()
	must(t, Save(fmt.Sprintf("/dev/fd/%d", f.Fd()), []byte("second\n"), Options{}))
	is(t, path, state{"first\nsecond\n", 0, 0, 0o640, ""})

	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	must(t, Save("/proc/self/fd/"+strconv.Itoa(pair[0]), []byte("hello"), Options{}))
	b := make([]byte, 10)
	if n, err := unix.Read(pair[1], b); err != nil || string(b[:n]) != "hello" {
		t.Errorf("%q, %v", b[:n], err)
	}

	// Of others it is only known what they call it.
	for _, at := range []string{"/proc/self/root", "/proc/self/cwd", "/proc/self/exe", "/proc/self/root/f"} {
		refused(t, Save(at, []byte("new"), Options{}), "is something that a process has open")
	}
	only(t, dir, "f")
}

// TestMount is a file that something else is mounted on, as in a container.
func TestMount(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	path := file(t, filepath.Join(dir, "f"), "old", 0, 0, 0o640)
	other := file(t, filepath.Join(dir, "g"), "other", 0, 0, 0o640)
	must(t, unix.Mount(other, path, "", unix.MS_BIND, ""))
	defer func() { must(t, unix.Unmount(path, unix.MNT_DETACH)) }()
	refused(t, Save(path, []byte("new"), Options{}), "it is a mount point and cannot be replaced")
	is(t, path, state{"other", 0, 0, 0o640, ""})
	only(t, dir, "f", "g")
}

// TestTerminal is shown what the caller makes of a text for it; all else is not.
func TestTerminal(t *testing.T) {
	m, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	defer m.Close()
	must(t, unix.IoctlSetPointerInt(int(m.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(m.Fd()), unix.TIOCGPTN)
	must(t, err)
	o := Options{Mode: 0o600, Terminal: func(text []byte) []byte { return []byte("<" + string(text) + ">") }}
	pts := fmt.Sprintf("/dev/pts/%d", n)
	must(t, Save(pts, []byte("a"), o))
	f, err := os.OpenFile(pts, os.O_WRONLY|unix.O_NOCTTY, 0)
	must(t, err)
	defer f.Close()
	must(t, Save(fmt.Sprintf("/dev/fd/%d", f.Fd()), []byte("b"), o))
	b := make([]byte, 6)
	if _, err := io.ReadFull(m, b); err != nil || string(b) != "<a><b>" {
		t.Errorf("%q, %v", b, err)
	}
	path := filepath.Join(folder(t), "f")
	must(t, Save(path, []byte("c"), o))
	is(t, path, state{"c", 0, 0, 0o600, ""})
}
