// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"kresd-manager/fleet/release"
	"kresd-manager/internal/config"
)

// fake is a manager that does what the real one does as an agent sees it: with one file
// that is local and one of the fleet.
type fake struct {
	mu      sync.Mutex
	local   string
	file    func() []byte // of the fleet
	running *config.Document
	before  *config.Document
	waiting *string
	until   time.Time
	// refuse and ill are what happens to a release that has this key, or that has this text
	// where it begins with a quotation mark.
	refuse, ill string
	dull        bool
	lose        bool // the answer of Apply
	queries     float64
	// rate is the queries per second since the workers began, which each change restarts; 0
	// is that they come with each reading.
	rate    float64
	began   time.Time
	applies int
	log     []string
	// dies is called before and after each call that changes something.
	dies func(at string)
}

func parsed(name, text string) *config.Document {
	doc, err := config.Parse(name, []byte(text))
	if err != nil {
		panic(err)
	}
	return doc
}

func newFake(local string, file func() []byte) *fake {
	f := &fake{local: local, file: file, dies: func(string) {}}
	f.read()
	return f
}

func (f *fake) read() {
	doc, err := config.Combine(parsed("local", f.local), parsed("fleet", string(f.file())))
	if err != nil {
		panic(err)
	}
	f.running = doc
}

// reboot has the manager read its files: what was not confirmed is gone.
func (f *fake) reboot() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = nil
	f.read()
}

func (f *fake) tickLocked() {
	if f.waiting != nil && time.Now().After(f.until) {
		f.running, f.waiting = f.before, nil
	}
}

func carries(doc *config.Document, key string) bool {
	if key == "" {
		return false
	}
	if key[0] == '"' {
		return strings.Contains(string(doc.JSON()), key)
	}
	_, err := doc.Value(key)
	return err == nil
}

func (f *fake) Look(context.Context) (View, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tickLocked()
	return View{Running: f.running, ETag: f.running.ETag(), Waiting: f.waiting, Left: time.Until(f.until)}, nil
}

func (f *fake) Plan(_ context.Context, doc *config.Document, etag string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tickLocked()
	if etag != f.running.ETag() {
		return "", &Refusal{Words: "another configuration runs", Stale: true}
	}
	if v, err := doc.Value("/workers"); err == nil && string(v) == "0" {
		return "", &Refusal{Words: "/workers: 0 is not a number of workers"}
	}
	return release.Digest(doc.JSON()), nil
}

func (f *fake) Apply(_ context.Context, doc *config.Document, etag string, within time.Duration, comment string) error {
	f.dies("before apply")
	f.mu.Lock()
	f.tickLocked()
	f.applies++
	switch {
	case etag != f.running.ETag():
		f.mu.Unlock()
		return &Refusal{Words: "another configuration runs", Stale: true}
	case f.waiting != nil && within != 0:
		f.mu.Unlock()
		return &Refusal{Words: "change 3 waits to be confirmed", Waits: true}
	}
	if carries(doc, f.refuse) {
		f.mu.Unlock()
		return &Refusal{Words: "the canary could not run it: cannot bind"}
	}
	f.before, f.running = f.running, doc
	f.began = time.Now()
	f.log = append(f.log, "apply "+comment)
	if within != 0 {
		f.waiting, f.until = &comment, time.Now().Add(within)
	} else {
		f.waiting = nil
	}
	lose := f.lose
	f.lose = false
	f.mu.Unlock()
	f.dies("after apply")
	if lose {
		return errors.New("the connection was closed without an answer")
	}
	return nil
}

func (f *fake) Confirm(context.Context) error {
	f.dies("before confirm")
	f.mu.Lock()
	f.tickLocked()
	if f.waiting == nil {
		f.mu.Unlock()
		return &Refusal{Words: "no change waits"}
	}
	f.waiting = nil
	f.mu.Unlock()
	f.dies("after confirm")
	return nil
}

func (f *fake) Undo(_ context.Context, comment string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tickLocked()
	if f.waiting != nil && *f.waiting == comment {
		f.running, f.waiting = f.before, nil
	}
	return nil
}

func (f *fake) Reload(context.Context, string) error {
	f.dies("before reload")
	f.mu.Lock()
	f.read()
	f.mu.Unlock()
	f.dies("after reload")
	return nil
}

func (f *fake) Read(context.Context) (Reading, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tickLocked()
	if !f.dull {
		f.queries += 1000
	}
	r := Reading{Queries: f.queries}
	if f.rate > 0 {
		r.Queries = f.rate * time.Since(f.began).Seconds()
	}
	if carries(f.running, f.ill) {
		r.Ill = "kresd@1.service is failed"
	}
	return r, nil
}

// value is what runs at a pointer, "" for nothing.
func (f *fake) value(pointer string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tickLocked()
	v, err := f.running.Value(pointer)
	if err != nil {
		return ""
	}
	return string(v)
}

var _ Manager = (*fake)(nil)
