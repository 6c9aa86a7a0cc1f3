// SPDX-License-Identifier: Apache-2.0

// Package watch tells when the content of files may have changed, however it
// is replaced: written in place, renamed over, deleted and made again, or
// reached through a symbolic link that is switched.
package watch

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// Settle is how long a file must be left alone before a change is told: whoever
// renews a certificate writes two files.
const Settle = time.Second

// Files watches a set of files. Its methods are safe for concurrent use.
type Files struct {
	log     *slog.Logger
	settle  time.Duration
	events  *fsnotify.Watcher
	changed chan []string
	stop    chan struct{}
	ended   sync.WaitGroup

	mu    sync.Mutex
	known map[string]identity // by watched path
	dirs  []string
}

// identity tells two contents of a file apart, as far as the file system does.
// The zero identity is that of a file that is not there.
type identity struct {
	dev, ino uint64
	size     int64
	mtime    unix.Timespec
}

// New returns a Files that watches nothing yet. It must be closed.
func New(log *slog.Logger, settle time.Duration) (*Files, error) {
	w, err := fsnotify.NewBufferedWatcher(256)
	if err != nil {
		return nil, fmt.Errorf("cannot watch files: %w", err)
	}
	f := &Files{
		log: log, settle: settle, events: w,
		changed: make(chan []string),
		stop:    make(chan struct{}),
		known:   map[string]identity{},
	}
	f.ended.Go(f.loop)
	return f, nil
}

// Changed tells the watched files that have changed, sorted, after they have
// settled. A file that is deleted is told when it is there again.
func (f *Files) Changed() <-chan []string { return f.changed }

// Close ends the watch.
func (f *Files) Close() {
	close(f.stop)
	f.ended.Wait()
	_ = f.events.Close()
}

// Set replaces the set of watched files. What they hold now is what later
// changes are told against.
func (f *Files) Set(paths []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := make(map[string]identity, len(paths))
	for _, p := range paths {
		known[p] = identify(p)
	}
	f.known = known
	f.watchDirsLocked()
}

// watchDirsLocked follows the links of every file and watches the directory of
// every hop: the files themselves may be replaced.
func (f *Files) watchDirsLocked() {
	var dirs []string
	for p := range f.known {
		dirs = append(dirs, hops(p)...)
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	for _, d := range f.dirs {
		if !slices.Contains(dirs, d) {
			_ = f.events.Remove(d)
		}
	}
	var watched []string
	for _, d := range dirs {
		if err := f.events.Add(d); err != nil {
			f.log.Warn("cannot watch for changes", "directory", d, "error", err)
			continue
		}
		watched = append(watched, d)
	}
	f.dirs = watched
}

// maxHops bounds a chain of links, as the kernel does (path_resolution(7)).
const maxHops = 40

// hops returns the directories in which something can be replaced that changes
// what a path leads to.
func hops(path string) []string {
	var dirs []string
	for range maxHops {
		dir := filepath.Dir(path)
		dirs = append(dirs, dir)
		// A link to the directory, such as ..data of a mounted secret.
		if real, err := filepath.EvalSymlinks(dir); err == nil && real != dir {
			for d := dir; d != "/" && d != "."; d = filepath.Dir(d) {
				if target, err := os.Readlink(d); err == nil && target != "" {
					dirs = append(dirs, filepath.Dir(d))
				}
			}
			dirs = append(dirs, real)
		}
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(dir, target)
		}
		path = target
	}
	return dirs
}

func identify(path string) identity {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return identity{}
	}
	return identity{uint64(st.Dev), st.Ino, st.Size, st.Mtim}
}

// loop looks at all files after each event, and again until nothing has
// happened for a while.
func (f *Files) loop() {
	timer := time.NewTimer(f.settle)
	timer.Stop()
	for {
		select {
		case <-f.stop:
			return
		case _, ok := <-f.events.Events:
			if !ok {
				return
			}
			timer.Reset(f.settle)
		case err, ok := <-f.events.Errors:
			if !ok {
				return
			}
			// Events were lost; looking at the files makes up for them.
			f.log.Warn("watching files", "error", err)
			timer.Reset(f.settle)
		case <-timer.C:
			if changed := f.look(); len(changed) > 0 {
				select {
				case f.changed <- changed:
				case <-f.stop:
					return
				}
			}
		}
	}
}

// look returns the files whose identity is another one than before.
func (f *Files) look() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var changed []string
	for p, old := range f.known {
		now := identify(p)
		if now == old || now == (identity{}) {
			continue
		}
		f.known[p] = now
		changed = append(changed, p)
	}
	f.watchDirsLocked() // links may lead elsewhere now
	slices.Sort(changed)
	return changed
}
