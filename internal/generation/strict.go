// SPDX-License-Identifier: Apache-2.0

package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kresd-manager/internal/durable"
)

// strictFile is read by the policy-loader, see loader.lua in package render.
const strictFile = "strict"

// Strict has the policy-loader's runs for the rules with this hash fail when one of
// these sources, named by the pointers of their keys, does; without any no source
// fails a run. It is gone after a boot, and other rules do not go by it.
func (s *Store) Strict(rules string, pointers []string) error {
	path := filepath.Join(s.Root, strictFile)
	if len(pointers) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot say which files of rules may fail: %w", err)
		}
		return nil
	}
	text := rules + "\n" + strings.Join(pointers, "\n") + "\n"
	if err := durable.Write(path, []byte(text), 0o640); err != nil {
		return fmt.Errorf("cannot say which files of rules may fail: %w", err)
	}
	return nil
}
