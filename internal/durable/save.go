// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ErrChanged means that someone else changed, made, moved or removed the file
// while it was being written. Theirs is what is there.
var ErrChanged = errors.New("someone else changed it at the same time")

// Options are how a person's file is written.
type Options struct {
	// Mode is that of a new file, less the umask.
	Mode fs.FileMode
	// Was is what the file has to hold still, as the caller read it; nil is
	// anything, or no file at all. A file that was empty is not nil.
	Was []byte
	// Terminal makes of the text what is written if the path is that of a
	// terminal; nil leaves it as it is.
	Terminal func(text []byte) []byte
}

// Save writes a text to a person's file, by the rules of this package. Its
// errors do not name the path, and wrap what the system said, such as
// [fs.ErrPermission], where that is about the file or its directory.
func Save(path string, text []byte, o Options) error {
	p, err := resolve(path)
	if err != nil {
		return err
	}
	defer p.close()
	regular := p.there && p.stat.Mode&unix.S_IFMT == unix.S_IFREG
	switch {
	case o.Was != nil && !regular:
		return ErrChanged
	case p.isOwn:
		return p.pourOwn(text, o.Terminal)
	case !p.there:
		return nameless(func(named bool) error { return p.create(text, o.Mode, named) })
	case regular:
		return p.replace(text, o.Was)
	}
	return p.pour(text, o.Terminal)
}

// create makes a new file.
func (p *place) create(text []byte, mode fs.FileMode, named bool) error {
	d, err := newDraft(p.dir, p.name, uint32(mode.Perm()), named)
	if err != nil {
		return p.wherever(err)
	}
	defer d.discard()
	if err := d.fill(text); err != nil {
		return err
	}
	if err := d.take(); errors.Is(err, unix.EEXIST) {
		return ErrChanged
	} else if err != nil {
		return p.wherever(err)
	}
	return d.settle()
}

// wherever names the directory where nothing can be made.
func (p *place) wherever(err error) error {
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return fmt.Errorf("cannot make a file beside it: %w", err)
	}
	return err
}

// settle flushes the name that a draft has got.
func (d *draft) settle() error {
	if err := flushDir(d.dir, d.file); err != nil {
		return fmt.Errorf("it is written, and may be gone after a crash: %w", err)
	}
	return nil
}

// complete is called when the new file is complete and the old one still has the
// name. Tests make it the moment at which someone else does something.
var complete = func() {}

// replace puts a new file in place of the one that is there.
func (p *place) replace(text, was []byte) error {
	old, err := p.open(unix.O_RDONLY)
	if err != nil {
		return err
	}
	defer func() { _ = old.Close() }()
	if err := p.mayReplace(old); err != nil {
		return err
	}
	if err := holds(old, was); err != nil {
		return err
	}
	c, err := characterOf(int(old.Fd()), &p.stat)
	if err != nil {
		return err
	}
	return nameless(func(named bool) error {
		d, err := newDraft(p.dir, p.name, hidden, named)
		if err != nil {
			return p.wherever(err)
		}
		defer d.discard()
		if err := d.fill(text); err != nil {
			return fmt.Errorf("%w; the old content is still there", err)
		}
		if err := c.give(int(d.file.Fd())); err != nil {
			return err
		}
		if err := d.flush(); err != nil {
			return fmt.Errorf("%w; the old content is still there", err)
		}
		complete()
		if err := p.unchanged(old, was); err != nil {
			return err
		}
		if err := d.replace(); errors.Is(err, unix.EBUSY) {
			return errors.New("it is a mount point and cannot be replaced; print the text, and copy it there")
		} else if err != nil {
			return p.wherever(err)
		}
		// Whoever owns the directory can have renamed something else.
		var there, ours unix.Stat_t
		if p.look(&there) != nil || unix.Fstat(int(d.file.Fd()), &ours) != nil || !sameFile(&there, &ours) {
			return ErrChanged
		}
		return d.settle()
	})
}

// open opens what was found, and nothing that has taken its place.
func (p *place) open(flags int) (*os.File, error) {
	fd, err := openat(p.dir, p.name, flags|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_NOCTTY, 0)
	if errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENOENT) {
		return nil, ErrChanged
	}
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), p.name)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || !sameFile(&st, &p.stat) {
		_ = f.Close()
		return nil, errors.Join(ErrChanged, err)
	}
	p.stat = st
	return f, nil
}

// mayReplace refuses what it would be wrong to replace.
func (p *place) mayReplace(old *os.File) error {
	if err := p.mayWrite(); err != nil {
		return err
	}
	if p.stat.Nlink > 1 {
		return fmt.Errorf("it has %d names (hard links), and only this one would change; remove the others, or write to a new file and copy that here", p.stat.Nlink)
	}
	var x unix.Statx_t
	if unix.Statx(int(old.Fd()), "", unix.AT_EMPTY_PATH, 0, &x) == nil {
		switch {
		case x.Attributes&unix.STATX_ATTR_IMMUTABLE != 0:
			return errors.New("it is immutable; change that first with chattr -i")
		case x.Attributes&unix.STATX_ATTR_APPEND != 0:
			return errors.New("it can only be appended to; change that first with chattr -a")
		}
	}
	// Renaming asks the directory alone.
	return unix.Faccessat(p.dir, p.name, unix.W_OK, unix.AT_EACCESS|unix.AT_SYMLINK_NOFOLLOW)
}

// mayWrite refuses what someone has put into a directory like /tmp, where it
// waits for a text that is not theirs.
func (p *place) mayWrite() error {
	if p.shared && p.stat.Uid != p.dirOwner && int(p.stat.Uid) != os.Geteuid() {
		return fmt.Errorf("it belongs to %s, in a directory where others put files, too; choose another directory", userName(p.stat.Uid))
	}
	return nil
}

// unchanged fails if the name leads to something else than in the beginning, or
// that was written to or has changed its owner or mode.
func (p *place) unchanged(old *os.File, was []byte) error {
	var now unix.Stat_t
	if p.look(&now) != nil || !sameFile(&now, &p.stat) ||
		now.Size != p.stat.Size || now.Mtim != p.stat.Mtim || now.Ctim != p.stat.Ctim {
		return ErrChanged
	}
	return holds(old, was) // clocks of file systems are slow
}

// look reads what has the name now.
func (p *place) look(st *unix.Stat_t) error {
	return unix.Fstatat(p.dir, p.name, st, unix.AT_SYMLINK_NOFOLLOW)
}

// holds fails if a file holds something else than was, if that is not nil.
func holds(f *os.File, was []byte) error {
	if was == nil {
		return nil
	}
	now, err := io.ReadAll(io.NewSectionReader(f, 0, int64(len(was))+1))
	if err != nil {
		return bare(err)
	}
	if !bytes.Equal(now, was) {
		return ErrChanged
	}
	return nil
}
