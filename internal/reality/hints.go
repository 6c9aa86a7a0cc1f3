// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// calmTime is the least time between two hints: the directories of the workers
// belong to another user, who may do anything in them at any pace.
const calmTime = 500 * time.Millisecond

// Watch calls hint when something was removed or put into its place, until the
// context ends. What it misses the next regular look finds.
func (e *Eye) Watch(ctx context.Context, log *slog.Logger, hint func()) {
	w, err := fsnotify.NewBufferedWatcher(64)
	if err != nil {
		log.Warn("cannot watch the run directory; what is removed there is noticed within a minute", "error", err)
		return
	}
	defer w.Close()
	again := time.NewTimer(0)
	defer again.Stop()
	quiet, missed := true, false
	tell := func() {
		hint()
		quiet, missed = false, false
		again.Reset(calmTime)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-w.Events:
			// Rules are written in place, and that is no one's fault.
			if ev.Op&^fsnotify.Write == 0 {
				continue
			}
			if missed = !quiet; quiet {
				tell()
			}
		case <-w.Errors: // events were lost
			if missed = !quiet; quiet {
				tell()
			}
		case <-again.C:
			e.follow(w)
			if quiet = true; missed {
				tell()
			}
		}
	}
}

// follow watches the directories that are there by now. One that is watched
// already is not watched twice; another one in its place is.
func (e *Eye) follow(w *fsnotify.Watcher) {
	dirs := []string{filepath.Dir(e.database())}
	for _, d := range e.o.Directories {
		dirs = append(dirs, d.Path)
	}
	e.mu.Lock()
	for _, s := range e.sockets {
		dirs = append(dirs, filepath.Dir(s.path))
	}
	e.mu.Unlock()
	for _, d := range dirs {
		_ = w.Add(d) // one that is missing is told by Ground
	}
}
