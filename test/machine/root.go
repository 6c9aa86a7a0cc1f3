// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	cacheVariable = "KRESD_MANAGER_TEST_CACHE"
	cacheDefault  = "/var/cache/kresd-manager-test"
)

// rootMaxIdle is how long an old root tree stays in the cache after its last use.
const rootMaxIdle = 14 * 24 * time.Hour

// Root returns the folder of the Debian root tree that machines boot from unless they ask
// for another one: [Tree.Root] of the zero Tree.
func Root(ctx context.Context, log Logf) (string, error) { return Tree{}.Root(ctx, log) }

// Root returns the folder of a Debian root tree, building it first if the cache does not have it (half a minute, with network). The folder is
// shared: no one may write to it. Safe for concurrent use, also by several processes:
// one builds, the others wait. Errors name the missing tool, privilege, mirror or
// version.
func (t Tree) Root(ctx context.Context, log Logf) (string, error) {
	if os.Geteuid() != 0 {
		return "", errNotRoot
	}
	cache := CacheDir()
	dir := filepath.Join(cache, t.key())
	if !exists(dir) {
		if err := t.buildOnce(ctx, log, cache, dir); err != nil {
			return "", err
		}
	}
	if err := touch(dir + ".used"); err != nil {
		return "", err
	}
	if err := t.checkVersions(dir, log); err != nil {
		return "", err
	}
	return dir, nil
}

// errNotRoot fails a test instead of skipping it: a suite that silently tests nothing
// is worse than one that cannot run.
var errNotRoot = errors.New("cannot boot a test machine without root: run the tests as root")

// CacheDir is where root trees are kept, and what else outlives a run of the tests.
func CacheDir() string {
	if dir := os.Getenv(cacheVariable); dir != "" {
		return dir
	}
	return cacheDefault
}

// buildOnce builds dir under the cache's lock, unless another process did meanwhile.
func (t Tree) buildOnce(ctx context.Context, log Logf, cache, dir string) error {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return fmt.Errorf("cannot make the cache of root trees: %w", err)
	}
	lock, err := lockFile(ctx, filepath.Join(cache, "lock"))
	if err != nil {
		return err
	}
	defer lock.Close()
	if exists(dir) {
		return nil
	}
	pruneRoots(cache, dir, log)
	if err := requireTools(ctx, log, "mmdebstrap"); err != nil {
		return err
	}
	uri, err := mirror()
	if err != nil {
		return err
	}
	building := dir + ".building"
	for try := 1; ; try++ {
		if err := os.RemoveAll(building); err != nil {
			return fmt.Errorf("cannot remove a half-built root tree: %w", err)
		}
		log("building the %s root tree in %s, about half a minute, once", t.release(), dir)
		start := time.Now()
		err := t.build(ctx, uri, building, lock)
		if err == nil {
			log("built the root tree in %v", time.Since(start).Round(time.Second))
			return os.Rename(building, dir)
		}
		if try == 2 || ctx.Err() != nil {
			_ = os.RemoveAll(building)
			return err
		}
		log("trying once more: %v", err)
	}
}

// build runs mmdebstrap. The tool inherits the lock, so that it stays held while
// the tool works even if this process is killed.
func (t Tree) build(ctx context.Context, uri, dir string, lock *os.File) error {
	cmd := exec.CommandContext(ctx, "mmdebstrap", "--quiet", "--variant=minbase",
		`--aptopt=Acquire::Check-Valid-Until "false"`, // a mirror may lag
		"--include="+strings.Join(t.contents(), ","),
		t.release(), dir, "deb "+uri+" "+t.release()+" main")
	cmd.Env = []string{"PATH=" + commandPath, "LC_ALL=C.UTF-8", "HOME=/root"}
	for _, proxy := range []string{"http_proxy", "https_proxy", "no_proxy"} {
		if value, ok := os.LookupEnv(proxy); ok {
			cmd.Env = append(cmd.Env, proxy+"="+value)
		}
	}
	cmd.ExtraFiles = []*os.File{lock}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build the root tree with mmdebstrap: %v\n%s", err, tail(string(out), 30))
	}
	return nil
}

// pruneRoots removes root trees of other keys that no one used for rootMaxIdle.
// Failures only cost disk space and are logged.
func pruneRoots(cache, keep string, log Logf) {
	stamps, _ := filepath.Glob(filepath.Join(cache, "*.used"))
	for _, stamp := range stamps {
		dir := strings.TrimSuffix(stamp, ".used")
		info, err := os.Stat(stamp)
		if err != nil || dir == keep || time.Since(info.ModTime()) < rootMaxIdle {
			continue
		}
		log("removing the root tree %s, unused since %s", dir, info.ModTime().Format(time.DateOnly))
		if err := errors.Join(os.RemoveAll(dir), os.Remove(stamp)); err != nil {
			log("cannot remove an old root tree: %v", err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// touch sets a file's modification time to now, creating it if need be.
func touch(path string) error {
	now := time.Now()
	err := os.Chtimes(path, now, now)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.WriteFile(path, nil, 0o644)
	}
	return err
}
