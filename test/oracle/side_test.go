// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/test/machine"
)

// patience is how long anything may take on a busy computer.
const patience = 60 * time.Second

// result is what became of one side of a case: stage is where it failed, if it
// did, and output the reason; seen is all observations.
type result struct {
	stage, output string
	seen          map[string]string
}

// observe lets one side work and looks at it.
func (c *testCase) observe(ctx context.Context, dir, side string, t texts) result {
	if t.failure != "" {
		return result{stage: "convert", output: t.failure}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	s, err := newSide(dir + "/" + side)
	if err != nil {
		return result{stage: "set-up", output: err.Error()}
	}
	defer s.close()
	return s.work(ctx, c, t)
}

func (s *side) work(ctx context.Context, c *testCase, t texts) result {
	for name, text := range map[string]string{"policy-loader.conf": t.loader, "worker.conf": t.worker} {
		if err := sut.WriteFile(s.rundir+"/"+name, []byte(text), 0o644); err != nil {
			return result{stage: "set-up", output: err.Error()}
		}
	}
	if r := sut.Sh(ctx, "mkdir -p "+s.rundir+"/control "+s.rundir+"/cache; chown -R knot-resolver: "+s.rundir); r.Code != 0 {
		return result{stage: "set-up", output: r.Stderr}
	}
	loader := s.kresd(ctx, "-c policy-loader.conf -c - -n", "NOTIFY_SOCKET=")
	if err := loader.start(); err != nil {
		return result{stage: "set-up", output: err.Error()}
	}
	if err := loader.wait(); err != nil {
		return result{stage: "loader", output: fmt.Sprintf("%v\n%s", err, &loader.output)}
	}
	ready, err := s.listenReady()
	if err != nil {
		return result{stage: "set-up", output: err.Error()}
	}
	defer ready.Close()
	up, err := s.serve(c)
	if err != nil {
		return result{stage: "set-up", output: err.Error()}
	}
	defer up.close()
	worker := s.kresd(ctx, "-c worker.conf -n", "SYSTEMD_INSTANCE=1", "NOTIFY_SOCKET="+s.rundir+"/notify")
	if err := worker.start(); err != nil {
		return result{stage: "set-up", output: err.Error()}
	}
	// Whichever comes first ends the wait: READY=1, or the end of the worker.
	go func() {
		<-worker.ended
		ready.Close()
	}()
	if err := waitReady(ready); err != nil {
		worker.stop()
		return result{stage: "worker", output: fmt.Sprintf("%v\n%s", err, &worker.output)}
	}
	seen, err := s.look(ctx, c, up)
	if e := worker.stop(); err == nil && e != nil {
		err = fmt.Errorf("the worker ended badly: %w", e)
	}
	if err != nil {
		return result{stage: "observation", output: fmt.Sprintf("%v\n%s", err, &worker.output)}
	}
	return result{seen: seen}
}

// side is a folder and a network namespace with only the loopback interface.
type side struct {
	rundir string
	net    *os.File
}

func newSide(rundir string) (*side, error) {
	s := &side{rundir: rundir}
	err := onThread(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		if s.net, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid())); err != nil {
			return err
		}
		if err := loopbackUp(); err != nil {
			return err
		}
		// Workers run as their own user and listen on low ports.
		return os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0)
	})
	return s, err
}

func (s *side) close() { s.net.Close() }

// in runs f inside the namespace; sockets that it makes stay there.
func (s *side) in(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(s.net.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// onThread runs f on a thread that is thrown away.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() { // this one cannot be thrown away
			defer runtime.UnlockOSThread()
			done <- onThread(f)
			return
		}
		done <- f()
	}()
	return <-done
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, r)
}

// listenReady makes the socket that the worker tells its state to.
func (s *side) listenReady() (*net.UnixConn, error) {
	path := fmt.Sprintf("/proc/%d/root%s/notify", sut.PID(), s.rundir)
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	return c, os.Chmod(path, 0o666)
}

func waitReady(c *net.UnixConn) error {
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	buffer := make([]byte, 1024)
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return errors.New("the worker did not become ready")
		}
		if strings.Contains(string(buffer[:n]), "READY=1") {
			return nil
		}
	}
}

// process is a resolver inside the machine and the namespace.
type process struct {
	cmd    *exec.Cmd
	output bytes.Buffer
	ended  chan struct{}
	err    error
}

// inside is a command of the machine, run by root in the namespace.
func (s *side) inside(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := sut.Command(ctx, machine.Cmd{Args: append([]string{"nsenter", "--net=/proc/self/fd/3", "--"}, args...), Env: env})
	cmd.ExtraFiles = []*os.File{s.net}
	return cmd
}

func (s *side) kresd(ctx context.Context, arguments string, env ...string) *process {
	cmd := s.inside(ctx, env, "setpriv", "--reuid=knot-resolver", "--regid=knot-resolver", "--init-groups",
		"sh", "-c", "exec 3<&-; umask 022; cd "+s.rundir+" && exec kresd "+arguments)
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.SysProcAttr.Setpgid = true
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return p
}

func (p *process) start() error {
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(p.ended)
		p.err = p.cmd.Wait()
	}()
	return nil
}

func (p *process) wait() error {
	<-p.ended
	return p.err
}

// stop ends the resolver, which is the only child of the process started.
func (p *process) stop() error {
	select {
	case <-p.ended:
		return errors.Join(p.err, errors.New("it had ended already"))
	default:
	}
	pid := p.cmd.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return err
	}
	for _, word := range strings.Fields(string(children)) {
		if child, err := strconv.Atoi(word); err == nil {
			_ = syscall.Kill(child, syscall.SIGTERM)
		}
	}
	return p.wait()
}
