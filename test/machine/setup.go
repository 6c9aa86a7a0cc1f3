// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// setupArg is argv[0] of the process that becomes a machine's systemd: this very
// program, started anew in new namespaces. Mounting from Go keeps every error exact,
// and the host needs no unshare, mount or ip program.
const setupArg = "kresd-manager-test-machine"

// File descriptors the process finds beside its standard streams.
const (
	setupFD  = 3 // the setup, as JSON
	statusFD = 4 // where an error is reported; closed by a successful exec
)

// setup is everything the first process of a machine must know.
type setup struct {
	Root    string // cached root tree, never written to
	Dir     string // an empty folder: where the machine's file systems are put together
	Host    string // host name
	Kmsg    string // the FIFO to bind on /dev/kmsg, if any
	Options Options
}

func init() {
	if os.Args[0] != setupArg {
		return
	}
	// Capabilities belong to threads: exec from the one that dropped them.
	runtime.LockOSThread()
	unix.CloseOnExec(setupFD)
	unix.CloseOnExec(statusFD)
	err := becomeSystemd()
	status := os.NewFile(statusFD, "status")
	fmt.Fprint(status, err)
	os.Exit(1)
}

// becomeSystemd builds the machine's file system around this process and turns it into
// systemd. It returns only on failure.
func becomeSystemd() error {
	var s setup
	if err := json.NewDecoder(os.NewFile(setupFD, "setup")).Decode(&s); err != nil {
		return fmt.Errorf("cannot read the setup: %w", err)
	}
	unix.Umask(0o022)
	if err := unix.Sethostname([]byte(s.Host)); err != nil {
		return fmt.Errorf("cannot set the host name: %w", err)
	}
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("cannot bring the loopback interface up: %w", err)
	}
	if err := s.mountAll(); err != nil {
		return err
	}
	if err := s.populate(); err != nil {
		return err
	}
	if err := limitInit(); err != nil {
		return err
	}
	const systemd = "/usr/lib/systemd/systemd"
	args := []string{systemd, "--system", "--log-target=journal"}
	// The variable tells systemd not to act on the host's clock, console and kernel.
	env := []string{"container=kresd-manager-test", "PATH=" + commandPath}
	return fmt.Errorf("cannot execute systemd: %w", syscall.Exec(systemd, args, env))
}

// limitInit gives systemd the limits a real boot has, and takes from it and from all
// it starts what would reach the host's kernel: its clock, its modules, its memory.
// Without CAP_SYS_RAWIO systemd mounts neither debugfs nor tracefs.
func limitInit() error {
	files := syscall.Rlimit{Cur: 1024, Max: 524288}
	err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files)
	// EPERM: the host's fs.nr_open or lack of CAP_SYS_RESOURCE sets a lower limit.
	if err != nil && !errors.Is(err, unix.EPERM) {
		return fmt.Errorf("cannot set the limit of open files: %w", err)
	}
	for _, capability := range []uintptr{unix.CAP_SYS_TIME, unix.CAP_SYS_MODULE, unix.CAP_SYS_RAWIO} {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
			return fmt.Errorf("cannot drop a capability: %w", err)
		}
	}
	return nil
}

// loopbackUp does `ip link set lo up`.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
		return err
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
