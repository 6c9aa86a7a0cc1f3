// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// programs runs test programs.
type programs struct {
	dir       string // the module's folder
	out       string // folder for programs and logs
	tmp       string // $TMPDIR of those with machines, which are killed and cannot tidy up
	test2json string // the program of this name
}

// command returns a command that has a process group of its own, for all of which its
// context's end is the end: a machine ends with the process that booted it.
func (p programs) command(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// build compiles and links the test programs of packages.
func (p programs) build(ctx context.Context, packs []pack) error {
	args := []string{"go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", p.out + "/"} // make lint vets, and no one debugs
	for _, pack := range packs {
		args = append(args, "./"+pack.name)
	}
	if out, err := p.command(ctx, p.dir, nil, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the tests: %w\n%s", err, out)
	}
	return nil
}

// limit is how long a group of tests may take.
const limit = 15 * time.Minute

// run has a group of tests run: beside others, or, with a turn, alone from there on where a
// test of it says that it waits.
func (p programs) run(ctx context.Context, g group, turn *turn) *outcome {
	name := filepath.Base(g.pack.name)
	o := &outcome{title: g.title(), pack: g.pack.name, dir: g.pack.dir, log: filepath.Join(p.out, fmt.Sprintf("%s-%d.log", name, g.part))}
	env := []string{"TMPDIR=" + p.tmp, "KRESD_MANAGER_TEST_BESIDE=1", "KRESD_MANAGER_TEST_RUN=" + p.tmp}
	if turn != nil {
		file, err := locked(filepath.Join(p.tmp, fmt.Sprintf("%s-%d.turn", name, g.part)))
		if err != nil {
			close(turn.waits)
			o.err = err
			return o
		}
		env = append(env, "KRESD_MANAGER_TEST_BESIDE=", "KRESD_MANAGER_TEST_TURN="+file.Name()) // the last value of a name holds
		give := sync.OnceFunc(func() { file.Close() })
		defer give()
		o.waiting = &waiting{begun: sync.OnceFunc(func() { close(turn.waits) })}
		defer o.waiting.begun()
		go func() {
			<-turn.given
			o.waiting.ends()
			give()
		}()
	}
	began := time.Now()
	cmd := p.command(ctx, g.pack.dir, env, p.test2json, "-t", "-p", g.pack.name, filepath.Join(p.out, name+".test"),
		"-test.v=test2json", "-test.run="+g.pattern(), "-test.timeout="+limit.String())
	o.err = p.follow(cmd, o.log, o.add)
	o.took = time.Since(began) - o.waiting.of("")
	if cmd.ProcessState != nil {
		o.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return o
}

// locked makes a file and locks it, until it is closed.
func locked(path string) (*os.File, error) {
	file, err := os.Create(path)
	if err == nil {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot keep tests that measure waiting: %w", err)
	}
	return file, nil
}

// units has go test run packages that need no systemd, with the race detector, if it may run,
// where it can find something, one at a time, because others run beside, and calls ended for each as it
// ends. Packages that have not changed since their tests passed are not tested again. All of
// them are of one module, which has a folder below ours, or is ours.
func (p programs) units(ctx context.Context, folder string, race bool, packs []pack, ended func(*outcome)) error {
	ways := []racing{{packs: packs}}
	if race {
		ways = races(packs)
	}
	var failed error
	for i, r := range ways {
		failed = errors.Join(failed, p.race(ctx, folder, i+1, r, ended))
	}
	return failed
}

// race is units for tests that run in one way, the nth of them.
func (p programs) race(ctx context.Context, folder string, nth int, r racing, ended func(*outcome)) error {
	args := []string{"go", "test", "-p=1", "-vet=off", "-json", "-timeout=" + limit.String()}
	kind, cgo := "-unit", "CGO_ENABLED=0"
	if r.detector {
		args, kind, cgo = append(args, "-race"), "-race", "CGO_ENABLED=1" // which it needs
	}
	title := ""
	if len(r.tests) > 0 {
		args = append(args, "-run=^("+strings.Join(r.tests, "|")+")$")
		title = ", goroutines"
	}
	all := map[string]*outcome{}
	log := filepath.Join(p.out, strings.ReplaceAll(strings.TrimPrefix(fmt.Sprintf("%s%s-%d.log", folder, kind, nth), "-"), "/", "-"))
	for _, pack := range r.packs {
		args = append(args, "./"+strings.TrimPrefix(pack.name, folder+"/"))
		all[pack.name] = &outcome{title: pack.name + title, pack: pack.name, dir: pack.dir, log: log}
	}
	err := p.follow(p.command(ctx, filepath.Join(p.dir, folder), []string{cgo}, args...), log, func(e event) {
		path, _, _ := strings.Cut(e.Package+e.ImportPath, " ") // "p [p.test]" while it is built
		o := all[strings.TrimPrefix(path, module)]
		if o == nil {
			return
		}
		o.add(e)
		if e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
			if e.Action == "fail" {
				o.err = errors.New("go test failed")
			}
			ended(o)
			delete(all, o.pack)
		}
	})
	for _, o := range all { // when go test itself failed
		o.err = fmt.Errorf("it was not tested: %w", errors.Join(err, ctx.Err()))
		ended(o)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil // a package told why
	}
	return err
}

// follow runs a command that prints events, writes what they say to a log and passes them
// on. It returns how the command ended.
func (p programs) follow(cmd *exec.Cmd, log string, each func(event)) error {
	file, err := os.Create(log)
	if err != nil {
		return fmt.Errorf("cannot write a log: %w", err)
	}
	defer file.Close()
	stream, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = file
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot run the tests: %w", err)
	}
	err = read(stream, func(e event) {
		_, _ = file.WriteString(e.Output)
		each(e)
	})
	return errors.Join(cmd.Wait(), err)
}
