// SPDX-License-Identifier: Apache-2.0

// Package watch tells when the content of files may have changed, however it
// is replaced: written in place, renamed over, deleted and made again, or
// reached through a symbolic link that is switched. Whether the content is
// another one is for others to find out.
package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// Files watches a set of files. Its methods are safe for concurrent use.
type Files struct {
	log     *slog.Logger
	times   Times
	events  *fsnotify.Watcher
	changed chan []string
	again   chan struct{} // has room for one; filled when there is something new to look at
	stop    chan struct{}
	ended   sync.WaitGroup

	mu     sync.Mutex
	known  map[string]identity // by watched path
	hops   map[hop]bool        // of all of them
	dirs   map[string]bool     // that are watched
	faults map[string]error    // by directory
	writes map[string]bool     // what was written to lately, by its full name
	waits  map[string]wait     // by watched path
	last   time.Time           // the last event
}

// New returns a Files that watches nothing yet. It must be closed.
func New(log *slog.Logger, times Times) (*Files, error) {
	w, err := fsnotify.NewBufferedWatcher(256)
	if err != nil {
		return nil, fmt.Errorf("cannot watch files: %w", err)
	}
	f := &Files{
		log: log, times: times, events: w,
		changed: make(chan []string),
		again:   make(chan struct{}, 1),
		stop:    make(chan struct{}),
		known:   map[string]identity{}, hops: map[hop]bool{}, dirs: map[string]bool{}, faults: map[string]error{},
		writes: map[string]bool{}, waits: map[string]wait{},
	}
	f.ended.Go(f.loop)
	return f, nil
}

// Changed tells the watched files that may have changed, sorted, after they have
// settled. A file that is deleted is told when it is there again.
func (f *Files) Changed() <-chan []string { return f.changed }

// Close ends the watch.
func (f *Files) Close() {
	close(f.stop)
	f.ended.Wait()
	_ = f.events.Close()
}

// Set replaces the set of watched files. What happened to those that stay in the
// set, and was not told yet, is told; those that are new are told once, since no
// one knows what happened to them before.
func (f *Files) Set(paths []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := make(map[string]identity, len(paths))
	for _, p := range paths {
		known[p] = f.known[p] // of a new one, that of a file that is not there
	}
	f.known = known
	maps.DeleteFunc(f.waits, func(p string, _ wait) bool { _, ok := known[p]; return !ok })
	f.watchDirsLocked()
	select {
	case f.again <- struct{}{}:
	default:
	}
}

// Faults says why changes of some of the watched files are not seen, by path.
func (f *Files) Faults() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	faults := map[string]string{}
	if len(f.faults) == 0 {
		return faults
	}
	for p := range f.known {
		for _, h := range hops(p) {
			if err := f.faults[h.dir]; err != nil {
				faults[p] = fmt.Sprintf("cannot watch the folder %s: %s", h.dir, reason(err))
				break
			}
		}
	}
	return faults
}

// reason is an error of inotify_add_watch(2) in words.
func reason(err error) string {
	switch {
	case errors.Is(err, unix.EACCES):
		return "the user of kresd-manager may not list it"
	case errors.Is(err, unix.ENOSPC):
		return "the limit fs.inotify.max_user_watches is reached"
	}
	return err.Error()
}

// watchDirsLocked watches the directory of every hop: files themselves may be
// replaced.
func (f *Files) watchDirsLocked() {
	f.hops = map[hop]bool{}
	dirs := map[string]bool{}
	for p := range f.known {
		for _, h := range hops(p) {
			f.hops[h] = true
			dirs[h.dir] = true
		}
	}
	for d := range f.dirs {
		if !dirs[d] {
			_ = f.events.Remove(d)
			delete(f.dirs, d)
		}
	}
	faults := map[string]error{}
	for _, d := range slices.Sorted(maps.Keys(dirs)) {
		// Also one that is watched: another directory may have taken its place.
		err := f.events.Add(d)
		if err == nil {
			f.dirs[d] = true
			continue
		}
		delete(f.dirs, d)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
			continue // the hop above it sees it come
		}
		faults[d] = err
		if f.faults[d] == nil {
			f.log.Warn("cannot watch for changes", "directory", d, "error", reason(err))
		}
	}
	f.faults = faults
}

// loop looks at all files after each event that may concern them, and again
// until all have settled.
func (f *Files) loop() {
	timer := time.NewTimer(f.times.Settle)
	timer.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-f.again:
			timer.Reset(f.times.Settle)
		case e, ok := <-f.events.Events:
			if !ok {
				return
			}
			if f.concerns(e) {
				timer.Reset(f.times.Settle)
			}
		case err, ok := <-f.events.Errors:
			if !ok {
				return
			}
			// Events were lost; looking at the files makes up for them.
			f.log.Warn("cannot watch files", "error", err)
			timer.Reset(f.times.Settle)
		case <-timer.C:
			changed, next := f.look(time.Now())
			if next > 0 {
				timer.Reset(next)
			}
			if len(changed) == 0 {
				continue
			}
			select {
			case f.changed <- changed:
			case <-f.stop:
				return
			}
		}
	}
}

// concerns notes an event and reports whether it is about anything that matters
// here: directories are full of other files.
func (f *Files) concerns(e fsnotify.Event) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	dir, name := filepath.Split(e.Name)
	if !f.hops[hop{filepath.Clean(dir), name}] && !f.dirs[filepath.Clean(e.Name)] {
		return false
	}
	f.last = time.Now()
	if e.Has(fsnotify.Write) {
		f.writes[filepath.Clean(e.Name)] = true
	}
	return true
}

// look returns the files whose identity is another one than when they were told
// last, and have settled; and after which time to look again, 0 for never.
func (f *Files) look(now time.Time) (changed []string, next time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for p, old := range f.known {
		is := identify(p)
		if is == old || is == (identity{}) {
			delete(f.waits, p)
			continue
		}
		w := f.waits[p]
		left := f.times.wait(&w, is, f.writtenLocked(p), now, f.last)
		if left > 0 {
			f.waits[p] = w
			if next == 0 || left < next {
				next = left
			}
			continue
		}
		delete(f.waits, p)
		f.known[p] = is
		changed = append(changed, p)
	}
	if len(f.waits) == 0 {
		clear(f.writes)
	}
	f.watchDirsLocked() // links may lead elsewhere now
	slices.Sort(changed)
	return changed, next
}

// writtenLocked reports whether a file was written to where it is, and not put
// there as a whole.
func (f *Files) writtenLocked(path string) bool {
	for _, h := range hops(path) {
		if f.writes[filepath.Join(h.dir, h.name)] {
			return true
		}
	}
	return false
}
