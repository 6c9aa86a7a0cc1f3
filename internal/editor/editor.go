// SPDX-License-Identifier: Apache-2.0

// Package editor has a person edit a text: it is laid into a file that no one else can
// read, in a directory that no one else can write to, and kept there until it is known
// that it is not needed any more. What the text means is left to others.
package editor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"kresd-manager/internal/durable"
)

// Draft is a text that is edited. It is not safe for concurrent use.
type Draft struct {
	dir string
	// Path is where the text is.
	Path string
}

// New lays a text into a file of its own, mode 0600 in a new directory of mode 0700. The
// name is what an editor goes by to tell the language. The directory is below $TMPDIR, else
// /var/tmp, which outlives a reboot, as what was typed should; where that cannot be
// written to, it is below the usual one for temporary files.
func New(name string, text []byte) (*Draft, error) {
	dir, err := os.MkdirTemp(cmp.Or(os.Getenv("TMPDIR"), "/var/tmp"), "kresctl-edit-")
	if err != nil {
		if dir, err = os.MkdirTemp("", "kresctl-edit-"); err != nil {
			return nil, fmt.Errorf("cannot make a directory for the text to edit: %w", err)
		}
	}
	d := &Draft{dir: dir, Path: filepath.Join(dir, filepath.Base(name))}
	if err := d.Write(text); err != nil {
		d.Remove()
		return nil, err
	}
	return d, nil
}

// Write replaces the text.
func (d *Draft) Write(text []byte) error {
	if err := durable.Write(d.Path, text, 0o600); err != nil {
		return fmt.Errorf("cannot write the text to edit: %w", err)
	}
	return nil
}

// Remove removes the text and whatever the editor has left beside it.
func (d *Draft) Remove() { _ = os.RemoveAll(d.dir) }

// Command is the editor of this user: $VISUAL, else $EDITOR, else the first one of those
// that are usually there (environ(7)).
func Command() (string, error) {
	if command := cmp.Or(strings.TrimSpace(os.Getenv("VISUAL")), strings.TrimSpace(os.Getenv("EDITOR"))); command != "" {
		return command, nil
	}
	for _, name := range []string{"editor", "sensible-editor", "nano", "vim", "vi"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no editor was found; name one with EDITOR=")
}

// most is how much of a text is read, in bytes: what a configuration may have.
const most = 64 << 20

// Edit runs the editor on the text and returns what it left. The editor has the terminal
// that the process belongs to, or none. A command with arguments is one for a shell, as
// it is for git and others.
func (d *Draft) Edit(ctx context.Context, command string) ([]byte, error) {
	c := exec.CommandContext(ctx, "/bin/sh", "-c", command+` "$@"`, command, d.Path)
	if tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0); err == nil {
		defer tty.Close()
		c.Stdin, c.Stdout, c.Stderr = tty, tty, tty
	}
	if err := c.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("the editor (%s) ended with %s", command, exit.ProcessState)
		}
		return nil, fmt.Errorf("cannot run the editor (%s): %w", command, err)
	}
	f, err := os.Open(d.Path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the edited text: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the edited text: %w", err)
	}
	return text, nil
}
