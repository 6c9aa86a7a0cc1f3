// SPDX-License-Identifier: Apache-2.0

package generation

import (
	"fmt"
	"os"
	"path/filepath"

	"kresd-manager/internal/durable"
	"kresd-manager/units"
)

// bootLink is the link in Store.Boot to the generation for the next boot.
const bootLink = "boot"

// SaveBoot makes a generation the one that serves after the next boot.
func (s *Store) SaveBoot(g Generation) error {
	dir := filepath.Join(s.Boot, folder)
	if err := write(dir, g); err != nil {
		return err
	}
	id := g.Desired.Generation
	if err := durable.Link(filepath.Join(folder, id), filepath.Join(s.Boot, bootLink)); err != nil {
		return fmt.Errorf("cannot keep generation %s for the next boot: %w", id, err)
	}
	return prune(dir, 2, []string{id})
}

// BootGeneration returns the generation that serves after the next boot, "" if
// none does.
func (s *Store) BootGeneration() string {
	target, err := os.Readlink(filepath.Join(s.Boot, bootLink))
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// Adopt returns what the running workers were started for, as told by the
// generation their link leads to. After a boot that is the one kept for it,
// which then becomes a generation like the others. Workers that announce
// another configuration do not matter here: the next plan will find them.
func (s *Store) Adopt() (units.Desired, error) {
	if id := s.Linked(units.RoleWorker); id != "" {
		return s.Load(id)
	}
	target, err := os.Readlink(filepath.Join(s.Boot, bootLink))
	if err != nil {
		return units.Desired{}, fmt.Errorf("no generation is known to run: %w", err)
	}
	g, err := read(filepath.Join(s.Boot, folder), filepath.Base(target))
	if err != nil {
		return units.Desired{}, err
	}
	return g.Desired, s.Write(g)
}
