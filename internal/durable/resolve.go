// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many symbolic links a path may have (path_resolution(7)).
const maxLinks = 40

// place is where a path leads: a name in a directory that is held open.
type place struct {
	dir      int // descriptor, O_PATH
	dirOwner uint32
	shared   bool // others can put files into the directory, see sharedBy
	name     string
	path     string // without links, for people

	there bool
	stat  unix.Stat_t // if there

	// own is the descriptor of this process that the path stands for, if isOwn.
	own   int
	isOwn bool
}

func (p *place) close() { _ = unix.Close(p.dir) }

// foreignLink is a link that neither root nor the caller has made.
type foreignLink struct {
	path  string
	owner uint32
}

// walker is on its way along a path.
type walker struct {
	place
	dirStat unix.Stat_t
	todo    []string
	links   int
	foreign []foreignLink
}

// resolve finds where a path leads. The caller closes the place.
func resolve(path string) (*place, error) {
	if path == "" {
		return nil, unix.ENOENT
	}
	w := walker{place: place{dir: -1}}
	err := w.start(path)
	for err == nil && w.name == "" {
		err = w.step()
	}
	if err == nil {
		err = w.judge()
	}
	if err != nil {
		w.close()
		return nil, err
	}
	w.shared = sharedBy(&w.dirStat)
	return &w.place, nil
}

// start goes to where a path begins, and puts it before what is left to do.
func (w *walker) start(path string) error {
	if w.dir == -1 || filepath.IsAbs(path) {
		root := "."
		if filepath.IsAbs(path) {
			root = "/"
		}
		fd, err := openat(unix.AT_FDCWD, root, unix.O_PATH|unix.O_DIRECTORY, 0)
		if err != nil {
			return err
		}
		if err := w.enter(fd, root); err != nil {
			return err
		}
	}
	w.todo = append(strings.Split(path, "/"), w.todo...)
	return nil
}

// enter makes a descriptor the directory where the next name is looked up.
func (w *walker) enter(fd int, path string) error {
	if w.dir != -1 {
		w.close()
	}
	w.dir, w.path = fd, path
	err := unix.Fstat(fd, &w.dirStat)
	w.dirOwner = w.dirStat.Uid
	return err
}

// step looks up the next name. It ends the walk by setting w.name.
func (w *walker) step() error {
	name := w.todo[0]
	w.todo = w.todo[1:]
	last := len(w.todo) == 0
	if name == "" || name == "." {
		if last {
			return unix.EISDIR
		}
		return nil
	}
	at := filepath.Join(w.path, name)
	fd, err := openat(w.dir, name, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ENOENT) && last {
		w.name, w.path = name, at
		return nil
	}
	if err != nil {
		return w.onTheWay(at, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		_ = unix.Close(fd)
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFLNK:
		target, err := readlink(fd)
		_ = unix.Close(fd)
		if err != nil {
			return err
		}
		return w.follow(name, at, target, last, &st)
	case last:
		_ = unix.Close(fd)
		w.name, w.path, w.there, w.stat = name, at, true, st
		return nil
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		_ = unix.Close(fd)
		return w.onTheWay(at, unix.ENOTDIR)
	}
	return w.enter(fd, at)
}

// onTheWay names what is wrong with the path, if links lead elsewhere than it says.
func (w *walker) onTheWay(at string, err error) error {
	if w.links == 0 {
		return err
	}
	return fmt.Errorf("%s: %w", at, err)
}

// follow replaces the name of a link by what is in it.
func (w *walker) follow(name, at, target string, last bool, st *unix.Stat_t) error {
	if w.links++; w.links > maxLinks {
		return errors.New("too many symbolic links, which may lead in a circle")
	}
	if sharedBy(&w.dirStat) && st.Uid != w.dirOwner && !trusted(st.Uid) {
		return fmt.Errorf("the symbolic link %s belongs to %s, in a directory where others put files, too; name the file that it leads to", at, userName(st.Uid))
	}
	if !trusted(st.Uid) {
		w.foreign = append(w.foreign, foreignLink{at, st.Uid})
	}
	if magic, err := w.magic(target); err != nil || magic {
		if err != nil {
			return err
		}
		if !last || !w.isOurs() {
			return fmt.Errorf("%s is something that a process has open, not the name of a file", at)
		}
		if w.own, err = strconv.Atoi(name); err != nil {
			return fmt.Errorf("%s is not the name of a file", at)
		}
		w.isOwn, w.name, w.path = true, name, at
		return nil
	}
	return w.start(target)
}

// magic reports whether a link of the current directory is one of proc(5) whose
// text is no path: the kernel goes where the text only describes.
func (w *walker) magic(target string) (bool, error) {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(w.dir, &fs); err != nil {
		return false, err
	}
	return fs.Type == unix.PROC_SUPER_MAGIC && (filepath.IsAbs(target) || strings.Contains(target, ":")), nil
}

// isOurs reports whether the current directory has the descriptors of this process.
func (w *walker) isOurs() bool {
	var st unix.Stat_t
	fd, err := openat(unix.AT_FDCWD, "/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, &st) == nil && sameFile(&st, &w.dirStat)
}

// judge refuses a place that someone else's link leads to, unless it is theirs.
func (w *walker) judge() error {
	for _, l := range w.foreign {
		owner := w.dirOwner
		if w.there {
			owner = w.stat.Uid
		}
		if w.isOwn || owner != l.owner {
			return fmt.Errorf("the symbolic link %s belongs to %s and leads to %s, which does not; if you mean that file, name it directly", l.path, userName(l.owner), w.path)
		}
	}
	return nil
}

// sharedBy reports whether a directory is one where several users put files and
// none can replace those of another.
func sharedBy(dir *unix.Stat_t) bool {
	return dir.Mode&unix.S_ISVTX != 0 && dir.Mode&0o022 != 0
}

// trusted reports whether the links of a user are followed anywhere. In a user
// namespace root is whoever the root directory belongs to.
func trusted(uid uint32) bool {
	if uid == 0 || int(uid) == os.Geteuid() {
		return true
	}
	var root unix.Stat_t
	return unix.Stat("/", &root) == nil && root.Uid == uid
}

func sameFile(a, b *unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }

// openat is openat(2), for as long as it is interrupted.
func openat(dir int, name string, flags int, mode uint32) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags|unix.O_CLOEXEC, mode)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// readlink returns what is in the link that a descriptor (O_PATH) is of.
func readlink(fd int) (string, error) {
	b := make([]byte, unix.PathMax+1)
	n, err := unix.Readlinkat(fd, "", b)
	if err != nil {
		return "", err
	}
	if n == 0 || n == len(b) {
		return "", unix.ENAMETOOLONG
	}
	return string(b[:n]), nil
}
