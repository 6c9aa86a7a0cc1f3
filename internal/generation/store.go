// SPDX-License-Identifier: Apache-2.0

package generation

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kresd-manager/internal/durable"
	"kresd-manager/units"
)

// roles are the links that keep a generation from being pruned: a component
// reads through the symbolic link that has the name of its role.
var roles = []units.Role{units.RoleWorker, units.RoleCanary, units.RoleLoader, units.RoleGC, units.RoleComponent}

// folder holds the generations, below the root of a store and of the boot copy.
const folder = "generations"

// Store keeps generations below two directories. Link and Linked are safe for
// concurrent use; of the rest, one call at a time may be in progress.
type Store struct {
	// Root is the manager's runtime directory, where components read.
	Root string
	// Boot is the manager's state directory. Its link "boot" leads to the last
	// good generation, which serves at the next boot until the manager has
	// read the configuration.
	Boot string
}

// Write puts a generation on disk. It has no effect if it is there already, whole: what
// someone else has made of it is replaced.
func (s *Store) Write(g Generation) error { return write(filepath.Join(s.Root, folder), g) }

// write writes the folder of a generation whole.
func write(dir string, g Generation) error {
	final := filepath.Join(dir, g.Desired.Generation)
	if whole(final, g) {
		now := time.Now() // pruning goes by age
		_ = os.Chtimes(final, now, now)
		return nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("cannot keep generations: %w", err)
	}
	if err := durable.WriteFolder(final, g.files, 0o750, 0o640); err != nil {
		return fmt.Errorf("cannot write generation %s: %w", g.Desired.Generation, err)
	}
	return nil
}

// whole reports whether all files of a generation are in a folder as they were written; of
// one without files, whether there is a generation at all.
func whole(folder string, g Generation) bool {
	for name, text := range g.files {
		if !holds(filepath.Join(folder, name), text) {
			return false
		}
	}
	_, err := os.Stat(filepath.Join(folder, componentsFile))
	return err == nil
}

// holds reports whether a file is as it was written. Rules may be many megabytes, so they are
// neither read nor made in one piece.
func holds(path string, want file) bool {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() || info.Size() != want.size {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	same := comparer{r: bufio.NewReaderSize(f, 1<<15)}
	n, err := want.WriteTo(&same)
	return err == nil && n == want.size
}

// comparer compares what is written to it with what can be read.
type comparer struct {
	r      io.Reader
	buffer []byte
}

var errDiffers = errors.New("it differs")

func (c *comparer) Write(b []byte) (int, error) {
	if len(c.buffer) < len(b) {
		c.buffer = make([]byte, len(b))
	}
	if _, err := io.ReadFull(c.r, c.buffer[:len(b)]); err != nil {
		return 0, err
	}
	if !bytes.Equal(c.buffer[:len(b)], b) {
		return 0, errDiffers
	}
	return len(b), nil
}

// Link makes the components of a role read a generation from their next start on.
func (s *Store) Link(role units.Role, id string) error {
	if s.Linked(role) == id {
		return nil
	}
	if err := durable.Link(filepath.Join(folder, id), filepath.Join(s.Root, string(role))); err != nil {
		return fmt.Errorf("cannot switch the %s to generation %s: %w", role, id, err)
	}
	return nil
}

// LinkAll makes every component but the canary read a generation from its next
// start on.
func (s *Store) LinkAll(id string) error {
	for _, r := range roles {
		if r == units.RoleCanary {
			continue
		}
		if err := s.Link(r, id); err != nil {
			return err
		}
	}
	return nil
}

// Linked returns the generation that the components of a role read, "" if none of ours.
func (s *Store) Linked(role units.Role) string {
	target, err := os.Readlink(filepath.Join(s.Root, string(role)))
	if err != nil || filepath.Dir(target) != folder {
		return ""
	}
	return filepath.Base(target)
}

// Load returns what a generation on disk wants. The error is fs.ErrNotExist if
// it is not there, and a *format.NewerError if a newer version wrote it.
func (s *Store) Load(id string) (units.Desired, error) {
	g, err := read(filepath.Join(s.Root, folder), id)
	return g.Desired, err
}

// read gives a whole generation, whose files are read when they are written elsewhere.
func read(dir, id string) (Generation, error) {
	d, err := readDesired(dir, id)
	if err != nil {
		return Generation{}, err
	}
	g := Generation{Desired: d, files: map[string]file{}}
	for _, name := range []string{workerFile, rulesFile, gcFile, drainFile, componentsFile} {
		path := filepath.Join(dir, id, name)
		info, err := os.Stat(path)
		if name == drainFile && errors.Is(err, fs.ErrNotExist) {
			continue // it came later, and has a default
		}
		if err != nil {
			return Generation{}, fmt.Errorf("cannot read generation %s: %w", id, err)
		}
		g.files[name] = file{info.Size(), func(w io.Writer) error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(w, f)
			return err
		}}
	}
	return g, nil
}

// readDesired reads what a generation wants.
func readDesired(dir, id string) (units.Desired, error) {
	b, err := os.ReadFile(filepath.Join(dir, id, componentsFile))
	if err != nil {
		return units.Desired{}, fmt.Errorf("cannot read generation %s: %w", id, err)
	}
	d, err := units.ReadDesired(b)
	if err != nil {
		return units.Desired{}, fmt.Errorf("cannot read generation %s: %s: %w", id, componentsFile, err)
	}
	d.Generation = id
	return d, nil
}

// Prune removes the oldest generations that no component reads, down to keep.
func (s *Store) Prune(keep int) error {
	var linked []string
	for _, r := range roles {
		linked = append(linked, s.Linked(r))
	}
	return prune(filepath.Join(s.Root, folder), keep, linked)
}

func prune(dir string, keep int, spare []string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot look for old generations: %w", err)
	}
	type old struct {
		name string
		when time.Time
	}
	var all []old
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || slices.Contains(spare, e.Name()) {
			continue
		}
		all = append(all, old{e.Name(), info.ModTime()})
	}
	slices.SortFunc(all, func(a, b old) int { return b.when.Compare(a.when) })
	for i, o := range all {
		if i < keep {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, o.name)); err != nil {
			return fmt.Errorf("cannot remove an old generation: %w", err)
		}
	}
	return nil
}
