// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"io/fs"
	"os"
)

// Options say what to boot. The zero value boots the root tree without the stock
// resolver.
type Options struct {
	// Name is the first part of the machine's name and host name, for people; the rest
	// is random.
	Name string
	// Tree is what it boots; the zero value is the tree that all machines share.
	Tree Tree
	// Layers are folders laid read-only over the root tree, the last one on top, such as
	// the result of `make install DESTDIR=…`. Users declared in their sysusers.d exist
	// before systemd starts, as after the installation of a package. A kept machine has
	// copies of its own; otherwise the folders must stay while the machine runs.
	Layers []string
	// Files are written before systemd starts, keyed by their absolute path inside.
	Files map[string]File
	// Enable names units to enable before systemd starts, as `systemctl enable` does.
	Enable []string
	// Mask names units that must not start: a link to /dev/null in /etc/systemd/system.
	Mask []string
	// Stock starts knot-resolver.service at boot, as its package does. Otherwise it is
	// installed and not started.
	Stock bool
	// BindDirs shows folders (or single files) of the host inside, read-only: the path
	// inside by the path on the host.
	BindDirs map[string]string
	// Keep lets the machine survive this process; Attach finds it again.
	Keep bool
	// Log receives progress lines, by default on the standard error stream.
	Log Logf `json:"-"`
}

// File is a file inside a machine. A zero Mode means 0644.
type File struct {
	Content string
	Mode    fs.FileMode
}

func (f File) write(path string) error {
	mode := f.Mode
	if mode == 0 {
		mode = 0o644
	}
	return writeFile(path, []byte(f.Content), mode)
}

// writeFile is os.WriteFile that makes missing folders and sets the mode of a file
// that exists too.
func writeFile(path string, content []byte, mode fs.FileMode) error {
	if err := makeParent(path); err != nil {
		return err
	}
	if err := os.WriteFile(path, content, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}
