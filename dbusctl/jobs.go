// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"sync"

	"github.com/godbus/dbus/v5"
)

// keptResults is how many results of jobs that no one waits for yet are kept:
// a job may end before the reply that names it has been read.
const keptResults = 256

// jobs matches JobRemoved signals with those who wait for them.
type jobs struct {
	mu      sync.Mutex
	owner   string // unique bus name of systemd; "" while it has none
	moved   bool   // the bus has told of an owner
	waiting map[dbus.ObjectPath]chan string
	results map[dbus.ObjectPath]string
	order   []dbus.ObjectPath
	gone    bool
	target  *targetJobs // told of every job
}

func newJobs(owner string, target *targetJobs) *jobs {
	return &jobs{
		owner:   owner,
		target:  target,
		waiting: map[dbus.ObjectPath]chan string{},
		results: map[dbus.ObjectPath]string{},
	}
}

// removed takes a JobRemoved signal: job id, job path, unit, result
// (org.freedesktop.systemd1(5)).
func (j *jobs) removed(sig *dbus.Signal) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.owner == "" || sig.Sender != j.owner || sig.Path != systemdPath {
		return // any local user can send us a signal of this name
	}
	var id uint32
	var path dbus.ObjectPath
	var unit, result string
	if dbus.Store(sig.Body, &id, &path, &unit, &result) != nil {
		return
	}
	j.target.removed(unit, targetJob{id, j, sig.Sequence})
	if ch, ok := j.waiting[path]; ok {
		delete(j.waiting, path)
		ch <- result // has room
		return
	}
	if len(j.order) == keptResults {
		delete(j.results, j.order[0])
		j.order = j.order[1:]
	}
	j.order = append(j.order, path)
	j.results[path] = result
}

// began says who owned systemd's name when it was asked for. What the bus told
// meanwhile is newer.
func (j *jobs) began(owner string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.moved {
		j.owner = owner
	}
}

// ownerChanged follows systemd to a new bus name, as after a daemon-reexec on
// a bus that lost it for a moment, and reports whether there is one.
func (j *jobs) ownerChanged(sig *dbus.Signal) bool {
	owner, ok := newOwner(sig)
	if !ok {
		return false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.owner, j.moved = owner, true
	return owner != ""
}

// wait returns a channel with room for one result, which is closed without one
// when the connection breaks.
func (j *jobs) wait(path dbus.ObjectPath) <-chan string {
	j.mu.Lock()
	defer j.mu.Unlock()
	ch := make(chan string, 1)
	if r, ok := j.results[path]; ok {
		ch <- r
		return ch
	}
	if j.gone {
		close(ch)
		return ch
	}
	j.waiting[path] = ch
	return ch
}

// forget ends the interest in a job.
func (j *jobs) forget(path dbus.ObjectPath) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.waiting, path)
}

// lost tells all who wait that no result will come.
func (j *jobs) lost() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gone = true
	for p, ch := range j.waiting {
		close(ch)
		delete(j.waiting, p)
	}
}
