// SPDX-License-Identifier: Apache-2.0

package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// open is the one way in which the manager opens a listener, at its start and
// later.
func open(network, address string) (net.Listener, error) {
	if network == "unix" {
		return listenUnix(address)
	}
	return net.Listen(network, address)
}

// listenUnix opens a socket that the group may use.
func listenUnix(path string) (net.Listener, error) {
	// What a manager that was killed left behind; a living one holds the lock
	// of the run directory.
	switch st, err := os.Lstat(path); {
	case err == nil && st.Mode()&fs.ModeSocket == 0:
		return nil, errors.New("a file that is not a socket is there")
	case err == nil:
		err = os.Remove(path)
		fallthrough
	default:
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := openToGroup(path); err != nil {
		l.Close()
		return nil, fmt.Errorf("cannot let the group use it: %w", err)
	}
	return l, nil
}

// openToGroup changes the mode of a socket of ours by descriptor. By path, whoever
// can write in the directory could have the mode of another file of ours changed.
func openToGroup(path string) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFSOCK || int(st.Uid) != os.Geteuid() {
		return errors.New("something else was put in its place")
	}
	// fchmod(2) takes no descriptor that was opened with O_PATH; the link in /proc
	// leads to what is open and to nothing else (proc(5)).
	return unix.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), 0o660)
}

// plain is what the system said, without the words of packages net and os.
func plain(err error) error {
	var op *net.OpError
	var path *fs.PathError
	var errno unix.Errno
	if (errors.As(err, &op) || errors.As(err, &path)) && errors.As(err, &errno) {
		return errno
	}
	return err
}
