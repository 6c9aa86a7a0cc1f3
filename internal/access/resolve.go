// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Finding is what is in the way, or may be.
type Finding struct {
	Message string
	Hint    string
	Unsure  bool // looking does not tell
	// At is the file or directory that is in the way, without symbolic links.
	At string
	// Denied are the bits that the account lacks there (inode(7)), 0 where it
	// is something else.
	Denied uint32
	// Class is the class of the mode that decides: "u", "g" or "o".
	Class string
	// Missing means that there is nothing at At.
	Missing bool
}

func wrong(format string, args ...any) *Finding {
	return &Finding{Message: fmt.Sprintf(format, args...)}
}

// maxLinks is how many symbolic links the kernel follows, path_resolution(7).
const maxLinks = 40

// walker goes to a file as an account would.
type walker struct {
	tree  Tree
	who   Identity
	notes []Finding // what it could not tell on the way
	seen  map[string]bool
}

// place is where a path leads: a name in a directory, both without symbolic
// links.
type place struct {
	dir     string
	dirInfo Info
	path    string
	info    *Info // nil if there is nothing
}

// resolve follows a path to its end. Every directory on the way must let the
// account search it; that a last component is missing is no finding.
func (w *walker) resolve(full string) (place, *Finding) {
	at, f := w.at("/")
	if f != nil {
		return at, f
	}
	links := 0
	rest := split(full)
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if at.info.Kind != Directory {
			return at, wrong("%s is %s, not a directory", at.path, at.info.Kind)
		}
		if f := w.demand(maySearch, at.path, at.info); f != nil {
			return at, f
		}
		if name == ".." {
			if at, f = w.at(path.Dir(at.path)); f != nil {
				return at, f
			}
			continue
		}
		next := path.Join(at.path, name)
		info, err := w.tree.Lstat(next)
		switch {
		case errors.Is(err, fs.ErrNotExist) && len(rest) == 0:
			return place{dir: at.path, dirInfo: *at.info, path: next}, nil
		case errors.Is(err, fs.ErrNotExist):
			return at, missing(next)
		case err != nil:
			return at, w.unseen(next, err)
		case info.Kind != Symlink:
			at = place{dir: at.path, dirInfo: *at.info, path: next, info: &info}
			continue
		}
		if links++; links > maxLinks {
			return at, wrong("%s leads through more than %d symbolic links", full, maxLinks)
		}
		target, err := w.tree.Readlink(next)
		if err != nil {
			return at, w.unseen(next, err)
		}
		if strings.HasPrefix(target, "/") {
			if at, f = w.at("/"); f != nil {
				return at, f
			}
		}
		rest = append(split(target), rest...)
	}
	return at, nil
}

// at starts from a directory that is known to be one.
func (w *walker) at(dir string) (place, *Finding) {
	info, err := w.tree.Lstat(dir)
	if err != nil {
		return place{}, w.unseen(dir, err)
	}
	up, err := w.tree.Lstat(path.Dir(dir))
	if err != nil {
		return place{}, w.unseen(path.Dir(dir), err)
	}
	return place{dir: path.Dir(dir), dirInfo: up, path: dir, info: &info}, nil
}

func split(p string) []string {
	var names []string
	for name := range strings.SplitSeq(p, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names
}

// unseen is said where the one who asks may not look.
func (w *walker) unseen(p string, err error) *Finding {
	if errors.Is(err, fs.ErrPermission) {
		return &Finding{
			Message: "cannot look at " + p + ", so that it is not judged",
			Hint:    "run the command as root", Unsure: true,
		}
	}
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return wrong("cannot look at %s: %v", p, err)
}

var words = map[uint32]string{
	mayRead: "readable", mayWrite: "writable", maySearch: "searchable", mayWrite | maySearch: "writable and searchable", mayRead | maySearch: "readable and searchable",
}

// demand says what is wrong if the account does not get the wanted bits. What
// cannot be known is noted, once for each file.
func (w *walker) demand(want uint32, p string, info *Info) *Finding {
	switch w.who.may(want, info) {
	case yes:
		return nil
	case unsure:
		if !w.seen[p] {
			w.seen[p] = true
			w.notes = append(w.notes, Finding{Message: p + " has an ACL; not judged", Unsure: true})
		}
		return nil
	}
	kind := ""
	if info.Kind == Directory {
		kind = "the directory "
	}
	f := wrong("%s%s is not %s by the user %s: mode %04o, owner %s, group %s",
		kind, p, words[want], w.who, info.Mode, orName(info.Owner, userName, info.UID), orName(info.Group, groupName, info.GID))
	f.At, f.Denied, f.Class = p, want, w.who.class(info)
	return f
}

func missing(p string) *Finding {
	f := wrong("%s does not exist", p)
	f.At, f.Missing = p, true
	return f
}

// orName is a name that is known, or the one that the system has.
func orName(name string, lookUp func(uint32) string, id uint32) string {
	if name != "" {
		return name
	}
	return lookUp(id)
}
