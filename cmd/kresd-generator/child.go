// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/generator"
	"kresd-manager/internal/config"
)

// Accounts of the packages.
const (
	managerUser = "kresd-manager"
	workerGroup = "knot-resolver"
)

// reader is this program, and asUser whether it gives rights up; tests have
// others.
var (
	reader = "/proc/self/exe"
	asUser = true
)

// began is when this process started, nearly.
var began = time.Now()

// ask has a child read everything and decides.
func ask(p generator.Paths) (generator.Decision, error) {
	ctx, cancel := context.WithDeadline(context.Background(), began.Add(readTime))
	defer cancel()
	cmd := exec.CommandContext(ctx, reader, "--read", "--config", p.Config, "--state-dir", p.State)
	cmd.Env = []string{}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 50 * time.Millisecond
	if asUser && os.Geteuid() == 0 {
		who, err := credential()
		if err != nil {
			return generator.Decision{}, err // the manager has never run here
		}
		cmd.SysProcAttr.Credential = who
	}
	out := &limited{most: generator.MaxWire}
	cmd.Stdout = out
	runtime.LockOSThread() // a parent's death is that of the thread
	defer runtime.UnlockOSThread()
	failed := cmd.Run()
	findings, err := generator.Decode(string(out.text))
	if err != nil {
		// Of a child that ended early, or of one that was taken over, what was
		// whole counts; the configuration does not.
		findings.Config, findings.Wanted = generator.Bad, nil
		switch {
		case ctx.Err() != nil:
			findings.Reason = fmt.Sprintf("%s: reading it took longer than %v", p.Config, readTime)
		case failed != nil:
			findings.Reason = p.Config + ": reading it failed"
		default:
			findings.Reason = p.Config + ": reading it gave nonsense"
		}
	}
	d := findings.Decide()
	if d.Set != nil && d.Set.CacheDir != "" && !generator.RootsAlone("", d.Set.CacheDir) {
		d.Set.CacheDir = "" // validation says what to do about it
	}
	return d, err
}

// limited keeps the first bytes of what is written and refuses more.
type limited struct {
	text []byte
	most int
}

func (l *limited) Write(b []byte) (int, error) {
	if len(l.text)+len(b) > l.most {
		return 0, errors.New("too much")
	}
	l.text = append(l.text, b...)
	return len(b), nil
}

// credential is that of the manager as its unit runs it: what it may not read,
// it cannot apply.
func credential() (*syscall.Credential, error) {
	u, err := user.Lookup(managerUser)
	if err != nil {
		return nil, err
	}
	uid, err := id(u.Uid)
	if err != nil {
		return nil, err
	}
	gids := []string{u.Gid}
	if g, err := user.LookupGroup(workerGroup); err == nil {
		gids = append([]string{g.Gid}, gids...)
	}
	others, _ := u.GroupIds()
	c := &syscall.Credential{Uid: uid}
	for _, text := range append(gids, others...) {
		if gid, err := id(text); err == nil && !slices.Contains(c.Groups, gid) {
			c.Groups = append(c.Groups, gid)
		}
	}
	if len(c.Groups) == 0 {
		return nil, errors.New("the manager's user has no group")
	}
	c.Gid = c.Groups[0]
	return c, nil
}

// id is a number of a user or group other than root.
func id(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err == nil && n == 0 {
		err = errors.New("that is root")
	}
	return uint32(n), err
}

// readHere is the child: it reads, tells, and can do little else.
func readHere(p generator.Paths, out io.Writer) int {
	if err := confine(); err != nil {
		return exitFailed
	}
	host := config.Host{CPUs: runtime.NumCPU(), BaseDir: filepath.Dir(p.Config)}
	host.Hostname, _ = os.Hostname()
	var told string
	generator.Read(p, host, func(f generator.Findings) {
		text := f.Encode()
		_, _ = io.WriteString(out, strings.TrimPrefix(text, told))
		told = text
	})
	return exitOK
}

// Limits of the child.
const (
	mostMemory = 768 << 20
	mostCPU    = 2 // seconds
)

// confine takes from this process what reading does not need.
func confine() error {
	for resource, most := range map[int]uint64{
		unix.RLIMIT_DATA:   mostMemory,
		unix.RLIMIT_CPU:    mostCPU,
		unix.RLIMIT_CORE:   0,
		unix.RLIMIT_NOFILE: 64,
	} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	// Where memory is short, this process is what the machine needs least.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	// Nothing lives long enough to be worth collecting, unless there is much of it.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(mostMemory / 2)
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}
