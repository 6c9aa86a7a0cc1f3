// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// bootTimeout bounds Boot when its context does not; a boot takes 1 to 4 seconds.
const bootTimeout = 60 * time.Second

// Machine is a running systemd and what runs under it. Its methods are safe for
// concurrent use; after Close they fail.
type Machine struct {
	name     string
	state    state
	cgroup   cgroup
	commands *os.File // the cgroup folder commands are started in
	lock     *os.File // held by the process that booted the machine; nil after Attach
	pid      int
	pidfd    *os.File
	dead     chan struct{} // closed when init was reaped; nil after Attach
	kmsg     *os.File      // the machine's kernel log; nil for a kept machine
	copied   chan struct{} // closed when the goroutine reading kmsg has ended
	nsenter  string
	bus      bus
}

// Boot starts a machine and returns when systemd has started everything (its state is
// "running" or "degraded"). The root tree is built first when the cache lacks it. Errors
// hold the console output and the end of the journal when the boot failed.
func Boot(ctx context.Context, opts Options) (*Machine, error) {
	if opts.Log == nil {
		opts.Log = func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
	}
	root, err := opts.Tree.Root(ctx, opts.Log)
	if err != nil {
		return nil, err
	}
	if err := requireTools(ctx, opts.Log, "nsenter"); err != nil {
		return nil, err
	}
	nsenter, err := lookNsenter()
	if err != nil {
		return nil, err
	}
	if err := absolutePaths(&opts); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	began := time.Now()
	name, state, lock, err := newState(ctx, opts.Name, opts.Log)
	if err != nil {
		return nil, err
	}
	m := &Machine{name: name, state: state, cgroup: cgroupOf(name), lock: lock, nsenter: nsenter}
	if err := m.start(root, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot boot the machine %s: %w", name, err), m.Close())
	}
	if err := m.waitBooted(ctx); err != nil {
		err = fmt.Errorf("cannot boot the machine %s: %w\n%s", name, err, m.bootReport())
		return nil, errors.Join(err, m.Close())
	}
	opts.Log("booted %s in %.1f s", name, time.Since(began).Seconds()) // test/run counts these lines
	return m, nil
}

// Name returns the machine's name, which is also its host name.
func (m *Machine) Name() string { return m.name }

// PID returns the process id of the machine's systemd, as seen from outside.
func (m *Machine) PID() int { return m.pid }

// start creates the namespaces and the machine's first process in them.
func (m *Machine) start(root string, opts Options) error {
	top, commands, err := m.cgroup.create()
	if err != nil {
		return err
	}
	defer top.Close()
	m.commands = commands
	console, err := os.Create(m.state.file("console"))
	if err != nil {
		return err
	}
	defer console.Close()
	setupRead, setupWrite, err := os.Pipe()
	if err != nil {
		return err
	}
	defer setupRead.Close()
	statusRead, statusWrite, err := os.Pipe()
	if err != nil {
		return err
	}
	defer statusRead.Close()
	cmd := &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       []string{setupArg},
		Env:        []string{},
		Stdout:     console,
		Stderr:     console,
		ExtraFiles: []*os.File{setupRead, statusWrite},
		SysProcAttr: &syscall.SysProcAttr{
			Setsid: true,
			Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC |
				unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWNET,
			// In the cgroup from the first instruction on: it becomes the root of the new
			// cgroup namespace.
			UseCgroupFD: true,
			CgroupFD:    int(top.Fd()),
		},
	}
	s := setup{Root: root, Dir: m.state.file("fs"), Host: m.name, Options: opts}
	if !opts.Keep {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
		if m.kmsg, err = m.startKmsg(console.Name()); err != nil {
			return err
		}
		s.Kmsg = m.kmsg.Name()
	}
	err = m.startBound(cmd)
	statusWrite.Close()
	if err != nil {
		setupWrite.Close()
		return err
	}
	err = json.NewEncoder(setupWrite).Encode(s)
	setupWrite.Close()
	if err != nil {
		return fmt.Errorf("cannot hand over the setup: %w", err)
	}
	if status, _ := io.ReadAll(statusRead); len(status) > 0 {
		return errors.New(string(status))
	}
	return m.state.write(record{PID: m.pid, Keep: opts.Keep, Booted: time.Now()})
}

// startBound starts the machine's first process on a thread that waits for it and does
// nothing else. A parent-death signal comes when the *thread* ends that made the child
// (PR_SET_PDEATHSIG(2const)), and Go ends threads as it likes unless they are locked.
func (m *Machine) startBound(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	m.dead = make(chan struct{})
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this function
		defer close(m.dead)
		err := cmd.Start()
		if err == nil {
			m.pid = cmd.Process.Pid
			m.pidfd, err = openPidfd(m.pid)
		}
		started <- err
		if cmd.Process != nil {
			_ = cmd.Wait()
		}
	}()
	return <-started
}

func openPidfd(pid int) (*os.File, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open process %d: %w", pid, err)
	}
	return os.NewFile(uintptr(fd), "pidfd"), nil
}

// waitBooted waits until systemd has nothing left to start.
func (m *Machine) waitBooted(ctx context.Context) error {
	// The socket's appearance is cheap to see; before it, systemctl can only fail.
	private := fmt.Sprintf("/proc/%d/root/run/systemd/private", m.pid)
	for {
		if exists(private) {
			wait := Cmd{Args: []string{"systemctl", "is-system-running", "--wait"}}
			switch state := strings.TrimSpace(m.Run(ctx, wait).Stdout); state {
			case "running", "degraded":
				return nil
			case "maintenance", "stopping":
				return fmt.Errorf("systemd is in state %q", state)
			}
		}
		select {
		case <-m.dead:
			return errors.New("systemd ended during the boot")
		case <-ctx.Done():
			return fmt.Errorf("systemd has not started everything: %w", ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// bootReport collects what is known about a boot that failed.
func (m *Machine) bootReport() string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	jobs := m.Sh(ctx, "systemctl list-jobs --no-pager; journalctl -b -n 100 -o short-precise --no-pager")
	return "console:\n" + tail(m.Console(), 50) + "\njobs and journal:\n" + jobs.Stdout + jobs.Stderr
}

// absolutePaths checks the options' paths and makes those of the host absolute.
func absolutePaths(opts *Options) error {
	layers := make([]string, len(opts.Layers))
	for i, layer := range opts.Layers {
		path, err := filepath.Abs(layer)
		if err != nil {
			return err
		}
		layers[i] = path
	}
	opts.Layers = layers
	binds := map[string]string{}
	for host, inside := range opts.BindDirs {
		path, err := filepath.Abs(host)
		if err != nil {
			return err
		}
		if !filepath.IsAbs(inside) {
			return fmt.Errorf("cannot bind %s to %q inside a machine: the path must be absolute", host, inside)
		}
		binds[path] = inside
	}
	opts.BindDirs = binds
	for path := range opts.Files {
		if !filepath.IsAbs(path) {
			return fmt.Errorf("cannot write %q into a machine: the path must be absolute", path)
		}
	}
	return nil
}
