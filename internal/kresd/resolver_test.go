// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// udp opens a UDP socket that shares its address with others (SO_REUSEPORT).
func udp(t *testing.T, address netip.AddrPort) int {
	t.Helper()
	fd, err := open(address)
	if err != nil {
		t.Skipf("cannot open a socket on %s: %v", address, err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func open(address netip.AddrPort) (int, error) {
	family := unix.AF_INET
	if address.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if err == nil {
		err = unix.Bind(fd, sockaddr(address))
	}
	if err != nil {
		unix.Close(fd)
	}
	return fd, err
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is6() {
		return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	}
	return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
}

// free returns an address of this host that no one uses.
func free(t *testing.T, addr string) netip.AddrPort {
	t.Helper()
	fd, err := open(netip.AddrPortFrom(netip.MustParseAddr(addr), 0))
	if err != nil {
		t.Skipf("cannot open a socket on %s: %v", addr, err)
	}
	defer unix.Close(fd)
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	switch a := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	t.Fatalf("%T", name)
	return netip.AddrPort{}
}

// kernelName returns an address as kresd reports it and the kernel writes it.
func kernelName(a netip.AddrPort) string {
	return fmt.Sprintf("%s:%04X", procAddress(a.Addr().AsSlice()), a.Port())
}

// resolver is a worker with real sockets: it connects them as a real one does
// when it is told to drain.
type resolver struct {
	fds     []int
	names   []string
	streams []int // listening TCP sockets, by names of their own
	at      []string
	clients int // connected over TCP
	pending int // answers false to "drained" so often; negative is forever

	mu      sync.Mutex
	drained []string
	left    []string
	hurried bool
}

var leaveCall = regexp.MustCompile(`^kresd_manager\.leave\(\{([0-9,]+)\}\)$`)

var drainCall = regexp.MustCompile(`^kresd_manager\.drain\(\{([0-9,]*)\}\)$`)

func (r *resolver) answer(line string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case line == "kresd_manager.sockets()":
		return pairs(r.fds, r.names)
	case line == "kresd_manager.listeners and kresd_manager.listeners() or {}":
		return pairs(r.streams, r.at)
	case leaveCall.MatchString(line):
		for f := range strings.SplitSeq(leaveCall.FindStringSubmatch(line)[1], ",") {
			fd, _ := strconv.Atoi(f)
			_ = unix.Shutdown(fd, unix.SHUT_RDWR) // ends listening
			r.left = append(r.left, f)
		}
		return strconv.Itoa(r.clients)
	case line == "kresd_manager.hurry()":
		r.hurried = true
		return "true"
	case line == "kresd_manager.drained()":
		if r.pending != 0 {
			r.pending--
			return "false"
		}
		return "true"
	case drainCall.MatchString(line):
		failed := 0
		for f := range strings.SplitSeq(drainCall.FindStringSubmatch(line)[1], ",") {
			if f == "" {
				continue
			}
			r.drained = append(r.drained, f)
			fd, _ := strconv.Atoi(f)
			family, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
			var peer unix.Sockaddr = &unix.SockaddrInet4{Port: 1, Addr: [4]byte{127, 0, 0, 1}}
			if family == unix.AF_INET6 {
				peer = &unix.SockaddrInet6{Port: 1, Addr: [16]byte{15: 1}}
			}
			if unix.Connect(fd, peer) != nil {
				failed++
			}
		}
		return strconv.Itoa(failed)
	}
	return line + " is not expected"
}

func pairs(fds []int, names []string) string {
	rows := [][2]any{}
	for i := range fds {
		rows = append(rows, [2]any{fds[i], names[i]})
	}
	if len(rows) == 0 {
		return "{}" // kresd's JSON knows no empty list
	}
	b, _ := json.Marshal(rows)
	return string(b)
}

// listens has the worker listen over TCP, too, on an address.
func (r *resolver) listens(t *testing.T, address netip.AddrPort) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		t.Cleanup(func() { unix.Close(fd) })
		err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1), unix.Bind(fd, sockaddr(address)), unix.Listen(fd, 1))
	}
	if err != nil {
		t.Fatal(err)
	}
	r.streams, r.at = append(r.streams, fd), append(r.at, kernelName(address))
}

// newResolver opens a socket on each address and serves instance in dir.
func newResolver(t *testing.T, dir, instance string, addresses ...netip.AddrPort) *resolver {
	t.Helper()
	r := &resolver{}
	for _, a := range addresses {
		r.fds = append(r.fds, udp(t, a))
		r.names = append(r.names, kernelName(a))
	}
	serve(t, dir, instance, &worker{answer: r.answer})
	return r
}
