// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/units"
)

// Bounds of looking at files. What is beyond is told apart by what the file
// system knows of it: device, number, size and time of modification.
const (
	maxHashed = 256 << 20 // bytes of one file
	lookTime  = 3 * time.Second
	maxLooks  = 4
	chunk     = 1 << 20
	maxNoted  = 1 << 20 // bytes of a file that may be a certificate

	// settled is how old a change must be for the file system's times to tell it
	// from the next one: their grain is that of a tick, or seconds (inode(7)).
	settled = 2 * time.Second
)

// Eye looks at files, and reads again only those that the file system tells to
// be others. It is safe for concurrent use. The zero Eye is ready for use.
type Eye struct {
	mu    sync.Mutex
	known map[string]Seen
	looks chan struct{}
}

// Seen is what was seen of a file.
type Seen struct {
	units.Content
	stat stat
	// Since is when the file became what it is, as far as the file system tells:
	// the last change of its content, its name or a link on the way. A process
	// that was started later has read this.
	Since time.Time
	// Modified is when the content was written to last.
	Modified time.Time
	trusted  bool // the same stat means the same content
}

// stat is what a file system tells contents apart by.
type stat struct {
	dev, ino uint64
	size     int64
	mtime    unix.Timespec
	ctime    unix.Timespec
}

// id names a content that was not read.
func (s stat) id() string {
	return fmt.Sprintf("stat:%d:%d:%d:%d.%09d", s.dev, s.ino, s.size, s.mtime.Sec, s.mtime.Nsec)
}

// Look returns what is at each path. It takes no longer than a few seconds: of
// a file on a file system that does not answer it says so.
func (e *Eye) Look(ctx context.Context, paths []string) map[string]Seen {
	paths = slices.Compact(slices.Sorted(slices.Values(paths)))
	seen := make(map[string]Seen, len(paths))
	if len(paths) == 0 {
		return seen
	}
	e.mu.Lock()
	if e.looks == nil {
		e.looks, e.known = make(chan struct{}, maxLooks), map[string]Seen{}
	}
	known, looks := maps.Clone(e.known), e.looks
	e.mu.Unlock()

	// Who goes away must not have a content be known by less.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	found := make(chan Seen)
	select {
	case looks <- struct{}{}:
		go func() {
			defer func() { <-looks }()
			for _, p := range paths {
				select {
				case found <- look(ctx, p, known[p]):
				case <-ctx.Done():
					return
				}
			}
		}()
	case <-ctx.Done():
	}
	late := false
	for _, p := range paths {
		if !late {
			select {
			case seen[p] = <-found:
				continue
			case <-ctx.Done():
				late = true
			}
		}
		seen[p] = Seen{Content: units.Content{Hidden: "the file system does not answer"}}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.Copy(e.known, seen)
	maps.DeleteFunc(e.known, func(p string, s Seen) bool { return s.ID == "" || s.ID == units.Absent })
	return seen
}

// look looks at one file.
func look(ctx context.Context, path string, known Seen) Seen {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return unseen(err)
	}
	s := Seen{
		stat:     stat{uint64(st.Dev), st.Ino, st.Size, st.Mtim, st.Ctim},
		Modified: time.Unix(st.Mtim.Unix()),
	}
	s.Since = latest(path, time.Unix(st.Ctim.Unix()))
	if known.trusted && known.stat == s.stat {
		known.Since = s.Since
		return known
	}
	s.ID = s.stat.id()
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return s // whoever opened it might wait for ever
	}
	s.trusted = time.Since(s.Since) > settled
	if st.Size > maxHashed {
		return s
	}
	switch sum, text, err := hash(ctx, path); {
	case err == nil:
		s.ID = "sha256:" + sum
		s.Note, s.Expires = note(text)
	case errors.Is(err, fs.ErrPermission):
		// Who may read it has changed, and not what it holds: workers must not be asked
		// to read it again, now that they may not either.
		if strings.HasPrefix(known.ID, "sha256:") && known.stat.id() == s.stat.id() {
			s.ID, s.Note, s.Expires = known.ID, known.Note, known.Expires
		}
	case ctx.Err() == nil:
		s.trusted = false // it is being replaced
	}
	return s
}

func unseen(err error) Seen {
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return Seen{Content: units.Content{ID: units.Absent}}
	case errors.Is(err, unix.EACCES):
		return Seen{Content: units.Content{Hidden: "kresd-manager may not look into its folder"}}
	}
	return Seen{Content: units.Content{Hidden: "kresd-manager cannot look at it: " + err.Error()}}
}

// latest is the latest of a time and of when the links on the way were made. A
// link that is switched is another one.
func latest(path string, t time.Time) time.Time {
	for range maxHops {
		for p := path; p != "/" && p != "."; p = filepath.Dir(p) {
			var st unix.Stat_t
			if unix.Lstat(p, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK {
				if made := time.Unix(st.Ctim.Unix()); made.After(t) {
					t = made
				}
			}
		}
		target, err := os.Readlink(path)
		if err != nil {
			return t
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return t
}

// maxHops bounds a chain of links, as the kernel does (path_resolution(7)).
const maxHops = 40

// hash reads a file to its end. It returns the beginning, too.
func hash(ctx context.Context, path string) (sum string, text []byte, err error) {
	// Not to wait for a FIFO that took the file's place.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", nil, errors.Join(err, errors.New("it is no longer a regular file"))
	}
	h := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", nil, err
		}
		b := &limited{h: h, keep: maxNoted - len(text)}
		n, err := io.CopyN(b, f, chunk)
		text = append(text, b.text...)
		switch {
		case errors.Is(err, io.EOF):
			return hex.EncodeToString(h.Sum(nil)), text, nil
		case err != nil:
			return "", nil, err
		case n == 0:
			return "", nil, io.ErrUnexpectedEOF
		}
	}
}

// limited keeps the beginning of what goes to a hash.
type limited struct {
	h    io.Writer
	keep int
	text []byte
}

func (l *limited) Write(b []byte) (int, error) {
	if n := min(l.keep-len(l.text), len(b)); n > 0 {
		l.text = append(l.text, b[:n]...)
	}
	return l.h.Write(b)
}
