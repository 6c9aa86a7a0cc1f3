// SPDX-License-Identifier: Apache-2.0

package source

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"kresd-manager/internal/durable"
	"kresd-manager/internal/visible"
)

// Save writes a text to a person's file, see [durable.Save]. If it was read before, it
// must still hold what was read: what is made of it does not replace what someone else
// writes meanwhile. The error names the file.
func (r *Reader) Save(file string, text []byte) error {
	err := durable.Save(file, text, durable.Options{Mode: 0o640, Was: r.was(file), Terminal: visible.Data})
	if err != nil {
		return fmt.Errorf("cannot save in %s: %w", file, bare(err))
	}
	return nil
}

// was is what was read from a file last, nil if nothing was; it may have several names.
func (r *Reader) was(file string) []byte {
	for _, f := range slices.Backward(r.read) {
		if filepath.Clean(f.Name) == filepath.Clean(file) {
			return f.Text
		}
		x, xerr := os.Stat(f.Name)
		y, yerr := os.Stat(file)
		if xerr == nil && yerr == nil && os.SameFile(x, y) {
			return f.Text
		}
	}
	return nil
}
