// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"kresd-manager/units"
)

// Directory is one that must be there.
type Directory struct {
	Path string
	// UID is its owner; negative is any.
	UID int
	// Access is what this process must be allowed there (access(2)).
	Access uint32
	Cost   string
}

// socket is one that this process listens on, and what its path led to at first.
type socket struct {
	path     string
	dev, ino uint64
}

// Directories are those of a run directory, with their owners: of the directory
// itself, and of what the workers work with.
func Directories(rundir string, owner, workers int) []Directory {
	return []Directory{
		{rundir, owner, unix.X_OK, "control sockets, rules and the API have no place"},
		{rundir + "/control", workers, unix.R_OK | unix.X_OK, "no worker can be reached, and none can be notified of new rules"},
		{rundir + "/work", workers, unix.R_OK | unix.X_OK, "no worker can start, and the rules are lost"},
	}
}

// Serve means that this process serves its API on sockets, by path: what is there
// now is to stay.
func (e *Eye) Serve(paths ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range paths {
		s := socket{path: p}
		s.dev, s.ino, _ = at(p)
		e.sockets = slices.DeleteFunc(e.sockets, func(old socket) bool { return old.path == p })
		e.sockets = append(e.sockets, s)
	}
}

// Ground says which directories and sockets are not as they must be. It opens
// nothing.
func (e *Eye) Ground() []units.Loss {
	lost := e.directories()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.sockets {
		dev, ino, ok := at(s.path)
		why := ""
		switch {
		case !ok, s.ino == 0: // also if it was gone from the start
			why = s.path + ", the socket of the API, is gone"
		case dev != s.dev || ino != s.ino:
			why = s.path + ", the socket of the API, was replaced by another one"
		}
		if why != "" {
			lost = append(lost, units.Loss{Path: s.path, Why: why, Cost: "kresctl and other programs cannot reach kresd-manager there", Socket: true})
		}
	}
	return lost
}

// at is what a path leads to if that is a socket. No link is followed.
func at(path string) (dev, ino uint64, ok bool) {
	st, ok := lstat(path)
	if !ok || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return 0, 0, false
	}
	return uint64(st.Dev), st.Ino, true
}

func lstat(path string) (*syscall.Stat_t, bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return st, ok
}

// directories says which are not as they must be.
func (e *Eye) directories() []units.Loss {
	var lost []units.Loss
	for _, d := range e.o.Directories {
		if why := d.fault(); why != "" {
			lost = append(lost, units.Loss{Path: d.Path, Why: d.Path + " " + why, Cost: d.Cost})
			if len(lost) == 1 && d.Path == e.o.Rundir {
				break // what is in it is gone, too
			}
		}
	}
	return lost
}

func (d Directory) fault() string {
	info, err := os.Lstat(d.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is gone"
	case err != nil:
		return "" // of a directory above it, which is reported
	case !info.IsDir():
		return "is no directory"
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && d.UID >= 0 && int(st.Uid) != d.UID {
		return fmt.Sprintf("belongs to user %d and not to user %d", st.Uid, d.UID)
	}
	if unix.Access(d.Path, d.Access) != nil {
		return fmt.Sprintf("has mode %04o, with which kresd-manager may not enter it", info.Mode().Perm())
	}
	return ""
}
