// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"context"
	"strings"
	"sync"
	"time"

	"kresd-manager/internal/config"
	"kresd-manager/internal/input"
)

// Beside the transition: what the configuration files hold now, which may be something
// else than what they held when they were read.

// files looks at the configuration files for who only asks. They are read again only
// when the file system says that they are others: as long as they are not edited, a look
// costs a stat of each. It is safe for concurrent use.
type files struct {
	paths []string
	read  func() (*config.Document, error)

	eye   input.Eye
	mu    sync.Mutex
	seen  string // what was there when it was read
	etag  string
	fault string
	looks chan struct{} // has room for one: who is reading
}

// now names what the files hold; "" if that is not known, and then why.
func (f *files) now(ctx context.Context) (etag, fault string) {
	var ids []string
	look := f.eye.Look(ctx, f.paths)
	for _, path := range f.paths {
		if hidden := look[path].Hidden; hidden != "" && look[path].ID == "" {
			return "", path + ": " + hidden
		}
		ids = append(ids, look[path].ID)
	}
	id := strings.Join(ids, " ")
	f.mu.Lock()
	if f.looks == nil {
		f.looks = make(chan struct{}, 1)
	}
	if f.seen == id {
		defer f.mu.Unlock()
		return f.etag, f.fault
	}
	f.mu.Unlock()
	return f.again(ctx, id)
}

// again reads the files, but waits no longer for that than anyone wants to wait.
func (f *files) again(ctx context.Context, id string) (etag, fault string) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	type found struct{ etag, fault string }
	done := make(chan found, 1)
	select {
	case f.looks <- struct{}{}:
		go func() {
			defer func() { <-f.looks }()
			var r found
			if doc, err := f.read(); err != nil {
				r.fault = err.Error()
			} else {
				r.etag = doc.ETag()
			}
			f.mu.Lock()
			f.seen, f.etag, f.fault = id, r.etag, r.fault
			f.mu.Unlock()
			done <- r
		}()
	case <-ctx.Done():
	}
	select {
	case r := <-done:
		return r.etag, r.fault
	case <-ctx.Done():
		return "", "the file system did not answer within " + lookTime.Round(time.Second).String()
	}
}
