// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// factory makes sockets in the target's network namespace. A socket belongs to the
// namespace it was made in for good, so only the making needs a thread inside;
// connecting, which may take long, happens anywhere.
type factory struct {
	requests chan socketRequest
	ended    chan error
}

type socketRequest struct {
	family, kind int
	reply        chan<- socketReply
}

type socketReply struct {
	fd  int
	err error
}

func newFactory(enter func(func() error) error) (*factory, error) {
	f := &factory{requests: make(chan socketRequest), ended: make(chan error, 1)}
	entered := make(chan struct{})
	go func() {
		f.ended <- enter(func() error {
			close(entered)
			for request := range f.requests {
				fd, err := unix.Socket(request.family, request.kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
				request.reply <- socketReply{fd, err}
			}
			return nil
		})
	}()
	select {
	case <-entered:
		return f, nil
	case err := <-f.ended:
		return nil, err
	}
}

func (f *factory) close() {
	close(f.requests)
	<-f.ended
}

// socket makes a non-blocking socket of a kind (SOCK_DGRAM, SOCK_STREAM) for an address.
func (f *factory) socket(kind int, addr netip.Addr) (int, error) {
	family := unix.AF_INET
	if addr.Is6() {
		family = unix.AF_INET6
	}
	reply := make(chan socketReply, 1)
	f.requests <- socketRequest{family, kind, reply}
	r := <-reply
	if r.err != nil {
		return -1, fmt.Errorf("cannot make a socket: %w", r.err)
	}
	return r.fd, nil
}

func sockaddr(addr netip.AddrPort) unix.Sockaddr {
	if addr.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
}

// dialTCP connects a new socket, within the deadline.
func (f *factory) dialTCP(addr netip.AddrPort, deadline time.Time) (net.Conn, error) {
	fd, err := f.socket(unix.SOCK_STREAM, addr.Addr())
	if err != nil {
		return nil, err
	}
	err = unix.Connect(fd, sockaddr(addr))
	file := os.NewFile(uintptr(fd), "tcp")
	defer file.Close() // FileConn duplicates
	if err == unix.EINPROGRESS {
		err = waitConnected(file, deadline)
	}
	if err != nil {
		return nil, err
	}
	return net.FileConn(file)
}

// waitConnected waits for the end of a connect(2) in progress.
func waitConnected(file *os.File, deadline time.Time) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	if err := file.SetWriteDeadline(deadline); err != nil {
		return err
	}
	var failure error
	err = raw.Write(func(fd uintptr) bool {
		if _, err := unix.Getpeername(int(fd)); err == nil {
			return true
		}
		errno, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && errno == 0 {
			return false // still in progress: call again when writable
		}
		if failure = err; err == nil {
			failure = unix.Errno(errno)
		}
		return true
	})
	if err != nil {
		return err
	}
	return failure
}
