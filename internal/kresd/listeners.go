// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The TCP sockets that listen, as the kernel tells over netlink (sock_diag(7)). /proc/net/tcp
// has them, too, but to read it is to walk through the table of all connections of the host,
// which takes milliseconds even if there are none.

// inetDiagRequest is struct inet_diag_req_v2, and inetDiagMessage struct inet_diag_msg, of
// linux/inet_diag.h. Ports and addresses are in the byte order of the network.
type (
	inetDiagRequest struct {
		Family, Protocol, Extensions, _ uint8
		States                          uint32
		Socket                          inetDiagSocket
	}
	inetDiagMessage struct {
		Family, State, Timer, Retransmissions uint8
		Socket                                inetDiagSocket
		Expires, Received, Sent, UID, Inode   uint32
	}
	inetDiagSocket struct {
		Port, RemotePort       [2]byte
		Address, RemoteAddress [16]byte
		Interface              uint32
		Cookie                 [2]uint32
	}
)

const (
	// The state of a socket that listens, in net/tcp_states.h.
	tcpListen = 10
	// How long the kernel may take for an answer, which it makes at once.
	diagTimeout = 5 // s
)

// countListeners counts this user's TCP sockets that listen, by family, as servers says.
func countListeners(family uint8, count map[string]int) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: diagTimeout}); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	var request bytes.Buffer
	payload := inetDiagRequest{Family: family, Protocol: unix.IPPROTO_TCP, States: 1 << tcpListen}
	header := unix.NlMsghdr{
		Len: uint32(unix.SizeofNlMsghdr + binary.Size(payload)), Type: unix.SOCK_DIAG_BY_FAMILY,
		Flags: unix.NLM_F_REQUEST | unix.NLM_F_DUMP,
	}
	// A buffer takes whatever has a fixed size.
	_ = binary.Write(&request, binary.NativeEndian, header)
	_ = binary.Write(&request, binary.NativeEndian, payload)
	if err := unix.Sendto(fd, request.Bytes(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	buffer := make([]byte, 1<<16) // the kernel fills at most 32 KiB at once
	for {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return os.NewSyscallError("recvfrom", err)
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return fmt.Errorf("cannot read the kernel's answer: %w", err)
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR:
				return fmt.Errorf("the kernel does not tell who listens: %w", diagError(m.Data))
			}
			var socket inetDiagMessage
			if _, err := binary.Decode(m.Data, binary.NativeEndian, &socket); err != nil {
				return fmt.Errorf("cannot read the kernel's answer: %w", err)
			}
			if socket.UID != uint32(os.Getuid()) {
				continue
			}
			address := socket.Socket.Address[:]
			if family == unix.AF_INET {
				address = address[:4]
			}
			count[fmt.Sprintf("tcp %s:%04X", procAddress(address), binary.BigEndian.Uint16(socket.Socket.Port[:]))]++
		}
	}
}

// diagError returns the error of a message of type NLMSG_ERROR: a negative number, and the
// request that it is about (netlink(7)).
func diagError(data []byte) error {
	if len(data) < 4 {
		return unix.EPROTO
	}
	return unix.Errno(-int32(binary.NativeEndian.Uint32(data)))
}
