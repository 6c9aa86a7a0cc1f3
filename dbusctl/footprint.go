// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// listing is what a directory had.
type listing struct {
	print uint64
	names []string
}

// How old a change must be at least for the next one to have another time: clocks of file
// systems tick, and a file can be written twice within a tick. Where times are of whole
// seconds a tick may be two of them, as on FAT. Where they are finer it is that of the
// kernel, 10 ms at most (CONFIG_HZ is 100 or more), or a shorter one.
const (
	young     = 2 * time.Second
	youngFine = 200 * time.Millisecond
)

// tick is how old a change of a time must be.
func tick(changed time.Time) time.Duration {
	if changed.Nanosecond() == 0 { // also once in a while where they are finer
		return young
	}
	return youngFine
}

// footprint sums up the unit files and drop-ins that directories have of our units:
// another one is of other files. It is 0 if that cannot be known, or not yet. No file
// is opened. Change times count, which no one can set. Known are listings of earlier
// ones, found those for the next.
func footprint(dirs []string, known map[string]listing, now time.Time) (print uint64, found map[string]listing) {
	w := walk{now: now, known: known, found: map[string]listing{}, settled: true}
	w.hash.SetSeed(seed)
	for _, dir := range dirs {
		for _, name := range w.list(dir, ofOurs) {
			path := filepath.Join(dir, name)
			if !strings.HasSuffix(name, ".d") {
				w.stat(path)
				continue
			}
			for _, conf := range w.list(path, isDropIn) {
				w.stat(filepath.Join(path, conf))
			}
		}
	}
	if !w.settled || len(dirs) == 0 {
		return 0, w.found
	}
	return w.hash.Sum64() | 1, w.found
}

var seed = maphash.MakeSeed()

// walk is the making of a footprint.
type walk struct {
	now     time.Time
	known   map[string]listing
	found   map[string]listing
	hash    maphash.Hash
	settled bool // nothing is young, and everything could be seen
}

// stat adds a file, and returns what it is known by, 0 if there is none.
func (w *walk) stat(path string) uint64 {
	var st unix.Stat_t
	err := unix.Stat(path, &st)
	var b [40]byte
	switch {
	case err == nil:
		binary.NativeEndian.PutUint64(b[0:], uint64(st.Dev))
		binary.NativeEndian.PutUint64(b[8:], st.Ino)
		binary.NativeEndian.PutUint64(b[16:], uint64(st.Ctim.Sec))
		binary.NativeEndian.PutUint64(b[24:], uint64(st.Ctim.Nsec))
		binary.NativeEndian.PutUint64(b[32:], uint64(st.Size))
		if changed := time.Unix(st.Ctim.Unix()); w.now.Sub(changed) < tick(changed) {
			w.settled = false
		}
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR):
		w.settled = false
	}
	w.hash.WriteString(path)
	w.hash.Write(b[:])
	if err != nil {
		return 0
	}
	return maphash.Bytes(seed, b[:])
}

// list adds a directory and returns which of its entries are of interest. It is read
// again when it has changed.
func (w *walk) list(dir string, of func(name string) bool) []string {
	print := w.stat(dir)
	if print == 0 {
		return nil
	}
	l, ok := w.known[dir]
	if !ok || l.print != print {
		l = listing{print: print}
		entries, err := os.ReadDir(dir)
		if err != nil {
			w.settled = false
		}
		for _, e := range entries {
			if of(e.Name()) {
				l.names = append(l.names, e.Name())
			}
		}
	}
	if w.settled { // so far: the directory is not young
		w.found[dir] = l
	}
	return l.names
}

// ofOurs reports whether an entry of a directory with unit files can be about our
// units: by their name or its first part, that of a template, or for all of a type.
func ofOurs(name string) bool {
	return strings.HasPrefix(name, "kres") || name == "service.d" || name == "target.d" || name == "slice.d"
}

func isDropIn(name string) bool { return strings.HasSuffix(name, ".conf") }
