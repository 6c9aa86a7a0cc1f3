// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"time"

	"golang.org/x/sys/unix"
)

// Times are how long files must be left alone before a change is told.
type Times struct {
	// Settle is for files that are put in place as a whole, by rename(2) or a link:
	// whoever renews a certificate puts two of them.
	Settle time.Duration
	// Writing is for a file that is written where it is: its size and times must
	// stay what they are for so long. No one can tell a writer that has ended from
	// one that pauses.
	Writing time.Duration
	// Longest is after which time a file is told that never comes to rest.
	Longest time.Duration
}

// Usual are the times of the manager.
var Usual = Times{Settle: time.Second, Writing: 5 * time.Second, Longest: 10 * time.Minute}

// identity tells two contents of a file apart, as far as the file system does,
// and whether someone changed who may read it. The zero identity is that of a
// file that is not there.
type identity struct {
	dev, ino     uint64
	size         int64
	mtime, ctime unix.Timespec
}

func identify(path string) identity {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return identity{}
	}
	return identity{uint64(st.Dev), st.Ino, st.Size, st.Mtim, st.Ctim}
}

// wait is that for a file to settle.
type wait struct {
	is    identity
	since time.Time // when it became what it is
	first time.Time // when it was first seen to be another one
}

// wait notes what a file is now, and returns how long it must stay so. last is
// when something happened last.
func (t Times) wait(w *wait, is identity, written bool, now, last time.Time) time.Duration {
	if w.first.IsZero() {
		w.first = now
	}
	if w.is != is {
		w.is, w.since = is, now
		if !last.IsZero() && last.Before(now) {
			w.since = last
		}
	}
	need := t.Settle
	if written {
		need = t.Writing
	}
	return min(need-now.Sub(w.since), t.Longest-now.Sub(w.first))
}
